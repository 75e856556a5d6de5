//! Lists of libraries from CSV: pure functions from bytes to domain values and faults.

use crate::domain::place::{Point, Postcode};
use crate::domain::sector::Sector;
use crate::domain::states::LibraryStatus;
use crate::domain::text::Name;

/// What a list says of one library.
#[derive(Debug, Clone, PartialEq)]
pub struct LibraryRow {
    /// Its id in the list, unique.
    pub reference: String,
    /// What people call it.
    pub name: Name,
    /// Lists name one sector; joint libraries are entered by hand.
    pub sector: Sector,
    /// The organisation that runs it.
    pub employer: Name,
    /// Street and town.
    pub address: Option<String>,
    /// Where the country has them.
    pub postcode: Option<Postcode>,
    /// As the list names it.
    pub country: Option<String>,
    /// Absent means unknown.
    pub point: Option<Point>,
    /// Whether it is in use.
    pub status: LibraryStatus,
    /// Weekly staffed hours in OpenStreetMap's syntax, where known.
    pub opening_hours: Option<String>,
}

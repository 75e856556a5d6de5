//! Lists of libraries from CSV: pure functions from bytes to domain values and faults.
//!
//! Never writes anything and never guesses: what cannot be read is reported with its line, and either the row or the
//! one value is left out. Which of the two, and why, is told to administrators in `docs/imports.md`.

use std::fmt;

use crate::domain::opening::WeeklyHours;
use crate::domain::place::{Point, Postcode};
use crate::domain::sector::Sector;
use crate::domain::states::{LibraryStatus, named};
use crate::domain::text::Name;

pub mod closures_ics;
mod libraries;

pub use libraries::read_libraries;

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
    /// Weekly staffed hours, where known.
    pub opening_hours: Option<WeeklyHours>,
}

named! {
    /// What lists say of a library's life.
    ListedStatus {
        /// In use.
        Open = "open",
        /// Nobody has checked lately.
        Unverified = "unverified",
        /// For now; nobody can visit it, so it counts as closed until a later list says open.
        TemporarilyClosed = "temporarily_closed",
        /// For good.
        Closed = "closed",
    }
}

/// What a fault costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing of the list can be taken.
    List,
    /// The row is left out.
    Row,
    /// The row is taken without this value.
    Value,
    /// Nothing, but somebody should look.
    Nothing,
}

/// One thing that is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The line of the file where the row begins; the header is line 1.
    pub line: u64,
    /// The column; `row` where the fault is none of a single column.
    pub column: &'static str,
    /// The value found there, shortened for people; empty when there is none.
    pub value: String,
    /// The rule it breaks.
    pub rule: String,
    /// What it costs.
    pub loss: Loss,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: ", self.line, self.column)?;
        if !self.value.is_empty() {
            write!(f, "`{}` ", self.value)?;
        }
        f.write_str(&self.rule)?;
        f.write_str(match self.loss {
            Loss::List => "; the list is not taken",
            Loss::Row => "; the row is left out",
            Loss::Value => "; the row is taken without it",
            Loss::Nothing => "",
        })
    }
}

/// What was read from a list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Import {
    /// The libraries that can be taken over, in the order of the list.
    pub rows: Vec<LibraryRow>,
    /// Everything that is wrong, in the order of the list.
    pub faults: Vec<RowFault>,
    /// Rows of the list, whether taken or left out; the header and empty rows do not count.
    pub read: usize,
    /// How many of `rows` are closed, for good or for a time.
    pub closed: usize,
    /// How many of `rows` nobody has checked to be open; they count as open.
    pub unverified: usize,
    /// How many of `rows` have no point on the map, so that no distance is known.
    pub without_point: usize,
}

impl Import {
    /// Rows that were left out.
    pub fn left_out(&self) -> usize {
        self.read - self.rows.len()
    }
}

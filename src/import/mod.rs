//! Lists from CSV and XLSX: pure functions from bytes to domain values and faults.
//!
//! Never writes anything and never guesses: what cannot be read is reported with its line, and either the row or the
//! one value is left out. Which of the two, and why, is told to administrators in `docs/imports.md`.

use crate::domain::states::named;

mod cells;
pub mod closures_ics;
mod columns;
mod employers;
mod encoding;
mod faults;
mod hours;
mod libraries;
mod mail;
mod mail_report;
mod mail_results;
mod offers;
mod past;
mod periods;
mod points;
mod staff;
mod table;
mod workbook;

pub use cells::{Cells, Line, read_list};
pub use columns::{Column, List, Mapping, Need, Renaming};
pub use employers::{EmployerRow, read_employer};
pub use faults::{Loss, RowFault, RowFaults};
pub use hours::{HoursRow, ListedHours, read_hours};
pub use libraries::{LibraryRow, ListedStatus, read_library};
pub use mail::{MOST_MAIL_BYTES, read_mail};
pub use offers::{CoverRow, HostingRow, ListedCover, read_cover, read_hosting};
pub use past::{PastRow, Visitor, read_past};
pub use periods::{Owner, PeriodRow, read_closure, read_holiday, read_term};
pub use points::{Grain, Points};
pub use staff::{StaffRow, Stay, read_member};
pub use table::{MOST_BYTES, Table};

named! {
    /// What a list is of. Later kinds speak of what earlier ones bring.
    Kind {
        /// Employers, their mail domains and directories.
        Employers = "employers",
        /// Libraries.
        Libraries = "libraries",
        /// Who works for an employer.
        Staff = "staff",
        /// Opening hours, and which calendars libraries follow.
        Hours = "hours",
        /// What libraries offer for a round: places for visitors.
        Hosting = "hosting",
        /// Who works in libraries during a round, and who must remain.
        Cover = "cover",
        /// Days of the time before this service.
        PastPlacements = "past-placements",
        /// School terms and holidays, inset days, exams.
        Terms = "terms",
        /// Closures of single libraries or of calendars.
        Closures = "closures",
        /// Bank holidays of the nations.
        Holidays = "holidays",
        /// Points of postcodes, for lists of libraries without points.
        Points = "points",
    }
}

impl Kind {
    /// The columns, in the order of the template.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Kind::Employers => employers::COLUMNS,
            Kind::Libraries => libraries::COLUMNS,
            Kind::Staff => staff::COLUMNS,
            Kind::Hours => hours::COLUMNS,
            Kind::Hosting => offers::HOSTING,
            Kind::Cover => offers::COVER,
            Kind::PastPlacements => past::COLUMNS,
            Kind::Terms => periods::TERMS,
            Kind::Closures => periods::CLOSURES,
            Kind::Holidays => periods::HOLIDAYS,
            Kind::Points => points::COLUMNS,
        }
    }

    /// The columns that say which thing a row is about: no two rows of a list agree in them.
    pub const fn key(self) -> &'static [&'static str] {
        match self {
            Kind::Employers => &["name"],
            Kind::Libraries => &["id"],
            Kind::Staff => &["id", "employer"],
            Kind::Hours => &["library", "date"],
            Kind::Hosting => &["library"],
            Kind::Cover => &["library", "date"],
            Kind::PastPlacements => &["date", "email", "employer", "staff_id"],
            Kind::Terms => &["calendar", "starts_on", "label"],
            Kind::Closures => &["starts_on", "library", "calendar"],
            Kind::Holidays => &["date", "division", "title"],
            Kind::Points => &["sector", "outcode"],
        }
    }

    /// A list with a header and one row, as an example to be filled in.
    ///
    /// # Errors
    /// Never for the columns that there are: a table in memory can be written.
    pub fn template(self) -> Result<String, csv::Error> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(self.columns().iter().map(|column| column.name))?;
        writer.write_record(self.columns().iter().map(|column| column.example))?;
        let bytes = writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

//! The schedule of an employer's staff in files.

use super::formula::defused;
use crate::domain::schedule::ScheduleRow;

/// Raised when a column changes its meaning, its place or its name, or goes; a new column at the end does not raise it.
pub const SCHEDULE_VERSION: u32 = 1;

/// The columns in their order.
pub const COLUMNS: [&str; 19] = [
    "schedule_version",
    "placement_id",
    "revision",
    "status",
    "round",
    "employer",
    "person_name",
    "person_email",
    "home_library",
    "home_sectors",
    "host_library",
    "host_sectors",
    "date",
    "starts",
    "ends",
    "time_zone",
    "hours",
    "override_reason",
    "virtual",
];

/// Whether a CSV file begins with a byte order mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Bom {
    /// For spreadsheets on Windows, which garble accents without it.
    With,
    /// For programs, of which many take it for a part of the first name.
    #[default]
    Without,
}

/// How a CSV file is written, beyond what is promised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CsvFormat {
    /// The mark at the beginning.
    pub bom: Bom,
}

/// Rows as CSV (RFC 4180: UTF-8, commas, CRLF, a header), with formulas defused.
pub fn schedule_csv(rows: &[ScheduleRow], format: CsvFormat) -> Vec<u8> {
    let start: &[u8] = match format.bom {
        Bom::With => "\u{FEFF}".as_bytes(),
        Bom::Without => &[],
    };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(start.to_vec());
    let written = writer.write_record(COLUMNS).and_then(|()| {
        rows.iter()
            .try_for_each(|row| writer.write_record(cells_of(row).map(|cell| defused(&cell).into_owned())))
    });
    // Every row has as many cells as the header, and writing to memory cannot fail.
    debug_assert!(written.is_ok());
    writer.into_inner().unwrap_or_default()
}

fn cells_of(row: &ScheduleRow) -> [String; 19] {
    [
        SCHEDULE_VERSION.to_string(),
        row.placement.to_string(),
        row.revision.to_string(),
        row.status.to_string(),
        row.round.clone(),
        row.employer.clone(),
        row.person_name.clone(),
        row.person_email.clone(),
        row.home_library.clone(),
        row.home_sectors.join("|"),
        row.host_library.clone(),
        row.host_sectors.join("|"),
        row.date.to_string(),
        row.starts.format("%H:%M").to_string(),
        row.ends.format("%H:%M").to_string(),
        row.time_zone.to_string(),
        format!("{:.2}", row.hours()),
        row.override_reason.clone().unwrap_or_default(),
        if row.is_virtual { "yes" } else { "no" }.to_owned(),
    ]
}

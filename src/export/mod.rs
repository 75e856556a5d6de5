//! What people take away: the schedule as CSV and JSON, certificates as PDF. Pure functions from domain values to bytes.
//!
//! Columns of the schedule and their order are a promise, told in `docs/exports.md` and counted by [`SCHEDULE_VERSION`]: files are read
//! by programs that nobody here has seen. Never sorts, filters or looks anything up.

mod certificate;
mod formula;
mod schedule;

pub use certificate::{CertificateError, certificate_pdf};
pub use schedule::{Bom, COLUMNS, CsvFormat, SCHEDULE_VERSION, schedule_csv};

//! What people take away: schedules and tables of cover as CSV and as workbooks, certificates and reports as PDF. Pure functions from
//! domain values to bytes.
//!
//! Columns of the schedule and their order are a promise, told in `docs/exports.md` and counted by [`SCHEDULE_VERSION`]: files are read
//! by programs that nobody here has seen. Never sorts, filters or looks anything up.

mod cell;
mod certificate;
mod csv;
mod field;
mod formula;
mod pdf;
mod profile;
mod report;
mod schedule;
mod workbook;

pub use crate::domain::schedule::{Bom, Delimiter};
pub use cell::{Cell, Look};
pub use certificate::certificate_pdf;
pub use csv::{CsvForm, Formulas, MARK};
pub use field::{Field, Sign, Unit};
pub use pdf::PdfError;
pub use profile::{Column, Profile, Reader, Source};
pub use report::report_pdf;
pub use schedule::{SCHEDULE_VERSION, columns};
pub use workbook::{MOST_ROWS, NoWorkbook, Table};

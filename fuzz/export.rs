//! Cells of CSV and profiles of columns, which stand on nothing but the domain.

#[path = "../src/export/cell.rs"]
mod cell;
#[path = "../src/export/csv.rs"]
mod csv;
#[path = "../src/export/field.rs"]
mod field;
#[path = "../src/export/formula.rs"]
mod formula;
#[path = "../src/export/profile.rs"]
mod profile;
#[path = "../src/export/schedule.rs"]
mod schedule;

pub use cell::{Cell, Look};
pub use crate::domain::schedule::Delimiter;
pub use csv::{CsvForm, Formulas};
pub use profile::Profile;

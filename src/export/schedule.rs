//! The schedule of an employer's staff as a table: its columns and their version.

use super::field::{CANONICAL, Field};

/// Raised when a column changes its meaning, its place or its name, or goes; a new column at the end does not raise it.
pub const SCHEDULE_VERSION: u32 = 2;

/// The columns in their order.
pub fn columns() -> impl Iterator<Item = &'static str> {
    Field::ALL.iter().take(CANONICAL).map(|field| field.as_str())
}

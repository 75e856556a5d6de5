//! What an installation is made of when it moves from one database to another: tables of columns, and rows of cells that
//! mean the same in both.

use chrono::{NaiveDate, NaiveDateTime};

use super::states::named;

named! {
    /// What a column holds, whatever a database calls it.
    Kind {
        /// Text.
        Text = "text",
        /// A whole number of 64 bits.
        Integer = "integer",
        /// A number of double precision.
        Real = "real",
        /// Yes or no.
        Boolean = "boolean",
        /// A day.
        Date = "date",
        /// An instant in UTC, to the microsecond.
        Instant = "instant",
        /// Bytes.
        Bytes = "bytes",
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds, where it holds something.
    pub kind: Kind,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns; those of the primary key come first.
    pub columns: Vec<Column>,
}

/// What stands in a column of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing, in a column of any kind.
    Null,
    /// [`Kind::Text`].
    Text(String),
    /// [`Kind::Integer`].
    Integer(i64),
    /// [`Kind::Real`].
    Real(f64),
    /// [`Kind::Boolean`].
    Boolean(bool),
    /// [`Kind::Date`].
    Date(NaiveDate),
    /// [`Kind::Instant`].
    Instant(NaiveDateTime),
    /// [`Kind::Bytes`].
    Bytes(Vec<u8>),
}

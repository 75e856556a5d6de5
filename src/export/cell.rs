//! One cell of a table before anybody knows whether it goes into CSV or into a workbook.

use std::borrow::Cow;
use std::fmt::Write;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

/// A value with its type.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// Nothing.
    Empty,
    /// What people wrote: it may look like a formula.
    Text(&'a str),
    /// A name or an id of ours, which never does.
    Code(Cow<'a, str>),
    /// A whole number.
    Whole(i64),
    /// Hundredths of something, shown with two decimals.
    Hundredths(i64),
    /// A day.
    Date(NaiveDate),
    /// A time of day, to the minute.
    Time(NaiveTime),
    /// A time on a day, to the minute.
    At(NaiveDate, NaiveTime),
}

/// How days and times are written as text, by `strftime` (chrono).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// A day.
    pub date: String,
    /// A time of day.
    pub time: String,
    /// A time on a day.
    pub date_time: String,
}

impl Look {
    /// ISO 8601, which every program reads.
    pub fn iso() -> Self {
        Self { date: "%Y-%m-%d".to_owned(), time: "%H:%M".to_owned(), date_time: "%Y-%m-%dT%H:%M".to_owned() }
    }
}

impl Cell<'_> {
    /// Appends the cell as text; what people wrote as it is.
    pub fn write(&self, look: &Look, out: &mut String) {
        let written = match self {
            Cell::Empty => Ok(()),
            Cell::Text(text) => out.write_str(text),
            Cell::Code(code) => out.write_str(code),
            Cell::Whole(number) => write!(out, "{number}"),
            Cell::Hundredths(number) => {
                let sign = if *number < 0 { "-" } else { "" };
                let size = number.unsigned_abs();
                write!(out, "{sign}{}.{:02}", size / 100, size % 100)
            }
            // Most files have these; chrono reads its format anew for each cell.
            Cell::Date(day) if look.date == "%Y-%m-%d" => {
                write!(out, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
            }
            Cell::Time(time) if look.time == "%H:%M" => {
                write!(out, "{:02}:{:02}", time.hour(), time.minute())
            }
            Cell::Date(day) => write!(out, "{}", day.format(&look.date)),
            Cell::Time(time) => write!(out, "{}", time.format(&look.time)),
            Cell::At(day, time) => write!(out, "{}", day.and_time(*time).format(&look.date_time)),
        };
        // Writing to memory cannot fail, and a format was tried before it was taken.
        debug_assert!(written.is_ok());
    }
}

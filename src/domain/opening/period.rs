//! Dated things that open or close libraries: periods of calendars, and exceptions of one library.

use std::fmt;

use chrono::{Datelike, NaiveDate};

use super::span::Span;
use crate::domain::fault::Rule;
use crate::domain::states::named;
use crate::domain::text::Name;

named! {
    /// What a period is.
    PeriodKind {
        /// A day that the law or a council has made a holiday.
        BankHoliday = "bank_holiday",
        /// Lessons. Between two terms is a school holiday.
        Term = "term",
        /// No lessons.
        SchoolHoliday = "school_holiday",
        /// Staff are trained and no pupils come.
        InsetDay = "inset_day",
        /// Closed, whatever the usual hours say.
        Closure = "closure",
        /// Open as usual, but visitors would disturb.
        Exams = "exams",
    }
}

/// Longer than a school year or a renovation that is entered at once; a longer one is a slip in a year.
const MOST_DAYS: i64 = 2 * 366;

/// Days in a row with one meaning, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day.
    pub ends_on: NaiveDate,
    /// What it is.
    pub kind: PeriodKind,
    /// What people call it ("2nd January", "February half-term").
    pub label: Name,
}

impl Period {
    /// A period of one day.
    pub fn day(kind: PeriodKind, date: NaiveDate, label: Name) -> Self {
        Self { starts_on: date, ends_on: date, kind, label }
    }

    /// Whether a date is in it.
    pub fn contains(&self, date: NaiveDate) -> bool {
        (self.starts_on..=self.ends_on).contains(&date)
    }

    /// Whether the dates can be meant: in order, no longer than two years, in this century.
    ///
    /// # Errors
    /// The field, its value and the rule it breaks.
    pub fn check(&self) -> Result<(), (&'static str, NaiveDate, Rule)> {
        for (field, date) in [("starts_on", self.starts_on), ("ends_on", self.ends_on)] {
            if !is_of_our_time(date) {
                return Err((field, date, Rule::of("must be a date of the years 2000 to 2099")));
            }
        }
        let wrong = |rule: String| Err(("ends_on", self.ends_on, Rule::new(rule)));
        if self.ends_on < self.starts_on {
            return wrong(format!("must not lie before the first day, {}", self.starts_on));
        }
        if (self.ends_on - self.starts_on).num_days() > MOST_DAYS {
            return wrong(format!("must lie within two years of the first day, {}", self.starts_on));
        }
        Ok(())
    }
}

/// Whether a date can be meant for a day of a library: a year beyond is a slip of the finger.
pub fn is_of_our_time(date: NaiveDate) -> bool {
    (2000..2100).contains(&date.year())
}

/// One dated day of one library, which goes before everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Which day.
    pub date: NaiveDate,
    /// When it is open that day, in order; none is closed.
    pub opens: Vec<Span>,
    /// Why ("stocktaking").
    pub label: Name,
}

/// A period of some calendar, as reasons name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What the period is called.
    pub label: Name,
    /// The calendar it stands in.
    pub calendar: Name,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}” ({})", self.label, self.calendar)
    }
}

//! Dated things that open or close libraries: periods of calendars, and exceptions of one library.

use std::fmt;

use chrono::NaiveDate;

use super::span::Span;
use crate::domain::fault::Rule;
use crate::domain::states::named;
use crate::domain::text::Name;

named! {
    /// What a shared calendar holds.
    CalendarKind {
        /// The bank holidays of a nation, or the local ones of a council.
        BankHolidays = "bank_holidays",
        /// School terms, holidays and inset days.
        SchoolTerms = "school_terms",
        /// Days on which the libraries that follow it are closed.
        Closures = "closures",
        /// Days on which libraries are open but take no visitors.
        Exams = "exams",
    }
}

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

impl CalendarKind {
    /// Whether a calendar of this kind may hold such a period.
    pub const fn holds(self, period: PeriodKind) -> bool {
        match period {
            PeriodKind::BankHoliday => matches!(self, Self::BankHolidays),
            PeriodKind::Term | PeriodKind::SchoolHoliday | PeriodKind::InsetDay => {
                matches!(self, Self::SchoolTerms)
            }
            PeriodKind::Closure => matches!(self, Self::Closures),
            PeriodKind::Exams => matches!(self, Self::Exams),
        }
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

    /// Whether the dates can be meant: in order, and no longer than two years.
    ///
    /// # Errors
    /// The rule that the last day breaks.
    pub fn check(&self) -> Result<(), Rule> {
        if self.ends_on < self.starts_on {
            return Err(Rule::new(format!("must not lie before the first day, {}", self.starts_on)));
        }
        if (self.ends_on - self.starts_on).num_days() > MOST_DAYS {
            return Err(Rule::new(format!("must lie within two years of the first day, {}", self.starts_on)));
        }
        Ok(())
    }
}

/// A named set of periods that libraries share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedCalendar {
    /// What people call it; unique ("scotland", "Sheffield schools").
    pub name: Name,
    /// What it holds.
    pub kind: CalendarKind,
    /// Its periods, sorted.
    pub periods: Vec<Period>,
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

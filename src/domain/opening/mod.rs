//! When a library is open, and why: weekly hours, dated exceptions, and the calendars it follows.
//!
//! Every day is derived anew and stored nowhere, so that nothing can disagree. What goes before what:
//! `docs/opening.md`.

use std::fmt;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, Weekday};

use super::states::named;
use super::text::Name;

mod bank_holidays;
mod calendar;
mod period;
mod span;
mod weekly;

pub use bank_holidays::{Division, day_substituted, irish_calendar};
pub use calendar::{Calendar, CalendarKind, DatedCalendar};
pub use period::{Exception, Named, Period, PeriodKind, is_of_our_time};
pub use span::{Span, joined, minute_of_day};
pub use weekly::WeeklyHours;

/// Everything that says when one library is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// The hours of a usual week; absent means unknown, which is not closed.
    pub weekly: Option<WeeklyHours>,
    /// Dated days of this library.
    pub exceptions: Vec<Exception>,
    /// The calendars it follows; where two speak for a day, the first does.
    pub calendars: Vec<Arc<DatedCalendar>>,
}

/// One day of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningDay {
    /// When it is open.
    pub hours: DayHours,
    /// What decided that.
    pub reason: Reason,
    /// The exams because of which no visitors are taken.
    pub exams: Option<Named>,
}

/// When a library is open on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayHours {
    /// Not at all.
    Closed,
    /// In these spans: at least one, in order, apart from each other.
    Open(Vec<Span>),
    /// Nobody has said when, but it is a day on which libraries are open.
    Unknown,
}

/// What decided whether a library is open on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A dated exception of the library.
    Exception(Name),
    /// A closure of a calendar it follows.
    Closure(Named),
    /// A bank holiday.
    BankHoliday(Named),
    /// A day on which staff are trained.
    InsetDay(Named),
    /// A school holiday.
    SchoolHoliday(Named),
    /// A day between two terms of this calendar.
    BetweenTerms(Name),
    /// The usual hours of the weekday.
    WeeklyHours(Weekday),
    /// No weekly hours are known: Monday to Friday is taken as open.
    HoursUnknown(Weekday),
}

named! {
    /// [`Reason`] without its names.
    ReasonKind {
        /// A dated exception of the library.
        Exception = "exception",
        /// A closure of a calendar it follows.
        Closure = "closure",
        /// A bank holiday.
        BankHoliday = "bank_holiday",
        /// A day on which staff are trained.
        InsetDay = "inset_day",
        /// A school holiday.
        SchoolHoliday = "school_holiday",
        /// A day between two terms.
        BetweenTerms = "between_terms",
        /// The usual hours of the weekday.
        WeeklyHours = "weekly_hours",
        /// No weekly hours are known.
        HoursUnknown = "hours_unknown",
    }
}

impl Reason {
    /// The kind of thing that decided.
    pub const fn kind(&self) -> ReasonKind {
        match self {
            Reason::Exception(_) => ReasonKind::Exception,
            Reason::Closure(_) => ReasonKind::Closure,
            Reason::BankHoliday(_) => ReasonKind::BankHoliday,
            Reason::InsetDay(_) => ReasonKind::InsetDay,
            Reason::SchoolHoliday(_) => ReasonKind::SchoolHoliday,
            Reason::BetweenTerms(_) => ReasonKind::BetweenTerms,
            Reason::WeeklyHours(_) => ReasonKind::WeeklyHours,
            Reason::HoursUnknown(_) => ReasonKind::HoursUnknown,
        }
    }
}

impl OpeningDay {
    /// Whether anybody is there.
    pub fn is_open(&self) -> bool {
        match self.hours {
            DayHours::Closed => false,
            DayHours::Open(_) | DayHours::Unknown => true,
        }
    }

    /// Whether visitors may come: it is open, and there are no exams.
    pub fn takes_visitors(&self) -> bool {
        self.is_open() && self.exams.is_none()
    }

    /// When it is open; none where it is closed or the hours are unknown.
    pub fn spans(&self) -> &[Span] {
        match &self.hours {
            DayHours::Open(spans) => spans,
            DayHours::Closed | DayHours::Unknown => &[],
        }
    }

    /// The longest span, the earliest of equal ones; none where it is closed or the hours are unknown.
    pub fn longest(&self) -> Option<Span> {
        self.spans().iter().copied().rev().max_by_key(|span| span.minutes())
    }

    /// Whether it is open for so many minutes at a stretch; unknown hours are taken to suffice.
    pub fn is_open_for(&self, minutes: u16) -> bool {
        match self.hours {
            DayHours::Closed => false,
            DayHours::Unknown => true,
            DayHours::Open(_) => self.longest().is_some_and(|span| span.minutes() >= minutes),
        }
    }
}

impl fmt::Display for DayHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DayHours::Closed => f.write_str("closed"),
            DayHours::Unknown => f.write_str("open"),
            DayHours::Open(spans) => {
                let spans: Vec<String> = spans.iter().map(ToString::to_string).collect();
                write!(f, "open {}", spans.join(", "))
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Exception(label) => write!(f, "exception “{label}”"),
            Reason::Closure(named) => write!(f, "closure {named}"),
            Reason::BankHoliday(named) => write!(f, "bank holiday {named}"),
            Reason::InsetDay(named) => write!(f, "inset day {named}"),
            Reason::SchoolHoliday(named) => write!(f, "school holiday {named}"),
            Reason::BetweenTerms(calendar) => write!(f, "between two terms ({calendar})"),
            Reason::WeeklyHours(weekday) => write!(f, "usual hours of {}", name_of(*weekday)),
            Reason::HoursUnknown(weekday) => write!(
                f,
                "its hours are not known; libraries are taken as open from Monday to Friday, and this is a {}",
                name_of(*weekday)
            ),
        }
    }
}

/// "closed: bank holiday “2nd January” (scotland)".
impl fmt::Display for OpeningDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.hours, self.reason)?;
        match &self.exams {
            Some(exams) if self.is_open() => write!(f, "; no visitors: exams {exams}"),
            Some(_) | None => Ok(()),
        }
    }
}

fn name_of(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

impl Opening {
    /// Whether and when the library is open on a date, and why.
    pub fn on(&self, date: NaiveDate) -> OpeningDay {
        let (hours, reason) = self.decide(date);
        OpeningDay { hours, reason, exams: self.find_period(PeriodKind::Exams, date) }
    }

    fn decide(&self, date: NaiveDate) -> (DayHours, Reason) {
        if let Some(exception) = self.exceptions.iter().find(|exception| exception.date == date) {
            return (hours_of(&exception.opens), Reason::Exception(exception.label.clone()));
        }
        if let Some(closure) = self.find_period(PeriodKind::Closure, date) {
            return (DayHours::Closed, Reason::Closure(closure));
        }
        if let Some(holiday) = self.find_period(PeriodKind::BankHoliday, date) {
            return (self.holiday_hours(WeeklyHours::on_bank_holidays), Reason::BankHoliday(holiday));
        }
        let school_holiday = |reason| (self.holiday_hours(WeeklyHours::on_school_holidays), reason);
        if let Some(inset_day) = self.find_period(PeriodKind::InsetDay, date) {
            return school_holiday(Reason::InsetDay(inset_day));
        }
        if let Some(holiday) = self.find_period(PeriodKind::SchoolHoliday, date) {
            return school_holiday(Reason::SchoolHoliday(holiday));
        }
        if let Some(calendar) = self.calendars.iter().find(|calendar| calendar.is_between_terms(date)) {
            return school_holiday(Reason::BetweenTerms(calendar.name.clone()));
        }
        let weekday = date.weekday();
        match &self.weekly {
            Some(weekly) => (hours_of(weekly.on_weekday(weekday)), Reason::WeeklyHours(weekday)),
            None => {
                let hours = match weekday {
                    Weekday::Sat | Weekday::Sun => DayHours::Closed,
                    Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri => {
                        DayHours::Unknown
                    }
                };
                (hours, Reason::HoursUnknown(weekday))
            }
        }
    }

    /// Closed, unless the weekly hours have a rule for such days.
    fn holiday_hours(&self, rule: fn(&WeeklyHours) -> Option<&[Span]>) -> DayHours {
        self.weekly.as_ref().and_then(rule).map_or(DayHours::Closed, hours_of)
    }

    fn find_period(&self, kind: PeriodKind, date: NaiveDate) -> Option<Named> {
        self.calendars.iter().find_map(|calendar| {
            let period =
                calendar.periods.iter().find(|period| period.kind == kind && period.contains(date))?;
            Some(Named { label: period.label.clone(), calendar: calendar.name.clone() })
        })
    }
}

fn hours_of(spans: &[Span]) -> DayHours {
    if spans.is_empty() { DayHours::Closed } else { DayHours::Open(spans.to_vec()) }
}

#[cfg(test)]
mod tests;

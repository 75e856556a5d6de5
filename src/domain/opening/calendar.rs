//! Calendars that libraries share.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::bank_holidays::Division;
use super::period::{Period, PeriodKind};
use crate::domain::fault::Faults;
use crate::domain::ids::{CalendarId, EmployerId};
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

impl DatedCalendar {
    /// Whether a date lies after one of its terms and before another. Before the first and after the last nothing is
    /// known, so that is no holiday.
    pub(super) fn is_between_terms(&self, date: NaiveDate) -> bool {
        let terms = || self.periods.iter().filter(|period| period.kind == PeriodKind::Term);
        terms().any(|term| term.ends_on < date)
            && terms().any(|term| term.starts_on > date)
            && !terms().any(|term| term.contains(date))
    }
}

/// A calendar as the service keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Its identity.
    pub id: CalendarId,
    /// Whose administrators may change it; none: only organisers.
    pub employer: Option<EmployerId>,
    /// Whose libraries follow it without being told to: those of the countries of this division.
    pub division: Option<Division>,
    /// What it says.
    pub dated: DatedCalendar,
}

/// More than ten years of any real calendar.
const MOST_PERIODS: usize = 2_000;

impl Calendar {
    /// Reports every fault, with JSON pointers into an object with `division` and `periods`.
    pub fn check(&self, faults: &Faults) {
        match (self.division, self.dated.kind) {
            (Some(Division::Ireland), _) => {
                faults.add(
                    "/division",
                    Division::Ireland,
                    "has its bank holidays by rule: it needs no calendar",
                );
            }
            (Some(division), CalendarKind::SchoolTerms | CalendarKind::Closures | CalendarKind::Exams) => {
                let rule = format!("only a calendar of {} is that of a division", CalendarKind::BankHolidays);
                faults.add("/division", division, rule);
            }
            (Some(_), CalendarKind::BankHolidays) | (None, _) => {}
        }
        let periods = &self.dated.periods;
        if periods.len() > MOST_PERIODS {
            faults.add("/periods", periods.len(), format!("must have at most {MOST_PERIODS} periods"));
            return;
        }
        let mut seen = BTreeSet::new();
        for (n, period) in periods.iter().enumerate() {
            if !self.dated.kind.holds(period.kind) {
                let kinds: Vec<&str> = PeriodKind::ALL
                    .iter()
                    .filter(|kind| self.dated.kind.holds(**kind))
                    .map(|kind| kind.as_str())
                    .collect();
                let rule = format!("a calendar of {} holds {} only", self.dated.kind, kinds.join(", "));
                faults.add(format!("/periods/{n}/kind"), period.kind, rule);
            }
            if let Err((field, value, rule)) = period.check() {
                faults.add(format!("/periods/{n}/{field}"), value, rule);
            }
            if !seen.insert(period) {
                faults.add(format!("/periods/{n}"), &period.label, "this period stands here twice");
            }
        }
    }

    /// Whether the day of a library that follows it may differ from what it was when the calendar said `before`.
    ///
    /// A term that changes moves the holidays around it too, so that any day may differ.
    pub fn differs_on(&self, before: &DatedCalendar, date: NaiveDate) -> bool {
        let of = |calendar: &DatedCalendar| calendar.periods.iter().cloned().collect::<BTreeSet<_>>();
        let (now, then) = (of(&self.dated), of(before));
        now.symmetric_difference(&then).any(|period| period.kind == PeriodKind::Term || period.contains(date))
    }
}

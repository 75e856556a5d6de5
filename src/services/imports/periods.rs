//! Lists of dated periods: terms, closures, bank holidays. They become calendars, or days of single libraries.
//!
//! A list speaks for the time from its first day to its last: what a calendar says of other years stays, so that next
//! year's list does not take this year's away.

use std::collections::BTreeMap;

use super::days::set_exceptions;
use super::references::References;
use super::{Importer, Target, Telling};
use crate::domain::fault::Rule;
use crate::domain::opening::{Calendar, CalendarKind, Division, Exception, Period, PeriodKind};
use crate::domain::permissions::Actor;
use crate::domain::text::Name;
use crate::import::{Line, Owner, PeriodRow};
use crate::services::AppError;
use crate::services::app::Now;
use crate::services::calendars::{NewCalendar, take_over};
use crate::store::{Db, calendars};

pub(super) struct Periods<'a> {
    now: &'a Now,
    actor: &'a Actor,
    libraries: References,
    divisions: Vec<Calendar>,
    listed: BTreeMap<Name, Listed>,
}

/// A calendar that the list names.
struct Listed {
    kind: CalendarKind,
    division: Option<Division>,
    before: Option<Calendar>,
    periods: Vec<Period>,
}

impl<'a> Periods<'a> {
    pub(super) fn new(db: &mut Db, now: &'a Now, actor: &'a Actor) -> Result<Self, AppError> {
        let divisions = calendars::list_of_divisions(db)?;
        Ok(Self { now, actor, libraries: References::default(), divisions, listed: BTreeMap::new() })
    }

    /// Notes the periods of a row under its calendar; the row is left out where the calendar holds others.
    fn note(
        &mut self,
        db: &mut Db,
        line: u64,
        name: &Name,
        division: Option<Division>,
        periods: Vec<Period>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        let Some(first) = periods.first() else { return Ok(()) };
        let kind = kind_of(first.kind);
        if !self.listed.contains_key(name) {
            let before = calendars::find_by_name(db, name.as_str())?;
            let kind = before.as_ref().map_or(kind, |before| before.dated.kind);
            self.listed.insert(name.clone(), Listed { kind, division, before, periods: vec![] });
        }
        if let Some(listed) = self.listed.get_mut(name) {
            if listed.kind == kind {
                listed.periods.extend(periods);
            } else {
                let rule = format!("is a calendar of {} and cannot hold a {}", listed.kind, first.kind);
                let column = if telling.list.has("calendar") { "calendar" } else { "division" };
                telling.leave_out(line, column, name.as_str(), Rule::new(rule));
            }
        }
        Ok(())
    }

    /// The calendar of a division's bank holidays: that which its libraries follow, or one of its own name.
    fn name_of(&self, division: Division) -> Result<Name, AppError> {
        match self.divisions.iter().find(|calendar| calendar.division == Some(division)) {
            Some(calendar) => Ok(calendar.dated.name.clone()),
            None => division.as_str().parse().map_err(|rule: Rule| AppError::Internal(rule.to_string())),
        }
    }
}

const fn kind_of(period: PeriodKind) -> CalendarKind {
    match period {
        PeriodKind::BankHoliday => CalendarKind::BankHolidays,
        PeriodKind::Term | PeriodKind::SchoolHoliday | PeriodKind::InsetDay => CalendarKind::SchoolTerms,
        PeriodKind::Closure => CalendarKind::Closures,
        PeriodKind::Exams => CalendarKind::Exams,
    }
}

impl Listed {
    /// The periods of the list, and those of before that lie outside its time.
    fn merged(&self) -> Vec<Period> {
        let first = self.periods.iter().map(|period| period.starts_on).min();
        let last = self.periods.iter().map(|period| period.ends_on).max();
        let outside = |period: &&Period| Some(period.ends_on) < first || Some(period.starts_on) > last;
        let before = self.before.iter().flat_map(|calendar| &calendar.dated.periods).filter(outside);
        let mut merged: Vec<Period> = self.periods.iter().chain(before).cloned().collect();
        merged.sort_unstable();
        merged.dedup();
        merged
    }
}

impl Importer for Periods<'_> {
    type Row = PeriodRow;

    fn take(
        &mut self,
        target: &mut Target<'_, '_>,
        rows: Vec<Line<PeriodRow>>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        let references = rows.iter().filter_map(|line| match &line.row.owner {
            Owner::Library(reference) => Some(reference.as_str()),
            Owner::Calendar(_) | Owner::Division(_) => None,
        });
        self.libraries.load(target.db(), references)?;
        let mut days = Vec::new();
        for Line { line, row: PeriodRow { owner, periods } } in rows {
            match owner {
                Owner::Library(reference) => {
                    let Some(library) = self.libraries.find(line, &reference, telling) else { continue };
                    days.extend(periods.iter().flat_map(closed_days).map(|day| (library.id, day)));
                }
                Owner::Calendar(name) => self.note(target.db(), line, &name, None, periods, telling)?,
                Owner::Division(division) => {
                    let name = self.name_of(division)?;
                    self.note(target.db(), line, &name, Some(division), periods, telling)?;
                }
            }
        }
        set_exceptions(target, self.now, days, telling)
    }

    fn finish(&mut self, target: &mut Target<'_, '_>, telling: &mut Telling<'_>) -> Result<(), AppError> {
        for (name, listed) in &self.listed {
            let periods = listed.merged();
            telling.count("periods", listed.periods.len());
            match &listed.before {
                Some(before) if before.dated.periods == periods => {
                    telling.outcome.unchanged += 1;
                    continue;
                }
                Some(_) => telling.outcome.changed += 1,
                None => telling.outcome.added += 1,
            }
            if let Some(tx) = target.tx() {
                let employer = listed.before.as_ref().and_then(|before| before.employer);
                let (kind, division) = (listed.kind, listed.division);
                let wanted = NewCalendar { name: name.clone(), kind, employer, division, periods };
                take_over(tx, self.now, self.actor, &wanted)?;
            }
        }
        Ok(())
    }
}

/// A library's own closure is an exception on each of its days.
fn closed_days(period: &Period) -> impl Iterator<Item = Exception> {
    let days = period.starts_on.iter_days().take_while(|date| *date <= period.ends_on);
    days.map(|date| Exception { date, opens: vec![], label: period.label.clone() })
}

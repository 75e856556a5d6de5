//! Lists of opening hours: usual weeks, the calendars that libraries follow, single days.

use std::collections::HashMap;

use super::days::set_exceptions;
use super::references::References;
use super::{Importer, Target, Telling};
use crate::domain::fault::{Rule, maybe};
use crate::domain::ids::{CalendarId, LibraryId};
use crate::domain::opening::{Calendar, WeeklyHours};
use crate::domain::organisation::Library;
use crate::domain::text::Name;
use crate::import::{HoursRow, Line, ListedHours};
use crate::services::AppError;
use crate::services::app::Now;
use crate::services::opening::check_followed;
use crate::store::{Db, calendars, organisations, rounds};

pub(super) struct Hours<'a> {
    now: &'a Now,
    libraries: References,
    calendars: Vec<Calendar>,
}

/// A row about a usual week, with its library found.
struct Week {
    line: u64,
    library: LibraryId,
    weekly: Option<WeeklyHours>,
    calendars: Vec<Name>,
}

impl<'a> Hours<'a> {
    pub(super) fn new(db: &mut Db, now: &'a Now) -> Result<Self, AppError> {
        Ok(Self {
            now,
            libraries: References::default(),
            calendars: calendars::list(db, None, MOST_CALENDARS)?,
        })
    }

    /// The calendars that a row names; none where the row is left out.
    fn followed(&self, line: u64, names: &[Name], telling: &mut Telling<'_>) -> Option<Vec<CalendarId>> {
        let mut found = Vec::new();
        for name in names {
            let Some(calendar) = self.calendars.iter().find(|calendar| calendar.dated.name == *name) else {
                let known = self.calendars.iter().map(|calendar| calendar.dated.name.as_str());
                let rule =
                    format!("is no calendar{}: import terms or closures first", maybe(name.as_str(), known));
                telling.leave_out(line, "calendars", name.as_str(), Rule::new(rule));
                return None;
            };
            found.push(calendar.clone());
        }
        let mut ids: Vec<CalendarId> = found.iter().map(|calendar| calendar.id).collect();
        if let Err(AppError::Fields(faults)) = check_followed(&ids, &found) {
            for fault in faults {
                telling.leave_out(line, "calendars", &fault.value, Rule::new(fault.rule));
            }
            return None;
        }
        ids.sort_unstable();
        ids.dedup();
        Some(ids)
    }

    fn set_weeks(
        &self,
        target: &mut Target<'_, '_>,
        weeks: Vec<Week>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        let ids: Vec<LibraryId> = weeks.iter().map(|week| week.library).collect();
        let libraries = organisations::list_libraries_by_ids(target.db(), &ids)?;
        let libraries: HashMap<LibraryId, Library> =
            libraries.into_iter().map(|library| (library.id, library)).collect();
        let followed = calendars::list_followed(target.db(), &ids)?;
        let mut changed = Vec::new();
        for week in weeks {
            let (Some(before), Some(wanted)) =
                (libraries.get(&week.library), self.followed(week.line, &week.calendars, telling))
            else {
                continue;
            };
            let mut after = before.clone();
            if telling.list.has("opening_hours") {
                after.opening_hours = week.weekly;
            }
            let follows = followed.get(&week.library).cloned().unwrap_or_default();
            let follows_others = telling.list.has("calendars") && follows != wanted;
            if after == *before && !follows_others {
                telling.outcome.unchanged += 1;
                continue;
            }
            telling.outcome.changed += 1;
            changed.push(week.library);
            let Some(tx) = target.tx() else { continue };
            if after != *before {
                organisations::save_library(tx, &after, self.now.utc())?;
            }
            if follows_others {
                calendars::replace_followed(tx, week.library, &wanted)?;
            }
        }
        if let Some(tx) = target.tx() {
            rounds::bump_revisions_of_libraries(tx, &changed)?;
        }
        Ok(())
    }
}

/// More calendars than any programme has.
const MOST_CALENDARS: i64 = 10_000;

impl Importer for Hours<'_> {
    type Row = HoursRow;

    fn take(
        &mut self,
        target: &mut Target<'_, '_>,
        rows: Vec<Line<HoursRow>>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        self.libraries.load(target.db(), rows.iter().map(|line| line.row.library.as_str()))?;
        let (mut weeks, mut days) = (Vec::new(), Vec::new());
        for Line { line, row } in rows {
            let Some(library) = self.libraries.find(line, &row.library, telling) else { continue };
            match row.hours {
                ListedHours::Week { weekly, calendars } => {
                    let weekly = weekly.map(|weekly| *weekly);
                    weeks.push(Week { line, library: library.id, weekly, calendars });
                }
                ListedHours::Day(exception) => days.push((library.id, exception)),
            }
        }
        self.set_weeks(target, weeks, telling)?;
        set_exceptions(target, self.now, days, telling)
    }
}

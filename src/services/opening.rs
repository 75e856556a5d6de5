//! When a library is open: its weekly hours, the calendars it follows, its dated exceptions, closures from a calendar file, and its days.
//!
//! Whatever changes a day makes runs stale that were frozen before, in the rounds that have that day.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde_json::json;

use super::app::{own_employers, permit, permit_everywhere, record};
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::fault::Faults;
use crate::domain::ids::{CalendarId, LibraryId};
use crate::domain::opening::{
    Calendar, CalendarKind, DatedCalendar, DayHours, Exception, Opening, OpeningDay, WeeklyHours,
    is_of_our_time, joined,
};
use crate::domain::organisation::Library;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::placement::Placement;
use crate::import::closures_ics::{Closed, read_closures};
use crate::store::{Db, calendars, opening, organisations, placements, rounds};

/// More days than anybody looks at in one go.
const MOST_DAYS: i64 = 366;
/// How far ahead closures that repeat for ever are entered, in days.
const CLOSURES_AHEAD: u64 = 3 * 366;
/// More calendars than any library follows.
const MOST_CALENDARS: usize = 20;

/// The days of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryDays {
    /// The zone of its hours.
    pub time_zone: Tz,
    /// The calendars that were asked, the nation's bank holidays among them where they are known.
    pub calendars: Vec<Arc<DatedCalendar>>,
    /// The days, in order.
    pub days: Vec<(NaiveDate, OpeningDay)>,
}

/// What entering closures did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Closures {
    /// Days that had no exception.
    pub added: Vec<NaiveDate>,
    /// Days whose exception said something else.
    pub replaced: Vec<NaiveDate>,
    /// Days whose exception said the same.
    pub unchanged: Vec<NaiveDate>,
    /// The placements that stand at the library on days on which it is closed by that.
    pub affected: Vec<Placement>,
}

fn load(db: &mut Db, id: LibraryId) -> Result<Library, AppError> {
    organisations::find_library(db, id)?.ok_or_else(|| AppError::not_found("library", id))
}

/// Loads a library that this actor may change.
fn load_own(db: &mut Db, actor: &Actor, id: LibraryId) -> Result<Library, AppError> {
    let library = load(db, id)?;
    permit(actor, Action::EditLibrary, &Subject::of_employers(&library.employers), ("library", &id))?;
    Ok(library)
}

/// The days of a library from one date to another, at most 366, each with what decided it.
///
/// # Errors
/// `invalid-fields` for dates that cannot be meant; `not-found`; `forbidden`.
pub fn list_days(
    app: &App,
    actor: &Actor,
    library: LibraryId,
    dates: &RangeInclusive<NaiveDate>,
) -> Result<LibraryDays, AppError> {
    permit_everywhere(actor, Action::ReadCalendars)?;
    check_dates(dates)?;
    app.store.read(|db| {
        let library = load(db, library)?;
        let found = opening_of(db, &library, dates)?;
        let days = dates.start().iter_days().take_while(|date| date <= dates.end());
        let days = days.map(|date| (date, found.on(date))).collect();
        Ok(LibraryDays { time_zone: library.time_zone, calendars: found.calendars, days })
    })
}

fn check_dates(dates: &RangeInclusive<NaiveDate>) -> Result<(), AppError> {
    let faults = Faults::none();
    for (field, date) in [("?from", dates.start()), ("?to", dates.end())] {
        if !is_of_our_time(*date) {
            faults.add(field, date, "must be a date of the years 2000 to 2099");
        }
    }
    let days = (*dates.end() - *dates.start()).num_days() + 1;
    if days < 1 {
        faults.add("?to", dates.end(), format!("must not lie before {}", dates.start()));
    } else if days > MOST_DAYS {
        faults.add("?to", dates.end(), format!("must be at most {MOST_DAYS} days in all: these are {days}"));
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

fn opening_of(
    db: &mut Db,
    library: &Library,
    dates: &RangeInclusive<NaiveDate>,
) -> Result<Opening, AppError> {
    let mut found = opening::load(db, std::slice::from_ref(library), dates)?;
    Ok(found.remove(&library.id).unwrap_or_default())
}

/// Says anew what the usual week of a library is; none: nobody knows.
///
/// # Errors
/// `changed-since`, `if-match-required`; `not-found`, also for somebody else's library; `forbidden`.
pub fn set_weekly_hours(
    app: &App,
    actor: &Actor,
    library: LibraryId,
    wanted: Option<&WeeklyHours>,
    seen: &Seen<Library>,
) -> Result<Library, AppError> {
    own_employers(actor, Action::EditLibrary)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let before = load_own(tx, actor, library)?;
        seen.admit(&before)?;
        let after = Library { opening_hours: wanted.cloned(), ..before.clone() };
        if after != before {
            organisations::save_library(tx, &after, now.utc())?;
            rounds::bump_revisions_of_libraries(tx, &[library])?;
            let details = json!({ "opening_hours": after.opening_hours.as_ref().map(WeeklyHours::text) });
            record(tx, &now, actor, Action::EditLibrary, ("library", &library), &details)?;
        }
        Ok(after)
    })
}

/// The calendars that a library was told to follow, by name.
///
/// # Errors
/// `not-found`, `forbidden`.
pub fn list_calendars(app: &App, actor: &Actor, library: LibraryId) -> Result<Vec<Calendar>, AppError> {
    permit_everywhere(actor, Action::ReadCalendars)?;
    app.store.read(|db| {
        load(db, library)?;
        followed(db, library)
    })
}

fn followed(db: &mut Db, library: LibraryId) -> Result<Vec<Calendar>, AppError> {
    let followed = calendars::list_followed(db, &[library])?.remove(&library).unwrap_or_default();
    Ok(calendars::list_by_ids(db, &followed)?)
}

/// Says anew which calendars a library follows.
///
/// # Errors
/// `changed-since`, `if-match-required`; `invalid-fields` for calendars that are not there, more than one of bank holidays,
/// or too many; `not-found`, also for somebody else's library; `forbidden`.
pub fn follow(
    app: &App,
    actor: &Actor,
    library: LibraryId,
    wanted: &[CalendarId],
    seen: &Seen<Vec<Calendar>>,
) -> Result<Vec<Calendar>, AppError> {
    own_employers(actor, Action::EditLibrary)?;
    let now = app.now()?;
    app.store.write(|tx| {
        load_own(tx, actor, library)?;
        let before = followed(tx, library)?;
        seen.admit(&before)?;
        let found = calendars::list_by_ids(tx, wanted)?;
        check_followed(wanted, &found)?;
        let ids = |calendars: &[Calendar]| {
            let mut ids: Vec<CalendarId> = calendars.iter().map(|calendar| calendar.id).collect();
            ids.sort_unstable();
            ids
        };
        let after = ids(&found);
        if after != ids(&before) {
            calendars::replace_followed(tx, library, &after)?;
            rounds::bump_revisions_of_libraries(tx, &[library])?;
            let names: Vec<String> = after.iter().map(ToString::to_string).collect();
            let details = json!({ "calendars": names });
            record(tx, &now, actor, Action::EditLibrary, ("library", &library), &details)?;
        }
        Ok(found)
    })
}

pub(super) fn check_followed(wanted: &[CalendarId], found: &[Calendar]) -> Result<(), AppError> {
    let faults = Faults::none();
    if wanted.len() > MOST_CALENDARS {
        faults.add("/calendars", wanted.len(), format!("must be at most {MOST_CALENDARS} calendars"));
    }
    let mut bank_holidays: Option<&Calendar> = None;
    for (n, id) in wanted.iter().enumerate() {
        let pointer = format!("/calendars/{n}");
        let Some(calendar) = found.iter().find(|calendar| calendar.id == *id) else {
            faults.add(pointer, id, "there is no such calendar");
            continue;
        };
        if calendar.dated.kind != CalendarKind::BankHolidays {
            continue;
        }
        if let Some(first) = bank_holidays {
            let rule =
                format!("bank holidays come from one calendar, and “{}” stands here too", first.dated.name);
            faults.add(pointer, &calendar.dated.name, rule);
        }
        bank_holidays = bank_holidays.or(Some(calendar));
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

/// The exceptions of a library, by date.
///
/// # Errors
/// `not-found`, `forbidden`.
pub fn list_exceptions(app: &App, actor: &Actor, library: LibraryId) -> Result<Vec<Exception>, AppError> {
    permit_everywhere(actor, Action::ReadCalendars)?;
    app.store.read(|db| {
        load(db, library)?;
        Ok(opening::list_exceptions(db, library)?)
    })
}

/// The exception of a library on a date.
///
/// # Errors
/// `not-found`, also where the day is as usual; `forbidden`.
pub fn get_exception(
    app: &App,
    actor: &Actor,
    library: LibraryId,
    date: NaiveDate,
) -> Result<Exception, AppError> {
    permit_everywhere(actor, Action::ReadCalendars)?;
    app.store.read(|db| {
        load(db, library)?;
        opening::find_exception(db, library, date)?.ok_or_else(|| AppError::not_found("exception", date))
    })
}

/// The placements that stand at a library on days on which it is closed, as far as an actor may see placements.
fn affected(
    db: &mut Db,
    actor: &Actor,
    library: LibraryId,
    days: &[NaiveDate],
) -> Result<Vec<Placement>, AppError> {
    match actor.reach(Action::ReadPlacement) {
        Ok(_) => Ok(placements::list_at(db, library, days)?),
        Err(_) => Ok(Vec::new()),
    }
}

/// Says when a library is open on one date, in place of all else that speaks for that day. Gives the placements that stand
/// there on that day where it is closed.
///
/// # Errors
/// `changed-since`, `if-match-required`; `invalid-fields` for a year that cannot be meant; `not-found`, also for somebody
/// else's library; `forbidden`.
pub fn set_exception(
    app: &App,
    actor: &Actor,
    library: LibraryId,
    wanted: &Exception,
    seen: &Seen<Exception>,
) -> Result<(Exception, Vec<Placement>), AppError> {
    own_employers(actor, Action::EditLibrary)?;
    if !is_of_our_time(wanted.date) {
        return Err(AppError::field("/date", wanted.date, "must be a date of the years 2000 to 2099"));
    }
    let wanted = Exception { opens: joined(wanted.opens.clone()), ..wanted.clone() };
    let now = app.now()?;
    app.store.write(|tx| {
        load_own(tx, actor, library)?;
        let before = opening::find_exception(tx, library, wanted.date)?;
        seen.admit_any(before.as_ref())?;
        if before.as_ref() != Some(&wanted) {
            opening::replace_exception(tx, library, &wanted, now.utc())?;
            rounds::bump_revisions_of_library_days(tx, &[library], |date| date == wanted.date)?;
            let details = json!({ "exception": wanted.date, "open": !wanted.opens.is_empty() });
            record(tx, &now, actor, Action::EditLibrary, ("library", &library), &details)?;
        }
        let days: &[NaiveDate] = if wanted.opens.is_empty() { &[wanted.date] } else { &[] };
        Ok((wanted.clone(), affected(tx, actor, library, days)?))
    })
}

/// Takes the exception of a library on a date away, so that the day is as usual.
///
/// # Errors
/// `not-found` where there is none, also for somebody else's library; `changed-since`, `if-match-required`; `forbidden`.
pub fn delete_exception(
    app: &App,
    actor: &Actor,
    library: LibraryId,
    date: NaiveDate,
    seen: &Seen<Exception>,
) -> Result<(), AppError> {
    own_employers(actor, Action::EditLibrary)?;
    let now = app.now()?;
    app.store.write(|tx| {
        load_own(tx, actor, library)?;
        let before = opening::find_exception(tx, library, date)?;
        seen.admit(&before.ok_or_else(|| AppError::not_found("exception", date))?)?;
        opening::delete_exception(tx, library, date)?;
        rounds::bump_revisions_of_library_days(tx, &[library], |changed| changed == date)?;
        let details = json!({ "exception": date, "taken_away": true });
        record(tx, &now, actor, Action::EditLibrary, ("library", &library), &details)?;
        Ok(())
    })
}

/// Enters the closures of a calendar file (RFC 5545) as exceptions of a library: closed on whole days, and open for what
/// is left of the usual hours where only a part of a day is closed. What is over by now is passed over.
///
/// An exception that says something else on such a day is replaced. The same file twice changes nothing the second
/// time.
///
/// # Errors
/// `invalid-fields` with every fault of the file, and for a part of a day of unknown hours; `not-found`, also for
/// somebody else's library; `forbidden`.
pub fn close(app: &App, actor: &Actor, library: LibraryId, file: &[u8]) -> Result<Closures, AppError> {
    own_employers(actor, Action::EditLibrary)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let library = load_own(tx, actor, library)?;
        let today = now.today(library.time_zone);
        let ahead = today.checked_add_days(Days::new(CLOSURES_AHEAD)).unwrap_or(today);
        let dates = today..=ahead;
        let closed = read_closures(file, library.time_zone, &dates).map_err(AppError::Fields)?;
        let usual = Opening { exceptions: vec![], ..opening_of(tx, &library, &dates)? };
        let (mut outcome, mut shut) = (Closures::default(), Vec::new());
        for wanted in exceptions_of(&closed, &usual)? {
            if wanted.opens.is_empty() {
                shut.push(wanted.date);
            }
            match opening::find_exception(tx, library.id, wanted.date)? {
                Some(before) if before == wanted => {
                    outcome.unchanged.push(wanted.date);
                    continue;
                }
                Some(_) => outcome.replaced.push(wanted.date),
                None => outcome.added.push(wanted.date),
            }
            opening::replace_exception(tx, library.id, &wanted, now.utc())?;
        }
        let changed: Vec<NaiveDate> = outcome.added.iter().chain(&outcome.replaced).copied().collect();
        if !changed.is_empty() {
            rounds::bump_revisions_of_library_days(tx, &[library.id], |date| changed.contains(&date))?;
            let details = json!({ "added": outcome.added, "replaced": outcome.replaced });
            record(tx, &now, actor, Action::EditLibrary, ("library", &library.id), &details)?;
        }
        outcome.affected = affected(tx, actor, library.id, &shut)?;
        Ok(outcome)
    })
}

/// What closures make of the usual days; a part of a day that is closed anyway makes nothing.
fn exceptions_of(closed: &[Closed], usual: &Opening) -> Result<Vec<Exception>, AppError> {
    let mut by_date: BTreeMap<NaiveDate, Vec<&Closed>> = BTreeMap::new();
    for closed in closed {
        by_date.entry(closed.date).or_default().push(closed);
    }
    let faults = Faults::none();
    let mut exceptions = Vec::new();
    for (date, closed) in by_date {
        let Some(label) = closed.first().map(|closed| closed.label.clone()) else { continue };
        let whole = closed.iter().find(|closed| closed.is_whole_day());
        let opens = match (whole, usual.on(date).hours) {
            (Some(_), _) => vec![],
            (None, DayHours::Closed) => continue,
            (None, DayHours::Unknown) => {
                let rule = "closes a part of a day on which this library’s hours are not known: enter its opening \
                            hours first, or close the whole day";
                faults.add(&closed[0].pointer, date, rule);
                continue;
            }
            (None, DayHours::Open(spans)) => closed.iter().fold(spans, |left, closed| {
                left.into_iter().flat_map(|span| span.without(closed.span)).collect()
            }),
        };
        let label = whole.map_or(label, |whole| whole.label.clone());
        exceptions.push(Exception { date, opens, label });
    }
    faults.into_result(Some(exceptions)).map_err(AppError::Fields)
}

//! Calendars that libraries share: bank holidays, terms, closures, exams.
//!
//! Whatever changes a calendar makes runs stale that were frozen before, in the rounds that have one of the days.

use serde_json::json;

use super::app::{Now, own_employers, permit, permit_everywhere, record};
use super::page::{Page, Paged};
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::fault::Faults;
use crate::domain::ids::{CalendarId, EmployerId};
use crate::domain::opening::{Calendar, CalendarKind, DatedCalendar, Division, Period};
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::text::Name;
use crate::store::{Db, Tx, calendars, organisations, rounds};

/// A calendar to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCalendar {
    /// What people call it; unique.
    pub name: Name,
    /// What it holds.
    pub kind: CalendarKind,
    /// Whose administrators may change it; none: only organisers, or the administrator's own employer where one makes
    /// it.
    pub employer: Option<EmployerId>,
    /// Whose libraries follow it without being told to; only for bank holidays.
    pub division: Option<Division>,
    /// What it says.
    pub periods: Vec<Period>,
}

/// What taking a calendar over did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// There was none of this name.
    Added,
    /// It says something else now.
    Changed,
    /// It says what it said before.
    Unchanged,
}

/// Makes a calendar. An administrator makes those of an own employer; those of a division are made by organisers.
///
/// # Errors
/// `invalid-fields` with every fault; `already-exists` where the name or the division has one; `forbidden`.
pub fn create(app: &App, actor: &Actor, wanted: &NewCalendar) -> Result<Calendar, AppError> {
    let own = own_employers(actor, Action::EditCalendar)?;
    let now = app.now()?;
    app.store.write(|tx| {
        if let Some(other) = calendars::find_by_name(tx, wanted.name.as_str())? {
            return Err(already(format!(
                "there is a calendar named “{}” already: {}",
                wanted.name, other.id
            )));
        }
        insert(tx, &now, actor, wanted, own.as_deref())
    })
}

fn already(words: String) -> AppError {
    AppError::Refused(Refusal::new(RefusalCode::AlreadyExists, words))
}

fn insert(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    wanted: &NewCalendar,
    own: Option<&[EmployerId]>,
) -> Result<Calendar, AppError> {
    let calendar = Calendar {
        id: CalendarId::new(now.id(&format!("calendar {}", wanted.name))),
        employer: wanted.employer.or(only(own)),
        division: wanted.division,
        dated: DatedCalendar {
            name: wanted.name.clone(),
            kind: wanted.kind,
            periods: sorted(&wanted.periods),
        },
    };
    let faults = Faults::none();
    // Faults are told by the places of the request, so before it is sorted.
    let dated = DatedCalendar { periods: wanted.periods.clone(), ..calendar.dated.clone() };
    Calendar { dated, ..calendar.clone() }.check(&faults);
    if let Some(employer) = calendar.employer {
        if own.is_some_and(|own| !own.contains(&employer)) {
            let rule = "must be your own employer: an organiser makes calendars of others";
            faults.add("/employer", employer, rule);
        } else if organisations::find_employer(tx, employer)?.is_none() {
            faults.add("/employer", employer, "there is no such employer");
        }
    }
    if let (Some(division), Some(_)) = (calendar.division, own) {
        faults.add("/division", division, "an organiser makes the calendar of a division");
    }
    if calendar.employer.is_none() && own.is_some() {
        faults.add("/employer", "", "is required: you act for several employers");
    }
    faults.into_result(Some(())).map_err(AppError::Fields)?;
    if let Some(division) = calendar.division {
        let others = calendars::list_of_divisions(tx)?;
        if let Some(other) = others.into_iter().find(|other| other.division == Some(division)) {
            let words =
                format!("the libraries of {division} follow “{}” already: {}", other.dated.name, other.id);
            return Err(already(words));
        }
    }
    calendars::insert(tx, &calendar, now.utc())?;
    let none = DatedCalendar { periods: vec![], ..calendar.dated.clone() };
    make_runs_stale(tx, &calendar, &none)?;
    let details = json!({ "made": true, "kind": calendar.dated.kind.as_str(), "periods": calendar.dated.periods.len() });
    record(tx, now, actor, Action::EditCalendar, ("calendar", &calendar.id), &details)?;
    Ok(calendar)
}

/// The employer of whoever has one.
fn only(own: Option<&[EmployerId]>) -> Option<EmployerId> {
    match own {
        Some([one]) => Some(*one),
        Some(_) | None => None,
    }
}

fn sorted(periods: &[Period]) -> Vec<Period> {
    let mut periods = periods.to_vec();
    periods.sort_unstable();
    periods
}

fn make_runs_stale(tx: &mut Tx<'_>, now: &Calendar, before: &DatedCalendar) -> Result<(), AppError> {
    let concerned = calendars::list_concerned(tx, now)?;
    rounds::bump_revisions_of_library_days(tx, &concerned, |date| now.differs_on(before, date))?;
    Ok(())
}

/// A page of calendars.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    page: &Page<CalendarId>,
) -> Result<Paged<Calendar, CalendarId>, AppError> {
    permit_everywhere(actor, Action::ReadCalendars)?;
    app.store.read(|db| Ok(page.cut(calendars::list(db, page.after, page.fetch())?, |calendar| calendar.id)))
}

/// A calendar.
///
/// # Errors
/// `not-found`, `forbidden`.
pub fn get(app: &App, actor: &Actor, id: CalendarId) -> Result<Calendar, AppError> {
    permit_everywhere(actor, Action::ReadCalendars)?;
    app.store.read(|db| load(db, id))
}

fn load(db: &mut Db, id: CalendarId) -> Result<Calendar, AppError> {
    calendars::find(db, id)?.ok_or_else(|| AppError::not_found("calendar", id))
}

/// Loads a calendar that this actor may change: its employer's administrators, and organisers.
fn load_own(db: &mut Db, actor: &Actor, id: CalendarId) -> Result<Calendar, AppError> {
    let calendar = load(db, id)?;
    let employers: Vec<EmployerId> = calendar.employer.into_iter().collect();
    permit(actor, Action::EditCalendar, &Subject::of_employers(&employers), ("calendar", &id))?;
    Ok(calendar)
}

/// Puts a name and periods in the place of those before; kind, employer and division stay.
///
/// # Errors
/// `changed-since`, `if-match-required`; `invalid-fields` with every fault; `already-exists` where another calendar has the
/// name; `not-found`, also for somebody else's; `forbidden`.
pub fn replace(
    app: &App,
    actor: &Actor,
    id: CalendarId,
    name: &Name,
    periods: &[Period],
    seen: &Seen<Calendar>,
) -> Result<Calendar, AppError> {
    own_employers(actor, Action::EditCalendar)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let before = load_own(tx, actor, id)?;
        seen.admit(&before)?;
        let other = calendars::find_by_name(tx, name.as_str())?.filter(|other| other.id != id);
        if let Some(other) = other {
            return Err(already(format!("there is a calendar named “{name}” already: {}", other.id)));
        }
        Ok(save(tx, &now, actor, &before, name, periods)?.0)
    })
}

fn save(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    before: &Calendar,
    name: &Name,
    periods: &[Period],
) -> Result<(Calendar, Taken), AppError> {
    let saying = |periods: Vec<Period>| Calendar {
        dated: DatedCalendar { name: name.clone(), kind: before.dated.kind, periods },
        ..before.clone()
    };
    let faults = Faults::none();
    saying(periods.to_vec()).check(&faults);
    faults.into_result(Some(())).map_err(AppError::Fields)?;
    let after = saying(sorted(periods));
    if after.dated == before.dated {
        return Ok((after, Taken::Unchanged));
    }
    calendars::save(tx, &after, now.utc())?;
    make_runs_stale(tx, &after, &before.dated)?;
    let renamed = after.dated.name != before.dated.name;
    let details = json!({ "renamed": renamed, "periods": after.dated.periods.len() });
    record(tx, now, actor, Action::EditCalendar, ("calendar", &after.id), &details)?;
    Ok((after, Taken::Changed))
}

/// Takes a calendar over under its name, inside the transaction of an import: made where there is none, its periods
/// replaced where there is one. The same twice changes nothing the second time.
///
/// # Errors
/// `invalid-fields` with every fault, also where the calendar of this name is of another kind, employer or division;
/// `already-exists` where the division has another calendar; `not-found` for somebody else's; `forbidden`.
pub fn take_over(tx: &mut Tx<'_>, now: &Now, actor: &Actor, wanted: &NewCalendar) -> Result<Taken, AppError> {
    let own = own_employers(actor, Action::EditCalendar)?;
    let Some(found) = calendars::find_by_name(tx, wanted.name.as_str())? else {
        insert(tx, now, actor, wanted, own.as_deref())?;
        return Ok(Taken::Added);
    };
    let before = load_own(tx, actor, found.id)?;
    let faults = Faults::none();
    if wanted.kind != before.dated.kind {
        let rule = format!("the calendar “{}” holds {}", before.dated.name, before.dated.kind);
        faults.add("/kind", wanted.kind, rule);
    }
    if wanted.division != before.division {
        let shown = |division: Option<Division>| division.map_or("no division", Division::as_str);
        let rule = format!("the calendar “{}” is that of {}", before.dated.name, shown(before.division));
        faults.add("/division", shown(wanted.division), rule);
    }
    if let Some(employer) = wanted.employer.filter(|employer| Some(*employer) != before.employer) {
        let rule = format!("the calendar “{}” belongs to another employer, or to none", before.dated.name);
        faults.add("/employer", employer, rule);
    }
    faults.into_result(Some(())).map_err(AppError::Fields)?;
    Ok(save(tx, now, actor, &before, &wanted.name, &wanted.periods)?.1)
}

/// Takes away a calendar that no library was told to follow.
///
/// # Errors
/// `changed-since`, `if-match-required`; `calendar-in-use`; `not-found`, also for somebody else's; `forbidden`.
pub fn delete(app: &App, actor: &Actor, id: CalendarId, seen: &Seen<Calendar>) -> Result<(), AppError> {
    own_employers(actor, Action::EditCalendar)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let before = load_own(tx, actor, id)?;
        seen.admit(&before)?;
        let followers = calendars::list_followers(tx, id)?.len();
        if followers > 0 {
            let name = &before.dated.name;
            let words =
                format!("{followers} libraries follow “{name}”: let them follow another calendar first");
            return Err(AppError::Refused(Refusal::new(RefusalCode::CalendarInUse, words)));
        }
        let empty =
            Calendar { dated: DatedCalendar { periods: vec![], ..before.dated.clone() }, ..before.clone() };
        make_runs_stale(tx, &empty, &before.dated)?;
        calendars::delete(tx, id)?;
        record(tx, &now, actor, Action::EditCalendar, ("calendar", &id), &json!({ "taken_away": true }))?;
        Ok(())
    })
}

//! What happens by itself before and after a visit: reminders, the question how it was, and what is taken for granted when
//! nobody marks it. What is due is worked out anew each time, as all deadlines are.
//!
//! Days and mornings are those of the host's zone; working days are those of the library of whoever is written to. That
//! somebody was written to is read from the outbox, which keeps the key of every fact.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, NaiveDateTime};
use serde_json::json;

use super::AppError;
use super::app::{Now, record};
use super::attendance::host_clock;
use super::deadlines::Due;
use super::notices::{self, VISITING, key_of_feedback_request, key_of_reminder};
use super::placements::get_case;
use crate::domain::attendance::{DAYS_TO_REVIEW, last_review};
use crate::domain::deadlines::{
    MOST_DAYS_BEFORE, day_of, day_of_questions, days_of_reminders, has_come, last_day_to_mark, local,
};
use crate::domain::ids::{LibraryId, PlacementId};
use crate::domain::opening::Opening;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::states::PlacementState;
use crate::store::attendance::{self, Visit};
use crate::store::{Db, Tx, opening, organisations, outbox};

/// What is due of visits now: reminders, questions, then what is taken for granted.
///
/// # Errors
/// The database's.
pub(super) fn list_due(db: &mut Db, now: &Now) -> Result<Vec<Due>, AppError> {
    let today = now.at.date_naive();
    // One day more covers every zone.
    let until = today + Days::new(MOST_DAYS_BEFORE + 1);
    let since = today - Days::new(DAYS_TO_REVIEW + 1);
    let visits = attendance::list_visits(db, since, until)?;
    let openings = load_openings(db, &visits, today)?;
    let days_of = |library: LibraryId| openings.get(&library).cloned().unwrap_or_default();
    let mut keyed = Vec::new();
    for visit in &visits {
        let clock = local(now.at, visit.time_zone);
        for party in VISITING {
            let library = if party == Party::Host { visit.host } else { visit.home };
            let (id, opening) = (visit.placement, days_of(library));
            if let Some(due) = reminder_due(visit, &opening, clock) {
                keyed.push((key_of_reminder(id, party, due), Due::RemindOfDay(id, party, due)));
            } else if is_asked(visit, &opening, clock) {
                keyed.push((key_of_feedback_request(id, party), Due::AskForFeedback(id, party)));
            }
        }
    }
    // The questions to hosts are looked up also where nothing is asked any more: they begin the days to mark.
    let asked_keys = visits.iter().map(|visit| key_of_feedback_request(visit.placement, Party::Host));
    let keys: Vec<String> = keyed.iter().map(|(key, _)| key.clone()).chain(asked_keys).collect();
    let known = outbox::list_known(db, &keys)?;
    let new = keyed.into_iter().filter(|(key, _)| !known.contains_key(key)).map(|(_, due)| due);
    let (mut reminders, mut questions): (Vec<Due>, Vec<Due>) =
        new.partition(|due| matches!(due, Due::RemindOfDay(..)));
    reminders.append(&mut questions);
    for visit in visits.iter().filter(|visit| visit.state == PlacementState::Confirmed) {
        let opening = days_of(visit.host);
        let asked = known.get(&key_of_feedback_request(visit.placement, Party::Host));
        if is_taken_for_granted(visit, asked, &opening, local(now.at, visit.time_zone)) {
            reminders.push(Due::Assume(visit.placement));
        }
    }
    Ok(reminders)
}

fn load_openings(
    db: &mut Db,
    visits: &[Visit],
    today: NaiveDate,
) -> Result<BTreeMap<LibraryId, Opening>, AppError> {
    let (Some(first), Some(last)) = (visits.first(), visits.last()) else { return Ok(BTreeMap::new()) };
    let ids: BTreeSet<LibraryId> = visits.iter().flat_map(|visit| [visit.home, visit.host]).collect();
    let libraries = organisations::list_libraries_by_ids(db, &ids.into_iter().collect::<Vec<_>>())?;
    let from = first.date - Days::new(MOST_DAYS_BEFORE);
    Ok(opening::load(db, &libraries, &(from..=last.date.max(today) + Days::new(30)))?)
}

/// The day of the reminder that is due now: the latest whose morning has come, so that after days of downtime there is one
/// mail. Nobody is reminded of what they agreed to that day or later, nor once the visit has begun.
fn reminder_due(visit: &Visit, opening: &Opening, clock: NaiveDateTime) -> Option<NaiveDate> {
    if visit.state != PlacementState::Confirmed || clock >= visit.date.and_time(visit.starts) {
        return None;
    }
    let days = days_of_reminders(visit.date, opening);
    let due = days.into_iter().rev().find(|day| has_come(*day, clock))?;
    let agreed = visit.agreed_at.map(|at| day_of(at, visit.time_zone));
    agreed.is_none_or(|agreed| agreed < due).then_some(due)
}

/// Whether it is time to ask how the day was, and not too late.
fn is_asked(visit: &Visit, opening: &Opening, clock: NaiveDateTime) -> bool {
    day_of_questions(visit.date, opening).is_some_and(|day| has_come(day, clock))
        && clock.date() <= last_review(visit.date)
}

/// Whether the days to mark are over: they begin when the host was asked, or, where nobody could be, when it would have
/// been.
fn is_taken_for_granted(
    visit: &Visit,
    asked: Option<&NaiveDateTime>,
    opening: &Opening,
    clock: NaiveDateTime,
) -> bool {
    let asked = asked.map(|at| day_of(*at, visit.time_zone)).or_else(|| {
        // Somebody whom a worker can still ask has not had the time.
        day_of_questions(visit.date, opening).filter(|_| !is_asked(visit, opening, clock))
    });
    asked.and_then(|day| last_day_to_mark(day, opening)).is_some_and(|last| clock.date() > last)
}

/// Reminds a party; false where that is no longer so.
///
/// # Errors
/// The database's.
pub(super) fn remind(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    (id, party, due): (PlacementId, Party, NaiveDate),
) -> Result<bool, AppError> {
    let case = get_case(tx, id)?;
    let is_near = case.placement.state == PlacementState::Confirmed
        && host_clock(now, &case.placement) < case.placement.begins();
    if !is_near || !notices::reminder(tx, now, &case, party, due)? {
        return Ok(false);
    }
    note(tx, now, actor, id, ("remind_of_day", party))
}

/// Asks a party how the day was; false where that is no longer so.
///
/// # Errors
/// The database's.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    (id, party): (PlacementId, Party),
) -> Result<bool, AppError> {
    let case = get_case(tx, id)?;
    let is_open = case.placement.admit_review(host_clock(now, &case.placement)).is_ok();
    if !is_open || !notices::feedback_request(tx, now, &case, party)? {
        return Ok(false);
    }
    note(tx, now, actor, id, ("ask_for_feedback", party))
}

fn note(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    id: PlacementId,
    (deed, party): (&str, Party),
) -> Result<bool, AppError> {
    let details = json!({ "deed": deed, "party": party.as_str() });
    record(tx, now, actor, Action::KeepDeadlines, ("placement", &id), &details)?;
    Ok(true)
}

//! The day of a placement: *I am ill today*, and who came.

use chrono::NaiveDateTime;
use serde_json::json;

use super::app::{Now, permit, record};
use super::load::get_round;
use super::notices::{self, Case};
use super::placements::{get_case, hide_untold, note_elsewhere, release_place};
use super::{App, AppError};
use crate::domain::attendance::{Attendance, AttendanceKind, Recorded};
use crate::domain::deadlines::local;
use crate::domain::ids::PlacementId;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::placement::Placement;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::states::{PlacementState, RoundState};
use crate::store::{Tx, applications, attendance, placements};

/// The host's clock.
pub(super) fn host_clock(now: &Now, placement: &Placement) -> NaiveDateTime {
    local(now.at, placement.time_zone)
}

/// What belongs to the participant's side, and to nobody's of the host.
fn of_the_participant(case: &Case) -> Subject {
    Subject {
        employers: vec![case.placement.employer],
        round: Some(case.placement.round),
        application: Some(case.placement.application),
        placement: Some(case.placement.id),
    }
}

/// What belongs to the host's side only.
pub(super) fn of_the_host(case: &Case) -> Subject {
    Subject {
        employers: case.host.employers.clone(),
        round: Some(case.placement.round),
        application: None,
        placement: Some(case.placement.id),
    }
}

/// The participant is ill today: the day does not take place, and everybody concerned knows at once. Again it changes
/// nothing.
///
/// # Errors
/// `not-found`, `forbidden`, `placement-state`, `too-early`, `too-late`.
pub fn call_in_ill(app: &App, actor: &Actor, id: PlacementId) -> Result<(), AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        call_in_ill_in(tx, &now, actor, case)
    })
}

/// As [`call_in_ill`], within a transaction.
pub(super) fn call_in_ill_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut case: Case,
) -> Result<(), AppError> {
    let id = case.placement.id;
    permit(actor, Action::CallInIll, &of_the_participant(&case), ("placement", &id))?;
    hide_untold(tx, actor, &case)?;
    let known = attendance::find(tx, id)?;
    if known.is_some_and(|known| known.attendance.kind == AttendanceKind::Ill) {
        return Ok(());
    }
    case.placement.call_in_ill(host_clock(now, &case.placement))?;
    placements::save(tx, &mut case.placement, now.utc())?;
    attendance::save(
        tx,
        id,
        &Recorded { attendance: Attendance::of(AttendanceKind::Ill), first_at: now.utc() },
    )?;
    release_place(tx, now, actor, &mut case)?;
    let details = json!({ "state": case.placement.state.as_str() });
    record(tx, now, actor, Action::CallInIll, ("placement", &id), &details)?;
    notices::ill(tx, now, &case)
}

/// The host marks who came; the same mark again changes nothing, another one within a week corrects it.
///
/// # Errors
/// `not-found`, `forbidden`, `placement-state`, `round-state` once the round is archived, `too-early`, `too-late`;
/// `invalid-fields` for a time outside the visit.
pub fn mark(app: &App, actor: &Actor, id: PlacementId, marked: Attendance) -> Result<(), AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        mark_in(tx, &now, actor, case, marked)
    })
}

/// As [`mark`], within a transaction.
pub(super) fn mark_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut case: Case,
    marked: Attendance,
) -> Result<(), AppError> {
    let id = case.placement.id;
    permit(actor, Action::RecordAttendance, &of_the_host(&case), ("placement", &id))?;
    hide_untold(tx, actor, &case)?;
    let known = attendance::find(tx, id)?;
    if known.is_some_and(|known| known.attendance == marked) {
        return Ok(());
    }
    let round = get_round(tx, case.placement.round)?;
    if round.state == RoundState::Archived {
        let words = format!("the round “{}” is archived: nothing is marked any more", round.name);
        return Err(Refusal::new(RefusalCode::RoundState, words).into());
    }
    let zone = case.placement.time_zone;
    let before = known.map(|known| (known.attendance.kind, local(known.first_at.and_utc(), zone)));
    case.placement.admit_marks(before, host_clock(now, &case.placement))?;
    if let Err(rule) = case.placement.check_left_at(marked) {
        let value = marked.left_at.map(|at| at.to_string()).unwrap_or_default();
        return Err(AppError::field("/left_at", value, rule));
    }
    let was = case.placement.state;
    case.placement.follow_mark(marked.kind)?;
    if case.placement.state != was {
        follow_to(tx, now, actor, &mut case, was)?;
    }
    // What the worker took for granted is no mark.
    let first = known.filter(|known| known.attendance.kind != AttendanceKind::NotRecorded);
    let first_at = first.map_or(now.utc(), |known| known.first_at);
    attendance::save(tx, id, &Recorded { attendance: marked, first_at })?;
    notices::stop_reminding_of_day(tx, now, id)?;
    let told = |attendance: Attendance| {
        json!({
            "attendance": attendance.kind.as_str(),
            "left_at": attendance.left_at.map(|at| at.format("%H:%M").to_string()),
        })
    };
    let details = json!({ "before": known.map(|known| told(known.attendance)), "after": told(marked) });
    record(tx, now, actor, Action::RecordAttendance, ("placement", &id), &details)
}

/// Saves a placement whose mark led to another state, and lets its application follow.
fn follow_to(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &mut Case,
    was: PlacementState,
) -> Result<(), AppError> {
    let (stood, stands) = (was.is_live(), case.placement.state.is_live());
    if stands && !stood {
        let Placement { application, person, date, .. } = case.placement;
        if attendance::has_rival(tx, application, person, date)? {
            let words = "the participant has another placement by now: ask the organisers";
            return Err(Refusal::new(RefusalCode::PlacementState, words).into());
        }
    }
    placements::save(tx, &mut case.placement, now.utc())?;
    if stood && !stands {
        release_place(tx, now, actor, case)?;
    } else if stands && !stood {
        note_elsewhere(tx, &[&case.placement])?;
        let application = &mut case.applicant.application;
        if application.regain_place().is_ok() {
            applications::save(tx, application, now.utc())?;
        }
    }
    Ok(())
}

/// Nobody has marked anything: the day is taken as having been. False when it was marked, or called off.
///
/// # Errors
/// The database's.
pub(super) fn assume(tx: &mut Tx<'_>, now: &Now, actor: &Actor, id: PlacementId) -> Result<bool, AppError> {
    let mut case = get_case(tx, id)?;
    if case.placement.state != PlacementState::Confirmed {
        return Ok(false);
    }
    let kind = AttendanceKind::NotRecorded;
    case.placement.follow_mark(kind)?;
    placements::save(tx, &mut case.placement, now.utc())?;
    attendance::save(tx, id, &Recorded { attendance: Attendance::of(kind), first_at: now.utc() })?;
    let details = json!({ "deed": "assume", "state": case.placement.state.as_str() });
    record(tx, now, actor, Action::KeepDeadlines, ("placement", &id), &details)?;
    Ok(true)
}

//! Placements: who sees them, the answers of the three parties, changes of time, and calling off.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveTime};
use serde_json::json;

use super::app::{Now, own_employers_in, permit, record};
use super::applications::is_untold;
use super::load::{get_applicant, get_library, get_opening_day, get_placement};
use super::notices::{self, Case};
use super::packs;
use super::page::{Page, Paged};
use super::rounds::load as load_round;
use super::swaps::overtake;
use super::{App, AppError};
use crate::domain::alternative::{Alternative, Times};
use crate::domain::attendance::Attendance;
use crate::domain::cover::span_of;
use crate::domain::deadlines::local;
use crate::domain::fault::Faults;
use crate::domain::history::{Successors, Visit};
use crate::domain::ids::{LibraryId, PersonId, PlacementId, RoundId};
use crate::domain::opening::DayHours;
use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, OnBehalf, Role, Subject};
use crate::domain::placement::{Given, Outcome, Placement};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{AlternativeState, Answer, PlacementState};
use crate::domain::told::Told;
use crate::store::placements::{Publicity, Visible};
use crate::store::{Db, Tx, alternatives, applications, attendance, organisations, placements, rounds};

/// Loads a placement with its people.
pub(super) fn get_case(db: &mut Db, id: PlacementId) -> Result<Case, AppError> {
    let placement = get_placement(db, id)?;
    let applicant = get_applicant(db, placement.application)?;
    let host = get_library(db, placement.host)?;
    Ok(Case { applicant, host, placement })
}

/// What the table asks about a placement. HR reaches its own staff; a host library's administrator its visitors too.
fn subject(actor: &Actor, case: &Case) -> Subject {
    let mut employers = vec![case.placement.employer];
    if actor.role == Role::LibraryAdministrator {
        employers.extend(&case.host.employers);
    }
    Subject {
        employers,
        round: Some(case.placement.round),
        application: Some(case.placement.application),
        placement: Some(case.placement.id),
    }
}

pub(super) fn permit_on(actor: &Actor, action: Action, case: &Case) -> Result<(), AppError> {
    permit(actor, action, &subject(actor, case), ("placement", &case.placement.id))
}

/// Hides a placement from everybody but organisers while the mails of its publication are held.
pub(super) fn hide_untold(db: &mut Db, actor: &Actor, case: &Case) -> Result<(), AppError> {
    if is_untold(db, actor, (case.placement.round, case.placement.application))? {
        return Err(AppError::not_found("placement", case.placement.id));
    }
    Ok(())
}

/// A placement with its people and both libraries. What of it an actor may be told is the reader's concern.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The placement, its participant and its host.
    pub case: Case,
    /// Where the participant comes from.
    pub home: Library,
    /// What came of the day, where that is known.
    pub attendance: Option<Attendance>,
}

/// A placement.
///
/// # Errors
/// `not-found` also for a foreign one, `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: PlacementId) -> Result<Seen, AppError> {
    app.store.read(|db| {
        let case = get_case(db, id)?;
        permit_on(actor, Action::ReadPlacement, &case)?;
        hide_untold(db, actor, &case)?;
        look_at(db, case)
    })
}

fn look_at(db: &mut Db, case: Case) -> Result<Seen, AppError> {
    let home = get_library(db, case.placement.home)?;
    let attendance = attendance::find(db, case.placement.id)?.map(|recorded| recorded.attendance);
    Ok(Seen { case, home, attendance })
}

/// A page of a round's placements, as far as the actor's role reaches, in every state unless one is named.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    round: RoundId,
    state: Option<PlacementState>,
    page: &Page<PlacementId>,
) -> Result<Paged<Placement, PlacementId>, AppError> {
    let visible = match (own_employers_in(actor, Action::ReadPlacement, round)?, actor.role) {
        (None, _) => Visible::All,
        (Some(own), Role::LibraryAdministrator) => Visible::StaffOrHostedBy(own),
        (Some(own), _) => Visible::StaffOf(own),
    };
    let publicity = match actor.may(Action::ReadHeldMails, &Subject::of_round(round)) {
        Ok(()) => Publicity::AlsoUntold,
        Err(_) => Publicity::ToldOnly,
    };
    app.store.read(|db| {
        load_round(db, actor, round)?;
        let found = placements::list(db, round, (&visible, publicity), state, page.after, page.fetch())?;
        Ok(page.cut(found, |placement| placement.id))
    })
}

/// What an answer of a party is in the table.
pub(super) const fn action_of(party: Party) -> Action {
    match party {
        Party::Participant => Action::AnswerAsParticipant,
        Party::Host => Action::AnswerAsHost,
        Party::Manager => Action::AnswerAsManager,
    }
}

/// What one party says to a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Which party.
    pub party: Party,
    /// Yes or no.
    pub answer: Answer,
    /// Why not.
    pub reason: Option<String>,
    /// Through what: `link`, `api` or `mail`.
    pub channel: &'static str,
    /// What was looked at; absent means that nothing was.
    pub version: Option<i64>,
}

/// Takes one party's answer.
///
/// # Errors
/// `not-found`, `forbidden`, `placement-state`, `consent-not-asked`.
pub fn answer(app: &App, actor: &Actor, id: PlacementId, reply: &Reply) -> Result<Case, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        answer_in(tx, &now, actor, case, reply)
    })
}

/// Takes one party's answer within a transaction; tells everybody when it confirms or ends the placement.
pub(super) fn answer_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut case: Case,
    reply: &Reply,
) -> Result<Case, AppError> {
    let Reply { party, answer, ref reason, channel, version } = *reply;
    permit_on_party(actor, party, &case)?;
    hide_untold(tx, actor, &case)?;
    let (day, today) = (case.placement.date, now.today(case.placement.time_zone));
    let is_over = case.placement.has_been(local(now.at, case.placement.time_zone));
    if is_over || (answer == Answer::Yes && today > day) {
        let words = format!("the day, {day}, has passed: nothing can be agreed on any more");
        return Err(Refusal::new(RefusalCode::TooLate, words).into());
    }
    let before = case.placement.state;
    let id = case.placement.id;
    let actor = &acting_for(actor, party);
    let admitted = version.map_or(Ok(()), |seen| case.placement.admit_version(seen));
    let given = Given::by(actor, channel, now.utc());
    let outcome = case.placement.take_answer(party, answer, reason.clone(), Some(given))?;
    if outcome == Outcome::Repeated && (answer == Answer::No || admitted.is_ok()) {
        return Ok(case);
    }
    admitted?;
    let other = alternatives::find_latest(tx, id)?.filter(Alternative::is_open);
    let refuses_other = match &other {
        Some(other) if answer == Answer::Yes && party != Party::Manager => {
            let words = format!(
                "the host has offered something else instead ({}): the proposed day itself cannot be agreed to any more",
                other.kind
            );
            return Err(Refusal::new(RefusalCode::OfferOpen, words).into());
        }
        Some(other) if party == Party::Participant => {
            case.placement.let_offer_count_as_no(other)?;
            alternatives::settle(tx, id, AlternativeState::Refused, now.utc())?;
            true
        }
        Some(_) | None => false,
    };
    for consent in &case.placement.consents {
        if consent.party == party || (refuses_other && consent.party == Party::Host) {
            placements::save_consent(tx, id, consent)?;
        }
    }
    placements::save(tx, &mut case.placement, now.utc())?;
    let details = json!({
        "party": party.as_str(), "answer": answer.as_str(), "state": case.placement.state.as_str()
    });
    record(tx, now, actor, action_of(party), ("placement", &id), &details)?;
    notices::stop_reminding(tx, now, &case, party)?;
    match outcome {
        Outcome::Recorded | Outcome::Repeated => {}
        Outcome::Confirmed => {
            notices::confirmed(tx, now, &case)?;
            packs::follow_confirmation(tx, now, &case)?;
        }
        Outcome::Declined => {
            release_place(tx, now, actor, &mut case)?;
            let why = match party {
                Party::Participant if refuses_other => Told::ParticipantRefusedOffer,
                Party::Participant => Told::ParticipantRefused,
                Party::Host => Told::HostRefused,
                Party::Manager => Told::ManagerRefused,
            };
            notices::cancelled(tx, now, &case, before, why)?;
        }
    }
    Ok(case)
}

/// Who answers for whom: whoever is not of the party acts on its behalf, as a deputy does. Somebody's deputy acts for them
/// whatever the party.
pub(super) fn acting_for(actor: &Actor, party: Party) -> Actor {
    let own = match party {
        Party::Participant => Role::Participant,
        Party::Host => Role::HostContact,
        Party::Manager => Role::Manager,
    };
    let mut actor = actor.clone();
    if actor.role != own && actor.on_behalf_of.is_none() {
        actor.on_behalf_of = Some(OnBehalf::Of(own));
    }
    actor
}

/// A host library's administrator answers for the host library's employers, not for the participant's.
pub(super) fn permit_on_party(actor: &Actor, party: Party, case: &Case) -> Result<(), AppError> {
    let mut subject = subject(actor, case);
    if party == Party::Host {
        subject.employers.clone_from(&case.host.employers);
    }
    permit(actor, action_of(party), &subject, ("placement", &case.placement.id))
}

/// Runs of other rounds are stale that froze who is where by these placements.
///
/// # Errors
/// The database's.
pub(super) fn note_elsewhere(tx: &mut Tx<'_>, changed: &[&Placement]) -> Result<(), AppError> {
    let visit = |placement: &&Placement| Visit {
        person: placement.person,
        home: Some(placement.home),
        host: placement.host,
        date: placement.date,
    };
    note_visits(tx, &changed.iter().map(visit).collect::<Vec<_>>())
}

/// As [`note_elsewhere`], for visits that are new or gone.
///
/// # Errors
/// The database's.
pub(super) fn note_visits(tx: &mut Tx<'_>, changed: &[Visit]) -> Result<(), AppError> {
    let became = Successors::new(organisations::list_library_successors(tx)?);
    let libraries: BTreeSet<LibraryId> = changed
        .iter()
        .flat_map(|visit| visit.home.into_iter().chain([visit.host]))
        .flat_map(|library| [library, became.current(library)])
        .collect();
    rounds::bump_revisions_of_libraries(tx, &libraries.into_iter().collect::<Vec<_>>())?;
    let persons: Vec<PersonId> = changed.iter().map(|visit| visit.person).collect();
    Ok(rounds::bump_revisions_of_persons(tx, &persons)?)
}

/// The participant of a placement that ended has no place any more, and its days are free for other rounds; what was open
/// about it comes to nothing.
pub(super) fn release_place(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &mut Case,
) -> Result<(), AppError> {
    note_elsewhere(tx, &[&case.placement])?;
    overtake(tx, now, actor, &case.placement)?;
    alternatives::settle(tx, case.placement.id, AlternativeState::Lapsed, now.utc())?;
    let application = &mut case.applicant.application;
    if application.lose_place().is_ok() {
        applications::save(tx, application, now.utc())?;
    }
    Ok(())
}

/// Changes the times of a placement within its day. Who has agreed stays agreed; everybody is told.
///
/// # Errors
/// `changed-since`, `if-match-required`; `not-found`, `forbidden`, `placement-state`, `invalid-fields` for times that are
/// none, in which the host is closed,
/// or in which the participant does not work.
pub fn reschedule(
    app: &App,
    actor: &Actor,
    id: PlacementId,
    (starts, ends): (NaiveTime, NaiveTime),
    seen: &super::seen::Seen<Seen>,
) -> Result<Case, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let mut case = get_case(tx, id)?;
        let mut subject = subject(actor, &case);
        subject.employers.clone_from(&case.host.employers);
        permit(actor, Action::ReschedulePlacement, &subject, ("placement", &id))?;
        hide_untold(tx, actor, &case)?;
        seen.admit(&look_at(tx, case.clone())?)?;
        check_times(tx, &case, case.placement.date, (starts, ends), Goes::of(&case.placement))?;
        let former = (case.placement.starts, case.placement.ends);
        if former == (starts, ends) {
            return Ok(case);
        }
        case.placement.reschedule(starts, ends)?;
        placements::save(tx, &mut case.placement, now.utc())?;
        let details = json!({ "starts": starts.to_string(), "ends": ends.to_string() });
        record(tx, &now, actor, Action::ReschedulePlacement, ("placement", &id), &details)?;
        notices::changed(tx, &now, &case, former)?;
        overtake(tx, &now, actor, &case.placement)?;
        packs::follow_move(tx, &now, actor, &case, former.0)?;
        Ok(case)
    })
}

/// Checks that a visit lies in the hours of both; of the host only where somebody `goes` there. Where an override set the
/// hours of the participant aside on the day that was matched, it still lies in those of the host: nobody waits before a
/// closed door.
pub(super) fn check_times(
    db: &mut Db,
    case: &Case,
    date: NaiveDate,
    (starts, ends): Times,
    goes: Goes,
) -> Result<(), AppError> {
    let Some(wanted) = span_of((starts, ends)) else {
        return Err(AppError::field("/ends", ends, format!("must lie after the start, {starts}")));
    };
    let faults = Faults::none();
    if goes == Goes::There {
        let day = get_opening_day(db, &case.host, date)?;
        let is_inside = match &day.hours {
            DayHours::Closed => false,
            DayHours::Unknown => true,
            DayHours::Open(spans) => spans.iter().any(|span| span.common(wanted) == Some(wanted)),
        };
        if !is_inside {
            faults.add("/starts", wanted, format!("{} is not open then on {date}: {day}", case.host.name));
        }
    }
    let works = case.applicant.application.hours_on(date).and_then(span_of);
    let is_bound = case.placement.override_reason.is_none() || date != case.placement.date;
    if let Some(works) = works.filter(|works| is_bound && works.common(wanted) != Some(wanted)) {
        faults.add("/starts", wanted, format!("must lie in the participant's working hours, {works}"));
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

/// Whether somebody stands before the host's door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goes {
    /// The visitor travels.
    There,
    /// The visit is virtual.
    Nowhere,
}

impl Goes {
    /// As a placement stands.
    pub(super) const fn of(placement: &Placement) -> Self {
        if placement.terms.is_virtual { Self::Nowhere } else { Self::There }
    }
}

/// Calls a placement off.
///
/// # Errors
/// `not-found`, `forbidden`, `placement-state`, `too-late` once its day has passed.
pub fn cancel(app: &App, actor: &Actor, id: PlacementId, reason: &str) -> Result<Case, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        permit_on(actor, Action::CancelPlacement, &case)?;
        cancel_in(tx, &now, actor, case, Told::own(reason), &json!({}))
    })
}

fn cancel_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut case: Case,
    reason: Told,
    details: &serde_json::Value,
) -> Result<Case, AppError> {
    let before = case.placement.state;
    case.placement.cancel(local(now.at, case.placement.time_zone))?;
    placements::save(tx, &mut case.placement, now.utc())?;
    release_place(tx, now, actor, &mut case)?;
    record(tx, now, actor, Action::CancelPlacement, ("placement", &case.placement.id), details)?;
    notices::cancelled(tx, now, &case, before, reason)?;
    Ok(case)
}

/// Ends a proposal that was not answered in time: its place and its day are free, and who heard of it is told.
///
/// # Errors
/// `placement-state` unless it is proposed; the database's.
pub(super) fn expire_in(tx: &mut Tx<'_>, now: &Now, actor: &Actor, mut case: Case) -> Result<(), AppError> {
    let before = case.placement.state;
    let offered = alternatives::find_latest(tx, case.placement.id)?.is_some_and(|other| other.is_open());
    case.placement.expire()?;
    placements::save(tx, &mut case.placement, now.utc())?;
    release_place(tx, now, actor, &mut case)?;
    let details = json!({ "deed": "expire", "state": case.placement.state.as_str() });
    record(tx, now, actor, Action::KeepDeadlines, ("placement", &case.placement.id), &details)?;
    let why = if offered { Told::OfferNotTaken } else { Told::NotAllAnswered };
    notices::cancelled(tx, now, &case, before, why)
}

/// Why a placement was called off whose publication was taken back, and one whose round was, for the audit.
pub(super) const TAKEN_BACK: &str = "publication taken back";
pub(super) const ROUND_OFF: &str = "round called off";

/// Calls off every placement of a round that stands and has not been, within the transaction that cancels the round or
/// takes its publication back.
///
/// # Errors
/// The database's.
pub(super) fn cancel_all_of_round(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    round: &Round,
    (because, reason): (&'static str, &Told),
) -> Result<(), AppError> {
    for placement in
        placements::list(tx, round.id, (&Visible::All, Publicity::AlsoUntold), None, None, i64::MAX)?
    {
        if placement.admit_cancellation(local(now.at, placement.time_zone)).is_ok() {
            let case = get_case(tx, placement.id)?;
            cancel_in(tx, now, actor, case, reason.clone(), &json!({ "because": because }))?;
        }
    }
    Ok(())
}

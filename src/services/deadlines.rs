//! Deadlines: reminders, deputies and expiry of proposals, missing joining packs, and the steps that a round takes by itself.
//!
//! What is due is worked out anew each time from days and answers, and every deed looks again in its own transaction:
//! so that many workers do it once, and one that was away for days does what still makes sense, in order. Nothing is
//! due after the deadline but the expiry.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::json;

use super::app::{Now, permit_everywhere, record};
use super::attendance;
use super::day;
use super::load::get_round;
use super::notices;
use super::packs;
use super::placements::{expire_in, get_case};
use super::refills;
use super::swaps;
use super::{App, AppError};
use crate::domain::deadlines::{Warning, day_of, days_to_answer, has_come, local};
use crate::domain::email::Email;
use crate::domain::ids::{LibraryId, PlacementId, RefillId, ReserveOfferId, RoundId, SwapId};
use crate::domain::opening::Opening;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::Refusal;
use crate::domain::round::Round;
use crate::domain::states::{Answer, PlacementState, RoundState};
use crate::store::deadlines::{self, Owed};
use crate::store::{Db, Tx, opening, organisations, outbox, rounds};

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// The time for answers is over, and one is missing.
    Expire(PlacementId),
    /// Half of it is over, and this party has not answered.
    Remind(PlacementId, Party),
    /// Most of it is over, and the host has not answered.
    AskDeputy(PlacementId),
    /// A visit is near: this party is reminded, and that was due on this day.
    RemindOfDay(PlacementId, Party, NaiveDate),
    /// A visit has been: this party is asked how it was.
    AskForFeedback(PlacementId, Party),
    /// Nobody has marked who came.
    Assume(PlacementId),
    /// The day is near, and something is missing of the joining pack.
    AskForPack(PlacementId),
    /// The time for answers to a swap is over.
    ExpireSwap(SwapId),
    /// The offer of a place to a reserve is over.
    EndOffer(ReserveOfferId),
    /// The next reserve is to be asked.
    OfferNext(RefillId),
    /// The morning has come on which this address gets its digest. Not the address itself: what is due is logged.
    Digest(DigestOf),
    /// The first placement day has come.
    Begin(RoundId),
    /// The last placement day is over.
    Complete(RoundId),
}

/// What is due now, in the order in which it is to be done.
///
/// # Errors
/// The database's.
pub fn list_due(app: &App, by: &str) -> Result<Vec<Due>, AppError> {
    permit_everywhere(&Actor::worker(by), Action::KeepDeadlines)?;
    let now = app.now()?;
    app.store.read(|db| {
        let rounds = rounds::list_in_states(db, &[RoundState::Published, RoundState::Running])?;
        let mut due = Vec::new();
        for round in &rounds {
            let today = now.today(round.time_zone);
            let overdue = deadlines::list_overdue(db, (round.id, round.answer_until), today)?;
            due.extend(overdue.into_iter().map(Due::Expire));
        }
        due.extend(swaps::list_due(db, &now)?.into_iter().map(Due::ExpireSwap));
        due.extend(list_warnings(db, &now, &rounds)?);
        due.extend(day::list_due(db, &now)?);
        for round in &rounds {
            due.extend(packs::list_to_ask(db, &now, round)?.into_iter().map(Due::AskForPack));
        }
        due.extend(refills::list_due(db, &now, app.settings.reserves)?);
        for round in &rounds {
            let today = now.today(round.time_zone);
            let mut round = round.clone();
            if round.begin(today).is_ok() {
                due.push(Due::Begin(round.id));
            }
            if round.complete(today).is_ok() {
                due.push(Due::Complete(round.id));
            }
        }
        let digests = outbox::list_digests_due(db, now.utc())?;
        due.extend(digests.into_iter().map(|address| Due::Digest(DigestOf(address))));
        Ok(due)
    })
}

/// Whose digest is due; it shows itself masked.
#[derive(Clone, PartialEq, Eq)]
pub struct DigestOf(Email);

impl fmt::Debug for DigestOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.masked())
    }
}

/// Reminders, then deputies.
fn list_warnings(db: &mut Db, now: &Now, rounds: &[Round]) -> Result<Vec<Due>, AppError> {
    let rounds: BTreeMap<RoundId, &Round> = rounds.iter().map(|round| (round.id, round)).collect();
    let owed = deadlines::list_owed(db)?;
    let owed: Vec<(&Owed, &Round)> = owed
        .iter()
        .filter_map(|owed| Some((owed, *rounds.get(&owed.round)?)))
        .filter(|(owed, round)| now.today(round.time_zone) <= last_answers(owed, round))
        .collect();
    let openings = load_openings(db, &owed)?;
    let (mut reminders, mut deputies) = (Vec::new(), Vec::new());
    for (owed, round) in owed {
        let told = day_of(owed.told_at, round.time_zone);
        let opening = openings.get(&works_at(owed)).cloned().unwrap_or_default();
        let days = days_to_answer(told, last_answers(owed, round), &opening);
        let wall_clock = local(now.at, round.time_zone);
        let is_due = |warning: Warning| warning.due_on(&days).is_some_and(|day| has_come(day, wall_clock));
        if owed.reminded_at.is_none() && is_due(Warning::Reminder) {
            reminders.push(Due::Remind(owed.placement, owed.party));
        }
        if owed.party == Party::Host && owed.deputy_asked_at.is_none() && is_due(Warning::Deputy) {
            deputies.push(Due::AskDeputy(owed.placement));
        }
    }
    reminders.extend(deputies);
    Ok(reminders)
}

/// The last day for the answer.
fn last_answers(owed: &Owed, round: &Round) -> NaiveDate {
    owed.answer_until.unwrap_or(round.answer_until)
}

/// The library whose working days count for whoever owes an answer.
fn works_at(owed: &Owed) -> LibraryId {
    match owed.party {
        Party::Participant | Party::Manager => owed.home,
        Party::Host => owed.host,
    }
}

fn load_openings(db: &mut Db, owed: &[(&Owed, &Round)]) -> Result<BTreeMap<LibraryId, Opening>, AppError> {
    let told = owed.iter().map(|(owed, round)| day_of(owed.told_at, round.time_zone)).min();
    let until = owed.iter().map(|(owed, round)| last_answers(owed, round)).max();
    let (Some(told), Some(until)) = (told, until) else { return Ok(BTreeMap::new()) };
    let ids: BTreeSet<LibraryId> = owed.iter().map(|(owed, _)| works_at(owed)).collect();
    let libraries = organisations::list_libraries_by_ids(db, &ids.into_iter().collect::<Vec<_>>())?;
    Ok(opening::load(db, &libraries, &(told..=until))?)
}

/// Does what is due; false where that is no longer so, because somebody answered or another worker was quicker.
///
/// # Errors
/// The database's.
pub fn act(app: &App, by: &str, due: &Due) -> Result<bool, AppError> {
    let actor = Actor::worker(by);
    permit_everywhere(&actor, Action::KeepDeadlines)?;
    let now = app.now()?;
    app.store.write(|tx| match due.clone() {
        Due::Expire(placement) => expire(tx, &now, &actor, placement),
        Due::Remind(placement, party) => warn(tx, &now, &actor, placement, (Warning::Reminder, party)),
        Due::AskDeputy(placement) => warn(tx, &now, &actor, placement, (Warning::Deputy, Party::Host)),
        Due::RemindOfDay(placement, party, on) => day::remind(tx, &now, &actor, (placement, party, on)),
        Due::AskForFeedback(placement, party) => day::ask(tx, &now, &actor, (placement, party)),
        Due::Assume(placement) => attendance::assume(tx, &now, &actor, placement),
        Due::AskForPack(placement) => packs::ask(tx, &now, &actor, placement),
        Due::ExpireSwap(swap) => swaps::expire_in(tx, &now, &actor, swap),
        Due::EndOffer(offer) => refills::end_offer(tx, &now, &actor, offer),
        Due::OfferNext(refill) => refills::offer_next(tx, &now, &actor, refill, app.settings.reserves),
        Due::Digest(DigestOf(address)) => digest(tx, &now, &actor, &address),
        Due::Begin(round) => advance(tx, &now, &actor, round, Round::begin),
        Due::Complete(round) => advance(tx, &now, &actor, round, Round::complete),
    })
}

fn expire(tx: &mut Tx<'_>, now: &Now, actor: &Actor, id: PlacementId) -> Result<bool, AppError> {
    let case = get_case(tx, id)?;
    let round = get_round(tx, case.placement.round)?;
    let is_due = now.today(round.time_zone) > case.placement.last_answers(round.answer_until);
    if !is_due || case.placement.state != PlacementState::Proposed {
        return Ok(false);
    }
    expire_in(tx, now, actor, case)?;
    Ok(true)
}

fn warn(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    id: PlacementId,
    (warning, party): (Warning, Party),
) -> Result<bool, AppError> {
    let case = get_case(tx, id)?;
    let round = get_round(tx, case.placement.round)?;
    let owes = case.placement.state == PlacementState::Proposed
        && case.placement.answer_of(party) == Some(Answer::Pending);
    if !owes || now.today(round.time_zone) > case.placement.last_answers(round.answer_until) {
        return Ok(false);
    }
    let utc: NaiveDateTime = now.utc();
    let deed = match warning {
        Warning::Reminder => {
            if !deadlines::mark_reminded(tx, id, party, utc)? {
                return Ok(false);
            }
            notices::answer_reminder(tx, now, &case, party)?;
            "remind"
        }
        Warning::Deputy => {
            let Some(deputy) = case.host.deputy.clone() else { return Ok(false) };
            if !deadlines::mark_deputy_asked(tx, id, utc)? {
                return Ok(false);
            }
            notices::deputy_request(tx, now, &case, &deputy)?;
            "ask_deputy"
        }
    };
    let details = json!({ "deed": deed, "party": party.as_str() });
    record(tx, now, actor, Action::KeepDeadlines, ("placement", &id), &details)?;
    Ok(true)
}

fn digest(tx: &mut Tx<'_>, now: &Now, actor: &Actor, to: &Email) -> Result<bool, AppError> {
    let Some((id, mails)) = notices::digest(tx, now, to)? else { return Ok(false) };
    let details = json!({ "deed": "digest", "mails": mails });
    record(tx, now, actor, Action::KeepDeadlines, ("notice", &id), &details)?;
    Ok(true)
}

fn advance(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    id: RoundId,
    step: fn(&mut Round, NaiveDate) -> Result<(), Refusal>,
) -> Result<bool, AppError> {
    let mut round = get_round(tx, id)?;
    let today = now.today(round.time_zone);
    if step(&mut round, today).is_err() {
        return Ok(false);
    }
    rounds::save(tx, &round, now.utc())?;
    let details = json!({ "to": round.state.as_str() });
    record(tx, now, actor, Action::KeepDeadlines, ("round", &id), &details)?;
    Ok(true)
}

//! Swaps that participants ask for: asked, answered by everybody concerned, carried out at once or not at all.
//!
//! Nothing changes before everybody has said yes. The checker judges a swap when it is asked for and again when it is
//! carried out (`repairs::judge_exchange`). Whoever names somebody by an address gets the same answer whoever that is;
//! only the one who is asked learns more, by mail.

mod asking;
mod ending;
mod seen;

use serde_json::json;

pub use asking::ask;
pub(super) use asking::ask_in;
pub(super) use ending::{expire_in, list_due, overtake};
pub use seen::SeenSwap;
pub(super) use seen::{exchanged, seen};

use self::ending::{End, end};
use super::app::{Now, permit_in_round, record};
use super::load::get_round;
use super::notices::{self, Case};
use super::page::{Page, Paged};
use super::placements::{acting_for, action_of, get_case, hide_untold, permit_on_party};
use super::repairs;
use super::rounds::load as load_round;
use super::{App, AppError};
use crate::domain::ids::{PlacementId, RoundId, SwapId};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::placement::{Consent, Given};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{Answer, SwapState};
use crate::domain::steps::Deed;
use crate::domain::swap::{Swap, SwapOutcome};
use crate::domain::told::Told;
use crate::store::{Db, Tx, alternatives, swaps};
use crate::words::in_english;

fn get_swap(db: &mut Db, id: SwapId) -> Result<Swap, AppError> {
    swaps::find(db, id)?.ok_or_else(|| AppError::not_found("swap", id))
}

/// The placements of a swap with their people, in its order; none where somebody named cannot be asked.
fn cases_of(db: &mut Db, swap: &Swap) -> Result<Vec<Case>, AppError> {
    swap.placements().map(|id| get_case(db, id)).collect()
}

/// What one party says to a swap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapReply {
    /// About which placement of it.
    pub placement: PlacementId,
    /// Which party.
    pub party: Party,
    /// Yes or no.
    pub answer: Answer,
    /// Why not; only organisers read it.
    pub reason: Option<String>,
    /// Through what: `link` or `api`.
    pub channel: &'static str,
}

/// Takes one party's answer.
///
/// # Errors
/// `not-found`, `forbidden`, `consent-not-asked`, `swap-state`, `too-late`.
pub fn answer(app: &App, actor: &Actor, id: SwapId, reply: &SwapReply) -> Result<Swap, AppError> {
    let now = app.now()?;
    app.store.write(|tx| answer_in(tx, &now, actor, id, reply))
}

/// As [`answer`], within a transaction; carries the swap out when it is the last yes. The same answer again changes
/// nothing.
pub(super) fn answer_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    id: SwapId,
    reply: &SwapReply,
) -> Result<Swap, AppError> {
    let SwapReply { placement, party, answer, ref reason, channel } = *reply;
    let mut swap = get_swap(tx, id)?;
    if swap.place_of(placement).is_none() {
        return Err(AppError::not_found("swap", id));
    }
    let case = get_case(tx, placement)?;
    permit_on_party(actor, party, &case)?;
    hide_untold(tx, actor, &case)?;
    let round = get_round(tx, swap.round)?;
    let today = now.today(round.time_zone);
    if answer == Answer::Yes && swap.is_open() && today > swap.answer_until {
        let words = format!("answers to this swap were asked for by {}", swap.answer_until);
        return Err(Refusal::new(RefusalCode::TooLate, words).into());
    }
    let actor = &acting_for(actor, party);
    let given = Given::by(actor, channel, now.utc());
    match swap.take_answer((placement, party), answer, reason.clone(), given)? {
        SwapOutcome::Repeated => return Ok(swap),
        SwapOutcome::Recorded => swaps::save(tx, &swap)?,
        SwapOutcome::Agreed => ask_the_others(tx, now, &mut swap)?,
        SwapOutcome::Complete => complete(tx, now, actor, &round, &mut swap)?,
        SwapOutcome::Refused => {
            let why = match party {
                Party::Participant => Told::SwapRefusedByParticipant,
                Party::Host => Told::SwapRefusedByHost,
                Party::Manager => Told::SwapRefusedByManager,
            };
            // Whoever has said no knows it; somebody in whose place it was said does not.
            let knows = actor.on_behalf_of.is_none().then_some((placement, party));
            swap.note_end(&in_english(&why), now.utc());
            ending::tell(tx, now, &swap, &why, |one| Some(one) == knows)?;
            swaps::save(tx, &swap)?;
        }
    }
    let details = json!({
        "placement": placement.to_string(), "party": party.as_str(), "answer": answer.as_str(),
        "state": swap.state.as_str(),
    });
    record(tx, now, actor, action_of(party), ("swap", &id), &details)?;
    Ok(swap)
}

/// Every participant has said yes: the hosts are asked whether they take the other visitor, and the managers of those
/// who would go on another day, or who have not said yes to this one yet.
fn ask_the_others(tx: &mut Tx<'_>, now: &Now, swap: &mut Swap) -> Result<(), AppError> {
    let cases = cases_of(tx, swap)?;
    for (place, case) in cases.iter().enumerate() {
        swap.ask(place, Party::Host);
        let taken = &cases[swap.taken_by(place)].placement;
        let is_owed = case.placement.answer_of(Party::Manager) == Some(Answer::Pending);
        if taken.date != case.placement.date || is_owed {
            swap.ask(place, Party::Manager);
        }
    }
    swaps::save(tx, swap)?;
    for (member, case) in swap.members.iter().zip(&cases) {
        for consent in member.consents.iter().filter(|consent| consent.party != Party::Participant) {
            notices::swap_request(tx, now, case, consent.party, swap.id)?;
        }
    }
    Ok(())
}

/// Everybody has said yes: the placements are exchanged if the rules allow it still, else it comes to nothing.
fn complete(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    round: &Round,
    swap: &mut Swap,
) -> Result<(), AppError> {
    let cases = cases_of(tx, swap)?;
    let judged = admit(tx, now, round, &cases).and_then(|()| repairs::judge_exchange(tx, round, &cases));
    let judged = match judged {
        Ok(judged) => judged,
        Err(AppError::BreaksRules(_) | AppError::Refused(_)) => {
            return overtaken(tx, now, swap, &Told::SwapAgainstRules);
        }
        Err(other) => return Err(other),
    };
    let agreed_times = swap.members.iter().map(|member| member.times);
    if !judged.times.iter().map(|times| Some(*times)).eq(agreed_times) {
        return overtaken(tx, now, swap, &Told::SwapHoursChanged);
    }
    for (member, case) in swap.members.iter().zip(&cases) {
        for consent in &member.consents {
            notices::drop_swap_request(tx, now, case, consent.party, swap.id)?;
        }
    }
    let agreed = cases.iter().enumerate().map(|(place, case)| consents(swap, place, case)).collect();
    let became = repairs::exchange(tx, now, actor, round, &cases, (&judged, agreed))?;
    swap.carry_out(&became, now.utc())?;
    Ok(swaps::save(tx, swap)?)
}

fn overtaken(tx: &mut Tx<'_>, now: &Now, swap: &mut Swap, why: &Told) -> Result<(), AppError> {
    swap.end(Deed::Overtake, &in_english(why), now.utc())?;
    ending::tell(tx, now, swap, why, |_| false)?;
    Ok(swaps::save(tx, swap)?)
}

/// Who has said yes to the new placement of a member: the participant and their manager about the one that they give, the
/// host about the one that they take.
fn consents(swap: &Swap, place: usize, case: &Case) -> Vec<Consent> {
    let of = |place: usize, party: Party| {
        let member = swap.members.get(place)?;
        member.consents.iter().find(|consent| consent.party == party).cloned()
    };
    let before = || case.placement.consents.iter().find(|consent| consent.party == Party::Manager).cloned();
    let manager = of(place, Party::Manager).or_else(before);
    let host = of(swap.taken_by(place), Party::Host);
    of(place, Party::Participant).into_iter().chain(host).chain(manager).collect()
}

/// Whether placements may be exchanged at all as they stand.
fn admit(db: &mut Db, now: &Now, round: &Round, cases: &[Case]) -> Result<(), AppError> {
    round.admit_swap()?;
    for case in cases {
        case.placement.admit_swap(now.today(case.placement.time_zone))?;
        if alternatives::find_latest(db, case.placement.id)?.is_some_and(|other| other.is_open()) {
            let words =
                "the host has offered something else instead of one of these placements: that comes first";
            return Err(Refusal::new(RefusalCode::OfferOpen, words).into());
        }
    }
    Ok(())
}

/// A swap, for organisers.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: SwapId) -> Result<Swap, AppError> {
    app.store.read(|db| get_own(db, actor, Action::ReadSwaps, id))
}

fn get_own(db: &mut Db, actor: &Actor, action: Action, id: SwapId) -> Result<Swap, AppError> {
    let swap = get_swap(db, id)?;
    permit_in_round(actor, action, swap.round, ("swap", &id))?;
    Ok(swap)
}

/// A page of the swaps of a round, in every state unless one is named, oldest first.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    round: RoundId,
    state: Option<SwapState>,
    page: &Page<SwapId>,
) -> Result<Paged<Swap, SwapId>, AppError> {
    permit_in_round(actor, Action::ReadSwaps, round, ("round", &round))?;
    app.store.read(|db| {
        load_round(db, actor, round)?;
        let found = swaps::list(db, round, state, page.after, page.fetch())?;
        Ok(page.cut(found, |swap| swap.id))
    })
}

/// Calls a swap off, as an organiser: everybody who was told hears why.
///
/// # Errors
/// `swap-state` once it is over; `not-found`, `forbidden`.
pub fn call_off(app: &App, actor: &Actor, id: SwapId, reason: &str) -> Result<Swap, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let mut swap = get_own(tx, actor, Action::CallOffSwap, id)?;
        let how = End { action: Action::CallOffSwap, deed: Deed::Cancel, why: Told::own(reason) };
        end(tx, &now, actor, &mut swap, &how)?;
        Ok(swap)
    })
}

//! The offers of a place: to one reserve after another, answered, expired or overtaken.
//!
//! Who goes next is worked out when it is their turn, by the rules as they are then. Of two refills that would ask the
//! same person, one waits until the other's offer is settled.

use serde_json::json;

use super::place::{Patience, Place, last_day};
use super::{get_offer, get_refill};
use crate::domain::ids::{ApplicationId, RefillId, ReserveOfferId, RoundId};
use crate::domain::opening::Opening;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::placement::Given;
use crate::domain::refill::{Refill, ReserveOffer};
use crate::domain::refusal::RefusalCode;
use crate::domain::round::Round;
use crate::domain::states::{RefillState, ReserveOfferState};
use crate::domain::steps::Deed;
use crate::domain::told::Told;
use crate::services::app::{Now, permit, record};
use crate::services::deadlines::Due;
use crate::services::load::{get_applicant, get_library, get_round};
use crate::services::repairs::{By, carry_out};
use crate::services::{AppError, notices};
use crate::store::applications::Applicant;
use crate::store::{Db, Tx, applications, opening, placements, refills};
use crate::words::in_english;

/// What comes of looking for the next reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Somebody is asked.
    Asked,
    /// Everybody who is left is asked elsewhere.
    Waits,
    /// It is over.
    Over(RefusalCode),
}

/// Offers a place to the next reserve, or ends its refill.
///
/// # Errors
/// The database's.
pub(super) fn go_on(
    tx: &mut Tx<'_>,
    now: &Now,
    (actor, action): (&Actor, Action),
    refill: &mut Refill,
    patience: Patience,
) -> Result<Next, AppError> {
    // First, so that of two who go on at once one finds it changed and looks again.
    refills::save(tx, refill)?;
    let by = (actor, action);
    let round = get_round(tx, refill.round)?;
    if round.admit_repair().is_err() {
        let words = format!("the round is {}", round.state);
        return over(tx, now, by, refill, (Deed::Overtake, &words, RefusalCode::RoundState));
    }
    let today = now.today(round.time_zone);
    let too_near = format!(
        "the day, {}, is too near: reserves are asked until {} days before",
        refill.date, patience.days_before
    );
    if patience.is_over(today, refill.date) {
        return over(tx, now, by, refill, (Deed::ComeTooLate, &too_near, RefusalCode::TooLate));
    }
    let place = Place::load(tx, now, &round, (refill.host, refill.date), None)?;
    if !place.is_open() {
        let words = "the host library takes nobody more on this day";
        return over(tx, now, by, refill, (Deed::Overtake, words, RefusalCode::PlaceTaken));
    }
    let before = refills::list_asked(tx, round.id, (refill.host, refill.date))?;
    let (mut waits_for, mut too_late) = (None, false);
    for applicant in in_turn(&place, refill, &before)? {
        if let Some(other) = refills::find_open_offer(tx, applicant.person.id)? {
            waits_for.get_or_insert(other.id);
            continue;
        }
        let libraries = (applicant.application.home, place.host);
        let Some(until) = last_day(tx, today, place.date, patience, libraries)? else {
            too_late = true;
            continue;
        };
        let (starts, ends) = place.times(applicant.application.id)?;
        let offer = ReserveOffer {
            id: ReserveOfferId::new(now.id(&format!("offer {}", refill.id))),
            refill: refill.id,
            application: applicant.application.id,
            person: applicant.person.id,
            starts,
            ends,
            answer_until: until,
            state: ReserveOfferState::Open,
            offered_at: now.utc(),
            settled_at: None,
            answered_by: None,
            placement: None,
        };
        // The person first, for the same reason: nobody is asked twice at once.
        applications::save_person_name(tx, &applicant.person)?;
        refill.waits_for = None;
        refills::save(tx, refill)?;
        refills::insert_offer(tx, &offer)?;
        let details = json!({
            "deed": "offer", "refill": refill.id.to_string(), "application": offer.application.to_string(),
            "answer_until": until,
        });
        record(tx, now, actor, action, ("reserve_offer", &offer.id), &details)?;
        notices::reserve_offer(tx, now, applicant, offer.id)?;
        return Ok(Next::Asked);
    }
    if let Some(other) = waits_for {
        refill.waits_for = Some(other);
        refills::save(tx, refill)?;
        return Ok(Next::Waits);
    }
    if too_late {
        return over(tx, now, by, refill, (Deed::ComeTooLate, &too_near, RefusalCode::TooLate));
    }
    let words = if before.is_empty() {
        "nobody without a place could take it by the rules of the round"
    } else {
        "everybody who could take it has been asked"
    };
    over(tx, now, by, refill, (Deed::RunOut, words, RefusalCode::NoReserves))
}

/// Who could take the place and was not asked yet, in the order in which they are asked.
fn in_turn<'p>(
    place: &'p Place,
    refill: &Refill,
    before: &[ApplicationId],
) -> Result<Vec<&'p Applicant>, AppError> {
    let found = place.reserves()?;
    let mut able: Vec<&Applicant> = found
        .into_iter()
        .map(|(applicant, _)| applicant)
        .filter(|applicant| !before.contains(&applicant.application.id))
        .collect();
    if let Some(named) = &refill.named {
        able.retain(|applicant| named.contains(&applicant.application.id));
        able.sort_by_key(|applicant| named.iter().position(|id| *id == applicant.application.id));
    }
    Ok(able)
}

fn over(
    tx: &mut Tx<'_>,
    now: &Now,
    (actor, action): (&Actor, Action),
    refill: &mut Refill,
    (deed, words, code): (Deed, &str, RefusalCode),
) -> Result<Next, AppError> {
    refill.end(deed, Some(words), now.utc())?;
    refills::save(tx, refill)?;
    let details = json!({ "deed": deed.as_str(), "state": refill.state.as_str() });
    record(tx, now, actor, action, ("refill", &refill.id), &details)?;
    Ok(Next::Over(code))
}

/// Ends a refill, and its open offer with it; whoever was asked is told why.
///
/// # Errors
/// `refill-ended`.
pub(super) fn end(
    tx: &mut Tx<'_>,
    now: &Now,
    (actor, action): (&Actor, Action),
    refill: &mut Refill,
    (deed, why): (Deed, &Told),
) -> Result<(), AppError> {
    over(tx, now, (actor, action), refill, (deed, &in_english(why), RefusalCode::RefillEnded))?;
    let offers = refills::list_offers(tx, &[refill.id])?;
    match offers.into_iter().find(ReserveOffer::is_open) {
        Some(offer) => overtake(tx, now, (actor, action), offer, why),
        None => Ok(()),
    }
}

/// There is no such place any more, or no such reserve.
fn overtake(
    tx: &mut Tx<'_>,
    now: &Now,
    (actor, action): (&Actor, Action),
    mut offer: ReserveOffer,
    why: &Told,
) -> Result<(), AppError> {
    offer.settle(Deed::Overtake, now.utc())?;
    refills::save_offer(tx, &offer)?;
    let details = json!({ "deed": "overtake", "state": offer.state.as_str() });
    record(tx, now, actor, action, ("reserve_offer", &offer.id), &details)?;
    let applicant = get_applicant(tx, offer.application)?;
    notices::reserve_offer_ended(tx, now, &applicant, offer.id, why)
}

/// Ends every refill of a round that is called off, or whose publication is taken back.
///
/// # Errors
/// The database's.
pub(in crate::services) fn end_all_of_round(
    tx: &mut Tx<'_>,
    now: &Now,
    by: (&Actor, Action),
    round: RoundId,
    why: &Told,
) -> Result<(), AppError> {
    for mut refill in refills::list_in_state(tx, RefillState::Running)? {
        if refill.round == round {
            end(tx, now, by, &mut refill, (Deed::Overtake, why))?;
        }
    }
    Ok(())
}

/// Whoever takes an application back is asked no more; the place is offered to the next.
///
/// # Errors
/// The database's.
pub(in crate::services) fn forget_reserve(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    applicant: &Applicant,
) -> Result<(), AppError> {
    match refills::find_open_offer(tx, applicant.person.id)? {
        Some(offer) if offer.application == applicant.application.id => {
            let by = (actor, Action::WithdrawApplication);
            overtake(tx, now, by, offer, &Told::ApplicationTakenBack)
        }
        Some(_) | None => Ok(()),
    }
}

/// The reserve's answer, within a transaction. Everything is looked at again: where the place is not to be had any more,
/// the offer ends as overtaken.
///
/// # Errors
/// `not-found`; `no-offer` once it is settled.
pub(in crate::services) fn answer_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    id: ReserveOfferId,
    takes: bool,
) -> Result<(), AppError> {
    let mut offer = get_offer(tx, id)?;
    let subject = Subject { application: Some(offer.application), ..Subject::default() };
    permit(actor, Action::AnswerOffer, &subject, ("offer", &id))?;
    let by = (actor, Action::AnswerOffer);
    let settled = if takes { Deed::Agree } else { Deed::Refuse };
    let before = offer.clone();
    offer.settle(settled, now.utc())?;
    offer.answered_by = Some(actor.name.clone());
    let mut refill = get_refill(tx, offer.refill)?;
    if takes {
        let round = get_round(tx, refill.round)?;
        let applicant = get_applicant(tx, offer.application)?;
        let seat = match round.admit_repair() {
            Ok(()) => Place::load(tx, now, &round, (refill.host, refill.date), Some(id))?
                .seat(tx, now, &round, &applicant)?,
            Err(_) => Err(Told::PlaceGoneWithRound),
        };
        let seat = match seat {
            Ok(seat) => seat,
            Err(why) => return overtake(tx, now, by, before, &why),
        };
        let given = Given::by(actor, "link", now.utc());
        let why = told_to_host(tx, &refill)?;
        let carried = By { actor, action: Action::AnswerOffer, agreed: Some((&given, why)) };
        let files = (seat.round_file.as_str(), seat.schedule_file.as_str());
        let run = carry_out(tx, now, &carried, &round, &seat.plan, files)?;
        offer.placement =
            placements::find_live_of_application(tx, offer.application)?.map(|placement| placement.id);
        refill.end(Deed::Fill, None, now.utc())?;
        refills::save(tx, &refill)?;
        let details = json!({ "refill": refill.id.to_string(), "run": run.map(|run| run.to_string()) });
        record(tx, now, actor, Action::AnswerOffer, ("round", &round.id), &details)?;
    }
    refills::save_offer(tx, &offer)?;
    let details = json!({
        "deed": settled.as_str(), "state": offer.state.as_str(),
        "placement": offer.placement.map(|id| id.to_string()),
    });
    record(tx, now, actor, Action::AnswerOffer, ("reserve_offer", &id), &details)?;
    notices::reserve_offer_answered(tx, now, id)
}

/// What the host hears of the place: that it takes that of a visit of which it knows that it is off, and not whose.
fn told_to_host(db: &mut Db, refill: &Refill) -> Result<Option<Told>, AppError> {
    let heard = notices::has_heard(db, refill.placement, Party::Host)?;
    Ok(heard.then_some(Told::AnotherVisitIsOff))
}

/// What is due: offers whose time is over or whose host has closed, and places whose next reserve is to be asked.
///
/// # Errors
/// The database's.
pub(in crate::services) fn list_due(
    db: &mut Db,
    now: &Now,
    patience: Patience,
) -> Result<Vec<Due>, AppError> {
    let mut due = Vec::new();
    let running = refills::list_in_state(db, RefillState::Running)?;
    let ids: Vec<RefillId> = running.iter().map(|refill| refill.id).collect();
    let offers = refills::list_offers(db, &ids)?;
    for refill in &running {
        let round = get_round(db, refill.round)?;
        match offers.iter().find(|offer| offer.refill == refill.id && offer.is_open()) {
            Some(offer) => {
                if why_over(db, now, &round, refill, offer)?.is_some() {
                    due.push(Due::EndOffer(offer.id));
                }
            }
            None => {
                let waits = match refill.waits_for {
                    Some(other) => refills::find_offer(db, other)?.is_some_and(|other| other.is_open()),
                    None => false,
                };
                if !waits || patience.is_over(now.today(round.time_zone), refill.date) {
                    due.push(Due::OfferNext(refill.id));
                }
            }
        }
    }
    Ok(due)
}

/// Why an open offer is over.
enum Over {
    /// Its last day has passed.
    Expired,
    /// The host library is closed on the day.
    Closed,
}

fn why_over(
    db: &mut Db,
    now: &Now,
    round: &Round,
    refill: &Refill,
    offer: &ReserveOffer,
) -> Result<Option<Over>, AppError> {
    if now.today(round.time_zone) > offer.answer_until {
        return Ok(Some(Over::Expired));
    }
    let host = get_library(db, refill.host)?;
    let openings = opening::load(db, &[host], &(refill.date..=refill.date))?;
    let is_open = |opening: &Opening| opening.on(refill.date).is_open();
    Ok((!openings.values().all(is_open)).then_some(Over::Closed))
}

/// Ends an offer that is over; false where it is not, or was settled.
///
/// # Errors
/// The database's.
pub(in crate::services) fn end_offer(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    id: ReserveOfferId,
) -> Result<bool, AppError> {
    let mut offer = get_offer(tx, id)?;
    let mut refill = get_refill(tx, offer.refill)?;
    let round = get_round(tx, refill.round)?;
    if !offer.is_open() {
        return Ok(false);
    }
    match why_over(tx, now, &round, &refill, &offer)? {
        Some(Over::Expired) => {
            offer.settle(Deed::Expire, now.utc())?;
            refills::save_offer(tx, &offer)?;
            let details = json!({ "deed": "expire", "state": offer.state.as_str() });
            record(tx, now, actor, Action::KeepDeadlines, ("reserve_offer", &id), &details)?;
            notices::reserve_offer_answered(tx, now, id)?;
        }
        Some(Over::Closed) => {
            let by = (actor, Action::KeepDeadlines);
            end(tx, now, by, &mut refill, (Deed::Overtake, &Told::HostCloses))?;
        }
        None => return Ok(false),
    }
    Ok(true)
}

/// Asks the next reserve; false where the refill has ended or somebody is asked already.
///
/// # Errors
/// The database's.
pub(in crate::services) fn offer_next(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    id: RefillId,
    patience: Patience,
) -> Result<bool, AppError> {
    let mut refill = get_refill(tx, id)?;
    if !refill.is_running() || refills::list_offers(tx, &[id])?.iter().any(ReserveOffer::is_open) {
        return Ok(false);
    }
    let waited = refill.waits_for;
    let next = go_on(tx, now, (actor, Action::KeepDeadlines), &mut refill, patience)?;
    Ok(next != Next::Waits || refill.waits_for != waited)
}

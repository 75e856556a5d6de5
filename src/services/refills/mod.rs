//! Refills: a place that fell empty is offered to reserves, one after another, until somebody takes it, nobody is left or
//! the day is near.
//!
//! `place` tells who could take it, `offers` asks them. While an offer is open, the place and the reserve are held: repairs
//! and offers of hosts see neither. What is told: docs/repairs.md, "Reserves".

mod offers;
mod place;

use chrono::{NaiveDate, NaiveTime};
use serde_json::json;

pub(super) use self::offers::{answer_in, end_all_of_round, end_offer, forget_reserve, list_due, offer_next};
pub use self::place::Patience;
use super::app::{Now, permit_in_round, record};
use super::load::{get_library, get_placement, get_round};
use super::page::{Page, Paged};
use super::repairs::refuse_untold;
use super::rounds::load as load_round;
use super::{App, AppError};
use crate::domain::deadlines::local;
use crate::domain::fault::Faults;
use crate::domain::ids::{ApplicationId, LibraryId, PlacementId, RefillId, ReserveOfferId, RoundId};
use crate::domain::organisation::Library;
use crate::domain::permissions::{Action, Actor};
use crate::domain::placement::Placement;
use crate::domain::refill::{Refill, ReserveOffer};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{PlacementState, RefillState};
use crate::domain::steps::Deed;
use crate::domain::told::Told;
use crate::store::{Db, applications, placements, refills};
use offers::{Next, go_on};
use place::Place;

/// A refill and what was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The refill.
    pub refill: Refill,
    /// Its offers, oldest first.
    pub offers: Vec<ReserveOffer>,
}

/// Somebody who could take a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Able {
    /// Whose application.
    pub application: ApplicationId,
    /// Their name.
    pub name: String,
    /// Where they work.
    pub home: LibraryId,
    /// What the placement would be worth: placement weight × (1 + priority) + score.
    pub value: i64,
    /// Local start.
    pub starts: NaiveTime,
    /// Local end.
    pub ends: NaiveTime,
    /// Whether this place was offered to them before.
    pub was_asked: bool,
    /// Whether another place is offered to them now.
    pub is_asked: bool,
}

/// A place that fell empty.
#[derive(Debug, Clone, PartialEq)]
pub struct EmptyPlace {
    /// The placement that ended.
    pub placement: Placement,
    /// Who could take it, in the order in which they are asked.
    pub reserves: Vec<Able>,
}

fn get_refill(db: &mut Db, id: RefillId) -> Result<Refill, AppError> {
    refills::find(db, id)?.ok_or_else(|| AppError::not_found("refill", id))
}

pub(super) fn get_offer(db: &mut Db, id: ReserveOfferId) -> Result<ReserveOffer, AppError> {
    refills::find_offer(db, id)?.ok_or_else(|| AppError::not_found("offer", id))
}

/// What is offered to somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferedPlace {
    /// The offer.
    pub offer: ReserveOffer,
    /// Where.
    pub host: Library,
    /// When.
    pub date: NaiveDate,
}

/// What is offered, for whoever holds its link or gets its mail.
///
/// # Errors
/// `not-found`.
pub(super) fn get_offered(db: &mut Db, id: ReserveOfferId) -> Result<OfferedPlace, AppError> {
    let offer = get_offer(db, id)?;
    let refill = get_refill(db, offer.refill)?;
    Ok(OfferedPlace { offer, host: get_library(db, refill.host)?, date: refill.date })
}

/// What a placement left, where that is a place that can be given: it has ended, and its day is not too near.
///
/// # Errors
/// `round-state`, `placement-state`, `too-late`, `place-taken`.
fn admit(
    db: &mut Db,
    now: &Now,
    id: PlacementId,
    patience: Patience,
) -> Result<(Placement, Round), AppError> {
    let placement = get_placement(db, id)?;
    let round = get_round(db, placement.round)?;
    round.admit_repair()?;
    refuse_untold(db, &round)?;
    let has_fallen_empty = placement.state.has_ended() || placement.state == PlacementState::DidNotTakePlace;
    if !has_fallen_empty {
        let words = format!("this placement is {}: its place has not fallen empty", placement.state);
        return Err(Refusal::new(RefusalCode::PlacementState, words).into());
    }
    let today = local(now.at, placement.time_zone).date();
    if placement.date < today {
        let words = format!("the day, {}, has passed", placement.date);
        return Err(Refusal::new(RefusalCode::TooLate, words).into());
    }
    if patience.is_over(now.today(round.time_zone), placement.date) {
        let words = format!(
            "the day, {}, is too near: reserves are asked until {} days before. Ring those whom a repair names",
            placement.date, patience.days_before
        );
        return Err(Refusal::new(RefusalCode::TooLate, words).into());
    }
    let taken = refills::list_of_placement(db, id)?.into_iter().any(|one| one.state == RefillState::Filled);
    if taken {
        let words = "a reserve took this place: look at the placement that came of it";
        return Err(Refusal::new(RefusalCode::PlaceTaken, words).into());
    }
    Ok((placement, round))
}

/// Who could take the place that a placement left, in order; nobody hears of it.
///
/// # Errors
/// `not-found`, `forbidden`, `round-state`, `placement-state`, `too-late`, `place-taken`.
pub fn reserves(app: &App, actor: &Actor, id: PlacementId) -> Result<EmptyPlace, AppError> {
    let now = app.now()?;
    app.store.read(|db| {
        let of_round = get_placement(db, id)?.round;
        permit_in_round(actor, Action::ReadRefills, of_round, ("placement", &id))?;
        let (placement, round) = admit(db, &now, id, app.settings.reserves)?;
        let place = Place::load(db, &now, &round, (placement.host, placement.date), None)?;
        refuse_taken(&place)?;
        let before = refills::list_asked(db, round.id, (placement.host, placement.date))?;
        let mut reserves = Vec::new();
        for (applicant, reserve) in place.reserves()? {
            let application = applicant.application.id;
            let (starts, ends) = place.times(application)?;
            reserves.push(Able {
                application,
                name: applicant.application.name.to_string(),
                home: applicant.application.home,
                value: reserve.value,
                starts,
                ends,
                was_asked: before.contains(&application),
                is_asked: refills::find_open_offer(db, applicant.person.id)?.is_some(),
            });
        }
        Ok(EmptyPlace { placement, reserves })
    })
}

fn refuse_taken(place: &Place) -> Result<(), AppError> {
    if place.is_open() {
        return Ok(());
    }
    let words = "the host library takes nobody more on this day: the place is given or offered, or the library has said no";
    Err(Refusal::new(RefusalCode::PlaceTaken, words).into())
}

/// Begins to offer the place that a placement left: to those who are named, in their order, or to whoever could take it.
///
/// # Errors
/// As for [`reserves`]; `refill-running`, `no-reserves`; `invalid-fields` for somebody named who cannot take it.
pub fn start(
    app: &App,
    actor: &Actor,
    id: PlacementId,
    named: Option<&[ApplicationId]>,
) -> Result<Shown, AppError> {
    let now = app.now()?;
    let refill = app.store.write(|tx| {
        let of_round = get_placement(tx, id)?.round;
        permit_in_round(actor, Action::Refill, of_round, ("placement", &id))?;
        let (mut placement, round) = admit(tx, &now, id, app.settings.reserves)?;
        if refills::list_of_placement(tx, id)?.iter().any(Refill::is_running) {
            let words = "this place is offered to reserves already";
            return Err(Refusal::new(RefusalCode::RefillRunning, words).into());
        }
        if let Some(named) = named {
            let place = Place::load(tx, &now, &round, (placement.host, placement.date), None)?;
            refuse_taken(&place)?;
            check_named(tx, &round, &place, named)?;
        }
        // First, so that of two who begin at once one finds it changed, and no index is violated.
        placements::save(tx, &mut placement, now.utc())?;
        let mut refill = Refill {
            id: RefillId::new(now.id("refill")),
            placement: id,
            round: round.id,
            host: placement.host,
            date: placement.date,
            named: named.map(<[ApplicationId]>::to_vec),
            state: RefillState::Running,
            waits_for: None,
            reason: None,
            started_at: now.utc(),
            started_by: actor.name.clone(),
            ended_at: None,
        };
        refills::insert(tx, &refill)?;
        if let Next::Over(code) =
            go_on(tx, &now, (actor, Action::Refill), &mut refill, app.settings.reserves)?
        {
            let words = refill.reason.unwrap_or_default();
            return Err(Refusal::new(code, words).into());
        }
        let details = json!({ "deed": "start", "placement": id.to_string(), "named": named.map(<[_]>::len) });
        record(tx, &now, actor, Action::Refill, ("refill", &refill.id), &details)?;
        Ok::<_, AppError>(refill.id)
    })?;
    app.store.read(|db| {
        let refill = get_refill(db, refill)?;
        shown(db, refill)
    })
}

/// Everybody who is named can take the place.
fn check_named(db: &mut Db, round: &Round, place: &Place, named: &[ApplicationId]) -> Result<(), AppError> {
    let faults = Faults::none();
    let able = place.reserves()?;
    for (n, id) in named.iter().enumerate() {
        let known = applications::find(db, *id)?.filter(|known| known.application.round == round.id);
        let rule = match known {
            None => "unknown_id: nobody of the round",
            Some(_) if placements::find_live_of_application(db, *id)?.is_some() => {
                "already_placed: has a place already"
            }
            Some(known) if refills::find_open_offer(db, known.person.id)?.is_some() => {
                "asked: another place is offered to them"
            }
            Some(_) if able.iter().any(|(applicant, _)| applicant.application.id == *id) => continue,
            Some(_) => "not_feasible: cannot take this place by the rules of the round as things are now",
        };
        faults.add(format!("/reserves/{n}"), id, rule);
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

fn shown(db: &mut Db, refill: Refill) -> Result<Shown, AppError> {
    let offers = refills::list_offers(db, &[refill.id])?;
    Ok(Shown { refill, offers })
}

fn get_of_round(db: &mut Db, round: RoundId, id: RefillId) -> Result<Refill, AppError> {
    let found = refills::find(db, id)?.filter(|found| found.round == round);
    found.ok_or_else(|| AppError::not_found("refill", id))
}

/// A refill with its offers.
///
/// # Errors
/// `not-found`, also for another round's; `forbidden`.
pub fn get(app: &App, actor: &Actor, round: RoundId, id: RefillId) -> Result<Shown, AppError> {
    permit_in_round(actor, Action::ReadRefills, round, ("refill", &id))?;
    app.store.read(|db| {
        let refill = get_of_round(db, round, id)?;
        shown(db, refill)
    })
}

/// A page of a round's refills.
///
/// # Errors
/// `not-found`, `forbidden`.
pub fn list(
    app: &App,
    actor: &Actor,
    round: RoundId,
    page: &Page<RefillId>,
) -> Result<Paged<Shown, RefillId>, AppError> {
    permit_in_round(actor, Action::ReadRefills, round, ("round", &round))?;
    app.store.read(|db| {
        load_round(db, actor, round)?;
        let found = refills::list(db, round, page.after, page.fetch())?;
        let cut = page.cut(found, |refill| refill.id);
        let items = cut.items.into_iter().map(|refill| shown(db, refill)).collect::<Result<_, _>>()?;
        Ok(Paged { items, next: cut.next })
    })
}

/// Ends a refill; whoever is asked now is told that the place is not to be had any more.
///
/// # Errors
/// `not-found`, `forbidden`, `refill-ended`.
pub fn stop(app: &App, actor: &Actor, round: RoundId, id: RefillId) -> Result<Shown, AppError> {
    permit_in_round(actor, Action::Refill, round, ("refill", &id))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let mut refill = get_of_round(tx, round, id)?;
        offers::end(tx, &now, (actor, Action::Refill), &mut refill, (Deed::Stop, &Told::OfferStopped))
    })?;
    app.store.read(|db| {
        let refill = get_of_round(db, round, id)?;
        shown(db, refill)
    })
}

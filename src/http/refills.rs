//! `/v1/placements/{id}/reserves`, `/v1/placements/{id}/refill` and `/v1/rounds/{id}/refills`: places that fell empty, and
//! their offers to reserves.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::{Call, id_in};
use super::placements::{self, Place, clock};
use super::tasks::PageParameters;
use super::{read, schemas};
use crate::domain::ids::{ApplicationId, PlacementId, RefillId, ReserveOfferId, RoundId};
use crate::domain::json::At;
use crate::domain::refill::ReserveOffer;
use crate::domain::states::ReserveOfferState;
use crate::services::refills::{self, Able, EmptyPlace, OfferedPlace, Shown};

/// Somebody who could take the place.
#[derive(Debug, Serialize, ToSchema)]
struct Reserve {
    application: Uuid,
    name: String,
    home_library: Uuid,
    /// What the placement would be worth: placement weight × (1 + priority) + score.
    value: i64,
    /// Local to the host.
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
    /// Whether this place was offered to them before; nobody is asked twice.
    was_asked: bool,
    /// Whether another place is offered to them now; they are asked once that is settled.
    is_asked: bool,
}

/// A place that fell empty, and who could take it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Reserves {
    /// The placement that ended.
    placement: Uuid,
    host_library: Uuid,
    date: NaiveDate,
    /// In the order in which they are asked.
    reserves: Vec<Reserve>,
}

/// The offer of a place to one reserve.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReserveOffer)]
struct Offer {
    id: Uuid,
    application: Uuid,
    #[schema(schema_with = schemas::reserve_offer_state)]
    state: &'static str,
    /// Local to the host.
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
    /// The last day for the answer, local to the round.
    answer_until: NaiveDate,
    offered_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
    /// The placement that came of it.
    placement: Option<Uuid>,
}

/// A place that is offered to reserves, one after another.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Refill {
    id: Uuid,
    round: Uuid,
    /// The placement that ended.
    placement: Uuid,
    host_library: Uuid,
    date: NaiveDate,
    #[schema(schema_with = schemas::refill_state)]
    state: &'static str,
    /// Whether it waits, because everybody who is left is asked for another place.
    waits: bool,
    /// Why it ended without a yes.
    reason: Option<String>,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    /// Oldest first.
    offers: Vec<Offer>,
}

/// Whom to ask.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRefill)]
#[expect(dead_code, reason = "the schema of what `start` reads")]
pub(super) struct RefillBody {
    /// Applications, in the order in which they are asked, and nobody else; absent means whoever could take the place, in
    /// the order of `reserves`.
    #[schema(schema_with = schemas::optional_ids)]
    reserves: Vec<Uuid>,
}

/// A place that is offered to a reserve by the link.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkedOffer {
    id: Uuid,
    #[schema(schema_with = schemas::reserve_offer_state)]
    state: &'static str,
    date: NaiveDate,
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
    time_zone: String,
    /// The last day for the answer, local to the round.
    answer_until: NaiveDate,
    /// To be given back with an answer; an offer never changes.
    version: i64,
    host: Place,
}

impl LinkedOffer {
    pub(super) fn new(offered: &OfferedPlace) -> Self {
        let OfferedPlace { offer, host, date } = offered;
        Self {
            id: offer.id.uuid(),
            state: offer.state.as_str(),
            date: *date,
            starts: clock(offer.starts),
            ends: clock(offer.ends),
            time_zone: host.time_zone.to_string(),
            answer_until: offer.answer_until,
            version: 0,
            host: placements::place(host),
        }
    }
}

fn reserve(able: Able) -> Reserve {
    Reserve {
        application: able.application.uuid(),
        name: able.name,
        home_library: able.home.uuid(),
        value: able.value,
        starts: clock(able.starts),
        ends: clock(able.ends),
        was_asked: able.was_asked,
        is_asked: able.is_asked,
    }
}

fn offer(offer: &ReserveOffer) -> Offer {
    Offer {
        id: offer.id.uuid(),
        application: offer.application.uuid(),
        state: offer.state.as_str(),
        starts: clock(offer.starts),
        ends: clock(offer.ends),
        answer_until: offer.answer_until,
        offered_at: offer.offered_at.and_utc(),
        settled_at: offer.settled_at.map(|at| at.and_utc()),
        placement: offer.placement.map(PlacementId::uuid),
    }
}

fn shape(shown: &Shown) -> Refill {
    let refill = &shown.refill;
    Refill {
        id: refill.id.uuid(),
        round: refill.round.uuid(),
        placement: refill.placement.uuid(),
        host_library: refill.host.uuid(),
        date: refill.date,
        state: refill.state.as_str(),
        waits: refill.waits_for.map(ReserveOfferId::uuid).is_some(),
        reason: refill.reason.clone(),
        started_at: refill.started_at.and_utc(),
        ended_at: refill.ended_at.map(|at| at.and_utc()),
        offers: shown.offers.iter().map(offer).collect(),
    }
}

/// List who could take the place that a placement left
///
/// People of the round without a place who could take it by every rule as it is now, within the balance of a repair, in the
/// order in which they are asked: by what the placement would be worth. Nobody hears of it.
#[utoipa::path(get, path = "/v1/placements/{id}/reserves", tag = "reserves", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Who could take it.", body = Reserves)))]
pub(super) async fn reserves(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let found: EmptyPlace = call.run(move |app, actor| refills::reserves(app, actor, id)).await?;
    shown(&Reserves {
        placement: found.placement.id.uuid(),
        host_library: found.placement.host.uuid(),
        date: found.placement.date,
        reserves: found.reserves.into_iter().map(reserve).collect(),
    })
}

/// Offer the place that a placement left to reserves
///
/// By mail, to one after another, until somebody takes it, nobody is left, or the day is near. The place is held meanwhile.
#[utoipa::path(post, path = "/v1/placements/{id}/refill", tag = "reserves", params(("id" = Uuid, Path)),
    request_body = Option<RefillBody>,
    responses((status = 201, description = "The refill with its first offer.", body = Refill,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn start(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let named = call
        .optional_body(&["reserves"], |object| read::set(object, "reserves", At::parse::<ApplicationId>))?;
    let named = Some(named).filter(|named| !named.is_empty());
    let found = call.run(move |app, actor| refills::start(app, actor, id, named.as_deref())).await?;
    let refill = &found.refill;
    made(&format!("/v1/rounds/{}/refills/{}", refill.round, refill.id), &shape(&found))
}

/// List the refills of a round
///
/// Each with its offers: to whom, until when, and what came of it.
#[utoipa::path(get, path = "/v1/rounds/{id}/refills", tag = "reserves",
    params(("id" = Uuid, Path), PageParameters),
    responses((status = 200, description = "A page of refills.", body = Listed<Refill>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| refills::list(app, actor, round, &page)).await?;
    listed(&call, found, |refill| shape(&refill))
}

/// Get a refill
#[utoipa::path(get, path = "/v1/rounds/{id}/refills/{refill}", tag = "reserves",
    params(("id" = Uuid, Path), ("refill" = Uuid, Path)),
    responses((status = 200, description = "The refill.", body = Refill)))]
pub(super) async fn get(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let id: RefillId = id_in(&call.path.refill, "refill")?;
    shown(&shape(&call.run(move |app, actor| refills::get(app, actor, round, id)).await?))
}

/// Stop a refill
///
/// Nobody is asked any more; whoever is asked now gets a mail that the place is not to be had.
#[utoipa::path(post, path = "/v1/rounds/{id}/refills/{refill}/stop", tag = "reserves",
    params(("id" = Uuid, Path), ("refill" = Uuid, Path)),
    responses((status = 200, description = "The refill.", body = Refill)))]
pub(super) async fn stop(call: Call) -> Answer {
    call.no_body()?;
    let round: RoundId = call.id("round")?;
    let id: RefillId = id_in(&call.path.refill, "refill")?;
    shown(&shape(&call.run(move |app, actor| refills::stop(app, actor, round, id)).await?))
}

/// What is true of an offer and what happens next, in one or two sentences.
pub(super) fn next(offer: &ReserveOffer) -> String {
    let until = offer.answer_until.format("%-d %B %Y");
    match offer.state {
        ReserveOfferState::Open => format!(
            "This place has become free and is held for you. Please say by {until} whether you take it. Without your answer in \
             time, and as soon as you say no, somebody else is asked."
        ),
        ReserveOfferState::Accepted => {
            "You have taken the place, and the others who have to agree are asked. The newest mail about the day has a link to \
             its page."
                .to_owned()
        }
        ReserveOfferState::Declined => "You have not taken the place. Somebody else is asked.".to_owned(),
        ReserveOfferState::Expired => {
            format!("An answer was asked for by {until}. The place is offered to somebody else now.")
        }
        ReserveOfferState::Overtaken => {
            "The place is not to be had any more. Nothing is left to do here; a mail says why.".to_owned()
        }
    }
}

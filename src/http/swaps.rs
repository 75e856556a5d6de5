//! Swaps that participants ask for: asked and answered here or by the page of a link, overseen by organisers.

use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::placements::{self, Cancellation, Consent, Place, Side, clock, read_cancellation};
use super::{read, schemas};
use crate::domain::fault::Faults;
use crate::domain::ids::{PlacementId, RoundId, SwapId};
use crate::domain::json::{At, Object};
use crate::domain::party::Party;
use crate::domain::states;
use crate::domain::swap::{self, MOST_MEMBERS, Named};
use crate::services::links::LinkView;
use crate::services::swaps::{self, SwapReply};

/// A day that somebody would take.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SwapDay {
    host: Place,
    date: NaiveDate,
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
    time_zone: String,
}

/// Who would come instead.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SwapVisitor {
    role_title: Option<String>,
    sectors: Vec<String>,
    objectives: Option<String>,
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
}

/// An open swap as the holder of a link sees it: only what has to be known to answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LinkedSwap {
    /// To be given back with an answer.
    id: Uuid,
    #[schema(schema_with = schemas::swap_state)]
    state: &'static str,
    answer_until: NaiveDate,
    /// What the holder has said.
    #[schema(schema_with = schemas::answer)]
    answer: &'static str,
    /// Whether the holder asked for it.
    asked_by_you: bool,
    /// For the other participants: who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<String>,
    /// For whoever asked: whom they named, in their words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    with: Vec<String>,
    /// The day that the participant would get; for them and their manager. Whoever asked sees it once the others have agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    takes: Option<SwapDay>,
    /// For the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    comes: Option<SwapVisitor>,
}

/// The open swap of a link.
pub(super) fn of_link(view: &LinkView) -> Option<LinkedSwap> {
    let (seen, (placement, _)) = (view.swap.as_ref()?, view.placement.as_ref()?);
    let party = view.link.party;
    let is_askers = seen.is_askers() && party == Party::Participant;
    let named = seen.swap.members.iter().filter_map(|member| member.named.as_ref());
    Some(LinkedSwap {
        id: seen.swap.id.uuid(),
        state: seen.swap.state.as_str(),
        answer_until: seen.swap.answer_until,
        answer: seen.swap.answer_of(placement.id, party)?.as_str(),
        asked_by_you: is_askers,
        asked_by: seen.asked_by.as_ref().filter(|_| !is_askers).map(ToString::to_string),
        with: if is_askers { named.map(ToString::to_string).collect() } else { Vec::new() },
        takes: seen.takes.as_ref().map(|(taken, host, (starts, ends))| SwapDay {
            host: placements::host(taken, host, Side::Employer),
            date: taken.date,
            starts: clock(*starts),
            ends: clock(*ends),
            time_zone: taken.time_zone.to_string(),
        }),
        comes: seen.comes.as_ref().map(|(applicant, home, (starts, ends))| SwapVisitor {
            role_title: applicant.application.role_title.as_ref().map(ToString::to_string),
            sectors: home.sectors.iter().map(ToString::to_string).collect(),
            objectives: applicant.application.objectives.clone(),
            starts: clock(*starts),
            ends: clock(*ends),
        }),
    })
}

/// Reads whose placements are asked for.
pub(super) fn read_with(at: &At<'_>) -> Option<Vec<Named>> {
    if at.count()? > MOST_MEMBERS {
        at.fault(format!("must name 1 to {} others", MOST_MEMBERS - 1));
        return None;
    }
    at.list_of(At::parse::<Named>)
}

/// Whom somebody asks to exchange.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSwap)]
#[expect(dead_code, reason = "the schema of what `ask` reads")]
pub(super) struct SwapBody {
    /// Placement codes or work addresses: whoever asks takes the placement of the first, each that of the next, the last
    /// one that of whoever asks.
    #[schema(schema_with = schemas::named)]
    with: Vec<String>,
}

/// What whoever asks is told, whoever is named.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AskedSwap {
    /// The last day for answers.
    answer_until: NaiveDate,
    /// What happens next.
    next: &'static str,
}

/// What happens after a question.
pub(super) const NEXT: &str = "If everybody you named has a day in this round that can be exchanged for yours, they are asked now. \
                    Your day stays as it is until all participants, libraries and managers concerned have said yes; you get \
                    a mail then, or when it comes to nothing.";

/// Ask others to exchange placements, as the participant
///
/// The answer is the same whoever is named by an address: it tells nobody who takes part. The same question again changes
/// nothing.
#[utoipa::path(post, path = "/v1/placements/{id}/swaps", tag = "swaps", params(("id" = Uuid, Path)),
    request_body = SwapBody,
    responses((status = 202, description = "Asked, as far as that may be.", body = AskedSwap)))]
pub(super) async fn ask(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let with = call.body(&["with"], |object| object.required("with").and_then(|at| read_with(&at)))?;
    let answer_until = call.run(move |app, actor| swaps::ask(app, actor, id, &with)).await?;
    Ok(HttpResponse::Accepted().json(AskedSwap { answer_until, next: NEXT }))
}

/// One of those who exchange.
#[derive(Debug, Serialize, ToSchema)]
struct SwapMember {
    /// How they were named; null for whoever asked.
    named: Option<String>,
    /// The placement that they would give; null where nobody can be asked by that name.
    placement: Option<Uuid>,
    /// The placement that they got by it.
    became: Option<Uuid>,
    /// Of the placement that they would give: the participant, the host about the other visitor, the manager about the
    /// other day.
    consents: Vec<Consent>,
}

/// A swap. Each member takes the placement of the next one, the last one that of the first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Swap {
    id: Uuid,
    round: Uuid,
    #[schema(schema_with = schemas::swap_state)]
    state: &'static str,
    answer_until: NaiveDate,
    /// Whoever asked first.
    members: Vec<SwapMember>,
    /// What it sets aside, by the checker's codes (`balance`).
    set_aside: Vec<String>,
    /// Why it came to nothing, as those who were told read it.
    reason: Option<String>,
    created_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
}

fn shape(swap: swap::Swap) -> Swap {
    let member = |member: swap::Member| SwapMember {
        named: member.named.map(|named| named.to_string()),
        placement: member.placement.map(PlacementId::uuid),
        became: member.became.map(PlacementId::uuid),
        consents: placements::consents(&member.consents, Side::Organiser),
    };
    Swap {
        id: swap.id.uuid(),
        round: swap.round.uuid(),
        state: swap.state.as_str(),
        answer_until: swap.answer_until,
        members: swap.members.into_iter().map(member).collect(),
        set_aside: swap.set_aside,
        reason: swap.reason,
        created_at: swap.created_at.and_utc(),
        settled_at: swap.settled_at.map(|at| at.and_utc()),
    }
}

/// Which swaps a list holds.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `list` reads")]
pub(super) struct SwapFilter {
    /// Only those in this state.
    #[param(schema_with = schemas::swap_state)]
    state: Option<String>,
}

/// List the swaps of a round
///
/// Oldest first.
#[utoipa::path(get, path = "/v1/rounds/{id}/swaps", tag = "swaps",
    params(("id" = Uuid, Path), super::openapi::PageParameters, SwapFilter),
    responses((status = 200, description = "A page of swaps.", body = Listed<Swap>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let faults = Faults::none();
    let page = call.page(&faults);
    let state: Option<states::SwapState> = call.parsed("state", &faults);
    let page = read::finish(faults, page)?;
    let found = call.run(move |app, actor| swaps::list(app, actor, round, state, &page)).await?;
    listed(&call, found, shape)
}

/// Show a swap
#[utoipa::path(get, path = "/v1/swaps/{id}", tag = "swaps", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The swap.", body = Swap)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: SwapId = call.id("swap")?;
    shown(&shape(call.run(move |app, actor| swaps::get(app, actor, id)).await?))
}

/// Call a swap off
///
/// Every placement stays as it is; whoever was told of the swap hears why.
#[utoipa::path(post, path = "/v1/swaps/{id}/cancel", tag = "swaps", params(("id" = Uuid, Path)),
    request_body = Cancellation,
    responses((status = 200, description = "The swap as it is now.", body = Swap)))]
pub(super) async fn call_off(call: Call) -> Answer {
    let id: SwapId = call.id("swap")?;
    let reason = read_cancellation(&call)?;
    shown(&shape(call.run(move |app, actor| swaps::call_off(app, actor, id, &reason)).await?))
}

/// One party's answer to a swap.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SwapAnswer)]
#[expect(dead_code, reason = "the schema of what `answer` reads")]
pub(super) struct SwapAnswerBody {
    /// About which of its placements: the one that would be given.
    placement: Uuid,
    #[schema(schema_with = schemas::party)]
    party: String,
    #[schema(schema_with = schemas::yes_or_no)]
    answer: String,
    /// Why not; only organisers read it.
    #[schema(schema_with = schemas::optional_reason)]
    reason: Option<String>,
}

/// Where a swap is after an answer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnsweredSwap {
    id: Uuid,
    #[schema(schema_with = schemas::swap_state)]
    state: &'static str,
}

fn read_reply(object: &Object<'_>) -> Option<SwapReply> {
    let placement = object.required("placement").and_then(|at| at.parse::<PlacementId>());
    let party = object.required("party").and_then(|at| at.parse::<Party>());
    let answer = object.required("answer").and_then(|at| read::yes_or_no(&at));
    let reason = read::maybe_absent(object, "reason", |at| read::words(at, read::MOST_REASON));
    let (placement, party, answer) = (placement?, party?, answer?);
    Some(SwapReply { placement, party, answer, reason: reason?, channel: "api" })
}

/// Answer a swap
///
/// The last yes carries it out; one no ends it, also after a yes. The same answer again changes nothing.
#[utoipa::path(post, path = "/v1/swaps/{id}/answers", tag = "swaps", params(("id" = Uuid, Path)),
    request_body = SwapAnswerBody,
    responses((status = 200, description = "Recorded.", body = AnsweredSwap)))]
pub(super) async fn answer(call: Call) -> Answer {
    let id: SwapId = call.id("swap")?;
    let reply = call.body(&["placement", "party", "answer", "reason"], read_reply)?;
    let swap = call.run(move |app, actor| swaps::answer(app, actor, id, &reply)).await?;
    shown(&AnsweredSwap { id: swap.id.uuid(), state: swap.state.as_str() })
}

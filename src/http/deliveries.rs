//! `/v1/deliveries` and `/v1/rounds/{id}/deliveries`: which mails went, when, and which did not; and sending one again.
//! Never their content.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::{read, schemas};
use crate::domain::fault::{Faults, Rule};
use crate::domain::ids::{ApplicationId, NoticeId, PlacementId, RoundId};
use crate::domain::notice::MailPause;
use crate::services::deliveries::{self, Which};
use crate::services::outbox;

/// A mail, on its way or there.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Delivery {
    id: Uuid,
    #[schema(schema_with = schemas::notice_kind)]
    kind: &'static str,
    #[schema(schema_with = schemas::party)]
    party: &'static str,
    /// The address; for whoever may not see applications, its first letter and domain.
    recipient: String,
    /// Whether the last two mails to this address did not arrive.
    address_needs_checking: bool,
    /// Null for a link to sign in.
    application: Option<Uuid>,
    placement: Option<Uuid>,
    #[schema(schema_with = schemas::notice_state)]
    state: &'static str,
    message_id: Option<String>,
    attempts: i64,
    /// Not before, while it waits.
    next_attempt_at: DateTime<Utc>,
    /// The mail server's last answer by number (RFC 5321); null where there was none.
    #[schema(minimum = 200, maximum = 599)]
    code: Option<u16>,
    /// What the mail server said last, or what came back.
    last_answer: Option<String>,
    /// When the fact happened.
    created_at: DateTime<Utc>,
    /// When the mail server took it, or it was given up, told by a digest or dropped.
    settled_at: Option<DateTime<Utc>>,
    /// The later mail that overtook it.
    superseded_by: Option<Uuid>,
    /// The mail that is sent again with it.
    again_of: Option<Uuid>,
    /// The digest that tells it.
    digest: Option<Uuid>,
}

/// The number at the beginning of a mail server's answer.
fn code_of(answer: &str) -> Option<u16> {
    let number = answer.split_whitespace().next().filter(|number| number.len() == 3)?;
    number.parse().ok().filter(|code| (200..600).contains(code))
}

impl From<deliveries::Delivery> for Delivery {
    fn from(delivery: deliveries::Delivery) -> Self {
        let deliveries::Delivery { notice, recipient, needs_checking } = delivery;
        Self {
            id: notice.id.uuid(),
            kind: notice.kind.as_str(),
            party: notice.party.as_str(),
            recipient,
            address_needs_checking: needs_checking,
            application: notice.application.map(ApplicationId::uuid),
            placement: notice.placement.map(PlacementId::uuid),
            state: notice.state.as_str(),
            message_id: notice.message_id,
            attempts: notice.attempts,
            next_attempt_at: notice.next_attempt_at.and_utc(),
            code: notice.last_answer.as_deref().and_then(code_of),
            last_answer: notice.last_answer,
            created_at: notice.created_at.and_utc(),
            settled_at: notice.settled_at.map(|at| at.and_utc()),
            superseded_by: notice.superseded_by.map(NoticeId::uuid),
            again_of: notice.again_of.map(NoticeId::uuid),
            digest: notice.digest.map(NoticeId::uuid),
        }
    }
}

/// Which mails a list holds.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `which` reads")]
pub(super) struct DeliveryFilter {
    /// Only those of this application, which is one person in one round.
    #[param(nullable = false, format = Uuid)]
    application: Option<String>,
    /// Only those of this placement.
    #[param(nullable = false, format = Uuid)]
    placement: Option<String>,
    /// Only those in this state.
    #[param(schema_with = schemas::notice_state)]
    state: Option<String>,
    /// Only those of this kind.
    #[param(schema_with = schemas::notice_kind)]
    kind: Option<String>,
}

/// What the table of routes takes as [`DeliveryFilter`] with a page.
pub(super) const FILTER: &[&str] = &["application", "placement", "state", "kind", "limit", "cursor"];

fn which(call: &Call, round: Option<RoundId>, faults: &Faults) -> Which {
    Which {
        round,
        application: id_of(call, "application", faults),
        placement: id_of(call, "placement", faults),
        state: call.parsed("state", faults),
        kind: call.parsed("kind", faults),
    }
}

fn id_of<T: std::str::FromStr>(call: &Call, name: &str, faults: &Faults) -> Option<T> {
    let text = call.parameter(name)?;
    let id = text.parse().ok();
    if id.is_none() {
        faults.add(format!("?{name}"), text, Rule::of("must be an id"));
    }
    id
}

async fn listed_of(call: Call, round: Option<RoundId>) -> Answer {
    let faults = Faults::none();
    let page = call.page(&faults);
    let which = which(&call, round, &faults);
    let page = read::finish(faults, page)?;
    let found = call.run(move |app, actor| deliveries::list(app, actor, &which, &page)).await?;
    listed(&call, found, Delivery::from)
}

async fn counts_of(call: Call, round: Option<RoundId>) -> Answer {
    let which = Which { round, ..Which::default() };
    let counts = call.run(move |app, actor| deliveries::counts(app, actor, &which)).await?;
    let states = counts.iter().map(|(state, count)| (state.as_str(), *count)).collect();
    let paused = call.run(outbox::pause).await?.map(Pause::from);
    shown(&Counts { states, paused })
}

/// Mails in figures.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Counts {
    /// How many are in each state.
    #[serde(flatten)]
    states: BTreeMap<&'static str, i64>,
    /// Since when, and why, no mail goes; absent while mail goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<Pause>,
}

/// The mail server takes nothing from this service; all mail waits, and none of it loses an attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pause {
    since: DateTime<Utc>,
    /// What the server said last.
    answer: String,
    /// When one mail is tried next.
    next_try_at: DateTime<Utc>,
}

impl From<MailPause> for Pause {
    fn from(pause: MailPause) -> Self {
        Self { since: pause.since.and_utc(), answer: pause.answer, next_try_at: pause.next_try_at.and_utc() }
    }
}

/// List the mails of a round, oldest first
///
/// What was sent when, what waits, and what did not arrive; of everybody, or of one person or placement.
#[utoipa::path(get, path = "/v1/rounds/{id}/deliveries", tag = "deliveries",
    params(("id" = Uuid, Path), super::openapi::PageParameters, DeliveryFilter),
    responses((status = 200, description = "A page of mails.", body = Listed<Delivery>)))]
pub(super) async fn list_of_round(call: Call) -> Answer {
    let round = call.id("round")?;
    listed_of(call, Some(round)).await
}

/// Count the mails of a round by state
#[utoipa::path(get, path = "/v1/rounds/{id}/deliveries/counts", tag = "deliveries", params(("id" = Uuid, Path)),
    responses((status = 200, description = "How many mails are in each state, and whether mail is paused.", body = Counts)))]
pub(super) async fn counts_of_round(call: Call) -> Answer {
    let round = call.id("round")?;
    counts_of(call, Some(round)).await
}

/// List the mails of all rounds, oldest first
#[utoipa::path(get, path = "/v1/deliveries", tag = "deliveries",
    params(super::openapi::PageParameters, DeliveryFilter),
    responses((status = 200, description = "A page of mails.", body = Listed<Delivery>)))]
pub(super) async fn list(call: Call) -> Answer {
    listed_of(call, None).await
}

/// Count the mails of all rounds by state
#[utoipa::path(get, path = "/v1/deliveries/counts", tag = "deliveries",
    responses((status = 200, description = "How many mails are in each state, and whether mail is paused.", body = Counts)))]
pub(super) async fn counts(call: Call) -> Answer {
    counts_of(call, None).await
}

/// Send a mail again
///
/// One that was sent, came back or was given up: as a mail of its own in the same thread, by what is true now, to the address
/// that its recipient has now, with a new link. Links of the former one stay what they are. Within five minutes, or while the
/// new one waits, the same one is given.
#[utoipa::path(post, path = "/v1/deliveries/{id}/resend", tag = "deliveries", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The new mail.", body = Delivery)))]
pub(super) async fn resend(call: Call) -> Answer {
    let id: NoticeId = call.id("mail")?;
    call.no_body()?;
    let made = call.run(move |app, actor| deliveries::resend(app, actor, id)).await?;
    shown(&Delivery::from(made))
}

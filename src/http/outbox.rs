//! `/v1/outbox`: which mails went, and which did not. Never their content.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::schemas;
use crate::domain::ids::PlacementId;
use crate::domain::notice;
use crate::services::outbox;

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Notice {
    id: Uuid,
    #[schema(schema_with = schemas::notice_kind)]
    kind: &'static str,
    #[schema(schema_with = schemas::party)]
    party: &'static str,
    /// First letter and domain of the address.
    recipient: String,
    application: Uuid,
    placement: Option<Uuid>,
    #[schema(schema_with = schemas::notice_state)]
    state: &'static str,
    message_id: Option<String>,
    attempts: i64,
    next_attempt_at: DateTime<Utc>,
    /// What the mail server said last.
    last_answer: Option<String>,
    created_at: DateTime<Utc>,
}

impl From<notice::Notice> for Notice {
    fn from(notice: notice::Notice) -> Self {
        Self {
            id: notice.id.uuid(),
            kind: notice.kind.as_str(),
            party: notice.party.as_str(),
            recipient: notice.recipient.masked(),
            application: notice.application.uuid(),
            placement: notice.placement.map(PlacementId::uuid),
            state: notice.state.as_str(),
            message_id: notice.message_id,
            attempts: notice.attempts,
            next_attempt_at: notice.next_attempt_at.and_utc(),
            last_answer: notice.last_answer,
            created_at: notice.created_at.and_utc(),
        }
    }
}

/// List notices, oldest first
#[utoipa::path(get, path = "/v1/outbox", tag = "outbox", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of notices.", body = Listed<Notice>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let found = call.run(move |app, actor| outbox::list(app, actor, &page)).await?;
    listed(&call, found, Notice::from)
}

/// The outbox in figures.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Counts {
    /// How many notices are in each state; a state without any is absent.
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

impl From<notice::MailPause> for Pause {
    fn from(pause: notice::MailPause) -> Self {
        Self { since: pause.since.and_utc(), answer: pause.answer, next_try_at: pause.next_try_at.and_utc() }
    }
}

/// Count notices by state, and see whether mail is paused
#[utoipa::path(get, path = "/v1/outbox/counts", tag = "outbox",
    responses((status = 200, description = "The figures.", body = Counts)))]
pub(super) async fn counts(call: Call) -> Answer {
    let counts = call.run(outbox::counts).await?;
    let paused = call.run(outbox::pause).await?.map(Pause::from);
    let states = counts.iter().map(|(state, count)| (state.as_str(), *count)).collect();
    shown(&Counts { states, paused })
}

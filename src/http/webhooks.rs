//! `/v1/employers/{id}/webhooks` and `/v1/webhooks/{id}`: where programs of HR hear that a schedule has changed.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::{Call, id_in};
use crate::domain::ids::{EmployerId, WebhookId, WebhookMessageId};
use crate::domain::target::Target;
use crate::domain::webhook::{self, MessageKind, MessageState};
use crate::services::webhooks;

fn url() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(1_000))
        .pattern(Some("^[Hh][Tt][Tt][Pp][Ss]?://"))
        .examples(["https://hr.example/library-swap"])
        .build()
}

fn state() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["enabled", "disabled"])).build()
}

fn message_kind() -> Object {
    let kinds = MessageKind::ALL.iter().map(|kind| kind.as_str());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(kinds)).build()
}

fn message_state() -> Object {
    let states = MessageState::ALL.iter().map(|state| state.as_str());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(states)).build()
}

/// A webhook without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Webhook {
    id: Uuid,
    employer: Uuid,
    /// Where its messages go.
    #[schema(schema_with = url)]
    url: String,
    /// `disabled`: nothing is sent any more, because nothing could be delivered.
    #[schema(schema_with = state)]
    state: &'static str,
    /// Until when the former secret signs too, after the secret was changed.
    former_secret_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    /// When a message was delivered last.
    delivered_at: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
}

impl From<webhook::Webhook> for Webhook {
    fn from(webhook: webhook::Webhook) -> Self {
        Self {
            id: webhook.id.uuid(),
            employer: webhook.employer.uuid(),
            url: webhook.url,
            state: if webhook.disabled_at.is_some() { "disabled" } else { "enabled" },
            former_secret_until: webhook.former_secret_until.map(|at| at.and_utc()),
            created_at: webhook.created_at.and_utc(),
            delivered_at: webhook.delivered_at.map(|at| at.and_utc()),
            disabled_at: webhook.disabled_at.map(|at| at.and_utc()),
        }
    }
}

/// A webhook whose secret was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct FreshWebhook {
    #[serde(flatten)]
    webhook: Webhook,
    /// By what its messages are proven: `whsec_` and base64. It is never shown again.
    secret: String,
}

impl From<webhooks::FreshWebhook> for FreshWebhook {
    fn from(fresh: webhooks::FreshWebhook) -> Self {
        Self { webhook: fresh.webhook.into(), secret: fresh.secret }
    }
}

/// A webhook to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct NewWebhookBody {
    /// `https://…`; its host must lead to the public internet, or be allowed by the operators.
    #[schema(schema_with = url)]
    url: String,
}

/// What came of a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(super) struct Delivery {
    /// The `webhook-id` of every attempt.
    id: Uuid,
    /// What it tells.
    #[serde(rename = "type")]
    #[schema(schema_with = message_kind)]
    kind: &'static str,
    #[schema(schema_with = message_state)]
    state: &'static str,
    /// How often it was tried; seven times at most.
    attempts: i64,
    first_tried_at: Option<DateTime<Utc>>,
    /// When it is tried next, while it waits for another attempt.
    next_attempt_at: Option<DateTime<Utc>>,
    /// The status of the last answer; null where none came.
    last_status: Option<i64>,
    /// Why the last attempt failed.
    last_error: Option<String>,
    /// When it was delivered or given up.
    settled_at: Option<DateTime<Utc>>,
}

impl From<webhook::Message> for Delivery {
    fn from(message: webhook::Message) -> Self {
        let is_put_back = message.state == MessageState::Queued && message.first_tried_at.is_some();
        Self {
            id: message.id.uuid(),
            kind: message.kind.as_str(),
            state: message.state.as_str(),
            attempts: message.attempts,
            first_tried_at: message.first_tried_at.map(|at| at.and_utc()),
            next_attempt_at: is_put_back.then(|| message.next_attempt_at.and_utc()),
            last_status: message.last_status,
            last_error: message.last_error,
            settled_at: message.settled_at.map(|at| at.and_utc()),
        }
    }
}

/// Register a webhook
///
/// A signed POST tells of each change of the employer's schedule, without names: `…/schedule/changes` tells what it is
/// (docs/webhooks.md).
#[utoipa::path(post, path = "/v1/employers/{id}/webhooks", tag = "webhooks", params(("id" = Uuid, Path)),
    request_body = NewWebhookBody,
    responses((status = 201, description = "The webhook and its secret.", body = FreshWebhook,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let employer: EmployerId = call.id("employer")?;
    let target = call.body(&["url"], |object| object.required("url").and_then(|at| at.parse::<Target>()))?;
    let fresh = call.run(move |app, actor| webhooks::create(app, actor, employer, &target)).await?;
    made(&format!("/v1/webhooks/{}", fresh.webhook.id), &FreshWebhook::from(fresh))
}

/// List an employer's webhooks
#[utoipa::path(get, path = "/v1/employers/{id}/webhooks", tag = "webhooks",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of webhooks.", body = Listed<Webhook>)))]
pub(super) async fn list(call: Call) -> Answer {
    let employer: EmployerId = call.id("employer")?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| webhooks::list(app, actor, employer, &page)).await?;
    listed(&call, found, Webhook::from)
}

/// Show a webhook
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The webhook.", body = Webhook)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: WebhookId = call.id("webhook")?;
    shown(&Webhook::from(call.run(move |app, actor| webhooks::get(app, actor, id)).await?))
}

/// Take a webhook away with its messages
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Nothing is sent any more.")))]
pub(super) async fn delete(call: Call) -> Answer {
    let id: WebhookId = call.id("webhook")?;
    call.no_body()?;
    call.run(move |app, actor| webhooks::delete(app, actor, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Give a webhook another secret
///
/// For 24 hours messages are signed with both.
#[utoipa::path(post, path = "/v1/webhooks/{id}/secret", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The webhook and its new secret.", body = FreshWebhook)))]
pub(super) async fn renew(call: Call) -> Answer {
    let id: WebhookId = call.id("webhook")?;
    call.no_body()?;
    shown(&FreshWebhook::from(call.run(move |app, actor| webhooks::renew(app, actor, id)).await?))
}

/// Switch a webhook on again
///
/// It was switched off because nothing could be delivered. Messages that wait for it go; what was changed meanwhile is read by
/// the cursor.
#[utoipa::path(post, path = "/v1/webhooks/{id}/enable", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The webhook as it is now.", body = Webhook)))]
pub(super) async fn enable(call: Call) -> Answer {
    let id: WebhookId = call.id("webhook")?;
    call.no_body()?;
    shown(&Webhook::from(call.run(move |app, actor| webhooks::enable(app, actor, id)).await?))
}

/// List what came of a webhook's messages
///
/// Oldest first; for thirty days after a message was delivered or given up.
#[utoipa::path(get, path = "/v1/webhooks/{id}/deliveries", tag = "webhooks",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of messages.", body = Listed<Delivery>)))]
pub(super) async fn list_deliveries(call: Call) -> Answer {
    let id: WebhookId = call.id("webhook")?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| webhooks::list_messages(app, actor, id, &page)).await?;
    listed(&call, found, Delivery::from)
}

/// Send a message again
///
/// As it was, under the same `webhook-id`, with all its attempts before it.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{delivery}/replay", tag = "webhooks",
    params(("id" = Uuid, Path), ("delivery" = Uuid, Path)),
    responses((status = 200, description = "The message as it is now.", body = Delivery)))]
pub(super) async fn replay(call: Call) -> Answer {
    let id: WebhookId = call.id("webhook")?;
    let message: WebhookMessageId = id_in(&call.path.delivery, "message")?;
    call.no_body()?;
    shown(&Delivery::from(call.run(move |app, actor| webhooks::replay(app, actor, (id, message))).await?))
}

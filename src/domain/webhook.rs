//! Webhooks: where programs of an employer's HR hear that its schedule has changed, or that a file of it can be fetched; and
//! the messages to them.

use chrono::{DateTime, NaiveDateTime, SecondsFormat};
use serde_json::json;

use super::ids::{EmployerId, WebhookId, WebhookMessageId};
use super::states::named;

named! {
    /// What a message tells.
    MessageKind {
        /// The schedule has changed.
        ScheduleChanged = "schedule.changed",
        /// A file of it can be fetched.
        ScheduleReady = "schedule.ready",
    }
}

/// Where an employer's programs hear of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its identity.
    pub id: WebhookId,
    /// Whose schedule it tells of.
    pub employer: EmployerId,
    /// Where its messages go.
    pub url: String,
    /// Until when the former secret signs too; none where nothing else does.
    pub former_secret_until: Option<NaiveDateTime>,
    /// Since when it is there.
    pub created_at: NaiveDateTime,
    /// When a message was delivered last.
    pub delivered_at: Option<NaiveDateTime>,
    /// Since when nothing is sent, because nothing could be delivered.
    pub disabled_at: Option<NaiveDateTime>,
}

/// A webhook that was switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookOff {
    /// Its id, by which it is switched on again.
    pub id: String,
    /// The host that it calls; the whole URL may hold a secret.
    pub host: String,
    /// What the receiver answered last; none where it gave no answer.
    pub status: Option<i64>,
}

named! {
    /// How far a message is.
    MessageState {
        /// Waits for its time.
        Queued = "queued",
        /// Is being sent.
        Sending = "sending",
        /// The receiver took it.
        Delivered = "delivered",
        /// It was tried as often as messages are.
        Failed = "failed",
    }
}

/// A message to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its identity: the `webhook-id` of every attempt.
    pub id: WebhookMessageId,
    /// To which.
    pub webhook: WebhookId,
    /// What it tells.
    pub kind: MessageKind,
    /// What it tells of that, as a JSON object.
    pub data: String,
    /// How far it is.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: i64,
    /// When first.
    pub first_tried_at: Option<NaiveDateTime>,
    /// When next, while it waits.
    pub next_attempt_at: NaiveDateTime,
    /// What the receiver answered last.
    pub last_status: Option<i64>,
    /// Why the last attempt failed, where it did.
    pub last_error: Option<String>,
    /// When it was delivered or given up.
    pub settled_at: Option<NaiveDateTime>,
}

impl Message {
    /// What is sent: the same bytes at every attempt.
    pub fn body(&self) -> String {
        let data: serde_json::Value = serde_json::from_str(&self.data).unwrap_or_default();
        let at = self.first_tried_at.unwrap_or(DateTime::UNIX_EPOCH.naive_utc()).and_utc();
        json!({
            "type": self.kind.as_str(),
            "timestamp": at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "data": data,
        })
        .to_string()
    }
}

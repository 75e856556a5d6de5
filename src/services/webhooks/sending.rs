//! What the worker needs to send messages: claimed by a lease, signed for each attempt, settled.
//!
//! Signatures are those of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and body.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::disable;
use crate::domain::fault::Rule;
use crate::domain::permissions::{Action, Actor};
use crate::domain::target::Target;
use crate::domain::webhook::{Message, MessageState, Webhook};
use crate::services::app::permit_everywhere;
use crate::services::outbox::{LEASE, wait_after};
use crate::services::{App, AppError};
use crate::store::webhook_messages::Tried;
use crate::store::{webhook_messages, webhooks};

/// For how long it is told what came of a message.
const KEPT: Duration = Duration::days(30);

/// A claimed message, ready to be sent.
#[derive(Clone)]
pub struct Outgoing {
    /// To whom.
    pub webhook: Webhook,
    /// The message.
    pub message: Message,
    secrets: Vec<String>,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("message", &self.message.id).finish_non_exhaustive()
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The status of the answer; none without one.
    pub status: Option<u16>,
    /// Why it is none that takes the message.
    pub error: Option<String>,
}

/// What travels.
#[derive(Debug, Clone)]
pub struct Signed {
    /// JSON.
    pub body: String,
    /// Headers that prove it, by name.
    pub headers: [(&'static str, String); 3],
}

/// Claims the message that has waited longest; none where nothing is due.
///
/// # Errors
/// The database's; `unavailable` where the key of the secrets is not there.
pub fn claim(app: &App, by: &str) -> Result<Option<Outgoing>, AppError> {
    permit_everywhere(&Actor::worker(by), Action::SendWebhooks)?;
    let now = app.clock.now_utc();
    let due = app.store.read(|db| Ok::<_, AppError>(webhook_messages::find_due(db, now)?))?;
    let Some(id) = due else { return Ok(None) };
    app.store.write_queue(|tx| {
        let Some(message) = webhook_messages::claim(tx, id, by, (now, now + LEASE))? else { return Ok(None) };
        let Some(webhook) = webhooks::find(tx, message.webhook, None)? else { return Ok(None) };
        let secrets = webhooks::secrets(tx, webhook.id, now)?;
        Ok(Some(Outgoing { webhook, message, secrets }))
    })
}

/// Where a webhook may be connected to now: its host is looked up, once, and every address is held against the rules.
///
/// # Errors
/// The rule that is broken, with the address.
pub fn addresses(app: &App, target: &Target) -> Result<Vec<SocketAddr>, Rule> {
    let found = app.settings.names.look_up(&target.host());
    target.check(&found, &app.settings.webhook_targets)?;
    Ok(found.into_iter().map(|address| SocketAddr::new(address, target.port())).collect())
}

/// The body of a message and the headers that prove it now.
///
/// # Errors
/// `internal` for a secret that is none.
pub fn sign(app: &App, outgoing: &Outgoing) -> Result<Signed, AppError> {
    let body = outgoing.message.body();
    let (id, at) = (outgoing.message.id.to_string(), app.clock.now().timestamp().to_string());
    let signed = format!("{id}.{at}.{body}");
    let sign = |secret: &String| {
        let broken = || AppError::Internal(format!("the secret of {}", outgoing.webhook.id));
        let coded = secret.strip_prefix("whsec_").ok_or_else(broken)?;
        let key = STANDARD.decode(coded).map_err(|_| broken())?;
        let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| broken())?;
        Ok(format!("v1,{}", STANDARD.encode(mac.chain_update(&signed).finalize().into_bytes())))
    };
    let signatures: Vec<String> = outgoing.secrets.iter().map(sign).collect::<Result<_, AppError>>()?;
    let headers =
        [("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", signatures.join(" "))];
    Ok(Signed { body, headers })
}

/// Settles an attempt. A webhook is switched off where its receiver says that it is gone (410), and where all attempts of a
/// message have failed and nothing else was delivered since the first of them.
///
/// # Errors
/// The database's.
pub fn settle(app: &App, by: &str, outgoing: &Outgoing, outcome: &Outcome) -> Result<(), AppError> {
    let now = app.now()?;
    let (actor, message) = (&Actor::worker(by), &outgoing.message);
    let status = outcome.status.map(i64::from);
    let is_gone = status == Some(410);
    let wait = wait_after(message.id.uuid(), message.attempts).filter(|_| !is_gone);
    let (state, at) = match (&outcome.error, wait) {
        (None, _) => (MessageState::Delivered, now.utc()),
        (Some(_), Some(wait)) => (MessageState::Queued, now.utc() + wait),
        (Some(_), None) => (MessageState::Failed, now.utc()),
    };
    let tried = Tried { state, status, error: outcome.error.as_deref(), at };
    app.store.write(|tx| {
        if !webhook_messages::settle(tx, message.id, by, &tried)? {
            return Ok(());
        }
        if state == MessageState::Delivered {
            webhooks::mark_delivered(tx, outgoing.webhook.id, now.utc())?;
            return Ok(());
        }
        // As it is now: others may have been delivered meanwhile.
        let webhook = webhooks::find(tx, outgoing.webhook.id, None)?.filter(|one| one.disabled_at.is_none());
        let Some(webhook) = webhook else { return Ok(()) };
        let is_dead = state == MessageState::Failed && webhook.delivered_at < message.first_tried_at;
        match (is_gone, is_dead) {
            (true, _) => disable(tx, &now, actor, &webhook, (status, "gone")),
            (false, true) => disable(tx, &now, actor, &webhook, (status, "failed")),
            (false, false) => Ok(()),
        }
    })
}

/// Forgets what came of messages that were settled long ago.
///
/// # Errors
/// The database's.
pub fn forget_old(app: &App) -> Result<usize, AppError> {
    let before = app.clock.now_utc() - KEPT;
    app.store.write_queue(|tx| Ok(webhook_messages::forget_old(tx, before)?))
}

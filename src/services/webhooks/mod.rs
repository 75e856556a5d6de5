//! Webhooks: programs of an employer's HR hear that its schedule has changed, and ask then what.
//!
//! A message holds no names, so that nothing personal leaves towards an address that somebody has mistyped, and one that comes
//! twice or late does no harm. Told for receivers in docs/webhooks.md.

mod sending;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Duration;
use serde_json::json;

use super::app::{Now, own_employers, permit, record};
use super::outbox::{about_no_case, facts_with};
use super::page::{Page, Paged};
use super::{App, AppError};
use crate::domain::fault::Rule;
use crate::domain::ids::{EmployerId, NoticeId, WebhookId, WebhookMessageId};
use crate::domain::letter::{Letter, NoticeKind};
use crate::domain::notice::Notice;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::target::Target;
use crate::domain::webhook::{Message, Webhook, WebhookOff};
use crate::store::{Db, Tx, organisations, outbox, webhook_messages, webhooks};

pub use sending::{Outcome, Outgoing, Signed, addresses, claim, forget_old, settle, sign};

/// How long the former secret signs beside a new one.
const ROTATION: Duration = Duration::hours(24);
/// Webhooks of one employer.
const MOST: usize = 10;

/// A webhook whose secret was just made.
#[derive(Clone)]
pub struct FreshWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// What proves its messages: `whsec_` and base64. Shown once.
    pub secret: String,
}

impl std::fmt::Debug for FreshWebhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FreshWebhook").field("webhook", &self.webhook.id).finish_non_exhaustive()
    }
}

fn new_secret(now: &Now) -> String {
    // 64 letters, the most that Standard Webhooks takes, of 32 bytes of chance.
    format!("whsec_{}", STANDARD.encode(now.secret("webhook")))
}

/// Refuses what needs a key where there is none.
fn admit_secrets(app: &App) -> Result<(), AppError> {
    if app.store.keys().is_empty() {
        let words = "this service has no key to encrypt the secrets of webhooks with, so it has none; the operators make a key \
                     with `library-swap keys new`";
        return Err(Refusal::new(RefusalCode::NoEncryptionKey, words).into());
    }
    Ok(())
}

/// Registers where an employer's programs hear of changes, and tells the secret of its messages.
///
/// # Errors
/// `invalid-fields` for a URL that may not be called, with the address that its host stands for, and for too many webhooks;
/// `already-exists` for the same URL; `no-encryption-key`; `not-found`, also for somebody else's employer; `forbidden`.
pub fn create(
    app: &App,
    actor: &Actor,
    employer: EmployerId,
    target: &Target,
) -> Result<FreshWebhook, AppError> {
    permit(actor, Action::ManageWebhooks, &Subject::of_employers(&[employer]), ("employer", &employer))?;
    admit_secrets(app)?;
    addresses(app, target).map_err(|rule| AppError::field("/url", target, rule))?;
    let now = app.now()?;
    let secret = new_secret(&now);
    let webhook = Webhook {
        id: WebhookId::new(now.id("webhook")),
        employer,
        url: target.to_string(),
        former_secret_until: None,
        created_at: now.utc(),
        delivered_at: None,
        disabled_at: None,
    };
    app.store.write(|tx| {
        organisations::find_employer(tx, employer)?
            .ok_or_else(|| AppError::not_found("employer", employer))?;
        let others = webhooks::list(tx, employer, None, i64::try_from(MOST).unwrap_or(i64::MAX))?;
        if let Some(same) = others.iter().find(|other| other.url == webhook.url) {
            let words = format!("this employer has a webhook with this URL already: {}", same.id);
            return Err(Refusal::new(RefusalCode::AlreadyExists, words).into());
        }
        if others.len() >= MOST {
            let rule = Rule::new(format!(
                "is one too many: an employer has at most {MOST}; take another away first"
            ));
            return Err(AppError::field("/url", target, rule));
        }
        webhooks::insert(tx, &webhook, &secret)?;
        // Not the URL: it may hold a secret of the receiver's.
        let details = json!({ "made": true, "employer": employer.to_string(), "host": target.host() });
        record(tx, &now, actor, Action::ManageWebhooks, ("webhook", &webhook.id), &details)
    })?;
    Ok(FreshWebhook { webhook, secret })
}

/// A page of an employer's webhooks, without their secrets.
///
/// # Errors
/// `not-found`, also for somebody else's employer; `forbidden`.
pub fn list(
    app: &App,
    actor: &Actor,
    employer: EmployerId,
    page: &Page<WebhookId>,
) -> Result<Paged<Webhook, WebhookId>, AppError> {
    permit(actor, Action::ReadWebhooks, &Subject::of_employers(&[employer]), ("employer", &employer))?;
    app.store.read(|db| {
        organisations::find_employer(db, employer)?
            .ok_or_else(|| AppError::not_found("employer", employer))?;
        Ok(page.cut(webhooks::list(db, employer, page.after, page.fetch())?, |webhook| webhook.id))
    })
}

/// A webhook within the actor's reach.
fn load(db: &mut Db, actor: &Actor, action: Action, id: WebhookId) -> Result<Webhook, AppError> {
    let own = own_employers(actor, action)?;
    webhooks::find(db, id, own.as_deref())?.ok_or_else(|| AppError::not_found("webhook", id))
}

/// A webhook, without its secret.
///
/// # Errors
/// `not-found`, also for somebody else's; `forbidden`.
pub fn get(app: &App, actor: &Actor, id: WebhookId) -> Result<Webhook, AppError> {
    app.store.read(|db| load(db, actor, Action::ReadWebhooks, id))
}

/// Takes a webhook away with its messages.
///
/// # Errors
/// As for [`get`].
pub fn delete(app: &App, actor: &Actor, id: WebhookId) -> Result<(), AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        load(tx, actor, Action::ManageWebhooks, id)?;
        webhooks::delete(tx, id)?;
        record(tx, &now, actor, Action::ManageWebhooks, ("webhook", &id), &json!({ "deleted": true }))
    })
}

/// Gives a webhook another secret; for a day the former one signs too.
///
/// # Errors
/// As for [`get`]; `no-encryption-key`.
pub fn renew(app: &App, actor: &Actor, id: WebhookId) -> Result<FreshWebhook, AppError> {
    let now = app.now()?;
    let secret = new_secret(&now);
    app.store.write(|tx| {
        let found = load(tx, actor, Action::ManageWebhooks, id)?;
        admit_secrets(app)?;
        let until = now.utc() + ROTATION;
        webhooks::renew(tx, id, &secret, until)?;
        record(tx, &now, actor, Action::ManageWebhooks, ("webhook", &id), &json!({ "renewed": true }))?;
        let webhook = Webhook { former_secret_until: Some(until), ..found };
        Ok(FreshWebhook { webhook, secret: secret.clone() })
    })
}

/// Switches a webhook on again that was switched off; what waited for it goes then. One that is on stays as it is.
///
/// # Errors
/// As for [`get`].
pub fn enable(app: &App, actor: &Actor, id: WebhookId) -> Result<Webhook, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let found = load(tx, actor, Action::ManageWebhooks, id)?;
        if found.disabled_at.is_some() {
            webhooks::save_disabled(tx, id, None)?;
            record(tx, &now, actor, Action::ManageWebhooks, ("webhook", &id), &json!({ "enabled": true }))?;
        }
        Ok(Webhook { disabled_at: None, ..found })
    })
}

/// A page of a webhook's messages and what came of them, oldest first.
///
/// # Errors
/// As for [`get`].
pub fn list_messages(
    app: &App,
    actor: &Actor,
    id: WebhookId,
    page: &Page<WebhookMessageId>,
) -> Result<Paged<Message, WebhookMessageId>, AppError> {
    app.store.read(|db| {
        load(db, actor, Action::ReadWebhooks, id)?;
        Ok(page.cut(webhook_messages::list(db, id, page.after, page.fetch())?, |message| message.id))
    })
}

/// Sends a message again, as it was and under the same id, with all its attempts before it.
///
/// # Errors
/// `webhook-state` for a webhook that is switched off, and a message that is being sent; `not-found`; `forbidden`.
pub fn replay(
    app: &App,
    actor: &Actor,
    (id, message): (WebhookId, WebhookMessageId),
) -> Result<Message, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let found = load(tx, actor, Action::ManageWebhooks, id)?;
        webhook_messages::find(tx, id, message)?.ok_or_else(|| AppError::not_found("message", message))?;
        let refused = |words: &str| AppError::from(Refusal::new(RefusalCode::WebhookState, words));
        if found.disabled_at.is_some() {
            return Err(refused("the webhook is switched off, so nothing is sent to it: switch it on first"));
        }
        if !webhook_messages::replay(tx, message, now.utc())? {
            return Err(refused(
                "the message is being sent just now: wait until it is delivered or has failed",
            ));
        }
        let details = json!({ "replayed": message.to_string() });
        record(tx, &now, actor, Action::ManageWebhooks, ("webhook", &id), &details)?;
        webhook_messages::find(tx, id, message)?.ok_or_else(|| AppError::not_found("message", message))
    })
}

/// Switches a webhook off and tells its employer's HR, where it is known who that is.
fn disable(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    webhook: &Webhook,
    (status, why): (Option<i64>, &str),
) -> Result<(), AppError> {
    webhooks::save_disabled(tx, webhook.id, Some(now.utc()))?;
    let details = json!({ "disabled": why, "status": status });
    record(tx, now, actor, Action::SendWebhooks, ("webhook", &webhook.id), &details)?;
    let Some(address) = organisations::find_hr_address(tx, webhook.employer)? else { return Ok(()) };
    let key = format!("webhook_disabled:{}:{}", webhook.id, now.at.timestamp_micros());
    let what = (NoticeKind::WebhookDisabled, key);
    let id = NoticeId::new(now.id(&format!("webhook notice {}", webhook.id)));
    let notice = Notice::queued(id, what, (Party::Manager, address), now.utc());
    let facts = json!({ "webhook": webhook.id.to_string(), "status": status }).to_string();
    outbox::enqueue(tx, &Notice { facts, ..notice })?;
    Ok(())
}

/// The letter that tells HR that a webhook was switched off; none where it is on again or gone.
///
/// # Errors
/// The database's.
pub(super) fn letter(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    notice: &Notice,
) -> Result<Option<Letter>, AppError> {
    let (facts, id) = facts_with::<WebhookId>(notice, "webhook")?;
    let found = webhooks::find(tx, id, None)?.filter(|webhook| webhook.disabled_at.is_some());
    let Some(webhook) = found else { return Ok(None) };
    let employer = organisations::find_employer(tx, webhook.employer)?;
    let language = employer.and_then(|employer| employer.language).unwrap_or(app.settings.language);
    let broken = |_| AppError::Internal(format!("the URL of {id}"));
    let target: Target = webhook.url.parse().map_err(broken)?;
    Ok(Some(Letter {
        webhook: Some(WebhookOff {
            id: id.to_string(),
            host: target.host(),
            status: facts["status"].as_i64(),
        }),
        ..about_no_case(app, now, notice, language)
    }))
}

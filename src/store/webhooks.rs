//! Webhooks: where an employer's programs hear of changes, and by which secrets their messages are signed.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::keys::{self, Place, WEBHOOK_SECRET};
use super::schema::{webhook_messages, webhooks};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{EmployerId, WebhookId};
use crate::domain::webhook::Webhook;

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks)]
struct Row {
    id: String,
    employer_id: String,
    url: String,
    former_until: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
    delivered_at: Option<NaiveDateTime>,
    disabled_at: Option<NaiveDateTime>,
}

impl Row {
    fn into_domain(self) -> Result<Webhook, StoreError> {
        Ok(Webhook {
            id: parse("webhook", &self.id)?,
            employer: parse("employer", &self.employer_id)?,
            url: self.url,
            former_secret_until: self.former_until,
            created_at: self.created_at,
            delivered_at: self.delivered_at,
            disabled_at: self.disabled_at,
        })
    }
}

/// Adds a webhook with its secret.
///
/// # Errors
/// [`StoreError::NoKey`] where there is no key to seal it with; the database's.
pub fn insert(tx: &mut Tx<'_>, webhook: &Webhook, secret: &str) -> Result<(), StoreError> {
    let id = webhook.id.to_string();
    diesel::insert_into(webhooks::table)
        .values((
            webhooks::id.eq(&id),
            webhooks::employer_id.eq(webhook.employer.to_string()),
            webhooks::url.eq(&webhook.url),
            webhooks::secret.eq(keys::seal_webhook_secret(&id, secret)?),
            webhooks::created_at.eq(webhook.created_at),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// A webhook; of some employers only, where they are named.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: WebhookId, own: Option<&[EmployerId]>) -> Result<Option<Webhook>, StoreError> {
    let mut query = webhooks::table.filter(webhooks::id.eq(id.to_string())).into_boxed();
    if let Some(own) = own {
        let own: Vec<String> = own.iter().map(ToString::to_string).collect();
        query = query.filter(webhooks::employer_id.eq_any(own));
    }
    query.select(Row::as_select()).first(db).optional()?.map(Row::into_domain).transpose()
}

/// A page of an employer's webhooks.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    employer: EmployerId,
    after: Option<WebhookId>,
    most: i64,
) -> Result<Vec<Webhook>, StoreError> {
    let mut query = webhooks::table.filter(webhooks::employer_id.eq(employer.to_string())).into_boxed();
    if let Some(after) = after {
        query = query.filter(webhooks::id.gt(after.to_string()));
    }
    let rows: Vec<Row> = query.order(webhooks::id).limit(most).select(Row::as_select()).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// What a webhook's messages are signed with at an instant: its secret, and the one before while that signs too.
///
/// # Errors
/// The database's; `Unavailable` where the key is not there.
pub fn secrets(db: &mut Db, id: WebhookId, now: NaiveDateTime) -> Result<Vec<String>, StoreError> {
    let id = id.to_string();
    let (secret, former, until): (String, Option<String>, Option<NaiveDateTime>) = webhooks::table
        .find(&id)
        .select((webhooks::secret, webhooks::former_secret, webhooks::former_until))
        .first(db)?;
    let former = former.filter(|_| until.is_some_and(|until| now < until));
    std::iter::once(secret)
        .chain(former)
        .map(|sealed| keys::open(Place { what: WEBHOOK_SECRET, id: &id }, &sealed))
        .collect()
}

/// Gives a webhook another secret; the one before signs too for a while, and that before it no more.
///
/// # Errors
/// As for [`insert`].
pub fn renew(
    tx: &mut Tx<'_>,
    id: WebhookId,
    secret: &str,
    former_until: NaiveDateTime,
) -> Result<(), StoreError> {
    let id = id.to_string();
    let sealed = keys::seal_webhook_secret(&id, secret)?;
    diesel::update(webhooks::table.find(&id))
        .set((
            webhooks::former_secret.eq(webhooks::secret.nullable()),
            webhooks::former_until.eq(former_until),
            webhooks::secret.eq(sealed),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Switches a webhook off at an instant, or on again.
///
/// # Errors
/// The database's.
pub fn save_disabled(tx: &mut Tx<'_>, id: WebhookId, at: Option<NaiveDateTime>) -> Result<(), StoreError> {
    diesel::update(webhooks::table.find(id.to_string()))
        .set(webhooks::disabled_at.eq(at))
        .execute(&mut **tx)?;
    Ok(())
}

/// A message was delivered.
///
/// # Errors
/// The database's.
pub fn mark_delivered(tx: &mut Tx<'_>, id: WebhookId, at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(webhooks::table.find(id.to_string()))
        .set(webhooks::delivered_at.eq(at))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes a webhook away with all its messages.
///
/// # Errors
/// The database's.
pub fn delete(tx: &mut Tx<'_>, id: WebhookId) -> Result<(), StoreError> {
    let id = id.to_string();
    diesel::delete(webhook_messages::table.filter(webhook_messages::webhook_id.eq(&id)))
        .execute(&mut **tx)?;
    diesel::delete(webhooks::table.find(&id)).execute(&mut **tx)?;
    Ok(())
}

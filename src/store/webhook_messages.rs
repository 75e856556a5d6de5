//! Messages to webhooks: written where a transaction's changes are numbered and where a file of the schedule is made, claimed
//! by a lease, settled, sent again.

use chrono::{DateTime, NaiveDateTime};
use diesel::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::schema::{webhook_messages, webhooks};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{EmployerId, WebhookId, WebhookMessageId};
use crate::domain::schedule::{Counted, Cursor, Op};
use crate::domain::webhook::{Message, MessageKind, MessageState};

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_messages)]
struct Row {
    id: String,
    webhook_id: String,
    kind: String,
    data: String,
    state: String,
    attempts: i64,
    first_tried_at: Option<NaiveDateTime>,
    next_attempt_at: NaiveDateTime,
    last_status: Option<i64>,
    last_error: Option<String>,
    settled_at: Option<NaiveDateTime>,
}

impl Row {
    fn into_domain(self) -> Result<Message, StoreError> {
        Ok(Message {
            id: parse("message", &self.id)?,
            webhook: parse("webhook", &self.webhook_id)?,
            kind: parse("type of a message", &self.kind)?,
            data: self.data,
            state: parse("state of a message", &self.state)?,
            attempts: self.attempts,
            first_tried_at: self.first_tried_at,
            next_attempt_at: self.next_attempt_at,
            last_status: self.last_status,
            last_error: self.last_error,
            settled_at: self.settled_at,
        })
    }
}

/// Rows that a message names at most; the others are read with them, by the cursor.
const MOST_NAMED: usize = 500;

/// Writes a message to each of an employer's webhooks that are on: what a transaction has changed of its schedule, up to a
/// revision. Without a clock: it is due at once.
pub(super) fn enqueue(
    tx: &mut Tx<'_>,
    employer: &str,
    revision: i64,
    changed: &[(Counted, Op)],
) -> Result<(), StoreError> {
    let hooks = list_enabled(tx, employer)?;
    if hooks.is_empty() {
        return Ok(());
    }
    let told = |(one, op): &(Counted, Op)| json!({ "placement": one.placement.to_string(), "revision": one.revision, "op": op.as_str() });
    let rows: Vec<_> = changed.iter().take(MOST_NAMED).map(told).collect();
    let cursor = Cursor { employer: parse("employer", employer)?, read: revision };
    let data = json!({ "employer": employer, "cursor": cursor.to_string(), "changed": rows });
    let due = DateTime::UNIX_EPOCH.naive_utc();
    insert(tx, &hooks, (MessageKind::ScheduleChanged, revision), &data.to_string(), due)
}

/// Writes a message to each of an employer's webhooks that are on: a file of the schedule, up to a revision, can be fetched.
/// Gives how many.
///
/// # Errors
/// The database's.
pub fn enqueue_ready(
    tx: &mut Tx<'_>,
    employer: EmployerId,
    revision: i64,
    data: &Value,
    now: NaiveDateTime,
) -> Result<usize, StoreError> {
    let hooks = list_enabled(tx, &employer.to_string())?;
    insert(tx, &hooks, (MessageKind::ScheduleReady, revision), &data.to_string(), now)?;
    Ok(hooks.len())
}

fn list_enabled(tx: &mut Tx<'_>, employer: &str) -> Result<Vec<String>, StoreError> {
    Ok(webhooks::table
        .filter(webhooks::employer_id.eq(employer))
        .filter(webhooks::disabled_at.is_null())
        .select(webhooks::id)
        .load(&mut **tx)?)
}

fn insert(
    tx: &mut Tx<'_>,
    hooks: &[String],
    (kind, revision): (MessageKind, i64),
    data: &str,
    due: NaiveDateTime,
) -> Result<(), StoreError> {
    for hook in hooks {
        diesel::insert_into(webhook_messages::table)
            .values((
                webhook_messages::id.eq(id_of(hook, revision, data).to_string()),
                webhook_messages::webhook_id.eq(hook),
                webhook_messages::kind.eq(kind.as_str()),
                webhook_messages::data.eq(data),
                webhook_messages::state.eq(MessageState::Queued.as_str()),
                webhook_messages::attempts.eq(0),
                webhook_messages::next_attempt_at.eq(due),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// A uuid v8 (RFC 9562) of the revision, the webhook and what is told: a repeated transaction makes the same, and a webhook's
/// messages sort by what they tell.
fn id_of(webhook: &str, revision: i64, data: &str) -> Uuid {
    let hash = Sha256::new().chain_update(webhook).chain_update(data).finalize();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&revision.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&hash[..10]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Whether a message can be tried: it is time, or its sender has gone.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_due(now: NaiveDateTime) -> _ {
    let (queued, sending): (&'static str, &'static str) =
        (MessageState::Queued.as_str(), MessageState::Sending.as_str());
    webhook_messages::state
        .eq(queued)
        .and(webhook_messages::next_attempt_at.le(now))
        .or(webhook_messages::state.eq(sending).and(webhook_messages::lease_until.lt(now).assume_not_null()))
}

/// The message that has waited longest, to a webhook that is on and is sent nothing just now: one that is slow holds up
/// nobody but itself.
///
/// # Errors
/// The database's.
pub fn find_due(db: &mut Db, now: NaiveDateTime) -> Result<Option<WebhookMessageId>, StoreError> {
    let busy: Vec<String> = webhook_messages::table
        .filter(webhook_messages::state.eq(MessageState::Sending.as_str()))
        .filter(webhook_messages::lease_until.ge(now))
        .select(webhook_messages::webhook_id)
        .load(db)?;
    let found: Option<String> = webhook_messages::table
        .inner_join(webhooks::table.on(webhooks::id.eq(webhook_messages::webhook_id)))
        .filter(webhooks::disabled_at.is_null())
        .filter(is_due(now))
        .filter(webhook_messages::webhook_id.ne_all(busy))
        .order((webhook_messages::next_attempt_at, webhook_messages::id))
        .select(webhook_messages::id)
        .first(db)
        .optional()?;
    found.map(|id| parse("message", &id)).transpose()
}

/// Claims a message, unless another sender has; the claim counts as an attempt.
///
/// # Errors
/// The database's.
pub fn claim(
    tx: &mut Tx<'_>,
    id: WebhookMessageId,
    by: &str,
    (now, lease_until): (NaiveDateTime, NaiveDateTime),
) -> Result<Option<Message>, StoreError> {
    let id = id.to_string();
    let claimed = diesel::update(webhook_messages::table.find(&id).filter(is_due(now)))
        .set((
            webhook_messages::state.eq(MessageState::Sending.as_str()),
            webhook_messages::attempts.eq(webhook_messages::attempts + 1),
            webhook_messages::lease_by.eq(by),
            webhook_messages::lease_until.eq(lease_until),
        ))
        .execute(&mut **tx)?;
    if claimed == 0 {
        return Ok(None);
    }
    let never = webhook_messages::table.find(&id).filter(webhook_messages::first_tried_at.is_null());
    diesel::update(never).set(webhook_messages::first_tried_at.eq(now)).execute(&mut **tx)?;
    let row: Row = webhook_messages::table.find(&id).select(Row::as_select()).first(&mut **tx)?;
    row.into_domain().map(Some)
}

/// What an attempt came to.
#[derive(Debug, Clone, Copy)]
pub struct Tried<'a> {
    /// Delivered, failed, or queued again.
    pub state: MessageState,
    /// What the receiver answered.
    pub status: Option<i64>,
    /// Why it failed.
    pub error: Option<&'a str>,
    /// When it is tried next; where it is settled, when that was.
    pub at: NaiveDateTime,
}

/// Writes down what an attempt came to; false when the lease was lost.
///
/// # Errors
/// The database's.
pub fn settle(
    tx: &mut Tx<'_>,
    id: WebhookMessageId,
    by: &str,
    tried: &Tried<'_>,
) -> Result<bool, StoreError> {
    let is_over = tried.state != MessageState::Queued;
    let own = webhook_messages::table.find(id.to_string()).filter(webhook_messages::lease_by.eq(by));
    let settled = diesel::update(own)
        .set((
            webhook_messages::state.eq(tried.state.as_str()),
            webhook_messages::last_status.eq(tried.status),
            webhook_messages::last_error.eq(tried.error),
            webhook_messages::next_attempt_at.eq(tried.at),
            webhook_messages::settled_at.eq(is_over.then_some(tried.at)),
            webhook_messages::lease_by.eq(None::<String>),
            webhook_messages::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(&mut **tx)?;
    Ok(settled == 1)
}

/// A message of a webhook.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, webhook: WebhookId, id: WebhookMessageId) -> Result<Option<Message>, StoreError> {
    let row: Option<Row> = webhook_messages::table
        .find(id.to_string())
        .filter(webhook_messages::webhook_id.eq(webhook.to_string()))
        .select(Row::as_select())
        .first(db)
        .optional()?;
    row.map(Row::into_domain).transpose()
}

/// A page of a webhook's messages, oldest first.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    webhook: WebhookId,
    after: Option<WebhookMessageId>,
    most: i64,
) -> Result<Vec<Message>, StoreError> {
    let of = webhook_messages::webhook_id.eq(webhook.to_string());
    let mut query = webhook_messages::table.filter(of).into_boxed();
    if let Some(after) = after {
        query = query.filter(webhook_messages::id.gt(after.to_string()));
    }
    let rows: Vec<Row> = query.order(webhook_messages::id).limit(most).select(Row::as_select()).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// Makes a message due again, with all its attempts before it; false while it is being sent.
///
/// # Errors
/// The database's.
pub fn replay(tx: &mut Tx<'_>, id: WebhookMessageId, now: NaiveDateTime) -> Result<bool, StoreError> {
    let idle = webhook_messages::state.ne(MessageState::Sending.as_str());
    let replayed = diesel::update(webhook_messages::table.find(id.to_string()).filter(idle))
        .set((
            webhook_messages::state.eq(MessageState::Queued.as_str()),
            webhook_messages::attempts.eq(0),
            webhook_messages::next_attempt_at.eq(now),
            webhook_messages::settled_at.eq(None::<NaiveDateTime>),
        ))
        .execute(&mut **tx)?;
    Ok(replayed == 1)
}

/// Takes away what was settled before an instant; gives how many messages.
///
/// # Errors
/// The database's.
pub fn forget_old(tx: &mut Tx<'_>, before: NaiveDateTime) -> Result<usize, StoreError> {
    Ok(diesel::delete(webhook_messages::table.filter(webhook_messages::settled_at.lt(before)))
        .execute(&mut **tx)?)
}

//! The outbox: every mail is enqueued in the transaction of the fact it tells, and sent later (`sending.rs`).
//!
//! A notice is rendered once, before its first attempt; bytes and Message-ID are stored, so that every retry replays
//! the same message.

mod deliveries;
mod held;
mod threads;

use chrono::NaiveDateTime;
use diesel::prelude::*;

pub use self::deliveries::*;
pub use self::held::*;
pub use self::threads::*;

use super::schema::outbox;
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::NoticeId;
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::privacy::ERASED_DOMAIN;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox)]
pub(super) struct Row {
    pub(super) id: String,
    kind: String,
    dedupe_key: String,
    thread_key: String,
    party: String,
    recipient_name: Option<String>,
    recipient_address: String,
    application_id: Option<String>,
    placement_id: Option<String>,
    run_id: Option<String>,
    facts: String,
    pub(super) state: String,
    pub(super) message_id: Option<String>,
    attempts: i64,
    next_attempt_at: NaiveDateTime,
    last_answer: Option<String>,
    created_at: NaiveDateTime,
    settled_at: Option<NaiveDateTime>,
    superseded_by: Option<String>,
    again_of: Option<String>,
    digest_id: Option<String>,
}

impl Row {
    pub(super) fn into_domain(self) -> Result<Notice, StoreError> {
        let notice = |id: Option<&String>| id.map(|id| parse("notice", id)).transpose();
        Ok(Notice {
            id: parse("notice", &self.id)?,
            kind: parse("kind", &self.kind)?,
            dedupe_key: self.dedupe_key,
            thread_key: self.thread_key,
            party: parse("party", &self.party)?,
            recipient_name: self.recipient_name.as_deref().map(|name| parse("name", name)).transpose()?,
            recipient: parse("address", &self.recipient_address)?,
            application: self.application_id.as_deref().map(|id| parse("application", id)).transpose()?,
            placement: self.placement_id.as_deref().map(|id| parse("placement", id)).transpose()?,
            run: self.run_id.as_deref().map(|id| parse("run", id)).transpose()?,
            facts: self.facts,
            state: parse("state", &self.state)?,
            message_id: self.message_id,
            attempts: self.attempts,
            next_attempt_at: self.next_attempt_at,
            last_answer: self.last_answer,
            created_at: self.created_at,
            settled_at: self.settled_at,
            superseded_by: notice(self.superseded_by.as_ref())?,
            again_of: notice(self.again_of.as_ref())?,
            digest: notice(self.digest_id.as_ref())?,
        })
    }
}

/// Adds a notice and, unless it is held, a reminder or says something again, drops the unsent earlier ones of its thread;
/// false when the same fact was enqueued before, and for somebody who was erased.
///
/// # Errors
/// The database's.
pub fn enqueue(tx: &mut Tx<'_>, notice: &Notice) -> Result<bool, StoreError> {
    if notice.recipient.domain() == ERASED_DOMAIN {
        return Ok(false);
    }
    let known: i64 =
        outbox::table.filter(outbox::dedupe_key.eq(&notice.dedupe_key)).count().get_result(&mut **tx)?;
    if known > 0 {
        return Ok(false);
    }
    if notice.state != NoticeState::Held && !notice.kind.is_reminder() && notice.again_of.is_none() {
        overtake(tx, &notice.thread_key, Some(notice.id), notice.created_at)?;
    }
    let row = Row {
        id: notice.id.to_string(),
        kind: notice.kind.to_string(),
        dedupe_key: notice.dedupe_key.clone(),
        thread_key: notice.thread_key.clone(),
        party: notice.party.to_string(),
        recipient_name: notice.recipient_name.as_ref().map(ToString::to_string),
        recipient_address: notice.recipient.to_string(),
        application_id: notice.application.map(|id| id.to_string()),
        placement_id: notice.placement.map(|id| id.to_string()),
        run_id: notice.run.map(|id| id.to_string()),
        facts: notice.facts.clone(),
        state: notice.state.to_string(),
        message_id: None,
        attempts: 0,
        next_attempt_at: notice.next_attempt_at,
        last_answer: None,
        created_at: notice.created_at,
        settled_at: None,
        superseded_by: None,
        again_of: notice.again_of.map(|id| id.to_string()),
        digest_id: None,
    };
    diesel::insert_into(outbox::table).values(&row).execute(&mut **tx)?;
    Ok(true)
}

/// A notice.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: NoticeId) -> Result<Option<Notice>, StoreError> {
    let row = outbox::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    row.map(Row::into_domain).transpose()
}

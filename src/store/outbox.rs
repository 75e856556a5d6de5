//! The outbox: every mail is enqueued in the transaction of the fact it tells, and sent later (`sending.rs`).
//!
//! A notice is rendered once, before its first attempt; bytes and Message-ID are stored, so that every retry replays
//! the same message.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::outbox;
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{ApplicationId, NoticeId, RunId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::{Notice, NoticeState};

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
    application_id: String,
    placement_id: Option<String>,
    run_id: Option<String>,
    facts: String,
    pub(super) state: String,
    pub(super) message_id: Option<String>,
    attempts: i64,
    next_attempt_at: NaiveDateTime,
    last_answer: Option<String>,
    created_at: NaiveDateTime,
}

impl Row {
    pub(super) fn into_domain(self) -> Result<Notice, StoreError> {
        Ok(Notice {
            id: parse("notice", &self.id)?,
            kind: parse("kind", &self.kind)?,
            dedupe_key: self.dedupe_key,
            thread_key: self.thread_key,
            party: parse("party", &self.party)?,
            recipient_name: self.recipient_name.as_deref().map(|name| parse("name", name)).transpose()?,
            recipient: parse("address", &self.recipient_address)?,
            application: parse("application", &self.application_id)?,
            placement: self.placement_id.as_deref().map(|id| parse("placement", id)).transpose()?,
            run: self.run_id.as_deref().map(|id| parse("run", id)).transpose()?,
            facts: self.facts,
            state: parse("state", &self.state)?,
            message_id: self.message_id,
            attempts: self.attempts,
            next_attempt_at: self.next_attempt_at,
            last_answer: self.last_answer,
            created_at: self.created_at,
        })
    }
}

/// Adds a notice and, unless it is held or a reminder, drops the unsent earlier ones of its thread; false when the same
/// fact was enqueued before.
///
/// # Errors
/// The database's.
pub fn enqueue(tx: &mut Tx<'_>, notice: &Notice) -> Result<bool, StoreError> {
    let known: i64 =
        outbox::table.filter(outbox::dedupe_key.eq(&notice.dedupe_key)).count().get_result(&mut **tx)?;
    if known > 0 {
        return Ok(false);
    }
    if notice.state != NoticeState::Held && !notice.kind.is_reminder() {
        supersede(tx, &notice.thread_key, notice.created_at)?;
    }
    let row = Row {
        id: notice.id.to_string(),
        kind: notice.kind.to_string(),
        dedupe_key: notice.dedupe_key.clone(),
        thread_key: notice.thread_key.clone(),
        party: notice.party.to_string(),
        recipient_name: notice.recipient_name.as_ref().map(ToString::to_string),
        recipient_address: notice.recipient.to_string(),
        application_id: notice.application.to_string(),
        placement_id: notice.placement.map(|id| id.to_string()),
        run_id: notice.run.map(|id| id.to_string()),
        facts: notice.facts.clone(),
        state: notice.state.to_string(),
        message_id: None,
        attempts: 0,
        next_attempt_at: notice.next_attempt_at,
        last_answer: None,
        created_at: notice.created_at,
    };
    diesel::insert_into(outbox::table).values(&row).execute(&mut **tx)?;
    Ok(true)
}

/// Which facts, by their keys, were enqueued, and when; whatever became of the mails.
///
/// # Errors
/// The database's.
pub fn list_known(db: &mut Db, dedupe_keys: &[String]) -> Result<HashMap<String, NaiveDateTime>, StoreError> {
    let mut known = HashMap::new();
    for part in dedupe_keys.chunks(1_000) {
        let rows: Vec<(String, NaiveDateTime)> = outbox::table
            .filter(outbox::dedupe_key.eq_any(part))
            .select((outbox::dedupe_key, outbox::created_at))
            .load(db)?;
        known.extend(rows);
    }
    Ok(known)
}

/// Drops the notices of a thread that nobody has begun to send.
///
/// # Errors
/// The database's.
pub fn supersede(tx: &mut Tx<'_>, thread_key: &str, now: NaiveDateTime) -> Result<usize, StoreError> {
    Ok(diesel::update(outbox::table)
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::state.eq_any([NoticeState::Held.as_str(), NoticeState::Queued.as_str()]))
        .filter(outbox::message_id.is_null())
        .set((outbox::state.eq(NoticeState::Superseded.as_str()), outbox::settled_at.eq(now)))
        .execute(&mut **tx)?)
}

/// As [`supersede`], of every thread whose key begins with a text without `%` and `_`.
///
/// # Errors
/// The database's.
pub fn supersede_below(tx: &mut Tx<'_>, prefix: &str, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(outbox::table)
        .filter(outbox::thread_key.like(format!("{prefix}%")))
        .filter(outbox::state.eq(NoticeState::Queued.as_str()))
        .filter(outbox::message_id.is_null())
        .set((outbox::state.eq(NoticeState::Superseded.as_str()), outbox::settled_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Drops the reminders of a thread that nobody has begun to send.
///
/// # Errors
/// The database's.
pub fn supersede_reminders(tx: &mut Tx<'_>, thread_key: &str, now: NaiveDateTime) -> Result<(), StoreError> {
    let kinds = NoticeKind::ALL.iter().filter(|kind| kind.is_reminder()).map(|kind| kind.as_str());
    diesel::update(outbox::table)
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::kind.eq_any(kinds))
        .filter(outbox::state.eq(NoticeState::Queued.as_str()))
        .filter(outbox::message_id.is_null())
        .set((outbox::state.eq(NoticeState::Superseded.as_str()), outbox::settled_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether anything of a thread went out, or may have gone out.
///
/// # Errors
/// The database's.
pub fn has_begun(db: &mut Db, thread_key: &str) -> Result<bool, StoreError> {
    let begun: i64 = outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::message_id.is_not_null().or(outbox::state.eq(NoticeState::Leased.as_str())))
        .count()
        .get_result(db)?;
    Ok(begun > 0)
}

/// What the notices of a kind in a thread know, whatever became of them.
///
/// # Errors
/// The database's.
pub fn list_facts(db: &mut Db, thread_key: &str, kind: NoticeKind) -> Result<Vec<String>, StoreError> {
    Ok(outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::kind.eq(kind.as_str()))
        .order(outbox::id)
        .select(outbox::facts)
        .load(db)?)
}

/// How many notices of a kind a thread has had since then, whatever became of them.
///
/// # Errors
/// The database's.
pub fn count_of_kind(
    db: &mut Db,
    thread_key: &str,
    kind: NoticeKind,
    since: NaiveDateTime,
) -> Result<i64, StoreError> {
    Ok(outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::kind.eq(kind.as_str()))
        .filter(outbox::created_at.gt(since))
        .count()
        .get_result(db)?)
}

/// The Message-ID of the first message of a thread that was rendered.
///
/// # Errors
/// The database's.
pub fn thread_root(db: &mut Db, thread_key: &str) -> Result<Option<String>, StoreError> {
    let found: Option<Option<String>> = outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::message_id.is_not_null())
        .order(outbox::id)
        .select(outbox::message_id)
        .first(db)
        .optional()?;
    Ok(found.flatten())
}

/// How many notices are in each state.
///
/// # Errors
/// The database's.
pub fn counts(db: &mut Db) -> Result<Vec<(NoticeState, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = outbox::table
        .group_by(outbox::state)
        .select((outbox::state, diesel::dsl::count_star()))
        .order(outbox::state)
        .load(db)?;
    rows.into_iter().map(|(state, count)| Ok((parse("state", &state)?, count))).collect()
}

/// The notices, newest last, after `after`.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, after: Option<NoticeId>, most: i64) -> Result<Vec<Notice>, StoreError> {
    let mut query = outbox::table.select(Row::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(outbox::id.gt(after.to_string()));
    }
    let rows = query.order(outbox::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// A notice.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: NoticeId) -> Result<Option<Notice>, StoreError> {
    let row = outbox::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    row.map(Row::into_domain).transpose()
}

/// The held notices of a publication, newest last, after `after`.
///
/// # Errors
/// The database's.
pub fn list_held(
    db: &mut Db,
    run: RunId,
    after: Option<NoticeId>,
    most: i64,
) -> Result<Vec<Notice>, StoreError> {
    let mut query = outbox::table
        .filter(outbox::run_id.eq(run.to_string()))
        .filter(outbox::state.eq(NoticeState::Held.as_str()))
        .select(Row::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(outbox::id.gt(after.to_string()));
    }
    let rows = query.order(outbox::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The notices of one kind of a publication that were let go and not overtaken.
///
/// # Errors
/// The database's.
pub fn list_let_go(db: &mut Db, run: RunId, kind: NoticeKind) -> Result<Vec<Notice>, StoreError> {
    let stopped = [NoticeState::Held, NoticeState::Discarded, NoticeState::Superseded];
    let rows = outbox::table
        .filter(outbox::run_id.eq(run.to_string()))
        .filter(outbox::kind.eq(kind.as_str()))
        .filter(outbox::state.ne_all(stopped.map(NoticeState::as_str)))
        .order(outbox::id)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// Lets the held notices of a publication go; says how many.
///
/// # Errors
/// The database's.
pub fn release_held(tx: &mut Tx<'_>, run: RunId, now: NaiveDateTime) -> Result<usize, StoreError> {
    Ok(diesel::update(outbox::table)
        .filter(outbox::run_id.eq(run.to_string()))
        .filter(outbox::state.eq(NoticeState::Held.as_str()))
        .set((outbox::state.eq(NoticeState::Queued.as_str()), outbox::next_attempt_at.eq(now)))
        .execute(&mut **tx)?)
}

/// Throws the held notices of a publication away; says how many.
///
/// # Errors
/// The database's.
pub fn discard_held(tx: &mut Tx<'_>, run: RunId, now: NaiveDateTime) -> Result<usize, StoreError> {
    Ok(diesel::update(outbox::table)
        .filter(outbox::run_id.eq(run.to_string()))
        .filter(outbox::state.eq(NoticeState::Held.as_str()))
        .set((outbox::state.eq(NoticeState::Discarded.as_str()), outbox::settled_at.eq(now)))
        .execute(&mut **tx)?)
}

/// Throws one held notice away; false when it is not held.
///
/// # Errors
/// The database's.
pub fn discard(tx: &mut Tx<'_>, id: NoticeId, now: NaiveDateTime) -> Result<bool, StoreError> {
    let discarded = diesel::update(outbox::table.find(id.to_string()))
        .filter(outbox::state.eq(NoticeState::Held.as_str()))
        .set((outbox::state.eq(NoticeState::Discarded.as_str()), outbox::settled_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(discarded == 1)
}

/// Which of these applications have held notices: what a publication brought them is not told yet.
///
/// # Errors
/// The database's.
pub fn list_untold(
    db: &mut Db,
    applications: &[ApplicationId],
) -> Result<HashSet<ApplicationId>, StoreError> {
    let mut untold = HashSet::new();
    // SQLite takes at most some 32,000 parameters in a statement.
    for part in applications.chunks(10_000) {
        let ids: Vec<String> = part.iter().map(ToString::to_string).collect();
        let found: Vec<String> = outbox::table
            .filter(outbox::application_id.eq_any(ids))
            .filter(outbox::state.eq(NoticeState::Held.as_str()))
            .select(outbox::application_id)
            .distinct()
            .load(db)?;
        for id in found {
            untold.insert(parse("application", &id)?);
        }
    }
    Ok(untold)
}

/// How often somebody was told of no place, or was to be told, and it holds no more: thrown away, or matched again.
///
/// # Errors
/// The database's.
pub fn count_void_unplaced(db: &mut Db, thread_key: &str) -> Result<i64, StoreError> {
    let never_sent = outbox::kind
        .eq(NoticeKind::Unplaced.as_str())
        .and(outbox::state.eq_any([NoticeState::Discarded.as_str(), NoticeState::Superseded.as_str()]));
    Ok(outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::kind.eq(NoticeKind::MatchedAgain.as_str()).or(never_sent))
        .count()
        .get_result(db)?)
}

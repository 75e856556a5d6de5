//! What was told in a thread, what is about to be, and what overtakes what.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::schema::outbox;
use super::super::{Db, StoreError, Tx, parse};
use super::Row;
use crate::domain::ids::{ApplicationId, NoticeId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::organisation::Contact;

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

/// Drops the notices of a thread that nobody has begun to send, because there is nothing to tell any more.
///
/// # Errors
/// The database's.
pub fn supersede(tx: &mut Tx<'_>, thread_key: &str, now: NaiveDateTime) -> Result<usize, StoreError> {
    overtake(tx, thread_key, None, now)
}

/// As [`supersede`], because a later notice tells more.
///
/// # Errors
/// The database's.
pub fn overtake(
    tx: &mut Tx<'_>,
    thread_key: &str,
    by: Option<NoticeId>,
    now: NaiveDateTime,
) -> Result<usize, StoreError> {
    let unsent = [NoticeState::Held, NoticeState::Collected, NoticeState::Queued].map(NoticeState::as_str);
    let held: Vec<Option<String>> = outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::state.eq(NoticeState::Held.as_str()))
        .select(outbox::application_id)
        .load(&mut **tx)?;
    tx.touched.applications(held.into_iter().flatten());
    Ok(diesel::update(outbox::table)
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::state.eq_any(unsent))
        .filter(outbox::message_id.is_null())
        .set((
            outbox::state.eq(NoticeState::Superseded.as_str()),
            outbox::settled_at.eq(now),
            outbox::superseded_by.eq(by.map(|id| id.to_string())),
        ))
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

/// Sends what waits in a thread, but for what asks a deputy, to somebody else.
///
/// # Errors
/// The database's.
pub fn readdress(tx: &mut Tx<'_>, thread_key: &str, to: &Contact) -> Result<(), StoreError> {
    let waiting = [NoticeState::Held, NoticeState::Collected, NoticeState::Queued].map(NoticeState::as_str);
    diesel::update(outbox::table)
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::state.eq_any(waiting))
        .filter(outbox::message_id.is_null())
        .filter(outbox::kind.ne(NoticeKind::DeputyRequest.as_str()))
        .set((
            outbox::recipient_name.eq(to.name.as_ref().map(ToString::to_string)),
            outbox::recipient_address.eq(to.email.to_string()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Drops the reminders of a thread that nobody has begun to send.
///
/// # Errors
/// The database's.
pub fn supersede_reminders(tx: &mut Tx<'_>, thread_key: &str, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(outbox::table)
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::kind.eq_any(reminders()))
        .filter(outbox::state.eq(NoticeState::Queued.as_str()))
        .filter(outbox::message_id.is_null())
        .set((outbox::state.eq(NoticeState::Superseded.as_str()), outbox::settled_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

fn reminders() -> impl Iterator<Item = &'static str> {
    NoticeKind::ALL.iter().filter(|kind| kind.is_reminder()).map(|kind| kind.as_str())
}

/// What a thread is about to tell: its newest notice that is not held, no reminder, says nothing again, and that nobody has
/// begun to send.
///
/// # Errors
/// The database's.
pub fn find_waiting(db: &mut Db, thread_key: &str) -> Result<Option<Notice>, StoreError> {
    let unsent = [NoticeState::Collected, NoticeState::Queued].map(NoticeState::as_str);
    let row = outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::state.eq_any(unsent))
        .filter(outbox::message_id.is_null())
        // What is sent again was read before.
        .filter(outbox::again_of.is_null())
        .filter(outbox::kind.ne_all(reminders()))
        .order((outbox::created_at.desc(), outbox::id.desc()))
        .select(Row::as_select())
        .first(db)
        .optional()?;
    row.map(Row::into_domain).transpose()
}

/// What a thread has told, oldest first: its notices that are no reminders and went out, or may have gone out.
///
/// # Errors
/// The database's.
pub fn list_told(db: &mut Db, thread_key: &str) -> Result<Vec<Notice>, StoreError> {
    let rows = outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::message_id.is_not_null().or(outbox::state.eq_any(TELLING)))
        .filter(outbox::kind.ne_all(reminders()))
        .order((outbox::created_at, outbox::id))
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The states of notices without a message of their own that may have been read.
const TELLING: [&str; 2] = [NoticeState::Leased.as_str(), NoticeState::Digested.as_str()];

/// Whether anything of a thread went out, or may have gone out.
///
/// # Errors
/// The database's.
pub fn has_begun(db: &mut Db, thread_key: &str) -> Result<bool, StoreError> {
    let begun: i64 = outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::message_id.is_not_null().or(outbox::state.eq_any(TELLING)))
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
            .select(outbox::application_id.assume_not_null())
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

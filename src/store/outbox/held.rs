//! The mails of a publication, which are held until the organisers let them go.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::schedule_entries::held_of_run;
use super::super::schema::outbox;
use super::super::{Db, StoreError, Tx};
use super::Row;
use crate::domain::ids::{NoticeId, RunId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::{Notice, NoticeState};

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
    let told = held_of_run(tx, run)?;
    tx.touched.applications(told);
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
    let told = held_of_run(tx, run)?;
    tx.touched.applications(told);
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
    let of: Option<Option<String>> =
        outbox::table.find(id.to_string()).select(outbox::application_id).first(&mut **tx).optional()?;
    tx.touched.applications(of.flatten());
    let discarded = diesel::update(outbox::table.find(id.to_string()))
        .filter(outbox::state.eq(NoticeState::Held.as_str()))
        .set((outbox::state.eq(NoticeState::Discarded.as_str()), outbox::settled_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(discarded == 1)
}

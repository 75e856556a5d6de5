//! Requests that were sent with an Idempotency-Key, and what they were answered. The key never comes here, and neither does
//! an answer that can be read: only a hash and sealed bytes do.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::idempotent_requests;
use super::{Db, StoreError, Tx};

/// A request that was sent before.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = idempotent_requests)]
pub struct Before {
    /// Hash of what was asked.
    pub fingerprint: String,
    /// When it began, in UTC.
    pub begun_at: NaiveDateTime,
    /// What was answered, sealed; none while it is being answered.
    pub answer: Option<Vec<u8>>,
}

/// What was sent under a key, by its hash.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, key_sha256: &str) -> Result<Option<Before>, StoreError> {
    Ok(idempotent_requests::table.find(key_sha256).select(Before::as_select()).first(db).optional()?)
}

/// Notes that a request is being answered.
///
/// # Errors
/// The database's; `Duplicate` where one with the key is there.
pub fn insert(
    tx: &mut Tx<'_>,
    key_sha256: &str,
    fingerprint: &str,
    begun_at: NaiveDateTime,
) -> Result<(), StoreError> {
    diesel::insert_into(idempotent_requests::table)
        .values((
            idempotent_requests::key_sha256.eq(key_sha256),
            idempotent_requests::fingerprint.eq(fingerprint),
            idempotent_requests::begun_at.eq(begun_at),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Keeps the answer of a request that began then.
///
/// # Errors
/// The database's.
pub fn keep(
    tx: &mut Tx<'_>,
    key_sha256: &str,
    begun_at: NaiveDateTime,
    answer: &[u8],
) -> Result<(), StoreError> {
    diesel::update(idempotent_requests::table.find(key_sha256))
        .filter(idempotent_requests::begun_at.eq(begun_at))
        .set(idempotent_requests::answer.eq(answer))
        .execute(&mut **tx)?;
    Ok(())
}

/// Forgets a request that began then.
///
/// # Errors
/// The database's.
pub fn forget(tx: &mut Tx<'_>, key_sha256: &str, begun_at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::delete(idempotent_requests::table.find(key_sha256))
        .filter(idempotent_requests::begun_at.eq(begun_at))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether any began before an instant.
///
/// # Errors
/// The database's.
pub fn is_any_before(db: &mut Db, instant: NaiveDateTime) -> Result<bool, StoreError> {
    let first: Option<String> = idempotent_requests::table
        .filter(idempotent_requests::begun_at.lt(instant))
        .select(idempotent_requests::key_sha256)
        .first(db)
        .optional()?;
    Ok(first.is_some())
}

/// Forgets all that began before an instant; gives how many.
///
/// # Errors
/// The database's.
pub fn forget_before(tx: &mut Tx<'_>, instant: NaiveDateTime) -> Result<usize, StoreError> {
    Ok(diesel::delete(idempotent_requests::table.filter(idempotent_requests::begun_at.lt(instant)))
        .execute(&mut **tx)?)
}

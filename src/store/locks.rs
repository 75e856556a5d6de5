//! Locks and forbidden pairs of rounds.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::{round_forbidden, round_locks};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{ApplicationId, ForbiddenId, RoundId};
use crate::domain::lock::{Forbidden, Lock};

type LockRow = (String, String, NaiveDate, Option<String>);

/// The locks of a round, in the order of the applications' ids.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, round: RoundId) -> Result<Vec<Lock>, StoreError> {
    let rows: Vec<LockRow> = round_locks::table
        .filter(round_locks::round_id.eq(round.to_string()))
        .order(round_locks::application_id)
        .select((
            round_locks::application_id,
            round_locks::host_library_id,
            round_locks::date,
            round_locks::override_reason,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|(application, host, date, override_reason)| {
            Ok(Lock {
                application: parse("application", &application)?,
                host: parse("library", &host)?,
                date,
                override_reason,
            })
        })
        .collect()
}

/// Sets the lock of a person, in place of any before.
///
/// # Errors
/// The database's.
pub fn replace(tx: &mut Tx<'_>, round: RoundId, lock: &Lock, now: NaiveDateTime) -> Result<(), StoreError> {
    delete(tx, round, lock.application)?;
    diesel::insert_into(round_locks::table)
        .values((
            round_locks::round_id.eq(round.to_string()),
            round_locks::application_id.eq(lock.application.to_string()),
            round_locks::host_library_id.eq(lock.host.to_string()),
            round_locks::date.eq(lock.date),
            round_locks::override_reason.eq(&lock.override_reason),
            round_locks::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes a lock away; false when there is none.
///
/// # Errors
/// The database's.
pub fn delete(tx: &mut Tx<'_>, round: RoundId, application: ApplicationId) -> Result<bool, StoreError> {
    let gone = diesel::delete(round_locks::table.find((round.to_string(), application.to_string())))
        .execute(&mut **tx)?;
    Ok(gone == 1)
}

type ForbiddenRow = (String, String, String, Option<NaiveDate>);

/// The forbidden pairs of a round, oldest first.
///
/// # Errors
/// The database's.
pub fn list_forbidden(db: &mut Db, round: RoundId) -> Result<Vec<Forbidden>, StoreError> {
    let rows: Vec<ForbiddenRow> = round_forbidden::table
        .filter(round_forbidden::round_id.eq(round.to_string()))
        .order(round_forbidden::id)
        .select((
            round_forbidden::id,
            round_forbidden::application_id,
            round_forbidden::host_library_id,
            round_forbidden::date,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|(id, application, host, date)| {
            Ok(Forbidden {
                id: parse("forbidden pair", &id)?,
                application: parse("application", &application)?,
                host: parse("library", &host)?,
                date,
            })
        })
        .collect()
}

/// Adds a forbidden pair.
///
/// # Errors
/// The database's.
pub fn insert_forbidden(
    tx: &mut Tx<'_>,
    round: RoundId,
    pair: &Forbidden,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    diesel::insert_into(round_forbidden::table)
        .values((
            round_forbidden::id.eq(pair.id.to_string()),
            round_forbidden::round_id.eq(round.to_string()),
            round_forbidden::application_id.eq(pair.application.to_string()),
            round_forbidden::host_library_id.eq(pair.host.to_string()),
            round_forbidden::date.eq(pair.date),
            round_forbidden::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes a forbidden pair of a round away; false when there is none.
///
/// # Errors
/// The database's.
pub fn delete_forbidden(tx: &mut Tx<'_>, round: RoundId, id: ForbiddenId) -> Result<bool, StoreError> {
    let of_round =
        round_forbidden::id.eq(id.to_string()).and(round_forbidden::round_id.eq(round.to_string()));
    Ok(diesel::delete(round_forbidden::table).filter(of_round).execute(&mut **tx)? == 1)
}

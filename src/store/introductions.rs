//! What organisers say in their own words at the beginning of the mails of a round.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::round_introductions;
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::RoundId;
use crate::domain::letter::NoticeKind;

/// The introductions of a round.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, round: RoundId) -> Result<BTreeMap<NoticeKind, String>, StoreError> {
    let rows: Vec<(String, String)> = round_introductions::table
        .filter(round_introductions::round_id.eq(round.to_string()))
        .select((round_introductions::kind, round_introductions::words))
        .load(db)?;
    rows.into_iter().map(|(kind, words)| Ok((parse("kind", &kind)?, words))).collect()
}

/// The introduction to one kind of mails of a round.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, round: RoundId, kind: NoticeKind) -> Result<Option<String>, StoreError> {
    Ok(round_introductions::table
        .find((round.to_string(), kind.as_str()))
        .select(round_introductions::words)
        .first(db)
        .optional()?)
}

/// Sets an introduction, in place of any before.
///
/// # Errors
/// The database's.
pub fn replace(
    tx: &mut Tx<'_>,
    round: RoundId,
    kind: NoticeKind,
    words: &str,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    delete(tx, round, kind)?;
    diesel::insert_into(round_introductions::table)
        .values((
            round_introductions::round_id.eq(round.to_string()),
            round_introductions::kind.eq(kind.as_str()),
            round_introductions::words.eq(words),
            round_introductions::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes an introduction away; false when there is none.
///
/// # Errors
/// The database's.
pub fn delete(tx: &mut Tx<'_>, round: RoundId, kind: NoticeKind) -> Result<bool, StoreError> {
    let deleted = diesel::delete(round_introductions::table.find((round.to_string(), kind.as_str())))
        .execute(&mut **tx)?;
    Ok(deleted == 1)
}

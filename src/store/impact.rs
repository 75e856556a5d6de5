//! Reports of what rounds came to, as they were published.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{idea_trials, ideas, impact_reports, placements};
use super::{Db, StoreError, Tx, from_json, to_json};
use crate::domain::ids::RoundId;
use crate::domain::impact::Impact;

/// The report of a round, and when it was made.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, round: RoundId) -> Result<Option<(Impact, NaiveDateTime)>, StoreError> {
    let row: Option<(String, NaiveDateTime)> = impact_reports::table
        .find(round.to_string())
        .select((impact_reports::document, impact_reports::made_at))
        .first(db)
        .optional()?;
    row.map(|(document, at)| Ok((from_json("impact report", &document)?, at))).transpose()
}

/// Keeps the report of a round.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, round: RoundId, impact: &Impact, at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::insert_into(impact_reports::table)
        .values((
            impact_reports::round_id.eq(round.to_string()),
            impact_reports::document.eq(to_json("impact report", impact)?),
            impact_reports::made_at.eq(at),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// How many ideas were brought home from a round, and how often somebody has tried one of them.
///
/// # Errors
/// The database's.
pub fn count_ideas(db: &mut Db, round: RoundId) -> Result<[i64; 2], StoreError> {
    let days = || placements::table.filter(placements::round_id.eq(round.to_string())).select(placements::id);
    let brought = ideas::table.filter(ideas::placement_id.eq_any(days()));
    let own = ideas::table.filter(ideas::placement_id.eq_any(days())).select(ideas::id);
    let tried = idea_trials::table.filter(idea_trials::idea_id.eq_any(own));
    Ok([brought.count().get_result(db)?, tried.count().get_result(db)?])
}

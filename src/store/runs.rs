//! Matching runs: their frozen round files, their schedules, and who solves them.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::runs;
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{RoundId, RunId};
use crate::domain::run::{Run, RunResult};
use crate::domain::states::RunState;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = runs)]
struct Row {
    id: String,
    round_id: String,
    state: String,
    seed: i64,
    time_limit_seconds: i64,
    round_revision: i64,
    round_sha256: String,
    placed: Option<i64>,
    unplaced: Option<i64>,
    value: Option<i64>,
    bound: Option<i64>,
    proof: Option<String>,
    error: Option<String>,
    created_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
}

impl Row {
    fn into_domain(self) -> Result<Run, StoreError> {
        let result = match (self.placed, self.unplaced, self.value, self.bound, self.proof) {
            (Some(placed), Some(unplaced), Some(value), Some(bound), Some(proof)) => {
                Some(RunResult { placed, unplaced, value, bound, proof })
            }
            (None, None, None, None, None) => None,
            _ => return Err(StoreError::Corrupt(format!("run {}: half a result", self.id))),
        };
        Ok(Run {
            id: parse("run", &self.id)?,
            round: parse("round", &self.round_id)?,
            state: parse("state", &self.state)?,
            seed: self.seed,
            time_limit_seconds: self.time_limit_seconds,
            round_revision: self.round_revision,
            round_sha256: self.round_sha256,
            result,
            error: self.error,
            created_at: self.created_at,
            finished_at: self.finished_at,
        })
    }
}

/// Adds a queued run with the round file it froze.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, run: &Run, round_file: &str) -> Result<(), StoreError> {
    let row = Row {
        id: run.id.to_string(),
        round_id: run.round.to_string(),
        state: run.state.to_string(),
        seed: run.seed,
        time_limit_seconds: run.time_limit_seconds,
        round_revision: run.round_revision,
        round_sha256: run.round_sha256.clone(),
        placed: None,
        unplaced: None,
        value: None,
        bound: None,
        proof: None,
        error: None,
        created_at: run.created_at,
        finished_at: None,
    };
    diesel::insert_into(runs::table).values((&row, runs::round_file.eq(round_file))).execute(&mut **tx)?;
    Ok(())
}

/// A run.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: RunId) -> Result<Option<Run>, StoreError> {
    runs::table
        .find(id.to_string())
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// The runs of a round, oldest first.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, round: RoundId) -> Result<Vec<Run>, StoreError> {
    let rows = runs::table
        .filter(runs::round_id.eq(round.to_string()))
        .order(runs::id)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The round file that a run froze, and the schedule file it found.
///
/// # Errors
/// The database's.
pub fn files(db: &mut Db, id: RunId) -> Result<Option<(String, Option<String>)>, StoreError> {
    Ok(runs::table
        .find(id.to_string())
        .select((runs::round_file, runs::schedule_file))
        .first(db)
        .optional()?)
}

/// Claims the oldest run that waits, or whose solver has gone: by compare-and-set on its lease, the same on both
/// databases.
///
/// # Errors
/// The database's.
pub fn claim(
    tx: &mut Tx<'_>,
    by: &str,
    now: NaiveDateTime,
    lease_until: NaiveDateTime,
) -> Result<Option<RunId>, StoreError> {
    let due = runs::state.eq("queued").or(runs::state.eq("solving").and(runs::lease_until.lt(now)));
    let found: Option<String> =
        runs::table.filter(due).order(runs::id).select(runs::id).first(&mut **tx).optional()?;
    let Some(id) = found else { return Ok(None) };
    let claimed = diesel::update(runs::table.find(&id).filter(due))
        .set((
            runs::state.eq(RunState::Solving.as_str()),
            runs::lease_by.eq(by),
            runs::lease_until.eq(lease_until),
        ))
        .execute(&mut **tx)?;
    if claimed == 1 { parse("run", &id).map(Some) } else { Ok(None) }
}

/// Lengthens the lease of a run that is being solved; false when another solver has taken it over.
///
/// # Errors
/// The database's.
pub fn renew(tx: &mut Tx<'_>, id: RunId, by: &str, lease_until: NaiveDateTime) -> Result<bool, StoreError> {
    let renewed = diesel::update(
        runs::table.find(id.to_string()).filter(runs::state.eq("solving")).filter(runs::lease_by.eq(by)),
    )
    .set(runs::lease_until.eq(lease_until))
    .execute(&mut **tx)?;
    Ok(renewed == 1)
}

/// Gives a run back unsolved.
///
/// # Errors
/// The database's.
pub fn give_back(tx: &mut Tx<'_>, id: RunId, by: &str) -> Result<(), StoreError> {
    diesel::update(runs::table)
        .filter(runs::id.eq(id.to_string()))
        .filter(runs::state.eq(RunState::Solving.as_str()))
        .filter(runs::lease_by.eq(by))
        .set((
            runs::state.eq(RunState::Queued.as_str()),
            runs::lease_by.eq(None::<String>),
            runs::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Stores what came of a run; false when another solver has taken it over.
///
/// # Errors
/// The database's.
pub fn finish(
    tx: &mut Tx<'_>,
    id: RunId,
    by: &str,
    result: &RunResult,
    schedule_file: &str,
    now: NaiveDateTime,
) -> Result<bool, StoreError> {
    let settled = diesel::update(runs::table)
        .filter(runs::id.eq(id.to_string()))
        .filter(runs::state.eq(RunState::Solving.as_str()))
        .filter(runs::lease_by.eq(by))
        .set((
            runs::state.eq(RunState::Finished.as_str()),
            runs::schedule_file.eq(schedule_file),
            runs::placed.eq(result.placed),
            runs::unplaced.eq(result.unplaced),
            runs::value.eq(result.value),
            runs::bound.eq(result.bound),
            runs::proof.eq(&result.proof),
            runs::finished_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(settled == 1)
}

/// Stores why a run failed; false when another solver has taken it over.
///
/// # Errors
/// The database's.
pub fn fail(
    tx: &mut Tx<'_>,
    id: RunId,
    by: &str,
    error: &str,
    now: NaiveDateTime,
) -> Result<bool, StoreError> {
    let settled = diesel::update(runs::table)
        .filter(runs::id.eq(id.to_string()))
        .filter(runs::state.eq(RunState::Solving.as_str()))
        .filter(runs::lease_by.eq(by))
        .set((runs::state.eq(RunState::Failed.as_str()), runs::error.eq(error), runs::finished_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(settled == 1)
}

/// Marks a run as the published one.
///
/// # Errors
/// The database's.
pub fn mark_published(tx: &mut Tx<'_>, id: RunId) -> Result<(), StoreError> {
    diesel::update(runs::table.find(id.to_string()))
        .set(runs::state.eq(RunState::Published.as_str()))
        .execute(&mut **tx)?;
    Ok(())
}

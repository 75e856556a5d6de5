//! Matching runs: their frozen round files, their schedules, and who solves them.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::keys::{self, Place, ROUND_FILE, SCHEDULE_FILE};
use super::schema::{run_files, run_proofs, runs};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{RoundId, RunId};
use crate::domain::run::{Run, RunOptions, RunProgress, RunResult};
use crate::domain::states::RunState;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = runs)]
struct Row {
    id: String,
    round_id: String,
    kind: String,
    state: String,
    edited_from: Option<String>,
    override_reason: Option<String>,
    seed: i64,
    time_limit_seconds: i64,
    work_limit: Option<i64>,
    gap_limit: f64,
    threads: i64,
    round_revision: i64,
    round_sha256: String,
    progress_value: Option<i64>,
    progress_bound: Option<i64>,
    progress_work: Option<i64>,
    cancel_asked: bool,
    placed: Option<i64>,
    unplaced: Option<i64>,
    value: Option<i64>,
    bound: Option<i64>,
    proof: Option<String>,
    stopped: Option<String>,
    error: Option<String>,
    created_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
}

impl Row {
    fn from_domain(run: &Run) -> Self {
        let (options, result) = (&run.options, run.result.as_ref());
        Self {
            id: run.id.to_string(),
            round_id: run.round.to_string(),
            kind: run.kind.to_string(),
            state: run.state.to_string(),
            edited_from: run.edited_from.map(|id| id.to_string()),
            override_reason: run.override_reason.clone(),
            seed: options.seed,
            time_limit_seconds: options.time_limit_seconds,
            work_limit: options.work,
            gap_limit: options.gap,
            threads: options.threads,
            round_revision: run.round_revision,
            round_sha256: run.round_sha256.clone(),
            progress_value: run.progress.map(|progress| progress.value),
            progress_bound: run.progress.map(|progress| progress.bound),
            progress_work: run.progress.map(|progress| progress.work),
            cancel_asked: run.cancel_asked,
            placed: result.map(|result| result.placed),
            unplaced: result.map(|result| result.unplaced),
            value: result.map(|result| result.value),
            bound: result.map(|result| result.bound),
            proof: result.map(|result| result.proof.clone()),
            stopped: result.map(|result| result.stopped.clone()),
            error: run.error.clone(),
            created_at: run.created_at,
            finished_at: run.finished_at,
        }
    }

    fn into_domain(self) -> Result<Run, StoreError> {
        let half = |what: &str| StoreError::Corrupt(format!("run {}: half a {what}", self.id));
        let figures = (self.placed, self.unplaced, self.value, self.bound, self.proof, self.stopped);
        let result = match figures {
            (Some(placed), Some(unplaced), Some(value), Some(bound), Some(proof), Some(stopped)) => {
                Some(RunResult { placed, unplaced, value, bound, proof, stopped })
            }
            (None, None, None, None, None, None) => None,
            _ => return Err(half("result")),
        };
        let progress = match (self.progress_value, self.progress_bound, self.progress_work) {
            (Some(value), Some(bound), Some(work)) => Some(RunProgress { value, bound, work }),
            (None, None, None) => None,
            _ => return Err(half("progress")),
        };
        Ok(Run {
            id: parse("run", &self.id)?,
            round: parse("round", &self.round_id)?,
            kind: parse("kind", &self.kind)?,
            state: parse("state", &self.state)?,
            edited_from: self.edited_from.map(|id| parse("run", &id)).transpose()?,
            override_reason: self.override_reason,
            options: RunOptions {
                seed: self.seed,
                time_limit_seconds: self.time_limit_seconds,
                work: self.work_limit,
                gap: self.gap_limit,
                threads: self.threads,
            },
            round_revision: self.round_revision,
            round_sha256: self.round_sha256,
            progress,
            cancel_asked: self.cancel_asked,
            result,
            error: self.error,
            created_at: self.created_at,
            finished_at: self.finished_at,
        })
    }
}

/// Adds a run with the round file it froze, and its schedule file where it has one already.
///
/// # Errors
/// The database's.
pub fn insert(
    tx: &mut Tx<'_>,
    run: &Run,
    round_file: &str,
    schedule_file: Option<&str>,
) -> Result<(), StoreError> {
    diesel::insert_into(runs::table)
        .values((Row::from_domain(run), runs::attempts.eq(0)))
        .execute(&mut **tx)?;
    let id = run.id.to_string();
    let schedule = schedule_file
        .map(|file| keys::seal_file(Place { what: SCHEDULE_FILE, id: &id }, file))
        .transpose()?;
    diesel::insert_into(run_files::table)
        .values((
            run_files::run_id.eq(&id),
            run_files::round_file.eq(keys::seal_file(Place { what: ROUND_FILE, id: &id }, round_file)?),
            run_files::schedule_file.eq(schedule),
        ))
        .execute(&mut **tx)?;
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
    let id = id.to_string();
    let found: Option<(String, Option<String>)> = run_files::table
        .find(&id)
        .select((run_files::round_file, run_files::schedule_file))
        .first(db)
        .optional()?;
    let Some((round, schedule)) = found else { return Ok(None) };
    let open = |what, sealed: &str| keys::open(Place { what, id: &id }, sealed);
    let schedule = schedule.map(|sealed| open(SCHEDULE_FILE, &sealed)).transpose()?;
    Ok(Some((open(ROUND_FILE, &round)?, schedule)))
}

/// The same for whoever looks for damage: a file that was changed is absent.
///
/// # Errors
/// The database's; `Unavailable` where a key is not there.
pub fn find_intact_files(db: &mut Db, id: RunId) -> Result<(Option<String>, Option<String>), StoreError> {
    let id = id.to_string();
    let found: Option<(String, Option<String>)> = run_files::table
        .find(&id)
        .select((run_files::round_file, run_files::schedule_file))
        .first(db)
        .optional()?;
    let open = |what, sealed: Option<String>| match sealed.map(|s| keys::open(Place { what, id: &id }, &s)) {
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(StoreError::Corrupt(_))) | None => Ok(None),
        Some(Err(other)) => Err(other),
    };
    let (round, schedule) = found.map_or((None, None), |(round, schedule)| (Some(round), schedule));
    Ok((open(ROUND_FILE, round)?, open(SCHEDULE_FILE, schedule)?))
}

/// The audit file and the schedule by pseudonyms of a published run, once they are made.
///
/// # Errors
/// The database's.
pub fn proof(db: &mut Db, id: RunId) -> Result<Option<(String, String)>, StoreError> {
    Ok(run_proofs::table
        .find(id.to_string())
        .select((run_proofs::audit_file, run_proofs::schedule_file))
        .first(db)
        .optional()?)
}

/// Keeps both for good.
///
/// # Errors
/// The database's; `Duplicate` where they are there.
pub fn insert_proof(
    tx: &mut Tx<'_>,
    id: RunId,
    audit_file: &str,
    schedule_file: &str,
) -> Result<(), StoreError> {
    diesel::insert_into(run_proofs::table)
        .values((
            run_proofs::run_id.eq(id.to_string()),
            run_proofs::audit_file.eq(audit_file),
            run_proofs::schedule_file.eq(schedule_file),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The published runs that have no such files yet, oldest first.
///
/// # Errors
/// The database's.
pub fn list_unproven(db: &mut Db) -> Result<Vec<RunId>, StoreError> {
    let ids: Vec<String> = runs::table
        .filter(runs::state.eq(RunState::Published.as_str()))
        .filter(runs::id.ne_all(run_proofs::table.select(run_proofs::run_id)))
        .order(runs::id)
        .select(runs::id)
        .load(db)?;
    ids.iter().map(|id| parse("run", id)).collect()
}

/// A run that a solver has just taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed {
    /// Which.
    pub id: RunId,
    /// How many solvers took it before and were not heard of again.
    pub lost: i64,
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
) -> Result<Option<Claimed>, StoreError> {
    let due = runs::state.eq("queued").or(runs::state.eq("solving").and(runs::lease_until.lt(now)));
    let found: Option<(String, i64)> = runs::table
        .filter(due)
        .order(runs::id)
        .select((runs::id, runs::attempts))
        .first(&mut **tx)
        .optional()?;
    let Some((id, lost)) = found else { return Ok(None) };
    let claimed = diesel::update(runs::table.find(&id).filter(due).filter(runs::attempts.eq(lost)))
        .set((
            runs::state.eq(RunState::Solving.as_str()),
            runs::attempts.eq(lost + 1),
            runs::progress_value.eq(None::<i64>),
            runs::progress_bound.eq(None::<i64>),
            runs::progress_work.eq(None::<i64>),
            runs::lease_by.eq(by),
            runs::lease_until.eq(lease_until),
        ))
        .execute(&mut **tx)?;
    if claimed == 1 { Ok(Some(Claimed { id: parse("run", &id)?, lost })) } else { Ok(None) }
}

/// Whether a run that this solver took was asked to stop; none when the run is not this solver's any more.
///
/// # Errors
/// The database's.
pub fn is_cancel_asked(db: &mut Db, id: RunId, by: &str) -> Result<Option<bool>, StoreError> {
    Ok(runs::table
        .find(id.to_string())
        .filter(runs::state.eq(RunState::Solving.as_str()))
        .filter(runs::lease_by.eq(by))
        .select(runs::cancel_asked)
        .first(db)
        .optional()?)
}

/// Lengthens the lease of a run that is being solved and notes how far it is; false when another solver has it.
///
/// # Errors
/// The database's.
pub fn renew(
    tx: &mut Tx<'_>,
    id: RunId,
    by: &str,
    progress: Option<RunProgress>,
    lease_until: NaiveDateTime,
) -> Result<bool, StoreError> {
    let renewed = diesel::update(runs::table)
        .filter(runs::id.eq(id.to_string()))
        .filter(runs::state.eq(RunState::Solving.as_str()))
        .filter(runs::lease_by.eq(by))
        .set((
            runs::lease_until.eq(lease_until),
            runs::progress_value.eq(progress.map(|progress| progress.value)),
            runs::progress_bound.eq(progress.map(|progress| progress.bound)),
            runs::progress_work.eq(progress.map(|progress| progress.work)),
        ))
        .execute(&mut **tx)?;
    Ok(renewed == 1)
}

/// Gives a run back unsolved; the attempt does not count.
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
            runs::attempts.eq(runs::attempts - 1),
            runs::progress_value.eq(None::<i64>),
            runs::progress_bound.eq(None::<i64>),
            runs::progress_work.eq(None::<i64>),
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
            runs::placed.eq(result.placed),
            runs::unplaced.eq(result.unplaced),
            runs::value.eq(result.value),
            runs::bound.eq(result.bound),
            runs::proof.eq(&result.proof),
            runs::stopped.eq(&result.stopped),
            runs::finished_at.eq(now),
        ))
        .execute(&mut **tx)?;
    if settled == 1 {
        let id = id.to_string();
        let sealed = keys::seal_file(Place { what: SCHEDULE_FILE, id: &id }, schedule_file)?;
        diesel::update(run_files::table.find(&id))
            .set(run_files::schedule_file.eq(sealed))
            .execute(&mut **tx)?;
    }
    Ok(settled == 1)
}

/// How a run ends without a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending<'a> {
    /// It failed, for this reason.
    Failed(&'a str),
    /// It was called off.
    Cancelled,
}

/// Ends a run that this solver took; false when another solver has taken it over.
///
/// # Errors
/// The database's.
pub fn end(
    tx: &mut Tx<'_>,
    id: RunId,
    by: &str,
    ending: Ending<'_>,
    now: NaiveDateTime,
) -> Result<bool, StoreError> {
    let (state, error) = match ending {
        Ending::Failed(error) => (RunState::Failed, Some(error)),
        Ending::Cancelled => (RunState::Cancelled, None),
    };
    let settled = diesel::update(runs::table)
        .filter(runs::id.eq(id.to_string()))
        .filter(runs::state.eq(RunState::Solving.as_str()))
        .filter(runs::lease_by.eq(by))
        .set((runs::state.eq(state.as_str()), runs::error.eq(error), runs::finished_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(settled == 1)
}

/// Calls a waiting run off, or asks its solver to stop; false when it has ended.
///
/// # Errors
/// The database's.
pub fn cancel(tx: &mut Tx<'_>, id: RunId, now: NaiveDateTime) -> Result<bool, StoreError> {
    let with_state = |state: RunState| runs::id.eq(id.to_string()).and(runs::state.eq(state.as_str()));
    let waiting = diesel::update(runs::table)
        .filter(with_state(RunState::Queued))
        .set((
            runs::state.eq(RunState::Cancelled.as_str()),
            runs::cancel_asked.eq(true),
            runs::finished_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let solving = diesel::update(runs::table)
        .filter(with_state(RunState::Solving))
        .set(runs::cancel_asked.eq(true))
        .execute(&mut **tx)?;
    Ok(waiting + solving == 1)
}

/// Makes the published run a finished one again.
///
/// # Errors
/// The database's.
pub fn mark_withdrawn(tx: &mut Tx<'_>, id: RunId) -> Result<(), StoreError> {
    diesel::update(runs::table.find(id.to_string()))
        .set(runs::state.eq(RunState::Finished.as_str()))
        .execute(&mut **tx)?;
    Ok(())
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

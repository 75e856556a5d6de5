//! Who solves runs: claimed with a lease, watched, verified before they count.
//!
//! A solver that dies leaves its lease to run out; another one then begins again from the frozen round. One that takes
//! several solvers with it is given up.

use chrono::Duration;
use serde_json::json;

use super::app::{Now, permit_everywhere, record};
use super::load::{get_round, get_run};
use super::runs::read_round;
use super::{App, AppError};
use crate::domain::ids::RunId;
use crate::domain::permissions::{Action, Actor};
use crate::domain::run::{RunOptions, RunProgress, RunResult};
use crate::store::runs::Ending;
use crate::store::{Tx, rounds, runs};
use crate::verify::{self, Subject};

/// What a solver takes, and what it gives.
pub use crate::files::{Round, Schedule};

/// A claimed run, ready to be solved.
#[derive(Debug, Clone)]
pub struct Task {
    /// Which run.
    pub run: RunId,
    /// The frozen round.
    pub round: Round,
    /// How it is to be solved.
    pub options: RunOptions,
}

/// What a solver brings back.
#[derive(Debug)]
pub enum Found {
    /// A schedule that the checker accepts.
    Proven(Box<Proven>),
    /// None, and why, in words for the organiser.
    Failed(String),
    /// The run was called off before there was one.
    Cancelled,
    /// The solver was asked to stop: the run waits for another one.
    GivenBack,
}

/// A schedule that the checker accepts: only [`prove`] makes one.
#[derive(Debug)]
pub struct Proven {
    result: RunResult,
    file: String,
}

/// How long a solver may be silent before another one takes its run over.
const LEASE: Duration = Duration::minutes(1);
/// How many solvers may be lost over a run before it is given up.
pub const MOST_LOST: i64 = 3;

/// Claims the oldest run that waits. One that cannot be solved ends here: it must not stop those behind it.
///
/// # Errors
/// The database's.
pub fn claim(app: &App, by: &str) -> Result<Option<Task>, AppError> {
    let actor = Actor::worker(by);
    permit_everywhere(&actor, Action::Match)?;
    let now = app.now()?;
    app.store.write_queue(|tx| {
        let Some(claimed) = runs::claim(tx, by, now.utc(), now.utc() + LEASE)? else { return Ok(None) };
        let run = get_run(tx, claimed.id)?;
        if run.cancel_asked {
            end(tx, &now, &actor, (run.id, by), Ending::Cancelled)?;
            return Ok(None);
        }
        if claimed.lost >= MOST_LOST {
            let words = format!(
                "{} solvers took this run and were not heard of again, maybe for want of memory: it is given up. \
                 Start a new run with fewer threads or on a machine with more memory, and tell the operators",
                claimed.lost
            );
            end(tx, &now, &actor, (run.id, by), Ending::Failed(&words))?;
            return Ok(None);
        }
        let (file, _) = runs::files(tx, run.id)?.ok_or_else(|| AppError::not_found("run", run.id))?;
        match read_round(run.id, &file) {
            Ok(round) => Ok(Some(Task { run: run.id, round, options: run.options })),
            Err(error) => {
                end(tx, &now, &actor, (run.id, by), Ending::Failed(&error.to_string()))?;
                Ok(None)
            }
        }
    })
}

fn end(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    (run, by): (RunId, &str),
    ending: Ending<'_>,
) -> Result<(), AppError> {
    if runs::end(tx, run, by, ending, now.utc())? {
        let details = match ending {
            Ending::Failed(_) => json!({ "failed": true }),
            Ending::Cancelled => json!({ "cancelled": true }),
        };
        record(tx, now, actor, Action::Match, ("run", &run), &details)?;
    }
    Ok(())
}

/// Whether a run was asked to stop; none when another solver has taken it over.
///
/// # Errors
/// The database's.
pub fn is_cancel_asked(app: &App, by: &str, id: RunId) -> Result<Option<bool>, AppError> {
    app.store.read(|db| Ok(runs::is_cancel_asked(db, id, by)?))
}

/// Says that a run is still being solved, and how far it is; false when another solver has taken it over.
///
/// # Errors
/// The database's.
pub fn renew(app: &App, by: &str, id: RunId, progress: Option<RunProgress>) -> Result<bool, AppError> {
    let now = app.clock.now_utc();
    app.store.write_queue(|tx| Ok(runs::renew(tx, id, by, progress, now + LEASE)?))
}

/// Has the independent checker prove a schedule; one with a breach fails the run.
pub fn prove(round: &Round, schedule: &Schedule) -> Found {
    let report = verify::verify(&Subject::Round(round), schedule);
    if !report.is_clean() {
        let words: Vec<String> = report.breaches.iter().take(5).map(ToString::to_string).collect();
        return Found::Failed(format!("the schedule does not verify: {}", words.join("; ")));
    }
    Found::Proven(Box::new(Proven { result: result_of(schedule), file: schedule.to_json() }))
}

/// The figures of a schedule.
pub(super) fn result_of(schedule: &Schedule) -> RunResult {
    RunResult {
        placed: schedule.outcomes.placed,
        unplaced: schedule.outcomes.unplaced,
        value: schedule.objective.value,
        bound: schedule.objective.bound,
        proof: schedule.objective.proof.as_str().to_owned(),
        stopped: schedule.run.stopped.clone(),
    }
}

/// Settles a run; nothing where another solver has taken it over.
///
/// # Errors
/// The database's.
pub fn finish(app: &App, by: &str, run: RunId, found: &Found) -> Result<(), AppError> {
    let now = app.now()?;
    let actor = Actor::worker(by);
    permit_everywhere(&actor, Action::Match)?;
    app.store.write(|tx| match found {
        Found::Proven(proven) => keep(tx, &now, &actor, (run, by), proven),
        Found::Failed(words) => end(tx, &now, &actor, (run, by), Ending::Failed(words)),
        Found::Cancelled => end(tx, &now, &actor, (run, by), Ending::Cancelled),
        Found::GivenBack => Ok(runs::give_back(tx, run, by)?),
    })
}

fn keep(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    (id, by): (RunId, &str),
    proven: &Proven,
) -> Result<(), AppError> {
    let result = &proven.result;
    if !runs::finish(tx, id, by, result, &proven.file, now.utc())? {
        return Ok(());
    }
    let run = get_run(tx, id)?;
    let mut round = get_round(tx, run.round)?;
    // A round that was called off meanwhile keeps its state; the run is kept for those who want to read it.
    if round.mark_matched().is_ok() {
        rounds::save(tx, &round, now.utc())?;
    }
    let details = json!({ "placed": result.placed, "value": result.value, "bound": result.bound });
    record(tx, now, actor, Action::Match, ("run", &id), &details)
}

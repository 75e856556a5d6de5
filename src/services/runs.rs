//! Matching runs: started by organisers on a frozen snapshot, solved by workers, verified before they count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::Duration;
use serde_json::json;

use super::app::{permit_everywhere, record};
use super::load::{get_round, get_run};
use super::rounds::load as load_round;
use super::snapshot::freeze;
use super::{App, AppError};
use crate::domain::ids::{RoundId, RunId};
use crate::domain::permissions::{Action, Actor};
use crate::domain::run::{Run, RunResult};
use crate::domain::states::RunState;
use crate::files::{Round, Schedule};
use crate::store::{rounds, runs};
use crate::verify::{self, Subject};

/// How far the runs of this process are: written by the solver, read by the API meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<HashMap<RunId, Reading>>>);

/// The best schedule so far and its proven bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Value of the best schedule so far.
    pub value: i64,
    /// No schedule has more.
    pub bound: i64,
}

impl Board {
    /// The last reading of a run that is being solved in this process.
    pub fn reading(&self, id: RunId) -> Option<Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    /// Notes how far a run is; nothing once it has ended.
    pub fn set(&self, id: RunId, reading: Option<Reading>) {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match reading {
            Some(reading) => board.insert(id, reading),
            None => board.remove(&id),
        };
    }
}

/// What an organiser asks of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NewRun {
    /// Decides among equal optima.
    pub seed: i64,
    /// After how long the best schedule found so far is taken; the configured time where none is given.
    pub time_limit_seconds: Option<u32>,
}

/// Longest time limit that is taken, in seconds.
pub const MOST_SECONDS: u32 = 24 * 3600;

/// Freezes the round and queues a run on it.
///
/// # Errors
/// `round-state` unless sign-up has ended and nothing is published; `invalid-fields`; `not-found`; `forbidden`.
pub fn start(app: &App, actor: &Actor, round: RoundId, wanted: NewRun) -> Result<Run, AppError> {
    permit_everywhere(actor, Action::Match)?;
    let seconds = wanted.time_limit_seconds.unwrap_or(app.settings.run_seconds);
    if !(1..=MOST_SECONDS).contains(&seconds) {
        let rule = format!("must be a whole number from 1 to {MOST_SECONDS}");
        return Err(AppError::field("/time_limit_seconds", seconds, rule));
    }
    let now = app.now()?;
    app.store.write(|tx| {
        let round = load_round(tx, actor, round)?;
        round.admit_run()?;
        let frozen = freeze(tx, &round)?;
        let file = frozen.canonical();
        let run = Run {
            id: RunId::new(now.id("run")),
            round: round.id,
            state: RunState::Queued,
            seed: wanted.seed,
            time_limit_seconds: i64::from(seconds),
            round_revision: round.revision,
            round_sha256: frozen.sha256(),
            result: None,
            error: None,
            created_at: now.utc(),
            finished_at: None,
        };
        runs::insert(tx, &run, &file)?;
        let details = json!({ "round": round.id.to_string(), "round_sha256": run.round_sha256 });
        record(tx, &now, actor, Action::Match, ("run", &run.id), &details)?;
        Ok(run)
    })
}

/// A run, and how far it is while it is being solved in this process.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: RunId) -> Result<(Run, Option<Reading>), AppError> {
    permit_everywhere(actor, Action::Match)?;
    let run = app.store.read(|db| get_run(db, id))?;
    Ok((run, app.board.reading(id)))
}

/// The runs of a round, oldest first.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, round: RoundId) -> Result<Vec<Run>, AppError> {
    permit_everywhere(actor, Action::Match)?;
    app.store.read(|db| {
        load_round(db, actor, round)?;
        Ok(runs::list(db, round)?)
    })
}

/// The round file that a run froze. It holds access needs: who takes it stands in the audit.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn round_file(app: &App, actor: &Actor, id: RunId) -> Result<String, AppError> {
    permit_everywhere(actor, Action::Match)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let (round, _) = runs::files(tx, id)?.ok_or_else(|| AppError::not_found("run", id))?;
        record(tx, &now, actor, Action::Match, ("run", &id), &json!({ "taken": "round file" }))?;
        Ok(round)
    })
}

/// The schedule file that came of a run; none while there is none.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn schedule_file(app: &App, actor: &Actor, id: RunId) -> Result<Option<String>, AppError> {
    permit_everywhere(actor, Action::Match)?;
    let (_, schedule) =
        app.store.read(|db| runs::files(db, id)?.ok_or_else(|| AppError::not_found("run", id)))?;
    Ok(schedule)
}

/// A claimed run, ready to be solved.
#[derive(Debug, Clone)]
pub struct Task {
    /// Which run.
    pub run: RunId,
    /// The frozen round.
    pub round: Round,
    /// Decides among equal optima.
    pub seed: i64,
    /// After how long the best schedule found so far is taken.
    pub seconds: f64,
}

/// What a solver brings back.
#[derive(Debug)]
pub enum Found {
    /// A schedule, not yet verified.
    Schedule(Box<Schedule>),
    /// None, and why, in words for the organiser.
    Failed(String),
    /// The solver was asked to stop: the run waits for another one.
    GivenBack,
}

/// How long a solver may be silent before another one takes its run over.
const LEASE: Duration = Duration::minutes(2);

/// Claims the oldest run that waits. One whose frozen round cannot be read fails: it must not stop those behind it.
///
/// # Errors
/// The database's.
pub fn claim(app: &App, by: &str) -> Result<Option<Task>, AppError> {
    permit_everywhere(&Actor::worker(by), Action::Match)?;
    let now = app.clock.now_utc();
    app.store.write_queue(|tx| {
        let Some(id) = runs::claim(tx, by, now, now + LEASE)? else { return Ok(None) };
        let run = get_run(tx, id)?;
        let (file, _) = runs::files(tx, id)?.ok_or_else(|| AppError::not_found("run", id))?;
        let round = match read_round(id, &file) {
            Ok(round) => round,
            Err(error) => {
                runs::fail(tx, id, by, &error.to_string(), now)?;
                return Ok(None);
            }
        };
        Ok(Some(Task {
            run: id,
            round,
            seed: run.seed,
            seconds: u32::try_from(run.time_limit_seconds).map_or(f64::from(MOST_SECONDS), f64::from),
        }))
    })
}

fn read_round(id: RunId, file: &str) -> Result<Round, AppError> {
    Round::read(file.as_bytes()).map_err(|faults| {
        let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
        AppError::Internal(format!("frozen round of run {id}: {}", words.join("; ")))
    })
}

/// Says that a run is still being solved; false when another solver has taken it over.
///
/// # Errors
/// The database's.
pub fn renew(app: &App, by: &str, id: RunId) -> Result<bool, AppError> {
    let now = app.clock.now_utc();
    app.store.write_queue(|tx| Ok(runs::renew(tx, id, by, now + LEASE)?))
}

/// Settles a run. A schedule is verified first by the independent checker; one with a breach fails the run.
///
/// # Errors
/// The database's.
pub fn finish(app: &App, by: &str, task: &Task, found: &Found) -> Result<(), AppError> {
    let now = app.now()?;
    let actor = Actor::worker(by);
    permit_everywhere(&actor, Action::Match)?;
    let settled = match found {
        Found::Schedule(schedule) => match verified(&task.round, schedule) {
            Ok(result) => Ok((result, schedule.to_json())),
            Err(words) => Err(words),
        },
        Found::Failed(words) => Err(words.clone()),
        Found::GivenBack => {
            return app.store.write(|tx| Ok(runs::give_back(tx, task.run, by)?));
        }
    };
    app.store.write(|tx| {
        let details = match &settled {
            Ok((result, schedule)) => {
                if !runs::finish(tx, task.run, by, result, schedule, now.utc())? {
                    return Ok(());
                }
                let run = get_run(tx, task.run)?;
                let mut round = get_round(tx, run.round)?;
                // A round that was called off meanwhile keeps its state; the run is kept for those who want to read it.
                if round.mark_matched().is_ok() {
                    rounds::save(tx, &round, now.utc())?;
                }
                json!({ "placed": result.placed, "value": result.value, "bound": result.bound })
            }
            Err(words) => {
                if !runs::fail(tx, task.run, by, words, now.utc())? {
                    return Ok(());
                }
                json!({ "failed": true })
            }
        };
        record(tx, &now, &actor, Action::Match, ("run", &task.run), &details)
    })
}

/// The figures of a schedule that the checker accepts; else what it breaks.
fn verified(round: &Round, schedule: &Schedule) -> Result<RunResult, String> {
    let report = verify::verify(&Subject::Round(round), schedule);
    if !report.is_clean() {
        let words: Vec<String> = report.breaches.iter().take(5).map(ToString::to_string).collect();
        return Err(format!("the schedule does not verify: {}", words.join("; ")));
    }
    Ok(RunResult {
        placed: schedule.outcomes.placed,
        unplaced: schedule.outcomes.unplaced,
        value: schedule.objective.value,
        bound: schedule.objective.bound,
        proof: schedule.objective.proof.as_str().to_owned(),
    })
}

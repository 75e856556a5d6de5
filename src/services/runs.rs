//! Matching runs as organisers see them: started on a frozen snapshot, watched, called off, read. Several of a round
//! are kept; one is published. Who solves them: [`super::solving`].

use serde_json::json;

use super::app::{permit_in_round, record};
use super::load::{get_own_run, get_run};
use super::locks::check_locks;
use super::rounds::{load as load_round, read_rules};
use super::snapshot::freeze;
use super::{App, AppError, access_needs, changes};
use crate::domain::fault::{Fault, Faults};
use crate::domain::ids::{RoundId, RunId};
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::run::{Run, RunOptions};
use crate::domain::states::{RunKind, RunState};
use crate::files::{self, Schedule};
use crate::store::{Db, runs};

/// What an organiser asks of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewRun {
    /// JSON text of other rules than the round's, to see what they would bring; such a run is never published.
    pub rules: Option<String>,
    /// Decides among equal optima.
    pub seed: i64,
    /// After how long the best schedule found so far is taken; the configured time where none is given.
    pub time_limit_seconds: Option<i64>,
    /// After how many units of work.
    pub work: Option<i64>,
    /// At which gap, from 0 to 1; 0 where none is given.
    pub gap: Option<f64>,
    /// Threads; as many as are configured where none is given.
    pub threads: Option<i64>,
}

/// Longest time limit that is taken, in seconds.
pub const MOST_SECONDS: u32 = 24 * 3600;

fn options(app: &App, wanted: &NewRun) -> Result<RunOptions, AppError> {
    let faults = Faults::none();
    let most_threads = i64::try_from(app.settings.solver_threads).unwrap_or(i64::MAX);
    let seconds = wanted.time_limit_seconds.unwrap_or(i64::from(app.settings.run_seconds));
    if !(1..=i64::from(MOST_SECONDS)).contains(&seconds) {
        let rule = format!("must be a whole number from 1 to {MOST_SECONDS}");
        faults.add("/time_limit_seconds", seconds, rule);
    }
    if let Some(work) = wanted.work.filter(|work| *work < 0) {
        faults.add("/work", work, "must not be negative");
    }
    let gap = wanted.gap.unwrap_or(0.0);
    if !(0.0..=1.0).contains(&gap) {
        faults.add("/gap", gap, "must be a number from 0 to 1");
    }
    let threads = wanted.threads.unwrap_or(most_threads);
    if !(1..=most_threads).contains(&threads) {
        let rule = format!("must be a whole number from 1 to {most_threads} (matching.threads)");
        faults.add("/threads", threads, rule);
    }
    let options =
        RunOptions { seed: wanted.seed, time_limit_seconds: seconds, work: wanted.work, gap, threads };
    faults.into_result(Some(options)).map_err(AppError::Fields)
}

/// Freezes the round and queues a run on it.
///
/// # Errors
/// `round-state` unless sign-up has ended and nothing is published; `breaks-rules` where a lock does by now;
/// `invalid-fields`; `not-found`; `forbidden`.
pub fn start(app: &App, actor: &Actor, round: RoundId, wanted: &NewRun) -> Result<Run, AppError> {
    permit_in_round(actor, Action::Match, round, ("round", &round))?;
    let options = options(app, wanted)?;
    let rules = match &wanted.rules {
        Some(text) => {
            let faults = Faults::none();
            let rules = read_rules(Some(text), &faults);
            Some(faults.into_result(rules).map_err(AppError::Fields)?)
        }
        None => None,
    };
    let now = app.now()?;
    app.store.write(|tx| {
        let mut round = load_round(tx, actor, round)?;
        round.admit_run()?;
        if let Some(rules) = &rules {
            round.rules.clone_from(rules);
        }
        let frozen = freeze(tx, &round)?;
        check_locks(&frozen)?;
        let run = Run {
            id: RunId::new(now.id("run")),
            round: round.id,
            kind: if rules.is_some() { RunKind::WhatIf } else { RunKind::Solved },
            state: RunState::Queued,
            edited_from: None,
            override_reason: None,
            options,
            round_revision: round.revision,
            round_sha256: frozen.sha256(),
            progress: None,
            cancel_asked: false,
            result: None,
            error: None,
            created_at: now.utc(),
            finished_at: None,
        };
        runs::insert(tx, &run, &frozen.canonical(), None)?;
        let details = json!({
            "round": round.id.to_string(), "round_sha256": run.round_sha256, "kind": run.kind.as_str()
        });
        record(tx, &now, actor, Action::Match, ("run", &run.id), &details)?;
        Ok(run)
    })
}

/// Calls a run off. One that waits is cancelled at once; one that is being solved is asked to stop, and ends with the
/// best schedule found so far, or cancelled where there is none. Asking again changes nothing.
///
/// # Errors
/// `run-state` when it has ended; `not-found`, `forbidden`, `unauthenticated`.
pub fn cancel(app: &App, actor: &Actor, id: RunId) -> Result<Run, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let run = get_own_run(tx, actor, Action::Match, id)?;
        if run.cancel_asked {
            return Ok(run);
        }
        if !runs::cancel(tx, id, now.utc())? {
            let words = format!("this run is {}: there is nothing to call off", run.state);
            return Err(Refusal::new(RefusalCode::RunState, words).into());
        }
        record(tx, &now, actor, Action::Match, ("run", &id), &json!({ "cancel": true }))?;
        get_run(tx, id)
    })
}

/// A run, and how far it is.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: RunId) -> Result<Run, AppError> {
    app.store.read(|db| get_own_run(db, actor, Action::ReadRuns, id))
}

/// The runs of a round, oldest first.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, round: RoundId) -> Result<Vec<Run>, AppError> {
    permit_in_round(actor, Action::ReadRuns, round, ("round", &round))?;
    app.store.read(|db| {
        load_round(db, actor, round)?;
        Ok(runs::list(db, round)?)
    })
}

/// The round file that a run froze. It holds access needs: who takes it stands in the audit and in
/// the ledger of each of these people.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn round_file(app: &App, actor: &Actor, id: RunId) -> Result<String, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        get_own_run(tx, actor, Action::ReadRunFiles, id)?;
        let (round, _) = runs::files(tx, id)?.ok_or_else(|| AppError::not_found("run", id))?;
        access_needs::note_file(tx, &now, actor, &read_round(id, &round)?)?;
        record(tx, &now, actor, Action::ReadRunFiles, ("run", &id), &json!({ "taken": "round file" }))?;
        Ok(round)
    })
}

/// The schedule file that came of a run.
///
/// # Errors
/// `run-state` while there is none; `not-found`, `forbidden`, `unauthenticated`.
pub fn schedule_file(app: &App, actor: &Actor, id: RunId) -> Result<String, AppError> {
    let (_, schedule) = app.store.read(|db| {
        get_own_run(db, actor, Action::ReadRunFiles, id)?;
        runs::files(db, id)?.ok_or_else(|| AppError::not_found("run", id))
    })?;
    schedule.ok_or_else(no_schedule)
}

fn no_schedule() -> AppError {
    let words = "this run has no schedule: it is not finished, it failed, or it was called off";
    Refusal::new(RefusalCode::RunState, words).into()
}

/// Refuses a run whose round is not what it froze any more.
pub(super) fn admit_fresh(db: &mut Db, run: &Run, round: &Round) -> Result<(), AppError> {
    if run.round_revision == round.revision {
        return Ok(());
    }
    let changes = changes::since(db, run, round)?;
    if changes.is_empty() { Ok(()) } else { Err(AppError::StaleRun(changes)) }
}

/// The round that a run froze.
pub(super) fn read_round(id: RunId, file: &str) -> Result<files::Round, AppError> {
    files::Round::read(file.as_bytes())
        .map_err(|faults| unreadable(&format!("frozen round of run {id}"), &faults))
}

/// The schedule that came of a run.
pub(super) fn read_schedule(id: RunId, file: &str) -> Result<Schedule, AppError> {
    Schedule::read(file.as_bytes()).map_err(|faults| unreadable(&format!("schedule of run {id}"), &faults))
}

fn unreadable(what: &str, faults: &[Fault]) -> AppError {
    let words: Vec<String> = faults.iter().take(5).map(ToString::to_string).collect();
    AppError::Internal(format!("{what}: {}", words.join("; ")))
}

/// Both files of a run that has a schedule.
pub(super) fn find_result(db: &mut Db, id: RunId) -> Result<Option<(files::Round, Schedule)>, AppError> {
    match runs::files(db, id)? {
        Some((round, Some(schedule))) => Ok(Some((read_round(id, &round)?, read_schedule(id, &schedule)?))),
        Some((_, None)) | None => Ok(None),
    }
}

/// As [`find_result`]; `run-state` where there is no schedule.
pub(super) fn read_result(db: &mut Db, run: &Run) -> Result<(files::Round, Schedule), AppError> {
    find_result(db, run.id)?.ok_or_else(no_schedule)
}

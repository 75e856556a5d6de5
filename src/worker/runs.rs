//! One step of matching: claim a run, solve it outside any transaction, verify, finish.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use super::Stop;
use crate::domain::ids::RunId;
use crate::matching::{self, Options};
use crate::services::clock::seconds_running;
use crate::services::runs::{self, Found};
use crate::services::{App, AppError};

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solved {
    /// No run waited.
    Nothing,
    /// One run was dealt with.
    One,
}

/// How far the runs of this process are: read by the API while they go.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<HashMap<RunId, Reading>>>);

/// The best schedule so far and its proven bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Value of the best schedule so far.
    pub value: i64,
    /// No schedule has more.
    pub bound: i64,
}

impl Board {
    /// The last reading of a run that is being solved here.
    pub fn reading(&self, id: RunId) -> Option<Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    fn set(&self, id: RunId, reading: Option<Reading>) {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match reading {
            Some(reading) => {
                board.insert(id, reading);
            }
            None => {
                board.remove(&id);
            }
        }
    }
}

/// How often the lease of a run is renewed, in seconds.
const RENEW_SECONDS: f64 = 20.0;

/// Solves the oldest run that waits.
///
/// # Errors
/// The database's. What the solver says is stored with the run.
pub fn solve_next(app: &App, by: &str, board: &Board, stop: &Stop) -> Result<Solved, AppError> {
    let Some(task) = runs::claim(app, by)? else { return Ok(Solved::Nothing) };
    let id = task.run;
    let found = solve(app, by, &task, board, stop);
    board.set(id, None);
    runs::finish(app, by, id, found?)?;
    Ok(Solved::One)
}

fn solve(
    app: &App,
    by: &str,
    task: &runs::Task,
    board: &Board,
    stop: &Stop,
) -> Result<Found, AppError> {
    let round = match runs::read_round(&task.round_file) {
        Ok(round) => round,
        Err(words) => return Ok(Found::Failed(words)),
    };
    let options = Options { seed: task.seed, ..Options::default() };
    let began = seconds_running();
    let mut renewed = began;
    let mut trouble = None;
    let solved = matching::solve(&round, &options, &mut |progress| {
        board.set(task.run, Some(Reading { value: progress.value, bound: progress.bound }));
        let now = seconds_running();
        if now - renewed > RENEW_SECONDS {
            renewed = now;
            match runs::renew(app, by, task.run) {
                Ok(true) => {}
                Ok(false) => return ControlFlow::Break(()),
                Err(error) => {
                    trouble = Some(error);
                    return ControlFlow::Break(());
                }
            }
        }
        if stop.is_asked() || now - began > task.seconds {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    if let Some(error) = trouble {
        return Err(error);
    }
    Ok(match solved {
        Ok(schedule) => Found::Schedule(Box::new(schedule)),
        Err(error) => Found::Failed(error.to_string()),
    })
}

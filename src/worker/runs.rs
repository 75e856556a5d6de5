//! One step of matching: claim a run, solve it outside any transaction, verify, finish.

use std::ops::ControlFlow;

use super::Stop;
use crate::matching::{self, Options, StopReason};
use crate::services::clock::seconds_running;
use crate::services::runs::{self, Found, Reading, Task};
use crate::services::{App, AppError};

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solved {
    /// No run waited.
    Nothing,
    /// One run was dealt with.
    One,
}

/// How often the lease of a run is renewed, in seconds.
const RENEW_SECONDS: f64 = 20.0;

/// Solves the oldest run that waits.
///
/// # Errors
/// The database's. What the solver says is stored with the run.
pub fn solve_next(app: &App, by: &str, stop: &Stop) -> Result<Solved, AppError> {
    let Some(task) = runs::claim(app, by)? else { return Ok(Solved::Nothing) };
    let found = solve(app, by, &task, stop);
    app.board.set(task.run, None);
    runs::finish(app, by, &task, &found?)?;
    Ok(Solved::One)
}

fn solve(app: &App, by: &str, task: &Task, stop: &Stop) -> Result<Found, AppError> {
    let options = Options { seed: task.seed, threads: app.settings.solver_threads, ..Options::default() };
    let began = seconds_running();
    let mut renewed = began;
    let mut trouble = None;
    let solved = matching::solve(&task.round, &options, &mut |progress| {
        app.board.set(task.run, Some(Reading { value: progress.value, bound: progress.bound }));
        let now = seconds_running();
        if stop.is_asked() {
            return ControlFlow::Break(StopReason::Cancelled);
        }
        if now - renewed > RENEW_SECONDS {
            renewed = now;
            match runs::renew(app, by, task.run) {
                Ok(true) => {}
                // Another solver has it: what this one would find is thrown away.
                Ok(false) => return ControlFlow::Break(StopReason::Cancelled),
                Err(error) => {
                    trouble = Some(error);
                    return ControlFlow::Break(StopReason::Cancelled);
                }
            }
        }
        if now - began > task.seconds {
            return ControlFlow::Break(StopReason::Time);
        }
        ControlFlow::Continue(())
    });
    if let Some(error) = trouble {
        return Err(error);
    }
    if stop.is_asked() {
        return Ok(Found::GivenBack);
    }
    Ok(match solved {
        Ok(mut schedule) => {
            schedule.run.seconds = seconds_running() - began;
            Found::Schedule(Box::new(schedule))
        }
        Err(error) => Found::Failed(error.to_string()),
    })
}

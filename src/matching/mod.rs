//! Round to schedule: a pure function, with a certificate.
//!
//! `problem` turns a round into integers by the `rules`, `components` leaves out what lies on no ring; `pricing` finds
//! the prices that bound every schedule (with `day` for exact circulations, `aggregate` with `scaling` for the first prices and
//! `master` for the next ones to try); `search` finds schedules (`dive`, `primal`, `neighbourhood` with `tight` and `part`) and
//! closes the gap (`tree` with `agenda`, `fixing` and `branching`); `limited` does both where rings may not be long;
//! `certificate` proves the bound again from whole prices; `change` looks for what would have placed those left out;
//! `rings`, `explain` and `report` write the schedule; `mps`
//! writes the model for other solvers; `frontier` solves a round under one rule after another, `health`
//! with one more place or release; `repair` mends schedules.
//! Never reads a clock (it only asks its caller every so often, `watch`), a database or the environment; what it finds does not depend on the order of the input or on
//! the number of threads.

mod agenda;
mod aggregate;
mod atlas;
mod average;
#[doc(hidden)]
pub mod bench;
mod branching;
mod certificate;
mod change;
mod components;
mod coupling;
mod dates;
mod day;
mod dive;
mod dual;
mod explain;
mod fixing;
pub mod frontier;
pub mod health;
mod limited;
mod master;
mod mps;
mod neighbourhood;
mod num;
mod part;
mod pricing;
mod primal;
mod problem;
pub mod repair;
mod report;
mod rings;
mod rules;
mod scaling;
mod search;
mod share;
mod tight;
mod tree;
#[cfg(test)]
mod trial;
mod watch;
mod way;

use std::ops::ControlFlow;

pub use mps::write_mps;
pub use rules::Code;

use crate::files::{Round, Schedule};

/// How a round is to be solved.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Decides among equal optima.
    pub seed: i64,
    /// Work units after which to stop.
    pub work: Option<i64>,
    /// Gap at which to stop.
    pub gap: f64,
    /// Threads to use; the schedule does not depend on them.
    pub threads: usize,
    /// Whether to look for what would have placed those left out, which may take as much work again.
    pub changes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 0, work: None, gap: 0.0, threads: 1, changes: true }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Of the best schedule found; 0 while there is none.
    pub value: i64,
    /// No schedule has more.
    pub bound: i64,
    /// Work units spent.
    pub work: i64,
}

/// Why a caller ends a run before the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The time is up.
    Time,
    /// Nobody wants the result any more.
    Cancelled,
}

/// Why a round has no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    /// A lock breaks a hard rule and has no override.
    #[error(
        "the lock of {staff:?} breaks the rule {code:?}; maybe withdraw it, or give it an \"override\" with the reason"
    )]
    LockBreaksRule {
        /// Whose lock.
        staff: String,
        /// The rule.
        code: &'static str,
    },
    /// No schedule completes the locks.
    #[error(
        "no schedule completes the locks under the required balance; maybe allow more balance, or override one"
    )]
    LocksInfeasible,
    /// `max_ring` is set, and the model is asked for.
    #[error(
        "a model of rings of limited length (\"max_ring\") cannot be written yet; maybe solve without --model"
    )]
    RingLimitNotYet,
    /// The run was stopped before any schedule completed the locks.
    #[error("stopped before a schedule that completes the locks was found; maybe allow more time")]
    StoppedEarly,
    /// The model could not be written.
    #[error("the model cannot be written: {words}")]
    CannotWrite {
        /// What the system says.
        words: String,
    },
}

impl MatchError {
    /// The stable name of the error.
    pub const fn code(&self) -> &'static str {
        match self {
            MatchError::LockBreaksRule { .. } => "lock_breaks_rule",
            MatchError::LocksInfeasible => "locks_infeasible",
            MatchError::RingLimitNotYet => "not_yet",
            MatchError::StoppedEarly => "stopped_early",
            MatchError::CannotWrite { .. } => "cannot_write",
        }
    }
}

/// Finds the best schedule of a round, or the best until `progress` breaks, the work is spent or the gap is reached.
///
/// The round is one that was read or [`Round::checked`]. `run.seconds` is 0: the caller knows the time.
///
/// # Errors
/// `lock_breaks_rule`, `locks_infeasible`; `stopped_early` when nothing was found.
pub fn solve(
    round: &Round,
    options: &Options,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<StopReason>,
) -> Result<Schedule, MatchError> {
    let board = watch::Board::default();
    board.run(progress, || solve_on(round, options, &board))
}

fn solve_on(round: &Round, options: &Options, board: &watch::Board) -> Result<Schedule, MatchError> {
    let (mut problem, key) = problem::build(round, options.seed)?;
    problem.halt = board.halt.clone();
    components::prune(&mut problem);
    let problem = problem;
    let most = certificate::Certificate::new(&problem, &dual::Dual::trivial(&problem)).bound;
    board.begin(most);
    let mut watch = watch::Watch::new(options, board, most);
    let (found, rings) = match round.rules.max_ring {
        None => search::search(&problem, options.seed, &mut watch).map(|found| (found, None)),
        Some(most) => {
            // More than there are libraries is no limit.
            let most = usize::try_from(most).unwrap_or(usize::MAX).min(problem.libraries.max(2));
            limited::search(&problem, most, options.seed, &mut watch)
                .map(|(found, rings)| (found, Some(rings)))
        }
    }
    .map_err(|_| MatchError::LocksInfeasible)?;
    let plan = found.plan.ok_or(MatchError::StoppedEarly)?;
    let certificate = certificate::Certificate::new(&problem, &found.dual);
    let is_optimal = watch.stopped.is_none() && watch.bound.min(certificate.bound) <= plan.value;
    // A limit of rings is another problem, in which circulations prove nothing.
    let changes = if options.changes && is_optimal && rings.is_none() {
        let (plan, dual) = (&plan, &found.dual);
        let solved =
            change::Solved { round, key: &key, problem: &problem, plan, dual, certificate: &certificate };
        change::look(&solved, options.seed, &mut watch)
    } else {
        change::Changes::new()
    };
    let mut schedule = report::report(&problem, &key, &plan, rings.as_ref(), &certificate, &watch, options);
    change::tell(changes, &mut schedule.unplaced);
    Ok(schedule)
}

//! One step of matching: claim a run, solve it outside any transaction, verify, finish.
//!
//! Two threads: one solves and never waits for the database; beside it one keeps the lease, stores how far the run is,
//! and looks whether it was called off.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Stop;
use crate::domain::run::RunProgress;
use crate::matching::{self, MatchError, Options, Progress, StopReason};
use crate::services::clock::seconds_running;
use crate::services::solving::{self, Found, Round, Schedule, Task};
use crate::services::{App, AppError};

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Solved {
    /// No run waited.
    Nothing,
    /// One run was dealt with.
    One,
}

/// What solves rounds: [`matching::solve`], or what a test puts in its place.
pub type Solver<'a> = dyn Fn(&Round, &Options, &mut dyn FnMut(&Progress) -> ControlFlow<StopReason>) -> Result<Schedule, MatchError>
    + 'a;

/// How often the keeper looks whether the run was called off: by its key, which costs next to nothing.
const LOOK: Duration = Duration::from_millis(150);
/// How often progress is stored at most, in seconds.
const TELL_SECONDS: f64 = 1.0;
/// How often the lease is renewed at least, in seconds.
const RENEW_SECONDS: f64 = 15.0;

/// Solves the oldest run that waits.
///
/// # Errors
/// The database's. What the solver says is stored with the run.
pub fn solve_next(app: &App, by: &str, stop: &Stop) -> Result<Solved, AppError> {
    solve_next_by(app, by, stop, &matching::solve)
}

/// As [`solve_next`], by a solver of one's own.
///
/// # Errors
/// As for [`solve_next`].
pub fn solve_next_by(app: &App, by: &str, stop: &Stop, solver: &Solver<'_>) -> Result<Solved, AppError> {
    let Some(task) = solving::claim(app, by)? else { return Ok(Solved::Nothing) };
    let desk = Desk::default();
    let found = std::thread::scope(|scope| {
        let (solving, ended) = channel::<()>();
        let keeper = Keeper { app, by, task: &task, stop, desk: &desk };
        scope.spawn(move || keeper.keep(&ended));
        let found = catch_unwind(AssertUnwindSafe(|| find(&task, &desk, solver)));
        drop(solving);
        found.unwrap_or_else(|panic| Found::Failed(words_of(panic.as_ref())))
    });
    solving::finish(app, by, task.run, &found)?;
    Ok(Solved::One)
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "the solver broke down ({}): this is a fault of the program; tell the operators, who can keep the round file",
        words.unwrap_or("without words")
    )
}

/// Why the solver is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// The run was called off: what was found counts.
    Cancel,
    /// The process stops, or another solver has the run: what was found does not count.
    GiveBack,
}

/// What solver and keeper tell each other.
#[derive(Debug, Default)]
struct Desk(Mutex<(Option<Order>, Option<RunProgress>)>);

impl Desk {
    fn open(&self) -> MutexGuard<'_, (Option<Order>, Option<RunProgress>)> {
        // A pair of copies: nothing is half done in it when a thread breaks down.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a run while it is being solved.
struct Keeper<'a> {
    app: &'a App,
    by: &'a str,
    task: &'a Task,
    stop: &'a Stop,
    desk: &'a Desk,
}

impl Keeper<'_> {
    /// Until the solver has ended. Trouble with the database ends nothing: the lease outlasts a short one, and after a
    /// longer one the run is another solver's.
    fn keep(&self, ended: &Receiver<()>) {
        let (mut told, mut renewed) = (None, seconds_running());
        while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            let ordered = self.look();
            if let Some(order) = ordered {
                self.desk.open().0 = Some(order);
            }
            let (progress, silent) = (self.desk.open().1, seconds_running() - renewed);
            if silent >= RENEW_SECONDS || (silent >= TELL_SECONDS && progress != told) {
                match solving::renew(self.app, self.by, self.task.run, progress) {
                    Ok(_) => (told, renewed) = (progress, seconds_running()),
                    Err(error) => tracing::warn!(run = %self.task.run, %error, "progress is not stored"),
                }
            }
        }
    }

    fn look(&self) -> Option<Order> {
        if self.stop.is_asked() {
            return Some(Order::GiveBack);
        }
        match solving::is_cancel_asked(self.app, self.by, self.task.run) {
            Ok(Some(false)) => None,
            Ok(Some(true)) => Some(Order::Cancel),
            Ok(None) => Some(Order::GiveBack),
            Err(error) => {
                tracing::warn!(run = %self.task.run, %error, "cannot look whether the run was called off");
                None
            }
        }
    }
}

fn find(task: &Task, desk: &Desk, solver: &Solver<'_>) -> Found {
    let wanted = &task.options;
    let options = Options {
        seed: wanted.seed,
        work: wanted.work,
        gap: wanted.gap,
        threads: usize::try_from(wanted.threads).unwrap_or(1),
        changes: true,
    };
    // At most a day.
    let most = Duration::from_secs(u64::try_from(wanted.time_limit_seconds).unwrap_or(0)).as_secs_f64();
    let began = seconds_running();
    let solved = solver(&task.round, &options, &mut |progress| {
        let Progress { value, bound, work } = *progress;
        let mut desk = desk.open();
        desk.1 = Some(RunProgress { value, bound, work });
        if desk.0.is_some() {
            ControlFlow::Break(StopReason::Cancelled)
        } else if seconds_running() - began >= most {
            ControlFlow::Break(StopReason::Time)
        } else {
            ControlFlow::Continue(())
        }
    });
    let order = desk.open().0;
    match solved {
        _ if order == Some(Order::GiveBack) => Found::GivenBack,
        Ok(mut schedule) => {
            schedule.run.seconds = seconds_running() - began;
            solving::prove(&task.round, &schedule)
        }
        Err(MatchError::StoppedEarly) if order == Some(Order::Cancel) => Found::Cancelled,
        Err(error) => Found::Failed(error.to_string()),
    }
}

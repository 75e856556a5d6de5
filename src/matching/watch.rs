//! What is known so far, the effort spent, and whether to go on.
//!
//! Effort is counted in units of work, which are the same on every machine; only the caller knows the time. The caller
//! is asked by another thread than the one that solves, so that a run ends soon after the caller says so, whatever it
//! is about; the board is where the two meet.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Options, Progress, StopReason};

/// Why the search ended before the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The allowed gap is reached.
    Gap,
    /// The allowed work is done.
    Work,
    /// The caller says so.
    Caller(StopReason),
}

impl Stopped {
    /// The word in `run.stopped`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Stopped::Gap => "gap",
            Stopped::Work => "work",
            Stopped::Caller(StopReason::Time) => "time",
            Stopped::Caller(StopReason::Cancelled) => "cancelled",
        }
    }
}

/// Says that the run is to end; looked at wherever something may take long.
#[derive(Debug, Clone, Default)]
pub(super) struct Halt(Arc<AtomicBool>);

impl Halt {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where the thread that solves and the caller meet.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) halt: Halt,
    said: Mutex<(Option<Progress>, Option<StopReason>)>,
}

/// How often the caller is asked.
const ASK: Duration = Duration::from_millis(20);

impl Board {
    /// Solves on a thread of its own, while this one tells the caller how far it is.
    pub(super) fn run<T: Send>(
        &self,
        progress: &mut dyn FnMut(&Progress) -> ControlFlow<StopReason>,
        solve: impl FnOnce() -> T + Send,
    ) -> T {
        let (done, is_done) = channel();
        std::thread::scope(|scope| {
            let solver = scope.spawn(move || {
                // Let go of at the end, which is what the other thread waits for.
                let _done: Sender<()> = done;
                solve()
            });
            loop {
                let latest = self.said.lock().unwrap_or_else(PoisonError::into_inner).0;
                if let Some(ControlFlow::Break(reason)) = latest.map(|latest| progress(&latest)) {
                    self.said.lock().unwrap_or_else(PoisonError::into_inner).1.get_or_insert(reason);
                    self.halt.0.store(true, Ordering::Relaxed);
                }
                match is_done.recv_timeout(ASK) {
                    Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            solver.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Something to tell the caller, before anything is known but a bound.
    pub(super) fn begin(&self, bound: i64) {
        let first = Progress { value: 0, bound, work: 0 };
        self.said.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(first);
    }
}

/// Watches one run, or a part of it.
pub(super) struct Watch<'a> {
    options: Options,
    board: &'a Board,
    /// Parts of a run tell nobody.
    is_whole: bool,
    pub(super) work: i64,
    /// Value of the best schedule found.
    pub(super) value: Option<i64>,
    /// Proven bound.
    pub(super) bound: i64,
    pub(super) stopped: Option<Stopped>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(options: &Options, board: &'a Board, bound: i64) -> Self {
        Self { options: options.clone(), board, is_whole: true, work: 0, value: None, bound, stopped: None }
    }

    /// Watches a part of the run that another thread may do: until the run is to end.
    pub(super) fn part(&self) -> Self {
        let options = Options { threads: 1, ..Options::default() };
        Self { is_whole: false, ..Watch::new(&options, self.board, i64::MAX) }
    }

    /// Watches a part like [`Watch::part`], that ends itself after so much work.
    pub(super) fn limited_part(&self, work: i64) -> Self {
        let options = Options { threads: 1, work: Some(work), ..Options::default() };
        Self { is_whole: false, ..Watch::new(&options, self.board, i64::MAX) }
    }

    pub(super) fn threads(&self) -> usize {
        self.options.threads
    }

    /// Whether nothing better can exist.
    pub(super) fn is_proven(&self) -> bool {
        self.value.is_some_and(|value| value >= self.bound)
    }

    /// Whether the search is over.
    pub(super) fn is_over(&self) -> bool {
        self.stopped.is_some() || self.is_proven()
    }

    /// Asks whether the run is to end, in the middle of something long.
    pub(super) fn is_stopped(&mut self) -> bool {
        self.spend(0);
        self.stopped.is_some()
    }

    /// Counts work, tells the caller, and asks whether to go on.
    pub(super) fn spend(&mut self, work: i64) {
        self.work += work;
        if self.stopped.is_some() {
            return;
        }
        if self.board.halt.is_set() {
            let said = self.board.said.lock().unwrap_or_else(PoisonError::into_inner);
            self.stopped = Some(Stopped::Caller(said.1.unwrap_or(StopReason::Cancelled)));
        } else if self.options.work.is_some_and(|most| self.work >= most) {
            self.stopped = Some(Stopped::Work);
        } else if !self.is_proven()
            && self.value.is_some_and(|value| gap(value, self.bound) <= self.options.gap)
        {
            self.stopped = Some(Stopped::Gap);
        }
        if self.is_whole {
            let now = Progress { value: self.value.unwrap_or(0), bound: self.bound, work: self.work };
            self.board.said.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(now);
        }
    }
}

/// (bound − value) / max(1, bound).
pub(super) fn gap(value: i64, bound: i64) -> f64 {
    super::num::float(bound - value) / super::num::float(bound.max(1))
}

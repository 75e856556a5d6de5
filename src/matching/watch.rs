//! What is known so far, the effort spent, and whether to go on.
//!
//! Effort is counted in units of work, which are the same on every machine; only the caller knows the time.

use std::ops::ControlFlow;

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

/// Watches one run.
pub(super) struct Watch<'a> {
    options: &'a Options,
    progress: &'a mut dyn FnMut(&Progress) -> ControlFlow<StopReason>,
    pub(super) work: i64,
    /// Value of the best schedule found.
    pub(super) value: Option<i64>,
    /// Proven bound.
    pub(super) bound: i64,
    pub(super) stopped: Option<Stopped>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        options: &'a Options,
        progress: &'a mut dyn FnMut(&Progress) -> ControlFlow<StopReason>,
        bound: i64,
    ) -> Self {
        Self { options, progress, work: 0, value: None, bound, stopped: None }
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

    /// Counts work, tells the caller, and asks whether to go on.
    pub(super) fn spend(&mut self, work: i64) {
        self.work += work;
        if self.stopped.is_some() {
            return;
        }
        let progress = Progress { value: self.value.unwrap_or(0), bound: self.bound, work: self.work };
        if let ControlFlow::Break(reason) = (self.progress)(&progress) {
            self.stopped = Some(Stopped::Caller(reason));
        } else if self.options.work.is_some_and(|most| self.work >= most) {
            self.stopped = Some(Stopped::Work);
        } else if !self.is_proven()
            && self.value.is_some_and(|value| gap(value, self.bound) <= self.options.gap)
        {
            self.stopped = Some(Stopped::Gap);
        }
    }
}

/// (bound − value) / max(1, bound).
pub(super) fn gap(value: i64, bound: i64) -> f64 {
    super::num::float(bound - value) / super::num::float(bound.max(1))
}

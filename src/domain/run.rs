//! A matching run: one computation on a frozen snapshot of a round, or one by hand on the result of another.

use chrono::NaiveDateTime;

use super::ids::{RoundId, RunId};
use super::states::{RunKind, RunState};

/// A run without its files.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its identity.
    pub id: RunId,
    /// The round it froze.
    pub round: RoundId,
    /// How its schedule comes about.
    pub kind: RunKind,
    /// How far it is.
    pub state: RunState,
    /// The run whose schedule was edited.
    pub edited_from: Option<RunId>,
    /// Why the edit may break rules.
    pub override_reason: Option<String>,
    /// How it is solved; of an edited run, how the one it came from was.
    pub options: RunOptions,
    /// The round's revision when it was frozen.
    pub round_revision: i64,
    /// SHA-256 of the frozen round file's canonical form.
    pub round_sha256: String,
    /// How far it came, from a second after its begin on.
    pub progress: Option<RunProgress>,
    /// Whether it was asked to stop.
    pub cancel_asked: bool,
    /// What came of it.
    pub result: Option<RunResult>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for, in UTC.
    pub created_at: NaiveDateTime,
    /// When it ended, in UTC.
    pub finished_at: Option<NaiveDateTime>,
}

/// How a run is solved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunOptions {
    /// Decides among equal optima.
    pub seed: i64,
    /// After how many seconds the best schedule found so far is taken.
    pub time_limit_seconds: i64,
    /// After how many units of work.
    pub work: Option<i64>,
    /// At which gap, from 0 to 1.
    pub gap: f64,
    /// Threads to use; the schedule does not depend on them.
    pub threads: i64,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunProgress {
    /// Value of the best schedule so far; 0 while there is none.
    pub value: i64,
    /// No schedule has more.
    pub bound: i64,
    /// Units of work spent.
    pub work: i64,
}

/// The figures of a verified schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunResult {
    /// People with a place.
    pub placed: i64,
    /// People without.
    pub unplaced: i64,
    /// The schedule's value.
    pub value: i64,
    /// The certified upper bound of every schedule's value.
    pub bound: i64,
    /// `prices` or `search` (docs/files.md).
    pub proof: String,
    /// Why the search ended: `proved`, `gap`, `work`, `time`, `cancelled`; `edited` where there was none.
    pub stopped: String,
}

/// (bound − value) / max(1, bound): how much better a schedule may be.
pub fn gap(value: i64, bound: i64) -> f64 {
    // cannot fail: the digits of a whole number are a number; exact below 2^53, where all values lie.
    let double = |n: i64| n.to_string().parse().unwrap_or(f64::NAN);
    double(bound.saturating_sub(value)) / double(bound.max(1))
}

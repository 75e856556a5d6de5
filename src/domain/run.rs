//! A matching run: one computation on a frozen snapshot of a round.

use chrono::NaiveDateTime;

use super::ids::{RoundId, RunId};
use super::states::RunState;

/// A run without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its identity.
    pub id: RunId,
    /// The round it froze.
    pub round: RoundId,
    /// How far it is.
    pub state: RunState,
    /// Decides among equal optima.
    pub seed: i64,
    /// After how long the best schedule found so far is taken.
    pub time_limit_seconds: i64,
    /// The round's revision when it was frozen.
    pub round_revision: i64,
    /// SHA-256 of the frozen round file's canonical form.
    pub round_sha256: String,
    /// What came of it.
    pub result: Option<RunResult>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for, in UTC.
    pub created_at: NaiveDateTime,
    /// When it ended, in UTC.
    pub finished_at: Option<NaiveDateTime>,
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
}

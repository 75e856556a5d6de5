//! A repair of a published round: what was asked, the options that were shown, and which of them was applied.

use chrono::NaiveDateTime;

use super::ids::{RepairId, RepairOptionId, RoundId};

/// A repair with its options. Nobody hears of it before one is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// Its identity.
    pub id: RepairId,
    /// The round that it mends.
    pub round: RoundId,
    /// What was asked, as JSON.
    pub asked: String,
    /// SHA-256 of everything that it was worked out from: it holds as long as this is the same.
    pub fingerprint: String,
    /// The round as it was then, as a round file.
    pub round_file: String,
    /// The option that is proposed.
    pub default_option: RepairOptionId,
    /// In the order in which they are shown.
    pub options: Vec<RepairOption>,
    /// When it was asked for, in UTC.
    pub created_at: NaiveDateTime,
    /// Which option was applied; none as long as none was.
    pub applied: Option<AppliedOption>,
}

/// One way to mend a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairOption {
    /// Its identity, so that nobody applies another repair's.
    pub id: RepairOptionId,
    /// What it changes, and what it costs, as JSON.
    pub plan: String,
    /// The schedule that it comes to, as a schedule file.
    pub schedule_file: String,
}

/// The option that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppliedOption {
    /// Which.
    pub option: RepairOptionId,
    /// When, in UTC.
    pub at: NaiveDateTime,
}

//! What is asked of a repair, and what is wrong with it.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;

/// What has happened, and what must not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Placed people who do not go.
    pub drop: BTreeSet<String>,
    /// Libraries that take nobody on a date.
    pub close: BTreeSet<(String, NaiveDate)>,
    /// Libraries that take nobody on a date but those who are there.
    pub full: BTreeSet<(String, NaiveDate)>,
    /// People without a place who are to be considered first and everywhere, also if they dropped out before or have
    /// come to the round since.
    pub add: BTreeSet<String>,
    /// Placed people whose placement stays as it is.
    pub freeze: BTreeSet<String>,
    /// Placements before this date stay as they are, and nobody gets one there.
    pub from: Option<NaiveDate>,
    /// The balance that a repair may use; the round's and one where it is not said.
    pub balance: Option<i64>,
}

/// Why a repair cannot be worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RepairFaultCode {
    /// Nothing has happened.
    NothingToRepair,
    /// Somebody or something is not in the round.
    UnknownId,
    /// Somebody who has no place drops out or is frozen.
    NotPlaced,
    /// Somebody is added who has a place.
    AlreadyPlaced,
    /// Somebody of the round is neither placed nor unplaced in the schedule, and is not added.
    NotAdded,
    /// Somebody frozen drops out, or their host closes.
    Frozen,
    /// A day that is closed, or that somebody drops out of, lies before the first one that may change.
    Past,
    /// Somebody whom the round locks to a place drops out or comes back, or the host closes.
    Locked,
    /// The balance is less than the round's, or the round asks for none.
    Balance,
}

impl RepairFaultCode {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            RepairFaultCode::NothingToRepair => "nothing_to_repair",
            RepairFaultCode::UnknownId => "unknown_id",
            RepairFaultCode::NotPlaced => "not_placed",
            RepairFaultCode::AlreadyPlaced => "already_placed",
            RepairFaultCode::NotAdded => "not_added",
            RepairFaultCode::Frozen => "frozen",
            RepairFaultCode::Past => "past",
            RepairFaultCode::Locked => "locked",
            RepairFaultCode::Balance => "balance",
        }
    }
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairFault {
    /// What kind of fault.
    pub code: RepairFaultCode,
    /// Which part of the request: `drop`, `close`, `add`, `freeze`, `balance`; empty for the whole.
    pub field: &'static str,
    /// Whom or what it is about.
    pub value: String,
    /// What is wrong, for people.
    pub words: String,
}

impl fmt::Display for RepairFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.words)
    }
}

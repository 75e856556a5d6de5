//! Everything a use case can answer instead of its result, with stable codes.

use crate::domain::fault::Fault;
use crate::domain::permissions::Denied;
use crate::domain::refusal::{BrokenRule, Refusal};
use crate::store::StoreError;
use crate::store::connection::IsConflict;

use super::changes::Change;
use super::clock::NoChance;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Fields of the request break rules; all of them are named.
    #[error("{} of the fields cannot be taken", .0.len())]
    Fields(Vec<Fault>),
    /// There is no such thing, or its existence is not this actor's business.
    #[error("there is no {kind} {id}")]
    NotFound {
        /// What kind of thing.
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
    /// The present state of things does not allow the step.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What was decided by hand breaks rules of matching; all of them are named.
    #[error("this breaks {}: an `override` with the reason sets aside those that can be", codes_of(.0))]
    BreaksRules(Vec<BrokenRule>),
    /// What was matched has changed since the run froze it; everything that has is named.
    #[error("the round has changed in {} places since this run froze it: start a new run", .0.len())]
    StaleRun(Vec<Change>),
    /// The role may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Nobody, or somebody unknown, asks for what needs a credential.
    #[error("a valid API token or link is needed")]
    Unauthenticated,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random numbers.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// Something that should hold did not; the words are for the log, not for the requester.
    #[error("an internal rule was broken: {0}")]
    Internal(String),
}

impl AppError {
    /// There is no such thing.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "ids are copied; a reference at every call says nothing"
    )]
    pub fn not_found(kind: &'static str, id: impl ToString) -> Self {
        AppError::NotFound { kind, id: id.to_string() }
    }

    /// One field that cannot be taken.
    #[expect(clippy::needless_pass_by_value, reason = "as for `not_found`")]
    pub fn field(pointer: &str, value: impl ToString, rule: impl ToString) -> Self {
        AppError::Fields(vec![Fault {
            pointer: pointer.to_owned(),
            value: crate::domain::fault::shortened(&value.to_string()),
            rule: rule.to_string(),
        }])
    }

    /// The stable kebab-case code of the problem (documented in docs/problems.md).
    pub const fn code(&self) -> &'static str {
        // codes-begin (tests/tidy.rs reads these literals)
        match self {
            AppError::Fields(_) => "invalid-fields",
            AppError::NotFound { .. } => "not-found",
            AppError::Refused(refusal) => refusal.code.code(),
            AppError::BreaksRules(_) => "breaks-rules",
            AppError::StaleRun(_) => "stale-run",
            AppError::Denied(_) => "forbidden",
            AppError::Unauthenticated => "unauthenticated",
            AppError::Store(StoreError::Unavailable(_) | StoreError::Conflict) => "unavailable",
            AppError::Store(_) | AppError::Chance(_) | AppError::Internal(_) => "internal",
        }
        // codes-end
    }
}

/// Each code once, in the order of their first occurrence.
fn codes_of(broken: &[BrokenRule]) -> String {
    let mut codes: Vec<&str> = Vec::new();
    for rule in broken {
        if !codes.contains(&rule.code) {
            codes.push(rule.code);
        }
    }
    codes.join(", ")
}

impl IsConflict for AppError {
    fn is_conflict(&self) -> bool {
        matches!(self, AppError::Store(StoreError::Conflict))
    }
}

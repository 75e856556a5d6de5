//! Access needs: what a host has to have or to know, so that somebody can come at all. Confidential.
//!
//! `Debug` shows nothing of them: they must not get into a log by any way.

use std::fmt;

use chrono::NaiveDateTime;

use super::ids::{ApplicationId, ReadingId};
use super::permissions::Role;
use super::placement::Placement;
use super::refusal::{Refusal, RefusalCode};
use super::states::{PlacementState, named};
use super::tag::Tag;

/// What somebody needs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AccessNeeds {
    /// Features that a host must have: these are matched.
    pub tags: Vec<Tag>,
    /// What those who act on it should know, in the person's words; never matched.
    pub words: Option<String>,
}

/// Length of the words, in characters, at most.
pub const MOST_NEED_WORDS: usize = 1_000;

impl AccessNeeds {
    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty() && self.words.is_none()
    }
}

impl fmt::Debug for AccessNeeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessNeeds(…)")
    }
}

/// Whether those who act on needs may read them by now: everybody has said yes, the person among them, and the day is to come.
///
/// # Errors
/// `placement-state`.
pub fn admit_reading(placement: &Placement) -> Result<(), Refusal> {
    match placement.state {
        PlacementState::Confirmed => Ok(()),
        PlacementState::Proposed
        | PlacementState::Completed
        | PlacementState::Declined
        | PlacementState::Cancelled
        | PlacementState::Expired
        | PlacementState::DidNotTakePlace => {
            let words = format!(
                "this placement is {}: access needs are shown from the last yes until the day has been",
                placement.state
            );
            Err(Refusal::new(RefusalCode::PlacementState, words))
        }
    }
}

/// Somebody has read the needs of an application: a line of the ledger that the person sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its identity.
    pub id: ReadingId,
    /// Whose needs.
    pub application: ApplicationId,
    /// When, in UTC.
    pub at: NaiveDateTime,
    /// Who, as the audit names them: `token:<id>`, `link:<id>`.
    pub reader: String,
    /// In what capacity.
    pub role: Role,
    /// For whom a deputy read.
    pub on_behalf_of: Option<String>,
    /// What was read.
    pub what: WhatWasRead,
}

named! {
    /// What somebody read of needs.
    WhatWasRead {
        /// All of them.
        Needs = "needs",
        /// The tags, in a round file that was taken.
        RoundFile = "round_file",
        /// All of them, in an export of what is known of the person.
        SubjectExport = "subject_export",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_need_is_shown_by_debug() {
        let needs = AccessNeeds {
            tags: vec!["step-free".parse().expect("a tag")],
            words: Some("I use a wheelchair".to_owned()),
        };
        assert_eq!(format!("{needs:?}"), "AccessNeeds(…)");
    }
}

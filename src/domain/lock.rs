//! What an organiser fixes before a round is matched: placements that stand, and pairs that must not be.

use chrono::NaiveDate;

use super::ids::{ApplicationId, ForbiddenId, LibraryId};

/// A placement that stands: in every schedule of the round. One for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Who.
    pub application: ApplicationId,
    /// Where.
    pub host: LibraryId,
    /// When.
    pub date: NaiveDate,
    /// Why it may break rules.
    pub override_reason: Option<String>,
}

/// A pair that must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forbidden {
    /// Its identity.
    pub id: ForbiddenId,
    /// Who.
    pub application: ApplicationId,
    /// Where.
    pub host: LibraryId,
    /// When; none means never.
    pub date: Option<NaiveDate>,
}

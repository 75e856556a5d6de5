//! Grants: as what somebody with an address may sign in, beside what follows from their applications and libraries.

use chrono::NaiveDateTime;

use super::email::Email;
use super::ids::GrantId;
use super::mandate::Mandate;

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its identity.
    pub id: GrantId,
    /// Whose it is.
    pub address: Email,
    /// As what they may act.
    pub mandate: Mandate,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// From when on it is worth nothing, in UTC; absent means never.
    pub expires_at: Option<NaiveDateTime>,
    /// When it was taken back, in UTC.
    pub ended_at: Option<NaiveDateTime>,
}

impl Grant {
    /// Whether somebody may act by it at an instant.
    pub fn is_valid_at(&self, instant: NaiveDateTime) -> bool {
        self.ended_at.is_none() && self.expires_at.is_none_or(|end| instant < end)
    }
}

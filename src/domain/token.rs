//! API tokens: who a program acts as. Never holds the secret.

use chrono::{Duration, NaiveDateTime};

use super::ids::TokenId;
use super::mandate::Mandate;
use super::permissions::{Actor, Scopes};
use super::text::Name;

/// How exactly the last use of a token is known: a note is made of it at most so often.
pub const USE_NOTED_EVERY: Duration = Duration::hours(1);

/// A token without its secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Its identity.
    pub id: TokenId,
    /// What people call it ("HR export of Worcestershire").
    pub name: Name,
    /// As what its holder acts.
    pub mandate: Mandate,
    /// To what of its role it is narrowed.
    pub scopes: Scopes,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// From when on it is worth nothing, in UTC; absent means never.
    pub expires_at: Option<NaiveDateTime>,
    /// When it was taken back, in UTC.
    pub revoked_at: Option<NaiveDateTime>,
    /// When it was last used, as exactly as [`USE_NOTED_EVERY`] says.
    pub last_used_at: Option<NaiveDateTime>,
    /// The token that takes its place.
    pub replaced_by: Option<TokenId>,
}

impl Token {
    /// Whether it opens the door at an instant.
    pub fn is_valid_at(&self, instant: NaiveDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| instant < end)
    }

    /// Whether a use at an instant is worth a note.
    pub fn is_use_news(&self, instant: NaiveDateTime) -> bool {
        self.last_used_at.is_none_or(|last| instant - last >= USE_NOTED_EVERY)
    }

    /// Whom its holder acts as.
    pub fn actor(&self) -> Actor {
        Actor { scopes: self.scopes.clone(), ..self.mandate.actor(format!("token:{}", self.id)) }
    }
}

//! API tokens: who a program acts as. Never holds the secret.

use chrono::NaiveDateTime;

use super::ids::{EmployerId, TokenId};
use super::permissions::{Actor, Role};
use super::text::Name;

/// A token without its secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Its identity.
    pub id: TokenId,
    /// What people call it ("HR export of Worcestershire").
    pub name: Name,
    /// In what capacity its holder acts.
    pub role: Role,
    /// Whose HR or administrator it is.
    pub employer: Option<EmployerId>,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// From when on it is worth nothing, in UTC; absent means never.
    pub expires_at: Option<NaiveDateTime>,
    /// When it was taken back, in UTC.
    pub revoked_at: Option<NaiveDateTime>,
}

impl Token {
    /// Whether a role can be given to a token at all, and then whether it is bound to an employer.
    pub const fn binding(role: Role) -> Option<Binding> {
        match role {
            Role::Operator | Role::Organiser | Role::Auditor | Role::MailServer => Some(Binding::Programme),
            Role::RoundOrganiser => Some(Binding::Round),
            Role::LibraryAdministrator | Role::Hr => Some(Binding::Employers),
            Role::Manager | Role::HostContact | Role::Participant | Role::Anyone | Role::System => None,
        }
    }

    /// Whether it opens the door at an instant.
    pub fn is_valid_at(&self, instant: NaiveDateTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| instant < end)
    }

    /// Whom its holder acts as.
    pub fn actor(&self) -> Actor {
        Actor {
            employers: self.employer.into_iter().collect(),
            ..Actor::named(format!("token:{}", self.id), self.role)
        }
    }
}

/// What a token's role is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// One or more employers.
    Employers,
    /// One round.
    Round,
    /// The programme as a whole.
    Programme,
}

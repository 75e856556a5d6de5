//! Scopes: what of its role a credential may do. They only ever narrow.

use std::fmt;
use std::str::FromStr;

use super::actions::{Action, Effect};
use crate::domain::fault::Rule;

/// A part of what a role may do: `read`, `write`, or one action by its name (`export_schedule`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every action that changes nothing.
    Read,
    /// Every action that changes something.
    Write,
    /// One action.
    One(Action),
}

impl Scope {
    const fn of_effect(effect: Effect) -> Self {
        match effect {
            Effect::Reads => Self::Read,
            Effect::Changes | Effect::CarriesOn => Self::Write,
        }
    }

    fn covers(self, action: Action) -> bool {
        self == Self::One(action) || self == Self::of_effect(action.effect())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::One(action) => action.as_str(),
        })
    }
}

impl FromStr for Scope {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            action => action.parse().map(Self::One).map_err(|_: Rule| {
                Rule::new("must be `read`, `write` or an action of docs/permissions.md".to_owned())
            }),
        }
    }
}

/// What of its role a credential may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scopes {
    /// All of it.
    #[default]
    Whole,
    /// What one of these covers.
    Only(Vec<Scope>),
}

impl Scopes {
    /// Whether they leave an action to the role.
    pub fn cover(&self, action: Action) -> bool {
        match self {
            Self::Whole => true,
            Self::Only(scopes) => scopes.iter().any(|scope| scope.covers(action)),
        }
    }

    /// Whether everything that others cover is covered by these: who holds these may give those away.
    pub fn include(&self, others: &Self) -> bool {
        match (self, others) {
            (Self::Whole, _) => true,
            (Self::Only(_), Self::Whole) => false,
            (Self::Only(own), Self::Only(given)) => given.iter().all(|scope| {
                own.contains(scope) || matches!(scope, Scope::One(action) if self.cover(*action))
            }),
        }
    }
}

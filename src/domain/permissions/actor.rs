//! Who acts, on what, and what the table says to it.

use std::fmt;

use super::{Action, Reach, Role, Scopes, reach_of};
use crate::domain::ids::{ApplicationId, DeputyshipId, EmployerId, PlacementId, RoundId};

/// For whom somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnBehalf {
    /// For whoever has this role in the case.
    Of(Role),
    /// For whoever has named them as their deputy.
    By(DeputyshipId),
}

impl fmt::Display for OnBehalf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(role) => role.fmt(f),
            Self::By(id) => write!(f, "deputyship:{id}"),
        }
    }
}

/// Who acts, in what role, on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Stable name for the audit: `token:<id>`, `session:<id>`, `link:<id>`, `worker:<name>`, `anyone`. Never an address.
    pub name: String,
    /// In what capacity.
    pub role: Role,
    /// The employers of a credential that is bound to some.
    pub employers: Vec<EmployerId>,
    /// The round of a credential that is bound to one.
    pub round: Option<RoundId>,
    /// The application of a link.
    pub application: Option<ApplicationId>,
    /// The placement of a link.
    pub placement: Option<PlacementId>,
    /// What of the role the credential may do.
    pub scopes: Scopes,
    /// For whom they act, where it is not for themselves.
    pub on_behalf_of: Option<OnBehalf>,
}

impl Actor {
    /// Somebody unknown at the open door.
    pub fn anyone() -> Self {
        Self::named("anyone", Role::Anyone)
    }

    /// A worker of the service, by its name.
    pub fn worker(name: &str) -> Self {
        Self::named(format!("worker:{name}"), Role::System)
    }

    /// An actor without employer, round or case, who may do all of its role.
    pub fn named(name: impl Into<String>, role: Role) -> Self {
        Self {
            name: name.into(),
            role,
            employers: Vec::new(),
            round: None,
            application: None,
            placement: None,
            scopes: Scopes::Whole,
            on_behalf_of: None,
        }
    }

    /// How far this actor reaches for an action, if it may do it at all.
    ///
    /// # Errors
    /// [`Denied`] where the role has no row for the action, the credential's scopes leave it out, or deputies do not do it.
    pub fn reach(&self, action: Action) -> Result<Reach, Denied> {
        let denied = |why| Denied { role: self.role, action, why };
        let reach = reach_of(self.role, action).ok_or(denied(Why::Role))?;
        if matches!(self.on_behalf_of, Some(OnBehalf::By(_))) && !action.is_done_by_deputies() {
            return Err(denied(Why::Deputy));
        }
        if self.scopes.cover(action) { Ok(reach) } else { Err(denied(Why::Scope)) }
    }

    /// Asks the table.
    ///
    /// # Errors
    /// As for [`Actor::reach`]; [`Denied`] also where the subject is not the actor's own.
    pub fn may(&self, action: Action, on: &Subject) -> Result<(), Denied> {
        let is_own = match self.reach(action)? {
            Reach::Everywhere => true,
            Reach::OwnEmployer => self.employers.iter().any(|own| on.employers.contains(own)),
            Reach::OwnRound => self.round.is_some() && self.round == on.round,
            Reach::OwnCase => {
                let own_application = self.application.is_some() && self.application == on.application;
                let own_placement = self.placement.is_some() && self.placement == on.placement;
                own_application || own_placement
            }
        };
        if is_own { Ok(()) } else { Err(Denied { role: self.role, action, why: Why::Foreign }) }
    }
}

/// What an action is done to, as far as the table needs to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The employers it belongs to.
    pub employers: Vec<EmployerId>,
    /// The round it is or belongs to.
    pub round: Option<RoundId>,
    /// The application it is or belongs to.
    pub application: Option<ApplicationId>,
    /// The placement it is.
    pub placement: Option<PlacementId>,
}

impl Subject {
    /// Something that belongs to the installation as a whole.
    pub fn installation() -> Self {
        Self::default()
    }

    /// Something that belongs to employers.
    pub fn of_employers(employers: &[EmployerId]) -> Self {
        Self { employers: employers.to_vec(), ..Self::default() }
    }

    /// A round, or something that belongs to it and to nobody else.
    pub fn of_round(round: RoundId) -> Self {
        Self { round: Some(round), ..Self::default() }
    }
}

/// The table says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// In what capacity it was tried.
    pub role: Role,
    /// What was tried.
    pub action: Action,
    /// Why not.
    pub why: Why,
}

/// Why the table says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The role never may.
    Role,
    /// The role may, this credential may not: its scopes leave it out.
    Scope,
    /// The role may, but nobody does it for somebody else.
    Deputy,
    /// The credential would give more than it has.
    Wider,
    /// The role may elsewhere: the thing belongs to others, and its existence may be private.
    Foreign,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.action.as_str().replace('_', " ");
        match self.why {
            Why::Role => write!(f, "the role {} may not {what}", self.role),
            Why::Scope => write!(f, "the scopes of this credential leave out to {what}"),
            Why::Deputy => write!(f, "a deputy may not {what}: whose work it is does that"),
            Why::Wider => write!(f, "a credential with scopes may {what} only within them"),
            Why::Foreign => write!(f, "the role {} may not {what} here", self.role),
        }
    }
}

impl std::error::Error for Denied {}

//! Mandates: as what a token, a grant or the claims of an identity provider let somebody act.

use super::fault::Faults;
use super::ids::{EmployerId, RoundId};
use super::permissions::{Actor, Role};

/// A role, and what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mandate {
    /// In what capacity its holder acts.
    pub role: Role,
    /// Whose administrator or HR.
    pub employers: Vec<EmployerId>,
    /// Of which round an organiser, for whoever runs one round only.
    pub round: Option<RoundId>,
}

/// What a role that can be given is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// One employer or several.
    Employers,
    /// One round.
    Round,
    /// The programme as a whole.
    Programme,
}

/// Who gets a mandate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// A program, by a token.
    Program,
    /// A person who signs in.
    Person,
}

impl Mandate {
    /// Whether a role can be given at all, and then what it is bound to.
    pub const fn binding(role: Role, holder: Holder) -> Option<Binding> {
        match role {
            Role::Operator | Role::Organiser | Role::Auditor => Some(Binding::Programme),
            Role::RoundOrganiser => Some(Binding::Round),
            Role::LibraryAdministrator | Role::Hr => Some(Binding::Employers),
            Role::MailServer => match holder {
                Holder::Program => Some(Binding::Programme),
                Holder::Person => None,
            },
            Role::Manager | Role::HostContact | Role::Participant | Role::Anyone | Role::System => None,
        }
    }

    /// The roles that can be given.
    pub fn roles(holder: Holder) -> Vec<Role> {
        Role::ALL.iter().copied().filter(|role| Self::binding(*role, holder).is_some()).collect()
    }

    /// Reports what is missing or superfluous, at `/role`, `/employers` and `/round`.
    pub fn check(&self, holder: Holder, faults: &Faults) {
        let Some(binding) = Self::binding(self.role, holder) else {
            let names: Vec<&str> = Self::roles(holder).into_iter().map(Role::as_str).collect();
            faults.add("/role", self.role, format!("must be one of {}", names.join(", ")));
            return;
        };
        match (binding, self.employers.first()) {
            (Binding::Employers, None) => {
                faults.add(
                    "/employers",
                    "",
                    format!("must name at least one: {} acts for employers", self.role),
                );
            }
            (Binding::Round | Binding::Programme, Some(first)) => {
                let rule = format!("must be absent: the role {} is not bound to employers", self.role);
                faults.add("/employers", first, rule);
            }
            (Binding::Employers, Some(_)) | (Binding::Round | Binding::Programme, None) => {}
        }
        match (binding, self.round) {
            (Binding::Round, None) => {
                faults.add("/round", "", format!("is required: {} acts for one round", self.role));
            }
            (Binding::Employers | Binding::Programme, Some(round)) => {
                let rule = format!("must be absent: the role {} is not bound to a round", self.role);
                faults.add("/round", round, rule);
            }
            (Binding::Round, Some(_)) | (Binding::Employers | Binding::Programme, None) => {}
        }
    }

    /// Whoever acts by it, under a stable name.
    pub fn actor(&self, name: String) -> Actor {
        Actor { employers: self.employers.clone(), round: self.round, ..Actor::named(name, self.role) }
    }
}

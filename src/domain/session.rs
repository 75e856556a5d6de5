//! Sessions of people who have signed in: whose, by what way, in which capacity. Never holds the secret of the cookie.

use chrono::{Duration, NaiveDateTime};

use super::email::Email;
use super::ids::{ApplicationId, DeputyshipId, GrantId, PlacementId, SessionId};
use super::mandate::Mandate;
use super::permissions::{Actor, OnBehalf, Role};
use super::states::named;

/// How long a mailed link to sign in lives after its mail was written.
pub const LINK_LIFE: Duration = Duration::minutes(15);

named! {
    /// By what way somebody has signed in.
    Way {
        /// By a link in a mail.
        Link = "link",
        /// By an identity provider (OpenID Connect).
        Oidc = "oidc",
    }
}

/// Somebody who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identity.
    pub id: SessionId,
    /// How it began.
    pub way: Way,
    /// Whose it is: an address, or an identity provider's issuer and subject.
    pub holder: String,
    /// As what the provider's claims let its holder act; none: what is known of the address.
    pub mandates: Option<Vec<Mandate>>,
    /// Which capacity was chosen, by its key.
    pub capacity: Option<String>,
    /// When it began, in UTC.
    pub created_at: NaiveDateTime,
    /// When it was last used, to a tenth of the idle time.
    pub seen_at: NaiveDateTime,
    /// When it ends at the latest, in UTC.
    pub expires_at: NaiveDateTime,
    /// When it was ended.
    pub ended_at: Option<NaiveDateTime>,
}

impl Session {
    /// Whether it lives at an instant, where nobody may be idle for longer than `idle`.
    pub fn is_live_at(&self, instant: NaiveDateTime, idle: Duration) -> bool {
        self.ended_at.is_none() && instant < self.expires_at && instant < self.seen_at + idle
    }

    /// Whether a use at an instant is worth a note.
    pub fn is_use_news(&self, instant: NaiveDateTime, idle: Duration) -> bool {
        instant - self.seen_at >= idle / 10
    }
}

/// A mailed link to sign in, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInLink {
    /// Its identity.
    pub id: SessionId,
    /// Whom its mail went to.
    pub address: Email,
    /// When it ends, in UTC.
    pub expires_at: NaiveDateTime,
    /// When it was used.
    pub used_at: Option<NaiveDateTime>,
}

impl SignInLink {
    /// Whether somebody can still sign in by it.
    pub fn is_live_at(&self, instant: NaiveDateTime) -> bool {
        self.used_at.is_none() && instant < self.expires_at
    }
}

/// What lets somebody act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// A grant to their address.
    Grant(GrantId, Mandate),
    /// The claims of their identity provider: the nth mandate.
    Claims(usize, Mandate),
    /// An application that is theirs.
    Participant(ApplicationId),
    /// An application of which they are the line manager.
    Manager(ApplicationId),
    /// A placement whose visitor they receive.
    Host(PlacementId),
    /// A placement at whose library they are the contact's deputy.
    Deputy(PlacementId),
    /// What lets somebody else whose work they do for a while.
    For(DeputyshipId, Box<Ground>),
}

impl Ground {
    /// Its name within one person's capacities; stays the same.
    fn key(&self) -> String {
        match self {
            Ground::Grant(id, _) => format!("grant:{id}"),
            Ground::Claims(n, _) => format!("claims:{n}"),
            Ground::Participant(id) => format!("participant:{id}"),
            Ground::Manager(id) => format!("manager:{id}"),
            Ground::Host(id) => format!("host:{id}"),
            Ground::Deputy(id) => format!("deputy:{id}"),
            Ground::For(id, own) => format!("for:{id}:{}", own.key()),
        }
    }

    /// The mandate, where it rests on one.
    fn mandate(&self) -> Option<&Mandate> {
        match self {
            Ground::Grant(_, mandate) | Ground::Claims(_, mandate) => Some(mandate),
            Ground::Participant(_) | Ground::Manager(_) | Ground::Host(_) | Ground::Deputy(_) => None,
            Ground::For(_, own) => own.mandate(),
        }
    }

    /// In what role.
    pub fn role(&self) -> Role {
        match self {
            Ground::Grant(_, mandate) | Ground::Claims(_, mandate) => mandate.role,
            Ground::Participant(_) => Role::Participant,
            Ground::Manager(_) => Role::Manager,
            Ground::Host(_) | Ground::Deputy(_) => Role::HostContact,
            Ground::For(_, own) => own.role(),
        }
    }

    /// Whoever acts on it during a session.
    fn actor(&self, session: SessionId) -> Actor {
        let name = format!("session:{session}");
        let named = || Actor::named(name.clone(), self.role());
        match self {
            Ground::Grant(_, mandate) | Ground::Claims(_, mandate) => mandate.actor(name),
            Ground::Participant(id) | Ground::Manager(id) => Actor { application: Some(*id), ..named() },
            Ground::Host(id) => Actor { placement: Some(*id), ..named() },
            Ground::Deputy(id) => {
                let contact = OnBehalf::Of(Role::HostContact);
                Actor { placement: Some(*id), on_behalf_of: Some(contact), ..named() }
            }
            Ground::For(id, own) => Actor { on_behalf_of: Some(OnBehalf::By(*id)), ..own.actor(session) },
        }
    }
}

/// As what somebody can act who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// What lets them.
    pub ground: Ground,
    /// What it is about, in words for its holder; empty where the role says it all.
    pub about: String,
}

impl Capacity {
    /// Its name within one person's capacities; stays the same.
    pub fn key(&self) -> String {
        self.ground.key()
    }

    /// The mandate, where it rests on one.
    pub fn mandate(&self) -> Option<&Mandate> {
        self.ground.mandate()
    }

    /// In what role.
    pub fn role(&self) -> Role {
        self.ground.role()
    }

    /// Whoever acts in it during a session.
    pub fn actor(&self, session: SessionId) -> Actor {
        self.ground.actor(session)
    }
}

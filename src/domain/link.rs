//! Links in mails: whoever holds one may see one case and act on it, within its time.

use chrono::NaiveDateTime;

use super::email::Email;
use super::ids::{ApplicationId, LinkId, PlacementId, ReserveOfferId};
use super::party::Party;
use super::permissions::{Actor, OnBehalf, Role};
use super::states::named;

named! {
    /// What a link lets its holder do.
    Purpose {
        /// Prove an e-mail address, once.
        Verify = "verify",
        /// Release a participant, or not, once.
        Release = "release",
        /// Answer a proposal.
        Answer = "answer",
        /// See one's own application and take it back.
        Application = "application",
        /// Take a place that has become free, or not.
        Offer = "offer",
    }
}

/// A link, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its identity.
    pub id: LinkId,
    /// What it is for.
    pub purpose: Purpose,
    /// The case.
    pub application: ApplicationId,
    /// The placement, for an answer.
    pub placement: Option<PlacementId>,
    /// The offer to a reserve, for the answer to one.
    pub reserve_offer: Option<ReserveOfferId>,
    /// Who holds it.
    pub party: Party,
    /// Whom its mail went to: a host's contact may have changed since.
    pub recipient: Email,
    /// Whether a deputy of that party holds it.
    pub is_deputy: bool,
    /// When it ends, in UTC.
    pub expires_at: NaiveDateTime,
    /// When it was used, for those that act once.
    pub used_at: Option<NaiveDateTime>,
}

impl Link {
    /// Whether it can still act.
    pub fn is_live(&self, now: NaiveDateTime) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }

    /// Who acts by it. The name tells the link, never the person.
    pub fn actor(&self) -> Actor {
        let role = match self.party {
            Party::Participant => Role::Participant,
            Party::Host => Role::HostContact,
            Party::Manager => Role::Manager,
        };
        // A host or manager who answers one placement must not see the participant's later ones.
        let application = match (self.party, self.placement) {
            (Party::Host | Party::Manager, Some(_)) => None,
            (Party::Participant, _) | (Party::Host | Party::Manager, None) => Some(self.application),
        };
        let on_behalf_of = self.is_deputy.then_some(OnBehalf::Of(role));
        Actor {
            application,
            placement: self.placement,
            on_behalf_of,
            ..Actor::named(format!("link:{}", self.id), role)
        }
    }
}

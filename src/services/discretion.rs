//! What the recipient of a mail may know of the other side: what is hidden here is in no letter.

use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;

/// What a recipient may know of the other side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Discretion {
    /// In what capacity the recipient gets it.
    pub(super) party: Party,
    /// The placement is, or was, certain.
    pub(super) acquainted: bool,
}

impl Discretion {
    /// The participant's name: to a host only once it is certain.
    pub(super) const fn name(self) -> bool {
        match self.party {
            Party::Participant | Party::Manager => true,
            Party::Host => self.acquainted,
        }
    }

    /// The participant's work address: to a host once it is certain.
    pub(super) const fn address(self) -> bool {
        match self.party {
            Party::Participant | Party::Manager => false,
            Party::Host => self.acquainted,
        }
    }

    /// Where the participant comes from: never to a host.
    pub(super) const fn home(self) -> bool {
        match self.party {
            Party::Participant | Party::Manager => true,
            Party::Host => false,
        }
    }

    /// Whom to ask at the host library: those who go there, once it is certain.
    pub(super) const fn contact(self) -> bool {
        match self.party {
            Party::Participant => self.acquainted,
            Party::Manager | Party::Host => false,
        }
    }

    /// Where to ring the host: whoever goes there, and in an emergency everybody.
    pub(super) const fn telephone(self, kind: NoticeKind) -> bool {
        self.contact() || matches!(kind, NoticeKind::Ill)
    }
}

//! The line manager's answer to a request for release: yes, yes on some of the days, or no for a reason from a list.

use std::fmt;

use chrono::NaiveDate;

use super::ids::ApplicationId;
use super::states::named;
use super::told::Told;

named! {
    /// Why a manager says no. Organisers read it; the participant reads [`RefusalReason::polite`].
    RefusalReason {
        /// Too few would remain.
        Cover = "cover",
        /// Too many are on leave, or the person is.
        Leave = "leave",
        /// The person is needed for something else.
        BusinessNeed = "business_need",
        /// The employer gives no assurance of vetting.
        Vetting = "vetting",
        /// Something else, in words.
        Other = "other",
    }
}

impl RefusalReason {
    /// What the participant is told: true, but no more than a manager would say in passing. Vetting and what is said in
    /// words are between the two of them.
    pub const fn polite(self) -> Told {
        match self {
            RefusalReason::Cover => Told::NotReleasedForCover,
            RefusalReason::Leave => Told::NotReleasedForLeave,
            RefusalReason::BusinessNeed => Told::NotReleasedForWork,
            RefusalReason::Vetting | RefusalReason::Other => Told::NotReleasedAskManager,
        }
    }
}

/// A no.
/// `Debug` shows nothing of the words.
#[derive(Clone, PartialEq, Eq)]
pub struct ReleaseRefusal {
    /// Why.
    pub reason: RefusalReason,
    /// More, in the manager's words, for organisers only; always there with [`RefusalReason::Other`].
    pub words: Option<String>,
}

impl fmt::Debug for ReleaseRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReleaseRefusal({})", self.reason)
    }
}

/// What the manager says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes, for these days; none named means all asked for.
    Release(Vec<NaiveDate>),
    /// No.
    Refuse(ReleaseRefusal),
}

/// A decision and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Whose request; absent means the one that the link's mail was about.
    pub application: Option<ApplicationId>,
    /// The revision of the application that the manager had before their eyes. A request that has changed since is not
    /// decided; absent means that nothing but the mail was looked at.
    pub version: Option<i64>,
    /// What is decided.
    pub decision: Decision,
}

//! Identities: one type for each kind of thing, so that a library's id cannot stand where a round's is meant.
//!
//! Each is a uuid v7 (RFC 9562): sortable by the time it was made. Where ids are drawn is the service's concern.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::fault::Rule;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this uuid.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The uuid itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Rule;

            fn from_str(text: &str) -> Result<Self, Rule> {
                Uuid::parse_str(text).map(Self).map_err(|_| Rule::of("must be an id (a UUID)"))
            }
        }
    )+};
}

ids! {
    /// An employer (organisation).
    EmployerId,
    /// A library: one place.
    LibraryId,
    /// A calendar that libraries share.
    CalendarId,
    /// A human being across rounds.
    PersonId,
    /// A round of the programme.
    RoundId,
    /// A participant's request to join a round.
    ApplicationId,
    /// One matching computation.
    RunId,
    /// Ways to mend a published round, one of which may be applied.
    RepairId,
    /// One of them.
    RepairOptionId,
    /// A swap that participants ask for.
    SwapId,
    /// A place that fell empty and is offered to reserves.
    RefillId,
    /// The offer of such a place to one of them.
    ReserveOfferId,
    /// A pair that must not be matched.
    ForbiddenId,
    /// A participant, a host and a day.
    PlacementId,
    /// What a host offers instead of a placement.
    AlternativeId,
    /// What one party says of a day.
    FeedbackId,
    /// An idea that somebody brought home.
    IdeaId,
    /// A placement of the time before this service.
    PastPlacementId,
    /// A person's work for an employer.
    EmploymentId,
    /// An API token.
    TokenId,
    /// As what an address may sign in.
    GrantId,
    /// Who does somebody's work for a while.
    DeputyshipId,
    /// Somebody who has signed in, or the link by which they do.
    SessionId,
    /// A link in a mail.
    LinkId,
    /// A calendar that programs subscribe to.
    FeedId,
    /// Where an employer's programs hear of changes.
    WebhookId,
    /// A message to them.
    WebhookMessageId,
    /// What an employer's HR has delivered of its schedule.
    ScheduleDeliveryId,
    /// A file that was made for that.
    ScheduleDispatchId,
    /// A certificate that was issued.
    CertificateId,
    /// A notice in the outbox.
    NoticeId,
    /// A mail that came in.
    InboundId,
    /// A line of the ledger of who has read access needs.
    ReadingId,
    /// An entry of the audit.
    AuditId,
}

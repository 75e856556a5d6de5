//! A notice in the outbox: a fact that somebody is to be told by mail.

use chrono::NaiveDateTime;

use super::email::Email;
use super::ids::{ApplicationId, NoticeId, PlacementId, RunId};
use super::letter::NoticeKind;
use super::party::Party;
use super::states::named;
use super::text::Name;

named! {
    /// How far a notice is.
    NoticeState {
        /// Waits until the organisers let the mails of a publication go.
        Held = "held",
        /// Waits for the daily digest of its recipient.
        Collected = "collected",
        /// Waits for its time.
        Queued = "queued",
        /// Is being rendered and sent.
        Leased = "sending",
        /// Taken by the mail server.
        Sent = "sent",
        /// Told by a digest, which is a notice of its own.
        Digested = "digested",
        /// Taken by the mail server, and sent back by a later one.
        Bounced = "bounced",
        /// Refused for good, or too often.
        GaveUp = "gave_up",
        /// Overtaken by a later fact before it was sent.
        Superseded = "superseded",
        /// Thrown away: by the organisers while it was held, or because its recipient wants no mails of optional kinds.
        Discarded = "discarded",
    }
}

/// A notice: facts only. It is rendered when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its identity.
    pub id: NoticeId,
    /// What it is about.
    pub kind: NoticeKind,
    /// The fact's own key: it is enqueued once.
    pub dedupe_key: String,
    /// Later notices of the same thread to the same recipient supersede unsent earlier ones.
    pub thread_key: String,
    /// In what capacity the recipient gets it.
    pub party: Party,
    /// The recipient's name, where known.
    pub recipient_name: Option<Name>,
    /// The recipient's address.
    pub recipient: Email,
    /// The application it is about; none for a link to sign in, which is about nobody's case.
    pub application: Option<ApplicationId>,
    /// The placement it is about.
    pub placement: Option<PlacementId>,
    /// The run whose publication it tells; such a notice begins as held.
    pub run: Option<RunId>,
    /// What cannot be looked up later (sequence, former times, a reason), as JSON.
    pub facts: String,
    /// How far it is.
    pub state: NoticeState,
    /// Set when it is rendered.
    pub message_id: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// Not before.
    pub next_attempt_at: NaiveDateTime,
    /// What the mail server said last.
    pub last_answer: Option<String>,
    /// When the fact happened.
    pub created_at: NaiveDateTime,
    /// When it was sent, given up, told by a digest or dropped.
    pub settled_at: Option<NaiveDateTime>,
    /// What overtook it.
    pub superseded_by: Option<NoticeId>,
    /// What is told again with it.
    pub again_of: Option<NoticeId>,
    /// The digest that tells it.
    pub digest: Option<NoticeId>,
}

impl Notice {
    /// A notice that goes as soon as it can, in a thread of its own, about nobody's case.
    pub fn queued(
        id: NoticeId,
        (kind, dedupe_key): (NoticeKind, String),
        (party, recipient): (Party, Email),
        at: NaiveDateTime,
    ) -> Self {
        Self {
            id,
            kind,
            thread_key: dedupe_key.clone(),
            dedupe_key,
            party,
            recipient_name: None,
            recipient,
            application: None,
            placement: None,
            run: None,
            facts: "{}".to_owned(),
            state: NoticeState::Queued,
            message_id: None,
            attempts: 0,
            next_attempt_at: at,
            last_answer: None,
            created_at: at,
            settled_at: None,
            superseded_by: None,
            again_of: None,
            digest: None,
        }
    }
}

/// The mail server takes nothing from this service: what is due waits, and none of it loses an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailPause {
    /// Since when.
    pub since: NaiveDateTime,
    /// What the server said last.
    pub answer: String,
    /// How often it was tried again.
    pub tries: i64,
    /// When one mail is tried next.
    pub next_try_at: NaiveDateTime,
}

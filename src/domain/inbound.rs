//! A mail that came in, as far as it counts: an answer from a calendar program, a report of a mail that did not arrive,
//! words, or an automatic reply (docs/mail.md, "Replies"). Never its text.

use chrono::NaiveDateTime;

use super::email::Email;
use super::ids::{InboundId, NoticeId, PlacementId};
use super::party::Party;
use super::states::named;

named! {
    /// What a mail is.
    InboundKind {
        /// A calendar's yes.
        Accepted = "accepted",
        /// A calendar's no.
        Declined = "declined",
        /// A calendar's perhaps.
        Tentative = "tentative",
        /// A calendar proposes other times.
        Counter = "counter",
        /// A calendar says something else: delegated, or nothing.
        OtherReply = "other_reply",
        /// A mail did not arrive, for good.
        Bounce = "bounce",
        /// A mail has not arrived yet.
        Delay = "delay",
        /// Nobody wrote it.
        AutoReply = "auto_reply",
        /// What a person writes.
        Words = "words",
    }
}

named! {
    /// What came of a mail.
    InboundOutcome {
        /// It is the party's answer now.
        Answered = "answered",
        /// The same was said before.
        Repeated = "repeated",
        /// It is neither yes nor no.
        Undecided = "undecided",
        /// Another time, which those who may change it are told as a task.
        PassedOn = "passed_on",
        /// Nothing proves who sent it.
        Unproven = "unproven",
        /// Somebody else than the invited sent it.
        WrongAddress = "wrong_address",
        /// It answers what has changed since.
        OutOfDate = "out_of_date",
        /// The same party has said something later.
        Late = "late",
        /// The placement takes no such answer any more.
        Refused = "refused",
        /// A person answers a mail of ours in words.
        NotUnderstood = "not_understood",
        /// The mail that did not arrive is marked.
        Bounced = "bounced",
        /// The mail that is late is known, and may still arrive.
        Noted = "noted",
        /// It belongs to nothing that is known here.
        Unknown = "unknown",
        /// Automatic: it means nothing.
        Ignored = "ignored",
    }
}

/// A mail, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its Message-ID with angle brackets.
    pub message_id: Option<String>,
    /// The one author that its header names.
    pub from: Option<Email>,
    /// Domains in whose name our own mail server has found the sender to be proven (RFC 8601), lower case.
    pub proven: Vec<String>,
    /// The Message-IDs of what it answers, with angle brackets.
    pub answers_to: Vec<String>,
    /// The addresses that it was brought to, as far as its header tells, the envelope's first; at most 20. A report
    /// comes to the return path of the mail that it is about.
    pub brought_to: Vec<String>,
    /// Whether a program answered by itself (RFC 3834): nobody may write back.
    pub is_automatic: bool,
    /// What it holds.
    pub content: Content,
}

/// What a mail holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// An answer from a calendar program (RFC 5546, REPLY and COUNTER).
    Reply(CalendarReply),
    /// A report about a mail of ours (RFC 3464, or in words only).
    Report(DeliveryReport),
    /// Anything else.
    Words,
}

/// An answer from a calendar program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarReply {
    /// Accepted, declined, tentative, counter or other.
    pub kind: InboundKind,
    /// UID of the event.
    pub uid: String,
    /// Who answers.
    pub attendee: Option<Email>,
    /// SEQUENCE of what is answered.
    pub sequence: i64,
    /// DTSTAMP: when it was said, in UTC.
    pub stamped_at: Option<NaiveDateTime>,
    /// When it would suit instead, where it is a counter-proposal that says so.
    pub proposed: Option<ProposedTime>,
}

/// Another time, as a calendar proposes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProposedTime {
    /// From, in UTC.
    pub starts: NaiveDateTime,
    /// To, in UTC; later.
    pub ends: NaiveDateTime,
}

/// A report about a mail of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Whether it is given up.
    pub is_final: bool,
    /// The enhanced status (`5.1.1`).
    pub status: Option<String>,
    /// The Message-ID of the mail, with angle brackets.
    pub message_id: Option<String>,
}

impl Received {
    /// What it is.
    pub const fn kind(&self) -> InboundKind {
        match &self.content {
            Content::Reply(reply) => reply.kind,
            Content::Report(report) if report.is_final => InboundKind::Bounce,
            Content::Report(_) => InboundKind::Delay,
            Content::Words if self.is_automatic => InboundKind::AutoReply,
            Content::Words => InboundKind::Words,
        }
    }

    /// Whether the sender is proven to be this address.
    pub fn proves(&self, address: &Email) -> bool {
        self.from.as_ref() == Some(address) && self.proven.iter().any(|domain| domain == address.domain())
    }
}

/// What is kept of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its identity.
    pub id: InboundId,
    /// When it came, in UTC.
    pub received_at: NaiveDateTime,
    /// Through which door: `pipe` or `api`.
    pub channel: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// What makes it the same mail when it comes again.
    pub fingerprint: String,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// What it is.
    pub kind: InboundKind,
    /// What came of it.
    pub outcome: InboundOutcome,
    /// The placement it is about.
    pub placement: Option<PlacementId>,
    /// The party that it came from, or that a mail went to.
    pub party: Option<Party>,
    /// The mail of ours that it is about.
    pub notice: Option<NoticeId>,
    /// DTSTAMP of a calendar's answer, never later than it came.
    pub stamped_at: Option<NaiveDateTime>,
    /// When it would suit instead, of a counter-proposal that was passed on.
    pub proposed: Option<ProposedTime>,
    /// The version of the placement's terms that it was said about, of a counter-proposal that was passed on.
    pub terms_version: Option<i64>,
    /// More: the code of a refusal, the status of a report.
    pub detail: Option<String>,
}

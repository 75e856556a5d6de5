//! Everything that one mail tells, looked up and ready to be rendered: plain data between services, calendar and mail.
//!
//! What the recipient may not know is absent already (docs/mail.md, "Notices"); access needs are never here.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::alternative::AlternativeKind;
use super::deputyship::Deputed;
use super::idea::Question;
use super::language::Language;
use super::packs::{Pack, PackChange, PackField};
use super::party::Party;
use super::schedule_delivery::{DispatchOff, FileNews};
use super::states::named;
use super::told::Told;
use super::webhook::WebhookOff;

named! {
    /// What a mail is about.
    NoticeKind {
        /// Prove your address.
        VerifyAddress = "verify_address",
        /// You are signed up already.
        AlreadySignedUp = "already_signed_up",
        /// May this person be away?
        ReleaseRequest = "release_request",
        /// A placement is proposed.
        Proposal = "proposal",
        /// The answer to a proposal is missing.
        AnswerReminder = "answer_reminder",
        /// The host's contact is silent: would the deputy answer?
        DeputyRequest = "deputy_request",
        /// The host offers something else instead of a no.
        Alternative = "alternative",
        /// A place that has become free is offered to a reserve.
        Offer = "offer",
        /// It is not to be had any more.
        OfferEnded = "offer_ended",
        /// A colleague receives the visitor instead of the recipient.
        HandedOver = "handed_over",
        /// Participants want to exchange their days: does that suit?
        SwapRequest = "swap_request",
        /// That came to nothing.
        SwapEnded = "swap_ended",
        /// Everybody has said yes.
        Confirmed = "confirmed",
        /// The times have changed.
        Changed = "changed",
        /// It is off.
        Cancelled = "cancelled",
        /// The day is near.
        Reminder = "reminder",
        /// The participant is ill today.
        Ill = "ill",
        /// The day has been: how was it?
        FeedbackRequest = "feedback_request",
        /// There is no place.
        Unplaced = "unplaced",
        /// The schedule was taken back: who heard of no place is matched again.
        MatchedAgain = "matched_again",
        /// Whoever owes an answer has until another day.
        DeadlineMoved = "deadline_moved",
        /// What came back from the recipient cannot count as an answer.
        ConfirmReply = "confirm_reply",
        /// The day comes into the recipient's calendar, or leaves it, because they chose so.
        Calendar = "calendar",
        /// What to know before the day.
        JoiningPack = "joining_pack",
        /// What of it has changed.
        PackChanged = "pack_changed",
        /// What of it the host has not written yet.
        PackMissing = "pack_missing",
        /// What is new today, and asks nothing.
        Digest = "digest",
        /// A link to sign in, for whoever has asked for one.
        SignIn = "sign_in",
        /// Somebody has named the recipient as their deputy.
        Deputyship = "deputyship",
        /// An employer's webhook was switched off, because its messages cannot be delivered.
        WebhookDisabled = "webhook_disabled",
        /// A file of the schedule, as HR has ordered it.
        ScheduleFile = "schedule_file",
        /// Such a file could not be delivered.
        ScheduleNotDelivered = "schedule_not_delivered",
        /// Somebody asks the host of an idea for more.
        IdeaQuestion = "idea_question",
    }
}

impl NoticeKind {
    /// Whether it takes the place of no earlier mail: it says again what one said, or something beside it.
    pub const fn is_reminder(self) -> bool {
        match self {
            NoticeKind::AnswerReminder
            | NoticeKind::DeputyRequest
            | NoticeKind::Alternative
            | NoticeKind::HandedOver
            | NoticeKind::DeadlineMoved
            | NoticeKind::ConfirmReply
            | NoticeKind::Reminder
            | NoticeKind::SignIn
            | NoticeKind::Deputyship
            | NoticeKind::WebhookDisabled
            | NoticeKind::ScheduleFile
            | NoticeKind::ScheduleNotDelivered
            | NoticeKind::IdeaQuestion => true,
            NoticeKind::VerifyAddress
            | NoticeKind::AlreadySignedUp
            | NoticeKind::ReleaseRequest
            | NoticeKind::Proposal
            | NoticeKind::SwapRequest
            | NoticeKind::SwapEnded
            | NoticeKind::Offer
            | NoticeKind::OfferEnded
            | NoticeKind::Confirmed
            | NoticeKind::Changed
            | NoticeKind::Cancelled
            | NoticeKind::Ill
            | NoticeKind::FeedbackRequest
            | NoticeKind::Unplaced
            | NoticeKind::MatchedAgain
            | NoticeKind::Calendar
            | NoticeKind::JoiningPack
            | NoticeKind::PackChanged
            | NoticeKind::PackMissing
            | NoticeKind::Digest => false,
        }
    }

    /// Whether its recipient may do without it: everything that it tells stands in other mails and on their pages.
    pub const fn is_optional(self) -> bool {
        matches!(self, NoticeKind::Reminder | NoticeKind::FeedbackRequest)
    }

    /// Whether it is about the joining pack: such mails overtake each other and nothing else.
    pub const fn is_about_the_pack(self) -> bool {
        matches!(self, NoticeKind::JoiningPack | NoticeKind::PackChanged | NoticeKind::PackMissing)
    }
}

/// One mail's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// What it is about.
    pub kind: NoticeKind,
    /// In what capacity the recipient gets it.
    pub party: Party,
    /// The recipient's name.
    pub to_name: Option<String>,
    /// The recipient's address.
    pub to_address: String,
    /// In which the recipient reads.
    pub language: Language,
    /// The round; empty where it is about none.
    pub round_name: String,
    /// What the service calls itself.
    pub service_name: String,
    /// Where the service is.
    pub public_url: String,
    /// What the organisers say first, in their own words: paragraphs.
    pub introduction: Vec<String>,
    /// The page with the one button.
    pub link: Option<String>,
    /// Where the recipient stops mails of optional kinds (RFC 8058); for those alone.
    pub opt_out: Option<String>,
    /// The participant's name, where the recipient may know it.
    pub participant_name: Option<String>,
    /// The participant's work address, where the recipient may know it.
    pub participant_address: Option<String>,
    /// The participant's role in words.
    pub role_title: Option<String>,
    /// What the participant hopes to learn.
    pub objectives: Option<String>,
    /// Sectors of the participant's library.
    pub home_sectors: Vec<String>,
    /// The participant's library, where the recipient may know it.
    pub home_library: Option<String>,
    /// The days asked for.
    pub dates: Vec<NaiveDate>,
    /// The placement.
    pub visit: Option<Visit>,
    /// What the host offers instead.
    pub offer: Option<Offered>,
    /// What a swap would bring.
    pub swap: Option<Exchanged>,
    /// What the participant took instead of what was proposed.
    pub taken: Option<AlternativeKind>,
    /// Whether everybody has said yes.
    pub is_certain: bool,
    /// Whether the recipient has said yes before: a reserve who took the place.
    pub has_agreed: bool,
    /// The last day for an answer.
    pub answer_until: Option<NaiveDate>,
    /// Why.
    pub reason: Option<Told>,
    /// What would have given a place.
    pub change: Option<Told>,
    /// What is told of the joining pack.
    pub pack: Option<PackNews>,
    /// Whose deputy the recipient is.
    pub deputed: Option<Deputed>,
    /// Which webhook was switched off.
    pub webhook: Option<WebhookOff>,
    /// The schedule that comes with it.
    pub schedule_file: Option<FileNews>,
    /// Which delivery of the schedule came to nothing.
    pub not_delivered: Option<DispatchOff>,
    /// What somebody asks about an idea; answers go to them.
    pub question: Option<Question>,
    /// What a digest tells, by day.
    pub digest: Vec<News>,
    /// The invitation that goes with it.
    pub invitation: Option<Invitation>,
    /// RFC 5322 Message-ID with its angle brackets.
    pub message_id: String,
    /// Message-ID of the first mail of the thread.
    pub thread_root: Option<String>,
    /// When it was rendered.
    pub sent_at: DateTime<Utc>,
}

impl Letter {
    /// A letter that is about nobody's case.
    pub fn about_no_case(
        (kind, party): (NoticeKind, Party),
        to: &str,
        language: Language,
        (service_name, public_url): (&str, &str),
        (message_id, sent_at): (String, DateTime<Utc>),
    ) -> Self {
        Self {
            kind,
            party,
            to_name: None,
            to_address: to.to_owned(),
            language,
            round_name: String::new(),
            service_name: service_name.to_owned(),
            public_url: public_url.to_owned(),
            introduction: Vec::new(),
            link: None,
            opt_out: None,
            participant_name: None,
            participant_address: None,
            role_title: None,
            objectives: None,
            home_sectors: Vec::new(),
            home_library: None,
            dates: Vec::new(),
            visit: None,
            offer: None,
            swap: None,
            taken: None,
            is_certain: false,
            has_agreed: false,
            answer_until: None,
            reason: None,
            change: None,
            pack: None,
            deputed: None,
            webhook: None,
            schedule_file: None,
            not_delivered: None,
            question: None,
            digest: Vec::new(),
            invitation: None,
            message_id,
            thread_root: None,
            sent_at,
        }
    }
}

/// What a mail tells of a joining pack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackNews {
    /// The number that both sides have; 0 before there is one.
    pub version: i64,
    /// The pack of this version.
    pub pack: Pack,
    /// What has changed since the version that the recipient knows.
    pub changes: Vec<PackChange>,
    /// What is missing.
    pub missing: Vec<PackField>,
}

/// One day in a digest, as it is when the digest is written.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// Whether it takes place, as far as anybody knows.
    pub stands: bool,
    /// The visitor's name, where the recipient may know it.
    pub participant_name: Option<String>,
    /// The round; empty where it is about none.
    pub round_name: String,
    /// Where and when, and what it was before.
    pub visit: Visit,
    /// Why it is off.
    pub reason: Option<Told>,
}

/// A day at a host library. Times are local to its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Where.
    pub host_library: String,
    /// Its address.
    pub host_address: Option<String>,
    /// Whom to ask there.
    pub host_contact_name: Option<String>,
    /// The contact's address.
    pub host_contact_address: Option<String>,
    /// Where to ring, where the recipient may know it: the contact.
    pub host_telephone: Option<String>,
    /// The same of the contact's deputy.
    pub deputy_telephone: Option<String>,
    /// When.
    pub date: NaiveDate,
    /// From.
    pub starts: NaiveTime,
    /// To.
    pub ends: NaiveTime,
    /// In which zone.
    pub time_zone: Tz,
    /// The times before a change.
    pub former_times: Option<(NaiveTime, NaiveTime)>,
    /// The day before a change.
    pub former_date: Option<NaiveDate>,
    /// Whether nobody travels.
    pub is_virtual: bool,
}

/// What a host offers instead of a no. Times are local to its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// What it is.
    pub kind: AlternativeKind,
    /// When.
    pub date: NaiveDate,
    /// From.
    pub starts: NaiveTime,
    /// To.
    pub ends: NaiveTime,
    /// The host's words.
    pub words: Option<String>,
}

/// What a swap would bring to its recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// The name of the participant who asks; for participants.
    pub asked_by: Option<String>,
    /// Where the participant would go, for them and their manager; for the host, its own place with its new visitor.
    pub place: Visit,
    /// The new visitor's role in words; for the host.
    pub role_title: Option<String>,
    /// What the new visitor hopes to learn; for the host.
    pub objectives: Option<String>,
    /// The sectors of the new visitor's library; for the host.
    pub sectors: Vec<String>,
}

/// What an invitation does in a calendar (RFC 5546).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Puts the event in, or changes it.
    Request,
    /// Takes it out.
    Cancel,
}

impl Method {
    /// The name in iCalendar.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Request => "REQUEST",
            Method::Cancel => "CANCEL",
        }
    }
}

/// RFC 5545 STATUS. The attendee's PARTSTAT and RSVP follow from it (docs/mail.md, "Invitations").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventStatus {
    /// Proposed: an answer is asked for.
    Tentative,
    /// Everybody has agreed.
    Confirmed,
    /// Off.
    Cancelled,
}

impl EventStatus {
    /// The name in iCalendar.
    pub const fn as_str(self) -> &'static str {
        match self {
            EventStatus::Tentative => "TENTATIVE",
            EventStatus::Confirmed => "CONFIRMED",
            EventStatus::Cancelled => "CANCELLED",
        }
    }

    /// What an invitation with this state does.
    pub const fn method(self) -> Method {
        match self {
            EventStatus::Tentative | EventStatus::Confirmed => Method::Request,
            EventStatus::Cancelled => Method::Cancel,
        }
    }
}

named! {
    /// In which form a day comes by mail.
    InvitationForm {
        /// RFC 5546 REQUEST and CANCEL: programs show buttons, and their answers come back.
        Request = "request",
        /// A plain event without METHOD, ORGANIZER and ATTENDEE: for installations that no mail reaches.
        Publish = "publish",
    }
}

named! {
    /// How calendars write times.
    ZoneForm {
        /// As local times with their zone.
        Local = "local",
        /// As instants in UTC.
        Utc = "utc",
    }
}

/// How calendars are written, as an operator has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarForm {
    /// Of what comes by mail.
    pub invitations: InvitationForm,
    /// Of times, in mails and feeds.
    pub zone: ZoneForm,
}

impl CalendarForm {
    /// What holds where nothing else is configured.
    pub const USUAL: Self = Self { invitations: InvitationForm::Request, zone: ZoneForm::Local };
}

/// One calendar event for one recipient.
#[derive(Debug, Clone, PartialEq)]
pub struct Invitation {
    /// For life, per placement and recipient.
    pub uid: String,
    /// Raised by every change of date, time, place or status.
    pub sequence: i64,
    /// When it was rendered; frozen with the bytes.
    pub dtstamp: DateTime<Utc>,
    /// The event's state.
    pub status: EventStatus,
    /// The service.
    pub organiser_name: String,
    /// The mailbox that reads replies.
    pub organiser_address: String,
    /// The recipient's name.
    pub attendee_name: Option<String>,
    /// The very address that the mail goes to.
    pub attendee_address: String,
    /// One line.
    pub summary: String,
    /// More; no secret links, no access needs.
    pub description: String,
    /// Where.
    pub location: Option<String>,
    /// Latitude and longitude of the host.
    pub point: Option<(f64, f64)>,
    /// The local day.
    pub date: NaiveDate,
    /// Local start.
    pub starts: NaiveTime,
    /// Local end.
    pub ends: NaiveTime,
    /// Its zone.
    pub time_zone: Tz,
    /// A page that needs a sign-in or a link.
    pub url: String,
    /// How it is written.
    pub form: CalendarForm,
}

impl Invitation {
    /// What it does in a calendar by itself; none for a plain event, which its reader opens.
    pub const fn method(&self) -> Option<Method> {
        match self.form.invitations {
            InvitationForm::Request => Some(self.status.method()),
            InvitationForm::Publish => None,
        }
    }
}

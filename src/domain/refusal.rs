//! Why a step is refused: a stable code for programs, words for people.

use std::fmt;

use chrono::NaiveDate;

/// The closed list of reasons for which a well-formed request is refused in the present state of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCode {
    /// The round is not in a state that allows the step.
    RoundState,
    /// The application is not in a state that allows the step.
    ApplicationState,
    /// The placement is not in a state that allows the step.
    PlacementState,
    /// The run is not in a state that allows the step.
    RunState,
    /// The step may be taken later; the words name the date.
    TooEarly,
    /// The step can no longer be taken; the words name the date.
    TooLate,
    /// Something else has the same name, reference or address.
    AlreadyExists,
    /// Libraries follow the calendar.
    CalendarInUse,
    /// The runs, or the placements, are of different rounds.
    OtherRound,
    /// The link was used, has expired or was overtaken.
    LinkSpent,
    /// What somebody looked at when they decided has changed since.
    StalePage,
    /// The host has offered something else: the proposal itself cannot be agreed to.
    OfferOpen,
    /// No other offer of the host waits for an answer.
    NoOffer,
    /// The place is given, or the host takes nobody.
    PlaceTaken,
    /// The place is offered to reserves already.
    RefillRunning,
    /// Nobody could take the place.
    NoReserves,
    /// Reserves are asked no more.
    RefillEnded,
    /// This party's answer is not asked for.
    ConsentNotAsked,
    /// What a repair was worked out from has changed.
    StaleRepair,
    /// What was looked at is not what is there.
    ChangedSince,
    /// What was read up to a cursor cannot be gone on with.
    CursorGone,
    /// What was looked at is not said.
    IfMatchRequired,
    /// One of the repair's options was applied before.
    RepairApplied,
    /// A manager's address that nothing vouches for has to be confirmed first.
    ManagerNotConfirmed,
    /// Access needs, or webhooks with their secrets, are not taken: nothing could encrypt them.
    NoEncryptionKey,
    /// The mail has not left, or never will.
    MailState,
    /// What the mail said is no longer so.
    MailOutdated,
    /// The webhook, or its message, is not in a state that allows the step.
    WebhookState,
    /// A file of the schedule still waits for its folder, or the delivery has just gone.
    ScheduleDeliveryState,
    /// The swap is over.
    SwapState,
    /// One of them is in another swap that is open.
    SwapOpen,
    /// A repair that is being looked at, or something that a host has arranged, keeps a placement as it is.
    Frozen,
    /// The token was taken back, has expired or was replaced.
    TokenSpent,
    /// Whoever signs in can act as nothing here.
    NobodyHere,
}

impl RefusalCode {
    /// The stable kebab-case code of the problem (documented in docs/problems.md).
    pub const fn code(self) -> &'static str {
        match self {
            RefusalCode::RoundState => "round-state",
            RefusalCode::ApplicationState => "application-state",
            RefusalCode::PlacementState => "placement-state",
            RefusalCode::RunState => "run-state",
            RefusalCode::TooEarly => "too-early",
            RefusalCode::TooLate => "too-late",
            RefusalCode::AlreadyExists => "already-exists",
            RefusalCode::CalendarInUse => "calendar-in-use",
            RefusalCode::OtherRound => "other-round",
            RefusalCode::LinkSpent => "link-spent",
            RefusalCode::StalePage => "stale-page",
            RefusalCode::OfferOpen => "offer-open",
            RefusalCode::NoOffer => "no-offer",
            RefusalCode::PlaceTaken => "place-taken",
            RefusalCode::RefillRunning => "refill-running",
            RefusalCode::NoReserves => "no-reserves",
            RefusalCode::RefillEnded => "refill-ended",
            RefusalCode::ConsentNotAsked => "consent-not-asked",
            RefusalCode::StaleRepair => "stale-repair",
            RefusalCode::ChangedSince => "changed-since",
            RefusalCode::CursorGone => "cursor-gone",
            RefusalCode::IfMatchRequired => "if-match-required",
            RefusalCode::RepairApplied => "repair-applied",
            RefusalCode::ManagerNotConfirmed => "manager-not-confirmed",
            RefusalCode::NoEncryptionKey => "no-encryption-key",
            RefusalCode::MailState => "mail-state",
            RefusalCode::MailOutdated => "mail-outdated",
            RefusalCode::WebhookState => "webhook-state",
            RefusalCode::ScheduleDeliveryState => "schedule-delivery-state",
            RefusalCode::SwapState => "swap-state",
            RefusalCode::SwapOpen => "swap-open",
            RefusalCode::Frozen => "frozen",
            RefusalCode::TokenSpent => "token-spent",
            RefusalCode::NobodyHere => "nobody-here",
        }
    }
}

/// A refused step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people: the thing, its state, what can be done.
    pub words: String,
}

impl Refusal {
    /// Refuses with a code and words.
    pub fn new(code: RefusalCode, words: impl Into<String>) -> Self {
        Self { code, words: words.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Refusal {}

/// A rule of matching that something decided by hand would break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRule {
    /// The rule's stable code (docs/files.md): `distance`, `host_full`, `balance`, …
    pub code: &'static str,
    /// Whose placement breaks it, where it is one's: the application's id.
    pub application: Option<String>,
    /// The host, or the library where people together are too many or too few.
    pub library: Option<String>,
    /// The date.
    pub date: Option<NaiveDate>,
    /// For people.
    pub words: String,
}

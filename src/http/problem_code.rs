//! The closed list of problem codes, with their statuses and titles; told in docs/problems.md.

use actix_web::http::StatusCode;

use crate::domain::refusal::RefusalCode;
use crate::domain::states::named;

named! {
    /// The closed list of problem codes (docs/problems.md).
    Code {
        /// The body or the query cannot be read at all.
        Malformed = "malformed",
        /// Fields of the body or of the query break rules.
        InvalidFields = "invalid-fields",
        /// No credential, or a wrong one.
        Unauthenticated = "unauthenticated",
        /// The role may not do this.
        Forbidden = "forbidden",
        /// A browser sent a form from another site.
        CrossSite = "cross-site",
        /// There is no such thing, or it is not the requester's business.
        NotFound = "not-found",
        /// The URL is right, the method is not.
        MethodNotAllowed = "method-not-allowed",
        /// The body is not in the format that is read.
        UnsupportedMediaType = "unsupported-media-type",
        /// The body is longer than the limit.
        TooLarge = "too-large",
        /// The client does not take the format that the URL gives.
        NotAcceptable = "not-acceptable",
        /// The headers are longer than the limit.
        HeadersTooLarge = "headers-too-large",
        /// The same request is being answered.
        RequestInProgress = "request-in-progress",
        /// The Idempotency-Key was another request's.
        IdempotencyKeyReused = "idempotency-key-reused",
        /// Too many requests, sign-ups, links to sign in, wrong credentials or questions about ideas.
        TooManyRequests = "too-many-requests",
        /// The round is in another state.
        RoundState = "round-state",
        /// The application is in another state.
        ApplicationState = "application-state",
        /// The placement is in another state.
        PlacementState = "placement-state",
        /// The run is in another state.
        RunState = "run-state",
        /// The step may be taken later.
        TooEarly = "too-early",
        /// The step can no longer be taken.
        TooLate = "too-late",
        /// Something has the same name or reference.
        AlreadyExists = "already-exists",
        /// Libraries follow the calendar.
        CalendarInUse = "calendar-in-use",
        /// What was matched has changed since.
        StaleRun = "stale-run",
        /// The runs, or the placements, are of different rounds.
        OtherRound = "other-round",
        /// What was decided by hand breaks rules of matching.
        BreaksRules = "breaks-rules",
        /// The link was used or has expired.
        LinkSpent = "link-spent",
        /// What was looked at has changed since.
        StalePage = "stale-page",
        /// The host has offered something else.
        OfferOpen = "offer-open",
        /// Nothing else is offered.
        NoOffer = "no-offer",
        /// The place is given, or the host takes nobody.
        PlaceTaken = "place-taken",
        /// The place is offered to reserves already.
        RefillRunning = "refill-running",
        /// Nobody could take the place.
        NoReserves = "no-reserves",
        /// Reserves are asked no more.
        RefillEnded = "refill-ended",
        /// This party is not asked.
        ConsentNotAsked = "consent-not-asked",
        /// What a repair was worked out from has changed.
        StaleRepair = "stale-repair",
        /// What was looked at is not what is there.
        ChangedSince = "changed-since",
        /// What was read up to a cursor cannot be gone on with.
        CursorGone = "cursor-gone",
        /// What was looked at is not said.
        IfMatchRequired = "if-match-required",
        /// One of the repair's options was applied before.
        RepairApplied = "repair-applied",
        /// Nobody vouches for the manager's address.
        ManagerNotConfirmed = "manager-not-confirmed",
        /// Nothing could encrypt access needs, or what webhooks are signed with.
        NoEncryptionKey = "no-encryption-key",
        /// The mail has not left, or never will.
        MailState = "mail-state",
        /// What the mail said is no longer so.
        MailOutdated = "mail-outdated",
        /// The webhook, or its message, is not in a state that allows the step.
        WebhookState = "webhook-state",
        /// A file of the schedule still waits for its folder, or the delivery has just gone.
        ScheduleDeliveryState = "schedule-delivery-state",
        /// The swap is over.
        SwapState = "swap-state",
        /// One of them is in another swap.
        SwapOpen = "swap-open",
        /// A placement has to stay as it is.
        Frozen = "frozen",
        /// The token was taken back, has expired or was replaced.
        TokenSpent = "token-spent",
        /// Whoever signs in can act as nothing here.
        NobodyHere = "nobody-here",
        /// Signing in where the cookie would travel in the open.
        HttpsNeeded = "https-needed",
        /// The identity provider does not stand by a sign-in.
        NotProven = "not-proven",
        /// The identity provider cannot be asked now.
        ProviderUnusable = "provider-unusable",
        /// The database cannot be used now.
        Unavailable = "unavailable",
        /// Something broke inside.
        Internal = "internal",
    }
}

impl Code {
    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        match self {
            Code::Malformed => StatusCode::BAD_REQUEST,
            Code::InvalidFields | Code::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Code::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Code::Unauthenticated => StatusCode::UNAUTHORIZED,
            Code::Forbidden | Code::CrossSite | Code::NobodyHere | Code::HttpsNeeded | Code::NotProven => {
                StatusCode::FORBIDDEN
            }
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Code::RequestInProgress
            | Code::RoundState
            | Code::ApplicationState
            | Code::PlacementState
            | Code::RunState
            | Code::TooEarly
            | Code::TooLate
            | Code::AlreadyExists
            | Code::CalendarInUse
            | Code::StaleRun
            | Code::OtherRound
            | Code::BreaksRules
            | Code::LinkSpent
            | Code::StalePage
            | Code::OfferOpen
            | Code::NoOffer
            | Code::PlaceTaken
            | Code::RefillRunning
            | Code::NoReserves
            | Code::RefillEnded
            | Code::ConsentNotAsked
            | Code::RepairApplied
            | Code::ManagerNotConfirmed
            | Code::NoEncryptionKey
            | Code::MailState
            | Code::MailOutdated
            | Code::WebhookState
            | Code::ScheduleDeliveryState
            | Code::SwapState
            | Code::SwapOpen
            | Code::Frozen
            | Code::TokenSpent => StatusCode::CONFLICT,
            Code::StaleRepair | Code::ChangedSince => StatusCode::PRECONDITION_FAILED,
            Code::CursorGone => StatusCode::GONE,
            Code::IfMatchRequired => StatusCode::PRECONDITION_REQUIRED,
            Code::ProviderUnusable => StatusCode::BAD_GATEWAY,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The same few words for every occurrence.
    pub const fn title(self) -> &'static str {
        match self {
            Code::Malformed => "The request cannot be read",
            Code::InvalidFields => "Some fields cannot be taken",
            Code::Unauthenticated => "A valid credential is needed",
            Code::Forbidden => "This role may not do this",
            Code::CrossSite => "The form came from another site",
            Code::NotFound => "There is no such thing",
            Code::MethodNotAllowed => "This URL does not take this method",
            Code::UnsupportedMediaType => "The body is in another format",
            Code::TooLarge => "The body is too long",
            Code::NotAcceptable => "No format that is taken",
            Code::HeadersTooLarge => "The headers are too long",
            Code::RequestInProgress => "The same request is being answered",
            Code::IdempotencyKeyReused => "The key was another request's",
            Code::TooManyRequests => "Too many requests",
            Code::RoundState => "The round is in another state",
            Code::ApplicationState => "The application is in another state",
            Code::PlacementState => "The placement is in another state",
            Code::RunState => "The run is in another state",
            Code::TooEarly => "It is too early for this step",
            Code::TooLate => "It is too late for this step",
            Code::AlreadyExists => "It is there already",
            Code::CalendarInUse => "Libraries follow this calendar",
            Code::StaleRun => "The run is out of date",
            Code::OtherRound => "They are of different rounds",
            Code::BreaksRules => "This breaks rules of matching",
            Code::LinkSpent => "The link was used or has expired",
            Code::StalePage => "What was shown has changed",
            Code::OfferOpen => "The host has offered something else",
            Code::NoOffer => "Nothing is offered any more",
            Code::PlaceTaken => "There is no such place any more",
            Code::RefillRunning => "The place is offered to reserves already",
            Code::NoReserves => "Nobody could take the place",
            Code::RefillEnded => "Reserves are asked no more",
            Code::ConsentNotAsked => "This party is not asked",
            Code::StaleRepair => "Something has changed since",
            Code::ChangedSince => "It is not what was looked at",
            Code::CursorGone => "What was read before cannot be gone on with",
            Code::IfMatchRequired => "Say what was looked at",
            Code::RepairApplied => "One of its options was applied before",
            Code::ManagerNotConfirmed => "The manager is not confirmed",
            Code::NoEncryptionKey => "There is no key to encrypt this with",
            Code::MailState => "The mail cannot be sent again",
            Code::MailOutdated => "What the mail said is no longer so",
            Code::WebhookState => "The state of the webhook does not allow this",
            Code::ScheduleDeliveryState => "The schedule cannot be delivered just now",
            Code::SwapState => "The swap is over",
            Code::SwapOpen => "Another swap is open",
            Code::Frozen => "The placement stays as it is for now",
            Code::TokenSpent => "The token cannot be replaced",
            Code::HttpsNeeded => "Signing in needs https",
            Code::NobodyHere => "There is nothing here for you",
            Code::NotProven => "It is not shown who you are",
            Code::ProviderUnusable => "The identity provider does not answer",
            Code::Unavailable => "The service cannot answer now",
            Code::Internal => "Something broke inside the service",
        }
    }
}

impl From<RefusalCode> for Code {
    fn from(code: RefusalCode) -> Self {
        match code {
            RefusalCode::RoundState => Code::RoundState,
            RefusalCode::ApplicationState => Code::ApplicationState,
            RefusalCode::PlacementState => Code::PlacementState,
            RefusalCode::RunState => Code::RunState,
            RefusalCode::TooEarly => Code::TooEarly,
            RefusalCode::TooLate => Code::TooLate,
            RefusalCode::AlreadyExists => Code::AlreadyExists,
            RefusalCode::CalendarInUse => Code::CalendarInUse,
            RefusalCode::OtherRound => Code::OtherRound,
            RefusalCode::LinkSpent => Code::LinkSpent,
            RefusalCode::StalePage => Code::StalePage,
            RefusalCode::OfferOpen => Code::OfferOpen,
            RefusalCode::NoOffer => Code::NoOffer,
            RefusalCode::PlaceTaken => Code::PlaceTaken,
            RefusalCode::RefillRunning => Code::RefillRunning,
            RefusalCode::NoReserves => Code::NoReserves,
            RefusalCode::RefillEnded => Code::RefillEnded,
            RefusalCode::ConsentNotAsked => Code::ConsentNotAsked,
            RefusalCode::StaleRepair => Code::StaleRepair,
            RefusalCode::ChangedSince => Code::ChangedSince,
            RefusalCode::CursorGone => Code::CursorGone,
            RefusalCode::IfMatchRequired => Code::IfMatchRequired,
            RefusalCode::RepairApplied => Code::RepairApplied,
            RefusalCode::ManagerNotConfirmed => Code::ManagerNotConfirmed,
            RefusalCode::NoEncryptionKey => Code::NoEncryptionKey,
            RefusalCode::MailState => Code::MailState,
            RefusalCode::MailOutdated => Code::MailOutdated,
            RefusalCode::WebhookState => Code::WebhookState,
            RefusalCode::ScheduleDeliveryState => Code::ScheduleDeliveryState,
            RefusalCode::SwapState => Code::SwapState,
            RefusalCode::SwapOpen => Code::SwapOpen,
            RefusalCode::Frozen => Code::Frozen,
            RefusalCode::TokenSpent => Code::TokenSpent,
            RefusalCode::NobodyHere => Code::NobodyHere,
        }
    }
}

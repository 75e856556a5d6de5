//! Every answer that is no success, as RFC 9457 `application/problem+json`: one mapping, without a default arm.
//!
//! Never tells a client what went wrong inside: 5xx details are generic, the cause is in the log under the request id.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use super::{schemas, trace};
use crate::domain::refusal::RefusalCode;
use crate::domain::states::named;
use crate::services::AppError;

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
        /// Too many sign-ups or wrong credentials.
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
        /// The runs are of different rounds.
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
        /// Which repair was looked at is not said.
        IfMatchRequired = "if-match-required",
        /// One of the repair's options was applied before.
        RepairApplied = "repair-applied",
        /// Nobody vouches for the manager's address.
        ManagerNotConfirmed = "manager-not-confirmed",
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
            Code::InvalidFields => StatusCode::UNPROCESSABLE_ENTITY,
            Code::Unauthenticated => StatusCode::UNAUTHORIZED,
            Code::Forbidden | Code::CrossSite => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Code::RoundState
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
            | Code::ManagerNotConfirmed => StatusCode::CONFLICT,
            Code::StaleRepair => StatusCode::PRECONDITION_FAILED,
            Code::IfMatchRequired => StatusCode::PRECONDITION_REQUIRED,
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
            Code::OtherRound => "The runs are of different rounds",
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
            Code::IfMatchRequired => "Say which repair was looked at",
            Code::RepairApplied => "One of its options was applied before",
            Code::ManagerNotConfirmed => "The manager is not confirmed",
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
            RefusalCode::IfMatchRequired => Code::IfMatchRequired,
            RefusalCode::RepairApplied => Code::RepairApplied,
            RefusalCode::ManagerNotConfirmed => Code::ManagerNotConfirmed,
        }
    }
}

/// Why a request was not answered with what it asked for.
#[derive(Debug)]
pub(super) enum Problem {
    /// A use case said so.
    App(AppError),
    /// No such URL.
    NoSuchUrl,
    /// Another method; those that are taken.
    Method(String),
    /// A body in another format; the one that is read.
    MediaType(&'static str),
    /// A body longer than so many bytes.
    TooLarge(usize),
    /// A body that did not arrive within this time.
    TooSlow(Duration),
    /// What cannot be read, in words.
    Malformed(String),
    /// Too many; when to come again.
    TooMany(Duration),
    /// A browser's form from another site.
    CrossSite,
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        Problem::App(error)
    }
}

/// One field that cannot be taken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldFault)]
struct FieldFault {
    /// JSON pointer (RFC 6901) into the body, or `?name` for a parameter of the query.
    pointer: String,
    /// The value found there, shortened; empty when there is none.
    value: String,
    /// The rule that it breaks.
    detail: String,
}

/// A rule of matching that is broken.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BrokenRule)]
struct Broken {
    /// The rule's code (docs/files.md): `distance`, `host_full`, `balance`, …
    code: &'static str,
    /// Whose placement breaks it, where it is one's.
    application: Option<String>,
    /// The host, or the library where people together are too many or too few.
    library: Option<String>,
    date: Option<NaiveDate>,
    /// For people.
    detail: String,
}

/// What would be matched otherwise than the run froze it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
struct Changed {
    /// `person`, `library`, `lock`, `forbidden`, `rules`, `employer_groups`, `partners`.
    thing: &'static str,
    /// Its id; of a lock and a forbidden pair the application's.
    id: Option<String>,
    /// What people call it.
    name: Option<String>,
    /// What has changed, for people.
    detail: String,
}

/// RFC 9457 problem details.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Body {
    /// Where the code is explained.
    #[serde(rename = "type")]
    kind: String,
    /// The same words for every occurrence of the code.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Stable, for programs.
    #[schema(schema_with = schemas::code)]
    code: &'static str,
    /// What happened here, for people.
    detail: String,
    /// This occurrence: the request's id as a URN.
    instance: String,
    /// What to quote when asking about it.
    request_id: String,
    /// Every field that cannot be taken, up to a thousand; then a last one tells how many more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldFault>,
    /// Every rule of matching that is broken, up to a thousand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Broken>,
    /// What has changed since a run was frozen, up to fifty; `detail` tells how much it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Changed>,
}

/// Changes told in one answer at most.
const MOST_CHANGES: usize = 50;

/// Broken rules told in one answer at most.
const MOST_RULES: usize = 1_000;

impl Problem {
    /// The stable code.
    pub(super) fn code(&self) -> Code {
        match self {
            Problem::App(error) => match error {
                AppError::Fields(_) => Code::InvalidFields,
                AppError::NotFound { .. } => Code::NotFound,
                AppError::Refused(refusal) => refusal.code.into(),
                AppError::BreaksRules(_) => Code::BreaksRules,
                AppError::StaleRun(_) => Code::StaleRun,
                AppError::Denied(_) => Code::Forbidden,
                AppError::Unauthenticated => Code::Unauthenticated,
                AppError::Store(_) if error.code() == Code::Unavailable.as_str() => Code::Unavailable,
                AppError::Store(_) | AppError::Chance(_) | AppError::Internal(_) => Code::Internal,
            },
            Problem::NoSuchUrl => Code::NotFound,
            Problem::Method(_) => Code::MethodNotAllowed,
            Problem::MediaType(_) => Code::UnsupportedMediaType,
            Problem::TooLarge(_) => Code::TooLarge,
            Problem::Malformed(_) | Problem::TooSlow(_) => Code::Malformed,
            Problem::TooMany(_) => Code::TooManyRequests,
            Problem::CrossSite => Code::CrossSite,
        }
    }

    /// What happened, for people.
    pub(super) fn detail(&self) -> String {
        match self {
            Problem::App(error) => match error {
                AppError::Fields(_)
                | AppError::NotFound { .. }
                | AppError::Refused(_)
                | AppError::BreaksRules(_)
                | AppError::StaleRun(_)
                | AppError::Denied(_)
                | AppError::Unauthenticated => error.to_string(),
                AppError::Store(_) | AppError::Chance(_) | AppError::Internal(_) => {
                    "nothing was changed; try again later, and quote the request id if it stays".to_owned()
                }
            },
            Problem::NoSuchUrl => {
                "there is nothing at this URL (GET /openapi.json lists them all)".to_owned()
            }
            Problem::Method(allowed) => format!("this URL takes {allowed}"),
            Problem::MediaType(read) => format!("the Content-Type must be {read}"),
            Problem::TooLarge(limit) => format!("a body may have at most {limit} bytes"),
            Problem::TooSlow(limit) => format!("the body did not arrive within {} s", limit.as_secs()),
            Problem::Malformed(words) => words.clone(),
            Problem::TooMany(wait) => format!("try again in {} s", seconds(*wait)),
            Problem::CrossSite => "open the link from the mail and use the button on its page".to_owned(),
        }
    }

    /// Writes what must not be told into the log.
    pub(super) fn log(&self) {
        if self.code().status().is_server_error()
            && let Problem::App(error) = self
        {
            tracing::error!(%error, code = %self.code(), "a request failed");
        }
    }

    /// The answer.
    pub(super) fn respond(&self, request: &HttpRequest) -> HttpResponse {
        self.log();
        let (code, request_id) = (self.code(), trace::id_of(request));
        let mut errors = Vec::new();
        if let Problem::App(AppError::Fields(faults)) = self {
            errors.extend(faults.iter().map(|fault| FieldFault {
                pointer: fault.pointer.clone(),
                value: fault.value.clone(),
                detail: fault.rule.clone(),
            }));
        }
        let mut rules = Vec::new();
        if let Problem::App(AppError::BreaksRules(broken)) = self {
            rules.extend(broken.iter().take(MOST_RULES).map(|rule| Broken {
                code: rule.code,
                application: rule.application.clone(),
                library: rule.library.clone(),
                date: rule.date,
                detail: rule.words.clone(),
            }));
        }
        let mut changes = Vec::new();
        if let Problem::App(AppError::StaleRun(found)) = self {
            changes.extend(found.iter().take(MOST_CHANGES).map(|change| Changed {
                thing: change.thing,
                id: (!change.id.is_empty()).then(|| change.id.clone()),
                name: change.name.clone(),
                detail: change.words.clone(),
            }));
        }
        let mut response = HttpResponse::build(code.status());
        response.content_type("application/problem+json");
        self.add_headers(&mut response);
        response.json(Body {
            kind: format!("/docs/problems#{code}"),
            title: code.title(),
            status: code.status().as_u16(),
            code: code.as_str(),
            detail: self.detail(),
            instance: format!("urn:uuid:{request_id}"),
            request_id,
            errors,
            rules,
            changes,
        })
    }

    /// The headers that go with some problems.
    pub(super) fn add_headers(&self, response: &mut actix_web::HttpResponseBuilder) {
        match self {
            Problem::TooMany(wait) => {
                response.insert_header((RETRY_AFTER, seconds(*wait).to_string()));
            }
            Problem::Method(allowed) => {
                response.insert_header((ALLOW, allowed.as_str()));
            }
            Problem::App(AppError::Unauthenticated) => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"library-swap\""));
            }
            // The rest of the body is still on its way: nothing else can come over this connection.
            Problem::TooLarge(_) | Problem::TooSlow(_) => {
                response.insert_header((CONNECTION, "close"));
            }
            Problem::App(_)
            | Problem::NoSuchUrl
            | Problem::MediaType(_)
            | Problem::Malformed(_)
            | Problem::CrossSite => {}
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_a_use_case_is_the_code_of_its_problem() {
        use crate::domain::fault::Fault;
        use crate::domain::permissions::{Action, Denied, Role};
        let fault = Fault { pointer: String::new(), value: String::new(), rule: String::new() };
        for error in [
            AppError::Fields(vec![fault]),
            AppError::not_found("round", "x"),
            AppError::Denied(Denied { role: Role::Hr, action: Action::Match, foreign: false }),
            AppError::BreaksRules(Vec::new()),
            AppError::Unauthenticated,
            AppError::Internal("x".to_owned()),
        ] {
            let code = error.code();
            assert_eq!(Problem::App(error).code().as_str(), code);
        }
    }

    #[test]
    fn what_broke_inside_is_not_told() {
        let problem = Problem::App(AppError::Internal("the password is hunter2".to_owned()));
        assert_eq!(problem.code().status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!problem.detail().contains("hunter2"));
    }
}

//! Every answer that is no success, as RFC 9457 `application/problem+json`: one mapping, without a default arm.
//!
//! Never tells a client what went wrong inside: 5xx details are generic, the cause is in the log under the request id.

use std::time::Duration;

use actix_web::http::header::{ALLOW, CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

pub use super::problem_code::Code;
use super::provider::ProviderError;
use super::{schemas, trace};
use crate::services::AppError;

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
    /// Signing in where the cookie would travel in the open.
    InTheOpen,
    /// The identity provider did not say who somebody is.
    Provider(ProviderError),
    /// The client does not take the media type that it would get.
    NotAcceptable(String),
    /// Headers of more than so many bytes.
    HeadersTooLarge(usize),
    /// The same request is being answered.
    InProgress,
    /// Another request was sent under the Idempotency-Key.
    KeyReused,
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
            Problem::InTheOpen => Code::HttpsNeeded,
            Problem::Provider(ProviderError::NotProven(_)) => Code::NotProven,
            Problem::Provider(ProviderError::Unusable(_)) => Code::ProviderUnusable,
            Problem::NotAcceptable(_) => Code::NotAcceptable,
            Problem::HeadersTooLarge(_) => Code::HeadersTooLarge,
            Problem::InProgress => Code::RequestInProgress,
            Problem::KeyReused => Code::IdempotencyKeyReused,
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
            Problem::CrossSite => {
                "use the button on the service's own page; a link from a mail is opened anew for that"
                    .to_owned()
            }
            Problem::InTheOpen => {
                "people sign in over https only: the operators have to set server.public_url to the https \
                                   address of this service"
                    .to_owned()
            }
            Problem::Provider(ProviderError::NotProven(words)) => words.clone(),
            Problem::Provider(ProviderError::Unusable(_)) => {
                "the identity provider cannot be reached now, or does not answer as it should: try again later, or sign in \
                 by a link in a mail"
                    .to_owned()
            }
            Problem::NotAcceptable(given) => format!("this URL gives {given}, which the Accept header does not take"),
            Problem::HeadersTooLarge(limit) => format!("the headers may have at most {limit} bytes together"),
            Problem::InProgress => {
                "a request with this Idempotency-Key is being answered: send it again in a moment".to_owned()
            }
            Problem::KeyReused => {
                "another request was sent with this Idempotency-Key: a key is for one request, sent again as it was".to_owned()
            }
        }
    }

    /// Writes what must not be told into the log.
    pub(super) fn log(&self) {
        let error: &dyn std::error::Error = match self {
            Problem::App(error) => error,
            Problem::Provider(error) => error,
            _ => return,
        };
        if self.code().status().is_server_error() {
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
            Problem::InProgress => {
                response.insert_header((RETRY_AFTER, "1"));
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
            | Problem::NotAcceptable(_)
            | Problem::HeadersTooLarge(_)
            | Problem::KeyReused
            | Problem::CrossSite
            | Problem::Provider(_)
            | Problem::InTheOpen => {}
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;

    use super::*;

    #[test]
    fn every_code_of_a_use_case_is_the_code_of_its_problem() {
        use crate::domain::fault::Fault;
        use crate::domain::permissions::{Action, Denied, Role, Why};
        let fault = Fault { pointer: String::new(), value: String::new(), rule: String::new() };
        for error in [
            AppError::Fields(vec![fault]),
            AppError::not_found("round", "x"),
            AppError::Denied(Denied { role: Role::Hr, action: Action::Match, why: Why::Role }),
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

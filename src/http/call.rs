//! A request on its way to a use case: who asks, the parts of its path, its query, its body.
//!
//! Reads in this order, so that nobody unknown makes the service work: credential, role, query, body.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::str::FromStr;

use actix_web::body::{BodyStream, MessageBody};
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest, web};

use serde::{Deserialize, Serialize};

use super::auth::Credential;
use super::limits::Limits;
use super::problem::Problem;
use super::{auth, conditional, read};
use crate::domain::fault::{Faults, Rule, maybe, shortened};
use crate::domain::ids::LibraryId;
use crate::domain::json::{self, At, Json, Kind, Object};
use crate::domain::permissions::{Action, Actor, Role};
use crate::services::page::{DEFAULT_LIMIT, MOST, Page};
use crate::services::seen::Seen;
use crate::services::{App, AppError};

/// A request, read.
pub(super) struct Call {
    /// The HTTP request itself.
    pub(super) request: HttpRequest,
    /// Who asks.
    pub(super) actor: Actor,
    /// Whom the rate limits count.
    pub(super) client: IpAddr,
    app: web::Data<App>,
    limits: web::Data<Limits>,
    /// The parts of its path.
    pub(super) path: Segments,
    query: Vec<(String, String)>,
    body: web::Bytes,
}

/// The parts of a path that vary, decoded; empty where a path has none of that name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Segments {
    /// Of the thing that the URL is about.
    pub(super) id: String,
    /// Of a library within a round.
    pub(super) library: String,
    /// Of an application within a round.
    pub(super) application: String,
    /// Of a library's day.
    pub(super) date: String,
    /// Of a forbidden pair within a round.
    pub(super) pair: String,
    /// A kind of notice within a round.
    pub(super) kind: String,
    /// Of a refill of a round.
    pub(super) refill: String,
    /// Of a message to a webhook.
    pub(super) delivery: String,
    /// Of a file of a schedule that is delivered.
    pub(super) dispatch: String,
    /// Of a repair of a round.
    pub(super) repair: String,
    /// Of the run that another one is compared with.
    pub(super) other: String,
    /// Of a link.
    pub(super) secret: String,
    /// A file of the documentation viewer.
    pub(super) file: String,
}

/// What an URL takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door {
    /// The actions that it may do; whose role has none of them is turned away. None: open for everybody.
    pub(super) actions: &'static [Action],
    /// The parameters of its query; `*`: whatever somebody else's program adds.
    pub(super) parameters: &'static [&'static str],
}

impl Call {
    /// Reads a request as far as is the same for all.
    pub(super) async fn receive(
        request: HttpRequest,
        payload: web::Payload,
        door: Door,
    ) -> Result<Self, Problem> {
        let missing = || Problem::App(AppError::Internal("application data is missing".to_owned()));
        check_headers(&request)?;
        let app = request.app_data::<web::Data<App>>().ok_or_else(missing)?.clone();
        let limits = request.app_data::<web::Data<Limits>>().ok_or_else(missing)?.clone();
        let client = limits.client(&request);
        limits.take_request(client)?;
        let actor = match identify(&app, &request).await {
            Err(problem @ Problem::App(AppError::Unauthenticated)) => {
                limits.take_failure(client)?;
                return Err(problem);
            }
            other => other?,
        };
        tracing::Span::current().record("actor", actor.name.as_str());
        if actor.role != Role::Anyone {
            limits.take_use(&actor.name)?;
        }
        auth::admit(&actor, door.actions)?;
        let path = web::Path::<Segments>::extract(&request).await;
        let path = path.map_err(|_| Problem::NoSuchUrl)?.into_inner();
        // Nothing has such a name, and PostgreSQL takes no NUL in a text.
        if path.id.contains(char::is_control) {
            return Err(Problem::NoSuchUrl);
        }
        let query = read::pairs(request.query_string())?;
        check_parameters(&query, door.parameters)?;
        let read = tokio::time::timeout(limits.body_time, read_body(&request, payload, limits.body_bytes));
        let body = read.await.map_err(|_| Problem::TooSlow(limits.body_time))??;
        Ok(Self { request, actor, client, app, limits, path, query, body })
    }

    /// The application.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// The rate limits.
    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What was looked at that this request replaces, by `If-Match`; a read gives its `shape`.
    pub(super) fn seen<T, D: Serialize>(
        &self,
        shape: impl Fn(&T) -> D + Send + Sync + 'static,
    ) -> Result<Seen<T>, Problem> {
        conditional::seen(&self.request, shape)
    }

    /// The secret of the session whose cookie the request brings.
    pub(super) fn session(&self) -> Result<String, Problem> {
        match auth::credential(&self.app, &self.request)? {
            Some(Credential::Cookie(secret)) => Ok(secret),
            Some(Credential::Bearer(_)) | None => Err(Problem::App(AppError::Unauthenticated)),
        }
    }

    /// The path's `{id}`; what is no id names nothing.
    pub(super) fn id<T: FromStr>(&self, kind: &'static str) -> Result<T, Problem> {
        id_in(&self.path.id, kind)
    }

    /// The path's `{library}`.
    pub(super) fn library(&self) -> Result<LibraryId, Problem> {
        id_in(&self.path.library, "library")
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query as a value; reports what is wrong.
    pub(super) fn parsed<T: FromStr<Err = Rule>>(&self, name: &str, faults: &Faults) -> Option<T> {
        let text = self.parameter(name)?;
        text.parse().map_err(|rule| faults.add(format!("?{name}"), text, rule)).ok()
    }

    /// Which page of a list is asked for; reports what is wrong.
    pub(super) fn page<I: Copy + FromStr>(&self, faults: &Faults) -> Option<Page<I>> {
        let after = match self.parameter("cursor").map(|text| (text, text.parse())) {
            None => None,
            Some((_, Ok(id))) => Some(id),
            Some((text, Err(_))) => {
                faults.add("?cursor", text, "must be the `next_cursor` of the page before");
                return None;
            }
        };
        let limit = self.parameter("limit").map_or(Ok(DEFAULT_LIMIT), str::parse);
        match limit.ok().and_then(|limit| Page::new(after, limit).ok()) {
            Some(page) => Some(page),
            None => {
                let value = self.parameter("limit").unwrap_or_default();
                faults.add("?limit", value, format!("must be a whole number from 1 to {MOST}"));
                None
            }
        }
    }

    /// Which page of a list without filters is asked for.
    pub(super) fn only_page<I: Copy + FromStr>(&self) -> Result<Page<I>, Problem> {
        let faults = Faults::none();
        let page = self.page(&faults);
        read::finish(faults, page)
    }

    /// The body as it came.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// Reads the body as a JSON object with no other members than `known`; every fault at once.
    pub(super) fn body<T>(
        &self,
        known: &[&str],
        read: impl FnOnce(&Object<'_>) -> Option<T>,
    ) -> Result<T, Problem> {
        self.require_type("application/json")?;
        read_object(self.parse()?, known, read)
    }

    fn parse(&self) -> Result<Json<'_>, Problem> {
        json::parse(&self.body).map_err(|words| Problem::Malformed(format!("the body is no JSON: {words}")))
    }

    /// As [`Call::body`] where an absent body, and null, mean an empty object.
    pub(super) fn optional_body<T>(
        &self,
        known: &[&str],
        read: impl FnOnce(&Object<'_>) -> Option<T>,
    ) -> Result<T, Problem> {
        if self.body.is_empty() {
            return read_object(Json::EMPTY_OBJECT, known, read);
        }
        self.require_type("application/json")?;
        let json = self.parse()?;
        read_object(if json.kind() == Kind::Null { Json::EMPTY_OBJECT } else { json }, known, read)
    }

    /// Refuses a body where none is read, so that nobody believes it counts.
    pub(super) fn no_body(&self) -> Result<(), Problem> {
        self.optional_body(&[], |_| Some(()))
    }

    /// Refuses a body of another media type.
    pub(super) fn require_type(&self, wanted: &'static str) -> Result<(), Problem> {
        let value = self.request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let mut parts = value.unwrap_or_default().split(';').map(str::trim);
        let right = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case(wanted))
            && parts.all(|parameter| {
                let parameter = parameter.to_ascii_lowercase();
                !parameter.starts_with("charset=") || parameter.trim_matches('"').ends_with("utf-8")
            });
        if right { Ok(()) } else { Err(Problem::MediaType(wanted)) }
    }

    /// Runs a use case on a thread that may wait for the database.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &Actor) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (app, actor) = (self.app.clone(), self.actor.clone());
        blocking(move || work(&app, &actor)).await
    }
}

fn read_object<T>(
    json: Json<'_>,
    known: &[&str],
    read: impl FnOnce(&Object<'_>) -> Option<T>,
) -> Result<T, Problem> {
    let faults = Faults::none();
    let read = At::root(json, &faults).object(known).and_then(|object| read(&object));
    read::finish(faults, read)
}

/// A part of the path as an id; what is no id names nothing.
pub(super) fn id_in<T: FromStr>(text: &str, kind: &'static str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::App(AppError::not_found(kind, shortened(text))))
}

async fn identify(app: &web::Data<App>, request: &HttpRequest) -> Result<Actor, Problem> {
    let Some(credential) = auth::credential(app, request)? else { return Ok(Actor::anyone()) };
    let is_cookie = matches!(credential, Credential::Cookie(_));
    let asked = app.clone();
    let actor = blocking(move || auth::identify(&asked, &credential)).await?;
    // Nobody's cookie does nothing: a page behind a mailed link does not care for it.
    if is_cookie && actor.role != Role::Anyone {
        auth::require_own_site(app, request)?;
    }
    Ok(actor)
}

/// Runs work on a thread that may wait for the database.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, Problem> {
    match web::block(work).await {
        Ok(result) => Ok(result?),
        Err(error) => Err(Problem::App(AppError::Internal(format!("a use case broke down: {error}")))),
    }
}

/// Bytes of all headers together, at most: a credential, a key, cookies and what proxies add.
const MOST_HEADER_BYTES: usize = 16 * 1024;

/// Names and values together (RFC 6585, section 5).
fn check_headers(request: &HttpRequest) -> Result<(), Problem> {
    let length: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if length > MOST_HEADER_BYTES { Err(Problem::HeadersTooLarge(MOST_HEADER_BYTES)) } else { Ok(()) }
}

fn check_parameters(query: &[(String, String)], known: &[&str]) -> Result<(), Problem> {
    let faults = Faults::none();
    for (n, (name, value)) in query.iter().enumerate() {
        let pointer = format!("?{name}");
        if !known.contains(&name.as_str()) && known != ["*"] {
            faults.add(pointer, value, format!("unknown parameter{}", maybe(name, known.iter().copied())));
        } else if query[..n].iter().any(|(before, _)| before == name) {
            faults.add(pointer, value, "this parameter stands here twice");
        } else if value.contains(char::is_control) {
            faults.add(pointer, value, "must have no control characters");
        }
    }
    read::finish(faults, Some(()))
}

/// How many times the limit is read and thrown away, so that an honest client gets to read the answer.
const DRAINED: usize = 32;

/// Reads a body up to the limit.
async fn read_body(
    request: &HttpRequest,
    payload: web::Payload,
    limit: usize,
) -> Result<web::Bytes, Problem> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let most = limit.saturating_mul(DRAINED);
    let hopeless = announced.and_then(|text| text.parse::<usize>().ok()).is_some_and(|whole| whole > most);
    let mut length: usize = 0;
    let mut read = web::BytesMut::new();
    let mut body = BodyStream::new(payload);
    while let Some(chunk) = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await {
        let chunk = chunk.map_err(|error| Problem::Malformed(format!("the body broke off: {error}")))?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            read.extend_from_slice(&chunk);
        } else if hopeless || length > most {
            break;
        }
    }
    if length > limit { Err(Problem::TooLarge(limit)) } else { Ok(read.freeze()) }
}

//! What an URL is: its path, its methods, who may at all, which parameters, and in which form its problems are told.
//! [`routes`](super::routes) is the table of them.

use actix_web::http::Method;
use actix_web::{HttpRequest, Resource, Route, guard, web};
use tracing::Instrument;

use super::answer::Answer;
use super::call::{Call, Door};
use super::idempotency::{self, Turn};
use super::problem::Problem;
use super::{conditional, pages};
use crate::domain::permissions::{Action, Role, reach_of};
use crate::services::AppError;

/// How problems are told at an URL.
#[derive(Debug, Clone, Copy)]
enum Tongue {
    /// To programs.
    Json,
    /// To people.
    Html,
}

/// A method of an URL.
struct Taken {
    method: Method,
    door: Door,
    /// Whose tag it wants, so that nothing is lost that somebody else has changed.
    looks_at: Option<&'static str>,
    route: Route,
}

/// An URL and what it takes.
pub(super) struct Url {
    path: &'static str,
    tongue: Tongue,
    taken: Vec<Taken>,
}

/// What one method of an URL is, as tests and the OpenAPI document see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// The method.
    pub method: Method,
    /// The actions that it may do; none: open for everybody.
    pub actions: &'static [Action],
    /// The parameters of its query.
    pub parameters: &'static [&'static str],
    /// The URL whose `ETag` it wants as `If-Match`, where it replaces what several people may change.
    pub looks_at: Option<&'static str>,
    /// Whether it is a page for people, whose problems are pages as well.
    pub is_page: bool,
}

impl Listed {
    /// Whether it may be called without a credential.
    pub fn is_open(&self) -> bool {
        let anyone = |action: &Action| reach_of(Role::Anyone, *action).is_some();
        !self.needs_session() && (self.actions.is_empty() || self.actions.iter().any(anyone))
    }

    /// Whether it is about the session of the cookie, and takes no other credential.
    pub fn needs_session(&self) -> bool {
        self.path.starts_with("/v1/session")
    }
}

impl Url {
    pub(super) const fn at(path: &'static str) -> Self {
        Self { path, tongue: Tongue::Json, taken: Vec::new() }
    }

    pub(super) const fn page(path: &'static str) -> Self {
        Self { path, tongue: Tongue::Html, taken: Vec::new() }
    }

    fn takes<F, A>(mut self, method: Method, door: Door, endpoint: F) -> Self
    where
        F: Fn(Call) -> A + Clone + 'static,
        A: Future<Output = Answer> + 'static,
    {
        let tongue = self.tongue;
        let answer = move |request: HttpRequest, payload: web::Payload| {
            let endpoint = endpoint.clone();
            async move {
                let answer = match (Call::receive(request.clone(), payload, door).await, tongue) {
                    (Ok(call), Tongue::Json) => by_program(call, endpoint).await,
                    (Ok(call), Tongue::Html) => endpoint(call).await,
                    (Err(problem), _) => Err(problem),
                };
                answer.unwrap_or_else(|problem| match tongue {
                    Tongue::Json => problem.respond(&request),
                    Tongue::Html => pages::problem(&problem, &request),
                })
            }
        };
        // HEAD is GET without the body (RFC 9110, section 9.3.2).
        let route = if method == Method::GET {
            web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            web::method(method.clone())
        };
        self.taken.push(Taken { method, door, looks_at: None, route: route.to(answer) });
        self
    }

    pub(super) fn get<F, A>(
        self,
        actions: &'static [Action],
        parameters: &'static [&'static str],
        endpoint: F,
    ) -> Self
    where
        F: Fn(Call) -> A + Clone + 'static,
        A: Future<Output = Answer> + 'static,
    {
        self.takes(Method::GET, Door { actions, parameters }, endpoint)
    }

    pub(super) fn post<F, A>(self, actions: &'static [Action], endpoint: F) -> Self
    where
        F: Fn(Call) -> A + Clone + 'static,
        A: Future<Output = Answer> + 'static,
    {
        self.takes(Method::POST, Door { actions, parameters: &[] }, endpoint)
    }

    /// A POST that also takes parameters of the query, as the address of a form does.
    pub(super) fn post_asking<F, A>(
        self,
        actions: &'static [Action],
        parameters: &'static [&'static str],
        endpoint: F,
    ) -> Self
    where
        F: Fn(Call) -> A + Clone + 'static,
        A: Future<Output = Answer> + 'static,
    {
        self.takes(Method::POST, Door { actions, parameters }, endpoint)
    }

    pub(super) fn put<F, A>(self, actions: &'static [Action], endpoint: F) -> Self
    where
        F: Fn(Call) -> A + Clone + 'static,
        A: Future<Output = Answer> + 'static,
    {
        self.takes(Method::PUT, Door { actions, parameters: &[] }, endpoint)
    }

    pub(super) fn delete<F, A>(self, actions: &'static [Action], endpoint: F) -> Self
    where
        F: Fn(Call) -> A + Clone + 'static,
        A: Future<Output = Answer> + 'static,
    {
        self.takes(Method::DELETE, Door { actions, parameters: &[] }, endpoint)
    }

    /// Lets the method before this replace only what was looked at, by `If-Match` with the tag of a read.
    pub(super) fn looking_at(mut self, path: &'static str) -> Self {
        if let Some(last) = self.taken.last_mut() {
            last.looks_at = Some(path);
        }
        self
    }

    /// As data.
    pub(super) fn listed(self) -> impl Iterator<Item = Listed> {
        let (path, is_page) = (self.path, matches!(self.tongue, Tongue::Html));
        self.taken.into_iter().map(move |taken| Listed {
            path,
            method: taken.method,
            actions: taken.door.actions,
            parameters: taken.door.parameters,
            looks_at: taken.looks_at,
            is_page,
        })
    }

    /// As what an application serves. Another method gets 405 with those that are taken.
    pub(super) fn resource(self) -> Resource {
        let allowed = self.allowed();
        let refuse = move |request: HttpRequest| {
            let problem = Problem::Method(allowed.clone());
            async move { problem.respond(&request) }
        };
        let resource = web::resource(self.path).default_service(web::to(refuse));
        self.taken.into_iter().fold(resource, |resource, taken| resource.route(taken.route))
    }

    fn allowed(&self) -> String {
        let names = self.taken.iter().map(|taken| match taken.method.as_str() {
            "GET" => "GET, HEAD",
            other => other,
        });
        names.collect::<Vec<_>>().join(", ")
    }
}

/// What programs may ask of any URL: that a change is not done twice, that what they have is not sent again, and formats.
async fn by_program<F, A>(call: Call, endpoint: F) -> Answer
where
    F: Fn(Call) -> A + 'static,
    A: Future<Output = Answer> + 'static,
{
    let request = call.request.clone();
    conditional::accept_change(&request)?;
    let first = match idempotency::turn(&call).await? {
        Turn::Plain => return conditional::settle(&request, endpoint(call).await?),
        Turn::Again(response) => return Ok(response),
        Turn::First(first) => first,
    };
    // It goes on although its client may go away: that client will send it again, and shall find the answer.
    let work = async move {
        let response = endpoint(call).await.unwrap_or_else(|problem| problem.respond(&request));
        first.keep(response).await
    };
    actix_web::rt::spawn(work.in_current_span())
        .await
        .map_err(|error| Problem::App(AppError::Internal(format!("a request broke down: {error}"))))
}

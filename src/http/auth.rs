//! Who asks: an API token (`lsw_…`) or the secret of a link from a mail, as a Bearer credential (RFC 6750).
//!
//! Never says why a credential is wrong, never logs one. Without a credential somebody is nobody known.

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::problem::Problem;
use crate::domain::permissions::{Action, Actor, Role, Why};
use crate::services::{App, AppError, links, tokens};

/// The credential of a request, if it has one.
pub(super) fn credential(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let Some(value) = values.next() else { return Ok(None) };
    let bearer =
        value.to_str().ok().and_then(|text| text.split_once(' ')).and_then(|(scheme, secret)| {
            scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim().to_owned())
        });
    match (bearer, values.next()) {
        (Some(secret), None) => Ok(Some(secret)),
        (Some(_) | None, _) => Err(Problem::App(AppError::Unauthenticated)),
    }
}

/// Whom the holder of a credential acts as.
pub(super) fn identify(app: &App, secret: &str) -> Result<Actor, AppError> {
    if secret.starts_with("lsw_") {
        tokens::authenticate(app, secret)
    } else {
        links::authenticate(app, secret)
    }
}

/// Turns away at the door whose role can do none of an URL's actions, before the body is read. The use case asks the
/// same table again, about the thing itself.
pub(super) fn admit(actor: &Actor, actions: &[Action]) -> Result<(), Problem> {
    let mut denied = Vec::new();
    for action in actions {
        match actor.reach(*action) {
            Ok(_) => return Ok(()),
            Err(why) => denied.push(why),
        }
    }
    // What the role may but the scopes leave out says more than what the role may not.
    let told = denied.iter().find(|denied| denied.why == Why::Scope).or(denied.first());
    match told {
        None => Ok(()),
        Some(_) if actor.role == Role::Anyone => Err(Problem::App(AppError::Unauthenticated)),
        Some(denied) => Err(Problem::App(AppError::Denied(*denied))),
    }
}

//! Who asks: an API token (`lsw_…`) or the secret of a link from a mail, as a Bearer credential (RFC 6750), or the cookie
//! of somebody who has signed in.
//!
//! Never says why a credential is wrong, never logs one. Without a credential somebody is nobody known; a cookie whose
//! session has ended is none, because browsers send it along with everything.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, COOKIE, ORIGIN};

use super::problem::Problem;
use crate::domain::permissions::{Action, Actor, Role, Why};
use crate::services::sessions::SessionSecret;
use crate::services::{App, AppError, links, sessions, tokens};

/// What a request carries to say who asks.
pub(super) enum Credential {
    /// Of a program, or of the holder of a link.
    Bearer(String),
    /// Of somebody who has signed in.
    Cookie(String),
}

/// The credential of a request, if it has one. What is written down as a credential goes before a cookie.
pub(super) fn credential(app: &App, request: &HttpRequest) -> Result<Option<Credential>, Problem> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let Some(value) = values.next() else { return Ok(cookie(app, request).map(Credential::Cookie)) };
    let bearer =
        value.to_str().ok().and_then(|text| text.split_once(' ')).and_then(|(scheme, secret)| {
            scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim().to_owned())
        });
    match (bearer, values.next()) {
        (Some(secret), None) => Ok(Some(Credential::Bearer(secret))),
        (Some(_) | None, _) => Err(Problem::App(AppError::Unauthenticated)),
    }
}

/// Whom the holder of a credential acts as.
pub(super) fn identify(app: &App, credential: &Credential) -> Result<Actor, AppError> {
    match credential {
        Credential::Bearer(secret) if secret.starts_with("lsw_") => tokens::authenticate(app, secret),
        Credential::Bearer(secret) => links::authenticate(app, secret),
        Credential::Cookie(secret) => sessions::authenticate(app, secret),
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

/// Whether the service is reached by https, as far as it is told.
fn is_secure(app: &App) -> bool {
    app.settings.public_url.starts_with("https://")
}

/// Whether people can sign in at all: a cookie that travels in the open is anybody's. This machine talks to itself.
pub(super) fn can_sign_in(app: &App) -> bool {
    let host =
        app.settings.public_url.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or(rest));
    let is_own = |host: &str| {
        let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or(host) };
        name == "localhost" || name.starts_with("127.") || host.starts_with("[::1]")
    };
    is_secure(app) || host.is_some_and(is_own)
}

/// The name of the cookie. Browsers take the prefix `__Host-` only from https, for this host alone and for all of it
/// (RFC 6265bis, section 4.1.3.2); over http on one's own machine there is none.
fn cookie_name(app: &App) -> &'static str {
    if is_secure(app) { "__Host-library-swap" } else { "library-swap" }
}

/// The value of a cookie; none where it stands there twice, as when somebody has planted another one.
pub(super) fn find_cookie(request: &HttpRequest, name: &str) -> Option<String> {
    let lines = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) if !value.is_empty() => Some(value.to_owned()),
        (Some(_) | None, _) => None,
    }
}

/// The secret of a session, where the request brings one.
pub(super) fn cookie(app: &App, request: &HttpRequest) -> Option<String> {
    find_cookie(request, cookie_name(app))
}

/// `Set-Cookie` for a value that scripts cannot read and that other sites' forms do not bring along.
pub(super) fn set_cookie(app: &App, name: &str, value: &str, seconds: i64) -> String {
    let secure = if is_secure(app) { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// `Set-Cookie` for whoever has signed in.
pub(super) fn session_cookie(app: &App, secret: &SessionSecret) -> String {
    set_cookie(app, cookie_name(app), secret.reveal(), app.settings.stay.most.num_seconds())
}

/// `Set-Cookie` that takes the cookie away.
pub(super) fn no_cookie(app: &App) -> String {
    set_cookie(app, cookie_name(app), "", 0)
}

/// Scheme, host and port of a URL (RFC 6454).
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |end| &url[..host + end])
}

/// Refuses what would change something by a cookie, unless the browser says that it comes from the service's own page.
/// Silence does not count: a cookie is sent by browsers, and these say it (Fetch Metadata; RFC 6454).
pub(super) fn refuse_other_sites(app: &App, request: &HttpRequest) -> Result<(), Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_own = match (header("sec-fetch-site"), header(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == origin_of(&app.settings.public_url),
        (None, None) => false,
    };
    if is_own { Ok(()) } else { Err(Problem::CrossSite) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_a_url_ends_before_its_path() {
        assert_eq!(origin_of("https://swap.example"), "https://swap.example");
        assert_eq!(origin_of("https://swap.example:8443/exchange"), "https://swap.example:8443");
    }
}

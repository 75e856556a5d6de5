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
use crate::domain::web::is_confidential;
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
    // What the role may but this credential may not says more than what the role may not.
    let told = denied.iter().find(|denied| denied.why != Why::Role).or(denied.first());
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
    is_confidential(&app.settings.public_url)
}

/// A cookie of the service.
#[derive(Debug, Clone, Copy)]
enum Cookie {
    /// Of somebody who has signed in.
    Session,
    /// Of somebody who is on the way through an identity provider.
    Attempt,
}

/// For how long somebody may be at the identity provider, in seconds.
const ATTEMPT_LIFE: i64 = 600;

impl Cookie {
    /// Its name. Browsers take the prefix `__Host-` only from https, for this host alone and for all of it (RFC 6265bis,
    /// section 4.1.3.2); over http on one's own machine there is none.
    fn name(self, app: &App) -> &'static str {
        match (self, is_secure(app)) {
            (Cookie::Session, true) => "__Host-library-swap",
            (Cookie::Session, false) => "library-swap",
            (Cookie::Attempt, true) => "__Host-library-swap-attempt",
            (Cookie::Attempt, false) => "library-swap-attempt",
        }
    }

    /// `Set-Cookie` for a value that scripts cannot read and that other sites' forms do not bring along.
    fn set(self, app: &App, value: &str, seconds: i64) -> String {
        let (name, secure) = (self.name(app), if is_secure(app) { "; Secure" } else { "" });
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    /// Its value; none where it stands there twice, as when somebody has planted another one.
    fn find(self, app: &App, request: &HttpRequest) -> Option<String> {
        let lines = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(key, _)| *key == self.name(app)).map(|(_, value)| value);
        match (found.next(), found.next()) {
            (Some(value), None) if !value.is_empty() => Some(value.to_owned()),
            (Some(_) | None, _) => None,
        }
    }
}

/// The secret of a session, where the request brings one.
pub(super) fn cookie(app: &App, request: &HttpRequest) -> Option<String> {
    Cookie::Session.find(app, request)
}

/// `Set-Cookie` for whoever has signed in.
pub(super) fn session_cookie(app: &App, secret: &SessionSecret) -> String {
    Cookie::Session.set(app, secret.reveal(), app.settings.stay.most.num_seconds())
}

/// `Set-Cookie` that takes the cookie away.
pub(super) fn no_cookie(app: &App) -> String {
    Cookie::Session.set(app, "", 0)
}

/// The secret of a sign-in on its way through an identity provider.
pub(super) fn attempt(app: &App, request: &HttpRequest) -> Option<String> {
    Cookie::Attempt.find(app, request)
}

/// `Set-Cookie` for whoever goes there.
pub(super) fn attempt_cookie(app: &App, secret: &str) -> String {
    Cookie::Attempt.set(app, secret, ATTEMPT_LIFE)
}

/// `Set-Cookie` for whoever has come back.
pub(super) fn no_attempt_cookie(app: &App) -> String {
    Cookie::Attempt.set(app, "", 0)
}

/// Scheme, host and port of a URL (RFC 6454).
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |end| &url[..host + end])
}

/// Where browsers say that a request comes from.
enum Site {
    Own,
    Other,
    /// They do not say: a program, an old browser, a page that sends no referrer.
    Untold,
}

/// What `Sec-Fetch-Site` says, or, where a browser is too old for it, `Origin` (Fetch Metadata; RFC 6454).
fn site_of(app: &App, request: &HttpRequest) -> Site {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    match (header("sec-fetch-site"), header(ORIGIN.as_str())) {
        (Some("same-origin"), _) => Site::Own,
        (Some("none"), _) | (None, None | Some("null")) => Site::Untold,
        (None, Some(origin)) if origin == origin_of(&app.settings.public_url) => Site::Own,
        (Some(_), _) | (None, Some(_)) => Site::Other,
    }
}

/// Refuses another site's form: it may hold a link, but must not act by it behind its holder's back. Our own pages say
/// nothing, because they send no referrer, and neither do programs.
pub(super) fn refuse_other_sites(app: &App, request: &HttpRequest) -> Result<(), Problem> {
    match site_of(app, request) {
        Site::Own | Site::Untold => Ok(()),
        Site::Other => Err(Problem::CrossSite),
    }
}

/// Refuses what would change something by a cookie unless the browser says that it comes from the service's own page:
/// cookies are sent by browsers, whoever makes them, and these say it.
pub(super) fn require_own_site(app: &App, request: &HttpRequest) -> Result<(), Problem> {
    match site_of(app, request) {
        Site::Own => Ok(()),
        Site::Other | Site::Untold if matches!(*request.method(), Method::GET | Method::HEAD) => Ok(()),
        Site::Other | Site::Untold => Err(Problem::CrossSite),
    }
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

//! `/v1/session` and `/account`: as what somebody who has signed in acts, and signing out.
//!
//! All of it by the cookie alone: a token or a mailed link has no session.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, SET_COOKIE};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, shown};
use super::auth;
use super::call::Call;
use super::deputyships;
use super::pages;
use super::problem::Problem;
use super::{read, schemas};
use crate::domain::ids::{EmployerId, RoundId};
use crate::domain::language::Language;
use crate::domain::permissions::Role;
use crate::domain::session;
use crate::services::AppError;
use crate::services::sessions::{self, Leaving, Seen};
use crate::words;

/// As what somebody can act.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Capacity {
    /// What it is chosen by.
    capacity: String,
    #[schema(schema_with = schemas::role)]
    role: &'static str,
    /// What it is about, in words: employers, a round, a day; empty where the role says it all.
    about: String,
    employers: Vec<Uuid>,
    round: Option<Uuid>,
}

impl From<&session::Capacity> for Capacity {
    fn from(capacity: &session::Capacity) -> Self {
        let mandate = capacity.mandate();
        Self {
            capacity: capacity.key(),
            role: capacity.role().as_str(),
            about: capacity.about.clone(),
            employers: mandate
                .map(|mandate| mandate.employers.iter().copied().map(EmployerId::uuid).collect())
                .unwrap_or_default(),
            round: mandate.and_then(|mandate| mandate.round).map(RoundId::uuid),
        }
    }
}

/// Somebody who has signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Session {
    #[schema(schema_with = schemas::way)]
    way: &'static str,
    /// As what they act now; null where what was chosen has ended.
    capacity: Option<String>,
    /// The role of that.
    #[schema(schema_with = schemas::optional_role)]
    role: Option<&'static str>,
    /// What can be chosen.
    capacities: Vec<Capacity>,
    created_at: DateTime<Utc>,
    /// When it ends at the latest.
    expires_at: DateTime<Utc>,
}

impl From<&Seen> for Session {
    fn from(seen: &Seen) -> Self {
        let chosen = seen.chosen();
        Self {
            way: seen.session.way.as_str(),
            capacity: chosen.map(session::Capacity::key),
            role: chosen.map(|chosen| chosen.role().as_str()),
            capacities: seen.capacities.iter().map(Capacity::from).collect(),
            created_at: seen.session.created_at.and_utc(),
            expires_at: seen.session.expires_at.and_utc(),
        }
    }
}

/// What is chosen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChosenCapacity)]
#[expect(dead_code, reason = "the schema of what `choose` reads")]
pub(super) struct ChosenBody {
    /// One of the session's `capacities`.
    #[schema(schema_with = schemas::name)]
    capacity: String,
}

/// What the account's page can do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AccountDeed)]
#[expect(dead_code, reason = "the schema of what `act_by_form` reads")]
pub(super) struct AccountBody {
    /// `choose`, `name_deputy`, `end_deputyship`, `sign_out` or `sign_out_everywhere`.
    deed: String,
    /// With `choose`: one of the session's capacities.
    capacity: Option<String>,
    /// With `name_deputy`: their address.
    deputy: Option<String>,
    /// With `name_deputy`: the first day, in UTC.
    starts_on: Option<String>,
    /// With `name_deputy`: the last day, in UTC.
    ends_on: Option<String>,
    /// With `end_deputyship`: its id.
    deputyship: Option<String>,
}

/// See who one is, and as what one can act
#[utoipa::path(get, path = "/v1/session", tag = "sign-in",
    responses((status = 200, description = "The session of the cookie.", body = Session)))]
pub(super) async fn get(call: Call) -> Answer {
    let secret = call.session()?;
    let seen = call.run(move |app, _| sessions::view(app, &secret)).await?;
    shown(&Session::from(&seen))
}

/// Choose as what one acts
#[utoipa::path(put, path = "/v1/session/capacity", tag = "sign-in", request_body = ChosenBody,
    responses((status = 200, description = "The session.", body = Session)))]
pub(super) async fn choose(call: Call) -> Answer {
    let secret = changing(&call)?;
    let key = call.body(&["capacity"], |object| {
        object.required("capacity").and_then(|at| at.text().map(std::borrow::Cow::into_owned))
    })?;
    let seen = call.run(move |app, _| sessions::choose(app, &secret, &key)).await?;
    shown(&Session::from(&seen))
}

/// Sign out
#[utoipa::path(delete, path = "/v1/session", tag = "sign-in",
    responses((status = 204, description = "Signed out; the cookie is taken away.")))]
pub(super) async fn sign_out(call: Call) -> Answer {
    leave(&call, Leaving::Here).await?;
    Ok(HttpResponse::NoContent().insert_header((SET_COOKIE, auth::no_cookie(call.app()))).finish())
}

/// Sign out everywhere
///
/// Ends all sessions of the same person who signed in in the same way, and the links that were asked for.
#[utoipa::path(delete, path = "/v1/sessions", tag = "sign-in",
    responses((status = 204, description = "Signed out everywhere; the cookie is taken away.")))]
pub(super) async fn sign_out_everywhere(call: Call) -> Answer {
    leave(&call, Leaving::Everywhere).await?;
    Ok(HttpResponse::NoContent().insert_header((SET_COOKIE, auth::no_cookie(call.app()))).finish())
}

async fn leave(call: &Call, leaving: Leaving) -> Result<(), Problem> {
    call.no_body()?;
    let secret = changing(call)?;
    call.run(move |app, _| sessions::sign_out(app, &secret, leaving)).await.map(drop)
}

/// The secret of a session in which something is to be changed, by the service's own page.
pub(super) fn changing(call: &Call) -> Result<String, Problem> {
    let secret = call.session()?;
    auth::require_own_site(call.app(), &call.request)?;
    Ok(secret)
}

/// The account's page
#[utoipa::path(get, path = "/account", tag = "sign-in",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 303, description = "Nobody is signed in; leads to where one can.")))]
pub(super) async fn get_page(call: Call) -> Answer {
    let Ok(secret) = call.session() else { return Ok(to_sign_in(&call)) };
    match view(&call, &secret).await {
        Ok(seen) => page(&call, &secret, &seen).await,
        Err(Problem::App(AppError::Unauthenticated)) => Ok(to_sign_in(&call)),
        Err(problem) => Err(problem),
    }
}

/// The page's forms
///
/// Takes `deed` and what belongs to it.
#[utoipa::path(post, path = "/account", tag = "sign-in",
    request_body(content = AccountBody, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page of what is true now.", body = String,
        content_type = "text/html"), (status = 303, description = "Signed out.")))]
pub(super) async fn act_by_form(call: Call) -> Answer {
    let secret = changing(&call)?;
    let form = read::form(&call)?;
    let value = |name: &str| {
        form.iter().find(|(key, _)| key == name).map_or_else(String::new, |(_, value)| value.clone())
    };
    let leaving = match value("deed").as_str() {
        "choose" => {
            let (secret, key) = (secret.clone(), value("capacity"));
            call.run(move |app, _| sessions::choose(app, &secret, &key)).await?;
            None
        }
        "name_deputy" => {
            deputyships::create_by_form(&call, secret.clone(), value).await?;
            None
        }
        "end_deputyship" => {
            deputyships::end_by_form(&call, secret.clone(), &value("deputyship")).await?;
            None
        }
        "sign_out" => Some(Leaving::Here),
        "sign_out_everywhere" => Some(Leaving::Everywhere),
        other => {
            let rule = "must be choose, name_deputy, end_deputyship, sign_out or sign_out_everywhere";
            return Err(AppError::field("/deed", other, rule).into());
        }
    };
    let Some(leaving) = leaving else {
        let seen = view(&call, &secret).await?;
        return page(&call, &secret, &seen).await;
    };
    call.run(move |app, _| sessions::sign_out(app, &secret, leaving)).await?;
    Ok(to_sign_in(&call))
}

async fn view(call: &Call, secret: &str) -> Result<Seen, Problem> {
    let secret = secret.to_owned();
    call.run(move |app, _| sessions::view(app, &secret)).await
}

fn to_sign_in(call: &Call) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, "/sign-in"))
        .insert_header((SET_COOKIE, auth::no_cookie(call.app())))
        .finish()
}

async fn page(call: &Call, secret: &str, seen: &Seen) -> Answer {
    let deputies = deputyships::shown(call, secret, seen).await?;
    let html = pages::account(&call.app().settings.service_name, seen, deputies)?;
    // Browsers that tell no `Sec-Fetch-Site` tell where a form comes from only with a referrer.
    let mut response = HttpResponse::build(StatusCode::OK);
    response.insert_header(("Referrer-Policy", "same-origin"));
    Ok(pages::respond(response, html))
}

/// What a role is called where a line begins with it.
pub(super) fn named(role: Role) -> String {
    let name = words::role(Language::English, role);
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

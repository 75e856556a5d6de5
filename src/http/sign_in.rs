//! `/sign-in` and its JSON twins: a link is asked for by an address, and signs in whoever presses the button on its page.
//!
//! The answer to an address is always the same, and so is the work that is done for it. GET and HEAD never use a link up:
//! mail scanners follow links.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, SET_COOKIE};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Answer;
use super::call::Call;
use super::links::counted;
use super::pages::{self, SignInPage};
use super::problem::Problem;
use super::sessions::Session;
use super::{auth, oidc, read, schemas};
use crate::domain::email::Email;
use crate::domain::fault::Faults;
use crate::services::AppError;
use crate::services::sessions::FreshSession;
use crate::services::sign_in;

/// Who wants to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn)]
#[expect(dead_code, reason = "the schema of what `ask` reads")]
pub(super) struct SignInBody {
    #[schema(schema_with = schemas::email)]
    address: String,
}

/// What everybody is told who asks for a link.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Asked {
    /// What happens now.
    message: &'static str,
}

const ASKED: &str = "if this address is known here, a mail with a link is on its way; the link works once, for a quarter of \
                     an hour";

/// Without https a cookie would be anybody's.
pub(super) fn refuse_in_the_open(call: &Call) -> Result<(), Problem> {
    if auth::can_sign_in(call.app()) { Ok(()) } else { Err(Problem::InTheOpen) }
}

async fn send_link(call: &Call, address: Email) -> Result<(), Problem> {
    call.limits().take_sign_in_mail(call.client, &address)?;
    call.run(move |app, _| sign_in::ask(app, &address)).await
}

/// Ask for a link to sign in
///
/// The answer is the same for every address.
#[utoipa::path(post, path = "/v1/sign-in", tag = "sign-in", request_body = SignInBody,
    responses((status = 202, description = "What happens now.", body = Asked)))]
pub(super) async fn ask(call: Call) -> Answer {
    auth::refuse_other_sites(call.app(), &call.request)?;
    refuse_in_the_open(&call)?;
    let address = call.body(&["address"], |object| object.required("address").and_then(|at| at.parse()))?;
    send_link(&call, address).await?;
    Ok(HttpResponse::Accepted().json(Asked { message: ASKED }))
}

/// Sign in by a link
///
/// The answer sets the cookie of the session.
#[utoipa::path(post, path = "/v1/sign-in/{secret}", tag = "sign-in", params(("secret" = String, Path)),
    responses((status = 200, description = "The session.", body = Session)))]
pub(super) async fn consume(call: Call) -> Answer {
    call.no_body()?;
    let fresh = begin(&call).await?;
    let cookie = auth::session_cookie(call.app(), &fresh.secret);
    Ok(HttpResponse::Ok().insert_header((SET_COOKIE, cookie)).json(Session::from(&fresh.seen)))
}

async fn begin(call: &Call) -> Result<FreshSession, Problem> {
    auth::refuse_other_sites(call.app(), &call.request)?;
    refuse_in_the_open(call)?;
    let secret = call.path.secret.clone();
    counted(call, call.run(move |app, _| sign_in::sign_in(app, &secret)).await)
}

/// The page on which a link to sign in is asked for
#[utoipa::path(get, path = "/sign-in", tag = "sign-in",
    responses((status = 200, description = "The page with its form.", body = String, content_type = "text/html")))]
pub(super) async fn get_page(call: Call) -> Answer {
    refuse_in_the_open(&call)?;
    page(&call, StatusCode::OK, &SignInPage::Ask { fault: None })
}

/// The page's form
///
/// Takes `address`. The page is the same for every address.
#[utoipa::path(post, path = "/sign-in", tag = "sign-in",
    request_body(content = SignInBody, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page that says what happens now.", body = String,
        content_type = "text/html")))]
pub(super) async fn ask_by_form(call: Call) -> Answer {
    auth::refuse_other_sites(call.app(), &call.request)?;
    refuse_in_the_open(&call)?;
    let (faults, mut typed) = (Faults::none(), String::new());
    for (name, value) in read::form(&call)? {
        match name.as_str() {
            "address" => typed = value,
            other => faults.add(format!("/{other}"), &value, "is no field of this form"),
        }
    }
    read::finish(faults, Some(()))?;
    match typed.parse::<Email>() {
        Ok(address) => {
            send_link(&call, address).await?;
            page(&call, StatusCode::OK, &SignInPage::Asked)
        }
        Err(rule) => {
            let fault = Some(rule.to_string());
            page(&call, StatusCode::UNPROCESSABLE_ENTITY, &SignInPage::Ask { fault })
        }
    }
}

/// The page of a link to sign in
///
/// Uses the link not up, however often it is looked at.
#[utoipa::path(get, path = "/sign-in/{secret}", tag = "sign-in", params(("secret" = String, Path)),
    responses((status = 200, description = "The page with its button.", body = String, content_type = "text/html")))]
pub(super) async fn get_link(call: Call) -> Answer {
    refuse_in_the_open(&call)?;
    let secret = call.path.secret.clone();
    let address = counted(&call, call.run(move |app, _| sign_in::look(app, &secret)).await);
    match address {
        Ok(address) => page(&call, StatusCode::OK, &SignInPage::Button { address }),
        Err(problem) => ended(&call, problem),
    }
}

/// Sign in by the button on that page
#[utoipa::path(post, path = "/sign-in/{secret}", tag = "sign-in", params(("secret" = String, Path)),
    responses((status = 303, description = "Signed in; leads to the account's page.")))]
pub(super) async fn consume_by_form(call: Call) -> Answer {
    match begin(&call).await {
        Ok(fresh) => Ok(signed_in(&call, &fresh)),
        Err(problem) => ended(&call, problem),
    }
}

/// Leads whoever has signed in to their account, with the cookie.
pub(super) fn signed_in(call: &Call, fresh: &FreshSession) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, "/account"))
        .insert_header((SET_COOKIE, auth::session_cookie(call.app(), &fresh.secret)))
        .finish()
}

/// What signs nobody in leads to another try.
pub(super) fn ended(call: &Call, problem: Problem) -> Answer {
    match &problem {
        Problem::App(AppError::Refused(_)) | Problem::Provider(_) => {
            problem.log();
            page(call, problem.code().status(), &SignInPage::Ask { fault: Some(problem.detail()) })
        }
        _ => Err(problem),
    }
}

fn page(call: &Call, status: StatusCode, shown: &SignInPage) -> Answer {
    let provider = oidc::provider(call).map(|provider| provider.name());
    let html = pages::sign_in(&call.app().settings.service_name, provider, shown)?;
    Ok(pages::respond(HttpResponse::build(status), html))
}

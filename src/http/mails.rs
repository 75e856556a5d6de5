//! `/mails/{secret}`: stops mails of optional kinds, by one click of a mail program (RFC 8058) or on a page.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::Answer;
use super::auth;
use super::call::Call;
use super::links::counted;
use super::pages::{self, Told};
use super::problem::Problem;
use super::read;
use crate::services::AppError;
use crate::services::opt_outs::{self, MailChoice, Wanted};

/// The page's form, or what a mail program sends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MailChoice)]
#[expect(dead_code, reason = "the schema of what `choose` reads")]
pub(super) struct ChoiceBody {
    /// `stop` or `resume`.
    deed: Option<String>,
    /// `One-Click`, by a mail program: as `stop`.
    #[serde(rename = "List-Unsubscribe")]
    list_unsubscribe: Option<String>,
}

/// The page on which mails of optional kinds are stopped
///
/// Changes nothing.
#[utoipa::path(get, path = "/mails/{secret}", tag = "links", params(("secret" = String, Path)),
    responses((status = 200, description = "The page with its button.", body = String, content_type = "text/html")))]
pub(super) async fn get_page(call: Call) -> Answer {
    let secret = call.path.secret.clone();
    let choice = counted(&call, call.run(move |app, _| opt_outs::view(app, &secret)).await)?;
    page(&call, &choice, Told::Nothing)
}

/// Stop mails of optional kinds, or resume them
///
/// What mail programs send by themselves is taken as a form of either kind (RFC 8058, section 3.1).
#[utoipa::path(post, path = "/mails/{secret}", tag = "links", params(("secret" = String, Path)),
    request_body(content = ChoiceBody, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page of what is true now.", body = String,
        content_type = "text/html")))]
pub(super) async fn choose(call: Call) -> Answer {
    auth::refuse_other_sites(call.app(), &call.request)?;
    let (wanted, secret) = (read_wanted(&call)?, call.path.secret.clone());
    let choice = counted(&call, call.run(move |app, _| opt_outs::choose(app, &secret, wanted)).await)?;
    page(&call, &choice, Told::Done)
}

fn read_wanted(call: &Call) -> Result<Wanted, Problem> {
    let kind = call.request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data")) {
        let text = String::from_utf8_lossy(call.bytes());
        let has = |words: &str| text.contains(words);
        // One field with one value: no need to take the parts apart.
        return if has("List-Unsubscribe") && has("One-Click") { Ok(Wanted::Stop) } else { Err(nothing()) };
    }
    call.require_type("application/x-www-form-urlencoded")?;
    let text = std::str::from_utf8(call.bytes())
        .map_err(|error| Problem::Malformed(format!("the form is not UTF-8: {error}")))?;
    for (name, value) in read::pairs(text)? {
        match (name.as_str(), value.as_str()) {
            ("deed", "stop") | ("List-Unsubscribe", "One-Click") => return Ok(Wanted::Stop),
            ("deed", "resume") => return Ok(Wanted::Resume),
            (_, _) => {}
        }
    }
    Err(nothing())
}

fn nothing() -> Problem {
    AppError::field("/deed", "", "must be stop or resume, or List-Unsubscribe=One-Click must stand there")
        .into()
}

fn page(call: &Call, choice: &MailChoice, told: Told) -> Answer {
    let html = pages::mails(&call.app().settings.service_name, choice, told)?;
    Ok(pages::respond(HttpResponse::build(StatusCode::OK), html))
}

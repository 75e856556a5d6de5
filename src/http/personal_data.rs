//! `/v1/applications/{id}/personal-data`: everything that is known of a person, for the person and for organisers; and
//! the erasure of it.

use actix_web::HttpResponse;
use utoipa::ToSchema;

use super::answer::{Answer, file, shown};
use super::call::Call;
use crate::domain::ids::ApplicationId;
use crate::services::{erasure, personal_data};

/// Everything that is known of a person.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the schema of what `get` shows")]
pub(super) struct PersonalData {
    /// Identity, name and address.
    person: serde_json::Value,
    /// All of them, with access needs, who read these, and the privacy notice that was agreed to.
    applications: Vec<serde_json::Value>,
    placements: Vec<serde_json::Value>,
    days_before_this_service: Vec<serde_json::Value>,
    employers_lists: Vec<serde_json::Value>,
    mails: Vec<serde_json::Value>,
    links: Vec<serde_json::Value>,
    calendars: Vec<serde_json::Value>,
    /// From the audit.
    what_was_done: Vec<serde_json::Value>,
}

/// Take everything that is known of a person
///
/// By the person's link, or by an organiser; then the person's ledger says so where access needs are in it.
#[utoipa::path(get, path = "/v1/applications/{id}/personal-data", tag = "applications",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "What is known.", body = PersonalData)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    shown(&call.run(move |app, actor| personal_data::of(app, actor, id)).await?)
}

/// The same as text
#[utoipa::path(get, path = "/v1/applications/{id}/personal-data.txt", tag = "applications",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "A line for each value.", body = String,
        content_type = "text/plain")))]
pub(super) async fn get_text(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    let known = call.run(move |app, actor| personal_data::of(app, actor, id)).await?;
    file("text/plain; charset=utf-8", "personal-data.txt", personal_data::readable(&known))
}

/// Make a person a pseudonym
///
/// Name, addresses, words, access needs, links and calendars go; schedules, counts and where somebody was stay, under the
/// pseudonym. Whoever signs up with the same address again has their history again.
#[utoipa::path(post, path = "/v1/applications/{id}/erase-person", tag = "applications",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "The person is a pseudonym now.")))]
pub(super) async fn erase(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    call.no_body()?;
    call.run(move |app, actor| erasure::erase(app, actor, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

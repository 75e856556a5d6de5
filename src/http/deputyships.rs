//! `/v1/session/deputyships`: who does whose work, by the cookie alone; and the part of the account's page for it.

use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDate, Utc};
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made};
use super::call::Call;
use super::problem::Problem;
use super::sessions::changing;
use super::{read, schemas};
use crate::domain::deputyship;
use crate::domain::fault::{Faults, Rule};
use crate::domain::ids::DeputyshipId;
use crate::domain::json::parse_date;
use crate::domain::language::Language;
use crate::domain::permissions::Action;
use crate::domain::session::Way;
use crate::services::AppError;
use crate::services::deputyships::{self, NewDeputyship};
use crate::services::page::Page;
use crate::services::sessions::Seen;
use crate::words;

/// Who does whose work in one role.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Deputyship {
    id: Uuid,
    /// Whose work it is.
    principal: String,
    /// Who does it.
    deputy: String,
    #[schema(schema_with = schemas::role)]
    role: &'static str,
    /// The first day, in UTC.
    starts_on: NaiveDate,
    /// The last day, in UTC.
    ends_on: NaiveDate,
    created_at: DateTime<Utc>,
    /// When one of both ended it.
    ended_at: Option<DateTime<Utc>>,
}

impl From<deputyship::Deputyship> for Deputyship {
    fn from(found: deputyship::Deputyship) -> Self {
        Self {
            id: found.id.uuid(),
            principal: found.principal.to_string(),
            deputy: found.deputy.to_string(),
            role: found.role.as_str(),
            starts_on: found.starts_on,
            ends_on: found.ends_on,
            created_at: found.created_at.and_utc(),
            ended_at: found.ended_at.map(|at| at.and_utc()),
        }
    }
}

/// Who is to do the work of whoever has signed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDeputyship)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct NewDeputyshipBody {
    /// Who does it: an address that the employer vouches for whose work it is.
    #[schema(schema_with = schemas::email)]
    deputy: String,
    /// The first day, in UTC.
    starts_on: NaiveDate,
    /// The last day, in UTC; at most 180 days in all.
    ends_on: NaiveDate,
}

/// Name a deputy
///
/// Somebody else does, for a while, what the holder of the cookie does in the role in which they act now: as organiser, library
/// administrator, HR or line manager. They are told by mail, sign in as themselves, and the audit says for whom they acted.
#[utoipa::path(post, path = "/v1/session/deputyships", tag = "sign-in", request_body = NewDeputyshipBody,
    responses((status = 201, description = "The deputyship.", body = Deputyship,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let secret = changing(&call)?;
    let wanted = call.body(&["deputy", "starts_on", "ends_on"], |object| {
        let deputy = object.required("deputy").and_then(|at| at.parse());
        let starts_on = object.required("starts_on").and_then(|at| at.date());
        let ends_on = object.required("ends_on").and_then(|at| at.date());
        Some(NewDeputyship { deputy: deputy?, starts_on: starts_on?, ends_on: ends_on? })
    })?;
    let found = call.run(move |app, actor| deputyships::create(app, actor, &secret, &wanted)).await?;
    made(&format!("/v1/session/deputyships/{}", found.id), &Deputyship::from(found))
}

/// List one's deputies and whose deputy one is
///
/// Ended ones too, until they are taken away.
#[utoipa::path(get, path = "/v1/session/deputyships", tag = "sign-in", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of deputyships.", body = Listed<Deputyship>)))]
pub(super) async fn list(call: Call) -> Answer {
    let secret = call.session()?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| deputyships::list(app, actor, &secret, &page)).await?;
    listed(&call, found, Deputyship::from)
}

/// End a deputyship at once
///
/// By either side.
#[utoipa::path(delete, path = "/v1/session/deputyships/{id}", tag = "sign-in", params(("id" = Uuid, Path)),
    responses((status = 204, description = "The deputy acts by it no more.")))]
pub(super) async fn end(call: Call) -> Answer {
    let id: DeputyshipId = call.id("deputyship")?;
    call.no_body()?;
    let secret = changing(&call)?;
    call.run(move |app, actor| deputyships::end(app, actor, &secret, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the account's page tells of deputies: whether one can be named, and those that have not ended.
pub(super) async fn shown(call: &Call, secret: &str, seen: &Seen) -> Result<Value, Problem> {
    if seen.session.way == Way::Oidc {
        return Ok(context! { can_name => false });
    }
    let (secret, address) = (secret.to_owned(), seen.session.holder.clone());
    let found = call.run(move |app, actor| deputyships::list(app, actor, &secret, &Page::default())).await?;
    let today = call.app().clock.now().date_naive();
    let told = |one: &deputyship::Deputyship| {
        let (is_own, date) = (one.principal.as_str() == address, |day| words::date(Language::English, day));
        context! {
            id => one.id.to_string(), is_own, role => words::role(Language::English, one.role),
            other => if is_own { one.deputy.to_string() } else { one.principal.to_string() },
            starts_on => date(one.starts_on), ends_on => date(one.ends_on),
        }
    };
    let lasting = found.items.iter().filter(|one| one.ended_at.is_none() && today <= one.ends_on);
    let can_name =
        seen.chosen().is_some_and(|chosen| chosen.actor(seen.session.id).reach(Action::NameDeputy).is_ok());
    Ok(context! { can_name, today => today.to_string(), list => lasting.map(told).collect::<Vec<_>>() })
}

/// Names a deputy by the page's form.
pub(super) async fn create_by_form(
    call: &Call,
    secret: String,
    value: impl Fn(&str) -> String,
) -> Result<(), Problem> {
    let faults = Faults::none();
    let deputy = typed(&faults, "deputy", &value, |text| text.trim().parse());
    let starts_on = typed(&faults, "starts_on", &value, parse_date);
    let ends_on = typed(&faults, "ends_on", &value, parse_date);
    let all = deputy.zip(starts_on).zip(ends_on);
    let ((deputy, starts_on), ends_on) = read::finish(faults, all)?;
    let wanted = NewDeputyship { deputy, starts_on, ends_on };
    call.run(move |app, actor| deputyships::create(app, actor, &secret, &wanted)).await.map(drop)
}

/// What was typed into a field.
fn typed<T>(
    faults: &Faults,
    name: &str,
    value: impl Fn(&str) -> String,
    read: impl Fn(&str) -> Result<T, Rule>,
) -> Option<T> {
    let text = value(name);
    read(&text).map_err(|rule| faults.add(format!("/{name}"), &text, rule)).ok()
}

/// Ends one by the page's form.
pub(super) async fn end_by_form(call: &Call, secret: String, id: &str) -> Result<(), Problem> {
    let id: DeputyshipId =
        id.parse().map_err(|_| Problem::App(AppError::not_found("deputyship", id.to_owned())))?;
    call.run(move |app, actor| deputyships::end(app, actor, &secret, id)).await
}

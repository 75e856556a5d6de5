//! `/v1/calendars`: bank holidays, terms, closures and exams that libraries share.

use actix_web::HttpResponse;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::Call;
use super::problem::Problem;
use super::{read, schemas};
use crate::domain::ids::{CalendarId, EmployerId};
use crate::domain::json::{At, Object};
use crate::domain::opening;
use crate::domain::permissions::Actor;
use crate::services::App;
use crate::services::calendars::{self, NewCalendar};
use crate::services::seen::Seen;

/// Days in a row with one meaning.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Period {
    #[schema(schema_with = schemas::period_kind)]
    kind: &'static str,
    starts_on: NaiveDate,
    /// The last day.
    ends_on: NaiveDate,
    label: String,
}

/// A calendar that libraries share.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Calendar {
    id: Uuid,
    name: String,
    #[schema(schema_with = schemas::calendar_kind)]
    kind: &'static str,
    /// Whose administrators may change it; null: only organisers.
    employer: Option<Uuid>,
    /// The libraries of its countries follow it, unless they follow other bank holidays.
    #[schema(schema_with = schemas::optional_division)]
    division: Option<&'static str>,
    /// By date.
    periods: Vec<Period>,
}

impl From<opening::Calendar> for Calendar {
    fn from(calendar: opening::Calendar) -> Self {
        let period = |period: opening::Period| Period {
            kind: period.kind.as_str(),
            starts_on: period.starts_on,
            ends_on: period.ends_on,
            label: period.label.to_string(),
        };
        Self {
            id: calendar.id.uuid(),
            name: calendar.dated.name.to_string(),
            kind: calendar.dated.kind.as_str(),
            employer: calendar.employer.map(EmployerId::uuid),
            division: calendar.division.map(opening::Division::as_str),
            periods: calendar.dated.periods.into_iter().map(period).collect(),
        }
    }
}

/// A period to be entered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPeriod)]
#[expect(dead_code, reason = "the schema of what `read_period` reads")]
pub(super) struct PeriodBody {
    #[schema(schema_with = schemas::period_kind)]
    kind: String,
    starts_on: NaiveDate,
    /// The last day; absent means a single day.
    #[schema(schema_with = schemas::optional_date)]
    ends_on: Option<NaiveDate>,
    #[schema(schema_with = schemas::name)]
    label: String,
}

fn read_period(at: &At<'_>) -> Option<opening::Period> {
    let object = at.object(&["kind", "starts_on", "ends_on", "label"])?;
    let kind = object.required("kind").and_then(|at| at.parse());
    let starts_on = object.required("starts_on").and_then(|at| at.date());
    let ends_on = read::maybe_absent(&object, "ends_on", At::date);
    let label = object.required("label").and_then(|at| at.parse());
    Some(opening::Period {
        kind: kind?,
        starts_on: starts_on?,
        ends_on: ends_on?.or(starts_on)?,
        label: label?,
    })
}

/// A calendar to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCalendar)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct CalendarBody {
    /// Unique.
    #[schema(schema_with = schemas::name)]
    name: String,
    #[schema(schema_with = schemas::calendar_kind)]
    kind: String,
    /// Absent: an administrator's own employer; of an organiser's, nobody's.
    #[schema(schema_with = schemas::optional_id)]
    employer: Option<Uuid>,
    #[schema(schema_with = schemas::optional_division)]
    division: Option<String>,
    #[schema(max_items = 1000)]
    periods: Option<Vec<PeriodBody>>,
}

/// What a calendar says from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CalendarContents)]
#[expect(dead_code, reason = "the schema of what `replace` reads")]
pub(super) struct ContentsBody {
    #[schema(schema_with = schemas::name)]
    name: String,
    #[schema(max_items = 1000)]
    periods: Vec<PeriodBody>,
}

fn read_calendar(object: &Object<'_>) -> Option<NewCalendar> {
    let name = object.required("name").and_then(|at| at.parse());
    let kind = object.required("kind").and_then(|at| at.parse());
    let employer = read::maybe_absent(object, "employer", At::parse);
    let division = read::maybe_absent(object, "division", At::parse);
    let periods = read::list(object, "periods", read_period);
    Some(NewCalendar {
        name: name?,
        kind: kind?,
        employer: employer?,
        division: division?,
        periods: periods?,
    })
}

/// List calendars
#[utoipa::path(get, path = "/v1/calendars", tag = "calendars", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of calendars.", body = Listed<Calendar>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let found = call.run(move |app, actor| calendars::list(app, actor, &page)).await?;
    listed(&call, found, Calendar::from)
}

/// Make a calendar
///
/// Administrators make those of their own employer. A calendar of bank holidays with a `division` holds for the
/// libraries of its countries without being attached to them; organisers make those.
#[utoipa::path(post, path = "/v1/calendars", tag = "calendars", request_body = CalendarBody,
    responses((status = 201, description = "The calendar.", body = Calendar,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let wanted = call.body(&["name", "kind", "employer", "division", "periods"], read_calendar)?;
    let calendar = call.run(move |app, actor| calendars::create(app, actor, &wanted)).await?;
    made(&format!("/v1/calendars/{}", calendar.id), &Calendar::from(calendar))
}

/// Show a calendar
#[utoipa::path(get, path = "/v1/calendars/{id}", tag = "calendars", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The calendar.", body = Calendar)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: CalendarId = call.id("calendar")?;
    let calendar = call.run(move |app, actor| calendars::get(app, actor, id)).await?;
    shown(&Calendar::from(calendar))
}

fn seen(call: &Call) -> Result<Seen<opening::Calendar>, Problem> {
    call.seen(|calendar: &opening::Calendar| Calendar::from(calendar.clone()))
}

/// Replace what a calendar says
///
/// Name and periods; kind, employer and division stay. Runs of rounds that have one of the days are stale.
#[utoipa::path(put, path = "/v1/calendars/{id}", tag = "calendars", params(("id" = Uuid, Path)),
    request_body = ContentsBody,
    responses((status = 200, description = "The calendar as it is now.", body = Calendar)))]
pub(super) async fn replace(call: Call) -> Answer {
    let id: CalendarId = call.id("calendar")?;
    let (name, periods) = call.body(&["name", "periods"], |object| {
        let name = object.required("name").and_then(|at| at.parse());
        let periods = object.required("periods").and_then(|at| read::items(&at, read_period));
        name.zip(periods)
    })?;
    let seen = seen(&call)?;
    let work = move |app: &App, actor: &Actor| calendars::replace(app, actor, id, &name, &periods, &seen);
    let calendar = call.run(work).await?;
    shown(&Calendar::from(calendar))
}

/// Take a calendar away
///
/// Refused while libraries are told to follow it.
#[utoipa::path(delete, path = "/v1/calendars/{id}", tag = "calendars", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is gone.")))]
pub(super) async fn delete(call: Call) -> Answer {
    let id: CalendarId = call.id("calendar")?;
    call.no_body()?;
    let seen = seen(&call)?;
    call.run(move |app, actor| calendars::delete(app, actor, id, &seen)).await?;
    Ok(HttpResponse::NoContent().finish())
}

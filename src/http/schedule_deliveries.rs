//! `/v1/employers/{id}/schedule-deliveries` and `/v1/schedule-deliveries/{id}`: what HR has delivered of its schedule, when and
//! whereto; and what came of each dispatch.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object as Schema;
use uuid::Uuid;

use super::answer::{Answer, Listed, file as file_answer, listed, made, shown};
use super::call::{Call, id_in};
use super::conditional::tagged;
use super::placements::clock;
use super::schemas::{one_of, or_null};
use super::{read, schedule_schemas, schemas};
use crate::domain::email::Email;
use crate::domain::ids::{EmployerId, LibraryId, NoticeId, ScheduleDeliveryId, ScheduleDispatchId};
use crate::domain::json::{At, Object};
use crate::domain::schedule::Cursor;
use crate::domain::schedule_delivery::{
    self as domain, Contents, ContentsKind, Destination, DispatchFailure, DispatchState, FileFormat, Terms,
    Times, Way, What,
};
use crate::domain::sector::Sector;
use crate::services::schedule::{Bom, Delimiter, Formulas, Profile};
use crate::services::schedule_deliveries;

/// Weeks of a file at most.
const MOST_WEEKS: i64 = 104;

fn format() -> Schema {
    one_of(FileFormat::ALL.iter().map(|format| format.as_str())).build()
}

fn contents() -> Schema {
    one_of(ContentsKind::ALL.iter().map(|kind| kind.as_str())).build()
}

fn way() -> Schema {
    one_of(Way::ALL.iter().map(|way| way.as_str())).build()
}

fn state() -> Schema {
    one_of(DispatchState::ALL.iter().map(|state| state.as_str())).build()
}

fn optional_failure() -> Schema {
    or_null(one_of(DispatchFailure::ALL.iter().map(|failure| failure.as_str())))
}

/// What is delivered, when and whereto.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScheduleDelivery {
    id: Uuid,
    employer: Uuid,
    #[schema(schema_with = format)]
    format: &'static str,
    /// Whose columns (docs/exports.md).
    profile: String,
    /// What stands between two cells; null: as the profile says.
    #[schema(schema_with = schedule_schemas::optional_delimiter)]
    delimiter: Option<&'static str>,
    /// Whether the file begins with a byte order mark; null: as the profile says.
    #[schema(schema_with = schedule_schemas::optional_byte_order_mark)]
    bom: Option<&'static str>,
    /// Under what the days are booked; null: as the profile says, else the configuration.
    absence_code: Option<String>,
    #[schema(schema_with = contents)]
    contents: &'static str,
    /// How many weeks from the day of the delivery on; null: to the last day.
    weeks: Option<u32>,
    /// Only staff of this library.
    unit: Option<Uuid>,
    /// Only staff whose library has this sector.
    #[schema(schema_with = schedule_schemas::optional_sector)]
    sector: Option<&'static str>,
    #[schema(schema_with = schemas::weekdays)]
    weekdays: Vec<&'static str>,
    /// Local to `time_zone`.
    #[schema(schema_with = schemas::time)]
    time: String,
    time_zone: String,
    #[schema(schema_with = way)]
    way: &'static str,
    /// Where mails go; null with another way.
    address: Option<String>,
    created_at: DateTime<Utc>,
    next_due_at: DateTime<Utc>,
    /// The number of the last dispatch; 0 before the first.
    last_number: i64,
    /// Up to where the receiver has the changes; null before the first.
    cursor: Option<String>,
}

impl From<domain::ScheduleDelivery> for ScheduleDelivery {
    fn from(delivery: domain::ScheduleDelivery) -> Self {
        let employer = delivery.employer;
        let Terms { what, times, to } = delivery.terms;
        let contents = what.contents.kind().as_str();
        let (weeks, sector) = match what.contents {
            Contents::FromToday { weeks, sector } => (weeks, sector.map(Sector::as_str)),
            Contents::Changes => (None, None),
        };
        Self {
            id: delivery.id.uuid(),
            employer: employer.uuid(),
            format: what.format.as_str(),
            profile: what.profile,
            delimiter: what.delimiter.map(Delimiter::as_str),
            bom: what.bom.map(Bom::as_str),
            absence_code: what.absence_code.map(|code| code.to_string()),
            contents,
            weeks,
            unit: what.unit.map(LibraryId::uuid),
            sector,
            weekdays: times.weekdays.iter().map(|day| day.as_str()).collect(),
            time: clock(times.time),
            time_zone: times.time_zone.to_string(),
            way: to.way().as_str(),
            address: match to {
                Destination::Mail(address) => Some(address.to_string()),
                Destination::Folder | Destination::Webhook => None,
            },
            created_at: delivery.created_at.and_utc(),
            next_due_at: delivery.next_due_at.and_utc(),
            last_number: delivery.last_number,
            cursor: delivery.read.map(|read| Cursor { employer, read }.to_string()),
        }
    }
}

/// What is to be delivered, when and whereto.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScheduleDeliveryTerms)]
#[expect(dead_code, reason = "the schema of what `terms` reads")]
pub(super) struct TermsBody {
    #[schema(schema_with = format)]
    format: String,
    /// Whose columns (docs/exports.md); `generic` unless said otherwise.
    #[schema(schema_with = schedule_schemas::optional_profile)]
    profile: Option<String>,
    /// With `csv`: what stands between two cells; as the profile says unless said otherwise.
    #[schema(schema_with = schedule_schemas::optional_delimiter)]
    delimiter: Option<String>,
    /// With `csv`: whether the file begins with a byte order mark. `auto`: in mails.
    #[schema(schema_with = schedule_schemas::optional_byte_order_mark)]
    bom: Option<String>,
    /// Under what the days are booked.
    #[schema(schema_with = schedule_schemas::optional_absence_code)]
    absence_code: Option<String>,
    /// `changes`: what has changed since the last delivery, everything the first time.
    #[schema(schema_with = contents)]
    contents: String,
    /// With `from_today`: how many weeks; to the last day unless said otherwise.
    #[schema(minimum = 1, maximum = 104)]
    weeks: Option<u32>,
    /// Only staff of this library.
    #[schema(schema_with = schemas::optional_id)]
    unit: Option<Uuid>,
    /// With `from_today`: only staff whose library has this sector.
    #[schema(schema_with = schedule_schemas::optional_sector)]
    sector: Option<String>,
    /// At least one.
    #[schema(schema_with = schedule_schemas::some_weekdays)]
    weekdays: Vec<String>,
    /// Local to `time_zone`.
    #[schema(schema_with = schemas::time)]
    time: String,
    #[schema(schema_with = schemas::zone)]
    time_zone: String,
    #[schema(schema_with = way)]
    way: String,
    /// With `mail`, and only then: an address that the employer vouches for.
    #[schema(schema_with = schemas::optional_email)]
    address: Option<String>,
}

const MEMBERS: &[&str] = &[
    "format",
    "profile",
    "delimiter",
    "bom",
    "absence_code",
    "contents",
    "weeks",
    "unit",
    "sector",
    "weekdays",
    "time",
    "time_zone",
    "way",
    "address",
];

/// Reports a member that has no meaning beside another one.
fn only_with(object: &Object<'_>, key: &str, rule: &str) {
    if let Some(at) = object.optional(key) {
        at.fault(rule);
    }
}

fn profile(at: &At<'_>) -> Option<Profile> {
    Profile::named(&at.text()?).map_err(|rule| at.fault(rule)).ok()
}

fn what(object: &Object<'_>) -> Option<What> {
    let format = object.required("format").and_then(|at| at.parse::<FileFormat>());
    let profile = object.optional("profile").map_or_else(|| Some(Profile::generic()), |at| profile(&at));
    let delimiter = read::maybe_absent(object, "delimiter", At::parse);
    let bom = read::maybe_absent(object, "bom", At::parse);
    let absence_code = read::maybe_absent(object, "absence_code", At::parse);
    let contents = object.required("contents").and_then(|at| at.parse::<ContentsKind>());
    let weeks = read::maybe_absent(object, "weeks", |at| {
        at.integer(1..=MOST_WEEKS).and_then(|weeks| u32::try_from(weeks).ok())
    });
    let unit = read::maybe_absent(object, "unit", At::parse);
    let sector = read::maybe_absent(object, "sector", At::parse);
    if format == Some(FileFormat::Xlsx) {
        only_with(object, "delimiter", "has a meaning with the format csv only");
        only_with(object, "bom", "has a meaning with the format csv only");
    }
    if contents == Some(ContentsKind::Changes) {
        only_with(object, "weeks", "has a meaning with the contents from_today only");
        let rule = "cannot be taken with the contents changes: a library may get other sectors, and whoever reads changes only \
                    would never hear that its rows are to go";
        only_with(object, "sector", rule);
    }
    Some(What {
        format: format?,
        profile: profile?.name,
        delimiter: delimiter?,
        bom: bom?,
        absence_code: absence_code?,
        contents: match contents? {
            ContentsKind::FromToday => Contents::FromToday { weeks: weeks?, sector: sector? },
            ContentsKind::Changes => Contents::Changes,
        },
        unit: unit?,
    })
}

fn times(object: &Object<'_>) -> Option<Times> {
    let weekdays = object.required("weekdays").and_then(|_| read::set(object, "weekdays", At::parse));
    if weekdays.as_ref().is_some_and(Vec::is_empty) {
        only_with(object, "weekdays", "must name at least one day");
    }
    let time = object.required("time").and_then(|at| read::time(&at));
    let time_zone = object.required("time_zone").and_then(|at| read::zone(&at));
    Some(Times { weekdays: weekdays?, time: time?, time_zone: time_zone? })
}

fn destination(object: &Object<'_>) -> Option<Destination> {
    let way = object.required("way").and_then(|at| at.parse::<Way>());
    let address = read::maybe_absent(object, "address", At::parse::<Email>);
    match way? {
        Way::Mail => {
            // What people open in a spreadsheet would run there.
            if let Some(at) = object.optional("profile")
                && profile(&at).is_some_and(|profile| profile.form.formulas == Formulas::Raw)
            {
                at.fault("leaves formulas as they are, and what is mailed is opened in spreadsheets: take another one");
            }
            object.required("address")?;
            address?.map(Destination::Mail)
        }
        way @ (Way::Folder | Way::Webhook) => {
            only_with(object, "address", "has a meaning with the way mail only");
            Some(if way == Way::Folder { Destination::Folder } else { Destination::Webhook })
        }
    }
}

fn terms(object: &Object<'_>) -> Option<Terms> {
    let (what, times, to) = (what(object), times(object), destination(object));
    Some(Terms { what: what?, times: times?, to: to? })
}

/// What came of a dispatch.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScheduleDispatch {
    id: Uuid,
    /// From 1, by the delivery.
    number: i64,
    due_at: DateTime<Utc>,
    made_at: DateTime<Utc>,
    /// When it was delivered, or came to nothing.
    settled_at: Option<DateTime<Utc>>,
    /// `waiting`: for the folder. `delivered`: in the folder, or handed over to be mailed or to the webhooks.
    #[schema(schema_with = state)]
    state: &'static str,
    #[schema(schema_with = optional_failure)]
    failure: Option<&'static str>,
    /// How often the folder was tried.
    attempts: i64,
    /// Why it would not take the file.
    last_error: Option<String>,
    /// When it is tried next.
    next_attempt_at: Option<DateTime<Utc>>,
    rows: i64,
    /// What the file is called; null where there was none to make.
    file_name: Option<String>,
    bytes: Option<i64>,
    sha256: Option<String>,
    /// Where it begins; null: it is whole.
    cursor_from: Option<String>,
    /// How far it tells: with `…/schedule/changes` one can read on from here.
    cursor_to: String,
    /// Whether it is whole because changes since the last one are not remembered: what was read before is to be thrown away.
    begins_anew: bool,
    /// The mail that it is attached to, among `/v1/deliveries`.
    mail: Option<Uuid>,
}

fn dispatch_of(employer: EmployerId) -> impl Fn(domain::Dispatch) -> ScheduleDispatch {
    move |dispatch| {
        let is_waiting = dispatch.state == DispatchState::Waiting;
        let cursor = |read| Cursor { employer, read }.to_string();
        let file = dispatch.file.as_ref();
        ScheduleDispatch {
            id: dispatch.id.uuid(),
            number: dispatch.number,
            due_at: dispatch.due_at.and_utc(),
            made_at: dispatch.made_at.and_utc(),
            settled_at: dispatch.settled_at.map(|at| at.and_utc()),
            state: dispatch.state.as_str(),
            failure: dispatch.failure.map(DispatchFailure::as_str),
            attempts: dispatch.attempts,
            next_attempt_at: is_waiting.then(|| dispatch.next_attempt_at.and_utc()),
            rows: dispatch.rows,
            file_name: file.map(|file| file.name.clone()),
            bytes: file.map(|file| file.bytes),
            sha256: file.map(|file| file.sha256.clone()),
            last_error: dispatch.last_error,
            cursor_from: dispatch.read_from.map(cursor),
            cursor_to: cursor(dispatch.read_to),
            begins_anew: dispatch.begins_anew,
            mail: dispatch.notice.map(NoticeId::uuid),
        }
    }
}

/// Have an employer's schedule delivered
///
/// By mail, into a folder of the operators, or to be fetched, on days of the week at a local time (docs/deliveries.md).
#[utoipa::path(post, path = "/v1/employers/{id}/schedule-deliveries", tag = "schedule", params(("id" = Uuid, Path)),
    request_body = TermsBody,
    responses((status = 201, description = "The delivery.", body = ScheduleDelivery,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let employer: EmployerId = call.id("employer")?;
    let terms = call.body(MEMBERS, terms)?;
    let work = move |app: &_, actor: &_| schedule_deliveries::create(app, actor, employer, &terms);
    let delivery = ScheduleDelivery::from(call.run(work).await?);
    Ok(tagged(made(&format!("/v1/schedule-deliveries/{}", delivery.id), &delivery)?, &delivery))
}

/// List what is delivered of an employer's schedule
#[utoipa::path(get, path = "/v1/employers/{id}/schedule-deliveries", tag = "schedule",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of deliveries.", body = Listed<ScheduleDelivery>)))]
pub(super) async fn list(call: Call) -> Answer {
    let employer: EmployerId = call.id("employer")?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| schedule_deliveries::list(app, actor, employer, &page)).await?;
    listed(&call, found, ScheduleDelivery::from)
}

/// Show a delivery of a schedule
#[utoipa::path(get, path = "/v1/schedule-deliveries/{id}", tag = "schedule", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The delivery.", body = ScheduleDelivery)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: ScheduleDeliveryId = call.id("schedule delivery")?;
    let found = call.run(move |app, actor| schedule_deliveries::get(app, actor, id)).await?;
    shown(&ScheduleDelivery::from(found))
}

/// Replace what is delivered, when and whereto
///
/// Where more than the times is another, the next file is whole.
#[utoipa::path(put, path = "/v1/schedule-deliveries/{id}", tag = "schedule", params(("id" = Uuid, Path)),
    request_body = TermsBody,
    responses((status = 200, description = "The delivery as it is now.", body = ScheduleDelivery)))]
pub(super) async fn replace(call: Call) -> Answer {
    let id: ScheduleDeliveryId = call.id("schedule delivery")?;
    let terms = call.body(MEMBERS, terms)?;
    let seen = call.seen(|delivery: &domain::ScheduleDelivery| ScheduleDelivery::from(delivery.clone()))?;
    let work = move |app: &_, actor: &_| schedule_deliveries::replace(app, actor, id, &terms, &seen);
    shown(&ScheduleDelivery::from(call.run(work).await?))
}

/// Take a delivery of a schedule away, with what came of its dispatches
#[utoipa::path(delete, path = "/v1/schedule-deliveries/{id}", tag = "schedule", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Nothing is delivered any more.")))]
pub(super) async fn delete(call: Call) -> Answer {
    let id: ScheduleDeliveryId = call.id("schedule delivery")?;
    call.no_body()?;
    call.run(move |app, actor| schedule_deliveries::delete(app, actor, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List what came of a delivery's dispatches
///
/// Oldest first; for a year.
#[utoipa::path(get, path = "/v1/schedule-deliveries/{id}/dispatches", tag = "schedule",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of dispatches.", body = Listed<ScheduleDispatch>)))]
pub(super) async fn list_dispatches(call: Call) -> Answer {
    let id: ScheduleDeliveryId = call.id("schedule delivery")?;
    let page = call.only_page()?;
    let work = move |app: &_, actor: &_| schedule_deliveries::list_dispatches(app, actor, id, &page);
    let (delivery, found) = call.run(work).await?;
    listed(&call, found, dispatch_of(delivery.employer))
}

/// Deliver now
///
/// Without waiting for the next time, which stays as it is. Into a folder it goes some seconds later.
#[utoipa::path(post, path = "/v1/schedule-deliveries/{id}/dispatches", tag = "schedule", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The dispatch.", body = ScheduleDispatch)))]
pub(super) async fn dispatch(call: Call) -> Answer {
    let id: ScheduleDeliveryId = call.id("schedule delivery")?;
    call.no_body()?;
    let (delivery, made) = call.run(move |app, actor| schedule_deliveries::dispatch(app, actor, id)).await?;
    shown(&dispatch_of(delivery.employer)(made))
}

/// Fetch the file of a dispatch
///
/// For fourteen days.
#[utoipa::path(get, path = "/v1/schedule-deliveries/{id}/dispatches/{dispatch}/file", tag = "schedule",
    params(("id" = Uuid, Path), ("dispatch" = Uuid, Path)),
    responses((status = 200, description = "The file, CSV or workbook.", body = String, content_type = "text/csv")))]
pub(super) async fn file(call: Call) -> Answer {
    let id: ScheduleDeliveryId = call.id("schedule delivery")?;
    let dispatch: ScheduleDispatchId = id_in(&call.path.dispatch, "dispatch")?;
    let found = call.run(move |app, actor| schedule_deliveries::file(app, actor, (id, dispatch))).await?;
    file_answer(found.media_type(), &found.name, found.bytes)
}

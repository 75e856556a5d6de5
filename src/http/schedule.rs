//! `/v1/schedule` and `/v1/rounds/{id}/schedule`: what an employer's own staff do, for HR, as JSON and as files.

use std::fs::File;
use std::io::Read;
use std::str::FromStr;

use actix_web::http::header::ACCEPT;
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, file, listed, streamed};
use super::call::{Call, blocking};
use super::placements::clock;
use super::problem::Problem;
use super::{read, schedule_schemas, schemas};
use crate::domain::fault::{Faults, Rule};
use crate::domain::ids::{PlacementId, RoundId};
use crate::domain::json::parse_date;
use crate::domain::schedule::{AbsenceCode, Op, ScheduleRow};
use crate::domain::states::PlacementState;
use crate::services::AppError;
use crate::services::page::Paged;
use crate::services::schedule::{self, Bom, Delimiter, MARK, Order, Profile, Reading, Which};

/// One placement of the employer's staff.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleRow)]
pub(super) struct Row {
    /// Stable over changes: the external id.
    placement_id: Uuid,
    /// Raised by every change, by the employer's count; 0 where it was never in a schedule.
    revision: i64,
    round: String,
    employer: String,
    person_name: String,
    person_email: String,
    home_library: String,
    #[schema(schema_with = schemas::sectors)]
    home_sectors: Vec<&'static str>,
    host_library: String,
    #[schema(schema_with = schemas::sectors)]
    host_sectors: Vec<&'static str>,
    date: NaiveDate,
    /// Local to `time_zone`.
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
    time_zone: String,
    /// With two decimals.
    hours: f64,
    #[schema(schema_with = schemas::placement_state)]
    status: &'static str,
    /// Why the organisers set rules aside for this placement, where they did.
    override_reason: Option<String>,
    /// Whether nobody travels.
    r#virtual: bool,
    /// What the employer's own list calls the person; null where no list has them.
    employee_number: Option<String>,
    /// Under what the day is booked.
    absence_code: String,
    /// What to do with it; null where it is proposed only.
    #[schema(schema_with = schedule_schemas::optional_op)]
    op: Option<&'static str>,
}

impl From<ScheduleRow> for Row {
    fn from(row: ScheduleRow) -> Self {
        let hundredths = i32::try_from(row.hundredths()).unwrap_or_default();
        let sectors =
            |of: &[crate::domain::sector::Sector]| of.iter().map(|sector| sector.as_str()).collect();
        Self {
            placement_id: row.placement.uuid(),
            hours: f64::from(hundredths) / 100.0,
            revision: row.revision,
            round: row.round.to_string(),
            employer: row.employer.to_string(),
            person_name: row.person_name,
            person_email: row.person_email,
            home_library: row.home.name.clone(),
            home_sectors: sectors(&row.home.sectors),
            host_library: row.host.name.clone(),
            host_sectors: sectors(&row.host.sectors),
            date: row.date,
            starts: clock(row.starts),
            ends: clock(row.ends),
            time_zone: row.time_zone.to_string(),
            status: row.status.as_str(),
            override_reason: row.override_reason,
            r#virtual: row.is_virtual,
            employee_number: row.employee_number,
            absence_code: row.absence_code.to_string(),
            op: row.op.map(Op::as_str),
        }
    }
}

/// Which rows.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `order` reads")]
pub(super) struct ScheduleFilter {
    /// Only days of this round.
    #[param(format = Uuid)]
    round: Option<String>,
    /// Only days of this employer's staff.
    #[param(format = Uuid)]
    employer: Option<String>,
    /// Only this day and later ones.
    #[param(format = Date)]
    from: Option<String>,
    /// Only this day and earlier ones.
    #[param(format = Date)]
    to: Option<String>,
    /// Only staff who work at this library.
    #[param(format = Uuid)]
    unit: Option<String>,
    /// Only staff whose library has this sector.
    #[param(schema_with = schemas::sector)]
    sector: Option<String>,
    /// Only placements in these states, separated by commas; `confirmed,completed` unless said otherwise.
    status: Option<String>,
    /// Under what the days are booked; `exports.absence_code` of the configuration unless said otherwise.
    absence_code: Option<String>,
}

/// How CSV is written.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `csv_form` and `profile` read")]
pub(super) struct CsvParameters {
    /// Whether the file begins with a byte order mark: `auto` (unless said otherwise) for a person's browser only.
    #[param(schema_with = schedule_schemas::byte_order_mark)]
    bom: Option<String>,
    /// What stands between two cells; as the profile says unless said otherwise.
    #[param(schema_with = schedule_schemas::delimiter)]
    delimiter: Option<String>,
    /// Whose columns: `generic` unless said otherwise, or another of docs/exports.md.
    profile: Option<String>,
}

/// How CSV is written that has no profiles.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `csv_form` reads")]
pub(super) struct BomAndDelimiter {
    /// Whether the file begins with a byte order mark: `auto` (unless said otherwise) for a person's browser only.
    #[param(schema_with = schedule_schemas::byte_order_mark)]
    bom: Option<String>,
    /// What stands between two cells; a comma unless said otherwise.
    #[param(schema_with = schedule_schemas::delimiter)]
    delimiter: Option<String>,
}

/// Which profile.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `profile` reads")]
pub(super) struct ProfileParameter {
    /// Whose columns: `generic` unless said otherwise, or another of docs/exports.md.
    profile: Option<String>,
}

/// What the table of routes takes as [`ScheduleFilter`].
pub(super) const FILTER: &[&str] =
    &["round", "employer", "from", "to", "unit", "sector", "status", "absence_code"];
/// What it takes as [`CsvParameters`].
pub(super) const CSV: &[&str] = &["bom", "delimiter", "profile"];
/// Both.
pub(super) const CSV_AND_FILTER: &[&str] = &[
    "round",
    "employer",
    "from",
    "to",
    "unit",
    "sector",
    "status",
    "absence_code",
    "bom",
    "delimiter",
    "profile",
];
/// [`FILTER`] and a profile.
pub(super) const XLSX_AND_FILTER: &[&str] =
    &["round", "employer", "from", "to", "unit", "sector", "status", "absence_code", "profile"];

fn id<T: FromStr>(call: &Call, name: &str, faults: &Faults) -> Option<T> {
    let text = call.parameter(name)?;
    text.parse().map_err(|_| faults.add(format!("?{name}"), text, "must be an id")).ok()
}

fn date(call: &Call, name: &str, faults: &Faults) -> Option<NaiveDate> {
    let text = call.parameter(name)?;
    parse_date(text).map_err(|rule| faults.add(format!("?{name}"), text, rule)).ok()
}

fn order(call: &Call, faults: &Faults) -> Order {
    let (from, to) = (date(call, "from", faults), date(call, "to", faults));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        faults.add("?to", to, format!("must not lie before ?from, {from}"));
    }
    let statuses = call.parameter("status").map(|text| {
        let each = text.split(',').map(str::parse::<PlacementState>);
        each.filter_map(|state| state.map_err(|rule| faults.add("?status", text, rule)).ok()).collect()
    });
    let which = Which {
        round: id(call, "round", faults),
        employer: id(call, "employer", faults),
        from,
        to,
        unit: id(call, "unit", faults),
        sector: call.parsed("sector", faults),
        statuses: statuses.unwrap_or_else(|| PlacementState::IN_SCHEDULES.to_vec()),
    };
    Order { which, absence_code: absence_code(call, faults) }
}

pub(super) fn absence_code(call: &Call, faults: &Faults) -> Option<AbsenceCode> {
    call.parsed("absence_code", faults)
}

fn profile(call: &Call, faults: &Faults) -> Profile {
    let name = call.parameter("profile").unwrap_or("generic");
    Profile::named(name).unwrap_or_else(|rule: Rule| {
        faults.add("?profile", name, rule);
        Profile::generic()
    })
}

/// The profile with what the request says of CSV, and whether the file gets a byte order mark.
pub(super) fn csv_form(call: &Call, faults: &Faults, mut profile: Profile) -> (Profile, bool) {
    if let Some(delimiter) = call.parsed::<Delimiter>("delimiter", faults) {
        profile.form.delimiter = delimiter;
    }
    // Browsers ask for pages before everything else, whatever they get; programs do not.
    let accepts = call.request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    let is_browser = accepts.is_some_and(|kinds| kinds.contains("text/html"));
    let has_mark = match call.parsed::<Bom>("bom", faults).unwrap_or(profile.bom) {
        Bom::Auto => is_browser,
        Bom::With => true,
        Bom::Without => false,
    };
    (profile, has_mark)
}

/// Where something is read from, with whatever else its pieces need.
struct State<T> {
    reading: Reading,
    more: T,
}

/// Answers with a file that is made of the rows piece by piece: `begin` writes what stands before the first one, `write` each
/// piece, `end` what stands behind the last one.
async fn rows_in_pieces<T: Send + 'static>(
    call: &Call,
    (media_type, name): (&'static str, &str),
    (order, more): (Order, T),
    begin: Vec<u8>,
    write: impl Fn(&mut T, Vec<ScheduleRow>, &mut Vec<u8>) -> Result<(), AppError> + Clone + Send + 'static,
    end: &'static [u8],
) -> Answer {
    let (app, actor) = (call.app().clone(), call.actor.clone());
    let state = State { reading: Reading::new(&app, order), more };
    let piece = move |begin: Vec<u8>, state: State<T>| {
        let (app, actor, write) = (app.clone(), actor.clone(), write.clone());
        blocking(move || {
            let State { reading, mut more } = state;
            let (rows, reading) = schedule::next(&app, &actor, reading)?;
            let mut bytes = begin;
            write(&mut more, rows, &mut bytes)?;
            let rest = reading.map(|reading| State { reading, more });
            if rest.is_none() {
                bytes.extend_from_slice(end);
            }
            Ok((bytes, rest))
        })
    };
    let first = piece(begin, state).await?;
    streamed(media_type, name, first, move |state| piece(Vec::new(), state))
}

/// Writes a row as JSON has it (docs/exports.md).
///
/// # Errors
/// Only when something here is wrong.
pub fn write_json(row: ScheduleRow, out: &mut Vec<u8>) -> Result<(), AppError> {
    serde_json::to_writer(out, &Row::from(row))
        .map_err(|error| AppError::Internal(format!("a row of a schedule: {error}")))
}

/// Show the schedule of one's own staff in a round
#[utoipa::path(get, path = "/v1/rounds/{id}/schedule", tag = "schedule", params(("id" = Uuid, Path)),
    responses((status = 200, description = "All rows, by date.", body = Listed<Row>)))]
pub(super) async fn list(call: Call) -> Answer {
    let order = of_round(&call)?;
    let items = call.run(move |app, actor| schedule::list(app, actor, order)).await?;
    listed(&call, Paged { items, next: None::<PlacementId> }, Row::from)
}

fn of_round(call: &Call) -> Result<Order, Problem> {
    let round: RoundId = call.id("round")?;
    Ok(Order { which: Which { round: Some(round), ..Which::default() }, absence_code: None })
}

/// Take the schedule of one's own staff in a round as CSV
#[utoipa::path(get, path = "/v1/rounds/{id}/schedule.csv", tag = "schedule",
    params(("id" = Uuid, Path), CsvParameters),
    responses((status = 200, description = "The file (docs/exports.md).", body = String, content_type = "text/csv")))]
pub(super) async fn csv_of_round(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let order = of_round(&call)?;
    let faults = Faults::none();
    let profile = profile(&call, &faults);
    let (profile, has_mark) = csv_form(&call, &faults, profile);
    read::finish(faults, Some(()))?;
    let order = booked_by(&profile, order);
    let bytes = call
        .run(move |app, actor| {
            let rows = schedule::list(app, actor, order)?;
            let mut bytes = if has_mark { MARK.to_vec() } else { Vec::new() };
            profile.write_header(&mut bytes);
            profile.write_rows(&rows, &mut bytes);
            Ok(bytes)
        })
        .await?;
    file("text/csv; charset=utf-8", &format!("schedule-{round}.csv"), bytes)
}

/// What a profile says of the absence code goes before the configuration, and after the request.
fn booked_by(profile: &Profile, order: Order) -> Order {
    Order { absence_code: order.absence_code.or_else(|| profile.absence_code.clone()), ..order }
}

/// Take the schedule of one's own staff as JSON
///
/// By date, over all rounds unless the filter says otherwise; `next_cursor` is always null.
#[utoipa::path(get, path = "/v1/schedule", tag = "schedule", params(ScheduleFilter),
    responses((status = 200, description = "All rows.", body = Listed<Row>)))]
pub(super) async fn json(call: Call) -> Answer {
    let faults = Faults::none();
    let order = order(&call, &faults);
    let order = read::finish(faults, Some(order))?;
    let write = |is_first: &mut bool, rows: Vec<ScheduleRow>, out: &mut Vec<u8>| {
        rows.into_iter().try_for_each(|row| {
            if !std::mem::take(is_first) {
                out.push(b',');
            }
            write_json(row, out)
        })
    };
    let (begin, end) = (b"{\"data\":[".to_vec(), b"],\"next_cursor\":null}");
    rows_in_pieces(&call, ("application/json", "schedule.json"), (order, true), begin, write, end).await
}

/// Take the schedule of one's own staff, one row a line
#[utoipa::path(get, path = "/v1/schedule.ndjson", tag = "schedule", params(ScheduleFilter),
    responses((status = 200, description = "The rows.", body = String, content_type = "application/x-ndjson")))]
pub(super) async fn ndjson(call: Call) -> Answer {
    let faults = Faults::none();
    let order = order(&call, &faults);
    let order = read::finish(faults, Some(order))?;
    let write = |_: &mut (), rows: Vec<ScheduleRow>, out: &mut Vec<u8>| {
        rows.into_iter().try_for_each(|row| {
            write_json(row, out)?;
            out.push(b'\n');
            Ok(())
        })
    };
    let kind = ("application/x-ndjson", "schedule.ndjson");
    rows_in_pieces(&call, kind, (order, ()), Vec::new(), write, b"").await
}

/// Take the schedule of one's own staff as CSV
#[utoipa::path(get, path = "/v1/schedule.csv", tag = "schedule", params(ScheduleFilter, CsvParameters),
    responses((status = 200, description = "The file (docs/exports.md).", body = String, content_type = "text/csv")))]
pub(super) async fn csv(call: Call) -> Answer {
    let faults = Faults::none();
    let order = order(&call, &faults);
    let profile = profile(&call, &faults);
    let (profile, has_mark) = csv_form(&call, &faults, profile);
    let order = read::finish(faults, Some(booked_by(&profile, order)))?;
    let mut begin = if has_mark { MARK.to_vec() } else { Vec::new() };
    profile.write_header(&mut begin);
    let write = |profile: &mut Profile, rows: Vec<ScheduleRow>, out: &mut Vec<u8>| {
        profile.write_rows(&rows, out);
        Ok(())
    };
    let kind = ("text/csv; charset=utf-8", "schedule.csv");
    rows_in_pieces(&call, kind, (order, profile), begin, write, b"").await
}

/// The media type of workbooks.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Take the schedule of one's own staff as a workbook
///
/// A second sheet says what was asked for, when, and how many rows there are.
#[utoipa::path(get, path = "/v1/schedule.xlsx", tag = "schedule", params(ScheduleFilter, ProfileParameter),
    responses((status = 200, description = "The workbook (docs/exports.md).", body = String,
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
pub(super) async fn xlsx(call: Call) -> Answer {
    let faults = Faults::none();
    let order = order(&call, &faults);
    let profile = profile(&call, &faults);
    let order = read::finish(faults, Some(booked_by(&profile, order)))?;
    let file = call.run(move |app, actor| schedule::workbook(app, actor, order, &profile)).await?;
    workbook("schedule.xlsx", file).await
}

/// Bytes of a file that are read at once.
const BYTES: u64 = 64 * 1024;

/// 200 with a workbook that is in a temporary file.
pub(super) async fn workbook(name: &str, file: File) -> Answer {
    let next = |file: File| {
        blocking(move || {
            let mut bytes = Vec::new();
            let read = (&file).take(BYTES).read_to_end(&mut bytes);
            let read = read.map_err(|error| AppError::Internal(format!("a temporary file: {error}")))?;
            Ok((bytes, (read > 0).then_some(file)))
        })
    };
    let first = next(file).await?;
    streamed(XLSX, name, first, next)
}

/// Take the schedule of one's own staff as a calendar file
///
/// At most 10,000 days. To subscribe to a calendar that stays up to date, make a feed.
#[utoipa::path(get, path = "/v1/schedule.ics", tag = "schedule", params(ScheduleFilter),
    responses((status = 200, description = "The days (RFC 5545).", body = String, content_type = "text/calendar")))]
pub(super) async fn ics(call: Call) -> Answer {
    let faults = Faults::none();
    let order = order(&call, &faults);
    let order = read::finish(faults, Some(order))?;
    let text = call.run(move |app, actor| schedule::calendar(app, actor, order)).await?;
    file("text/calendar; charset=utf-8", "schedule.ics", text.into_bytes())
}

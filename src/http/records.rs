//! `/v1/applications/{id}/record` and the page of the participant's link: somebody's own days, for professional
//! registration.

use actix_web::HttpResponse;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, file, shown};
use super::call::Call;
use super::links::counted;
use super::placements::clock;
use super::schedule::{BomAndDelimiter, csv_form};
use super::{pages, read, schemas};
use crate::domain::fault::Faults;
use crate::domain::ids::ApplicationId;
use crate::domain::sector::Sector;
use crate::services::records::{self, COLUMNS, hundredths};
use crate::services::schedule::{Cell, MARK, Profile};

/// Somebody's own days in other libraries.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Record {
    name: String,
    /// Those that are completed, in all rounds, by date.
    days: Vec<RecordedDay>,
    total_days: usize,
    /// With two decimals.
    total_hours: f64,
}

/// A day.
#[derive(Debug, Serialize, ToSchema)]
struct RecordedDay {
    round: String,
    date: NaiveDate,
    /// Local to the host.
    #[schema(schema_with = schemas::time)]
    starts: String,
    /// When they left, where that was early.
    #[schema(schema_with = schemas::time)]
    ends: String,
    /// With two decimals.
    hours: f64,
    /// Whether nobody travelled.
    r#virtual: bool,
    /// Whether the host has marked that they came; otherwise the day counts because nobody has said anything.
    marked_by_host: bool,
    host_library: String,
    #[schema(schema_with = schemas::sectors)]
    host_sectors: Vec<&'static str>,
    home_library: String,
    #[schema(schema_with = schemas::sectors)]
    home_sectors: Vec<&'static str>,
    /// What they hoped to learn.
    objectives: Option<String>,
    /// What they said of the day.
    reflection: Option<String>,
    /// What they brought home.
    idea: Option<String>,
    /// When certificates of it were issued that are valid. Code and address stand on them, and nowhere else.
    certificates_issued_at: Vec<DateTime<Utc>>,
}

fn hours(minutes: i64) -> f64 {
    f64::from(i32::try_from(hundredths(minutes)).unwrap_or_default()) / 100.0
}

impl From<records::Record> for Record {
    fn from(record: records::Record) -> Self {
        Self {
            total_days: record.days.len(),
            total_hours: hours(record.minutes()),
            name: record.name,
            days: record.days.into_iter().map(RecordedDay::from).collect(),
        }
    }
}

impl From<records::Day> for RecordedDay {
    fn from(day: records::Day) -> Self {
        let sectors = |of: &[Sector]| of.iter().map(|sector| sector.as_str()).collect();
        Self {
            hours: hours(day.minutes()),
            date: day.date,
            starts: clock(day.starts),
            ends: clock(day.ends),
            r#virtual: day.is_virtual,
            marked_by_host: day.is_marked,
            host_sectors: sectors(&day.host_sectors),
            home_sectors: sectors(&day.home_sectors),
            round: day.round,
            host_library: day.host,
            home_library: day.home,
            objectives: day.objectives,
            reflection: day.reflection,
            idea: day.idea,
            certificates_issued_at: day.certificates.iter().map(NaiveDateTime::and_utc).collect(),
        }
    }
}

/// Take one's own record
///
/// All completed days of the person of the application, for them alone.
#[utoipa::path(get, path = "/v1/applications/{id}/record", tag = "applications", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The record.", body = Record)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    shown(&Record::from(call.run(move |app, actor| records::of(app, actor, id)).await?))
}

/// Take one's own record as CSV
#[utoipa::path(get, path = "/v1/applications/{id}/record.csv", tag = "applications",
    params(("id" = Uuid, Path), BomAndDelimiter),
    responses((status = 200, description = "The file (docs/ideas.md).", body = String, content_type = "text/csv")))]
pub(super) async fn csv(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    let faults = Faults::none();
    let (profile, has_mark) = csv_form(&call, &faults, Profile::generic());
    read::finish(faults, Some(()))?;
    let record = call.run(move |app, actor| records::of(app, actor, id)).await?;
    let mut bytes = if has_mark { MARK.to_vec() } else { Vec::new() };
    profile.form.write([COLUMNS.map(Cell::Text)], &mut bytes);
    profile.form.write(record.days.iter().map(|day| day.cells()), &mut bytes);
    file("text/csv; charset=utf-8", "record.csv", bytes)
}

/// Show one's own record as a page, to be printed
#[utoipa::path(get, path = "/links/{secret}/record", tag = "links", params(("secret" = String, Path)),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(super) async fn get_page(call: Call) -> Answer {
    let secret = call.path.secret.clone();
    let record = counted(&call, call.run(move |app, _| records::of_link(app, &secret)).await)?;
    let html = pages::record(&call.app().settings.service_name, &Record::from(record))?;
    Ok(pages::respond(HttpResponse::Ok(), html))
}

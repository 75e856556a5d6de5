//! `/v1/rounds/{id}/schedule`: what an employer's own staff do, for HR.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, file, listed};
use super::call::Call;
use super::placements::clock;
use super::{read, schemas};
use crate::domain::fault::Faults;
use crate::domain::ids::{PlacementId, RoundId};
use crate::services::page::Paged;
use crate::services::schedule::{self, Bom};

/// One confirmed placement of the employer's staff.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleRow)]
pub(super) struct Row {
    /// Stable over changes.
    placement_id: Uuid,
    /// Raised by every change.
    revision: i64,
    round: String,
    employer: String,
    person_name: String,
    person_email: String,
    home_library: String,
    #[schema(schema_with = schemas::sectors)]
    home_sectors: Vec<String>,
    host_library: String,
    #[schema(schema_with = schemas::sectors)]
    host_sectors: Vec<String>,
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
}

/// Show the schedule of one's own staff
#[utoipa::path(get, path = "/v1/rounds/{id}/schedule", tag = "schedule", params(("id" = Uuid, Path)),
    responses((status = 200, description = "All rows, by date.", body = Listed<Row>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let items = call.run(move |app, actor| schedule::list(app, actor, round)).await?;
    listed(&call, Paged { items, next: None::<PlacementId> }, |row| Row {
        placement_id: row.placement.uuid(),
        hours: row.hours(),
        revision: row.revision,
        round: row.round,
        employer: row.employer,
        person_name: row.person_name,
        person_email: row.person_email,
        home_library: row.home_library,
        home_sectors: row.home_sectors,
        host_library: row.host_library,
        host_sectors: row.host_sectors,
        date: row.date,
        starts: clock(row.starts),
        ends: clock(row.ends),
        time_zone: row.time_zone.to_string(),
        status: row.status.as_str(),
        override_reason: row.override_reason,
        r#virtual: row.is_virtual,
    })
}

/// Whether the file begins with a byte order mark.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `csv` reads")]
pub(super) struct BomParameter {
    /// `with` for spreadsheet programs that need one; `without` unless said otherwise.
    #[param(schema_with = schemas::with_or_without)]
    bom: Option<String>,
}

/// Take the schedule of one's own staff as CSV
#[utoipa::path(get, path = "/v1/rounds/{id}/schedule.csv", tag = "schedule",
    params(("id" = Uuid, Path), BomParameter),
    responses((status = 200, description = "The file (docs/exports.md).", body = String, content_type = "text/csv")))]
pub(super) async fn csv(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let faults = Faults::none();
    let bom = match call.parameter("bom") {
        None | Some("without") => Some(Bom::Without),
        Some("with") => Some(Bom::With),
        Some(other) => {
            faults.add("?bom", other, "must be with or without");
            None
        }
    };
    let bom = read::finish(faults, bom)?;
    let bytes = call.run(move |app, actor| schedule::csv(app, actor, round, bom)).await?;
    file("text/csv; charset=utf-8", &format!("schedule-{round}.csv"), bytes)
}

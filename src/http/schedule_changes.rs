//! `/v1/employers/{id}/schedule/changes`: what is new, changed and called off in an employer's schedule.

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::answer::{Answer, shown};
use super::call::Call;
use super::schedule::{Row, absence_code};
use super::{read, schedule_schemas};
use crate::domain::fault::Faults;
use crate::domain::ids::EmployerId;
use crate::services::schedule::changes::{self, Cursor};

/// A row with what to do with it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleChange)]
pub(super) struct Change {
    /// `add` and `change`: this is the row now. `cancel`: the day is called off.
    #[schema(schema_with = schedule_schemas::op)]
    op: &'static str,
    row: Row,
}

/// A page of changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleChanges)]
pub(super) struct Page {
    /// By the number of their last change.
    data: Vec<Change>,
    /// What `since` has to be next time.
    cursor: String,
    /// Whether there is more already, to be read on with `cursor`.
    has_more: bool,
}

/// Since when.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `list` reads")]
pub(super) struct Since {
    /// The `cursor` of an answer before; everything there is without it.
    since: Option<String>,
    /// At most so many rows; 200 unless said otherwise.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Under what the days are booked; `exports.absence_code` of the configuration unless said otherwise.
    absence_code: Option<String>,
}

/// What the table of routes takes as [`Since`].
pub(super) const PARAMETERS: &[&str] = &["since", "limit", "absence_code"];

/// Rows of a page unless told otherwise.
const USUAL: u32 = 200;
/// Rows of a page at most.
const MOST: u32 = 1_000;

/// Take what has changed in an employer's schedule
///
/// Keep rows by `placement_id`: put in what is added or changed, take out what is cancelled, and you have what the whole
/// schedule says (docs/exports.md).
#[utoipa::path(get, path = "/v1/employers/{id}/schedule/changes", tag = "schedule", params(("id" = Uuid, Path), Since),
    responses((status = 200, description = "A page of changes.", body = Page)))]
pub(super) async fn list(call: Call) -> Answer {
    let employer: EmployerId = call.id("employer")?;
    let faults = Faults::none();
    let since: Option<Cursor> = call.parsed("since", &faults);
    let limit = call.parameter("limit").map_or(Ok(USUAL), str::parse).ok();
    let limit = limit.filter(|limit| (1..=MOST).contains(limit));
    if limit.is_none() {
        let value = call.parameter("limit").unwrap_or_default();
        faults.add("?limit", value, format!("must be a whole number from 1 to {MOST}"));
    }
    let code = absence_code(&call, &faults);
    let limit = read::finish(faults, limit)?;
    let found =
        call.run(move |app, actor| changes::since(app, actor, employer, since, (limit, code))).await?;
    let change = |row: crate::domain::schedule::ScheduleRow| {
        Some(Change { op: row.op?.as_str(), row: Row::from(row) })
    };
    shown(&Page {
        data: found.rows.into_iter().filter_map(change).collect(),
        cursor: found.cursor.to_string(),
        has_more: found.has_more,
    })
}

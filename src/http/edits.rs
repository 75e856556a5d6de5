//! `/v1/runs/{id}/edits` and `/v1/runs/{id}/diff/{other}`: schedules changed by hand, and compared.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, made, shown};
use super::call::{Call, id_in};
use super::runs::{Run, shape};
use super::{read, schemas};
use crate::domain::ids::{ApplicationId, LibraryId, RunId};
use crate::domain::json::At;
use crate::services::comparison::{self, Comparison, Place};
use crate::services::edits::{self, Edit, Move};

/// Where somebody is to go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Move)]
#[expect(dead_code, reason = "the schema of what `edit` reads")]
struct MoveBody {
    application: Uuid,
    host: Uuid,
    date: NaiveDate,
}

/// What is to be changed in a schedule, all at once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Edit)]
#[expect(dead_code, reason = "the schema of what `edit` reads")]
pub(super) struct EditBody {
    /// Who gets a place, or another one.
    #[schema(max_items = 1000)]
    place: Option<Vec<MoveBody>>,
    /// Who loses theirs: applications.
    #[schema(schema_with = schemas::optional_ids)]
    remove: Vec<Uuid>,
    /// Why rules may be broken. It is stored, and shown to HR with every placement it concerns.
    #[schema(schema_with = schemas::optional_reason)]
    r#override: Option<String>,
}

fn read_move(at: &At<'_>) -> Option<Move> {
    let object = at.object(&["application", "host", "date"])?;
    let application = object.required("application").and_then(|at| at.parse::<ApplicationId>());
    let host = object.required("host").and_then(|at| at.parse::<LibraryId>());
    let date = object.required("date").and_then(|at| at.date());
    Some(Move { application: application?, host: host?, date: date? })
}

/// Change a run's schedule by hand
///
/// Makes a new run; the old one stays as it was. What breaks a rule is refused with its code, unless there is an
/// `override`: then the rule is set aside in the new run's files, with the reason. `own_library` and `ring` never are.
#[utoipa::path(post, path = "/v1/runs/{id}/edits", tag = "runs", params(("id" = Uuid, Path)),
    request_body = EditBody,
    responses((status = 201, description = "The new run.", body = Run,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn edit(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    let wanted = call.body(&["place", "remove", "override"], |object| {
        let place = read::list(object, "place", read_move);
        let remove = read::set(object, "remove", At::parse);
        let reason = read::maybe_absent(object, "override", |at| read::words(at, read::MOST_REASON));
        Some(Edit { place: place?, remove: remove?, override_reason: reason? })
    })?;
    let run = call.run(move |app, actor| edits::edit(app, actor, id, &wanted)).await?;
    made(&format!("/v1/runs/{}", run.id), &shape(run))
}

/// A day at a host.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DayAtHost)]
struct Day {
    /// A library.
    host: String,
    date: NaiveDate,
}

impl From<Place> for Day {
    fn from(place: Place) -> Self {
        Self { host: place.host, date: place.date }
    }
}

/// Somebody who has a place in one run only.
#[derive(Debug, Serialize, ToSchema)]
struct PlacedOnce {
    application: String,
    place: Day,
}

/// Somebody who has another place.
#[derive(Debug, Serialize, ToSchema)]
struct Moved {
    application: String,
    from: Day,
    to: Day,
}

/// The differences of two runs' figures: the other's less this one's.
#[derive(Debug, Serialize, ToSchema)]
struct Difference {
    placed: i64,
    value: i64,
    bound: i64,
}

/// Two runs side by side, by the applications' ids.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Diff {
    from: Run,
    to: Run,
    /// Whether both froze the same round: only then values count alike.
    same_round_file: bool,
    difference: Difference,
    /// Who has a place only in the other run.
    placed: Vec<PlacedOnce>,
    /// Who has another place there.
    moved: Vec<Moved>,
    /// Who has a place only in this run.
    lost: Vec<PlacedOnce>,
    /// How many have the same place in both.
    same: i64,
}

fn diff_of(found: Comparison) -> Diff {
    let less = |of: fn(&crate::domain::run::RunResult) -> i64| {
        let (from, to) = (found.from.result.as_ref(), found.to.result.as_ref());
        to.map_or(0, of) - from.map_or(0, of)
    };
    let once = |list: Vec<(String, Place)>| {
        let entry = |(application, place): (String, Place)| PlacedOnce { application, place: place.into() };
        list.into_iter().map(entry).collect()
    };
    let moved = |(application, from, to): (String, Place, Place)| Moved {
        application,
        from: from.into(),
        to: to.into(),
    };
    Diff {
        same_round_file: found.from.round_sha256 == found.to.round_sha256,
        difference: Difference {
            placed: less(|result| result.placed),
            value: less(|result| result.value),
            bound: less(|result| result.bound),
        },
        from: shape(found.from),
        to: shape(found.to),
        placed: once(found.placed),
        moved: found.moved.into_iter().map(moved).collect(),
        lost: once(found.lost),
        same: found.same,
    }
}

/// Compare two runs of a round
///
/// Who is placed, moved, and without a place, coming from the one to the other.
#[utoipa::path(get, path = "/v1/runs/{id}/diff/{other}", tag = "runs",
    params(("id" = Uuid, Path), ("other" = Uuid, Path)),
    responses((status = 200, description = "What changes.", body = Diff)))]
pub(super) async fn diff(call: Call) -> Answer {
    let from: RunId = call.id("run")?;
    let to: RunId = id_in(&call.path.other, "run")?;
    let found = call.run(move |app, actor| comparison::compare(app, actor, from, to)).await?;
    shown(&diff_of(found))
}

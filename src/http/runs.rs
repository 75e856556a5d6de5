//! `/v1/rounds/{id}/runs` and `/v1/runs`: matching runs, for organisers.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, file, listed, shown};
use super::call::Call;
use super::{read, rounds, schemas};
use crate::domain::ids::{RoundId, RunId};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::run;
use crate::services::page::Paged;
use crate::services::runs::{self, MOST_SECONDS, NewRun, Reading};
use crate::services::{AppError, publication};

/// A run.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Run {
    id: Uuid,
    round: Uuid,
    #[schema(schema_with = schemas::run_state)]
    state: &'static str,
    seed: i64,
    time_limit_seconds: i64,
    /// The round's revision when it was frozen.
    round_revision: i64,
    /// SHA-256 of the round file.
    round_sha256: String,
    /// How far it is, while it is being solved by the process that answers.
    progress: Option<Progress>,
    /// What came of it.
    result: Option<Outcome>,
    /// Why it failed.
    error: Option<String>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

/// The best schedule so far.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Progress {
    value: i64,
    /// No schedule has a higher value.
    bound: i64,
}

/// The figures of the verified schedule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunResult)]
pub(super) struct Outcome {
    placed: i64,
    unplaced: i64,
    value: i64,
    /// No schedule has a higher value.
    bound: i64,
    /// How the bound is proven: `prices` or `search`.
    proof: String,
}

fn shape(run: run::Run, reading: Option<Reading>) -> Run {
    Run {
        id: run.id.uuid(),
        round: run.round.uuid(),
        state: run.state.as_str(),
        seed: run.seed,
        time_limit_seconds: run.time_limit_seconds,
        round_revision: run.round_revision,
        round_sha256: run.round_sha256,
        progress: reading.map(|reading| Progress { value: reading.value, bound: reading.bound }),
        result: run.result.map(|result| Outcome {
            placed: result.placed,
            unplaced: result.unplaced,
            value: result.value,
            bound: result.bound,
            proof: result.proof,
        }),
        error: run.error,
        created_at: run.created_at.and_utc(),
        finished_at: run.finished_at.map(|at| at.and_utc()),
    }
}

/// A run to be started.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRun)]
#[expect(dead_code, reason = "the schema of what `start` reads")]
pub(super) struct NewRunBody {
    /// Decides among equal optima.
    #[schema(minimum = 0, maximum = 9007199254740991_i64)]
    seed: Option<i64>,
    /// After how long the best schedule found so far is taken.
    #[schema(minimum = 1, maximum = 86400)]
    time_limit_seconds: Option<u32>,
}

/// Freeze a round and start a run on it
#[utoipa::path(post, path = "/v1/rounds/{id}/runs", tag = "runs", params(("id" = Uuid, Path)),
    request_body = Option<NewRunBody>,
    responses((status = 202, description = "The run, which waits for a solver.", body = Run,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn start(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let wanted = call.optional_body(&["seed", "time_limit_seconds"], |object| {
        let seed = object.optional("seed").map_or(Some(0), |at| at.integer(0..=read::MOST_EXACT));
        let seconds = read::maybe_absent(object, "time_limit_seconds", |at| {
            at.integer(1..=i64::from(MOST_SECONDS)).and_then(|seconds| u32::try_from(seconds).ok())
        });
        Some(NewRun { seed: seed?, time_limit_seconds: seconds? })
    })?;
    let run = call.run(move |app, actor| runs::start(app, actor, round, wanted)).await?;
    let location = format!("/v1/runs/{}", run.id);
    Ok(HttpResponse::Accepted().insert_header((LOCATION, location)).json(shape(run, None)))
}

/// List the runs of a round
///
/// All of them, oldest first.
#[utoipa::path(get, path = "/v1/rounds/{id}/runs", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The runs.", body = Listed<Run>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let items = call.run(move |app, actor| runs::list(app, actor, round)).await?;
    listed(&call, Paged { items, next: None::<RunId> }, |run| shape(run, None))
}

/// Show a run
#[utoipa::path(get, path = "/v1/runs/{id}", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The run.", body = Run)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    let (run, reading) = call.run(move |app, actor| runs::get(app, actor, id)).await?;
    shown(&shape(run, reading))
}

/// Take the round file that a run froze
///
/// It holds people's wishes and needs: for organisers only, and to be kept accordingly. Who takes it is in the audit.
#[utoipa::path(get, path = "/v1/runs/{id}/round-file", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The round file.", body = Object, content_type = "application/json")))]
pub(super) async fn round_file(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    let round = call.run(move |app, actor| runs::round_file(app, actor, id)).await?;
    file("application/json", &format!("{id}.round.json"), round)
}

/// Take the schedule file of a run
#[utoipa::path(get, path = "/v1/runs/{id}/schedule-file", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The schedule file.", body = Object, content_type = "application/json")))]
pub(super) async fn schedule_file(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    let schedule = call.run(move |app, actor| runs::schedule_file(app, actor, id)).await?;
    let schedule = schedule.ok_or_else(|| {
        let words = "this run has no schedule: it is not finished, or it failed";
        AppError::Refused(Refusal::new(RefusalCode::RunState, words))
    })?;
    file("application/json", &format!("{id}.schedule.json"), schedule)
}

/// Publish a run
///
/// In one step: placements are proposed, everybody concerned is written to, the rest hear that they have no place.
#[utoipa::path(post, path = "/v1/runs/{id}/publish", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The published round.", body = rounds::Round)))]
pub(super) async fn publish(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    call.no_body()?;
    let round = call.run(move |app, actor| publication::publish(app, actor, id)).await?;
    shown(&rounds::shape(round)?)
}

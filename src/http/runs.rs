//! `/v1/rounds/{id}/runs` and `/v1/runs`: matching runs, for organisers.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, file, listed, shown};
use super::call::Call;
use super::{read, schemas};
use crate::domain::ids::{RoundId, RunId};
use crate::domain::json::Object;
use crate::domain::run;
use crate::domain::states::RunState;
use crate::services::page::Paged;
use crate::services::runs::{self, MOST_SECONDS, NewRun};

/// A run.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Run {
    id: Uuid,
    round: Uuid,
    /// `solved` by the solver, or `edited` by hand.
    #[schema(schema_with = schemas::run_kind)]
    kind: &'static str,
    #[schema(schema_with = schemas::run_state)]
    state: &'static str,
    /// The run whose schedule was edited.
    edited_from: Option<Uuid>,
    /// Why the edit set rules aside.
    override_reason: Option<String>,
    seed: i64,
    time_limit_seconds: i64,
    /// Units of work after which it stops.
    work: Option<i64>,
    /// The gap at which it stops.
    gap: f64,
    threads: i64,
    /// The round's revision when it was frozen.
    round_revision: i64,
    /// SHA-256 of the round file.
    round_sha256: String,
    /// How far it is while it is being solved; stored once a second.
    progress: Option<Progress>,
    /// Whether it was called off.
    cancel_asked: bool,
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
    /// 0 while there is no schedule.
    value: i64,
    /// No schedule has a higher value.
    bound: i64,
    /// (bound − value) / max(1, bound).
    gap: f64,
    /// Units of work spent.
    work: i64,
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
    /// (bound − value) / max(1, bound).
    gap: f64,
    /// How the bound is proven: `prices` or `search`.
    proof: String,
    /// Why the search ended: `proved`, `gap`, `work`, `time`, `cancelled`; `edited` where there was none.
    stopped: String,
}

pub(super) fn shape(run: run::Run) -> Run {
    let progress = run.progress.filter(|_| run.state == RunState::Solving);
    Run {
        id: run.id.uuid(),
        round: run.round.uuid(),
        kind: run.kind.as_str(),
        state: run.state.as_str(),
        edited_from: run.edited_from.map(RunId::uuid),
        override_reason: run.override_reason,
        seed: run.options.seed,
        time_limit_seconds: run.options.time_limit_seconds,
        work: run.options.work,
        gap: run.options.gap,
        threads: run.options.threads,
        round_revision: run.round_revision,
        round_sha256: run.round_sha256,
        progress: progress.map(|progress| Progress {
            value: progress.value,
            bound: progress.bound,
            gap: run::gap(progress.value, progress.bound),
            work: progress.work,
        }),
        cancel_asked: run.cancel_asked,
        result: run.result.map(|result| Outcome {
            placed: result.placed,
            unplaced: result.unplaced,
            value: result.value,
            bound: result.bound,
            gap: run::gap(result.value, result.bound),
            proof: result.proof,
            stopped: result.stopped,
        }),
        error: run.error,
        created_at: run.created_at.and_utc(),
        finished_at: run.finished_at.map(|at| at.and_utc()),
    }
}

/// A run to be started. What is absent is as the service is configured.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRun)]
#[expect(dead_code, reason = "the schema of what `start` reads")]
pub(super) struct NewRunBody {
    /// Other rules than the round's, complete as in a round file, to see what they would bring: a run of kind `what_if`, which can
    /// be compared and not published.
    #[schema(value_type = Option<Object>)]
    rules: Option<Box<RawValue>>,
    /// Decides among equal optima.
    #[schema(minimum = 0, maximum = 9007199254740991_i64)]
    seed: Option<i64>,
    /// After how long the best schedule found so far is taken.
    #[schema(minimum = 1, maximum = 86400)]
    time_limit_seconds: Option<i64>,
    /// After how many units of work the best schedule found so far is taken: the same one on every machine.
    #[schema(minimum = 0, maximum = 9007199254740991_i64)]
    work: Option<i64>,
    /// At which gap between value and bound it is taken; 0 unless said otherwise.
    #[schema(minimum = 0, maximum = 1)]
    gap: Option<f64>,
    /// Threads to use, up to the configured number; the schedule does not depend on them.
    #[schema(minimum = 1, maximum = 1024)]
    threads: Option<i64>,
}

fn read_new_run(object: &Object<'_>) -> Option<NewRun> {
    let whole = |key, least, most| read::maybe_absent(object, key, |at| at.integer(least..=most));
    let seed = whole("seed", 0, read::MOST_EXACT);
    let seconds = whole("time_limit_seconds", 1, i64::from(MOST_SECONDS));
    let work = whole("work", 0, read::MOST_EXACT);
    let gap = read::maybe_absent(object, "gap", |at| at.number(0.0..=1.0));
    let threads = whole("threads", 1, 1_024);
    Some(NewRun {
        rules: object.optional("rules").map(|at| at.json().as_str().to_owned()),
        seed: seed?.unwrap_or(0),
        time_limit_seconds: seconds?,
        work: work?,
        gap: gap?,
        threads: threads?,
    })
}

/// Freeze a round and start a run on it
#[utoipa::path(post, path = "/v1/rounds/{id}/runs", tag = "runs", params(("id" = Uuid, Path)),
    request_body = Option<NewRunBody>,
    responses((status = 202, description = "The run, which waits for a solver.", body = Run,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn start(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let fields = ["rules", "seed", "time_limit_seconds", "work", "gap", "threads"];
    let wanted = call.optional_body(&fields, read_new_run)?;
    let run = call.run(move |app, actor| runs::start(app, actor, round, &wanted)).await?;
    let location = format!("/v1/runs/{}", run.id);
    Ok(HttpResponse::Accepted().insert_header((LOCATION, location)).json(shape(run)))
}

/// List the runs of a round
///
/// All of them, oldest first.
#[utoipa::path(get, path = "/v1/rounds/{id}/runs", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The runs.", body = Listed<Run>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let items = call.run(move |app, actor| runs::list(app, actor, round)).await?;
    listed(&call, Paged { items, next: None::<RunId> }, shape)
}

/// Show a run
#[utoipa::path(get, path = "/v1/runs/{id}", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The run.", body = Run)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    let run = call.run(move |app, actor| runs::get(app, actor, id)).await?;
    shown(&shape(run))
}

/// Call a run off
///
/// One that waits is cancelled at once. One that is being solved stops within half a second, and is finished with the
/// best schedule it has, or cancelled where it has none.
#[utoipa::path(post, path = "/v1/runs/{id}/cancel", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 202, description = "The run as it is now.", body = Run)))]
pub(super) async fn cancel(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    call.no_body()?;
    let run = call.run(move |app, actor| runs::cancel(app, actor, id)).await?;
    Ok(HttpResponse::Accepted().json(shape(run)))
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
    file("application/json", &format!("{id}.schedule.json"), schedule)
}

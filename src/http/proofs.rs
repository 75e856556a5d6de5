//! `/v1/runs/{id}/verify` and `/v1/runs/{id}/proof`: re-proving a run, and what outsiders re-prove a published one by.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, file, shown};
use super::call::Call;
use super::schemas;
use crate::domain::ids::RunId;
use crate::services::app::sha256_hex;
use crate::services::proofs::{self, Checked, Of, Published};

/// What the checker says of a run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunVerification)]
pub(super) struct Verification {
    run: Uuid,
    round: Uuid,
    #[schema(schema_with = schemas::run_state)]
    state: &'static str,
    /// SHA-256 of the round file that the run froze.
    round_sha256: String,
    /// Whether every check holds.
    proven: bool,
    checks: Vec<Check>,
}

/// What the checker says of one pair of files.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunCheck)]
struct Check {
    /// `round_file`: the frozen round and its schedule; `audit_file`: what is for everybody, once the run is published.
    of: &'static str,
    proven: bool,
    /// In words: *optimal, proved by prices*, …
    verdict: String,
    /// Worked out from the placements.
    value: i64,
    /// What the schedule claims.
    bound: i64,
    /// Worked out from the prices.
    bound_prices: i64,
    placed: i64,
    people: i64,
    /// What is wrong with the schedule, up to a hundred.
    breaches: Vec<Breach>,
    /// Where the files are not what the run says of them.
    differences: Vec<String>,
}

/// Something that is wrong with a schedule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleBreach)]
struct Breach {
    /// Stable (docs/files.md, "Codes of breaches").
    code: String,
    detail: String,
}

/// Breaches in one answer at most: a spoilt file has as many as people.
const MOST_BREACHES: usize = 100;

impl From<Checked> for Check {
    fn from(checked: Checked) -> Self {
        let (proven, report) = (checked.is_proven(), checked.report);
        let breaches = report.breaches.into_iter().take(MOST_BREACHES);
        Self {
            of: match checked.of {
                Of::RoundFile => "round_file",
                Of::AuditFile => "audit_file",
            },
            proven,
            verdict: report.verdict.to_string(),
            value: report.value,
            bound: report.bound,
            bound_prices: report.bound_prices,
            placed: report.placed,
            people: report.people,
            breaches: breaches
                .map(|breach| Breach { code: breach.code.to_string(), detail: breach.words })
                .collect(),
            differences: checked.differences,
        }
    }
}

/// Re-prove a run
///
/// By the independent checker, from the stored files alone: the schedule against the frozen round, and what is for everybody,
/// once the run is published. Nothing changes. Two at a time; more get 429.
#[utoipa::path(post, path = "/v1/runs/{id}/verify", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "What holds, and what does not.", body = Verification)))]
pub(super) async fn verify(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    call.no_body()?;
    let look = call.limits().take_look()?;
    let work = call.run(move |app, actor| {
        let _look = look;
        proofs::verify(app, actor, id)
    });
    let (run, checked) = work.await?;
    shown(&Verification {
        run: run.id.uuid(),
        round: run.round.uuid(),
        state: run.state.as_str(),
        round_sha256: run.round_sha256,
        proven: checked.iter().all(Checked::is_proven),
        checks: checked.into_iter().map(Check::from).collect(),
    })
}

/// What a published run can be re-proven by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunProof)]
pub(super) struct Proof {
    run: Uuid,
    round: Uuid,
    /// SHA-256 of the round file's canonical form; both files name it.
    round_sha256: String,
    /// The round without people.
    audit_file: ProofFile,
    /// Its schedule by the same pseudonyms.
    schedule_file: ProofFile,
}

/// A file to take.
#[derive(Debug, Serialize, ToSchema)]
struct ProofFile {
    url: String,
    /// SHA-256 of its bytes.
    sha256: String,
    bytes: usize,
}

async fn published(call: &Call) -> Result<Published, super::problem::Problem> {
    let id: RunId = call.id("run")?;
    call.run(move |app, actor| proofs::files(app, actor, id)).await
}

/// Show what a published run can be re-proven by
///
/// `library-swap verify audit.json schedule.json` proves the two files on any machine, without this service (docs/audit.md).
#[utoipa::path(get, path = "/v1/runs/{id}/proof", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Hashes, and where the files are.", body = Proof)))]
pub(super) async fn get(call: Call) -> Answer {
    let published = published(&call).await?;
    let run = published.run;
    let described = |name: &str, text: &str| ProofFile {
        url: format!("/v1/runs/{}/proof/{name}", run.id),
        sha256: sha256_hex(text),
        bytes: text.len(),
    };
    shown(&Proof {
        audit_file: described("audit.json", &published.audit_file),
        schedule_file: described("schedule.json", &published.schedule_file),
        run: run.id.uuid(),
        round: run.round.uuid(),
        round_sha256: run.round_sha256,
    })
}

/// Take the audit file of a published run
///
/// The round without people: homes, places and scores by pseudonyms (docs/files.md, "Audit file").
#[utoipa::path(get, path = "/v1/runs/{id}/proof/audit.json", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The audit file.", body = Object, content_type = "application/json")))]
pub(super) async fn audit_file(call: Call) -> Answer {
    let published = published(&call).await?;
    file("application/json", "audit.json", published.audit_file)
}

/// Take the schedule of a published run by the pseudonyms of its audit file
#[utoipa::path(get, path = "/v1/runs/{id}/proof/schedule.json", tag = "runs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The schedule file.", body = Object, content_type = "application/json")))]
pub(super) async fn schedule_file(call: Call) -> Answer {
    let published = published(&call).await?;
    file("application/json", "schedule.json", published.schedule_file)
}

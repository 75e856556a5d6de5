//! What a run is proven by: re-proving it on the spot, and, of a published one, the audit file and the schedule by
//! pseudonyms with which outsiders do it (docs/audit.md).
//!
//! The two files are made once and kept: whoever takes them takes the same, so that nobody can join two sets of pseudonyms,
//! and they prove the publication whatever is erased of people later.

use std::collections::BTreeSet;

use serde_json::json;

use super::app::{Now, permit_everywhere, record};
use super::load::get_own_run;
use super::runs::{find_result, read_round, read_schedule};
use super::{App, AppError};
use crate::domain::ids::RunId;
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::run::Run;
use crate::domain::states::RunState;
use crate::files::canonical::sha256_hex;
use crate::files::{AuditFile, Round, Schedule};
use crate::store::{StoreError, Tx, retention, runs};
use crate::verify::{Subject, verify as check, without_people};

pub use crate::verify::Report;

/// What a published run can be re-proven by.
#[derive(Debug, Clone)]
pub struct Published {
    /// The run.
    pub run: Run,
    /// The round without people.
    pub audit_file: String,
    /// Its schedule by the same pseudonyms.
    pub schedule_file: String,
}

/// The files of a published run.
///
/// # Errors
/// `run-state` unless it is published; `not-found`, `forbidden`, `unauthenticated`.
pub fn files(app: &App, actor: &Actor, id: RunId) -> Result<Published, AppError> {
    let (run, there) = app.store.read(|db| {
        Ok::<_, AppError>((get_own_run(db, actor, Action::VerifyRun, id)?, runs::proof(db, id)?))
    })?;
    if run.state != RunState::Published {
        let words = format!("this run is {}: only a published one has files for everybody", run.state);
        return Err(Refusal::new(RefusalCode::RunState, words).into());
    }
    let (audit_file, schedule_file) = match there {
        Some(files) => files,
        // Whoever asks before the worker came to it changes nothing: the service makes what it would have made.
        None => make_files(app, &Actor::worker("proof"), id)?,
    };
    Ok(Published { run, audit_file, schedule_file })
}

/// The published runs whose files are not made yet.
///
/// # Errors
/// The database's.
pub fn list_missing(app: &App, by: &str) -> Result<Vec<RunId>, AppError> {
    permit_everywhere(&Actor::worker(by), Action::ProveRun)?;
    app.store.read(|db| Ok(runs::list_unproven(db)?))
}

/// Makes the files of a published run.
///
/// # Errors
/// `internal` where its schedule does not prove; the database's.
pub fn make(app: &App, by: &str, id: RunId) -> Result<(), AppError> {
    make_files(app, &Actor::worker(by), id).map(drop)
}

fn make_files(app: &App, actor: &Actor, id: RunId) -> Result<(String, String), AppError> {
    permit_everywhere(actor, Action::ProveRun)?;
    let now = app.now()?;
    let made = files_of(&now, id, app.store.read(|db| find_result(db, id))?)?;
    let kept = app.store.write(|tx| keep(tx, &now, actor, id, &made));
    match kept {
        // Somebody else was first: theirs count.
        Err(AppError::Store(StoreError::Duplicate { .. })) => {
            let there = app.store.read(|db| Ok::<_, AppError>(runs::proof(db, id)?))?;
            there.ok_or_else(|| AppError::Internal(format!("the files of run {id} were there and are gone")))
        }
        other => other,
    }
}

/// As [`make`], within a transaction: before something goes from the round file that its hash needs.
pub(super) fn make_in(tx: &mut Tx<'_>, now: &Now, actor: &Actor, id: RunId) -> Result<(), AppError> {
    if runs::proof(tx, id)?.is_none() {
        let made = files_of(now, id, find_result(tx, id)?)?;
        keep(tx, now, actor, id, &made)?;
    }
    Ok(())
}

/// The audit file and the schedule by pseudonyms.
fn files_of(now: &Now, id: RunId, found: Option<(Round, Schedule)>) -> Result<(String, String), AppError> {
    let (round, schedule) = found.ok_or_else(|| AppError::Internal(format!("run {id} has no schedule")))?;
    if !check(&Subject::Round(&round), &schedule).is_clean() {
        return Err(AppError::Internal(format!("the schedule of run {id} does not prove")));
    }
    let (audit, schedule) = without_people(&round, &schedule, &pseudonyms(now, round.staff.len()));
    Ok((audit.to_json(), schedule.to_json()))
}

/// Keeps them, where none are kept; gives those that are.
fn keep(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    id: RunId,
    (audit, schedule): &(String, String),
) -> Result<(String, String), AppError> {
    if let Some(there) = runs::proof(tx, id)? {
        return Ok(there);
    }
    runs::insert_proof(tx, id, audit, schedule)?;
    let details = json!({
        "audit_file_sha256": sha256_hex(audit.as_bytes()),
        "schedule_file_sha256": sha256_hex(schedule.as_bytes()),
    });
    record(tx, now, actor, Action::ProveRun, ("run", &id), &details)?;
    Ok((audit.clone(), schedule.clone()))
}

/// As many different names as there are people: 64 random bits each, kept nowhere beside the people.
fn pseudonyms(now: &Now, people: usize) -> Vec<String> {
    let (mut drawn, mut names) = (BTreeSet::new(), Vec::with_capacity(people));
    for n in 0_u64.. {
        if names.len() == people {
            break;
        }
        let name = format!("p{}", &now.secret(&format!("pseudonym {n}"))[..16]);
        if drawn.insert(name.clone()) {
            names.push(name);
        }
    }
    names
}

/// Which files a check went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The frozen round and its schedule.
    RoundFile,
    /// The audit file and the schedule by pseudonyms.
    AuditFile,
}

/// What the checker says of one pair of files.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Which pair.
    pub of: Of,
    /// The checker's report.
    pub report: Report,
    /// Where the files are not what the run says of them.
    pub differences: Vec<String>,
}

impl Checked {
    /// Whether everything holds.
    pub fn is_proven(&self) -> bool {
        self.report.is_clean() && self.differences.is_empty()
    }
}

/// Re-proves a stored run: the schedule against the frozen round, and the files for everybody, where they are made. Nothing of
/// it is taken from what was found before.
///
/// One pass of the checker over each pair of files: people times libraries.
///
/// # Errors
/// `run-state` where there is no schedule, or nothing is left to prove it by; `not-found`, `forbidden`, `unauthenticated`.
pub fn verify(app: &App, actor: &Actor, id: RunId) -> Result<(Run, Vec<Checked>), AppError> {
    let (run, files, proof, is_reduced) = app.store.read(|db| {
        Ok::<_, AppError>((
            get_own_run(db, actor, Action::VerifyRun, id)?,
            runs::files(db, id)?,
            runs::proof(db, id)?,
            retention::is_reduced(db, id)?,
        ))
    })?;
    let Some((round, Some(schedule))) = files else {
        let words = format!("this run is {}: it has no schedule to prove", run.state);
        return Err(Refusal::new(RefusalCode::RunState, words).into());
    };
    let mut checked = Vec::new();
    // Once access needs are taken out of it, the round file is not what was frozen: the files for everybody prove the run.
    if !is_reduced {
        let (round, schedule) = (read_round(id, &round)?, read_schedule(id, &schedule)?);
        let report = check(&Subject::Round(&round), &schedule);
        let differences = differences(&run, &round.sha256(), &report);
        checked.push(Checked { of: Of::RoundFile, report, differences });
    }
    if let Some((audit, schedule)) = proof {
        let audit = AuditFile::read(audit.as_bytes())
            .map_err(|_| AppError::Internal(format!("the audit file of run {id} cannot be read")))?;
        let schedule: Schedule = read_schedule(id, &schedule)?;
        let report = check(&Subject::Audit(&audit), &schedule);
        let differences = self::differences(&run, &audit.round_sha256, &report);
        checked.push(Checked { of: Of::AuditFile, report, differences });
    }
    if checked.is_empty() {
        let words = "access needs were taken out of its round file since, and it was not published: nothing proves it any more";
        return Err(Refusal::new(RefusalCode::RunState, words).into());
    }
    Ok((run, checked))
}

/// What the run's row says, beside what was worked out.
fn differences(run: &Run, round_sha256: &str, report: &Report) -> Vec<String> {
    let mut found = Vec::new();
    if run.round_sha256 != round_sha256 {
        found.push(format!("the run froze round {}, and the file is of {round_sha256}", run.round_sha256));
    }
    match &run.result {
        Some(result) => {
            for (what, said, is) in [
                ("value", result.value, report.value),
                ("bound", result.bound, report.bound),
                ("number of people with a place", result.placed, report.placed),
                ("number of people", result.placed + result.unplaced, report.people),
            ] {
                if said != is {
                    found.push(format!("the run says that the {what} is {said}, and it is {is}"));
                }
            }
        }
        None => found.push("the run has no figures".to_owned()),
    }
    found
}

//! What organisers fix before a round is matched: locks, which are in every schedule, and forbidden pairs, which are in
//! none. Both go into the frozen round file.
//!
//! A lock that breaks a rule is refused at the door; the checker says what it breaks.

use serde_json::json;

use super::app::{Now, permit_in_round, record};
use super::load::{get_applicant, get_library};
use super::rounds::load as load_round;
use super::seen::Seen;
use super::snapshot::freeze;
use super::{App, AppError};
use crate::domain::fault::Faults;
use crate::domain::ids::{ApplicationId, ForbiddenId, LibraryId, RoundId};
use crate::domain::lock::{Forbidden, Lock};
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{BrokenRule, Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::ApplicationState;
use crate::files;
use crate::files::schedule::{Placement, Prices, Run};
use crate::store::{Db, Tx, locks, rounds};
use crate::verify::{self, Breach, Code, Draft, Subject};

/// The locks of a round, by the applications' ids.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, round: RoundId) -> Result<Vec<Lock>, AppError> {
    permit_in_round(actor, Action::ReadLocks, round, ("round", &round))?;
    app.store.read(|db| {
        let round = load_round(db, actor, round)?;
        Ok(locks::list(db, round.id)?)
    })
}

/// The lock of somebody in a round.
///
/// # Errors
/// `not-found`, also where there is none; `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, round: RoundId, application: ApplicationId) -> Result<Lock, AppError> {
    permit_in_round(actor, Action::ReadLocks, round, ("round", &round))?;
    app.store.read(|db| {
        let round = load_round(db, actor, round)?;
        find(db, &round, application)?.ok_or_else(|| none_of(application))
    })
}

fn find(db: &mut Db, round: &Round, application: ApplicationId) -> Result<Option<Lock>, AppError> {
    Ok(locks::list(db, round.id)?.into_iter().find(|lock| lock.application == application))
}

fn none_of(application: ApplicationId) -> AppError {
    AppError::not_found("lock of application", application)
}

/// Locks a placement, in place of any before of this person.
///
/// # Errors
/// `changed-since`, `if-match-required`; `breaks-rules` with every rule that all locks together break; `application-state`
/// for somebody who is not matched;
/// `invalid-fields`; `round-state` once the round is published; `not-found`; `forbidden`.
pub fn lock(
    app: &App,
    actor: &Actor,
    round: RoundId,
    lock: &Lock,
    seen: &Seen<Lock>,
) -> Result<Lock, AppError> {
    permit_in_round(actor, Action::FixPlacements, round, ("round", &round))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let round = load_round(tx, actor, round)?;
        round.admit_lock()?;
        check_case(tx, &round, lock.application, lock.host, Some(lock.date))?;
        seen.admit_any(find(tx, &round, lock.application)?.as_ref())?;
        locks::replace(tx, round.id, lock, now.utc())?;
        let frozen = freeze(tx, &round)?;
        let application = lock.application.to_string();
        if !frozen.locks.iter().any(|lock| lock.staff == application) {
            let words =
                format!("application {application} is not matched: no day of it is released and free");
            return Err(Refusal::new(RefusalCode::ApplicationState, words).into());
        }
        check_locks(&frozen)?;
        let details = json!({
            "round": round.id.to_string(), "lock": { "host": lock.host.to_string(), "date": lock.date },
            "override": lock.override_reason,
        });
        note(tx, &now, actor, &round, lock.application, &details)?;
        Ok(lock.clone())
    })
}

/// Takes a lock away.
///
/// # Errors
/// `round-state` once the round is published; `not-found`, also where there is no lock; `changed-since`,
/// `if-match-required`; `forbidden`.
pub fn unlock(
    app: &App,
    actor: &Actor,
    round: RoundId,
    application: ApplicationId,
    seen: &Seen<Lock>,
) -> Result<(), AppError> {
    permit_in_round(actor, Action::FixPlacements, round, ("round", &round))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let round = load_round(tx, actor, round)?;
        round.admit_lock()?;
        seen.admit(&find(tx, &round, application)?.ok_or_else(|| none_of(application))?)?;
        locks::delete(tx, round.id, application)?;
        let details = json!({ "round": round.id.to_string(), "lock": null });
        note(tx, &now, actor, &round, application, &details)
    })
}

/// The forbidden pairs of a round, oldest first.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list_forbidden(app: &App, actor: &Actor, round: RoundId) -> Result<Vec<Forbidden>, AppError> {
    permit_in_round(actor, Action::ReadLocks, round, ("round", &round))?;
    app.store.read(|db| {
        let round = load_round(db, actor, round)?;
        Ok(locks::list_forbidden(db, round.id)?)
    })
}

/// A pair to be forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewForbidden {
    /// Who.
    pub application: ApplicationId,
    /// Where.
    pub host: LibraryId,
    /// When; none means never.
    pub date: Option<chrono::NaiveDate>,
}

/// Forbids a pair.
///
/// # Errors
/// `already-exists`; `breaks-rules` where it is locked; `invalid-fields`; `round-state` once the round is published;
/// `not-found`; `forbidden`.
pub fn forbid(app: &App, actor: &Actor, round: RoundId, wanted: NewForbidden) -> Result<Forbidden, AppError> {
    permit_in_round(actor, Action::FixPlacements, round, ("round", &round))?;
    let now = app.now()?;
    let NewForbidden { application, host, date } = wanted;
    let pair = Forbidden { id: ForbiddenId::new(now.id("forbidden pair")), application, host, date };
    app.store.write(|tx| {
        let round = load_round(tx, actor, round)?;
        round.admit_lock()?;
        check_case(tx, &round, application, host, date)?;
        let same =
            |other: &Forbidden| (other.application, other.host, other.date) == (application, host, date);
        if let Some(other) = locks::list_forbidden(tx, round.id)?.into_iter().find(same) {
            let words = format!("this pair is forbidden already ({})", other.id);
            return Err(Refusal::new(RefusalCode::AlreadyExists, words).into());
        }
        locks::insert_forbidden(tx, round.id, &pair, now.utc())?;
        check_locks(&freeze(tx, &round)?)?;
        let details = json!({
            "round": round.id.to_string(), "forbidden": { "host": host.to_string(), "date": date },
        });
        note(tx, &now, actor, &round, application, &details)?;
        Ok(pair)
    })
}

/// Allows a pair again.
///
/// # Errors
/// `round-state` once the round is published; `not-found`, `forbidden`.
pub fn allow(app: &App, actor: &Actor, round: RoundId, id: ForbiddenId) -> Result<(), AppError> {
    permit_in_round(actor, Action::FixPlacements, round, ("round", &round))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let round = load_round(tx, actor, round)?;
        round.admit_lock()?;
        let pairs = locks::list_forbidden(tx, round.id)?;
        let pair = pairs.into_iter().find(|pair| pair.id == id);
        let pair = pair.ok_or_else(|| AppError::not_found("forbidden pair", id))?;
        locks::delete_forbidden(tx, round.id, id)?;
        let details = json!({
            "round": round.id.to_string(),
            "allowed": { "host": pair.host.to_string(), "date": pair.date },
        });
        note(tx, &now, actor, &round, pair.application, &details)
    })
}

/// Runs frozen before are stale, and the audit knows who did it.
fn note(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    round: &Round,
    application: ApplicationId,
    details: &serde_json::Value,
) -> Result<(), AppError> {
    rounds::bump_revision(tx, round.id)?;
    record(tx, now, actor, Action::FixPlacements, ("application", &application), details)
}

/// Checks that all of it belongs to the round.
fn check_case(
    db: &mut Db,
    round: &Round,
    application: ApplicationId,
    host: LibraryId,
    date: Option<chrono::NaiveDate>,
) -> Result<(), AppError> {
    let found = get_applicant(db, application)?.application;
    if found.round != round.id {
        return Err(AppError::not_found("application", application));
    }
    if found.state == ApplicationState::Withdrawn {
        let words = format!("application {application} is withdrawn");
        return Err(Refusal::new(RefusalCode::ApplicationState, words).into());
    }
    let faults = Faults::none();
    match get_library(db, host) {
        Ok(_) => {}
        Err(AppError::NotFound { .. }) => faults.add("/host", host, "there is no such library"),
        Err(error) => return Err(error),
    }
    if let Some(date) = date.filter(|date| !round.dates.contains(date)) {
        let days: Vec<String> = round.dates.iter().map(ToString::to_string).collect();
        faults.add("/date", date, format!("must be a day of the round: {}", days.join(", ")));
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

/// What the checker says of a placement or a library-day, for people and programs.
pub(super) fn broken(breach: &Breach) -> BrokenRule {
    BrokenRule {
        code: breach.code.as_str(),
        application: breach.about.staff.clone(),
        library: breach.about.library.clone(),
        date: breach.about.date,
        words: breach.words.clone(),
    }
}

/// Has the checker judge the locks of a frozen round, by themselves and together. Balance is for the others to keep.
///
/// # Errors
/// `breaks-rules`.
pub(super) fn check_locks(frozen: &files::Round) -> Result<(), AppError> {
    if frozen.locks.is_empty() {
        return Ok(());
    }
    let mut locked = frozen.clone();
    locked.staff.retain(|person| frozen.locks.iter().any(|lock| lock.staff == person.id));
    let stands = |lock: &files::round::Lock| Placement {
        staff: lock.staff.clone(),
        host: lock.host.clone(),
        date: lock.date,
        score: 0,
        ring: None,
    };
    let draft = Draft {
        placements: frozen.locks.iter().map(stands).collect(),
        dropped_out: std::collections::BTreeSet::new(),
        waived: Vec::new(),
        prices: Prices::default(),
        bound: None,
        run: by_hand(0),
    };
    let schedule = verify::complete(&locked, draft);
    let report = verify::verify(&Subject::Round(&locked), &schedule);
    let concerns = |breach: &&Breach| {
        matches!(breach.code, Code::Rule(_) | Code::HostFull | Code::HostLimit | Code::Cover)
    };
    let broken: Vec<BrokenRule> = report.breaches.iter().filter(concerns).map(broken).collect();
    if broken.is_empty() { Ok(()) } else { Err(AppError::BreaksRules(broken)) }
}

/// How a schedule came about that nobody solved.
pub(super) fn by_hand(seed: i64) -> Run {
    Run {
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        work: 0,
        stopped: "edited".to_owned(),
        seconds: 0.0,
        threads: 1,
    }
}

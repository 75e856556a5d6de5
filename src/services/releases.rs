//! Release: what a line manager sees of the requests of one library, and what one POST decides of them.
//!
//! A manager's link is about one application. It also answers for the others of the same library that were asked of the
//! very same address: whoever reads that mailbox has their links too.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::json;

use super::app::{Now, record};
use super::applications::permit_on;
use super::load::{get_applicant, get_library, get_round};
use super::notices;
use super::round_file::{library_days, minutes_needed};
use super::snapshot::{openings_in, read_rules};
use super::{App, AppError};
use crate::domain::application::Application;
use crate::domain::cover::{Elsewhere, LibraryDay};
use crate::domain::fault::Faults;
use crate::domain::history::Successors;
use crate::domain::ids::{ApplicationId, LibraryId};
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::release::{Answered, Decision};
use crate::domain::round::Round;
use crate::domain::states::ApplicationState;
use crate::store::applications::Applicant;
use crate::store::{Db, Tx, applications, organisations, placements, rounds};

/// What a release on a date would do to a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverOnDay {
    /// The line of the cover table: who works, who must remain, who may leave.
    pub day: LibraryDay,
    /// Who is released for the date.
    pub released: BTreeSet<ApplicationId>,
    /// Who asks for it and has no answer.
    pub asking: BTreeSet<ApplicationId>,
}

/// Who works at a library now, whatever it was when they signed up.
fn list_of_library(
    db: &mut Db,
    round: &Round,
    library: LibraryId,
    became: &Successors<LibraryId>,
) -> Result<Vec<Applicant>, AppError> {
    let homes: Vec<LibraryId> = became.line(became.current(library)).into_iter().collect();
    Ok(applications::list_of_homes(db, round.id, &homes)?)
}

/// The applications of the same library with the same manager, this one first, the others by name, whatever became of
/// them.
pub(super) fn list_team(db: &mut Db, round: &Round, of: &Application) -> Result<Vec<Applicant>, AppError> {
    let became = Successors::new(organisations::list_library_successors(db)?);
    let mut team = list_of_library(db, round, of.home, &became)?;
    // The whole address: not every mail server delivers `head+x` to `head`.
    team.retain(|other| other.application.manager == of.manager);
    team.sort_by_cached_key(|other| {
        (other.application.id != of.id, other.application.name.to_string(), other.application.id)
    });
    Ok(team)
}

/// What releases do to the cover of a library on the days of a round, as the cover table has it.
pub(super) fn cover(db: &mut Db, round: &Round, home: LibraryId) -> Result<Vec<CoverOnDay>, AppError> {
    let became = Successors::new(organisations::list_library_successors(db)?);
    let staff = list_of_library(db, round, home, &became)?;
    let current = became.current(home);
    let library = get_library(db, current)?;
    let offer = rounds::find_offer(db, round.id, current)?.unwrap_or_default();
    let openings = openings_in(db, round, std::slice::from_ref(&library))?;
    let elsewhere = Elsewhere::of_visits(&placements::list_visits_elsewhere(db, round.id)?, &became);
    let needed = minutes_needed(&read_rules(round)?);
    let (opening, elsewhere) = (openings.get(&current), elsewhere.get(&current));
    let found = library_days((round, needed), &library, &offer, opening, elsewhere);
    let who = |is_meant: &dyn Fn(&Application) -> bool| {
        staff.iter().map(|one| &one.application).filter(|one| is_meant(one)).map(|one| one.id).collect()
    };
    let days = found.days.into_iter().map(|day| {
        let date = day.date;
        CoverOnDay {
            released: who(&|one| {
                one.state == ApplicationState::Released && one.released_dates.contains(&date)
            }),
            asking: who(&|one| one.state == ApplicationState::Verified && one.dates.contains(&date)),
            day,
        }
    });
    Ok(days.collect())
}

/// What is asked of the line manager who acts, and what a release would do to their library.
///
/// # Errors
/// `not-found` also for a foreign one; `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: ApplicationId) -> Result<(Applicant, Vec<CoverOnDay>), AppError> {
    app.store.read(|db| get_in(db, actor, id))
}

fn get_in(db: &mut Db, actor: &Actor, id: ApplicationId) -> Result<(Applicant, Vec<CoverOnDay>), AppError> {
    let applicant = get_applicant(db, id)?;
    permit_on(db, actor, Action::ReadRelease, &applicant)?;
    let round = get_round(db, applicant.application.round)?;
    let cover = cover(db, &round, applicant.application.home)?;
    Ok((applicant, cover))
}

/// Releases somebody or says no, by the line manager who has signed in, or their deputy. The same again changes nothing.
///
/// # Errors
/// `invalid-fields` for days that were not asked for; `stale-page` where the application is another one than was looked at;
/// `application-state`, `too-late`, `manager-not-confirmed`; `not-found`, `forbidden`, `unauthenticated`.
pub fn decide_by_id(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    version: i64,
    decision: &Decision,
) -> Result<(Applicant, Vec<CoverOnDay>), AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let applicant = get_applicant(tx, id)?;
        permit_on(tx, actor, Action::DecideRelease, &applicant)?;
        let answer = Answered { application: None, version: Some(version), decision: decision.clone() };
        decide(tx, &now, actor, id, &[applicant], &[answer])?;
        get_in(tx, actor, id)
    })
}

/// Whether all that is asked for is true already, so that a repeated click gets the same answer.
pub(super) fn are_decided(own: ApplicationId, team: &[Applicant], answers: &[Answered]) -> bool {
    answers.iter().all(|answered| {
        find(team, own, answered).is_some_and(|one| is_decided(&one.application, &answered.decision))
    })
}

fn find<'a>(team: &'a [Applicant], own: ApplicationId, answered: &Answered) -> Option<&'a Applicant> {
    let id = answered.application.unwrap_or(own);
    team.iter().find(|one| one.application.id == id)
}

fn is_decided(application: &Application, decision: &Decision) -> bool {
    match decision {
        Decision::Release(days) => {
            application.state == ApplicationState::Released
                && application.released_dates == wanted_days(application, days)
        }
        Decision::Refuse(refusal) => {
            application.state == ApplicationState::Refused && application.refusal.as_ref() == Some(refusal)
        }
    }
}

/// The days that a yes means, of those asked for.
fn wanted_days(application: &Application, days: &[NaiveDate]) -> Vec<NaiveDate> {
    application.dates.iter().copied().filter(|day| days.is_empty() || days.contains(day)).collect()
}

/// Takes what a manager says to requests of their team: all of it, or nothing where one cannot be taken.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    now: &Now,
    link: &Actor,
    own: ApplicationId,
    team: &[Applicant],
    answers: &[Answered],
) -> Result<(), AppError> {
    check(own, team, answers)?;
    for answered in answers {
        let Some(applicant) = find(team, own, answered) else { continue };
        let application = &applicant.application;
        if is_decided(application, &answered.decision) {
            continue;
        }
        if answered.version.is_some_and(|seen| seen != application.revision) {
            let words = "what was shown has changed since, so that nothing was recorded: look at what is asked now, \
                         and answer that";
            return Err(Refusal::new(RefusalCode::StalePage, words).into());
        }
        let actor = Actor { application: Some(application.id), ..link.clone() };
        decide_one(tx, now, &actor, applicant.clone(), &answered.decision)?;
    }
    Ok(())
}

/// All that does not fit the requests, at once.
fn check(own: ApplicationId, team: &[Applicant], answers: &[Answered]) -> Result<(), AppError> {
    let faults = Faults::none();
    for (n, answered) in answers.iter().enumerate() {
        let pointer = |field: &str| match answered.application {
            Some(_) => format!("/decisions/{n}/{field}"),
            None => format!("/{field}"),
        };
        let id = answered.application.unwrap_or(own);
        if answers[..n].iter().any(|other| other.application.unwrap_or(own) == id) {
            faults.add(pointer("application"), id, "stands here twice");
        }
        let Some(applicant) = find(team, own, answered) else {
            faults.add(pointer("application"), id, "is no request that this link answers");
            continue;
        };
        if let Decision::Release(days) = &answered.decision {
            for day in days.iter().filter(|day| !applicant.application.dates.contains(day)) {
                faults.add(pointer("dates"), day, "is not among the days asked for");
            }
        }
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

fn decide_one(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut applicant: Applicant,
    decision: &Decision,
) -> Result<(), AppError> {
    permit_on(tx, actor, Action::DecideRelease, &applicant)?;
    let round = get_round(tx, applicant.application.round)?;
    if !round.takes_releases() {
        let words = format!("the round “{}” is {}: its places are given", round.name, round.state);
        return Err(Refusal::new(RefusalCode::TooLate, words).into());
    }
    let application = &mut applicant.application;
    match decision {
        Decision::Release(days) => {
            let days = wanted_days(application, days);
            application.release(&days)?;
        }
        Decision::Refuse(refusal) => application.refuse_release(refusal.clone())?,
    }
    applications::save(tx, application, now.utc())?;
    let details = json!({
        "state": application.state.as_str(),
        "days": application.released_dates.len(),
        "reason": application.refusal.as_ref().map(|refusal| refusal.reason.as_str()),
    });
    record(tx, now, actor, Action::DecideRelease, ("application", &application.id), &details)?;
    rounds::bump_revision(tx, round.id)?;
    notices::release_decided(tx, now, &applicant)
}

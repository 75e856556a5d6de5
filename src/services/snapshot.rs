//! Freezing a round as the matching core sees it: everything that is known of it is loaded, and
//! [`round_file`](super::round_file) makes the file of it.
//!
//! Reads only.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::AppError;
use super::round_file::{Known, round_file};
use crate::domain::application::Application;
use crate::domain::fault::Faults;
use crate::domain::history::Successors;
use crate::domain::ids::{EmployerId, LibraryId, PersonId};
use crate::domain::json::{self, At};
use crate::domain::opening::Opening;
use crate::domain::organisation::{Employer, Library};
use crate::domain::round::Round;
use crate::files::{self, Rules};
use crate::store::{
    Db, access_needs, applications, histories, locks, opening, organisations, placements, rounds,
};

/// The round file of a round as it is now.
///
/// # Errors
/// The database's; `breaks-rules` where somebody is locked to a closed library or on a day off; `invalid-fields` where
/// the file's own limits are exceeded (sums beyond 2^53).
pub(super) fn freeze(db: &mut Db, round: &Round) -> Result<files::Round, AppError> {
    let known = load(db, round)?;
    let impossible = known.impossible_locks();
    if !impossible.is_empty() {
        return Err(AppError::BreaksRules(impossible));
    }
    round_file(&known).map_err(AppError::Fields)
}

/// Loads what a round file is made of.
///
/// # Errors
/// The database's.
pub fn load(db: &mut Db, round: &Round) -> Result<Known, AppError> {
    let applications: Vec<Application> =
        applications::list_of_round(db, round.id)?.into_iter().map(|found| found.application).collect();
    let persons: Vec<PersonId> = applications.iter().map(|application| application.person).collect();
    let offers =
        rounds::offers(db, round.id)?.into_iter().map(|found| (found.library, found.offer)).collect();
    let locks = locks::list(db, round.id)?;
    let libraries_became = Successors::new(organisations::list_library_successors(db)?);
    let employers_became = Successors::new(organisations::list_employer_successors(db)?);
    let mut known = Known {
        round: round.clone(),
        rules: read_rules(round)?,
        applications,
        needs: access_needs::list_of_round(db, round.id)?.into_iter().collect(),
        offers,
        libraries: HashMap::new(),
        openings: BTreeMap::new(),
        employers: HashMap::new(),
        libraries_became,
        employers_became,
        visits: placements::list_visits_elsewhere(db, round.id)?,
        outcomes: applications::outcomes_elsewhere(db, round.id, &persons)?,
        given: histories::list_of_round(db, round.id)?.into_iter().collect(),
        locks,
        forbidden: locks::list_forbidden(db, round.id)?,
    };
    let homes = known.applications.iter().map(|application| known.libraries_became.current(application.home));
    let hosts = known.locks.iter().map(|lock| lock.host);
    let ids: BTreeSet<LibraryId> = known.offers.keys().copied().chain(homes).chain(hosts).collect();
    let libraries = organisations::list_libraries_by_ids(db, &ids.into_iter().collect::<Vec<_>>())?;
    known.openings = openings_in(db, round, &libraries)?;
    known.employers = employers_of(db, &libraries, &known.employers_became)?;
    known.libraries = libraries.into_iter().map(|library| (library.id, library)).collect();
    Ok(known)
}

/// What says when libraries are open on the days of a round.
pub(super) fn openings_in(
    db: &mut Db,
    round: &Round,
    libraries: &[Library],
) -> Result<BTreeMap<LibraryId, Opening>, AppError> {
    match (round.dates.first(), round.dates.last()) {
        (Some(first), Some(last)) => Ok(opening::load(db, libraries, &(*first..=*last))?),
        (Some(_) | None, Some(_) | None) => Ok(BTreeMap::new()),
    }
}

/// The rules as they stand in the table, which were checked when the round was made.
pub(super) fn read_rules(round: &Round) -> Result<Rules, AppError> {
    let faults = Faults::none();
    let json = json::parse(round.rules.as_bytes()).map_err(AppError::Internal)?;
    let rules = Rules::read(&At::root(json, &faults));
    faults.into_result(rules).map_err(|found| {
        let words: Vec<String> = found.iter().map(ToString::to_string).collect();
        AppError::Internal(format!("rules of round {}: {}", round.id, words.join("; ")))
    })
}

fn employers_of(
    db: &mut Db,
    libraries: &[Library],
    became: &Successors<EmployerId>,
) -> Result<HashMap<EmployerId, Employer>, AppError> {
    let own = libraries.iter().flat_map(|library| library.employers.iter().copied());
    let ids: BTreeSet<EmployerId> = own.flat_map(|id| [id, became.current(id)]).collect();
    let ids: Vec<EmployerId> = ids.into_iter().collect();
    let found = organisations::list_employers_by_ids(db, &ids)?;
    Ok(found.into_iter().map(|employer| (employer.id, employer)).collect())
}

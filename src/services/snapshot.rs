//! Freezing a round as the matching core sees it: a round file (docs/files.md) whose ids are this service's ids.
//!
//! Reads only. People are named by their application's id, so that no name or address ever is in a round file.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveTime, Timelike};

use super::AppError;
use crate::domain::application::{Application, ReleaseRule};
use crate::domain::fault::Faults;
use crate::domain::ids::{ApplicationId, EmployerId, LibraryId, PersonId};
use crate::domain::json::{self, At};
use crate::domain::lock::{Forbidden, Lock};
use crate::domain::offer::Offer;
use crate::domain::organisation::{Employer, Library};
use crate::domain::round::Round;
use crate::domain::tag::Tag;
use crate::files::{self, Rules};
use crate::store::{Db, applications, locks, organisations, placements, rounds};

/// The round file of a round as it is now.
///
/// # Errors
/// The database's; `invalid-fields` where the file's own limits are exceeded (sums beyond 2^53).
pub(super) fn freeze(db: &mut Db, round: &Round) -> Result<files::Round, AppError> {
    let rule = if round.release_required { ReleaseRule::Required } else { ReleaseRule::Waived };
    let taken = placements::days_taken(db, round.id)?;
    let people: Vec<(Application, Vec<NaiveDate>)> = applications::list_of_round(db, round.id)?
        .into_iter()
        .map(|applicant| {
            let application = applicant.application;
            let mut dates = application.matched_dates(rule).to_vec();
            dates.retain(|date| !taken.contains(&(application.person, *date)));
            (application, dates)
        })
        .filter(|(_, dates)| !dates.is_empty())
        .collect();
    let offers: HashMap<LibraryId, Offer> =
        rounds::offers(db, round.id)?.into_iter().map(|found| (found.library, found.offer)).collect();
    let frozen_ids: BTreeSet<ApplicationId> = people.iter().map(|(application, _)| application.id).collect();
    let is_frozen = |application: &ApplicationId| frozen_ids.contains(application);
    let mut stand = locks::list(db, round.id)?;
    stand.retain(|lock| is_frozen(&lock.application));
    // An override may send somebody to a library that offered nothing.
    let ids: BTreeSet<LibraryId> = offers
        .keys()
        .copied()
        .chain(people.iter().map(|(application, _)| application.home))
        .chain(stand.iter().map(|lock| lock.host))
        .collect();
    // Where nobody can be sent, nothing need be forbidden.
    let mut forbidden = locks::list_forbidden(db, round.id)?;
    forbidden.retain(|pair| is_frozen(&pair.application) && ids.contains(&pair.host));
    let libraries = organisations::list_libraries_by_ids(db, &ids.into_iter().collect::<Vec<_>>())?;
    let employers = employers_of(db, &libraries)?;
    let mut needs: HashMap<ApplicationId, Vec<Tag>> =
        applications::needs_of_round(db, round.id)?.into_iter().collect();
    let mut visited: HashMap<PersonId, Vec<LibraryId>> = HashMap::new();
    for (person, host) in placements::hosts_visited(db, round.id)? {
        visited.entry(person).or_default().push(host);
    }
    let no_offer = Offer::default();
    let frozen = files::Round {
        name: round.name.to_string(),
        time_zone: round.time_zone,
        dates: round.dates.clone(),
        rules: read_rules(round)?,
        employer_groups: groups(&employers),
        partners: Vec::new(),
        libraries: libraries
            .iter()
            .map(|library| library_of(library, offers.get(&library.id).unwrap_or(&no_offer), &employers))
            .collect(),
        staff: people
            .iter()
            .map(|(application, dates)| {
                let needs = needs.remove(&application.id).unwrap_or_default();
                let visited = visited.get(&application.person).map(Vec::as_slice).unwrap_or_default();
                staff_of(application, dates, &needs, visited)
            })
            .collect(),
        locks: stand.iter().map(lock_of).collect(),
        forbidden: forbidden.iter().map(forbidden_of).collect(),
    };
    frozen.checked().map_err(AppError::Fields)
}

/// The rules as they stand in the table, which were checked when the round was made.
fn read_rules(round: &Round) -> Result<Rules, AppError> {
    let faults = Faults::none();
    let json = json::parse(round.rules.as_bytes()).map_err(AppError::Internal)?;
    let rules = Rules::read(&At::root(json, &faults));
    faults.into_result(rules).map_err(|found| {
        let words: Vec<String> = found.iter().map(ToString::to_string).collect();
        AppError::Internal(format!("rules of round {}: {}", round.id, words.join("; ")))
    })
}

fn employers_of(db: &mut Db, libraries: &[Library]) -> Result<HashMap<EmployerId, Employer>, AppError> {
    let ids: BTreeSet<EmployerId> =
        libraries.iter().flat_map(|library| library.employers.iter().copied()).collect();
    let ids: Vec<EmployerId> = ids.into_iter().collect();
    let found = organisations::list_employers_by_ids(db, &ids)?;
    Ok(found.into_iter().map(|employer| (employer.id, employer)).collect())
}

/// Employers that count as one; a group of one is none.
fn groups(employers: &HashMap<EmployerId, Employer>) -> Vec<Vec<String>> {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for employer in employers.values() {
        if let Some(group) = &employer.group {
            groups.entry(group.as_str()).or_default().push(employer.id.to_string());
        }
    }
    groups.into_values().filter(|members| members.len() > 1).collect()
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// Minutes since midnight.
fn minutes(time: NaiveTime) -> u16 {
    u16::try_from(time.num_seconds_from_midnight() / 60).unwrap_or(u16::MAX)
}

fn hours(hours: &crate::domain::application::Hours) -> files::round::Hours {
    hours.iter().map(|(date, (start, end))| (*date, (minutes(*start), minutes(*end)))).collect()
}

fn library_of(
    library: &Library,
    offer: &Offer,
    employers: &HashMap<EmployerId, Employer>,
) -> files::round::Library {
    let counts = |table: &BTreeMap<NaiveDate, u32>| {
        table.iter().map(|(date, count)| (*date, i64::from(*count))).collect()
    };
    files::round::Library {
        id: library.id.to_string(),
        name: library.name.to_string(),
        sectors: texts(&library.sectors),
        employers: library
            .employers
            .iter()
            .filter(|id| employers.contains_key(id))
            .map(ToString::to_string)
            .collect(),
        point: library.point.map(|point| (point.latitude(), point.longitude())),
        topics: texts(&library.topics),
        access: texts(&library.access),
        vetting_required: library.vetting_required,
        escorts_visitors: library.escorts_visitors,
        hosting: counts(&offer.hosting),
        hosting_limit: offer.hosting_limit.map(i64::from),
        release: counts(&offer.release),
        hours: hours(&offer.hours),
    }
}

fn lock_of(lock: &Lock) -> files::round::Lock {
    files::round::Lock {
        staff: lock.application.to_string(),
        host: lock.host.to_string(),
        date: lock.date,
        override_reason: lock.override_reason.clone(),
    }
}

fn forbidden_of(pair: &Forbidden) -> files::round::Forbidden {
    files::round::Forbidden {
        staff: pair.application.to_string(),
        host: pair.host.to_string(),
        date: pair.date,
    }
}

fn staff_of(
    application: &Application,
    dates: &[NaiveDate],
    needs: &[Tag],
    visited: &[LibraryId],
) -> files::round::Staff {
    let mut hours = hours(&application.hours);
    hours.retain(|date, _| dates.contains(date));
    files::round::Staff {
        id: application.id.to_string(),
        home: application.home.to_string(),
        dates: dates.to_vec(),
        hours,
        max_km: application.max_km,
        origin: None,
        sectors: texts(&application.sectors),
        topics: texts(&application.topics),
        needs: texts(needs),
        assured_until: application.assured_until,
        visited: texts(visited),
        avoid: texts(&application.avoid),
        priority: application.priority,
    }
}

//! Rounds as files: a round is written as a run would freeze it now, and a file is made into a round of this service.
//!
//! What a round file says about matching travels; names of people, addresses, contacts and who managed whom do not: the
//! file does not have them. An import proves itself: before its transaction ends, the new round is frozen and compared
//! with the file, and nothing is kept where the two differ (docs/rehearsals.md).

pub(super) mod compare;
mod plan;
mod values;

use chrono::NaiveDate;
use serde_json::json;

use super::access_needs::note_file;
use super::app::{permit_everywhere, record, sha256_hex};
use super::locks::check_locks;
use super::rounds::load as load_round;
use super::sign_up::admit_needs;
use super::snapshot::freeze;
use super::{App, AppError};
use crate::domain::fault::Faults;
use crate::domain::ids::RoundId;
use crate::domain::organisation::LibraryFilter;
use crate::domain::permissions::{Action, Actor};
use crate::domain::round::Round;
use crate::files;
use crate::store::{Tx, access_needs, applications, histories, locks, organisations, rounds};
use plan::{Known, Plan};

/// The round file of a round as a run that is started now would freeze it, byte for byte.
///
/// It holds access needs: who takes it stands in the audit and in the ledger of each of these people.
///
/// # Errors
/// `round-state` once the round is published: its people have their places, and the file of the run tells what was
/// matched; `not-found`, `forbidden`, `unauthenticated`.
pub fn export(app: &App, actor: &Actor, id: RoundId) -> Result<String, AppError> {
    permit_everywhere(actor, Action::Match)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let round = load_round(tx, actor, id)?;
        round.admit_export()?;
        let frozen = freeze(tx, &round)?;
        note_file(tx, &now, actor, &frozen)?;
        let file = frozen.canonical();
        let details = json!({ "taken": "round file", "round_sha256": sha256_hex(&file) });
        record(tx, &now, actor, Action::Match, ("round", &id), &details)?;
        Ok(file)
    })
}

/// Deadlines of a round that is made from a file, which has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deadlines {
    /// Last day of sign-up; today where none is given, or the day before the first placement day if that is earlier.
    pub sign_up_until: Option<NaiveDate>,
    /// Last day for answers; the day before the first placement day where none is given.
    pub answer_until: Option<NaiveDate>,
}

/// What an import made.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The round, open.
    pub round: Round,
    /// Libraries that take part.
    pub libraries: usize,
    /// Those of them that were not here before.
    pub libraries_added: usize,
    /// Employers that were not here before.
    pub employers_added: usize,
    /// Released applications, each of a person who was not here before.
    pub people: usize,
}

/// Makes an open round of a file: its libraries and employers where they are not here yet, its people as released
/// applications of new persons, its locks and forbidden pairs; all of it or nothing.
///
/// # Errors
/// `invalid-fields` with every fault, each with its pointer into the file: what this service cannot hold, and where the
/// new round would be matched otherwise than the file; `breaks-rules` for its locks; `no-encryption-key` for needs where
/// nothing could encrypt them; `forbidden`.
pub fn import(
    app: &App,
    actor: &Actor,
    file: &files::Round,
    deadlines: Deadlines,
) -> Result<Imported, AppError> {
    for action in [Action::CreateRound, Action::EditLibrary, Action::EditEmployer] {
        permit_everywhere(actor, action)?;
    }
    admit_needs(app, file.staff.iter().any(|person| !person.needs.is_empty()))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let known = Known::new(
            organisations::list_libraries(tx, &LibraryFilter::default(), None, i64::MAX)?,
            organisations::list_employers(tx, None, None, i64::MAX)?,
        );
        let plan = plan::plan(file, deadlines, &known, &now).map_err(AppError::Fields)?;
        write(tx, &plan, now.utc())?;
        let frozen = freeze(tx, &plan.round)?;
        let faults = Faults::none();
        compare::compare(file, &frozen, &plan.names, &faults);
        faults.into_result(Some(())).map_err(AppError::Fields)?;
        check_locks(&frozen)?;
        let made = Imported {
            round: plan.round.clone(),
            libraries: plan.offers.len(),
            libraries_added: plan.libraries.len(),
            employers_added: plan.employers.len(),
            people: plan.people.len(),
        };
        let details = json!({
            "from_file": file.sha256(),
            "libraries_added": made.libraries_added,
            "employers_added": made.employers_added,
            "people": made.people,
        });
        record(tx, &now, actor, Action::CreateRound, ("round", &plan.round.id), &details)?;
        Ok(made)
    })
}

fn write(tx: &mut Tx<'_>, plan: &Plan, now: chrono::NaiveDateTime) -> Result<(), AppError> {
    for employer in &plan.employers {
        organisations::insert_employer(tx, employer, now)?;
    }
    for library in &plan.libraries {
        organisations::insert_library(tx, library, now)?;
    }
    let round = plan.round.id;
    rounds::insert(tx, &plan.round, now)?;
    for offered in &plan.offers {
        if !offered.offer.is_empty() {
            rounds::replace_offer(tx, round, offered.library, &offered.offer, now)?;
        }
    }
    for entrant in &plan.people {
        applications::insert_person(tx, &entrant.person, now)?;
        applications::insert(tx, &entrant.application, now)?;
        access_needs::replace(tx, entrant.application.id, &entrant.needs)?;
        histories::insert(tx, entrant.application.id, &entrant.history)?;
    }
    for lock in &plan.locks {
        locks::replace(tx, round, lock, now)?;
    }
    for pair in &plan.forbidden {
        locks::insert_forbidden(tx, round, pair, now)?;
    }
    Ok(())
}

//! Taking over a list of libraries: what is new is added, what the list says otherwise is changed, the rest is left.
//!
//! A library is known by its reference, so that the same list twice changes nothing the second time. The list speaks
//! for name, sectors, employer, address, point, hours and status; contact, topics, access and vetting stay as the
//! library's administrator said. Nothing is ever removed: a library that a list no longer names may have a history.

use std::collections::{BTreeSet, HashMap};

use chrono_tz::Tz;
use serde_json::json;

use super::app::{Now, permit_everywhere, record};
use super::{App, AppError};
use crate::domain::fault::Faults;
use crate::domain::ids::{EmployerId, LibraryId};
use crate::domain::organisation::{Employer, Library};
use crate::domain::permissions::{Action, Actor};
use crate::import::LibraryRow;
use crate::store::{Db, organisations, rounds};

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Only say what would happen.
    DryRun,
    /// Write it.
    Apply,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOutcome {
    /// Libraries that were not there.
    pub added: usize,
    /// Libraries of which the list says something else.
    pub changed: usize,
    /// Libraries that are as the list says.
    pub unchanged: usize,
    /// Employers that were not there.
    pub employers_added: usize,
}

impl ImportOutcome {
    /// What taking a list over into an empty database would do.
    pub fn of_new(rows: &[LibraryRow]) -> Self {
        let employers: BTreeSet<&str> = rows.iter().map(|row| row.employer.as_str()).collect();
        Self { added: rows.len(), employers_added: employers.len(), ..Self::default() }
    }
}

/// What is to be written.
struct Plan {
    employers: Vec<Employer>,
    added: Vec<Library>,
    changed: Vec<Library>,
    unchanged: usize,
}

impl Plan {
    fn outcome(&self) -> ImportOutcome {
        ImportOutcome {
            added: self.added.len(),
            changed: self.changed.len(),
            unchanged: self.unchanged,
            employers_added: self.employers.len(),
        }
    }
}

/// Takes over a list of libraries in one transaction, or says what that would do.
///
/// # Errors
/// `invalid-fields` where a reference stands in the list twice; `forbidden`.
pub fn import_libraries(
    app: &App,
    actor: &Actor,
    rows: &[LibraryRow],
    mode: ImportMode,
) -> Result<ImportOutcome, AppError> {
    permit_everywhere(actor, Action::EditLibrary)?;
    check_references(rows)?;
    let now = app.now()?;
    match mode {
        ImportMode::DryRun => app.store.read(|db| Ok(plan(db, rows, &now)?.outcome())),
        ImportMode::Apply => app.store.write(|tx| {
            let plan = plan(tx, rows, &now)?;
            let outcome = plan.outcome();
            if plan.employers.is_empty() && plan.added.is_empty() && plan.changed.is_empty() {
                return Ok(outcome);
            }
            for employer in &plan.employers {
                organisations::insert_employer(tx, employer, now.utc())?;
            }
            for library in &plan.added {
                organisations::insert_library(tx, library, now.utc())?;
            }
            for library in &plan.changed {
                organisations::save_library(tx, library, now.utc())?;
            }
            let changed: Vec<LibraryId> = plan.changed.iter().map(|library| library.id).collect();
            rounds::bump_revisions_of_libraries(tx, &changed)?;
            let details = json!({
                "added": outcome.added,
                "changed": outcome.changed,
                "unchanged": outcome.unchanged,
                "employers_added": outcome.employers_added,
            });
            record(tx, &now, actor, Action::EditLibrary, ("import", &now.id("import")), &details)?;
            Ok(outcome)
        }),
    }
}

fn check_references(rows: &[LibraryRow]) -> Result<(), AppError> {
    let faults = Faults::none();
    let mut seen = BTreeSet::new();
    for (n, row) in rows.iter().enumerate() {
        if !seen.insert(row.reference.as_str()) {
            faults.add(format!("/{n}/reference"), &row.reference, "this reference stands in the list twice");
        }
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

/// Compares a list with what is there; reads each table once.
fn plan(db: &mut Db, rows: &[LibraryRow], now: &Now) -> Result<Plan, AppError> {
    let mut known: HashMap<String, Library> = organisations::list_all_libraries(db)?
        .into_iter()
        .map(|library| (library.reference.clone(), library))
        .collect();
    let mut employers: HashMap<String, EmployerId> =
        organisations::list_employer_names(db)?.into_iter().collect();
    let mut plan = Plan { employers: vec![], added: vec![], changed: vec![], unchanged: 0 };
    for row in rows {
        let employer = match employers.get(row.employer.as_str()) {
            Some(id) => *id,
            None => {
                let id = EmployerId::new(now.id(&format!("employer {}", row.employer)));
                employers.insert(row.employer.to_string(), id);
                let name = row.employer.clone();
                plan.employers.push(Employer {
                    id,
                    name,
                    group: None,
                    successor: None,
                    domains: vec![],
                    managers: vec![],
                });
                id
            }
        };
        match known.remove(&row.reference) {
            None => {
                let id = LibraryId::new(now.id(&format!("library {}", row.reference)));
                plan.added.push(library_of(row, id, employer));
            }
            Some(before) => {
                let after = Library {
                    contact: before.contact.clone(),
                    topics: before.topics.clone(),
                    access: before.access.clone(),
                    vetting_required: before.vetting_required,
                    escorts_visitors: before.escorts_visitors,
                    successor: before.successor,
                    ..library_of(row, before.id, employer)
                };
                if after == before {
                    plan.unchanged += 1;
                } else {
                    plan.changed.push(after);
                }
            }
        }
    }
    Ok(plan)
}

/// The library as the list has it.
fn library_of(row: &LibraryRow, id: LibraryId, employer: EmployerId) -> Library {
    Library {
        id,
        reference: row.reference.clone(),
        name: row.name.clone(),
        sectors: vec![row.sector],
        employers: vec![employer],
        address: row.address.clone(),
        postcode: row.postcode.clone(),
        country: row.country.clone(),
        point: row.point,
        time_zone: zone_of(row.country.as_deref()),
        status: row.status,
        opening_hours: row.opening_hours.clone(),
        contact: None,
        topics: vec![],
        access: vec![],
        vetting_required: false,
        escorts_visitors: false,
        successor: None,
    }
}

/// The zone of a country that the lists know; Great Britain's for any other.
fn zone_of(country: Option<&str>) -> Tz {
    match country {
        Some("Ireland") => chrono_tz::Europe::Dublin,
        Some("Germany" | "Deutschland") => chrono_tz::Europe::Berlin,
        Some(_) | None => chrono_tz::Europe::London,
    }
}

//! The HR schedule: what an employer's own staff do, and nothing of anybody else's.

use std::collections::{BTreeSet, HashMap};

use super::app::own_employers;
use super::rounds::load as load_round;
use super::{App, AppError};
use crate::domain::ids::{EmployerId, LibraryId, RoundId};
use crate::domain::organisation::Library;
use crate::domain::permissions::{Action, Actor};
use crate::domain::schedule::ScheduleRow;
use crate::domain::states::PlacementState;
use crate::export::{self, CsvFormat};
use crate::store::placements::{Publicity, Visible};
use crate::store::{applications, organisations, placements};

pub use crate::export::Bom;

/// The confirmed and completed placements of the actor's employers in a round, by date, then by placement.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, round: RoundId) -> Result<Vec<ScheduleRow>, AppError> {
    let visible = own_employers(actor, Action::ExportSchedule)?.map_or(Visible::All, Visible::StaffOf);
    app.store.read(|db| {
        let round = load_round(db, actor, round)?;
        let mut found =
            placements::list(db, round.id, (&visible, Publicity::ToldOnly), None, None, i64::MAX)?;
        found.retain(|placement| {
            matches!(placement.state, PlacementState::Confirmed | PlacementState::Completed)
        });
        found.sort_by_key(|placement| (placement.date, placement.id));
        let libraries: BTreeSet<LibraryId> =
            found.iter().flat_map(|placement| [placement.home, placement.host]).collect();
        let libraries: HashMap<LibraryId, Library> =
            organisations::list_libraries_by_ids(db, &libraries.into_iter().collect::<Vec<_>>())?
                .into_iter()
                .map(|library| (library.id, library))
                .collect();
        let employers: BTreeSet<EmployerId> = found.iter().map(|placement| placement.employer).collect();
        let employers: HashMap<EmployerId, String> =
            organisations::list_employers_by_ids(db, &employers.into_iter().collect::<Vec<_>>())?
                .into_iter()
                .map(|employer| (employer.id, employer.name.to_string()))
                .collect();
        let ids: Vec<_> = found.iter().map(|placement| placement.application).collect();
        let people: HashMap<_, _> = applications::list_by_ids(db, &ids)?
            .into_iter()
            .map(|applicant| (applicant.application.id, applicant.person))
            .collect();
        let library = |id| libraries.get(&id).ok_or_else(|| AppError::not_found("library", id));
        found
            .iter()
            .map(|placement| {
                let (home, host) = (library(placement.home)?, library(placement.host)?);
                let person = people
                    .get(&placement.application)
                    .ok_or_else(|| AppError::not_found("application", placement.application))?;
                Ok(ScheduleRow {
                    placement: placement.id,
                    revision: placement.revision,
                    round: round.name.to_string(),
                    employer: employers.get(&placement.employer).cloned().unwrap_or_default(),
                    person_name: person.name.to_string(),
                    person_email: person.email.to_string(),
                    home_library: home.name.to_string(),
                    home_sectors: home.sectors.iter().map(ToString::to_string).collect(),
                    host_library: host.name.to_string(),
                    host_sectors: host.sectors.iter().map(ToString::to_string).collect(),
                    date: placement.date,
                    starts: placement.starts,
                    ends: placement.ends,
                    time_zone: placement.time_zone,
                    status: placement.state,
                    override_reason: placement.override_reason.clone(),
                    is_virtual: placement.terms.is_virtual,
                })
            })
            .collect()
    })
}

/// The same as CSV (`docs/exports.md`).
///
/// # Errors
/// As for [`list`].
pub fn csv(app: &App, actor: &Actor, round: RoundId, bom: Bom) -> Result<Vec<u8>, AppError> {
    Ok(export::schedule_csv(&list(app, actor, round)?, CsvFormat { bom }))
}

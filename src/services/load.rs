//! Loading one thing by its id, or saying that there is none.

use chrono::NaiveDate;

use super::AppError;
use super::app::permit_in_round;
use crate::domain::ids::{ApplicationId, LibraryId, PlacementId, RoundId, RunId};
use crate::domain::notice::Notice;
use crate::domain::opening::OpeningDay;
use crate::domain::organisation::Library;
use crate::domain::permissions::{Action, Actor};
use crate::domain::placement::Placement;
use crate::domain::round::Round;
use crate::domain::run::Run;
use crate::store::applications::Applicant;
use crate::store::{Db, applications, opening, organisations, placements, rounds, runs};

/// A round, drafts too: for use cases that asked the table before, or act on what hangs on the round.
pub(super) fn get_round(db: &mut Db, id: RoundId) -> Result<Round, AppError> {
    rounds::find(db, id)?.ok_or_else(|| AppError::not_found("round", id))
}

/// An application with its person.
pub(super) fn get_applicant(db: &mut Db, id: ApplicationId) -> Result<Applicant, AppError> {
    applications::find(db, id)?.ok_or_else(|| AppError::not_found("application", id))
}

/// A library.
pub(super) fn get_library(db: &mut Db, id: LibraryId) -> Result<Library, AppError> {
    organisations::find_library(db, id)?.ok_or_else(|| AppError::not_found("library", id))
}

/// A library by its id or by its reference in the list it came from.
pub(super) fn find_library(db: &mut Db, id_or_reference: &str) -> Result<Option<Library>, AppError> {
    Ok(match id_or_reference.parse() {
        Ok(id) => organisations::find_library(db, id)?,
        Err(_) => organisations::find_library_by_reference(db, id_or_reference)?,
    })
}

/// When a library is open on a date, and why.
pub(super) fn get_opening_day(
    db: &mut Db,
    library: &Library,
    date: NaiveDate,
) -> Result<OpeningDay, AppError> {
    let openings = opening::load(db, std::slice::from_ref(library), &(date..=date))?;
    Ok(openings.get(&library.id).cloned().unwrap_or_default().on(date))
}

/// A placement.
pub(super) fn get_placement(db: &mut Db, id: PlacementId) -> Result<Placement, AppError> {
    placements::find(db, id)?.ok_or_else(|| AppError::not_found("placement", id))
}

/// A run of a round on which an actor may do this.
///
/// # Errors
/// `not-found` also for another round's; `forbidden`, `unauthenticated`.
pub(super) fn get_own_run(db: &mut Db, actor: &Actor, action: Action, id: RunId) -> Result<Run, AppError> {
    let run = get_run(db, id)?;
    permit_in_round(actor, action, run.round, ("run", &id))?;
    Ok(run)
}

/// A run.
pub(super) fn get_run(db: &mut Db, id: RunId) -> Result<Run, AppError> {
    runs::find(db, id)?.ok_or_else(|| AppError::not_found("run", id))
}

/// The application that a notice is about.
pub(super) fn case_of(notice: &Notice) -> Result<ApplicationId, AppError> {
    notice
        .application
        .ok_or_else(|| AppError::Internal(format!("notice {} is about no application", notice.id)))
}

//! What became of libraries and employers that were merged or renamed: each points to its successor, and history goes on
//! there.

use serde_json::json;

use super::app::{permit_everywhere, record};
use super::load::get_library;
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::history::Successors;
use crate::domain::ids::{EmployerId, LibraryId};
use crate::domain::organisation::{Employer, Library};
use crate::domain::permissions::{Action, Actor};
use crate::store::{organisations, rounds};

const BACK: &str = "must not have become part of this one itself";

/// Says what a library has become part of, or that it stands for itself again.
///
/// # Errors
/// `changed-since`, `if-match-required`; `invalid-fields` where there is no such successor or the links would lead back;
/// `not-found`; `forbidden`.
pub fn set_of_library(
    app: &App,
    actor: &Actor,
    id: LibraryId,
    successor: Option<LibraryId>,
    seen: &Seen<Library>,
) -> Result<Library, AppError> {
    permit_everywhere(actor, Action::EditLibrary)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let before = get_library(tx, id)?;
        seen.admit(&before)?;
        if let Some(next) = successor {
            if organisations::find_library(tx, next)?.is_none() {
                return Err(AppError::field("/successor", next, "there is no such library"));
            }
            if !Successors::new(organisations::list_library_successors(tx)?).admit(id, next) {
                return Err(AppError::field("/successor", next, BACK));
            }
        }
        let after = Library { successor, ..before.clone() };
        if after == before {
            return Ok(before);
        }
        organisations::save_library(tx, &after, now.utc())?;
        rounds::bump_all_revisions(tx)?;
        let details = json!({ "successor": successor.map(|next| next.to_string()) });
        record(tx, &now, actor, Action::EditLibrary, ("library", &id), &details)?;
        Ok(after)
    })
}

/// Says what an employer has become part of, or that it stands for itself again.
///
/// # Errors
/// As for [`set_of_library`].
pub fn set_of_employer(
    app: &App,
    actor: &Actor,
    id: EmployerId,
    successor: Option<EmployerId>,
    seen: &Seen<Employer>,
) -> Result<Employer, AppError> {
    permit_everywhere(actor, Action::EditEmployer)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let before =
            organisations::find_employer(tx, id)?.ok_or_else(|| AppError::not_found("employer", id))?;
        seen.admit(&before)?;
        if let Some(next) = successor {
            if organisations::find_employer(tx, next)?.is_none() {
                return Err(AppError::field("/successor", next, "there is no such employer"));
            }
            if !Successors::new(organisations::list_employer_successors(tx)?).admit(id, next) {
                return Err(AppError::field("/successor", next, BACK));
            }
        }
        let after = Employer { successor, ..before.clone() };
        if after == before {
            return Ok(before);
        }
        organisations::save_employer(tx, &after)?;
        rounds::bump_all_revisions(tx)?;
        let details = json!({ "successor": successor.map(|next| next.to_string()) });
        record(tx, &now, actor, Action::EditEmployer, ("employer", &id), &details)?;
        Ok(after)
    })
}

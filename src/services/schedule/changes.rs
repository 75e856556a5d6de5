//! What has changed in an employer's schedule since somebody read it: by numbers, not by time. Transactions end in another
//! order than they began, so that a time would leave out what was committed late; a number is committed with its row.
//!
//! Whoever adds and replaces by `placement_id`, and takes out what is called off, has what a whole export gives.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::ids::{EmployerId, PlacementId};
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::schedule::{AbsenceCode, ScheduleRow};
use crate::services::app::permit;
use crate::services::{App, AppError};
use crate::store::{organisations, schedule, schedule_entries};

pub use crate::domain::schedule::Cursor;

/// A page of changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// Rows with what to do with each, by the number of their last change.
    pub rows: Vec<ScheduleRow>,
    /// How far this page reads.
    pub cursor: Cursor,
    /// Whether there is more to read behind it.
    pub has_more: bool,
}

/// What has changed since a cursor, or everything from the beginning; at most `most` rows.
///
/// # Errors
/// `not-found` for a foreign employer; `cursor-gone` for a cursor that is another employer's, made up, or older than what is
/// remembered; `forbidden`, `unauthenticated`.
pub fn since(
    app: &App,
    actor: &Actor,
    employer: EmployerId,
    cursor: Option<Cursor>,
    (most, code): (u32, Option<AbsenceCode>),
) -> Result<Changes, AppError> {
    let subject = Subject::of_employers(&[employer]);
    permit(actor, Action::ExportSchedule, &subject, ("employer", &employer))?;
    let code = Arc::new(code.unwrap_or_else(|| app.settings.absence_code.clone()));
    app.store.read(|db| {
        organisations::find_employer(db, employer)?
            .ok_or_else(|| AppError::not_found("employer", employer))?;
        let (last, forgotten) = schedule_entries::find_counter(db, employer)?;
        let read = match cursor {
            None => 0,
            Some(cursor) if cursor.employer != employer || cursor.read > last => {
                return Err(gone("was not given for this employer's schedule"));
            }
            // Whoever has read nothing misses nothing that is forgotten.
            Some(cursor) if cursor.read > 0 && cursor.read < forgotten => return Err(gone("is too old")),
            Some(cursor) => cursor.read,
        };
        let mut counted = schedule_entries::list_since(db, employer, read, i64::from(most) + 1)?;
        let page = usize::try_from(most).unwrap_or(usize::MAX);
        let has_more = counted.len() > page;
        counted.truncate(page);
        let ids: Vec<PlacementId> = counted.iter().map(|one| one.placement).collect();
        let found = schedule::list_by_ids(db, employer, &ids, &code)?;
        let mut found: HashMap<PlacementId, ScheduleRow> =
            found.into_iter().map(|row| (row.placement, row)).collect();
        let reached = if has_more { counted.last().map_or(last, |one| one.revision) } else { last };
        let rows = counted.iter().filter_map(|one| {
            let op = one.op_since(read)?;
            found.remove(&one.placement).map(|row| ScheduleRow { op: Some(op), ..row })
        });
        Ok(Changes { rows: rows.collect(), cursor: Cursor { employer, read: reached }, has_more })
    })
}

fn gone(why: &str) -> AppError {
    let words = format!(
        "the cursor {why}: take the schedule anew, by leaving `since` out, and forget what you had before"
    );
    AppError::Refused(Refusal::new(RefusalCode::CursorGone, words))
}

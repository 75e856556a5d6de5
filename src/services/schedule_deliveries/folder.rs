//! What the worker needs to bring files into the folder: those that wait, their bytes, and what came of it.

use super::making::{details, failed};
use super::told::tell_failure;
use crate::domain::ids::EmployerId;
use crate::domain::permissions::{Action, Actor};
use crate::domain::schedule_delivery::{
    Dispatch, DispatchFailure, DispatchFile, DispatchState, ScheduleDelivery,
};
use crate::services::app::{permit_everywhere, record};
use crate::services::outbox::wait_after;
use crate::services::{App, AppError};
use crate::store::{schedule_deliveries, schedule_dispatches};

/// Files of one step.
const MOST_FILES: i64 = 100;

/// A file for a folder.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// Whose folder it goes into.
    pub employer: EmployerId,
    /// The file.
    pub file: DispatchFile,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is in the folder, whole.
    Done,
    /// The system would not take it; why.
    NotTaken(String),
    /// There is no file any more.
    Gone,
}

/// The dispatches whose folder is to be tried now.
///
/// # Errors
/// The database's.
pub fn list_waiting(app: &App, by: &str) -> Result<Vec<Dispatch>, AppError> {
    permit_everywhere(&Actor::worker(by), Action::DispatchSchedule)?;
    app.store.read(|db| Ok(schedule_dispatches::list_waiting(db, app.clock.now_utc(), MOST_FILES)?))
}

/// The file of a dispatch, and whose folder it goes into; none where it is gone.
///
/// # Errors
/// The database's.
pub fn parcel(app: &App, dispatch: &Dispatch) -> Result<Option<Parcel>, AppError> {
    app.store.read(|db| {
        let delivery = schedule_deliveries::find(db, dispatch.delivery, None)?;
        let file = schedule_dispatches::find_file(db, dispatch.id)?;
        Ok(delivery.zip(file).map(|(delivery, file)| Parcel { employer: delivery.employer, file }))
    })
}

/// Writes down what an attempt came to: it is tried again after a growing wait, and given up after the last one. Nothing where
/// another worker was faster.
///
/// # Errors
/// The database's.
pub fn settle(app: &App, by: &str, dispatch: &Dispatch, put: &Put) -> Result<(), AppError> {
    let now = app.now()?;
    let actor = Actor::worker(by);
    app.store.write(|tx| {
        let there = schedule_dispatches::find(tx, dispatch.id)?;
        let delivery = schedule_deliveries::find(tx, dispatch.delivery, None)?;
        let (true, Some(delivery)) = (there.as_ref() == Some(dispatch), delivery) else { return Ok(()) };
        let tried = Dispatch { attempts: dispatch.attempts + 1, ..dispatch.clone() };
        let after = match put {
            Put::Done => Dispatch { state: DispatchState::Delivered, last_error: None, ..tried },
            Put::Gone => failed(&tried, DispatchFailure::FileErased),
            Put::NotTaken(words) => {
                let tried = Dispatch { last_error: Some(words.clone()), ..tried };
                match wait_after(tried.id.uuid(), tried.attempts) {
                    Some(wait) => {
                        let again = Dispatch { next_attempt_at: now.utc() + wait, ..tried };
                        return Ok(schedule_dispatches::save(tx, &again)?);
                    }
                    None => failed(&tried, DispatchFailure::FolderNotWritable),
                }
            }
        };
        let after = Dispatch { settled_at: Some(now.utc()), ..after };
        schedule_dispatches::save(tx, &after)?;
        if after.state == DispatchState::Delivered {
            schedule_deliveries::save(tx, &ScheduleDelivery { read: Some(after.read_to), ..delivery })?;
        } else {
            tell_failure(tx, &now, delivery.employer, &after)?;
        }
        let (action, told) = (Action::DispatchSchedule, details(&after));
        record(tx, &now, &actor, action, ("schedule_dispatch", &after.id), &told)
    })
}

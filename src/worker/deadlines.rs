//! One step of the deadlines: look what is due, and do it, each in a transaction of its own.

use super::Stop;
use crate::services::deadlines;
use crate::services::{App, AppError};

/// Does everything that is due now, until asked to stop; gives how much was done.
///
/// # Errors
/// The database's. What cannot be done for another reason is logged and does not hold up the rest.
pub fn act_on_due(app: &App, by: &str, stop: &Stop) -> Result<usize, AppError> {
    let mut done = 0;
    for due in deadlines::list_due(app, by)? {
        if stop.is_asked() {
            break;
        }
        match deadlines::act(app, by, &due) {
            Ok(true) => {
                tracing::info!(?due, "deadline");
                done += 1;
            }
            Ok(false) => {}
            Err(AppError::Store(error)) => return Err(error.into()),
            Err(error) => tracing::error!(?due, %error, "deadline"),
        }
    }
    Ok(done)
}

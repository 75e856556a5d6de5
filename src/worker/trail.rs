//! One step of the trail: chain what the audit has since the last one, and make what published runs are proven by.

use super::Stop;
use crate::services::{App, AppError, audit, proofs};

/// Does everything that waits, until asked to stop.
///
/// # Errors
/// The database's. A run that cannot be proven is logged and does not hold up the rest.
pub fn step(app: &App, by: &str, stop: &Stop) -> Result<(), AppError> {
    while !stop.is_asked() && audit::chain(app, by)? > 0 {}
    for run in proofs::list_missing(app, by)? {
        if stop.is_asked() {
            break;
        }
        match proofs::make(app, by, run) {
            Ok(()) => {}
            Err(error) if error.code() == "unavailable" => return Err(error),
            Err(error) => tracing::error!(%run, %error, "proof"),
        }
    }
    Ok(())
}

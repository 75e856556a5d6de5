//! One step of keeping house: what is over its time goes, and old keys give way to the present one.

use crate::domain::permissions::Actor;
use crate::services::{App, AppError, keys, retention};

/// Takes away what is over its time, and seals anew what another key has sealed.
///
/// # Errors
/// The database's.
pub fn tidy(app: &App, by: &str) -> Result<(), AppError> {
    for (kind, count) in retention::apply(app, &Actor::worker(by))? {
        if count > 0 {
            tracing::info!(%kind, count, "over its time: taken away");
        }
    }
    let resealed = keys::reseal(app, by)?;
    if resealed > 0 {
        tracing::info!(count = resealed, "sealed anew with the present key");
    }
    Ok(())
}

//! One step of keeping house: what is over its time goes, and old keys give way to the present one.

use crate::domain::permissions::Actor;
use crate::services::{App, AppError, keys, retention};

/// Takes away what is over its time, and seals anew what another key has sealed.
///
/// # Errors
/// The database's; that of the first kind that could not be taken away.
pub fn tidy(app: &App, by: &str) -> Result<(), AppError> {
    let taken = retention::apply(app, &Actor::worker(by));
    let resealed = keys::reseal(app, by)?;
    if resealed > 0 {
        tracing::info!(count = resealed, "sealed anew with the present key");
    }
    for (kind, count) in taken? {
        if count > 0 {
            tracing::info!(%kind, count, "over its time: taken away");
        }
    }
    Ok(())
}

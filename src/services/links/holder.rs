//! Who acts by a link.

use super::possible::is_believed;
use crate::domain::permissions::Actor;
use crate::services::app::sha256_hex;
use crate::services::{App, AppError};
use crate::store::links;

/// Who acts by a link, for API requests that carry its secret as a credential.
///
/// # Errors
/// `unauthenticated` for an unknown or expired one.
pub fn authenticate(app: &App, secret: &str) -> Result<Actor, AppError> {
    let now = app.now()?;
    app.store.read(|db| match links::find_by_secret(db, &sha256_hex(secret))? {
        Some(link) if now.utc() < link.expires_at && is_believed(db, &link)? => Ok(link.actor()),
        Some(_) | None => Err(AppError::Unauthenticated),
    })
}

/// Who acts by a link, for pages whose address holds its secret.
///
/// # Errors
/// `not-found` for an unknown or expired one.
pub(in crate::services) fn holder(app: &App, secret: &str) -> Result<Actor, AppError> {
    authenticate(app, secret).map_err(|error| match error {
        AppError::Unauthenticated => AppError::not_found("link", "with this address: it may have expired"),
        other => other,
    })
}

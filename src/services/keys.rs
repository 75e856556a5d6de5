//! The keys by which what is confidential is encrypted: made, and changed for new ones (docs/privacy.md, "Keys").

use serde_json::json;

use super::app::{permit_everywhere, record};
use super::{App, AppError};
use crate::domain::permissions::{Action, Actor};
use crate::services::clock::Chance;
use crate::store::keys::KEY_BYTES;
use crate::store::resealing;

pub use crate::store::keys::Keyring;

/// These keys with a new one, which seals from now on.
///
/// # Errors
/// When the operating system gives no random numbers.
pub fn with_new(keys: &Keyring, chance: &Chance) -> Result<Keyring, AppError> {
    let mut bytes = [0; KEY_BYTES];
    for half in bytes.chunks_mut(KEY_BYTES / 2) {
        half.copy_from_slice(&chance.bytes()?);
    }
    Ok(keys.with_new(bytes))
}

/// The names of the keys that sealed something in the database.
///
/// # Errors
/// The database's.
pub fn list_used(app: &App) -> Result<Vec<String>, AppError> {
    app.store.read(|db| Ok(resealing::list_used_keys(db)?))
}

/// The names of keys that sealed something, and that the installation does not have: what they sealed cannot be read.
///
/// # Errors
/// The database's.
pub fn list_missing(app: &App) -> Result<Vec<String>, AppError> {
    let known = app.store.keys().ids();
    Ok(list_used(app)?.into_iter().filter(|id| !known.contains(id)).collect())
}

/// Texts of each kind that are sealed anew in one transaction at most.
const MOST_RESEALED: i64 = 50;

/// Seals with the present key what another one has sealed, or none; gives how many texts. Again and again it comes to an
/// end.
///
/// # Errors
/// The database's; `unavailable` where a key is not there.
pub fn reseal(app: &App, by: &str) -> Result<usize, AppError> {
    let actor = &Actor::worker(by);
    permit_everywhere(actor, Action::Reseal)?;
    let key = app.store.keys().ids().first().cloned().unwrap_or_default();
    let mut count = 0;
    loop {
        let now = app.now()?;
        let done = app.store.write(|tx| {
            let done = resealing::reseal(tx, MOST_RESEALED)?;
            if done > 0 {
                record(tx, &now, actor, Action::Reseal, ("key", &key), &json!({ "texts": done }))?;
            }
            Ok::<_, AppError>(done)
        })?;
        if done == 0 {
            return Ok(count);
        }
        count += done;
    }
}

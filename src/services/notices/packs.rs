//! What is told about joining packs, to both sides alike: the first whole, every later one as a difference.
//!
//! These mails have threads of their own: they overtake each other, and no other mail of the placement.

use super::{Case, Facts, PackFacts, Recipient, pack_thread_of, tell_in};
use crate::domain::letter::NoticeKind;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::packs::{self, StoredPack};
use crate::store::{Tx, outbox};

/// Those who spend the day together.
fn sides(case: &Case) -> Vec<Recipient> {
    let mut sides = vec![Recipient::participant(&case.applicant)];
    sides.extend(case.host_contact().map(Recipient::host));
    sides
}

/// Tells both sides the newest version of a pack: as a difference to what each of them knows, and whole to whom nothing
/// has reached. What has not left of earlier ones is dropped.
///
/// # Errors
/// The database's.
pub fn joining_pack(tx: &mut Tx<'_>, now: &Now, case: &Case, newest: &StoredPack) -> Result<(), AppError> {
    for recipient in sides(case) {
        let thread = pack_thread_of(&case.placement, recipient.party);
        let since = known_version(tx, &thread)?;
        let kind = match since {
            None => NoticeKind::JoiningPack,
            Some(known) => {
                let known = packs::find_version(tx, case.placement.id, known)?;
                if known.is_some_and(|known| newest.pack.changes_since(&known.pack).is_empty()) {
                    outbox::supersede(tx, &thread, now.utc())?;
                    continue;
                }
                NoticeKind::PackChanged
            }
        };
        let pack = Some(PackFacts { version: newest.version, since });
        let facts = Facts { pack, acquainted: true, ..Facts::default() };
        tell_in(tx, now, case, thread, &recipient, (kind, newest.version), &facts)?;
    }
    Ok(())
}

/// The version that a mail of the thread has told, or is about to.
fn known_version(tx: &mut Tx<'_>, thread: &str) -> Result<Option<i64>, AppError> {
    let mut known = None;
    for facts in packs::list_told(tx, thread)? {
        let facts: Facts =
            serde_json::from_str(&facts).map_err(|error| AppError::Internal(error.to_string()))?;
        known = known.max(facts.pack.map(|pack| pack.version));
    }
    Ok(known)
}

/// Asks the host for what is missing; once, false when it was before.
///
/// # Errors
/// The database's.
pub fn pack_missing(tx: &mut Tx<'_>, now: &Now, case: &Case) -> Result<bool, AppError> {
    let Some(recipient) = case.host_contact().map(Recipient::host) else { return Ok(false) };
    let facts = Facts { acquainted: true, ..Facts::default() };
    let thread = pack_thread_of(&case.placement, recipient.party);
    tell_in(tx, now, case, thread, &recipient, (NoticeKind::PackMissing, 0), &facts)
}

/// Drops what has not left about the pack of a placement that is off.
///
/// # Errors
/// The database's.
pub(super) fn drop_pack(tx: &mut Tx<'_>, now: &Now, case: &Case) -> Result<(), AppError> {
    for recipient in sides(case) {
        outbox::supersede(tx, &pack_thread_of(&case.placement, recipient.party), now.utc())?;
    }
    Ok(())
}

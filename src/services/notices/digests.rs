//! The daily digest: what is routine for managers and hosts, gathered into one mail an address and day.

use chrono::NaiveDate;

use super::next_morning;
use crate::domain::email::Email;
use crate::domain::ids::NoticeId;
use crate::domain::letter::NoticeKind;
use crate::domain::notice::Notice;
use crate::services::AppError;
use crate::services::app::{Now, sha256_hex};
use crate::services::load::{case_of, get_applicant, get_round};
use crate::store::{Tx, outbox};

/// Tells everything that waits for the digest to an address in one mail, which is filed under the first thing that it
/// tells; none when nothing is due any more. What comes after the digest of a day waits for the next one.
///
/// # Errors
/// The database's.
pub fn digest(tx: &mut Tx<'_>, now: &Now, to: &Email) -> Result<Option<(NoticeId, usize)>, AppError> {
    let collected = outbox::list_collected(tx, to, now.utc())?;
    let Some(first) = collected.first() else { return Ok(None) };
    let ids: Vec<NoticeId> = collected.iter().map(|notice| notice.id).collect();
    let round = get_applicant(tx, case_of(first)?)?.application.round;
    let zone = get_round(tx, round)?.time_zone;
    let dedupe_key = key_of_digest(to, now.today(zone));
    let id = NoticeId::new(now.id(&dedupe_key));
    let is_new = outbox::enqueue(
        tx,
        &Notice {
            recipient_name: first.recipient_name.clone(),
            application: first.application,
            // No other's thread: nothing overtakes what it tells.
            ..Notice::queued(id, (NoticeKind::Digest, dedupe_key), (first.party, to.clone()), now.utc())
        },
    )?;
    if !is_new {
        outbox::put_off(tx, &ids, next_morning(now, zone))?;
        return Ok(None);
    }
    outbox::mark_digested(tx, &ids, id, now.utc())?;
    Ok(Some((id, ids.len())))
}

/// The key of an address's digest of a day. Keys are shown where addresses are not.
fn key_of_digest(to: &Email, day: NaiveDate) -> String {
    format!("digest:{}:{day}", &sha256_hex(to.as_str())[..16])
}

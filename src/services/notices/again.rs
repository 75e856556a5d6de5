//! A mail is sent again: the same fact as a notice of its own, with a link and a Message-ID of its own, in its thread.

use super::{DEPUTY_THREAD, FORMER_THREAD, Facts, HR_THREAD, Recipient};
use crate::domain::ids::NoticeId;
use crate::domain::letter::NoticeKind;
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::party::Party;
use crate::services::AppError;
use crate::services::app::Now;
use crate::services::load::{case_of, get_applicant, get_placement};
use crate::services::placements::get_case;
use crate::store::{Db, Tx, invitations, organisations, outbox};

/// To whom a notice would go now: addresses are corrected, colleagues take over. None where there is nobody.
///
/// # Errors
/// The database's.
pub fn recipient_now(db: &mut Db, notice: &Notice) -> Result<Option<Recipient>, AppError> {
    let as_it_was = || Recipient {
        party: notice.party,
        name: notice.recipient_name.clone(),
        address: notice.recipient.clone(),
    };
    // Of those who were the contact then nothing newer is known.
    if notice.thread_key.ends_with(FORMER_THREAD) {
        return Ok(Some(as_it_was()));
    }
    if notice.kind == NoticeKind::Digest {
        let told = outbox::list_digested(db, notice.again_of.unwrap_or(notice.id))?;
        return match told.first().filter(|told| told.kind != NoticeKind::Digest) {
            Some(told) => recipient_now(db, told),
            None => Ok(None),
        };
    }
    if let Some(placement) = notice.placement.filter(|_| notice.thread_key.ends_with(HR_THREAD)) {
        let employer = get_placement(db, placement)?.employer;
        let address = organisations::find_hr_address(db, employer)?;
        return Ok(address.map(|address| Recipient { party: notice.party, name: None, address }));
    }
    let Some(placement) = notice.placement else {
        let applicant = get_applicant(db, case_of(notice)?)?;
        return Ok(match notice.party {
            Party::Participant => Some(Recipient::participant(&applicant)),
            Party::Manager => Some(Recipient::manager(&applicant)),
            Party::Host => None,
        });
    };
    let case = get_case(db, placement)?;
    if notice.kind == NoticeKind::DeputyRequest || notice.thread_key.ends_with(DEPUTY_THREAD) {
        return Ok(case.host.deputy.as_ref().map(Recipient::host));
    }
    Ok(case.recipient(notice.party))
}

/// Enqueues a notice that says what `first` said, for the `number`th time after it. The calendar's event keeps its UID and
/// the SEQUENCE that it has now.
///
/// # Errors
/// The database's.
pub fn send_again(
    tx: &mut Tx<'_>,
    now: &Now,
    first: &Notice,
    recipient: Recipient,
    number: usize,
) -> Result<Notice, AppError> {
    let mut facts = Facts::of(first)?;
    let is_formers = facts.former_uid.is_some();
    if let (Some(_), Some(placement), false) = (facts.sequence, first.placement, is_formers) {
        let identity = invitations::find(tx, placement, first.party)?;
        facts.sequence = identity.map(|known| known.sequence);
    }
    let dedupe_key = format!("{}:again:{number}", first.dedupe_key);
    let notice = Notice {
        id: NoticeId::new(now.id(&dedupe_key)),
        dedupe_key,
        recipient_name: recipient.name,
        recipient: recipient.address,
        run: None,
        facts: serde_json::to_string(&facts).map_err(|error| AppError::Internal(error.to_string()))?,
        state: NoticeState::Queued,
        message_id: None,
        attempts: 0,
        next_attempt_at: now.utc(),
        last_answer: None,
        created_at: now.utc(),
        settled_at: None,
        superseded_by: None,
        again_of: Some(first.id),
        digest: None,
        ..first.clone()
    };
    outbox::enqueue(tx, &notice)?;
    Ok(notice)
}

//! What is told about offers of the host instead of a no.

use super::coalescing::coalesced;
use super::hr::for_hr;
use super::placements::{is_invited, known_already, last_heard, next_identity};
use super::{Case, Event, FORMER_THREAD, Facts, Recipient, tell_in, tell_of, thread_of};
use crate::domain::alternative::AlternativeKind;
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::Tx;
use crate::store::invitations;

/// Tells the participant that the host offers something else.
///
/// # Errors
/// The database's.
pub fn offered(tx: &mut Tx<'_>, now: &Now, case: &Case) -> Result<(), AppError> {
    let recipient = Recipient::participant(&case.applicant);
    let facts = Facts::default();
    tell_of(tx, now, case, &recipient, (NoticeKind::Alternative, case.placement.revision), &facts)?;
    Ok(())
}

/// Tells that the participant has taken what the host offered: one mail to each who heard of the former day, a proposal
/// to the manager where they are asked (`anew`), a confirmation to whoever never heard of it once everybody agrees.
///
/// # Errors
/// The database's.
pub fn moved(
    tx: &mut Tx<'_>,
    now: &Now,
    before: &Case,
    case: &Case,
    (taken, is_certain, anew): (AlternativeKind, bool, Option<Party>),
) -> Result<(), AppError> {
    let (was, is) = (&before.placement, &case.placement);
    let event = if is_certain { Event::Confirmed } else { Event::Tentative };
    let facts = Facts {
        event: Some(event),
        acquainted: is_certain,
        former_date: (was.date != is.date).then_some(was.date),
        former_times: ((was.date, was.starts, was.ends) != (is.date, is.starts, is.ends))
            .then_some((was.starts, was.ends)),
        taken: Some(taken.to_string()),
        ..Facts::default()
    };
    if taken == AlternativeKind::Colleague {
        hand_over(tx, now, before, case)?;
    }
    for recipient in case.recipients() {
        let party = recipient.party;
        let has_heard = last_heard(tx, case, party)?.is_some();
        let kind = if anew == Some(party) {
            NoticeKind::Proposal
        } else if has_heard || party != Party::Manager {
            NoticeKind::Changed
        } else if is_certain {
            NoticeKind::Confirmed
        } else {
            continue;
        };
        let mut facts = facts.clone();
        let mut kind = kind;
        if kind != NoticeKind::Proposal {
            let thread = thread_of(&case.applicant, Some(is), party);
            let Some(told) = coalesced(tx, case, &thread, (kind, facts))? else {
                known_already(tx, now, case, party, &thread)?;
                continue;
            };
            (kind, facts) = told;
        }
        if is_invited(party) {
            facts.sequence = Some(next_identity(tx, now, case, party)?.sequence);
        }
        tell_of(tx, now, case, &recipient, (kind, is.revision), &facts)?;
    }
    if is_certain { for_hr(tx, now, case, NoticeKind::Confirmed, &Facts::default()) } else { Ok(()) }
}

/// Whoever was to receive the visitor hears that a colleague does, and the day leaves their calendar; the colleague's
/// entry is one of its own.
///
/// # Errors
/// The database's.
pub fn hand_over(tx: &mut Tx<'_>, now: &Now, before: &Case, case: &Case) -> Result<(), AppError> {
    let thread = thread_of(&case.applicant, Some(&case.placement), Party::Host);
    if let Some(former) = before.host_contact()
        && last_heard(tx, before, Party::Host)?.is_some()
    {
        let identity = invitations::find(tx, case.placement.id, Party::Host)?;
        let facts = Facts {
            event: Some(Event::Cancelled),
            sequence: identity.as_ref().map(|known| known.sequence + 1),
            former_uid: identity.map(|known| known.uid),
            ..Facts::default()
        };
        let what = (NoticeKind::HandedOver, case.placement.revision);
        tell_in(tx, now, case, thread + FORMER_THREAD, &Recipient::host(former), what, &facts)?;
    }
    Ok(invitations::forget(tx, case.placement.id, Party::Host)?)
}

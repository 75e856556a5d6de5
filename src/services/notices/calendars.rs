//! What is told when somebody chooses between invitations and a subscribed calendar.

use super::alternatives::hand_over;
use super::placements::{last_heard, next_identity, told_of};
use super::{
    CALENDAR_THREAD, Case, Event, Facts, LIBRARY_THREAD, Recipient, tell_in, tell_of, thread_of_placement,
};
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::domain::states::PlacementState;
use crate::domain::told::Told;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::{Tx, invitations, outbox};

/// Puts a day into a party's calendar, or takes it out: which of the two is true is looked up when the mail is written,
/// and what was to be told of it before is dropped.
///
/// # Errors
/// The database's.
pub fn calendar_chosen(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    recipient: &Recipient,
) -> Result<(), AppError> {
    let sequence = next_identity(tx, now, case, recipient.party)?.sequence;
    let knows_host = match recipient.party {
        Party::Participant | Party::Host => case.placement.state == PlacementState::Confirmed,
        Party::Manager => false,
    };
    let event = if knows_host { Event::Confirmed } else { Event::Tentative };
    let facts =
        Facts { sequence: Some(sequence), event: Some(event), acquainted: knows_host, ..Facts::default() };
    let thread = thread_of_placement(case.placement.id, recipient.party) + CALENDAR_THREAD;
    tell_in(tx, now, case, thread, recipient, (NoticeKind::Calendar, sequence), &facts)?;
    Ok(())
}

/// Brings the entries of a placement up to date whose library has another name, address or zone; only where they are in a
/// calendar. Another zone moves the day, so it raises SEQUENCE; other words do not (RFC 5546, 2.1.4).
///
/// # Errors
/// The database's.
pub fn entry_follows(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    told: &[Party],
    has_moved: bool,
) -> Result<(), AppError> {
    for recipient in case.recipients().iter().filter(|recipient| told.contains(&recipient.party)) {
        let party = recipient.party;
        let Some(known) = invitations::find(tx, case.placement.id, party)? else { continue };
        if known.is_in_calendar != Some(true) {
            if has_moved {
                // What waits under this SEQUENCE will tell the new zone.
                let told = told_of(&case.placement);
                invitations::note_told_since(tx, case.placement.id, party, &told, known.sequence)?;
            }
            continue;
        }
        let sequence = if has_moved { Some(next_identity(tx, now, case, party)?.sequence) } else { None };
        let reason = Some(Told::LibraryChanged);
        let acquainted = case.placement.state == PlacementState::Confirmed;
        let facts = Facts { sequence, reason, acquainted, ..Facts::default() };
        let thread = thread_of_placement(case.placement.id, party) + LIBRARY_THREAD;
        tell_in(tx, now, case, thread, recipient, (NoticeKind::Calendar, case.placement.revision), &facts)?;
    }
    Ok(())
}

/// Invites whoever receives a library's visitors from now on, in the place of who did before.
///
/// # Errors
/// The database's.
pub fn contact_follows(tx: &mut Tx<'_>, now: &Now, before: &Case, case: &Case) -> Result<(), AppError> {
    if last_heard(tx, before, Party::Host)?.is_none() {
        // Nobody has told the former one: what waits goes to whoever comes after.
        if let Some(contact) = case.host_contact() {
            outbox::readdress(tx, &thread_of_placement(case.placement.id, Party::Host), contact)?;
        }
        return Ok(());
    }
    hand_over(tx, now, before, case)?;
    let Some(contact) = case.host_contact() else { return Ok(()) };
    let is_certain = case.placement.state == PlacementState::Confirmed;
    let (kind, event) = if is_certain {
        (NoticeKind::Confirmed, Event::Confirmed)
    } else {
        (NoticeKind::Proposal, Event::Tentative)
    };
    let sequence = Some(next_identity(tx, now, case, Party::Host)?.sequence);
    let facts = Facts { sequence, event: Some(event), acquainted: is_certain, ..Facts::default() };
    tell_of(tx, now, case, &Recipient::host(contact), (kind, case.placement.revision), &facts)?;
    Ok(())
}

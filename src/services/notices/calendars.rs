//! What is told when somebody chooses between invitations and a subscribed calendar.

use super::placements::next_identity;
use super::{CALENDAR_THREAD, Case, Event, Facts, Recipient, tell_in, thread_of_placement};
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::domain::states::PlacementState;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::Tx;

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

//! What is told about swaps: the question, that it came to nothing, and the exchange itself.
//!
//! Questions have a thread of their own for each swap, so that they overtake no other mail of the placement.

use super::hr::for_hr;
use super::packs::drop_pack;
use super::placements::{is_invited, last_heard, next_identity};
use super::{Case, Event, Facts, Recipient, tell_in, tell_of, thread_of_placement};
use crate::domain::ids::{PlacementId, SwapId};
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::domain::states::PlacementState;
use crate::domain::told::Told;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::{Tx, outbox};

/// The thread of the mails to one party about one swap.
fn swap_thread_of(case: &Case, party: Party, swap: SwapId) -> String {
    format!("{}:swap:{swap}", thread_of_placement(case.placement.id, party))
}

fn facts_of(case: &Case, swap: SwapId) -> Facts {
    let acquainted = case.placement.state == PlacementState::Confirmed;
    Facts { swap: Some(swap.to_string()), acquainted, ..Facts::default() }
}

fn recipient_of(case: &Case, party: Party) -> Option<Recipient> {
    case.recipients().into_iter().find(|recipient| recipient.party == party)
}

/// Asks a party of a placement whether a swap suits.
///
/// # Errors
/// The database's.
pub fn swap_request(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    party: Party,
    swap: SwapId,
) -> Result<(), AppError> {
    let Some(recipient) = recipient_of(case, party) else { return Ok(()) };
    let thread = swap_thread_of(case, party, swap);
    tell_in(tx, now, case, thread, &recipient, (NoticeKind::SwapRequest, 0), &facts_of(case, swap))?;
    Ok(())
}

/// Drops the question of a swap where it has not left.
///
/// # Errors
/// The database's.
pub fn drop_swap_request(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    party: Party,
    swap: SwapId,
) -> Result<(), AppError> {
    outbox::supersede(tx, &swap_thread_of(case, party, swap), now.utc())?;
    Ok(())
}

/// Drops what has not left to a party about swaps of a placement that has ended: that mail tells more.
///
/// # Errors
/// The database's.
pub fn drop_swap_mails(
    tx: &mut Tx<'_>,
    now: &Now,
    placement: PlacementId,
    party: Party,
) -> Result<(), AppError> {
    let threads = format!("{}:swap:", thread_of_placement(placement, party));
    Ok(outbox::supersede_below(tx, &threads, now.utc())?)
}

/// Tells a party that was asked that the swap came to nothing; whoever was not told of it hears nothing.
///
/// # Errors
/// The database's.
pub fn swap_ended(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    party: Party,
    swap: SwapId,
    reason: &Told,
) -> Result<(), AppError> {
    let thread = swap_thread_of(case, party, swap);
    if !outbox::has_begun(tx, &thread)? {
        return drop_swap_request(tx, now, case, party, swap);
    }
    let Some(recipient) = recipient_of(case, party) else { return Ok(()) };
    let facts = Facts { reason: Some(reason.clone()), ..facts_of(case, swap) };
    tell_in(tx, now, case, thread, &recipient, (NoticeKind::SwapEnded, 0), &facts)?;
    Ok(())
}

/// Tells a participant who was sent no question that a swap comes to nothing.
///
/// # Errors
/// The database's.
pub fn swap_impossible(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    swap: SwapId,
    reason: &Told,
) -> Result<(), AppError> {
    let recipient = Recipient::participant(&case.applicant);
    let thread = swap_thread_of(case, Party::Participant, swap);
    let facts = Facts { reason: Some(reason.clone()), ..facts_of(case, swap) };
    tell_in(tx, now, case, thread, &recipient, (NoticeKind::SwapEnded, 0), &facts)?;
    Ok(())
}

/// Drops what has not left about a placement that was exchanged for another one: the mails about that one tell both.
///
/// # Errors
/// The database's.
pub fn exchanged_away(tx: &mut Tx<'_>, now: &Now, case: &Case) -> Result<(), AppError> {
    drop_pack(tx, now, case)?;
    for party in Party::ALL {
        outbox::supersede(tx, &thread_of_placement(case.placement.id, *party), now.utc())?;
    }
    for_hr(tx, now, case, NoticeKind::Cancelled, &Facts::default())
}

/// Tells everybody that a placement stands by an exchange, in one mail each: it takes the place of `old` for the participant
/// and their manager, and that of another visitor (`taken`) for the host.
///
/// # Errors
/// The database's.
pub fn exchanged(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    (old, taken): (&Case, &Case),
) -> Result<(), AppError> {
    for recipient in case.recipients() {
        let party = recipient.party;
        let reason = match party {
            Party::Participant => Told::YouExchanged { day: old.day() },
            Party::Host => Told::VisitorExchanged,
            Party::Manager => Told::ColleagueExchanged { day: old.day() },
        };
        let former = if party == Party::Host { taken } else { old };
        let mut facts = Facts {
            event: Some(Event::Confirmed),
            acquainted: true,
            instead_of: last_heard(tx, former, party)?,
            reason: Some(reason),
            ..Facts::default()
        };
        if is_invited(party) {
            facts.sequence = Some(next_identity(tx, now, case, party)?.sequence);
        }
        tell_of(tx, now, case, &recipient, (NoticeKind::Confirmed, case.placement.revision), &facts)?;
    }
    for_hr(tx, now, case, NoticeKind::Confirmed, &Facts::default())
}

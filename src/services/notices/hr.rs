//! What an employer's HR team reads of its staff's days, once a day and only in digests: what is certain and what is off.

use super::coalescing::coalesced;
use super::{Case, Event, Facts, HR_THREAD, Recipient, tell_in, thread_of_placement};
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::{Tx, organisations, outbox};

/// Notes for the digest that a day is certain, has changed or is off. HR reads what a line manager may, and not who is ill.
///
/// # Errors
/// The database's.
pub(super) fn for_hr(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    kind: NoticeKind,
    facts: &Facts,
) -> Result<(), AppError> {
    if !now.pace.digests {
        return Ok(());
    }
    let thread = thread_of_placement(case.placement.id, Party::Manager) + HR_THREAD;
    let Some(address) = organisations::find_hr_address(tx, case.placement.employer)? else { return Ok(()) };
    let recipient = Recipient { party: Party::Manager, name: None, address };
    let event = if kind == NoticeKind::Cancelled { Event::Cancelled } else { Event::Confirmed };
    let facts = Facts { event: Some(event), acquainted: true, sequence: None, ..facts.clone() };
    let told = if event == Event::Cancelled {
        let waiting = outbox::find_waiting(tx, &thread)?.map(|waiting| Facts::of(&waiting)).transpose()?;
        let former_date = waiting.and_then(|waiting| waiting.former_date);
        outbox::has_begun(tx, &thread)?.then_some((kind, Facts { former_date, ..facts }))
    } else {
        coalesced(tx, case, &thread, (kind, facts))?
    };
    match told {
        Some((kind, facts)) => {
            tell_in(tx, now, case, thread, &recipient, (kind, case.placement.revision), &facts)?;
        }
        // Nothing that HR has read is different.
        None => drop(outbox::supersede(tx, &thread, now.utc())?),
    }
    Ok(())
}

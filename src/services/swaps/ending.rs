//! How a swap comes to nothing: every placement stays as it is, and whoever was told of the swap hears so.

use serde_json::json;

use super::{cases_of, get_swap};
use crate::domain::ids::{PlacementId, SwapId};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::placement::Placement;
use crate::domain::steps::Deed;
use crate::domain::swap::Swap;
use crate::domain::told::Told;
use crate::services::AppError;
use crate::services::app::{Now, record};
use crate::services::load::get_round;
use crate::services::notices;
use crate::services::placements::get_case;
use crate::store::{Db, Tx, swaps};
use crate::words::in_english;

/// How and why a swap ends.
pub(super) struct End {
    pub(super) action: Action,
    pub(super) deed: Deed,
    pub(super) why: Told,
}

/// Ends a swap and tells everybody who was told of it.
pub(super) fn end(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    swap: &mut Swap,
    how: &End,
) -> Result<(), AppError> {
    swap.end(how.deed, &in_english(&how.why), now.utc())?;
    tell(tx, now, swap, &how.why, |_| false)?;
    settle(tx, now, actor, swap, how)
}

fn settle(tx: &mut Tx<'_>, now: &Now, actor: &Actor, swap: &Swap, how: &End) -> Result<(), AppError> {
    swaps::save(tx, swap)?;
    let details = json!({ "deed": how.deed.as_str(), "state": swap.state.as_str() });
    record(tx, now, actor, how.action, ("swap", &swap.id), &details)
}

/// Tells those who were told of a swap that it came to nothing, but for those who know.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    now: &Now,
    swap: &Swap,
    reason: &Told,
    knows: impl Fn((PlacementId, Party)) -> bool,
) -> Result<(), AppError> {
    for case in cases_of(tx, swap)? {
        let id = case.placement.id;
        let place = swap.place_of(id);
        let asked = place.and_then(|place| swap.members.get(place)).into_iter().flat_map(|one| &one.consents);
        for party in asked.map(|consent| consent.party) {
            if knows((id, party)) {
                notices::drop_swap_request(tx, now, &case, party, swap.id)?;
            } else if (place, party) == (Some(0), Party::Participant) {
                // Whoever asked was sent no question.
                notices::swap_impossible(tx, now, &case, swap.id, reason)?;
            } else {
                notices::swap_ended(tx, now, &case, party, swap.id, reason)?;
            }
        }
    }
    Ok(())
}

/// Ends the open swap of a placement that has ended or changed, if there is one. The parties of a placement that has ended
/// hear that by its own mail, where they knew of it at all: a manager who released the days before, and has heard of
/// nothing but the swap, hears that it is over.
///
/// # Errors
/// The database's.
pub(in crate::services) fn overtake(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    changed: &Placement,
) -> Result<(), AppError> {
    let mut knows = Vec::new();
    if !changed.state.is_live() {
        let case = get_case(tx, changed.id)?;
        for party in Party::ALL {
            if notices::last_heard(tx, &case, *party)?.is_some() {
                notices::drop_swap_mails(tx, now, changed.id, *party)?;
                knows.push(*party);
            }
        }
    }
    let Some(mut swap) = swaps::find_open_of(tx, changed.id)? else { return Ok(()) };
    let how = End { action: Action::Exchange, deed: Deed::Overtake, why: Told::SwapOvertaken };
    swap.end(how.deed, &in_english(&how.why), now.utc())?;
    tell(tx, now, &swap, &how.why, |(placement, party)| placement == changed.id && knows.contains(&party))?;
    settle(tx, now, actor, &swap, &how)
}

/// The swaps whose time is over.
///
/// # Errors
/// The database's.
pub(in crate::services) fn list_due(db: &mut Db, now: &Now) -> Result<Vec<SwapId>, AppError> {
    let mut due = Vec::new();
    for swap in swaps::list_open(db)? {
        if is_over(db, now, &swap)? {
            due.push(swap.id);
        }
    }
    Ok(due)
}

/// Whether its last day for answers has passed; all its days lie after that.
fn is_over(db: &mut Db, now: &Now, swap: &Swap) -> Result<bool, AppError> {
    let round = get_round(db, swap.round)?;
    Ok(now.today(round.time_zone) > swap.answer_until)
}

/// Ends a swap whose time is over; false where that is no longer so.
///
/// # Errors
/// The database's.
pub(in crate::services) fn expire_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    id: SwapId,
) -> Result<bool, AppError> {
    let mut swap = get_swap(tx, id)?;
    if !swap.is_open() || !is_over(tx, now, &swap)? {
        return Ok(false);
    }
    let how = End { action: Action::KeepDeadlines, deed: Deed::Expire, why: Told::SwapExpired };
    end(tx, now, actor, &mut swap, &how)?;
    Ok(true)
}

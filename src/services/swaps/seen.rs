//! What each party sees of a swap: only what it has to know to answer.

use crate::domain::alternative::Times;
use crate::domain::ids::{PlacementId, SwapId};
use crate::domain::letter::{Exchanged, Visit};
use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::domain::placement::Placement;
use crate::domain::states::SwapState;
use crate::domain::swap::Swap;
use crate::domain::text::Name;
use crate::services::AppError;
use crate::services::load::{get_applicant, get_library, get_placement};
use crate::store::applications::Applicant;
use crate::store::{Db, swaps};

/// An open swap as one party of one of its placements sees it.
#[derive(Debug, Clone)]
pub struct SeenSwap {
    /// The swap.
    pub swap: Swap,
    /// The place of the party's placement in it.
    pub place: usize,
    /// Who asked for it; for participants.
    pub asked_by: Option<Name>,
    /// The place that the participant would take, with its times; for them and their manager. Whoever asked sees it once
    /// the others have agreed.
    pub takes: Option<(Placement, Library, Times)>,
    /// Who would come instead, where they work, and when they would come; for the host.
    pub comes: Option<(Applicant, Library, Times)>,
}

impl SeenSwap {
    /// Whether the party of this placement has asked for it.
    pub fn is_askers(&self) -> bool {
        self.place == 0
    }
}

/// The open swap of a placement, where a party is asked about it.
///
/// # Errors
/// The database's.
pub(in crate::services) fn seen(
    db: &mut Db,
    placement: PlacementId,
    party: Party,
) -> Result<Option<SeenSwap>, AppError> {
    match swaps::find_open_of(db, placement)? {
        Some(swap) if swap.answer_of(placement, party).is_some() => of(db, &swap, placement, party).map(Some),
        Some(_) | None => Ok(None),
    }
}

fn of(db: &mut Db, swap: &Swap, placement: PlacementId, party: Party) -> Result<SeenSwap, AppError> {
    let place = swap.place_of(placement).unwrap_or_default();
    let at = |place: usize| swap.members.get(place);
    let given = |place: usize| at(place).and_then(|member| member.placement);
    let times = |place: usize| at(place).and_then(|member| member.times);
    let mut seen = SeenSwap { place, asked_by: None, takes: None, comes: None, swap: swap.clone() };
    match party {
        Party::Host => {
            let taker = swap.taker_of(place);
            if let (Some(taker), Some(times)) = (given(taker), times(taker)) {
                let comes = get_placement(db, taker)?;
                let home = get_library(db, comes.home)?;
                seen.comes = Some((get_applicant(db, comes.application)?, home, times));
            }
        }
        Party::Participant | Party::Manager => {
            let may_see = place != 0 || swap.state != SwapState::Asked;
            let taken = given(swap.taken_by(place)).zip(times(place)).filter(|_| may_see);
            if let Some((taken, times)) = taken {
                let taken = get_placement(db, taken)?;
                let host = get_library(db, taken.host)?;
                seen.takes = Some((taken, host, times));
            }
            if let Some(asker) = given(0).filter(|_| party == Party::Participant) {
                let asker = get_placement(db, asker)?;
                seen.asked_by = Some(get_applicant(db, asker.application)?.application.name);
            }
        }
    }
    Ok(seen)
}

/// What a mail tells of a swap to a party of one of its placements, and the last day for an answer.
///
/// # Errors
/// The database's; `internal` for a swap that is not there.
pub(in crate::services) fn exchanged(
    db: &mut Db,
    id: SwapId,
    placement: PlacementId,
    party: Party,
) -> Result<(Option<Exchanged>, chrono::NaiveDate), AppError> {
    let swap = super::get_swap(db, id)?;
    let until = swap.answer_until;
    if swap.place_of(placement).is_none() {
        return Ok((None, until));
    }
    let seen = of(db, &swap, placement, party)?;
    let own = get_placement(db, placement)?;
    let own_host = get_library(db, own.host)?;
    let place = match (&seen.takes, &seen.comes) {
        (Some((taken, host, times)), _) => visit(taken, host, *times),
        (None, Some((_, _, times))) => visit(&own, &own_host, *times),
        (None, None) => return Ok((None, until)),
    };
    let comes = seen.comes.map(|(applicant, home, _)| (applicant.application, home));
    let (role_title, objectives) = match &comes {
        Some((application, _)) => (application.role_title.clone(), application.objectives.clone()),
        None => (None, None),
    };
    let told = Exchanged {
        asked_by: seen.asked_by.map(|name| name.to_string()),
        place,
        role_title: role_title.map(|title| title.to_string()),
        objectives,
        sectors: comes.iter().flat_map(|(_, home)| &home.sectors).map(ToString::to_string).collect(),
    };
    Ok((Some(told), until))
}

/// A day before everybody has agreed to it: no names and numbers of the host.
fn visit(placement: &Placement, host: &Library, (starts, ends): Times) -> Visit {
    let address = host.address.iter().cloned().chain(host.postcode.iter().map(ToString::to_string));
    let address: Vec<String> = address.collect();
    Visit {
        host_library: host.name.to_string(),
        host_address: (!address.is_empty()).then(|| address.join(", ")),
        host_contact_name: None,
        host_contact_address: None,
        host_telephone: None,
        deputy_telephone: None,
        date: placement.date,
        starts,
        ends,
        time_zone: placement.time_zone,
        former_times: None,
        former_date: None,
        is_virtual: false,
    }
}

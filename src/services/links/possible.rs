//! What can be done by a link now, and whether its holder is still who it was made for.

use chrono::NaiveDateTime;

use super::{Deed, LinkView};
use crate::domain::access_needs::admit_reading;
use crate::domain::attendance::Recorded;
use crate::domain::deadlines::local;
use crate::domain::link::{Link, Purpose};
use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::domain::placement::Placement;
use crate::domain::states::{Answer, ApplicationState, PlacementState};
use crate::services::AppError;
use crate::services::app::Now;
use crate::services::attendance::host_clock;
use crate::services::load::{get_library, get_placement};
use crate::store::Db;

/// What can be done by a link now.
pub(super) fn deeds(view: &LinkView, now: &Now) -> Vec<Deed> {
    if view.is_spent {
        return Vec::new();
    }
    let state = view.applicant.application.state;
    match view.link.purpose {
        Purpose::Verify if state == ApplicationState::Submitted => vec![Deed::Verify],
        Purpose::Release if !view.round.takes_releases() => Vec::new(),
        Purpose::Release if view.applicant.application.may_ask_manager() => {
            vec![Deed::Decide, Deed::Release, Deed::RefuseRelease]
        }
        Purpose::Release if view.requests().next().is_some() => vec![Deed::Decide],
        Purpose::Answer => match &view.placement {
            Some((placement, _)) => {
                let clock = host_clock(now, placement);
                let mut deeds = deeds_of_the_day(view, placement, clock);
                if receives(view) && view.needs.are_there && admit_reading(placement).is_ok() {
                    deeds.push(Deed::ReadNeeds);
                }
                deeds.extend(answers(view, placement, now, clock));
                let deeds = with_pack(view, placement, now, deeds);
                with_swap(view, placement, now, deeds)
            }
            None => Vec::new(),
        },
        Purpose::Application if state != ApplicationState::Withdrawn => {
            // What has been is not undone.
            let has_been = |(placement, _): &(Placement, Library)| {
                placement.admit_cancellation(host_clock(now, placement)).is_err()
            };
            if view.placement.as_ref().is_some_and(has_been) { Vec::new() } else { vec![Deed::Withdraw] }
        }
        Purpose::Offer if view.reserve_offer.as_ref().is_some_and(|offered| offered.offer.is_open()) => {
            vec![Deed::Accept, Deed::Decline]
        }
        Purpose::Verify | Purpose::Release | Purpose::Application | Purpose::Offer => Vec::new(),
    }
}

/// Whether its holder is who receives the visitor now: the library's contact may be another since the mail went.
pub(super) fn receives(view: &LinkView) -> bool {
    let (link, placement) = (&view.link, view.placement.as_ref());
    link.party == Party::Host
        && placement
            .is_some_and(|(placement, host)| placement.is_received_by(host, &link.recipient, link.is_deputy))
}

/// What can be done about the day itself, by the host's clock.
fn deeds_of_the_day(view: &LinkView, placement: &Placement, clock: NaiveDateTime) -> Vec<Deed> {
    let mut deeds = Vec::new();
    let reviews = placement.admit_review(clock).is_ok();
    match view.link.party {
        Party::Participant => {
            if placement.admit_illness(clock).is_ok() {
                deeds.push(Deed::Ill);
            }
            if reviews {
                deeds.extend([Deed::Idea, Deed::Feedback]);
            }
        }
        Party::Host => {
            let first = |known: Recorded| local(known.first_at.and_utc(), placement.time_zone);
            let before = view.day.attendance.map(|known| (known.attendance.kind, first(known)));
            if placement.admit_marks(before, clock).is_ok() {
                deeds.push(Deed::Attendance);
            }
            if reviews {
                deeds.push(Deed::Feedback);
            }
        }
        Party::Manager => {}
    }
    deeds
}

/// A host can write the joining pack as well, until the day has passed; not while it has offered something else.
fn with_pack(view: &LinkView, placement: &Placement, now: &Now, mut deeds: Vec<Deed>) -> Vec<Deed> {
    let is_open = placement.prepare().is_ok()
        && view.open_offer().is_none()
        && now.today(placement.time_zone) <= placement.date;
    if view.link.party == Party::Host && is_open {
        // Calling a certain day off is not what the page is for.
        let last = deeds
            .iter()
            .position(|deed| *deed == Deed::Decline)
            .filter(|_| placement.state == PlacementState::Confirmed);
        deeds.insert(last.unwrap_or(deeds.len()), Deed::WritePack);
    }
    deeds
}

/// So near a day a page offers no swaps any more: hardly anybody could answer, and whoever is ill looks no further.
const SWAP_DAYS: i64 = 2;

/// A party that is asked about a swap answers it, whoever asked for it takes that back; a participant in none asks for one.
fn with_swap(view: &LinkView, placement: &Placement, now: &Now, mut deeds: Vec<Deed>) -> Vec<Deed> {
    if let Some(seen) = &view.swap {
        if seen.swap.answer_of(placement.id, view.link.party) == Some(Answer::Pending) {
            deeds.push(Deed::AgreeSwap);
        }
        deeds.push(Deed::RefuseSwap);
        return deeds;
    }
    let today = now.today(placement.time_zone);
    let may_ask = placement.admit_swap(today).is_ok()
        && (placement.date - today).num_days() > SWAP_DAYS
        && view.round.admit_swap().is_ok()
        && view.open_offer().is_none();
    if view.link.party == Party::Participant && may_ask {
        deeds.push(Deed::AskSwap);
    }
    deeds
}

/// What a party can say to a placement now.
fn answers(view: &LinkView, placement: &Placement, now: &Now, clock: NaiveDateTime) -> Vec<Deed> {
    let party = view.link.party;
    match (placement.state, placement.answer_of(party)) {
        (PlacementState::Proposed, Some(Answer::Pending)) if view.open_offer().is_some() => match party {
            Party::Participant => vec![Deed::Take, Deed::Decline],
            Party::Host => vec![Deed::Decline],
            Party::Manager => vec![Deed::Accept, Deed::Decline],
        },
        (PlacementState::Proposed, Some(Answer::Pending | Answer::Yes)) => {
            let answer = placement.answer_of(party);
            let mut deeds = if answer == Some(Answer::Pending) { vec![Deed::Accept] } else { Vec::new() };
            deeds.push(Deed::Decline);
            if party == Party::Host && now.today(view.round.time_zone) <= view.last_answers() {
                deeds.push(Deed::Offer);
            }
            deeds
        }
        (PlacementState::Confirmed, Some(Answer::Yes)) if !placement.has_been(clock) => vec![Deed::Decline],
        (_, Some(_) | None) => Vec::new(),
    }
}

/// A host's link is a credential of whoever receives the visitor, who may be another since its mail went.
pub(super) fn is_believed(db: &mut Db, link: &Link) -> Result<bool, AppError> {
    let (Party::Host, Some(id)) = (link.party, link.placement) else { return Ok(true) };
    let placement = get_placement(db, id)?;
    let host = get_library(db, placement.host)?;
    Ok(placement.is_received_by(&host, &link.recipient, link.is_deputy))
}

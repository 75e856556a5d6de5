//! The schedules that the ways of a repair come to: complete files, worked out by the checker.

use std::collections::{BTreeSet, HashMap};

use crate::files::schedule::{Placement, Reason, Run, Waiver};
use crate::files::{Round, Schedule};
use crate::matching::repair::{Choice, Place, Repair};
use crate::verify::{Draft, complete, complete_each};

/// A schedule as one of a round that may have changed since: what the checker says of it, it says of what is to be
/// mended.
pub fn standing(round: &Round, schedule: &Schedule) -> Schedule {
    if schedule.round_sha256 == round.sha256() {
        return schedule.clone();
    }
    let left = schedule.unplaced.iter().filter(|left| left.reason == Reason::DroppedOut);
    let draft = Draft {
        placements: schedule.placements.clone(),
        dropped_out: left.map(|left| left.staff.clone()).collect(),
        waived: schedule.waived.clone(),
        prices: schedule.prices.clone(),
        bound: None,
        run: schedule.run.clone(),
    };
    complete(round, draft)
}

/// The schedule of each way, in their order.
///
/// They carry the prices of the schedule before, as far as nothing is waived there, and its bound, which is the
/// round's own. What is waived may let a repair be worth more than that; it then has the bound that its prices prove.
pub fn schedules(round: &Round, before: &Schedule, repair: &Repair) -> Vec<Schedule> {
    let same_round = before.round_sha256 == round.sha256();
    let draft = |choice: &Choice| Draft {
        placements: placements(before, &choice.placements),
        dropped_out: repair.dropped_out.clone(),
        waived: choice.waived.clone(),
        prices: before.prices.clone(),
        bound: Some(before.objective.bound).filter(|bound| same_round && *bound >= choice.value),
        run: Run { stopped: "repaired".to_owned(), seconds: 0.0, ..before.run.clone() },
    };
    complete_each(round, repair.choices.iter().map(draft).collect())
}

/// A schedule of the same round in which some people are elsewhere.
pub fn exchanged(
    round: &Round,
    before: &Schedule,
    moved: &HashMap<String, Place>,
    waived: Vec<Waiver>,
) -> Schedule {
    let now = before.placements.iter().map(|placed| {
        let place = moved.get(&placed.staff).cloned();
        (placed.staff.clone(), place.unwrap_or_else(|| (placed.host.clone(), placed.date)))
    });
    let left = before.unplaced.iter().filter(|left| left.reason == Reason::DroppedOut);
    let draft = Draft {
        placements: placements(before, &now.collect::<Vec<_>>()),
        dropped_out: left.map(|left| left.staff.clone()).collect(),
        waived,
        prices: before.prices.clone(),
        bound: None,
        run: Run { stopped: "repaired".to_owned(), seconds: 0.0, ..before.run.clone() },
    };
    complete(round, draft)
}

/// The placements of a way, with the rings that are whole yet.
fn placements(before: &Schedule, placed: &[(String, Place)]) -> Vec<Placement> {
    let now: HashMap<&str, &Place> = placed.iter().map(|(staff, place)| (staff.as_str(), place)).collect();
    let stays = |placed: &Placement| {
        now.get(placed.staff.as_str()).is_some_and(|place| place.0 == placed.host && place.1 == placed.date)
    };
    let broken: BTreeSet<i64> =
        before.placements.iter().filter(|placed| !stays(placed)).filter_map(|placed| placed.ring).collect();
    let rings: HashMap<&str, i64> = before
        .placements
        .iter()
        .filter(|placed| stays(placed))
        .filter_map(|placed| {
            Some((placed.staff.as_str(), placed.ring.filter(|ring| !broken.contains(ring))?))
        })
        .collect();
    let place = |(staff, (host, date)): &(String, Place)| Placement {
        staff: staff.clone(),
        host: host.clone(),
        date: *date,
        score: 0,
        ring: rings.get(staff.as_str()).copied(),
    };
    placed.iter().map(place).collect()
}

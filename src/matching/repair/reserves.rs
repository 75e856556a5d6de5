//! Who could take a place that fell empty, everybody else staying where they are.
//!
//! The same narrowed round as for a repair, with everybody who has a place locked: what the locks leave of places,
//! leaves and the repair's balance is what a reserve may use. Best first by the round's own objective; equal ones in the
//! order of the problem's hash, as everywhere in the matching.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::situation::{Room, Situation};
use super::solve::{narrowed, require_balance};
use super::{Kind, Place, Repair, RepairFault, Request};
use crate::files::{Round, Schedule};
use crate::matching::num::Ix;
use crate::matching::problem::{self, Problem};

/// Somebody who could take the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserve {
    /// Who.
    pub staff: String,
    /// W × (1 + priority) + score.
    pub value: i64,
}

/// Those of the people whom `request` adds who could take a place within the repair's balance, best first.
///
/// None where the round limits rings: whether one would close is not looked for.
///
/// # Errors
/// Everything that is wrong with the request, each with its code.
pub fn reserves(
    round: &Round,
    schedule: &Schedule,
    request: &Request,
    place: &Place,
) -> Result<Vec<Reserve>, Vec<RepairFault>> {
    let situation = Situation::new(round, schedule, request)?;
    let narrow = narrowed(&situation, Room::All, &BTreeSet::new());
    let Ok((mut problem, key)) = problem::build(&narrow, schedule.run.seed) else { return Ok(Vec::new()) };
    if round.rules.max_ring.is_some() {
        return Ok(Vec::new());
    }
    require_balance(&situation, &mut problem, &key);
    let at = key.library_at.get(place.0.as_str()).copied();
    let on = key.dates.iter().position(|date| *date == place.1);
    let Some((host, date)) = at.zip(on) else { return Ok(Vec::new()) };
    let mut found: Vec<Reserve> = Vec::new();
    for (person, staff) in key.people.iter().enumerate() {
        let mut pairs = problem.of(person);
        let is_there = |pair: &usize| problem.pairs[*pair].host.at() == host && problem.open.has(*pair, date);
        if let Some(pair) = pairs.find(is_there)
            && situation.first.contains(staff.id.as_str())
            && has_room(&problem, problem.home[person], (Ix::new(host), Ix::new(date)))
        {
            found.push(Reserve { staff: staff.id.clone(), value: problem.pairs[pair].value });
        }
    }
    // Stable, so that equal ones stay in the order of the hash.
    found.sort_by_key(|reserve| Reverse(reserve.value));
    Ok(found)
}

/// Whether one more may go from a library to another on a date.
fn has_room(problem: &Problem, home: Ix, (host, date): (Ix, Ix)) -> bool {
    let (into, out) = (problem.day(host, date), problem.day(home, date));
    let is_balanced = |day: usize, shift: i64| {
        problem.balance[day].is_none_or(|most| (problem.shift[day] + shift).abs() <= most)
    };
    problem.hosting[into] > 0
        && problem.limit[host.at()].is_none_or(|left| left > 0)
        && problem.release[out] > 0
        && is_balanced(into, 1)
        && is_balanced(out, -1)
}

/// The schedule in which somebody takes a place and everybody else stays: a repair with this one way.
///
/// # Errors
/// As for [`reserves`].
pub fn seat(
    round: &Round,
    schedule: &Schedule,
    request: &Request,
    (staff, place): (&str, &Place),
) -> Result<Repair, Vec<RepairFault>> {
    let situation = Situation::new(round, schedule, request)?;
    let mut placements: Vec<(String, Place)> =
        situation.kept.iter().map(|(id, place)| (id.clone(), place.clone())).collect();
    placements.push((staff.to_owned(), place.clone()));
    let dropped_out = situation.dropped_out.iter().map(|id| (*id).to_owned()).collect();
    Ok(Repair { dropped_out, choices: vec![situation.choice(Kind::FewestTouched, placements, true)] })
}

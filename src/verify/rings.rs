//! Rings: how a date's placements split into closed walks, each library sending one person to the next.
//!
//! Complexity of the canonical split: sorting the placements; each is pushed on the walk once.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::breach::{Code, Findings};
use super::model::Model;
use super::placements::Placed;

/// The canonical split (the solver had no ring limit): which placements make each ring. What is in none is part of
/// an open chain.
fn canonical_split(placed: &[Placed<'_>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..placed.len()).collect();
    order.sort_by_key(|n| (placed[*n].date, placed[*n].home, placed[*n].host, placed[*n].staff));
    let mut rings = Vec::new();
    for day in order.chunk_by(|a, b| placed[*a].date == placed[*b].date) {
        // Unused placements of each home, first one last.
        let mut unused: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for n in day.iter().rev() {
            unused.entry(placed[*n].home).or_default().push(*n);
        }
        while let Some(start) = unused.iter().find(|(_, of_home)| !of_home.is_empty()).map(|(home, _)| *home)
        {
            let mut walk: Vec<usize> = Vec::new();
            let mut at = start;
            loop {
                if let Some(next) = unused.get_mut(&at).and_then(Vec::pop) {
                    walk.push(next);
                    at = placed[next].host;
                    if let Some(from) = walk.iter().position(|n| placed[*n].home == at) {
                        rings.push(walk.split_off(from));
                    }
                } else if let Some(last) = walk.pop() {
                    at = placed[last].home;
                } else {
                    break;
                }
            }
        }
    }
    rings
}

/// Numbers rings from 1 by date, smallest home and the person who leaves it.
fn number(placed: &[Placed<'_>], mut rings: Vec<Vec<usize>>) -> Vec<Option<i64>> {
    rings.sort_by_key(|ring| ring.iter().map(|n| (placed[*n].date, placed[*n].home, placed[*n].staff)).min());
    let mut numbers = vec![None; placed.len()];
    for (ring, number) in rings.iter().zip(1..) {
        for n in ring {
            numbers[*n] = Some(number);
        }
    }
    numbers
}

/// The ring numbers that the placements must have: the canonical ones, or under a ring limit the given rings by
/// their right numbers.
pub(super) fn right_numbers(max_ring: Option<i64>, placed: &[Placed<'_>]) -> Vec<Option<i64>> {
    let rings = match max_ring {
        None => canonical_split(placed),
        Some(_) => given_rings(placed).into_values().collect(),
    };
    number(placed, rings)
}

/// The rings that a schedule must have whose placements were changed by hand: those of a ring limit stay on dates where
/// every placement has one; all others are the canonical ones.
pub(super) fn numbers_after_edit(max_ring: Option<i64>, placed: &[Placed<'_>]) -> Vec<Option<i64>> {
    let (mut kept, mut open) = (Vec::new(), Vec::new());
    for day in by_date(placed) {
        let whole = max_ring.is_some() && day.iter().all(|n| placed[*n].ring.is_some());
        if whole { &mut kept } else { &mut open }.extend(day);
    }
    let of = |places: &[usize]| places.iter().map(|n| placed[*n].clone()).collect::<Vec<_>>();
    let at = |places: &[usize], ring: Vec<usize>| ring.into_iter().map(|n| places[n]).collect::<Vec<_>>();
    let given = given_rings(&of(&kept)).into_values().map(|ring| at(&kept, ring));
    let split = canonical_split(&of(&open)).into_iter().map(|ring| at(&open, ring));
    let rings = given.chain(split).collect();
    number(placed, rings)
}

fn by_date(placed: &[Placed<'_>]) -> impl Iterator<Item = Vec<usize>> {
    let mut days: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (n, placement) in placed.iter().enumerate() {
        days.entry(placement.date).or_default().push(n);
    }
    days.into_values()
}

fn given_rings(placed: &[Placed<'_>]) -> BTreeMap<i64, Vec<usize>> {
    let mut rings: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (n, placement) in placed.iter().enumerate() {
        if let Some(ring) = placement.ring {
            rings.entry(ring).or_default().push(n);
        }
    }
    rings
}

/// Why placements are no ring of at most `most` libraries; none when they are one.
fn fault_of_ring(placed: &[Placed<'_>], ring: &[usize], most: i64) -> Option<String> {
    let dates: HashSet<usize> = ring.iter().map(|n| placed[*n].date).collect();
    if dates.len() > 1 {
        return Some("is spread over several dates".to_owned());
    }
    let next: HashMap<usize, usize> = ring.iter().map(|n| (placed[*n].home, placed[*n].host)).collect();
    if next.len() < ring.len() {
        return Some("has two leavers of one library".to_owned());
    }
    if super::model::count(ring.len()) > most {
        return Some(format!("has {} libraries, but max_ring is {most}", ring.len()));
    }
    let start = placed[ring[0]].home;
    let mut at = start;
    for step in 1..=ring.len() {
        match next.get(&at) {
            Some(host) => at = *host,
            None => return Some("is not closed".to_owned()),
        }
        if at == start && step < ring.len() {
            return Some("is more than one ring".to_owned());
        }
    }
    (at != start).then(|| "is not closed".to_owned())
}

/// Checks that the placements carry the right rings.
pub(super) fn check(
    model: &Model<'_>,
    placed: &[Placed<'_>],
    unbalanced_days: &HashSet<usize>,
    found: &mut Findings,
) {
    if let Some(most) = model.max_ring {
        for (number, ring) in given_rings(placed) {
            if let Some(fault) = fault_of_ring(placed, &ring, most) {
                found.breach(Code::Ring, format!("ring {number} {fault}"));
            }
        }
        check_chains(model, placed, unbalanced_days, found);
    }
    for (placement, right) in placed.iter().zip(right_numbers(model.max_ring, placed)) {
        if placement.ring != right {
            let words = |ring: Option<i64>| ring.map_or("no ring".to_owned(), |n| format!("ring {n}"));
            let (found_ring, right) = (words(placement.ring), words(right));
            found.breach(
                Code::Ring,
                format!("{} has {found_ring}, must have {right}", placement.words(model)),
            );
        }
    }
}

/// Under a ring limit everybody moves in a ring. Where a lock's override or a waiver lifted the balance of a library
/// on a date, open chains may end there; they must hide no ring.
fn check_chains(
    model: &Model<'_>,
    placed: &[Placed<'_>],
    unbalanced_days: &HashSet<usize>,
    found: &mut Findings,
) {
    let (open, closed): (Vec<_>, Vec<_>) = placed
        .iter()
        .filter(|placement| placement.ring.is_none())
        .cloned()
        .partition(|placement| unbalanced_days.contains(&placement.date));
    for placement in closed {
        found.breach(Code::Ring, format!("{} is in no ring, but max_ring is set", placement.words(model)));
    }
    for ring in canonical_split(&open) {
        let first = &open[ring[0]];
        found.breach(Code::Ring, format!("{} closes a ring that has no number", first.words(model)));
    }
}

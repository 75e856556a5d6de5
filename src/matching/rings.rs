//! Rings: how a date's placements fall into rounds of libraries, each sending one person to the next.
//!
//! The split is canonical (docs/files.md): per date, placements sorted by (home, host, staff); from the smallest home
//! with an unused placement follow each library's first unused one; on reaching a library of the walk cut off that
//! ring and go on from there; where a library has none left, the last placement belongs to an open chain and the
//! walk steps back. Complexity: linear after sorting.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

/// A placement as far as rings need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Move<'a> {
    pub(super) date: NaiveDate,
    pub(super) home: &'a str,
    pub(super) host: &'a str,
    pub(super) staff: &'a str,
}

/// The ring of each move, numbered from 1 by (date, smallest home, its staff); none for parts of open chains.
pub(super) fn split(moves: &[Move<'_>]) -> Vec<Option<i64>> {
    let mut order: Vec<usize> = (0..moves.len()).collect();
    order.sort_by_key(|n| moves[*n]);
    let mut rings: Vec<Vec<usize>> = Vec::new();
    for date in order.chunk_by(|a, b| moves[*a].date == moves[*b].date) {
        rings.extend(split_date(moves, date));
    }
    number(moves, rings)
}

/// The placements of each ring, where it is known which ring each placement is in.
pub(super) fn gather(ring_of: impl Iterator<Item = Option<usize>>) -> Vec<Vec<usize>> {
    let mut rings: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (n, ring) in ring_of.enumerate() {
        if let Some(ring) = ring {
            rings.entry(ring).or_default().push(n);
        }
    }
    rings.into_values().collect()
}

/// Numbers rings from 1 by (date, smallest home, its staff).
pub(super) fn number(moves: &[Move<'_>], mut rings: Vec<Vec<usize>>) -> Vec<Option<i64>> {
    let first =
        |ring: &Vec<usize>| ring.iter().map(|n| (moves[*n].date, moves[*n].home, moves[*n].staff)).min();
    rings.sort_by_key(first);
    let mut ring_of = vec![None; moves.len()];
    for (number, ring) in (1..).zip(&rings) {
        for n in ring {
            ring_of[*n] = Some(number);
        }
    }
    ring_of
}

/// The rings of one date, of which `order` has the moves sorted by (home, host, staff).
fn split_date(moves: &[Move<'_>], order: &[usize]) -> Vec<Vec<usize>> {
    let mut unused: BTreeMap<&str, std::iter::Peekable<std::slice::Iter<'_, usize>>> = BTreeMap::new();
    for from in order.chunk_by(|a, b| moves[*a].home == moves[*b].home) {
        unused.insert(moves[from[0]].home, from.iter().peekable());
    }
    let homes: Vec<&str> = unused.keys().copied().collect();
    let mut rings = Vec::new();
    for start in homes {
        let mut walk: Vec<usize> = Vec::new();
        // Where in the walk each of its libraries is left.
        let mut place: HashMap<&str, usize> = HashMap::from([(start, 0)]);
        let mut at = start;
        loop {
            let Some(next) = unused.get_mut(at).and_then(Iterator::next) else {
                let Some(last) = walk.pop() else { break };
                place.remove(at);
                at = moves[last].home;
                continue;
            };
            walk.push(*next);
            at = moves[*next].host;
            if let Some(from) = place.get(at).copied() {
                let ring = walk.split_off(from);
                for n in &ring[1..] {
                    place.remove(moves[*n].home);
                }
                rings.push(ring);
            } else {
                place.insert(at, walk.len());
            }
        }
    }
    rings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rings of moves written "home>host:staff", all on one date.
    fn rings(text: &str) -> Vec<Option<i64>> {
        let date = NaiveDate::from_ymd_opt(2027, 3, 1).expect("a date");
        let moves: Vec<Move<'_>> = text
            .split(' ')
            .map(|word| {
                let (way, staff) = word.split_once(':').expect("a staff id");
                let (home, host) = way.split_once('>').expect("a way");
                Move { date, home, host, staff }
            })
            .collect();
        split(&moves)
    }

    #[test]
    fn a_ring_closes_where_it_began() {
        assert_eq!(rings("a>b:1 b>c:2 c>a:3"), [Some(1); 3]);
    }

    #[test]
    fn rings_are_numbered_by_their_smallest_home_whatever_the_order() {
        assert_eq!(rings("d>c:4 b>a:2 c>d:3 a>b:1"), [Some(2), Some(1), Some(2), Some(1)]);
    }

    #[test]
    fn a_ring_that_the_walk_meets_on_its_way_is_cut_off() {
        // a goes to b, b to c, c back to b: cut off; then b goes on to a.
        assert_eq!(rings("a>b:1 b>c:2 c>b:3 b>d:4 d>a:5"), [Some(1), Some(2), Some(2), Some(1), Some(1)]);
    }

    #[test]
    fn open_chains_have_no_ring() {
        assert_eq!(rings("a>b:1 b>c:2"), [None, None]);
        // The walk goes into the dead end b>c first, steps back, and closes the ring by b>d.
        assert_eq!(rings("a>b:1 b>c:2 b>d:3 d>a:4"), [Some(1), None, Some(1), Some(1)]);
        assert_eq!(rings("z>a:1 a>b:2 b>a:3"), [None, Some(1), Some(1)]);
    }

    #[test]
    fn two_rings_over_the_same_libraries_are_ordered_by_the_staff_who_leave_the_smallest() {
        assert_eq!(rings("a>b:2 b>a:3 a>b:1 b>a:4"), [Some(2), Some(1), Some(1), Some(2)]);
    }

    #[test]
    fn dates_do_not_mix() {
        let on = |day| NaiveDate::from_ymd_opt(2027, 3, day).expect("a date");
        let moves = [
            Move { date: on(2), home: "a", host: "b", staff: "1" },
            Move { date: on(1), home: "b", host: "a", staff: "2" },
        ];
        assert_eq!(split(&moves), [None, None]);
    }
}

//! Cuts: of the rings that use two of the same three rows, only so many fit.
//!
//! Three rows with room for b rings together hold b / 2 rings that use two of them or all three, rounded down. That
//! follows from no prices of the rows alone, and takes away most of what rings of two and three leave open.
//! Complexity: of the rings in the relaxation the pairs of rows, and for each pair the rows that meet both.
//! Literature: Jepsen, Petersen, Spoorendonk and Pisinger (2008), subset-row inequalities.

use std::collections::{BTreeMap, BTreeSet};

use super::super::num::{Ix, float, nearest};
use super::pool::Pool;

/// Three rows, in order.
pub(super) type Cut = [Ix; 3];

/// Cuts found at a time at most.
const AT_ONCE: usize = 40;
/// By how much of a ring a cut has to be violated.
const VIOLATED: f64 = 0.05;
/// Shares above which a ring counts.
const SOME: f64 = 0.01;

/// Whether a ring that uses these rows counts in a cut.
pub(super) fn counts(cut: &Cut, rows: &[Ix]) -> bool {
    cut.iter().filter(|row| rows.contains(row)).count() >= 2
}

/// How many rings that count there is room for.
pub(super) fn room_of(cut: &Cut, room: &[i64]) -> i64 {
    cut.iter().map(|row| room[row.at()]).sum::<i64>() / 2
}

/// The cuts that shares violate most.
pub(super) fn violated(pool: &Pool, shares: &[(Ix, f64)], room: &[i64]) -> Vec<Cut> {
    let used: Vec<(&[Ix], f64)> = shares
        .iter()
        .filter(|(_, share)| *share > SOME)
        .map(|(ring, share)| (pool.rows(ring.at()), *share))
        .collect();
    let mut pairs: BTreeMap<(Ix, Ix), f64> = BTreeMap::new();
    let mut met: BTreeMap<Ix, BTreeSet<Ix>> = BTreeMap::new();
    // Rings that are wholly in the relaxation violate nothing.
    for (rows, share) in used.iter().filter(|(_, share)| *share < 1.0 - SOME) {
        for (n, a) in rows.iter().enumerate() {
            for b in &rows[n + 1..] {
                *pairs.entry((*a.min(b), *a.max(b))).or_default() += share;
                met.entry(*a).or_default().insert(*b);
                met.entry(*b).or_default().insert(*a);
            }
        }
    }
    let of_pair = |a: Ix, b: Ix| pairs.get(&(a.min(b), a.max(b))).copied().unwrap_or(0.0);
    let mut found: Vec<(i64, Cut)> = Vec::new();
    for (a, b) in pairs.keys() {
        for c in met[a].intersection(&met[b]).filter(|c| *c > b) {
            let cut = [*a, *b, *c];
            let most = float(room_of(&cut, room)) + VIOLATED;
            if of_pair(*a, *b) + of_pair(*b, *c) + of_pair(*a, *c) <= most {
                continue;
            }
            let count: f64 = used.iter().filter(|(rows, _)| counts(&cut, rows)).map(|(_, share)| share).sum();
            if count > most {
                found.push((-nearest((count - most) * 1e6), cut));
            }
        }
    }
    found.sort_unstable();
    found.truncate(AT_ONCE);
    found.into_iter().map(|(_, cut)| cut).collect()
}

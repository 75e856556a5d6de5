//! What ties the dates together, and how strongly: known before any price is.
//!
//! Whoever can go on one date only needs no price, and neither does a limit that the dates' own places keep anyway.
//! Complexity: one pass over the triples.

use super::day::Day;
use super::num::Ix;
use super::problem::{Problem, Scope};

/// How much the values of one person's triples differ at most.
pub(super) fn widest(problem: &Problem) -> i64 {
    let width = |p: usize| {
        let values = problem.pairs[problem.of(p)].iter().map(|pair| pair.value);
        values.clone().max().unwrap_or(0) - values.min().unwrap_or(0)
    };
    (0..problem.home.len()).map(width).max().unwrap_or(0)
}

/// Who could go on one date at most.
pub(super) fn single_dates(problem: &Problem, days: &[Day]) -> Vec<bool> {
    let mut dates = vec![0; problem.home.len()];
    for slot in days.iter().flat_map(|day| &day.slots) {
        dates[slot.person.at()] += 1;
    }
    dates.into_iter().map(|dates| dates < 2).collect()
}

/// Which hosts' limits could be exceeded although every date keeps its own.
pub(super) fn tied_limits(problem: &Problem, scope: &Scope, days: &[Day]) -> Vec<bool> {
    let mut most = vec![0_i64; problem.libraries];
    let mut fewest = vec![0_i64; problem.libraries];
    let mut dates = vec![0; problem.libraries];
    for day in days {
        for library in 0..problem.libraries {
            let (low, high) = scope.places(problem, problem.day(Ix::new(library), day.date));
            let visitors = day.visitors(library);
            most[library] += high.min(visitors).max(low);
            fewest[library] += low;
            dates[library] += i64::from(visitors > 0);
        }
    }
    (0..problem.libraries)
        .map(|h| problem.limit[h].is_some_and(|limit| most[h] > limit && (dates[h] > 1 || fewest[h] > limit)))
        .collect()
}

//! What ties the dates together, and how strongly: known before any price is.
//!
//! Whoever can go on one date only needs no price, and neither does a limit that the dates' own places keep anyway.
//! Complexity: one pass over the triples.

use super::num::Ix;
use super::problem::{Problem, Scope};

/// How much the values of one person's triples differ at most.
pub(super) fn widest(problem: &Problem) -> i64 {
    let width = |p: usize| {
        let values = problem.triples[problem.of(p)].iter().map(|triple| triple.value);
        values.clone().max().unwrap_or(0) - values.min().unwrap_or(0)
    };
    (0..problem.home.len()).map(width).max().unwrap_or(0)
}

/// Who could go on one date at most.
pub(super) fn single_dates(problem: &Problem, scope: &Scope) -> Vec<bool> {
    let mut single = vec![true; problem.home.len()];
    for (p, single) in single.iter_mut().enumerate() {
        let mut dates = problem.of(p).filter(|t| scope.allows(*t)).map(|t| problem.triples[t].date);
        if let Some(first) = dates.next() {
            *single = dates.all(|date| date == first);
        }
    }
    single
}

/// Which hosts' limits could be exceeded although every date keeps its own.
pub(super) fn tied_limits(problem: &Problem, scope: &Scope, of_date: &[Vec<usize>]) -> Vec<bool> {
    let mut most = vec![0_i64; problem.libraries];
    let mut fewest = vec![0_i64; problem.libraries];
    let mut dates = vec![0; problem.libraries];
    for (date, triples) in of_date.iter().enumerate() {
        let mut visitors = vec![0_i64; problem.libraries];
        for &t in triples {
            visitors[problem.triples[t].host.at()] += 1;
        }
        for (library, visitors) in visitors.iter().enumerate() {
            let (low, high) = scope.places(problem, problem.day(Ix::new(library), Ix::new(date)));
            most[library] += high.min(*visitors).max(low);
            fewest[library] += low;
            dates[library] += i64::from(*visitors > 0);
        }
    }
    (0..problem.libraries)
        .map(|h| problem.limit[h].is_some_and(|limit| most[h] > limit && (dates[h] > 1 || fewest[h] > limit)))
        .collect()
}

//! Prices to start with, from all dates taken together.
//!
//! Problem: at no prices everybody goes on every date, which is costly to work out and tells little.
//! Method: one circulation in which the dates are one: places, releases and balance are added up, everybody goes at
//! most once and at the best value. Its prices on people are near those of the whole.
//! Complexity: one circulation on as many edges as there are pairs of person and host.
//! Never claims anything: the prices are only where the bundle starts.

use super::dates::Dates;
use super::day::Day;
use super::dual::Start;
use super::num::Ix;
use super::problem::{Problem, Scope};

/// Nodes that a search looks at before it makes do with a rough price.
const PATIENCE: usize = 1_000_000;

/// Prices to start with.
pub(super) fn start(problem: &Problem) -> Start {
    let mut start = Start { staff: vec![0; problem.home.len()], limit: vec![0; problem.libraries] };
    if problem.pairs.is_empty() {
        return start;
    }
    let whole = as_one_date(problem);
    let Some(mut day) = Day::new(&whole, &Scope::default(), Ix::default()) else { return start };
    day.patience = PATIENCE;
    day.solve(|_| 0, &start.limit);
    for slot in 0..day.slots.len() {
        start.staff[day.slots[slot].person.at()] = day.lifted(slot).max(0);
    }
    start
}

/// The problem with all its dates as one.
fn as_one_date(problem: &Problem) -> Problem {
    let mut open = Dates::new(1);
    for _ in &problem.pairs {
        open.push(&[1]);
    }
    let add =
        |list: &[i64]| -> Vec<i64> { list.chunks(problem.dates.max(1)).map(|of| of.iter().sum()).collect() };
    let balances = problem.balance.chunks(problem.dates.max(1));
    Problem {
        dates: 1,
        open,
        hosting: add(&problem.hosting),
        release: add(&problem.release),
        balance: balances.map(|of| of.iter().copied().sum()).collect(),
        shift: add(&problem.shift),
        depth: vec![0; problem.libraries],
        ..problem.clone()
    }
}

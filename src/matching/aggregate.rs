//! Prices to start with, from all dates taken together.
//!
//! Problem: at no prices everybody goes on every date, which is costly to work out and tells little.
//! Method: one circulation in which the dates are one: places, releases and balance are added up, everybody goes at
//! most once and at the best value. Its prices on people are near those of the whole.
//! Large problems are cut into regions, each by itself.
//! Complexity: one circulation on as many edges as there are pairs of person and host.
//! Never claims anything: the prices are only where the bundle starts.

use std::collections::VecDeque;

use super::dates::Dates;
use super::day::Day;
use super::dual::Start;
use super::num::Ix;
use super::part::Part;
use super::primal::Plan;
use super::problem::{Problem, Scope};
use super::share::on_threads;

/// People of a region at most, and a few more: one circulation costs more than twice as much for twice as many.
const REGION: usize = 5_000;

/// Prices to start with.
pub(super) fn start(problem: &Problem, threads: usize) -> Start {
    let mut start = Start { staff: vec![0; problem.home.len()], limit: vec![0; problem.libraries] };
    if problem.pairs.is_empty() {
        return start;
    }
    let regions = regions(problem);
    if regions.len() == 1 {
        start.staff = prices(problem);
        return start;
    }
    let nobody = Plan::new(problem, Vec::new());
    let found = on_threads(regions.iter().collect(), threads, |people: &Vec<usize>| {
        prices(&Part::new(problem, people, &nobody, |_, _| true).problem)
    });
    for (people, prices) in regions.iter().zip(found) {
        for (person, price) in people.iter().zip(prices) {
            start.staff[*person] = price;
        }
    }
    start
}

/// What each person is worth when all dates are one.
fn prices(problem: &Problem) -> Vec<i64> {
    let mut prices = vec![0; problem.home.len()];
    let whole = as_one_date(problem);
    let Some(mut day) = Day::new(&whole, &Scope::default(), Ix::default()) else { return prices };
    day.solve(|_| 0, &vec![0; problem.libraries]);
    for slot in 0..day.slots.len() {
        prices[day.slots[slot].person.at()] = day.lifted(slot).max(0);
    }
    prices
}

/// People by regions: libraries that can be come to from one another, the nearest first, until there are enough.
fn regions(problem: &Problem) -> Vec<Vec<usize>> {
    if problem.home.len() <= REGION * 3 / 2 {
        return vec![(0..problem.home.len()).collect()];
    }
    let mut regions = vec![Vec::new()];
    let mut is_seen = vec![false; problem.libraries];
    // From the first again each time: what was left waiting comes before what follows.
    while let Some(start) = (0..problem.libraries).find(|library| !is_seen[*library]) {
        is_seen[start] = true;
        let mut queue = VecDeque::from([start]);
        while let Some(library) = queue.pop_front() {
            if regions.last().is_some_and(|last| last.len() >= REGION) {
                regions.push(Vec::new());
                // What is still waiting lies all around: the next region starts from one side of it.
                let waiting = std::mem::take(&mut queue);
                for left in waiting.iter().skip(1) {
                    is_seen[*left] = false;
                }
                queue.extend(waiting.front());
            }
            for person in problem.staff_of(library) {
                if let Some(region) = regions.last_mut() {
                    region.push(person.at());
                }
                for pair in &problem.pairs[problem.of(person.at())] {
                    if !std::mem::replace(&mut is_seen[pair.host.at()], true) {
                        queue.push_back(pair.host.at());
                    }
                }
            }
        }
    }
    regions
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

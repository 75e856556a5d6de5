//! Prices to start with, from all dates taken together.
//!
//! Problem: at no prices everybody goes on every date, which is costly to work out and tells little.
//! Method: one circulation in which the dates are one: places, releases and balance are added up, everybody goes at
//! most once and at the best value. Its prices on people are near those of the whole.
//! Complexity: that of `scaling`, on as many arcs as there are pairs of person and host.
//! Never claims anything: the prices are only where the bundle starts.

use super::day::UNLIMITED;
use super::dual::Start;
use super::problem::Problem;
use super::scaling::{Arc, Network};

/// Prices to start with.
pub(super) fn start(problem: &Problem) -> Start {
    Start { staff: prices(problem), limit: vec![0; problem.libraries] }
}

/// What each person is worth when all dates are one.
fn prices(problem: &Problem) -> Vec<i64> {
    let (libraries, people) = (problem.libraries, problem.home.len());
    let total = |list: &[i64], library: usize| -> i64 {
        list[library * problem.dates..(library + 1) * problem.dates].iter().sum()
    };
    let (arrive, middle, leave) = (|l: usize| 3 * l, |l: usize| 3 * l + 1, |l: usize| 3 * l + 2);
    let (hub, person_at) = (3 * libraries, |p: usize| 3 * libraries + 1 + p);
    let mut arcs = Vec::with_capacity(4 * libraries + people + problem.pairs.len());
    for library in 0..libraries {
        let places = total(&problem.hosting, library).min(problem.limit[library].unwrap_or(i64::MAX));
        arcs.push(Arc { from: arrive(library), to: middle(library), most: places, cost: 0 });
        arcs.push(Arc {
            from: middle(library),
            to: leave(library),
            most: total(&problem.release, library),
            cost: 0,
        });
        let balances = &problem.balance[library * problem.dates..(library + 1) * problem.dates];
        let more: i64 = balances.iter().map(|balance| balance.unwrap_or(UNLIMITED)).sum();
        // More than can come or leave never flows.
        let more = more.min(places + total(&problem.release, library));
        let shift = total(&problem.shift, library);
        arcs.push(Arc { from: middle(library), to: hub, most: (more - shift).max(0), cost: 0 });
        arcs.push(Arc { from: hub, to: middle(library), most: (more + shift).max(0), cost: 0 });
    }
    for person in 0..people {
        let pairs = &problem.pairs[problem.of(person)];
        if !pairs.is_empty() {
            arcs.push(Arc {
                from: leave(problem.home[person].at()),
                to: person_at(person),
                most: 1,
                cost: 0,
            });
        }
        for pair in pairs {
            let value = pair.value * problem.scale;
            arcs.push(Arc { from: person_at(person), to: arrive(pair.host.at()), most: 1, cost: -value });
        }
    }
    let potential =
        Network::new(hub + 1 + people, &arcs).potentials((problem.scale / 100).max(1), &problem.halt);
    let worth = |person: usize| {
        let pairs = problem.pairs[problem.of(person)].iter();
        let best = pairs.map(|pair| pair.value * problem.scale + potential[arrive(pair.host.at())]).max();
        best.map_or(0, |best| (best - potential[leave(problem.home[person].at())]).max(0))
    };
    (0..people).map(worth).collect()
}

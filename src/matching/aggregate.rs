//! Prices to start with, from all dates taken together.
//!
//! Problem: at no prices everybody goes on every date, which is costly to work out and tells little.
//! Method: one circulation in which the dates are one: places, releases and balance are added up, everybody goes at
//! most once and at the best value. Its prices on people are near those of the whole.
//! Complexity: one circulation on as many edges as there are pairs of person and host.
//! Never claims anything: the prices are only where the bundle starts.

use super::day::{Day, Role};
use super::num::Ix;
use super::pricing::Start;
use super::problem::{Problem, Scope, Triple};

/// Prices to start with.
pub(super) fn start(problem: &Problem) -> Start {
    let mut start = Start { staff: vec![0; problem.home.len()], limit: vec![0; problem.libraries] };
    let whole = as_one_date(problem);
    let triples: Vec<usize> = (0..whole.triples.len()).collect();
    let Some(mut day) = Day::new(&whole, &Scope::default(), Ix::default(), &triples) else { return start };
    day.solve(|_| 0, &start.limit);
    for (e, role) in day.roles[..day.priced].iter().enumerate() {
        if let Role::Person(person) = role {
            start.staff[person.at()] = (-day.network.reduced(e)).max(0);
        }
    }
    start
}

/// The problem with all its dates as one.
fn as_one_date(problem: &Problem) -> Problem {
    let date = Ix::default();
    let (mut triples, mut first): (Vec<Triple>, Vec<usize>) = (Vec::new(), vec![0]);
    for p in 0..problem.home.len() {
        let mut own: Vec<Triple> =
            problem.triples[problem.of(p)].iter().map(|triple| Triple { date, ..*triple }).collect();
        own.sort_unstable_by_key(|triple| (triple.host, -triple.value));
        own.dedup_by_key(|triple| triple.host);
        triples.extend(own);
        first.push(triples.len());
    }
    let add =
        |list: &[i64]| -> Vec<i64> { list.chunks(problem.dates.max(1)).map(|of| of.iter().sum()).collect() };
    let balances = problem.balance.chunks(problem.dates.max(1));
    Problem {
        dates: 1,
        home: problem.home.clone(),
        triples,
        first,
        hosting: add(&problem.hosting),
        release: add(&problem.release),
        limit: problem.limit.clone(),
        balance: balances.map(|of| of.iter().copied().sum()).collect(),
        shift: add(&problem.shift),
        locks: Vec::new(),
        ..*problem
    }
}

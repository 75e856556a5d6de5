//! Small random problems for tests, and a check of schedules that shares nothing with the engine.

use super::dates::Dates;
use super::num::Ix;
use super::problem::{Pair, Problem};
use super::watch::Halt;

/// Random choices for a problem of 3 libraries, so many dates and 6 people.
pub(super) fn problem(mut random: u64, dates: usize) -> Problem {
    let mut below = |n: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((random >> 33) % n).expect("small")
    };
    let (libraries, people) = (3, 6);
    let count = |n: usize| i64::try_from(n).expect("small");
    let home: Vec<Ix> = (0..people).map(|_| Ix::new(below(3))).collect();
    let (mut pairs, mut first, mut open) = (Vec::new(), vec![0], Dates::new(dates));
    for (p, home) in home.iter().enumerate() {
        for h in (0..libraries).filter(|h| *h != home.at()) {
            let row = (0..dates).filter(|_| below(5) < 2).fold(0, |row, date| row | 1 << date);
            if row != 0 {
                pairs.push(Pair { person: Ix::new(p), host: Ix::new(h), value: count(below(50)) });
                open.push(&[row]);
            }
        }
        first.push(pairs.len());
    }
    let balance = [Some(0), Some(1), None][below(3)];
    let days = libraries * dates;
    let mut problem = Problem {
        libraries,
        dates,
        home,
        pairs,
        open,
        first,
        staff: Vec::new(),
        first_staff: Vec::new(),
        hosting: (0..days).map(|_| count(below(3))).collect(),
        release: (0..days).map(|_| count(below(3))).collect(),
        limit: (0..libraries).map(|_| Some(count(below(3)))).collect(),
        balance: vec![balance; days],
        shift: vec![0; days],
        locks: Vec::new(),
        locked_value: 0,
        scale: 1000,
        highest: 50,
        halt: Halt::default(),
        depth: vec![0; days],
    };
    problem.index_staff();
    problem
}

/// Whether a schedule keeps every capacity and the balance.
pub(super) fn keeps_all(problem: &Problem, chosen: &[(Ix, Ix)]) -> bool {
    let mut into = vec![0; problem.hosting.len()];
    let mut out = vec![0; problem.hosting.len()];
    for (pair, date) in chosen {
        into[problem.day(problem.pairs[pair.at()].host, *date)] += 1;
        out[problem.day(problem.home_of(pair.at()), *date)] += 1;
    }
    (0..into.len()).all(|day| {
        into[day] <= problem.hosting[day]
            && out[day] <= problem.release[day]
            && problem.balance[day]
                .is_none_or(|most| (into[day] - out[day] + problem.shift[day]).abs() <= most)
    }) && problem.limit.iter().enumerate().all(|(library, limit)| {
        let visitors: i64 = (0..problem.dates).map(|d| into[library * problem.dates + d]).sum();
        limit.is_none_or(|limit| visitors <= limit)
    })
}

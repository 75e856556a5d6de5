//! Which triples lose little at the prices, and who meets whom through them.
//!
//! Good schedules have few triples that lose much (complementary slackness), so these few are where to look for better
//! ones. Complexity: two passes over the triples, and sorting those that are kept.

use super::coupling::widest;
use super::dual::Dual;
use super::num::{Ix, int};
use super::problem::Problem;

/// Triples to a person that are kept.
const PER_PERSON: usize = 16;
/// Steps to what scores differ by, when losses are sorted roughly, and as many as are told apart.
const STEPS: (i64, usize) = (32, 256);

/// The triples that lose least at the prices.
#[derive(Debug)]
pub(super) struct Tight {
    /// Pair and date, by person.
    triples: Vec<(Ix, Ix)>,
    first: Vec<usize>,
    /// Who could leave or visit each library-day.
    pub(super) meetings: Meetings,
    /// The most that any of them loses, in parts of a point.
    pub(super) loss: i64,
}

impl Tight {
    pub(super) fn new(problem: &Problem, dual: &Dual) -> Self {
        let unit = widest(problem).max(1) * problem.scale;
        let loss_of = |(pair, date): (usize, usize)| -dual.gain(problem, pair, Ix::new(date)).min(0);
        let triples_of = |person: usize| {
            problem.of(person).flat_map(|pair| problem.open.of(pair).map(move |date| (pair, date)))
        };
        let people = 0..problem.home.len();
        let mut count = vec![0_usize; STEPS.1];
        for triple in people.clone().flat_map(triples_of) {
            let step = loss_of(triple).saturating_mul(STEPS.0) / unit;
            count[usize::try_from(step).unwrap_or(usize::MAX).min(STEPS.1 - 1)] += 1;
        }
        let (mut steps, mut kept) = (0, 0);
        while steps < STEPS.1 - 1 && kept + count[steps] < PER_PERSON * problem.home.len() {
            kept += count[steps];
            steps += 1;
        }
        let loss = unit * int(steps + 1) / STEPS.0;
        let (mut triples, mut first) = (Vec::new(), vec![0]);
        for person in people {
            let tight = triples_of(person).filter(|triple| loss_of(*triple) <= loss);
            triples.extend(tight.map(|(pair, date)| (Ix::new(pair), Ix::new(date))));
            first.push(triples.len());
        }
        let meetings = Meetings::new(problem, triples.iter().copied());
        Self { triples, first, meetings, loss }
    }

    /// A person's.
    pub(super) fn of(&self, person: usize) -> &[(Ix, Ix)] {
        &self.triples[self.first[person]..self.first[person + 1]]
    }
}

/// Who leaves or visits each library-day by some triples.
#[derive(Debug)]
pub(super) struct Meetings(Vec<(Ix, Ix)>);

impl Meetings {
    pub(super) fn new(problem: &Problem, triples: impl Iterator<Item = (Ix, Ix)>) -> Self {
        let met = |(pair, date): (Ix, Ix)| {
            days_of(problem, pair, date).map(|day| (Ix::new(day), problem.pairs[pair.at()].person))
        };
        let mut list: Vec<(Ix, Ix)> = triples.flat_map(met).collect();
        list.sort_unstable();
        list.dedup();
        Self(list)
    }

    /// The library-day and each person.
    pub(super) fn at(&self, day: usize) -> &[(Ix, Ix)] {
        let from = self.0.partition_point(|(at, _)| at.at() < day);
        let to = from + self.0[from..].partition_point(|(at, _)| at.at() == day);
        &self.0[from..to]
    }
}

/// The library-days of a triple: home's and host's.
pub(super) fn days_of(problem: &Problem, pair: Ix, date: Ix) -> [usize; 2] {
    [problem.day(problem.home_of(pair.at()), date), problem.day(problem.pairs[pair.at()].host, date)]
}

//! A place for somebody near the best schedule, while everybody farther away stays where the schedule has them.
//!
//! Problem: is there a schedule of a round in which a person has other triples, worth as much as the best without them,
//! that places the person? Any will do.
//! Method: where a triple is free in the best schedule, nobody need move. Else those near the person's triples are freed
//! (`neighbourhood`) and the small problem is solved; the person's place counts one point more there: as nothing without the
//! person is worth more than the best, whatever is has the person in it.
//! Complexity: a problem of at most fifty people, whatever the round; finding nothing says nothing.

use super::super::dual::Dual;
use super::super::neighbourhood::Neighbourhoods;
use super::super::num::{Ix, int};
use super::super::part::Guest;
use super::super::primal::Plan;
use super::super::problem::Problem;
use super::super::tight::Meetings;
use super::super::watch::Watch;
use super::wide::Triple;

/// Triples of the person about whose library-days others are freed.
const ABOUT: usize = 16;

/// Work after which a place that was not found near by is not worth looking for near by.
const MOST_WORK: i64 = 20_000;

/// The best schedule, and who could meet whom in it.
pub(super) struct Rooms<'a> {
    problem: &'a Problem,
    plan: &'a Plan,
    near: Neighbourhoods<'a>,
    at: Vec<Option<(Ix, Ix)>>,
    now: Meetings,
    /// By library-day.
    visitors: Vec<i64>,
    leavers: Vec<i64>,
    /// By library, in the whole round.
    guests: Vec<i64>,
}

/// A place that was found.
pub(super) struct Room {
    pub(super) triple: Triple,
    /// How many others have a place no more.
    pub(super) displaces: i64,
    /// What the others are worth.
    pub(super) rest: i64,
}

impl<'a> Rooms<'a> {
    pub(super) fn new(problem: &'a Problem, plan: &'a Plan, dual: &Dual) -> Self {
        let (at, now) = (plan.by_person(problem), Meetings::new(problem, plan.placed.iter().copied()));
        let mut visitors = vec![0; problem.hosting.len()];
        let (mut leavers, mut guests) = (visitors.clone(), vec![0; problem.libraries]);
        for (pair, date) in &plan.placed {
            let host = problem.pairs[pair.at()].host;
            visitors[problem.day(host, *date)] += 1;
            leavers[problem.day(problem.home_of(pair.at()), *date)] += 1;
            guests[host.at()] += 1;
        }
        let near = Neighbourhoods::new(problem, dual, 0);
        Self { problem, plan, near, at, now, visitors, leavers, guests }
    }

    /// Whether somebody may go beside all who do.
    fn is_free(&self, home: Ix, triple: &Triple) -> bool {
        let (problem, date) = (self.problem, Ix::new(triple.date));
        let (into, out) = (problem.day(Ix::new(triple.host), date), problem.day(home, date));
        let is_balanced = |day: usize, more: i64| {
            let balance = self.visitors[day] - self.leavers[day] + problem.shift[day] + more;
            problem.balance[day].is_none_or(|most| balance.abs() <= most)
        };
        self.visitors[into] < problem.hosting[into]
            && self.leavers[out] < problem.release[out]
            && problem.limit[triple.host].is_none_or(|limit| self.guests[triple.host] < limit)
            && is_balanced(into, 1)
            && is_balanced(out, -1)
    }

    /// A schedule worth as much as the best in which a person goes by one of some triples, the most promising first.
    pub(super) fn make(&self, person: usize, own: &[Triple], watch: &mut Watch<'_>) -> Option<Room> {
        let problem = self.problem;
        if let Some(triple) = own.iter().find(|triple| self.is_free(problem.home[person], triple)) {
            return Some(Room { triple: *triple, displaces: 0, rest: self.plan.value });
        }
        let days = own.iter().take(ABOUT).flat_map(|triple| {
            let date = Ix::new(triple.date);
            [problem.day(problem.home[person], date), problem.day(Ix::new(triple.host), date)]
        });
        let days: Vec<usize> = days.collect();
        let mut trips: Vec<(Ix, Ix, i64)> =
            own.iter().map(|of| (Ix::new(of.host), Ix::new(of.date), of.value + 1)).collect();
        trips.sort_unstable();
        let guest = Guest { person, trips: &trips };
        let now = (self.plan, self.at.as_slice(), &self.now);
        let mut own_watch = watch.limited_part(MOST_WORK);
        let found = self.near.welcome(&guest, &days, now, self.plan.value, &mut own_watch);
        watch.spend(own_watch.work);
        let (part, plan) = found?;
        let (mut found, mut is_in) = (None, vec![false; self.at.len()]);
        for (pair, date) in &plan.placed {
            let of = &part.problem.pairs[pair.at()];
            let who = part.person(of.person);
            is_in[who] = true;
            if who == person {
                let (host, value) = (part.library(of.host), of.value - 1);
                found = Some(Triple { host, date: date.at(), value });
            }
        }
        let triple = found?;
        let lose = part.people().iter().filter(|who| self.at[**who].is_some() && !is_in[**who]).count();
        Some(Room { triple, displaces: int(lose), rest: plan.value - 1 - triple.value })
    }
}

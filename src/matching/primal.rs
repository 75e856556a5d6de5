//! Schedules out of dates: who goes on which date decides everything else, date by date and exactly.
//!
//! Method: given a date for each person, one circulation a date is the best schedule (hosts' limits are used up in
//! the order of the dates). Afterwards each date is solved again with everybody who has no place (a share of them at a
//! time, while they are many), until nothing changes: no date can then be bettered by itself.
//! Complexity: one circulation a date and pass, from the one before; two or three passes.

use super::day::{Day, for_each_day};
use super::num::Ix;
use super::problem::{Problem, Scope};
use super::watch::Watch;

/// A complete schedule: a pair and a date for each person placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// Sorted.
    pub(super) placed: Vec<(Ix, Ix)>,
    /// With the locks'.
    pub(super) value: i64,
}

impl Plan {
    pub(super) fn new(problem: &Problem, mut placed: Vec<(Ix, Ix)>) -> Self {
        placed.sort_unstable();
        let value =
            problem.locked_value + placed.iter().map(|(pair, _)| problem.pairs[pair.at()].value).sum::<i64>();
        Self { placed, value }
    }

    /// Where each person goes, and when.
    pub(super) fn by_person(&self, problem: &Problem) -> Vec<Option<(Ix, Ix)>> {
        let mut at = vec![None; problem.home.len()];
        for &(pair, date) in &self.placed {
            at[problem.pairs[pair.at()].person.at()] = Some((pair, date));
        }
        at
    }
}

/// While so many people have no place, each is offered one of their dates at a time, another in each of so many turns: a
/// date on which all of them want to go takes minutes, and most could go on another.
const MANY: usize = 1_000;
const TURNS: usize = 8;

/// Where and when each person goes, while it is being worked out.
struct Draft<'a> {
    problem: &'a Problem,
    scope: &'a Scope,
    days: Vec<Day>,
    placed: Vec<bool>,
    date_of: Vec<Option<Ix>>,
    /// By library-day.
    visitors: Vec<i64>,
    free: Vec<i64>,
    forbidding: i64,
}

impl Draft<'_> {
    /// Solves a date among those who go on it and those without a place for whom `offered` holds. False if the locks
    /// or branches ask for more.
    fn solve_date(&mut self, date: usize, offered: impl Fn(usize) -> bool) -> bool {
        for (library, low, high) in self.limits(date) {
            if !self.days[date].set_places(library, low, high) {
                return false;
            }
        }
        let day = &mut self.days[date];
        for slot in &mut day.slots {
            let p = slot.person.at();
            slot.closed = if self.placed[p] { self.date_of[p] != Some(day.date) } else { !offered(p) };
        }
        let forbidding = self.forbidding;
        day.solve(|slot| if slot.closed { forbidding } else { 0 }, &self.free);
        day.slots.iter().all(|slot| slot.goes.is_none() || !slot.closed)
    }

    /// What other dates leave of the hosts' limits, or need of them: library, fewest and most visitors.
    fn limits(&self, date: usize) -> Vec<(usize, i64, i64)> {
        let problem = self.problem;
        let of_library = |(library, limit): (usize, &Option<i64>)| {
            let limit = (*limit)?;
            let day = |d: usize| problem.day(Ix::new(library), Ix::new(d));
            let elsewhere: i64 = (0..problem.dates)
                .filter(|d| *d != date)
                .map(|d| self.visitors[day(d)].max(self.scope.places(problem, day(d)).0))
                .sum();
            let (low, high) = self.scope.places(problem, day(date));
            Some((library, low, high.min(limit - elsewhere)))
        };
        problem.limit.iter().enumerate().filter_map(of_library).collect()
    }

    /// Takes what a date's circulation says in place of the pairs before. Whether the value has grown.
    fn settle(&mut self, date: usize, before: &[Ix]) -> bool {
        let problem = self.problem;
        let value = |pairs: &[Ix]| pairs.iter().map(|pair| problem.pairs[pair.at()].value).sum::<i64>();
        let after: Vec<Ix> = self.days[date].used().collect();
        for (pairs, comes) in [(before, false), (&after, true)] {
            for pair in pairs {
                let pair = &problem.pairs[pair.at()];
                self.placed[pair.person.at()] = comes;
                self.date_of[pair.person.at()] = comes.then_some(Ix::new(date));
                self.visitors[problem.day(pair.host, Ix::new(date))] += if comes { 1 } else { -1 };
            }
        }
        value(&after) > value(before)
    }
}

/// The best schedule with everybody on the given date or none, bettered date by date, starting from any circulations
/// of the dates. None if that way does not
/// complete the locks, or if the watch has ended the run.
pub(super) fn complete(
    problem: &Problem,
    days: Vec<Day>,
    scope: &Scope,
    wanted: &[Option<Ix>],
    watch: &mut Watch<'_>,
) -> Option<Plan> {
    let mut draft = Draft {
        problem,
        scope,
        days,
        placed: vec![false; problem.home.len()],
        date_of: vec![None; problem.home.len()],
        visitors: vec![0; problem.hosting.len()],
        free: vec![0; problem.libraries],
        forbidding: problem.forbidding_price(),
    };
    let (forbidding, free) = (draft.forbidding, draft.free.clone());
    for_each_day(&mut draft.days, watch.threads(), |day| {
        for slot in &mut day.slots {
            slot.closed = wanted[slot.person.at()] != Some(day.date);
        }
        day.solve(|slot| if slot.closed { forbidding } else { 0 }, &free)
    });
    for date in 0..problem.dates {
        let on = Some(Ix::new(date));
        // The locks may need more people: whoever has no date, else anybody.
        let found = draft.solve_date(date, |p| wanted[p] == on)
            || draft.solve_date(date, |p| wanted[p].is_none() || wanted[p] == on)
            || draft.solve_date(date, |_| true);
        if !found || watch.is_stopped() {
            return None;
        }
        draft.settle(date, &[]);
    }
    for turn in 0..TURNS {
        let left: Vec<usize> =
            (0..problem.home.len()).filter(|p| !draft.placed[*p] && !problem.of(*p).is_empty()).collect();
        if left.len() < MANY {
            break;
        }
        let mut offered = vec![None; problem.home.len()];
        for p in left {
            let dates = problem.open.any(problem.of(p));
            offered[p] = Some(dates[(p + turn) % dates.len()]);
        }
        for date in 0..problem.dates {
            let before: Vec<Ix> = draft.days[date].used().collect();
            if !draft.solve_date(date, |p| offered[p] == Some(date)) || watch.is_stopped() {
                return None;
            }
            draft.settle(date, &before);
        }
    }
    let (mut quiet, mut date) = (0, 0);
    while quiet < problem.dates && !watch.is_stopped() {
        let before: Vec<Ix> = draft.days[date].used().collect();
        if !draft.solve_date(date, |_| true) {
            return None;
        }
        quiet = if draft.settle(date, &before) { 0 } else { quiet + 1 };
        date = (date + 1) % problem.dates;
    }
    let of_day = |day: &Day| day.used().map(|pair| (pair, day.date)).collect::<Vec<_>>();
    plan_of(problem, draft.days.iter().flat_map(of_day).collect())
}

/// The schedule of some triples, if each person has one place and no host's limit is exceeded.
pub(super) fn plan_of(problem: &Problem, placed: Vec<(Ix, Ix)>) -> Option<Plan> {
    let mut has_place = vec![false; problem.home.len()];
    let mut visitors = vec![0_i64; problem.libraries];
    for (pair, _) in &placed {
        let pair = &problem.pairs[pair.at()];
        if std::mem::replace(&mut has_place[pair.person.at()], true) {
            return None;
        }
        visitors[pair.host.at()] += 1;
    }
    let within = problem.limit.iter().zip(&visitors).all(|(limit, n)| limit.is_none_or(|limit| *n <= limit));
    within.then(|| Plan::new(problem, placed))
}

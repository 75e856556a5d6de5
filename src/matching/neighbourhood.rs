//! Neighbourhoods: people near an unplaced one are freed, everybody else stays, and the small problem is solved again.
//!
//! Method: the unplaced person is drawn in proportion to the price; near are those who share host-days with the
//! person, or come from the hosts in question, or visit the person's home. The small problem is priced and searched
//! like the whole, with its own bound to end it early.
//! Literature: Shaw (1998) and Ropke and Pisinger (2006) for large neighbourhoods.

use super::branching::Trials;
use super::dual::Dual;
use super::pricing::{Pricing, Start};
use super::primal::Plan;
use super::problem::{Problem, Scope};
use super::tree::{Tree, bound_of, dive};
use super::watch::Watch;

/// Nodes of a small problem at most, and how many times the work of pricing it they may take.
const NODES: (usize, i64) = (24, 4);
/// Splits that are tried at a node of a small problem.
const TRIALS: Trials = Trials { most: 4, moving: 2 };
/// Bundle steps at the root of a small problem at most.
const STEPS: usize = 30;
/// People freed at first, and at most.
const FREED: (usize, usize) = (24, 120);

/// Draws neighbourhoods of a problem.
pub(super) struct Neighbourhoods<'a> {
    problem: &'a Problem,
    dual: Dual,
    random: u64,
    /// People freed at a time: more when nothing was found for long.
    freed: usize,
    in_vain: usize,
    /// Looks since the last better schedule.
    long_in_vain: usize,
    turn: u64,
}

impl<'a> Neighbourhoods<'a> {
    pub(super) fn new(problem: &'a Problem, dual: &Dual, seed: i64) -> Self {
        let random = seed.unsigned_abs() ^ 0x9e37_79b9_7f4a_7c15;
        Self { problem, dual: dual.clone(), random, freed: FREED.0, in_vain: 0, long_in_vain: 0, turn: 0 }
    }

    /// How many times more work the bound deserves: the more, the longer nothing was found.
    pub(super) fn caution(&self) -> i64 {
        1 + super::num::int(self.long_in_vain / 60)
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers everywhere.
    fn draw(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }

    /// Solves one neighbourhood of a schedule again; a better schedule if there is one.
    pub(super) fn look(&mut self, plan: &Plan, watch: &mut Watch<'_>) -> Option<Plan> {
        let problem = self.problem;
        let mut at: Vec<Option<usize>> = vec![None; problem.home.len()];
        for &t in &plan.triples {
            at[problem.triples[t].person.at()] = Some(t);
        }
        self.turn += 1;
        let about = if self.turn % 3 == 1 { self.draw_person() } else { self.draw_unplaced(&at) };
        let free =
            if self.turn.is_multiple_of(3) { self.on_dates(about, &at) } else { self.near(about, &at) };
        let scope = self.scope_of(&free, &at, plan.value);
        let better = solve_small(problem, &scope, &self.dual, plan.value, watch);
        self.in_vain = if better.is_some() { 0 } else { self.in_vain + 1 };
        self.long_in_vain = if better.is_some() { 0 } else { self.long_in_vain + 1 };
        if better.is_some() {
            self.freed = FREED.0.max(self.freed / 2);
        } else if self.in_vain > 40 {
            self.in_vain = 0;
            self.freed = (self.freed * 3 / 2).min(FREED.1);
        }
        better
    }

    /// Whoever is free may go on any date, everybody else on the same date as now. What cannot better the schedule by
    /// the root's prices is left out.
    fn scope_of(&self, free: &[bool], at: &[Option<usize>], cutoff: i64) -> Scope {
        let problem = self.problem;
        let is_out = |t: usize| {
            let triple = &problem.triples[t];
            let p = triple.person.at();
            let elsewhere = at[p].is_none_or(|now| problem.triples[now].date != triple.date);
            let with = self.dual.total.saturating_add(self.dual.gain(problem, t));
            (!free[p] && elsewhere) || bound_of(problem, with) <= cutoff
        };
        Scope { ruled_out: (0..problem.triples.len()).map(is_out).collect(), ..Scope::default() }
    }

    fn draw_person(&mut self) -> usize {
        let people = super::num::int(self.problem.home.len()).unsigned_abs();
        usize::try_from(self.draw(people)).unwrap_or(0)
    }

    fn draw_unplaced(&mut self, at: &[Option<usize>]) -> usize {
        let weight = |p: usize| {
            if at[p].is_none() { 1 + self.dual.staff[p].unsigned_abs() } else { 0 }
        };
        let total: u64 = (0..at.len()).map(weight).sum();
        if total == 0 {
            return self.draw_person();
        }
        let weights: Vec<u64> = (0..at.len()).map(weight).collect();
        let mut left = self.draw(total);
        for (p, weight) in weights.into_iter().enumerate() {
            if left < weight {
                return p;
            }
            left -= weight;
        }
        0
    }

    /// Who is freed: everybody on dates drawn at random, one of them a date of the person's, and all without a place.
    fn on_dates(&mut self, about: usize, at: &[Option<usize>]) -> Vec<bool> {
        let problem = self.problem;
        let mut on = vec![0_usize; problem.dates];
        for t in at.iter().flatten() {
            on[problem.triples[*t].date.at()] += 1;
        }
        let mut dates: Vec<(u64, usize)> = (0..problem.dates)
            .map(|d| (if problem.on(about, d).is_empty() { 1 } else { 3 } * (1 + self.draw(64)), d))
            .collect();
        dates.sort_unstable_by(|a, b| b.cmp(a));
        let mut open = vec![false; problem.dates];
        let mut freed = 0;
        for (_, date) in dates {
            if freed < self.freed {
                open[date] = true;
                freed += on[date];
            }
        }
        at.iter().map(|t| t.is_none_or(|t| open[problem.triples[t].date.at()])).collect()
    }

    /// Who is freed: the person, and as many of the nearest as the size allows.
    fn near(&mut self, about: usize, at: &[Option<usize>]) -> Vec<bool> {
        let problem = self.problem;
        let mut host_days = vec![false; problem.hosting.len()];
        let mut hosts = vec![false; problem.libraries];
        for t in problem.of(about) {
            let triple = &problem.triples[t];
            host_days[problem.day(triple.host, triple.date)] = true;
            hosts[triple.host.at()] = true;
        }
        let home = problem.home[about];
        let mut ranked: Vec<(u64, usize)> = Vec::new();
        for p in (0..problem.home.len()).filter(|p| *p != about) {
            let mut near = 0_u64;
            for t in problem.of(p) {
                let triple = &problem.triples[t];
                near += u64::from(host_days[problem.day(triple.host, triple.date)]);
                near += u64::from(triple.host == home);
            }
            near += if hosts[problem.home[p].at()] { 8 } else { 0 };
            if let Some(t) = at[p] {
                let triple = &problem.triples[t];
                near += if host_days[problem.day(triple.host, triple.date)] { 16 } else { 0 };
                near += if triple.host == home { 16 } else { 0 };
            }
            if near > 0 {
                // A random share, so that the same person does not always free the same others.
                let share = 1 + self.draw(8);
                ranked.push((near * share, p));
            }
        }
        ranked.sort_unstable_by(|a, b| b.cmp(a));
        let mut free = vec![false; problem.home.len()];
        free[about] = true;
        for (_, p) in ranked.into_iter().take(self.freed) {
            free[p] = true;
        }
        // Whoever else has no place has nothing to lose.
        for (p, t) in at.iter().enumerate() {
            free[p] = free[p] || (t.is_none() && problem.of(p).any(|t| near_by(problem, t, &host_days)));
        }
        free
    }
}

fn near_by(problem: &Problem, triple: usize, host_days: &[bool]) -> bool {
    let triple = &problem.triples[triple];
    host_days[problem.day(triple.host, triple.date)]
}

/// A schedule of a small problem better than `cutoff`.
fn solve_small(
    problem: &Problem,
    scope: &Scope,
    dual: &Dual,
    cutoff: i64,
    watch: &mut Watch<'_>,
) -> Option<Plan> {
    let start = Start { staff: dual.staff.clone(), limit: dual.limit.clone() };
    let mut pricing = Pricing::new(problem, scope, &start, &[], watch.threads())?;
    let mut spent = 0;
    for _ in 0..STEPS {
        let open = bound_of(problem, pricing.best.total) - cutoff;
        if open <= 0 {
            watch.spend(pricing.work - spent);
            return None;
        }
        pricing.step(scope);
        watch.spend(pricing.work - spent);
        spent = pricing.work;
        if watch.stopped.is_some() || pricing.is_priced(0.05 * super::num::float(problem.scale)) {
            break;
        }
    }
    let before = watch.work;
    let plan = dive(&pricing, scope, watch);
    let from = plan.as_ref().map_or(cutoff, |plan| plan.value.max(cutoff));
    let mut tree = Tree::new(&pricing, scope, from, TRIALS, watch);
    tree.best = plan.filter(|plan| plan.value > cutoff);
    if let Some(plan) = super::primal::complete(problem, scope, &preferred(problem, &pricing)) {
        tree.offer(plan);
    }
    for _ in 0..NODES.0 {
        if watch.stopped.is_some() || tree.is_closed() || watch.work - before > NODES.1 * spent {
            break;
        }
        tree.advance(watch);
    }
    tree.best
}

fn preferred(problem: &Problem, pricing: &Pricing<'_>) -> Vec<Option<usize>> {
    super::tree::preferred_dates(problem, &pricing.average())
}

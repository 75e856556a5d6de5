//! Neighbourhoods: some people are freed, everybody else stays, and the small problem is solved again.
//!
//! Method: the gap of a schedule is what its placements lose at the prices and what the prices of those left out are
//! (and of capacity left over); a person is drawn in proportion to that. Near are those who could come or go on the
//! same library-days without losing much, and those near them. The small problem has only triples that lose little;
//! when nothing is found about a person, the next time more people are freed, or triples that lose more are let in.
//! It is priced and searched like the whole, with its own bound to end it early.
//! Literature: Shaw (1998) and Ropke and Pisinger (2006) for large neighbourhoods.

use std::collections::HashSet;

use super::branching::Trials;
use super::dive::{QUICK, dive, preferred_dates};
use super::dual::Dual;
use super::num::{Ix, int};
use super::part::{Guest, Part};
use super::pricing::Pricing;
use super::primal::{Plan, complete};
use super::problem::{Problem, Scope};
use super::share::on_threads;
use super::tight::{Meetings, Tight, days_of};
use super::tree::{Tree, bound_of};
use super::watch::Watch;

/// Nodes of a small problem at most, and how many times the work of pricing it they may take.
const NODES: (usize, i64) = (8, 2);
/// Splits that are tried at a node of a small problem.
const TRIALS: Trials = Trials { most: 4, moving: 2 };
/// Bundle steps at the root of a small problem at most.
const STEPS: usize = 30;
/// People freed at first, and at most.
const FREED: (usize, usize) = (48, 96);
/// Where people are fewer, whole dates are neighbourhoods too; elsewhere those on a date are too far apart.
pub(super) const FEW: usize = 1500;
/// Neighbourhoods solved at a time.
const AT_ONCE: usize = 8;
/// How often somebody is drawn of those at a library-day.
const MET: usize = 2;
/// Looks about a person in vain after which the next is larger, and how many times larger it gets (doubling) at most.
const PATIENCE: u32 = 6;
const LEVELS: u64 = 5;
/// Looks in vain that make a person count half as much.
const HALVING: u32 = 4;

/// Draws neighbourhoods of a problem.
pub(super) struct Neighbourhoods<'a> {
    problem: &'a Problem,
    dual: Dual,
    tight: Tight,
    random: u64,
    /// How often nothing better was found about each person since something was.
    in_vain: Vec<u32>,
    /// Looks since the last better schedule.
    long_in_vain: usize,
    turn: u64,
}

impl<'a> Neighbourhoods<'a> {
    pub(super) fn new(problem: &'a Problem, dual: &Dual, seed: i64) -> Self {
        let random = seed.unsigned_abs() ^ 0x9e37_79b9_7f4a_7c15;
        Self {
            problem,
            dual: dual.clone(),
            tight: Tight::new(problem, dual),
            random,
            in_vain: vec![0; problem.home.len()],
            long_in_vain: 0,
            turn: 0,
        }
    }

    /// Takes better prices.
    pub(super) fn reprice(&mut self, dual: &Dual) {
        self.dual = dual.clone();
        self.tight = Tight::new(self.problem, dual);
    }

    /// How many times more work the bound deserves: nothing as long as better schedules are found easily, and the
    /// more, the longer nothing was found.
    pub(super) fn caution(&self) -> i64 {
        let patience = 96 + self.problem.home.len() / 8;
        int(self.long_in_vain / patience)
    }

    /// Solves some neighbourhoods of a schedule again, on as many threads as there are; a better schedule if there is
    /// one. What is found does not depend on the threads.
    pub(super) fn look(&mut self, plan: &Plan, watch: &mut Watch<'_>) -> Option<Plan> {
        let problem = self.problem;
        let at = plan.by_person(problem);
        let now = Meetings::new(problem, plan.placed.iter().copied());
        let mut weights = self.weights(&at);
        let (abouts, parts): (Vec<usize>, Vec<Part>) =
            (0..AT_ONCE).map(|_| self.draw_part(plan, &at, &now, &mut weights)).unzip();
        let found: Vec<(Option<Plan>, i64)> = {
            let (dual, watch) = (&self.dual, &*watch);
            on_threads(parts.iter().collect(), watch.threads(), |part| {
                let mut own = watch.part();
                (solve_part(part, dual, plan.value, &mut own), own.work)
            })
        };
        watch.spend(found.iter().map(|(_, work)| work).sum());
        let mut better: Option<Plan> = None;
        let mut is_touched = vec![false; problem.libraries];
        for ((part, about), (own, _)) in parts.iter().zip(abouts).zip(&found) {
            let Some(own) = own else {
                self.in_vain[about] += 1;
                self.long_in_vain += 1;
                continue;
            };
            (self.in_vain[about], self.long_in_vain) = (0, 0);
            // Parts that share no library better the schedule independently.
            if part.touches(&mut is_touched) {
                better = Some(part.put_back(problem, better.as_ref().unwrap_or(plan), own));
            }
        }
        better
    }

    /// A neighbourhood of a schedule, and about whom; whose weight is 0 then, so that the next is about another.
    fn draw_part(
        &mut self,
        plan: &Plan,
        at: &[Option<(Ix, Ix)>],
        now: &Meetings,
        weights: &mut [u64],
    ) -> (usize, Part) {
        let problem = self.problem;
        self.turn += 1;
        let about = if self.turn % 3 == 1 { self.draw_person() } else { self.draw_loss(weights) };
        weights[about] = 0;
        let by_date = self.turn.is_multiple_of(3) && problem.home.len() < FEW;
        let level = u64::from(self.in_vain[about] / PATIENCE).min(LEVELS);
        let wide = draw(&mut self.random, level + 1);
        let freed = (FREED.0 << (level - wide)).min(FREED.1);
        let people = if by_date { self.on_dates(about, freed, at) } else { self.near(about, freed, at, now) };
        // What cannot better the schedule by the root's prices is left out; about a person also what loses much.
        let loss = if by_date { i64::MAX } else { self.tight.loss << wide };
        let is_worth_it = |pair: usize, date: usize| {
            let gain = self.dual.gain(problem, pair, Ix::new(date));
            gain >= -loss && bound_of(problem, self.dual.total.saturating_add(gain)) > plan.value
        };
        (about, Part::new(problem, &people, plan, is_worth_it))
    }

    /// A schedule worth more than `cutoff`, in which a person has a place: others near are freed, first fewer, then more.
    pub(super) fn make_room(
        &mut self,
        person: usize,
        plan: &Plan,
        cutoff: i64,
        watch: &mut Watch<'_>,
    ) -> Option<Plan> {
        let problem = self.problem;
        let at = plan.by_person(problem);
        let now = Meetings::new(problem, plan.placed.iter().copied());
        for freed in [FREED.0 / 4, FREED.0] {
            let people = self.near(person, freed, &at, &now);
            let loss = self.tight.loss;
            let part = Part::new(problem, &people, plan, |pair, date| {
                self.dual.gain(problem, pair, Ix::new(date)) >= -loss
            });
            if let Some(own) = solve_part(&part, &self.dual, cutoff, watch) {
                return Some(part.put_back(problem, plan, &own));
            }
        }
        None
    }

    /// What somebody who has no place and comes by trips of their own could have near a schedule, worth more than `cutoff`:
    /// the part, and its people as it has them. Others are freed about the given library-days, first fewer, then more.
    pub(super) fn welcome(
        &self,
        guest: &Guest<'_>,
        days: &[usize],
        (plan, at, now): (&Plan, &[Option<(Ix, Ix)>], &Meetings),
        cutoff: i64,
        watch: &mut Watch<'_>,
    ) -> Option<(Part, Plan)> {
        let problem = self.problem;
        let mut random = self.random;
        for freed in [FREED.0 / 4, FREED.0] {
            let people = self.gather(guest.person, days.to_vec(), freed, (at, now), &mut random);
            let loses_little = |pair, date| self.dual.gain(problem, pair, Ix::new(date)) >= -self.tight.loss;
            let part = Part::with_guest(problem, &people, plan, loses_little, guest);
            if let Some(own) = solve_part(&part, &self.dual, cutoff, watch) {
                return Some((part, own));
            }
        }
        None
    }

    fn draw_person(&mut self) -> usize {
        draw_below(&mut self.random, self.problem.home.len())
    }

    /// What is lost at the prices by each person's placement, or by having none: the less it counts, the more often
    /// nothing was found.
    fn weights(&self, at: &[Option<(Ix, Ix)>]) -> Vec<u64> {
        let problem = self.problem;
        let loss = |p: usize| match at[p] {
            None if problem.of(p).is_empty() => 0,
            None => 1 + self.dual.staff[p].unsigned_abs(),
            Some((pair, date)) => 1 + self.dual.gain(problem, pair.at(), date).min(0).unsigned_abs(),
        };
        (0..at.len()).map(|p| loss(p) / u64::from(1 + self.in_vain[p] / HALVING)).collect()
    }

    fn draw_loss(&mut self, weights: &[u64]) -> usize {
        let total: u64 = weights.iter().sum();
        if total == 0 {
            return self.draw_person();
        }
        let mut left = draw(&mut self.random, total);
        for (p, weight) in weights.iter().enumerate() {
            if left < *weight {
                return p;
            }
            left -= weight;
        }
        0
    }

    /// Who is freed: everybody on dates drawn at random, one of them a date of the person's, and people without a
    /// place who could go on them.
    fn on_dates(&mut self, about: usize, most: usize, at: &[Option<(Ix, Ix)>]) -> Vec<usize> {
        let problem = self.problem;
        let mut on = vec![0_usize; problem.dates];
        for (_, date) in at.iter().flatten() {
            on[date.at()] += 1;
        }
        let own = problem.open.any(problem.of(about));
        let mut dates: Vec<(u64, usize)> = (0..problem.dates)
            .map(|d| (if own.contains(&d) { 3 } else { 1 } * (1 + draw(&mut self.random, 64)), d))
            .collect();
        dates.sort_unstable_by(|a, b| b.cmp(a));
        let mut open = vec![false; problem.dates];
        let mut freed = 0;
        for (_, date) in dates {
            if freed < most {
                open[date] = true;
                freed += on[date];
            }
        }
        let placed = (0..at.len()).filter(|p| at[*p].is_some_and(|(_, date)| open[date.at()]));
        let mut people: Vec<usize> = placed.take(4 * most).collect();
        let mut unplaced: Vec<(u64, usize)> = (0..at.len())
            .filter(|p| at[*p].is_none())
            .map(|p| (self.dual.staff[p].unsigned_abs(), p))
            .collect();
        unplaced.sort_unstable_by(|a, b| b.cmp(a));
        people.extend(unplaced.into_iter().take(4 * most).map(|(_, p)| p));
        people
    }

    /// Who is freed: the person, and step by step some of those who do or could, losing little, come to or leave the
    /// same libraries on the same dates.
    fn near(&mut self, about: usize, most: usize, at: &[Option<(Ix, Ix)>], now: &Meetings) -> Vec<usize> {
        let mut random = self.random;
        let people = self.gather(about, self.days_about(about, at), most, (at, now), &mut random);
        self.random = random;
        people
    }

    /// The library-days that somebody uses, or could use losing little.
    fn days_about(&self, person: usize, at: &[Option<(Ix, Ix)>]) -> Vec<usize> {
        let triples = self.tight.of(person).iter().chain(&at[person]);
        triples.flat_map(|(pair, date)| days_of(self.problem, *pair, *date)).collect()
    }

    /// As [`Self::near`], from given library-days on.
    fn gather(
        &self,
        about: usize,
        first: Vec<usize>,
        most: usize,
        (at, now): (&[Option<(Ix, Ix)>], &Meetings),
        random: &mut u64,
    ) -> Vec<usize> {
        let mut is_in = HashSet::from([about]);
        let mut people = vec![about];
        let mut next = 0;
        let mut first = Some(first);
        while let Some(&person) = people.get(next) {
            next += 1;
            let mut days = first.take().unwrap_or_else(|| self.days_about(person, at));
            days.sort_unstable();
            days.dedup();
            for day in days {
                for _ in 0..MET {
                    let (could, now) = (self.tight.meetings.at(day), now.at(day));
                    let drawn = [could.len(), now.len()].map(|n| draw_below(random, n));
                    for (_, met) in [could.get(drawn[0]), now.get(drawn[1])].into_iter().flatten() {
                        if is_in.insert(met.at()) {
                            people.push(met.at());
                        }
                    }
                }
            }
            if people.len() >= most {
                people.truncate(most);
                break;
            }
        }
        people
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers everywhere.
fn draw(random: &mut u64, below: u64) -> u64 {
    *random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *random;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % below.max(1)
}

fn draw_below(random: &mut u64, below: usize) -> usize {
    usize::try_from(draw(random, int(below).unsigned_abs())).unwrap_or(0)
}

/// A schedule of a part better than `cutoff`.
fn solve_part(part: &Part, dual: &Dual, cutoff: i64, watch: &mut Watch<'_>) -> Option<Plan> {
    let (problem, scope) = (&part.problem, Scope::default());
    let start = part.start(&dual.staff, &dual.limit);
    let mut pricing = Pricing::new(problem, &scope, &start, &[], 1)?;
    let mut spent = 0;
    for _ in 0..STEPS {
        let open = bound_of(problem, pricing.best.total) - cutoff;
        if open <= 0 {
            watch.spend(pricing.work - spent);
            return None;
        }
        pricing.step();
        watch.spend(pricing.work - spent);
        spent = pricing.work;
        if watch.stopped.is_some() || pricing.is_priced(0.05 * super::num::float(problem.scale)) {
            break;
        }
    }
    let before = watch.work;
    let plan = dive(&pricing, &scope, QUICK, cutoff, watch);
    let from = plan.as_ref().map_or(cutoff, |plan| plan.value.max(cutoff));
    let mut tree = Tree::new(&pricing, &scope, from, TRIALS, watch);
    tree.best = plan;
    let dates = preferred_dates(problem, &pricing.average());
    if let Some(plan) = complete(problem, pricing.days.clone(), &scope, &dates, watch) {
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

//! Neighbourhoods: people near an unplaced one are freed, everybody else stays, and the small problem is solved again.
//!
//! Method: the unplaced person is drawn in proportion to the price; near are the staff of the hosts in question, who
//! could come in exchange, and who visits them or the person's home now. The nearest may go on any date, the next
//! nearest elsewhere on their date. The small problem is priced and searched like the whole, with its own bound to
//! end it early.
//! Literature: Shaw (1998) and Ropke and Pisinger (2006) for large neighbourhoods.

use super::branching::Trials;
use super::dive::{QUICK, dive, preferred_dates};
use super::dual::Dual;
use super::num::Ix;
use super::part::{Freedom, Part};
use super::pricing::Pricing;
use super::primal::{Plan, complete};
use super::problem::{Problem, Scope};
use super::share::on_threads;
use super::tree::{Tree, bound_of};
use super::watch::Watch;

/// Nodes of a small problem at most, and how many times the work of pricing it they may take.
const NODES: (usize, i64) = (8, 2);
/// Splits that are tried at a node of a small problem.
const TRIALS: Trials = Trials { most: 4, moving: 2 };
/// Bundle steps at the root of a small problem at most.
const STEPS: usize = 30;
/// People freed at first, and at most.
const FREED: (usize, usize) = (24, 120);
/// Where people are fewer, whole dates are neighbourhoods too; elsewhere those on a date are too far apart.
const FEW: usize = 1500;
/// Neighbourhoods solved at a time.
const AT_ONCE: usize = 8;
/// How many times as many may go elsewhere on their date.
const LOOSENED: usize = 2;

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

    /// How many times more work the bound deserves: nothing as long as better schedules are found easily, and the
    /// more, the longer nothing was found.
    pub(super) fn caution(&self) -> i64 {
        let patience = 96 + self.problem.home.len() / 8;
        super::num::int(self.long_in_vain / patience)
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers everywhere.
    fn draw(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below.max(1)
    }

    /// Solves some neighbourhoods of a schedule again, on as many threads as there are; a better schedule if there is
    /// one. What is found does not depend on the threads.
    pub(super) fn look(&mut self, plan: &Plan, watch: &mut Watch<'_>) -> Option<Plan> {
        let problem = self.problem;
        let at = plan.by_person(problem);
        let parts: Vec<Part> = (0..AT_ONCE).map(|_| self.draw_part(plan, &at)).collect();
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
        for (part, (own, _)) in parts.iter().zip(&found) {
            let Some(own) = own else {
                self.in_vain += 1;
                self.long_in_vain += 1;
                continue;
            };
            (self.in_vain, self.long_in_vain) = (0, 0);
            self.freed = FREED.0.max(self.freed / 2);
            // Parts that share no library better the schedule independently.
            if part.touches(&mut is_touched) {
                better = Some(part.put_back(problem, better.as_ref().unwrap_or(plan), own));
            }
        }
        if self.in_vain > 40 {
            self.in_vain = 0;
            self.freed = (self.freed * 3 / 2).min(FREED.1);
        }
        better
    }

    /// A neighbourhood of a schedule.
    fn draw_part(&mut self, plan: &Plan, at: &[Option<(Ix, Ix)>]) -> Part {
        let problem = self.problem;
        self.turn += 1;
        let about = if self.turn % 3 == 1 { self.draw_person() } else { self.draw_unplaced(at) };
        let by_date = self.turn.is_multiple_of(3) && problem.home.len() < FEW;
        let people = if by_date { self.on_dates(about, at) } else { self.near(about, at) };
        // What cannot better the schedule by the root's prices is left out.
        let is_worth_it = |pair: usize, date: usize| {
            let with = self.dual.total.saturating_add(self.dual.gain(problem, pair, Ix::new(date)));
            bound_of(problem, with) > plan.value
        };
        Part::new(problem, &people, plan, is_worth_it)
    }

    fn draw_person(&mut self) -> usize {
        let people = super::num::int(self.problem.home.len()).unsigned_abs();
        usize::try_from(self.draw(people)).unwrap_or(0)
    }

    fn draw_unplaced(&mut self, at: &[Option<(Ix, Ix)>]) -> usize {
        let problem = self.problem;
        let weight = |p: usize| {
            if at[p].is_none() && !problem.of(p).is_empty() {
                1 + self.dual.staff[p].unsigned_abs()
            } else {
                0
            }
        };
        let weights: Vec<u64> = (0..at.len()).map(weight).collect();
        let total: u64 = weights.iter().sum();
        if total == 0 {
            return self.draw_person();
        }
        let mut left = self.draw(total);
        for (p, weight) in weights.into_iter().enumerate() {
            if left < weight {
                return p;
            }
            left -= weight;
        }
        0
    }

    /// Who is freed: everybody on dates drawn at random, one of them a date of the person's, and people without a
    /// place who could go on them.
    fn on_dates(&mut self, about: usize, at: &[Option<(Ix, Ix)>]) -> Vec<(usize, Freedom)> {
        let problem = self.problem;
        let mut on = vec![0_usize; problem.dates];
        for (_, date) in at.iter().flatten() {
            on[date.at()] += 1;
        }
        let own = problem.open.any(problem.of(about));
        let mut dates: Vec<(u64, usize)> = (0..problem.dates)
            .map(|d| (if own.contains(&d) { 3 } else { 1 } * (1 + self.draw(64)), d))
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
        let placed = (0..at.len()).filter(|p| at[*p].is_some_and(|(_, date)| open[date.at()]));
        let mut people: Vec<(usize, Freedom)> =
            placed.map(|p| (p, Freedom::Date)).take(4 * self.freed).collect();
        let mut unplaced: Vec<(u64, usize)> = (0..at.len())
            .filter(|p| at[*p].is_none())
            .map(|p| (self.dual.staff[p].unsigned_abs(), p))
            .collect();
        unplaced.sort_unstable_by(|a, b| b.cmp(a));
        people.extend(unplaced.into_iter().take(4 * self.freed).map(|(_, p)| (p, Freedom::Date)));
        people
    }

    /// Who is freed: the person, and as many of the nearest as the size allows.
    fn near(&mut self, about: usize, at: &[Option<(Ix, Ix)>]) -> Vec<(usize, Freedom)> {
        let problem = self.problem;
        let home = problem.home[about];
        let mut hosts = vec![false; problem.libraries];
        let mut nearness: std::collections::BTreeMap<usize, u64> = std::collections::BTreeMap::new();
        let mut add = |person: usize, more: u64| *nearness.entry(person).or_insert(0) += more;
        for pair in &problem.pairs[problem.of(about)] {
            hosts[pair.host.at()] = true;
            for person in problem.staff_of(pair.host.at()) {
                add(person.at(), 8);
            }
        }
        for person in problem.staff_of(home.at()) {
            add(person.at(), 8);
        }
        for (person, of) in at.iter().enumerate() {
            if let Some((pair, _)) = of {
                let host = problem.pairs[pair.at()].host;
                if hosts[host.at()] || host == home {
                    add(person, 16);
                }
            }
        }
        if nearness.len() < self.freed {
            // One step farther: whoever could go where the near ones are from.
            let homes: Vec<Ix> = nearness.keys().map(|person| problem.home[*person]).collect();
            for person in (0..problem.home.len()).filter(|person| !problem.of(*person).is_empty()) {
                if problem.pairs[problem.of(person)].iter().any(|pair| homes.contains(&pair.host)) {
                    *nearness.entry(person).or_insert(0) += 2;
                }
            }
        }
        let mut ranked: Vec<(u64, usize)> = Vec::new();
        for (person, near) in nearness {
            if person != about {
                let comes = problem.pairs[problem.of(person)].iter().any(|pair| pair.host == home);
                let near = near + if comes { 24 } else { 0 };
                // A random share, so that the same person does not always free the same others.
                ranked.push((near * (1 + self.draw(8)), person));
            }
        }
        ranked.sort_unstable_by(|a, b| b.cmp(a));
        let mut people = vec![(about, Freedom::Date)];
        for (n, (_, p)) in ranked.into_iter().take(self.freed * (1 + LOOSENED)).enumerate() {
            // Whoever has no place has nothing to lose.
            let freedom = if n < self.freed || at[p].is_none() { Freedom::Date } else { Freedom::Host };
            people.push((p, freedom));
        }
        people
    }
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
    let plan = dive(&pricing, &scope, QUICK, watch);
    let from = plan.as_ref().map_or(cutoff, |plan| plan.value.max(cutoff));
    let mut tree = Tree::new(&pricing, &scope, from, TRIALS, watch);
    tree.best = plan.filter(|plan| plan.value > cutoff);
    let dates = preferred_dates(problem, &pricing.average());
    if let Some(plan) = complete(&pricing, &scope, &dates, watch) {
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

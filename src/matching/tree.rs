//! Branch and bound: closes what the prices of the root leave open.
//!
//! Method: best bound first, deeper first among equals. A node is priced with its parent's prices and cycles, its
//! schedule worked out from the average of the bundle, triples that no better schedule can use are ruled out for all
//! below ([`super::fixing`]), and what stays open is split: a person goes on some dates only or on the others only,
//! chosen by trying ([`super::branching`]); when everybody has one date, the visitors of a host with a limit are at
//! most so many on a date or more.
//! Every split narrows, so the search ends; where nothing ties dates together any more, circulations are exact.
//! Complexity: exponential at worst; a node costs some ten to fifty bundle steps.
//! Literature: Land and Doig (1960).

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;

use super::branching::{Branches, Trials, branches};
use super::fixing::rule_out;
use super::num::Ix;
use super::pricing::{Cycle, Pricing, Start};
use super::primal::{Plan, complete, plan_of};
use super::problem::{Problem, Scope};
use super::watch::Watch;

/// What a node inherits.
#[derive(Debug)]
struct Heritage {
    start: Start,
    cycles: Vec<Cycle>,
}

/// A part of the problem that is still open.
#[derive(Debug)]
struct Node {
    /// Bound on the value of every schedule in it.
    bound: i64,
    depth: u32,
    number: u64,
    scope: Scope,
    from: Rc<Heritage>,
}

impl Node {
    fn rank(&self) -> (i64, u32, u64) {
        (self.bound, self.depth, self.number)
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Node {}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Node {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// Branch and bound over one problem.
pub(super) struct Tree<'a> {
    problem: &'a Problem,
    open: BinaryHeap<Node>,
    numbers: u64,
    /// The best schedule known.
    pub(super) best: Option<Plan>,
    /// Only better than this counts.
    pub(super) cutoff: i64,
    trials: Trials,
}

/// Bundle steps in a node at most.
const NODE_STEPS: usize = 40;

/// The bound on the value of every schedule that a dual's total proves.
pub(super) fn bound_of(problem: &Problem, total: i64) -> i64 {
    problem.locked_value + total.div_euclid(problem.scale)
}

impl<'a> Tree<'a> {
    /// What the scope leaves of a priced problem, to be bettered beyond `cutoff`.
    pub(super) fn new(
        root: &Pricing<'a>,
        scope: &Scope,
        cutoff: i64,
        trials: Trials,
        watch: &mut Watch<'_>,
    ) -> Self {
        let (problem, open) = (root.problem, BinaryHeap::new());
        let mut tree = Self { problem, open, numbers: 0, best: None, cutoff, trials };
        tree.branch(root.clone(), scope, 0, watch);
        tree
    }

    /// Adopts a schedule if it is better.
    pub(super) fn offer(&mut self, plan: Plan) {
        if plan.value > self.cutoff {
            self.cutoff = plan.value;
            self.best = Some(plan);
        }
    }

    /// No schedule that the tree may still find has more than this, unless it is found already.
    pub(super) fn bound(&self) -> i64 {
        self.open.peek().map_or(self.cutoff, |node| node.bound.max(self.cutoff))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.peek().is_none_or(|node| node.bound <= self.cutoff)
    }

    /// Looks into the most promising node.
    pub(super) fn advance(&mut self, watch: &mut Watch<'_>) {
        let Some(node) = self.open.pop() else { return };
        if node.bound <= self.cutoff {
            self.open.clear();
            return;
        }
        let problem = self.problem;
        let pricing =
            Pricing::new(problem, &node.scope, &node.from.start, &node.from.cycles, watch.threads());
        let Some(mut pricing) = pricing else {
            watch.spend(1);
            return;
        };
        let mut spent = 0;
        for _ in 0..NODE_STEPS {
            if let Some(plan) = plan_of(problem, &pricing.used()) {
                self.offer(plan);
            }
            let open = bound_of(problem, pricing.best.total) - self.cutoff;
            if open <= 0 {
                break;
            }
            pricing.step(&node.scope);
            watch.spend(pricing.work - spent);
            spent = pricing.work;
            let far = super::num::float(open.saturating_mul(problem.scale)) * 0.1;
            if watch.stopped.is_some() || pricing.is_priced(far.max(super::num::float(problem.scale) * 0.05))
            {
                break;
            }
        }
        if bound_of(problem, pricing.best.total) <= self.cutoff {
            return;
        }
        if watch.stopped.is_some() {
            // Not looked into to the end: stays open.
            self.open.push(node);
            return;
        }
        let dates = preferred_dates(problem, &pricing.average());
        if let Some(plan) = complete(problem, &node.scope, &dates) {
            self.offer(plan);
        }
        self.branch(pricing, &node.scope, node.depth + 1, watch);
    }

    /// Splits what is open of a priced node.
    fn branch(&mut self, mut pricing: Pricing<'_>, before: &Scope, depth: u32, watch: &mut Watch<'_>) {
        if bound_of(self.problem, pricing.best.total) <= self.cutoff {
            return;
        }
        let mut scope = before.clone();
        pricing.refresh(&scope);
        watch.spend(rule_out(&mut pricing, &mut scope, self.cutoff));
        match branches(&mut pricing, &mut scope, self.cutoff, self.trials, watch) {
            Branches::Closed => {}
            Branches::Halves(halves) => {
                let cutoff = self.cutoff;
                for half in halves.into_iter().filter(|half| half.bound > cutoff) {
                    let from = Rc::new(Heritage { start: half.start, cycles: half.cycles });
                    self.push(half.bound, depth, half.scope, from);
                }
            }
            Branches::Whole => {
                let bound = bound_of(self.problem, pricing.best.total);
                let start = Start { staff: pricing.best.staff.clone(), limit: pricing.best.limit.clone() };
                let from = Rc::new(Heritage { start, cycles: pricing.cycles() });
                let parts = self.split_host(&pricing, &scope);
                if parts.is_empty() && scope.ruled_out != before.ruled_out {
                    // Nothing ties dates together since now: the circulations of what is left are exact.
                    self.push(bound, depth, scope, from);
                    return;
                }
                for scope in parts {
                    self.push(bound, depth, scope, Rc::clone(&from));
                }
            }
        }
    }

    fn push(&mut self, bound: i64, depth: u32, scope: Scope, from: Rc<Heritage>) {
        self.numbers += 1;
        self.open.push(Node { bound, depth, number: self.numbers, scope, from });
    }

    /// Everybody has one date: narrows the visitors of a host whose limit ties dates together. Nothing if none does.
    fn split_host(&mut self, pricing: &Pricing<'_>, scope: &Scope) -> Vec<Scope> {
        let problem = self.problem;
        let mut feasible = vec![0_i64; problem.hosting.len()];
        for (t, triple) in problem.triples.iter().enumerate() {
            if scope.allows(t) {
                feasible[problem.day(triple.host, triple.date)] += 1;
            }
        }
        let mut visitors = vec![0_i64; problem.hosting.len()];
        for t in pricing.used() {
            visitors[problem.day(problem.triples[t].host, problem.triples[t].date)] += 1;
        }
        let range = |day: usize| {
            let (low, high) = scope.places(problem, day);
            (low, high.min(feasible[day]))
        };
        for (library, limit) in problem.limit.iter().enumerate() {
            let Some(limit) = limit else { continue };
            let days: Vec<usize> =
                (0..problem.dates).map(|d| problem.day(Ix::new(library), Ix::new(d))).collect();
            let fewest: i64 = days.iter().map(|day| range(*day).0).sum();
            if days.iter().map(|day| range(*day).1).sum::<i64>() <= *limit {
                continue;
            }
            let widest = days.iter().copied().max_by_key(|day| range(*day).1 - range(*day).0);
            let Some(day) = widest else { continue };
            let (low, high) = range(day);
            let high = high.min(low + limit - fewest);
            let mut few = scope.clone();
            let mut many = scope.clone();
            if high <= low {
                // No more than the fewest anywhere: the limit is spent.
                for day in days {
                    few.visitors.insert(day, (range(day).0, range(day).0));
                }
                return vec![few];
            }
            let at = visitors[day].clamp(low, high - 1);
            few.visitors.insert(day, (low, at));
            many.visitors.insert(day, (at + 1, high));
            return vec![many, few];
        }
        Vec::new()
    }
}

/// How much of a person the average sends on each open date.
pub(super) fn date_shares(
    problem: &Problem,
    average: &[f64],
    person: usize,
    allows: impl Fn(usize) -> bool,
) -> Vec<(usize, f64)> {
    let mut shares: Vec<(usize, f64)> = Vec::new();
    for t in problem.of(person).filter(|t| allows(*t)) {
        let date = problem.triples[t].date.at();
        match shares.last_mut() {
            Some((last, share)) if *last == date => *share += average[t],
            Some(_) | None => shares.push((date, average[t])),
        }
    }
    shares
}

/// The date on which the average mostly sends each person; none for those whom it leaves at home.
pub(super) fn preferred_dates(problem: &Problem, average: &[f64]) -> Vec<Option<usize>> {
    let best = |p: usize| {
        let mut best: Option<(usize, f64)> = None;
        for (date, share) in date_shares(problem, average, p, |_| true) {
            if share > best.map_or(0.05, |(_, most)| most + 1e-9) {
                best = Some((date, share));
            }
        }
        best
    };
    (0..problem.home.len()).map(|p| best(p).map(|(date, _)| date)).collect()
}

/// Fixes people to dates by the average, a share a round, with some steps of the bundle between.
pub(super) fn dive(pricing: &Pricing<'_>, scope: &Scope, watch: &mut Watch<'_>) -> Option<Plan> {
    let problem = pricing.problem;
    let mut pricing = pricing.clone();
    let mut date_of: Vec<Option<usize>> = vec![None; problem.home.len()];
    let mut spent = pricing.work;
    loop {
        let average = pricing.average();
        let mut open: Vec<(f64, usize, usize)> = Vec::new();
        for p in (0..problem.home.len()).filter(|p| date_of[*p].is_none()) {
            let shares = date_shares(problem, &average, p, |_| true);
            let best = shares.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            if let Some((date, share)) = best.filter(|(_, share)| *share > 0.02) {
                open.push((share, p, date));
            }
        }
        if watch.stopped.is_some() {
            // Half a dive makes a poor schedule, and a large round's takes seconds to complete.
            return None;
        }
        if open.is_empty() {
            break;
        }
        open.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let sure = open.iter().filter(|(share, _, _)| *share > 0.98).count();
        let now = sure.max(open.len().div_ceil(6));
        for &(_, p, date) in &open[..now] {
            date_of[p] = Some(date);
            pricing.close(p, (0..problem.dates).filter(|d| *d != date));
        }
        pricing.refresh(scope);
        for _ in 0..3 {
            pricing.step(scope);
        }
        watch.spend(pricing.work - spent);
        spent = pricing.work;
    }
    complete(problem, scope, &date_of)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::super::Options;
    use super::super::problem::Triple;
    use super::*;

    /// Random choices for a problem of 3 libraries, 3 dates and 6 people.
    fn problem(mut random: u64) -> Problem {
        let mut below = |n: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from((random >> 33) % n).expect("small")
        };
        let (libraries, dates, people) = (3, 3, 6);
        let count = |n: usize| i64::try_from(n).expect("small");
        let home: Vec<Ix> = (0..people).map(|_| Ix::new(below(3))).collect();
        let (mut triples, mut first) = (Vec::new(), vec![0]);
        for (p, home) in home.iter().enumerate() {
            for d in 0..dates {
                for h in (0..libraries).filter(|h| *h != home.at()) {
                    if below(5) < 2 {
                        let (person, host, date) = (Ix::new(p), Ix::new(h), Ix::new(d));
                        triples.push(Triple { person, host, date, value: count(below(50)) });
                    }
                }
            }
            first.push(triples.len());
        }
        let balance = [Some(0), Some(1), None][below(3)];
        let days = libraries * dates;
        Problem {
            libraries,
            dates,
            home,
            triples,
            first,
            hosting: (0..days).map(|_| count(below(3))).collect(),
            release: (0..days).map(|_| count(below(3))).collect(),
            limit: (0..libraries).map(|_| Some(count(below(3)))).collect(),
            balance: vec![balance; days],
            shift: vec![0; days],
            locks: Vec::new(),
            locked_value: 0,
            scale: 1000,
        }
    }

    fn keeps_all(problem: &Problem, chosen: &[usize]) -> bool {
        let mut into = vec![0; problem.hosting.len()];
        let mut out = vec![0; problem.hosting.len()];
        for t in chosen {
            let triple = &problem.triples[*t];
            into[problem.day(triple.host, triple.date)] += 1;
            out[problem.day(problem.home_of(triple), triple.date)] += 1;
        }
        (0..into.len()).all(|day| {
            into[day] <= problem.hosting[day]
                && out[day] <= problem.release[day]
                && problem.balance[day].is_none_or(|most| (into[day] - out[day]).abs() <= most)
        }) && problem.limit.iter().enumerate().all(|(library, limit)| {
            let visitors: i64 = (0..problem.dates).map(|d| into[library * problem.dates + d]).sum();
            limit.is_none_or(|limit| visitors <= limit)
        })
    }

    fn by_trying(problem: &Problem, person: usize, chosen: &mut Vec<usize>) -> i64 {
        if person == problem.home.len() {
            let value = chosen.iter().map(|t| problem.triples[*t].value).sum();
            return if keeps_all(problem, chosen) { value } else { -1 };
        }
        let mut best = by_trying(problem, person + 1, chosen);
        for t in problem.of(person) {
            chosen.push(t);
            best = best.max(by_trying(problem, person + 1, chosen));
            chosen.pop();
        }
        best
    }

    #[test]
    fn branching_without_any_pricing_equals_trying_everything() {
        let mut nodes = 0;
        for random in 0..150 {
            let problem = problem(random);
            let start = Start { staff: vec![0; problem.home.len()], limit: vec![0; problem.libraries] };
            // A root that has not taken a step: all the work is left to the branches.
            let root = Pricing::new(&problem, &Scope::default(), &start, &[], 1).expect("no locks");
            let options = Options::default();
            let mut go_on = |_: &super::super::Progress| ControlFlow::Continue(());
            let mut watch = Watch::new(&options, &mut go_on, i64::MAX);
            let mut tree = Tree::new(&root, &Scope::default(), -1, Trials { most: 4, moving: 2 }, &mut watch);
            while !tree.is_closed() {
                tree.advance(&mut watch);
                nodes += 1;
            }
            if let Some(plan) = plan_of(&problem, &root.used()) {
                tree.offer(plan);
            }
            assert_eq!(tree.cutoff, by_trying(&problem, 0, &mut Vec::new()), "{problem:?}");
        }
        assert!(nodes > 300, "the trees have become trivial: {nodes} nodes");
    }
}

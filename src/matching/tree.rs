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

use std::rc::Rc;

use super::agenda::Agenda;
use super::branching::{Branches, Trials, branches};
use super::dive::preferred_dates;
use super::dual::Start;
use super::fixing::rule_out;
use super::master::Cycle;
use super::num::Ix;
use super::pricing::Pricing;
use super::primal::{Plan, complete, plan_of};
use super::problem::{Problem, Scope};
use super::watch::Watch;

/// What a node inherits.
#[derive(Debug)]
struct Heritage {
    start: Start,
    cycles: Vec<Cycle>,
}

/// What of the problem a node leaves.
#[derive(Debug)]
struct Part {
    scope: Scope,
    from: Rc<Heritage>,
}

/// Branch and bound over one problem.
pub(super) struct Tree<'a> {
    problem: &'a Problem,
    open: Agenda<Part>,
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
        let (problem, open) = (root.problem, Agenda::default());
        let mut tree = Self { problem, open, best: None, cutoff, trials };
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
        self.open.bound(self.cutoff)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.is_closed(self.cutoff)
    }

    /// Looks into the most promising node.
    pub(super) fn advance(&mut self, watch: &mut Watch<'_>) {
        let Some(node) = self.open.pop(self.cutoff) else { return };
        let problem = self.problem;
        let Part { scope, from } = &node.part;
        let pricing = Pricing::new(problem, scope, &from.start, &from.cycles, watch.threads());
        let Some(mut pricing) = pricing else {
            watch.spend(1);
            return;
        };
        let mut spent = 0;
        for _ in 0..NODE_STEPS {
            if let Some(plan) = plan_of(problem, pricing.used()) {
                self.offer(plan);
            }
            let open = bound_of(problem, pricing.best.total) - self.cutoff;
            if open <= 0 {
                break;
            }
            pricing.step();
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
            self.open.put_back(node);
            return;
        }
        let dates = preferred_dates(problem, &pricing.average());
        if let Some(plan) = complete(problem, pricing.days.clone(), scope, &dates, watch) {
            self.offer(plan);
        }
        self.branch(pricing, scope, node.depth + 1, watch);
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
                    self.open.push(half.bound, depth, Part { scope: half.scope, from });
                }
            }
            Branches::Whole => {
                let bound = bound_of(self.problem, pricing.best.total);
                let start = Start { staff: pricing.best.staff.clone(), limit: pricing.best.limit.clone() };
                let from = Rc::new(Heritage { start, cycles: pricing.cycles() });
                let parts = self.split_host(&pricing, &scope);
                if parts.is_empty() && scope.open != before.open {
                    // Nothing ties dates together since now: the circulations of what is left are exact.
                    self.open.push(bound, depth, Part { scope, from });
                    return;
                }
                for scope in parts {
                    self.open.push(bound, depth, Part { scope, from: Rc::clone(&from) });
                }
            }
        }
    }

    /// Everybody has one date: narrows the visitors of a host whose limit ties dates together. Nothing if none does.
    fn split_host(&mut self, pricing: &Pricing<'_>, scope: &Scope) -> Vec<Scope> {
        let problem = self.problem;
        let mut feasible = vec![0_i64; problem.hosting.len()];
        for (n, pair) in problem.pairs.iter().enumerate() {
            for date in scope.open(problem).of(n) {
                feasible[problem.day(pair.host, Ix::new(date))] += 1;
            }
        }
        let mut visitors = vec![0_i64; problem.hosting.len()];
        for (pair, date) in pricing.used() {
            visitors[problem.day(problem.pairs[pair.at()].host, date)] += 1;
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

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::trial::{keeps_all, problem};
    use super::super::watch::Board;
    use super::*;

    fn by_trying(problem: &Problem, person: usize, chosen: &mut Vec<(Ix, Ix)>) -> i64 {
        if person == problem.home.len() {
            let value = chosen.iter().map(|(pair, _)| problem.pairs[pair.at()].value).sum();
            return if keeps_all(problem, chosen) { value } else { -1 };
        }
        let mut best = by_trying(problem, person + 1, chosen);
        for pair in problem.of(person) {
            for date in problem.open.of(pair) {
                chosen.push((Ix::new(pair), Ix::new(date)));
                best = best.max(by_trying(problem, person + 1, chosen));
                chosen.pop();
            }
        }
        best
    }

    #[test]
    fn branching_without_any_pricing_equals_trying_everything() {
        let mut nodes = 0;
        for random in 0..250 {
            let problem = problem(random, 3);
            let start = Start { staff: vec![0; problem.home.len()], limit: vec![0; problem.libraries] };
            // A root that has not taken a step: all the work is left to the branches.
            let root = Pricing::new(&problem, &Scope::default(), &start, &[], 1).expect("no locks");
            let board = Board::default();
            let mut watch = Watch::new(&Options::default(), &board, i64::MAX);
            let mut tree = Tree::new(&root, &Scope::default(), -1, Trials { most: 4, moving: 2 }, &mut watch);
            while !tree.is_closed() {
                tree.advance(&mut watch);
                nodes += 1;
            }
            if let Some(plan) = plan_of(&problem, root.used()) {
                tree.offer(plan);
            }
            assert_eq!(tree.cutoff, by_trying(&problem, 0, &mut Vec::new()), "{problem:?}");
        }
        assert!(nodes > 300, "the trees have become trivial: {nodes} nodes");
    }
}

//! The course of a run: price the root, find schedules, close the gap.
//!
//! Method: prices of all dates taken together and a first schedule from them, so that there is always one to show;
//! the bundle at the root until little is to be had; a dive; then the rest of the pricing and branch and bound, in turn
//! with neighbourhoods, which get the more of the work the easier they find better schedules, until value and bound meet
//! or the watch ends the run.

use super::aggregate;
use super::branching::Trials;
use super::dive::{CAREFUL, dive, preferred_dates};
use super::dual::Dual;
use super::neighbourhood::{FEW, Neighbourhoods};
use super::num::float;
use super::pricing::Pricing;
use super::primal::{Plan, complete, plan_of};
use super::problem::{Problem, Scope};
use super::tree::{Tree, bound_of};
use super::watch::Watch;

/// What a run has found.
pub(super) struct Found {
    /// None only if the run was stopped before anything completed the locks.
    pub(super) plan: Option<Plan>,
    /// The best dual of the whole problem.
    pub(super) dual: Dual,
}

/// No schedule completes the locks: proven.
pub(super) struct Infeasible;

/// Steps of the bundle at the root at most.
const ROOT_STEPS: usize = 400;
/// Steps of the bundle at the root at most once the search has proven the value.
const POLISHING_STEPS: usize = 200;
/// Part of the bound still to be had at which the root is good enough to look for schedules.
const GOOD_ENOUGH: f64 = 5e-5;
/// Steps of the bundle after which the root has moved enough for another dive, where dives are quick.
const STEPS_TO_DIVE: usize = 25;
/// Parts of a point still to be had at which the root is as good as priced.
const AS_GOOD_AS_PRICED: f64 = 0.02;

/// People from whom on a dive takes so long that neighbourhoods come first.
const MANY: usize = 50_000;

/// Splits that are tried at a node.
const TRIALS: Trials = Trials { most: 48, moving: 6 };

/// Adopts a schedule if it is better.
fn adopt(best: &mut Option<Plan>, plan: Option<Plan>, watch: &mut Watch<'_>) {
    if let Some(plan) = plan.filter(|plan| best.as_ref().is_none_or(|best| plan.value > best.value)) {
        watch.value = Some(plan.value);
        *best = Some(plan);
    }
}

/// Solves a problem as far as the watch lets it.
pub(super) fn search(problem: &Problem, seed: i64, watch: &mut Watch<'_>) -> Result<Found, Infeasible> {
    let scope = Scope::default();
    let mut best = None;
    let start = aggregate::start(problem);
    let mut root = Pricing::new(problem, &scope, &start, &[], watch.threads()).ok_or(Infeasible)?;
    if problem.locks.is_empty() {
        // Nobody goes: so there is always a schedule to show.
        adopt(&mut best, plan_of(problem, Vec::new()), watch);
    }
    let mut date_of = vec![None; problem.home.len()];
    for (pair, date) in root.used() {
        date_of[problem.pairs[pair.at()].person.at()] = Some(date);
    }
    adopt(&mut best, complete(problem, root.days.clone(), &scope, &date_of, watch), watch);
    watch.spend(root.work);
    let mut course = Course { problem, best, steps: 0 };
    let good = |root: &Pricing<'_>| root.is_nearly_priced(GOOD_ENOUGH);
    while !good(&root) && course.step(&mut root, watch) {}
    if !watch.is_over() && !course.is_infeasible(watch) {
        let dates = preferred_dates(problem, &root.average());
        let plan = complete(problem, root.days.clone(), &scope, &dates, watch);
        adopt(&mut course.best, plan, watch);
        watch.spend(0);
    }
    if !watch.is_over() && !course.is_infeasible(watch) && problem.home.len() < MANY {
        let plan = dive(&root, &scope, CAREFUL, problem.locked_value - 1, watch);
        adopt(&mut course.best, plan, watch);
        watch.spend(0);
    }
    if !watch.is_over() && !course.is_infeasible(watch) {
        course.close(&mut root, seed, watch);
        course.polish(&mut root, watch);
    }
    if course.is_infeasible(watch) {
        return Err(Infeasible);
    }
    let trivial = Dual::trivial(problem);
    let dual = if trivial.total < root.best.total { trivial } else { root.best };
    Ok(Found { plan: course.best, dual })
}

/// What a run has come to.
struct Course<'a> {
    problem: &'a Problem,
    best: Option<Plan>,
    steps: usize,
}

impl Course<'_> {
    /// Whether it is proven that nothing completes the locks.
    fn is_infeasible(&self, watch: &Watch<'_>) -> bool {
        watch.bound < self.problem.locked_value
    }

    /// What a better schedule has to exceed.
    fn cutoff(&self) -> i64 {
        self.best.as_ref().map_or(self.problem.locked_value - 1, |plan| plan.value)
    }

    /// One step of the bundle at the root. Whether another one is wanted.
    fn step(&mut self, root: &mut Pricing<'_>, watch: &mut Watch<'_>) -> bool {
        watch.bound = watch.bound.min(bound_of(self.problem, root.best.total));
        adopt(&mut self.best, plan_of(self.problem, root.used()), watch);
        if watch.is_over() || self.is_infeasible(watch) {
            return false;
        }
        let before = root.work;
        root.step();
        self.steps += 1;
        watch.bound = watch.bound.min(bound_of(self.problem, root.best.total));
        adopt(&mut self.best, plan_of(self.problem, root.used()), watch);
        watch.spend(root.work - before);
        !root.is_priced(AS_GOOD_AS_PRICED * float(self.problem.scale)) && self.steps < ROOT_STEPS
    }

    /// After a proof by search: the root a little further, for prices that prove as much are worth more.
    fn polish(&self, root: &mut Pricing<'_>, watch: &mut Watch<'_>) {
        root.go_far();
        for _ in 0..POLISHING_STEPS {
            let proven = watch.value.is_some_and(|value| bound_of(self.problem, root.best.total) <= value);
            if proven
                || watch.stopped.is_some()
                || root.is_priced_far(AS_GOOD_AS_PRICED * float(self.problem.scale))
            {
                return;
            }
            let before = root.work;
            root.step();
            watch.spend(root.work - before);
        }
    }

    /// The rest of the pricing, then branch and bound, in turn with neighbourhoods.
    fn close(&mut self, root: &mut Pricing<'_>, seed: i64, watch: &mut Watch<'_>) {
        let problem = self.problem;
        let mut near = Neighbourhoods::new(problem, &root.best, seed);
        let mut tree: Option<Tree<'_>> = None;
        let mut is_priced = false;
        let (mut by_bound, mut by_near) = (0, 0);
        while !watch.is_over() && !self.is_infeasible(watch) {
            let before = watch.work;
            // Pricing gets half of the work once it may win a tenth of the gap; the search for a better bound none while better
            // schedules are found.
            let gap = float(watch.bound - self.cutoff()) * float(problem.scale);
            let caution = near.caution().max(i64::from(!is_priced && root.expected * 10.0 > gap));
            let of_turn = match &self.best {
                Some(plan) if by_near * caution <= by_bound => {
                    let better = near.look(plan, watch);
                    if let (Some(tree), Some(plan)) = (&mut tree, &better) {
                        tree.offer(plan.clone());
                    }
                    adopt(&mut self.best, better, watch);
                    &mut by_near
                }
                Some(_) | None => {
                    match &mut tree {
                        Some(tree) => {
                            tree.advance(watch);
                            adopt(&mut self.best, tree.best.clone(), watch);
                        }
                        None if !is_priced => {
                            is_priced = !self.step(root, watch);
                            if is_priced {
                                near.reprice(&root.best);
                            }
                            // The root is priced better than for the first dive.
                            let is_time =
                                self.steps.is_multiple_of(STEPS_TO_DIVE) && problem.home.len() < FEW;
                            if is_priced || is_time {
                                let cutoff = self.cutoff();
                                let plan = dive(root, &Scope::default(), CAREFUL, cutoff, watch);
                                adopt(&mut self.best, plan, watch);
                            }
                        }
                        None => {
                            tree = Some(Tree::new(root, &Scope::default(), self.cutoff(), TRIALS, watch));
                        }
                    }
                    &mut by_bound
                }
            };
            *of_turn += (watch.work - before).max(1);
            if let (Some(tree), None) = (&tree, watch.stopped) {
                // Closed without a schedule, it claims less than the locks: infeasible.
                watch.bound = watch.bound.min(tree.bound());
            }
        }
    }
}

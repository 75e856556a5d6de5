//! The course of a run: price the root, find schedules, close the gap.
//!
//! Method: a first schedule from no prices at all, so that there is always one to show; the bundle at the root to the
//! bound of the relaxation; a dive; then branch and bound in turn with neighbourhoods, each getting as much work as
//! the other, until value and bound meet or the watch ends the run.

use super::neighbourhood::Neighbourhoods;
use super::num::float;
use super::pricing::{Dual, Pricing, Start};
use super::primal::{Plan, complete, plan_of};
use super::problem::{Problem, Scope};
use super::tree::{Tree, bound_of, dive, preferred_dates};
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
    adopt(&mut best, complete(problem, &scope, &vec![None; problem.home.len()]), watch);
    let start = Start { staff: vec![0; problem.home.len()], limit: vec![0; problem.libraries] };
    let mut root = Pricing::new(problem, &scope, &start, &[], watch.threads()).ok_or(Infeasible)?;
    watch.spend(root.work);
    price_root(problem, &mut root, &mut best, watch);
    if bound_of(problem, root.best.total) < problem.locked_value {
        return Err(Infeasible);
    }
    if !watch.is_over() {
        let dates = preferred_dates(problem, &root.average());
        adopt(&mut best, complete(problem, &scope, &dates), watch);
    }
    if !watch.is_over() {
        adopt(&mut best, dive(problem, &root, watch), watch);
        watch.spend(0);
    }
    if !watch.is_over() {
        close(problem, &root, &mut best, seed, watch);
        if best.is_none() && watch.stopped.is_none() {
            return Err(Infeasible);
        }
    }
    Ok(Found { plan: best, dual: root.best })
}

/// Takes the bundle at the root as far as it goes.
fn price_root(problem: &Problem, root: &mut Pricing<'_>, best: &mut Option<Plan>, watch: &mut Watch<'_>) {
    let mut spent = root.work;
    for _ in 0..ROOT_STEPS {
        watch.bound = watch.bound.min(bound_of(problem, root.best.total));
        adopt(best, plan_of(problem, &root.used()), watch);
        if watch.is_over() || watch.bound < problem.locked_value {
            return;
        }
        let step = root.step(&Scope::default());
        watch.spend(root.work - spent);
        spent = root.work;
        if step.expected < 0.02 * float(problem.scale) {
            break;
        }
    }
    watch.bound = watch.bound.min(bound_of(problem, root.best.total));
}

/// Branch and bound in turn with neighbourhoods.
fn close(problem: &Problem, root: &Pricing<'_>, best: &mut Option<Plan>, seed: i64, watch: &mut Watch<'_>) {
    let cutoff = best.as_ref().map_or(problem.locked_value - 1, |plan| plan.value);
    let mut tree = Tree::new(problem, root, cutoff);
    let mut near = Neighbourhoods::new(problem, &root.best, seed);
    let (mut by_tree, mut by_near) = (0, 0);
    while !watch.is_over() {
        let before = watch.work;
        if by_tree <= by_near || best.is_none() {
            tree.advance(watch);
            adopt(best, tree.best.clone(), watch);
            by_tree += (watch.work - before).max(1);
        } else if let Some(plan) = best.as_ref() {
            let better = near.look(plan, watch);
            if let Some(plan) = &better {
                tree.offer(plan.clone());
            }
            adopt(best, better, watch);
            by_near += (watch.work - before).max(1);
        }
        if watch.stopped.is_none() {
            watch.bound = watch.bound.min(tree.bound());
            if tree.is_closed() {
                return;
            }
        }
    }
}

//! A changed round solved again, no further than the question asks.
//!
//! Problem: does a problem have a schedule worth at least so much, and if so, which is the best?
//! Method: the prices of the round as it was are a good start; a bound below the target ends the search at once. What
//! they leave open is closed by branch and bound from the target on.

use super::super::branching::Trials;
use super::super::dive::{QUICK, dive};
use super::super::dual::Start;
use super::super::neighbourhood::Neighbourhoods;
use super::super::num::float;
use super::super::pricing::Pricing;
use super::super::primal::{Plan, plan_of};
use super::super::problem::{Problem, Scope};
use super::super::tree::{Tree, bound_of};
use super::super::watch::Watch;

/// What came of it.
pub(super) enum Again {
    /// Proven: nothing is worth the target.
    No,
    /// The best schedule: proven.
    Best(Plan),
    /// One that is worth the target; better ones may exist.
    Reached(Plan),
    /// The work was not enough.
    Open,
}

/// Bundle steps before branching at most.
const STEPS: usize = 60;
/// Parts of a point still to be had at which prices are good enough to branch.
const PRICED: f64 = 0.02;
/// Splits that are tried at a node.
const TRIALS: Trials = Trials { most: 8, moving: 3 };

/// What is asked of a changed round.
pub(super) struct Question<'a> {
    /// Whose place it is about.
    pub(super) person: usize,
    /// The schedule of the round as it was, without the person.
    pub(super) before: &'a Plan,
    /// What a schedule has to be worth.
    pub(super) target: i64,
    /// Whether any schedule worth the target will do, or only the best.
    pub(super) any: bool,
}

/// The best schedule of a problem if it is worth the target, as far as the watch lets it be known.
pub(super) fn solve_again(
    problem: &Problem,
    start: &Start,
    question: &Question<'_>,
    watch: &mut Watch<'_>,
) -> Again {
    let target = question.target;
    let scope = Scope::default();
    let Some(mut pricing) = Pricing::new(problem, &scope, start, &[], 1) else { return Again::No };
    let mut best: Option<Plan> = None;
    let (mut steps, mut spent) = (0, 0);
    loop {
        watch.spend(pricing.work - spent);
        spent = pricing.work;
        let bound = bound_of(problem, pricing.best.total);
        if bound < target {
            return Again::No;
        }
        let least = best.as_ref().map_or(target, |plan| plan.value + 1);
        best = plan_of(problem, pricing.used()).filter(|plan| plan.value >= least).or(best);
        if best.as_ref().is_some_and(|plan| plan.value >= bound) {
            return best.map_or(Again::Open, Again::Best);
        }
        if watch.stopped.is_some() {
            return Again::Open;
        }
        if steps == 0 {
            let mut near = Neighbourhoods::new(problem, &pricing.best, 0);
            best = near.make_room(question.person, question.before, least - 1, watch).or(best);
        }
        if question.any && best.is_some() {
            return best.map_or(Again::Open, Again::Reached);
        }
        if best.as_ref().is_some_and(|plan| plan.value >= bound) {
            return best.map_or(Again::Open, Again::Best);
        }
        if steps == STEPS || pricing.is_priced(PRICED * float(problem.scale)) {
            break;
        }
        pricing.step();
        steps += 1;
    }
    let cutoff = |best: &Option<Plan>| best.as_ref().map_or(target - 1, |plan| plan.value);
    best = dive(&pricing, &scope, QUICK, cutoff(&best), watch).or(best);
    let mut tree = Tree::new(&pricing, &scope, cutoff(&best), TRIALS, watch);
    tree.best = best;
    while watch.stopped.is_none() && !tree.is_closed() {
        tree.advance(watch);
    }
    if watch.stopped.is_some() {
        return Again::Open;
    }
    tree.best.map_or(Again::No, Again::Best)
}

//! A schedule from the average of the bundle: relax and fix.
//!
//! Method: the people whom the average sends most surely on one date are fixed to it, a share a round; the prices of
//! what is left are bettered by a few steps of the bundle; and so on, until everybody has a date.
//! Complexity: some twenty to fifty rounds of a few bundle steps.

use super::average::Average;
use super::num::Ix;
use super::pricing::Pricing;
use super::primal::{Plan, complete, plan_of};
use super::problem::{Problem, Scope};
use super::tree::bound_of;
use super::watch::Watch;

/// One of so many open people is fixed in a round.
const SHARE: usize = 6;
/// Steps of the bundle after a round at most: fewer are quick, more lose fewer placements.
pub(super) const QUICK: usize = 4;
pub(super) const CAREFUL: usize = 10;

/// The date on which the average mostly sends each person; none for those whom it leaves at home.
pub(super) fn preferred_dates(problem: &Problem, average: &Average) -> Vec<Option<Ix>> {
    let best = |p: usize| {
        let mut best: Option<(Ix, f64)> = None;
        for &(date, share) in average.of(p) {
            if share > best.map_or(0.05, |(_, most)| most + 1e-9) {
                best = Some((date, share));
            }
        }
        best.map(|(date, _)| date)
    };
    (0..problem.home.len()).map(best).collect()
}

/// Fixes people to dates by the average, a share a round, with some steps of the bundle between.
pub(super) fn dive(
    pricing: &Pricing<'_>,
    scope: &Scope,
    steps: usize,
    watch: &mut Watch<'_>,
) -> Option<Plan> {
    let problem = pricing.problem;
    let mut pricing = pricing.clone();
    let mut date_of: Vec<Option<Ix>> = vec![None; problem.home.len()];
    let mut spent = pricing.work;
    pricing.stay_near();
    pricing.stir();
    loop {
        if let Some(plan) = plan_of(problem, pricing.used())
            && plan.value >= bound_of(problem, pricing.best.total)
        {
            // Nothing better is left on these dates.
            return Some(plan);
        }
        let average = pricing.average();
        let mut open: Vec<(f64, usize, Ix)> = Vec::new();
        for p in (0..problem.home.len()).filter(|p| date_of[*p].is_none()) {
            let best = average.of(p).iter().copied().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            if let Some((date, share)) = best.filter(|(_, share)| *share > 0.02) {
                open.push((share, p, date));
            }
        }
        if open.is_empty() {
            break;
        }
        open.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let sure = open.iter().filter(|(share, _, _)| *share > 0.98).count();
        for &(_, p, date) in &open[..sure.max(open.len().div_ceil(SHARE))] {
            date_of[p] = Some(date);
            pricing.close(p, |d| d != date.at());
        }
        pricing.refresh(scope);
        for _ in 0..steps {
            if watch.is_stopped() {
                // Half a dive makes a poor schedule.
                return None;
            }
            if pricing.is_priced(super::num::float(problem.scale) / 5.0) {
                break;
            }
            pricing.step();
        }
        watch.spend(pricing.work - spent);
        spent = pricing.work;
    }
    let days = std::mem::take(&mut pricing.days);
    // The model takes as much memory as the dates do, and is needed no more.
    drop(pricing);
    complete(problem, days, scope, &date_of, watch)
}

//! A schedule from the average of the bundle: relax and fix, and take back what turns out to cost a placement.
//!
//! Method: the people whom the average sends most surely on one date are fixed to it, a share a round; the prices of
//! what is left are bettered by some steps of the bundle; and so on, until everybody has a date. A round after which
//! the bound has fallen by more than scores can account for has cut off a placement: it is taken back, and fewer
//! people are fixed instead; where a single one costs as much, that person's date is closed.
//! Complexity: some twenty to fifty rounds of a few bundle steps.

use super::average::Average;
use super::num::{Ix, float, nearest};
use super::pricing::Pricing;
use super::primal::{Plan, complete, plan_of};
use super::problem::{Problem, Scope};
use super::tree::bound_of;
use super::watch::Watch;

/// One of so many open people is fixed in a round at first.
const SHARE: usize = 6;
/// And when rounds cost next to nothing: less than so many times what scores differ by.
const BOLD: usize = 2;
const FREE: f64 = 0.1;
/// Effort of a dive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// Of the bundle after a round at most.
    steps: usize,
    /// Rounds taken back at most; after that, costs are borne.
    taken_back: usize,
}

/// For small problems, of which there are many.
pub(super) const QUICK: Effort = Effort { steps: 4, taken_back: 0 };
pub(super) const CAREFUL: Effort = Effort { steps: 15, taken_back: 64 };
/// Once so few people are open, prices may move as far as a placement is worth: what a round has cost shows at once.
const LATE: usize = 1500;
/// How many times what scores differ by a round may cost.
const MOST_LOST: f64 = 2.5;

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

/// Fixes people to dates by the average, a share a round, with some steps of the bundle between. None if no schedule
/// better than `cutoff` was found, or if the watch has ended the run.
pub(super) fn dive(
    pricing: &Pricing<'_>,
    scope: &Scope,
    effort: Effort,
    cutoff: i64,
    watch: &mut Watch<'_>,
) -> Option<Plan> {
    let problem = pricing.problem;
    let mut pricing = pricing.clone();
    let mut date_of: Vec<Option<Ix>> = vec![None; problem.home.len()];
    let mut spent = pricing.work;
    let (mut share, mut taken_back, mut excluded) = (SHARE, 0, Vec::new());
    pricing.stay_near();
    pricing.stir();
    loop {
        if let Some(plan) = plan_of(problem, pricing.used())
            && plan.value >= bound_of(problem, pricing.best.total)
        {
            // Nothing better is left on these dates.
            return Some(plan);
        }
        let open = open_people(&pricing.average(), &date_of);
        if open.is_empty() {
            break;
        }
        if open.len() < LATE {
            pricing.move_freely();
        }
        let sure = open.iter().filter(|(share, _, _)| *share > 0.98).count();
        let mut count = sure.max(open.len().div_ceil(share));
        let before = pricing.mark();
        let calm = share;
        // What the bound has to keep for the round to stay.
        let floor = before.total() - nearest(MOST_LOST * pricing.unit);
        loop {
            for &(_, p, date) in &open[..count] {
                date_of[p] = Some(date);
                pricing.close(p, |d| d != date.at());
            }
            let may_take_back = taken_back < effort.taken_back;
            // Half a dive makes a poor schedule.
            settle(&mut pricing, scope, effort.steps, may_take_back.then_some(floor), watch)?;
            let is_hopeless = bound_of(problem, pricing.best.total) <= cutoff;
            if pricing.best.total >= floor && !is_hopeless {
                let lost = float(before.total() - pricing.best.total);
                share = (share * 3 / 4).max(if lost < FREE * pricing.unit { BOLD } else { SHARE });
                break;
            }
            if !may_take_back {
                if is_hopeless {
                    return None;
                }
                break;
            }
            taken_back += 1;
            for &(_, p, _) in &open[..count] {
                date_of[p] = None;
                pricing.reopen(p, |date| !excluded.contains(&(p, date)));
            }
            pricing.go_back(&before);
            share = (share * 2).min(open.len().max(SHARE));
            if let ([(_, p, date), ..], 1) = (&open[..], count) {
                pricing.close(*p, |d| d == date.at());
                excluded.push((*p, *date));
                settle(&mut pricing, scope, effort.steps, None, watch)?;
                if bound_of(problem, pricing.best.total) <= cutoff {
                    return None;
                }
                // It was this person, not how many there were.
                share = calm;
                break;
            }
            count = count.div_ceil(4);
        }
        watch.spend(pricing.work - spent);
        spent = pricing.work;
    }
    let days = std::mem::take(&mut pricing.days);
    // The model takes as much memory as the dates do, and is needed no more.
    drop(pricing);
    complete(problem, days, scope, &date_of, watch).filter(|plan| plan.value > cutoff)
}

/// People without a date whom the average sends somewhere: how surely, who and when, the surest first.
fn open_people(average: &Average, date_of: &[Option<Ix>]) -> Vec<(f64, usize, Ix)> {
    let mut open: Vec<(f64, usize, Ix)> = Vec::new();
    for p in (0..date_of.len()).filter(|p| date_of[*p].is_none()) {
        let best = average.of(p).iter().copied().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        if let Some((date, share)) = best.filter(|(_, share)| *share > 0.02) {
            open.push((share, p, date));
        }
    }
    open.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    open
}

/// Betters the prices after dates were closed, by so many steps at most, or until the bound is below `floor`. None if
/// the run is to end.
fn settle(
    pricing: &mut Pricing<'_>,
    scope: &Scope,
    steps: usize,
    floor: Option<i64>,
    watch: &mut Watch<'_>,
) -> Option<()> {
    pricing.refresh(scope);
    for _ in 0..steps {
        if watch.is_stopped() {
            return None;
        }
        let is_lost = floor.is_some_and(|floor| pricing.best.total < floor);
        if is_lost || pricing.is_priced(float(pricing.problem.scale) / 5.0) {
            break;
        }
        pricing.step();
    }
    Some(())
}

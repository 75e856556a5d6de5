//! Which person's dates to split, found by trying.
//!
//! Problem: the average of a priced node shares people out among dates; a split of one person's dates into two halves
//! excludes the average from both, but how far the bound falls differs a hundredfold from person to person.
//! Method: strong branching. Each promising split is tried on a copy of the node's pricing, whose circulations need
//! little mending; a half that holds nothing better is closed for good, and the node with it if both do.
//! Complexity: a few bundle steps for each half tried.
//! Literature: Beale and Tomlin (1970) for splitting sets; Applegate, Bixby, Chvátal and Cook (1995) for trying.

use super::average::Average;
use super::dual::Start;
use super::master::Cycle;
use super::num::float;
use super::pricing::Pricing;
use super::problem::{Problem, Scope};
use super::tree::bound_of;
use super::watch::Watch;

/// How many splits of a node are tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trials {
    /// At most.
    pub(super) most: usize,
    /// Of those that move the bound.
    pub(super) moving: usize,
}

/// Bundle steps of a trial at most.
const STEPS: usize = 6;

/// The dates of a person, in two halves.
struct Split {
    /// How much of the average the half that excludes less excludes.
    share: f64,
    person: usize,
    halves: [Vec<usize>; 2],
}

/// A half that was tried.
pub(super) struct Half {
    pub(super) bound: i64,
    /// What the bound was worked out from.
    total: i64,
    pub(super) scope: Scope,
    pub(super) start: Start,
    pub(super) cycles: Vec<Cycle>,
}

/// What trying came to.
pub(super) enum Branches {
    /// Nothing better than the cutoff is in the node.
    Closed,
    /// Nobody's dates can be split.
    Whole,
    /// These together hold all that is better.
    Halves(Box<[Half; 2]>),
}

/// The best split of a node. Narrows the scope by what the trials prove.
pub(super) fn branches(
    pricing: &mut Pricing<'_>,
    scope: &mut Scope,
    cutoff: i64,
    trials: Trials,
    watch: &mut Watch<'_>,
) -> Branches {
    let problem = pricing.problem;
    let mut best: Option<(i64, [Half; 2])> = None;
    let mut moved = 0;
    for split in splits(pricing, scope, trials.most) {
        if moved == trials.moving || (watch.stopped.is_some() && best.is_some()) {
            break;
        }
        let [first, second] = [0, 1].map(|n| try_half(pricing, scope, &split, n, cutoff, watch));
        match (first.bound <= cutoff, second.bound <= cutoff) {
            (true, true) => return Branches::Closed,
            (true, false) => narrow(pricing, scope, &second, &split.halves[1], split.person),
            (false, true) => narrow(pricing, scope, &first, &split.halves[0], split.person),
            (false, false) => {
                let before = pricing.best.total;
                let (low, high) = (first.total.min(second.total), first.total.max(second.total));
                let merit = (before - high) * 8 + (before - low);
                moved += usize::from(merit > problem.scale);
                if best.as_ref().is_none_or(|(most, _)| merit > *most) {
                    best = Some((merit, [first, second]));
                }
            }
        }
        if bound_of(problem, pricing.best.total) <= cutoff {
            return Branches::Closed;
        }
    }
    let Some((_, mut halves)) = best else { return any_split(pricing, scope) };
    for half in &mut halves {
        half.scope.narrow(problem).intersect(scope.open(problem));
    }
    Branches::Halves(Box::new(halves))
}

/// Takes the one half that is left for the whole.
fn narrow(pricing: &mut Pricing<'_>, scope: &mut Scope, half: &Half, closed: &[usize], person: usize) {
    scope.open.clone_from(&half.scope.open);
    pricing.close(person, |date| closed.contains(&date));
    pricing.refresh(scope);
    pricing.step();
}

/// The bound with one half of a person's dates closed.
fn try_half(
    pricing: &Pricing<'_>,
    scope: &Scope,
    split: &Split,
    half: usize,
    cutoff: i64,
    watch: &mut Watch<'_>,
) -> Half {
    let problem = pricing.problem;
    let mut scope = scope.clone();
    close(problem, &mut scope, split.person, &split.halves[half]);
    let mut trial = pricing.clone();
    trial.close(split.person, |date| split.halves[half].contains(&date));
    trial.refresh(&scope);
    trial.stir();
    for _ in 0..STEPS {
        if bound_of(problem, trial.best.total) <= cutoff || trial.is_priced(float(problem.scale) / 20.0) {
            break;
        }
        trial.step();
    }
    watch.spend(trial.work - pricing.work);
    Half {
        bound: bound_of(problem, trial.best.total),
        total: trial.best.total,
        scope,
        start: Start { staff: trial.best.staff.clone(), limit: trial.best.limit.clone() },
        cycles: trial.cycles(),
    }
}

fn close(problem: &Problem, scope: &mut Scope, person: usize, dates: &[usize]) {
    let open = scope.narrow(problem);
    for pair in problem.of(person) {
        for date in dates {
            open.close(pair, *date);
        }
    }
}

/// The most promising splits: the most evenly shared first, the first of equals.
fn splits(pricing: &Pricing<'_>, scope: &Scope, most: usize) -> Vec<Split> {
    let problem = pricing.problem;
    let average = pricing.average();
    let mut splits: Vec<Split> = (0..problem.home.len())
        .filter_map(|person| {
            let shares = open_shares(problem, scope, &average, person);
            (shares.len() > 1).then(|| halve(person, shares))
        })
        .filter(|split| split.share > 0.02)
        .collect();
    splits.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.person.cmp(&b.person)));
    splits.truncate(most);
    splits
}

/// How much of a person the average sends on each date that is left.
fn open_shares(problem: &Problem, scope: &Scope, average: &Average, person: usize) -> Vec<(usize, f64)> {
    let open = scope.open(problem).any(problem.of(person));
    let share =
        |date: usize| average.of(person).iter().find(|(d, _)| d.at() == date).map_or(0.0, |(_, s)| *s);
    open.into_iter().map(|date| (date, share(date))).collect()
}

/// The largest shares first, each to the half that has less.
fn halve(person: usize, mut shares: Vec<(usize, f64)>) -> Split {
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let (mut halves, mut sums) = ([Vec::new(), Vec::new()], [0.0, 0.0]);
    for (date, share) in shares {
        let less = usize::from((sums[1], halves[1].len()) < (sums[0], halves[0].len()));
        halves[less].push(date);
        sums[less] += share;
    }
    Split { share: f64::min(sums[0], sums[1]), person, halves }
}

/// Nobody is shared out: the first whose dates can be split all the same.
fn any_split(pricing: &Pricing<'_>, scope: &Scope) -> Branches {
    let problem = pricing.problem;
    let average = pricing.average();
    let mut widest: Option<(f64, Split)> = None;
    for person in 0..problem.home.len() {
        let shares = open_shares(problem, scope, &average, person);
        if shares.len() < 2 {
            continue;
        }
        let most =
            shares.iter().map(|(_, share)| 0.5 - (share.clamp(0.0, 1.0) - 0.5).abs()).fold(0.0, f64::max);
        if widest.as_ref().is_none_or(|(open, _)| most > open + 1e-9) {
            widest = Some((most, halve(person, shares)));
        }
    }
    let Some((_, split)) = widest else { return Branches::Whole };
    Branches::Halves(Box::new([0, 1].map(|n| {
        let mut scope = scope.clone();
        close(problem, &mut scope, split.person, &split.halves[n]);
        Half {
            bound: bound_of(problem, pricing.best.total),
            total: pricing.best.total,
            scope,
            start: Start { staff: pricing.best.staff.clone(), limit: pricing.best.limit.clone() },
            cycles: pricing.cycles(),
        }
    })))
}

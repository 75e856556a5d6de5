//! That no schedule with fewer places is worth as much.
//!
//! Problem: bound the value of every schedule, of the round and of changed ones, that places fewer people than before.
//! Method: Lagrangian relaxation of the count. Where every place counts so much less, prices bound the rest; with that
//! much for each of the fewer places it is a bound on the value. It has to be good to a part of a placement only, so that
//! some steps of the bundle do.

use super::super::certificate::Certificate;
use super::super::dual::{Dual, Start};
use super::super::num::Ix;
use super::super::pricing::Pricing;
use super::super::problem::{Problem, Scope};
use super::super::tree::bound_of;
use super::super::watch::Watch;
use super::wide::{Triple, Weights, Wide, thousandths};

/// Bundle steps at most.
const STEPS: usize = 40;
/// Prices of what is left of each place, and what was taken off it.
pub(super) struct Fewer {
    problem: Problem,
    prices: Certificate,
    taken: i64,
    /// One less than were placed.
    most: i64,
}

impl Fewer {
    /// None where a placement counts next to nothing.
    pub(super) fn new(
        wide: &Wide,
        weight: i64,
        dual: &Dual,
        placed: (i64, i64),
        watch: &mut Watch<'_>,
    ) -> Option<Self> {
        let (count, value) = placed;
        let taken = weight / 4 * 3;
        if taken == 0 {
            return None;
        }
        let weights = Weights { point: 1, own: 0, each: -taken };
        let problem = wide.changed(usize::MAX, &[], None, weights)?;
        let off = taken * problem.scale;
        let staff = dual.staff.iter().map(|price| (price - off).max(0)).collect();
        let start = Start { staff, limit: dual.limit.clone() };
        let mut pricing = Pricing::new(&problem, &Scope::default(), &start, &[], watch.threads())?;
        watch.spend(pricing.work);
        // The schedule itself is worth this much less; a part of a placement above it is good enough.
        let wanted = value - taken * count + weight / 8;
        let mut steps = 0;
        while steps < STEPS && bound_of(&problem, pricing.best.total) > wanted && watch.stopped.is_none() {
            let before = pricing.work;
            pricing.step();
            watch.spend(pricing.work - before);
            steps += 1;
        }
        let prices = Certificate::new(&problem, &pricing.best);
        drop(pricing);
        Some(Self { problem, prices, taken, most: count - 1 })
    }

    /// Whether every schedule worth so much places as many as before, if a person may also go by some triples.
    pub(super) fn are_worse(&self, value: i64, home: Ix, person: usize, own: &[Triple]) -> bool {
        let prices = &self.prices;
        let gain = |triple: &Triple| {
            thousandths(triple.value - self.taken)
                + prices.toll(&self.problem, home, Ix::new(triple.host), Ix::new(triple.date))
                - prices.staff(person)
        };
        let gained = own.iter().map(gain).max().unwrap_or(0).max(0);
        prices.total.saturating_add(gained).saturating_add(thousandths(self.taken * self.most))
            < thousandths(value)
    }
}

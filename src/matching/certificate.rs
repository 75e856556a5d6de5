//! The certificate: whole prices whose total anybody can add up, recomputed here exactly in 128 bits.
//!
//! Given prices for places, limits, release and balance, the best price for a person is the most that any triple of
//! the person gains beyond them: then no triple's term of the bound is above 0, and the bound is the plain total of
//! prices times what the locks leave. Weak duality needs nothing of how the prices were found.

use super::dual::Dual;
use super::num::Ix;
use super::problem::{Key, Problem};
use crate::files::schedule::Prices;

/// Prices in thousandths of a point and the bound they prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    dual: Dual,
    /// On the value of every schedule, locks included.
    pub(super) bound: i64,
    /// The same in thousandths of a point.
    pub(super) total: i64,
}

/// Thousandths in a point.
pub(super) const THOUSAND: i64 = 1000;

impl Certificate {
    /// Makes the prices of a dual solution whole thousandths, people's as low as they can be.
    pub(super) fn new(problem: &Problem, dual: &Dual) -> Self {
        let mut dual = dual.clone();
        let unit = THOUSAND / problem.scale;
        for list in [&mut dual.limit, &mut dual.hosting, &mut dual.release, &mut dual.balance] {
            for price in list {
                *price *= unit;
            }
        }
        for (price, balance) in dual.balance.iter_mut().zip(&problem.balance) {
            if balance.is_none() {
                *price = 0;
            }
        }
        step_down(problem, &mut dual);
        for p in 0..problem.home.len() {
            let gains = problem.of(p).flat_map(|pair| {
                let dual = &dual;
                problem.open.of(pair).map(move |date| gain(problem, dual, pair, Ix::new(date)))
            });
            dual.staff[p] = gains.max().unwrap_or(0).max(0);
        }
        let total = total(problem, &dual);
        let floor = total.div_euclid(i128::from(THOUSAND));
        let fitting = |sum: i128| i64::try_from(sum).unwrap_or(i64::MAX);
        Self { dual, bound: fitting(floor), total: fitting(total) }
    }

    /// The price of somebody's place.
    pub(super) fn staff(&self, person: usize) -> i64 {
        self.dual.staff[person]
    }

    /// The prices of places, by library-day.
    pub(super) fn hosting(&self) -> &[i64] {
        &self.dual.hosting
    }

    /// The prices of releases, by library-day.
    pub(super) fn release(&self) -> &[i64] {
        &self.dual.release
    }

    /// What a triple gains beyond all prices, in thousandths: at most 0 for those of the round.
    pub(super) fn gain_of(&self, problem: &Problem, pair: usize, date: Ix) -> i64 {
        gain(problem, &self.dual, pair, date) - self.dual.staff[problem.pairs[pair].person.at()]
    }

    /// What all but the person of a trip gain from it, in thousandths: less than nothing where it uses what is dear.
    pub(super) fn toll(&self, problem: &Problem, home: Ix, host: Ix, date: Ix) -> i64 {
        toll(problem, &self.dual, home, host, date)
    }

    /// The prices by id, without those that are 0.
    pub(super) fn prices(&self, problem: &Problem, key: &Key<'_>) -> Prices {
        let dual = &self.dual;
        let on_days = |prices: &[i64]| {
            let mut rows = Vec::new();
            for (day, price) in prices.iter().enumerate().filter(|(_, price)| **price != 0) {
                let (library, date) = (day / problem.dates, day % problem.dates);
                rows.push((key.libraries[library].id.clone(), key.dates[date], *price));
            }
            rows.sort();
            rows
        };
        let staff = key.people.iter().zip(&dual.staff).filter(|(_, price)| **price != 0);
        let limits = key.libraries.iter().zip(&dual.limit).filter(|(_, price)| **price != 0);
        let mut hosting_limit: Vec<(String, i64)> =
            limits.map(|(library, price)| (library.id.clone(), *price)).collect();
        hosting_limit.sort();
        Prices {
            staff: staff.map(|(person, price)| (person.id.clone(), *price)).collect(),
            hosting: on_days(&dual.hosting),
            hosting_limit,
            release: on_days(&dual.release),
            balance: on_days(&dual.balance),
        }
    }
}

/// What a triple gains beyond all prices but the person's.
fn gain(problem: &Problem, dual: &Dual, pair: usize, date: Ix) -> i64 {
    let of = &problem.pairs[pair];
    THOUSAND * of.value + toll(problem, dual, problem.home_of(pair), of.host, date)
}

/// What a trip from home to host costs at the prices, as a gain.
fn toll(problem: &Problem, dual: &Dual, home: Ix, host: Ix, date: Ix) -> i64 {
    let (into, out) = (problem.day(host, date), problem.day(home, date));
    dual.balance[into] - dual.balance[out] - dual.limit[host.at()] - dual.hosting[into] - dual.release[out]
}

/// Makes triples that lie on no ring and were left out of the search (`components`) worth nothing: each way down is
/// made dearer by so much that no such triple gains. It costs nothing, since libraries that have a depth are balanced.
fn step_down(problem: &Problem, dual: &mut Dual) {
    if problem.depth.iter().all(|depth| *depth == 0) {
        return;
    }
    let highest = problem.highest * THOUSAND;
    for date in 0..problem.dates {
        let on = |library: usize| library * problem.dates + date;
        let levels = (0..problem.libraries).map(|library| dual.balance[on(library)]);
        let (low, high) = levels.fold((0, 0), |(low, high), level| (low.min(level), high.max(level)));
        for library in 0..problem.libraries {
            dual.balance[on(library)] -= problem.depth[on(library)] * (highest + high - low);
        }
    }
}

/// The sum of docs/files.md, in thousandths; people's prices leave no triple a gain.
fn total(problem: &Problem, dual: &Dual) -> i128 {
    let times = |capacity: &i64, price: &i64| i128::from(*capacity) * i128::from(*price);
    let mut total = i128::from(THOUSAND) * i128::from(problem.locked_value);
    total += dual.staff.iter().map(|price| i128::from(*price)).sum::<i128>();
    total += problem.hosting.iter().zip(&dual.hosting).map(|(c, p)| times(c, p)).sum::<i128>();
    total += problem.release.iter().zip(&dual.release).map(|(c, p)| times(c, p)).sum::<i128>();
    for (limit, price) in problem.limit.iter().zip(&dual.limit) {
        total += times(&limit.unwrap_or(0), price);
    }
    for (day, price) in dual.balance.iter().enumerate() {
        if let Some(balance) = problem.balance[day] {
            total += times(&balance, &price.abs()) + times(&problem.shift[day], price);
        }
    }
    total
}

//! A dual solution of the relaxation: prices whose total bounds every schedule.

use super::num::Ix;
use super::problem::Problem;

/// Prices to start with.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) staff: Vec<i64>,
    pub(super) limit: Vec<i64>,
}

/// A dual solution in whole parts of a point. Day tables are indexed like [`Problem::day`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dual {
    pub(super) staff: Vec<i64>,
    pub(super) limit: Vec<i64>,
    pub(super) hosting: Vec<i64>,
    pub(super) release: Vec<i64>,
    pub(super) balance: Vec<i64>,
    /// Its total: a bound on the value of everything but the locks.
    pub(super) total: i64,
}

impl Dual {
    /// Nothing but prices on people, each worth the best triple: a bound that needs no search.
    pub(super) fn trivial(problem: &Problem) -> Self {
        let days = problem.hosting.len();
        let staff: Vec<i64> = (0..problem.home.len()).map(|p| problem.most(p) * problem.scale).collect();
        let total = staff.iter().sum();
        Self {
            staff,
            limit: vec![0; problem.libraries],
            hosting: vec![0; days],
            release: vec![0; days],
            balance: vec![0; days],
            total,
        }
    }

    /// What a triple would gain beyond its prices: at most 0 once people's prices are lifted.
    pub(super) fn gain(&self, problem: &Problem, pair: usize, date: Ix) -> i64 {
        let of = &problem.pairs[pair];
        let (into, out) = (problem.day(of.host, date), problem.day(problem.home_of(pair), date));
        of.value * problem.scale
            - self.staff[of.person.at()]
            - self.limit[of.host.at()]
            - self.hosting[into]
            - self.release[out]
            - self.balance[out]
            + self.balance[into]
    }
}

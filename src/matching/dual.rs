//! A dual solution of the relaxation: prices whose total bounds every schedule.

use super::problem::Problem;

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
        let best = |p: usize| problem.triples[problem.of(p)].iter().map(|t| t.value).max().unwrap_or(0);
        let staff: Vec<i64> = (0..problem.home.len()).map(|p| best(p) * problem.scale).collect();
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
    pub(super) fn gain(&self, problem: &Problem, triple: usize) -> i64 {
        let t = &problem.triples[triple];
        let (into, out) = (problem.day(t.host, t.date), problem.day(problem.home_of(t), t.date));
        t.value * problem.scale
            - self.staff[t.person.at()]
            - self.limit[t.host.at()]
            - self.hosting[into]
            - self.release[out]
            - self.balance[out]
            + self.balance[into]
    }
}

//! Doors for `benches/parts.rs` to parts that nobody else may see. No promise is made about them.

use super::num::Ix;
use super::pricing::Pricing;
use super::problem::{self, Problem, Scope};
use super::{MatchError, aggregate, components, day};
use crate::files::Round;

/// A round as integers.
pub struct Prepared(Problem);

impl Prepared {
    /// Finds the triples, and rules out those on no ring.
    ///
    /// # Errors
    /// As [`super::solve`].
    pub fn new(round: &Round) -> Result<Self, MatchError> {
        let (mut problem, _) = problem::build(round, 0)?;
        components::prune(&mut problem);
        Ok(Self(problem))
    }

    /// The cost of the best circulation of a date, by its number, at no prices.
    pub fn one_date(&self, date: usize) -> Option<i64> {
        let mut day = day::Day::new(&self.0, &Scope::default(), Ix::new(date))?;
        day.solve(|_| 0, &vec![0; self.0.libraries]);
        Some(day.cost())
    }

    /// The first prices, with their circulations.
    pub fn root(&self) -> Option<Root<'_>> {
        Pricing::new(&self.0, &Scope::default(), &aggregate::start(&self.0), &[], 1).map(Root)
    }
}

/// The pricing of a round.
#[derive(Clone)]
pub struct Root<'a>(Pricing<'a>);

impl Root<'_> {
    /// One step of the bundle; the bound in parts of a point after it.
    pub fn step(&mut self) -> i64 {
        self.0.step();
        self.0.best.total
    }
}

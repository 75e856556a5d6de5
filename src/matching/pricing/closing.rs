//! Closing dates to people in the course of a dive or a trial, opening them again, and how far prices move meanwhile.

use super::Pricing;
use crate::matching::dual::Dual;
use crate::matching::master::Master;
use crate::matching::num::{Ix, float};
use crate::matching::problem::Scope;

/// Where a bundle was.
pub(in crate::matching) struct Mark {
    master: Master,
    best: Dual,
    single: Vec<bool>,
    reach: f64,
    expected: f64,
    settled: bool,
}

impl Mark {
    pub(in crate::matching) fn total(&self) -> i64 {
        self.best.total
    }
}

impl Pricing<'_> {
    /// Closes dates to a person. Whoever is left with one needs no price any more: what that costs then shows at once.
    pub(in crate::matching) fn close(&mut self, person: usize, is_closed: impl Fn(usize) -> bool) {
        let mut left = 0;
        for &(date, slot) in &self.slots[self.first_slot[person]..self.first_slot[person + 1]] {
            let slot = &mut self.days[date.at()].slots[slot.at()];
            slot.closed |= is_closed(date.at());
            left += usize::from(!slot.closed);
        }
        self.single[person] |= left < 2;
    }

    /// Opens dates to a person again; [`Pricing::go_back`] has to follow.
    pub(in crate::matching) fn reopen(&mut self, person: usize, is_open: impl Fn(Ix) -> bool) {
        for &(date, slot) in &self.slots[self.first_slot[person]..self.first_slot[person + 1]] {
            self.days[date.at()].slots[slot.at()].closed = !is_open(date);
        }
    }

    /// Where the bundle is now, to come back to.
    pub(in crate::matching) fn mark(&self) -> Mark {
        Mark {
            master: self.master.clone(),
            best: self.best.clone(),
            single: self.single.clone(),
            reach: self.reach,
            expected: self.expected,
            settled: self.settled,
        }
    }

    /// Goes back to where the bundle was, once the same dates are open as then.
    pub(in crate::matching) fn go_back(&mut self, mark: &Mark) {
        self.master = mark.master.clone();
        self.single.clone_from(&mark.single);
        if let Some(dual) = self.evaluate(&mark.best.staff, &mark.best.limit) {
            self.best = dual;
            self.recentre();
        }
        (self.reach, self.expected, self.settled) = (mark.reach, mark.expected, mark.settled);
    }

    /// After dates were closed: drops the cycles that use them and evaluates the present prices anew.
    pub(in crate::matching) fn refresh(&mut self, scope: &Scope) {
        let (problem, days, slots, first) = (self.problem, &self.days, &self.slots, &self.first_slot);
        let is_open = |pair: Ix, date: Ix| {
            let person = problem.pairs[pair.at()].person.at();
            let own = &slots[first[person]..first[person + 1]];
            scope.is_open(problem, pair.at(), date.at())
                && own
                    .binary_search_by_key(&date, |(date, _)| *date)
                    .is_ok_and(|n| !days[date.at()].slots[own[n].1.at()].closed)
        };
        self.master
            .retain(|cycle| cycle.moves.iter().all(|(pair, unit)| *unit < 0 || is_open(*pair, cycle.date)));
        if let Some(dual) = self.evaluate(&self.best.staff.clone(), &self.best.limit.clone()) {
            self.best = dual;
            self.recentre();
        }
        self.expected = f64::INFINITY;
    }

    /// From now on prices move by little more than what scores differ by, so that averages are a guide.
    pub(in crate::matching) fn stay_near(&mut self) {
        self.most_reach = self.unit * 0.5;
    }

    /// From now on prices move by as much as a placement is worth.
    pub(in crate::matching) fn move_freely(&mut self) {
        let highest =
            self.problem.pairs.iter().map(|pair| pair.value).max().unwrap_or(0) * self.problem.scale;
        self.most_reach = float(highest) / 2.0 + 1.0;
    }

    /// Lets prices move again, after something was closed.
    pub(in crate::matching) fn stir(&mut self) {
        self.reach = self.unit * 0.2;
        self.expected = f64::INFINITY;
        self.settled = false;
    }
}

//! How much of each person the average schedule of the bundle sends on each date.

use super::day::Day;
use super::num::Ix;
use super::problem::Problem;

/// How much of each person an average schedule sends on each date.
pub(super) struct Average {
    pub(super) first: Vec<usize>,
    pub(super) shares: Vec<(Ix, f64)>,
}

impl Average {
    /// The dates open to a person, in their order.
    pub(super) fn of(&self, person: usize) -> &[(Ix, f64)] {
        &self.shares[self.first[person]..self.first[person + 1]]
    }
}

/// Where each person is on each date.
pub(super) fn index_slots(problem: &Problem, days: &[Day]) -> (Vec<(Ix, Ix)>, Vec<usize>) {
    let mut first = vec![0; problem.home.len() + 1];
    for slot in days.iter().flat_map(|day| &day.slots) {
        first[slot.person.at() + 1] += 1;
    }
    for p in 0..problem.home.len() {
        first[p + 1] += first[p];
    }
    let mut next = first.clone();
    let mut slots = vec![(Ix::default(), Ix::default()); next.last().copied().unwrap_or(0)];
    for day in days {
        for (n, slot) in day.slots.iter().enumerate() {
            slots[next[slot.person.at()]] = (day.date, Ix::new(n));
            next[slot.person.at()] += 1;
        }
    }
    (slots, first)
}

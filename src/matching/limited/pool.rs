//! Rings that are known: each a list of trips, what it uses and what it is worth.
//!
//! Where an override lifted the balance, a chain from one library without balance to another counts as well; it is
//! known by its ends.

use std::collections::HashSet;

use super::super::num::{Ix, int};
use super::network::Network;

/// Rings and chains, numbered as they were found.
#[derive(Debug, Default)]
pub(super) struct Pool {
    trips: Vec<Ix>,
    first_trip: Vec<usize>,
    rows: Vec<Ix>,
    first_row: Vec<usize>,
    pub(super) value: Vec<i64>,
    known: HashSet<Vec<Ix>>,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { first_trip: vec![0], first_row: vec![0], ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.value.len()
    }

    /// Takes a ring, from its smallest library on, or a chain. Whether it is new.
    pub(super) fn add(&mut self, network: &Network, trips: Vec<Ix>) -> bool {
        if self.known.contains(&trips) {
            return false;
        }
        self.value.push(trips.iter().map(|trip| network.trips[trip.at()].value).sum());
        for trip in &trips {
            self.trips.push(*trip);
            self.rows.extend_from_slice(network.rows(trip.at()));
        }
        self.first_trip.push(self.trips.len());
        self.first_row.push(self.rows.len());
        self.known.insert(trips);
        true
    }

    pub(super) fn trips(&self, ring: usize) -> &[Ix] {
        &self.trips[self.first_trip[ring]..self.first_trip[ring + 1]]
    }

    /// What it uses, each once.
    pub(super) fn rows(&self, ring: usize) -> &[Ix] {
        &self.rows[self.first_row[ring]..self.first_row[ring + 1]]
    }

    /// What it gains at prices.
    pub(super) fn gain(&self, ring: usize, prices: &[i64]) -> i64 {
        self.value[ring] - self.rows(ring).iter().map(|row| prices[row.at()]).sum::<i64>()
    }

    /// How many people and locks move in it.
    pub(super) fn length(&self, ring: usize) -> i64 {
        int(self.trips(ring).len())
    }

    /// Whether it is a chain.
    pub(super) fn is_open(&self, network: &Network, ring: usize) -> bool {
        let trips = self.trips(ring);
        let ends = trips.first().zip(trips.last());
        ends.is_some_and(|(a, b)| network.trips[a.at()].home != network.trips[b.at()].host)
    }

    pub(super) fn total(&self, rings: &[Ix]) -> i64 {
        rings.iter().map(|ring| self.value[ring.at()]).sum()
    }

    /// Chains among the given that together close a ring, if any: that is not allowed.
    pub(super) fn closing_chains(&self, network: &Network, rings: &[Ix]) -> Vec<Ix> {
        let chains: Vec<Ix> = rings.iter().copied().filter(|n| self.is_open(network, n.at())).collect();
        let mut left: Vec<(Ix, Ix)> =
            chains.iter().flat_map(|n| self.trips(n.at()).iter().map(|t| (*n, *t))).collect();
        // What nothing leads to, or on from, is on no ring.
        loop {
            let before = left.len();
            let trip = |t: &Ix| &network.trips[t.at()];
            let left_from: HashSet<(Ix, Ix)> =
                left.iter().map(|(_, t)| (trip(t).date, trip(t).home)).collect();
            let come_to: HashSet<(Ix, Ix)> = left.iter().map(|(_, t)| (trip(t).date, trip(t).host)).collect();
            left.retain(|(_, t)| {
                left_from.contains(&(trip(t).date, trip(t).host))
                    && come_to.contains(&(trip(t).date, trip(t).home))
            });
            if left.len() == before {
                break;
            }
        }
        let mut closing: Vec<Ix> = left.into_iter().map(|(n, _)| n).collect();
        closing.dedup();
        closing
    }
}

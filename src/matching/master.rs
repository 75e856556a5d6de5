//! The model that tells the next prices: a proximal step over the cycles found so far.
//!
//! Problem: each cycle of a date's circulation has a value and uses *resources* (people, limits of hosts, places,
//! release, balance), each with a capacity. The dual of choosing cycles is: prices of least total, such that no cycle
//! gains. With few cycles that model swings wildly; so a quadratic term holds the prices near the best found so far.
//! Method: the dual of the quadratic step is a concave maximisation over the cycles' weights ≥ 0, done by coordinate
//! ascent. Weights are also the average schedule that guides the search.
//! Complexity: a sweep is linear in the entries of the cycles.
//! Literature: Lemaréchal (1975) and Kiwiel (1990) for proximal bundles; Frangioni (2002) for many cuts in a step.
//! Never claims anything: every bound is evaluated in integers elsewhere.

use std::collections::HashMap;

use super::num::Ix;

/// A cycle of one date with its weight in the average.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Triples used (1) or given up (−1), sorted.
    pub(super) triples: Vec<(Ix, i64)>,
    /// In parts of a point.
    value: f64,
    entries: Vec<(Ix, f64)>,
    pub(super) weight: f64,
    /// Steps without weight.
    idle: u32,
}

/// Cycles, resources, and the prices about which the next step is taken.
#[derive(Debug, Clone)]
pub(super) struct Master {
    columns: Vec<Column>,
    known: HashMap<Vec<(Ix, i64)>, ()>,
    /// Capacity of each resource beyond the base; infinite where it cannot bind.
    pub(super) capacity: Vec<f64>,
    /// Prices about which the step is taken.
    pub(super) centre: Vec<f64>,
    /// Prices after the step.
    pub(super) price: Vec<f64>,
    /// How much of each resource the weighted cycles use.
    used: Vec<f64>,
    /// Resources whose prices count in the model: those of people and hosts, and those that cycles use.
    touched: Vec<Ix>,
    is_touched: Vec<bool>,
}

/// What a step of the model comes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Solved {
    /// The model's total of prices.
    pub(super) total: f64,
    pub(super) work: i64,
    /// Whether it was solved as exactly as wanted.
    pub(super) settled: bool,
}

/// Over-relaxation of the ascent: between 1 and 2 it converges, faster than at 1.
const OVER: f64 = 1.5;
/// Steps after which a cycle of no weight is dropped.
const IDLE_STEPS: u32 = 24;

impl Master {
    /// A model of so many resources, the first `always` of which are priced whether cycles use them or not.
    pub(super) fn new(capacity: Vec<f64>, always: usize) -> Self {
        let n = capacity.len();
        Self {
            columns: Vec::new(),
            known: HashMap::new(),
            centre: vec![0.0; n],
            price: vec![0.0; n],
            used: vec![0.0; n],
            touched: (0..always).filter(|i| capacity[*i].is_finite()).map(Ix::new).collect(),
            is_touched: (0..n).map(|i| i < always).collect(),
            capacity,
        }
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Adds a cycle unless it is there. Resources that cannot bind are left out.
    pub(super) fn add(&mut self, triples: Vec<(Ix, i64)>, value: f64, entries: Vec<(Ix, f64)>) {
        if self.known.contains_key(&triples) {
            return;
        }
        self.known.insert(triples.clone(), ());
        let entries: Vec<(Ix, f64)> =
            entries.into_iter().filter(|(i, _)| self.capacity[i.at()].is_finite()).collect();
        for &(i, _) in &entries {
            if !self.is_touched[i.at()] {
                self.is_touched[i.at()] = true;
                self.touched.push(i);
            }
        }
        self.columns.push(Column { triples, value, entries, weight: 0.0, idle: 0 });
    }

    /// Drops the cycles for which `keep` is false, and those long without weight.
    pub(super) fn retain(&mut self, keep: impl Fn(&Column) -> bool) {
        let known = &mut self.known;
        self.columns.retain(|column| {
            let stays = column.idle < IDLE_STEPS && keep(column);
            if !stays {
                known.remove(&column.triples);
            }
            stays
        });
    }

    fn price_of(&self, i: usize, step: f64) -> f64 {
        (self.centre[i] - step * (self.capacity[i] - self.used[i])).max(0.0)
    }

    /// Moves the prices; `step` is how far a price goes for one unit of too much demand. `exact` is the gain of a
    /// cycle (in parts of a point) that is as good as none.
    pub(super) fn solve(&mut self, step: f64, exact: f64, sweeps: usize) -> Solved {
        self.used.fill(0.0);
        for column in &self.columns {
            for &(i, unit) in &column.entries {
                self.used[i.at()] += unit * column.weight;
            }
        }
        for n in 0..self.touched.len() {
            let i = self.touched[n].at();
            self.price[i] = self.price_of(i, step);
        }
        let (mut work, mut settled) = (0, false);
        let mut columns = std::mem::take(&mut self.columns);
        for sweep in 0..sweeps {
            let all = sweep % 8 == 0;
            let mut worst: f64 = 0.0;
            for column in &mut columns {
                if !all && column.weight == 0.0 {
                    continue;
                }
                let gain = self.gain(column);
                work += 1;
                if column.weight > 0.0 || gain > 0.0 {
                    worst = worst.max(gain.abs().min(if gain < 0.0 {
                        column.weight * -gain * 4.0
                    } else {
                        gain
                    }));
                    self.ascend(column, gain, step);
                }
            }
            if worst < exact && all {
                settled = true;
                break;
            }
        }
        for column in &mut columns {
            column.idle = if column.weight > 1e-9 { 0 } else { column.idle + 1 };
        }
        self.columns = columns;
        let total = self.touched.iter().map(|i| self.capacity[i.at()] * self.price[i.at()]).sum();
        Solved { total, work, settled }
    }

    fn gain(&self, column: &Column) -> f64 {
        column.value - column.entries.iter().map(|(i, unit)| unit * self.price[i.at()]).sum::<f64>()
    }

    /// Sets a cycle's weight to the best with all others as they are.
    fn ascend(&mut self, column: &mut Column, gain: f64, step: f64) {
        let live = column
            .entries
            .iter()
            .filter(|(i, unit)| self.price[i.at()] > 0.0 || (gain > 0.0) == (*unit > 0.0))
            .map(|(_, unit)| unit * unit)
            .sum::<f64>()
            .max(1.0);
        let weight = (column.weight + OVER * gain / (step * live)).max(0.0);
        let more = weight - column.weight;
        column.weight = weight;
        for &(i, unit) in &column.entries {
            self.used[i.at()] += unit * more;
            self.price[i.at()] = self.price_of(i.at(), step);
        }
    }
}

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

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::num::Ix;

/// A cycle of a date's circulation, as it differs from the base.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Cycle {
    pub(super) date: Ix,
    /// Pairs used (1) or given up (−1), sorted.
    pub(super) moves: Arc<[(Ix, i8)]>,
}

/// A cycle of one date with its weight in the average.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) cycle: Cycle,
    name: u64,
    /// Steps without weight.
    idle: u32,
}

/// What the ascent needs of a column; apart from it, because it is gone through again and again.
#[derive(Debug, Clone, Copy)]
struct Weight {
    weight: f64,
    /// In parts of a point.
    value: f64,
    /// Where its entries are.
    from: Ix,
    to: Ix,
}

impl Weight {
    fn entries(self, of: &[Entry]) -> &[Entry] {
        &of[self.from.at()..self.to.at()]
    }
}

/// How much of a resource a cycle uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) resource: Ix,
    pub(super) units: f32,
}

/// Cycles, resources, and the prices about which the next step is taken.
#[derive(Debug, Clone)]
pub(super) struct Master {
    columns: Vec<Column>,
    weights: Vec<Weight>,
    entries: Vec<Entry>,
    known: HashSet<u64>,
    /// Resources whose prices count in the model: of people and hosts, and those that cycles use. Of each the price
    /// after the step, which is 0 where this is less.
    level: Vec<f64>,
    /// The price about which the step is taken.
    centre: Vec<f64>,
    /// What there is of it beyond the base.
    capacity: Vec<f64>,
    /// Where each resource is among them.
    place: Vec<Option<Ix>>,
    /// Of every resource; infinite where it cannot bind.
    capacity_of: Vec<f64>,
    centre_of: Vec<f64>,
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

/// A name that tells cycles apart.
pub(super) fn name_of(cycle: &Cycle) -> u64 {
    let mut hasher = DefaultHasher::new();
    cycle.hash(&mut hasher);
    hasher.finish()
}

impl Master {
    /// A model of so many resources, the first `always` of which are priced whether cycles use them or not.
    pub(super) fn new(capacity: Vec<f64>, always: usize) -> Self {
        let mut master = Self {
            columns: Vec::new(),
            weights: Vec::new(),
            entries: Vec::new(),
            known: HashSet::new(),
            level: Vec::new(),
            centre: Vec::new(),
            capacity: Vec::new(),
            place: vec![None; capacity.len()],
            centre_of: vec![0.0; capacity.len()],
            capacity_of: capacity,
        };
        for resource in 0..always {
            if master.capacity_of[resource].is_finite() {
                master.touch(resource);
            }
        }
        master
    }

    fn touch(&mut self, resource: usize) -> Ix {
        *self.place[resource].get_or_insert_with(|| {
            self.level.push(0.0);
            self.centre.push(self.centre_of[resource]);
            self.capacity.push(self.capacity_of[resource]);
            Ix::new(self.level.len() - 1)
        })
    }

    /// The cycles with their weights in the average, where they have any.
    pub(super) fn weighted(&self) -> impl Iterator<Item = (&Cycle, f64)> {
        let columns = self.columns.iter().zip(&self.weights);
        columns.filter(|(_, of)| of.weight > 0.0).map(|(column, of)| (&column.cycle, of.weight))
    }

    /// The price of a resource after the last step; 0 where no cycle uses it.
    pub(super) fn price(&self, resource: usize) -> f64 {
        self.place[resource].map_or(0.0, |place| self.level[place.at()].max(0.0))
    }

    pub(super) fn set_centre(&mut self, resource: usize, price: f64) {
        self.centre_of[resource] = price;
        if let Some(place) = self.place[resource] {
            self.centre[place.at()] = price;
        }
    }

    pub(super) fn knows(&self, name: u64) -> bool {
        self.known.contains(&name)
    }

    /// Adds a cycle that is not known yet. Resources that cannot bind are left out.
    pub(super) fn add(&mut self, cycle: Cycle, name: u64, value: f64, entries: &[Entry]) {
        self.known.insert(name);
        let from = Ix::new(self.entries.len());
        for entry in entries {
            if self.capacity_of[entry.resource.at()].is_finite() {
                let resource = self.touch(entry.resource.at());
                self.entries.push(Entry { resource, ..*entry });
            }
        }
        self.columns.push(Column { cycle, name, idle: 0 });
        self.weights.push(Weight { weight: 0.0, value, from, to: Ix::new(self.entries.len()) });
    }

    /// Drops the cycles for which `keep` is false, and those long without weight.
    pub(super) fn retain(&mut self, keep: impl Fn(&Cycle) -> bool) {
        let (known, entries, weights) = (&mut self.known, &mut self.entries, &mut self.weights);
        let (mut n, mut kept, mut end) = (0, 0, 0);
        self.columns.retain(|column| {
            let stays = column.idle < IDLE_STEPS && keep(&column.cycle);
            let Weight { from, to, .. } = weights[n];
            if stays {
                entries.copy_within(from.at()..to.at(), end);
                let from = Ix::new(end);
                end += to.at() - weights[n].from.at();
                weights[kept] = Weight { from, to: Ix::new(end), ..weights[n] };
                kept += 1;
            } else {
                known.remove(&column.name);
            }
            n += 1;
            stays
        });
        weights.truncate(kept);
        entries.truncate(end);
    }

    /// Prices again from the weights, so that rounding does not add up.
    fn level(&mut self, step: f64) {
        for ((level, centre), capacity) in self.level.iter_mut().zip(&self.centre).zip(&self.capacity) {
            *level = centre - step * capacity;
        }
        for of in self.weights.iter().filter(|of| of.weight > 0.0) {
            for entry in of.entries(&self.entries) {
                self.level[entry.resource.at()] += step * of.weight * f64::from(entry.units);
            }
        }
    }

    /// Moves the prices; `step` is how far a price goes for one unit of too much demand. `exact` is how
    /// much (in parts of a point) all cycles together may still gain.
    pub(super) fn solve(&mut self, step: f64, exact: f64, sweeps: usize) -> Solved {
        self.level(step);
        let (mut work, mut settled) = (0, false);
        let mut before: Vec<f64> = self.weights.iter().map(|of| of.weight).collect();
        // Those that have weight or gained when all were looked at last.
        let mut live: Vec<Ix> = Vec::new();
        let mut all: Vec<Ix> = (0..self.weights.len()).map(Ix::new).collect();
        for sweep in 0..sweeps {
            let is_whole = sweep % 8 == 0;
            let mut off: f64 = 0.0;
            let list = std::mem::take(if is_whole { &mut all } else { &mut live });
            let mut gaining: Vec<Ix> = Vec::new();
            for n in &list {
                let of = &mut self.weights[n.at()];
                let entries = of.entries(&self.entries);
                let gain = of.value - paid(entries, &self.level);
                work += 1;
                if of.weight > 0.0 || gain > 0.0 {
                    off += if gain < 0.0 { -gain * of.weight } else { gain };
                    ascend(&mut of.weight, entries, &mut self.level, gain, step);
                    if is_whole {
                        gaining.push(*n);
                    }
                }
            }
            if is_whole {
                (all, live) = (list, gaining);
            } else {
                live = list;
            }
            if sweep % 8 == 7 {
                self.extrapolate(&mut before, step);
                work += super::num::int(self.weights.len()) / 2;
            }
            if is_whole && off < exact {
                settled = true;
                break;
            }
        }
        for (column, of) in self.columns.iter_mut().zip(&self.weights) {
            column.idle = if of.weight > 1e-9 { 0 } else { column.idle + 1 };
        }
        // Cycles' weights times what they gain is 0 once all is settled; until then it belongs to the total.
        let gains: f64 = self
            .weights
            .iter()
            .filter(|of| of.weight > 0.0)
            .map(|of| of.weight * (of.value - paid(of.entries(&self.entries), &self.level)))
            .sum();
        let prices = self.level.iter().zip(&self.capacity).map(|(level, capacity)| capacity * level.max(0.0));
        Solved { total: gains + prices.sum::<f64>(), work, settled }
    }
}

impl Master {
    /// Goes on in the direction in which the weights have moved, as far as that pays.
    fn extrapolate(&mut self, before: &mut [f64], step: f64) {
        let mut by_level = vec![0.0; self.level.len()];
        let mut value = 0.0;
        let mut moved = 0.0;
        for (of, before) in self.weights.iter().zip(before.iter()) {
            let by = of.weight - before;
            if by != 0.0 {
                moved += 1.0;
                value += by * of.value;
                for entry in of.entries(&self.entries) {
                    by_level[entry.resource.at()] += step * by * f64::from(entry.units);
                }
            }
        }
        if moved > 0.0 {
            // The slope of the concave total along the way.
            let levels: Vec<(f64, f64)> =
                self.level.iter().copied().zip(by_level).filter(|(_, by)| *by != 0.0).collect();
            let slope = |far: f64| {
                let paid: f64 = levels.iter().map(|(level, by)| by * (level + far * by).max(0.0)).sum();
                value - paid / step
            };
            let (mut near, mut far) = (0.0, 1.0);
            while far < 32.0 && slope(far) > 0.0 {
                near = far;
                far *= 2.0;
            }
            for _ in 0..4 {
                let middle = f64::midpoint(near, far);
                if slope(middle) > 0.0 { near = middle } else { far = middle }
            }
            if near > 0.05 {
                for (of, before) in self.weights.iter_mut().zip(before.iter()) {
                    of.weight = (of.weight + near * (of.weight - before)).max(0.0);
                }
                self.level(step);
            }
        }
        for (of, before) in self.weights.iter().zip(before.iter_mut()) {
            *before = of.weight;
        }
    }
}

/// What a cycle pays.
fn paid(entries: &[Entry], level: &[f64]) -> f64 {
    entries.iter().map(|entry| f64::from(entry.units) * level[entry.resource.at()].max(0.0)).sum()
}

/// Sets a cycle's weight to the best with all others as they are.
fn ascend(weight: &mut f64, entries: &[Entry], level: &mut [f64], gain: f64, step: f64) {
    let mut live = 0.0;
    for entry in entries {
        let units = f64::from(entry.units);
        if level[entry.resource.at()] > 0.0 || (gain > 0.0) == (units > 0.0) {
            live += units * units;
        }
    }
    let new = (*weight + OVER * gain / (step * f64::max(live, 1.0))).max(0.0);
    let by = step * (new - *weight);
    *weight = new;
    for entry in entries {
        level[entry.resource.at()] += by * f64::from(entry.units);
    }
}

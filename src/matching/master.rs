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

use super::num::Ix;

/// A cycle of a date's circulation, as it differs from the base.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Cycle {
    pub(super) date: Ix,
    /// Pairs used (1) or given up (−1), sorted.
    pub(super) moves: Box<[(Ix, i8)]>,
}

/// A cycle of one date with its weight in the average.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) cycle: Cycle,
    name: u64,
    /// In parts of a point.
    value: f64,
    /// Where its entries are.
    from: usize,
    to: usize,
    pub(super) weight: f64,
    /// Steps without weight.
    idle: u32,
}

/// How much of a resource a cycle uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) resource: Ix,
    pub(super) units: f32,
}

/// What the model knows of a resource.
#[derive(Debug, Clone, Copy)]
struct Resource {
    /// Price after the step.
    price: f64,
    /// How much of it the weighted cycles use.
    used: f64,
    /// Price about which the step is taken.
    centre: f64,
    /// Beyond the base; infinite where it cannot bind.
    capacity: f64,
}

/// Cycles, resources, and the prices about which the next step is taken.
#[derive(Debug, Clone)]
pub(super) struct Master {
    columns: Vec<Column>,
    entries: Vec<Entry>,
    known: HashSet<u64>,
    /// Those whose prices count in the model: of people and hosts, and those that cycles use.
    resources: Vec<Resource>,
    /// Where each resource is among them.
    place: Vec<Option<Ix>>,
    capacity: Vec<f64>,
    centre: Vec<f64>,
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
            entries: Vec::new(),
            known: HashSet::new(),
            resources: Vec::new(),
            place: vec![None; capacity.len()],
            centre: vec![0.0; capacity.len()],
            capacity,
        };
        for resource in (0..always).filter(|i| master.capacity[*i].is_finite()).collect::<Vec<_>>() {
            master.touch(resource);
        }
        master
    }

    fn touch(&mut self, resource: usize) -> Ix {
        *self.place[resource].get_or_insert_with(|| {
            let (capacity, centre) = (self.capacity[resource], self.centre[resource]);
            self.resources.push(Resource { price: 0.0, used: 0.0, centre, capacity });
            Ix::new(self.resources.len() - 1)
        })
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The price of a resource after the last step; its centre where no cycle uses it.
    pub(super) fn price(&self, resource: usize) -> f64 {
        self.place[resource].map_or(0.0, |place| self.resources[place.at()].price)
    }

    pub(super) fn set_centre(&mut self, resource: usize, price: f64) {
        self.centre[resource] = price;
        if let Some(place) = self.place[resource] {
            self.resources[place.at()].centre = price;
        }
    }

    pub(super) fn knows(&self, name: u64) -> bool {
        self.known.contains(&name)
    }

    /// Adds a cycle that is not known yet. Resources that cannot bind are left out.
    pub(super) fn add(&mut self, cycle: Cycle, name: u64, value: f64, entries: &[Entry]) {
        self.known.insert(name);
        let from = self.entries.len();
        for entry in entries {
            if self.capacity[entry.resource.at()].is_finite() {
                let resource = self.touch(entry.resource.at());
                self.entries.push(Entry { resource, ..*entry });
            }
        }
        let to = self.entries.len();
        self.columns.push(Column { cycle, name, value, from, to, weight: 0.0, idle: 0 });
    }

    /// Drops the cycles for which `keep` is false, and those long without weight.
    pub(super) fn retain(&mut self, keep: impl Fn(&Cycle) -> bool) {
        let (known, entries) = (&mut self.known, &mut self.entries);
        let mut end = 0;
        self.columns.retain_mut(|column| {
            let stays = column.idle < IDLE_STEPS && keep(&column.cycle);
            if stays {
                entries.copy_within(column.from..column.to, end);
                let length = column.to - column.from;
                (column.from, column.to) = (end, end + length);
                end += length;
            } else {
                known.remove(&column.name);
            }
            stays
        });
        self.entries.truncate(end);
    }

    /// Moves the prices; `step` is how far a price goes for one unit of too much demand. `exact` is how
    /// much (in parts of a point) all cycles together may still gain.
    pub(super) fn solve(&mut self, step: f64, exact: f64, sweeps: usize) -> Solved {
        for resource in &mut self.resources {
            resource.used = 0.0;
        }
        for column in self.columns.iter().filter(|column| column.weight > 0.0) {
            for entry in &self.entries[column.from..column.to] {
                self.resources[entry.resource.at()].used += f64::from(entry.units) * column.weight;
            }
        }
        for of in &mut self.resources {
            of.price = (of.centre - step * (of.capacity - of.used)).max(0.0);
        }
        let (mut work, mut settled) = (0, false);
        let mut before: Vec<f64> = self.columns.iter().map(|column| column.weight).collect();
        // Those that have weight or gained when all were looked at last.
        let mut live: Vec<Ix> = Vec::new();
        let mut all: Vec<Ix> = (0..self.columns.len()).map(Ix::new).collect();
        for sweep in 0..sweeps {
            let is_whole = sweep % 8 == 0;
            let mut off: f64 = 0.0;
            let list = std::mem::take(if is_whole { &mut all } else { &mut live });
            let mut gaining: Vec<Ix> = Vec::new();
            for n in &list {
                let column = &mut self.columns[n.at()];
                let entries = &self.entries[column.from..column.to];
                let mut gain = column.value;
                for entry in entries {
                    gain -= f64::from(entry.units) * self.resources[entry.resource.at()].price;
                }
                work += 1;
                if column.weight > 0.0 || gain > 0.0 {
                    off += if gain < 0.0 { -gain * column.weight } else { gain };
                    ascend(column, entries, &mut self.resources, gain, step);
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
                work += super::num::int(self.columns.len()) / 2;
            }
            if is_whole && off < exact {
                settled = true;
                break;
            }
        }
        for column in &mut self.columns {
            column.idle = if column.weight > 1e-9 { 0 } else { column.idle + 1 };
        }
        // Cycles' weights times what they gain is 0 once all is settled; until then it belongs to the total.
        let gains: f64 = self
            .columns
            .iter()
            .filter(|column| column.weight > 0.0)
            .map(|column| {
                let entries = &self.entries[column.from..column.to];
                let paid = entries.iter().map(|e| f64::from(e.units) * self.resources[e.resource.at()].price);
                column.weight * (column.value - paid.sum::<f64>())
            })
            .sum();
        let total = gains + self.resources.iter().map(|of| of.capacity * of.price).sum::<f64>();
        Solved { total, work, settled }
    }
}

impl Master {
    /// Goes on in the direction in which the weights have moved, as far as that pays.
    fn extrapolate(&mut self, before: &mut [f64], step: f64) {
        let mut used = vec![0.0; self.resources.len()];
        let mut value = 0.0;
        let mut moved = 0.0;
        for (column, before) in self.columns.iter().zip(before.iter()) {
            let by = column.weight - before;
            if by != 0.0 {
                moved += 1.0;
                value += by * column.value;
                for entry in &self.entries[column.from..column.to] {
                    used[entry.resource.at()] += f64::from(entry.units) * by;
                }
            }
        }
        if moved > 0.0 {
            // The slope of the concave total along the way.
            let resources = &self.resources;
            let slope = |far: f64| {
                let paid: f64 = resources
                    .iter()
                    .zip(&used)
                    .filter(|(_, by)| **by != 0.0)
                    .map(|(of, by)| by * (of.centre - step * (of.capacity - of.used - far * by)).max(0.0))
                    .sum();
                value - paid
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
                for (column, before) in self.columns.iter_mut().zip(before.iter()) {
                    let by = column.weight - before;
                    if by == 0.0 {
                        continue;
                    }
                    let weight = (column.weight + near * by).max(0.0);
                    let more = weight - column.weight;
                    column.weight = weight;
                    for entry in &self.entries[column.from..column.to] {
                        let of = &mut self.resources[entry.resource.at()];
                        of.used += f64::from(entry.units) * more;
                    }
                }
                for of in &mut self.resources {
                    of.price = (of.centre - step * (of.capacity - of.used)).max(0.0);
                }
            }
        }
        for (column, before) in self.columns.iter().zip(before.iter_mut()) {
            *before = column.weight;
        }
    }
}

/// Sets a cycle's weight to the best with all others as they are.
fn ascend(column: &mut Column, entries: &[Entry], resources: &mut [Resource], gain: f64, step: f64) {
    let mut live = 0.0;
    for entry in entries {
        let units = f64::from(entry.units);
        if resources[entry.resource.at()].price > 0.0 || (gain > 0.0) == (units > 0.0) {
            live += units * units;
        }
    }
    let weight = (column.weight + OVER * gain / (step * f64::max(live, 1.0))).max(0.0);
    let more = weight - column.weight;
    column.weight = weight;
    for entry in entries {
        let of = &mut resources[entry.resource.at()];
        of.used += f64::from(entry.units) * more;
        of.price = (of.centre - step * (of.capacity - of.used)).max(0.0);
    }
}

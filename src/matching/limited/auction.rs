//! Prices for a list of rings: the dual of packing them, by proximal steps.
//!
//! Problem: whole prices of rows with the least total room × price at which no ring gains.
//! Method: proximal point (for the rings an augmented Lagrangian): near the present prices, the quadratic problem over
//! the rings' shares is solved by coordinate ascent, most sweeps over rings in use or nearly so. Shares are the
//! relaxation's solution, and guide rounding and branching.
//! Complexity: a sweep is linear in the rings' rows; a step some tens of sweeps.
//! Literature: Rockafellar (1976); Hildreth (1957) for the coordinate ascent.

use super::super::num::{Ix, float, int, nearest};

/// Rings as rows and values, their shares, and prices.
#[derive(Debug, Clone)]
pub(super) struct Auction {
    rows: Vec<Ix>,
    first: Vec<usize>,
    value: Vec<f64>,
    /// How much of each ring is in the relaxation.
    pub(super) share: Vec<f64>,
    room: Vec<f64>,
    /// Prices about which the next step looks.
    center: Vec<f64>,
    /// Prices of the last step, before they are cut at 0.
    at: Vec<f64>,
    /// How far a price goes for one unit of demand too much.
    pub(super) reach: f64,
    pub(super) work: i64,
}

/// Sweeps over the rings in use for one over all.
const SHORT_SWEEPS: usize = 8;

impl Auction {
    pub(super) fn new(room: &[i64], prices: &[i64], reach: f64) -> Self {
        let floats = |list: &[i64]| list.iter().map(|n| float(*n)).collect::<Vec<f64>>();
        Self {
            rows: Vec::new(),
            first: vec![0],
            value: Vec::new(),
            share: Vec::new(),
            room: floats(room),
            center: floats(prices),
            at: floats(prices),
            reach,
            work: 0,
        }
    }

    pub(super) fn add(&mut self, rows: &[Ix], value: i64, share: f64) {
        self.rows.extend_from_slice(rows);
        self.first.push(self.rows.len());
        self.value.push(float(value));
        self.share.push(share);
    }

    /// What a ring uses.
    pub(super) fn rows(&self, ring: usize) -> &[Ix] {
        &self.rows[self.first[ring]..self.first[ring + 1]]
    }

    /// How many rings it has.
    pub(super) fn len(&self) -> usize {
        self.value.len()
    }

    /// One proximal step: prices near the center, and shares. Sweeps until they hardly change anything.
    pub(super) fn step(&mut self, sweeps: usize) {
        for row in 0..self.at.len() {
            self.at[row] = self.center[row] - self.reach * self.room[row];
        }
        for ring in 0..self.share.len() {
            let share = self.share[ring];
            if share > 0.0 {
                for n in self.first[ring]..self.first[ring + 1] {
                    self.at[self.rows[n].at()] += self.reach * share;
                }
            }
        }
        let mut used: Vec<usize> = Vec::new();
        let mut gained = 0.0;
        let near = self.reach * 0.2;
        for sweep in 0..sweeps {
            let mut gain = 0.0;
            if sweep % (SHORT_SWEEPS + 1) == 0 {
                used.clear();
                for ring in 0..self.share.len() {
                    let (won, of_ring) = self.turn(ring);
                    gain += won;
                    if self.share[ring] > 0.0 || of_ring > -near {
                        used.push(ring);
                    }
                }
                self.work += int(self.rows.len());
            } else {
                for ring in &used {
                    gain += self.turn(*ring).0;
                }
                self.work += int(used.len()) * 8;
            }
            gained += gain;
            if gain <= 1e-4 * gained || gain <= 1e-9 {
                break;
            }
        }
    }

    /// The best share of one ring, all others as they are: what the quadratic problem wins, and what the ring gained.
    fn turn(&mut self, ring: usize) -> (f64, f64) {
        let rows = &self.rows[self.first[ring]..self.first[ring + 1]];
        let mut gain = self.value[ring];
        let mut priced = 0_i64;
        for row in rows {
            let at = self.at[row.at()];
            if at > 0.0 {
                gain -= at;
                priced += 1;
            }
        }
        let share = self.share[ring];
        if gain <= 0.0 && share == 0.0 {
            return (0.0, gain);
        }
        if gain > 0.0 {
            let about = gain / (self.reach * float(priced.max(1)));
            let rising = rows.iter().filter(|row| self.at[row.at()] + self.reach * about > 0.0).count();
            priced = int(rising);
        }
        let change = (gain / (self.reach * float(priced.max(1)))).max(-share);
        self.share[ring] = share + change;
        for n in self.first[ring]..self.first[ring + 1] {
            self.at[self.rows[n].at()] += self.reach * change;
        }
        (gain * change * 0.5, gain)
    }

    /// The whole prices of the last step.
    pub(super) fn prices(&self) -> Vec<i64> {
        self.at.iter().map(|price| nearest(price.max(0.0))).collect()
    }

    /// Looks about these prices from now on.
    pub(super) fn look_about(&mut self, prices: &[i64]) {
        for (center, price) in self.center.iter_mut().zip(prices) {
            *center = float(*price);
        }
    }
}

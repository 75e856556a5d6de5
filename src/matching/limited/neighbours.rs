//! Neighbourhoods of a schedule of rings: some of its rings are taken out, and the best that fits in their place found.
//!
//! Method: a row is drawn by what the schedule loses there at the prices (people without a place, room left over, rings
//! that lose); a ring about it that is not used is let in, those that it drives out are taken out, and so on from what
//! they used until enough are. What then fits is solved by branch and bound, with a limit of nodes.
//! Literature: Shaw (1998).

use std::collections::HashSet;

use super::super::num::{Ix, int};
use super::super::share::on_threads;
use super::super::watch::Watch;
use super::branches::{Branches, Cutting};
use super::network::Network;
use super::pool::Pool;

/// Neighbourhoods solved at a time.
const AT_ONCE: usize = 8;
/// Rings taken out, at least and at most.
const TAKEN_OUT: (u64, u64) = (4, 20);
/// Nodes of a neighbourhood's search at most.
const NODES: usize = 12;
/// Looks in vain that make a row count half as much.
const HALVING: u64 = 4;

/// Draws neighbourhoods from rings that may be worth it.
pub(super) struct Neighbours {
    /// Rings by row.
    about: Vec<Vec<Ix>>,
    rings: Vec<Ix>,
    prices: Vec<i64>,
    in_vain: Vec<u64>,
    random: u64,
    /// Looks since the last better schedule.
    pub(super) long_in_vain: i64,
}

/// A neighbourhood: what is taken out, what room there is then, and what fits.
struct Place {
    row: usize,
    out: Vec<Ix>,
    room: Vec<i64>,
    rings: Vec<Ix>,
}

impl Neighbours {
    pub(super) fn new(network: &Network, pool: &Pool, rings: Vec<Ix>, prices: &[i64], random: u64) -> Self {
        let mut about = vec![Vec::new(); network.room.len()];
        for ring in &rings {
            for row in pool.rows(ring.at()) {
                about[row.at()].push(*ring);
            }
        }
        let in_vain = vec![0; about.len()];
        Self { about, rings, prices: prices.to_vec(), in_vain, random, long_in_vain: 0 }
    }

    /// Solves some neighbourhoods of a schedule again; a better schedule if there is one.
    pub(super) fn look(
        &mut self,
        network: &Network,
        pool: &Pool,
        plan: &[Ix],
        watch: &mut Watch<'_>,
    ) -> Option<Vec<Ix>> {
        let mut weights = self.weights(network, pool, plan);
        let places: Vec<Place> = (0..AT_ONCE).map(|_| self.draw(network, pool, plan, &mut weights)).collect();
        let found = {
            let (prices, watch) = (&self.prices, &*watch);
            on_threads(places.iter().collect(), watch.threads(), |place| {
                let mut own = watch.part();
                (solve(network, pool, prices, place, &mut own), own.work)
            })
        };
        watch.spend(found.iter().map(|(_, work)| work).sum());
        let mut better: Option<Vec<Ix>> = None;
        for (place, (own, _)) in places.iter().zip(found) {
            let now = better.as_deref().unwrap_or(plan);
            if let Some(next) = own.and_then(|own| put_in(network, pool, now, place, own)) {
                (self.in_vain[place.row], self.long_in_vain) = (0, 0);
                better = Some(next);
            } else {
                self.in_vain[place.row] += 1;
                self.long_in_vain += 1;
            }
        }
        better
    }

    /// What a schedule loses at each row.
    fn weights(&self, network: &Network, pool: &Pool, plan: &[Ix]) -> Vec<u64> {
        let mut left = network.room.clone();
        let mut lost = vec![0; left.len()];
        for ring in plan {
            let loss = pool.gain(ring.at(), &self.prices).min(0).abs();
            for row in pool.rows(ring.at()) {
                left[row.at()] -= 1;
                lost[row.at()] += loss / pool.length(ring.at());
            }
        }
        for row in 0..left.len() {
            lost[row] += left[row] * self.prices[row] + 1;
            if self.about[row].is_empty() {
                lost[row] = 0;
            }
        }
        lost.iter()
            .zip(&self.in_vain)
            .map(|(lost, vain)| lost.unsigned_abs() / (1 + vain / HALVING))
            .collect()
    }

    fn draw(&mut self, network: &Network, pool: &Pool, plan: &[Ix], weights: &mut [u64]) -> Place {
        let row = self.draw_row(weights);
        weights[row] = 0;
        let mut room = network.room.clone();
        let mut users: Vec<Vec<Ix>> = vec![Vec::new(); room.len()];
        for ring in plan {
            for row in pool.rows(ring.at()) {
                room[row.at()] -= 1;
                users[row.at()].push(*ring);
            }
        }
        let most = TAKEN_OUT.0 + self.below(TAKEN_OUT.1 - TAKEN_OUT.0);
        let mut out: Vec<Ix> = Vec::new();
        let mut is_out: HashSet<Ix> = HashSet::new();
        let mut touched = vec![Ix::new(row)];
        for _ in 0..8 * most {
            if int(out.len()) >= int_of(most) {
                break;
            }
            let about = self.pick(touched.len()).map_or(row, |n| touched[n].at());
            let Some(ring) = self.pick(self.about[about].len()).map(|n| self.about[about][n]) else {
                continue;
            };
            for needed in pool.rows(ring.at()) {
                touched.push(*needed);
                if room[needed.at()] > 0 {
                    continue;
                }
                let Some(driven) = self.pick(users[needed.at()].len()).map(|n| users[needed.at()][n]) else {
                    continue;
                };
                if is_out.insert(driven) {
                    out.push(driven);
                    for row in pool.rows(driven.at()) {
                        room[row.at()] += 1;
                        touched.push(*row);
                    }
                }
            }
        }
        let fits = |ring: &Ix| pool.rows(ring.at()).iter().all(|row| room[row.at()] > 0);
        let rings = self.rings.iter().copied().filter(fits).collect();
        Place { row, out, room, rings }
    }

    fn draw_row(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum::<u64>().max(1));
        for (row, weight) in weights.iter().enumerate() {
            if left < *weight {
                return row;
            }
            left -= weight;
        }
        0
    }

    fn pick(&mut self, count: usize) -> Option<usize> {
        if count == 0 { None } else { usize::try_from(self.below(int(count).unsigned_abs())).ok() }
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers everywhere.
    fn below(&mut self, most: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most.max(1)
    }
}

fn int_of(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What is better than what was taken out.
fn solve(
    network: &Network,
    pool: &Pool,
    prices: &[i64],
    place: &Place,
    watch: &mut Watch<'_>,
) -> Option<Vec<Ix>> {
    let now = pool.total(&place.out);
    let (room, rings) = (place.room.clone(), place.rings.clone());
    let mut branches = Branches::new(network, pool, room, rings, prices, (now, i64::MAX / 4), Cutting::Never);
    for _ in 0..NODES {
        if branches.is_closed() || watch.stopped.is_some() {
            break;
        }
        branches.advance(watch);
    }
    branches.best
}

/// The schedule with a neighbourhood solved again, unless another one has changed what is about it.
fn put_in(network: &Network, pool: &Pool, plan: &[Ix], place: &Place, own: Vec<Ix>) -> Option<Vec<Ix>> {
    let out: HashSet<Ix> = place.out.iter().copied().collect();
    let mut next: Vec<Ix> = plan.iter().copied().filter(|ring| !out.contains(ring)).collect();
    if next.len() + out.len() != plan.len() {
        return None;
    }
    next.extend(own);
    next.sort_unstable();
    let mut room = network.room.clone();
    for ring in &next {
        for row in pool.rows(ring.at()) {
            room[row.at()] -= 1;
        }
    }
    let is_fine = room.iter().all(|left| *left >= 0) && pool.closing_chains(network, &next).is_empty();
    is_fine.then_some(next)
}

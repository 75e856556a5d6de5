//! Branch and bound over a list of rings: the best of them that fit together.
//!
//! Method: best bound first. A node's rings are priced from its parent's prices; rings that no better schedule can use
//! are left out for all below; shares are rounded to a schedule. Then a trip of somebody who is torn between trips is
//! forbidden, or all others of that person; where nobody is torn, a ring is used or not.
//! Every split leaves fewer rings, so the search ends. Complexity: exponential at worst.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::agenda::Agenda;
use super::super::num::{Ix, float, int, nearest};
use super::super::watch::Watch;
use super::auction::Auction;
use super::cuts::{Cut, counts, room_of, violated};
use super::network::Network;
use super::pool::Pool;

/// What a branch adds to its parent.
#[derive(Debug, Clone, Copy)]
enum Decision {
    Nothing,
    /// Nobody makes this trip.
    Without(Ix),
    /// Who makes this trip makes no other.
    Only(Ix),
    Use(Ix),
    NotUse(Ix),
}

/// What of the problem a node leaves.
#[derive(Debug)]
struct Part {
    rings: Rc<Vec<Ix>>,
    used: Vec<Ix>,
    decision: Decision,
    prices: Rc<Vec<i64>>,
}

/// Branch and bound over some rings and what room there is for them.
pub(super) struct Branches<'a> {
    network: &'a Network,
    pool: &'a Pool,
    room: Vec<i64>,
    open: Agenda<Part>,
    /// The best rings found, if their total is above the first `cutoff`.
    pub(super) best: Option<Vec<Ix>>,
    /// Only a greater total counts.
    pub(super) cutoff: i64,
    cuts: Vec<Cut>,
    cutting: Cutting,
}

/// How much is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cutting {
    Never,
    Much,
}

impl Cutting {
    /// Times that a node of some depth is cut and priced again.
    fn rounds(self, depth: u32) -> usize {
        match (self, depth) {
            (Cutting::Never, _) => 0,
            (Cutting::Much, 0) => 20,
            (Cutting::Much, _) => 2,
        }
    }
}

/// Cuts at most.
const MOST_CUTS: usize = 600;

/// Proximal steps in a node at most, and sweeps in a step.
const STEPS: usize = 24;
const SWEEPS: usize = 200;
/// Points that a price goes for one unit of demand too much, to begin with and at most.
const REACH: (f64, f64) = (60.0, 2000.0);
/// Parts of a point still to be had at which a node is as good as priced.
const AS_GOOD_AS_PRICED: f64 = 0.05;
/// Share of a ring or trip that is more than chance.
const SOME: f64 = 0.01;

impl<'a> Branches<'a> {
    /// The best of some rings within some room, at prices to begin with, above `cutoff`.
    pub(super) fn new(
        network: &'a Network,
        pool: &'a Pool,
        room: Vec<i64>,
        rings: Vec<Ix>,
        prices: &[i64],
        (cutoff, bound): (i64, i64),
        cutting: Cutting,
    ) -> Self {
        let mut open = Agenda::default();
        let (rings, prices) = (Rc::new(rings), Rc::new(prices.to_vec()));
        open.push(bound, 0, Part { rings, used: Vec::new(), decision: Decision::Nothing, prices });
        Self { network, pool, room, open, best: None, cutoff, cuts: Vec::new(), cutting }
    }

    /// Nothing that may still be found has a greater total, unless it is found already.
    pub(super) fn bound(&self) -> i64 {
        self.open.bound(self.cutoff)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.is_closed(self.cutoff)
    }

    pub(super) fn offer(&mut self, rings: Vec<Ix>, total: i64) {
        if total > self.cutoff {
            self.cutoff = total;
            self.best = Some(rings);
        }
    }

    /// What is left of a node's rings.
    fn rings_of(&self, part: &Part, room: &[i64]) -> Vec<Ix> {
        let has = |ring: Ix, trip: Ix| self.pool.trips(ring.at()).contains(&trip);
        let is_left = |ring: Ix| match part.decision {
            Decision::Nothing => true,
            Decision::Without(trip) => !has(ring, trip),
            Decision::Only(trip) => {
                let who = self.network.trips[trip.at()].who;
                has(ring, trip) || !self.pool.rows(ring.at()).contains(&who)
            }
            Decision::Use(other) | Decision::NotUse(other) => ring != other,
        };
        let fits = |ring: Ix| self.pool.rows(ring.at()).iter().all(|row| room[row.at()] > 0);
        part.rings.iter().copied().filter(|ring| is_left(*ring) && fits(*ring)).collect()
    }

    /// Looks into the most promising node.
    pub(super) fn advance(&mut self, watch: &mut Watch<'_>) {
        let Some(mut node) = self.open.pop(self.cutoff) else { return };
        let part = &mut node.part;
        if let Decision::Use(ring) = part.decision {
            part.used.push(ring);
        }
        if !self.pool.closing_chains(self.network, &part.used).is_empty() {
            watch.spend(1);
            return;
        }
        let mut room = self.room.clone();
        for ring in &part.used {
            for row in self.pool.rows(ring.at()) {
                room[row.at()] -= 1;
            }
        }
        let rings = self.rings_of(part, &room);
        let base = self.pool.total(&part.used);
        self.offer(part.used.clone(), base);
        let mut priced = Priced::new(self, &room, rings, &part.prices, &[]);
        priced.settle(self, base, &part.used, watch);
        for _ in 0..self.cutting.rounds(node.depth) {
            if self.whole(base + priced.total) <= self.cutoff || watch.stopped.is_some() || !self.cut(&priced)
            {
                break;
            }
            let Priced { rings, prices, auction, .. } = priced;
            priced = Priced::new(self, &room, rings, &prices, &auction.share);
            priced.settle(self, base, &part.used, watch);
        }
        let bound = node.bound.min(self.whole(base + priced.total));
        if bound <= self.cutoff {
            return;
        }
        if watch.stopped.is_some() {
            // Not looked into to the end: stays open.
            if let Decision::Use(_) = part.decision {
                part.used.pop();
            }
            self.open.put_back(node);
            return;
        }
        priced.leave_out(self, base);
        let Some(split) = priced.split(self) else { return };
        let prices = Rc::new(priced.prices);
        let rings = Rc::new(priced.rings);
        for decision in split {
            let (rings, prices) = (Rc::clone(&rings), Rc::clone(&prices));
            self.open.push(
                bound,
                node.depth + 1,
                Part { rings, used: node.part.used.clone(), decision, prices },
            );
        }
    }

    /// Takes the cuts that a node violates. Whether there are new ones.
    fn cut(&mut self, priced: &Priced) -> bool {
        let shares: Vec<(Ix, f64)> =
            priced.rings.iter().copied().zip(priced.auction.share.iter().copied()).collect();
        let before = self.cuts.len();
        for cut in violated(self.pool, &shares, &priced.room) {
            if self.cuts.len() < MOST_CUTS && !self.cuts.contains(&cut) {
                self.cuts.push(cut);
            }
        }
        self.cuts.len() > before
    }

    /// Totals of schedules are whole points.
    fn whole(&self, total: i64) -> i64 {
        total.div_euclid(self.network.scale) * self.network.scale
    }
}

/// The rings of a node at prices.
struct Priced {
    /// Of rows, then of cuts.
    room: Vec<i64>,
    rings: Vec<Ix>,
    auction: Auction,
    /// At these no ring gains.
    prices: Vec<i64>,
    total: i64,
}

impl Priced {
    /// Rings at prices to begin with, of rows and of the first cuts; their shares where they are known.
    fn new(of: &Branches<'_>, room: &[i64], rings: Vec<Ix>, prices: &[i64], shares: &[f64]) -> Self {
        let mut room = room.to_vec();
        let rows = room.len();
        let cuts: Vec<i64> = of.cuts.iter().map(|cut| room_of(cut, &room)).collect();
        room.extend(cuts);
        let mut prices = prices.to_vec();
        prices.resize(room.len(), 0);
        let mut auction = Auction::new(&room, &prices, REACH.0 * float(of.network.scale));
        let mut uses = Vec::new();
        for (n, ring) in rings.iter().enumerate() {
            uses.clear();
            uses.extend_from_slice(of.pool.rows(ring.at()));
            for (c, cut) in of.cuts.iter().enumerate() {
                if counts(cut, of.pool.rows(ring.at())) {
                    uses.push(Ix::new(rows + c));
                }
            }
            auction.add(&uses, of.pool.value[ring.at()], shares.get(n).copied().unwrap_or(0.0));
        }
        Self { room, rings, auction, prices, total: i64::MAX / 4 }
    }

    /// What a ring gains at prices, cuts included.
    fn gain(&self, of: &Branches<'_>, n: usize, prices: &[i64]) -> i64 {
        let rows = self.auction.rows(n);
        of.pool.value[self.rings[n].at()] - rows.iter().map(|row| prices[row.at()]).sum::<i64>()
    }

    /// Raises prices so that no ring gains; the total then.
    fn total(&self, of: &Branches<'_>, prices: &mut [i64]) -> i64 {
        let who = of.network.people + of.network.locks;
        let mut raise = vec![0_i64; who];
        for (n, ring) in self.rings.iter().enumerate() {
            let gain = self.gain(of, n, prices);
            if gain > 0 {
                let length = of.pool.length(ring.at());
                for trip in of.pool.trips(ring.at()) {
                    let raise = &mut raise[of.network.trips[trip.at()].who.at()];
                    *raise = (*raise).max((gain + length - 1) / length);
                }
            }
        }
        for (price, raise) in prices.iter_mut().zip(raise) {
            *price += raise;
        }
        self.room.iter().zip(prices.iter()).map(|(room, price)| room * price).sum()
    }

    /// Prices the rings until that is done, or nothing better can be among them; offers what comes by.
    fn settle(&mut self, of: &mut Branches<'_>, base: i64, used: &[Ix], watch: &mut Watch<'_>) {
        let mut start = self.prices.clone();
        self.total = self.total(of, &mut start);
        self.prices = start;
        let scale = float(of.network.scale);
        let mut spent = 0;
        for step in 0..STEPS {
            if of.whole(base + self.total) <= of.cutoff || watch.stopped.is_some() {
                return;
            }
            self.auction.step(SWEEPS);
            let prices = self.auction.prices();
            let model: i64 = self.room.iter().zip(&prices).map(|(room, price)| room * price).sum();
            let mut raised = prices.clone();
            let total = self.total(of, &mut raised);
            let expected = self.total - model;
            let won = self.total - total;
            if won > 0 {
                (self.total, self.prices) = (total, raised);
                self.auction.look_about(&prices);
                if won * 4 > expected {
                    self.auction.reach = (self.auction.reach * 2.0).min(REACH.1 * scale);
                }
            }
            watch.spend((self.auction.work - spent) / 64 + int(self.rings.len()) / 8 + 1);
            spent = self.auction.work;
            let is_priced = float(self.total - model) < AS_GOOD_AS_PRICED * scale;
            if step == 0 || is_priced || step + 1 == STEPS {
                self.round(of, base, used);
            }
            if is_priced {
                return;
            }
        }
    }

    /// Takes rings by their shares as long as they fit.
    fn round(&self, of: &mut Branches<'_>, base: i64, used: &[Ix]) {
        let shares = self.rings.iter().copied().zip(self.auction.share.iter().copied());
        let taken = by_share(of.network, of.pool, shares, &self.prices, &self.room, used);
        let total = base + of.pool.total(&taken[used.len()..]);
        of.offer(taken, total);
    }

    /// Leaves out the rings that no better schedule uses.
    fn leave_out(&mut self, of: &Branches<'_>, base: i64) {
        let most = base + self.total;
        let may_be_used = |n: usize| of.whole(most + self.gain(of, n, &self.prices)) > of.cutoff;
        let keep: Vec<bool> = (0..self.rings.len()).map(may_be_used).collect();
        let shares = self.auction.share.iter().zip(&keep).filter(|(_, keep)| **keep);
        self.auction.share = shares.map(|(share, _)| *share).collect();
        let rings = self.rings.iter().zip(&keep).filter(|(_, keep)| **keep);
        self.rings = rings.map(|(ring, _)| *ring).collect();
    }

    /// How to split what is left; none if nothing is.
    fn split(&self, of: &Branches<'_>) -> Option<[Decision; 2]> {
        let mut of_trip: HashMap<Ix, f64> = HashMap::new();
        let mut of_who: HashMap<Ix, f64> = HashMap::new();
        for (ring, share) in self.rings.iter().zip(&self.auction.share).filter(|(_, share)| **share > SOME) {
            for trip in of.pool.trips(ring.at()) {
                *of_trip.entry(*trip).or_default() += share;
                *of_who.entry(of.network.trips[trip.at()].who).or_default() += share;
            }
        }
        let open = |share: f64| share.min(1.0 - share);
        let torn = of_trip.iter().filter_map(|(trip, share)| {
            let others = of_who.get(&of.network.trips[trip.at()].who)? - share;
            (others > SOME).then_some((open(*share).min(others), *trip))
        });
        let most_open = |a: &(f64, Ix), b: &(f64, Ix)| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1));
        if let Some((_, trip)) = torn.max_by(most_open) {
            return Some([Decision::Without(trip), Decision::Only(trip)]);
        }
        // The most open ring, or where none is, the one with the largest share.
        let rings = self.rings.iter().zip(&self.auction.share);
        let ring = rings.map(|(ring, share)| (open(*share).max(share * 1e-3), *ring)).max_by(most_open)?.1;
        Some([Decision::NotUse(ring), Decision::Use(ring)])
    }
}

/// Takes rings by their shares, then by what they gain, as long as there is room; beside those used already.
pub(super) fn by_share(
    network: &Network,
    pool: &Pool,
    shares: impl Iterator<Item = (Ix, f64)>,
    prices: &[i64],
    room: &[i64],
    used: &[Ix],
) -> Vec<Ix> {
    /// Shares that differ by less are equal.
    const FINENESS: f64 = 1e6;
    let of_ring =
        |(ring, share): (Ix, f64)| (-nearest(share * FINENESS), -pool.gain(ring.at(), prices), ring);
    let mut order: Vec<(i64, i64, Ix)> = shares.map(of_ring).collect();
    order.sort_unstable();
    let (mut room, mut taken) = (room.to_vec(), used.to_vec());
    for (_, _, ring) in order {
        let rows = pool.rows(ring.at());
        if rows.iter().any(|row| room[row.at()] < 1) {
            continue;
        }
        taken.push(ring);
        if pool.is_open(network, ring.at()) && !pool.closing_chains(network, &taken).is_empty() {
            taken.pop();
            continue;
        }
        for row in rows {
            room[row.at()] -= 1;
        }
    }
    taken
}

//! One date's graph of libraries: which rings of at most so many libraries gain at given prices.
//!
//! Problem: find rings that gain, and prove that no other gains more.
//! Method: from each library, over libraries of higher numbers only, the best closed walk of at most k trips by
//! dynamic programming. A closed walk that comes to a library twice falls into shorter ones, so that no ring gains if
//! no walk does: the proof needs no enumeration. Rings themselves are found by depth-first search that follows only
//! ways which may still come back with enough. Chains (from one library without balance to another) have no limit;
//! the search for them gives up after so many steps, and says so.
//! Complexity: for the walks from a library, the arcs that lie on walks of k − 1 trips from it; the search is as long as
//! what it finds, but for ways that come to a library twice.

use std::cmp::Reverse;
use std::ops::Range;

use super::super::num::Ix;
use super::super::watch::Halt;
use super::network::Network;

/// Nothing leads there. Far from overflow, however many are added.
const NOWHERE: i64 = i64::MIN / 4;
/// Steps of a search for chains at most.
const CHAIN_STEPS: i64 = 300_000;

/// Where one can go from a library, and by whom.
#[derive(Debug, Clone)]
struct Arc {
    to: usize,
    trips: Range<usize>,
}

/// The graph of a date.
#[derive(Debug)]
pub(super) struct Streets {
    /// Arcs of each library, by the number that it has here.
    arcs: Vec<Vec<Arc>>,
    /// From where one can come to each library, and by which arc.
    into: Vec<Vec<(usize, usize)>>,
    is_lifted: Vec<bool>,
    trips: Range<usize>,
}

/// What a look at a date has found.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Rings and chains that gain more than asked, as trips.
    pub(super) rings: Vec<Vec<Ix>>,
    /// By how much the price of people and locks has to rise so that nothing on this date gains any more.
    pub(super) raise: Vec<(Ix, i64)>,
    /// Whether nothing was passed over.
    pub(super) is_complete: bool,
    pub(super) work: i64,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// What a ring has to gain more than.
    pub(super) above: i64,
    /// Whether of those who could make the same trip only the best one matters.
    pub(super) best_only: bool,
    /// Rings from one library at most; the best ones.
    pub(super) most: usize,
    /// Rings at most, before the search gives up.
    pub(super) in_all: usize,
}

/// An arc at prices: who could go, the best one first, all others by what they gain or in any order.
type Going = Vec<(i64, Ix)>;

impl Streets {
    pub(super) fn new(network: &Network, date: usize) -> Self {
        let trips = network.on(date);
        let mut libraries: Vec<Ix> =
            network.trips[trips.clone()].iter().flat_map(|trip| [trip.home, trip.host]).collect();
        libraries.sort_unstable();
        libraries.dedup();
        let number = |library: Ix| libraries.partition_point(|other| *other < library);
        let mut arcs: Vec<Vec<Arc>> = vec![Vec::new(); libraries.len()];
        let mut n = trips.start;
        while n < trips.end {
            let trip = network.trips[n];
            let same = network.trips[n..trips.end]
                .iter()
                .take_while(|other| (other.home, other.host) == (trip.home, trip.host));
            let end = n + same.count();
            arcs[number(trip.home)].push(Arc { to: number(trip.host), trips: n..end });
            n = end;
        }
        let date = Ix::new(date);
        let is_lifted = libraries.iter().map(|library| network.is_lifted(*library, date)).collect();
        let mut into = vec![Vec::new(); arcs.len()];
        for (from, arcs) in arcs.iter().enumerate() {
            for (a, arc) in arcs.iter().enumerate() {
                into[arc.to].push((from, a));
            }
        }
        Self { arcs, into, is_lifted, trips }
    }

    /// What gains at prices.
    pub(super) fn look(&self, network: &Network, prices: &[i64], wanted: Wanted, halt: &Halt) -> Look {
        let going: Vec<Vec<Going>> = self
            .arcs
            .iter()
            .map(|arcs| {
                let at_prices = |arc: &Arc| {
                    let mut going: Going =
                        arc.trips.clone().map(|trip| (network.gain(trip, prices), Ix::new(trip))).collect();
                    let order = |(gain, trip): &(i64, Ix)| (Reverse(*gain), *trip);
                    if !wanted.best_only {
                        going.sort_unstable_by_key(order);
                    } else if let Some(best) = (0..going.len()).min_by_key(|n| order(&going[*n])) {
                        going.swap(0, best);
                    }
                    going
                };
                arcs.iter().map(at_prices).collect()
            })
            .collect();
        let mut search = Search {
            streets: self,
            going: &going,
            through: vec![0; self.trips.len()],
            look: Look { is_complete: true, ..Look::default() },
            on_way: vec![false; self.arcs.len()],
            way: Vec::new(),
            found: Vec::new(),
            wanted,
            above: wanted.above,
            budget: i64::MAX,
            halt,
        };
        for start in 0..self.arcs.len() {
            search.rings_from(start, network.most);
        }
        if self.is_lifted.contains(&true) {
            search.chains();
        }
        let mut look = search.look;
        for (trip, through) in self.trips.clone().zip(search.through) {
            if through > 0 {
                look.raise.push((network.trips[trip].who, through));
            }
        }
        look
    }
}

struct Search<'a> {
    streets: &'a Streets,
    going: &'a [Vec<Going>],
    /// By trip of the date: what its person's price has to rise by.
    through: Vec<i64>,
    look: Look,
    on_way: Vec<bool>,
    way: Vec<Ix>,
    /// Rings from the present library.
    found: Vec<(i64, Vec<Ix>)>,
    wanted: Wanted,
    above: i64,
    budget: i64,
    halt: &'a Halt,
}

/// How many steps of a search may pass before it looks whether the run is to end.
const STEPS_TO_LOOK: i64 = 4096;

impl Search<'_> {
    fn best(&self, from: usize, arc: usize) -> i64 {
        self.going[from][arc].first().map_or(NOWHERE, |(gain, _)| *gain)
    }

    /// The best walk with exactly j trips, j below `most`, from `start` to each library, over libraries above `start`.
    fn forth(&mut self, start: usize, most: usize) -> Vec<Vec<i64>> {
        let n = self.streets.arcs.len();
        let mut levels = vec![vec![NOWHERE; n]];
        levels[0][start] = 0;
        for j in 0..most - 1 {
            let mut next = vec![NOWHERE; n];
            let from_here = if j == 0 { start..start + 1 } else { start + 1..n };
            for from in from_here.filter(|from| levels[j][*from] > NOWHERE / 2) {
                for (a, arc) in self.streets.arcs[from].iter().enumerate().filter(|(_, arc)| arc.to > start) {
                    next[arc.to] = next[arc.to].max(levels[j][from] + self.best(from, a));
                }
                self.look.work += 1;
            }
            levels.push(next);
        }
        levels
    }

    /// The best walk of at most j trips, j below `most`, from each library to one that `is_end`, over those that are
    /// `is_inner`.
    fn back(
        &mut self,
        most: usize,
        is_end: impl Fn(usize) -> bool,
        is_inner: impl Fn(usize) -> bool,
    ) -> Vec<Vec<i64>> {
        let n = self.streets.arcs.len();
        let mut levels: Vec<Vec<i64>> = vec![(0..n).map(|v| if is_end(v) { 0 } else { NOWHERE }).collect()];
        for j in 1..most {
            let mut next = levels[j - 1].clone();
            for to in (0..n).filter(|to| levels[j - 1][*to] > NOWHERE / 2) {
                for (from, a) in self.streets.into[to].iter().filter(|(from, _)| is_inner(*from)) {
                    next[*from] = next[*from].max(self.best(*from, *a) + levels[j - 1][to]);
                }
                self.look.work += 1;
            }
            levels.push(next);
        }
        levels
    }

    fn rings_from(&mut self, start: usize, most: usize) {
        let most = most.min(self.streets.arcs.len() - start);
        if self.streets.arcs[start].is_empty() || most < 2 {
            return;
        }
        if self.halt.is_set() {
            self.give_up();
            return;
        }
        let forth = self.forth(start, most);
        let home = self.streets.into[start].iter().filter(|(from, _)| *from > start);
        let closed = home.flat_map(|(from, a)| {
            let last = self.best(*from, *a);
            forth.iter().map(move |level| level[*from] + last)
        });
        let best = closed.max().unwrap_or(NOWHERE);
        if best <= self.wanted.above.min(0) || self.wanted.above == i64::MAX {
            return;
        }
        let back = self.back(most, |v| v == start, |v| v > start);
        if best > 0 {
            self.pass_through(start, most, &forth, &back);
        }
        self.above = self.wanted.above;
        self.on_way[start] = true;
        self.walk(start, start, most, 0, &back);
        self.on_way[start] = false;
        self.take_found();
    }

    fn take_found(&mut self) {
        let found = std::mem::take(&mut self.found);
        self.look.rings.extend(found.into_iter().map(|(_, ring)| ring));
        if self.look.rings.len() > self.wanted.in_all {
            self.give_up();
        }
    }

    /// Ends the search: what is found is not all.
    fn give_up(&mut self) {
        self.look.is_complete = false;
        self.wanted.above = i64::MAX;
        self.above = i64::MAX;
    }

    /// Notes for each trip what the best closed walk over it gains: two or more people share in raising their prices.
    fn pass_through(&mut self, start: usize, most: usize, forth: &[Vec<i64>], back: &[Vec<i64>]) {
        let streets = self.streets;
        for (from, arcs) in streets.arcs.iter().enumerate().skip(start) {
            for (a, arc) in arcs.iter().enumerate().filter(|(_, arc)| arc.to >= start) {
                let walks = (0..most).map(|j| forth[j][from] + back[most - 1 - j][arc.to]);
                let rest = walks.max().unwrap_or(NOWHERE);
                self.raise(from, a, rest, 2);
            }
        }
    }

    /// Raises what is needed for the trips of an arc, where the rest of the way gains so much and so many share.
    fn raise(&mut self, from: usize, arc: usize, rest: i64, share: i64) {
        for (gain, trip) in &self.going[from][arc] {
            let whole = rest + gain;
            if whole > 0 {
                let through = &mut self.through[trip.at() - self.streets.trips.start];
                *through = (*through).max((whole + share - 1) / share);
            }
        }
    }

    /// Follows every way from `at` that may still come back to the start with more than asked.
    fn walk(&mut self, start: usize, at: usize, left: usize, gain: i64, back: &[Vec<i64>]) {
        self.look.work += 1;
        if self.look.work % STEPS_TO_LOOK == 0 && self.halt.is_set() {
            self.give_up();
            return;
        }
        for (a, arc) in self.streets.arcs[at].iter().enumerate() {
            let rest = if arc.to == start {
                0
            } else if arc.to > start && left > 1 && !self.on_way[arc.to] {
                back[left - 1][arc.to]
            } else {
                continue;
            };
            let going = &self.going[at][a];
            let many = if self.wanted.best_only { 1 } else { going.len() };
            for (own, trip) in &going[..many.min(going.len())] {
                if gain + own + rest <= self.above {
                    break;
                }
                self.way.push(*trip);
                if arc.to == start {
                    self.keep(gain + own);
                } else {
                    self.on_way[arc.to] = true;
                    self.walk(start, arc.to, left - 1, gain + own, back);
                    self.on_way[arc.to] = false;
                }
                self.way.pop();
            }
        }
    }

    /// Keeps the present way, and of too many the best.
    fn keep(&mut self, gain: i64) {
        if self.found.len() == self.wanted.most {
            let worst = self.found.iter().enumerate().min_by_key(|(_, (gain, _))| *gain).map(|(n, _)| n);
            if let Some(worst) = worst {
                self.found.swap_remove(worst);
            }
        }
        self.found.push((gain, self.way.clone()));
        if self.found.len() > self.wanted.in_all {
            self.give_up();
            return;
        }
        if self.found.len() == self.wanted.most {
            self.above = self.found.iter().map(|(gain, _)| *gain).min().unwrap_or(self.above);
        }
    }

    /// Chains from each library without balance to another.
    fn chains(&mut self) {
        let n = self.streets.arcs.len();
        let lifted = self.streets.is_lifted.clone();
        let back = self.back(n, |v| lifted[v], |v| !lifted[v]);
        for start in (0..n).filter(|start| lifted[*start]) {
            self.above = self.wanted.above;
            self.budget = CHAIN_STEPS;
            self.on_way[start] = true;
            self.chain(start, n - 1, 0, &back, &mut Vec::new());
            self.on_way[start] = false;
            self.look.is_complete = self.look.is_complete && self.budget > 0;
            self.take_found();
        }
    }

    fn chain(
        &mut self,
        at: usize,
        left: usize,
        gain: i64,
        back: &[Vec<i64>],
        arcs: &mut Vec<(usize, usize)>,
    ) {
        self.budget -= 1;
        self.look.work += 1;
        for (a, arc) in self.streets.arcs[at].iter().enumerate() {
            let is_end = self.streets.is_lifted[arc.to];
            if self.on_way[arc.to] || left == 0 || self.budget <= 0 {
                continue;
            }
            let rest = if is_end { 0 } else { back[left - 1][arc.to] };
            let going = &self.going[at][a];
            let many = if self.wanted.best_only { 1 } else { going.len() };
            // What gains at all counts for the prices, whether it is kept or not.
            for (own, trip) in &going[..many.min(going.len())] {
                if gain + own + rest <= self.wanted.above.min(0) || self.above == i64::MAX {
                    break;
                }
                self.way.push(*trip);
                arcs.push((at, a));
                let gain = gain + own;
                if is_end {
                    for (from, arc) in arcs.iter().copied() {
                        self.raise(from, arc, gain - self.best(from, arc), 1);
                    }
                    if gain > self.above {
                        self.keep(gain);
                    }
                } else {
                    self.on_way[arc.to] = true;
                    self.chain(arc.to, left - 1, gain, back, arcs);
                    self.on_way[arc.to] = false;
                }
                arcs.pop();
                self.way.pop();
            }
        }
    }
}

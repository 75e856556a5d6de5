//! Ways through a date's residual graph: what may change, at what cost, and sending a unit along it.

use std::cmp::Reverse;

use super::hosts::IN_VAIN;
use super::{ARRIVE, Day, LEAVE, Slot, TIE, Way};
use crate::matching::num::{Ix, int};

/// A step of a way through the residual graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::matching) enum Step {
    /// The way begins here.
    Start,
    /// One more on an edge.
    More(Ix),
    /// One less on an edge.
    Less(Ix),
    /// A person (slot) goes (pair).
    Go(Ix, Ix),
    /// A visitor goes elsewhere.
    Move(Ix, Ix),
    /// A visitor stays at home.
    Return(Ix),
}

impl Day {
    /// The shortest way from where the search starts to a node, if it is shorter than `bound`.
    pub(super) fn find_way_to(&mut self, to: usize, bound: i64) -> Way {
        self.search.aim(to, true);
        let way = self.find_way(bound);
        self.search.aim(to, false);
        way
    }

    /// The shortest way from where the search starts to any aim, if it is shorter than `bound`. What is still violated
    /// is left out: it has its own turn.
    pub(super) fn find_way(&mut self, bound: i64) -> Way {
        self.search.bound = bound;
        let hub = 3 * self.libraries;
        while let Some((distance, node)) = self.search.pop() {
            if node == hub {
                self.relax_hub(distance);
                continue;
            }
            let library = node / 3;
            match node % 3 {
                0 => {
                    self.relax_more(distance, 3 * library + ARRIVE);
                    self.relax_visitors(distance, library);
                }
                1 => {
                    self.relax_less(distance, 3 * library + ARRIVE);
                    self.relax_more(distance, 3 * library + LEAVE);
                    self.relax_more(distance, 3 * library + TIE);
                }
                _ => {
                    self.relax_less(distance, 3 * library + LEAVE);
                    self.relax_staff(distance, library);
                }
            }
        }
        self.work += int(self.search.settled.len());
        Way { reach: self.search.bound, found: self.search.found() }
    }

    fn relax_more(&mut self, distance: i64, edge: usize) {
        let length = self.reduced(edge);
        if self.edges[edge].flow < self.edges[edge].high
            && length >= 0
            && self.search.without != Some(Ix::new(edge))
        {
            let end = self.ends(edge).1;
            self.search.reach(end, distance + length, Step::More(Ix::new(edge)));
        }
    }

    fn relax_less(&mut self, distance: i64, edge: usize) {
        let length = -self.reduced(edge);
        if self.edges[edge].flow > self.edges[edge].low
            && length >= 0
            && self.search.without != Some(Ix::new(edge))
        {
            let begin = self.ends(edge).0;
            self.search.reach(begin, distance + length, Step::Less(Ix::new(edge)));
        }
    }

    /// Libraries that are tied to the hub, the nearest first, as long as they may count.
    fn relax_hub(&mut self, distance: i64) {
        let from_hub = distance + self.potential[3 * self.libraries];
        let mut in_vain = 0;
        for n in 0..self.tied.len() {
            let (library, key) = self.tied[n];
            let least = from_hub - self.search.bound;
            if key <= least {
                break;
            }
            if self.potential[3 * library.at() + 1] > least {
                self.relax_less(distance, 3 * library.at() + TIE);
            } else {
                in_vain += 1;
            }
        }
        if in_vain > IN_VAIN {
            for (library, key) in &mut self.tied {
                *key = self.potential[3 * library.at() + 1];
            }
            self.tied.sort_unstable_by_key(|(library, key)| (Reverse(*key), *library));
        }
    }

    /// Visitors of a library may stay at home or go elsewhere.
    fn relax_visitors(&mut self, distance: i64, library: usize) {
        let mut visitor = self.first_visitor[library];
        while let Some(slot) = visitor {
            let slot = slot.at();
            visitor = self.slots[slot].next;
            let worth = self.worth(slot);
            let home = self.home_node(slot);
            let length = worth - self.slots[slot].price - self.potential[home];
            if length >= 0 {
                self.search.reach(home, distance + length, Step::Return(Ix::new(slot)));
            }
            self.relax_hosts(slot, distance + worth, Step::Move);
        }
    }

    /// Staff of a library who are at home may go.
    fn relax_staff(&mut self, distance: i64, library: usize) {
        let from_home = distance + self.potential[3 * library + 2];
        for slot in self.first_of[library].at()..self.first_of[library + 1].at() {
            let of = &self.slots[slot];
            // Whoever may not go is needed where there may be no circulation without them.
            if of.goes.is_none() && !of.pending && (!of.closed || self.needs_some) {
                self.relax_hosts(slot, from_home + of.price, Step::Go);
            }
        }
    }

    /// The hosts of a person, who pays `so_far` less the host's worth; the worthiest first, as long as they may count.
    fn relax_hosts(&mut self, slot: usize, so_far: i64, step: impl Fn(Ix, Ix) -> Step) {
        let mut is_fresh = false;
        loop {
            let least = so_far - self.search.bound;
            let Slot { from, to, sorted, rest, .. } = self.slots[slot];
            let end = from.at() + usize::try_from(sorted).unwrap_or(0);
            let (mut in_vain, mut is_done) = (0, end == to.at());
            for n in from.at()..end {
                let arc = self.arcs[n];
                if arc.key <= least {
                    is_done = true;
                    break;
                }
                let node = 3 * arc.host.at();
                let worth = arc.value + self.potential[node];
                if worth > least {
                    self.search.reach(node, so_far - worth, step(Ix::new(slot), arc.pair));
                } else {
                    in_vain += 1;
                }
            }
            if is_fresh || ((is_done || rest <= least) && in_vain <= IN_VAIN) {
                if !is_done && rest > least {
                    for n in end..to.at() {
                        let arc = self.arcs[n];
                        let worth = arc.value + self.potential[3 * arc.host.at()];
                        if worth > least {
                            self.search.reach(
                                3 * arc.host.at(),
                                so_far - worth,
                                step(Ix::new(slot), arc.pair),
                            );
                        }
                    }
                }
                return;
            }
            self.sort(slot);
            is_fresh = true;
        }
    }

    /// Sends one unit along the way that the last search found to a node.
    pub(super) fn send(&mut self, to: usize) {
        let mut at = to;
        loop {
            match self.search.step(at) {
                Step::Start => return,
                Step::More(edge) => {
                    self.edges[edge.at()].flow += 1;
                    at = self.ends(edge.at()).0;
                }
                Step::Less(edge) => {
                    self.edges[edge.at()].flow -= 1;
                    at = self.ends(edge.at()).1;
                }
                Step::Go(slot, pair) => {
                    self.place(slot.at(), pair, at / 3);
                    at = self.home_node(slot.at());
                }
                Step::Move(slot, pair) => {
                    let from = 3 * self.slots[slot.at()].host.at();
                    self.take_back(slot.at());
                    self.place(slot.at(), pair, at / 3);
                    at = from;
                }
                Step::Return(slot) => {
                    let from = 3 * self.slots[slot.at()].host.at();
                    self.take_back(slot.at());
                    at = from;
                }
            }
        }
    }

    pub(super) fn place(&mut self, slot: usize, pair: Ix, host: usize) {
        let range = self.slots[slot].from.at()..self.slots[slot].to.at();
        let value = self.arcs[range].iter().find(|arc| arc.pair == pair).map_or(0, |arc| arc.value);
        let of = &mut self.slots[slot];
        (of.goes, of.host, of.value) = (Some(pair), Ix::new(host), value);
        of.next = self.first_visitor[host].replace(Ix::new(slot));
    }

    pub(super) fn take_back(&mut self, slot: usize) {
        let (host, next) = (self.slots[slot].host.at(), self.slots[slot].next);
        self.slots[slot].goes = None;
        if self.first_visitor[host] == Some(Ix::new(slot)) {
            self.first_visitor[host] = next;
            return;
        }
        let mut at = self.first_visitor[host];
        while let Some(visitor) = at {
            at = self.slots[visitor.at()].next;
            if at == Some(Ix::new(slot)) {
                self.slots[visitor.at()].next = next;
                return;
            }
        }
    }

    /// What a person's going by an arc adds to the least cost, or `bound` if that is no less.
    pub(in crate::matching) fn loss_with(&mut self, slot: usize, arc: usize, bound: i64) -> i64 {
        let arc = self.arcs[arc];
        let node = 3 * arc.host.at();
        let worth = arc.value + self.potential[node];
        let (own, to) = if self.slots[slot].goes.is_some() {
            (self.worth(slot) - worth, 3 * self.slots[slot].host.at())
        } else {
            let home = self.home_node(slot);
            (self.slots[slot].price + self.potential[home] - worth, home)
        };
        if own >= bound {
            return bound;
        }
        self.search.begin();
        self.search.reach(node, 0, Step::Start);
        own + self.find_way_to(to, bound - own).reach
    }

    /// What a person's staying at home adds to the least cost, or `bound` if that is no less.
    pub(in crate::matching) fn loss_without(&mut self, slot: usize, bound: i64) -> i64 {
        let home = self.home_node(slot);
        let own = self.worth(slot) - self.slots[slot].price - self.potential[home];
        if own >= bound {
            return bound;
        }
        let host = 3 * self.slots[slot].host.at();
        self.search.begin();
        self.search.reach(home, 0, Step::Start);
        own + self.find_way_to(host, bound - own).reach
    }
}

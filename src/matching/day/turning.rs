//! The optimum again after prices have changed: people are turned, and what that leaves over is sent to where it lacks.

use super::{Arc, Day, Slot, Step};
use crate::matching::num::Ix;

/// Who is turned at once at most before the first optimum, when prices are far off: nearly all would want the same hosts.
const COLD: usize = 128;

impl Day {
    /// Makes the circulation optimal for the prices that were set.
    pub(super) fn optimise(&mut self) {
        if self.halt.is_set() {
            // The run ends: what is left undone is never asked for.
            return;
        }
        for edge in std::mem::take(&mut self.changed_edges) {
            self.mend_edge(edge.at());
        }
        let changed = std::mem::take(&mut self.changed);
        let at_once = if std::mem::replace(&mut self.is_warm, true) { usize::MAX } else { COLD };
        for slot in changed {
            self.slots[slot.at()].pending = false;
            self.turn(slot.at());
            if self.loose.len() >= at_once {
                self.route();
            }
        }
        self.route();
    }

    /// Lets somebody go, or stay, where that is better at the present potentials; what is then too much or too little
    /// at a node is left for [`Day::route`].
    fn turn(&mut self, slot: usize) {
        self.work += 1;
        let home = self.home_node(slot);
        let Slot { goes, price, host, .. } = self.slots[slot];
        if goes.is_some() {
            let size = price + self.potential[home] - self.worth(slot);
            if size > 0 {
                let host = 3 * host.at();
                self.take_back(slot);
                self.unbalance(host, home, size);
            }
            return;
        }
        let Some(best) = self.best(slot) else { return };
        let size = self.arc_worth(best) - price - self.potential[home];
        if size > 0 {
            let Arc { host, pair, .. } = self.arcs[best];
            self.place(slot, pair, host.at());
            self.unbalance(home, 3 * host.at(), size);
        }
    }

    /// One unit less at a node, and one more at another.
    fn unbalance(&mut self, less: usize, more: usize, size: i64) {
        self.surplus[less] -= 1;
        self.search.aim(less, self.surplus[less] < 0);
        self.surplus[more] += 1;
        self.search.aim(more, self.surplus[more] < 0);
        self.loose.push((Ix::new(more), size));
    }

    /// Sends what is too much somewhere to where something is missing, the shortest way. There is one: to undo what
    /// has brought it (so whoever may not go is on ways where there may be no circulation without them).
    fn route(&mut self) {
        for (node, size) in std::mem::take(&mut self.loose) {
            let mut bound = size + 1;
            while self.surplus[node.at()] > 0 {
                if self.halt.is_set() {
                    self.fall_back();
                    return;
                }
                self.search.begin();
                self.search.reach(node.at(), 0, Step::Start);
                let way = self.find_way(bound);
                self.lower(way.reach);
                if let Some(to) = way.found {
                    self.surplus[node.at()] -= 1;
                    self.surplus[to] += 1;
                    self.search.aim(to, self.surplus[to] < 0);
                    self.send(to);
                }
                bound *= 2;
            }
        }
    }

    /// The base in place of what was not finished, because the run ends: a circulation, but not the best.
    fn fall_back(&mut self) {
        for edge in &mut self.edges {
            edge.flow = edge.base;
        }
        self.first_visitor.fill(None);
        for slot in 0..self.slots.len() {
            self.slots[slot].goes = None;
            if let Some(pair) = self.slots[slot].base {
                let host = self.arcs_of(slot).map(|n| self.arcs[n]).find(|arc| arc.pair == pair);
                host.into_iter().for_each(|arc| self.place(slot, pair, arc.host.at()));
            }
        }
    }
}

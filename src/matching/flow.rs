//! Minimum-cost circulation, exact, kept optimal while single costs change.
//!
//! Problem: a directed graph whose edges have a lowest and a highest flow and a cost; find a circulation of least
//! cost, again and again after a few costs have changed.
//! Method: an edge is *violated* when it has negative reduced cost and room left (in either direction). One Dijkstra
//! over reduced costs from its head, bounded by the size of the violation, either finds a cheaper way back to its
//! tail, along which flow is then sent round, or mends the violation by lowering potentials. Flow and potentials stay
//! optimal for all other edges, so that one pass over the changed edges suffices. A circulation that keeps the lowest
//! flows is found by the same search, all lengths being 0.
//! Complexity: one bounded Dijkstra, O(m log n), for each violation and each unit sent round.
//! Literature: Edmonds and Karp (1972) for potentials; Ahuja, Magnanti and Orlin, Network Flows (1993), sections 9.7
//! (successive shortest paths) and 9.11 (re-optimising after a change of cost).
//! Never uses floats: what is optimal here is optimal exactly.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::num::Ix;

/// More than any sum of capacities.
pub(super) const UNLIMITED: i64 = 1 << 50;

/// An edge with its present flow.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) from: Ix,
    pub(super) to: Ix,
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) cost: i64,
    pub(super) flow: i64,
}

/// Which way an edge is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Along,
    Against,
}

/// An edge walked one way.
#[derive(Debug, Clone, Copy)]
struct Arc {
    edge: Ix,
    way: Way,
}

/// A graph with an (after [`Network::optimise`]) optimal circulation and the potentials that prove it.
#[derive(Debug, Clone)]
pub(super) struct Network {
    edges: Vec<Edge>,
    /// Where the arcs that leave each node begin in `arcs`; one more at the end.
    first: Vec<usize>,
    arcs: Vec<Arc>,
    potential: Vec<i64>,
    changed: Vec<Ix>,
    is_changed: Vec<bool>,
    search: Search,
}

/// Labels of one Dijkstra; valid where `round` is the present one.
#[derive(Debug, Clone, Default)]
struct Search {
    round: u32,
    seen: Vec<u32>,
    distance: Vec<i64>,
    parent: Vec<Option<Arc>>,
    settled: Vec<Ix>,
    heap: BinaryHeap<Reverse<(i64, Ix)>>,
}

impl Network {
    /// A graph of so many nodes, with no flow.
    pub(super) fn new(nodes: usize, edges: Vec<Edge>) -> Self {
        let mut first = vec![0; nodes + 1];
        for edge in &edges {
            first[edge.from.at() + 1] += 1;
            first[edge.to.at() + 1] += 1;
        }
        for n in 0..nodes {
            first[n + 1] += first[n];
        }
        let mut next = first.clone();
        let mut arcs = vec![Arc { edge: Ix::default(), way: Way::Along }; 2 * edges.len()];
        for (n, edge) in edges.iter().enumerate() {
            for (node, way) in [(edge.from, Way::Along), (edge.to, Way::Against)] {
                arcs[next[node.at()]] = Arc { edge: Ix::new(n), way };
                next[node.at()] += 1;
            }
        }
        let search = Search {
            seen: vec![0; nodes],
            distance: vec![0; nodes],
            parent: vec![None; nodes],
            ..Search::default()
        };
        let (potential, is_changed) = (vec![0; nodes], vec![true; edges.len()]);
        let changed = (0..edges.len()).map(Ix::new).collect();
        Self { edges, first, arcs, potential, changed, is_changed, search }
    }

    pub(super) fn edge(&self, edge: usize) -> &Edge {
        &self.edges[edge]
    }

    pub(super) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    pub(super) fn potential(&self, node: usize) -> i64 {
        self.potential[node]
    }

    /// A first guess that spares mending.
    pub(super) fn set_potential(&mut self, node: usize, potential: i64) {
        self.potential[node] = potential;
    }

    /// Cost of an edge less the difference of potentials: of the optimal sign for its flow.
    pub(super) fn reduced(&self, edge: usize) -> i64 {
        let edge = &self.edges[edge];
        edge.cost + self.potential[edge.from.at()] - self.potential[edge.to.at()]
    }

    /// Changes a cost; the flow is optimal again after [`Network::optimise`].
    pub(super) fn set_cost(&mut self, edge: usize, cost: i64) {
        if self.edges[edge].cost != cost {
            self.edges[edge].cost = cost;
            self.mark(edge);
        }
    }

    fn mark(&mut self, edge: usize) {
        if !self.is_changed[edge] {
            self.is_changed[edge] = true;
            self.changed.push(Ix::new(edge));
        }
    }

    fn ends(&self, arc: Arc) -> (usize, usize) {
        let edge = &self.edges[arc.edge.at()];
        match arc.way {
            Way::Along => (edge.from.at(), edge.to.at()),
            Way::Against => (edge.to.at(), edge.from.at()),
        }
    }

    fn room(&self, arc: Arc) -> i64 {
        let edge = &self.edges[arc.edge.at()];
        match arc.way {
            Way::Along => edge.high - edge.flow,
            Way::Against => edge.flow - edge.low,
        }
    }

    fn reduced_arc(&self, arc: Arc) -> i64 {
        match arc.way {
            Way::Along => self.reduced(arc.edge.at()),
            Way::Against => -self.reduced(arc.edge.at()),
        }
    }

    fn send(&mut self, arc: Arc, amount: i64) {
        match arc.way {
            Way::Along => self.edges[arc.edge.at()].flow += amount,
            Way::Against => self.edges[arc.edge.at()].flow -= amount,
        }
    }

    /// Finds a circulation that keeps every lowest and highest flow. Whether there is one (Hoffman's theorem).
    ///
    /// An edge that is out of its bounds is brought nearer to them, round by round, on ways that take no other edge
    /// further out; without such a way there is no circulation.
    pub(super) fn find_feasible(&mut self) -> bool {
        if self.edges.iter().any(|edge| edge.low > edge.high) {
            return false;
        }
        let costs: Vec<i64> = self.edges.iter_mut().map(|edge| std::mem::take(&mut edge.cost)).collect();
        let nodes = self.potential.len();
        let potentials = std::mem::replace(&mut self.potential, vec![0; nodes]);
        let found = (0..self.edges.len()).all(|edge| self.bring_into_bounds(Ix::new(edge)));
        for (edge, cost) in self.edges.iter_mut().zip(costs) {
            edge.cost = cost;
        }
        self.potential = potentials;
        for edge in 0..self.edges.len() {
            self.mark(edge);
        }
        found
    }

    /// Every arc has length 0 here, so that any way is found within a bound of 1.
    fn bring_into_bounds(&mut self, edge: Ix) -> bool {
        loop {
            let Edge { low, high, flow, .. } = self.edges[edge.at()];
            let way = if flow < low {
                Way::Along
            } else if flow > high {
                Way::Against
            } else {
                return true;
            };
            let arc = Arc { edge, way };
            let (tail, head) = self.ends(arc);
            if self.find_way(head, tail, 1) > 0 {
                return false;
            }
            self.send_round(arc, head, tail);
        }
    }

    /// Mends what the changes of cost have violated. Returns the nodes settled: the work done.
    pub(super) fn optimise(&mut self) -> i64 {
        let mut work = 0;
        for edge in std::mem::take(&mut self.changed) {
            self.is_changed[edge.at()] = false;
            work += 1 + self.mend(Arc { edge, way: Way::Along }) + self.mend(Arc { edge, way: Way::Against });
        }
        work
    }

    fn mend(&mut self, arc: Arc) -> i64 {
        let mut work = 0;
        while self.room(arc) > 0 && self.reduced_arc(arc) < 0 {
            let size = -self.reduced_arc(arc);
            let (tail, head) = self.ends(arc);
            let reach = self.find_way(head, tail, size);
            work += super::num::int(self.search.settled.len());
            for node in &self.search.settled {
                self.potential[node.at()] -= (reach - self.search.distance[node.at()]).max(0);
            }
            if reach < size {
                self.send_round(arc, head, tail);
            }
        }
        work
    }

    /// What one unit more on an edge adds to the least cost, or `bound` if that is no less.
    pub(super) fn loss_with(&mut self, edge: usize, bound: i64) -> i64 {
        self.loss(Arc { edge: Ix::new(edge), way: Way::Along }, bound)
    }

    /// What one unit less on an edge adds to the least cost, or `bound` if that is no less.
    pub(super) fn loss_without(&mut self, edge: usize, bound: i64) -> i64 {
        self.loss(Arc { edge: Ix::new(edge), way: Way::Against }, bound)
    }

    fn loss(&mut self, arc: Arc, bound: i64) -> i64 {
        let own = self.reduced_arc(arc);
        if own >= bound || self.room(arc) <= 0 {
            return bound;
        }
        let (tail, head) = self.ends(arc);
        own + self.find_way(head, tail, bound - own)
    }

    /// Sends as much as fits along `arc` and back on the way that was found.
    fn send_round(&mut self, arc: Arc, head: usize, tail: usize) {
        let mut way = vec![arc];
        let mut at = tail;
        while at != head {
            let Some(step) = self.search.parent[at] else { return };
            way.push(step);
            at = self.ends(step).0;
        }
        let amount = way.iter().map(|step| self.room(*step)).min().unwrap_or(0);
        for step in way {
            self.send(step, amount);
        }
    }

    /// Distance from one node to another, or `bound` if it is no shorter. Arcs that are still violated are left out:
    /// they have their own turn.
    fn find_way(&mut self, from: usize, to: usize, bound: i64) -> i64 {
        let mut search = std::mem::take(&mut self.search);
        search.round += 1;
        search.settled.clear();
        search.heap.clear();
        let round = search.round;
        (search.seen[from], search.distance[from], search.parent[from]) = (round, 0, None);
        search.heap.push(Reverse((0, Ix::new(from))));
        let mut reach = bound;
        while let Some(Reverse((distance, node))) = search.heap.pop() {
            if distance >= bound {
                break;
            }
            let at = node.at();
            if distance > search.distance[at] {
                continue;
            }
            search.settled.push(node);
            if at == to {
                reach = distance;
                break;
            }
            for &arc in &self.arcs[self.first[at]..self.first[at + 1]] {
                let length = self.reduced_arc(arc);
                if length < 0 || self.room(arc) <= 0 {
                    continue;
                }
                let (next, far) = (self.ends(arc).1, distance + length);
                if far < bound && (search.seen[next] != round || far < search.distance[next]) {
                    (search.seen[next], search.distance[next], search.parent[next]) = (round, far, Some(arc));
                    search.heap.push(Reverse((far, Ix::new(next))));
                }
            }
        }
        self.search = search;
        reach
    }

    /// Splits the difference to another circulation into simple cycles, each a list of edges with the amount (±1 for
    /// one unit) by which the flow is higher on them.
    pub(super) fn cycles_beyond(&self, base: &[i64]) -> Vec<Vec<(usize, i64)>> {
        let mut left: Vec<i64> = self.edges.iter().zip(base).map(|(edge, base)| edge.flow - base).collect();
        let mut next = self.first.clone();
        let mut cycles = Vec::new();
        let mut place: Vec<Option<usize>> = vec![None; self.potential.len()];
        for start in 0..self.potential.len() {
            let mut walk: Vec<Arc> = Vec::new();
            let mut at = start;
            place[start] = Some(0);
            while let Some(arc) = self.next_arc(at, &left, &mut next) {
                let unit = if arc.way == Way::Along { 1 } else { -1 };
                left[arc.edge.at()] -= unit;
                walk.push(arc);
                at = self.ends(arc).1;
                if let Some(from) = place[at] {
                    let cycle = walk.split_off(from);
                    for arc in &cycle {
                        place[self.ends(*arc).1] = None;
                    }
                    place[at] = Some(from);
                    let unit = |arc: &Arc| if arc.way == Way::Along { 1 } else { -1 };
                    cycles.push(cycle.iter().map(|arc| (arc.edge.at(), unit(arc))).collect());
                } else {
                    place[at] = Some(walk.len());
                }
            }
            place[start] = None;
        }
        cycles
    }

    fn next_arc(&self, at: usize, left: &[i64], next: &mut [usize]) -> Option<Arc> {
        while next[at] < self.first[at + 1] {
            let arc = self.arcs[next[at]];
            let amount = left[arc.edge.at()];
            if (arc.way == Way::Along && amount > 0) || (arc.way == Way::Against && amount < 0) {
                return Some(arc);
            }
            next[at] += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Row = (usize, usize, i64, i64, i64);

    fn network(nodes: usize, rows: &[Row]) -> Network {
        let edge = |&(from, to, low, high, cost): &Row| Edge {
            from: Ix::new(from),
            to: Ix::new(to),
            low,
            high,
            cost,
            flow: 0,
        };
        Network::new(nodes, rows.iter().map(edge).collect())
    }

    /// The least cost over every flow on every edge, tried one by one.
    fn by_trying(nodes: usize, rows: &[Row]) -> Option<i64> {
        fn go(rows: &[Row], balance: &mut Vec<i64>, cost: i64, best: &mut Option<i64>) {
            let Some((&(from, to, low, high, each), rest)) = rows.split_first() else {
                if balance.iter().all(|n| *n == 0) && best.is_none_or(|best| cost < best) {
                    *best = Some(cost);
                }
                return;
            };
            for flow in low..=high {
                balance[from] -= flow;
                balance[to] += flow;
                go(rest, balance, cost + each * flow, best);
                balance[from] += flow;
                balance[to] -= flow;
            }
        }
        let mut best = None;
        go(rows, &mut vec![0; nodes], 0, &mut best);
        best
    }

    fn cost(network: &Network) -> i64 {
        network.edges().iter().map(|edge| edge.cost * edge.flow).sum()
    }

    fn rows(nodes: usize) -> impl Strategy<Value = Vec<Row>> {
        let row = (0..nodes, 1..nodes, -1..=1_i64, 0..=2_i64, -9..=9_i64).prop_map(
            move |(from, step, low, more, cost)| (from, (from + step) % nodes, low, low + more, cost),
        );
        proptest::collection::vec(row, 1..8)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn circulations_equal_trying_every_flow_also_after_costs_change(
            rows in rows(5), costs in proptest::collection::vec(-9..=9_i64, 8)
        ) {
            let mut network = network(5, &rows);
            let tried = by_trying(5, &rows);
            prop_assert_eq!(network.find_feasible(), tried.is_some());
            if let Some(best) = tried {
                let base: Vec<i64> = network.edges().iter().map(|edge| edge.flow).collect();
                network.optimise();
                prop_assert_eq!(cost(&network), best);
                let mut changed = rows.clone();
                for (e, row) in changed.iter_mut().enumerate() {
                    row.4 = costs[e];
                    network.set_cost(e, costs[e]);
                }
                network.optimise();
                prop_assert_eq!(Some(cost(&network)), by_trying(5, &changed));
                let mut flow = base.clone();
                for cycle in network.cycles_beyond(&base) {
                    for (edge, unit) in cycle {
                        flow[edge] += unit;
                    }
                }
                let now: Vec<i64> = network.edges().iter().map(|edge| edge.flow).collect();
                prop_assert_eq!(flow, now);
            }
        }
    }
}

//! A circulation of least cost, nearly: by cost scaling, for networks on which one search for each unit takes too long.
//!
//! Problem: a network with capacities and costs, on which nothing at all may flow; the flow with the least cost, and the
//! potentials that prove it up to a given error on each arc.
//! Method: push and relabel. Each phase starts from potentials good to some error, sends as much as gains by them, and
//! brings what that leaves over to where something is lacking; the error becomes an eighth. Now and then all potentials are
//! set anew by the distances to what is lacking.
//! Complexity: O(n² m log(nC)) at worst; in practice a few dozen looks at each arc.
//! Literature: Goldberg and Tarjan (1990); Goldberg, An efficient implementation of a scaling minimum-cost flow
//! algorithm (1997), for the distances.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::num::Ix;
use super::watch::Halt;

/// How many times smaller the error is after a phase.
const FACTOR: i64 = 8;

/// One direction of an arc: what can still be sent on it.
#[derive(Debug, Clone, Copy)]
struct Half {
    to: Ix,
    /// The other direction.
    back: Ix,
    left: i64,
    cost: i64,
}

/// An arc with its ends, what it can take, and what a unit costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arc {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) most: i64,
    pub(super) cost: i64,
}

/// A network with a flow and potentials.
pub(super) struct Network {
    /// Where each node's halves begin; one more at the end.
    first: Vec<usize>,
    halves: Vec<Half>,
    potential: Vec<i64>,
    /// What has come to each node and not left it.
    excess: Vec<i64>,
    /// Where each node goes on looking.
    next: Vec<usize>,
    waiting: VecDeque<usize>,
    error: i64,
    relabelled: usize,
}

impl Network {
    /// A network on which nothing flows.
    pub(super) fn new(nodes: usize, arcs: &[Arc]) -> Self {
        let mut first = vec![0; nodes + 1];
        for arc in arcs {
            first[arc.from + 1] += 1;
            first[arc.to + 1] += 1;
        }
        for node in 0..nodes {
            first[node + 1] += first[node];
        }
        let nothing = Half { to: Ix::default(), back: Ix::default(), left: 0, cost: 0 };
        let mut halves = vec![nothing; 2 * arcs.len()];
        let mut free = first.clone();
        for arc in arcs {
            let (there, back) = (free[arc.from], free[arc.to]);
            free[arc.from] += 1;
            free[arc.to] += 1;
            halves[there] = Half { to: Ix::new(arc.to), back: Ix::new(back), left: arc.most, cost: arc.cost };
            halves[back] = Half { to: Ix::new(arc.from), back: Ix::new(there), left: 0, cost: -arc.cost };
        }
        Self {
            next: first[..nodes].to_vec(),
            first,
            halves,
            potential: vec![0; nodes],
            excess: vec![0; nodes],
            waiting: VecDeque::new(),
            error: 0,
            relabelled: 0,
        }
    }

    /// Of each node: no arc that can take more costs less than minus `error` with them. Stops early when the run is to end.
    pub(super) fn potentials(mut self, error: i64, halt: &Halt) -> Vec<i64> {
        let dearest = self.halves.iter().map(|half| half.cost.abs()).max().unwrap_or(0);
        self.error = error;
        while self.error * FACTOR < dearest {
            self.error *= FACTOR;
        }
        loop {
            self.refine(halt);
            if self.error <= error || halt.is_set() {
                return self.potential;
            }
            self.error /= FACTOR;
        }
    }

    /// What a unit costs with the potentials.
    fn reduced(&self, from: usize, half: &Half) -> i64 {
        half.cost + self.potential[from] - self.potential[half.to.at()]
    }

    fn push(&mut self, from: usize, at: usize, units: i64) {
        let Half { to, back, .. } = self.halves[at];
        self.halves[at].left -= units;
        self.halves[back.at()].left += units;
        self.excess[from] -= units;
        let to = to.at();
        let before = self.excess[to];
        self.excess[to] += units;
        if before <= 0 && self.excess[to] > 0 {
            self.waiting.push_back(to);
        }
    }

    /// One phase: the flow is a circulation again, and no arc that can take more gains more than the error.
    fn refine(&mut self, halt: &Halt) {
        for node in 0..self.potential.len() {
            self.next[node] = self.first[node];
            for at in self.first[node]..self.first[node + 1] {
                let half = self.halves[at];
                if half.left > 0 && self.reduced(node, &half) < 0 {
                    self.push(node, at, half.left);
                }
            }
        }
        // What lacked something again by later arcs.
        self.waiting = (0..self.excess.len()).filter(|node| self.excess[*node] > 0).collect();
        self.measure();
        while let Some(node) = self.waiting.pop_front() {
            self.discharge(node);
            if self.relabelled > self.potential.len() {
                if halt.is_set() {
                    return;
                }
                self.measure();
            }
        }
    }

    /// Sends on all that has come to a node.
    fn discharge(&mut self, node: usize) {
        let end = self.first[node + 1];
        while self.excess[node] > 0 {
            let at = self.next[node];
            if at == end {
                self.relabel(node);
                continue;
            }
            let half = self.halves[at];
            if half.left > 0 && self.reduced(node, &half) < 0 {
                self.push(node, at, half.left.min(self.excess[node]));
            } else {
                self.next[node] += 1;
            }
        }
    }

    /// Lowers a node's potential until an arc gains.
    fn relabel(&mut self, node: usize) {
        let halves = &self.halves[self.first[node]..self.first[node + 1]];
        let best = halves
            .iter()
            .filter(|half| half.left > 0)
            .map(|half| self.potential[half.to.at()] - half.cost)
            .max();
        // Something has come by one of them, which can take it back.
        self.potential[node] = best.unwrap_or(self.potential[node]) - self.error;
        self.next[node] = self.first[node];
        self.relabelled += 1;
    }

    /// Lowers potentials by how far each node is from one that lacks something.
    fn measure(&mut self) {
        self.relabelled = 0;
        let mut to_come = self.excess.iter().filter(|excess| **excess > 0).count();
        if to_come == 0 {
            return;
        }
        let mut distance = vec![i64::MAX; self.excess.len()];
        let mut heap = BinaryHeap::new();
        for (node, excess) in self.excess.iter().enumerate() {
            if *excess < 0 {
                distance[node] = 0;
                heap.push(Reverse((0, node)));
            }
        }
        let mut far = 0;
        let mut settled = Vec::new();
        while let Some(Reverse((so_far, node))) = heap.pop() {
            if so_far > distance[node] {
                continue;
            }
            far = so_far;
            settled.push(node);
            if self.excess[node] > 0 {
                to_come -= 1;
                if to_come == 0 {
                    break;
                }
            }
            for half in &self.halves[self.first[node]..self.first[node + 1]] {
                let back = &self.halves[half.back.at()];
                let from = half.to.at();
                if back.left > 0 && distance[from] > so_far {
                    let length = self.reduced(from, back).div_euclid(self.error) + 1;
                    if so_far + length < distance[from] {
                        distance[from] = so_far + length;
                        heap.push(Reverse((so_far + length, from)));
                    }
                }
            }
        }
        for (node, distance) in distance.iter().enumerate() {
            let down = (*distance).min(far);
            if down > 0 {
                self.potential[node] -= down * self.error;
                self.next[node] = self.first[node];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random choices for a network whose arcs gain or cost up to fifty.
    fn arcs(mut random: u64, nodes: usize) -> Vec<Arc> {
        let mut below = |n: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % n
        };
        let mut arcs = Vec::new();
        for _ in 0..4 * nodes {
            let mut node = || usize::try_from(below(nodes.try_into().expect("small"))).expect("small");
            let (from, to) = (node(), node());
            let (most, cost) =
                (i64::try_from(below(4)).expect("small"), i64::try_from(below(100)).expect("small") - 50);
            arcs.push(Arc { from, to, most, cost });
        }
        arcs
    }

    /// The cheapest circulation's cost: cycles that gain are filled until there is none.
    fn by_cancelling(nodes: usize, arcs: &[Arc]) -> i64 {
        let mut left: Vec<(usize, usize, i64, i64)> = Vec::new();
        for arc in arcs {
            left.push((arc.from, arc.to, arc.most, arc.cost));
            left.push((arc.to, arc.from, 0, -arc.cost));
        }
        let mut cost = 0;
        loop {
            let mut distance = vec![0; nodes];
            let mut by = vec![None; nodes];
            let mut last = None;
            for _ in 0..=nodes {
                last = None;
                for (n, (from, to, most, cost)) in left.iter().enumerate() {
                    if *most > 0 && distance[*from] + cost < distance[*to] {
                        distance[*to] = distance[*from] + cost;
                        by[*to] = Some(n);
                        last = Some(*to);
                    }
                }
            }
            let Some(mut node) = last else { return cost };
            for _ in 0..nodes {
                node = left[by[node].expect("on a cycle")].0;
            }
            let start = node;
            loop {
                let n = by[node].expect("on a cycle");
                left[n].2 -= 1;
                left[n ^ 1].2 += 1;
                cost += left[n].3;
                node = left[n].0;
                if node == start {
                    break;
                }
            }
        }
    }

    #[test]
    fn potentials_prove_the_least_cost() {
        let (mut flowing, nodes) = (0, 7);
        for random in 0..400 {
            // With costs so many times as large, an error of one on each arc is none in all.
            let many = 8;
            let arcs = arcs(random, nodes);
            let dear: Vec<Arc> = arcs.iter().map(|arc| Arc { cost: arc.cost * many, ..*arc }).collect();
            let potential = Network::new(nodes, &dear).potentials(1, &Halt::default());
            // What arcs gain at the potentials bounds what any circulation gains.
            let gain =
                |arc: &Arc| (potential[arc.to] - potential[arc.from] - arc.cost * many).max(0) * arc.most;
            let bound: i64 = arcs.iter().map(gain).sum();
            let least = by_cancelling(nodes, &arcs);
            let error: i64 = arcs.iter().map(|arc| arc.most).sum();
            assert!(bound >= -least * many && bound <= -least * many + error, "{random}: {bound}, {least}");
            flowing += i64::from(least < 0);
        }
        assert!(flowing > 300, "hardly anything flows: {flowing}");
    }
}

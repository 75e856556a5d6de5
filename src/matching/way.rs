//! The labels of a Dijkstra, and how closed walks fall into simple cycles.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::day::Step;
use super::num::Ix;

#[derive(Debug, Clone, Copy)]
struct Label {
    /// Valid if it is the present round.
    round: u32,
    is_settled: bool,
    /// Whether a search may end here.
    is_aim: bool,
    distance: i64,
    step: Step,
}

/// One Dijkstra towards the nearest of the nodes aimed at, within a bound.
#[derive(Debug, Clone)]
pub(super) struct Search {
    round: u32,
    labels: Vec<Label>,
    pub(super) settled: Vec<Ix>,
    heap: BinaryHeap<Reverse<(i64, Ix)>>,
    /// Nodes as near as the one that is being looked at.
    level: Vec<Ix>,
    now: i64,
    /// The nearest aim reached so far.
    found: Option<Ix>,
    /// Nothing farther counts: the nearest aim's distance once one is reached.
    pub(super) bound: i64,
    /// An edge that may not be used.
    pub(super) without: Option<Ix>,
}

impl Search {
    pub(super) fn new(nodes: usize) -> Self {
        let label = Label { round: 0, is_settled: false, is_aim: false, distance: 0, step: Step::Start };
        Self {
            round: 0,
            labels: vec![label; nodes],
            settled: Vec::new(),
            heap: BinaryHeap::new(),
            level: Vec::new(),
            now: -1,
            found: None,
            bound: i64::MAX,
            without: None,
        }
    }

    /// Forgets the search before.
    pub(super) fn begin(&mut self) {
        self.round += 1;
        self.settled.clear();
        self.heap.clear();
        self.level.clear();
        (self.now, self.found, self.bound) = (-1, None, i64::MAX);
    }

    /// Whether searches may end at a node from now on.
    pub(super) fn aim(&mut self, node: usize, is_aim: bool) {
        self.labels[node].is_aim = is_aim;
    }

    /// The nearest aim, once nothing is left that is nearer.
    pub(super) fn found(&self) -> Option<usize> {
        self.found.map(Ix::at)
    }

    /// A way to a node, or a node where the way may begin.
    #[inline]
    pub(super) fn reach(&mut self, node: usize, distance: i64, step: Step) {
        if distance >= self.bound {
            return;
        }
        let label = &mut self.labels[node];
        if label.round == self.round && (label.is_settled || label.distance <= distance) {
            return;
        }
        *label = Label { round: self.round, is_settled: false, distance, step, ..*label };
        if label.is_aim {
            (self.found, self.bound) = (Some(Ix::new(node)), distance);
        } else if distance == self.now {
            self.level.push(Ix::new(node));
        } else {
            self.heap.push(Reverse((distance, Ix::new(node))));
        }
    }

    /// The nearest node not yet settled, within the bound.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<(i64, usize)> {
        loop {
            let (distance, node) = match self.level.pop() {
                Some(node) => (self.now, node),
                None => self.heap.pop()?.0,
            };
            if distance >= self.bound {
                return None;
            }
            let label = &mut self.labels[node.at()];
            if label.is_settled || label.distance != distance {
                continue;
            }
            label.is_settled = true;
            self.now = distance;
            self.settled.push(node);
            return Some((distance, node.at()));
        }
    }

    /// Of a settled node.
    pub(super) fn distance(&self, node: usize) -> i64 {
        self.labels[node].distance
    }

    /// The step by which the way comes to a node.
    pub(super) fn step(&self, node: usize) -> Step {
        self.labels[node].step
    }
}

/// From where to where, and what it stands for.
pub(super) type Leg = (usize, usize, Option<(Ix, i8)>);

/// Splits legs, of which as many end at each node as begin there, into simple cycles, and tells what each stands for,
/// sorted. Cycles that stand for nothing are left out.
pub(super) fn simple_cycles(nodes: usize, legs: &[Leg]) -> Vec<Vec<(Ix, i8)>> {
    let mut first = vec![0_usize; nodes + 1];
    for (from, _, _) in legs {
        first[from + 1] += 1;
    }
    for n in 0..nodes {
        first[n + 1] += first[n];
    }
    let mut next = first.clone();
    let mut order = vec![0; legs.len()];
    for (n, (from, _, _)) in legs.iter().enumerate() {
        order[next[*from]] = n;
        next[*from] += 1;
    }
    next.clone_from(&first);
    let mut place: Vec<Option<usize>> = vec![None; nodes];
    let mut cycles = Vec::new();
    for (start, _, _) in legs {
        let mut walk: Vec<usize> = Vec::new();
        let mut at = *start;
        place[at] = Some(0);
        while next[at] < first[at + 1] {
            let leg = order[next[at]];
            next[at] += 1;
            walk.push(leg);
            at = legs[leg].1;
            if let Some(from) = place[at] {
                let cycle = walk.split_off(from);
                for leg in &cycle {
                    place[legs[*leg].1] = None;
                }
                place[at] = Some(from);
                let mut stands: Vec<(Ix, i8)> = cycle.iter().filter_map(|leg| legs[*leg].2).collect();
                stands.sort_unstable();
                if !stands.is_empty() {
                    cycles.push(stands);
                }
            } else {
                place[at] = Some(walk.len());
            }
        }
        place[at] = None;
    }
    cycles
}

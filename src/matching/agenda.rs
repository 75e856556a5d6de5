//! What of a branch and bound is still open: the best bound first, deeper first among equals, then the latest.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A part of a problem that is still open.
#[derive(Debug)]
pub(super) struct Node<T> {
    /// Nothing in it has more.
    pub(super) bound: i64,
    pub(super) depth: u32,
    number: u64,
    pub(super) part: T,
}

impl<T> Node<T> {
    fn rank(&self) -> (i64, u32, u64) {
        (self.bound, self.depth, self.number)
    }
}

impl<T> PartialEq for Node<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl<T> Eq for Node<T> {}

impl<T> PartialOrd for Node<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Node<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// The open parts.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    open: BinaryHeap<Node<T>>,
    numbers: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { open: BinaryHeap::new(), numbers: 0 }
    }
}

impl<T> Agenda<T> {
    pub(super) fn push(&mut self, bound: i64, depth: u32, part: T) {
        self.numbers += 1;
        self.open.push(Node { bound, depth, number: self.numbers, part });
    }

    /// Takes a node back that was not looked into to the end.
    pub(super) fn put_back(&mut self, node: Node<T>) {
        self.open.push(node);
    }

    /// The most promising part, if it may have more than `cutoff`; if not, nothing else may either, and all is let go.
    pub(super) fn pop(&mut self, cutoff: i64) -> Option<Node<T>> {
        let node = self.open.pop().filter(|node| node.bound > cutoff);
        if node.is_none() {
            self.open.clear();
        }
        node
    }

    /// Nothing that may still be found has more, unless it is `cutoff`, which is found already.
    pub(super) fn bound(&self, cutoff: i64) -> i64 {
        self.open.peek().map_or(cutoff, |node| node.bound.max(cutoff))
    }

    /// Whether nothing has more than `cutoff`.
    pub(super) fn is_closed(&self, cutoff: i64) -> bool {
        self.bound(cutoff) <= cutoff
    }
}

//! One date as a circulation, exact, kept optimal while prices change: who goes where on it.
//!
//! Each library has three nodes: visitors arrive at the first, at most as many as it hosts; leavers set out from the
//! third, at most as many as it releases; the second joins both and is tied to a hub by as much as visitors and
//! leavers may differ (balance, shifted by the locks; without limit where balance is off). Under strict balance no
//! library is tied to the hub, and circulations are rings.
//! People are no nodes: whoever stays at home is an arc from the home's third node to the best host's first; whoever
//! is away is an arc back, or on to another host. So a search looks at libraries only, and at a person's hosts only
//! as long as they are worth it.
//! Method: whoever is better off going, or staying, at the present potentials is turned at once, all whose price has
//! changed. That leaves too much at some nodes and too little at others; most of it cancels out, and each unit that is
//! left is sent to the nearest node that lacks one, by one Dijkstra over reduced costs. Flow and potentials stay
//! optimal all the while but for those nodes. A capacity whose price or bounds have changed is mended by itself, by a
//! Dijkstra from one of its ends to the other.
//! Potentials only ever fall; so what a host was worth once is an upper bound for ever, and lists sorted long ago still
//! allow to stop early, exactly.
//! Complexity: one bounded Dijkstra, O(m log n) at worst, for each unit sent.
//! Literature: Edmonds and Karp (1972) for potentials; Ahuja, Magnanti and Orlin, Network Flows (1993), sections 9.7
//! (successive shortest paths, with excesses and deficits) and 9.11 (re-optimising after a change of cost).
//! Never uses floats: what is optimal here is optimal exactly.

use crate::matching::num::{Ix, int};
use crate::matching::problem::{Problem, Scope};
use crate::matching::share::on_threads;
use crate::matching::watch::Halt;
use crate::matching::way::{Leg, Search, simple_cycles};

mod hosts;
mod residual;
#[cfg(test)]
mod tests;
mod turning;

pub(in crate::matching) use residual::Step;

/// More than any sum of capacities.
pub(in crate::matching) const UNLIMITED: i64 = 1 << 50;
/// More than any cost.
pub(in crate::matching) const ENDLESS: i64 = i64::MAX / 4;

/// What a library does on the date: visitors, leavers, and the first less the second.
pub(in crate::matching) const ARRIVE: usize = 0;
pub(in crate::matching) const LEAVE: usize = 1;
pub(in crate::matching) const TIE: usize = 2;

/// Visitors at, leavers from, or the balance of a library.
#[derive(Debug, Clone)]
pub(in crate::matching) struct Edge {
    pub(in crate::matching) low: i64,
    pub(in crate::matching) high: i64,
    pub(in crate::matching) cost: i64,
    pub(in crate::matching) flow: i64,
    /// Of the first circulation that keeps every lowest flow.
    pub(in crate::matching) base: i64,
}

/// A person on the date.
#[derive(Debug, Clone)]
pub(in crate::matching) struct Slot {
    pub(in crate::matching) person: Ix,
    home: Ix,
    /// Where the person's hosts are in `arcs`.
    from: Ix,
    to: Ix,
    /// How many of them are sorted.
    sorted: u32,
    /// An upper bound on what the others are worth.
    rest: i64,
    pub(in crate::matching) price: i64,
    /// Where the person goes, as a pair of the problem.
    pub(in crate::matching) goes: Option<Ix>,
    /// Where the person goes in the base.
    pub(in crate::matching) base: Option<Ix>,
    host: Ix,
    value: i64,
    /// The next visitor of the same host.
    next: Option<Ix>,
    pending: bool,
    /// Nobody goes who may not.
    pub(in crate::matching) closed: bool,
}

/// A host for a person.
#[derive(Debug, Clone, Copy)]
pub(in crate::matching) struct Arc {
    pub(in crate::matching) host: Ix,
    pub(in crate::matching) pair: Ix,
    value: i64,
    /// Value and potential when the list was sorted: at least what it is worth now.
    key: i64,
}

/// What a search has come to.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// How far everything is looked at.
    reach: i64,
    /// Where it ends.
    found: Option<usize>,
}

/// A date's graph with an (after [`Day::solve`]) optimal circulation and the potentials that prove it.
#[derive(Debug, Clone)]
pub(in crate::matching) struct Day {
    pub(in crate::matching) date: Ix,
    libraries: usize,
    /// Three for each library.
    pub(in crate::matching) edges: Vec<Edge>,
    /// Three nodes for each library, and the hub.
    potential: Vec<i64>,
    /// Libraries that are tied to the hub, each with the potential of its second node when the list was sorted: at least
    /// what it is now.
    tied: Vec<(Ix, i64)>,
    pub(in crate::matching) slots: Vec<Slot>,
    /// Visitors who could come and leavers who could go, by library.
    possible: Vec<[i64; 2]>,
    /// Where each library's people begin in `slots`; one more at the end.
    first_of: Vec<Ix>,
    arcs: Vec<Arc>,
    first_visitor: Vec<Option<Ix>>,
    changed: Vec<Ix>,
    changed_edges: Vec<Ix>,
    /// Units too many at each node, while people are turned.
    surplus: Vec<i32>,
    /// Nodes where there were too many once, and how much may be lost on the way from there, as a guess.
    loose: Vec<(Ix, i64)>,
    /// Whether something has a lowest flow, so that there may be no circulation without somebody.
    needs_some: bool,
    /// Whether it was optimal before.
    is_warm: bool,
    search: Search,
    halt: Halt,
    work: i64,
}

impl Day {
    /// The graph of what a scope leaves of a date. None if nothing keeps the lowest flows.
    pub(in crate::matching) fn new(problem: &Problem, scope: &Scope, date: Ix) -> Option<Self> {
        let libraries = problem.libraries;
        let at = |library: usize| problem.day(Ix::new(library), date);
        let mut slots: Vec<Slot> = Vec::new();
        let mut arcs: Vec<Arc> = Vec::new();
        let mut visitors = vec![0_i64; libraries];
        let mut first_of = Vec::with_capacity(libraries + 1);
        for library in 0..libraries {
            first_of.push(Ix::new(slots.len()));
            for &person in problem.staff_of(library) {
                let from = arcs.len();
                for n in problem.of(person.at()) {
                    if scope.is_open(problem, n, date.at()) {
                        let pair = &problem.pairs[n];
                        let value = pair.value * problem.scale;
                        visitors[pair.host.at()] += 1;
                        arcs.push(Arc { host: pair.host, pair: Ix::new(n), value, key: value });
                    }
                }
                if arcs.len() > from {
                    let best = arcs[from..].iter().map(|arc| arc.value).max().unwrap_or(0);
                    slots.push(Slot {
                        person,
                        home: Ix::new(library),
                        from: Ix::new(from),
                        to: Ix::new(arcs.len()),
                        sorted: 0,
                        rest: best,
                        price: best,
                        goes: None,
                        base: None,
                        host: Ix::default(),
                        value: 0,
                        next: None,
                        pending: false,
                        closed: false,
                    });
                }
            }
        }
        first_of.push(Ix::new(slots.len()));
        arcs.shrink_to_fit();
        let mut edges = Vec::with_capacity(3 * libraries);
        let mut tied = Vec::new();
        let mut possible = Vec::with_capacity(libraries);
        for library in 0..libraries {
            let leavers = int(first_of[library + 1].at() - first_of[library].at());
            possible.push([visitors[library], leavers]);
            let shift = problem.shift[at(library)];
            let (fewest, most) = scope.places(problem, at(library));
            let edge = |low: i64, high: i64| Edge { low, high, cost: 0, flow: 0, base: 0 };
            if possible[library] == [0, 0] && shift == 0 && fewest == 0 {
                edges.extend([0; 3].map(|most| edge(0, most)));
                continue;
            }
            // A capacity that cannot bind has no price: one more than can come is never used up.
            edges.push(edge(fewest, most.min(visitors[library] + 1)));
            edges.push(edge(0, problem.release[at(library)].min(leavers + 1)));
            let (low, high) = match problem.balance[at(library)] {
                Some(balance) => (-balance - shift, balance - shift),
                None => (-UNLIMITED, UNLIMITED),
            };
            edges.push(edge(low, high));
            if (low, high) != (0, 0) {
                tied.push((Ix::new(library), 0));
            }
        }
        let mut day = Self {
            date,
            libraries,
            potential: vec![0; 3 * libraries + 1],
            tied,
            slots,
            possible,
            first_of,
            arcs,
            first_visitor: vec![None; libraries],
            changed: Vec::new(),
            changed_edges: Vec::new(),
            surplus: vec![0; 3 * libraries + 1],
            loose: Vec::new(),
            needs_some: false,
            is_warm: false,
            search: Search::new(3 * libraries + 1),
            halt: problem.halt.clone(),
            work: 0,
            edges,
        };
        for edge in 0..day.edges.len() {
            if !day.mend_edge(edge) {
                return None;
            }
        }
        for edge in &mut day.edges {
            edge.base = edge.flow;
        }
        for slot in &mut day.slots {
            slot.base = slot.goes;
        }
        day.needs_some = day.edges.iter().any(|edge| edge.low > 0 || edge.high < 0);
        Some(day)
    }

    /// The node at which an edge begins, and where it ends.
    fn ends(&self, edge: usize) -> (usize, usize) {
        let (library, kind) = (edge / 3, edge % 3);
        match kind {
            ARRIVE => (3 * library, 3 * library + 1),
            LEAVE => (3 * library + 1, 3 * library + 2),
            _ => (3 * library + 1, 3 * self.libraries),
        }
    }

    /// Cost of an edge less the difference of potentials: of the optimal sign for its flow.
    pub(in crate::matching) fn reduced(&self, edge: usize) -> i64 {
        let (from, to) = self.ends(edge);
        self.edges[edge].cost + self.potential[from] - self.potential[to]
    }

    /// The balance price of a library: its potential over the hub's; 0 where nobody comes or leaves.
    pub(in crate::matching) fn level(&self, library: usize) -> i64 {
        if self.possible[library] == [0, 0] && self.edges[3 * library + TIE].low == 0 {
            return 0;
        }
        self.potential[3 * library + 1] - self.potential[3 * self.libraries]
    }

    fn home_node(&self, slot: usize) -> usize {
        3 * self.slots[slot].home.at() + 2
    }

    /// What going is worth to a person who is away: value and potential of the host.
    fn worth(&self, slot: usize) -> i64 {
        self.slots[slot].value + self.potential[3 * self.slots[slot].host.at()]
    }

    /// What going by an arc is worth.
    fn arc_worth(&self, arc: usize) -> i64 {
        self.arcs[arc].value + self.potential[3 * self.arcs[arc].host.at()]
    }

    /// Changes what a person's going costs; the flow is optimal again after [`Day::optimise`].
    fn set_price(&mut self, slot: usize, price: i64) {
        let of = &mut self.slots[slot];
        if of.price != price {
            of.price = price;
            if !of.pending {
                of.pending = true;
                self.changed.push(Ix::new(slot));
            }
        }
    }

    /// Changes the bounds of the visitors at a library. False if nothing keeps them.
    pub(in crate::matching) fn set_places(&mut self, library: usize, low: i64, high: i64) -> bool {
        let edge = 3 * library + ARRIVE;
        (self.edges[edge].low, self.edges[edge].high) = (low, high);
        self.mend_edge(edge)
    }

    /// Sets the prices of people (by slot) and of the limits of hosts, and finds the best circulation. Returns the
    /// work done.
    pub(in crate::matching) fn solve(&mut self, staff: impl Fn(&Slot) -> i64, limit: &[i64]) -> i64 {
        for slot in 0..self.slots.len() {
            let price = staff(&self.slots[slot]);
            self.set_price(slot, price);
        }
        for (library, price) in limit.iter().enumerate() {
            let edge = 3 * library + ARRIVE;
            if self.edges[edge].cost != *price {
                self.edges[edge].cost = *price;
                self.changed_edges.push(Ix::new(edge));
            }
        }
        self.optimise();
        std::mem::take(&mut self.work)
    }

    /// Mends an edge whose cost or bounds have changed. False if nothing keeps its bounds.
    fn mend_edge(&mut self, edge: usize) -> bool {
        loop {
            let Edge { low, high, flow, .. } = self.edges[edge];
            let reduced = self.reduced(edge);
            let (begin, end) = self.ends(edge);
            let is_out = flow < low || flow > high;
            let (size, from, to, more) = if flow < low || (!is_out && reduced < 0 && flow < high) {
                (if is_out { ENDLESS } else { -reduced }, end, begin, true)
            } else if flow > high || (reduced > 0 && flow > low) {
                (if is_out { ENDLESS } else { reduced }, begin, end, false)
            } else {
                return true;
            };
            if low > high {
                return false;
            }
            self.search.begin();
            self.search.reach(from, 0, Step::Start);
            self.search.without = Some(Ix::new(edge));
            let way = self.find_way_to(to, size);
            self.search.without = None;
            if is_out && way.found.is_none() {
                return false;
            }
            self.lower(way.reach);
            if way.found.is_some() {
                self.edges[edge].flow += if more { 1 } else { -1 };
                self.send(to);
            }
        }
    }

    /// Lowers the potentials of what the last search has settled.
    fn lower(&mut self, reach: i64) {
        for n in 0..self.search.settled.len() {
            let node = self.search.settled[n].at();
            self.potential[node] -= (reach - self.search.distance(node)).max(0);
        }
    }

    /// What a price on a person has to be at least for the person to gain nothing on this date.
    pub(in crate::matching) fn lifted(&mut self, slot: usize) -> i64 {
        let worth = match self.slots[slot].goes {
            Some(_) => self.worth(slot),
            None => self.best(slot).map_or(0, |arc| self.arc_worth(arc)),
        };
        worth - self.potential[self.home_node(slot)]
    }

    /// The same for every slot that counts, 0 for the others.
    pub(in crate::matching) fn lifted_prices(&mut self, counts: impl Fn(&Slot) -> bool) -> Vec<i64> {
        let all = 0..self.slots.len();
        all.map(|slot| if counts(&self.slots[slot]) { self.lifted(slot) } else { 0 }).collect()
    }

    /// Hosts of a person.
    pub(in crate::matching) fn arcs_of(&self, slot: usize) -> std::ops::Range<usize> {
        self.slots[slot].from.at()..self.slots[slot].to.at()
    }

    pub(in crate::matching) fn arc(&self, arc: usize) -> Arc {
        self.arcs[arc]
    }

    /// Visitors who could come to a library.
    pub(in crate::matching) fn visitors(&self, library: usize) -> i64 {
        self.possible[library][ARRIVE]
    }

    /// More than can ever come to, or leave, a library.
    pub(in crate::matching) fn most(&self, library: usize, kind: usize) -> i64 {
        self.possible[library][kind] + 1
    }

    /// How many hosts people have in all, for sharing the work among threads.
    pub(in crate::matching) fn size(&self) -> i64 {
        int(self.arcs.len())
    }

    /// The pairs that the present circulation uses.
    pub(in crate::matching) fn used(&self) -> impl Iterator<Item = Ix> + '_ {
        self.slots.iter().filter_map(|slot| slot.goes)
    }

    /// Least cost of the date: what prices cost less what placements are worth.
    pub(in crate::matching) fn cost(&self) -> i64 {
        let edges: i64 = self.edges.iter().map(|edge| edge.cost * edge.flow).sum();
        let away = self.slots.iter().filter(|slot| slot.goes.is_some());
        edges + away.map(|slot| slot.price - slot.value).sum::<i64>()
    }

    /// The cycles by which the present circulation differs from the base: pairs used (1) or given up (−1), sorted.
    pub(in crate::matching) fn cycles(&self, problem: &Problem) -> Vec<Vec<(Ix, i8)>> {
        let hub = self.libraries;
        // From library to library: pairs with 1, given up ones the other way with −1, and ties to the hub.
        let mut legs: Vec<Leg> = Vec::new();
        for slot in self.slots.iter().filter(|slot| slot.goes != slot.base) {
            let home = slot.home.at();
            if let Some(pair) = slot.goes {
                legs.push((home, problem.pairs[pair.at()].host.at(), Some((pair, 1))));
            }
            if let Some(pair) = slot.base {
                legs.push((problem.pairs[pair.at()].host.at(), home, Some((pair, -1))));
            }
        }
        for (library, _) in &self.tied {
            let edge = &self.edges[3 * library.at() + TIE];
            for _ in edge.base..edge.flow {
                legs.push((library.at(), hub, None));
            }
            for _ in edge.flow..edge.base {
                legs.push((hub, library.at(), None));
            }
        }
        simple_cycles(hub + 1, &legs)
    }
}

/// Does something with each day, shared out among threads where days are large. Returns what comes of each.
pub(in crate::matching) fn for_each_day<T: Send>(
    days: &mut [Day],
    threads: usize,
    act: impl Fn(&mut Day) -> T + Sync,
) -> Vec<T> {
    let size: i64 = days.iter().map(Day::size).sum();
    on_threads(days.iter_mut().collect(), if size < 20_000 { 1 } else { threads }, act)
}

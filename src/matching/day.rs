//! One date as a circulation: who goes where at given prices on people and on the limits of hosts.
//!
//! Each library has three nodes: visitors arrive at the first, at most as many as it hosts; leavers set out from the
//! third, at most as many as it releases; the second joins both and is tied to a hub by as much as visitors and
//! leavers may differ (balance, shifted by the locks; without limit where balance is off). Each person is a node
//! between the home library's third node and the first nodes of the hosts. Under strict balance no library is tied
//! to the hub, and circulations are rings.

use super::flow::{Edge, Network, UNLIMITED};
use super::num::{Ix, int};
use super::problem::{Problem, Scope};

/// What an edge of the graph stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Visitors at a library.
    Host(Ix),
    /// Leavers from a library.
    Home(Ix),
    /// Visitors less leavers of a library.
    Hub(Ix),
    /// A person who goes.
    Person(Ix),
    /// A triple, by its place in the problem's list.
    Triple(Ix),
}

/// A date's graph.
#[derive(Debug, Clone)]
pub(super) struct Day {
    pub(super) date: Ix,
    pub(super) network: Network,
    /// What each edge is; triples come last.
    pub(super) roles: Vec<Role>,
    /// A flow that keeps every lowest flow: zero unless locks or branches ask for some.
    pub(super) base: Vec<i64>,
    /// The middle node of each library in the graph.
    pub(super) middles: Vec<(Ix, usize)>,
    /// How many edges are no triples.
    pub(super) priced: usize,
}

impl Day {
    /// The graph of the given triples, all of one date and ordered by person. None if nothing keeps the lowest flows.
    pub(super) fn new(problem: &Problem, scope: &Scope, date: Ix, triples: &[usize]) -> Option<Self> {
        let at = |library: usize| problem.day(Ix::new(library), date);
        let mut visitors = vec![0_i64; problem.libraries];
        let mut leavers = vec![0_i64; problem.libraries];
        let mut last = None;
        let mut people: Vec<(Ix, i64)> = Vec::new();
        for &t in triples {
            let triple = &problem.triples[t];
            visitors[triple.host.at()] += 1;
            if last != Some(triple.person) {
                leavers[problem.home_of(triple).at()] += 1;
                people.push((triple.person, 0));
                last = Some(triple.person);
            }
            if let Some(person) = people.last_mut() {
                person.1 = person.1.max(triple.value * problem.scale);
            }
        }
        let mut node = vec![0; problem.libraries];
        let (mut edges, mut roles, mut middles) = (Vec::new(), Vec::new(), Vec::new());
        let mut nodes = 1;
        let edge = |from: usize, to: usize, low: i64, high: i64, cost: i64| Edge {
            from: Ix::new(from),
            to: Ix::new(to),
            low,
            high,
            cost,
            flow: 0,
        };
        for library in 0..problem.libraries {
            let shift = problem.shift[at(library)];
            let (fewest, most) = scope.places(problem, at(library));
            if visitors[library] == 0 && leavers[library] == 0 && shift == 0 && fewest == 0 {
                continue;
            }
            node[library] = nodes;
            let (arrive, middle, leave) = (nodes, nodes + 1, nodes + 2);
            nodes += 3;
            let id = Ix::new(library);
            // A capacity that cannot bind has no price: one more than can come is never used up.
            edges.push(edge(arrive, middle, fewest, most.min(visitors[library] + 1), 0));
            roles.push(Role::Host(id));
            edges.push(edge(middle, leave, 0, problem.release[at(library)].min(leavers[library] + 1), 0));
            roles.push(Role::Home(id));
            middles.push((id, middle));
            let (low, high) = match problem.balance[at(library)] {
                Some(balance) => (-balance - shift, balance - shift),
                None => (-UNLIMITED, UNLIMITED),
            };
            if (low, high) != (0, 0) {
                edges.push(edge(middle, 0, low, high, 0));
                roles.push(Role::Hub(id));
            }
        }
        let first_person = nodes;
        for (n, (person, _)) in people.iter().enumerate() {
            let home = node[problem.home[person.at()].at()];
            edges.push(edge(home + 2, first_person + n, 0, 1, 0));
            roles.push(Role::Person(*person));
        }
        let priced = edges.len();
        let mut from = first_person;
        let mut last = None;
        for &t in triples {
            let triple = &problem.triples[t];
            if last.is_some_and(|last| last != triple.person) {
                from += 1;
            }
            last = Some(triple.person);
            // Room for two, so that the person's own edge alone carries the price of going.
            edges.push(edge(from, node[triple.host.at()], 0, 2, -triple.value * problem.scale));
            roles.push(Role::Triple(Ix::new(t)));
        }
        let mut network = Network::new(first_person + people.len(), edges);
        if !network.find_feasible() {
            return None;
        }
        let base = network.edges().iter().map(|edge| edge.flow).collect();
        for (n, (_, most)) in people.iter().enumerate() {
            network.set_potential(first_person + n, *most);
        }
        Some(Self { date, network, roles, base, middles, priced })
    }

    /// Sets the prices of people and of the limits of hosts, and finds the best circulation. Returns the work done.
    pub(super) fn solve(&mut self, staff: impl Fn(Ix) -> i64, limit: &[i64]) -> i64 {
        for e in 0..self.priced {
            match self.roles[e] {
                Role::Person(person) => self.network.set_cost(e, staff(person)),
                Role::Host(host) => self.network.set_cost(e, limit[host.at()]),
                Role::Home(_) | Role::Hub(_) | Role::Triple(_) => {}
            }
        }
        self.network.optimise()
    }

    /// The triples that the present circulation uses.
    pub(super) fn used(&self) -> impl Iterator<Item = usize> + '_ {
        (self.priced..self.roles.len()).filter(|e| self.network.edge(*e).flow > 0).filter_map(|e| match self
            .roles[e]
        {
            Role::Triple(t) => Some(t.at()),
            Role::Host(_) | Role::Home(_) | Role::Hub(_) | Role::Person(_) => None,
        })
    }

    /// The cycles by which the present circulation differs from the base: triples used (1) or given up (−1).
    pub(super) fn cycles(&self) -> Vec<Vec<(Ix, i64)>> {
        let of_edge = |&(e, unit): &(usize, i64)| match self.roles[e] {
            Role::Triple(t) => Some((t, unit)),
            Role::Host(_) | Role::Home(_) | Role::Hub(_) | Role::Person(_) => None,
        };
        let cycles = self.network.cycles_beyond(&self.base);
        let mut lists: Vec<Vec<(Ix, i64)>> =
            cycles.iter().map(|cycle| cycle.iter().filter_map(of_edge).collect()).collect();
        for list in &mut lists {
            list.sort_unstable();
        }
        lists.retain(|list| !list.is_empty());
        lists
    }

    /// How many people the graph has, for sharing the work among threads.
    pub(super) fn size(&self) -> i64 {
        int(self.roles.len())
    }
}

//! A part of a problem: some people, with what all others leave of every capacity.
//!
//! The others stay where a schedule has them: their visits and leaves are taken off places, releases and limits, and
//! shift the balance. Only libraries that the part's people come from or may go to are in it.

use super::dates::Dates;
use super::dual::Start;
use super::num::Ix;
use super::primal::Plan;
use super::problem::{Pair, Problem};

/// Somebody without a place in the schedule who comes to a part with trips of their own, in place of those of the whole.
pub(super) struct Guest<'a> {
    pub(super) person: usize,
    /// Host, date and value, by host; a host is worth the same on every date.
    pub(super) trips: &'a [(Ix, Ix, i64)],
}

/// A part of a problem, and what its numbers are in the whole.
pub(super) struct Part {
    pub(super) problem: Problem,
    /// Pairs of the whole; those of a guest are none.
    pairs: Vec<Ix>,
    people: Vec<usize>,
    libraries: Vec<usize>,
}

impl Part {
    /// The part of the given people about a schedule; `is_open` tells which triples are worth it.
    pub(super) fn new(
        whole: &Problem,
        people: &[usize],
        plan: &Plan,
        is_open: impl Fn(usize, usize) -> bool,
    ) -> Self {
        Self::with_guest(whole, people, plan, is_open, &Guest { person: usize::MAX, trips: &[] })
    }

    /// The same with a guest, who is one of the people. What is found with a guest cannot be put back into the whole.
    pub(super) fn with_guest(
        whole: &Problem,
        people: &[usize],
        plan: &Plan,
        is_open: impl Fn(usize, usize) -> bool,
        guest: &Guest<'_>,
    ) -> Self {
        let at = plan.by_person(whole);
        let mut number: Vec<Option<Ix>> = vec![None; whole.libraries];
        let mut libraries = Vec::new();
        let mut enter = |library: Ix| {
            *number[library.at()].get_or_insert_with(|| {
                libraries.push(library.at());
                Ix::new(libraries.len() - 1)
            })
        };
        let (mut home, mut pairs, mut own) = (Vec::new(), Vec::new(), Vec::new());
        let (mut open, mut first) = (Dates::new(whole.dates), vec![0]);
        let mut row = vec![0_u64; open.words()];
        for (p, person) in people.iter().enumerate() {
            home.push(enter(whole.home[*person]));
            let now = at[*person];
            let is_guest = *person == guest.person;
            for of_host in guest.trips.chunk_by(|a, b| a.0 == b.0).filter(|_| is_guest) {
                row.fill(0);
                for (_, date, _) in of_host {
                    row[date.at() / 64] |= 1 << (date.at() % 64);
                }
                let (host, _, value) = of_host[0];
                pairs.push(Ix::default());
                own.push(Pair { person: Ix::new(p), host: enter(host), value });
                open.push(&row);
            }
            for n in whole.of(*person).filter(|_| !is_guest) {
                row.fill(0);
                for date in whole.open.of(n) {
                    let is_here = now == Some((Ix::new(n), Ix::new(date)));
                    if is_here || is_open(n, date) {
                        row[date / 64] |= 1 << (date % 64);
                    }
                }
                if row.iter().any(|word| *word != 0) {
                    let Pair { host, value, .. } = whole.pairs[n];
                    pairs.push(Ix::new(n));
                    own.push(Pair { person: Ix::new(p), host: enter(host), value });
                    open.push(&row);
                }
            }
            first.push(own.len());
        }
        let mut is_part = vec![false; whole.home.len()];
        for person in people {
            is_part[*person] = true;
        }
        let days = |list: &[i64]| -> Vec<i64> {
            libraries
                .iter()
                .flat_map(|l| list[l * whole.dates..(l + 1) * whole.dates].iter().copied())
                .collect()
        };
        let balances = libraries
            .iter()
            .flat_map(|l| whole.balance[l * whole.dates..(l + 1) * whole.dates].iter().copied());
        let mut part = Problem {
            libraries: libraries.len(),
            dates: whole.dates,
            home,
            pairs: own,
            open,
            first,
            staff: Vec::new(),
            first_staff: Vec::new(),
            hosting: days(&whole.hosting),
            release: days(&whole.release),
            limit: libraries.iter().map(|l| whole.limit[*l]).collect(),
            balance: balances.collect(),
            shift: days(&whole.shift),
            locks: Vec::new(),
            locked_value: whole.locked_value,
            scale: whole.scale,
            highest: whole.highest,
            halt: whole.halt.clone(),
            depth: Vec::new(),
        };
        for &(pair, date) in &plan.placed {
            let of = &whole.pairs[pair.at()];
            if is_part[of.person.at()] {
                continue;
            }
            part.locked_value += of.value;
            if let Some(host) = number[of.host.at()] {
                let day = part.day(host, date);
                part.hosting[day] -= 1;
                part.shift[day] += 1;
                if let Some(limit) = &mut part.limit[host.at()] {
                    *limit -= 1;
                }
            }
            if let Some(home) = number[whole.home[of.person.at()].at()] {
                let day = part.day(home, date);
                part.release[day] -= 1;
                part.shift[day] -= 1;
            }
        }
        part.index_staff();
        Self { problem: part, pairs, people: people.to_vec(), libraries }
    }

    /// The prices of the whole that concern the part.
    pub(super) fn start(&self, staff: &[i64], limit: &[i64]) -> Start {
        Start {
            staff: self.people.iter().map(|person| staff[*person]).collect(),
            limit: self.libraries.iter().map(|library| limit[*library]).collect(),
        }
    }

    /// Who a person of the part is in the whole.
    pub(super) fn person(&self, own: Ix) -> usize {
        self.people[own.at()]
    }

    /// Everybody in it, as they are in the whole.
    pub(super) fn people(&self) -> &[usize] {
        &self.people
    }

    /// Which library of the whole one of the part is.
    pub(super) fn library(&self, own: Ix) -> usize {
        self.libraries[own.at()]
    }

    /// Marks the part's libraries as touched, unless one of them is already. Whether it did.
    pub(super) fn touches(&self, is_touched: &mut [bool]) -> bool {
        let is_free = self.libraries.iter().all(|library| !is_touched[*library]);
        if is_free {
            for library in &self.libraries {
                is_touched[*library] = true;
            }
        }
        is_free
    }

    /// The whole schedule with the part's people as in `part`, and all others as in `plan`.
    pub(super) fn put_back(&self, whole: &Problem, plan: &Plan, part: &Plan) -> Plan {
        let mut is_part = vec![false; whole.home.len()];
        for person in &self.people {
            is_part[*person] = true;
        }
        let others = plan.placed.iter().filter(|(pair, _)| !is_part[whole.pairs[pair.at()].person.at()]);
        let own = part.placed.iter().map(|(pair, date)| (self.pairs[pair.at()], *date));
        Plan::new(whole, others.copied().chain(own).collect())
    }
}

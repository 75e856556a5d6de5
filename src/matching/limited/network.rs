//! What rings of limited length are made of: trips, and what they use up.
//!
//! A trip is a person or a lock that goes from home to a host on a date. In rings as many come to a library as leave
//! it, so that places and releases of a library-day are one capacity; only where an override lifted the balance they
//! are two. A row is a capacity that trips use: of a person or a lock (1), of a library-day, of a host's limit. Rows
//! that cannot run out are left out.
//!
//! Locks have to be used. They get a bonus above all that others may be worth together, so that leaving a schedule
//! empty is always allowed, and one that uses every lock is better than any that does not.

use std::collections::HashMap;
use std::ops::Range;

use super::super::num::{Ix, int};
use super::super::problem::Problem;

/// Somebody who goes somewhere on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trip {
    /// The row of the person or lock.
    pub(super) who: Ix,
    pub(super) home: Ix,
    pub(super) host: Ix,
    pub(super) date: Ix,
    /// In parts of a point; of a lock the bonus.
    pub(super) value: i64,
    /// None for a lock.
    pub(super) pair: Option<Ix>,
}

/// The trips of a problem and the capacities that they share.
#[derive(Debug)]
pub(super) struct Network {
    /// By date, home, host and person.
    pub(super) trips: Vec<Trip>,
    /// Where each date's trips begin; one more at the end.
    first: Vec<usize>,
    /// Rows of each trip, one after the other, and where they begin.
    rows: Vec<Ix>,
    first_row: Vec<usize>,
    /// What each row holds. People and locks come first, so many of them.
    pub(super) room: Vec<i64>,
    pub(super) people: usize,
    pub(super) locks: usize,
    /// Library-days that need no balance; indexed like [`Problem::day`].
    is_lifted: Vec<bool>,
    /// Libraries in a ring at most.
    pub(super) most: usize,
    /// Parts to the point.
    pub(super) scale: i64,
    bonus: i64,
    /// Whether a bonus is above all that others are worth together.
    pub(super) is_bonus_enough: bool,
    locked_value: i64,
}

/// A row on its way to be numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Name {
    /// Visitors of a library-day; with balance leavers, too.
    Into(usize),
    /// Leavers of a library-day without balance.
    Out(usize),
    /// Visitors of a library in the round.
    Limit(usize),
}

impl Network {
    /// The trips of a problem for rings of at most so many libraries.
    pub(super) fn new(problem: &Problem, most: usize) -> Self {
        let people = problem.home.len();
        let locks = problem.locks.len();
        let worth: i64 = (0..people).map(|p| problem.most(p)).sum();
        let fits = |scale: &i64| {
            let bonus = worth.checked_add(1).and_then(|bonus| bonus.checked_mul(*scale));
            bonus.and_then(|bonus| bonus.checked_mul(int(locks) + 2)).is_some_and(|sum| sum < i64::MAX / 64)
        };
        let fitting = [1000, 100, 10, 1].into_iter().filter(|scale| *scale <= problem.scale).find(fits);
        let scale = fitting.unwrap_or(1);
        let bonus = if fitting.is_some() { (1 + worth) * scale } else { i64::MAX / 64 / (int(locks) + 2) };
        let mut trips = Vec::new();
        for pair in 0..problem.pairs.len() {
            for date in problem.open.of(pair) {
                let of = &problem.pairs[pair];
                trips.push(Trip {
                    who: of.person,
                    home: problem.home_of(pair),
                    host: of.host,
                    date: Ix::new(date),
                    value: of.value * scale,
                    pair: Some(Ix::new(pair)),
                });
            }
        }
        for (n, lock) in problem.locks.iter().enumerate() {
            let who = Ix::new(people + n);
            let (home, host, date) = (lock.home, lock.host, lock.date);
            trips.push(Trip { who, home, host, date, value: bonus, pair: None });
        }
        trips.sort_unstable_by_key(|trip| (trip.date, trip.home, trip.host, trip.who));
        let first = (0..=problem.dates).map(|date| trips.partition_point(|t| t.date.at() < date)).collect();
        let mut network = Self {
            trips,
            first,
            rows: Vec::new(),
            first_row: vec![0],
            room: vec![1; people + locks],
            people,
            locks,
            is_lifted: problem.balance.iter().map(Option::is_none).collect(),
            most,
            scale,
            bonus,
            is_bonus_enough: fitting.is_some(),
            locked_value: problem.locked_value,
        };
        network.number_rows(problem);
        network
    }

    fn names(&self, problem: &Problem, trip: &Trip) -> Vec<Name> {
        let (into, out) = (problem.day(trip.host, trip.date), problem.day(trip.home, trip.date));
        let mut names = vec![Name::Into(into)];
        names.extend(self.is_lifted[out].then_some(Name::Out(out)));
        names.extend(problem.limit[trip.host.at()].map(|_| Name::Limit(trip.host.at())));
        names
    }

    /// Gives a number to every row that may run out.
    fn number_rows(&mut self, problem: &Problem) {
        let mut locked: HashMap<Name, i64> = HashMap::new();
        let mut out_locks = vec![0_i64; problem.hosting.len()];
        // Who could use each row, and who could leave each library-day.
        let mut users: HashMap<Name, Vec<Ix>> = HashMap::new();
        let mut leavers: Vec<Vec<Ix>> = vec![Vec::new(); problem.hosting.len()];
        for trip in &self.trips {
            let out = problem.day(trip.home, trip.date);
            leavers[out].push(trip.who);
            out_locks[out] += i64::from(trip.pair.is_none());
            for name in self.names(problem, trip) {
                users.entry(name).or_default().push(trip.who);
                *locked.entry(name).or_default() += i64::from(trip.pair.is_none());
            }
        }
        let count = |mut who: Vec<Ix>| {
            who.sort_unstable();
            who.dedup();
            int(who.len())
        };
        let mut numbers: HashMap<Name, Ix> = HashMap::new();
        let mut names: Vec<(Name, Vec<Ix>)> = users.into_iter().collect();
        names.sort_unstable_by_key(|(name, _)| *name);
        for (name, who) in names {
            let locked = locked.get(&name).copied().unwrap_or(0);
            let (room, most) = match name {
                Name::Into(day) if !self.is_lifted[day] => {
                    let leaving = problem.release[day] + out_locks[day];
                    let leavers = count(std::mem::take(&mut leavers[day]));
                    ((problem.hosting[day] + locked).min(leaving), count(who).min(leavers))
                }
                Name::Into(day) => (problem.hosting[day] + locked, count(who)),
                Name::Out(day) => (problem.release[day] + locked, count(who)),
                Name::Limit(library) => {
                    (problem.limit[library].unwrap_or(0).saturating_add(locked), count(who))
                }
            };
            if room < most {
                numbers.insert(name, Ix::new(self.room.len()));
                self.room.push(room);
            }
        }
        for n in 0..self.trips.len() {
            self.rows.push(self.trips[n].who);
            let names = self.names(problem, &self.trips[n]);
            self.rows.extend(names.iter().filter_map(|name| numbers.get(name)));
            self.first_row.push(self.rows.len());
        }
    }

    pub(super) fn dates(&self) -> usize {
        self.first.len() - 1
    }

    /// The trips of a date.
    pub(super) fn on(&self, date: usize) -> Range<usize> {
        self.first[date]..self.first[date + 1]
    }

    /// What a trip uses.
    pub(super) fn rows(&self, trip: usize) -> &[Ix] {
        &self.rows[self.first_row[trip]..self.first_row[trip + 1]]
    }

    /// What a trip gains at prices of the rows.
    pub(super) fn gain(&self, trip: usize, prices: &[i64]) -> i64 {
        self.trips[trip].value - self.rows(trip).iter().map(|row| prices[row.at()]).sum::<i64>()
    }

    /// Whether a library needs no balance on a date.
    pub(super) fn is_lifted(&self, library: Ix, date: Ix) -> bool {
        self.is_lifted[library.at() * self.dates() + date.at()]
    }

    /// The value of a schedule, locks included, that a total of the network's parts stands for.
    pub(super) fn value(&self, total: i64) -> i64 {
        (total - int(self.locks) * self.bonus).div_euclid(self.scale) + self.locked_value
    }

    /// The least total that uses every lock.
    pub(super) fn total_of_locks(&self) -> i64 {
        int(self.locks) * self.bonus
    }
}

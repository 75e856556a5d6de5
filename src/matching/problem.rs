//! From a round to plain integers: people, libraries, dates, feasible triples with values, and what the locks leave.
//!
//! Everything is numbered in the order of a hash of (seed, id), so that neither the order of the input nor sign-up
//! time can matter, and ties are broken by the hash alone. Triples stand person by person, then by date and host.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::MatchError;
use super::num::Ix;
use super::rules::{Rulebook, Traveller};
use crate::files::Round;
use crate::files::round::{Library, Staff};

/// A person at a host on a date, allowed by every rule that looks at nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Triple {
    pub(super) person: Ix,
    pub(super) host: Ix,
    pub(super) date: Ix,
    /// W × (1 + priority) + score.
    pub(super) value: i64,
}

/// A placement that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) home: Ix,
    pub(super) host: Ix,
    pub(super) date: Ix,
}

/// The matching problem.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) libraries: usize,
    pub(super) dates: usize,
    /// Home library of each person; locked people are not among them.
    pub(super) home: Vec<Ix>,
    pub(super) triples: Vec<Triple>,
    /// Where each person's triples begin; one more at the end.
    pub(super) first: Vec<usize>,
    /// Visitors that each library still takes on each date: `library * dates + date`.
    pub(super) hosting: Vec<i64>,
    /// Staff whom each library can still release on each date.
    pub(super) release: Vec<i64>,
    /// Visitors that each library still takes in the round.
    pub(super) limit: Vec<Option<i64>>,
    /// The required balance at each library-day; none where it is off or lifted by an override.
    pub(super) balance: Vec<Option<i64>>,
    /// Locked visitors less locked leavers at each library-day.
    pub(super) shift: Vec<i64>,
    pub(super) locks: Vec<Fixed>,
    /// Value of the locks.
    pub(super) locked_value: i64,
    /// Prices are whole parts of a point, so many to the point: 1,000 unless sums would leave 64 bits.
    pub(super) scale: i64,
}

/// What a branch of the search adds to the problem.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// Triples that are ruled out; empty if none is.
    pub(super) ruled_out: Vec<bool>,
    /// Fewest and most visitors at a library-day, where the branch narrows them.
    pub(super) visitors: BTreeMap<usize, (i64, i64)>,
}

impl Scope {
    pub(super) fn allows(&self, triple: usize) -> bool {
        !self.ruled_out.get(triple).copied().unwrap_or(false)
    }

    /// Fewest and most visitors at a library-day.
    pub(super) fn places(&self, problem: &Problem, day: usize) -> (i64, i64) {
        let most = problem.hosting[day].min(problem.limit[day / problem.dates].unwrap_or(i64::MAX));
        let (low, high) = self.visitors.get(&day).copied().unwrap_or((0, most));
        (low, high.min(most))
    }
}

impl Problem {
    /// The place of a library-day in the tables.
    pub(super) fn day(&self, library: Ix, date: Ix) -> usize {
        library.at() * self.dates + date.at()
    }

    /// Where a person leaves from.
    pub(super) fn home_of(&self, triple: &Triple) -> Ix {
        self.home[triple.person.at()]
    }

    /// The triples of a person.
    pub(super) fn of(&self, person: usize) -> std::ops::Range<usize> {
        self.first[person]..self.first[person + 1]
    }
}

/// What the numbers of a [`Problem`] stand for.
pub(super) struct Key<'a> {
    pub(super) round: &'a Round,
    pub(super) book: Rulebook<'a>,
    pub(super) libraries: Vec<&'a Library>,
    pub(super) dates: Vec<NaiveDate>,
    pub(super) people: Vec<&'a Staff>,
    pub(super) library_at: HashMap<&'a str, usize>,
    pub(super) locks: Vec<LockKey<'a>>,
}

/// A lock of the round.
pub(super) struct LockKey<'a> {
    pub(super) staff: &'a Staff,
    pub(super) host: &'a Library,
    pub(super) date: NaiveDate,
    pub(super) score: i64,
    pub(super) overridden: bool,
}

fn hash(seed: i64, kind: &str, id: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(seed.to_le_bytes())
        .chain_update(kind)
        .chain_update([0])
        .chain_update(id)
        .finalize()
        .into()
}

fn by_hash<'a, T>(
    seed: i64,
    kind: &str,
    items: impl Iterator<Item = &'a T>,
    id: impl Fn(&T) -> &str,
) -> Vec<&'a T> {
    let mut keyed: Vec<([u8; 32], &T)> = items.map(|item| (hash(seed, kind, id(item)), item)).collect();
    keyed.sort_by_key(|(hash, _)| *hash);
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// Builds the problem of a round.
///
/// # Errors
/// A lock that breaks a rule without an override.
pub(super) fn build(round: &Round, seed: i64) -> Result<(Problem, Key<'_>), MatchError> {
    let libraries = by_hash(seed, "library", round.libraries.iter(), |library| &library.id);
    let library_at: HashMap<&str, usize> =
        libraries.iter().enumerate().map(|(n, library)| (library.id.as_str(), n)).collect();
    let mut dates = round.dates.clone();
    dates.sort_unstable();
    let date_at: HashMap<NaiveDate, usize> = dates.iter().enumerate().map(|(n, date)| (*date, n)).collect();
    let book = Rulebook::new(round);
    let locked: HashMap<&str, &crate::files::round::Lock> =
        round.locks.iter().map(|lock| (lock.staff.as_str(), lock)).collect();
    let weight = round.placement_weight();
    let value = |staff: &Staff, score: i64| weight * (1 + staff.priority) + score;

    let days = libraries.len() * dates.len();
    let mut problem = Problem {
        libraries: libraries.len(),
        dates: dates.len(),
        home: Vec::new(),
        triples: Vec::new(),
        first: vec![0],
        hosting: vec![0; days],
        release: vec![0; days],
        limit: libraries.iter().map(|library| library.hosting_limit).collect(),
        balance: vec![round.rules.balance; days],
        shift: vec![0; days],
        locks: Vec::new(),
        locked_value: 0,
        scale: 1,
    };
    for (n, library) in libraries.iter().enumerate() {
        for (d, date) in dates.iter().enumerate() {
            problem.hosting[n * dates.len() + d] = library.hosting.get(date).copied().unwrap_or(0);
            problem.release[n * dates.len() + d] = library.release.get(date).copied().unwrap_or(0);
        }
    }

    let mut locks = Vec::new();
    for staff in by_hash(seed, "staff", round.staff.iter(), |staff| &staff.id) {
        let Some(lock) = locked.get(staff.id.as_str()) else { continue };
        let home = libraries[library_at[staff.home.as_str()]];
        let host = libraries[library_at[lock.host.as_str()]];
        let who = Traveller::new(staff, home);
        let overridden = lock.override_reason.is_some();
        if let Some(code) = book.breach(&who, host, lock.date)
            && (!overridden || code == super::rules::Code::OwnLibrary)
        {
            return Err(MatchError::LockBreaksRule { staff: staff.id.clone(), code: code.as_str() });
        }
        let score = book.score(&who, host);
        problem.locked_value += value(staff, score);
        let fixed = Fixed {
            home: Ix::new(library_at[staff.home.as_str()]),
            host: Ix::new(library_at[lock.host.as_str()]),
            date: Ix::new(date_at[&lock.date]),
        };
        problem.locks.push(fixed);
        locks.push(LockKey { staff, host, date: lock.date, score, overridden });
    }
    take_locks(&mut problem, &locks)?;

    let people: Vec<&Staff> = by_hash(
        seed,
        "staff",
        round.staff.iter().filter(|staff| !locked.contains_key(staff.id.as_str())),
        |staff| &staff.id,
    );
    for (p, staff) in people.iter().enumerate() {
        let home_at = library_at[staff.home.as_str()];
        let who = Traveller::new(staff, libraries[home_at]);
        problem.home.push(Ix::new(home_at));
        for (h, host) in libraries.iter().enumerate() {
            if host.hosting.is_empty() || book.breach_of_pair(&who, host).is_some() {
                continue;
            }
            let value = value(staff, book.score(&who, host));
            for (d, date) in dates.iter().enumerate() {
                if book.breach_on_date(&who, host, *date).is_none() {
                    let triple = Triple { person: Ix::new(p), host: Ix::new(h), date: Ix::new(d), value };
                    problem.triples.push(triple);
                }
            }
        }
        let begin = problem.first[p];
        problem.triples[begin..].sort_by_key(|triple| (triple.date, triple.host));
        problem.first.push(problem.triples.len());
    }
    problem.scale = problem.fitting_scale();
    let key = Key { round, book, libraries, dates, people, library_at, locks };
    Ok((problem, key))
}

/// Takes what the locks use off the capacities. Locks with an override may exceed them and lift the balance.
fn take_locks(problem: &mut Problem, keys: &[LockKey<'_>]) -> Result<(), MatchError> {
    let mut plain_in: HashMap<usize, i64> = HashMap::new();
    let mut plain_out: HashMap<usize, i64> = HashMap::new();
    let mut plain_host: HashMap<usize, i64> = HashMap::new();
    let whole = (problem.hosting.clone(), problem.release.clone(), problem.limit.clone());
    for (lock, key) in problem.locks.clone().iter().zip(keys) {
        let (into, out) = (problem.day(lock.host, lock.date), problem.day(lock.home, lock.date));
        problem.shift[into] += 1;
        problem.shift[out] -= 1;
        problem.hosting[into] = (problem.hosting[into] - 1).max(0);
        problem.release[out] = (problem.release[out] - 1).max(0);
        if let Some(limit) = &mut problem.limit[lock.host.at()] {
            *limit = (*limit - 1).max(0);
        }
        if key.overridden {
            problem.balance[into] = None;
            problem.balance[out] = None;
            continue;
        }
        let counts = [
            (*plain_in.entry(into).and_modify(|n| *n += 1).or_insert(1), whole.0[into], "host_full"),
            (*plain_out.entry(out).and_modify(|n| *n += 1).or_insert(1), whole.1[out], "cover"),
            (
                *plain_host.entry(lock.host.at()).and_modify(|n| *n += 1).or_insert(1),
                whole.2[lock.host.at()].unwrap_or(i64::MAX),
                "host_limit",
            ),
        ];
        if let Some((_, _, code)) = counts.iter().find(|(used, most, _)| used > most) {
            return Err(MatchError::LockBreaksRule { staff: key.staff.id.clone(), code });
        }
    }
    Ok(())
}

impl Problem {
    /// The triples of a person on a date.
    pub(super) fn on(&self, person: usize, date: usize) -> std::ops::Range<usize> {
        let range = self.of(person);
        let own = &self.triples[range.clone()];
        let (from, to) = (
            own.partition_point(|triple| triple.date.at() < date),
            own.partition_point(|triple| triple.date.at() <= date),
        );
        range.start + from..range.start + to
    }

    /// The largest of 1,000, 100, 10 and 1 parts to the point with which no sum of prices leaves 64 bits.
    fn fitting_scale(&self) -> i64 {
        let most = |p: usize| self.triples[self.of(p)].iter().map(|triple| triple.value).max().unwrap_or(0);
        // At most 2⁵³ by the limits of the format.
        let total: i64 = (0..self.home.len()).map(most).sum();
        let fits = |scale: &i64| total.checked_mul(*scale).is_some_and(|sum| sum < i64::MAX / 64);
        [1000, 100, 10].into_iter().find(fits).unwrap_or(1)
    }

    /// A price that no circulation pays.
    pub(super) fn forbidding_price(&self) -> i64 {
        let most = |p: usize| self.triples[self.of(p)].iter().map(|triple| triple.value).max().unwrap_or(0);
        1 + self.scale * (0..self.home.len()).map(most).sum::<i64>()
    }
}

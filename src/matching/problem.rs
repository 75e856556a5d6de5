//! From a round to plain integers: people, libraries, dates, feasible triples with values, and what the locks leave.
//!
//! Everything is numbered in the order of a hash of (seed, id), so that neither the order of the input nor sign-up
//! time can matter, and ties are broken by the hash alone. A triple is a pair of person and host, which has a value,
//! and an open date of the pair. Pairs stand person by person, then by host.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::MatchError;
use super::atlas::Atlas;
use super::dates::Dates;
use super::num::Ix;
use super::rules::{Rulebook, Traveller};
use super::watch::Halt;
use crate::files::Round;
use crate::files::round::{Library, Staff};

/// A person at a host, on some dates allowed by every rule that looks at nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) person: Ix,
    pub(super) host: Ix,
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
    pub(super) pairs: Vec<Pair>,
    /// On which dates each pair is feasible.
    pub(super) open: Dates,
    /// Where each person's pairs begin; one more at the end.
    pub(super) first: Vec<usize>,
    /// People by home, and where each library's begin; one more at the end.
    pub(super) staff: Vec<Ix>,
    pub(super) first_staff: Vec<usize>,
    /// Visitors that each library still takes on each date: `library * dates + date`.
    pub(super) hosting: Vec<i64>,
    /// Staff whom each library can still release on each date.
    pub(super) release: Vec<i64>,
    /// Visitors that each library still takes in the round.
    pub(super) limit: Vec<Option<i64>>,
    /// The required balance at each library-day; none where it is off or lifted by an override.
    pub(super) balance: Vec<Option<i64>>,
    /// Visitors less leavers at each library-day among those who are not part of the problem.
    pub(super) shift: Vec<i64>,
    pub(super) locks: Vec<Fixed>,
    /// Value of the locks.
    pub(super) locked_value: i64,
    /// Prices are whole parts of a point, so many to the point: 1,000 unless sums would leave 64 bits.
    pub(super) scale: i64,
    /// The most that any pair is worth.
    pub(super) highest: i64,
    /// Set when the run is to end.
    pub(super) halt: Halt,
    /// How far down the way of one-way streets each library-day is (`components`); 0 without.
    pub(super) depth: Vec<i64>,
}

/// What a branch of the search adds to the problem.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// On which dates each pair is left, where a branch narrows them.
    pub(super) open: Option<Dates>,
    /// Fewest and most visitors at a library-day, where the branch narrows them.
    pub(super) visitors: BTreeMap<usize, (i64, i64)>,
}

impl Scope {
    /// Whether a pair is left on a date.
    pub(super) fn is_open(&self, problem: &Problem, pair: usize, date: usize) -> bool {
        self.open(problem).has(pair, date)
    }

    /// What is left of the problem's triples.
    pub(super) fn open<'a>(&'a self, problem: &'a Problem) -> &'a Dates {
        self.open.as_ref().unwrap_or(&problem.open)
    }

    /// What is left of the problem's triples, to be narrowed.
    pub(super) fn narrow(&mut self, problem: &Problem) -> &mut Dates {
        self.open.get_or_insert_with(|| problem.open.clone())
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
    pub(super) fn home_of(&self, pair: usize) -> Ix {
        self.home[self.pairs[pair].person.at()]
    }

    /// The pairs of a person.
    pub(super) fn of(&self, person: usize) -> std::ops::Range<usize> {
        self.first[person]..self.first[person + 1]
    }

    /// Who is at home in a library.
    pub(super) fn staff_of(&self, library: usize) -> &[Ix] {
        &self.staff[self.first_staff[library]..self.first_staff[library + 1]]
    }

    /// Lets go of the pairs that are open on no date.
    pub(super) fn drop_closed(&mut self) {
        let mut open = Dates::new(self.dates);
        let (mut pairs, mut first) = (Vec::new(), vec![0]);
        for person in 0..self.home.len() {
            for n in self.of(person).filter(|n| self.open.row(*n).iter().any(|word| *word != 0)) {
                pairs.push(self.pairs[n]);
                open.push(self.open.row(n));
            }
            first.push(pairs.len());
        }
        pairs.shrink_to_fit();
        open.shrink_to_fit();
        (self.pairs, self.open, self.first) = (pairs, open, first);
    }

    /// Sorts people by home.
    pub(super) fn index_staff(&mut self) {
        self.first_staff = vec![0; self.libraries + 1];
        for home in &self.home {
            self.first_staff[home.at() + 1] += 1;
        }
        for n in 0..self.libraries {
            self.first_staff[n + 1] += self.first_staff[n];
        }
        self.staff = (0..self.home.len()).map(Ix::new).collect();
        self.staff.sort_by_key(|person| self.home[person.at()]);
    }

    /// The most that any of a person's pairs is worth.
    pub(super) fn most(&self, person: usize) -> i64 {
        self.pairs[self.of(person)].iter().map(|pair| pair.value).max().unwrap_or(0)
    }

    /// Works out what follows from the values of the pairs.
    pub(super) fn measure(&mut self) {
        self.scale = self.fitting_scale();
        self.highest = self.pairs.iter().map(|pair| pair.value).max().unwrap_or(0);
    }

    /// The largest of 1,000, 100, 10 and 1 parts to the point with which no sum of prices leaves 64 bits.
    pub(super) fn fitting_scale(&self) -> i64 {
        // At most 2⁵³ by the limits of the format.
        let total: i64 = (0..self.home.len()).map(|p| self.most(p)).sum();
        let fits = |scale: &i64| total.checked_mul(*scale).is_some_and(|sum| sum < i64::MAX / 64);
        [1000, 100, 10].into_iter().find(fits).unwrap_or(1)
    }

    /// A price that no circulation pays.
    pub(super) fn forbidding_price(&self) -> i64 {
        1 + self.scale * (0..self.home.len()).map(|p| self.most(p)).sum::<i64>()
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
        pairs: Vec::new(),
        open: Dates::new(dates.len()),
        first: vec![0],
        staff: Vec::new(),
        first_staff: Vec::new(),
        hosting: vec![0; days],
        release: vec![0; days],
        limit: libraries.iter().map(|library| library.hosting_limit).collect(),
        balance: vec![round.rules.balance; days],
        shift: vec![0; days],
        locks: Vec::new(),
        locked_value: 0,
        scale: 1,
        highest: 0,
        halt: Halt::default(),
        depth: vec![0; days],
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
    let atlas = Atlas::new(&libraries);
    let mut row = vec![0; problem.open.words()];
    for (p, staff) in people.iter().enumerate() {
        let home_at = library_at[staff.home.as_str()];
        let who = Traveller::new(staff, libraries[home_at]);
        problem.home.push(Ix::new(home_at));
        for h in atlas.near(&who, &round.rules) {
            let host = libraries[h];
            if host.hosting.is_empty() || book.breach_of_pair(&who, host).is_some() {
                continue;
            }
            row.fill(0);
            for date in &staff.dates {
                if book.breach_on_date(&who, host, *date).is_none() {
                    let d = date_at[date];
                    row[d / 64] |= 1 << (d % 64);
                }
            }
            if row.iter().any(|word| *word != 0) {
                let value = value(staff, book.score(&who, host));
                problem.pairs.push(Pair { person: Ix::new(p), host: Ix::new(h), value });
                problem.open.push(&row);
            }
        }
        problem.first.push(problem.pairs.len());
    }
    problem.pairs.shrink_to_fit();
    problem.open.shrink_to_fit();
    problem.index_staff();
    problem.measure();
    let key = Key { round, book, libraries, dates, people, library_at, locks };
    Ok((problem, key))
}

/// Takes what the locks use off the capacities. Locks with an override may exceed them and lift the balance.
fn take_locks(problem: &mut Problem, keys: &[LockKey<'_>]) -> Result<(), MatchError> {
    let mut used: HashMap<(&str, usize), i64> = HashMap::new();
    let mut lifted: HashSet<(&str, usize)> = HashSet::new();
    let whole = (problem.hosting.clone(), problem.release.clone(), problem.limit.clone());
    let locks = problem.locks.clone();
    // Where a lock has an override, the locks together may exceed what there is.
    for (lock, _) in locks.iter().zip(keys).filter(|(_, key)| key.overridden) {
        lifted.insert(("host_full", problem.day(lock.host, lock.date)));
        lifted.insert(("cover", problem.day(lock.home, lock.date)));
        lifted.insert(("host_limit", lock.host.at()));
    }
    for (lock, key) in locks.iter().zip(keys) {
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
        let limit = whole.2[lock.host.at()].unwrap_or(i64::MAX);
        for (code, at, most) in [
            ("host_full", into, whole.0[into]),
            ("cover", out, whole.1[out]),
            ("host_limit", lock.host.at(), limit),
        ] {
            let used = used.entry((code, at)).or_insert(0);
            *used += 1;
            if *used > most && !lifted.contains(&(code, at)) {
                return Err(MatchError::LockBreaksRule { staff: key.staff.id.clone(), code });
            }
        }
    }
    Ok(())
}

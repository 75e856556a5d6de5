//! The round with every day open, from which each changed round is cut.
//!
//! Where a library hosts or releases nobody on a date, one more place lets people go who could not before. So the
//! triples are worked out once as if everybody hosted and released one at least; a changed round keeps those that its
//! own days allow.

use super::super::certificate::{Certificate, THOUSAND};
use super::super::components::prune;
use super::super::dates::Dates;
use super::super::health::Scarce;
use super::super::num::{Ix, int};
use super::super::problem::{Key, Pair, Problem, build};
use crate::files::Round;

/// One more of something at a library-day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct More {
    pub(super) scarce: Scarce,
    pub(super) day: usize,
}

/// A placement that a person could have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Triple {
    pub(super) host: usize,
    pub(super) date: usize,
    pub(super) value: i64,
}

/// What counts in a changed round: so much for each point, for the person's place, and for each place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    pub(super) point: i64,
    pub(super) own: i64,
    pub(super) each: i64,
}

/// The round with every day open.
pub(super) struct Wide {
    problem: Problem,
    /// Whether each library-day hosts or releases somebody in the round as it is.
    hosts: Vec<bool>,
    releases: Vec<bool>,
    /// What the locks use of places and releases.
    used: [Vec<i64>; 2],
    /// What the round has.
    whole: [Vec<i64>; 2],
    /// What one more place or release is worth at most, in thousandths.
    worth: [Vec<i64>; 2],
}

impl Wide {
    /// None if the round cannot be built so, which its locks never cause.
    pub(super) fn new(
        round: &Round,
        key: &Key<'_>,
        as_is: &Problem,
        seed: i64,
        prices: &Certificate,
    ) -> Option<Self> {
        let mut open = round.clone();
        for library in &mut open.libraries {
            for date in &round.dates {
                for days in [&mut library.hosting, &mut library.release] {
                    let count = days.entry(*date).or_insert(0);
                    *count = (*count).max(1);
                }
            }
        }
        let mut problem = build(&open, seed).ok()?.0;
        let of_round = |release: bool| -> Vec<i64> {
            let days = key.libraries.iter().flat_map(|library| {
                let days = if release { &library.release } else { &library.hosting };
                key.dates.iter().map(move |date| days.get(date).copied().unwrap_or(0))
            });
            days.collect()
        };
        let whole = [of_round(false), of_round(true)];
        let mut used = [vec![0; whole[0].len()], vec![0; whole[1].len()]];
        for lock in &as_is.locks {
            used[0][as_is.day(lock.host, lock.date)] += 1;
            used[1][as_is.day(lock.home, lock.date)] += 1;
        }
        (problem.hosting, problem.release) = (as_is.hosting.clone(), as_is.release.clone());
        problem.halt = as_is.halt.clone();
        let hosts = whole[0].iter().map(|count| *count > 0).collect();
        let releases = whole[1].iter().map(|count| *count > 0).collect();
        let mut wide = Self { problem, hosts, releases, used, whole, worth: [Vec::new(), Vec::new()] };
        wide.worth = wide.worths(prices);
        Some(wide)
    }

    /// What one more place or release adds to the bound at most: its price, or, where there is none yet, the most that
    /// anybody who would use it gains at the prices of everything else.
    fn worths(&self, prices: &Certificate) -> [Vec<i64>; 2] {
        let problem = &self.problem;
        let mut worth = [prices.hosting().to_vec(), prices.release().to_vec()];
        for pair in 0..problem.pairs.len() {
            for date in problem.open.of(pair) {
                let (into, out) = self.days(pair, date);
                let gain = || prices.gain_of(problem, pair, Ix::new(date));
                match (self.hosts[into], self.releases[out]) {
                    (false, true) => worth[0][into] = worth[0][into].max(gain() + prices.hosting()[into]),
                    (true, false) => worth[1][out] = worth[1][out].max(gain() + prices.release()[out]),
                    (true, true) | (false, false) => {}
                }
            }
        }
        worth
    }

    fn days(&self, pair: usize, date: usize) -> (usize, usize) {
        let (problem, date) = (&self.problem, Ix::new(date));
        (problem.day(problem.pairs[pair].host, date), problem.day(problem.home_of(pair), date))
    }

    /// Whether a library-day hosts or releases somebody in the round as it is.
    pub(super) fn has(&self, scarce: Scarce, day: usize) -> bool {
        match scarce {
            Scarce::Place => self.hosts[day],
            Scarce::Release => self.releases[day],
        }
    }

    /// How much one more place or release lifts the bound at most, in thousandths.
    pub(super) fn worth(&self, more: More) -> i64 {
        self.worth[usize::from(more.scarce == Scarce::Release)][more.day]
    }

    /// What a library-day has with one more.
    pub(super) fn count(&self, more: More) -> i64 {
        self.whole[usize::from(more.scarce == Scarce::Release)][more.day] + 1
    }

    /// What the locks leave of a library-day with one more.
    fn left(&self, more: More) -> i64 {
        (self.count(more) - self.used[usize::from(more.scarce == Scarce::Release)][more.day]).max(0)
    }

    /// Whether a triple may be used where there is one more of something.
    fn is_open(&self, into: usize, out: usize, more: Option<More>) -> bool {
        let is = |scarce, day| more == Some(More { scarce, day });
        (self.hosts[into] || is(Scarce::Place, into)) && (self.releases[out] || is(Scarce::Release, out))
    }

    /// The triples of a person where there is one more of something.
    pub(super) fn triples(&self, person: usize, more: Option<More>) -> Vec<Triple> {
        let problem = &self.problem;
        let mut triples = Vec::new();
        for pair in problem.of(person) {
            let Pair { host, value, .. } = problem.pairs[pair];
            for date in problem.open.of(pair) {
                let (into, out) = self.days(pair, date);
                if self.is_open(into, out, more) {
                    triples.push(Triple { host: host.at(), date, value });
                }
            }
        }
        triples
    }

    /// All triples of a person, on days without places or releases too.
    pub(super) fn all(&self, person: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let problem = &self.problem;
        problem.of(person).flat_map(move |pair| {
            problem.open.of(pair).map(move |date| (problem.pairs[pair].host.at(), date))
        })
    }

    /// The round with one more of something, in which a person has only the given triples. None if sums would leave
    /// 64 bits.
    pub(super) fn changed(
        &self,
        person: usize,
        own: &[Triple],
        more: Option<More>,
        weights: Weights,
    ) -> Option<Problem> {
        let wide = &self.problem;
        let mut open = Dates::new(wide.dates);
        let (mut pairs, mut first) = (Vec::with_capacity(wide.pairs.len()), vec![0]);
        let mut row = vec![0_u64; open.words()];
        let weigh = |value: i64| value.checked_mul(weights.point)?.checked_add(weights.each);
        let most = |pairs: &[Pair]| pairs.iter().map(|pair| pair.value).max().unwrap_or(0);
        let mut sum = wide.locked_value.checked_mul(weights.point)?;
        for p in 0..wide.home.len() {
            let begin = pairs.len();
            if p == person {
                for of_host in own.chunk_by(|a, b| a.host == b.host) {
                    row.fill(0);
                    for triple in of_host {
                        row[triple.date / 64] |= 1 << (triple.date % 64);
                    }
                    let value = weigh(of_host[0].value)? + weights.own;
                    pairs.push(Pair { person: Ix::new(p), host: Ix::new(of_host[0].host), value });
                    open.push(&row);
                }
            } else {
                for pair in wide.of(p) {
                    row.fill(0);
                    for date in wide.open.of(pair) {
                        let (into, out) = self.days(pair, date);
                        if self.is_open(into, out, more) {
                            row[date / 64] |= 1 << (date % 64);
                        }
                    }
                    if row.iter().any(|word| *word != 0) {
                        pairs.push(Pair { value: weigh(wide.pairs[pair].value)?, ..wide.pairs[pair] });
                        open.push(&row);
                    }
                }
            }
            sum = sum.checked_add(most(&pairs[begin..]))?;
            first.push(pairs.len());
        }
        // The sums of prices need some room as well.
        sum.checked_mul(64)?;
        let mut problem = Problem {
            highest: most(&pairs),
            pairs,
            open,
            first,
            locked_value: wide.locked_value * weights.point,
            hosting: wide.hosting.clone(),
            release: wide.release.clone(),
            home: wide.home.clone(),
            staff: wide.staff.clone(),
            first_staff: wide.first_staff.clone(),
            limit: wide.limit.clone(),
            balance: wide.balance.clone(),
            shift: wide.shift.clone(),
            locks: wide.locks.clone(),
            halt: wide.halt.clone(),
            depth: wide.depth.clone(),
            libraries: wide.libraries,
            dates: wide.dates,
            scale: wide.scale,
        };
        problem.scale = problem.fitting_scale();
        if let Some(more) = more {
            let days = match more.scarce {
                Scarce::Place => &mut problem.hosting,
                Scarce::Release => &mut problem.release,
            };
            days[more.day] = self.left(more);
        }
        prune(&mut problem);
        Some(problem)
    }

    /// What building a changed round costs in units of work.
    pub(super) fn cost(&self) -> i64 {
        int(self.problem.pairs.len()) / 8
    }

    pub(super) fn dates(&self) -> usize {
        self.problem.dates
    }

    pub(super) fn home(&self, person: usize) -> Ix {
        self.problem.home[person]
    }

    /// Whether what the locks leave lets anybody go so.
    pub(super) fn has_room(&self, person: usize, triple: &Triple) -> bool {
        let (problem, date) = (&self.problem, Ix::new(triple.date));
        problem.hosting[problem.day(Ix::new(triple.host), date)] > 0
            && problem.release[problem.day(problem.home[person], date)] > 0
            && problem.limit[triple.host].is_none_or(|limit| limit > 0)
    }
}

/// Thousandths in so many points.
pub(super) fn thousandths(points: i64) -> i64 {
    points.saturating_mul(THOUSAND)
}

//! The problem that a schedule claims to solve, in numbers, whether it comes from a round or from an audit file.
//!
//! Libraries and people are sorted by id and dates by time, so that a smaller place means a smaller id.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::rules::{Candidates, HardRules, Rule};
use crate::files::{AuditFile, Round};

/// What a schedule is checked against.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// A round: every rule and score is worked out.
    Round(&'a Round),
    /// An audit file: who may go where at which score is taken from it.
    Audit(&'a AuditFile),
}

/// A library's numbers; one for each date of the model.
#[derive(Debug)]
pub(super) struct Library<'a> {
    pub(super) id: &'a str,
    pub(super) hosting: Vec<i64>,
    pub(super) hosting_limit: Option<i64>,
    pub(super) release: Vec<i64>,
}

/// A placement that stands already.
#[derive(Debug)]
pub(super) struct Lock<'a> {
    pub(super) host: usize,
    pub(super) date: usize,
    pub(super) score: i64,
    pub(super) override_reason: Option<&'a str>,
}

/// A person's numbers.
#[derive(Debug)]
pub(super) struct Person<'a> {
    pub(super) id: &'a str,
    pub(super) home: usize,
    pub(super) priority: i64,
    pub(super) lock: Option<Lock<'a>>,
}

/// Where a person may go.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    /// Libraries that host on some date, the own one aside.
    pub(super) hosts_considered: i64,
    /// Which rule took the last date of how many of them; an audit file does not tell.
    pub(super) excluded: Option<BTreeMap<&'static str, i64>>,
    /// Host, dates and score of every feasible triple.
    pub(super) feasible: Vec<(usize, Vec<usize>, i64)>,
}

/// A length as the files write it.
pub(super) fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Where feasibility and scores come from.
#[derive(Debug)]
enum Source<'a> {
    Rules(Box<HardRules<'a>>),
    Listed(Vec<Options>),
}

/// The problem in numbers.
#[derive(Debug)]
pub(super) struct Model<'a> {
    pub(super) round_sha256: String,
    pub(super) dates: &'a [NaiveDate],
    pub(super) libraries: Vec<Library<'a>>,
    pub(super) people: Vec<Person<'a>>,
    pub(super) balance: Option<i64>,
    pub(super) max_ring: Option<i64>,
    pub(super) weight: i64,
    source: Source<'a>,
}

fn by_date(dates: &[NaiveDate], counts: &BTreeMap<NaiveDate, i64>) -> Vec<i64> {
    dates.iter().map(|date| counts.get(date).copied().unwrap_or(0)).collect()
}

fn place_of(libraries: &[Library<'_>], id: &str) -> Option<usize> {
    libraries.binary_search_by(|library| library.id.cmp(id)).ok()
}

/// The elements that name a known library, with its place, sorted by their own id. (The readers refuse unknown ids;
/// a round built otherwise may still hold some.)
fn sorted_people<'a, T>(
    people: &'a [T],
    libraries: &[Library<'_>],
    id: impl Fn(&'a T) -> &'a str,
    home: impl Fn(&'a T) -> &'a str,
) -> Vec<(&'a T, usize)> {
    let mut found: Vec<_> =
        people.iter().filter_map(|person| Some((person, place_of(libraries, home(person))?))).collect();
    found.sort_by(|(a, _), (b, _)| id(a).cmp(id(b)));
    found
}

impl<'a> Model<'a> {
    /// The model of a subject. `dates` are [`Self::dates_of`] the same subject.
    pub(super) fn of(subject: &Subject<'a>, dates: &'a [NaiveDate]) -> Self {
        match subject {
            Subject::Round(round) => Self::of_round(round, dates),
            Subject::Audit(audit) => Self::of_audit(audit, dates),
        }
    }

    /// The dates of a subject, sorted.
    pub(super) fn dates_of(subject: &Subject<'_>) -> Vec<NaiveDate> {
        let mut dates = match subject {
            Subject::Round(round) => round.dates.clone(),
            Subject::Audit(audit) => audit.dates.clone(),
        };
        dates.sort();
        dates
    }

    fn of_round(round: &'a Round, dates: &'a [NaiveDate]) -> Self {
        let mut sorted: Vec<_> = round.libraries.iter().collect();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        let numbers = sorted.iter().map(|library| Library {
            id: &library.id,
            hosting: by_date(dates, &library.hosting),
            hosting_limit: library.hosting_limit,
            release: by_date(dates, &library.release),
        });
        let libraries: Vec<_> = numbers.collect();
        let (staff, homes): (Vec<_>, Vec<_>) =
            sorted_people(&round.staff, &libraries, |person| &person.id, |person| &person.home)
                .into_iter()
                .unzip();
        let people = staff.iter().zip(&homes).map(|(person, home)| Person {
            id: &person.id,
            home: *home,
            priority: person.priority,
            lock: None,
        });
        let people = people.collect();
        let rules = HardRules::new(round, dates, sorted, staff, homes);
        let mut model = Self {
            round_sha256: round.sha256(),
            dates,
            libraries,
            people,
            balance: round.rules.balance,
            max_ring: round.rules.max_ring,
            weight: round.placement_weight(),
            source: Source::Rules(Box::new(rules)),
        };
        for lock in &round.locks {
            let found = (model.person(&lock.staff), model.library(&lock.host), model.date(lock.date));
            if let (Some(person), Some(host), Some(date)) = found {
                let score = model.score(person, host, date).unwrap_or(0);
                let override_reason = lock.override_reason.as_deref();
                model.people[person].lock = Some(Lock { host, date, score, override_reason });
            }
        }
        model
    }

    fn of_audit(audit: &'a AuditFile, dates: &'a [NaiveDate]) -> Self {
        let numbers = audit.libraries.iter().map(|library| Library {
            id: &library.id,
            hosting: by_date(dates, &library.hosting),
            hosting_limit: library.hosting_limit,
            release: by_date(dates, &library.release),
        });
        let mut libraries: Vec<_> = numbers.collect();
        libraries.sort_by(|a, b| a.id.cmp(b.id));
        let hosts = |library: &Library<'_>| library.hosting.iter().any(|count| *count >= 1);
        let hosts_in_round = libraries.iter().filter(|library| hosts(library)).count();
        let mut people = Vec::new();
        let mut listed = Vec::new();
        for (person, home) in
            sorted_people(&audit.staff, &libraries, |person| &person.id, |person| &person.home)
        {
            let triples = person.feasible.iter().filter_map(|(host, on, score)| {
                let on = on.iter().filter_map(|date| dates.binary_search(date).ok()).collect();
                Some((place_of(&libraries, host)?, on, *score))
            });
            listed.push(Options {
                hosts_considered: count(hosts_in_round - usize::from(hosts(&libraries[home]))),
                excluded: None,
                feasible: triples.collect(),
            });
            people.push(Person { id: &person.id, home, priority: person.priority, lock: None });
        }
        let mut model = Self {
            round_sha256: audit.round_sha256.clone(),
            dates,
            libraries,
            people,
            balance: audit.balance,
            max_ring: audit.max_ring,
            weight: audit.weight,
            source: Source::Listed(listed),
        };
        for lock in &audit.locks {
            let found = (model.person(&lock.staff), model.library(&lock.host), model.date(lock.date));
            if let (Some(person), Some(host), Some(date)) = found {
                let override_reason = lock.override_reason.as_deref();
                model.people[person].lock = Some(Lock { host, date, score: lock.score, override_reason });
            }
        }
        model
    }

    pub(super) fn person(&self, id: &str) -> Option<usize> {
        self.people.binary_search_by(|person| person.id.cmp(id)).ok()
    }

    pub(super) fn library(&self, id: &str) -> Option<usize> {
        place_of(&self.libraries, id)
    }

    pub(super) fn date(&self, date: NaiveDate) -> Option<usize> {
        self.dates.binary_search(&date).ok()
    }

    /// W × (1 + priority): what placing a person counts before the score.
    pub(super) fn weight_of(&self, person: usize) -> i128 {
        i128::from(self.weight) * i128::from(1 + self.people[person].priority)
    }

    /// Everybody's options, one person after the other in the order of ids: one pass over all feasible triples.
    pub(super) fn for_each_options(&self, mut see: impl FnMut(usize, &Options)) {
        match &self.source {
            Source::Rules(rules) => {
                let mut of_home: HashMap<usize, Candidates> = HashMap::new();
                for (place, person) in self.people.iter().enumerate() {
                    let candidates = of_home.entry(person.home).or_insert_with(|| rules.candidates(place));
                    see(place, &rules.options(place, candidates));
                }
            }
            Source::Listed(options) => {
                for (person, options) in options.iter().enumerate() {
                    see(person, options);
                }
            }
        }
    }

    /// The rules that a placement breaks; none of them for an audit file, which tells only that some are.
    pub(super) fn judge(&self, person: usize, host: usize, date: usize) -> Judgement {
        match &self.source {
            Source::Rules(rules) => Judgement::Broken(rules.broken_by(person, host, date)),
            Source::Listed(options) => {
                let lists =
                    |(place, dates, _): &&(usize, Vec<usize>, i64)| *place == host && dates.contains(&date);
                match options[person].feasible.iter().find(lists) {
                    Some(_) => Judgement::Broken(Vec::new()),
                    None => Judgement::NotListed,
                }
            }
        }
    }

    /// The score of a placement; none where an audit file does not list it.
    pub(super) fn score(&self, person: usize, host: usize, date: usize) -> Option<i64> {
        match (&self.source, &self.people[person].lock) {
            (Source::Rules(rules), _) => Some(rules.score(person, host)),
            (Source::Listed(_), Some(lock)) if (lock.host, lock.date) == (host, date) => Some(lock.score),
            (Source::Listed(options), _) => {
                let of_host = options[person].feasible.iter().find(|(place, _, _)| *place == host);
                of_host.map(|(_, _, score)| *score)
            }
        }
    }

    /// The placements counted by the rank used in their score, the last element those beyond the weights; none for
    /// an audit file, which does not tell wishes.
    pub(super) fn count_sector_ranks(
        &self,
        placed: impl Iterator<Item = (usize, usize)>,
    ) -> Option<Vec<i64>> {
        match &self.source {
            Source::Rules(rules) => Some(rules.count_sector_ranks(placed)),
            Source::Listed(_) => None,
        }
    }

    /// The library-days whose balance an overridden lock lifts.
    pub(super) fn balance_is_lifted(&self) -> Vec<(usize, usize)> {
        let overridden = self.people.iter().filter_map(|person| {
            let lock = person.lock.as_ref().filter(|lock| lock.override_reason.is_some())?;
            Some([(person.home, lock.date), (lock.host, lock.date)])
        });
        overridden.flatten().collect()
    }
}

/// What the rules say of a placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// These are broken; none means feasible.
    Broken(Vec<Rule>),
    /// An audit file does not list it.
    NotListed,
}

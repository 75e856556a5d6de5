//! From what is known of a round to its round file: one pure function, so that what a run froze can be worked out again.
//!
//! People are named by their application's id: no name or address ever is in a round file. Nobody is in it on a day
//! off, no library on a day on which it is closed. The rules in words: docs/rounds.md.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{NaiveDate, NaiveTime, Timelike};

use crate::domain::access_needs::AccessNeeds;
use crate::domain::application::{Application, ReleaseRule};
use crate::domain::cover::{Elsewhere, LibraryDays, Situation};
use crate::domain::fault::Fault;
use crate::domain::history::{GivenHistory, MOST_PRIORITY, Outcome, Successors, Visit, rounds_left_out};
use crate::domain::ids::{ApplicationId, EmployerId, LibraryId, PersonId};
use crate::domain::lock::{Forbidden, Lock};
use crate::domain::offer::Offer;
use crate::domain::opening::{Opening, OpeningDay, Reason};
use crate::domain::organisation::{Employer, Library};
use crate::domain::refusal::BrokenRule;
use crate::domain::round::Round;
use crate::domain::states::LibraryStatus;
use crate::files::{self, Rules};

/// Everything that a round file is made of. More than is needed does no harm.
#[derive(Debug, Clone)]
pub struct Known {
    /// The round.
    pub round: Round,
    /// Its rules.
    pub rules: Rules,
    /// Who has signed up for it.
    pub applications: Vec<Application>,
    /// Access needs.
    pub needs: HashMap<ApplicationId, AccessNeeds>,
    /// What libraries offer for it.
    pub offers: BTreeMap<LibraryId, Offer>,
    /// The libraries that offer something, that people work at, or that locks name, and what these became.
    pub libraries: HashMap<LibraryId, Library>,
    /// When these are open; one that is absent has unknown hours.
    pub openings: BTreeMap<LibraryId, Opening>,
    /// The employers of these, and what they became.
    pub employers: HashMap<EmployerId, Employer>,
    /// What became of libraries.
    pub libraries_became: Successors<LibraryId>,
    /// What became of employers.
    pub employers_became: Successors<EmployerId>,
    /// Visits of other rounds, and of the past.
    pub visits: Vec<Visit>,
    /// What other rounds brought to people, at the last day of each.
    pub outcomes: Vec<(PersonId, NaiveDate, Outcome)>,
    /// What files said of the past of people who came by them.
    pub given: HashMap<ApplicationId, GivenHistory>,
    /// Placements that stand already.
    pub locks: Vec<Lock>,
    /// Pairs that must not be.
    pub forbidden: Vec<Forbidden>,
}

/// The round file.
///
/// # Errors
/// The faults of the file's own limits (sums beyond 2^53).
pub fn round_file(known: &Known) -> Result<files::Round, Vec<Fault>> {
    let people = known.people();
    let is_frozen = |application: &ApplicationId| people.contains_key(application);
    let locks: Vec<&Lock> = known.locks.iter().filter(|lock| is_frozen(&lock.application)).collect();
    // An override may send somebody to a library that offered nothing.
    let ids: BTreeSet<LibraryId> = known
        .offers
        .keys()
        .copied()
        .chain(people.values().map(|(application, _)| known.libraries_became.current(application.home)))
        .chain(locks.iter().map(|lock| lock.host))
        .collect();
    let elsewhere = Elsewhere::of_visits(&known.visits, &known.libraries_became);
    let libraries = ids.iter().filter_map(|id| known.libraries.get(id));
    let (visited, outcomes) = (known.visited(), known.outcomes_by_person());
    let round = files::Round {
        name: known.round.name.to_string(),
        time_zone: known.round.time_zone,
        dates: known.round.dates.clone(),
        rules: known.rules.clone(),
        employer_groups: known.employer_groups(),
        partners: Vec::new(),
        libraries: libraries.map(|library| known.library(library, elsewhere.get(&library.id))).collect(),
        staff: people
            .values()
            .map(|(application, dates)| {
                let visited = visited.get(&application.person);
                let outcomes = outcomes.get(&application.person).map(Vec::as_slice).unwrap_or_default();
                known.staff(application, dates, visited, outcomes)
            })
            .collect(),
        locks: locks.into_iter().map(lock_of).collect(),
        forbidden: known.forbidden_pairs(&|pair: &Forbidden| is_frozen(&pair.application), &ids),
    };
    round.checked()
}

/// A library's days in a round on which a visit needs so many minutes.
pub(super) fn library_days(
    (round, needed): (&Round, u16),
    library: &Library,
    offer: &Offer,
    opening: Option<&Opening>,
    elsewhere: Option<&Elsewhere>,
) -> LibraryDays {
    let (unknown, none) = (Opening::default(), Elsewhere::default());
    let situation = Situation {
        offer,
        opening: opening.unwrap_or(&unknown),
        status: status_of(library),
        elsewhere: elsewhere.unwrap_or(&none),
    };
    situation.on_days(&round.dates, needed)
}

/// A library that has become part of another is in use no more.
fn status_of(library: &Library) -> LibraryStatus {
    if library.successor.is_some() { LibraryStatus::Closed } else { library.status }
}

/// How many minutes a visit needs by the rules.
pub(super) fn minutes_needed(rules: &Rules) -> u16 {
    u16::try_from(rules.min_minutes).unwrap_or(u16::MAX)
}

/// What forbids a placement whatever an organiser says: nobody is sent to a closed library, or away on a day off.
///
/// Where only the hours are unknown, an organiser may know better.
pub(super) fn closed_or_off(
    application: &Application,
    host: &Library,
    day: &OpeningDay,
    date: NaiveDate,
) -> Option<BrokenRule> {
    let broken = |code, words| BrokenRule {
        code,
        application: Some(application.id.to_string()),
        library: Some(host.id.to_string()),
        date: Some(date),
        words,
    };
    if let Some(pattern) = application.pattern.as_ref().filter(|pattern| pattern.on(date).is_none()) {
        return Some(broken("availability", format!("{date} {}", pattern.day_off(date))));
    }
    let not_in_use = match status_of(host) {
        LibraryStatus::Open => None,
        LibraryStatus::Closed => Some("closed for good or part of another library".to_owned()),
    };
    let closed = || {
        let is_known = !matches!(day.reason, Reason::HoursUnknown(_));
        (is_known && !day.is_open()).then(|| day.to_string())
    };
    let why = not_in_use.or_else(closed)?;
    Some(broken("not_hosting", format!("on {date} {} is {why}", host.name)))
}

impl Known {
    /// Who is matched, and on which days: released, no day off, no other place on it.
    fn people(&self) -> BTreeMap<ApplicationId, (&Application, Vec<NaiveDate>)> {
        let rule = if self.round.release_required { ReleaseRule::Required } else { ReleaseRule::Waived };
        let taken: HashSet<(PersonId, NaiveDate)> =
            self.visits.iter().map(|visit| (visit.person, visit.date)).collect();
        self.applications
            .iter()
            .map(|application| {
                let mut dates = application.matched_dates(rule);
                dates.retain(|date| !taken.contains(&(application.person, *date)));
                (application.id, (application, dates))
            })
            .filter(|(_, (_, dates))| !dates.is_empty())
            .collect()
    }

    /// The locks that no override can save: on days off and at closed libraries.
    pub(super) fn impossible_locks(&self) -> Vec<BrokenRule> {
        let people = self.people();
        let broken = |lock: &Lock| {
            let (application, _) = people.get(&lock.application)?;
            let host = self.libraries.get(&lock.host)?;
            let day = self.openings.get(&host.id)?.on(lock.date);
            closed_or_off(application, host, &day, lock.date)
        };
        self.locks.iter().filter_map(broken).collect()
    }

    /// Where each person was, by every name that the library had or got.
    fn visited(&self) -> HashMap<PersonId, BTreeSet<LibraryId>> {
        let mut visited: HashMap<PersonId, BTreeSet<LibraryId>> = HashMap::new();
        for visit in &self.visits {
            visited.entry(visit.person).or_default().extend(self.libraries_became.line(visit.host));
        }
        visited
    }

    /// Rounds and visits, each with its day.
    fn outcomes_by_person(&self) -> HashMap<PersonId, Vec<(NaiveDate, Outcome)>> {
        let mut outcomes: HashMap<PersonId, Vec<(NaiveDate, Outcome)>> = HashMap::new();
        for (person, date, outcome) in &self.outcomes {
            outcomes.entry(*person).or_default().push((*date, *outcome));
        }
        for visit in &self.visits {
            outcomes.entry(visit.person).or_default().push((visit.date, Outcome::Placed));
        }
        outcomes
    }

    /// The employers of a library, each as what it has become.
    fn employers_of(&self, library: &Library) -> BTreeSet<EmployerId> {
        let current = library.employers.iter().map(|id| self.employers_became.current(*id));
        current.filter(|id| self.employers.contains_key(id)).collect()
    }

    /// Employers that count as one; a group of one is none.
    fn employer_groups(&self) -> Vec<Vec<String>> {
        let mut groups: BTreeMap<&str, BTreeSet<EmployerId>> = BTreeMap::new();
        for employer in self.employers.values().filter(|employer| employer.successor.is_none()) {
            if let Some(group) = &employer.group {
                groups.entry(group.as_str()).or_default().insert(employer.id);
            }
        }
        let groups = groups.into_values().filter(|members| members.len() > 1);
        groups.map(|members| texts(&members)).collect()
    }

    fn library(&self, library: &Library, elsewhere: Option<&Elsewhere>) -> files::round::Library {
        let no_offer = Offer::default();
        let offer = self.offers.get(&library.id).unwrap_or(&no_offer);
        let round = (&self.round, minutes_needed(&self.rules));
        let LibraryDays { days, hosting_limit } =
            library_days(round, library, offer, self.openings.get(&library.id), elsewhere);
        let hosting = days.iter().filter(|day| day.hosting > 0).map(|day| (day.date, i64::from(day.hosting)));
        let release = days.iter().filter(|day| day.release > 0).map(|day| (day.date, i64::from(day.release)));
        let hours = days.iter().filter_map(|day| Some((day.date, (day.hours?.from(), day.hours?.until()))));
        files::round::Library {
            id: library.id.to_string(),
            name: library.name.to_string(),
            sectors: texts(&library.sectors),
            employers: texts(&self.employers_of(library)),
            point: library.point.map(|point| (point.latitude(), point.longitude())),
            topics: texts(&library.topics),
            access: texts(&library.access),
            vetting_required: library.vetting_required,
            escorts_visitors: library.escorts_visitors,
            hosting: hosting.collect(),
            hosting_limit: hosting_limit.map(i64::from),
            release: release.collect(),
            hours: hours.collect(),
        }
    }

    fn staff(
        &self,
        application: &Application,
        dates: &[NaiveDate],
        visited: Option<&BTreeSet<LibraryId>>,
        outcomes: &[(NaiveDate, Outcome)],
    ) -> files::round::Staff {
        let hours = dates.iter().filter_map(|date| {
            let (from, until) = application.hours_on(*date)?;
            Some((*date, (minutes(from), minutes(until))))
        });
        let lines = |ids: &[LibraryId]| -> BTreeSet<LibraryId> {
            ids.iter().flat_map(|id| self.libraries_became.line(*id)).collect()
        };
        let given = self.given.get(&application.id).cloned().unwrap_or_default();
        let mut visited = visited.cloned().unwrap_or_default();
        visited.extend(lines(&given.visited));
        files::round::Staff {
            id: application.id.to_string(),
            home: self.libraries_became.current(application.home).to_string(),
            dates: dates.to_vec(),
            hours: hours.collect(),
            max_km: application.max_km,
            origin: None,
            sectors: texts(&application.sectors),
            topics: texts(&application.topics),
            needs: self.needs.get(&application.id).map(|needs| texts(&needs.tags)).unwrap_or_default(),
            assured_until: application.assured_until,
            visited: texts(&visited),
            avoid: texts(&lines(&application.avoid)),
            priority: (rounds_left_out(outcomes) + given.waited).min(MOST_PRIORITY),
        }
    }

    /// The forbidden pairs of people who are matched; where nobody can be sent, nothing need be forbidden.
    fn forbidden_pairs(
        &self,
        is_frozen: &dyn Fn(&Forbidden) -> bool,
        ids: &BTreeSet<LibraryId>,
    ) -> Vec<files::round::Forbidden> {
        let pairs = self.forbidden.iter().filter(|pair| is_frozen(pair));
        let pairs: BTreeSet<(ApplicationId, LibraryId, Option<NaiveDate>)> = pairs
            .map(|pair| (pair.application, self.libraries_became.current(pair.host), pair.date))
            .filter(|(_, host, _)| ids.contains(host))
            .collect();
        let pair = |(application, host, date): (ApplicationId, LibraryId, _)| files::round::Forbidden {
            staff: application.to_string(),
            host: host.to_string(),
            date,
        };
        pairs.into_iter().map(pair).collect()
    }
}

fn texts<'a, T: ToString + 'a>(values: impl IntoIterator<Item = &'a T>) -> Vec<String> {
    values.into_iter().map(ToString::to_string).collect()
}

/// Minutes since midnight.
fn minutes(time: NaiveTime) -> u16 {
    u16::try_from(time.num_seconds_from_midnight() / 60).unwrap_or(u16::MAX)
}

fn lock_of(lock: &Lock) -> files::round::Lock {
    files::round::Lock {
        staff: lock.application.to_string(),
        host: lock.host.to_string(),
        date: lock.date,
        override_reason: lock.override_reason.clone(),
    }
}

//! The hard rules and the score, written from the specification and from nothing else.
//!
//! One primitive, [`HardRules::take_away`], says which dates a rule takes from a person and a host. Feasibility,
//! breaches and explanations all follow from it, so that they cannot contradict each other.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use super::distance::{metres_between, whole_metres_of_km};
use super::model::Options;
use crate::files::round::{Library, Minutes, Round, Staff};
use crate::files::rules::SectorRule;

/// The rules that say who may go where, in the order of the specification's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The host is not the home library.
    OwnLibrary,
    /// Host and home have no employer in common.
    SameEmployer,
    /// The sector rule allows it.
    Sector,
    /// Host and home are partners.
    NotPartner,
    /// The person does not avoid the host and the pair is not forbidden.
    Avoided,
    /// The person has not been there.
    RepeatHost,
    /// Both points are known.
    DistanceUnknown,
    /// The host is near enough.
    Distance,
    /// The host has the access features that the person needs.
    Access,
    /// The person can go on the date.
    Availability,
    /// The host takes a visitor on the date.
    NotHosting,
    /// The home library releases somebody on the date.
    NotReleased,
    /// The person is vetted or needs not to be.
    Vetting,
    /// Both are there long enough on the date.
    Hours,
}

impl Rule {
    /// All rules in the order of the table.
    pub const ALL: [Rule; 14] = [
        Rule::OwnLibrary,
        Rule::SameEmployer,
        Rule::Sector,
        Rule::NotPartner,
        Rule::Avoided,
        Rule::RepeatHost,
        Rule::DistanceUnknown,
        Rule::Distance,
        Rule::Access,
        Rule::Availability,
        Rule::NotHosting,
        Rule::NotReleased,
        Rule::Vetting,
        Rule::Hours,
    ];

    /// The first rules concern the two libraries alone: whoever works there, the answer is the same.
    const OF_LIBRARIES: usize = 4;

    /// The code in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Rule::OwnLibrary => "own_library",
            Rule::SameEmployer => "same_employer",
            Rule::Sector => "sector",
            Rule::NotPartner => "not_partner",
            Rule::Avoided => "avoided",
            Rule::RepeatHost => "repeat_host",
            Rule::DistanceUnknown => "distance_unknown",
            Rule::Distance => "distance",
            Rule::Access => "access",
            Rule::Availability => "availability",
            Rule::NotHosting => "not_hosting",
            Rule::NotReleased => "not_released",
            Rule::Vetting => "vetting",
            Rule::Hours => "hours",
        }
    }
}

/// The parts of a score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Points {
    /// For the rank of the sector.
    pub sector: i64,
    /// For topics wished for.
    pub topics: i64,
    /// For being near.
    pub nearness: i64,
    /// For being partners.
    pub partner: i64,
}

/// On which dates a pair must not be.
#[derive(Debug, Default)]
struct ForbiddenDates {
    every: bool,
    some: HashSet<NaiveDate>,
}

/// A round made ready to be asked. Places in `libraries`, `people` and `dates` are the model's.
#[derive(Debug)]
pub(super) struct HardRules<'a> {
    round: &'a Round,
    dates: &'a [NaiveDate],
    libraries: Vec<&'a Library>,
    people: Vec<&'a Staff>,
    homes: Vec<usize>,
    /// Employers by number; grouped ones share theirs.
    employers: Vec<Vec<usize>>,
    partners: HashSet<(&'a str, &'a str)>,
    forbidden: HashMap<(&'a str, &'a str), ForbiddenDates>,
    /// Libraries that host on some date.
    hosts: Vec<usize>,
}

/// What the rules of the two libraries alone leave of the hosts, the same for everybody of a home library.
#[derive(Debug)]
pub(super) struct Candidates {
    hosts_considered: i64,
    excluded: BTreeMap<&'static str, i64>,
    left: Vec<usize>,
}

impl<'a> HardRules<'a> {
    pub(super) fn new(
        round: &'a Round,
        dates: &'a [NaiveDate],
        libraries: Vec<&'a Library>,
        people: Vec<&'a Staff>,
        homes: Vec<usize>,
    ) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for (number, group) in round.employer_groups.iter().enumerate() {
            numbers.extend(group.iter().map(|name| (name.as_str(), number)));
        }
        let mut next = round.employer_groups.len();
        let employers = libraries.iter().map(|library| {
            let number = |name: &'a String| {
                *numbers.entry(name).or_insert_with(|| {
                    next += 1;
                    next
                })
            };
            library.employers.iter().map(number).collect()
        });
        let employers = employers.collect();
        let both_ways = |[a, b]: &'a [String; 2]| [(a.as_str(), b.as_str()), (b.as_str(), a.as_str())];
        let mut forbidden: HashMap<_, ForbiddenDates> = HashMap::new();
        for pair in &round.forbidden {
            let dates = forbidden.entry((pair.staff.as_str(), pair.host.as_str())).or_default();
            match pair.date {
                Some(date) => drop(dates.some.insert(date)),
                None => dates.every = true,
            }
        }
        let hosts_some_day = |place: &usize| libraries[*place].hosting.values().any(|count| *count >= 1);
        Self {
            hosts: (0..libraries.len()).filter(hosts_some_day).collect(),
            partners: round.partners.iter().flat_map(both_ways).collect(),
            round,
            dates,
            libraries,
            people,
            homes,
            employers,
            forbidden,
        }
    }

    pub(super) fn are_partners(&self, a: usize, b: usize) -> bool {
        self.partners.contains(&(self.libraries[a].id.as_str(), self.libraries[b].id.as_str()))
    }

    /// Whole metres from where the person sets out to the host, if both points are known.
    pub(super) fn metres(&self, person: usize, host: usize) -> Option<i64> {
        let from = self.people[person].origin.or(self.libraries[self.homes[person]].point)?;
        Some(metres_between(from, self.libraries[host].point?))
    }

    fn sectors_allow(&self, home: &Library, host: &Library) -> bool {
        match &self.round.rules.sectors {
            SectorRule::Any => true,
            SectorRule::Cross => host.sectors.iter().any(|sector| !home.sectors.contains(sector)),
            SectorRule::Table(table) => home.sectors.iter().any(|from| {
                table.get(from).is_some_and(|allowed| host.sectors.iter().any(|to| allowed.contains(to)))
            }),
        }
    }

    /// How long person and host are there together; negative where one goes before the other comes.
    pub(super) fn minutes_in_common(&self, person: usize, host: usize, date: usize) -> i64 {
        let there = |hours: &BTreeMap<NaiveDate, (Minutes, Minutes)>| {
            hours.get(&self.dates[date]).copied().unwrap_or((0, 24 * 60))
        };
        let ((from, to), (opens, closes)) =
            (there(&self.people[person].hours), there(&self.libraries[host].hours));
        i64::from(to.min(closes)) - i64::from(from.max(opens))
    }

    /// Takes away the dates on which the rule keeps the person from the host.
    fn take_away(&self, rule: Rule, person: usize, host: usize, left: &mut Vec<usize>) {
        let rules = &self.round.rules;
        let p = self.people[person];
        let (m, h) = (self.homes[person], host);
        let (home_library, host_library) = (self.libraries[m], self.libraries[h]);
        let mut take_all_if = |broken: bool| {
            if broken {
                left.clear();
            }
        };
        match rule {
            Rule::OwnLibrary => take_all_if(h == m),
            Rule::SameEmployer => take_all_if(
                !rules.same_employer
                    && self.employers[h].iter().any(|employer| self.employers[m].contains(employer)),
            ),
            Rule::Sector => take_all_if(!self.sectors_allow(home_library, host_library)),
            Rule::NotPartner => take_all_if(rules.partners_only && !self.are_partners(m, h)),
            Rule::Avoided => {
                take_all_if(p.avoid.contains(&host_library.id));
                if let Some(forbidden) = self.forbidden.get(&(p.id.as_str(), host_library.id.as_str())) {
                    left.retain(|date| !forbidden.every && !forbidden.some.contains(&self.dates[*date]));
                }
            }
            Rule::RepeatHost => take_all_if(!rules.repeat_hosts && p.visited.contains(&host_library.id)),
            Rule::DistanceUnknown => {
                take_all_if(!rules.unknown_distance && self.metres(person, host).is_none());
            }
            Rule::Distance => {
                let limit = whole_metres_of_km(p.max_km);
                take_all_if(self.metres(person, host).is_some_and(|metres| metres > limit));
            }
            Rule::Access => take_all_if(!p.needs.iter().all(|need| host_library.access.contains(need))),
            Rule::Availability => left.retain(|date| p.dates.contains(&self.dates[*date])),
            Rule::NotHosting => {
                left.retain(|date| host_library.hosting.get(&self.dates[*date]).is_some_and(|n| *n >= 1));
            }
            Rule::NotReleased => {
                left.retain(|date| home_library.release.get(&self.dates[*date]).is_some_and(|n| *n >= 1));
            }
            Rule::Vetting => {
                if host_library.vetting_required && !host_library.escorts_visitors {
                    left.retain(|date| p.assured_until.is_some_and(|until| until >= self.dates[*date]));
                }
            }
            Rule::Hours => {
                if rules.min_minutes > 0 {
                    left.retain(|date| self.minutes_in_common(person, host, *date) >= rules.min_minutes);
                }
            }
        }
    }

    /// The rules that a placement breaks, in table order.
    pub(super) fn broken_by(&self, person: usize, host: usize, date: usize) -> Vec<Rule> {
        let breaks = |rule: &Rule| {
            let mut left = vec![date];
            self.take_away(*rule, person, host, &mut left);
            left.is_empty()
        };
        Rule::ALL.into_iter().filter(breaks).collect()
    }

    /// What the rules of the libraries leave to everybody who works where this person works.
    pub(super) fn candidates(&self, person: usize) -> Candidates {
        let mut found = Candidates { hosts_considered: 0, excluded: BTreeMap::new(), left: Vec::new() };
        for &host in self.hosts.iter().filter(|host| **host != self.homes[person]) {
            found.hosts_considered += 1;
            let broken = Rule::ALL[..Rule::OF_LIBRARIES].iter().find(|rule| {
                let mut left = vec![0];
                self.take_away(**rule, person, host, &mut left);
                left.is_empty()
            });
            match broken {
                Some(rule) => *found.excluded.entry(rule.as_str()).or_default() += 1,
                None => found.left.push(host),
            }
        }
        found
    }

    /// Every feasible triple of a person, and which rule took the last date of each other host.
    pub(super) fn options(&self, person: usize, candidates: &Candidates) -> Options {
        let mut excluded = candidates.excluded.clone();
        let mut feasible = Vec::new();
        let mut left = Vec::with_capacity(self.dates.len());
        'hosts: for &host in &candidates.left {
            left.clear();
            left.extend(0..self.dates.len());
            for rule in &Rule::ALL[Rule::OF_LIBRARIES..] {
                self.take_away(*rule, person, host, &mut left);
                if left.is_empty() {
                    *excluded.entry(rule.as_str()).or_default() += 1;
                    continue 'hosts;
                }
            }
            feasible.push((host, left.clone(), self.score(person, host)));
        }
        Options { hosts_considered: candidates.hosts_considered, excluded: Some(excluded), feasible }
    }

    /// The place in the person's wishes of the sector that counts; none when none of them counts.
    pub(super) fn sector_rank(&self, person: usize, host: usize) -> Option<usize> {
        let wishes = &self.people[person].sectors;
        if wishes.is_empty() {
            return Some(0);
        }
        let (home, host) = (&self.libraries[self.homes[person]].sectors, &self.libraries[host].sectors);
        let nothing_new = host.iter().all(|sector| home.contains(sector));
        wishes.iter().position(|wish| host.contains(wish) && (nothing_new || !home.contains(wish)))
    }

    /// How many of the placements use each rank, the last element those beyond the weights.
    pub(super) fn count_sector_ranks(&self, placed: impl Iterator<Item = (usize, usize)>) -> Vec<i64> {
        let beyond = self.round.rules.weights.sector.len();
        let mut counts = vec![0; beyond + 1];
        for (person, host) in placed {
            counts[self.sector_rank(person, host).map_or(beyond, |rank| rank.min(beyond))] += 1;
        }
        counts
    }

    /// The score of a person at a host: the same on every date.
    pub(super) fn score(&self, person: usize, host: usize) -> i64 {
        let Points { sector, topics, nearness, partner } = self.points(person, host);
        sector + topics + nearness + partner
    }

    /// What the score is made of.
    pub(super) fn points(&self, person: usize, host: usize) -> Points {
        let weights = &self.round.rules.weights;
        let rank = self.sector_rank(person, host);
        let sector = rank.and_then(|rank| weights.sector.get(rank)).copied().unwrap_or(0);
        let shared = i64::try_from(self.shared_topics(person, host).count()).unwrap_or(i64::MAX);
        let limit = whole_metres_of_km(self.people[person].max_km);
        let nearness = match self.metres(person, host) {
            Some(metres) if metres > limit => 0,
            Some(_) if limit == 0 => weights.nearness,
            Some(metres) => weights.nearness * (limit - metres) / limit,
            None => 0,
        };
        let partner = if self.are_partners(self.homes[person], host) { weights.partner } else { 0 };
        Points { sector, topics: weights.topic * shared.min(weights.topics_max), nearness, partner }
    }

    /// The topics that the person wishes for and the host has.
    pub(super) fn shared_topics(&self, person: usize, host: usize) -> impl Iterator<Item = &'a String> {
        let (wanted, has) = (&self.people[person].topics, &self.libraries[host].topics);
        wanted.iter().filter(|topic| has.contains(topic))
    }
}

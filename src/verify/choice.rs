//! Why somebody has this place: what rules, wishes and score say of it, and how it stands among all places that the
//! person could have had.
//!
//! It rests on the round and the person's own entry alone, so that nothing of other people can be read from it.

use std::collections::BTreeMap;

use super::model::{Model, Options, Subject, count};
use super::rules::{HardRules, Points, Rule};
use crate::files::Round;
use crate::files::round::Staff;
use crate::files::schedule::Placement;

/// The hosts of a round as they are for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts {
    /// Libraries that host on some date, the own one aside.
    pub considered: i64,
    /// Those with a feasible date.
    pub feasible: i64,
    /// Which rule took the last date of how many of the others.
    pub excluded: BTreeMap<&'static str, i64>,
}

/// A place, as it is for the person who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// All hosts.
    pub hosts: Hosts,
    /// One more than there are feasible hosts with a higher score; none where the host itself is not feasible.
    pub rank: Option<i64>,
    /// Other feasible hosts with the same score.
    pub equal: i64,
    /// The rules that it breaks, in table order, as only an override lets it.
    pub broken: Vec<Rule>,
    /// Whether it was fixed before the matching.
    pub is_locked: bool,
    /// What the score is made of.
    pub points: Points,
    /// The place among the wishes of the sector that counts, from 0 on; none where none of them counts.
    pub sector_rank: Option<usize>,
    /// The topics that were wished for and are offered.
    pub topics: Vec<String>,
    /// How far it is in whole metres, where that is known.
    pub metres: Option<i64>,
    /// How long person and host are there together on the date, in minutes.
    pub minutes: i64,
    /// Whether home and host are partners.
    pub are_partners: bool,
}

/// How the hosts of a round are for a person; none for somebody who is not in it.
pub fn hosts(round: &Round, staff: &str) -> Option<Hosts> {
    let (subject, person) = (Subject::Round(round), find(round, staff)?);
    let dates = Model::dates_of(&subject);
    let (rules, _) = rules_for(round, &dates, person)?;
    Some(hosts_of(&rules.options(0, &rules.candidates(0))))
}

/// Why a person has a place; none for anything that is not in the round.
pub fn choice(round: &Round, placed: &Placement) -> Option<Choice> {
    let (subject, person) = (Subject::Round(round), find(round, &placed.staff)?);
    let dates = Model::dates_of(&subject);
    let (rules, ids) = rules_for(round, &dates, person)?;
    let at = |id: &str| ids.binary_search(&id).ok();
    let (host, home) = (at(&placed.host)?, at(&person.home)?);
    let date = dates.binary_search(&placed.date).ok()?;
    let options = rules.options(0, &rules.candidates(0));
    let feasible = || options.feasible.iter().filter(|(_, dates, _)| !dates.is_empty());
    let own = feasible().find(|(other, _, _)| *other == host).map(|(_, _, score)| *score);
    let others = |is_so: &dyn Fn(i64) -> bool| {
        count(feasible().filter(|(other, _, score)| *other != host && is_so(*score)).count())
    };
    Some(Choice {
        hosts: hosts_of(&options),
        rank: own.map(|own| 1 + others(&|score| score > own)),
        equal: own.map_or(0, |own| others(&|score| score == own)),
        broken: rules.broken_by(0, host, date),
        is_locked: round.locks.iter().any(|lock| lock.staff == placed.staff),
        points: rules.points(0, host),
        sector_rank: rules.sector_rank(0, host),
        topics: rules.shared_topics(0, host).cloned().collect(),
        metres: rules.metres(0, host),
        minutes: rules.minutes_in_common(0, host, date),
        are_partners: rules.are_partners(home, host),
    })
}

fn find<'a>(round: &'a Round, staff: &str) -> Option<&'a Staff> {
    round.staff.iter().find(|person| person.id == staff)
}

/// The rules for one person, and the ids of the libraries by their places.
fn rules_for<'a>(
    round: &'a Round,
    dates: &'a [chrono::NaiveDate],
    person: &'a Staff,
) -> Option<(HardRules<'a>, Vec<&'a str>)> {
    let mut libraries: Vec<_> = round.libraries.iter().collect();
    libraries.sort_by(|a, b| a.id.cmp(&b.id));
    let ids: Vec<&str> = libraries.iter().map(|library| library.id.as_str()).collect();
    let home = ids.binary_search(&person.home.as_str()).ok()?;
    Some((HardRules::new(round, dates, libraries, vec![person], vec![home]), ids))
}

fn hosts_of(options: &Options) -> Hosts {
    Hosts {
        considered: options.hosts_considered,
        feasible: count(options.feasible.iter().filter(|(_, dates, _)| !dates.is_empty()).count()),
        excluded: options.excluded.clone().unwrap_or_default(),
    }
}

//! Where a round is short before its deadline: of hosts for whom, on which days, and which one more place would help.
//!
//! Supply and demand are counted from the feasible triples. Which library-days matter is told by the prices of a
//! solution; since a price holds for the relaxation only, the dearest are then *tried*: with one more place, or one
//! more release, the round is solved again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::MatchError;
use super::problem::{Key, Problem, build};
use crate::files::{Round, Schedule};

/// What a sector offers and is asked for on a date.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supply {
    /// Visitors whom its libraries still take.
    pub places: i64,
    /// People who could go to one of them.
    pub could_come: i64,
    /// Staff whom its libraries can still release.
    pub releases: i64,
    /// People of its libraries who could go somewhere.
    pub could_leave: i64,
}

/// One of which there could be more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scarce {
    /// A place for a visitor.
    Place,
    /// A release of somebody of the staff.
    Release,
}

/// What one more place or release changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// What there would be one more of.
    pub scarce: Scarce,
    /// At which library.
    pub library: String,
    /// On which date.
    pub date: NaiveDate,
    /// Its price in thousandths of a point: as much as the relaxation would gain at most.
    pub price: i64,
    /// How many more people have a place.
    pub placed: i64,
    /// How much more the schedule is worth.
    pub value: i64,
    /// Whether both schedules are proven optimal; if not, these are differences of the best found.
    pub proven: bool,
}

/// The health of a round.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// By sector and date.
    pub supply: BTreeMap<(String, NaiveDate), Supply>,
    /// People without any feasible host, by id.
    pub without_host: Vec<String>,
    /// People with one feasible host, and which.
    pub one_host: Vec<(String, String)>,
    /// The round as it is, or why there is no schedule of it.
    pub schedule: Result<Schedule, MatchError>,
    /// What helps most, the most first.
    pub helps: Vec<Help>,
    /// So many places and releases that have a price were not tried, or not to an end, since `solve` had no time left.
    pub untried: usize,
}

/// Places and releases that are tried, each.
const TRIED: usize = 10;

/// Looks at a round. `solve` is called for the round and for up to twenty changed ones, the dearest first, until it says
/// [`MatchError::StoppedEarly`].
///
/// # Errors
/// `lock_breaks_rule`; and those of [`super::solve`] for a changed round.
pub fn health(
    round: &Round,
    solve: &mut dyn FnMut(&Round) -> Result<Schedule, MatchError>,
) -> Result<Health, MatchError> {
    let (supply, without_host, one_host) = {
        let (problem, key) = build(round, 0)?;
        let (without_host, one_host) = short_of_hosts(&problem, &key);
        (supply(&problem, &key), without_host, one_host)
    };
    let schedule = solve(round);
    let (helps, untried) =
        schedule.as_ref().map_or(Ok((Vec::new(), 0)), |schedule| helps(round, schedule, solve))?;
    Ok(Health { supply, without_host, one_host, schedule, helps, untried })
}

/// What helps most, and how many were not tried.
fn helps(
    round: &Round,
    schedule: &Schedule,
    solve: &mut dyn FnMut(&Round) -> Result<Schedule, MatchError>,
) -> Result<(Vec<Help>, usize), MatchError> {
    let (mut helps, mut untried) = (Vec::new(), 0);
    for (scarce, library, date, price) in dearest(schedule) {
        let with_more = match solve(&one_more(round, scarce, &library, date)) {
            Err(MatchError::StoppedEarly) => {
                untried += 1;
                continue;
            }
            other => other?,
        };
        // Nobody loses by one more: this search ended before it was anywhere.
        if with_more.objective.value < schedule.objective.value {
            untried += 1;
            continue;
        }
        helps.push(Help {
            placed: with_more.outcomes.placed - schedule.outcomes.placed,
            value: with_more.objective.value - schedule.objective.value,
            proven: with_more.objective.optimal && schedule.objective.optimal,
            scarce,
            library,
            date,
            price,
        });
    }
    helps.retain(|help| help.value > 0);
    helps.sort_by(|a, b| (b.value, b.price, a.scarce, a.date).cmp(&(a.value, a.price, b.scarce, b.date)));
    helps.truncate(TRIED);
    Ok((helps, untried))
}

/// The library-days with the highest prices for places, and those for releases, the dearest first.
fn dearest(schedule: &Schedule) -> Vec<(Scarce, String, NaiveDate, i64)> {
    let prices = &schedule.prices;
    let mut all = Vec::new();
    for (scarce, rows) in [(Scarce::Place, &prices.hosting), (Scarce::Release, &prices.release)] {
        let mut rows: Vec<&(String, NaiveDate, i64)> =
            rows.iter().filter(|(_, _, price)| *price > 0).collect();
        rows.sort_by(|a, b| (b.2, a.1, &a.0).cmp(&(a.2, b.1, &b.0)));
        let most = rows.into_iter().take(TRIED);
        all.extend(most.map(|(library, date, price)| (scarce, library.clone(), *date, *price)));
    }
    all.sort_by_key(|(_, _, _, price)| std::cmp::Reverse(*price));
    all
}

/// The round with one more place, or one more release, on a library-day.
fn one_more(round: &Round, scarce: Scarce, library: &str, date: NaiveDate) -> Round {
    let mut round = round.clone();
    for own in round.libraries.iter_mut().filter(|own| own.id == library) {
        let days = match scarce {
            Scarce::Place => &mut own.hosting,
            Scarce::Release => &mut own.release,
        };
        *days.entry(date).or_insert(0) += 1;
    }
    round
}

/// What the sectors' libraries offer beyond the locks, and who could use it.
fn supply(problem: &Problem, key: &Key<'_>) -> BTreeMap<(String, NaiveDate), Supply> {
    let mut supply: BTreeMap<(String, NaiveDate), Supply> = BTreeMap::new();
    for (n, library) in key.libraries.iter().enumerate() {
        for (d, date) in key.dates.iter().enumerate() {
            for sector in &library.sectors {
                let of = supply.entry((sector.clone(), *date)).or_default();
                of.places += problem.hosting[n * problem.dates + d];
                of.releases += problem.release[n * problem.dates + d];
            }
        }
    }
    for person in 0..problem.home.len() {
        let mut comes: BTreeSet<(&str, usize)> = BTreeSet::new();
        let mut leaves: BTreeSet<usize> = BTreeSet::new();
        for pair in problem.of(person) {
            let host = key.libraries[problem.pairs[pair].host.at()];
            for date in problem.open.of(pair) {
                comes.extend(host.sectors.iter().map(|sector| (sector.as_str(), date)));
                leaves.insert(date);
            }
        }
        for (sector, date) in comes {
            supply.entry((sector.to_owned(), key.dates[date])).or_default().could_come += 1;
        }
        for sector in &key.libraries[problem.home[person].at()].sectors {
            for date in &leaves {
                supply.entry((sector.clone(), key.dates[*date])).or_default().could_leave += 1;
            }
        }
    }
    supply
}

/// People with no feasible host, and those with one.
fn short_of_hosts(problem: &Problem, key: &Key<'_>) -> (Vec<String>, Vec<(String, String)>) {
    let (mut without, mut one) = (Vec::new(), Vec::new());
    for (person, staff) in key.people.iter().enumerate() {
        let mut hosts = problem.of(person).map(|pair| problem.pairs[pair].host.at());
        match (hosts.next(), hosts.next()) {
            (None, _) => without.push(staff.id.clone()),
            (Some(host), None) => one.push((staff.id.clone(), key.libraries[host].id.clone())),
            (Some(_), Some(_)) => {}
        }
    }
    without.sort();
    one.sort();
    (without, one)
}

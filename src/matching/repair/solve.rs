//! The best schedule in which some placed people stay and the others may move, exactly.
//!
//! Method: the round is narrowed to what a repair may use, those who stay are locked, and values are replaced: staying
//! where one is, being placed, and the value of old become one number each of whose parts outweighs all of the next, so
//! that the engine's own search finds the lexicographic optimum and its proof. A person's own place has a value of its
//! own on its date: the pair of person and host is split there.
//! Complexity: that of the engine on the people who are not locked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use chrono::NaiveDate;

use super::situation::{Room, Situation};
use super::{First, Place};
use crate::files::Round;
use crate::files::round::{Library, Lock, Staff};
use crate::files::rules::PlacementWeight;
use crate::matching::certificate::Certificate;
use crate::matching::dates::Dates;
use crate::matching::dual::Dual;
use crate::matching::num::{Ix, int};
use crate::matching::problem::{self, Key, Pair, Problem};
use crate::matching::rules::{Rulebook, Traveller};
use crate::matching::search::search;
use crate::matching::watch::{Board, Watch};
use crate::matching::{Options, Progress, StopReason, components};

/// A schedule that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// By staff id.
    pub(super) placements: Vec<(String, Place)>,
    /// Whether nothing is better, those who were locked staying as they are.
    pub(super) proven: bool,
}

/// Units of work after which a search ends unproven: for the fewest touched, and for the most placed.
const WORK: (i64, i64) = (40_000_000, 4_000_000);

/// Solves what a situation leaves open.
pub(super) struct Solver<'a, 'p> {
    pub(super) situation: &'a Situation<'a>,
    progress: &'p mut dyn FnMut(&Progress) -> ControlFlow<StopReason>,
}

impl<'a, 'p> Solver<'a, 'p> {
    pub(super) fn new(
        situation: &'a Situation<'a>,
        progress: &'p mut dyn FnMut(&Progress) -> ControlFlow<StopReason>,
    ) -> Self {
        Self { situation, progress }
    }

    /// The best schedule in which all placed people but the given stay as they are.
    ///
    /// None where no schedule within the repair's balance has them there, or none was found in time.
    pub(super) fn solve(&mut self, free: &BTreeSet<String>, first: First) -> Option<Found> {
        let situation = self.situation;
        let found: Vec<Found> =
            situation.rooms().iter().filter_map(|room| self.solve_in(*room, free, first)).collect();
        let proven = found.iter().all(|found| found.proven);
        let best = found.into_iter().min_by_key(|found| situation.rank(&found.placements, first))?;
        Some(Found { proven, ..best })
    }

    fn solve_in(&mut self, room: Room, free: &BTreeSet<String>, first: First) -> Option<Found> {
        let situation = self.situation;
        let round = narrowed(situation, room, free);
        let seed = situation.schedule.run.seed;
        // Those who are locked kept every rule in the schedule before.
        let (mut problem, key) = problem::build(&round, seed).ok()?;
        require_balance(situation, &mut problem, &key);
        if room == Room::All {
            narrow_seeking(situation, &mut problem, &key);
        }
        close_full(situation, &mut problem, &key);
        let is_exact = rank(&mut problem, &key, &situation.kept, first);
        let board = Board::default();
        problem.halt = board.halt.clone();
        components::prune(&mut problem);
        let problem = problem;
        let most = Certificate::new(&problem, &Dual::trivial(&problem)).bound;
        board.begin(most);
        let work = if first == First::Stay { WORK.0 } else { WORK.1 };
        let options = Options { seed, work: Some(work), ..Options::default() };
        let solved = board.run(self.progress, || {
            let mut watch = Watch::new(&options, &board, most);
            let found = search(&problem, seed, &mut watch);
            found.map(|found| (found.plan, watch.is_proven()))
        });
        let (plan, proven) = solved.ok()?;
        let mut placements: Vec<(String, Place)> =
            round.locks.iter().map(|lock| (lock.staff.clone(), (lock.host.clone(), lock.date))).collect();
        placements.extend(plan?.placed.iter().map(|(pair, date)| {
            let pair = &problem.pairs[pair.at()];
            let host = key.libraries[pair.host.at()].id.clone();
            (key.people[pair.person.at()].id.clone(), (host, key.dates[date.at()]))
        }));
        placements.sort();
        Some(Found { placements, proven: proven && is_exact })
    }

    /// Placed people who could make room: colleagues of those who dropped out, those who could take a place that is free
    /// and wanted, or who have one that somebody without a place wants; and then those who could take theirs. The nearer
    /// ones first, `most` at most.
    pub(super) fn near(&self, found: &Found, most: usize) -> BTreeSet<String> {
        let situation = self.situation;
        let round = narrowed(situation, Room::All, &BTreeSet::new());
        let book = Rulebook::new(&round);
        let libraries: HashMap<&str, &Library> =
            round.libraries.iter().map(|library| (library.id.as_str(), library)).collect();
        let staff: HashMap<&str, &Staff> =
            situation.round.staff.iter().map(|person| (person.id.as_str(), person)).collect();
        let movable = situation.movable();
        let may_go = |person: &str, place: &Place| {
            let (Some(person), Some(host)) = (staff.get(person), libraries.get(place.0.as_str())) else {
                return false;
            };
            let Some(home) = libraries.get(person.home.as_str()) else { return false };
            book.breach(&Traveller::new(person, home), host, place.1).is_none()
        };
        let placed: BTreeMap<&String, &Place> =
            found.placements.iter().map(|(staff, place)| (staff, place)).collect();
        let taken = situation.traffic(found.placements.iter().map(|(staff, place)| (staff, place)));
        let is_free = |place: &(&str, NaiveDate)| {
            let now = taken.get(&(place.0.to_owned(), place.1)).map_or(0, |counts| counts.0);
            now < libraries
                .get(place.0)
                .and_then(|library| library.hosting.get(&place.1))
                .copied()
                .unwrap_or(0)
        };
        let mut wanted: BTreeSet<Place> = situation
            .left
            .iter()
            .filter(|place| is_free(place))
            .map(|(host, date)| ((*host).to_owned(), *date))
            .collect();
        let waiting: Vec<&str> = situation
            .first
            .iter()
            .copied()
            .filter(|staff| !placed.contains_key(&(*staff).to_owned()))
            .collect();
        let homes: BTreeSet<&str> = situation
            .request
            .drop
            .iter()
            .filter_map(|staff| situation.home.get(staff.as_str()).copied())
            .collect();
        let is_colleague =
            |staff: &&String| situation.home.get(staff.as_str()).is_some_and(|home| homes.contains(home));
        let mut near: BTreeSet<String> = movable.iter().filter(is_colleague).take(most).cloned().collect();
        let sits_well = |place: &Place| waiting.iter().any(|staff| may_go(staff, place));
        for (staff, place) in situation.kept.iter().filter(|(staff, _)| movable.contains(*staff)) {
            if near.len() < most && sits_well(place) {
                near.insert(staff.clone());
                wanted.insert(place.clone());
            }
        }
        // Twice: who could go to a free place, and who could go to theirs.
        for _ in 0..2 {
            let mut next = BTreeSet::new();
            for (staff, place) in &situation.kept {
                if near.len() >= most {
                    return near;
                }
                if movable.contains(staff)
                    && !near.contains(staff)
                    && wanted.iter().any(|wanted| may_go(staff, wanted))
                {
                    near.insert(staff.clone());
                    next.insert(place.clone());
                }
            }
            wanted = next;
        }
        near
    }
}

/// The round as a repair may use it: who is not freed is locked, who dropped out is gone, closed days take nobody, days
/// before the first that may change neither; and what was waived before may be used again.
pub(super) fn narrowed(situation: &Situation<'_>, room: Room, free: &BTreeSet<String>) -> Round {
    let (own, request) = (situation.round, situation.request);
    let before = situation.traffic(situation.before.iter());
    let mut round = Round { locks: Vec::new(), forbidden: own.forbidden.clone(), ..own.clone() };
    round.rules.placement_weight = PlacementWeight::Fixed(own.placement_weight());
    round.rules.balance = situation.balance;
    let waives = |code: &str, library: &str, date: Option<NaiveDate>| {
        let of = |waiver: &crate::files::schedule::Waiver| {
            waiver.code == code && waiver.library == library && waiver.date == date
        };
        situation.schedule.waived.iter().any(of)
    };
    for library in &mut round.libraries {
        let was = |date: &NaiveDate| before.get(&(library.id.clone(), *date)).copied().unwrap_or((0, 0));
        // A waiver makes more room where there is some: a placement where there is none stands by an override alone.
        for (date, places) in &mut library.hosting {
            let visitors = was(date).0;
            if *places > 0 && waives("host_full", &library.id, Some(*date)) {
                *places = (*places).max(visitors);
            }
            if room == Room::Places {
                *places = (*places).min(visitors);
            }
        }
        library
            .hosting
            .retain(|date, places| *places > 0 && !request.close.contains(&(library.id.clone(), *date)));
        for (date, away) in &mut library.release {
            if *away > 0 && waives("cover", &library.id, Some(*date)) {
                *away = (*away).max(was(date).1);
            }
            if room == Room::Leaves {
                *away = (*away).min(was(date).1);
            }
        }
        if waives("host_limit", &library.id, None) {
            let visitors: i64 = own.dates.iter().map(|date| was(date).0).sum();
            library.hosting_limit = library.hosting_limit.map(|limit| limit.max(visitors));
        }
    }
    round.staff.retain(|person| {
        situation.kept.contains_key(&person.id) || situation.seeking.contains(person.id.as_str())
    });
    let stays = |staff: &str| situation.kept.contains_key(staff) && !free.contains(staff);
    if let Some(from) = request.from {
        for person in round.staff.iter_mut().filter(|person| !stays(&person.id)) {
            person.dates.retain(|date| *date >= from);
        }
    }
    let reasons: HashMap<&str, &Option<String>> =
        own.locks.iter().map(|lock| (lock.staff.as_str(), &lock.override_reason)).collect();
    round.locks = situation
        .kept
        .iter()
        .filter(|(staff, _)| stays(staff))
        .map(|(staff, (host, date))| Lock {
            staff: staff.clone(),
            host: host.clone(),
            date: *date,
            override_reason: reasons.get(staff.as_str()).copied().cloned().flatten(),
        })
        .collect();
    round
}

/// The balance that holds at each library-day: none on days that must not change and at a library that is closed, and
/// what was waived before may stay.
pub(super) fn require_balance(situation: &Situation<'_>, problem: &mut Problem, key: &Key<'_>) {
    let Some(most) = situation.balance else { return };
    let before = situation.traffic(situation.before.iter());
    let waived: BTreeSet<(&str, NaiveDate)> = situation
        .schedule
        .waived
        .iter()
        .filter(|waiver| waiver.code == "balance")
        .filter_map(|waiver| Some((waiver.library.as_str(), waiver.date?)))
        .collect();
    for (n, library) in key.libraries.iter().enumerate() {
        for (d, date) in key.dates.iter().enumerate() {
            let day = problem.day(Ix::new(n), Ix::new(d));
            if problem.balance[day].is_none() {
                continue;
            }
            let place = (library.id.clone(), *date);
            let is_past = situation.request.from.is_some_and(|from| *date < from);
            if is_past || situation.request.close.contains(&place) {
                problem.balance[day] = None;
            } else if waived.contains(&(library.id.as_str(), *date)) {
                let (visitors, leavers) = before.get(&place).copied().unwrap_or((0, 0));
                problem.balance[day] = Some(most.max((visitors - leavers).abs()));
            }
        }
    }
}

/// Where people come in or have lost their host, others without a place may only go where drop-outs have left one.
fn narrow_seeking(situation: &Situation<'_>, problem: &mut Problem, key: &Key<'_>) {
    for (person, staff) in key.people.iter().enumerate() {
        let id = staff.id.as_str();
        if !situation.seeking.contains(id) || situation.first.contains(id) {
            continue;
        }
        for pair in problem.of(person) {
            let host = key.libraries[problem.pairs[pair].host.at()].id.as_str();
            let dates: Vec<usize> = problem.open.of(pair).collect();
            for date in dates.into_iter().filter(|date| !situation.left.contains(&(host, key.dates[*date]))) {
                problem.open.close(pair, date);
            }
        }
    }
    problem.drop_closed();
}

/// Nobody comes to where nobody is taken but those who are there, also not in the place of one of these.
fn close_full(situation: &Situation<'_>, problem: &mut Problem, key: &Key<'_>) {
    let full: Vec<(usize, usize, &Place)> = situation
        .request
        .full
        .iter()
        .filter_map(|place| {
            let host = key.library_at.get(place.0.as_str())?;
            Some((*host, key.dates.iter().position(|date| *date == place.1)?, place))
        })
        .collect();
    if full.is_empty() {
        return;
    }
    for (person, staff) in key.people.iter().enumerate() {
        let own = situation.kept.get(&staff.id);
        for pair in problem.of(person) {
            let host = problem.pairs[pair].host.at();
            for (_, date, _) in full.iter().filter(|(at, _, place)| *at == host && own != Some(*place)) {
                problem.open.close(pair, *date);
            }
        }
    }
    problem.drop_closed();
}

/// Makes values say what counts first, second and last. Whether nothing had to be rounded for that.
fn rank(problem: &mut Problem, key: &Key<'_>, kept: &BTreeMap<String, Place>, first: First) -> bool {
    let people = int(problem.home.len()) + 1;
    let values: i64 = (0..problem.home.len()).map(|person| problem.most(person)).sum();
    // Sums of two parts and of the values have to stay well within 64 bits: where they would not, values are rounded.
    const MOST: i64 = i64::MAX / 4096;
    let mut shift = 0;
    let total = |shift: u32| {
        let unit = (values >> shift) + 1;
        unit.checked_mul(people).and_then(|unit| unit.checked_mul(people)).and_then(|sum| sum.checked_mul(2))
    };
    while shift < 62 && total(shift).is_none_or(|sum| sum > MOST) {
        shift += 1;
    }
    let unit = (values >> shift) + 1;
    let (stay, placed) = match first {
        First::Stay => (unit * people, unit),
        First::Placed => (unit, unit * people),
    };
    let date_at: HashMap<NaiveDate, usize> =
        key.dates.iter().enumerate().map(|(n, date)| (*date, n)).collect();
    let mut open = Dates::new(problem.dates);
    let (mut pairs, mut starts) = (Vec::new(), vec![0]);
    let mut own = vec![0_u64; problem.open.words()];
    for (person, staff) in key.people.iter().enumerate() {
        let stays = kept
            .get(&staff.id)
            .and_then(|(host, date)| Some((*key.library_at.get(host.as_str())?, *date_at.get(date)?)));
        for n in problem.of(person) {
            let pair = problem.pairs[n];
            let mut row = problem.open.row(n).to_vec();
            let worth = (pair.value >> shift) + placed;
            if let Some((_, date)) =
                stays.filter(|(host, date)| *host == pair.host.at() && problem.open.has(n, *date))
            {
                own.fill(0);
                own[date / 64] |= 1 << (date % 64);
                row[date / 64] &= !(1 << (date % 64));
                pairs.push(Pair { value: worth + stay, ..pair });
                open.push(&own);
            }
            if row.iter().any(|word| *word != 0) {
                pairs.push(Pair { value: worth, ..pair });
                open.push(&row);
            }
        }
        starts.push(pairs.len());
    }
    (problem.pairs, problem.open, problem.first) = (pairs, open, starts);
    problem.locked_value = 0;
    problem.measure();
    shift == 0
}

//! Every placement by itself and all together: hard rules, scores, locks, capacities, balance, waivers.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::breach::{About, Code, Findings};
use super::model::{Judgement, Model, count};
use super::rules::Rule;
use crate::files::Schedule;
use crate::files::schedule::{Placement, Reason};

/// A placement whose names are all known, by places in the model.
#[derive(Debug, Clone)]
pub(super) struct Placed<'a> {
    pub(super) staff: &'a str,
    pub(super) person: usize,
    pub(super) home: usize,
    pub(super) host: usize,
    pub(super) date: usize,
    pub(super) ring: Option<i64>,
    /// What the rules say it scores; what the file says where an audit file does not list it.
    pub(super) score: i64,
}

impl Placed<'_> {
    /// Who goes where and when, for people.
    pub(super) fn words(&self, model: &Model<'_>) -> String {
        format!("{} at {} on {}", self.staff, model.libraries[self.host].id, model.dates[self.date])
    }

    fn about(&self, model: &Model<'_>) -> About {
        About {
            staff: Some(self.staff.to_owned()),
            library: Some(model.libraries[self.host].id.to_owned()),
            date: Some(model.dates[self.date]),
        }
    }
}

/// The known placements, without judging them.
pub(super) fn resolve<'a>(model: &Model<'_>, placements: &'a [Placement]) -> Vec<Option<Placed<'a>>> {
    let place = |placement: &'a Placement| {
        let person = model.person(&placement.staff)?;
        let (host, date) = (model.library(&placement.host)?, model.date(placement.date)?);
        Some(Placed {
            staff: &placement.staff,
            person,
            home: model.people[person].home,
            host,
            date,
            ring: placement.ring,
            score: model.score(person, host, date).unwrap_or(placement.score),
        })
    };
    placements.iter().map(place).collect()
}

/// Checks each placement by itself and returns the known ones.
pub(super) fn check_each<'a>(
    model: &Model<'_>,
    schedule: &'a Schedule,
    found: &mut Findings,
) -> Vec<Placed<'a>> {
    let mut known = Vec::new();
    for (placement, placed) in schedule.placements.iter().zip(resolve(model, &schedule.placements)) {
        match placed {
            Some(placed) => {
                check_rules(model, &placed, found);
                if placement.score != placed.score {
                    let words = placed.words(model);
                    let (written, right) = (placement.score, placed.score);
                    found.breach(Code::Score, format!("{words}: score {written}, must be {right}"));
                }
                known.push(placed);
            }
            None => {
                let Placement { staff, host, date, .. } = placement;
                let words = format!("{staff} at {host} on {date}: not all of these are in the round");
                found.breach(Code::UnknownId, words);
            }
        }
    }
    check_locks(model, schedule, &known, found);
    known
}

fn check_rules(model: &Model<'_>, placed: &Placed<'_>, found: &mut Findings) {
    let words = placed.words(model);
    let lock = model.people[placed.person].lock.as_ref();
    let overridden = lock
        .filter(|lock| (lock.host, lock.date) == (placed.host, placed.date))
        .and_then(|lock| lock.override_reason);
    match (model.judge(placed.person, placed.host, placed.date), overridden) {
        (Judgement::Broken(rules), None) => {
            for rule in rules {
                found.breach_about(
                    Code::Rule(rule),
                    placed.about(model),
                    format!("{words} breaks this rule"),
                );
            }
        }
        (Judgement::Broken(rules), Some(reason)) => {
            if rules.contains(&Rule::OwnLibrary) {
                let words = format!("{words}: no override lifts this rule");
                found.breach_about(Code::Rule(Rule::OwnLibrary), placed.about(model), words);
            }
            let codes: Vec<_> = rules.iter().map(|rule| rule.as_str()).collect();
            let codes = if codes.is_empty() { "no rule of its own".to_owned() } else { codes.join(", ") };
            found.note(format!("override: {words} breaks {codes}: {reason}"));
        }
        (Judgement::NotListed, None) => {
            found.breach(Code::NotFeasible, format!("{words} is not among the person's feasible placements"));
        }
        (Judgement::NotListed, Some(_)) => {
            if placed.home == placed.host {
                found.breach(Code::Rule(Rule::OwnLibrary), format!("{words}: no override lifts this rule"));
            }
            found.note(format!("override: {words}; what it breaks the audit file does not tell"));
        }
    }
}

/// Locks are in the schedule, but for those of people who dropped out.
fn check_locks(model: &Model<'_>, schedule: &Schedule, known: &[Placed<'_>], found: &mut Findings) {
    let placed: HashSet<_> = known.iter().map(|placed| (placed.person, placed.host, placed.date)).collect();
    let dropped_out =
        |id: &str| schedule.unplaced.iter().any(|left| left.staff == id && left.reason == Reason::DroppedOut);
    for (place, person) in model.people.iter().enumerate() {
        let Some(lock) = &person.lock else { continue };
        if placed.contains(&(place, lock.host, lock.date)) {
            continue;
        }
        let (host, date) = (model.libraries[lock.host].id, model.dates[lock.date]);
        if dropped_out(person.id) {
            found.note(format!("dropped out: {}, who was locked at {host} on {date}", person.id));
        } else {
            let about =
                About { staff: Some(person.id.to_owned()), library: Some(host.to_owned()), date: Some(date) };
            let words = format!("{} is locked at {host} on {date}, but is not there", person.id);
            found.breach_about(Code::Lock, about, words);
        }
    }
}

/// What can be waived: a code, a library and for most a date.
type Waivable = (Code, usize, Option<usize>);

/// The waivers of a schedule that name something that exists, each once.
#[derive(Debug)]
pub(super) struct Waivers<'a> {
    reasons: BTreeMap<Waivable, &'a str>,
    needed: BTreeSet<Waivable>,
}

impl<'a> Waivers<'a> {
    pub(super) fn read(model: &Model<'_>, schedule: &'a Schedule, found: &mut Findings) -> Self {
        let mut reasons = BTreeMap::new();
        for waiver in &schedule.waived {
            let place = (model.library(&waiver.library), waiver.date.map(|date| model.date(date)));
            let waived = match (waiver.code.as_str(), place) {
                ("host_full", (Some(library), Some(Some(date)))) => (Code::HostFull, library, Some(date)),
                ("cover", (Some(library), Some(Some(date)))) => (Code::Cover, library, Some(date)),
                ("balance", (Some(library), Some(Some(date)))) => (Code::Balance, library, Some(date)),
                ("host_limit", (Some(library), None)) => (Code::HostLimit, library, None),
                (code, _) => {
                    let date = waiver.date.map_or(String::new(), |date| format!(" on {date}"));
                    let words = format!("{code} of {}{date}: there is no such waiver", waiver.library);
                    found.breach(Code::Waiver, words);
                    continue;
                }
            };
            if reasons.insert(waived, waiver.reason.as_str()).is_some() {
                found.breach(Code::Waiver, format!("{} stands here twice", waivable_words(model, waived)));
            }
        }
        Self { reasons, needed: BTreeSet::new() }
    }

    pub(super) fn waives(&self, code: Code, library: usize, date: Option<usize>) -> bool {
        self.reasons.contains_key(&(code, library, date))
    }

    /// The dates on which some library's balance is waived.
    pub(super) fn unbalanced_days(&self) -> impl Iterator<Item = usize> + '_ {
        self.reasons.keys().filter(|(code, _, _)| *code == Code::Balance).filter_map(|(_, _, date)| *date)
    }

    /// Something is exceeded: a breach unless waived.
    fn exceeded(&mut self, model: &Model<'_>, what: Waivable, words: &str, found: &mut Findings) {
        let place = waivable_words(model, what);
        match self.reasons.get(&what) {
            Some(reason) => {
                self.needed.insert(what);
                found.note(format!("waived: {place}: {words}: {reason}"));
            }
            None => {
                let about = About {
                    staff: None,
                    library: Some(model.libraries[what.1].id.to_owned()),
                    date: what.2.map(|date| model.dates[date]),
                };
                found.breach_about(what.0, about, format!("{place}: {words}"));
            }
        }
    }

    fn check_needed(&self, model: &Model<'_>, found: &mut Findings) {
        for what in self.reasons.keys().filter(|what| !self.needed.contains(what)) {
            let words =
                format!("{}: nothing is broken there, the waiver is needless", waivable_words(model, *what));
            found.breach(Code::Waiver, words);
        }
    }
}

fn waivable_words(model: &Model<'_>, (code, library, date): Waivable) -> String {
    let library = model.libraries[library].id;
    match date {
        Some(date) => format!("{code} of {library} on {}", model.dates[date]),
        None => format!("{code} of {library}"),
    }
}

/// Numbers of people by library and date.
#[derive(Debug)]
pub(super) struct Traffic {
    /// Visitors, by library and date.
    pub(super) visitors: Vec<Vec<i64>>,
    /// Staff who are away, by library and date.
    pub(super) leavers: Vec<Vec<i64>>,
}

impl Traffic {
    pub(super) fn of(model: &Model<'_>, trips: impl Iterator<Item = (usize, usize, usize)>) -> Self {
        let none = vec![vec![0; model.dates.len()]; model.libraries.len()];
        let mut traffic = Self { visitors: none.clone(), leavers: none };
        for (home, host, date) in trips {
            traffic.visitors[host][date] += 1;
            traffic.leavers[home][date] += 1;
        }
        traffic
    }

    /// The locks' traffic.
    pub(super) fn of_locks(model: &Model<'_>) -> Self {
        let trips = model
            .people
            .iter()
            .filter_map(|person| person.lock.as_ref().map(|lock| (person.home, lock.host, lock.date)));
        Self::of(model, trips)
    }

    /// Only the overridden locks' traffic.
    fn of_overrides(model: &Model<'_>) -> Self {
        let trips = model.people.iter().filter_map(|person| {
            let lock = person.lock.as_ref().filter(|lock| lock.override_reason.is_some())?;
            Some((person.home, lock.host, lock.date))
        });
        Self::of(model, trips)
    }
}

/// A capacity, or what the locks take of it together where one of them has an override.
fn allowed(capacity: i64, locked: i64, overridden: i64) -> i64 {
    if overridden > 0 { capacity.max(locked) } else { capacity }
}

/// Checks capacities, limits, cover and balance, and that every waiver is needed.
pub(super) fn check_together(
    model: &Model<'_>,
    placed: &[Placed<'_>],
    waivers: &mut Waivers<'_>,
    found: &mut Findings,
) {
    let all = Traffic::of(model, placed.iter().map(|placed| (placed.home, placed.host, placed.date)));
    let (locked, overridden) = (Traffic::of_locks(model), Traffic::of_overrides(model));
    let lifted: HashSet<_> = model.balance_is_lifted().into_iter().collect();
    for (place, library) in model.libraries.iter().enumerate() {
        for date in 0..model.dates.len() {
            let (visitors, leavers) = (all.visitors[place][date], all.leavers[place][date]);
            let hosts = allowed(
                library.hosting[date],
                locked.visitors[place][date],
                overridden.visitors[place][date],
            );
            if visitors > hosts {
                let words = format!("{visitors} visitors, {hosts} allowed");
                waivers.exceeded(model, (Code::HostFull, place, Some(date)), &words, found);
            }
            let releases =
                allowed(library.release[date], locked.leavers[place][date], overridden.leavers[place][date]);
            if leavers > releases {
                let words = format!("{leavers} leavers, {releases} allowed");
                waivers.exceeded(model, (Code::Cover, place, Some(date)), &words, found);
            }
            if let Some(balance) = model.balance
                && (visitors - leavers).abs() > balance
                && !lifted.contains(&(place, date))
            {
                let words = format!("{visitors} visitors and {leavers} leavers, may differ by {balance}");
                waivers.exceeded(model, (Code::Balance, place, Some(date)), &words, found);
            }
        }
        if let Some(limit) = library.hosting_limit {
            let sum = |traffic: &Traffic| traffic.visitors[place].iter().sum::<i64>();
            let (visitors, hosts) = (sum(&all), allowed(limit, sum(&locked), sum(&overridden)));
            if visitors > hosts {
                let words = format!("{visitors} visitors in the round, {hosts} allowed");
                waivers.exceeded(model, (Code::HostLimit, place, None), &words, found);
            }
        }
    }
    waivers.check_needed(model, found);
}

/// Everybody is placed or unplaced, once, and the lists are sorted by id.
pub(super) fn check_lists(model: &Model<'_>, schedule: &Schedule, found: &mut Findings) {
    let placed: Vec<&str> = schedule.placements.iter().map(|placement| placement.staff.as_str()).collect();
    let unplaced: Vec<&str> = schedule.unplaced.iter().map(|left| left.staff.as_str()).collect();
    let mut times = vec![(0, 0); model.people.len()];
    for person in placed.iter().filter_map(|id| model.person(id)) {
        times[person].0 += 1;
    }
    for id in &unplaced {
        match model.person(id) {
            Some(person) => times[person].1 += 1,
            None => found.breach(Code::UnknownId, format!("{id} is unplaced, but is not in the round")),
        }
    }
    for (person, (placed, unplaced)) in model.people.iter().zip(&times) {
        let id = person.id;
        if *placed > 1 {
            found.breach(Code::OnePlacement, format!("{id} has {placed} placements"));
        }
        if *unplaced > 1 {
            found.breach(Code::EveryoneOnce, format!("{id} is unplaced {unplaced} times"));
        }
        if *placed > 0 && *unplaced > 0 {
            found.breach(Code::EveryoneOnce, format!("{id} is both placed and unplaced"));
        } else if placed + unplaced == 0 {
            found.breach(Code::EveryoneOnce, format!("{id} is neither placed nor unplaced"));
        }
    }
    check_order("placements", &placed, found);
    check_order("unplaced", &unplaced, found);
    let waivers: Vec<_> = schedule.waived.iter().map(|w| (&w.code, &w.library, w.date)).collect();
    check_order("waived", &waivers, found);
    let prices = &schedule.prices;
    for (name, list) in
        [("hosting", &prices.hosting), ("release", &prices.release), ("balance", &prices.balance)]
    {
        let keys: Vec<_> = list.iter().map(|(library, date, _)| (library, date)).collect();
        check_order(&format!("prices.{name}"), &keys, found);
    }
    let limits: Vec<_> = prices.hosting_limit.iter().map(|(library, _)| library).collect();
    check_order("prices.hosting_limit", &limits, found);
}

/// Repeats have their own codes; here is only the order.
fn check_order<T: PartialOrd>(name: &str, keys: &[T], found: &mut Findings) {
    if let Some(n) = keys.windows(2).position(|pair| pair[0] > pair[1]) {
        found.breach(
            Code::Order,
            format!("{name} is not sorted: element {} belongs before the one ahead", n + 1),
        );
    }
}

/// Placed, unplaced, sector ranks and the ones who waited.
pub(super) fn check_outcomes(
    model: &Model<'_>,
    schedule: &Schedule,
    placed: &[Placed<'_>],
    found: &mut Findings,
) {
    let waited = |person: &usize| model.people[*person].priority > 0;
    let unplaced: Vec<usize> =
        schedule.unplaced.iter().filter_map(|left| model.person(&left.staff)).collect();
    let outcomes = &schedule.outcomes;
    let placed_after = placed.iter().filter(|placed| waited(&placed.person)).count();
    for (name, written, right) in [
        ("placed", outcomes.placed, count(placed.len())),
        ("unplaced", outcomes.unplaced, count(unplaced.len())),
        ("placed_after_waiting", outcomes.placed_after_waiting, count(placed_after)),
        (
            "unplaced_after_waiting",
            outcomes.unplaced_after_waiting,
            count(unplaced.iter().filter(|person| waited(person)).count()),
        ),
    ] {
        if written != right {
            found.breach(Code::Outcomes, format!("{name} is {written}, must be {right}"));
        }
    }
    let ranks = &outcomes.sector_rank;
    match model.count_sector_ranks(placed.iter().map(|placed| (placed.person, placed.host))) {
        Some(right) if *ranks != right => {
            found.breach(Code::Outcomes, format!("sector_rank is {ranks:?}, must be {right:?}"));
        }
        // An audit file does not tell wishes: only the sum can be checked.
        None if ranks.iter().map(|n| i128::from(*n)).sum::<i128>() != i128::from(count(placed.len())) => {
            found.breach(Code::Outcomes, format!("sector_rank {ranks:?} does not add up to the placed"));
        }
        Some(_) | None => {}
    }
}

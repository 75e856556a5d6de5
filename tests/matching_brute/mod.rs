//! What the engine must find, worked out in the plainest way from docs/files.md: rules, scores, the optimum by trying
//! everything, and the bound by adding up the prices. Shares no code with the engine.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use library_swap::files::round::{Library, Lock, Staff};
use library_swap::files::rules::SectorRule;
use library_swap::files::{Round, Schedule};

pub mod random;
mod rings;

/// What there is to be found.
#[derive(Debug, PartialEq, Eq)]
pub enum Optimum {
    Value(i64),
    LocksInfeasible,
    LockBreaksRule,
}

fn library<'a>(round: &'a Round, id: &str) -> &'a Library {
    round.libraries.iter().find(|library| library.id == id).expect("a library")
}

fn partners(round: &Round, a: &str, b: &str) -> bool {
    round.partners.iter().any(|[x, y]| (x == a && y == b) || (x == b && y == a))
}

fn metres(round: &Round, staff: &Staff, host: &Library) -> Option<i64> {
    let (lat1, lon1) = staff.origin.or(library(round, &staff.home).point)?;
    let (lat2, lon2) = host.point?;
    let (p1, p2) = (lat1.to_radians(), lat2.to_radians());
    let h = ((p2 - p1) / 2.0).sin().powi(2)
        + p1.cos() * p2.cos() * ((lon2 - lon1).to_radians() / 2.0).sin().powi(2);
    Some(rounded(2.0 * 6_371_008.8 * h.sqrt().min(1.0).asin()))
}

fn rounded(x: f64) -> i64 {
    format!("{:.0}", (x + 0.5).floor()).parse().expect("a number")
}

/// Whether every rule of the table but `own_library` allows the triple.
pub fn feasible(round: &Round, staff: &Staff, host: &Library, date: NaiveDate) -> bool {
    let rules = &round.rules;
    let home = library(round, &staff.home);
    let one_employer = |a: &String, b: &String| {
        a == b || round.employer_groups.iter().any(|group| group.contains(a) && group.contains(b))
    };
    let shared_employer = home.employers.iter().any(|a| host.employers.iter().any(|b| one_employer(a, b)));
    let sector = match &rules.sectors {
        SectorRule::Any => true,
        SectorRule::Cross => host.sectors.iter().any(|s| !home.sectors.contains(s)),
        SectorRule::Table(table) => home
            .sectors
            .iter()
            .any(|from| table.get(from).is_some_and(|to| to.iter().any(|s| host.sectors.contains(s)))),
    };
    let forbidden = round
        .forbidden
        .iter()
        .any(|f| f.staff == staff.id && f.host == host.id && f.date.is_none_or(|on| on == date));
    let near = match metres(round, staff, host) {
        Some(m) => m <= rounded(1000.0 * staff.max_km),
        None => rules.unknown_distance,
    };
    let vetted = !host.vetting_required
        || host.escorts_visitors
        || staff.assured_until.is_some_and(|until| until >= date);
    let (a, b) = staff.hours.get(&date).copied().unwrap_or((0, 1440));
    let (c, d) = host.hours.get(&date).copied().unwrap_or((0, 1440));
    let overlap = i64::from(b.min(d)) - i64::from(a.max(c));
    host.id != home.id
        && (rules.same_employer || !shared_employer)
        && sector
        && (!rules.partners_only || partners(round, &home.id, &host.id))
        && !staff.avoid.contains(&host.id)
        && !forbidden
        && (rules.repeat_hosts || !staff.visited.contains(&host.id))
        && near
        && staff.needs.iter().all(|need| host.access.contains(need))
        && staff.dates.contains(&date)
        && host.hosting.get(&date).copied().unwrap_or(0) > 0
        && home.release.get(&date).copied().unwrap_or(0) > 0
        && vetted
        && (rules.min_minutes == 0 || overlap >= rules.min_minutes)
}

fn score(round: &Round, staff: &Staff, host: &Library) -> i64 {
    let weights = &round.rules.weights;
    let home = library(round, &staff.home);
    let new: Vec<&String> = host.sectors.iter().filter(|s| !home.sectors.contains(s)).collect();
    let counted = if new.is_empty() { host.sectors.iter().collect() } else { new };
    let rank = if staff.sectors.is_empty() {
        Some(0)
    } else {
        staff.sectors.iter().position(|wanted| counted.contains(&wanted))
    };
    let sector = rank.and_then(|rank| weights.sector.get(rank)).copied().unwrap_or(0);
    let shared = staff.topics.iter().filter(|t| host.topics.contains(t)).count();
    let topics = weights.topic * i64::try_from(shared).expect("few").min(weights.topics_max);
    let most = rounded(1000.0 * staff.max_km);
    let nearness = match metres(round, staff, host) {
        Some(m) if most == 0 => i64::from(m == 0) * weights.nearness,
        Some(m) if m <= most => weights.nearness * (most - m) / most,
        Some(_) | None => 0,
    };
    let partner = if partners(round, &home.id, &host.id) { weights.partner } else { 0 };
    sector + topics + nearness + partner
}

pub fn value(round: &Round, staff: &Staff, host: &Library) -> i64 {
    round.placement_weight() * (1 + staff.priority) + score(round, staff, host)
}

fn staff<'a>(round: &'a Round, id: &str) -> &'a Staff {
    round.staff.iter().find(|staff| staff.id == id).expect("a person")
}

type LibraryDay<'a> = (&'a str, NaiveDate);

/// What the locks use, and what they leave.
struct Left<'a> {
    visitors: BTreeMap<LibraryDay<'a>, i64>,
    leavers: BTreeMap<LibraryDay<'a>, i64>,
    visitors_in_all: BTreeMap<&'a str, i64>,
    lifted: BTreeSet<LibraryDay<'a>>,
    value: i64,
}

fn locked(round: &Round) -> Left<'_> {
    let mut left = Left {
        visitors: BTreeMap::new(),
        leavers: BTreeMap::new(),
        visitors_in_all: BTreeMap::new(),
        lifted: BTreeSet::new(),
        value: 0,
    };
    for lock in &round.locks {
        let who = staff(round, &lock.staff);
        *left.visitors.entry((lock.host.as_str(), lock.date)).or_default() += 1;
        *left.leavers.entry((who.home.as_str(), lock.date)).or_default() += 1;
        *left.visitors_in_all.entry(lock.host.as_str()).or_default() += 1;
        if lock.override_reason.is_some() {
            left.lifted.insert((lock.host.as_str(), lock.date));
            left.lifted.insert((who.home.as_str(), lock.date));
        }
        left.value += value(round, who, library(round, &lock.host));
    }
    left
}

impl Left<'_> {
    fn hosting(&self, library: &Library, date: NaiveDate) -> i64 {
        let used = self.visitors.get(&(library.id.as_str(), date)).copied().unwrap_or(0);
        (library.hosting.get(&date).copied().unwrap_or(0) - used).max(0)
    }

    fn release(&self, library: &Library, date: NaiveDate) -> i64 {
        let used = self.leavers.get(&(library.id.as_str(), date)).copied().unwrap_or(0);
        (library.release.get(&date).copied().unwrap_or(0) - used).max(0)
    }

    fn limit(&self, library: &Library) -> Option<i64> {
        let used = self.visitors_in_all.get(library.id.as_str()).copied().unwrap_or(0);
        library.hosting_limit.map(|limit| (limit - used).max(0))
    }

    fn shift(&self, library: &Library, date: NaiveDate) -> i64 {
        let at = (library.id.as_str(), date);
        self.visitors.get(&at).copied().unwrap_or(0) - self.leavers.get(&at).copied().unwrap_or(0)
    }
}

/// Whether a lock without override breaks a rule, alone or with the other locks without one. An override lets all locks
/// of its library and date together exceed what there is.
fn lock_breaks_rule(round: &Round) -> bool {
    let count = |holds: &dyn Fn(&Lock) -> bool| {
        let with = |overridden: bool| {
            round
                .locks
                .iter()
                .filter(|lock| lock.override_reason.is_some() == overridden && holds(lock))
                .count()
        };
        if with(true) > 0 { 0 } else { i64::try_from(with(false)).expect("few") }
    };
    round.locks.iter().any(|lock| {
        let who = staff(round, &lock.staff);
        let (home, host) = (library(round, &who.home), library(round, &lock.host));
        if lock.override_reason.is_some() {
            return home.id == host.id;
        }
        let visitors = count(&|other| other.host == lock.host && other.date == lock.date);
        let in_all = count(&|other| other.host == lock.host);
        let leavers = count(&|other| staff(round, &other.staff).home == home.id && other.date == lock.date);
        !feasible(round, who, host, lock.date)
            || visitors > host.hosting.get(&lock.date).copied().unwrap_or(0)
            || leavers > home.release.get(&lock.date).copied().unwrap_or(0)
            || host.hosting_limit.is_some_and(|limit| in_all > limit)
    })
}

/// Tries every choice of everybody.
pub fn optimum(round: &Round) -> Optimum {
    if lock_breaks_rule(round) {
        return Optimum::LockBreaksRule;
    }
    let left = locked(round);
    let mut best = None;
    try_all(round, &left, &choices(round, None), &mut Vec::new(), &mut |chosen| {
        let value = chosen.iter().map(|choice| choice.3).sum::<i64>();
        if best.is_none_or(|best| value > best) && is_schedule(round, &left, chosen) {
            best = Some(value);
        }
    });
    best.map_or(Optimum::LocksInfeasible, |best| Optimum::Value(best + left.value))
}

/// What everybody without a lock may choose; somebody who is told where to go, only that, whatever the rules say.
fn choices<'a>(round: &'a Round, told: Option<&Told<'_>>) -> Vec<Vec<Choice<'a>>> {
    let mut choices = Vec::new();
    for person in round.staff.iter().filter(|p| !round.locks.iter().any(|lock| lock.staff == p.id)) {
        let mut own = Vec::new();
        for host in &round.libraries {
            for date in &round.dates {
                let may = match told.filter(|told| told.0 == person.id) {
                    Some(told) => told.1 == host.id && told.2 == *date && host.id != person.home,
                    None => feasible(round, person, host, *date),
                };
                if may {
                    own.push((person, host, *date, value(round, person, host)));
                }
            }
        }
        choices.push(own);
    }
    choices
}

fn is_schedule(round: &Round, left: &Left<'_>, chosen: &[Choice<'_>]) -> bool {
    balanced(round, left, chosen) && rings::split(round, left, chosen)
}

/// Somebody who goes to a host on a date.
pub type Told<'a> = (&'a str, &'a str, NaiveDate);

/// The best that all others have while somebody goes where told, and the most who then have a place, locks and the person
/// counted. None if the person cannot.
pub fn others(round: &Round, told: &Told<'_>) -> Option<(i64, usize)> {
    let left = locked(round);
    let mut best = None;
    try_all(round, &left, &choices(round, Some(told)), &mut Vec::new(), &mut |chosen| {
        let values = chosen.iter().filter(|choice| choice.0.id != told.0).map(|choice| choice.3);
        let found = (values.sum::<i64>() + left.value, chosen.len() + round.locks.len());
        if chosen.iter().any(|choice| choice.0.id == told.0)
            && best.is_none_or(|best| found > best)
            && is_schedule(round, &left, chosen)
        {
            best = Some(found);
        }
    });
    best
}

/// The best value of a round, and the most who have a place where somebody has one and the value is the best; none if
/// the person then has none.
pub fn placing(round: &Round, person: &str) -> (i64, Option<usize>) {
    let left = locked(round);
    let mut best = (i64::MIN, None);
    try_all(round, &left, &choices(round, None), &mut Vec::new(), &mut |chosen| {
        let value = chosen.iter().map(|choice| choice.3).sum::<i64>() + left.value;
        let is_in = chosen.iter().any(|choice| choice.0.id == person);
        let found = (value, is_in.then_some(chosen.len() + round.locks.len()));
        if found > best && is_schedule(round, &left, chosen) {
            best = found;
        }
    });
    best
}

/// What a person is worth at a host.
pub fn worth(round: &Round, person: &str, host: &str) -> i64 {
    value(round, staff(round, person), library(round, host))
}

/// Whether the rules let a person go to a host on a date.
pub fn allowed(round: &Round, person: &str, host: &str, date: NaiveDate) -> bool {
    host != staff(round, person).home && feasible(round, staff(round, person), library(round, host), date)
}

/// Whole metres from a person to a host.
pub fn way(round: &Round, person: &str, host: &str) -> Option<i64> {
    metres(round, staff(round, person), library(round, host))
}

type Choice<'a> = (&'a Staff, &'a Library, NaiveDate, i64);

fn try_all<'a>(
    round: &Round,
    left: &Left<'_>,
    choices: &[Vec<Choice<'a>>],
    chosen: &mut Vec<Choice<'a>>,
    visit: &mut dyn FnMut(&[Choice<'a>]),
) {
    let Some((own, rest)) = choices.split_first() else {
        visit(chosen);
        return;
    };
    try_all(round, left, rest, chosen, visit);
    for choice in own {
        let (person, host, date, _) = choice;
        let count = |holds: &dyn Fn(&Choice<'_>) -> bool| {
            i64::try_from(chosen.iter().filter(|c| holds(c)).count()).expect("few")
        };
        let visitors = count(&|c| c.1.id == host.id && c.2 == *date);
        let in_all = count(&|c| c.1.id == host.id);
        let leavers = count(&|c| c.0.home == person.home && c.2 == *date);
        if visitors < left.hosting(host, *date)
            && leavers < left.release(library(round, &person.home), *date)
            && left.limit(host).is_none_or(|limit| in_all < limit)
        {
            chosen.push(*choice);
            try_all(round, left, rest, chosen, visit);
            chosen.pop();
        }
    }
}

fn balanced(round: &Round, left: &Left<'_>, chosen: &[Choice<'_>]) -> bool {
    let Some(balance) = round.rules.balance else { return true };
    round.libraries.iter().all(|library| {
        round.dates.iter().all(|date| {
            let mut net = left.shift(library, *date);
            for (person, host, on, _) in chosen.iter().filter(|c| c.2 == *date) {
                assert_eq!(on, date);
                net += i64::from(host.id == library.id) - i64::from(person.home == library.id);
            }
            left.lifted.contains(&(library.id.as_str(), *date)) || net.abs() <= balance
        })
    })
}

/// Checks a schedule: rules, sums and the bound by prices.
pub fn check(round: &Round, schedule: &Schedule) -> Result<(), String> {
    let left = locked(round);
    let mut chosen: Vec<Choice<'_>> = Vec::new();
    let mut total = 0;
    let mut seen = BTreeSet::new();
    for placement in &schedule.placements {
        let (who, host) = (staff(round, &placement.staff), library(round, &placement.host));
        ensure(seen.insert(&placement.staff), || format!("{} twice", placement.staff))?;
        ensure(placement.score == score(round, who, host), || format!("score of {}", placement.staff))?;
        total += value(round, who, host);
        if let Some(lock) = round.locks.iter().find(|lock| lock.staff == who.id) {
            ensure(lock.host == host.id && lock.date == placement.date, || format!("lock of {}", who.id))?;
            continue;
        }
        ensure(feasible(round, who, host, placement.date), || format!("{} is not feasible", who.id))?;
        chosen.push((who, host, placement.date, 0));
    }
    ensure(round.locks.iter().all(|lock| seen.contains(&lock.staff)), || "a lock is missing".to_owned())?;
    let count = |holds: &dyn Fn(&Choice<'_>) -> bool| {
        i64::try_from(chosen.iter().filter(|c| holds(c)).count()).expect("few")
    };
    for library in &round.libraries {
        let in_all = count(&|c| c.1.id == library.id);
        ensure(left.limit(library).is_none_or(|most| in_all <= most), || format!("limit of {}", library.id))?;
        for date in &round.dates {
            let visitors = count(&|c| c.1.id == library.id && c.2 == *date);
            let leavers = count(&|c| c.0.home == library.id && c.2 == *date);
            ensure(visitors <= left.hosting(library, *date), || format!("{} full on {date}", library.id))?;
            ensure(leavers <= left.release(library, *date), || format!("cover of {} on {date}", library.id))?;
        }
    }
    ensure(balanced(round, &left, &chosen), || "not balanced".to_owned())?;
    let objective = &schedule.objective;
    ensure(objective.value == total, || format!("value {} is {total}", objective.value))?;
    let bound = bound(round, &left, schedule)?;
    ensure(i128::from(objective.bound_prices) == bound, || {
        format!("prices prove {bound}, not {}", objective.bound_prices)
    })?;
    ensure(total <= objective.bound && objective.bound <= objective.bound_prices, || {
        format!("{objective:?}")
    })?;
    ensure(schedule.unplaced.len() + schedule.placements.len() == round.staff.len(), || "lists".to_owned())
}

fn ensure(holds: bool, words: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words()) }
}

/// The sum of docs/files.md in 128 bits, divided by 1,000.
fn bound(round: &Round, left: &Left<'_>, schedule: &Schedule) -> Result<i128, String> {
    let prices = &schedule.prices;
    let by_day = |rows: &[(String, NaiveDate, i64)]| -> BTreeMap<(String, NaiveDate), i128> {
        rows.iter().map(|(id, date, price)| ((id.clone(), *date), i128::from(*price))).collect()
    };
    let (hosting, release, balance) =
        (by_day(&prices.hosting), by_day(&prices.release), by_day(&prices.balance));
    let limit: BTreeMap<&String, i128> =
        prices.hosting_limit.iter().map(|(id, price)| (id, i128::from(*price))).collect();
    let at = |rows: &BTreeMap<(String, NaiveDate), i128>, id: &str, date: NaiveDate| {
        rows.get(&(id.to_owned(), date)).copied().unwrap_or(0)
    };
    let mut total = 1000 * i128::from(left.value);
    for (id, price) in &prices.staff {
        ensure(*price >= 0 && !round.locks.iter().any(|lock| lock.staff == *id), || {
            format!("price of {id}")
        })?;
        total += i128::from(*price);
    }
    for library in &round.libraries {
        let y = limit.get(&library.id).copied().unwrap_or(0);
        ensure(y == 0 || (y > 0 && library.hosting_limit.is_some()), || "limit price".to_owned())?;
        total += i128::from(left.limit(library).unwrap_or(0)) * y;
        for date in &round.dates {
            let (v, w) = (at(&hosting, &library.id, *date), at(&release, &library.id, *date));
            let z = at(&balance, &library.id, *date);
            ensure(v >= 0 && w >= 0, || "a negative price".to_owned())?;
            let required =
                round.rules.balance.filter(|_| !left.lifted.contains(&(library.id.as_str(), *date)));
            ensure(z == 0 || required.is_some(), || format!("balance price at {} on {date}", library.id))?;
            total += i128::from(left.hosting(library, *date)) * v;
            total += i128::from(left.release(library, *date)) * w;
            total += i128::from(required.unwrap_or(0)) * z.abs() + i128::from(left.shift(library, *date)) * z;
        }
    }
    for person in round.staff.iter().filter(|p| !round.locks.iter().any(|lock| lock.staff == p.id)) {
        let u = i128::from(prices.staff.get(&person.id).copied().unwrap_or(0));
        for host in &round.libraries {
            for date in &round.dates {
                if feasible(round, person, host, *date) {
                    let gain = 1000 * i128::from(value(round, person, host))
                        - u
                        - at(&hosting, &host.id, *date)
                        - limit.get(&host.id).copied().unwrap_or(0)
                        - at(&release, &person.home, *date)
                        - at(&balance, &person.home, *date)
                        + at(&balance, &host.id, *date);
                    total += gain.max(0);
                }
            }
        }
    }
    Ok(total.div_euclid(1000))
}

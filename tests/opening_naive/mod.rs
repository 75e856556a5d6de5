//! A second derivation of a round from what is known, written from `docs/rounds.md` and `docs/opening.md`: day by day,
//! half hour by half hour, rule by rule. It shares nothing with the service but the words of the documents.
#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

pub mod cases;

use std::collections::{BTreeMap, BTreeSet};

use cases::{Case, Library, Minutes, What, Worker};
use chrono::{Datelike, NaiveDate};

/// The half hours of a day: every time of the generated programmes is one's begin or end.
pub type HalfHours = [bool; 48];

/// What decided a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    Exception,
    Closure,
    BankHoliday,
    InsetDay,
    SchoolHoliday,
    BetweenTerms,
    Weekly,
    Unknown,
}

/// A library on a day.
pub struct Day {
    pub decided: Decided,
    /// In which half hours it is open; none where nobody has said, on a day that is taken as open.
    pub open: Option<HalfHours>,
    pub exams: bool,
}

impl Day {
    pub fn is_open(&self) -> bool {
        self.open.is_none_or(|half_hours| half_hours.contains(&true))
    }
}

/// Monday is 0.
pub fn weekday(date: NaiveDate) -> usize {
    usize::try_from(date.weekday().num_days_from_monday()).expect("small")
}

fn half_hours(spans: &[Minutes]) -> HalfHours {
    let mut open = [false; 48];
    for (from, until) in spans {
        open[usize::from(from / 30)..usize::from(until / 30)].fill(true);
    }
    open
}

/// `docs/opening.md`: exception, closure, bank holiday, inset day, school holiday, between terms, weekly hours.
pub fn day_of(library: &Library, date: NaiveDate) -> Day {
    let all = || library.calendars.iter().flatten();
    let is = |what: What| all().any(|(kind, from, until)| *kind == what && *from <= date && date <= *until);
    // The last rule that names a day is the one that holds.
    let rule = |day: usize| {
        let rules = library.weekly.as_ref()?;
        rules.iter().rev().find(|rule| rule.days.contains(&day)).map(|rule| half_hours(&rule.spans))
    };
    let closed = Some([false; 48]);
    let between_terms = library.calendars.iter().any(|calendar| {
        let mut terms: Vec<(NaiveDate, NaiveDate)> =
            calendar.iter().filter(|(kind, _, _)| *kind == What::Term).map(|(_, a, b)| (*a, *b)).collect();
        terms.sort_unstable();
        terms.iter().any(|(_, ends)| *ends < date)
            && terms.iter().any(|(starts, _)| *starts > date)
            && terms.iter().all(|(starts, ends)| date < *starts || *ends < date)
    });
    let (decided, open) = if let Some((_, spans)) = library.exceptions.iter().find(|(day, _)| *day == date) {
        (Decided::Exception, Some(half_hours(spans)))
    } else if is(What::Closure) {
        (Decided::Closure, closed)
    } else if is(What::BankHoliday) {
        (Decided::BankHoliday, rule(cases::PH).or(closed))
    } else if is(What::InsetDay) {
        (Decided::InsetDay, rule(cases::SH).or(closed))
    } else if is(What::SchoolHoliday) {
        (Decided::SchoolHoliday, rule(cases::SH).or(closed))
    } else if between_terms {
        (Decided::BetweenTerms, rule(cases::SH).or(closed))
    } else if library.weekly.is_some() {
        (Decided::Weekly, rule(weekday(date)).or(closed))
    } else if weekday(date) < 5 {
        (Decided::Unknown, None)
    } else {
        (Decided::Unknown, closed)
    };
    Day { decided, open, exams: is(What::Exams) }
}

/// The longest stretch, the earliest of equal ones.
fn longest(open: &HalfHours) -> Option<Minutes> {
    let (mut best, mut from): (Option<Minutes>, u16) = (None, 0);
    for (until, is_open) in (1..=48).map(|end| 30 * end).zip(open) {
        if !is_open {
            from = until;
        } else if best.is_none_or(|(a, b)| until - from > b - a) {
            best = Some((from, until));
        }
    }
    best
}

/// What a library is in the round file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LibraryFile {
    pub hosting: BTreeMap<NaiveDate, i64>,
    pub limit: Option<i64>,
    pub release: BTreeMap<NaiveDate, i64>,
    /// On days with places.
    pub hours: BTreeMap<NaiveDate, Minutes>,
}

/// What a person is in the round file.
#[derive(Debug, PartialEq, Eq)]
pub struct WorkerFile {
    pub home: usize,
    pub dates: BTreeSet<NaiveDate>,
    pub hours: BTreeMap<NaiveDate, Minutes>,
    pub visited: BTreeSet<usize>,
    pub priority: i64,
}

/// The last in the line of successors.
fn became(case: &Case, mut library: usize) -> usize {
    while let Some(next) = case.libraries[library].successor {
        library = next;
    }
    library
}

/// Whether one became the other, in some steps or none.
fn leads_to(case: &Case, from: usize, to: usize) -> bool {
    let mut at = Some(from);
    while let Some(library) = at {
        if library == to {
            return true;
        }
        at = case.libraries[library].successor;
    }
    false
}

/// `docs/rounds.md`, "Visitors on a date" and "Leavers on a date".
pub fn library_file(case: &Case, index: usize) -> LibraryFile {
    let library = &case.libraries[index];
    let Some(offer) = &library.offer else { return LibraryFile::default() };
    let mut visitors: BTreeMap<NaiveDate, u32> = BTreeMap::new();
    let mut leavers: BTreeMap<NaiveDate, u32> = BTreeMap::new();
    for visit in &case.visits {
        if became(case, visit.host) == index {
            *visitors.entry(visit.date).or_default() += 1;
        }
        if visit.home.is_some_and(|home| became(case, home) == index) {
            *leavers.entry(visit.date).or_default() += 1;
        }
    }
    let in_use = library.in_use && library.successor.is_none();
    let mut file = LibraryFile { limit: offer.limit.map(i64::from), ..LibraryFile::default() };
    for date in &case.dates {
        let day = day_of(library, *date);
        let mut places = match (offer.hosting.get(date), &offer.rule) {
            (Some(number), _) => *number,
            (None, Some((weekdays, days, number))) => {
                let everywhere = weekdays.is_empty() && days.is_empty();
                let holds = everywhere || weekdays.contains(&weekday(*date)) || days.contains(date);
                if holds { *number } else { 0 }
            }
            (None, None) => 0,
        };
        if !in_use || !day.is_open() || day.exams {
            places = 0;
        }
        let offered = offer.hours.get(date).copied();
        let hours = match day.open {
            None => Some(offered.unwrap_or((0, 1440))),
            Some(mut open) => {
                let (from, until) = offered.unwrap_or((0, 1440));
                for (begin, is_open) in (0..48).map(|half_hour| 30 * half_hour).zip(&mut open) {
                    *is_open &= from <= begin && begin < until;
                }
                longest(&open)
            }
        };
        match hours {
            Some((from, until)) if until - from >= case.min_minutes => {}
            Some(_) | None => places = 0,
        }
        places = places.saturating_sub(visitors.get(date).copied().unwrap_or_default());
        if places > 0 {
            file.hosting.insert(*date, i64::from(places));
            // Nobody has said anything: the whole day, which a file says by saying nothing.
            if let Some(hours) = hours.filter(|_| day.open.is_some() || offered.is_some()) {
                file.hours.insert(*date, hours);
            }
        }
        let may_leave = match (offer.release.get(date), &offer.cover) {
            (Some(number), _) => *number,
            (None, Some(cover)) => {
                let (rostered, minimum) = cover.dates.get(date).copied().unwrap_or_default();
                let rostered = rostered.unwrap_or(cover.rostered[weekday(*date)]);
                rostered.saturating_sub(minimum.unwrap_or(cover.minimum))
            }
            (None, None) => 0,
        };
        let may_leave = if in_use && day.is_open() { may_leave } else { 0 };
        let may_leave = may_leave.saturating_sub(leavers.get(date).copied().unwrap_or_default());
        if may_leave > 0 {
            file.release.insert(*date, i64::from(may_leave));
        }
    }
    if let Some(rest) = offer.rest_days {
        let mut kept: Vec<NaiveDate> = Vec::new();
        let near = |a: NaiveDate, b: NaiveDate| (a - b).num_days().abs() < i64::from(rest);
        for date in file.hosting.keys().copied().collect::<Vec<_>>() {
            if visitors.contains_key(&date) {
                continue;
            }
            if kept.iter().any(|other| near(*other, date)) || visitors.keys().any(|other| near(*other, date))
            {
                file.hosting.remove(&date);
            } else {
                kept.push(date);
            }
        }
    }
    if let Some(year_limit) = offer.year_limit {
        let there = |year: i32| {
            let of_year = visitors.iter().filter(|(date, _)| date.year() == year);
            of_year.map(|(_, count)| i64::from(*count)).sum::<i64>()
        };
        let left = |year: i32| (i64::from(year_limit) - there(year)).max(0);
        let years: BTreeSet<i32> = file.hosting.keys().map(Datelike::year).collect();
        if let (1, Some(year)) = (years.len(), years.first()) {
            file.limit = Some(file.limit.map_or(left(*year), |limit| limit.min(left(*year))));
        }
        if years.len() > 1 {
            for year in years {
                let mut places = left(year);
                for (_, hosting) in file.hosting.iter_mut().filter(|(date, _)| date.year() == year) {
                    *hosting = (*hosting).min(places);
                    places -= *hosting;
                }
            }
        }
    }
    // A limit of nothing and no places are the same.
    if file.limit == Some(0) {
        file.hosting.clear();
    }
    file.hosting.retain(|_, places| *places > 0);
    let hosting = &file.hosting;
    file.hours.retain(|date, _| hosting.contains_key(date));
    if file.hosting.is_empty() {
        file.limit = None;
    }
    file
}

/// When somebody works by the pattern; nothing on a day off.
fn by_pattern(pattern: &cases::Pattern, date: NaiveDate) -> Option<Minutes> {
    if pattern.removed.contains(&date) {
        return None;
    }
    if let Some(hours) = pattern.added.get(&date) {
        return Some(*hours);
    }
    let week = match pattern.from {
        None => &pattern.weeks[0],
        Some(from) => {
            // Walks from Monday to Monday, one week at a time, and takes turns.
            let monday = |mut day: NaiveDate| {
                while day.weekday() != chrono::Weekday::Mon {
                    day = day.pred_opt().expect("a day before");
                }
                day
            };
            let (mut at, goal, mut turn) = (monday(from), monday(date), 0);
            while at != goal {
                at += chrono::Duration::days(if at < goal { 7 } else { -7 });
                turn = 1 - turn;
            }
            &pattern.weeks[turn]
        }
    };
    week[weekday(date)]
}

/// `docs/rounds.md`, "People"; none for whoever is not matched.
pub fn worker_file(case: &Case, index: usize) -> Option<WorkerFile> {
    let worker: &Worker = &case.workers[index];
    let days = match worker.state {
        cases::State::Released => worker.released_dates.clone(),
        cases::State::Verified { manager_known } if manager_known && !case.release_required => {
            worker.dates.clone()
        }
        cases::State::Verified { .. } | cases::State::Gone => return None,
    };
    let is_off =
        |date: NaiveDate| worker.pattern.as_ref().is_some_and(|pattern| by_pattern(pattern, date).is_none());
    let elsewhere =
        |date: NaiveDate| case.visits.iter().any(|visit| visit.worker == index && visit.date == date);
    let dates: BTreeSet<NaiveDate> =
        days.into_iter().filter(|date| !is_off(*date) && !elsewhere(*date)).collect();
    if dates.is_empty() {
        return None;
    }
    let hours = dates.iter().filter_map(|date| {
        let said = worker.hours.get(date).copied();
        let by_pattern = worker.pattern.as_ref().and_then(|pattern| by_pattern(pattern, *date));
        Some((*date, said.or(by_pattern)?))
    });
    let was_at = |library: usize| {
        let visits = case.visits.iter().filter(|visit| visit.worker == index);
        visits
            .into_iter()
            .any(|visit| leads_to(case, visit.host, library) || leads_to(case, library, visit.host))
    };
    // Days in order, a place after anything else of the same day.
    let mut past: Vec<(NaiveDate, bool)> = Vec::new();
    past.extend(case.visits.iter().filter(|visit| visit.worker == index).map(|visit| (visit.date, true)));
    past.extend(
        case.outcomes.iter().filter(|(who, _, _)| *who == index).map(|(_, date, placed)| (*date, *placed)),
    );
    past.sort_unstable();
    let mut priority = 0;
    for (_, placed) in past {
        priority = if placed { 0 } else { priority + 1 };
    }
    Some(WorkerFile {
        home: became(case, worker.home),
        hours: hours.collect(),
        visited: (0..case.libraries.len()).filter(|library| was_at(*library)).collect(),
        priority,
        dates,
    })
}

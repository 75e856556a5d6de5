//! Generated programmes, as plain data: small, and full of coincidences.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

/// From a minute of the day to a later one.
pub type Minutes = (u16, u16);

/// The number of the rule for bank holidays, after the days of the week.
pub const PH: usize = 7;
/// The number of the rule for school holidays.
pub const SH: usize = 8;

/// What a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    BankHoliday,
    Term,
    SchoolHoliday,
    InsetDay,
    Closure,
    Exams,
}

/// Hours of some days.
#[derive(Debug, Clone)]
pub struct Rule {
    pub days: Vec<usize>,
    pub spans: Vec<Minutes>,
}

#[derive(Debug, Clone)]
pub struct Library {
    pub weekly: Option<Vec<Rule>>,
    pub exceptions: Vec<(NaiveDate, Vec<Minutes>)>,
    /// Each holds periods of kinds that go together.
    pub calendars: Vec<Vec<(What, NaiveDate, NaiveDate)>>,
    pub in_use: bool,
    pub successor: Option<usize>,
    pub offer: Option<Offer>,
}

#[derive(Debug, Clone)]
pub struct Offer {
    pub hosting: BTreeMap<NaiveDate, u32>,
    /// Weekdays, dates, visitors.
    pub rule: Option<(BTreeSet<usize>, BTreeSet<NaiveDate>, u32)>,
    pub limit: Option<u32>,
    pub year_limit: Option<u32>,
    pub rest_days: Option<u32>,
    pub release: BTreeMap<NaiveDate, u32>,
    pub cover: Option<Cover>,
    pub hours: BTreeMap<NaiveDate, Minutes>,
}

#[derive(Debug, Clone)]
pub struct Cover {
    /// By weekday.
    pub rostered: [u32; 7],
    pub minimum: u32,
    /// Rostered and minimum of single dates.
    pub dates: BTreeMap<NaiveDate, (Option<u32>, Option<u32>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Released,
    Verified { manager_known: bool },
    Gone,
}

#[derive(Debug, Clone)]
pub struct Pattern {
    /// With it the two weeks take turns; without it there is one.
    pub from: Option<NaiveDate>,
    pub weeks: Vec<[Option<Minutes>; 7]>,
    pub added: BTreeMap<NaiveDate, Minutes>,
    pub removed: BTreeSet<NaiveDate>,
}

#[derive(Debug, Clone)]
pub struct Worker {
    pub home: usize,
    pub state: State,
    pub dates: Vec<NaiveDate>,
    pub released_dates: Vec<NaiveDate>,
    pub hours: BTreeMap<NaiveDate, Minutes>,
    pub pattern: Option<Pattern>,
}

/// A placement that stands in another round, or a visit of the past.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    pub worker: usize,
    pub home: Option<usize>,
    pub host: usize,
    pub date: NaiveDate,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub dates: Vec<NaiveDate>,
    pub min_minutes: u16,
    pub release_required: bool,
    pub libraries: Vec<Library>,
    pub workers: Vec<Worker>,
    pub visits: Vec<Visit>,
    /// Who, the last day of the round, whether with a place.
    pub outcomes: Vec<(usize, NaiveDate, bool)>,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(u64::try_from(n).expect("small"))).expect("small")
    }

    fn count(&mut self, n: u64) -> u32 {
        u32::try_from(self.below(n)).expect("small")
    }

    fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    fn maybe<T>(&mut self, share: u64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.percent(share).then(|| make(self))
    }

    fn some<T: Copy>(&mut self, items: &[T], share: u64) -> Vec<T> {
        items.iter().copied().filter(|_| self.percent(share)).collect()
    }

    /// A span on half hours that an hour of day can end.
    fn span(&mut self, until: u64) -> Minutes {
        let from = self.below(until - 1);
        let to = from + 1 + self.below(until - from);
        let minutes = |half_hours: u64| u16::try_from(half_hours * 30).expect("a minute of a day");
        (minutes(from), minutes(to.min(until)))
    }

    /// Up to three spans in order, which may touch.
    fn spans(&mut self) -> Vec<Minutes> {
        let mut cuts: Vec<u16> =
            (0..6).map(|_| u16::try_from(self.below(49) * 30).expect("a minute")).collect();
        cuts.sort_unstable();
        let most = 1 + self.index(3);
        cuts.chunks(2).filter(|pair| pair[0] < pair[1]).map(|pair| (pair[0], pair[1])).take(most).collect()
    }
}

/// Days at which something happens: new years, clock changes, 29 February, Easter, a leap week.
const BEGINNINGS: [&str; 7] =
    ["2026-12-22", "2027-03-22", "2027-10-25", "2028-02-24", "2027-05-03", "2027-12-24", "2028-12-27"];

/// The case of a seed.
pub fn case(seed: u64) -> Case {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(5));
    let begin: NaiveDate = BEGINNINGS[random.index(BEGINNINGS.len())].parse().expect("a date");
    let near: Vec<NaiveDate> = begin.iter_days().take(16).collect();
    let mut dates = random.some(&near, 60);
    if dates.is_empty() {
        dates.push(begin);
    }
    let libraries: Vec<Library> = (0..4).map(|n| library(&mut random, n, &dates, &near)).collect();
    let workers: Vec<Worker> = (0..4).map(|_| worker(&mut random, &dates, begin)).collect();
    let visits = (0..random.index(6))
        .map(|_| Visit {
            worker: random.index(workers.len()),
            home: random.maybe(70, |random| random.index(4)),
            host: random.index(4),
            date: near[random.index(near.len())] + Days::new(random.below(3) * 20),
        })
        .collect();
    let outcomes = (0..random.index(6))
        .map(|_| (random.index(4), begin - Days::new(random.below(60)), random.percent(40)))
        .collect();
    Case {
        min_minutes: [0, 60, 180, 480][random.index(4)],
        release_required: random.percent(60),
        dates,
        libraries,
        workers,
        visits,
        outcomes,
    }
}

fn library(random: &mut Random, number: usize, dates: &[NaiveDate], near: &[NaiveDate]) -> Library {
    let weekly = random.maybe(80, |random| {
        let rule = |random: &mut Random| {
            let mut days = random.some(&[0, 1, 2, 3, 4, 5, 6, PH, SH], 45);
            if days.is_empty() {
                days.push(random.index(9));
            }
            let spans = if random.percent(15) { Vec::new() } else { random.spans() };
            Rule { days, spans }
        };
        (0..=random.index(4)).map(|_| rule(random)).collect()
    });
    let calendars = [
        &[What::BankHoliday][..],
        &[What::Term, What::SchoolHoliday, What::InsetDay],
        &[What::Closure],
        &[What::Exams],
        &[What::Term],
        &[What::BankHoliday],
    ]
    .iter()
    .filter_map(|kinds| {
        random.maybe(35, |random| {
            (0..=random.index(3))
                .map(|_| {
                    let from = near[random.index(near.len())];
                    (kinds[random.index(kinds.len())], from, from + Days::new(random.below(4)))
                })
                .collect()
        })
    })
    .collect();
    let days = random.some(near, 8);
    let exceptions = days
        .into_iter()
        .map(|date| (date, if random.percent(30) { Vec::new() } else { random.spans() }))
        .collect();
    Library {
        weekly,
        exceptions,
        calendars,
        in_use: random.percent(93),
        // Only to a later one, so that no ring comes about.
        successor: random
            .maybe(if number < 3 { 15 } else { 0 }, |random| number + 1 + random.index(3 - number)),
        offer: random.maybe(85, |random| offer(random, dates)),
    }
}

fn offer(random: &mut Random, dates: &[NaiveDate]) -> Offer {
    let hosting = random.some(dates, 30).into_iter().map(|date| (date, random.count(4))).collect();
    let rule = random.maybe(60, |random| {
        let weekdays = random.some(&[0, 1, 2, 3, 4, 5, 6], 30).into_iter().collect();
        (weekdays, random.some(dates, 20).into_iter().collect(), random.count(4))
    });
    let release = random.some(dates, 30).into_iter().map(|date| (date, random.count(4))).collect();
    let cover = random.maybe(60, |random| Cover {
        rostered: std::array::from_fn(|_| random.count(5)),
        minimum: random.count(4),
        dates: random
            .some(dates, 20)
            .into_iter()
            .map(|date| (date, (random.maybe(60, |it| it.count(5)), random.maybe(60, |it| it.count(4)))))
            .collect(),
    });
    // No time of day is 24:00.
    let hours = random.some(dates, 25).into_iter().map(|date| (date, random.span(47))).collect();
    Offer {
        hosting,
        rule,
        limit: random.maybe(40, |random| random.count(6)),
        year_limit: random.maybe(40, |random| random.count(6)),
        rest_days: random.maybe(40, |random| random.count(9)),
        release,
        cover,
        hours,
    }
}

fn worker(random: &mut Random, dates: &[NaiveDate], begin: NaiveDate) -> Worker {
    let asked = random.some(dates, 60);
    let released_dates = random.some(&asked, 70);
    let pattern = random.maybe(70, |random| {
        let from = random.maybe(50, |random| begin - Days::new(30) + Days::new(random.below(60)));
        let week = |random: &mut Random| std::array::from_fn(|_| random.maybe(60, |random| random.span(47)));
        let weeks = if from.is_some() { vec![week(random), week(random)] } else { vec![week(random)] };
        Pattern {
            from,
            weeks,
            added: random.some(dates, 10).into_iter().map(|date| (date, random.span(47))).collect(),
            removed: random.some(dates, 10).into_iter().collect(),
        }
    });
    Worker {
        home: random.index(4),
        state: match random.below(10) {
            0 => State::Gone,
            1 => State::Verified { manager_known: false },
            2..=4 => State::Verified { manager_known: true },
            _ => State::Released,
        },
        hours: random.some(&asked, 25).into_iter().map(|date| (date, random.span(47))).collect(),
        dates: asked,
        released_dates,
        pattern,
    }
}

//! What a library offers for a round: places for visitors, staff who may be away, hours. Opting in is making an offer.
//!
//! Numbers of single dates win over rules. What of an offer holds on a day, once opening hours, other rounds and limits
//! have had their say, is worked out by [`super::cover`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::application::Hours;
use super::fault::Faults;
use super::ids::LibraryId;
use super::organisation::Library;
use super::round::Round;
use super::states::LibraryStatus;
use super::weekday::Weekday;

/// An offer. A date of which neither a number nor a rule speaks counts as 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// Visitors taken on a date.
    pub hosting: BTreeMap<NaiveDate, u32>,
    /// Visitors taken on every other date.
    pub hosting_rule: Option<HostingRule>,
    /// Visitors taken in the whole round; absent means no limit.
    pub hosting_limit: Option<u32>,
    /// Visitors taken in a calendar year, those of other rounds counted; absent means no limit.
    pub year_limit: Option<u32>,
    /// Least number of days from one day with visitors to the next, whatever the round; 7 is once a week.
    pub rest_days: Option<u32>,
    /// Staff who may be away on a date, so that minimum cover holds.
    pub release: BTreeMap<NaiveDate, u32>,
    /// From which the staff who may be away follow on every other date.
    pub cover_rule: Option<CoverRule>,
    /// When visitors can come on a date, in the library's time zone; absent means whenever it is open.
    pub hours: Hours,
}

/// Visitors on many dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostingRule {
    /// On these days of the week.
    pub weekdays: BTreeSet<Weekday>,
    /// And on these dates. Neither weekdays nor dates: on every date of the round.
    pub dates: BTreeSet<NaiveDate>,
    /// Visitors on each of them.
    pub visitors: u32,
}

impl HostingRule {
    fn holds_on(&self, date: NaiveDate) -> bool {
        let everywhere = self.weekdays.is_empty() && self.dates.is_empty();
        everywhere || self.dates.contains(&date) || self.weekdays.contains(&Weekday::of(date))
    }
}

/// How many work on a day, and how many of them must remain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverRule {
    /// Who works on a usual day.
    pub rostered: Rostered,
    /// Who must remain. A visitor is none of them: visitors are guests, not cover.
    pub minimum: u32,
    /// Dates on which it is otherwise.
    pub dates: BTreeMap<NaiveDate, CoverDay>,
}

/// Staff who work on a usual day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rostered {
    /// The same on every day.
    Daily(u32),
    /// By weekday; nobody on those that are absent.
    Weekly(BTreeMap<Weekday, u32>),
}

/// One date's exception; what is absent is as usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CoverDay {
    /// Who works.
    pub rostered: Option<u32>,
    /// Who must remain.
    pub minimum: Option<u32>,
}

impl CoverRule {
    /// Who works and who must remain on a date.
    pub fn on(&self, date: NaiveDate) -> (u32, u32) {
        let usual = match &self.rostered {
            Rostered::Daily(staff) => *staff,
            Rostered::Weekly(week) => week.get(&Weekday::of(date)).copied().unwrap_or_default(),
        };
        let day = self.dates.get(&date).copied().unwrap_or_default();
        (day.rostered.unwrap_or(usual), day.minimum.unwrap_or(self.minimum))
    }

    fn counts(&self) -> Vec<(String, u32)> {
        let mut counts = vec![("minimum".to_owned(), self.minimum)];
        match &self.rostered {
            Rostered::Daily(staff) => counts.push(("rostered".to_owned(), *staff)),
            Rostered::Weekly(week) => {
                counts.extend(week.iter().map(|(day, staff)| (format!("rostered/{day}"), *staff)));
            }
        }
        for (date, day) in &self.dates {
            counts.extend(day.rostered.map(|staff| (format!("dates/{date}/rostered"), staff)));
            counts.extend(day.minimum.map(|staff| (format!("dates/{date}/minimum"), staff)));
        }
        counts
    }
}

/// The offer of one library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryOffer {
    /// Which library.
    pub library: LibraryId,
    /// What it offers.
    pub offer: Offer,
}

/// More visitors or leavers than any library has on a day: a slip of the finger.
const MOST_PER_DAY: u32 = 1_000;
/// The same for a whole round or year.
const MOST_PER_ROUND: u32 = 100_000;
/// A year: whoever rests longer takes no part.
const MOST_REST_DAYS: u32 = 366;

impl Offer {
    /// Whether nothing is offered: the library does not take part.
    pub fn is_empty(&self) -> bool {
        !self.hosts() && self.cover_rule.is_none() && self.release.values().all(|staff| *staff == 0)
    }

    /// Whether visitors are taken on any date.
    pub fn hosts(&self) -> bool {
        let by_rule = self.hosting_rule.as_ref().is_some_and(|rule| rule.visitors > 0);
        by_rule || self.hosting.values().any(|places| *places > 0)
    }

    /// Visitors offered for a date.
    pub fn hosting_on(&self, date: NaiveDate) -> u32 {
        let by_rule =
            || self.hosting_rule.as_ref().filter(|rule| rule.holds_on(date)).map(|rule| rule.visitors);
        self.hosting.get(&date).copied().or_else(by_rule).unwrap_or_default()
    }

    /// Staff who may be away on a date, by its number or else by the cover rule.
    pub fn release_on(&self, date: NaiveDate) -> u32 {
        let by_rule = || {
            self.cover_rule.as_ref().map(|rule| {
                let (rostered, minimum) = rule.on(date);
                rostered.saturating_sub(minimum)
            })
        };
        self.release.get(&date).copied().or_else(by_rule).unwrap_or_default()
    }

    /// Reports every fault of an offer by a library for a round, with JSON pointers into the offer.
    pub fn check(&self, round: &Round, library: &Library, faults: &Faults) {
        let check_date = |pointer: &str, date: NaiveDate| {
            if !round.dates.contains(&date) {
                let known: Vec<String> = round.dates.iter().map(ToString::to_string).collect();
                let rule = format!("is no date of the round “{}” ({})", round.name, known.join(", "));
                faults.add(format!("/{pointer}"), date, rule);
            }
        };
        let check_count = |pointer: &str, count: u32, most: u32| {
            if count > most {
                faults.add(format!("/{pointer}"), count, format!("must be a whole number from 0 to {most}"));
            }
        };
        for (field, table) in [("hosting", &self.hosting), ("release", &self.release)] {
            for (date, count) in table {
                check_date(&format!("{field}/{date}"), *date);
                check_count(&format!("{field}/{date}"), *count, MOST_PER_DAY);
            }
        }
        for (field, count, most) in [
            ("hosting_limit", self.hosting_limit, MOST_PER_ROUND),
            ("year_limit", self.year_limit, MOST_PER_ROUND),
            ("rest_days", self.rest_days, MOST_REST_DAYS),
            ("hosting_rule/visitors", self.hosting_rule.as_ref().map(|rule| rule.visitors), MOST_PER_DAY),
        ] {
            check_count(field, count.unwrap_or_default(), most);
        }
        for date in self.hosting_rule.iter().flat_map(|rule| &rule.dates) {
            check_date("hosting_rule/dates", *date);
        }
        if let Some(rule) = &self.cover_rule {
            rule.dates.keys().for_each(|date| check_date(&format!("cover_rule/dates/{date}"), *date));
            for (pointer, count) in rule.counts() {
                check_count(&format!("cover_rule/{pointer}"), count, MOST_PER_DAY);
            }
        }
        for (date, (start, end)) in &self.hours {
            check_date(&format!("hours/{date}"), *date);
            if start >= end {
                faults.add(format!("/hours/{date}"), format!("{start}–{end}"), "must begin before they end");
            }
        }
        if self.hosts() {
            match library.status {
                LibraryStatus::Open => {}
                LibraryStatus::Closed => {
                    faults.add("/hosting", &library.name, "this library is closed: it cannot take visitors");
                }
            }
            if library.contact.is_none() {
                faults.add(
                    "/hosting",
                    &library.name,
                    "a library that takes visitors needs a contact, who hears of them: name one first",
                );
            }
        }
    }

    /// Without what says nothing: a 0 counts only where a rule would say otherwise.
    #[must_use]
    pub fn without_zeros(mut self) -> Self {
        self.hosting_rule = self.hosting_rule.filter(|rule| rule.visitors > 0);
        if self.hosting_rule.is_none() {
            self.hosting.retain(|_, places| *places > 0);
        }
        if self.cover_rule.is_none() {
            self.release.retain(|_, staff| *staff > 0);
        }
        self
    }
}

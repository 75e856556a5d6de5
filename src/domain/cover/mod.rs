//! What a library's offer comes to on each day of a round: its opening hours, other rounds, rest and limits have their
//! say, and every 0 has its reason.
//!
//! Pure. What is worked out here goes into the frozen round file and into the table that administrators see, so that
//! both have the same numbers. The rules in words: docs/rounds.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};

use super::history::{Successors, Visit};
use super::ids::LibraryId;
use super::offer::Offer;
use super::opening::{DayHours, Opening, OpeningDay, Span};
use super::states::LibraryStatus;

/// Who comes to and goes from a library by placements that stand in other rounds, and by visits of the past.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Visitors on each day that has any, also on days that are none of the round's.
    pub visitors: BTreeMap<NaiveDate, u32>,
    /// Own staff who are away.
    pub leavers: BTreeMap<NaiveDate, u32>,
}

impl Elsewhere {
    /// What visits of other rounds mean to each library. A library that became part of another is that other.
    pub fn of_visits(visits: &[Visit], became: &Successors<LibraryId>) -> BTreeMap<LibraryId, Self> {
        let mut all: BTreeMap<LibraryId, Self> = BTreeMap::new();
        for visit in visits {
            let host = all.entry(became.current(visit.host)).or_default();
            *host.visitors.entry(visit.date).or_default() += 1;
            if let Some(home) = visit.home {
                let home = all.entry(became.current(home)).or_default();
                *home.leavers.entry(visit.date).or_default() += 1;
            }
        }
        all
    }
}

/// What is known of a library for a round.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What it offers.
    pub offer: &'a Offer,
    /// When it is open.
    pub opening: &'a Opening,
    /// Whether it is in use.
    pub status: LibraryStatus,
    /// What other rounds do with it.
    pub elsewhere: &'a Elsewhere,
}

/// A library in a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryDays {
    /// One for each date of the round, in their order.
    pub days: Vec<LibraryDay>,
    /// Visitors in the whole round.
    pub hosting_limit: Option<u32>,
}

/// A library on a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryDay {
    /// The date.
    pub date: NaiveDate,
    /// Visitors that the round may send.
    pub hosting: u32,
    /// Why none.
    pub no_visitors: Option<NoVisitors>,
    /// When visitors can be there, also where no place is offered: an organiser may override that. Absent where the
    /// hours are not known, and where there are none.
    pub hours: Option<Span>,
    /// Who works and who must remain, as the cover rule has it.
    pub rostered_and_minimum: Option<(u32, u32)>,
    /// Own staff that the round may send away.
    pub release: u32,
    /// Why none.
    pub nobody_leaves: Option<NobodyLeaves>,
}

/// Why a library takes no visitors on a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoVisitors {
    /// It offers none.
    NotOffered,
    /// It is closed for good or has become part of another.
    NotInUse,
    /// It is closed on the day, or takes nobody during exams.
    Closed(Box<OpeningDay>),
    /// It is open, but not long enough at a stretch.
    TooShort {
        /// Its longest stretch within the hours offered; none where they lie apart.
        longest: Option<Span>,
        /// How many minutes a visit needs.
        needed: u16,
    },
    /// So many visitors of other rounds are there.
    Full(u32),
    /// It rests from visitors on this day.
    Rests(NaiveDate),
    /// It has its visitors of the year.
    YearLimit(i32),
}

/// Why nobody may be away from a library on a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NobodyLeaves {
    /// Nothing is said of release.
    NotOffered,
    /// It is closed for good or has become part of another.
    NotInUse,
    /// It is closed on the day, so that nobody works there.
    Closed(Box<OpeningDay>),
    /// All who work are needed.
    MinimumCover,
    /// So many are away in other rounds.
    Away(u32),
}

impl fmt::Display for NoVisitors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOffered => f.write_str("no place is offered for this date"),
            Self::NotInUse => f.write_str(NOT_IN_USE),
            Self::Closed(day) => day.fmt(f),
            Self::TooShort { longest: Some(span), needed } => {
                write!(f, "open for visitors {span}, which is shorter than the {needed} minutes of a visit")
            }
            Self::TooShort { longest: None, needed: _ } => {
                f.write_str("not open in the hours that are offered")
            }
            Self::Full(visitors) => write!(f, "full: visitors of other rounds: {visitors}"),
            Self::Rests(date) => write!(f, "rests from the visitors of {date}"),
            Self::YearLimit(year) => write!(f, "has its visitors of the year {year}"),
        }
    }
}

impl fmt::Display for NobodyLeaves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOffered => f.write_str("no release is offered for this date"),
            Self::NotInUse => f.write_str(NOT_IN_USE),
            Self::Closed(day) => day.fmt(f),
            Self::MinimumCover => f.write_str("everybody who works is needed for minimum cover"),
            Self::Away(leavers) => write!(f, "staff who are away in other rounds: {leavers}"),
        }
    }
}

const NOT_IN_USE: &str = "the library is closed for good or has become part of another";

/// The span between two times of day, if the second is the later.
pub fn span_of((from, until): (NaiveTime, NaiveTime)) -> Option<Span> {
    let minute = |time: NaiveTime| u16::try_from(time.num_seconds_from_midnight() / 60).ok();
    Span::new(minute(from)?, minute(until)?)
}

impl Situation<'_> {
    /// The library on the dates of a round, on which a visit needs so many minutes.
    pub fn on_days(&self, dates: &[NaiveDate], needed: u16) -> LibraryDays {
        let mut days: Vec<LibraryDay> = dates.iter().map(|date| self.on(*date, needed)).collect();
        self.rest(&mut days);
        let hosting_limit = self.keep_year_limit(&mut days);
        LibraryDays { days, hosting_limit }
    }

    fn on(&self, date: NaiveDate, needed: u16) -> LibraryDay {
        let day = self.opening.on(date);
        let hours = self.hours_on(date, &day);
        let hosting = self.hosting_on(date, &day, hours, needed);
        let release = self.release_on(date, &day);
        LibraryDay {
            date,
            hosting: hosting.as_ref().copied().unwrap_or_default(),
            no_visitors: hosting.err(),
            hours,
            rostered_and_minimum: self.offer.cover_rule.as_ref().map(|rule| rule.on(date)),
            release: release.as_ref().copied().unwrap_or_default(),
            nobody_leaves: release.err(),
        }
    }

    /// The longest stretch of opening hours within the hours offered, the earliest of equal ones; none where there is
    /// none, or where nobody has said when.
    fn hours_on(&self, date: NaiveDate, day: &OpeningDay) -> Option<Span> {
        let offered = self.offer.hours.get(&date).copied().and_then(span_of);
        match &day.hours {
            DayHours::Closed => None,
            DayHours::Unknown => offered,
            DayHours::Open(spans) => {
                let within = |span: &Span| offered.map_or(Some(*span), |hours| span.common(hours));
                spans.iter().filter_map(within).rev().max_by_key(|span| span.minutes())
            }
        }
    }

    fn hosting_on(
        &self,
        date: NaiveDate,
        day: &OpeningDay,
        hours: Option<Span>,
        needed: u16,
    ) -> Result<u32, NoVisitors> {
        let offered = self.offer.hosting_on(date);
        if offered == 0 {
            return Err(NoVisitors::NotOffered);
        }
        match self.status {
            LibraryStatus::Open => {}
            LibraryStatus::Closed => return Err(NoVisitors::NotInUse),
        }
        if !day.takes_visitors() {
            return Err(NoVisitors::Closed(Box::new(day.clone())));
        }
        let is_long_enough = match hours {
            Some(span) => span.minutes() >= needed,
            None => day.hours == DayHours::Unknown,
        };
        if !is_long_enough {
            return Err(NoVisitors::TooShort { longest: hours, needed });
        }
        let there = self.elsewhere.visitors.get(&date).copied().unwrap_or_default();
        match offered.saturating_sub(there) {
            0 => Err(NoVisitors::Full(there)),
            places => Ok(places),
        }
    }

    fn release_on(&self, date: NaiveDate, day: &OpeningDay) -> Result<u32, NobodyLeaves> {
        let offered = self.offer.release_on(date);
        let is_silent = self.offer.cover_rule.is_none() && !self.offer.release.contains_key(&date);
        match self.status {
            LibraryStatus::Open => {}
            LibraryStatus::Closed => return Err(NobodyLeaves::NotInUse),
        }
        if is_silent {
            return Err(NobodyLeaves::NotOffered);
        }
        if !day.is_open() {
            return Err(NobodyLeaves::Closed(Box::new(day.clone())));
        }
        if offered == 0 {
            return Err(NobodyLeaves::MinimumCover);
        }
        let away = self.elsewhere.leavers.get(&date).copied().unwrap_or_default();
        match offered.saturating_sub(away) {
            0 => Err(NobodyLeaves::Away(away)),
            staff => Ok(staff),
        }
    }

    /// Keeps the earliest day and then only days far enough from the one before, and from days with visitors of other
    /// rounds. A day that has such visitors is no further burden: it stays.
    fn rest(&self, days: &mut [LibraryDay]) {
        let Some(gap) = self.offer.rest_days.filter(|gap| *gap > 1) else { return };
        let mut busy: BTreeSet<NaiveDate> = self.elsewhere.visitors.keys().copied().collect();
        for day in days.iter_mut().filter(|day| day.hosting > 0) {
            let apart = |other: &NaiveDate| (*other - day.date).num_days().unsigned_abs();
            if busy.contains(&day.date) {
                continue;
            }
            match busy.iter().find(|other| apart(other) < u64::from(gap)) {
                Some(other) => day.take_no_visitors(NoVisitors::Rests(*other)),
                None => {
                    busy.insert(day.date);
                }
            }
        }
    }

    /// Keeps the limit of a calendar year, and gives the limit of the round.
    ///
    /// A round file knows one limit of a library. It keeps a year's exactly where all days with places lie in one year;
    /// else places are offered from the earliest day on until the year has its visitors.
    fn keep_year_limit(&self, days: &mut [LibraryDay]) -> Option<u32> {
        let of_round = self.offer.hosting_limit;
        let Some(limit) = self.offer.year_limit else { return of_round };
        let years: BTreeSet<i32> =
            days.iter().filter(|day| day.hosting > 0).map(|day| day.date.year()).collect();
        let left_of = |year: i32| {
            let visitors = self.elsewhere.visitors.iter().filter(|(date, _)| date.year() == year);
            limit.saturating_sub(visitors.map(|(_, count)| *count).sum())
        };
        let mut left: BTreeMap<i32, u32> = years.iter().map(|year| (*year, left_of(*year))).collect();
        if let (1, Some(left)) = (left.len(), left.values().next().filter(|left| **left > 0)) {
            return Some(of_round.map_or(*left, |of_round| of_round.min(*left)));
        }
        for day in days.iter_mut().filter(|day| day.hosting > 0) {
            let year = day.date.year();
            let places = left.entry(year).or_default();
            day.hosting = day.hosting.min(*places);
            *places -= day.hosting;
            if day.hosting == 0 {
                day.take_no_visitors(NoVisitors::YearLimit(year));
            }
        }
        of_round
    }
}

impl LibraryDay {
    fn take_no_visitors(&mut self, why: NoVisitors) {
        self.hosting = 0;
        self.no_visitors = Some(why);
    }
}

#[cfg(test)]
mod tests;

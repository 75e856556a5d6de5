//! When a person works: part-time weeks, half days, weeks that alternate, single days more or less.
//!
//! A placement on a day off is forbidden, so the pattern decides on which of the days asked for somebody is matched,
//! and from when till when. Nobody has to give one: without a pattern every day that is asked for counts.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use chrono::{Days, NaiveDate, NaiveTime};

use super::application::Hours;
use super::fault::{Faults, Rule};
use super::opening::WeeklyHours;
use super::weekday::Weekday;

/// Working hours by weekday, local, start before end; a weekday that is absent is a day off.
pub type Week = BTreeMap<Weekday, (NaiveTime, NaiveTime)>;

/// The weeks of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weeks {
    /// Every week is the same.
    Every(Week),
    /// Two weeks take turns.
    Alternate {
        /// A day of a week like the first. Counted from here, and not by the number of the week in the year: after a
        /// year of 53 weeks two odd ones would follow each other.
        from: NaiveDate,
        /// The two.
        weeks: [Week; 2],
    },
}

/// A working pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The usual weeks.
    pub weeks: Weeks,
    /// Days that are worked beside them, with their hours; they take the place of the usual hours.
    pub added: Hours,
    /// Days that are not worked after all.
    pub removed: BTreeSet<NaiveDate>,
}

/// The Monday of the week in which a day lies.
fn monday(date: NaiveDate) -> NaiveDate {
    let behind = chrono::Datelike::weekday(&date).num_days_from_monday();
    // Only the first week of all time has no Monday.
    date.checked_sub_days(Days::new(u64::from(behind))).unwrap_or(date)
}

impl Pattern {
    /// The usual hours of the week in which a day lies.
    fn week_of(&self, date: NaiveDate) -> &Week {
        match &self.weeks {
            Weeks::Every(week) => week,
            Weeks::Alternate { from, weeks: [first, second] } => {
                let apart = monday(date).signed_duration_since(monday(*from)).num_days() / 7;
                if apart.rem_euclid(2) == 0 { first } else { second }
            }
        }
    }

    /// From when till when the person works on a day; nothing on a day off.
    pub fn on(&self, date: NaiveDate) -> Option<(NaiveTime, NaiveTime)> {
        if self.removed.contains(&date) {
            return None;
        }
        self.added.get(&date).or_else(|| self.week_of(date).get(&Weekday::of(date))).copied()
    }

    /// Why a day is a day off, in words that follow the day: "is a day off: …".
    pub fn day_off(&self, date: NaiveDate) -> String {
        if self.removed.contains(&date) {
            return "is a day off: it stands in the pattern's `removed`".to_owned();
        }
        let worked: Vec<&str> = self.week_of(date).keys().map(|day| day.as_str()).collect();
        let worked = if worked.is_empty() { "nothing".to_owned() } else { worked.join(", ") };
        format!("is a day off: it is `{}`, and the pattern of this week has {worked}", Weekday::of(date))
    }

    fn is_idle(&self) -> bool {
        self.added.is_empty()
            && match &self.weeks {
                Weeks::Every(week) => week.is_empty(),
                Weeks::Alternate { weeks, .. } => weeks.iter().all(BTreeMap::is_empty),
            }
    }

    /// Reports every fault of a pattern, with JSON pointers below `at`.
    pub fn check(&self, at: &str, faults: &Faults) {
        if self.is_idle() {
            faults.add(
                at,
                "",
                "must have at least one working day: leave the pattern out where it is unknown",
            );
        }
        for date in self.added.keys().filter(|date| self.removed.contains(date)) {
            faults.add(format!("{at}/added/{date}"), date, "stands in `removed` too");
        }
    }
}

/// As lists of staff have it: `Mo-We 09:00-17:00; Fr 09:00-13:00`, and two weeks that take turns as
/// `from 2027-01-04: Mo-We 09:00-17:00 / Th-Fr 09:00-17:00`.
impl FromStr for Pattern {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let weeks = match text.split_once('/') {
            None => Weeks::Every(read_week(text)?),
            Some((first, second)) => {
                let dated = first.trim().strip_prefix("from ").and_then(|rest| rest.split_once(':'));
                let dated = dated.and_then(|(from, week)| Some((from.trim().parse().ok()?, week)));
                let (from, first) = dated.ok_or(Rule::of(
                    "has two weeks that take turns: say which is the first, like from 2027-01-04: Mo 09:00-17:00 / Tu \
                     09:00-17:00",
                ))?;
                Weeks::Alternate { from, weeks: [read_week(first)?, read_week(second)?] }
            }
        };
        let pattern = Self { weeks, added: Hours::new(), removed: BTreeSet::new() };
        if pattern.is_idle() {
            return Err(Rule::of("must have a working day: leave it empty where the pattern is unknown"));
        }
        Ok(pattern)
    }
}

fn read_week(text: &str) -> Result<Week, Rule> {
    let hours: WeeklyHours = text.parse()?;
    if hours.on_bank_holidays().is_some() || hours.on_school_holidays().is_some() {
        return Err(Rule::of("must say nothing of PH or SH: days off are taken from calendars of libraries"));
    }
    let mut week = Week::new();
    let days = std::iter::successors(Some(chrono::Weekday::Mon), |day| Some(day.succ()));
    for (day, weekday) in Weekday::ALL.iter().zip(days) {
        match hours.on_weekday(weekday) {
            [] => {}
            [span] => {
                week.insert(*day, (span.starts_at(), span.ends_at()));
            }
            [_, _, ..] => return Err(Rule::of("must have one stretch of work a day: leave breaks out")),
        }
    }
    Ok(week)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn span(from: u32, to: u32) -> (NaiveTime, NaiveTime) {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
        (time(from), time(to))
    }

    #[test]
    fn weeks_alternate_across_a_year_of_53_weeks_and_back_before_their_first() {
        let weeks =
            [Week::from([(Weekday::Friday, span(9, 17))]), Week::from([(Weekday::Friday, span(9, 13))])];
        // 2026 has 53 weeks: by week numbers 2026-12-31 (53) and 2027-01-08 (1) would both be odd.
        let pattern = Pattern {
            weeks: Weeks::Alternate { from: day("2026-12-23"), weeks },
            added: Hours::new(),
            removed: BTreeSet::new(),
        };
        let ends = |text| pattern.on(day(text)).map(|(_, end)| end);
        let (long, half) = (Some(span(9, 17).1), Some(span(9, 13).1));
        for (date, end) in [
            ("2026-12-11", long),
            ("2026-12-18", half),
            ("2026-12-25", long),
            ("2027-01-01", half),
            ("2027-01-08", long),
            ("2027-01-15", half),
            ("2027-01-14", None),
        ] {
            assert_eq!(ends(date), end, "{date}");
        }
    }

    #[test]
    fn a_list_has_one_week_or_two_that_take_turns() {
        let read = |text: &str| text.parse::<Pattern>();
        let part_time = read("Mo-We 09:00-17:00; Fr 09:00-13:00").expect("a week");
        assert_eq!(part_time.on(day("2027-01-08")), Some(span(9, 13)));
        assert_eq!(part_time.on(day("2027-01-07")), None);
        let turns = read("from 2027-01-06: Mo 09:00-17:00 / Tu 10:00-16:00").expect("two weeks");
        assert_eq!(turns.on(day("2027-01-04")), Some(span(9, 17)));
        assert_eq!(turns.on(day("2027-01-12")), Some(span(10, 16)));
        assert_eq!(turns.on(day("2027-01-11")), None);
        for (text, words) in [
            ("Mo 09:00-12:00,13:00-17:00", "one stretch"),
            ("Mo 09:00-17:00; PH off", "nothing of PH"),
            ("Mo-Su off", "a working day"),
            ("Mo 09:00-17:00 / Tu 09:00-17:00", "which is the first"),
            ("from May: Mo 09:00-17:00 / Tu 09:00-17:00", "which is the first"),
            ("Montag", "where times"),
        ] {
            let rule = read(text).expect_err(text).to_string();
            assert!(rule.contains(words), "{text}: {rule}");
        }
    }

    #[test]
    fn single_days_take_the_place_of_usual_ones() {
        let pattern = Pattern {
            weeks: Weeks::Every(Week::from([(Weekday::Monday, span(9, 13))])),
            added: Hours::from([(day("2027-03-01"), span(14, 18)), (day("2027-03-06"), span(10, 16))]),
            removed: BTreeSet::from([day("2027-03-08")]),
        };
        assert_eq!(pattern.on(day("2027-03-01")), Some(span(14, 18)));
        assert_eq!(pattern.on(day("2027-03-06")), Some(span(10, 16)), "a Saturday");
        assert_eq!(pattern.on(day("2027-03-08")), None);
        assert_eq!(pattern.on(day("2027-03-15")), Some(span(9, 13)));
        assert!(pattern.day_off(day("2027-03-08")).contains("removed"));
        assert!(pattern.day_off(day("2027-03-09")).contains("`tu`, and the pattern of this week has mo"));
    }
}

//! Weekly staffed hours, as far as lists have them: the simple part of OpenStreetMap's `opening_hours`.
//!
//! `Mo-Fr 09:00-17:00; Sa 10:00-12:00,13:00-16:00; PH off`. Seasons, sunsets and comments are not understood and are
//! refused rather than half understood. Never crosses midnight: a library day that ends before it begins is, in real
//! lists, a typing mistake.

use std::str::FromStr;

use crate::domain::fault::{Rule, shortened};

/// Hours that were understood, as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeklyHours(String);

impl WeeklyHours {
    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// More than any real week needs.
const LONGEST: usize = 500;
const DAYS: [&str; 9] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH", "SH"];

impl FromStr for WeeklyHours {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err(Rule::new(format!("must have at most {LONGEST} characters")));
        }
        if text != "24/7" {
            let rules = text.strip_suffix(';').unwrap_or(text);
            rules.split(';').try_for_each(|rule| check_rule(rule.trim()))?;
        }
        Ok(Self(text.to_owned()))
    }
}

/// Days and times, or times alone, which then hold on every day.
fn check_rule(rule: &str) -> Result<(), Rule> {
    let (days, times) = match rule.split_once(' ') {
        Some((days, times)) if days.starts_with(char::is_alphabetic) => (days, times.trim()),
        Some(_) | None => ("Mo-Su", rule),
    };
    let is_day = |day: &str| DAYS.contains(&day);
    let is_span = |days: &str| days.split_once('-').is_some_and(|(from, to)| is_day(from) && is_day(to));
    if let Some(wrong) = days.split(',').find(|days| !is_day(days) && !is_span(days)) {
        return Err(Rule::new(format!(
            "has `{}` where a day should be: days are Mo, Tu, We, Th, Fr, Sa, Su, PH or Mo-Fr",
            shortened(wrong)
        )));
    }
    if matches!(times, "off" | "closed") {
        return Ok(());
    }
    times.split(',').try_for_each(|span| check_span(span.trim()))
}

fn check_span(span: &str) -> Result<(), Rule> {
    let shown = shortened(span);
    let malformed =
        || Rule::new(format!("has `{shown}` where times should be: times are like 09:00-17:30, or off"));
    let (from, to) = span.split_once('-').ok_or_else(malformed)?;
    let (from, to) = (minute_of_day(from).ok_or_else(malformed)?, minute_of_day(to).ok_or_else(malformed)?);
    if to == 0 {
        return Err(Rule::new(format!(
            "has `{shown}`: it ends before it begins (midnight at the end is 24:00)"
        )));
    }
    if to <= from {
        return Err(Rule::new(format!("has `{shown}`: it ends before it begins")));
    }
    Ok(())
}

/// Minutes since midnight of `HH:MM`, up to 24:00.
fn minute_of_day(time: &str) -> Option<u32> {
    let digits = |text: &str| {
        (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u32>().ok())?
    };
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_weeks_are_understood() {
        for week in [
            "Mo 09:00-19:00; Tu 09:00-13:00,14:00-19:00; Su 12:00-16:00",
            "Mo-Fr 09:00-17:00; Sa 10:00-12:00, 13:00-16:00; PH off;",
            "Mo,We,Fr 00:00-24:00",
            "08:30-22:00",
            "24/7",
        ] {
            assert!(week.parse::<WeeklyHours>().is_ok(), "{week}");
        }
    }

    #[test]
    fn malformed_and_reversed_hours_are_refused_with_the_part_that_is_wrong() {
        for (week, part) in [
            ("Mo 10:00-00:00", "`10:00-00:00`: it ends before it begins (midnight at the end is 24:00)"),
            ("Tu 07:00-02:00", "`07:00-02:00`: it ends before it begins"),
            ("Mo 09:00-17:00; Su 00:00", "`00:00` where times"),
            ("We 1:00-18:00", "`1:00-18:00` where times"),
            ("Mo 09:00-25:00", "`09:00-25:00` where times"),
            ("Mo 09:60-17:00", "`09:60-17:00` where times"),
            ("Mo - Fr 9 - 21 Uhr", "`- Fr 9 - 21 Uhr` where times"),
            ("Di 09:00-17:00", "`Di` where a day"),
            ("Monday: 10:00-17:00", "`Monday:` where a day"),
            (";", "where times"),
            ("Mo", "`Mo` where times"),
        ] {
            let rule = week.parse::<WeeklyHours>().expect_err(week).to_string();
            assert!(rule.contains(part), "{week}: {rule}");
        }
    }
}

//! Weekly staffed hours, as far as lists have them: the simple part of OpenStreetMap's `opening_hours`.
//!
//! `Mo-Fr 09:00-17:00; Sa 10:00-12:00,13:00-16:00; PH off`. Seasons, sunsets and comments are not understood and are
//! refused rather than half understood. Never crosses midnight: a library day that ends before it begins is, in real
//! lists, a typing mistake. Why no crate reads this: the decision log of `src/ARCHITECTURE.md`.

use std::fmt;
use std::str::FromStr;

use chrono::Weekday;

use super::span::{Span, joined, minute_of_day};
use crate::domain::fault::{Rule, shortened};

/// The hours of a usual week, and those of bank holidays and school holidays where the text names them.
///
/// A later rule for a day takes the place of an earlier one, as OpenStreetMap has it. A rule for `PH` or `SH` holds for
/// every such day, wherever it stands in the text: lists write `PH off` first or last and mean the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeeklyHours {
    text: String,
    days: [Vec<Span>; 7],
    bank_holidays: Option<Vec<Span>>,
    school_holidays: Option<Vec<Span>>,
}

impl WeeklyHours {
    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The spans of a usual day of the week; none is closed.
    pub fn on_weekday(&self, weekday: Weekday) -> &[Span] {
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = &self.days;
        match weekday {
            Weekday::Mon => monday,
            Weekday::Tue => tuesday,
            Weekday::Wed => wednesday,
            Weekday::Thu => thursday,
            Weekday::Fri => friday,
            Weekday::Sat => saturday,
            Weekday::Sun => sunday,
        }
    }

    /// The spans of a bank holiday, where the text has a rule for `PH`.
    pub fn on_bank_holidays(&self) -> Option<&[Span]> {
        self.bank_holidays.as_deref()
    }

    /// The spans of a day of the school holidays, where the text has a rule for `SH`.
    pub fn on_school_holidays(&self) -> Option<&[Span]> {
        self.school_holidays.as_deref()
    }

    fn set(&mut self, days: &Days, spans: &[Span]) {
        for (hours, wanted) in self.days.iter_mut().zip(days.week) {
            if wanted == Wanted::Yes {
                *hours = spans.to_vec();
            }
        }
        if days.bank_holidays == Wanted::Yes {
            self.bank_holidays = Some(spans.to_vec());
        }
        if days.school_holidays == Wanted::Yes {
            self.school_holidays = Some(spans.to_vec());
        }
    }
}

impl fmt::Display for WeeklyHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// More than any real week needs.
const LONGEST: usize = 500;
const WEEK: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

impl FromStr for WeeklyHours {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err(Rule::new(format!("must have at most {LONGEST} characters")));
        }
        let mut hours = Self {
            text: text.to_owned(),
            days: Default::default(),
            bank_holidays: None,
            school_holidays: None,
        };
        if text == "24/7" {
            let always =
                Days { week: [Wanted::Yes; 7], bank_holidays: Wanted::Yes, school_holidays: Wanted::Yes };
            hours.set(&always, &[Span::WHOLE_DAY]);
            return Ok(hours);
        }
        for rule in text.strip_suffix(';').unwrap_or(text).split(';') {
            let (days, spans) = read_rule(rule.trim())?;
            hours.set(&days, &spans);
        }
        Ok(hours)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
}

/// For which days a rule speaks.
struct Days {
    week: [Wanted; 7],
    bank_holidays: Wanted,
    school_holidays: Wanted,
}

/// Days and times, or times alone, which then hold on every day of the week.
fn read_rule(rule: &str) -> Result<(Days, Vec<Span>), Rule> {
    let begins_with_days = rule.starts_with(char::is_alphabetic) && !is_closed(rule);
    // In `Mo, We 09:00-17:00` the days go on behind the comma.
    let mut spaces = rule.match_indices(' ').map(|(place, _)| place);
    let end_of_days = spaces.find(|place| !rule[..*place].trim_end().ends_with(','));
    let (days, times) = match end_of_days {
        Some(place) if begins_with_days => (&rule[..place], rule[place..].trim_start()),
        Some(_) | None => ("Mo-Su", rule),
    };
    let days = read_days(days)?;
    if is_closed(times) {
        return Ok((days, Vec::new()));
    }
    let spans = times.split(',').map(|span| read_span(span.trim())).collect::<Result<Vec<_>, _>>()?;
    Ok((days, joined(spans)))
}

fn is_closed(times: &str) -> bool {
    matches!(times, "off" | "closed")
}

fn read_days(text: &str) -> Result<Days, Rule> {
    let mut days = Days { week: [Wanted::No; 7], bank_holidays: Wanted::No, school_holidays: Wanted::No };
    for part in text.split(',') {
        match part.trim() {
            "PH" => days.bank_holidays = Wanted::Yes,
            "SH" => days.school_holidays = Wanted::Yes,
            part => {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let place = |day: &str| WEEK.iter().position(|name| *name == day);
                let (Some(first), Some(last)) = (place(first), place(last)) else {
                    return Err(Rule::new(format!(
                        "has `{}` where a day should be: days are Mo, Tu, We, Th, Fr, Sa, Su, PH or Mo-Fr",
                        shortened(part)
                    )));
                };
                // `Sa-Mo` goes over the end of the week.
                let length = (last + 7 - first) % 7;
                for (n, wanted) in days.week.iter_mut().enumerate() {
                    if (n + 7 - first) % 7 <= length {
                        *wanted = Wanted::Yes;
                    }
                }
            }
        }
    }
    Ok(days)
}

fn read_span(text: &str) -> Result<Span, Rule> {
    let shown = shortened(text);
    let malformed =
        || Rule::new(format!("has `{shown}` where times should be: times are like 09:00-17:30, or off"));
    let (from, until) = text.split_once('-').ok_or_else(malformed)?;
    let (from, until) =
        (minute_of_day(from).ok_or_else(malformed)?, minute_of_day(until).ok_or_else(malformed)?);
    let hint = if until == 0 { " (midnight at the end is 24:00)" } else { "" };
    Span::new(from, until).ok_or_else(|| Rule::new(format!("has `{shown}`: it ends before it begins{hint}")))
}

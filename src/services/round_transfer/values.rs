//! Texts and times of a round file as this service's values.

use std::str::FromStr;

use chrono::NaiveTime;

use crate::domain::application::Hours;
use crate::domain::fault::{Faults, Rule};
use crate::files::round;

/// A text of the file as one of this service's values; its fault is reported.
pub(super) fn parsed<T: FromStr<Err = Rule>>(text: &str, pointer: &str, faults: &Faults) -> Option<T> {
    match text.parse() {
        Ok(value) => Some(value),
        Err(rule) => {
            faults.add(pointer, text, rule);
            None
        }
    }
}

/// As [`parsed`], for every text of a list; none where one cannot be read.
pub(super) fn all_parsed<T: FromStr<Err = Rule>>(
    texts: &[String],
    pointer: &str,
    faults: &Faults,
) -> Option<Vec<T>> {
    let read: Vec<Option<T>> =
        texts.iter().enumerate().map(|(n, text)| parsed(text, &format!("{pointer}/{n}"), faults)).collect();
    read.into_iter().collect()
}

/// Hours of a file as times of day, of which there is no 24:00. A whole day is what a day without hours is.
pub(super) fn times(hours: &round::Hours, pointer: &str, faults: &Faults) -> Option<Hours> {
    let time = |minutes: u16| NaiveTime::from_hms_opt(u32::from(minutes) / 60, u32::from(minutes) % 60, 0);
    let mut read = Hours::new();
    let mut is_whole = true;
    for (date, (from, to)) in hours.iter().filter(|(_, span)| **span != (0, 1440)) {
        match (time(*from), time(*to)) {
            (Some(from), Some(to)) => drop(read.insert(*date, (from, to))),
            (None, _) | (_, None) => {
                faults.add(format!("{pointer}/{date}"), "24:00", "this service keeps times up to 23:59");
                is_whole = false;
            }
        }
    }
    is_whole.then_some(read)
}

/// A list that means a set: sorted, each once.
pub(super) fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort_unstable();
    items.dedup();
    items
}

//! Readers of what JSON bodies, forms and queries hold, beside those of `domain::json`. Each reports what is wrong and
//! goes on; `schemas` tells the same rules to OpenAPI.

use std::collections::BTreeMap;

use actix_web::web;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::call::Call;
use super::problem::Problem;
use crate::domain::application::Hours;
use crate::domain::fault::{Faults, Rule};
use crate::domain::json::{At, Object, parse_date, parse_time};
use crate::domain::states::Answer;
pub(super) use crate::domain::text::parse_words;
use crate::domain::weekday::Weekday;
use crate::services::AppError;

/// Longest words that people write, in characters.
pub(super) const MOST_WORDS: usize = 2_000;
/// Longest reason, in characters.
pub(super) const MOST_REASON: usize = 500;
/// Most elements of a list in a body.
pub(super) const MOST_ITEMS: usize = 1_000;
/// Farthest that anybody travels, in kilometres: half way round the earth.
pub(super) const MOST_KM: f64 = 20_000.0;
/// Largest whole number that every JSON reader keeps exactly (RFC 8259, section 6).
pub(super) const MOST_EXACT: i64 = 9_007_199_254_740_991;

/// The value that was read without a fault.
pub(super) fn finish<T>(faults: Faults, value: Option<T>) -> Result<T, Problem> {
    faults.into_result(value).map_err(|found| Problem::App(AppError::Fields(found)))
}

/// The pairs of a query or of a form, in their order.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, Problem> {
    web::Query::<Vec<(String, String)>>::from_query(text)
        .map(web::Query::into_inner)
        .map_err(|error| Problem::Malformed(format!("cannot be read as name=value pairs: {error}")))
}

/// The pairs of the form that a page sends.
pub(super) fn form(call: &Call) -> Result<Vec<(String, String)>, Problem> {
    call.require_type("application/x-www-form-urlencoded")?;
    let text = std::str::from_utf8(call.bytes())
        .map_err(|error| Problem::Malformed(format!("the form is not UTF-8: {error}")))?;
    pairs(text)
}

/// Reads an optional member; `Some(None)` when it is absent.
pub(super) fn maybe_absent<'a, T>(
    object: &Object<'a>,
    key: &str,
    read: impl FnOnce(&At<'a>) -> Option<T>,
) -> Option<Option<T>> {
    match object.optional(key) {
        None => Some(None),
        Some(at) => read(&at).map(Some),
    }
}

/// Reads an optional list; absent means empty.
pub(super) fn list<'a, T>(
    object: &Object<'a>,
    key: &str,
    read: impl FnMut(&At<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    object.optional(key).map_or(Some(Vec::new()), |at| items(&at, read))
}

/// A list of at most [`MOST_ITEMS`] elements.
pub(super) fn items<'a, T>(at: &At<'a>, read: impl FnMut(&At<'a>) -> Option<T>) -> Option<Vec<T>> {
    if at.count()? > MOST_ITEMS {
        at.fault(format!("must have at most {MOST_ITEMS} elements"));
        return None;
    }
    at.list_of(read)
}

/// As [`list`], each element once.
pub(super) fn set<'a, T: PartialEq>(
    object: &Object<'a>,
    key: &str,
    read: impl FnMut(&At<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(at) = object.optional(key) else { return Some(Vec::new()) };
    let read = items(&at, read)?;
    for (n, place) in at.list()?.iter().enumerate() {
        if read[..n].contains(&read[n]) {
            place.fault("stands here twice");
            return None;
        }
    }
    Some(read)
}

fn parsed<T>(at: &At<'_>, result: Result<T, Rule>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(rule) => {
            at.fault(rule);
            None
        }
    }
}

/// An answer that somebody gives.
pub(super) fn yes_or_no(at: &At<'_>) -> Option<Answer> {
    let read = match at.text()?.as_ref() {
        "yes" => Ok(Answer::Yes),
        "no" => Ok(Answer::No),
        _ => Err(Rule::of("must be yes or no")),
    };
    parsed(at, read)
}

/// `HH:MM`, a time of day.
pub(super) fn time(at: &At<'_>) -> Option<NaiveTime> {
    parsed(at, parse_time(&at.text()?))
}

/// A minute of the day as a time; midnight at the end is 24:00.
pub(super) fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// An instant with its offset (RFC 3339).
pub(super) fn instant(at: &At<'_>) -> Option<DateTime<Utc>> {
    parsed(at, parse_instant(&at.text()?))
}

/// As [`instant`], of a text.
pub(super) fn parse_instant(text: &str) -> Result<DateTime<Utc>, Rule> {
    let read = DateTime::parse_from_rfc3339(text).map(|instant| instant.with_timezone(&Utc));
    let rule = Rule::of("must be an instant with its offset like 2027-03-01T00:00:00Z");
    // Years beyond four digits are no RFC 3339, and PostgreSQL ends before chrono does.
    read.ok().filter(|instant| (1..=9998).contains(&chrono::Datelike::year(instant))).ok_or(rule)
}

/// An IANA time zone.
pub(super) fn zone(at: &At<'_>) -> Option<Tz> {
    let rule = Rule::of("must be an IANA time zone like Europe/London");
    parsed(at, at.text()?.parse().map_err(|_| rule))
}

/// Words that people write: not empty, lines allowed, no other control characters.
pub(super) fn words(at: &At<'_>, most: usize) -> Option<String> {
    parsed(at, parse_words(&at.text()?, most))
}

/// An object whose keys are weekdays.
pub(super) fn by_weekday<T>(
    at: &At<'_>,
    mut read: impl FnMut(&At<'_>) -> Option<T>,
) -> Option<BTreeMap<Weekday, T>> {
    at.table_of(|key, place| {
        let day = parsed(place, key.parse());
        day.zip(read(place))
    })
}

/// An object whose keys are dates.
pub(super) fn by_date<T>(
    at: &At<'_>,
    mut read: impl FnMut(&At<'_>) -> Option<T>,
) -> Option<BTreeMap<NaiveDate, T>> {
    let mut members = 0;
    let read = at.table_of(|key, place| {
        members += 1;
        if members > MOST_ITEMS {
            return None;
        }
        let date = parsed(place, parse_date(key));
        date.zip(read(place))
    });
    if members > MOST_ITEMS {
        at.fault(format!("must have at most {MOST_ITEMS} members"));
    }
    read
}

/// Whole numbers by date; absent means none.
pub(super) fn counts(object: &Object<'_>, key: &str, most: u32) -> Option<BTreeMap<NaiveDate, u32>> {
    object.optional(key).map_or(Some(BTreeMap::new()), |at| by_date(&at, |at| count(at, most)))
}

/// A whole number from 0.
pub(super) fn count(at: &At<'_>, most: u32) -> Option<u32> {
    at.integer(0..=i64::from(most)).and_then(|number| u32::try_from(number).ok())
}

/// Hours by date, each `["09:00", "17:00"]`; absent means whole days.
pub(super) fn hours(object: &Object<'_>, key: &str) -> Option<Hours> {
    object.optional(key).map_or(Some(Hours::new()), |at| by_date(&at, span))
}

/// Two times, from and to.
pub(super) fn span(at: &At<'_>) -> Option<(NaiveTime, NaiveTime)> {
    let [from, to] = at.tuple("must be two times, from and to, like [\"09:00\", \"17:00\"]")?;
    let (from, to) = (time(&from), time(&to));
    let (from, to) = from.zip(to)?;
    if from >= to {
        at.fault("must begin before they end");
        return None;
    }
    Some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::json::parse;

    fn faults(text: &str, read: impl Fn(&Object<'_>)) -> Vec<String> {
        let json = parse(text.as_bytes()).expect("JSON");
        let faults = Faults::none();
        read(&At::root(json, &faults).object(&["x"]).expect("an object"));
        faults.into_result(None::<()>).expect_err("faults").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn impossible_dates_and_times_are_refused() {
        for wrong in ["2027-02-30", "2027-3-1", "27-03-01", "2027-03-01 ", "+2027-03-1", ""] {
            assert!(parse_date(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            faults(
                r#"{"x": {"2027-02-30": ["9:00", "25:00"], "2027-03-01": ["12:00", "09:00"]}}"#,
                |object| {
                    hours(object, "x");
                }
            )
            .len(),
            4
        );
    }

    #[test]
    fn an_instant_needs_its_offset() {
        for wrong in ["2027-03-01", "2027-03-01T00:00:00", "9999-12-31T23:59:59Z", "1e9"] {
            let text = format!(r#"{{"x": "{wrong}"}}"#);
            let found = faults(&text, |object| {
                object.optional("x").and_then(|at| instant(&at));
            });
            assert_eq!(found.len(), 1, "{wrong}");
        }
    }

    #[test]
    fn words_have_no_control_characters_but_lines() {
        assert_eq!(parse_words(" a\r\nb ", 10), Ok("a\nb".to_owned()));
        for wrong in ["", "  ", "a\u{0}b", "a\u{1b}[31m", "abcdefghijk"] {
            assert!(parse_words(wrong, 10).is_err(), "{wrong:?}");
        }
    }
}

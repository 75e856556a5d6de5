//! Strict readers of the three files. Every reader reports what is wrong and goes on, so that all faults are found.

pub(super) mod audit;
pub(super) mod round;
pub(super) mod schedule;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::NaiveDate;

use super::round::Minutes;
use crate::domain::fault::shortened;
use crate::domain::json::{At, Kind, Object, parse_date};

/// A text that is not empty.
pub(super) fn text(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    if text.is_empty() {
        at.fault("must not be empty");
        return None;
    }
    Some(text.into_owned())
}

/// An array whose elements differ; repeated ones are reported beside those that cannot be read.
pub(super) fn unique<T: Ord>(at: &At<'_>, mut read: impl FnMut(&At<'_>) -> Option<T>) -> Option<Vec<T>> {
    let values: Vec<Option<T>> = at.list_of(|place| Some(read(place)))?;
    // Sorting takes less memory than a set of them.
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].cmp(&values[*b]).then(a.cmp(b)));
    let same = |pair: &&[usize]| values[pair[0]].is_some() && values[pair[0]] == values[pair[1]];
    let repeated: BTreeSet<usize> = order.windows(2).filter(same).map(|pair| pair[1]).collect();
    if !repeated.is_empty() {
        let mut number = 0;
        at.each(|place| {
            if repeated.contains(&number) {
                place.fault("stands here twice");
            }
            number += 1;
        })?;
    }
    values.into_iter().collect()
}

/// An array of texts that differ.
pub(super) fn unique_texts(at: &At<'_>) -> Option<Vec<String>> {
    unique(at, text)
}

/// Absent means empty.
pub(super) fn optional_texts(object: &Object<'_>, key: &str) -> Option<Vec<String>> {
    object.optional(key).map_or(Some(Vec::new()), |at| unique_texts(&at))
}

/// A member that may be absent: `Some(None)` where it is, `None` where it is wrong.
pub(super) fn optional<'a, T>(
    object: &Object<'a>,
    key: &str,
    read: impl FnOnce(&At<'a>) -> Option<T>,
) -> Option<Option<T>> {
    match object.optional(key) {
        Some(at) => read(&at).map(Some),
        None => Some(None),
    }
}

const NO_SUCH_DATE: &str = "is not among the round's dates";

/// A date of the round.
pub(super) fn known_date(at: &At<'_>, dates: &HashSet<NaiveDate>) -> Option<NaiveDate> {
    let day = at.date()?;
    if !dates.contains(&day) {
        at.fault(NO_SUCH_DATE);
    }
    Some(day)
}

/// A table whose keys are dates of the round.
pub(super) fn by_date<T>(
    object: &Object<'_>,
    key: &str,
    dates: &HashSet<NaiveDate>,
    mut read: impl FnMut(&At<'_>) -> Option<T>,
) -> Option<BTreeMap<NaiveDate, T>> {
    let Some(at) = object.optional(key) else { return Some(BTreeMap::new()) };
    at.table_of(|key, at| {
        let day = match parse_date(key) {
            Ok(day) if dates.contains(&day) => Some(day),
            Ok(_) => {
                at.fault(format!("the key {key} {NO_SUCH_DATE}"));
                None
            }
            Err(rule) => {
                at.fault(format!("the key {} {rule}", shortened(key)));
                None
            }
        };
        let value = read(at);
        Some((day?, value?))
    })
}

/// `HH:MM`, 00:00 to 24:00.
pub(super) fn clock(at: &At<'_>) -> Option<Minutes> {
    let text = at.text()?;
    let parsed = text.split_once(':').and_then(|(hours, minutes)| {
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(hours) || !digits(minutes) {
            return None;
        }
        let (hours, minutes): (Minutes, Minutes) = (hours.parse().ok()?, minutes.parse().ok()?);
        let total = hours * 60 + minutes;
        (minutes < 60 && total <= 1440).then_some(total)
    });
    if parsed.is_none() {
        at.fault("must be a time like 09:30, at most 24:00");
    }
    parsed
}

/// Whether a file says that it is of another format: then only that is told, not what its fields would be wrong with.
pub(super) fn is_other_format(at: &At<'_>, format: &str) -> bool {
    let Some(found) = at.peek("format").filter(|found| found.json().kind() == Kind::Text) else {
        return false;
    };
    let is_other = found.text().is_some_and(|text| text != format && text.starts_with("library-swap/"));
    if is_other {
        found.fault(format!("this is another kind of file: \"{format}\" is asked for here"));
    }
    is_other
}

/// The format and version that every file begins with.
pub(super) fn header(object: &Object<'_>, format: &str) -> Option<()> {
    let found = object.required("format").and_then(|at| {
        let right = at.text()? == format;
        if !right {
            at.fault(format!("must be \"{format}\""));
        }
        right.then_some(())
    });
    let version = object.required("version").and_then(|at| {
        let right = at.integer(0..=i64::MAX)? == 1;
        if !right {
            at.fault("this program reads version 1");
        }
        right.then_some(())
    });
    found.and(version)
}

/// A lower-case hexadecimal SHA-256.
pub(super) fn sha256(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    let right = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !right {
        at.fault("must be a SHA-256 in lower-case hexadecimal");
        return None;
    }
    Some(text.into_owned())
}

//! Why people are unplaced: the reason, the libraries considered, what excluded them, and the form of the change.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::breach::{Code, Findings};
use super::model::{Model, Options, count};
use crate::files::schedule::{Change, ChangeTo, Reason, Unplaced};

/// Why no change is named.
const CHANGE_REASONS: [&str; 3] = ["none_single", "not_looked_for", "not_proven"];

/// Checks one unplaced person's entry against the person's options.
pub(super) fn check(model: &Model<'_>, left: &Unplaced, options: &Options, found: &mut Findings) {
    let id = &left.staff;
    let triples = count(options.feasible.iter().map(|(_, dates, _)| dates.len()).sum());
    let right = if triples == 0 { Reason::NotFeasible } else { Reason::Outweighed };
    match left.reason {
        Reason::DroppedOut => {}
        Reason::NotFeasible | Reason::Outweighed if left.reason == right => {}
        Reason::NotFeasible | Reason::Outweighed => {
            let (written, right) = (left.reason.as_str(), right.as_str());
            let words = format!("{id} has {triples} feasible placements: reason {written}, must be {right}");
            found.breach(Code::Reason, words);
        }
    }
    if left.hosts_considered != options.hosts_considered {
        let (written, right) = (left.hosts_considered, options.hosts_considered);
        found.breach(Code::HostsConsidered, format!("{id}: hosts_considered {written}, must be {right}"));
    }
    check_excluded(left, options, found);
    check_change(model, left, found);
}

fn check_excluded(left: &Unplaced, options: &Options, found: &mut Findings) {
    let id = &left.staff;
    match &options.excluded {
        Some(right) => {
            let written: BTreeMap<&str, i64> =
                left.excluded.iter().map(|(code, hosts)| (code.as_str(), *hosts)).collect();
            if written != *right {
                found.breach(Code::Excluded, format!("{id}: excluded {written:?}, must be {right:?}"));
            }
        }
        // An audit file does not tell what excluded a library: the counts are withheld, or add up.
        None => {
            let hosts = options.feasible.iter().filter(|(_, dates, _)| !dates.is_empty()).count();
            let right = i128::from(options.hosts_considered) - i128::from(count(hosts));
            let written: i128 = left.excluded.values().map(|hosts| i128::from(*hosts)).sum();
            if !left.excluded.is_empty() && written != right {
                let words = format!("{id}: excluded counts {written} libraries, must be {right}");
                found.breach(Code::Excluded, words);
            }
        }
    }
}

fn check_change(model: &Model<'_>, left: &Unplaced, found: &mut Findings) {
    let id = &left.staff;
    let fault = match (&left.change, &left.change_reason) {
        (Some(change), None) => fault_of_change(model, change),
        (Some(_), Some(_)) => Some("has a change and a change_reason".to_owned()),
        (None, Some(reason)) if CHANGE_REASONS.contains(&reason.as_str()) => None,
        (None, Some(reason)) => Some(format!("change_reason {reason} is unknown")),
        (None, None) => Some("has neither a change nor a change_reason".to_owned()),
    };
    if let Some(fault) = fault {
        found.breach(Code::Change, format!("{id}: {fault}"));
    }
}

/// What is wrong with the form of a change; whether it would help is not checked.
fn fault_of_change(model: &Model<'_>, change: &Change) -> Option<String> {
    let is_date = |text: &str| text.parse::<NaiveDate>().is_ok();
    let right_kind = match (change.field.as_str(), &change.to) {
        ("max_km" | "hosting" | "release", ChangeTo::Number(number)) => *number >= 0.0,
        ("dates", ChangeTo::Text(text)) => text.parse().is_ok_and(|date| model.date(date).is_some()),
        ("assured_until", ChangeTo::Text(text)) => is_date(text),
        ("avoid", ChangeTo::Text(text)) => model.library(text).is_some(),
        ("max_km" | "hosting" | "release" | "dates" | "assured_until" | "avoid", _) => false,
        (field, _) => return Some(format!("{field} is nothing that a change names")),
    };
    if !right_kind {
        return Some(format!("{} cannot be changed to {:?}", change.field, change.to));
    }
    match (&change.host, change.date) {
        (Some(host), Some(date)) if model.library(host).is_some() && model.date(date).is_some() => None,
        (Some(_), Some(_)) => {
            Some("the change names a library or a date that is not in the round".to_owned())
        }
        (None, _) | (_, None) => Some("the change names no host or no date".to_owned()),
    }
}

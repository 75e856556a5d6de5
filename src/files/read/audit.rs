//! Reads an audit file.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;

use super::{date, header, parse_date, sha256, text};
use crate::domain::json::{At, Object};
use crate::files::audit::{AuditFile, AuditLibrary, AuditLock, AuditStaff};

const COUNT: std::ops::RangeInclusive<i64> = 0..=i64::MAX;

/// Reads an audit file; reports every fault.
pub(in crate::files) fn read(at: &At<'_>) -> Option<AuditFile> {
    let object = at.object(&[
        "format",
        "version",
        "round_sha256",
        "dates",
        "balance",
        "max_ring",
        "weight",
        "libraries",
        "staff",
        "locks",
    ])?;
    let headed = header(&object, "library-swap/audit");
    let round_sha256 = object.required("round_sha256").and_then(|at| sha256(&at));
    let dates = object.required("dates").and_then(|at| at.list_of(date));
    let balance = limit(&object, "balance");
    let max_ring = limit(&object, "max_ring");
    let weight = object.required("weight").and_then(|at| at.integer(COUNT));
    let mut libraries_known = HashSet::new();
    let libraries =
        object.required("libraries").and_then(|at| at.list_of(|at| library(at, &mut libraries_known)));
    let mut people = HashSet::new();
    let staff =
        object.required("staff").and_then(|at| at.list_of(|at| person(at, &libraries_known, &mut people)));
    let mut locked = HashSet::new();
    let locks = object
        .optional("locks")
        .map_or(Some(Vec::new()), |at| at.list_of(|at| lock(at, &libraries_known, &people, &mut locked)));
    headed?;
    Some(AuditFile {
        round_sha256: round_sha256?,
        dates: dates?,
        balance: balance?,
        max_ring: max_ring?,
        weight: weight?,
        libraries: libraries?,
        staff: staff?,
        locks: locks?,
    })
}

/// A number, or null for none.
fn limit(object: &Object<'_>, key: &str) -> Option<Option<i64>> {
    match object.optional(key) {
        Some(at) => at.integer(COUNT).map(Some),
        None => Some(None),
    }
}

fn unique(at: &At<'_>, seen: &mut HashSet<String>) -> Option<String> {
    let id = text(at)?;
    if !seen.insert(id.clone()) {
        at.fault("this id stands here twice");
    }
    Some(id)
}

fn known(at: &At<'_>, ids: &HashSet<String>) -> Option<String> {
    let id = text(at)?;
    if !ids.contains(&id) {
        at.fault("is not in this file");
    }
    Some(id)
}

fn counts(object: &Object<'_>, key: &str) -> Option<BTreeMap<NaiveDate, i64>> {
    object.optional(key).map_or(Some(BTreeMap::new()), |at| {
        let rows: Vec<Option<(NaiveDate, i64)>> = at
            .table()?
            .iter()
            .map(|(key, at)| match parse_date(key) {
                Ok(day) => Some((day, at.integer(COUNT)?)),
                Err(rule) => {
                    at.fault(format!("the key {key} {rule}"));
                    None
                }
            })
            .collect();
        rows.into_iter().collect()
    })
}

fn library(at: &At<'_>, seen: &mut HashSet<String>) -> Option<AuditLibrary> {
    let object = at.object(&["id", "hosting", "hosting_limit", "release"])?;
    let id = object.required("id").and_then(|at| unique(&at, seen));
    let (hosting, release) = (counts(&object, "hosting"), counts(&object, "release"));
    let hosting_limit = limit(&object, "hosting_limit");
    Some(AuditLibrary { id: id?, hosting: hosting?, hosting_limit: hosting_limit?, release: release? })
}

fn person(at: &At<'_>, libraries: &HashSet<String>, seen: &mut HashSet<String>) -> Option<AuditStaff> {
    let object = at.object(&["id", "home", "priority", "feasible"])?;
    let id = object.required("id").and_then(|at| unique(&at, seen));
    let home = object.required("home").and_then(|at| known(&at, libraries));
    let priority = object.optional("priority").map_or(Some(0), |at| at.integer(0..=1_000));
    let feasible = object.required("feasible").and_then(|at| {
        at.list_of(|row| match &row.list()?[..] {
            [host, dates, score] => {
                let (host, dates, score) =
                    (known(host, libraries), dates.list_of(date), score.integer(COUNT));
                Some((host?, dates?, score?))
            }
            _ => {
                row.fault("must be a host, its dates and the score");
                None
            }
        })
    });
    Some(AuditStaff { id: id?, home: home?, priority: priority?, feasible: feasible? })
}

fn lock(
    at: &At<'_>,
    libraries: &HashSet<String>,
    people: &HashSet<String>,
    locked: &mut HashSet<String>,
) -> Option<AuditLock> {
    let object = at.object(&["staff", "host", "date", "score", "override"])?;
    let staff = object.required("staff").and_then(|at| {
        let id = known(&at, people)?;
        unique(&at, locked)?;
        Some(id)
    });
    let host = object.required("host").and_then(|at| known(&at, libraries));
    let date = object.required("date").and_then(|at| date(&at));
    let score = object.required("score").and_then(|at| at.integer(COUNT));
    let reason = object.optional("override").map(|at| text(&at));
    Some(AuditLock {
        staff: staff?,
        host: host?,
        date: date?,
        score: score?,
        override_reason: match reason {
            Some(reason) => Some(reason?),
            None => None,
        },
    })
}

//! Reads an audit file.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;

use super::{by_date, header, is_other_format, known_date, optional, sha256, text, unique};
use crate::domain::json::{At, Object};
use crate::files::audit::{AuditFile, AuditLibrary, AuditLock, AuditStaff};

const COUNT: std::ops::RangeInclusive<i64> = 0..=1_000_000;
/// Every sum of weights and scores stays exact in a double; checked once all are read.
const VALUE: std::ops::RangeInclusive<i64> = 0..=(1 << 53) - 1;

/// What later parts of a file refer to.
#[derive(Default)]
struct Known {
    dates: HashSet<NaiveDate>,
    libraries: HashSet<String>,
    staff: HashSet<String>,
}

/// Reads an audit file; reports every fault.
pub(in crate::files) fn read(at: &At<'_>) -> Option<AuditFile> {
    if is_other_format(at, "library-swap/audit") {
        return None;
    }
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
    let mut known = Known::default();
    let dates = object.required("dates").and_then(|at| {
        unique(&at, |at| {
            let day = at.date()?;
            known.dates.insert(day);
            Some(day)
        })
    });
    let balance = optional(&object, "balance", |at| at.integer(COUNT));
    let max_ring = optional(&object, "max_ring", |at| {
        let limit = at.integer(2..=*COUNT.end());
        if limit.is_some() && balance != Some(Some(0)) {
            at.fault("a limit of rings needs balance 0");
        }
        limit
    });
    let weight = object.required("weight").and_then(|at| at.integer(VALUE));
    let libraries = object.required("libraries").and_then(|at| at.list_of(|at| library(at, &mut known)));
    let staff = object.required("staff").and_then(|at| at.list_of(|at| person(at, &mut known)));
    let mut locked = HashSet::new();
    let locks = object
        .optional("locks")
        .map_or(Some(Vec::new()), |at| at.list_of(|at| lock(at, &known, &mut locked)));
    headed?;
    let audit = AuditFile {
        round_sha256: round_sha256?,
        dates: dates?,
        balance: balance?,
        max_ring: max_ring?,
        weight: weight?,
        libraries: libraries?,
        staff: staff?,
        locks: locks?,
    };
    sums_are_exact(at, &audit).then_some(audit)
}

/// As for a round: the values of all people, each with the best score, must sum up to less than 2^53.
fn sums_are_exact(at: &At<'_>, audit: &AuditFile) -> bool {
    let best = |person: &AuditStaff| person.feasible.iter().map(|(_, _, score)| *score).max().unwrap_or(0);
    let of_person = |person: &AuditStaff| {
        i128::from(audit.weight) * i128::from(1 + person.priority) + i128::from(best(person))
    };
    let total: i128 = audit.staff.iter().map(of_person).sum();
    let total = total + audit.locks.iter().map(|lock| i128::from(lock.score)).sum::<i128>();
    if total >= 1 << 53 {
        at.fault(format!("the values of all people may sum up to {total}, which is not below 2^53"));
    }
    total < 1 << 53
}

fn new_id(at: &At<'_>, seen: &mut HashSet<String>) -> Option<String> {
    let id = text(at)?;
    if !seen.insert(id.clone()) {
        at.fault("this id stands here twice");
    }
    Some(id)
}

fn known_id(at: &At<'_>, ids: &HashSet<String>) -> Option<String> {
    let id = text(at)?;
    if !ids.contains(&id) {
        at.fault("is not in this file");
    }
    Some(id)
}

fn counts(object: &Object<'_>, key: &str, known: &Known) -> Option<BTreeMap<NaiveDate, i64>> {
    by_date(object, key, &known.dates, |at| at.integer(COUNT))
}

fn library(at: &At<'_>, known: &mut Known) -> Option<AuditLibrary> {
    let object = at.object(&["id", "hosting", "hosting_limit", "release"])?;
    let id = object.required("id").and_then(|at| new_id(&at, &mut known.libraries));
    let (hosting, release) = (counts(&object, "hosting", known), counts(&object, "release", known));
    let hosting_limit = optional(&object, "hosting_limit", |at| at.integer(COUNT));
    Some(AuditLibrary { id: id?, hosting: hosting?, hosting_limit: hosting_limit?, release: release? })
}

fn person(at: &At<'_>, known: &mut Known) -> Option<AuditStaff> {
    let object = at.object(&["id", "home", "priority", "feasible"])?;
    let id = object.required("id").and_then(|at| new_id(&at, &mut known.staff));
    let home = object.required("home").and_then(|at| known_id(&at, &known.libraries));
    let priority = object.optional("priority").map_or(Some(0), |at| at.integer(0..=1_000));
    let mut hosts = HashSet::new();
    let feasible = object.required("feasible").and_then(|at| {
        at.list_of(|row| {
            let [place, dates, score] = row.tuple("must be a host, its dates and the score")?;
            let host = known_id(&place, &known.libraries);
            let days = unique(&dates, |at| known_date(at, &known.dates));
            let score = score.integer(VALUE);
            if host.is_some() && host == home {
                place.fault("nobody is sent to the own library");
            }
            if host.as_ref().is_some_and(|host| !hosts.insert(host.clone())) {
                place.fault("this host stands here twice");
            }
            if days.as_ref().is_some_and(Vec::is_empty) {
                dates.fault("must not be empty");
            }
            Some((host?, days?, score?))
        })
    });
    Some(AuditStaff { id: id?, home: home?, priority: priority?, feasible: feasible? })
}

fn lock(at: &At<'_>, known: &Known, locked: &mut HashSet<String>) -> Option<AuditLock> {
    let object = at.object(&["staff", "host", "date", "score", "override"])?;
    let staff = object.required("staff").and_then(|at| {
        let id = known_id(&at, &known.staff)?;
        if !locked.insert(id.clone()) {
            at.fault("this person is locked twice");
        }
        Some(id)
    });
    let host = object.required("host").and_then(|at| known_id(&at, &known.libraries));
    let date = object.required("date").and_then(|at| known_date(&at, &known.dates));
    let score = object.required("score").and_then(|at| at.integer(VALUE));
    let override_reason = optional(&object, "override", text);
    Some(AuditLock {
        staff: staff?,
        host: host?,
        date: date?,
        score: score?,
        override_reason: override_reason?,
    })
}

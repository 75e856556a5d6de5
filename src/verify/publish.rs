//! A round and its schedule without people: the audit file and the same schedule by pseudonyms.
//!
//! What the checker needs stays: homes, priorities, feasible placements, scores, locks, prices. What would tell about
//! a person and proves nothing in public goes: names, wishes, why hosts were excluded (needs, vetting, avoided
//! hosts), suggested changes, the reasons of overrides and waivers.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::model::{Model, Options, Subject};
use super::placements::{Placed, resolve};
use super::rings;
use crate::files::audit::{AuditFile, AuditLibrary, AuditLock, AuditStaff};
use crate::files::{Round, Schedule};

/// The audit file of a round and its schedule under pseudonyms, one for each person of `round.staff` in its order.
///
/// Lists are sorted again, and rings split and numbered again, as both depend on ids. The schedule must be clean.
pub fn without_people(round: &Round, schedule: &Schedule, pseudonyms: &[String]) -> (AuditFile, Schedule) {
    let subject = Subject::Round(round);
    let dates = Model::dates_of(&subject);
    let model = Model::of(&subject, &dates);
    let ids = round.staff.iter().map(|person| person.id.as_str());
    let names = Names(ids.zip(pseudonyms.iter().map(String::as_str)).collect());
    (audit_file(round, &model, &names), rename(schedule, &model, &names))
}

/// Pseudonyms by id.
struct Names<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Names<'a> {
    /// Empty for a person who is not in the round; a clean schedule names none.
    fn of(&self, id: &str) -> &'a str {
        self.0.get(id).copied().unwrap_or_default()
    }
}

fn audit_file(round: &Round, model: &Model<'_>, names: &Names<'_>) -> AuditFile {
    let libraries = round.libraries.iter().map(|library| AuditLibrary {
        id: library.id.clone(),
        hosting: library.hosting.clone(),
        hosting_limit: library.hosting_limit,
        release: library.release.clone(),
    });
    let mut staff = Vec::new();
    model.for_each_options(|place, options| {
        let person = &model.people[place];
        staff.push(AuditStaff {
            id: names.of(person.id).to_owned(),
            home: model.libraries[person.home].id.to_owned(),
            priority: person.priority,
            feasible: feasible(model, options),
        });
    });
    let locks = round.locks.iter().filter_map(|lock| {
        let score = model.people[model.person(&lock.staff)?].lock.as_ref()?.score;
        Some(AuditLock::of(lock, names.of(&lock.staff), score))
    });
    let mut audit = AuditFile {
        round_sha256: model.round_sha256.clone(),
        dates: model.dates.to_vec(),
        balance: model.balance,
        max_ring: model.max_ring,
        weight: model.weight,
        libraries: libraries.collect(),
        staff,
        locks: locks.collect(),
    };
    audit.libraries.sort_by(|a, b| a.id.cmp(&b.id));
    audit.staff.sort_by(|a, b| a.id.cmp(&b.id));
    audit.locks.sort_by(|a, b| a.staff.cmp(&b.staff));
    audit
}

fn feasible(model: &Model<'_>, options: &Options) -> Vec<(String, Vec<NaiveDate>, i64)> {
    let row = |(host, dates, score): &(usize, Vec<usize>, i64)| {
        let dates = dates.iter().map(|date| model.dates[*date]).collect();
        (model.libraries[*host].id.to_owned(), dates, *score)
    };
    options.feasible.iter().map(row).collect()
}

fn rename(schedule: &Schedule, model: &Model<'_>, names: &Names<'_>) -> Schedule {
    let placed: Vec<Placed<'_>> = resolve(model, &schedule.placements)
        .into_iter()
        .flatten()
        .map(|placed| Placed { staff: names.of(placed.staff), ..placed })
        .collect();
    let rings = rings::right_numbers(model.max_ring, &placed);
    let mut public = schedule.clone();
    for (placement, ring) in public.placements.iter_mut().zip(rings) {
        placement.staff = names.of(&placement.staff).to_owned();
        placement.ring = ring;
    }
    public.placements.sort_by(|a, b| a.staff.cmp(&b.staff));
    for left in &mut public.unplaced {
        left.staff = names.of(&left.staff).to_owned();
        left.excluded = BTreeMap::new();
        if left.change.take().is_some() {
            left.change_reason = Some("not_looked_for".to_owned());
        }
    }
    public.unplaced.sort_by(|a, b| a.staff.cmp(&b.staff));
    for waiver in &mut public.waived {
        waiver.reason = "waived".to_owned();
    }
    let staff_prices = schedule.prices.staff.iter();
    public.prices.staff = staff_prices.map(|(id, price)| (names.of(id).to_owned(), *price)).collect();
    public
}

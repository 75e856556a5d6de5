//! Rows of schedules, in pieces: what an employer's staff do, of whom somebody was told.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::organisations::list_libraries_by_ids;
use super::placements::time;
use super::schema::{
    employers, employments, libraries, outbox, persons, placements, rounds, schedule_entries,
};
use super::{Db, StoreError, parse};
use crate::domain::ids::{EmployerId, LibraryId, PlacementId, RoundId};
use crate::domain::notice::NoticeState;
use crate::domain::schedule::{AbsenceCode, Place, ScheduleRow, Which};

/// Names that many rows share, looked up once.
#[derive(Debug, Default)]
pub struct Names {
    libraries: HashMap<String, Arc<Place>>,
    rounds: HashMap<String, Arc<str>>,
    employers: HashMap<String, Arc<str>>,
}

/// Where a piece ended.
pub type Reached = (NaiveDate, PlacementId);

type Columns = (
    (String, String, String, String, String, String),
    (NaiveDate, String, String, String),
    (Option<String>, String, bool),
    (String, String),
    Option<i64>,
);

/// What is selected of each row.
macro_rules! columns {
    () => {
        (
            (
                placements::id,
                placements::round_id,
                placements::person_id,
                placements::employer_id,
                placements::home_library_id,
                placements::host_library_id,
            ),
            (placements::date, placements::starts, placements::ends, placements::time_zone),
            (placements::override_reason, placements::state, placements::is_virtual),
            (persons::name, persons::email),
            schedule_entries::revision.nullable(),
        )
    };
}

/// The rows of these employers (none: of all), by date and placement, at most `most` after `after`; none of which the mails
/// are held.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    (own, which): (Option<&[EmployerId]>, &Which),
    absence_code: &Arc<AbsenceCode>,
    names: &mut Names,
    after: Option<Reached>,
    most: i64,
) -> Result<Vec<ScheduleRow>, StoreError> {
    let untold = outbox::table
        .filter(outbox::state.eq(NoticeState::Held.as_str()))
        .filter(outbox::application_id.is_not_null())
        .select(outbox::application_id.assume_not_null());
    let mut query = placements::table
        .inner_join(persons::table.on(persons::id.eq(placements::person_id)))
        .left_join(schedule_entries::table.on(schedule_entries::placement_id.eq(placements::id)))
        .filter(placements::state.eq_any(which.statuses.iter().map(|state| state.as_str())))
        .filter(placements::application_id.ne_all(untold))
        .into_boxed();
    if let Some(own) = own {
        query = query.filter(placements::employer_id.eq_any(own.iter().map(ToString::to_string)));
    }
    if let Some(employer) = which.employer {
        query = query.filter(placements::employer_id.eq(employer.to_string()));
    }
    if let Some(round) = which.round {
        query = query.filter(placements::round_id.eq(round.to_string()));
    }
    if let Some(from) = which.from {
        query = query.filter(placements::date.ge(from));
    }
    if let Some(to) = which.to {
        query = query.filter(placements::date.le(to));
    }
    if let Some(unit) = which.unit {
        query = query.filter(placements::home_library_id.eq(unit.to_string()));
    }
    if let Some(sector) = which.sector {
        let of_sector =
            libraries::table.filter(libraries::sectors.like(format!("%\"{sector}\"%"))).select(libraries::id);
        query = query.filter(placements::home_library_id.eq_any(of_sector));
    }
    if let Some((date, id)) = after {
        // Said twice, so that the database begins at the date instead of reading everything before it again.
        query = query
            .filter(placements::date.ge(date))
            .filter(placements::date.gt(date).or(placements::id.gt(id.to_string())));
    }
    let rows: Vec<Columns> =
        query.order((placements::date, placements::id)).limit(most).select(columns!()).load(db)?;
    complete(db, rows, absence_code, names)
}

/// The rows of these placements of an employer, in no order; at most a thousand.
///
/// # Errors
/// The database's.
pub fn list_by_ids(
    db: &mut Db,
    employer: EmployerId,
    ids: &[PlacementId],
    absence_code: &Arc<AbsenceCode>,
) -> Result<Vec<ScheduleRow>, StoreError> {
    let rows: Vec<Columns> = placements::table
        .inner_join(persons::table.on(persons::id.eq(placements::person_id)))
        .left_join(schedule_entries::table.on(schedule_entries::placement_id.eq(placements::id)))
        .filter(placements::employer_id.eq(employer.to_string()))
        .filter(placements::id.eq_any(ids.iter().map(ToString::to_string)))
        .select(columns!())
        .load(db)?;
    complete(db, rows, absence_code, &mut Names::default())
}

fn complete(
    db: &mut Db,
    rows: Vec<Columns>,
    absence_code: &Arc<AbsenceCode>,
    names: &mut Names,
) -> Result<Vec<ScheduleRow>, StoreError> {
    names.learn(db, &rows)?;
    let numbers = employee_numbers(db, &rows)?;
    rows.into_iter()
        .map(|row| {
            let ((id, round, person, employer, home, host), times, facts, who, revision) = row;
            let (date, starts, ends, zone) = times;
            let (override_reason, state, is_virtual) = facts;
            let status = parse("state", &state)?;
            // By the home, where an employer's list has somebody several times; else the first.
            let known_as = numbers.get(&person).map_or(&[][..], Vec::as_slice);
            let mut here = known_as.iter().filter(|known| known.employer == employer);
            let first = here.clone().next();
            let at_home = here.find(|known| known.library.as_deref() == Some(home.as_str()));
            let employee_number = at_home.or(first).map(|known| known.number.clone());
            Ok(ScheduleRow {
                placement: parse("placement", &id)?,
                revision: revision.unwrap_or_default(),
                round: known(&names.rounds, "round", &round)?,
                employer: known(&names.employers, "employer", &employer)?,
                person_name: who.0,
                person_email: who.1,
                employee_number,
                home: known(&names.libraries, "library", &home)?,
                host: known(&names.libraries, "library", &host)?,
                date,
                starts: time(&starts)?,
                ends: time(&ends)?,
                time_zone: parse("time zone", &zone)?,
                status,
                override_reason,
                is_virtual,
                op: ScheduleRow::op_at_first(status),
                absence_code: Arc::clone(absence_code),
            })
        })
        .collect()
}

fn known<T: ?Sized>(names: &HashMap<String, Arc<T>>, kind: &str, id: &str) -> Result<Arc<T>, StoreError> {
    names.get(id).cloned().ok_or_else(|| StoreError::Corrupt(format!("no {kind} {id}")))
}

/// What an employer's list calls somebody.
#[derive(Debug)]
struct KnownAs {
    employer: String,
    library: Option<String>,
    number: String,
}

/// What the lists of employers call the people of some rows, by person.
fn employee_numbers(db: &mut Db, rows: &[Columns]) -> Result<HashMap<String, Vec<KnownAs>>, StoreError> {
    let mut numbers: HashMap<String, Vec<KnownAs>> = HashMap::new();
    for piece in rows.chunks(1_000) {
        let persons = piece.iter().map(|row| &row.0.2);
        let found: Vec<(String, String, Option<String>, String)> = employments::table
            .filter(employments::person_id.eq_any(persons))
            .order(employments::external_id)
            .select((
                employments::person_id,
                employments::employer_id,
                employments::home_library_id,
                employments::external_id,
            ))
            .load(db)?;
        for (person, employer, library, number) in found {
            numbers.entry(person).or_default().push(KnownAs { employer, library, number });
        }
    }
    Ok(numbers)
}

impl Names {
    /// Looks up what some rows name and is not known yet.
    fn learn(&mut self, db: &mut Db, rows: &[Columns]) -> Result<(), StoreError> {
        let mut missing: Vec<LibraryId> = Vec::new();
        for ((_, round, _, employer, home, host), ..) in rows {
            for library in [home, host] {
                if !self.libraries.contains_key(library) {
                    let id = parse("library", library)?;
                    if !missing.contains(&id) {
                        missing.push(id);
                    }
                }
            }
            if !self.rounds.contains_key(round) {
                let id: RoundId = parse("round", round)?;
                let name: String = rounds::table.find(id.to_string()).select(rounds::name).first(db)?;
                self.rounds.insert(round.clone(), name.into());
            }
            if !self.employers.contains_key(employer) {
                let name: String = employers::table.find(employer).select(employers::name).first(db)?;
                self.employers.insert(employer.clone(), name.into());
            }
        }
        for library in list_libraries_by_ids(db, &missing)? {
            let place = Place {
                id: library.id,
                name: library.name.to_string(),
                sectors: library.sectors,
                address: library.address,
                postcode: library.postcode.map(|postcode| postcode.to_string()),
                point: library.point,
            };
            self.libraries.insert(library.id.to_string(), Arc::new(place));
        }
        Ok(())
    }
}

//! Days of the time before this service, as lists tell them.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::past_placements;
use super::{Db, StoreError, Tx, parse};
use crate::domain::history::Visit;
use crate::domain::ids::{PastPlacementId, PersonId};

type Row = (String, String, NaiveDate);

const COLUMNS: (past_placements::person_id, past_placements::host_library_id, past_placements::date) =
    (past_placements::person_id, past_placements::host_library_id, past_placements::date);

fn into_domain((person, host, date): Row) -> Result<Visit, StoreError> {
    Ok(Visit { person: parse("person", &person)?, home: None, host: parse("library", &host)?, date })
}

/// Every past day.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db) -> Result<Vec<Visit>, StoreError> {
    let rows: Vec<Row> = past_placements::table.select(COLUMNS).load(db)?;
    rows.into_iter().map(into_domain).collect()
}

/// The past days of these persons; at most a thousand persons.
///
/// # Errors
/// The database's.
pub fn list_of_persons(db: &mut Db, persons: &[PersonId]) -> Result<Vec<Visit>, StoreError> {
    let ids: Vec<String> = persons.iter().map(ToString::to_string).collect();
    let rows: Vec<Row> =
        past_placements::table.filter(past_placements::person_id.eq_any(ids)).select(COLUMNS).load(db)?;
    rows.into_iter().map(into_domain).collect()
}

/// Says where somebody was on a day, in place of what was said before.
///
/// # Errors
/// The database's.
pub fn replace(
    tx: &mut Tx<'_>,
    id: PastPlacementId,
    visit: &Visit,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    let (person, host) = (visit.person.to_string(), visit.host.to_string());
    let of_that_day = past_placements::table
        .filter(past_placements::person_id.eq(&person))
        .filter(past_placements::date.eq(visit.date));
    diesel::delete(of_that_day).execute(&mut **tx)?;
    diesel::insert_into(past_placements::table)
        .values((
            past_placements::id.eq(id.to_string()),
            past_placements::person_id.eq(person),
            past_placements::host_library_id.eq(host),
            past_placements::date.eq(visit.date),
            past_placements::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

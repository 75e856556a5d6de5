//! Shared calendars, their periods, and which libraries follow them.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::{calendar_periods, calendars, libraries, library_calendars};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{CalendarId, LibraryId};
use crate::domain::opening::{Calendar, DatedCalendar, Division, Period};

diesel::define_sql_function! {
    /// A text in lower case, as both databases have it for plain letters.
    fn lower(text: diesel::sql_types::Nullable<diesel::sql_types::Text>) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = calendars)]
struct Row {
    id: String,
    name: String,
    kind: String,
    employer_id: Option<String>,
    division: Option<String>,
}

type PeriodRow = (String, NaiveDate, NaiveDate, String, String);

/// SQLite takes at most 32,766 values in a statement.
const MOST_IDS: usize = 1_000;

/// Adds the periods to the rows.
fn complete(db: &mut Db, rows: Vec<Row>) -> Result<Vec<Calendar>, StoreError> {
    let mut periods: HashMap<String, Vec<Period>> = HashMap::new();
    for piece in rows.chunks(MOST_IDS) {
        let found: Vec<PeriodRow> = calendar_periods::table
            .filter(calendar_periods::calendar_id.eq_any(piece.iter().map(|row| row.id.clone())))
            .load(db)?;
        for (calendar, starts_on, ends_on, kind, label) in found {
            let (kind, label) = (parse("period kind", &kind)?, parse("period", &label)?);
            periods.entry(calendar).or_default().push(Period { starts_on, ends_on, kind, label });
        }
    }
    // Sorted here: the databases collate labels differently.
    periods.values_mut().for_each(|periods| periods.sort_unstable());
    rows.into_iter()
        .map(|row| {
            Ok(Calendar {
                id: parse("calendar", &row.id)?,
                employer: row.employer_id.map(|id| parse("employer", &id)).transpose()?,
                division: row.division.map(|division| parse("division", &division)).transpose()?,
                dated: DatedCalendar {
                    name: parse("calendar name", &row.name)?,
                    kind: parse("calendar kind", &row.kind)?,
                    periods: periods.remove(&row.id).unwrap_or_default(),
                },
            })
        })
        .collect()
}

/// Adds a calendar.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, calendar: &Calendar, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::insert_into(calendars::table)
        .values((
            calendars::id.eq(calendar.id.to_string()),
            calendars::name.eq(calendar.dated.name.as_str()),
            calendars::kind.eq(calendar.dated.kind.as_str()),
            calendars::employer_id.eq(calendar.employer.map(|id| id.to_string())),
            calendars::division.eq(calendar.division.map(Division::as_str)),
            calendars::created_at.eq(now),
            calendars::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    insert_periods(tx, calendar)
}

/// Saves the name and the periods of a calendar; the rest never changes.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, calendar: &Calendar, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(calendars::table.find(calendar.id.to_string()))
        .set((calendars::name.eq(calendar.dated.name.as_str()), calendars::updated_at.eq(now)))
        .execute(&mut **tx)?;
    delete_periods(tx, calendar.id)?;
    insert_periods(tx, calendar)
}

/// Takes away a calendar that no library follows any more.
///
/// # Errors
/// The database's, also where a library still follows it.
pub fn delete(tx: &mut Tx<'_>, id: CalendarId) -> Result<(), StoreError> {
    delete_periods(tx, id)?;
    diesel::delete(calendars::table.find(id.to_string())).execute(&mut **tx)?;
    Ok(())
}

fn delete_periods(tx: &mut Tx<'_>, id: CalendarId) -> Result<(), StoreError> {
    diesel::delete(calendar_periods::table)
        .filter(calendar_periods::calendar_id.eq(id.to_string()))
        .execute(&mut **tx)?;
    Ok(())
}

fn insert_periods(tx: &mut Tx<'_>, calendar: &Calendar) -> Result<(), StoreError> {
    for period in &calendar.dated.periods {
        diesel::insert_into(calendar_periods::table)
            .values((
                calendar_periods::calendar_id.eq(calendar.id.to_string()),
                calendar_periods::starts_on.eq(period.starts_on),
                calendar_periods::ends_on.eq(period.ends_on),
                calendar_periods::kind.eq(period.kind.as_str()),
                calendar_periods::label.eq(period.label.as_str()),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// A calendar.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: CalendarId) -> Result<Option<Calendar>, StoreError> {
    let rows = calendars::table.find(id.to_string()).select(Row::as_select()).load(db)?;
    Ok(complete(db, rows)?.pop())
}

/// The calendar of this name.
///
/// # Errors
/// The database's.
pub fn find_by_name(db: &mut Db, name: &str) -> Result<Option<Calendar>, StoreError> {
    let rows = calendars::table.filter(calendars::name.eq(name)).select(Row::as_select()).load(db)?;
    Ok(complete(db, rows)?.pop())
}

/// The calendars of divisions.
///
/// # Errors
/// The database's.
pub fn list_of_divisions(db: &mut Db) -> Result<Vec<Calendar>, StoreError> {
    let rows = calendars::table
        .filter(calendars::division.is_not_null())
        .order(calendars::name)
        .select(Row::as_select())
        .load(db)?;
    complete(db, rows)
}

/// A page of calendars.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, after: Option<CalendarId>, most: i64) -> Result<Vec<Calendar>, StoreError> {
    let mut query = calendars::table.select(Row::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(calendars::id.gt(after.to_string()));
    }
    let rows = query.order(calendars::id).limit(most).load(db)?;
    complete(db, rows)
}

/// The calendars with these ids, by name; unknown ids are passed over.
///
/// # Errors
/// The database's.
pub fn list_by_ids(db: &mut Db, ids: &[CalendarId]) -> Result<Vec<Calendar>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for piece in ids.chunks(MOST_IDS) {
        let rows = calendars::table
            .filter(calendars::id.eq_any(piece.iter().map(ToString::to_string)))
            .select(Row::as_select())
            .load(db)?;
        found.extend(complete(db, rows)?);
    }
    // Sorted here: the databases collate differently.
    found.sort_unstable_by(|a: &Calendar, b| a.dated.name.cmp(&b.dated.name));
    Ok(found)
}

/// Which calendars each of these libraries was told to follow; those that follow none are absent.
///
/// # Errors
/// The database's.
pub fn list_followed(
    db: &mut Db,
    libraries: &[LibraryId],
) -> Result<BTreeMap<LibraryId, Vec<CalendarId>>, StoreError> {
    let mut followed: BTreeMap<LibraryId, Vec<CalendarId>> = BTreeMap::new();
    for piece in libraries.chunks(MOST_IDS) {
        let rows: Vec<(String, String)> = library_calendars::table
            .filter(library_calendars::library_id.eq_any(piece.iter().map(ToString::to_string)))
            .order((library_calendars::library_id, library_calendars::calendar_id))
            .load(db)?;
        for (library, calendar) in rows {
            followed.entry(parse("library", &library)?).or_default().push(parse("calendar", &calendar)?);
        }
    }
    Ok(followed)
}

/// Puts the calendars that a library follows in the place of those before.
///
/// # Errors
/// The database's.
pub fn replace_followed(
    tx: &mut Tx<'_>,
    library: LibraryId,
    calendars: &[CalendarId],
) -> Result<(), StoreError> {
    diesel::delete(library_calendars::table)
        .filter(library_calendars::library_id.eq(library.to_string()))
        .execute(&mut **tx)?;
    for calendar in calendars {
        diesel::insert_into(library_calendars::table)
            .values((
                library_calendars::library_id.eq(library.to_string()),
                library_calendars::calendar_id.eq(calendar.to_string()),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// The libraries that were told to follow a calendar.
///
/// # Errors
/// The database's.
pub fn list_followers(db: &mut Db, calendar: CalendarId) -> Result<Vec<LibraryId>, StoreError> {
    let ids: Vec<String> = library_calendars::table
        .filter(library_calendars::calendar_id.eq(calendar.to_string()))
        .order(library_calendars::library_id)
        .select(library_calendars::library_id)
        .load(db)?;
    ids.iter().map(|id| parse("library", id)).collect()
}

/// The libraries whose day a calendar may decide: its followers, and those in the countries of its division.
///
/// # Errors
/// The database's.
pub fn list_concerned(db: &mut Db, calendar: &Calendar) -> Result<Vec<LibraryId>, StoreError> {
    let mut concerned = list_followers(db, calendar.id)?;
    if let Some(division) = calendar.division {
        let countries = division.countries().iter().map(|country| Some(*country));
        let ids: Vec<String> = libraries::table
            .filter(lower(libraries::country).eq_any(countries))
            .select(libraries::id)
            .load(db)?;
        for id in ids {
            concerned.push(parse("library", &id)?);
        }
    }
    concerned.sort_unstable();
    concerned.dedup();
    Ok(concerned)
}

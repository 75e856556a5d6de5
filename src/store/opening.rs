//! When libraries are open: dated exceptions, and everything that says so put together.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::library_exceptions;
use super::{Db, StoreError, Tx, calendars, from_json, parse, to_json};
use crate::domain::ids::{CalendarId, LibraryId};
use crate::domain::opening::{
    CalendarKind, DatedCalendar, Division, Exception, Opening, Span, irish_calendar,
};
use crate::domain::organisation::Library;

/// SQLite takes at most 32,766 values in a statement.
const MOST_IDS: usize = 1_000;

type Row = (String, NaiveDate, String, String);

fn into_domain((library, date, opens, label): Row) -> Result<(LibraryId, Exception), StoreError> {
    let spans: Vec<(u16, u16)> = from_json("opens", &opens)?;
    let span = |(from, until)| {
        Span::new(from, until).ok_or_else(|| StoreError::Corrupt(format!("span {from}-{until}")))
    };
    let opens = spans.into_iter().map(span).collect::<Result<_, _>>()?;
    Ok((parse("library", &library)?, Exception { date, opens, label: parse("exception", &label)? }))
}

/// The exceptions of a library, by date.
///
/// # Errors
/// The database's.
pub fn list_exceptions(db: &mut Db, library: LibraryId) -> Result<Vec<Exception>, StoreError> {
    let rows: Vec<Row> = library_exceptions::table
        .filter(library_exceptions::library_id.eq(library.to_string()))
        .order(library_exceptions::date)
        .select(columns())
        .load(db)?;
    rows.into_iter().map(|row| Ok(into_domain(row)?.1)).collect()
}

/// The exceptions of these libraries.
///
/// # Errors
/// The database's.
pub fn list_exceptions_of(
    db: &mut Db,
    libraries: &[LibraryId],
) -> Result<Vec<(LibraryId, Exception)>, StoreError> {
    let mut found = Vec::new();
    for piece in libraries.chunks(MOST_IDS) {
        let rows: Vec<Row> = library_exceptions::table
            .filter(library_exceptions::library_id.eq_any(piece.iter().map(ToString::to_string)))
            .select(columns())
            .load(db)?;
        for row in rows {
            found.push(into_domain(row)?);
        }
    }
    Ok(found)
}

fn columns() -> (
    library_exceptions::library_id,
    library_exceptions::date,
    library_exceptions::opens,
    library_exceptions::label,
) {
    (
        library_exceptions::library_id,
        library_exceptions::date,
        library_exceptions::opens,
        library_exceptions::label,
    )
}

/// The exception of a library on a date.
///
/// # Errors
/// The database's.
pub fn find_exception(
    db: &mut Db,
    library: LibraryId,
    date: NaiveDate,
) -> Result<Option<Exception>, StoreError> {
    let row: Option<Row> =
        library_exceptions::table.find((library.to_string(), date)).select(columns()).first(db).optional()?;
    row.map(|row| Ok(into_domain(row)?.1)).transpose()
}

/// Sets the exception of a library on a date, in place of any before.
///
/// # Errors
/// The database's.
pub fn replace_exception(
    tx: &mut Tx<'_>,
    library: LibraryId,
    exception: &Exception,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    delete_exception(tx, library, exception.date)?;
    let opens: Vec<(u16, u16)> = exception.opens.iter().map(|span| (span.from(), span.until())).collect();
    diesel::insert_into(library_exceptions::table)
        .values((
            library_exceptions::library_id.eq(library.to_string()),
            library_exceptions::date.eq(exception.date),
            library_exceptions::opens.eq(to_json("opens", &opens)?),
            library_exceptions::label.eq(exception.label.as_str()),
            library_exceptions::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes the exception of a library on a date away; false when there is none.
///
/// # Errors
/// The database's.
pub fn delete_exception(tx: &mut Tx<'_>, library: LibraryId, date: NaiveDate) -> Result<bool, StoreError> {
    let gone =
        diesel::delete(library_exceptions::table.find((library.to_string(), date))).execute(&mut **tx)?;
    Ok(gone == 1)
}

/// What says when each of these libraries is open on some dates: weekly hours, exceptions of these dates, the calendars
/// that it was told to follow by name, then the bank holidays of its country unless it follows such a calendar.
///
/// # Errors
/// The database's.
pub fn load(
    db: &mut Db,
    libraries: &[Library],
    dates: &RangeInclusive<NaiveDate>,
) -> Result<BTreeMap<LibraryId, Opening>, StoreError> {
    let ids: Vec<LibraryId> = libraries.iter().map(|library| library.id).collect();
    let mut followed = calendars::list_followed(db, &ids)?;
    let mut wanted: Vec<CalendarId> = followed.values().flatten().copied().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let told: Vec<(CalendarId, Arc<DatedCalendar>)> = calendars::list_by_ids(db, &wanted)?
        .into_iter()
        .map(|calendar| (calendar.id, Arc::new(calendar.dated)))
        .collect();
    let mut of_divisions: HashMap<Division, Arc<DatedCalendar>> = HashMap::new();
    for calendar in calendars::list_of_divisions(db)? {
        if let Some(division) = calendar.division {
            of_divisions.insert(division, Arc::new(calendar.dated));
        }
    }
    let years = dates.start().year()..=dates.end().year();
    if let Some(irish) = irish_calendar(years) {
        of_divisions.insert(Division::Ireland, Arc::new(irish));
    }
    let mut exceptions = list_exceptions_on(db, &ids, dates)?;
    let openings = libraries.iter().map(|library| {
        let own = followed.remove(&library.id).unwrap_or_default();
        let mut calendars: Vec<Arc<DatedCalendar>> = told
            .iter()
            .filter(|(id, _)| own.contains(id))
            .map(|(_, calendar)| Arc::clone(calendar))
            .collect();
        if !calendars.iter().any(|calendar| calendar.kind == CalendarKind::BankHolidays) {
            let division = library.country.as_deref().and_then(Division::of_country);
            calendars.extend(division.and_then(|division| of_divisions.get(&division)).map(Arc::clone));
        }
        let exceptions = exceptions.remove(&library.id).unwrap_or_default();
        (library.id, Opening { weekly: library.opening_hours.clone(), exceptions, calendars })
    });
    Ok(openings.collect())
}

fn list_exceptions_on(
    db: &mut Db,
    libraries: &[LibraryId],
    dates: &RangeInclusive<NaiveDate>,
) -> Result<HashMap<LibraryId, Vec<Exception>>, StoreError> {
    let mut exceptions: HashMap<LibraryId, Vec<Exception>> = HashMap::new();
    for piece in libraries.chunks(MOST_IDS) {
        let rows: Vec<Row> = library_exceptions::table
            .filter(library_exceptions::library_id.eq_any(piece.iter().map(ToString::to_string)))
            .filter(library_exceptions::date.between(*dates.start(), *dates.end()))
            .select(columns())
            .load(db)?;
        for row in rows {
            let (library, exception) = into_domain(row)?;
            exceptions.entry(library).or_default().push(exception);
        }
    }
    Ok(exceptions)
}

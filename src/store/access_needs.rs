//! Access needs, sealed, and the ledger of who has read them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::keys::{self, NEEDS, Place};
use super::schema::{access_need_readings, access_needs, applications};
use super::{Db, StoreError, Tx, from_json, list_from_json, parse, to_json};
use crate::domain::access_needs::{AccessNeeds, Reading};
use crate::domain::ids::{ApplicationId, RoundId};

/// Needs as they are sealed.
#[derive(Serialize, Deserialize)]
struct Json {
    tags: Vec<String>,
    words: Option<String>,
}

fn sealed(id: &str, needs: &AccessNeeds) -> Result<String, StoreError> {
    let tags = needs.tags.iter().map(ToString::to_string).collect();
    keys::seal_needs(id, &to_json(NEEDS, &Json { tags, words: needs.words.clone() })?)
}

fn opened(id: &str, sealed: &str) -> Result<AccessNeeds, StoreError> {
    // What is wrong with the text is not told: an error may be logged, and must not quote it.
    let broken = |_| StoreError::Corrupt(format!("the access needs of {id} cannot be read"));
    let Json { tags, words } =
        from_json(NEEDS, &keys::open(Place { what: NEEDS, id }, sealed)?).map_err(broken)?;
    let tags = list_from_json("tags", &to_json("tags", &tags)?).map_err(broken)?;
    Ok(AccessNeeds { tags, words })
}

/// Puts access needs in the place of those said before; none are not stored.
///
/// # Errors
/// [`StoreError::NoKey`] where there is no key to seal them with; the database's.
pub fn replace(tx: &mut Tx<'_>, id: ApplicationId, needs: &AccessNeeds) -> Result<(), StoreError> {
    let id = id.to_string();
    diesel::delete(access_needs::table.find(&id)).execute(&mut **tx)?;
    if needs.is_empty() {
        return Ok(());
    }
    diesel::insert_into(access_needs::table)
        .values((access_needs::application_id.eq(&id), access_needs::needs.eq(sealed(&id, needs)?)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The access needs of a round's applications, for matching only.
///
/// # Errors
/// The database's.
pub fn list_of_round(db: &mut Db, round: RoundId) -> Result<Vec<(ApplicationId, AccessNeeds)>, StoreError> {
    let rows: Vec<(String, String)> = access_needs::table
        .inner_join(applications::table.on(applications::id.eq(access_needs::application_id)))
        .filter(applications::round_id.eq(round.to_string()))
        .select((access_needs::application_id, access_needs::needs))
        .load(db)?;
    rows.iter().map(|(id, needs)| Ok((parse("application", id)?, opened(id, needs)?))).collect()
}

/// The access needs of an application; whoever shows them writes it into the ledger.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: ApplicationId) -> Result<Option<AccessNeeds>, StoreError> {
    let id = id.to_string();
    let found: Option<String> =
        access_needs::table.find(&id).select(access_needs::needs).first(db).optional()?;
    found.map(|needs| opened(&id, &needs)).transpose()
}

/// Whether an application has access needs.
///
/// # Errors
/// The database's.
pub fn are_there(db: &mut Db, id: ApplicationId) -> Result<bool, StoreError> {
    let found = access_needs::table.filter(access_needs::application_id.eq(id.to_string()));
    Ok(found.count().get_result::<i64>(db)? > 0)
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = access_need_readings)]
struct Row {
    id: String,
    application_id: String,
    at: NaiveDateTime,
    reader: String,
    role: String,
    on_behalf_of: Option<String>,
    what: String,
}

/// Writes lines into the ledger.
///
/// # Errors
/// The database's.
pub fn insert_readings(tx: &mut Tx<'_>, readings: &[Reading]) -> Result<(), StoreError> {
    for reading in readings {
        let row = Row {
            id: reading.id.to_string(),
            application_id: reading.application.to_string(),
            at: reading.at,
            reader: reading.reader.clone(),
            role: reading.role.to_string(),
            on_behalf_of: reading.on_behalf_of.clone(),
            what: reading.what.to_string(),
        };
        diesel::insert_into(access_need_readings::table).values(&row).execute(&mut **tx)?;
    }
    Ok(())
}

/// Who has read the needs of an application, oldest first.
///
/// # Errors
/// The database's.
pub fn list_readings(db: &mut Db, id: ApplicationId) -> Result<Vec<Reading>, StoreError> {
    let rows: Vec<Row> = access_need_readings::table
        .filter(access_need_readings::application_id.eq(id.to_string()))
        .order(access_need_readings::id)
        .select(Row::as_select())
        .load(db)?;
    let reading = |row: Row| {
        Ok(Reading {
            id: parse("reading", &row.id)?,
            application: parse("application", &row.application_id)?,
            at: row.at,
            reader: row.reader,
            role: parse("role", &row.role)?,
            on_behalf_of: row.on_behalf_of,
            what: parse("what was read", &row.what)?,
        })
    };
    rows.into_iter().map(reading).collect()
}

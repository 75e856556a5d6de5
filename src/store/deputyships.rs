//! Deputyships: who does whose work in one role, on which days.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::deputyships;
use super::{Db, StoreError, Tx, parse};
use crate::domain::deputyship::Deputyship;
use crate::domain::email::Email;
use crate::domain::ids::DeputyshipId;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = deputyships)]
struct Row {
    id: String,
    principal: String,
    deputy: String,
    role: String,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
    created_at: NaiveDateTime,
    ended_at: Option<NaiveDateTime>,
}

impl Row {
    fn into_domain(self) -> Result<Deputyship, StoreError> {
        Ok(Deputyship {
            id: parse("deputyship", &self.id)?,
            principal: parse("address", &self.principal)?,
            deputy: parse("address", &self.deputy)?,
            role: parse("role", &self.role)?,
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            created_at: self.created_at,
            ended_at: self.ended_at,
        })
    }
}

/// Adds a deputyship.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, deputyship: &Deputyship) -> Result<(), StoreError> {
    let row = Row {
        id: deputyship.id.to_string(),
        principal: deputyship.principal.to_string(),
        deputy: deputyship.deputy.to_string(),
        role: deputyship.role.to_string(),
        starts_on: deputyship.starts_on,
        ends_on: deputyship.ends_on,
        created_at: deputyship.created_at,
        ended_at: deputyship.ended_at,
    };
    diesel::insert_into(deputyships::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// A deputyship.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: DeputyshipId) -> Result<Option<Deputyship>, StoreError> {
    let row = deputyships::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    row.map(Row::into_domain).transpose()
}

/// The deputyships in which an address does somebody's work and nobody has taken back, oldest first.
///
/// # Errors
/// The database's.
pub fn list_of_deputy(db: &mut Db, address: &Email) -> Result<Vec<Deputyship>, StoreError> {
    let rows = deputyships::table
        .filter(deputyships::deputy.eq(address.as_str()))
        .filter(deputyships::ended_at.is_null())
        .order(deputyships::id)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// A page of the deputyships of which an address is one side, ended ones too.
///
/// # Errors
/// The database's.
pub fn list_concerning(
    db: &mut Db,
    address: &Email,
    after: Option<DeputyshipId>,
    most: i64,
) -> Result<Vec<Deputyship>, StoreError> {
    let address = address.as_str();
    let mut query = deputyships::table
        .filter(deputyships::principal.eq(address).or(deputyships::deputy.eq(address)))
        .select(Row::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(deputyships::id.gt(after.to_string()));
    }
    let rows = query.order(deputyships::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// Ends a deputyship; one that has ended before keeps its first date.
///
/// # Errors
/// The database's.
pub fn mark_ended(tx: &mut Tx<'_>, id: DeputyshipId, at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(deputyships::table.find(id.to_string()).filter(deputyships::ended_at.is_null()))
        .set(deputyships::ended_at.eq(at))
        .execute(&mut **tx)?;
    Ok(())
}

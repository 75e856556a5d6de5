//! Grants: as what an address may sign in.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::grants;
use super::tokens::read_mandate;
use super::{Db, StoreError, Tx, list_to_json, parse};
use crate::domain::email::Email;
use crate::domain::grant::Grant;
use crate::domain::ids::GrantId;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = grants)]
struct Row {
    id: String,
    address: String,
    role: String,
    employers: String,
    round_id: Option<String>,
    created_at: NaiveDateTime,
    expires_at: Option<NaiveDateTime>,
    ended_at: Option<NaiveDateTime>,
}

impl Row {
    fn into_domain(self) -> Result<Grant, StoreError> {
        Ok(Grant {
            id: parse("grant", &self.id)?,
            address: parse("address", &self.address)?,
            mandate: read_mandate(&self.role, &self.employers, self.round_id.as_deref())?,
            created_at: self.created_at,
            expires_at: self.expires_at,
            ended_at: self.ended_at,
        })
    }
}

/// Adds a grant.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, grant: &Grant) -> Result<(), StoreError> {
    let row = Row {
        id: grant.id.to_string(),
        address: grant.address.to_string(),
        role: grant.mandate.role.to_string(),
        employers: list_to_json("employers", &grant.mandate.employers)?,
        round_id: grant.mandate.round.map(|id| id.to_string()),
        created_at: grant.created_at,
        expires_at: grant.expires_at,
        ended_at: grant.ended_at,
    };
    diesel::insert_into(grants::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// A grant.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: GrantId) -> Result<Option<Grant>, StoreError> {
    let row = grants::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    row.map(Row::into_domain).transpose()
}

/// A page of all grants, ended ones too.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, after: Option<GrantId>, most: i64) -> Result<Vec<Grant>, StoreError> {
    let mut query = grants::table.select(Row::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(grants::id.gt(after.to_string()));
    }
    let rows = query.order(grants::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The grants to an address that nobody has taken back, oldest first.
///
/// # Errors
/// The database's.
pub fn list_to(db: &mut Db, address: &Email) -> Result<Vec<Grant>, StoreError> {
    let rows = grants::table
        .filter(grants::address.eq(address.as_str()))
        .filter(grants::ended_at.is_null())
        .order(grants::id)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// Takes a grant back; one that was taken back before keeps its first date.
///
/// # Errors
/// The database's.
pub fn mark_ended(tx: &mut Tx<'_>, id: GrantId, at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(grants::table.find(id.to_string()).filter(grants::ended_at.is_null()))
        .set(grants::ended_at.eq(at))
        .execute(&mut **tx)?;
    Ok(())
}

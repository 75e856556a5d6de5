//! Certificates of attendance that were issued.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::placements::time;
use super::schema::certificates;
use super::{Db, StoreError, Tx, parse};
use crate::domain::certificate::Issued;
use crate::domain::ids::PlacementId;

#[derive(Queryable, Selectable)]
#[diesel(table_name = certificates)]
struct Row {
    id: String,
    placement_id: String,
    language: String,
    until: String,
    issued_at: NaiveDateTime,
    revoked_at: Option<NaiveDateTime>,
}

impl Row {
    fn into_domain(self) -> Result<Issued, StoreError> {
        Ok(Issued {
            id: parse("certificate", &self.id)?,
            placement: parse("placement", &self.placement_id)?,
            language: parse("language", &self.language)?,
            until: time(&self.until)?,
            issued_at: self.issued_at,
            revoked_at: self.revoked_at,
        })
    }
}

/// Keeps that a certificate was issued, by the SHA-256 of its code.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, issued: &Issued, code_hash: &str) -> Result<(), StoreError> {
    diesel::insert_into(certificates::table)
        .values((
            certificates::id.eq(issued.id.to_string()),
            certificates::placement_id.eq(issued.placement.to_string()),
            certificates::code_hash.eq(code_hash),
            certificates::language.eq(issued.language.as_str()),
            certificates::until.eq(issued.until.format("%H:%M").to_string()),
            certificates::issued_at.eq(issued.issued_at),
            certificates::revoked_at.eq(issued.revoked_at),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The certificate whose code has this SHA-256.
///
/// # Errors
/// The database's.
pub fn find_by_code(db: &mut Db, code_hash: &str) -> Result<Option<Issued>, StoreError> {
    certificates::table
        .filter(certificates::code_hash.eq(code_hash))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// The certificates of a placement, in the order in which they were issued.
///
/// # Errors
/// The database's.
pub fn list_of_placement(db: &mut Db, id: PlacementId) -> Result<Vec<Issued>, StoreError> {
    let rows: Vec<Row> = certificates::table
        .filter(certificates::placement_id.eq(id.to_string()))
        .order((certificates::issued_at, certificates::id))
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

//! What the columns of somebody's own lists are called here, kept by name.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::import_mappings;
use super::{Db, StoreError, Tx, from_json, to_json};

/// The columns of a mapping of a kind of list: own name → ours.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, kind: &str, name: &str) -> Result<Option<BTreeMap<String, String>>, StoreError> {
    let found = import_mappings::table
        .find((kind, name))
        .select(import_mappings::renamings)
        .first::<String>(db)
        .optional()?;
    found.map(|columns| from_json("columns", &columns)).transpose()
}

/// The names of the mappings of a kind of list.
///
/// # Errors
/// The database's.
pub fn list_names(db: &mut Db, kind: &str) -> Result<Vec<String>, StoreError> {
    let names = import_mappings::table.filter(import_mappings::kind.eq(kind));
    Ok(names.order(import_mappings::name).select(import_mappings::name).load(db)?)
}

/// Keeps a mapping in the place of what the name meant before.
///
/// # Errors
/// The database's.
pub fn replace(
    tx: &mut Tx<'_>,
    kind: &str,
    name: &str,
    columns: &BTreeMap<String, String>,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    diesel::delete(import_mappings::table.find((kind, name))).execute(&mut **tx)?;
    diesel::insert_into(import_mappings::table)
        .values((
            import_mappings::kind.eq(kind),
            import_mappings::name.eq(name),
            import_mappings::renamings.eq(to_json("columns", columns)?),
            import_mappings::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

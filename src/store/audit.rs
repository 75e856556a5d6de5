//! The audit: who, as what, on behalf of whom, did what to what. Entries are only ever added.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::audit_entries;
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::AuditId;
use crate::domain::permissions::{Action, Role};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its identity, in the order of time.
    pub id: AuditId,
    /// When, in UTC.
    pub at: NaiveDateTime,
    /// Who: `token:<id>`, `link:<id>`, `worker`, `anyone`.
    pub actor: String,
    /// In what capacity.
    pub role: Role,
    /// For whom.
    pub on_behalf_of: Option<String>,
    /// What was done.
    pub action: Action,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which.
    pub subject_id: String,
    /// Ids, states, counts and codes as a JSON object; no personal data.
    pub details: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries)]
struct Row {
    id: String,
    at: NaiveDateTime,
    actor: String,
    role: String,
    on_behalf_of: Option<String>,
    action: String,
    subject_kind: String,
    subject_id: String,
    details: String,
}

impl Row {
    fn into_entry(self) -> Result<Entry, StoreError> {
        Ok(Entry {
            id: parse("audit entry", &self.id)?,
            at: self.at,
            actor: self.actor,
            role: parse("role", &self.role)?,
            on_behalf_of: self.on_behalf_of,
            action: parse("action", &self.action)?,
            subject_kind: self.subject_kind,
            subject_id: self.subject_id,
            details: self.details,
        })
    }
}

/// Adds an entry.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
    let row = Row {
        id: entry.id.to_string(),
        at: entry.at,
        actor: entry.actor.clone(),
        role: entry.role.to_string(),
        on_behalf_of: entry.on_behalf_of.clone(),
        action: entry.action.to_string(),
        subject_kind: entry.subject_kind.clone(),
        subject_id: entry.subject_id.clone(),
        details: entry.details.clone(),
    };
    diesel::insert_into(audit_entries::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// Entries after `after`, oldest first, at most `most`.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, after: Option<AuditId>, most: i64) -> Result<Vec<Entry>, StoreError> {
    let mut query = audit_entries::table.select(Row::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(audit_entries::id.gt(after.to_string()));
    }
    let rows = query.order(audit_entries::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_entry).collect()
}

/// The entries about these things of one kind, oldest first; at most a thousand things.
///
/// # Errors
/// The database's.
pub fn list_about(
    db: &mut Db,
    subject_kind: &str,
    subjects: &[impl ToString],
) -> Result<Vec<Entry>, StoreError> {
    let ids: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    let rows = audit_entries::table
        .filter(audit_entries::subject_kind.eq(subject_kind))
        .filter(audit_entries::subject_id.eq_any(ids))
        .order(audit_entries::id)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_entry).collect()
}

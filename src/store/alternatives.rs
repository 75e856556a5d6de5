//! What hosts offered instead of a no. One at a time is open: an index holds that.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::organisations::{contact, contact_columns};
use super::placements::time;
use super::schema::alternatives;
use super::{Db, StoreError, Tx, parse};
use crate::domain::alternative::Alternative;
use crate::domain::ids::PlacementId;
use crate::domain::placement::Given;
use crate::domain::states::AlternativeState;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = alternatives)]
struct Row {
    id: String,
    placement_id: String,
    version: i64,
    kind: String,
    date: NaiveDate,
    starts: String,
    ends: String,
    contact_name: Option<String>,
    contact_email: Option<String>,
    words: Option<String>,
    state: String,
    set_aside: String,
    offered_at: NaiveDateTime,
    offered_by: String,
    offered_as: String,
    on_behalf_of: Option<String>,
    channel: String,
    settled_at: Option<NaiveDateTime>,
}

impl Row {
    fn from_domain(other: &Alternative) -> Result<Self, StoreError> {
        let set_aside = serde_json::to_string(&other.set_aside)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let (contact_name, contact_email, _) = contact_columns(other.contact.as_ref());
        Ok(Self {
            id: other.id.to_string(),
            placement_id: other.placement.to_string(),
            version: other.version,
            kind: other.kind.to_string(),
            date: other.date,
            starts: other.starts.format("%H:%M").to_string(),
            ends: other.ends.format("%H:%M").to_string(),
            contact_name,
            contact_email,
            words: other.words.clone(),
            state: other.state.to_string(),
            set_aside,
            offered_at: other.given.at,
            offered_by: other.given.by.clone(),
            offered_as: other.given.role.to_string(),
            on_behalf_of: other.given.on_behalf_of.clone(),
            channel: other.given.channel.clone(),
            settled_at: other.settled_at,
        })
    }

    fn into_domain(self) -> Result<Alternative, StoreError> {
        let set_aside = serde_json::from_str(&self.set_aside)
            .map_err(|error| StoreError::Corrupt(format!("alternative {}: {error}", self.id)))?;
        Ok(Alternative {
            id: parse("alternative", &self.id)?,
            placement: parse("placement", &self.placement_id)?,
            version: self.version,
            kind: parse("kind", &self.kind)?,
            date: self.date,
            starts: time(&self.starts)?,
            ends: time(&self.ends)?,
            contact: contact(self.contact_name, self.contact_email, None)?,
            words: self.words,
            state: parse("state", &self.state)?,
            set_aside,
            given: Given {
                at: self.offered_at,
                by: self.offered_by,
                role: parse("role", &self.offered_as)?,
                on_behalf_of: self.on_behalf_of,
                channel: self.channel,
            },
            settled_at: self.settled_at,
        })
    }
}

/// The offers of a placement, oldest first.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, placement: PlacementId) -> Result<Vec<Alternative>, StoreError> {
    let rows = alternatives::table
        .filter(alternatives::placement_id.eq(placement.to_string()))
        .order(alternatives::version)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The newest offer of a placement, whatever became of it.
///
/// # Errors
/// The database's.
pub fn find_latest(db: &mut Db, placement: PlacementId) -> Result<Option<Alternative>, StoreError> {
    Ok(list(db, placement)?.pop())
}

/// Adds an offer.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, other: &Alternative) -> Result<(), StoreError> {
    let row = Row::from_domain(other)?;
    diesel::insert_into(alternatives::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// Settles the open offer of a placement, if there is one.
///
/// # Errors
/// The database's.
pub fn settle(
    tx: &mut Tx<'_>,
    placement: PlacementId,
    state: AlternativeState,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    diesel::update(alternatives::table)
        .filter(alternatives::placement_id.eq(placement.to_string()))
        .filter(alternatives::state.eq(AlternativeState::Offered.as_str()))
        .set((alternatives::state.eq(state.as_str()), alternatives::settled_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

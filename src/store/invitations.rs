//! The calendar identity of each invitation: its UID and SEQUENCE, and what was told with it.

use std::ops::RangeInclusive;

use diesel::prelude::*;

use super::schema::invitations;
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::PlacementId;
use crate::domain::party::Party;

/// The calendar identity of a placement for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarIdentity {
    /// RFC 5545 UID, for life.
    pub uid: String,
    /// RFC 5545 SEQUENCE of the last invitation.
    pub sequence: i64,
    /// Whether the last mail with it put the event into the recipient's calendar, or took it out; none: no mail has had it.
    pub is_in_calendar: Option<bool>,
}

/// The calendar identity of a placement for a party, if an invitation was ever made.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: PlacementId, party: Party) -> Result<Option<CalendarIdentity>, StoreError> {
    let found: Option<(String, i64, Option<bool>)> = invitations::table
        .find((id.to_string(), party.to_string()))
        .select((invitations::uid, invitations::sequence, invitations::is_in_calendar))
        .first(db)
        .optional()?;
    Ok(found.map(|(uid, sequence, is_in_calendar)| CalendarIdentity { uid, sequence, is_in_calendar }))
}

/// Stores a calendar identity, new or raised.
///
/// # Errors
/// The database's.
pub fn save(
    tx: &mut Tx<'_>,
    id: PlacementId,
    party: Party,
    identity: &CalendarIdentity,
) -> Result<(), StoreError> {
    let key = (id.to_string(), party.to_string());
    let changed = diesel::update(invitations::table.find(key.clone()))
        .set(invitations::sequence.eq(identity.sequence))
        .execute(&mut **tx)?;
    if changed == 0 {
        diesel::insert_into(invitations::table)
            .values((
                invitations::placement_id.eq(key.0),
                invitations::party.eq(key.1),
                invitations::uid.eq(&identity.uid),
                invitations::sequence.eq(identity.sequence),
                invitations::is_in_calendar.eq(identity.is_in_calendar),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Notes what a party is invited to under its present SEQUENCE, in a text that is equal for what is equal.
///
/// # Errors
/// The database's.
pub fn note_told(tx: &mut Tx<'_>, id: PlacementId, party: Party, told: &str) -> Result<(), StoreError> {
    let same = invitations::told.eq(told);
    diesel::update(invitations::table.find((id.to_string(), party.to_string())))
        .filter(invitations::told.is_null().or(diesel::dsl::not(same)))
        .set((invitations::told.eq(told), invitations::told_since.eq(invitations::sequence.nullable())))
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes what a party is invited to since an earlier SEQUENCE, because what was changed in between is as it was.
///
/// # Errors
/// The database's.
pub fn note_told_since(
    tx: &mut Tx<'_>,
    id: PlacementId,
    party: Party,
    told: &str,
    since: i64,
) -> Result<(), StoreError> {
    diesel::update(invitations::table.find((id.to_string(), party.to_string())))
        .set((invitations::told.eq(told), invitations::told_since.eq(since)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Remembers that a mail puts an event into its recipient's calendar, or takes it out.
///
/// # Errors
/// The database's.
pub fn mark_in_calendar(tx: &mut Tx<'_>, uid: &str, is_in_calendar: bool) -> Result<(), StoreError> {
    diesel::update(invitations::table.filter(invitations::uid.eq(uid)))
        .set(invitations::is_in_calendar.eq(is_in_calendar))
        .execute(&mut **tx)?;
    Ok(())
}

/// The SEQUENCEs under which a party was invited to what `told` says, if that was said last.
///
/// # Errors
/// The database's.
pub fn find_told(
    db: &mut Db,
    id: PlacementId,
    party: Party,
    told: &str,
) -> Result<Option<RangeInclusive<i64>>, StoreError> {
    let found: Option<(Option<i64>, i64)> = invitations::table
        .find((id.to_string(), party.to_string()))
        .filter(invitations::told.eq(told))
        .select((invitations::told_since, invitations::sequence))
        .first(db)
        .optional()?;
    Ok(found.and_then(|(since, sequence)| Some(since?..=sequence)))
}

/// Whose event this UID is.
///
/// # Errors
/// The database's.
pub fn find_by_uid(db: &mut Db, uid: &str) -> Result<Option<(PlacementId, Party)>, StoreError> {
    let found: Option<(String, String)> = invitations::table
        .filter(invitations::uid.eq(uid))
        .select((invitations::placement_id, invitations::party))
        .first(db)
        .optional()?;
    found.map(|(id, party)| Ok((parse("placement", &id)?, parse("party", &party)?))).transpose()
}

/// Forgets the calendar identity of a party, because somebody else has its part from now on.
///
/// # Errors
/// The database's.
pub fn forget(tx: &mut Tx<'_>, id: PlacementId, party: Party) -> Result<(), StoreError> {
    diesel::delete(invitations::table.find((id.to_string(), party.to_string()))).execute(&mut **tx)?;
    Ok(())
}

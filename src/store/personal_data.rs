//! What is known of a person, found by who they are: for the export of it.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::{applications, employments, feeds, links, outbox, past_placements, placements};
use super::{Db, StoreError, parse};
use crate::domain::ids::{ApplicationId, PersonId, PlacementId};

/// The applications of a person, oldest first, and when each was made.
///
/// # Errors
/// The database's.
pub fn list_applications(
    db: &mut Db,
    person: PersonId,
) -> Result<Vec<(ApplicationId, NaiveDateTime)>, StoreError> {
    let rows: Vec<(String, NaiveDateTime)> = applications::table
        .filter(applications::person_id.eq(person.to_string()))
        .order(applications::id)
        .select((applications::id, applications::created_at))
        .load(db)?;
    rows.iter().map(|(id, at)| Ok((parse("application", id)?, *at))).collect()
}

/// The placements of a person, oldest first.
///
/// # Errors
/// The database's.
pub fn list_placements(db: &mut Db, person: PersonId) -> Result<Vec<PlacementId>, StoreError> {
    let rows: Vec<String> = placements::table
        .filter(placements::person_id.eq(person.to_string()))
        .order(placements::id)
        .select(placements::id)
        .load(db)?;
    rows.iter().map(|id| parse("placement", id)).collect()
}

/// Kind, state, when it was made, when it was settled.
pub type MailOfPerson = (String, String, NaiveDateTime, Option<NaiveDateTime>);

/// Employer, the id there, the manager's address, when they left.
pub type EmploymentOfPerson = (String, String, Option<String>, Option<NaiveDate>);

/// The mails to a person about their applications.
///
/// # Errors
/// The database's.
pub fn list_mails(db: &mut Db, address: &str) -> Result<Vec<MailOfPerson>, StoreError> {
    Ok(outbox::table
        .filter(outbox::recipient_address.eq(address))
        .order(outbox::id)
        .select((outbox::kind, outbox::state, outbox::created_at, outbox::settled_at))
        .load(db)?)
}

/// The links that were sent to a person: purpose, when made, when expired.
///
/// # Errors
/// The database's.
pub fn list_links(
    db: &mut Db,
    address: &str,
) -> Result<Vec<(String, NaiveDateTime, NaiveDateTime)>, StoreError> {
    Ok(links::table
        .filter(links::recipient.eq(address))
        .order(links::id)
        .select((links::purpose, links::created_at, links::expires_at))
        .load(db)?)
}

/// The calendars that a person subscribed to: when made, when taken back.
///
/// # Errors
/// The database's.
pub fn list_calendars(
    db: &mut Db,
    person: PersonId,
) -> Result<Vec<(NaiveDateTime, Option<NaiveDateTime>)>, StoreError> {
    Ok(feeds::table
        .filter(feeds::person_id.eq(person.to_string()))
        .order(feeds::id)
        .select((feeds::created_at, feeds::revoked_at))
        .load(db)?)
}

/// What employers' lists say of a person.
///
/// # Errors
/// The database's.
pub fn list_employments(db: &mut Db, person: PersonId) -> Result<Vec<EmploymentOfPerson>, StoreError> {
    Ok(employments::table
        .filter(employments::person_id.eq(person.to_string()))
        .order(employments::id)
        .select((
            employments::employer_id,
            employments::external_id,
            employments::manager_email,
            employments::left_on,
        ))
        .load(db)?)
}

/// Where a person was before this service: library and day.
///
/// # Errors
/// The database's.
pub fn list_past_days(db: &mut Db, person: PersonId) -> Result<Vec<(String, NaiveDate)>, StoreError> {
    Ok(past_placements::table
        .filter(past_placements::person_id.eq(person.to_string()))
        .order(past_placements::date)
        .select((past_placements::host_library_id, past_placements::date))
        .load(db)?)
}

//! What is known of a person, found by who they are: for the export of it.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::{
    applications, deputyships, employments, feeds, given_histories, grants, idea_questions, links, opt_outs,
    outbox, past_placements, placements, reserve_offers, sessions, swap_members, swaps,
};
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

/// As what an address was granted to act: role, when made, when taken back.
///
/// # Errors
/// The database's.
pub fn list_grants(
    db: &mut Db,
    address: &str,
) -> Result<Vec<(String, NaiveDateTime, Option<NaiveDateTime>)>, StoreError> {
    Ok(grants::table
        .filter(grants::address.eq(address))
        .order(grants::id)
        .select((grants::role, grants::created_at, grants::ended_at))
        .load(db)?)
}

/// Whose work, who does it, role, first and last day.
pub type DeputyshipOfPerson = (String, String, String, NaiveDate, NaiveDate);

/// The deputyships of which an address is one side.
///
/// # Errors
/// The database's.
pub fn list_deputyships(db: &mut Db, address: &str) -> Result<Vec<DeputyshipOfPerson>, StoreError> {
    Ok(deputyships::table
        .filter(deputyships::principal.eq(address).or(deputyships::deputy.eq(address)))
        .order(deputyships::id)
        .select((
            deputyships::principal,
            deputyships::deputy,
            deputyships::role,
            deputyships::starts_on,
            deputyships::ends_on,
        ))
        .load(db)?)
}

/// When an address signed in: when, when it was last seen, when it signed out.
///
/// # Errors
/// The database's.
pub fn list_sessions(
    db: &mut Db,
    address: &str,
) -> Result<Vec<(NaiveDateTime, NaiveDateTime, Option<NaiveDateTime>)>, StoreError> {
    Ok(sessions::table
        .filter(sessions::holder.eq(address))
        .order(sessions::id)
        .select((sessions::created_at, sessions::seen_at, sessions::ended_at))
        .load(db)?)
}

/// Since when an address wants no mails of optional kinds.
///
/// # Errors
/// The database's.
pub fn find_opt_out(db: &mut Db, address: &str) -> Result<Option<NaiveDateTime>, StoreError> {
    Ok(opt_outs::table.find(address).select(opt_outs::since).first(db).optional()?)
}

/// The swaps that somebody asked for or was asked to take part in: state, when made, when settled.
///
/// # Errors
/// The database's.
pub fn list_swaps(
    db: &mut Db,
    person: PersonId,
) -> Result<Vec<(String, NaiveDateTime, Option<NaiveDateTime>)>, StoreError> {
    let days = placements::table.filter(placements::person_id.eq(person.to_string())).select(placements::id);
    let in_them = swap_members::table
        .filter(swap_members::placement_id.eq_any(days.nullable()))
        .select(swap_members::swap_id);
    Ok(swaps::table
        .filter(swaps::id.eq_any(in_them))
        .order(swaps::id)
        .select((swaps::state, swaps::created_at, swaps::settled_at))
        .load(db)?)
}

/// The places that fell empty and were offered to somebody: state, when offered, last day for an answer.
///
/// # Errors
/// The database's.
pub fn list_offers(
    db: &mut Db,
    person: PersonId,
) -> Result<Vec<(String, NaiveDateTime, NaiveDate)>, StoreError> {
    Ok(reserve_offers::table
        .filter(reserve_offers::person_id.eq(person.to_string()))
        .order(reserve_offers::id)
        .select((reserve_offers::state, reserve_offers::offered_at, reserve_offers::answer_until))
        .load(db)?)
}

/// What an organiser's file says of how often somebody waited and whom they visited, by application.
///
/// # Errors
/// The database's.
pub fn list_given_histories(db: &mut Db, person: PersonId) -> Result<Vec<(String, i64, String)>, StoreError> {
    let own =
        applications::table.filter(applications::person_id.eq(person.to_string())).select(applications::id);
    Ok(given_histories::table
        .filter(given_histories::application_id.eq_any(own))
        .order(given_histories::application_id)
        .select((given_histories::application_id, given_histories::waited, given_histories::visited))
        .load(db)?)
}

/// What somebody asked about ideas: which, when, the words while they are kept.
///
/// # Errors
/// The database's.
pub fn list_questions(
    db: &mut Db,
    person: PersonId,
) -> Result<Vec<(String, NaiveDateTime, Option<String>)>, StoreError> {
    Ok(idea_questions::table
        .filter(idea_questions::person_id.eq(person.to_string()))
        .order((idea_questions::asked_at, idea_questions::idea_id))
        .select((idea_questions::idea_id, idea_questions::asked_at, idea_questions::words))
        .load(db)?)
}

/// The rounds' applications whose line manager has an address.
///
/// # Errors
/// The database's.
pub fn count_managed(db: &mut Db, address: &str) -> Result<i64, StoreError> {
    Ok(applications::table.filter(applications::manager_email.eq(address)).count().get_result(db)?)
}

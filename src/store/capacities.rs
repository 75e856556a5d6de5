//! What an address is in applications and libraries: whose participant, manager, host.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::schema::{applications, libraries, persons, placements, rounds};
use super::{Db, StoreError, parse};
use crate::domain::email::Email;
use crate::domain::ids::{ApplicationId, EmployerId, PlacementId};
use crate::domain::states::{ApplicationState, ManagerTrust};

/// How many of each kind are looked for at most, newest first.
const MOST: i64 = 200;

/// The applications of the person with an address, but for unproven ones: id and name of the round, newest first.
///
/// # Errors
/// The database's.
pub fn list_own(db: &mut Db, address: &Email) -> Result<Vec<(ApplicationId, String)>, StoreError> {
    let rows: Vec<(String, String)> = applications::table
        .inner_join(persons::table.on(persons::id.eq(applications::person_id)))
        .inner_join(rounds::table.on(rounds::id.eq(applications::round_id)))
        .filter(persons::email.eq(address.as_str()))
        .filter(applications::state.ne(ApplicationState::Submitted.as_str()))
        .order(applications::id.desc())
        .limit(MOST)
        .select((applications::id, rounds::name))
        .load(db)?;
    rows.into_iter().map(|(id, round)| Ok((parse("application", &id)?, round))).collect()
}

/// An application whose line manager somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    /// Which.
    pub application: ApplicationId,
    /// The participant's employer.
    pub employer: EmployerId,
    /// The participant's name.
    pub name: String,
    /// The participant's address.
    pub address: String,
    /// The round's name.
    pub round: String,
}

/// The applications, but for unproven ones, whose line manager has an address, newest first. An address that nobody vouches
/// for is nobody's manager.
///
/// # Errors
/// The database's.
pub fn list_managed(db: &mut Db, address: &Email) -> Result<Vec<Managed>, StoreError> {
    let trusted = [ManagerTrust::Believed, ManagerTrust::Confirmed].map(ManagerTrust::as_str);
    let rows: Vec<(String, String, String, String, String)> = applications::table
        .inner_join(persons::table.on(persons::id.eq(applications::person_id)))
        .inner_join(rounds::table.on(rounds::id.eq(applications::round_id)))
        .filter(applications::manager_email.eq(address.as_str()))
        .filter(applications::manager_trust.eq_any(trusted))
        .filter(applications::state.ne(ApplicationState::Submitted.as_str()))
        .order(applications::id.desc())
        .limit(MOST)
        .select((
            applications::id,
            applications::employer_id,
            applications::name,
            persons::email,
            rounds::name,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|(id, employer, name, address, round)| {
            Ok(Managed {
                application: parse("application", &id)?,
                employer: parse("employer", &employer)?,
                name,
                address,
                round,
            })
        })
        .collect()
}

/// A visit that somebody receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Which.
    pub placement: PlacementId,
    /// Whose.
    pub application: ApplicationId,
    /// When.
    pub date: NaiveDate,
    /// Where.
    pub library: String,
    /// Whether by the contact's deputy only.
    pub is_deputy: bool,
}

/// The visits that somebody with an address receives: as the colleague who was named, else as the library's contact, else
/// as its deputy; latest first.
///
/// # Errors
/// The database's.
pub fn list_received(db: &mut Db, address: &Email) -> Result<Vec<Received>, StoreError> {
    let address = address.as_str();
    let as_colleague = placements::contact_email.eq(address).assume_not_null();
    let as_contact =
        placements::contact_email.is_null().and(libraries::contact_email.eq(address).assume_not_null());
    let as_deputy = libraries::deputy_email.eq(address).assume_not_null();
    type Row = (String, String, NaiveDate, String, Option<String>, Option<String>);
    let rows: Vec<Row> = placements::table
        .inner_join(libraries::table.on(libraries::id.eq(placements::host_library_id)))
        .filter(as_colleague.or(as_contact).or(as_deputy))
        .order((placements::date.desc(), placements::id.desc()))
        .limit(MOST)
        .select((
            placements::id,
            placements::application_id,
            placements::date,
            libraries::name,
            placements::contact_email,
            libraries::contact_email,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|(id, application, date, library, colleague, contact)| {
            Ok(Received {
                placement: parse("placement", &id)?,
                application: parse("application", &application)?,
                date,
                library,
                is_deputy: colleague.or(contact).as_deref() != Some(address),
            })
        })
        .collect()
}

//! Who works for whom, as employers' lists of staff say, and the persons of such a list.
//!
//! Lists are long: what is looked up is asked for a thousand at a time.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::applications::{pattern_from_json, pattern_to_json};
use super::schema::{applications, employments, persons};
use super::{Db, StoreError, Tx, parse};
use crate::domain::application::Person;
use crate::domain::employment::Employment;
use crate::domain::ids::{EmployerId, EmploymentId, PersonId};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = employments, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    person_id: String,
    employer_id: String,
    external_id: String,
    home_library_id: Option<String>,
    manager_email: Option<String>,
    pattern: Option<String>,
    left_on: Option<NaiveDate>,
    updated_at: NaiveDateTime,
}

impl Row {
    fn from_domain(employment: &Employment, now: NaiveDateTime) -> Result<Self, StoreError> {
        Ok(Self {
            id: employment.id.to_string(),
            person_id: employment.person.to_string(),
            employer_id: employment.employer.to_string(),
            external_id: employment.external_id.clone(),
            home_library_id: employment.home_library.map(|library| library.to_string()),
            manager_email: employment.manager_email.as_ref().map(ToString::to_string),
            pattern: employment.pattern.as_ref().map(pattern_to_json).transpose()?,
            left_on: employment.left_on,
            updated_at: now,
        })
    }

    fn into_domain(self) -> Result<Employment, StoreError> {
        Ok(Employment {
            id: parse("employment", &self.id)?,
            person: parse("person", &self.person_id)?,
            employer: parse("employer", &self.employer_id)?,
            external_id: self.external_id,
            home_library: self.home_library_id.map(|id| parse("library", &id)).transpose()?,
            manager_email: self.manager_email.map(|email| parse("email", &email)).transpose()?,
            pattern: self.pattern.as_deref().map(pattern_from_json).transpose()?,
            left_on: self.left_on,
        })
    }
}

/// The employments that any employer calls by one of these ids; at most a thousand ids.
///
/// # Errors
/// The database's.
pub fn list_by_external_ids(db: &mut Db, external_ids: &[&str]) -> Result<Vec<Employment>, StoreError> {
    let rows = employments::table
        .filter(employments::external_id.eq_any(external_ids))
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// What a person's work for an employer is on a day, several times where the list has the person so; none where they
/// have left by then.
///
/// # Errors
/// The database's.
pub fn list_of_person(
    db: &mut Db,
    person: PersonId,
    employer: EmployerId,
    on: NaiveDate,
) -> Result<Vec<Employment>, StoreError> {
    let rows = employments::table
        .filter(employments::person_id.eq(person.to_string()))
        .filter(employments::employer_id.eq(employer.to_string()))
        .filter(employments::left_on.is_null().or(employments::left_on.gt(on)))
        .order(employments::id)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The ids and external ids of those who have not left an employer.
///
/// # Errors
/// The database's.
pub fn list_present(db: &mut Db, employer: EmployerId) -> Result<Vec<(EmploymentId, String)>, StoreError> {
    let rows = employments::table
        .filter(employments::employer_id.eq(employer.to_string()))
        .filter(employments::left_on.is_null())
        .order(employments::id)
        .select((employments::id, employments::external_id))
        .load::<(String, String)>(db)?;
    rows.into_iter().map(|(id, external)| Ok((parse("employment", &id)?, external))).collect()
}

/// An employment to be added: as every column has a value, many go in one statement.
#[derive(Insertable)]
#[diesel(table_name = employments, treat_none_as_default_value = false)]
struct NewRow {
    created_at: NaiveDateTime,
    #[diesel(embed)]
    row: Row,
}

/// Adds employments, in one statement; at most a thousand.
///
/// # Errors
/// The database's.
pub fn insert_all(tx: &mut Tx<'_>, added: &[Employment], now: NaiveDateTime) -> Result<(), StoreError> {
    let new_row = |employment| Ok(NewRow { created_at: now, row: Row::from_domain(employment, now)? });
    let rows: Vec<NewRow> = added.iter().map(new_row).collect::<Result<_, StoreError>>()?;
    insert_many!(tx, employments::table, rows);
    tx.touched.persons(rows.into_iter().map(|row| row.row.person_id));
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = persons)]
struct NewPerson {
    id: String,
    name: String,
    email: String,
    created_at: NaiveDateTime,
}

/// Adds persons, in one statement; at most a thousand.
///
/// # Errors
/// The database's.
pub fn insert_persons(tx: &mut Tx<'_>, added: &[Person], now: NaiveDateTime) -> Result<(), StoreError> {
    let new_person = |person: &Person| NewPerson {
        id: person.id.to_string(),
        name: person.name.to_string(),
        email: person.email.to_string(),
        created_at: now,
    };
    let rows: Vec<NewPerson> = added.iter().map(new_person).collect();
    insert_many!(tx, persons::table, rows);
    Ok(())
}

/// Saves an employment that changed.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, employment: &Employment, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(employments::table.find(employment.id.to_string()))
        .set(Row::from_domain(employment, now)?)
        .execute(&mut **tx)?;
    tx.touched.person(employment.person);
    Ok(())
}

/// Says from when on some no longer work for their employer.
///
/// # Errors
/// The database's.
pub fn save_left_on(
    tx: &mut Tx<'_>,
    leavers: &[EmploymentId],
    left_on: NaiveDate,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    for piece in leavers.chunks(1_000) {
        let ids: Vec<String> = piece.iter().map(ToString::to_string).collect();
        diesel::update(employments::table.filter(employments::id.eq_any(ids)))
            .set((employments::left_on.eq(left_on), employments::updated_at.eq(now)))
            .execute(&mut **tx)?;
    }
    Ok(())
}

type PersonRow = (String, String, String);

fn persons_of(rows: Vec<PersonRow>) -> Result<Vec<Person>, StoreError> {
    let person = |(id, name, email): PersonRow| {
        Ok(Person { id: parse("person", &id)?, name: parse("name", &name)?, email: parse("email", &email)? })
    };
    rows.into_iter().map(person).collect()
}

/// The persons with these ids; at most a thousand.
///
/// # Errors
/// The database's.
pub fn list_persons_by_ids(db: &mut Db, ids: &[PersonId]) -> Result<Vec<Person>, StoreError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let columns = (persons::id, persons::name, persons::email);
    persons_of(persons::table.filter(persons::id.eq_any(ids)).select(columns).load(db)?)
}

/// The persons with these addresses; at most a thousand.
///
/// # Errors
/// The database's.
pub fn list_persons_by_emails(db: &mut Db, emails: &[&str]) -> Result<Vec<Person>, StoreError> {
    let columns = (persons::id, persons::name, persons::email);
    persons_of(persons::table.filter(persons::email.eq_any(emails)).select(columns).load(db)?)
}

/// Those of these persons who have signed up themselves; at most a thousand.
///
/// # Errors
/// The database's.
pub fn list_persons_who_signed_up(db: &mut Db, ids: &[PersonId]) -> Result<Vec<PersonId>, StoreError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let found = applications::table
        .filter(applications::person_id.eq_any(ids))
        .select(applications::person_id)
        .distinct()
        .load::<String>(db)?;
    found.iter().map(|id| parse("person", id)).collect()
}

/// Saves the name and the address of a person.
///
/// # Errors
/// The database's.
pub fn save_person(tx: &mut Tx<'_>, person: &Person) -> Result<(), StoreError> {
    diesel::update(persons::table.find(person.id.to_string()))
        .set((persons::name.eq(person.name.to_string()), persons::email.eq(person.email.to_string())))
        .execute(&mut **tx)?;
    tx.touched.person(person.id);
    Ok(())
}

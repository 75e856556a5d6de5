//! Employers with their mail domains and the managers they have named.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::schedule_entries;
use super::super::schema::{employer_domains, employer_managers, employers};
use super::super::{Db, StoreError, Tx, parse};
use crate::domain::email::Email;
use crate::domain::ids::EmployerId;
use crate::domain::language::Language;
use crate::domain::organisation::Employer;

#[derive(Queryable, Selectable)]
#[diesel(table_name = employers)]
struct Row {
    id: String,
    name: String,
    group_name: Option<String>,
    language: Option<String>,
    successor_id: Option<String>,
}

/// Adds what hangs on the rows: one query for all domains, one for all managers.
fn complete(db: &mut Db, rows: Vec<Row>) -> Result<Vec<Employer>, StoreError> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut domains: HashMap<String, Vec<String>> = HashMap::new();
    let found = employer_domains::table
        .filter(employer_domains::employer_id.eq_any(&ids))
        .order((employer_domains::employer_id, employer_domains::domain))
        .load::<(String, String)>(db)?;
    for (employer, domain) in found {
        domains.entry(employer).or_default().push(domain);
    }
    let mut managers: HashMap<String, Vec<_>> = HashMap::new();
    let found = employer_managers::table
        .filter(employer_managers::employer_id.eq_any(&ids))
        .order((employer_managers::employer_id, employer_managers::email))
        .load::<(String, String)>(db)?;
    for (employer, email) in found {
        managers.entry(employer).or_default().push(parse("manager", &email)?);
    }
    rows.into_iter()
        .map(|row| {
            Ok(Employer {
                id: parse("employer", &row.id)?,
                name: parse("employer name", &row.name)?,
                group: row.group_name.map(|name| parse("employer group", &name)).transpose()?,
                language: row.language.as_deref().map(Language::for_tag),
                successor: row.successor_id.map(|id| parse("successor", &id)).transpose()?,
                domains: domains.remove(&row.id).unwrap_or_default(),
                managers: managers.remove(&row.id).unwrap_or_default(),
            })
        })
        .collect()
}

/// Adds an employer with its domains and managers.
///
/// # Errors
/// The database's.
pub fn insert_employer(tx: &mut Tx<'_>, employer: &Employer, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::insert_into(employers::table)
        .values((
            employers::id.eq(employer.id.to_string()),
            employers::name.eq(employer.name.to_string()),
            employers::group_name.eq(employer.group.as_ref().map(ToString::to_string)),
            employers::language.eq(employer.language.map(Language::as_str)),
            employers::successor_id.eq(employer.successor.map(|id| id.to_string())),
            employers::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    schedule_entries::insert_counter(tx, &employer.id.to_string(), 0)?;
    insert_directory(tx, employer)
}

fn insert_directory(tx: &mut Tx<'_>, employer: &Employer) -> Result<(), StoreError> {
    for domain in &employer.domains {
        diesel::insert_into(employer_domains::table)
            .values((
                employer_domains::employer_id.eq(employer.id.to_string()),
                employer_domains::domain.eq(domain),
            ))
            .execute(&mut **tx)?;
    }
    for manager in &employer.managers {
        diesel::insert_into(employer_managers::table)
            .values((
                employer_managers::employer_id.eq(employer.id.to_string()),
                employer_managers::email.eq(manager.to_string()),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Replaces the group, the successor, the domains and the managers of an employer.
///
/// # Errors
/// The database's.
pub fn save_employer(tx: &mut Tx<'_>, employer: &Employer) -> Result<(), StoreError> {
    let id = employer.id.to_string();
    diesel::update(employers::table.find(&id))
        .set((
            employers::group_name.eq(employer.group.as_ref().map(ToString::to_string)),
            employers::language.eq(employer.language.map(Language::as_str)),
            employers::successor_id.eq(employer.successor.map(|id| id.to_string())),
        ))
        .execute(&mut **tx)?;
    diesel::delete(employer_domains::table.filter(employer_domains::employer_id.eq(&id)))
        .execute(&mut **tx)?;
    diesel::delete(employer_managers::table.filter(employer_managers::employer_id.eq(&id)))
        .execute(&mut **tx)?;
    insert_directory(tx, employer)
}

/// An employer.
///
/// # Errors
/// The database's.
pub fn find_employer(db: &mut Db, id: EmployerId) -> Result<Option<Employer>, StoreError> {
    let rows = employers::table.find(id.to_string()).select(Row::as_select()).load(db)?;
    Ok(complete(db, rows)?.pop())
}

/// Where the daily digest of an employer's staff goes, if anywhere.
///
/// # Errors
/// The database's.
pub fn find_hr_address(db: &mut Db, id: EmployerId) -> Result<Option<Email>, StoreError> {
    let found: Option<Option<String>> =
        employers::table.find(id.to_string()).select(employers::hr_email).first(db).optional()?;
    found.flatten().map(|address| parse("HR address", &address)).transpose()
}

/// Says where the daily digest of an employer's staff goes.
///
/// # Errors
/// The database's.
pub fn save_hr_address(tx: &mut Tx<'_>, id: EmployerId, address: Option<&Email>) -> Result<(), StoreError> {
    diesel::update(employers::table.find(id.to_string()))
        .set(employers::hr_email.eq(address.map(ToString::to_string)))
        .execute(&mut **tx)?;
    Ok(())
}

/// The employer with exactly this name.
///
/// # Errors
/// The database's.
pub fn find_employer_by_name(db: &mut Db, name: &str) -> Result<Option<Employer>, StoreError> {
    let rows = employers::table.filter(employers::name.eq(name)).select(Row::as_select()).load(db)?;
    Ok(complete(db, rows)?.pop())
}

/// The employers with these ids, in the order of their ids; unknown ids are passed over.
///
/// # Errors
/// The database's.
pub fn list_employers_by_ids(db: &mut Db, ids: &[EmployerId]) -> Result<Vec<Employer>, StoreError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows = employers::table
        .filter(employers::id.eq_any(ids))
        .order(employers::id)
        .select(Row::as_select())
        .load(db)?;
    complete(db, rows)
}

/// What became of employers: each that was merged or renamed, and its successor.
///
/// # Errors
/// The database's.
pub fn list_employer_successors(db: &mut Db) -> Result<Vec<(EmployerId, EmployerId)>, StoreError> {
    let rows: Vec<(String, String)> = employers::table
        .filter(employers::successor_id.is_not_null())
        .select((employers::id, employers::successor_id.assume_not_null()))
        .load(db)?;
    rows.iter().map(|(old, new)| Ok((parse("employer", old)?, parse("employer", new)?))).collect()
}

/// The employers with these names; at most a thousand.
///
/// # Errors
/// The database's.
pub fn list_employers_by_names(db: &mut Db, names: &[&str]) -> Result<Vec<Employer>, StoreError> {
    let rows = employers::table.filter(employers::name.eq_any(names)).select(Row::as_select()).load(db)?;
    complete(db, rows)
}

/// Every employer's name and id.
///
/// # Errors
/// The database's.
pub fn list_employer_names(db: &mut Db) -> Result<Vec<(String, EmployerId)>, StoreError> {
    let rows = employers::table.select((employers::name, employers::id)).load::<(String, String)>(db)?;
    rows.into_iter().map(|(name, id)| Ok((name, parse("employer", &id)?))).collect()
}

/// A page of all employers, or of one's own ones only.
///
/// # Errors
/// The database's.
pub fn list_employers(
    db: &mut Db,
    own: Option<&[EmployerId]>,
    after: Option<EmployerId>,
    most: i64,
) -> Result<Vec<Employer>, StoreError> {
    let mut query = employers::table.select(Row::as_select()).into_boxed();
    if let Some(own) = own {
        query = query.filter(employers::id.eq_any(own.iter().map(ToString::to_string)));
    }
    if let Some(after) = after {
        query = query.filter(employers::id.gt(after.to_string()));
    }
    let rows = query.order(employers::id).limit(most).load(db)?;
    complete(db, rows)
}

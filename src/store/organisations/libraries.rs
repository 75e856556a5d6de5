//! Libraries and which employers they belong to.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::schema::{libraries, library_employers};
use super::super::{Db, StoreError, Tx, list_from_json, list_to_json, parse};
use crate::domain::ids::{EmployerId, LibraryId};
use crate::domain::language::Language;
use crate::domain::organisation::{Contact, Library, LibraryFilter};
use crate::domain::place::Point;

/// Everything but the identity and the day it was made, which no update touches.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = libraries, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Facts {
    reference: String,
    name: String,
    search_text: String,
    sectors: String,
    address: Option<String>,
    postcode: Option<String>,
    country: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    time_zone: String,
    status: String,
    opening_hours: Option<String>,
    contact_name: Option<String>,
    contact_email: Option<String>,
    contact_telephone: Option<String>,
    contact_language: Option<String>,
    deputy_name: Option<String>,
    deputy_email: Option<String>,
    deputy_telephone: Option<String>,
    deputy_language: Option<String>,
    topics: String,
    access: String,
    vetting_required: bool,
    escorts_visitors: bool,
    successor_id: Option<String>,
    updated_at: NaiveDateTime,
}

impl Facts {
    fn from_domain(library: &Library, now: NaiveDateTime) -> Result<Self, StoreError> {
        let (contact_name, contact_email, contact_telephone) = contact_columns(library.contact.as_ref());
        let (deputy_name, deputy_email, deputy_telephone) = contact_columns(library.deputy.as_ref());
        Ok(Self {
            reference: library.reference.clone(),
            name: library.name.to_string(),
            search_text: search_text(library),
            sectors: list_to_json("sectors", &library.sectors)?,
            address: library.address.clone(),
            postcode: library.postcode.as_ref().map(ToString::to_string),
            country: library.country.clone(),
            latitude: library.point.map(Point::latitude),
            longitude: library.point.map(Point::longitude),
            time_zone: library.time_zone.name().to_owned(),
            status: library.status.to_string(),
            opening_hours: library.opening_hours.as_ref().map(ToString::to_string),
            contact_name,
            contact_email,
            contact_telephone,
            contact_language: language(library.contact.as_ref()),
            deputy_name,
            deputy_email,
            deputy_telephone,
            deputy_language: language(library.deputy.as_ref()),
            topics: list_to_json("topics", &library.topics)?,
            access: list_to_json("access", &library.access)?,
            vetting_required: library.vetting_required,
            escorts_visitors: library.escorts_visitors,
            successor_id: library.successor.map(|id| id.to_string()),
            updated_at: now,
        })
    }

    fn into_domain(self, id: &str, employers: Vec<EmployerId>) -> Result<Library, StoreError> {
        let point = match (self.latitude, self.longitude) {
            (Some(latitude), Some(longitude)) => Some(
                Point::new(latitude, longitude)
                    .map_err(|rule| StoreError::Corrupt(format!("point of library {id}: {rule}")))?,
            ),
            (Some(_) | None, Some(_) | None) => None,
        };
        Ok(Library {
            id: parse("library", id)?,
            reference: self.reference,
            name: parse("library name", &self.name)?,
            sectors: list_from_json("sectors", &self.sectors)?,
            employers,
            address: self.address,
            postcode: self.postcode.map(|postcode| parse("postcode", &postcode)).transpose()?,
            country: self.country,
            point,
            time_zone: parse("time zone", &self.time_zone)?,
            status: parse("library status", &self.status)?,
            opening_hours: self.opening_hours.map(|text| parse("opening hours", &text)).transpose()?,
            contact: spoken(
                contact(self.contact_name, self.contact_email, self.contact_telephone)?,
                self.contact_language.as_deref(),
            ),
            deputy: spoken(
                contact(self.deputy_name, self.deputy_email, self.deputy_telephone)?,
                self.deputy_language.as_deref(),
            ),
            topics: list_from_json("topics", &self.topics)?,
            access: list_from_json("access", &self.access)?,
            vetting_required: self.vetting_required,
            escorts_visitors: self.escorts_visitors,
            successor: self.successor_id.map(|id| parse("successor", &id)).transpose()?,
        })
    }
}

fn language(contact: Option<&Contact>) -> Option<String> {
    contact.and_then(|contact| contact.language).map(|language| language.to_string())
}

/// A contact with the language that a library names for it.
fn spoken(contact: Option<Contact>, tag: Option<&str>) -> Option<Contact> {
    let language = tag.map(Language::for_tag);
    contact.map(|contact| Contact { language, ..contact })
}

/// Name, address and telephone.
pub(in crate::store) type ContactColumns = (Option<String>, Option<String>, Option<String>);

pub(in crate::store) fn contact_columns(contact: Option<&Contact>) -> ContactColumns {
    let name = contact.and_then(|contact| contact.name.as_ref()).map(ToString::to_string);
    let telephone = contact.and_then(|contact| contact.telephone.as_ref()).map(ToString::to_string);
    (name, contact.map(|contact| contact.email.to_string()), telephone)
}

/// A contact as the tables hold it.
pub(in crate::store) fn contact(
    name: Option<String>,
    email: Option<String>,
    telephone: Option<String>,
) -> Result<Option<Contact>, StoreError> {
    let read = |email: String| -> Result<Contact, StoreError> {
        Ok(Contact {
            name: name.map(|name| parse("contact", &name)).transpose()?,
            email: parse("contact", &email)?,
            telephone: telephone.map(|number| parse("telephone", &number)).transpose()?,
            language: None,
        })
    };
    email.map(read).transpose()
}

/// What a search looks into, folded here because the two databases fold differently.
fn search_text(library: &Library) -> String {
    let postcode = library.postcode.as_ref().map(ToString::to_string);
    [Some(library.name.to_string()), Some(library.reference.clone()), library.address.clone(), postcode]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
        .to_lowercase()
}

/// A LIKE pattern that finds `text` itself anywhere, whatever signs it holds.
pub(in crate::store) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// SQLite takes at most 32,766 values in a statement; pieces of this size also keep PostgreSQL's plans simple.
const MOST_IDS: usize = 1_000;

/// Adds the employers to the rows: one query for each thousand rows.
fn complete(db: &mut Db, rows: Vec<(String, Facts)>) -> Result<Vec<Library>, StoreError> {
    let mut employers: HashMap<String, Vec<EmployerId>> = HashMap::new();
    for piece in rows.chunks(MOST_IDS) {
        let ids: Vec<&str> = piece.iter().map(|(id, _)| id.as_str()).collect();
        let found = library_employers::table
            .filter(library_employers::library_id.eq_any(ids))
            .order((library_employers::library_id, library_employers::employer_id))
            .load::<(String, String)>(db)?;
        for (library, employer) in found {
            employers.entry(library).or_default().push(parse("employer", &employer)?);
        }
    }
    rows.into_iter()
        .map(|(id, facts)| {
            let employers = employers.remove(&id).unwrap_or_default();
            facts.into_domain(&id, employers)
        })
        .collect()
}

/// Adds a library.
///
/// # Errors
/// The database's.
pub fn insert_library(tx: &mut Tx<'_>, library: &Library, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::insert_into(libraries::table)
        .values((
            libraries::id.eq(library.id.to_string()),
            libraries::created_at.eq(now),
            Facts::from_domain(library, now)?,
        ))
        .execute(&mut **tx)?;
    insert_employers(tx, library)
}

/// A library to be added: as every column has a value, many go in one statement.
#[derive(Insertable)]
#[diesel(table_name = libraries, treat_none_as_default_value = false)]
struct NewRow {
    id: String,
    created_at: NaiveDateTime,
    #[diesel(embed)]
    facts: Facts,
}

#[derive(Insertable)]
#[diesel(table_name = library_employers)]
struct EmployerRow {
    library_id: String,
    employer_id: String,
}

/// Adds libraries, a thousand in one statement.
///
/// # Errors
/// The database's.
pub fn insert_libraries(tx: &mut Tx<'_>, added: &[Library], now: NaiveDateTime) -> Result<(), StoreError> {
    for piece in added.chunks(MOST_IDS) {
        let (mut rows, mut employers) = (Vec::new(), Vec::new());
        for library in piece {
            let id = library.id.to_string();
            employers.extend(
                library.employers.iter().map(|employer| EmployerRow {
                    library_id: id.clone(),
                    employer_id: employer.to_string(),
                }),
            );
            rows.push(NewRow { id, created_at: now, facts: Facts::from_domain(library, now)? });
        }
        insert_many!(tx, libraries::table, rows);
        insert_many!(tx, library_employers::table, employers);
    }
    Ok(())
}

fn insert_employers(tx: &mut Tx<'_>, library: &Library) -> Result<(), StoreError> {
    for employer in &library.employers {
        diesel::insert_into(library_employers::table)
            .values((
                library_employers::library_id.eq(library.id.to_string()),
                library_employers::employer_id.eq(employer.to_string()),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Saves a library that changed, its employers too.
///
/// # Errors
/// The database's.
pub fn save_library(tx: &mut Tx<'_>, library: &Library, now: NaiveDateTime) -> Result<(), StoreError> {
    let id = library.id.to_string();
    let facts = Facts::from_domain(library, now)?;
    let before: (String, String) =
        libraries::table.find(&id).select((libraries::name, libraries::sectors)).first(&mut **tx)?;
    if before != (facts.name.clone(), facts.sectors.clone()) {
        tx.touched.library(library.id);
    }
    diesel::update(libraries::table.find(&id)).set(facts).execute(&mut **tx)?;
    diesel::delete(library_employers::table.filter(library_employers::library_id.eq(&id)))
        .execute(&mut **tx)?;
    insert_employers(tx, library)
}

/// A library.
///
/// # Errors
/// The database's.
pub fn find_library(db: &mut Db, id: LibraryId) -> Result<Option<Library>, StoreError> {
    let rows = libraries::table.find(id.to_string()).select((libraries::id, Facts::as_select())).load(db)?;
    Ok(complete(db, rows)?.pop())
}

/// The library that a list calls by this id.
///
/// # Errors
/// The database's.
pub fn find_library_by_reference(db: &mut Db, reference: &str) -> Result<Option<Library>, StoreError> {
    let rows = libraries::table
        .filter(libraries::reference.eq(reference))
        .select((libraries::id, Facts::as_select()))
        .load(db)?;
    Ok(complete(db, rows)?.pop())
}

/// The libraries with these ids, in the order of their ids; unknown ids are passed over.
///
/// # Errors
/// The database's.
pub fn list_libraries_by_ids(db: &mut Db, ids: &[LibraryId]) -> Result<Vec<Library>, StoreError> {
    let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut rows = Vec::with_capacity(ids.len());
    for piece in ids.chunks(MOST_IDS) {
        let found = libraries::table
            .filter(libraries::id.eq_any(piece))
            .order(libraries::id)
            .select((libraries::id, Facts::as_select()))
            .load::<(String, Facts)>(db)?;
        rows.extend(found);
    }
    complete(db, rows)
}

/// The libraries that lists call by these ids; at most a thousand.
///
/// # Errors
/// The database's.
pub fn list_libraries_by_references(db: &mut Db, references: &[&str]) -> Result<Vec<Library>, StoreError> {
    let rows = libraries::table
        .filter(libraries::reference.eq_any(references))
        .select((libraries::id, Facts::as_select()))
        .load(db)?;
    complete(db, rows)
}

/// What became of libraries: each that was merged or renamed, and its successor.
///
/// # Errors
/// The database's.
pub fn list_library_successors(db: &mut Db) -> Result<Vec<(LibraryId, LibraryId)>, StoreError> {
    let rows: Vec<(String, String)> = libraries::table
        .filter(libraries::successor_id.is_not_null())
        .select((libraries::id, libraries::successor_id.assume_not_null()))
        .load(db)?;
    rows.iter().map(|(old, new)| Ok((parse("library", old)?, parse("library", new)?))).collect()
}

/// What lists call all the libraries.
///
/// # Errors
/// The database's.
pub fn list_library_references(db: &mut Db) -> Result<Vec<String>, StoreError> {
    Ok(libraries::table.select(libraries::reference).order(libraries::reference).load(db)?)
}

/// The ids of an employer's libraries.
///
/// # Errors
/// The database's.
pub fn list_library_ids_of_employer(db: &mut Db, employer: EmployerId) -> Result<Vec<LibraryId>, StoreError> {
    let ids = library_employers::table
        .filter(library_employers::employer_id.eq(employer.to_string()))
        .order(library_employers::library_id)
        .select(library_employers::library_id)
        .load::<String>(db)?;
    ids.iter().map(|id| parse("library", id)).collect()
}

/// A page of the libraries that a filter lets through.
///
/// # Errors
/// The database's.
pub fn list_libraries(
    db: &mut Db,
    filter: &LibraryFilter,
    after: Option<LibraryId>,
    most: i64,
) -> Result<Vec<Library>, StoreError> {
    let mut query = libraries::table.select((libraries::id, Facts::as_select())).into_boxed();
    if let Some(employer) = filter.employer {
        query = query.filter(
            libraries::id.eq_any(
                library_employers::table
                    .filter(library_employers::employer_id.eq(employer.to_string()))
                    .select(library_employers::library_id),
            ),
        );
    }
    if let Some(sector) = filter.sector {
        // A JSON list of fixed words: the quoted word stands in it or not.
        query = query.filter(libraries::sectors.like(format!("%\"{sector}\"%")));
    }
    if let Some(text) = &filter.text {
        query =
            query.filter(libraries::search_text.like(containing(&text.trim().to_lowercase())).escape('\\'));
    }
    if let Some(after) = after {
        query = query.filter(libraries::id.gt(after.to_string()));
    }
    let rows = query.order(libraries::id).limit(most).load(db)?;
    complete(db, rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_mean_something_to_like_are_looked_for_as_they_are() {
        assert_eq!(containing(r"100%_\"), r"%100\%\_\\%");
    }
}

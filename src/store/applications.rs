//! Applications and the persons who make them. Their access needs are kept apart: `access_needs`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::schema::{applications, attendances, consents, library_employers, persons, placements, rounds};
use super::{Db, StoreError, Tx, from_json, list_from_json, list_to_json, parse, to_json};
use crate::domain::application::{Application, Hours, Person};
use crate::domain::attendance::AttendanceKind;
use crate::domain::email::Email;
use crate::domain::history::Outcome;
use crate::domain::ids::{ApplicationId, EmployerId, LibraryId, PersonId, RoundId};
use crate::domain::language::Language;
use crate::domain::pattern::{Pattern, Week, Weeks};
use crate::domain::release::ReleaseRefusal;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = applications, treat_none_as_null = true)]
struct Row {
    id: String,
    round_id: String,
    person_id: String,
    employer_id: String,
    home_library_id: String,
    name: String,
    state: String,
    dates: String,
    released_dates: String,
    hours: String,
    pattern: Option<String>,
    max_km: f64,
    sectors: String,
    topics: String,
    avoid: String,
    manager_email: String,
    manager_trust: String,
    refusal_reason: Option<String>,
    refusal_words: Option<String>,
    assured_until: Option<NaiveDate>,
    role_title: Option<String>,
    objectives: Option<String>,
    language: String,
    revision: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

/// Stored hours: `{"2027-03-01": ["09:00:00", "13:00:00"]}`.
pub(super) fn hours_to_json(hours: &Hours) -> Result<String, StoreError> {
    to_json("hours", hours)
}

/// A working pattern as it is stored: one week, or two that alternate from the week of a date.
#[derive(Serialize, Deserialize)]
struct PatternJson {
    from: Option<NaiveDate>,
    weeks: Vec<BTreeMap<String, (NaiveTime, NaiveTime)>>,
    added: Hours,
    removed: BTreeSet<NaiveDate>,
}

/// Stored pattern.
pub(super) fn pattern_to_json(pattern: &Pattern) -> Result<String, StoreError> {
    let week = |week: &Week| week.iter().map(|(day, hours)| (day.to_string(), *hours)).collect();
    let (from, weeks) = match &pattern.weeks {
        Weeks::Every(every) => (None, vec![week(every)]),
        Weeks::Alternate { from, weeks } => (Some(*from), weeks.iter().map(week).collect()),
    };
    let (added, removed) = (pattern.added.clone(), pattern.removed.clone());
    to_json("pattern", &PatternJson { from, weeks, added, removed })
}

/// Reads a stored pattern.
pub(super) fn pattern_from_json(text: &str) -> Result<Pattern, StoreError> {
    let PatternJson { from, weeks, added, removed } = from_json("pattern", text)?;
    let day = |(day, hours): (String, _)| Ok::<_, StoreError>((parse("weekday", &day)?, hours));
    let weeks = weeks
        .into_iter()
        .map(|week| week.into_iter().map(day).collect::<Result<Week, _>>())
        .collect::<Result<Vec<Week>, _>>()?;
    let weeks = match (from, weeks.as_slice()) {
        (None, [every]) => Weeks::Every(every.clone()),
        (Some(from), [first, second]) => Weeks::Alternate { from, weeks: [first.clone(), second.clone()] },
        (None | Some(_), _) => return Err(StoreError::Corrupt("weeks of a pattern".to_owned())),
    };
    Ok(Pattern { weeks, added, removed })
}

impl Row {
    fn from_domain(
        a: &Application,
        created_at: NaiveDateTime,
        now: NaiveDateTime,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            id: a.id.to_string(),
            round_id: a.round.to_string(),
            person_id: a.person.to_string(),
            employer_id: a.employer.to_string(),
            home_library_id: a.home.to_string(),
            name: a.name.to_string(),
            state: a.state.to_string(),
            dates: list_to_json("dates", &a.dates)?,
            released_dates: list_to_json("released dates", &a.released_dates)?,
            hours: hours_to_json(&a.hours)?,
            pattern: a.pattern.as_ref().map(pattern_to_json).transpose()?,
            max_km: a.max_km,
            sectors: list_to_json("sectors", &a.sectors)?,
            topics: list_to_json("topics", &a.topics)?,
            avoid: list_to_json("avoid", &a.avoid)?,
            manager_email: a.manager.to_string(),
            manager_trust: a.manager_trust.to_string(),
            refusal_reason: a.refusal.as_ref().map(|refusal| refusal.reason.to_string()),
            refusal_words: a.refusal.as_ref().and_then(|refusal| refusal.words.clone()),
            assured_until: a.assured_until,
            role_title: a.role_title.as_ref().map(ToString::to_string),
            objectives: a.objectives.clone(),
            language: a.language.to_string(),
            revision: a.revision,
            created_at,
            updated_at: now,
        })
    }

    fn into_domain(self) -> Result<Application, StoreError> {
        let refusal = match self.refusal_reason {
            Some(reason) => {
                Some(ReleaseRefusal { reason: parse("reason", &reason)?, words: self.refusal_words })
            }
            None => None,
        };
        Ok(Application {
            id: parse("application", &self.id)?,
            round: parse("round", &self.round_id)?,
            person: parse("person", &self.person_id)?,
            employer: parse("employer", &self.employer_id)?,
            home: parse("library", &self.home_library_id)?,
            name: parse("name", &self.name)?,
            state: parse("state", &self.state)?,
            dates: list_from_json("dates", &self.dates)?,
            released_dates: list_from_json("released dates", &self.released_dates)?,
            hours: from_json("hours", &self.hours)?,
            pattern: self.pattern.as_deref().map(pattern_from_json).transpose()?,
            max_km: self.max_km,
            sectors: list_from_json("sectors", &self.sectors)?,
            topics: list_from_json("topics", &self.topics)?,
            avoid: list_from_json("avoid", &self.avoid)?,
            manager: parse("manager", &self.manager_email)?,
            manager_trust: parse("trust", &self.manager_trust)?,
            refusal,
            assured_until: self.assured_until,
            role_title: self.role_title.as_deref().map(|text| parse("role", text)).transpose()?,
            objectives: self.objectives,
            language: Language::for_tag(&self.language),
            revision: self.revision,
        })
    }
}

/// An application with its person: what most readers need together.
#[derive(Debug, Clone, PartialEq)]
pub struct Applicant {
    /// The application.
    pub application: Application,
    /// Who made it.
    pub person: Person,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = persons)]
struct PersonRow {
    id: String,
    name: String,
    email: String,
    created_at: NaiveDateTime,
}

impl PersonRow {
    fn into_domain(self) -> Result<Person, StoreError> {
        Ok(Person {
            id: parse("person", &self.id)?,
            name: parse("name", &self.name)?,
            email: parse("email", &self.email)?,
        })
    }
}

/// The person with an address; never one who was erased.
///
/// # Errors
/// The database's.
pub fn find_person_by_email(db: &mut Db, email: &Email) -> Result<Option<Person>, StoreError> {
    persons::table
        .filter(persons::email.eq(email.to_string()))
        .select(PersonRow::as_select())
        .first(db)
        .optional()?
        .map(PersonRow::into_domain)
        .transpose()
}

/// Adds a person.
///
/// # Errors
/// The database's.
pub fn insert_person(tx: &mut Tx<'_>, person: &Person, now: NaiveDateTime) -> Result<(), StoreError> {
    let row = PersonRow {
        id: person.id.to_string(),
        name: person.name.to_string(),
        email: person.email.to_string(),
        created_at: now,
    };
    diesel::insert_into(persons::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// Saves the name under which a person signed up last.
///
/// # Errors
/// The database's.
pub fn save_person_name(tx: &mut Tx<'_>, person: &Person) -> Result<(), StoreError> {
    diesel::update(persons::table.find(person.id.to_string()))
        .set(persons::name.eq(person.name.to_string()))
        .execute(&mut **tx)?;
    tx.touched.person(person.id);
    Ok(())
}

fn applicants(rows: Vec<(Row, PersonRow)>) -> Result<Vec<Applicant>, StoreError> {
    rows.into_iter()
        .map(|(row, person)| Ok(Applicant { application: row.into_domain()?, person: person.into_domain()? }))
        .collect()
}

/// An application with its person.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: ApplicationId) -> Result<Option<Applicant>, StoreError> {
    let rows = applications::table
        .inner_join(persons::table.on(persons::id.eq(applications::person_id)))
        .filter(applications::id.eq(id.to_string()))
        .select((Row::as_select(), PersonRow::as_select()))
        .load(db)?;
    Ok(applicants(rows)?.pop())
}

/// The live application of a person in a round.
///
/// # Errors
/// The database's.
pub fn find_live(db: &mut Db, round: RoundId, person: PersonId) -> Result<Option<Application>, StoreError> {
    applications::table
        .filter(applications::round_id.eq(round.to_string()))
        .filter(applications::person_id.eq(person.to_string()))
        .filter(applications::state.ne("withdrawn"))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// Every application of a round with its person, by id.
///
/// # Errors
/// The database's.
pub fn list_of_round(db: &mut Db, round: RoundId) -> Result<Vec<Applicant>, StoreError> {
    let rows = applications::table
        .inner_join(persons::table.on(persons::id.eq(applications::person_id)))
        .filter(applications::round_id.eq(round.to_string()))
        .order(applications::id)
        .select((Row::as_select(), PersonRow::as_select()))
        .load(db)?;
    applicants(rows)
}

/// The applications of a round for which these libraries are home, with their persons, by id.
///
/// # Errors
/// The database's.
pub fn list_of_homes(db: &mut Db, round: RoundId, homes: &[LibraryId]) -> Result<Vec<Applicant>, StoreError> {
    let rows = applications::table
        .inner_join(persons::table.on(persons::id.eq(applications::person_id)))
        .filter(applications::round_id.eq(round.to_string()))
        .filter(applications::home_library_id.eq_any(homes.iter().map(ToString::to_string)))
        .order(applications::id)
        .select((Row::as_select(), PersonRow::as_select()))
        .load(db)?;
    applicants(rows)
}

/// The applications with these ids, with their persons, in the order of their ids; unknown ids are passed over.
///
/// # Errors
/// The database's.
pub fn list_by_ids(db: &mut Db, ids: &[ApplicationId]) -> Result<Vec<Applicant>, StoreError> {
    let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.sort_unstable();
    let mut rows = Vec::with_capacity(ids.len());
    // SQLite takes at most some 32,000 parameters in a statement.
    for piece in ids.chunks(1_000) {
        let found = applications::table
            .inner_join(persons::table.on(persons::id.eq(applications::person_id)))
            .filter(applications::id.eq_any(piece))
            .order(applications::id)
            .select((Row::as_select(), PersonRow::as_select()))
            .load::<(Row, PersonRow)>(db)?;
        rows.extend(found);
    }
    applicants(rows)
}

/// A page of a round's applications: of all libraries, or of those of some employers only.
///
/// # Errors
/// The database's.
pub fn list_page(
    db: &mut Db,
    round: RoundId,
    own: Option<&[EmployerId]>,
    after: Option<ApplicationId>,
    most: i64,
) -> Result<Vec<Applicant>, StoreError> {
    let mut query = applications::table
        .inner_join(persons::table.on(persons::id.eq(applications::person_id)))
        .filter(applications::round_id.eq(round.to_string()))
        .select((Row::as_select(), PersonRow::as_select()))
        .into_boxed();
    if let Some(own) = own {
        let own = library_employers::table
            .filter(library_employers::employer_id.eq_any(own.iter().map(ToString::to_string)))
            .select(library_employers::library_id);
        query = query.filter(applications::home_library_id.eq_any(own));
    }
    if let Some(after) = after {
        query = query.filter(applications::id.gt(after.to_string()));
    }
    applicants(query.order(applications::id).limit(most).load(db)?)
}

/// What other rounds than this one brought to people, each at the last day of its round.
///
/// Who said no to the own proposal was not left out, and had no place either: that round does not count. Nor does it for
/// whoever did not come on the day. Who was ill was left out.
///
/// # Errors
/// The database's.
pub fn outcomes_elsewhere(
    db: &mut Db,
    round: RoundId,
    persons: &[PersonId],
) -> Result<Vec<(PersonId, NaiveDate, Outcome)>, StoreError> {
    let mut outcomes = Vec::new();
    for piece in persons.chunks(1_000) {
        let said_no = placements::table
            .inner_join(consents::table.on(consents::placement_id.eq(placements::id)))
            .filter(consents::party.eq("participant"))
            .filter(consents::answer.eq("no"))
            .select(placements::application_id);
        // Who had a place and did not come has no claim by it; who was ill has.
        let stayed_away = placements::table
            .inner_join(attendances::table.on(attendances::placement_id.eq(placements::id)))
            .filter(attendances::kind.eq(AttendanceKind::DidNotCome.as_str()))
            .select(placements::application_id);
        let rows: Vec<(String, String, String)> = applications::table
            .inner_join(rounds::table.on(rounds::id.eq(applications::round_id)))
            .filter(applications::round_id.ne(round.to_string()))
            .filter(applications::person_id.eq_any(piece.iter().map(ToString::to_string)))
            .filter(applications::state.eq_any(["placed", "unplaced"]))
            .filter(applications::id.ne_all(said_no))
            .filter(applications::id.ne_all(stayed_away))
            .select((applications::person_id, applications::state, rounds::dates))
            .load(db)?;
        for (person, state, dates) in rows {
            let last = list_from_json::<NaiveDate>("dates", &dates)?.into_iter().max();
            let outcome = if state == "placed" { Outcome::Placed } else { Outcome::LeftOut };
            if let Some(last) = last {
                outcomes.push((parse("person", &person)?, last, outcome));
            }
        }
    }
    Ok(outcomes)
}

/// Adds an application.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, application: &Application, now: NaiveDateTime) -> Result<(), StoreError> {
    let row = Row::from_domain(application, now, now)?;
    diesel::insert_into(applications::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// Saves a changed application under the next revision.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, application: &Application, now: NaiveDateTime) -> Result<(), StoreError> {
    let id = application.id.to_string();
    let (created_at, revision): (NaiveDateTime, i64) = applications::table
        .find(&id)
        .select((applications::created_at, applications::revision))
        .first(&mut **tx)?;
    let row = Row { revision: revision + 1, ..Row::from_domain(application, created_at, now)? };
    diesel::update(applications::table.find(&id)).set(&row).execute(&mut **tx)?;
    Ok(())
}

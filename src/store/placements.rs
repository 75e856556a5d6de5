//! Placements and their consents.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::prelude::*;

use super::organisations::{contact, contact_columns};
use super::schema::{consents, library_employers, outbox, placements};
use super::{Db, StoreError, Tx, parse, past_placements};
use crate::domain::history::Visit;
use crate::domain::ids::{ApplicationId, EmployerId, LibraryId, PlacementId, RoundId, RunId};
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::placement::{Consent, Given, Placement, Terms};
use crate::domain::states::PlacementState;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = placements, treat_none_as_null = true)]
struct Row {
    id: String,
    round_id: String,
    run_id: String,
    application_id: String,
    person_id: String,
    employer_id: String,
    home_library_id: String,
    host_library_id: String,
    date: NaiveDate,
    starts: String,
    ends: String,
    time_zone: String,
    score: i64,
    ring: Option<i64>,
    override_reason: Option<String>,
    state: String,
    answer_until: Option<NaiveDate>,
    version: i64,
    contact_name: Option<String>,
    contact_email: Option<String>,
    is_virtual: bool,
    revision: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

/// A time of day as the tables hold it.
pub(super) fn time(text: &str) -> Result<NaiveTime, StoreError> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .map_err(|error| StoreError::Corrupt(format!("time `{text}`: {error}")))
}

impl Row {
    fn from_domain(p: &Placement, created_at: NaiveDateTime, now: NaiveDateTime) -> Self {
        let (contact_name, contact_email, _) = contact_columns(p.terms.contact.as_ref());
        Self {
            id: p.id.to_string(),
            round_id: p.round.to_string(),
            run_id: p.run.to_string(),
            application_id: p.application.to_string(),
            person_id: p.person.to_string(),
            employer_id: p.employer.to_string(),
            home_library_id: p.home.to_string(),
            host_library_id: p.host.to_string(),
            date: p.date,
            starts: p.starts.format("%H:%M").to_string(),
            ends: p.ends.format("%H:%M").to_string(),
            time_zone: p.time_zone.name().to_owned(),
            score: p.score,
            ring: p.ring,
            override_reason: p.override_reason.clone(),
            state: p.state.to_string(),
            answer_until: p.answer_until,
            version: p.terms.version,
            contact_name,
            contact_email,
            is_virtual: p.terms.is_virtual,
            revision: p.revision,
            created_at,
            updated_at: now,
        }
    }

    fn into_domain(self, consents: Vec<Consent>) -> Result<Placement, StoreError> {
        Ok(Placement {
            id: parse("placement", &self.id)?,
            round: parse("round", &self.round_id)?,
            run: parse("run", &self.run_id)?,
            application: parse("application", &self.application_id)?,
            person: parse("person", &self.person_id)?,
            employer: parse("employer", &self.employer_id)?,
            home: parse("library", &self.home_library_id)?,
            host: parse("library", &self.host_library_id)?,
            date: self.date,
            starts: time(&self.starts)?,
            ends: time(&self.ends)?,
            time_zone: parse("time zone", &self.time_zone)?,
            score: self.score,
            ring: self.ring,
            override_reason: self.override_reason,
            terms: Terms {
                version: self.version,
                contact: contact(self.contact_name, self.contact_email, None)?,
                is_virtual: self.is_virtual,
            },
            answer_until: self.answer_until,
            state: parse("state", &self.state)?,
            revision: self.revision,
            consents,
        })
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = consents, primary_key(placement_id, party), treat_none_as_null = true)]
struct ConsentRow {
    placement_id: String,
    party: String,
    answer: String,
    answered_at: Option<NaiveDateTime>,
    answered_by: Option<String>,
    channel: Option<String>,
    answered_as: Option<String>,
    on_behalf_of: Option<String>,
    reason: Option<String>,
}

/// When something was said, by whom, through what and in what capacity.
pub(super) type Said = (Option<NaiveDateTime>, Option<String>, Option<String>, Option<String>);

/// Who has said something; none while nothing is said.
pub(super) fn read_given(said: Said, on_behalf_of: Option<String>) -> Result<Option<Given>, StoreError> {
    let (Some(at), Some(by), Some(channel), Some(role)) = said else { return Ok(None) };
    Ok(Some(Given { at, by, role: parse("role", &role)?, on_behalf_of, channel }))
}

impl ConsentRow {
    fn from_domain(id: PlacementId, consent: &Consent) -> Self {
        let given = consent.given.as_ref();
        Self {
            placement_id: id.to_string(),
            party: consent.party.to_string(),
            answer: consent.answer.to_string(),
            answered_at: given.map(|given| given.at),
            answered_by: given.map(|given| given.by.clone()),
            channel: given.map(|given| given.channel.clone()),
            answered_as: given.map(|given| given.role.to_string()),
            on_behalf_of: given.and_then(|given| given.on_behalf_of.clone()),
            reason: consent.reason.clone(),
        }
    }

    fn into_domain(self) -> Result<Consent, StoreError> {
        let said = (self.answered_at, self.answered_by, self.channel, self.answered_as);
        let given = read_given(said, self.on_behalf_of)?;
        Ok(Consent {
            party: parse("party", &self.party)?,
            answer: parse("answer", &self.answer)?,
            reason: self.reason,
            given,
        })
    }
}

fn with_consents(db: &mut Db, rows: Vec<Row>) -> Result<Vec<Placement>, StoreError> {
    let mut all: std::collections::HashMap<String, Vec<Consent>> = std::collections::HashMap::new();
    // SQLite takes at most some 32,000 parameters in a statement.
    for part in rows.chunks(10_000) {
        let ids: Vec<&String> = part.iter().map(|row| &row.id).collect();
        let found: Vec<ConsentRow> = consents::table
            .filter(consents::placement_id.eq_any(ids))
            .order((consents::placement_id, consents::party))
            .select(ConsentRow::as_select())
            .load(db)?;
        for row in found {
            all.entry(row.placement_id.clone()).or_default().push(row.into_domain()?);
        }
    }
    rows.into_iter()
        .map(|row| {
            let own = all.remove(&row.id).unwrap_or_default();
            row.into_domain(own)
        })
        .collect()
}

/// A placement.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: PlacementId) -> Result<Option<Placement>, StoreError> {
    let rows = placements::table.find(id.to_string()).select(Row::as_select()).load(db)?;
    Ok(with_consents(db, rows)?.pop())
}

/// The placement of an application that stands, if one does.
///
/// # Errors
/// The database's.
pub fn find_live_of_application(
    db: &mut Db,
    application: ApplicationId,
) -> Result<Option<Placement>, StoreError> {
    let rows = placements::table
        .filter(placements::application_id.eq(application.to_string()))
        .filter(placements::state.eq_any(["proposed", "confirmed", "completed"]))
        .select(Row::as_select())
        .load(db)?;
    Ok(with_consents(db, rows)?.pop())
}

/// Whose placements a reader may see; put into the query, so that foreign rows never leave the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visible {
    /// Every one.
    All,
    /// Of these employers' staff.
    StaffOf(Vec<EmployerId>),
    /// Of these employers' staff, or at one of their libraries.
    StaffOrHostedBy(Vec<EmployerId>),
}

/// Whether a reader may know of placements of which nobody was told yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publicity {
    /// Only of those whose mails have gone.
    ToldOnly,
    /// Also of the others.
    AlsoUntold,
}

fn texts(ids: &[EmployerId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// The placements of a round by id, as far as visible, in every state unless one is named; at most `most` after `after`.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    round: RoundId,
    (visible, publicity): (&Visible, Publicity),
    state: Option<PlacementState>,
    after: Option<PlacementId>,
    most: i64,
) -> Result<Vec<Placement>, StoreError> {
    let mut query = placements::table
        .filter(placements::round_id.eq(round.to_string()))
        .select(Row::as_select())
        .into_boxed();
    match visible {
        Visible::All => {}
        Visible::StaffOf(own) => query = query.filter(placements::employer_id.eq_any(texts(own))),
        Visible::StaffOrHostedBy(own) => {
            let libraries = library_employers::table
                .filter(library_employers::employer_id.eq_any(texts(own)))
                .select(library_employers::library_id);
            query = query.filter(
                placements::employer_id.eq_any(texts(own)).or(placements::host_library_id.eq_any(libraries)),
            );
        }
    }
    if let Some(state) = state {
        query = query.filter(placements::state.eq(state.as_str()));
    }
    match publicity {
        Publicity::AlsoUntold => {}
        Publicity::ToldOnly => {
            let untold = outbox::table
                .filter(outbox::state.eq(NoticeState::Held.as_str()))
                .select(outbox::application_id.assume_not_null());
            query = query.filter(placements::application_id.ne_all(untold));
        }
    }
    if let Some(after) = after {
        query = query.filter(placements::id.gt(after.to_string()));
    }
    let rows = query.order(placements::id).limit(most).load(db)?;
    with_consents(db, rows)
}

/// From where to where people go on which day by the agreed placements of a round of whom somebody was told.
///
/// # Errors
/// The database's.
pub fn list_moves(db: &mut Db, round: RoundId) -> Result<Vec<(LibraryId, LibraryId, NaiveDate)>, StoreError> {
    let untold = outbox::table
        .filter(outbox::state.eq(NoticeState::Held.as_str()))
        .select(outbox::application_id.assume_not_null());
    let rows: Vec<(String, String, NaiveDate)> = placements::table
        .filter(placements::round_id.eq(round.to_string()))
        .filter(placements::state.eq_any(PlacementState::IN_SCHEDULES.iter().map(|state| state.as_str())))
        .filter(placements::application_id.ne_all(untold))
        .select((placements::home_library_id, placements::host_library_id, placements::date))
        .load(db)?;
    rows.into_iter()
        .map(|(home, host, date)| Ok((parse("library", &home)?, parse("library", &host)?, date)))
        .collect()
}

/// The placements that were made from a run by id, at most `most` after `after`.
///
/// # Errors
/// The database's.
pub fn list_of_run(
    db: &mut Db,
    run: RunId,
    after: Option<PlacementId>,
    most: i64,
) -> Result<Vec<Placement>, StoreError> {
    let mut query = placements::table
        .filter(placements::run_id.eq(run.to_string()))
        .select(Row::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(placements::id.gt(after.to_string()));
    }
    let rows = query.order(placements::id).limit(most).load(db)?;
    with_consents(db, rows)
}

/// The placements at a library on some days that stand, by id; none of which the mails are held.
///
/// # Errors
/// The database's.
pub fn list_at(db: &mut Db, host: LibraryId, days: &[NaiveDate]) -> Result<Vec<Placement>, StoreError> {
    let Some(first) = days.iter().min() else { return Ok(Vec::new()) };
    let mut found = list_coming_at(db, host, *first)?;
    found.retain(|one| days.contains(&one.date));
    let of: Vec<ApplicationId> = found.iter().map(|one| one.application).collect();
    let untold = super::outbox::list_untold(db, &of)?;
    found.retain(|one| !untold.contains(&one.application));
    Ok(found)
}

/// The placements at a library from a day on that stand, by id.
///
/// # Errors
/// The database's.
pub fn list_coming_at(db: &mut Db, host: LibraryId, from: NaiveDate) -> Result<Vec<Placement>, StoreError> {
    let rows = placements::table
        .filter(placements::host_library_id.eq(host.to_string()))
        .filter(placements::date.ge(from))
        .filter(placements::state.eq_any(["proposed", "confirmed"]))
        .order(placements::id)
        .select(Row::as_select())
        .load(db)?;
    with_consents(db, rows)
}

/// Adds a placement and its consents.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, placement: &Placement, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::insert_into(placements::table)
        .values(&Row::from_domain(placement, now, now))
        .execute(&mut **tx)?;
    tx.touched.placement(placement.id);
    for consent in &placement.consents {
        diesel::insert_into(consents::table)
            .values(&ConsentRow::from_domain(placement.id, consent))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Saves a changed placement and raises its revision; consents are saved by [`save_consent`].
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, placement: &mut Placement, now: NaiveDateTime) -> Result<(), StoreError> {
    placement.revision += 1;
    let id = placement.id.to_string();
    let created_at: NaiveDateTime =
        placements::table.find(&id).select(placements::created_at).first(&mut **tx)?;
    diesel::update(placements::table.find(&id))
        .set(&Row::from_domain(placement, created_at, now))
        .execute(&mut **tx)?;
    tx.touched.placement(placement.id);
    Ok(())
}

/// Saves one party's consent, also one that was not asked for before.
///
/// # Errors
/// The database's.
pub fn save_consent(tx: &mut Tx<'_>, id: PlacementId, consent: &Consent) -> Result<(), StoreError> {
    let row = ConsentRow::from_domain(id, consent);
    let key = (row.placement_id.clone(), row.party.clone());
    let changed = diesel::update(consents::table.find(key)).set(&row).execute(&mut **tx)?;
    if changed == 0 {
        diesel::insert_into(consents::table).values(&row).execute(&mut **tx)?;
    }
    Ok(())
}

/// Forgets that a party was reminded: it is asked anew, of something else.
///
/// # Errors
/// The database's.
pub fn forget_reminder(tx: &mut Tx<'_>, id: PlacementId, party: Party) -> Result<(), StoreError> {
    diesel::update(consents::table.find((id.to_string(), party.to_string())))
        .set(consents::reminded_at.eq(None::<NaiveDateTime>))
        .execute(&mut **tx)?;
    Ok(())
}

/// The placements that stand in other rounds than this one, and the visits of the past that were imported.
///
/// # Errors
/// The database's.
pub fn list_visits_elsewhere(db: &mut Db, round: RoundId) -> Result<Vec<Visit>, StoreError> {
    let rows: Vec<(String, String, String, NaiveDate)> = placements::table
        .filter(placements::round_id.ne(round.to_string()))
        .filter(placements::state.eq_any(["proposed", "confirmed", "completed"]))
        .select((
            placements::person_id,
            placements::home_library_id,
            placements::host_library_id,
            placements::date,
        ))
        .load(db)?;
    let mut visits = past_placements::list(db)?;
    for (person, home, host, date) in rows {
        let (home, host) = (Some(parse("library", &home)?), parse("library", &host)?);
        visits.push(Visit { person: parse("person", &person)?, home, host, date });
    }
    Ok(visits)
}

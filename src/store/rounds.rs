//! Rounds and what libraries offer for them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::schema::{applications, library_employers, round_libraries, round_locks, rounds};
use super::{Db, StoreError, Tx, from_json, list_from_json, list_to_json, parse, to_json};
use crate::domain::ids::{EmployerId, LibraryId, PersonId, RoundId};
use crate::domain::offer::{CoverDay, CoverRule, HostingRule, LibraryOffer, Offer, Rostered};
use crate::domain::round::Round;
use crate::domain::states::RoundState;

/// Everything but the identity, the day it was made and the revision, which only [`bump_revision`] raises.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = rounds, treat_none_as_null = true)]
struct Facts {
    name: String,
    state: String,
    time_zone: String,
    sign_up_until: NaiveDate,
    answer_until: NaiveDate,
    dates: String,
    rules: String,
    release_required: bool,
    rules_sha256: Option<String>,
    updated_at: NaiveDateTime,
}

impl Facts {
    fn from_domain(round: &Round, now: NaiveDateTime) -> Result<Self, StoreError> {
        Ok(Self {
            name: round.name.to_string(),
            state: round.state.to_string(),
            time_zone: round.time_zone.name().to_owned(),
            sign_up_until: round.sign_up_until,
            answer_until: round.answer_until,
            dates: list_to_json("dates", &round.dates)?,
            rules: round.rules.clone(),
            release_required: round.release_required,
            rules_sha256: round.rules_sha256.clone(),
            updated_at: now,
        })
    }
}

fn into_domain((id, revision, facts): (String, i64, Facts)) -> Result<Round, StoreError> {
    Ok(Round {
        id: parse("round", &id)?,
        name: parse("round name", &facts.name)?,
        state: parse("round state", &facts.state)?,
        time_zone: parse("time zone", &facts.time_zone)?,
        sign_up_until: facts.sign_up_until,
        answer_until: facts.answer_until,
        dates: list_from_json("dates", &facts.dates)?,
        rules: facts.rules,
        release_required: facts.release_required,
        rules_sha256: facts.rules_sha256,
        revision,
    })
}

/// Adds a round.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, round: &Round, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::insert_into(rounds::table)
        .values((
            rounds::id.eq(round.id.to_string()),
            rounds::revision.eq(round.revision),
            rounds::created_at.eq(now),
            Facts::from_domain(round, now)?,
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Saves a round that changed; its revision stays as the table has it.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, round: &Round, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(rounds::table.find(round.id.to_string()))
        .set(Facts::from_domain(round, now)?)
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes that something changed which alters what would be matched: runs frozen before are stale.
///
/// # Errors
/// The database's.
pub fn bump_revision(tx: &mut Tx<'_>, id: RoundId) -> Result<(), StoreError> {
    diesel::update(rounds::table.find(id.to_string()))
        .set(rounds::revision.eq(rounds::revision + 1))
        .execute(&mut **tx)?;
    Ok(())
}

/// Rounds of which a run can still be made or published.
const UNPUBLISHED: [&str; 4] = [
    RoundState::Draft.as_str(),
    RoundState::Open.as_str(),
    RoundState::Closed.as_str(),
    RoundState::Matched.as_str(),
];

/// Notes a change of libraries in every unpublished round in which one of them offers something, is somebody's home, or
/// is named by a lock.
///
/// # Errors
/// The database's.
pub fn bump_revisions_of_libraries(tx: &mut Tx<'_>, libraries: &[LibraryId]) -> Result<(), StoreError> {
    bump_revisions_of_library_days(tx, libraries, |_| true)
}

/// As [`bump_revisions_of_libraries`], but only in rounds that have one of the dates on which the change matters.
///
/// # Errors
/// The database's.
pub fn bump_revisions_of_library_days(
    tx: &mut Tx<'_>,
    libraries: &[LibraryId],
    matters_on: impl Fn(NaiveDate) -> bool,
) -> Result<(), StoreError> {
    let mut touched = BTreeSet::new();
    for piece in libraries.chunks(1_000) {
        let ids: Vec<String> = piece.iter().map(ToString::to_string).collect();
        let offering = round_libraries::table
            .filter(round_libraries::library_id.eq_any(ids.clone()))
            .select(round_libraries::round_id);
        let applying = applications::table
            .filter(applications::home_library_id.eq_any(ids.clone()))
            .select(applications::round_id);
        let locked =
            round_locks::table.filter(round_locks::host_library_id.eq_any(ids)).select(round_locks::round_id);
        let found = rounds::table
            .filter(rounds::state.eq_any(UNPUBLISHED))
            .filter(rounds::id.eq_any(offering).or(rounds::id.eq_any(applying)).or(rounds::id.eq_any(locked)))
            .select((rounds::id, rounds::dates))
            .load::<(String, String)>(&mut **tx)?;
        for (id, dates) in found {
            if list_from_json::<NaiveDate>("dates", &dates)?.into_iter().any(&matters_on) {
                touched.insert(id);
            }
        }
    }
    diesel::update(rounds::table.filter(rounds::id.eq_any(touched)))
        .set(rounds::revision.eq(rounds::revision + 1))
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes that the history of people has changed, in every unpublished round for which one of them has signed up.
///
/// # Errors
/// The database's.
pub fn bump_revisions_of_persons(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<(), StoreError> {
    for piece in persons.chunks(1_000) {
        let ids: Vec<String> = piece.iter().map(ToString::to_string).collect();
        let applying =
            applications::table.filter(applications::person_id.eq_any(ids)).select(applications::round_id);
        diesel::update(
            rounds::table.filter(rounds::state.eq_any(UNPUBLISHED)).filter(rounds::id.eq_any(applying)),
        )
        .set(rounds::revision.eq(rounds::revision + 1))
        .execute(&mut **tx)?;
    }
    Ok(())
}

/// Notes that something changed which any round may rest on: what became of a library or an employer.
///
/// # Errors
/// The database's.
pub fn bump_all_revisions(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    diesel::update(rounds::table.filter(rounds::state.eq_any(UNPUBLISHED)))
        .set(rounds::revision.eq(rounds::revision + 1))
        .execute(&mut **tx)?;
    Ok(())
}

/// A round.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: RoundId) -> Result<Option<Round>, StoreError> {
    let row = rounds::table
        .find(id.to_string())
        .select((rounds::id, rounds::revision, Facts::as_select()))
        .first(db)
        .optional()?;
    row.map(into_domain).transpose()
}

/// Which rounds a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drafts {
    /// Rounds in preparation too.
    Shown,
    /// Of the rounds in preparation this one only.
    Only(RoundId),
    /// Only rounds that were opened.
    Hidden,
}

/// A page of rounds.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    drafts: Drafts,
    after: Option<RoundId>,
    most: i64,
) -> Result<Vec<Round>, StoreError> {
    let mut query = rounds::table.select((rounds::id, rounds::revision, Facts::as_select())).into_boxed();
    match drafts {
        Drafts::Shown => {}
        Drafts::Only(own) => {
            let is_opened = rounds::state.ne(RoundState::Draft.as_str());
            query = query.filter(is_opened.or(rounds::id.eq(own.to_string())));
        }
        Drafts::Hidden => query = query.filter(rounds::state.ne(RoundState::Draft.as_str())),
    }
    if let Some(after) = after {
        query = query.filter(rounds::id.gt(after.to_string()));
    }
    let rows = query.order(rounds::id).limit(most).load(db)?;
    rows.into_iter().map(into_domain).collect()
}

/// The rounds in some states.
///
/// # Errors
/// The database's.
pub fn list_in_states(db: &mut Db, states: &[RoundState]) -> Result<Vec<Round>, StoreError> {
    let rows = rounds::table
        .filter(rounds::state.eq_any(states.iter().map(|state| state.as_str())))
        .order(rounds::id)
        .select((rounds::id, rounds::revision, Facts::as_select()))
        .load(db)?;
    rows.into_iter().map(into_domain).collect()
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = round_libraries, treat_none_as_null = true)]
struct OfferRow {
    round_id: String,
    library_id: String,
    hosting: String,
    hosting_rule: Option<String>,
    hosting_limit: Option<i64>,
    year_limit: Option<i64>,
    rest_days: Option<i64>,
    release: String,
    cover_rule: Option<String>,
    hours: String,
    updated_at: NaiveDateTime,
}

/// A hosting rule as it is stored.
#[derive(Serialize, Deserialize)]
struct HostingJson {
    weekdays: Vec<String>,
    dates: Vec<NaiveDate>,
    visitors: u32,
}

/// A cover rule as it is stored; of a date rostered and minimum.
#[derive(Serialize, Deserialize)]
struct CoverJson {
    rostered: RosteredJson,
    minimum: u32,
    dates: BTreeMap<NaiveDate, (Option<u32>, Option<u32>)>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum RosteredJson {
    Daily(u32),
    Weekly(BTreeMap<String, u32>),
}

fn hosting_to_json(rule: &HostingRule) -> Result<String, StoreError> {
    let stored = HostingJson {
        weekdays: rule.weekdays.iter().map(ToString::to_string).collect(),
        dates: rule.dates.iter().copied().collect(),
        visitors: rule.visitors,
    };
    to_json("hosting rule", &stored)
}

fn hosting_from_json(text: &str) -> Result<HostingRule, StoreError> {
    let stored: HostingJson = from_json("hosting rule", text)?;
    Ok(HostingRule {
        weekdays: stored.weekdays.iter().map(|day| parse("weekday", day)).collect::<Result<_, _>>()?,
        dates: stored.dates.into_iter().collect(),
        visitors: stored.visitors,
    })
}

fn cover_to_json(rule: &CoverRule) -> Result<String, StoreError> {
    let rostered = match &rule.rostered {
        Rostered::Daily(staff) => RosteredJson::Daily(*staff),
        Rostered::Weekly(week) => {
            RosteredJson::Weekly(week.iter().map(|(day, staff)| (day.to_string(), *staff)).collect())
        }
    };
    let dates = rule.dates.iter().map(|(date, day)| (*date, (day.rostered, day.minimum))).collect();
    to_json("cover rule", &CoverJson { rostered, minimum: rule.minimum, dates })
}

fn cover_from_json(text: &str) -> Result<CoverRule, StoreError> {
    let stored: CoverJson = from_json("cover rule", text)?;
    let rostered = match stored.rostered {
        RosteredJson::Daily(staff) => Rostered::Daily(staff),
        RosteredJson::Weekly(week) => {
            let day = |(day, staff): (String, u32)| Ok::<_, StoreError>((parse("weekday", &day)?, staff));
            Rostered::Weekly(week.into_iter().map(day).collect::<Result<_, _>>()?)
        }
    };
    let dates =
        stored.dates.into_iter().map(|(date, (rostered, minimum))| (date, CoverDay { rostered, minimum }));
    Ok(CoverRule { rostered, minimum: stored.minimum, dates: dates.collect() })
}

impl OfferRow {
    fn into_domain(self) -> Result<LibraryOffer, StoreError> {
        let count = |number: Option<i64>| {
            let read = |number: i64| {
                u32::try_from(number).map_err(|_| StoreError::Corrupt(format!("{number} in an offer")))
            };
            number.map(read).transpose()
        };
        Ok(LibraryOffer {
            library: parse("library", &self.library_id)?,
            offer: Offer {
                hosting: from_json::<BTreeMap<NaiveDate, u32>>("hosting", &self.hosting)?,
                hosting_rule: self.hosting_rule.as_deref().map(hosting_from_json).transpose()?,
                hosting_limit: count(self.hosting_limit)?,
                year_limit: count(self.year_limit)?,
                rest_days: count(self.rest_days)?,
                release: from_json::<BTreeMap<NaiveDate, u32>>("release", &self.release)?,
                cover_rule: self.cover_rule.as_deref().map(cover_from_json).transpose()?,
                hours: from_json("hours", &self.hours)?,
            },
        })
    }
}

/// What a library offers for a round, if it takes part.
///
/// # Errors
/// The database's.
pub fn find_offer(db: &mut Db, round: RoundId, library: LibraryId) -> Result<Option<Offer>, StoreError> {
    let row = round_libraries::table
        .find((round.to_string(), library.to_string()))
        .select(OfferRow::as_select())
        .first(db)
        .optional()?;
    Ok(row.map(OfferRow::into_domain).transpose()?.map(|found| found.offer))
}

/// Puts an offer in the place of the one before.
///
/// # Errors
/// The database's.
pub fn replace_offer(
    tx: &mut Tx<'_>,
    round: RoundId,
    library: LibraryId,
    offer: &Offer,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    delete_offer(tx, round, library)?;
    let row = OfferRow {
        round_id: round.to_string(),
        library_id: library.to_string(),
        hosting: to_json("hosting", &offer.hosting)?,
        hosting_rule: offer.hosting_rule.as_ref().map(hosting_to_json).transpose()?,
        hosting_limit: offer.hosting_limit.map(i64::from),
        year_limit: offer.year_limit.map(i64::from),
        rest_days: offer.rest_days.map(i64::from),
        release: to_json("release", &offer.release)?,
        cover_rule: offer.cover_rule.as_ref().map(cover_to_json).transpose()?,
        hours: to_json("hours", &offer.hours)?,
        updated_at: now,
    };
    diesel::insert_into(round_libraries::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// Takes an offer away; whether there was one.
///
/// # Errors
/// The database's.
pub fn delete_offer(tx: &mut Tx<'_>, round: RoundId, library: LibraryId) -> Result<(), StoreError> {
    diesel::delete(round_libraries::table.find((round.to_string(), library.to_string())))
        .execute(&mut **tx)?;
    Ok(())
}

/// Every offer for a round, in the order of the libraries' ids.
///
/// # Errors
/// The database's.
pub fn offers(db: &mut Db, round: RoundId) -> Result<Vec<LibraryOffer>, StoreError> {
    let rows = round_libraries::table
        .filter(round_libraries::round_id.eq(round.to_string()))
        .order(round_libraries::library_id)
        .select(OfferRow::as_select())
        .load(db)?;
    rows.into_iter().map(OfferRow::into_domain).collect()
}

/// A page of the offers for a round by the libraries of all employers, or of one's own ones only.
///
/// # Errors
/// The database's.
pub fn list_offers(
    db: &mut Db,
    round: RoundId,
    own: Option<&[EmployerId]>,
    after: Option<LibraryId>,
    most: i64,
) -> Result<Vec<LibraryOffer>, StoreError> {
    let mut query = round_libraries::table
        .filter(round_libraries::round_id.eq(round.to_string()))
        .select(OfferRow::as_select())
        .into_boxed();
    if let Some(own) = own {
        query = query.filter(
            round_libraries::library_id.eq_any(
                library_employers::table
                    .filter(library_employers::employer_id.eq_any(own.iter().map(ToString::to_string)))
                    .select(library_employers::library_id),
            ),
        );
    }
    if let Some(after) = after {
        query = query.filter(round_libraries::library_id.gt(after.to_string()));
    }
    let rows = query.order(round_libraries::library_id).limit(most).load(db)?;
    rows.into_iter().map(OfferRow::into_domain).collect()
}

/// Unfinished rounds for which a library offers something.
///
/// # Errors
/// The database's.
pub fn list_with_offer_of(db: &mut Db, library: LibraryId) -> Result<Vec<(Round, Offer)>, StoreError> {
    let over = [RoundState::Completed, RoundState::Archived, RoundState::Cancelled].map(RoundState::as_str);
    let rows = round_libraries::table
        .inner_join(rounds::table.on(rounds::id.eq(round_libraries::round_id)))
        .filter(round_libraries::library_id.eq(library.to_string()))
        .filter(rounds::state.ne_all(over))
        .order(rounds::id)
        .select((rounds::id, rounds::revision, Facts::as_select(), OfferRow::as_select()))
        .load::<(String, i64, Facts, OfferRow)>(db)?;
    rows.into_iter()
        .map(|(id, revision, facts, offer)| {
            Ok((into_domain((id, revision, facts))?, offer.into_domain()?.offer))
        })
        .collect()
}

//! Places that are offered to reserves, and the offers. One offer of a place is open at a time, and one to a person:
//! indices hold that.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::placements::time;
use super::schema::{refills, reserve_offers};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{
    ApplicationId, LibraryId, PersonId, PlacementId, RefillId, ReserveOfferId, RoundId,
};
use crate::domain::refill::{Refill, ReserveOffer};
use crate::domain::states::{RefillState, ReserveOfferState};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = refills, treat_none_as_null = true)]
struct Row {
    id: String,
    placement_id: String,
    round_id: String,
    host_library_id: String,
    date: NaiveDate,
    named: Option<String>,
    state: String,
    waits_for: Option<String>,
    reason: Option<String>,
    started_at: NaiveDateTime,
    started_by: String,
    ended_at: Option<NaiveDateTime>,
}

impl Row {
    fn from_domain(refill: &Refill) -> Result<Self, StoreError> {
        let named = refill.named.as_ref().map(|named| {
            let ids: Vec<String> = named.iter().map(ToString::to_string).collect();
            serde_json::to_string(&ids).map_err(|error| StoreError::Corrupt(error.to_string()))
        });
        Ok(Self {
            id: refill.id.to_string(),
            placement_id: refill.placement.to_string(),
            round_id: refill.round.to_string(),
            host_library_id: refill.host.to_string(),
            date: refill.date,
            named: named.transpose()?,
            state: refill.state.to_string(),
            waits_for: refill.waits_for.map(|id| id.to_string()),
            reason: refill.reason.clone(),
            started_at: refill.started_at,
            started_by: refill.started_by.clone(),
            ended_at: refill.ended_at,
        })
    }

    fn into_domain(self) -> Result<Refill, StoreError> {
        let ids = |text: &String| -> Result<Vec<ApplicationId>, StoreError> {
            let ids: Vec<String> = serde_json::from_str(text)
                .map_err(|error| StoreError::Corrupt(format!("refill {}: {error}", self.id)))?;
            ids.iter().map(|id| parse("application", id)).collect()
        };
        Ok(Refill {
            id: parse("refill", &self.id)?,
            placement: parse("placement", &self.placement_id)?,
            round: parse("round", &self.round_id)?,
            host: parse("library", &self.host_library_id)?,
            date: self.date,
            named: self.named.as_ref().map(ids).transpose()?,
            state: parse("state", &self.state)?,
            waits_for: self.waits_for.as_deref().map(|id| parse("offer", id)).transpose()?,
            reason: self.reason,
            started_at: self.started_at,
            started_by: self.started_by,
            ended_at: self.ended_at,
        })
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = reserve_offers, treat_none_as_null = true)]
struct OfferRow {
    id: String,
    refill_id: String,
    application_id: String,
    person_id: String,
    starts: String,
    ends: String,
    answer_until: NaiveDate,
    state: String,
    offered_at: NaiveDateTime,
    settled_at: Option<NaiveDateTime>,
    answered_by: Option<String>,
    placement_id: Option<String>,
}

impl OfferRow {
    fn from_domain(offer: &ReserveOffer) -> Self {
        Self {
            id: offer.id.to_string(),
            refill_id: offer.refill.to_string(),
            application_id: offer.application.to_string(),
            person_id: offer.person.to_string(),
            starts: offer.starts.format("%H:%M").to_string(),
            ends: offer.ends.format("%H:%M").to_string(),
            answer_until: offer.answer_until,
            state: offer.state.to_string(),
            offered_at: offer.offered_at,
            settled_at: offer.settled_at,
            answered_by: offer.answered_by.clone(),
            placement_id: offer.placement.map(|id| id.to_string()),
        }
    }

    fn into_domain(self) -> Result<ReserveOffer, StoreError> {
        Ok(ReserveOffer {
            id: parse("offer", &self.id)?,
            refill: parse("refill", &self.refill_id)?,
            application: parse("application", &self.application_id)?,
            person: parse("person", &self.person_id)?,
            starts: time(&self.starts)?,
            ends: time(&self.ends)?,
            answer_until: self.answer_until,
            state: parse("state", &self.state)?,
            offered_at: self.offered_at,
            settled_at: self.settled_at,
            answered_by: self.answered_by,
            placement: self.placement_id.as_deref().map(|id| parse("placement", id)).transpose()?,
        })
    }
}

/// A refill.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: RefillId) -> Result<Option<Refill>, StoreError> {
    let row = refills::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    row.map(Row::into_domain).transpose()
}

/// The refills of a round by id, at most `most` after `after`.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    round: RoundId,
    after: Option<RefillId>,
    most: i64,
) -> Result<Vec<Refill>, StoreError> {
    let mut query =
        refills::table.filter(refills::round_id.eq(round.to_string())).select(Row::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(refills::id.gt(after.to_string()));
    }
    let rows: Vec<Row> = query.order(refills::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The refills of these placements, oldest first.
///
/// # Errors
/// The database's.
pub fn list_of_placement(db: &mut Db, placement: PlacementId) -> Result<Vec<Refill>, StoreError> {
    let rows: Vec<Row> = refills::table
        .filter(refills::placement_id.eq(placement.to_string()))
        .order(refills::id)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The refills in a state, oldest first.
///
/// # Errors
/// The database's.
pub fn list_in_state(db: &mut Db, state: RefillState) -> Result<Vec<Refill>, StoreError> {
    let rows: Vec<Row> = refills::table
        .filter(refills::state.eq(state.as_str()))
        .order(refills::id)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The refills of days to come that ended without a yes, and after which none of the same place began; oldest first.
///
/// # Errors
/// The database's.
pub fn list_in_vain(db: &mut Db, from: NaiveDate) -> Result<Vec<Refill>, StoreError> {
    let in_vain = [RefillState::NobodyLeft, RefillState::OutOfTime].map(RefillState::as_str);
    let rows: Vec<Row> =
        refills::table.filter(refills::date.ge(from)).order(refills::id).select(Row::as_select()).load(db)?;
    let mut newest: std::collections::BTreeMap<String, Row> = std::collections::BTreeMap::new();
    for row in rows {
        newest.insert(row.placement_id.clone(), row);
    }
    newest.into_values().filter(|row| in_vain.contains(&row.state.as_str())).map(Row::into_domain).collect()
}

/// Adds a refill.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, refill: &Refill) -> Result<(), StoreError> {
    diesel::insert_into(refills::table).values(&Row::from_domain(refill)?).execute(&mut **tx)?;
    Ok(())
}

/// Saves a changed refill.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, refill: &Refill) -> Result<(), StoreError> {
    let row = Row::from_domain(refill)?;
    diesel::update(refills::table.find(refill.id.to_string())).set(&row).execute(&mut **tx)?;
    Ok(())
}

/// An offer.
///
/// # Errors
/// The database's.
pub fn find_offer(db: &mut Db, id: ReserveOfferId) -> Result<Option<ReserveOffer>, StoreError> {
    let row =
        reserve_offers::table.find(id.to_string()).select(OfferRow::as_select()).first(db).optional()?;
    row.map(OfferRow::into_domain).transpose()
}

/// The open offer to somebody, of whatever round, if there is one.
///
/// # Errors
/// The database's.
pub fn find_open_offer(db: &mut Db, person: PersonId) -> Result<Option<ReserveOffer>, StoreError> {
    let row = reserve_offers::table
        .filter(reserve_offers::person_id.eq(person.to_string()))
        .filter(reserve_offers::state.eq(ReserveOfferState::Open.as_str()))
        .select(OfferRow::as_select())
        .first(db)
        .optional()?;
    row.map(OfferRow::into_domain).transpose()
}

/// The offers of these refills, oldest first.
///
/// # Errors
/// The database's.
pub fn list_offers(db: &mut Db, of: &[RefillId]) -> Result<Vec<ReserveOffer>, StoreError> {
    let ids: Vec<String> = of.iter().map(ToString::to_string).collect();
    let mut offers = Vec::new();
    for part in ids.chunks(1_000) {
        let rows: Vec<OfferRow> = reserve_offers::table
            .filter(reserve_offers::refill_id.eq_any(part))
            .order(reserve_offers::id)
            .select(OfferRow::as_select())
            .load(db)?;
        for row in rows {
            offers.push(row.into_domain()?);
        }
    }
    Ok(offers)
}

/// An open offer holds its place and its reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Which offer.
    pub offer: ReserveOfferId,
    /// For whom.
    pub application: ApplicationId,
    /// Where.
    pub host: LibraryId,
    /// When.
    pub date: NaiveDate,
}

/// What the open offers of a round hold.
///
/// # Errors
/// The database's.
pub fn list_held(db: &mut Db, round: RoundId) -> Result<Vec<Held>, StoreError> {
    let rows: Vec<(String, String, String, NaiveDate)> = reserve_offers::table
        .inner_join(refills::table.on(refills::id.eq(reserve_offers::refill_id)))
        .filter(refills::round_id.eq(round.to_string()))
        .filter(reserve_offers::state.eq(ReserveOfferState::Open.as_str()))
        .order(reserve_offers::id)
        .select((reserve_offers::id, reserve_offers::application_id, refills::host_library_id, refills::date))
        .load(db)?;
    rows.into_iter()
        .map(|(offer, application, host, date)| {
            Ok(Held {
                offer: parse("offer", &offer)?,
                application: parse("application", &application)?,
                host: parse("library", &host)?,
                date,
            })
        })
        .collect()
}

/// To whom a place was offered before, whatever became of it.
///
/// # Errors
/// The database's.
pub fn list_asked(
    db: &mut Db,
    round: RoundId,
    (host, date): (LibraryId, NaiveDate),
) -> Result<Vec<ApplicationId>, StoreError> {
    let asked: Vec<String> = reserve_offers::table
        .inner_join(refills::table.on(refills::id.eq(reserve_offers::refill_id)))
        .filter(refills::round_id.eq(round.to_string()))
        .filter(refills::host_library_id.eq(host.to_string()))
        .filter(refills::date.eq(date))
        .select(reserve_offers::application_id)
        .load(db)?;
    asked.iter().map(|id| parse("application", id)).collect()
}

/// Adds an offer.
///
/// # Errors
/// The database's.
pub fn insert_offer(tx: &mut Tx<'_>, offer: &ReserveOffer) -> Result<(), StoreError> {
    diesel::insert_into(reserve_offers::table).values(&OfferRow::from_domain(offer)).execute(&mut **tx)?;
    Ok(())
}

/// Saves a changed offer.
///
/// # Errors
/// The database's.
pub fn save_offer(tx: &mut Tx<'_>, offer: &ReserveOffer) -> Result<(), StoreError> {
    let row = OfferRow::from_domain(offer);
    diesel::update(reserve_offers::table.find(offer.id.to_string())).set(&row).execute(&mut **tx)?;
    Ok(())
}

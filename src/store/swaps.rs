//! Swaps that participants ask for, with their members and what everybody said.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::placements::{read_given, time};
use super::schema::{libraries, library_employers, placements, swap_consents, swap_members, swaps};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{EmployerId, PlacementId, RoundId, SwapId};
use crate::domain::party::Party;
use crate::domain::placement::Consent;
use crate::domain::states::{Answer, SwapState};
use crate::domain::swap::{Member, Swap};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = swaps)]
struct Row {
    id: String,
    round_id: String,
    state: String,
    answer_until: NaiveDate,
    set_aside: String,
    reason: Option<String>,
    created_at: NaiveDateTime,
    settled_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = swap_members)]
struct MemberRow {
    swap_id: String,
    place: i64,
    named: Option<String>,
    placement_id: Option<String>,
    starts: Option<String>,
    ends: Option<String>,
    became_id: Option<String>,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = swap_consents, primary_key(swap_id, place, party), treat_none_as_null = true)]
struct ConsentRow {
    swap_id: String,
    place: i64,
    party: String,
    answer: String,
    answered_at: Option<NaiveDateTime>,
    answered_by: Option<String>,
    channel: Option<String>,
    answered_as: Option<String>,
    on_behalf_of: Option<String>,
    reason: Option<String>,
}

impl ConsentRow {
    fn from_domain(swap: SwapId, place: i64, consent: &Consent) -> Self {
        let given = consent.given.as_ref();
        Self {
            swap_id: swap.to_string(),
            place,
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
        let (party, answer) = (parse("party", &self.party)?, parse("answer", &self.answer)?);
        Ok(Consent { party, answer, reason: self.reason, given })
    }
}

impl MemberRow {
    fn into_domain(self, consents: Vec<Consent>) -> Result<Member, StoreError> {
        let placement = |id: Option<String>| id.map(|id| parse("placement", &id)).transpose();
        let times = match (self.starts, self.ends) {
            (Some(starts), Some(ends)) => Some((time(&starts)?, time(&ends)?)),
            (Some(_) | None, Some(_) | None) => None,
        };
        Ok(Member {
            named: self.named.map(|named| parse("name", &named)).transpose()?,
            placement: placement(self.placement_id)?,
            times,
            became: placement(self.became_id)?,
            consents,
        })
    }
}

fn with_members(db: &mut Db, rows: Vec<Row>) -> Result<Vec<Swap>, StoreError> {
    let mut members: HashMap<String, Vec<Member>> = HashMap::new();
    for part in rows.chunks(1_000) {
        let ids: Vec<&String> = part.iter().map(|row| &row.id).collect();
        let mut consents: HashMap<(String, i64), Vec<Consent>> = HashMap::new();
        let said: Vec<ConsentRow> = swap_consents::table
            .filter(swap_consents::swap_id.eq_any(&ids))
            .order((swap_consents::swap_id, swap_consents::place, swap_consents::party))
            .select(ConsentRow::as_select())
            .load(db)?;
        for row in said {
            consents.entry((row.swap_id.clone(), row.place)).or_default().push(row.into_domain()?);
        }
        let found: Vec<MemberRow> = swap_members::table
            .filter(swap_members::swap_id.eq_any(&ids))
            .order((swap_members::swap_id, swap_members::place))
            .select(MemberRow::as_select())
            .load(db)?;
        for row in found {
            let own = consents.remove(&(row.swap_id.clone(), row.place)).unwrap_or_default();
            members.entry(row.swap_id.clone()).or_default().push(row.into_domain(own)?);
        }
    }
    rows.into_iter()
        .map(|row| {
            let set_aside = serde_json::from_str(&row.set_aside)
                .map_err(|error| StoreError::Corrupt(format!("swap {}: {error}", row.id)))?;
            Ok(Swap {
                id: parse("swap", &row.id)?,
                round: parse("round", &row.round_id)?,
                state: parse("swap state", &row.state)?,
                answer_until: row.answer_until,
                members: members.remove(&row.id).unwrap_or_default(),
                set_aside,
                reason: row.reason,
                created_at: row.created_at,
                settled_at: row.settled_at,
            })
        })
        .collect()
}

/// Adds a swap.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, swap: &Swap) -> Result<(), StoreError> {
    let set_aside =
        serde_json::to_string(&swap.set_aside).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let row = Row {
        id: swap.id.to_string(),
        round_id: swap.round.to_string(),
        state: swap.state.to_string(),
        answer_until: swap.answer_until,
        set_aside,
        reason: swap.reason.clone(),
        created_at: swap.created_at,
        settled_at: swap.settled_at,
    };
    diesel::insert_into(swaps::table).values(&row).execute(&mut **tx)?;
    for (place, member) in (0..).zip(&swap.members) {
        let at = |time: chrono::NaiveTime| time.format("%H:%M").to_string();
        let row = MemberRow {
            swap_id: swap.id.to_string(),
            place,
            named: member.named.as_ref().map(ToString::to_string),
            placement_id: member.placement.map(|id| id.to_string()),
            starts: member.times.map(|(starts, _)| at(starts)),
            ends: member.times.map(|(_, ends)| at(ends)),
            became_id: member.became.map(|id| id.to_string()),
        };
        diesel::insert_into(swap_members::table).values(&row).execute(&mut **tx)?;
    }
    save_consents(tx, swap)
}

fn save_consents(tx: &mut Tx<'_>, swap: &Swap) -> Result<(), StoreError> {
    for (place, member) in (0..).zip(&swap.members) {
        for consent in &member.consents {
            let row = ConsentRow::from_domain(swap.id, place, consent);
            let key = (row.swap_id.clone(), place, row.party.clone());
            let changed = diesel::update(swap_consents::table.find(key)).set(&row).execute(&mut **tx)?;
            if changed == 0 {
                diesel::insert_into(swap_consents::table).values(&row).execute(&mut **tx)?;
            }
        }
    }
    Ok(())
}

/// Saves a swap that has changed: its state, what was said, and what it led to.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, swap: &Swap) -> Result<(), StoreError> {
    diesel::update(swaps::table.find(swap.id.to_string()))
        .set((
            swaps::state.eq(swap.state.as_str()),
            swaps::reason.eq(&swap.reason),
            swaps::settled_at.eq(swap.settled_at),
        ))
        .execute(&mut **tx)?;
    for (place, member) in (0_i64..).zip(&swap.members) {
        diesel::update(swap_members::table.find((swap.id.to_string(), place)))
            .set(swap_members::became_id.eq(member.became.map(|id| id.to_string())))
            .execute(&mut **tx)?;
    }
    save_consents(tx, swap)
}

/// A swap.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: SwapId) -> Result<Option<Swap>, StoreError> {
    let rows = swaps::table.find(id.to_string()).select(Row::as_select()).load(db)?;
    Ok(with_members(db, rows)?.pop())
}

const OPEN: [&str; 2] = [SwapState::Asked.as_str(), SwapState::Agreed.as_str()];

/// The open swap in which a placement would be given, if there is one.
///
/// # Errors
/// The database's.
pub fn find_open_of(db: &mut Db, placement: PlacementId) -> Result<Option<Swap>, StoreError> {
    let of = swap_members::table
        .filter(swap_members::placement_id.eq(placement.to_string()))
        .select(swap_members::swap_id);
    let rows = swaps::table
        .filter(swaps::id.eq_any(of))
        .filter(swaps::state.eq_any(OPEN))
        .select(Row::as_select())
        .load(db)?;
    Ok(with_members(db, rows)?.pop())
}

/// Every open swap, oldest first.
///
/// # Errors
/// The database's.
pub fn list_open(db: &mut Db) -> Result<Vec<Swap>, StoreError> {
    let rows =
        swaps::table.filter(swaps::state.eq_any(OPEN)).order(swaps::id).select(Row::as_select()).load(db)?;
    with_members(db, rows)
}

/// The swaps of a round by id, in every state unless one is named; at most `most` after `after`.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    round: RoundId,
    state: Option<SwapState>,
    after: Option<SwapId>,
    most: i64,
) -> Result<Vec<Swap>, StoreError> {
    let mut query =
        swaps::table.filter(swaps::round_id.eq(round.to_string())).select(Row::as_select()).into_boxed();
    if let Some(state) = state {
        query = query.filter(swaps::state.eq(state.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(swaps::id.gt(after.to_string()));
    }
    let rows = query.order(swaps::id).limit(most).load(db)?;
    with_members(db, rows)
}

/// How many swaps were asked for with a placement since then.
///
/// # Errors
/// The database's.
pub fn count_asked_since(
    db: &mut Db,
    placement: PlacementId,
    since: NaiveDateTime,
) -> Result<i64, StoreError> {
    Ok(swap_members::table
        .inner_join(swaps::table.on(swaps::id.eq(swap_members::swap_id)))
        .filter(swap_members::placement_id.eq(placement.to_string()))
        .filter(swap_members::place.eq(0))
        .filter(swaps::created_at.gt(since))
        .count()
        .get_result(db)?)
}

/// A swap that waits for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwapRequest {
    /// Which.
    pub swap: SwapId,
    /// About which placement.
    pub placement: PlacementId,
    /// The day.
    pub date: NaiveDate,
    /// The host library's name.
    pub host: String,
    /// The last day for answers.
    pub answer_until: NaiveDate,
    /// Its round.
    pub round: RoundId,
}

/// The open swaps about which an employer's libraries are asked and have not answered.
///
/// # Errors
/// The database's.
pub fn list_swap_requests(db: &mut Db, own: &[EmployerId]) -> Result<Vec<SwapRequest>, StoreError> {
    let own = library_employers::table
        .filter(library_employers::employer_id.eq_any(own.iter().map(ToString::to_string)))
        .select(library_employers::library_id);
    let of_member =
        swap_members::swap_id.eq(swap_consents::swap_id).and(swap_members::place.eq(swap_consents::place));
    let rows: Vec<(String, NaiveDate, String, String, NaiveDate, String)> = swap_consents::table
        .inner_join(swap_members::table.on(of_member))
        .inner_join(swaps::table.on(swaps::id.eq(swap_consents::swap_id)))
        .inner_join(placements::table.on(placements::id.nullable().eq(swap_members::placement_id)))
        .inner_join(libraries::table.on(libraries::id.eq(placements::host_library_id)))
        .filter(placements::host_library_id.eq_any(own))
        .filter(swaps::state.eq(SwapState::Agreed.as_str()))
        .filter(swap_consents::party.eq(Party::Host.as_str()))
        .filter(swap_consents::answer.eq(Answer::Pending.as_str()))
        .select((
            swaps::id,
            swaps::answer_until,
            swaps::round_id,
            placements::id,
            placements::date,
            libraries::name,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|(swap, answer_until, round, placement, date, host)| {
            Ok(SwapRequest {
                swap: parse("swap", &swap)?,
                placement: parse("placement", &placement)?,
                date,
                host,
                answer_until,
                round: parse("round", &round)?,
            })
        })
        .collect()
}

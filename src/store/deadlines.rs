//! Who owes an answer, and which of them were written to again.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::{alternatives, consents, libraries, outbox, placements};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{LibraryId, PlacementId, RoundId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::states::{AlternativeState, Answer, PlacementState};

/// A party that has heard of a proposal and not answered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Which proposal.
    pub placement: PlacementId,
    /// Of which round.
    pub round: RoundId,
    /// Who owes.
    pub party: Party,
    /// The participant's library.
    pub home: LibraryId,
    /// The library that would receive.
    pub host: LibraryId,
    /// The placement's own last day for answers, where it is not the round's.
    pub answer_until: Option<NaiveDate>,
    /// When the mail server took the proposal, or a change that overtook it: a mail that is held back starts no clock.
    pub told_at: NaiveDateTime,
    /// When the party was reminded.
    pub reminded_at: Option<NaiveDateTime>,
    /// When the host's deputy was asked.
    pub deputy_asked_at: Option<NaiveDateTime>,
}

#[derive(Queryable)]
struct Row {
    placement_id: String,
    round_id: String,
    party: String,
    home_library_id: String,
    host_library_id: String,
    answer_until: Option<NaiveDate>,
    told_at: NaiveDateTime,
    kind: String,
    reminded_at: Option<NaiveDateTime>,
    deputy_asked_at: Option<NaiveDateTime>,
}

/// What tells of a proposal: itself, or a change that overtook it.
const TELLS_A_PROPOSAL: [&str; 2] = [NoticeKind::Proposal.as_str(), NoticeKind::Changed.as_str()];

/// Everybody who has heard of a proposal, has not answered, and may have to be written to again.
///
/// # Errors
/// The database's.
pub fn list_owed(db: &mut Db) -> Result<Vec<Owed>, StoreError> {
    let proposal = outbox::placement_id
        .eq(consents::placement_id.nullable())
        .and(outbox::party.eq(consents::party))
        .and(outbox::kind.eq_any(TELLS_A_PROPOSAL))
        .and(outbox::state.eq(NoticeState::Sent.as_str()));
    let deputy_unasked = consents::party
        .eq(Party::Host.as_str())
        .and(consents::deputy_asked_at.is_null())
        .and(libraries::deputy_email.is_not_null());
    // A host that has offered something else instead waits for the participant.
    let has_offered = consents::party.eq(Party::Host.as_str()).and(diesel::dsl::exists(
        alternatives::table
            .filter(alternatives::placement_id.eq(consents::placement_id))
            .filter(alternatives::state.eq(AlternativeState::Offered.as_str())),
    ));
    let rows: Vec<Row> = consents::table
        .inner_join(placements::table.on(placements::id.eq(consents::placement_id)))
        .inner_join(libraries::table.on(libraries::id.eq(placements::host_library_id)))
        .inner_join(outbox::table.on(proposal))
        .filter(placements::state.eq(PlacementState::Proposed.as_str()))
        .filter(consents::answer.eq(Answer::Pending.as_str()))
        .filter(diesel::dsl::not(has_offered))
        .filter(consents::reminded_at.is_null().or(deputy_unasked))
        .filter(outbox::settled_at.is_not_null())
        .order((consents::placement_id, consents::party, outbox::settled_at))
        .select((
            consents::placement_id,
            placements::round_id,
            consents::party,
            placements::home_library_id,
            placements::host_library_id,
            placements::answer_until,
            outbox::settled_at.assume_not_null(),
            outbox::kind,
            consents::reminded_at,
            consents::deputy_asked_at,
        ))
        .load(db)?;
    // Who was asked anew has two proposals: the newer counts. A change is what told of the proposal only where it overtook
    // that.
    let mut told: BTreeMap<(String, String), Row> = BTreeMap::new();
    for row in rows {
        let key = (row.placement_id.clone(), row.party.clone());
        if row.kind == NoticeKind::Proposal.as_str() {
            told.insert(key, row);
        } else {
            told.entry(key).or_insert(row);
        }
    }
    told.into_values()
        .map(|row| {
            Ok(Owed {
                placement: parse("placement", &row.placement_id)?,
                round: parse("round", &row.round_id)?,
                party: parse("party", &row.party)?,
                home: parse("library", &row.home_library_id)?,
                host: parse("library", &row.host_library_id)?,
                answer_until: row.answer_until,
                told_at: row.told_at,
                reminded_at: row.reminded_at,
                deputy_asked_at: row.deputy_asked_at,
            })
        })
        .collect()
}

/// A party that has been written to about a proposal and not answered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which proposal.
    pub placement: PlacementId,
    /// Who owes the answer.
    pub party: Party,
    /// Whether the host's deputy was asked too.
    pub is_deputy_asked: bool,
}

/// Everybody in a round whose proposal has begun to leave and who has not answered it, by the round's last day for answers.
/// Whose mail is still waiting reads in it what is true when it leaves.
///
/// # Errors
/// The database's.
pub fn list_asked(db: &mut Db, round: RoundId) -> Result<Vec<Asked>, StoreError> {
    let proposal = outbox::placement_id
        .eq(consents::placement_id.nullable())
        .and(outbox::party.eq(consents::party))
        .and(outbox::kind.eq_any(TELLS_A_PROPOSAL));
    let has_begun = outbox::message_id.is_not_null().or(outbox::state.eq(NoticeState::Leased.as_str()));
    let rows: Vec<(String, String, Option<NaiveDateTime>)> = consents::table
        .inner_join(placements::table.on(placements::id.eq(consents::placement_id)))
        .inner_join(outbox::table.on(proposal))
        .filter(placements::round_id.eq(round.to_string()))
        .filter(placements::state.eq(PlacementState::Proposed.as_str()))
        .filter(consents::answer.eq(Answer::Pending.as_str()))
        .filter(placements::answer_until.is_null())
        .filter(has_begun)
        .order((consents::placement_id, consents::party))
        .select((consents::placement_id, consents::party, consents::deputy_asked_at))
        .distinct()
        .load(db)?;
    rows.into_iter()
        .map(|(placement, party, deputy_asked_at)| {
            Ok(Asked {
                placement: parse("placement", &placement)?,
                party: parse("party", &party)?,
                is_deputy_asked: deputy_asked_at.is_some(),
            })
        })
        .collect()
}

/// The proposals of a round whose last day for answers, their own or else the round's (`until`), lies before `today`.
///
/// # Errors
/// The database's.
pub fn list_overdue(
    db: &mut Db,
    (round, until): (RoundId, NaiveDate),
    today: NaiveDate,
) -> Result<Vec<PlacementId>, StoreError> {
    let mut query = placements::table
        .filter(placements::round_id.eq(round.to_string()))
        .filter(placements::state.eq(PlacementState::Proposed.as_str()))
        .order(placements::id)
        .select(placements::id)
        .into_boxed();
    query = if until < today {
        query.filter(placements::answer_until.is_null().or(placements::answer_until.lt(today)))
    } else {
        query.filter(placements::answer_until.lt(today))
    };
    let ids: Vec<String> = query.load(db)?;
    ids.iter().map(|id| parse("placement", id)).collect()
}

/// Notes that a party is reminded; false when it was before, or has answered.
///
/// # Errors
/// The database's.
pub fn mark_reminded(
    tx: &mut Tx<'_>,
    id: PlacementId,
    party: Party,
    now: NaiveDateTime,
) -> Result<bool, StoreError> {
    let marked = diesel::update(consents::table.find((id.to_string(), party.to_string())))
        .filter(consents::answer.eq(Answer::Pending.as_str()))
        .filter(consents::reminded_at.is_null())
        .set(consents::reminded_at.eq(now))
        .execute(&mut **tx)?;
    Ok(marked == 1)
}

/// Notes that the host's deputy is asked; false when that was so before, or the host has answered.
///
/// # Errors
/// The database's.
pub fn mark_deputy_asked(tx: &mut Tx<'_>, id: PlacementId, now: NaiveDateTime) -> Result<bool, StoreError> {
    let marked = diesel::update(consents::table.find((id.to_string(), Party::Host.to_string())))
        .filter(consents::answer.eq(Answer::Pending.as_str()))
        .filter(consents::deputy_asked_at.is_null())
        .set(consents::deputy_asked_at.eq(now))
        .execute(&mut **tx)?;
    Ok(marked == 1)
}

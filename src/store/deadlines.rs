//! Who owes an answer, and which of them were written to again.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{consents, libraries, outbox, placements};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{LibraryId, PlacementId, RoundId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::states::{Answer, PlacementState};

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
    told_at: NaiveDateTime,
    reminded_at: Option<NaiveDateTime>,
    deputy_asked_at: Option<NaiveDateTime>,
}

/// Everybody who has heard of a proposal, has not answered, and may have to be written to again.
///
/// # Errors
/// The database's.
pub fn list_owed(db: &mut Db) -> Result<Vec<Owed>, StoreError> {
    let told = [NoticeKind::Proposal.as_str(), NoticeKind::Changed.as_str()];
    let proposal = outbox::placement_id
        .eq(consents::placement_id.nullable())
        .and(outbox::party.eq(consents::party))
        .and(outbox::kind.eq_any(told))
        .and(outbox::state.eq(NoticeState::Sent.as_str()));
    let deputy_unasked = consents::party
        .eq(Party::Host.as_str())
        .and(consents::deputy_asked_at.is_null())
        .and(libraries::deputy_email.is_not_null());
    let mut rows: Vec<Row> = consents::table
        .inner_join(placements::table.on(placements::id.eq(consents::placement_id)))
        .inner_join(libraries::table.on(libraries::id.eq(placements::host_library_id)))
        .inner_join(outbox::table.on(proposal))
        .filter(placements::state.eq(PlacementState::Proposed.as_str()))
        .filter(consents::answer.eq(Answer::Pending.as_str()))
        .filter(consents::reminded_at.is_null().or(deputy_unasked))
        .filter(outbox::settled_at.is_not_null())
        .order((consents::placement_id, consents::party, outbox::settled_at))
        .select((
            consents::placement_id,
            placements::round_id,
            consents::party,
            placements::home_library_id,
            placements::host_library_id,
            outbox::settled_at.assume_not_null(),
            consents::reminded_at,
            consents::deputy_asked_at,
        ))
        .load(db)?;
    // The clock starts with the first of them.
    rows.dedup_by(|later, first| (&later.placement_id, &later.party) == (&first.placement_id, &first.party));
    rows.into_iter()
        .map(|row| {
            Ok(Owed {
                placement: parse("placement", &row.placement_id)?,
                round: parse("round", &row.round_id)?,
                party: parse("party", &row.party)?,
                home: parse("library", &row.home_library_id)?,
                host: parse("library", &row.host_library_id)?,
                told_at: row.told_at,
                reminded_at: row.reminded_at,
                deputy_asked_at: row.deputy_asked_at,
            })
        })
        .collect()
}

/// The placements of a round that not everybody has agreed to.
///
/// # Errors
/// The database's.
pub fn list_proposed(db: &mut Db, round: RoundId) -> Result<Vec<PlacementId>, StoreError> {
    let ids: Vec<String> = placements::table
        .filter(placements::round_id.eq(round.to_string()))
        .filter(placements::state.eq(PlacementState::Proposed.as_str()))
        .order(placements::id)
        .select(placements::id)
        .load(db)?;
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

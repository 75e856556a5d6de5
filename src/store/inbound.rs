//! Mails that came in, and the notices that they are about.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{consents, inbound_mails, outbox, placements};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{InboundId, NoticeId, PlacementId};
use crate::domain::inbound::{InboundOutcome, ProposedTime, Recorded};
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::party::Party;
use crate::domain::states::PlacementState;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = inbound_mails)]
struct Row {
    id: String,
    received_at: NaiveDateTime,
    channel: String,
    sha256: String,
    fingerprint: String,
    message_id: Option<String>,
    kind: String,
    outcome: String,
    placement_id: Option<String>,
    party: Option<String>,
    notice_id: Option<String>,
    stamped_at: Option<NaiveDateTime>,
    detail: Option<String>,
    proposed_starts_at: Option<NaiveDateTime>,
    proposed_ends_at: Option<NaiveDateTime>,
    terms_version: Option<i64>,
}

impl Row {
    fn into_domain(self) -> Result<Recorded, StoreError> {
        Ok(Recorded {
            id: parse("mail", &self.id)?,
            received_at: self.received_at,
            channel: self.channel,
            sha256: self.sha256,
            fingerprint: self.fingerprint,
            message_id: self.message_id,
            kind: parse("kind", &self.kind)?,
            outcome: parse("outcome", &self.outcome)?,
            placement: self.placement_id.as_deref().map(|id| parse("placement", id)).transpose()?,
            party: self.party.as_deref().map(|party| parse("party", party)).transpose()?,
            notice: self.notice_id.as_deref().map(|id| parse("notice", id)).transpose()?,
            stamped_at: self.stamped_at,
            proposed: proposed(self.proposed_starts_at, self.proposed_ends_at),
            terms_version: self.terms_version,
            detail: self.detail,
        })
    }
}

fn proposed(starts: Option<NaiveDateTime>, ends: Option<NaiveDateTime>) -> Option<ProposedTime> {
    starts.zip(ends).map(|(starts, ends)| ProposedTime { starts, ends })
}

/// Keeps what a mail was and what came of it.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, mail: &Recorded) -> Result<(), StoreError> {
    let row = Row {
        id: mail.id.to_string(),
        received_at: mail.received_at,
        channel: mail.channel.clone(),
        sha256: mail.sha256.clone(),
        fingerprint: mail.fingerprint.clone(),
        message_id: mail.message_id.clone(),
        kind: mail.kind.to_string(),
        outcome: mail.outcome.to_string(),
        placement_id: mail.placement.map(|id| id.to_string()),
        party: mail.party.map(|party| party.to_string()),
        notice_id: mail.notice.map(|id| id.to_string()),
        stamped_at: mail.stamped_at,
        detail: mail.detail.clone(),
        proposed_starts_at: mail.proposed.map(|time| time.starts),
        proposed_ends_at: mail.proposed.map(|time| time.ends),
        terms_version: mail.terms_version,
    };
    diesel::insert_into(inbound_mails::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// The same mail, where it came before.
///
/// # Errors
/// The database's.
pub fn find_by_fingerprint(db: &mut Db, fingerprint: &str) -> Result<Option<Recorded>, StoreError> {
    let row = inbound_mails::table
        .filter(inbound_mails::fingerprint.eq(fingerprint))
        .select(Row::as_select())
        .first(db)
        .optional()?;
    row.map(Row::into_domain).transpose()
}

/// Another time that a calendar has proposed, and that nobody has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherTime {
    /// Instead of which day.
    pub placement: PlacementId,
    /// Who proposed it.
    pub party: Party,
    /// When it would suit; none where the calendar did not say.
    pub proposed: Option<ProposedTime>,
}

/// The latest other times that each party has proposed of placements that stand, by when they came: those of terms as
/// they are now, whose proposer has given no answer since.
///
/// # Errors
/// The database's.
pub fn list_other_times(db: &mut Db) -> Result<Vec<OtherTime>, StoreError> {
    type Columns = (String, Option<String>, Option<NaiveDateTime>, Option<NaiveDateTime>);
    let standing = [PlacementState::Proposed, PlacementState::Confirmed].map(PlacementState::as_str);
    let rows: Vec<Columns> = inbound_mails::table
        .inner_join(placements::table.on(placements::id.nullable().eq(inbound_mails::placement_id)))
        .inner_join(
            consents::table.on(consents::placement_id
                .eq(placements::id)
                .and(consents::party.nullable().eq(inbound_mails::party))),
        )
        .filter(inbound_mails::outcome.eq(InboundOutcome::PassedOn.as_str()))
        .filter(inbound_mails::terms_version.eq(placements::version.nullable()))
        .filter(placements::state.eq_any(standing))
        .filter(
            consents::answered_at
                .is_null()
                .or(consents::answered_at.lt(inbound_mails::received_at.nullable())),
        )
        .order(inbound_mails::id)
        .select((
            placements::id,
            inbound_mails::party,
            inbound_mails::proposed_starts_at,
            inbound_mails::proposed_ends_at,
        ))
        .load(db)?;
    let mut found: Vec<OtherTime> = Vec::new();
    for (placement, party, starts, ends) in rows {
        let placement = parse("placement", &placement)?;
        let party = parse("party", party.as_deref().unwrap_or_default())?;
        found.retain(|earlier| (earlier.placement, earlier.party) != (placement, party));
        found.push(OtherTime { placement, party, proposed: proposed(starts, ends) });
    }
    Ok(found)
}

/// When a party said by a calendar what counted last (DTSTAMP, in UTC).
///
/// # Errors
/// The database's.
pub fn last_said(
    db: &mut Db,
    placement: PlacementId,
    party: Party,
) -> Result<Option<NaiveDateTime>, StoreError> {
    let counted = [InboundOutcome::Answered, InboundOutcome::Repeated].map(InboundOutcome::as_str);
    Ok(inbound_mails::table
        .filter(inbound_mails::placement_id.eq(placement.to_string()))
        .filter(inbound_mails::party.eq(party.as_str()))
        .filter(inbound_mails::outcome.eq_any(counted))
        .select(diesel::dsl::max(inbound_mails::stamped_at))
        .first(db)?)
}

/// The mails by id, at most `most` after `after`.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, after: Option<InboundId>, most: i64) -> Result<Vec<Recorded>, StoreError> {
    let mut query = inbound_mails::table.select(Row::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(inbound_mails::id.gt(after.to_string()));
    }
    let rows = query.order(inbound_mails::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The notice that was sent under one of these Message-IDs; the latest where there are several.
///
/// # Errors
/// The database's.
pub fn find_notice(db: &mut Db, message_ids: &[String]) -> Result<Option<Notice>, StoreError> {
    let id: Option<String> = outbox::table
        .filter(outbox::message_id.eq_any(message_ids))
        .order(outbox::id.desc())
        .select(outbox::id)
        .first(db)
        .optional()?;
    match id {
        Some(id) => super::outbox::find(db, parse("notice", &id)?),
        None => Ok(None),
    }
}

/// Marks a sent notice as come back; false unless it is sent.
///
/// # Errors
/// The database's.
pub fn mark_bounced(tx: &mut Tx<'_>, id: NoticeId, answer: &str) -> Result<bool, StoreError> {
    let marked = diesel::update(outbox::table.find(id.to_string()))
        .filter(outbox::state.eq(NoticeState::Sent.as_str()))
        .set((outbox::state.eq(NoticeState::Bounced.as_str()), outbox::last_answer.eq(answer)))
        .execute(&mut **tx)?;
    Ok(marked == 1)
}

//! What stands about placements in other tables than their own, for many placements at once.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{consents, invitations, libraries, outbox, placements};
use super::{Db, StoreError, parse};
use crate::domain::ids::{ApplicationId, LibraryId, NoticeId, PlacementId, RunId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::states::Answer;

/// Placements asked about in one call at most: SQLite takes some 32,000 parameters in a statement.
pub const MOST: usize = 500;

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// The runs that placements were made from.
///
/// # Errors
/// The database's.
pub fn list_runs(db: &mut Db) -> Result<Vec<RunId>, StoreError> {
    let ids: Vec<String> =
        placements::table.select(placements::run_id).distinct().order(placements::run_id).load(db)?;
    ids.iter().map(|id| parse("run", id)).collect()
}

/// When placements were made.
///
/// # Errors
/// The database's.
pub fn list_made(db: &mut Db, ids: &[PlacementId]) -> Result<Vec<(PlacementId, NaiveDateTime)>, StoreError> {
    let rows: Vec<(String, NaiveDateTime)> = placements::table
        .filter(placements::id.eq_any(texts(ids)))
        .select((placements::id, placements::created_at))
        .load(db)?;
    rows.into_iter().map(|(id, at)| Ok((parse("placement", &id)?, at))).collect()
}

/// A consent with when, by whom and through what it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenConsent {
    /// Of which placement.
    pub placement: PlacementId,
    /// Whose.
    pub party: Party,
    /// What they said.
    pub answer: Answer,
    /// When.
    pub answered_at: Option<NaiveDateTime>,
    /// The actor's stable name.
    pub answered_by: Option<String>,
    /// `link` or `api`.
    pub channel: Option<String>,
    /// When the party was reminded.
    pub reminded_at: Option<NaiveDateTime>,
    /// When the host's deputy was asked.
    pub deputy_asked_at: Option<NaiveDateTime>,
}

/// The consents of placements, by party.
///
/// # Errors
/// The database's.
pub fn list_consents(db: &mut Db, ids: &[PlacementId]) -> Result<Vec<GivenConsent>, StoreError> {
    type Given = (Option<NaiveDateTime>, Option<String>, Option<String>);
    type Asked = (Option<NaiveDateTime>, Option<NaiveDateTime>);
    let rows: Vec<((String, String, String), Given, Asked)> = consents::table
        .filter(consents::placement_id.eq_any(texts(ids)))
        .order((consents::placement_id, consents::party))
        .select((
            (consents::placement_id, consents::party, consents::answer),
            (consents::answered_at, consents::answered_by, consents::channel),
            (consents::reminded_at, consents::deputy_asked_at),
        ))
        .load(db)?;
    rows.into_iter()
        .map(|((placement, party, answer), given, asked)| {
            Ok(GivenConsent {
                placement: parse("placement", &placement)?,
                party: parse("party", &party)?,
                answer: parse("answer", &answer)?,
                answered_at: given.0,
                answered_by: given.1,
                channel: given.2,
                reminded_at: asked.0,
                deputy_asked_at: asked.1,
            })
        })
        .collect()
}

/// A mail about a placement, without its address and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacementMail {
    /// Which.
    pub id: NoticeId,
    /// About which placement.
    pub placement: PlacementId,
    /// What it says.
    pub kind: NoticeKind,
    /// In what capacity its recipient gets it.
    pub party: Party,
    /// How far it is.
    pub state: NoticeState,
    /// Whether it was rendered, so that it may have left.
    pub has_begun: bool,
    /// The facts it holds, as JSON.
    pub facts: String,
    /// When the fact happened.
    pub created_at: NaiveDateTime,
    /// When it was sent, given up or dropped.
    pub settled_at: Option<NaiveDateTime>,
}

/// The mails about placements, oldest first. They are looked for by the applications, which have an index.
///
/// # Errors
/// The database's.
pub fn list_mails(db: &mut Db, applications: &[ApplicationId]) -> Result<Vec<PlacementMail>, StoreError> {
    type About = (String, String, String, String, String);
    type Told = (Option<String>, String, NaiveDateTime, Option<NaiveDateTime>);
    let rows: Vec<(About, Told)> = outbox::table
        .filter(outbox::application_id.eq_any(texts(applications)))
        .filter(outbox::placement_id.is_not_null())
        .order(outbox::id)
        .select((
            (outbox::id, outbox::placement_id.assume_not_null(), outbox::kind, outbox::party, outbox::state),
            (outbox::message_id, outbox::facts, outbox::created_at, outbox::settled_at),
        ))
        .load(db)?;
    rows.into_iter()
        .map(|((id, placement, kind, party, state), (message_id, facts, created_at, settled_at))| {
            Ok(PlacementMail {
                id: parse("notice", &id)?,
                placement: parse("placement", &placement)?,
                kind: parse("kind", &kind)?,
                party: parse("party", &party)?,
                state: parse("state", &state)?,
                has_begun: message_id.is_some(),
                facts,
                created_at,
                settled_at,
            })
        })
        .collect()
}

/// The calendar identity of a placement for a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyEvent {
    /// Of which placement.
    pub placement: PlacementId,
    /// In whose calendar.
    pub party: Party,
    /// RFC 5545 UID.
    pub uid: String,
    /// RFC 5545 SEQUENCE of the last invitation.
    pub sequence: i64,
}

/// The calendar identities of placements, by party.
///
/// # Errors
/// The database's.
pub fn list_events(db: &mut Db, ids: &[PlacementId]) -> Result<Vec<PartyEvent>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = invitations::table
        .filter(invitations::placement_id.eq_any(texts(ids)))
        .order((invitations::placement_id, invitations::party))
        .select((invitations::placement_id, invitations::party, invitations::uid, invitations::sequence))
        .load(db)?;
    rows.into_iter()
        .map(|(placement, party, uid, sequence)| {
            let (placement, party) = (parse("placement", &placement)?, parse("party", &party)?);
            Ok(PartyEvent { placement, party, uid, sequence })
        })
        .collect()
}

/// Libraries that have a contact, and since when nothing of them has changed.
///
/// # Errors
/// The database's.
pub fn list_contacts_since(
    db: &mut Db,
    ids: &[LibraryId],
) -> Result<Vec<(LibraryId, NaiveDateTime)>, StoreError> {
    let rows: Vec<(String, NaiveDateTime)> = libraries::table
        .filter(libraries::id.eq_any(texts(ids)))
        .filter(libraries::contact_email.is_not_null())
        .select((libraries::id, libraries::updated_at))
        .load(db)?;
    rows.into_iter().map(|(id, at)| Ok((parse("library", &id)?, at))).collect()
}

//! What stands about placements in other tables than their own, for many placements at once.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::{
    alternatives, attendances, consents, invitations, joining_packs, libraries, outbox, placements,
};
use super::{Db, StoreError, parse};
use crate::domain::alternative::AlternativeKind;
use crate::domain::attendance::AttendanceKind;
use crate::domain::ids::{AlternativeId, ApplicationId, LibraryId, NoticeId, PlacementId, RunId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::states::{AlternativeState, Answer};

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
    /// For whom they acted.
    pub on_behalf_of: Option<String>,
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
    type Given = (Option<NaiveDateTime>, Option<String>, Option<String>, Option<String>);
    type Asked = (Option<NaiveDateTime>, Option<NaiveDateTime>);
    let rows: Vec<((String, String, String), Given, Asked)> = consents::table
        .filter(consents::placement_id.eq_any(texts(ids)))
        .order((consents::placement_id, consents::party))
        .select((
            (consents::placement_id, consents::party, consents::answer),
            (consents::answered_at, consents::answered_by, consents::on_behalf_of, consents::channel),
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
                on_behalf_of: given.2,
                channel: given.3,
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
    /// In which thread it overtakes others, and is overtaken.
    pub thread: String,
    /// How far it is.
    pub state: NoticeState,
    /// Whether it was rendered, so that it may have left.
    pub has_begun: bool,
    /// Whether it says by hand what another one said.
    pub is_again: bool,
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
    type About = (String, String, String, String, String, String);
    type Told = (Option<String>, Option<String>, String, NaiveDateTime, Option<NaiveDateTime>);
    let rows: Vec<(About, Told)> = outbox::table
        .filter(outbox::application_id.eq_any(texts(applications)))
        .filter(outbox::placement_id.is_not_null())
        .order(outbox::id)
        .select((
            (
                outbox::id,
                outbox::placement_id.assume_not_null(),
                outbox::kind,
                outbox::party,
                outbox::thread_key,
                outbox::state,
            ),
            (outbox::message_id, outbox::again_of, outbox::facts, outbox::created_at, outbox::settled_at),
        ))
        .load(db)?;
    rows.into_iter()
        .map(|((id, placement, kind, party, thread, state), told)| {
            let (message_id, again_of, facts, created_at, settled_at) = told;
            Ok(PlacementMail {
                id: parse("notice", &id)?,
                placement: parse("placement", &placement)?,
                kind: parse("kind", &kind)?,
                party: parse("party", &party)?,
                thread,
                state: parse("state", &state)?,
                has_begun: message_id.is_some() || state == NoticeState::Digested.as_str(),
                is_again: again_of.is_some(),
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

/// What is known of whom to write to at a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactSince {
    /// Of which library; it has a contact.
    pub library: LibraryId,
    /// Whether it has a deputy.
    pub has_deputy: bool,
    /// Since when nothing of the library has changed.
    pub since: NaiveDateTime,
}

/// Libraries that have a contact, and since when nothing of them has changed.
///
/// # Errors
/// The database's.
pub fn list_contacts_since(db: &mut Db, ids: &[LibraryId]) -> Result<Vec<ContactSince>, StoreError> {
    let rows: Vec<(String, bool, NaiveDateTime)> = libraries::table
        .filter(libraries::id.eq_any(texts(ids)))
        .filter(libraries::contact_email.is_not_null())
        .select((libraries::id, libraries::deputy_email.is_not_null(), libraries::updated_at))
        .load(db)?;
    rows.into_iter()
        .map(|(id, has_deputy, since)| {
            Ok(ContactSince { library: parse("library", &id)?, has_deputy, since })
        })
        .collect()
}

/// What a host offered instead of a no, without its words and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedOffer {
    /// Which.
    pub id: AlternativeId,
    /// Instead of which placement.
    pub placement: PlacementId,
    /// What was offered.
    pub kind: AlternativeKind,
    /// The day.
    pub date: NaiveDate,
    /// Local start and end, `HH:MM`.
    pub times: (String, String),
    /// The colleague's address.
    pub contact: Option<String>,
    /// What became of it.
    pub state: AlternativeState,
    /// When it was offered.
    pub at: NaiveDateTime,
    /// The stable name of whoever offered it.
    pub by: String,
    /// For whom they acted.
    pub on_behalf_of: Option<String>,
    /// When it was taken or refused, or came to nothing.
    pub settled_at: Option<NaiveDateTime>,
}

/// The offers of the hosts of placements, oldest first.
///
/// # Errors
/// The database's.
pub fn list_offers(db: &mut Db, ids: &[PlacementId]) -> Result<Vec<TracedOffer>, StoreError> {
    type What = (String, String, String, NaiveDate, String, String, Option<String>, String);
    type Given = (NaiveDateTime, String, Option<String>, Option<NaiveDateTime>);
    let rows: Vec<(What, Given)> = alternatives::table
        .filter(alternatives::placement_id.eq_any(texts(ids)))
        .order((alternatives::placement_id, alternatives::version))
        .select((
            (
                alternatives::id,
                alternatives::placement_id,
                alternatives::kind,
                alternatives::date,
                alternatives::starts,
                alternatives::ends,
                alternatives::contact_email,
                alternatives::state,
            ),
            (
                alternatives::offered_at,
                alternatives::offered_by,
                alternatives::on_behalf_of,
                alternatives::settled_at,
            ),
        ))
        .load(db)?;
    rows.into_iter()
        .map(
            |(
                (id, placement, kind, date, starts, ends, contact, state),
                (at, by, on_behalf_of, settled_at),
            )| {
                Ok(TracedOffer {
                    id: parse("alternative", &id)?,
                    placement: parse("placement", &placement)?,
                    kind: parse("kind", &kind)?,
                    date,
                    times: (starts, ends),
                    contact,
                    state: parse("state", &state)?,
                    at,
                    by,
                    on_behalf_of,
                    settled_at,
                })
            },
        )
        .collect()
}

/// A complete version of a joining pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackVersion {
    /// Of which placement.
    pub placement: PlacementId,
    /// Its number, from 1.
    pub version: i64,
    /// What it says, as it is stored: equal packs are equal texts.
    pub fields: String,
    /// When it was written.
    pub at: NaiveDateTime,
}

/// The complete versions of the joining packs of placements, oldest first.
///
/// # Errors
/// The database's.
pub fn list_packs(db: &mut Db, ids: &[PlacementId]) -> Result<Vec<PackVersion>, StoreError> {
    let rows: Vec<(String, i64, String, NaiveDateTime)> = joining_packs::table
        .filter(joining_packs::placement_id.eq_any(texts(ids)))
        .filter(joining_packs::version.ge(1))
        .order((joining_packs::placement_id, joining_packs::version))
        .select((
            joining_packs::placement_id,
            joining_packs::version,
            joining_packs::fields,
            joining_packs::updated_at,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|(placement, version, fields, at)| {
            Ok(PackVersion { placement: parse("placement", &placement)?, version, fields, at })
        })
        .collect()
}

/// What came of the day of a placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracedDay {
    /// Of which placement.
    pub placement: PlacementId,
    /// What.
    pub kind: AttendanceKind,
    /// When somebody left early, `HH:MM`.
    pub left_at: Option<String>,
    /// When something was first marked.
    pub first_at: NaiveDateTime,
}

/// What came of the days of placements, where that is known.
///
/// # Errors
/// The database's.
pub fn list_days(db: &mut Db, ids: &[PlacementId]) -> Result<Vec<TracedDay>, StoreError> {
    let rows: Vec<(String, String, Option<String>, NaiveDateTime)> = attendances::table
        .filter(attendances::placement_id.eq_any(texts(ids)))
        .select((attendances::placement_id, attendances::kind, attendances::left_at, attendances::first_at))
        .load(db)?;
    rows.into_iter()
        .map(|(placement, kind, left_at, first_at)| {
            let (placement, kind) = (parse("placement", &placement)?, parse("attendance", &kind)?);
            Ok(TracedDay { placement, kind, left_at, first_at })
        })
        .collect()
}

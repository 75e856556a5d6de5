//! Joining packs and their versions, and libraries' standing text for them.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::schema::{
    applications, joining_packs, libraries, library_employers, library_packs, outbox, placements,
};
use super::{Db, StoreError, Tx, from_json, parse, to_json};
use crate::domain::ids::{EmployerId, LibraryId, PlacementId, RoundId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::packs::Pack;
use crate::domain::states::PlacementState;

/// A pack as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPack {
    /// 0 until it is complete, then the number that both sides have.
    pub version: i64,
    /// Raised by every save.
    pub revision: i64,
    /// What the host has written.
    pub pack: Pack,
    /// When.
    pub updated_at: NaiveDateTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = joining_packs)]
struct Row {
    version: i64,
    revision: i64,
    fields: String,
    updated_at: NaiveDateTime,
}

impl Row {
    fn into_domain(self) -> Result<StoredPack, StoreError> {
        let Self { version, revision, fields, updated_at } = self;
        Ok(StoredPack { version, revision, pack: read(&fields)?, updated_at })
    }
}

fn read(fields: &str) -> Result<Pack, StoreError> {
    let texts: BTreeMap<String, String> = from_json("joining pack", fields)?;
    let values = texts.into_iter().map(|(field, value)| Ok((parse("field", &field)?, value)));
    Ok(Pack(values.collect::<Result<_, StoreError>>()?))
}

fn write(pack: &Pack) -> Result<String, StoreError> {
    let texts: BTreeMap<&str, &String> =
        pack.0.iter().map(|(field, value)| (field.as_str(), value)).collect();
    to_json("joining pack", &texts)
}

/// What a library says to every visitor.
///
/// # Errors
/// The database's.
pub fn find_standing(db: &mut Db, library: LibraryId) -> Result<Option<Pack>, StoreError> {
    Ok(list_standing(db, &[library])?.remove(&library))
}

/// As [`find_standing`], of several libraries; those without one are absent.
///
/// # Errors
/// The database's.
pub fn list_standing(db: &mut Db, libraries: &[LibraryId]) -> Result<HashMap<LibraryId, Pack>, StoreError> {
    let ids: Vec<String> = libraries.iter().map(ToString::to_string).collect();
    let rows: Vec<(String, String)> = library_packs::table
        .filter(library_packs::library_id.eq_any(ids))
        .select((library_packs::library_id, library_packs::fields))
        .load(db)?;
    rows.iter().map(|(id, fields)| Ok((parse("library", id)?, read(fields)?))).collect()
}

/// Sets what a library says to every visitor, in place of any before.
///
/// # Errors
/// The database's.
pub fn replace_standing(
    tx: &mut Tx<'_>,
    library: LibraryId,
    pack: &Pack,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    let id = library.to_string();
    diesel::delete(library_packs::table.find(&id)).execute(&mut **tx)?;
    let values = (
        library_packs::library_id.eq(id),
        library_packs::fields.eq(write(pack)?),
        library_packs::updated_at.eq(now),
    );
    diesel::insert_into(library_packs::table).values(values).execute(&mut **tx)?;
    Ok(())
}

/// The newest pack of a placement, complete or not.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, placement: PlacementId) -> Result<Option<StoredPack>, StoreError> {
    let row: Option<Row> = joining_packs::table
        .filter(joining_packs::placement_id.eq(placement.to_string()))
        .order(joining_packs::version.desc())
        .select(Row::as_select())
        .first(db)
        .optional()?;
    row.map(Row::into_domain).transpose()
}

/// A version of a pack.
///
/// # Errors
/// The database's.
pub fn find_version(
    db: &mut Db,
    placement: PlacementId,
    version: i64,
) -> Result<Option<StoredPack>, StoreError> {
    let row: Option<Row> = joining_packs::table
        .find((placement.to_string(), version))
        .select(Row::as_select())
        .first(db)
        .optional()?;
    row.map(Row::into_domain).transpose()
}

/// The versions of a pack, oldest first.
///
/// # Errors
/// The database's.
pub fn list_versions(db: &mut Db, placement: PlacementId) -> Result<Vec<StoredPack>, StoreError> {
    let rows: Vec<Row> = joining_packs::table
        .filter(joining_packs::placement_id.eq(placement.to_string()))
        .filter(joining_packs::version.ge(1))
        .order(joining_packs::version)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// Stores a pack: version 0 takes the place of what was there, every other one is new.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, placement: PlacementId, stored: &StoredPack) -> Result<(), StoreError> {
    let id = placement.to_string();
    if stored.version == 0 {
        diesel::delete(joining_packs::table.find((&id, 0))).execute(&mut **tx)?;
    }
    let values = (
        joining_packs::placement_id.eq(id),
        joining_packs::version.eq(stored.version),
        joining_packs::revision.eq(stored.revision),
        joining_packs::fields.eq(write(&stored.pack)?),
        joining_packs::updated_at.eq(stored.updated_at),
    );
    diesel::insert_into(joining_packs::table).values(values).execute(&mut **tx)?;
    Ok(())
}

/// The facts of the mails of a thread that told a pack or its changes and have gone, or are about to.
///
/// # Errors
/// The database's.
pub fn list_told(db: &mut Db, thread_key: &str) -> Result<Vec<String>, StoreError> {
    let kinds = [NoticeKind::JoiningPack.as_str(), NoticeKind::PackChanged.as_str()];
    let stopped =
        [NoticeState::Superseded, NoticeState::Discarded, NoticeState::GaveUp, NoticeState::Bounced];
    Ok(outbox::table
        .filter(outbox::thread_key.eq(thread_key))
        .filter(outbox::kind.eq_any(kinds))
        .filter(outbox::state.ne_all(stopped.map(NoticeState::as_str)))
        .filter(outbox::message_id.is_not_null().or(outbox::state.eq(NoticeState::Leased.as_str())))
        .order(outbox::id)
        .select(outbox::facts)
        .load(db)?)
}

/// Confirmed placements on the days from `today` to `last` whose hosts have not completed the pack, can be written to,
/// and have not been.
///
/// # Errors
/// The database's.
pub fn list_to_ask(
    db: &mut Db,
    round: RoundId,
    today: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<PlacementId>, StoreError> {
    let complete = exists(
        joining_packs::table
            .filter(joining_packs::placement_id.eq(placements::id))
            .filter(joining_packs::version.ge(1)),
    );
    // The application is there for its index only.
    let asked = exists(
        outbox::table
            .filter(outbox::application_id.eq(placements::application_id.nullable()))
            .filter(outbox::placement_id.eq(placements::id.nullable()))
            .filter(outbox::kind.eq(NoticeKind::PackMissing.as_str())),
    );
    let ids: Vec<String> = placements::table
        .inner_join(libraries::table.on(libraries::id.eq(placements::host_library_id)))
        .filter(placements::round_id.eq(round.to_string()))
        .filter(placements::state.eq(PlacementState::Confirmed.as_str()))
        .filter(placements::date.between(today, last))
        .filter(libraries::contact_email.is_not_null())
        .filter(not(complete))
        .filter(not(asked))
        .order((placements::date, placements::id))
        .select(placements::id)
        .load(db)?;
    ids.iter().map(|id| parse("placement", id)).collect()
}

/// A confirmed placement and how far its pack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Which.
    pub placement: PlacementId,
    /// Who receives.
    pub host: LibraryId,
    /// When.
    pub date: NaiveDate,
    /// From.
    pub starts: NaiveTime,
    /// What the participant hopes to learn.
    pub objectives: Option<String>,
    /// The number of the newest version; 0 as long as something is missing.
    pub version: i64,
    /// What the host has written of it.
    pub pack: Pack,
}

/// Which outlines a list holds.
#[derive(Debug, Clone, Copy)]
pub struct OutlineFilter<'a> {
    /// Only those that libraries of these employers host.
    pub hosted_by: Option<&'a [EmployerId]>,
    /// Only complete ones, or only others.
    pub complete: Option<bool>,
    /// Only days from this one.
    pub from: NaiveDate,
    /// Only days until this one.
    pub until: Option<NaiveDate>,
}

/// The confirmed placements of a round that a filter lets through, by id after `after`.
///
/// # Errors
/// The database's.
pub fn list_outlines(
    db: &mut Db,
    round: RoundId,
    filter: &OutlineFilter<'_>,
    after: Option<PlacementId>,
    most: i64,
) -> Result<Vec<Outline>, StoreError> {
    let mut query = placements::table
        .inner_join(applications::table.on(applications::id.eq(placements::application_id)))
        .filter(placements::round_id.eq(round.to_string()))
        .filter(placements::state.eq(PlacementState::Confirmed.as_str()))
        .filter(placements::date.ge(filter.from))
        .order(placements::id)
        .limit(most)
        .select((
            placements::id,
            placements::host_library_id,
            placements::date,
            placements::starts,
            applications::objectives,
        ))
        .into_boxed();
    if let Some(own) = filter.hosted_by {
        let own = library_employers::table
            .filter(library_employers::employer_id.eq_any(own.iter().map(ToString::to_string)))
            .select(library_employers::library_id);
        query = query.filter(placements::host_library_id.eq_any(own));
    }
    if let Some(complete) = filter.complete {
        let done =
            joining_packs::table.filter(joining_packs::version.ge(1)).select(joining_packs::placement_id);
        query = if complete {
            query.filter(placements::id.eq_any(done))
        } else {
            query.filter(placements::id.ne_all(done))
        };
    }
    if let Some(until) = filter.until {
        query = query.filter(placements::date.le(until));
    }
    if let Some(after) = after {
        query = query.filter(placements::id.gt(after.to_string()));
    }
    let rows: Vec<(String, String, NaiveDate, String, Option<String>)> = query.load(db)?;
    let mut newest = list_newest(db, rows.iter().map(|(id, ..)| id.as_str()).collect())?;
    rows.into_iter()
        .map(|(id, host, date, starts, objectives)| {
            let (version, pack) = newest.remove(&id).unwrap_or_default();
            Ok(Outline {
                placement: parse("placement", &id)?,
                host: parse("library", &host)?,
                date,
                starts: super::placements::time(&starts)?,
                objectives,
                version,
                pack,
            })
        })
        .collect()
}

/// The newest version of each pack.
fn list_newest(db: &mut Db, placements: Vec<&str>) -> Result<HashMap<String, (i64, Pack)>, StoreError> {
    let rows: Vec<(String, i64, String)> = joining_packs::table
        .filter(joining_packs::placement_id.eq_any(placements))
        .order((joining_packs::placement_id, joining_packs::version))
        .select((joining_packs::placement_id, joining_packs::version, joining_packs::fields))
        .load(db)?;
    rows.into_iter().map(|(id, version, fields)| Ok((id, (version, read(&fields)?)))).collect()
}

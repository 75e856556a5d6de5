//! Repairs and their options, and the mails that one would send.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::keys::{self, OPTION_FILE, Place, REPAIR_FILE};
use super::schema::{outbox, repair_options, repairs};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{ApplicationId, RepairId, RepairOptionId, RoundId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::repair::{AppliedOption, Repair, RepairOption};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = repairs)]
struct Row {
    id: String,
    round_id: String,
    asked: String,
    fingerprint: String,
    round_file: String,
    default_option: String,
    created_at: NaiveDateTime,
    applied_option: Option<String>,
    applied_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = repair_options)]
struct OptionRow {
    id: String,
    repair_id: String,
    place: i64,
    plan: String,
    schedule_file: String,
}

/// Adds a repair with its options.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, repair: &Repair) -> Result<(), StoreError> {
    let id = repair.id.to_string();
    let row = Row {
        round_file: keys::seal_file(Place { what: REPAIR_FILE, id: &id }, &repair.round_file)?,
        id,
        round_id: repair.round.to_string(),
        asked: repair.asked.clone(),
        fingerprint: repair.fingerprint.clone(),
        default_option: repair.default_option.to_string(),
        created_at: repair.created_at,
        applied_option: None,
        applied_at: None,
    };
    diesel::insert_into(repairs::table).values(&row).execute(&mut **tx)?;
    for (place, option) in (0..).zip(&repair.options) {
        let id = option.id.to_string();
        let row = OptionRow {
            schedule_file: keys::seal_file(Place { what: OPTION_FILE, id: &id }, &option.schedule_file)?,
            id,
            repair_id: repair.id.to_string(),
            place,
            plan: option.plan.clone(),
        };
        diesel::insert_into(repair_options::table).values(&row).execute(&mut **tx)?;
    }
    Ok(())
}

/// A repair.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: RepairId) -> Result<Option<Repair>, StoreError> {
    let found: Option<Row> =
        repairs::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    let Some(row) = found else { return Ok(None) };
    let options: Vec<OptionRow> = repair_options::table
        .filter(repair_options::repair_id.eq(&row.id))
        .order(repair_options::place)
        .select(OptionRow::as_select())
        .load(db)?;
    let options = options.into_iter().map(|option| {
        Ok(RepairOption {
            id: parse("repair option", &option.id)?,
            plan: option.plan,
            schedule_file: keys::open(Place { what: OPTION_FILE, id: &option.id }, &option.schedule_file)?,
        })
    });
    Ok(Some(Repair {
        id: parse("repair", &row.id)?,
        round: parse("round", &row.round_id)?,
        asked: row.asked,
        fingerprint: row.fingerprint,
        round_file: keys::open(Place { what: REPAIR_FILE, id: &row.id }, &row.round_file)?,
        default_option: parse("repair option", &row.default_option)?,
        options: options.collect::<Result<_, StoreError>>()?,
        created_at: row.created_at,
        applied: applied(row.applied_option, row.applied_at)?,
    }))
}

/// The repairs of a round that were asked for since an instant and not applied: what was asked, and the fingerprint.
///
/// # Errors
/// The database's.
pub fn list_unapplied(
    db: &mut Db,
    round: RoundId,
    since: NaiveDateTime,
) -> Result<Vec<(String, String)>, StoreError> {
    Ok(repairs::table
        .filter(repairs::round_id.eq(round.to_string()))
        .filter(repairs::applied_option.is_null())
        .filter(repairs::created_at.ge(since))
        .order(repairs::id)
        .select((repairs::asked, repairs::fingerprint))
        .load(db)?)
}

/// Every repair that was ever asked for in a round: what was asked, when, and when an option was applied.
///
/// # Errors
/// The database's.
pub fn list_asked(
    db: &mut Db,
    round: RoundId,
) -> Result<Vec<(String, NaiveDateTime, Option<NaiveDateTime>)>, StoreError> {
    Ok(repairs::table
        .filter(repairs::round_id.eq(round.to_string()))
        .select((repairs::asked, repairs::created_at, repairs::applied_at))
        .load(db)?)
}

/// A repair without its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Which.
    pub id: RepairId,
    /// What was asked, as JSON.
    pub asked: String,
    /// The options with what each changes, as JSON, in their order.
    pub options: Vec<(RepairOptionId, String)>,
    /// The option that was proposed.
    pub default_option: RepairOptionId,
    /// When it was asked for, in UTC.
    pub created_at: NaiveDateTime,
    /// Which option was applied; none as long as none was.
    pub applied: Option<AppliedOption>,
}

/// The repairs of a round by id, at most `most` after `after`.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    round: RoundId,
    after: Option<RepairId>,
    most: i64,
) -> Result<Vec<Outline>, StoreError> {
    type Columns = (String, String, String, NaiveDateTime, Option<String>, Option<NaiveDateTime>);
    let mut query = repairs::table
        .filter(repairs::round_id.eq(round.to_string()))
        .select((
            repairs::id,
            repairs::asked,
            repairs::default_option,
            repairs::created_at,
            repairs::applied_option,
            repairs::applied_at,
        ))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(repairs::id.gt(after.to_string()));
    }
    let rows: Vec<Columns> = query.order(repairs::id).limit(most).load(db)?;
    let ids: Vec<String> = rows.iter().map(|row| row.0.clone()).collect();
    let plans: Vec<(String, String, String)> = repair_options::table
        .filter(repair_options::repair_id.eq_any(&ids))
        .order((repair_options::repair_id, repair_options::place))
        .select((repair_options::repair_id, repair_options::id, repair_options::plan))
        .load(db)?;
    let outline = |(id, asked, default_option, created_at, option, at): Columns| {
        let own = plans.iter().filter(|(repair, _, _)| *repair == id);
        let options = own.map(|(_, id, plan)| Ok((parse("repair option", id)?, plan.clone())));
        Ok(Outline {
            options: options.collect::<Result<_, StoreError>>()?,
            id: parse("repair", &id)?,
            asked,
            default_option: parse("repair option", &default_option)?,
            created_at,
            applied: applied(option, at)?,
        })
    };
    rows.into_iter().map(outline).collect()
}

fn applied(option: Option<String>, at: Option<NaiveDateTime>) -> Result<Option<AppliedOption>, StoreError> {
    match (option, at) {
        (Some(option), Some(at)) => Ok(Some(AppliedOption { option: parse("repair option", &option)?, at })),
        (Some(_) | None, Some(_) | None) => Ok(None),
    }
}

/// Notes which option was applied; false where one was before.
///
/// # Errors
/// The database's.
pub fn mark_applied(
    tx: &mut Tx<'_>,
    id: RepairId,
    option: RepairOptionId,
    now: NaiveDateTime,
) -> Result<bool, StoreError> {
    let marked = diesel::update(repairs::table.find(id.to_string()))
        .filter(repairs::applied_option.is_null())
        .set((repairs::applied_option.eq(option.to_string()), repairs::applied_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(marked == 1)
}

/// How many notices of each kind to each party were enqueued at an instant about some applications and not overtaken
/// since, reminders of nothing else included.
///
/// # Errors
/// The database's.
pub fn count_mails_made_at(
    db: &mut Db,
    applications: &[ApplicationId],
    at: NaiveDateTime,
) -> Result<Vec<(NoticeKind, Party, i64)>, StoreError> {
    let ids: Vec<String> = applications.iter().map(ToString::to_string).collect();
    let mut counted: Vec<(NoticeKind, Party, i64)> = Vec::new();
    for part in ids.chunks(1_000) {
        let rows: Vec<(String, String, i64)> = outbox::table
            .filter(outbox::application_id.eq_any(part))
            .filter(outbox::created_at.eq(at))
            .filter(
                outbox::state.eq_any([NoticeState::Queued, NoticeState::Collected].map(NoticeState::as_str)),
            )
            .group_by((outbox::kind, outbox::party))
            .select((outbox::kind, outbox::party, diesel::dsl::count_star()))
            .load(db)?;
        for (kind, party, count) in rows {
            let (kind, party): (NoticeKind, Party) = (parse("kind", &kind)?, parse("party", &party)?);
            match counted.iter_mut().find(|known| (known.0, known.1) == (kind, party)) {
                Some(known) => known.2 += count,
                None => counted.push((kind, party, count)),
            }
        }
    }
    counted.sort_by_key(|(kind, party, _)| (*kind, *party));
    Ok(counted)
}

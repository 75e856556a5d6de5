//! Repairs and their options, and the mails that one would send.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{outbox, repair_options, repairs};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{ApplicationId, RepairId, RepairOptionId};
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
    let row = Row {
        id: repair.id.to_string(),
        round_id: repair.round.to_string(),
        asked: repair.asked.clone(),
        fingerprint: repair.fingerprint.clone(),
        round_file: repair.round_file.clone(),
        default_option: repair.default_option.to_string(),
        created_at: repair.created_at,
        applied_option: None,
        applied_at: None,
    };
    diesel::insert_into(repairs::table).values(&row).execute(&mut **tx)?;
    for (place, option) in (0..).zip(&repair.options) {
        let row = OptionRow {
            id: option.id.to_string(),
            repair_id: repair.id.to_string(),
            place,
            plan: option.plan.clone(),
            schedule_file: option.schedule_file.clone(),
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
            schedule_file: option.schedule_file,
        })
    });
    let applied = match (row.applied_option, row.applied_at) {
        (Some(option), Some(at)) => Some(AppliedOption { option: parse("repair option", &option)?, at }),
        (Some(_) | None, Some(_) | None) => None,
    };
    Ok(Some(Repair {
        id: parse("repair", &row.id)?,
        round: parse("round", &row.round_id)?,
        asked: row.asked,
        fingerprint: row.fingerprint,
        round_file: row.round_file,
        default_option: parse("repair option", &row.default_option)?,
        options: options.collect::<Result<_, StoreError>>()?,
        created_at: row.created_at,
        applied,
    }))
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
            .filter(outbox::state.eq(NoticeState::Queued.as_str()))
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

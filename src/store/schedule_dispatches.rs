//! Files that were made for deliveries of schedules, and what came of each. A file is kept for a while, its hash for longer.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{outbox, placements, schedule_deliveries, schedule_dispatches};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{ScheduleDeliveryId, ScheduleDispatchId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::schedule_delivery::{Dispatch, DispatchFile, DispatchState, FileMark};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schedule_dispatches, treat_none_as_null = true)]
struct Row {
    id: String,
    delivery_id: String,
    number: i64,
    due_at: NaiveDateTime,
    made_at: NaiveDateTime,
    settled_at: Option<NaiveDateTime>,
    state: String,
    failure: Option<String>,
    last_error: Option<String>,
    attempts: i64,
    next_attempt_at: NaiveDateTime,
    row_count: i64,
    read_from: Option<i64>,
    read_to: i64,
    begins_anew: bool,
    notice_id: Option<String>,
    file_name: Option<String>,
    byte_count: Option<i64>,
    sha256: Option<String>,
}

impl Row {
    fn from_domain(dispatch: &Dispatch) -> Self {
        let file = dispatch.file.as_ref();
        Self {
            id: dispatch.id.to_string(),
            delivery_id: dispatch.delivery.to_string(),
            number: dispatch.number,
            due_at: dispatch.due_at,
            made_at: dispatch.made_at,
            settled_at: dispatch.settled_at,
            state: dispatch.state.to_string(),
            failure: dispatch.failure.map(|failure| failure.to_string()),
            last_error: dispatch.last_error.clone(),
            attempts: dispatch.attempts,
            next_attempt_at: dispatch.next_attempt_at,
            row_count: dispatch.rows,
            read_from: dispatch.read_from,
            read_to: dispatch.read_to,
            begins_anew: dispatch.begins_anew,
            notice_id: dispatch.notice.map(|id| id.to_string()),
            file_name: file.map(|file| file.name.clone()),
            byte_count: file.map(|file| file.bytes),
            sha256: file.map(|file| file.sha256.clone()),
        }
    }

    fn into_domain(self) -> Result<Dispatch, StoreError> {
        let file = match (self.file_name, self.byte_count, self.sha256) {
            (Some(name), Some(bytes), Some(sha256)) => Some(FileMark { name, bytes, sha256 }),
            (_, _, _) => None,
        };
        Ok(Dispatch {
            id: parse("dispatch", &self.id)?,
            delivery: parse("schedule delivery", &self.delivery_id)?,
            number: self.number,
            due_at: self.due_at,
            made_at: self.made_at,
            settled_at: self.settled_at,
            state: parse("state of a dispatch", &self.state)?,
            failure: self.failure.map(|failure| parse("failure of a dispatch", &failure)).transpose()?,
            last_error: self.last_error,
            attempts: self.attempts,
            next_attempt_at: self.next_attempt_at,
            rows: self.row_count,
            file,
            read_from: self.read_from,
            read_to: self.read_to,
            begins_anew: self.begins_anew,
            notice: self.notice_id.map(|id| parse("notice", &id)).transpose()?,
        })
    }
}

/// Adds a dispatch with its file, where one was made.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, dispatch: &Dispatch, file: Option<&[u8]>) -> Result<(), StoreError> {
    let row = Row::from_domain(dispatch);
    diesel::insert_into(schedule_dispatches::table)
        .values((&row, schedule_dispatches::file.eq(file)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Writes what came of a dispatch; its file stays as it is.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, dispatch: &Dispatch) -> Result<(), StoreError> {
    let row = Row::from_domain(dispatch);
    diesel::update(schedule_dispatches::table.find(&row.id)).set(&row).execute(&mut **tx)?;
    Ok(())
}

/// A dispatch.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: ScheduleDispatchId) -> Result<Option<Dispatch>, StoreError> {
    let row =
        schedule_dispatches::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    row.map(Row::into_domain).transpose()
}

/// The file of a dispatch, while it is kept.
///
/// # Errors
/// The database's.
pub fn find_file(db: &mut Db, id: ScheduleDispatchId) -> Result<Option<DispatchFile>, StoreError> {
    let found: Option<(Option<String>, Option<Vec<u8>>)> = schedule_dispatches::table
        .find(id.to_string())
        .select((schedule_dispatches::file_name, schedule_dispatches::file))
        .first(db)
        .optional()?;
    let (name, bytes) = found.unwrap_or_default();
    Ok(name.zip(bytes).map(|(name, bytes)| DispatchFile { name, bytes }))
}

/// A page of a delivery's dispatches, oldest first.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    delivery: ScheduleDeliveryId,
    after: Option<ScheduleDispatchId>,
    most: i64,
) -> Result<Vec<Dispatch>, StoreError> {
    let of = schedule_dispatches::delivery_id.eq(delivery.to_string());
    let mut query = schedule_dispatches::table.filter(of).into_boxed();
    if let Some(after) = after {
        query = query.filter(schedule_dispatches::id.gt(after.to_string()));
    }
    let rows: Vec<Row> =
        query.order(schedule_dispatches::id).limit(most).select(Row::as_select()).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// The dispatch of a delivery whose file is still on its way to the folder.
///
/// # Errors
/// The database's.
pub fn find_waiting(db: &mut Db, delivery: ScheduleDeliveryId) -> Result<Option<Dispatch>, StoreError> {
    let row = schedule_dispatches::table
        .filter(schedule_dispatches::delivery_id.eq(delivery.to_string()))
        .filter(schedule_dispatches::state.eq(DispatchState::Waiting.as_str()))
        .select(Row::as_select())
        .first(db)
        .optional()?;
    row.map(Row::into_domain).transpose()
}

/// The dispatches whose folder is to be tried now, the longest one first.
///
/// # Errors
/// The database's.
pub fn list_waiting(db: &mut Db, now: NaiveDateTime, most: i64) -> Result<Vec<Dispatch>, StoreError> {
    let rows: Vec<Row> = schedule_dispatches::table
        .filter(schedule_dispatches::state.eq(DispatchState::Waiting.as_str()))
        .filter(schedule_dispatches::next_attempt_at.le(now))
        .order((schedule_dispatches::next_attempt_at, schedule_dispatches::id))
        .limit(most)
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// Takes files away that were made before one instant, and dispatches that were made before another.
///
/// # Errors
/// The database's.
pub fn forget_old(
    tx: &mut Tx<'_>,
    (files, dispatches): (NaiveDateTime, NaiveDateTime),
) -> Result<(), StoreError> {
    let settled = schedule_dispatches::state.ne(DispatchState::Waiting.as_str());
    diesel::update(
        schedule_dispatches::table
            .filter(settled)
            .filter(schedule_dispatches::made_at.lt(files))
            .filter(schedule_dispatches::file.is_not_null()),
    )
    .set(schedule_dispatches::file.eq(None::<Vec<u8>>))
    .execute(&mut **tx)?;
    diesel::delete(
        schedule_dispatches::table.filter(settled).filter(schedule_dispatches::made_at.lt(dispatches)),
    )
    .execute(&mut **tx)?;
    Ok(())
}

/// Takes away the files in which somebody may be, and the mails with them that have not left.
pub(super) fn erase_files_with(tx: &mut Tx<'_>, person: &str, now: NaiveDateTime) -> Result<(), StoreError> {
    let employers: Vec<String> = placements::table
        .filter(placements::person_id.eq(person))
        .select(placements::employer_id)
        .distinct()
        .load(&mut **tx)?;
    let deliveries: Vec<String> = schedule_deliveries::table
        .filter(schedule_deliveries::employer_id.eq_any(employers))
        .select(schedule_deliveries::id)
        .load(&mut **tx)?;
    let of = || schedule_dispatches::table.filter(schedule_dispatches::delivery_id.eq_any(&deliveries));
    let mails: Vec<Option<String>> = of()
        .filter(schedule_dispatches::file.is_not_null())
        .select(schedule_dispatches::notice_id)
        .load(&mut **tx)?;
    diesel::update(of()).set(schedule_dispatches::file.eq(None::<Vec<u8>>)).execute(&mut **tx)?;
    diesel::update(
        outbox::table
            .filter(outbox::id.eq_any(mails.into_iter().flatten()))
            .filter(outbox::kind.eq(NoticeKind::ScheduleFile.as_str()))
            .filter(outbox::state.eq(NoticeState::Queued.as_str())),
    )
    .set((
        outbox::state.eq(NoticeState::Discarded.as_str()),
        outbox::settled_at.eq(now),
        outbox::message.eq(None::<Vec<u8>>),
    ))
    .execute(&mut **tx)?;
    Ok(())
}

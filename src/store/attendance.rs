//! What came of days, and the visits about which somebody may have to be written to.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::prelude::*;

use super::placements::time;
use super::schema::{attendances, consents, placements};
use super::{Db, StoreError, Tx, parse};
use crate::domain::attendance::{Attendance, Recorded};
use crate::domain::ids::{ApplicationId, LibraryId, PersonId, PlacementId};
use crate::domain::states::PlacementState;

/// What came of the day of a placement, if anything is known.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: PlacementId) -> Result<Option<Recorded>, StoreError> {
    let row: Option<(String, Option<String>, NaiveDateTime)> = attendances::table
        .find(id.to_string())
        .select((attendances::kind, attendances::left_at, attendances::first_at))
        .first(db)
        .optional()?;
    let Some((kind, left_at, first_at)) = row else { return Ok(None) };
    let left_at = left_at.map(|text| time(&text)).transpose()?;
    Ok(Some(Recorded { attendance: Attendance { kind: parse("attendance", &kind)?, left_at }, first_at }))
}

/// Keeps what came of a day in place of what was kept before.
///
/// # Errors
/// The database's.
pub fn save(tx: &mut Tx<'_>, id: PlacementId, recorded: &Recorded) -> Result<(), StoreError> {
    diesel::delete(attendances::table.find(id.to_string())).execute(&mut **tx)?;
    diesel::insert_into(attendances::table)
        .values((
            attendances::placement_id.eq(id.to_string()),
            attendances::kind.eq(recorded.attendance.kind.as_str()),
            attendances::left_at.eq(recorded.attendance.left_at.map(|at| at.format("%H:%M").to_string())),
            attendances::first_at.eq(recorded.first_at),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether another placement stands of this application, or of the person on the date.
///
/// # Errors
/// The database's.
pub fn has_rival(
    db: &mut Db,
    application: ApplicationId,
    person: PersonId,
    date: NaiveDate,
) -> Result<bool, StoreError> {
    let live = PlacementState::ALL.iter().filter(|state| state.is_live()).map(|state| state.as_str());
    let same_day = placements::person_id.eq(person.to_string()).and(placements::date.eq(date));
    let rivals: i64 = placements::table
        .filter(placements::state.eq_any(live))
        .filter(placements::application_id.eq(application.to_string()).or(same_day))
        .count()
        .get_result(db)?;
    Ok(rivals > 0)
}

/// A visit that is near, or that has been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Which placement.
    pub placement: PlacementId,
    /// Confirmed or completed.
    pub state: PlacementState,
    /// When.
    pub date: NaiveDate,
    /// From, local to the host.
    pub starts: NaiveTime,
    /// The host's zone.
    pub time_zone: chrono_tz::Tz,
    /// The participant's library.
    pub home: LibraryId,
    /// The library visited.
    pub host: LibraryId,
    /// When the last yes came, in UTC.
    pub agreed_at: Option<NaiveDateTime>,
}

/// The visits of confirmed placements until a date, however long ago, and those of completed ones since another.
///
/// # Errors
/// The database's.
pub fn list_visits(db: &mut Db, since: NaiveDate, until: NaiveDate) -> Result<Vec<Visit>, StoreError> {
    let near = placements::state.eq(PlacementState::Confirmed.as_str()).and(placements::date.le(until));
    let been = placements::state.eq(PlacementState::Completed.as_str()).and(placements::date.ge(since));
    let rows: Vec<(String, String, NaiveDate, String, String, String, String)> = placements::table
        .filter(near.or(been))
        .order((placements::date, placements::id))
        .select((
            placements::id,
            placements::state,
            placements::date,
            placements::starts,
            placements::time_zone,
            placements::home_library_id,
            placements::host_library_id,
        ))
        .load(db)?;
    let answers: Vec<(String, Option<NaiveDateTime>)> = consents::table
        .inner_join(placements::table.on(placements::id.eq(consents::placement_id)))
        .filter(near)
        .select((consents::placement_id, consents::answered_at))
        .load(db)?;
    let mut agreed = std::collections::HashMap::new();
    for (id, at) in answers {
        let last = agreed.entry(id).or_insert(at);
        *last = at.max(*last);
    }
    rows.into_iter()
        .map(|(id, state, date, starts, time_zone, home, host)| {
            Ok(Visit {
                placement: parse("placement", &id)?,
                state: parse("state", &state)?,
                date,
                starts: time(&starts)?,
                time_zone: parse("time zone", &time_zone)?,
                home: parse("library", &home)?,
                host: parse("library", &host)?,
                agreed_at: agreed.remove(&id).flatten(),
            })
        })
        .collect()
}

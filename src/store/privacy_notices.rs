//! Privacy notices of rounds, each version for good, and which one an application agreed to.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{applications, privacy_notices};
use super::{Db, StoreError, Tx};
use crate::domain::ids::{ApplicationId, RoundId};
use crate::domain::privacy::PrivacyNotice;

type Row = (i64, String, String, String, NaiveDateTime);

const COLUMNS: (
    privacy_notices::version,
    privacy_notices::controller,
    privacy_notices::purpose,
    privacy_notices::consent,
    privacy_notices::created_at,
) = (
    privacy_notices::version,
    privacy_notices::controller,
    privacy_notices::purpose,
    privacy_notices::consent,
    privacy_notices::created_at,
);

fn into_domain((version, controller, purpose, consent, created_at): Row) -> PrivacyNotice {
    PrivacyNotice { version, controller, purpose, consent, created_at }
}

/// The present notice of a round.
///
/// # Errors
/// The database's.
pub fn find_latest(db: &mut Db, round: RoundId) -> Result<Option<PrivacyNotice>, StoreError> {
    let found: Option<Row> = privacy_notices::table
        .filter(privacy_notices::round_id.eq(round.to_string()))
        .order(privacy_notices::version.desc())
        .select(COLUMNS)
        .first(db)
        .optional()?;
    Ok(found.map(into_domain))
}

/// Adds a version.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, round: RoundId, notice: &PrivacyNotice) -> Result<(), StoreError> {
    diesel::insert_into(privacy_notices::table)
        .values((
            privacy_notices::round_id.eq(round.to_string()),
            privacy_notices::version.eq(notice.version),
            privacy_notices::controller.eq(&notice.controller),
            privacy_notices::purpose.eq(&notice.purpose),
            privacy_notices::consent.eq(&notice.consent),
            privacy_notices::created_at.eq(notice.created_at),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes which version an application agreed to.
///
/// # Errors
/// The database's.
pub fn agree(tx: &mut Tx<'_>, id: ApplicationId, version: Option<i64>) -> Result<(), StoreError> {
    diesel::update(applications::table.find(id.to_string()))
        .set(applications::privacy_version.eq(version))
        .execute(&mut **tx)?;
    Ok(())
}

/// The notice that an application agreed to.
///
/// # Errors
/// The database's.
pub fn find_agreed(db: &mut Db, id: ApplicationId) -> Result<Option<PrivacyNotice>, StoreError> {
    let found: Option<Row> = privacy_notices::table
        .inner_join(applications::table.on(applications::round_id.eq(privacy_notices::round_id)))
        .filter(applications::id.eq(id.to_string()))
        .filter(applications::privacy_version.eq(privacy_notices::version.nullable()))
        .select(COLUMNS)
        .first(db)
        .optional()?;
    Ok(found.map(into_domain))
}

//! Whether a mandate can be given: its shape, and whether what it names is there.

use super::AppError;
use super::app::Now;
use crate::domain::fault::Faults;
use crate::domain::mandate::{Holder, Mandate};
use crate::store::{Db, organisations, rounds};
use chrono::{DateTime, Utc};

/// Reports what is wrong with a mandate, at `/role`, `/employers` and `/round`.
///
/// # Errors
/// The database's.
pub(super) fn check(db: &mut Db, mandate: &Mandate, holder: Holder, faults: &Faults) -> Result<(), AppError> {
    mandate.check(holder, faults);
    for (n, employer) in mandate.employers.iter().enumerate() {
        if organisations::find_employer(db, *employer)?.is_none() {
            faults.add(format!("/employers/{n}"), employer, "there is no such employer");
        }
    }
    if let Some(round) = mandate.round
        && rounds::find(db, round)?.is_none()
    {
        faults.add("/round", round, "there is no such round");
    }
    Ok(())
}

/// Reports an end that has been, at `/expires_at`.
pub(super) fn check_end(end: Option<DateTime<Utc>>, now: &Now, faults: &Faults) {
    if let Some(end) = end.filter(|end| *end <= now.at) {
        faults.add("/expires_at", end, format!("must lie in the future (it is {} now)", now.at));
    }
}

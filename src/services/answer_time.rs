//! Until when a proposal that is made after the publication is to be answered: docs/deadlines.md.

use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate};

use super::AppError;
use super::app::Now;
use crate::domain::deadlines::{MOST_DAYS_AFTER, MOST_DAYS_BEFORE, late_answers};
use crate::domain::opening::Opening;
use crate::domain::organisation::Library;
use crate::domain::round::Round;
use crate::store::{Db, opening};

/// The last day for answers to a proposal of a visit that is made now, where it is not the round's; `libraries` are
/// those of whoever is asked.
///
/// # Errors
/// `too-late` where nobody could answer before the visit; the database's.
pub(super) fn last_day(
    db: &mut Db,
    now: &Now,
    round: &Round,
    visit: NaiveDate,
    libraries: &[Library],
) -> Result<Option<NaiveDate>, AppError> {
    let today = now.today(round.time_zone);
    let openings = opening::load(db, libraries, &days(today, visit))?;
    let openings: Vec<&Opening> = openings.values().collect();
    Ok(late_answers(today, round.answer_until, visit, &openings)?)
}

/// The days that are looked at.
pub(super) fn days(today: NaiveDate, visit: NaiveDate) -> RangeInclusive<NaiveDate> {
    let after = u64::try_from(MOST_DAYS_AFTER).unwrap_or(u64::MAX);
    let first = today.min(visit - Days::new(MOST_DAYS_BEFORE));
    first..=visit.max(today.checked_add_days(Days::new(after)).unwrap_or(visit))
}

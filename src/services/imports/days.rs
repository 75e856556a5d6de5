//! Dated days of single libraries, which lists of hours and of closures both bring.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::{Target, Telling};
use crate::domain::ids::LibraryId;
use crate::domain::opening::Exception;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::{opening, rounds};

/// Sets exceptions of libraries, where they differ from those there are.
pub(super) fn set_exceptions(
    target: &mut Target<'_, '_>,
    now: &Now,
    wanted: Vec<(LibraryId, Exception)>,
    telling: &mut Telling<'_>,
) -> Result<(), AppError> {
    let libraries: BTreeSet<LibraryId> = wanted.iter().map(|(library, _)| *library).collect();
    let libraries: Vec<LibraryId> = libraries.into_iter().collect();
    let mut present: HashMap<(LibraryId, NaiveDate), Exception> =
        opening::list_exceptions_of(target.db(), &libraries)?
            .into_iter()
            .map(|(library, exception)| ((library, exception.date), exception))
            .collect();
    let mut changed: BTreeMap<LibraryId, BTreeSet<NaiveDate>> = BTreeMap::new();
    for (library, exception) in wanted {
        let date = exception.date;
        match present.insert((library, date), exception.clone()) {
            Some(before) if before == exception => {
                telling.outcome.unchanged += 1;
                continue;
            }
            Some(_) => telling.outcome.changed += 1,
            None => telling.outcome.added += 1,
        }
        changed.entry(library).or_default().insert(date);
        if let Some(tx) = target.tx() {
            opening::replace_exception(tx, library, &exception, now.utc())?;
        }
    }
    if let Some(tx) = target.tx() {
        for (library, dates) in changed {
            rounds::bump_revisions_of_library_days(tx, &[library], |date| dates.contains(&date))?;
        }
    }
    Ok(())
}

//! Nothing is kept longer than it is needed: what is over its time goes, kind by kind, and the audit says how much.
//! Again and again it comes to nothing more.

use chrono::NaiveDateTime;
use serde_json::json;

use super::app::{Now, permit_everywhere, record};
use super::erasure::{Whose, erase_in, reduce};
use super::{App, AppError};
use crate::domain::ids::{ApplicationId, EmploymentId, PersonId, RoundId};
use crate::domain::permissions::{Action, Actor};
use crate::domain::privacy::Retention;
use crate::store::{Db, Tx, idea_questions, retention, schedule_entries};

pub use crate::domain::privacy::Kept;

/// How much of each kind is over its time, or was taken away.
pub type Report = Vec<(Kept, usize)>;

/// What is over its time.
enum Due {
    Unproven(Vec<ApplicationId>),
    Needs(Vec<RoundId>, usize),
    Links(usize, NaiveDateTime),
    Lists(Vec<EmploymentId>),
    Inbound(usize, NaiveDateTime),
    Words(Vec<RoundId>, usize, NaiveDateTime),
    Persons(Vec<PersonId>),
}

impl Due {
    fn count(&self) -> usize {
        match self {
            Due::Unproven(ids) => ids.len(),
            Due::Needs(_, count) | Due::Words(_, count, _) => *count,
            Due::Links(count, _) | Due::Inbound(count, _) => *count,
            Due::Lists(ids) => ids.len(),
            Due::Persons(ids) => ids.len(),
        }
    }
}

fn size(count: i64) -> usize {
    usize::try_from(count).unwrap_or_default()
}

fn due(db: &mut Db, kept: Retention, now: &Now, kind: Kept) -> Result<Option<Due>, AppError> {
    let (Some(before), Some(day)) = (kept.before(kind, now.at), kept.over_before(kind, now.at)) else {
        return Ok(None);
    };
    Ok(Some(match kind {
        Kept::Unproven => Due::Unproven(retention::list_unproven(db, before)?),
        Kept::AccessNeeds => {
            let over = retention::list_rounds_over(db, day)?;
            let needs = retention::list_with_needs(db, &over)?.len();
            let files = retention::list_whole_runs(db, &over)?.len();
            let repairs = retention::list_whole_repairs(db, &over)?.len();
            Due::Needs(over, needs + files + repairs)
        }
        Kept::Links => {
            let called_off = schedule_entries::count_called_off(db, before)?;
            Due::Links(size(retention::count_links(db, before)? + called_off), before)
        }
        Kept::Lists => Due::Lists(retention::list_left(db, day)?),
        Kept::Inbound => Due::Inbound(size(retention::count_inbound(db, before)?), before),
        Kept::Words => {
            let over = retention::list_rounds_over(db, day)?;
            let count = retention::count_words(db, &over)? + size(idea_questions::count_words(db, before)?);
            Due::Words(over, count, before)
        }
        Kept::Persons => {
            let over = retention::list_rounds_over(db, day)?;
            let mut gone = retention::list_persons_only_in(db, &over)?;
            gone.extend(retention::list_persons_of_the_past(db, day)?);
            Due::Persons(gone)
        }
    }))
}

/// What would go now: nothing is changed.
///
/// # Errors
/// `forbidden`; the database's.
pub fn look(app: &App, actor: &Actor) -> Result<Report, AppError> {
    permit_everywhere(actor, Action::ApplyRetention)?;
    let now = app.now()?;
    let mut report = Vec::new();
    for kind in Kept::ALL {
        let due = app.store.read(|db| due(db, app.settings.retention, &now, *kind))?;
        report.push((*kind, due.map_or(0, |due| due.count())));
    }
    Ok(report)
}

/// Takes away what is over its time: each kind in a transaction of its own, with an entry in the audit where anything
/// went. A kind that fails does not hold up the others.
///
/// # Errors
/// `forbidden`; that of the first kind that failed.
pub fn apply(app: &App, actor: &Actor) -> Result<Report, AppError> {
    permit_everywhere(actor, Action::ApplyRetention)?;
    let now = app.now()?;
    let mut report = Vec::new();
    let mut failed = None;
    for kind in Kept::ALL {
        let taken = app.store.write(|tx| {
            let Some(due) = due(tx, app.settings.retention, &now, *kind)? else { return Ok(0) };
            if due.count() == 0 {
                return Ok(0);
            }
            let count = take_away(tx, &now, actor, &due)?;
            if count > 0 {
                let details = json!({ "count": count, "days": app.settings.retention.days(*kind) });
                record(tx, &now, actor, Action::ApplyRetention, ("retention", kind), &details)?;
            }
            Ok::<_, AppError>(count)
        });
        match taken {
            Ok(count) => report.push((*kind, count)),
            Err(error) => {
                // The other kinds have their time too.
                tracing::error!(%kind, %error, "nothing of it is taken away");
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(report), Err)
}

/// Gives how much went.
fn take_away(tx: &mut Tx<'_>, now: &Now, actor: &Actor, due: &Due) -> Result<usize, AppError> {
    match due {
        Due::Unproven(ids) => retention::delete_applications(tx, ids)?,
        Due::Needs(over, _) => {
            let files = reduce(tx, now, actor, over, &Whose::Everybody)?;
            let ids = retention::list_with_needs(tx, over)?;
            retention::delete_needs(tx, &ids)?;
            return Ok(files + ids.len());
        }
        Due::Links(_, before) => {
            retention::delete_links(tx, *before)?;
            schedule_entries::forget_called_off(tx, *before)?;
        }
        Due::Lists(ids) => retention::delete_employments(tx, ids)?,
        Due::Inbound(_, before) => retention::delete_inbound(tx, *before).map(drop)?,
        Due::Words(over, _, before) => {
            retention::delete_words(tx, over)?;
            idea_questions::delete_words(tx, *before)?;
        }
        Due::Persons(ids) => ids.iter().try_for_each(|id| erase_in(tx, now, actor, *id))?,
    }
    Ok(due.count())
}

//! Two runs of a round side by side: who goes elsewhere, who gains a place, who loses one, and what both are worth.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::load::get_own_run;
use super::runs::read_schedule;
use super::{App, AppError};
use crate::domain::ids::RunId;
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::run::Run;
use crate::files::Schedule;
use crate::files::schedule::Placement;
use crate::store::{Db, runs};

/// Somebody's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The host's id.
    pub host: String,
    /// The date.
    pub date: NaiveDate,
}

/// What changes from one run to another. People are named by their applications' ids, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The one run.
    pub from: Run,
    /// The other.
    pub to: Run,
    /// Who has a place only in the other.
    pub placed: Vec<(String, Place)>,
    /// Who has a place only in the one.
    pub lost: Vec<(String, Place)>,
    /// Who has another place in the other: the former, then the new.
    pub moved: Vec<(String, Place, Place)>,
    /// How many have the same place in both.
    pub same: i64,
}

/// Compares two runs of a round that have schedules.
///
/// # Errors
/// `other-round` where they are of different rounds; `run-state` where one has no schedule; `not-found`; `forbidden`.
pub fn compare(app: &App, actor: &Actor, from: RunId, to: RunId) -> Result<Comparison, AppError> {
    let ((from, old), (to, new)) = app.store.read(|db| {
        let own = |db: &mut Db, id| get_own_run(db, actor, Action::ReadRuns, id);
        let (from, to) = (own(db, from)?, own(db, to)?);
        if from.round != to.round {
            let words =
                format!("run {} is of round {}, run {} of round {}", from.id, from.round, to.id, to.round);
            return Err(Refusal::new(RefusalCode::OtherRound, words).into());
        }
        let (old, new) = (schedule_of(db, &from)?, schedule_of(db, &to)?);
        Ok::<_, AppError>(((from, old), (to, new)))
    })?;
    // The files are read when the database is free again.
    let (old, new) = (read_schedule(from.id, &old)?, read_schedule(to.id, &new)?);
    Ok(difference(from, &old, to, &new))
}

fn schedule_of(db: &mut Db, run: &Run) -> Result<String, AppError> {
    let files = runs::files(db, run.id)?;
    files.and_then(|(_, schedule)| schedule).ok_or_else(|| {
        let words = format!("run {} is {}: it has no schedule to compare", run.id, run.state);
        Refusal::new(RefusalCode::RunState, words).into()
    })
}

fn places(schedule: &Schedule) -> BTreeMap<&str, Place> {
    let place = |placed: &Placement| Place { host: placed.host.clone(), date: placed.date };
    schedule.placements.iter().map(|placed| (placed.staff.as_str(), place(placed))).collect()
}

fn difference(from: Run, old: &Schedule, to: Run, new: &Schedule) -> Comparison {
    let (before, mut after) = (places(old), places(new));
    let mut found = Comparison { from, to, placed: Vec::new(), lost: Vec::new(), moved: Vec::new(), same: 0 };
    for (who, was) in before {
        match after.remove(who) {
            Some(is) if is == was => found.same += 1,
            Some(is) => found.moved.push((who.to_owned(), was, is)),
            None => found.lost.push((who.to_owned(), was)),
        }
    }
    found.placed = after.into_iter().map(|(who, is)| (who.to_owned(), is)).collect();
    found
}

//! The counted changes of employers' schedules: which placements are in them, and the number of each one's last change.
//!
//! Whoever changes what a row of a schedule says touches it; before the commit `settle` gives every row that was touched
//! the next number of its employer. So no use case can forget it, and a counter is locked for a moment only.
//! A number is committed with its row, in the order of the numbers: who has read up to one has missed nothing before it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{outbox, placements, schedule_counters, schedule_entries};
use super::{Db, StoreError, Tx, parse, webhook_messages};
use crate::domain::ids::{EmployerId, LibraryId, PersonId, PlacementId, RunId};
use crate::domain::notice::NoticeState;
use crate::domain::schedule::Counted;
use crate::domain::states::PlacementState;

/// How many ids go into one statement.
const PIECE: usize = 1_000;

/// What a transaction has changed of what rows of schedules say. Ids as the tables hold them.
#[derive(Debug, Default)]
pub(super) struct Touched {
    placements: BTreeSet<String>,
    applications: BTreeSet<String>,
    persons: BTreeSet<String>,
    libraries: BTreeSet<String>,
}

impl Touched {
    /// A placement was made or changed.
    pub(super) fn placement(&mut self, id: PlacementId) {
        self.placements.insert(id.to_string());
    }

    /// Whether somebody was told of an application's placement has changed.
    pub(super) fn applications(&mut self, ids: impl IntoIterator<Item = String>) {
        self.applications.extend(ids);
    }

    /// What a person is called, by whomever, has changed.
    pub(super) fn person(&mut self, id: PersonId) {
        self.persons.insert(id.to_string());
    }

    /// As [`Touched::person`], of several.
    pub(super) fn persons(&mut self, ids: impl IntoIterator<Item = String>) {
        self.persons.extend(ids);
    }

    /// The name or the sectors of a library have changed.
    pub(super) fn library(&mut self, id: LibraryId) {
        self.libraries.insert(id.to_string());
    }

    fn is_empty(&self) -> bool {
        self.placements.is_empty()
            && self.applications.is_empty()
            && self.persons.is_empty()
            && self.libraries.is_empty()
    }
}

fn pieces(ids: &BTreeSet<String>) -> Vec<Vec<String>> {
    let ids: Vec<&String> = ids.iter().collect();
    ids.chunks(PIECE).map(|piece| piece.iter().map(|id| (*id).clone()).collect()).collect()
}

/// The applications with mails of a publication that are held.
pub(super) fn held_of_run(db: &mut Db, run: RunId) -> Result<Vec<String>, StoreError> {
    Ok(outbox::table
        .filter(outbox::run_id.eq(run.to_string()))
        .filter(outbox::state.eq(NoticeState::Held.as_str()))
        .filter(outbox::application_id.is_not_null())
        .select(outbox::application_id.assume_not_null())
        .distinct()
        .load(db)?)
}

/// Everything that was touched, as placements.
fn expand(tx: &mut Tx<'_>, touched: Touched) -> Result<BTreeSet<String>, StoreError> {
    let mut all = touched.placements;
    for piece in pieces(&touched.applications) {
        let found = placements::table.filter(placements::application_id.eq_any(piece)).select(placements::id);
        all.extend(found.load::<String>(&mut **tx)?);
    }
    for piece in pieces(&touched.persons) {
        let found = placements::table.filter(placements::person_id.eq_any(piece)).select(placements::id);
        all.extend(found.load::<String>(&mut **tx)?);
    }
    for piece in pieces(&touched.libraries) {
        let home =
            placements::table.filter(placements::home_library_id.eq_any(&piece)).select(placements::id);
        all.extend(home.load::<String>(&mut **tx)?);
        let host =
            placements::table.filter(placements::host_library_id.eq_any(&piece)).select(placements::id);
        all.extend(host.load::<String>(&mut **tx)?);
    }
    Ok(all)
}

/// A placement that gets a number.
struct Due {
    placement: String,
    is_listed: bool,
    /// First and unbroken since, where it has an entry.
    before: Option<(i64, Option<i64>)>,
}

/// Gives what was touched its numbers, and tells webhooks; called once, before the commit.
pub(super) fn settle(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    if tx.touched.is_empty() {
        return Ok(());
    }
    let touched = std::mem::take(&mut tx.touched);
    let all = expand(tx, touched)?;
    // In the order of their ids, so that two transactions lock the counters of several employers in the same one.
    let mut due: BTreeMap<String, Vec<Due>> = BTreeMap::new();
    for piece in pieces(&all) {
        collect_due(tx, &piece, &mut due)?;
    }
    for (employer, rows) in due {
        number(tx, &employer, &rows)?;
    }
    Ok(())
}

fn collect_due(
    tx: &mut Tx<'_>,
    piece: &[String],
    due: &mut BTreeMap<String, Vec<Due>>,
) -> Result<(), StoreError> {
    let found: Vec<(String, String, String, String)> = placements::table
        .filter(placements::id.eq_any(piece))
        .order(placements::id)
        .select((placements::id, placements::employer_id, placements::application_id, placements::state))
        .load(&mut **tx)?;
    let entries: Vec<(String, i64, Option<i64>)> = schedule_entries::table
        .filter(schedule_entries::placement_id.eq_any(piece))
        .select((
            schedule_entries::placement_id,
            schedule_entries::first_revision,
            schedule_entries::since_revision,
        ))
        .load(&mut **tx)?;
    let mut entries: HashMap<String, (i64, Option<i64>)> =
        entries.into_iter().map(|(id, first, since)| (id, (first, since))).collect();
    let standing: Vec<&String> =
        found.iter().filter(|row| is_in_schedules(&row.3)).map(|row| &row.2).collect();
    let held: HashSet<String> = if standing.is_empty() {
        HashSet::new()
    } else {
        let held = outbox::table
            .filter(outbox::state.eq(NoticeState::Held.as_str()))
            .filter(outbox::application_id.eq_any(standing))
            .select(outbox::application_id.assume_not_null());
        held.load::<String>(&mut **tx)?.into_iter().collect()
    };
    for (placement, employer, application, state) in found {
        let is_listed = is_in_schedules(&state) && !held.contains(&application);
        let before = entries.remove(&placement);
        // What was never in a schedule is nothing new to whoever reads its changes.
        if is_listed || before.is_some() {
            due.entry(employer).or_default().push(Due { placement, is_listed, before });
        }
    }
    Ok(())
}

fn is_in_schedules(state: &str) -> bool {
    PlacementState::IN_SCHEDULES.iter().any(|one| one.as_str() == state)
}

fn number(tx: &mut Tx<'_>, employer: &str, rows: &[Due]) -> Result<(), StoreError> {
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let raised = diesel::update(schedule_counters::table.find(employer))
        .set(schedule_counters::revision.eq(schedule_counters::revision + count))
        .execute(&mut **tx)?;
    if raised == 0 {
        insert_counter(tx, employer, count)?;
    }
    let last: i64 =
        schedule_counters::table.find(employer).select(schedule_counters::revision).first(&mut **tx)?;
    let read = last - count;
    let mut changed = Vec::with_capacity(rows.len());
    for (revision, row) in (read + 1..=last).zip(rows) {
        let (first, unbroken) = row.before.unwrap_or((revision, None));
        let since = row.is_listed.then_some(unbroken.unwrap_or(revision));
        let counted = Counted { placement: parse("placement", &row.placement)?, revision, first, since };
        changed.extend(counted.op_since(read).map(|op| (counted, op)));
        match row.before {
            Some(_) => {
                diesel::update(schedule_entries::table.find(&row.placement))
                    .set((
                        schedule_entries::revision.eq(revision),
                        schedule_entries::since_revision.eq(since),
                    ))
                    .execute(&mut **tx)?;
            }
            None => {
                diesel::insert_into(schedule_entries::table)
                    .values((
                        schedule_entries::placement_id.eq(&row.placement),
                        schedule_entries::employer_id.eq(employer),
                        schedule_entries::revision.eq(revision),
                        schedule_entries::first_revision.eq(first),
                        schedule_entries::since_revision.eq(since),
                    ))
                    .execute(&mut **tx)?;
            }
        }
    }
    webhook_messages::enqueue(tx, employer, last, &changed)
}

/// Begins to count for an employer.
pub(super) fn insert_counter(tx: &mut Tx<'_>, employer: &str, revision: i64) -> Result<(), StoreError> {
    diesel::insert_into(schedule_counters::table)
        .values((
            schedule_counters::employer_id.eq(employer),
            schedule_counters::revision.eq(revision),
            schedule_counters::forgotten.eq(0),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// How far an employer's changes are counted: the last number, and the one up to which rows that were called off are
/// forgotten.
///
/// # Errors
/// The database's.
pub fn find_counter(db: &mut Db, employer: EmployerId) -> Result<(i64, i64), StoreError> {
    let found: Option<(i64, i64)> = schedule_counters::table
        .find(employer.to_string())
        .select((schedule_counters::revision, schedule_counters::forgotten))
        .first(db)
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// The entries of an employer whose last change has a higher number than this, by number, at most `most`.
///
/// # Errors
/// The database's.
pub fn list_since(
    db: &mut Db,
    employer: EmployerId,
    since: i64,
    most: i64,
) -> Result<Vec<Counted>, StoreError> {
    let rows: Vec<(String, i64, i64, Option<i64>)> = schedule_entries::table
        .filter(schedule_entries::employer_id.eq(employer.to_string()))
        .filter(schedule_entries::revision.gt(since))
        .order(schedule_entries::revision)
        .limit(most)
        .select((
            schedule_entries::placement_id,
            schedule_entries::revision,
            schedule_entries::first_revision,
            schedule_entries::since_revision,
        ))
        .load(db)?;
    rows.into_iter()
        .map(|(id, revision, first, since)| {
            Ok(Counted { placement: super::parse("placement", &id)?, revision, first, since })
        })
        .collect()
}

/// How many rows that were called off before an instant are remembered for those who read changes.
///
/// # Errors
/// The database's.
pub fn count_called_off(db: &mut Db, before: NaiveDateTime) -> Result<i64, StoreError> {
    Ok(schedule_entries::table
        .inner_join(placements::table.on(placements::id.eq(schedule_entries::placement_id)))
        .filter(schedule_entries::since_revision.is_null())
        .filter(placements::updated_at.lt(before))
        .count()
        .get_result(db)?)
}

/// Forgets them, and that somebody could still read them.
///
/// # Errors
/// The database's.
pub fn forget_called_off(tx: &mut Tx<'_>, before: NaiveDateTime) -> Result<usize, StoreError> {
    let rows: Vec<(String, String, i64)> = schedule_entries::table
        .inner_join(placements::table.on(placements::id.eq(schedule_entries::placement_id)))
        .filter(schedule_entries::since_revision.is_null())
        .filter(placements::updated_at.lt(before))
        .select((schedule_entries::placement_id, schedule_entries::employer_id, schedule_entries::revision))
        .load(&mut **tx)?;
    let mut last: BTreeMap<&String, i64> = BTreeMap::new();
    for (_, employer, revision) in &rows {
        let forgotten = last.entry(employer).or_default();
        *forgotten = (*forgotten).max(*revision);
    }
    for (employer, revision) in last {
        diesel::update(
            schedule_counters::table.find(employer).filter(schedule_counters::forgotten.lt(revision)),
        )
        .set(schedule_counters::forgotten.eq(revision))
        .execute(&mut **tx)?;
    }
    for piece in rows.chunks(PIECE) {
        let ids = piece.iter().map(|(id, _, _)| id);
        diesel::delete(schedule_entries::table.filter(schedule_entries::placement_id.eq_any(ids)))
            .execute(&mut **tx)?;
    }
    Ok(rows.len())
}

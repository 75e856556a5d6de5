//! What is not kept any more: which rows these are, and taking them away.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::keys::{self, Place, REPAIR_FILE, ROUND_FILE};
use super::schema::{
    access_need_readings, access_needs, applications, consents, employments, feedback, feeds,
    given_histories, inbound_mails, links, outbox, past_placements, persons, placements, repairs,
    round_forbidden, round_locks, rounds, run_files, runs, sessions, sign_in_links,
};
use super::{Db, StoreError, Tx, list_from_json, parse};
use crate::domain::ids::{ApplicationId, PersonId, RepairId, RoundId, RunId};
use crate::domain::states::{ApplicationState, RunState};

/// Ids in one statement at most: SQLite takes some 32,000 parameters.
const PIECE: usize = 1_000;

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// The rounds whose last day was before a day.
///
/// # Errors
/// The database's.
pub fn list_rounds_over(db: &mut Db, before: NaiveDate) -> Result<Vec<RoundId>, StoreError> {
    let rows: Vec<(String, String)> = rounds::table.select((rounds::id, rounds::dates)).load(db)?;
    let mut over = Vec::new();
    for (id, dates) in rows {
        if list_from_json::<NaiveDate>("dates", &dates)?.into_iter().max().is_some_and(|last| last < before) {
            over.push(parse("round", &id)?);
        }
    }
    Ok(over)
}

/// The applications whose address was not proven, untouched since an instant.
///
/// # Errors
/// The database's.
pub fn list_unproven(db: &mut Db, before: NaiveDateTime) -> Result<Vec<ApplicationId>, StoreError> {
    let rows: Vec<String> = applications::table
        .filter(applications::state.eq(ApplicationState::Submitted.as_str()))
        .filter(applications::updated_at.lt(before))
        .order(applications::id)
        .select(applications::id)
        .load(db)?;
    rows.iter().map(|id| parse("application", id)).collect()
}

/// Takes applications away that nothing came of, with all that hangs on them, and persons of whom nothing else is known.
///
/// # Errors
/// The database's.
pub fn delete_applications(tx: &mut Tx<'_>, ids: &[ApplicationId]) -> Result<(), StoreError> {
    for piece in texts(ids).chunks(PIECE) {
        let db = &mut **tx;
        let owners: Vec<String> = applications::table
            .filter(applications::id.eq_any(piece))
            .select(applications::person_id)
            .load(db)?;
        let notices = outbox::table.filter(outbox::application_id.eq_any(piece)).select(outbox::id);
        diesel::update(inbound_mails::table.filter(inbound_mails::notice_id.eq_any(notices.nullable())))
            .set(inbound_mails::notice_id.eq(None::<String>))
            .execute(db)?;
        macro_rules! delete {
            ($($table:ident),+) => {$(
                diesel::delete($table::table.filter($table::application_id.eq_any(piece))).execute(db)?;
            )+};
        }
        delete!(
            access_need_readings,
            access_needs,
            given_histories,
            round_locks,
            round_forbidden,
            links,
            outbox
        );
        diesel::delete(applications::table.filter(applications::id.eq_any(piece))).execute(db)?;
        let mut known: BTreeSet<String> = BTreeSet::new();
        macro_rules! know {
            ($($table:ident),+) => {$(
                known.extend(
                    $table::table
                        .filter($table::person_id.eq_any(&owners))
                        .select($table::person_id)
                        .load::<String>(db)?,
                );
            )+};
        }
        know!(applications, employments, past_placements, placements);
        let in_feeds: Vec<Option<String>> = feeds::table
            .filter(feeds::person_id.eq_any(owners.iter().map(Some)))
            .select(feeds::person_id)
            .load(db)?;
        known.extend(in_feeds.into_iter().flatten());
        let gone: Vec<&String> = owners.iter().filter(|owner| !known.contains(*owner)).collect();
        diesel::delete(persons::table.filter(persons::id.eq_any(gone))).execute(db)?;
    }
    Ok(())
}

/// The applications of rounds of which access needs, or readings of them, are kept.
///
/// # Errors
/// The database's.
pub fn list_with_needs(db: &mut Db, of: &[RoundId]) -> Result<Vec<ApplicationId>, StoreError> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for piece in texts(of).chunks(PIECE) {
        let own =
            || applications::table.filter(applications::round_id.eq_any(piece)).select(applications::id);
        found.extend(
            access_needs::table
                .filter(access_needs::application_id.eq_any(own()))
                .select(access_needs::application_id)
                .load::<String>(db)?,
        );
        found.extend(
            access_need_readings::table
                .filter(access_need_readings::application_id.eq_any(own()))
                .select(access_need_readings::application_id)
                .load::<String>(db)?,
        );
    }
    found.iter().map(|id| parse("application", id)).collect()
}

/// Takes the access needs of applications away, and the ledger of who has read them.
///
/// # Errors
/// The database's.
pub fn delete_needs(tx: &mut Tx<'_>, ids: &[ApplicationId]) -> Result<(), StoreError> {
    for piece in texts(ids).chunks(PIECE) {
        diesel::delete(access_needs::table.filter(access_needs::application_id.eq_any(piece)))
            .execute(&mut **tx)?;
        diesel::delete(
            access_need_readings::table.filter(access_need_readings::application_id.eq_any(piece)),
        )
        .execute(&mut **tx)?;
    }
    Ok(())
}

/// The runs of rounds whose round files are whole, and whether they were published.
///
/// # Errors
/// The database's.
pub fn list_whole_runs(db: &mut Db, of: &[RoundId]) -> Result<Vec<(RunId, bool)>, StoreError> {
    let mut found = Vec::new();
    for piece in texts(of).chunks(PIECE) {
        let rows: Vec<(String, String)> = run_files::table
            .inner_join(runs::table.on(runs::id.eq(run_files::run_id)))
            .filter(runs::round_id.eq_any(piece))
            .filter(run_files::reduced_at.is_null())
            .order(runs::id)
            .select((runs::id, runs::state))
            .load(db)?;
        for (id, state) in rows {
            found.push((parse("run", &id)?, state == RunState::Published.as_str()));
        }
    }
    Ok(found)
}

/// Puts a round file without access needs in the place of a run's.
///
/// # Errors
/// The database's.
pub fn reduce_run(
    tx: &mut Tx<'_>,
    id: RunId,
    round_file: &str,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    let id = id.to_string();
    diesel::update(run_files::table.find(&id))
        .set((
            run_files::round_file.eq(keys::seal_file(Place { what: ROUND_FILE, id: &id }, round_file)?),
            run_files::reduced_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Whether access needs were taken out of the round file of a run: its SHA-256 is another since.
///
/// # Errors
/// The database's.
pub fn is_reduced(db: &mut Db, id: RunId) -> Result<bool, StoreError> {
    let reduced = run_files::table
        .filter(run_files::run_id.eq(id.to_string()))
        .filter(run_files::reduced_at.is_not_null());
    Ok(reduced.count().get_result::<i64>(db)? > 0)
}

/// The repairs of rounds whose round files are whole, with these.
///
/// # Errors
/// The database's.
pub fn list_whole_repairs(db: &mut Db, of: &[RoundId]) -> Result<Vec<(RepairId, String)>, StoreError> {
    let mut found = Vec::new();
    for piece in texts(of).chunks(PIECE) {
        let rows: Vec<(String, String)> = repairs::table
            .filter(repairs::round_id.eq_any(piece))
            .filter(repairs::reduced_at.is_null())
            .order(repairs::id)
            .select((repairs::id, repairs::round_file))
            .load(db)?;
        for (id, sealed) in rows {
            found.push((parse("repair", &id)?, keys::open(Place { what: REPAIR_FILE, id: &id }, &sealed)?));
        }
    }
    Ok(found)
}

/// Puts a round file without access needs in the place of a repair's.
///
/// # Errors
/// The database's.
pub fn reduce_repair(
    tx: &mut Tx<'_>,
    id: RepairId,
    round_file: &str,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    let id = id.to_string();
    diesel::update(repairs::table.find(&id))
        .set((
            repairs::round_file.eq(keys::seal_file(Place { what: REPAIR_FILE, id: &id }, round_file)?),
            repairs::reduced_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// How many links, links to sign in and sessions expired before an instant.
///
/// # Errors
/// The database's.
pub fn count_links(db: &mut Db, before: NaiveDateTime) -> Result<i64, StoreError> {
    let links = links::table.filter(links::expires_at.lt(before)).count().get_result::<i64>(db)?;
    let to_sign_in =
        sign_in_links::table.filter(sign_in_links::expires_at.lt(before)).count().get_result::<i64>(db)?;
    let sessions = sessions::table.filter(sessions::expires_at.lt(before)).count().get_result::<i64>(db)?;
    Ok(links + to_sign_in + sessions)
}

/// Takes them away.
///
/// # Errors
/// The database's.
pub fn delete_links(tx: &mut Tx<'_>, before: NaiveDateTime) -> Result<(), StoreError> {
    diesel::delete(links::table.filter(links::expires_at.lt(before))).execute(&mut **tx)?;
    diesel::delete(sign_in_links::table.filter(sign_in_links::expires_at.lt(before))).execute(&mut **tx)?;
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(before))).execute(&mut **tx)?;
    Ok(())
}

/// How many mails came in before an instant.
///
/// # Errors
/// The database's.
pub fn count_inbound(db: &mut Db, before: NaiveDateTime) -> Result<i64, StoreError> {
    Ok(inbound_mails::table.filter(inbound_mails::received_at.lt(before)).count().get_result(db)?)
}

/// Takes away what is noted of them.
///
/// # Errors
/// The database's.
pub fn delete_inbound(tx: &mut Tx<'_>, before: NaiveDateTime) -> Result<usize, StoreError> {
    Ok(diesel::delete(inbound_mails::table.filter(inbound_mails::received_at.lt(before)))
        .execute(&mut **tx)?)
}

/// The placements of rounds, and their applications, of which people's words are kept.
///
/// # Errors
/// The database's.
pub fn count_words(db: &mut Db, of: &[RoundId]) -> Result<usize, StoreError> {
    let mut count = 0;
    for piece in texts(of).chunks(PIECE) {
        let own = || placements::table.filter(placements::round_id.eq_any(piece)).select(placements::id);
        let refused = applications::table
            .filter(applications::round_id.eq_any(piece))
            .filter(applications::refusal_words.is_not_null());
        let commented = feedback::table
            .filter(feedback::placement_id.eq_any(own()))
            .filter(feedback::comments.is_not_null());
        let reasoned = consents::table
            .filter(consents::placement_id.eq_any(own()))
            .filter(consents::reason.is_not_null());
        for rows in [
            refused.count().get_result::<i64>(db)?,
            commented.count().get_result::<i64>(db)?,
            reasoned.count().get_result::<i64>(db)?,
        ] {
            count += usize::try_from(rows).unwrap_or_default();
        }
    }
    Ok(count)
}

/// Takes them away: reasons of managers and of answers, comments on days.
///
/// # Errors
/// The database's.
pub fn delete_words(tx: &mut Tx<'_>, of: &[RoundId]) -> Result<(), StoreError> {
    for piece in texts(of).chunks(PIECE) {
        let own = || placements::table.filter(placements::round_id.eq_any(piece)).select(placements::id);
        diesel::update(applications::table.filter(applications::round_id.eq_any(piece)))
            .set(applications::refusal_words.eq(None::<String>))
            .execute(&mut **tx)?;
        diesel::update(feedback::table.filter(feedback::placement_id.eq_any(own())))
            .set(feedback::comments.eq(None::<String>))
            .execute(&mut **tx)?;
        diesel::update(consents::table.filter(consents::placement_id.eq_any(own())))
            .set(consents::reason.eq(None::<String>))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Persons with applications, all of them for these rounds, who are no pseudonyms yet.
///
/// # Errors
/// The database's.
pub fn list_persons_only_in(db: &mut Db, over: &[RoundId]) -> Result<Vec<PersonId>, StoreError> {
    let over: BTreeSet<String> = texts(over).into_iter().collect();
    let rows: Vec<(String, String)> = applications::table
        .inner_join(persons::table.on(persons::id.eq(applications::person_id)))
        .filter(persons::erased_at.is_null())
        .select((applications::person_id, applications::round_id))
        .load(db)?;
    let mut found: BTreeSet<&String> = rows.iter().map(|(person, _)| person).collect();
    for (person, round) in &rows {
        if !over.contains(round) {
            found.remove(person);
        }
    }
    found.into_iter().map(|id| parse("person", id)).collect()
}

/// The rounds of a person's applications.
///
/// # Errors
/// The database's.
pub fn list_rounds_of(db: &mut Db, person: PersonId) -> Result<Vec<RoundId>, StoreError> {
    let rows: Vec<String> = applications::table
        .filter(applications::person_id.eq(person.to_string()))
        .select(applications::round_id)
        .distinct()
        .load(db)?;
    rows.iter().map(|id| parse("round", id)).collect()
}

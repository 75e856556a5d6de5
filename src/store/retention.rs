//! What is not kept any more: which rows these are, and taking them away.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::keys::{self, Place, REPAIR_FILE, ROUND_FILE};
use super::schema::{
    access_need_readings, access_needs, alternatives, applications, consents, deputyships, employments,
    feedback, feeds, given_histories, grants, inbound_mails, links, outbox, past_placements, persons,
    placements, repairs, round_forbidden, round_locks, rounds, run_files, runs, sessions, sign_in_links,
    swap_consents, swaps,
};
use super::{Db, StoreError, Tx, list_from_json, parse};
use crate::domain::ids::{ApplicationId, EmploymentId, PersonId, RepairId, RoundId, RunId};
use crate::domain::letter::NoticeKind;
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
        forget_unknown(tx, &owners)?;
    }
    Ok(())
}

/// Takes those of these persons away of whom nothing else is known.
fn forget_unknown(tx: &mut Tx<'_>, persons: &[String]) -> Result<(), StoreError> {
    let db = &mut **tx;
    let mut known: BTreeSet<String> = BTreeSet::new();
    macro_rules! know {
        ($($table:ident),+) => {$(
            known.extend(
                $table::table
                    .filter($table::person_id.eq_any(persons))
                    .select($table::person_id)
                    .load::<String>(db)?,
            );
        )+};
    }
    know!(applications, employments, past_placements, placements);
    let in_feeds: Vec<Option<String>> = feeds::table
        .filter(feeds::person_id.eq_any(persons.iter().map(Some)))
        .select(feeds::person_id)
        .load(db)?;
    known.extend(in_feeds.into_iter().flatten());
    let gone: Vec<&String> = persons.iter().filter(|person| !known.contains(*person)).collect();
    diesel::delete(persons::table.filter(persons::id.eq_any(gone))).execute(db)?;
    Ok(())
}

/// What employers' lists say of people who left before a day.
///
/// # Errors
/// The database's.
pub fn list_left(db: &mut Db, before: NaiveDate) -> Result<Vec<EmploymentId>, StoreError> {
    let rows: Vec<String> = employments::table
        .filter(employments::left_on.lt(before).assume_not_null())
        .order(employments::id)
        .select(employments::id)
        .load(db)?;
    rows.iter().map(|id| parse("employment", id)).collect()
}

/// Takes it away, and persons of whom nothing else is known.
///
/// # Errors
/// The database's.
pub fn delete_employments(tx: &mut Tx<'_>, ids: &[EmploymentId]) -> Result<(), StoreError> {
    for piece in texts(ids).chunks(PIECE) {
        let owners: Vec<String> = employments::table
            .filter(employments::id.eq_any(piece))
            .select(employments::person_id)
            .distinct()
            .load(&mut **tx)?;
        diesel::delete(employments::table.filter(employments::id.eq_any(piece))).execute(&mut **tx)?;
        tx.touched.persons(owners.iter().cloned());
        forget_unknown(tx, &owners)?;
    }
    Ok(())
}

/// Persons who never signed up and work for nobody, and whose last day before this service was before a day.
///
/// # Errors
/// The database's.
pub fn list_persons_of_the_past(db: &mut Db, before: NaiveDate) -> Result<Vec<PersonId>, StoreError> {
    let later =
        past_placements::table.filter(past_placements::date.ge(before)).select(past_placements::person_id);
    let rows: Vec<String> = persons::table
        .filter(persons::erased_at.is_null())
        .filter(persons::id.eq_any(past_placements::table.select(past_placements::person_id)))
        .filter(persons::id.ne_all(later))
        .filter(persons::id.ne_all(applications::table.select(applications::person_id)))
        .filter(persons::id.ne_all(employments::table.select(employments::person_id)))
        .order(persons::id)
        .select(persons::id)
        .load(db)?;
    rows.iter().map(|id| parse("person", id)).collect()
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

/// The runs of rounds whose round files may hold access needs, and whether they were published.
///
/// # Errors
/// The database's.
pub fn list_whole_runs(db: &mut Db, of: &[RoundId]) -> Result<Vec<(RunId, bool)>, StoreError> {
    let mut found = Vec::new();
    for piece in texts(of).chunks(PIECE) {
        let rows: Vec<(String, String)> = run_files::table
            .inner_join(runs::table.on(runs::id.eq(run_files::run_id)))
            .filter(runs::round_id.eq_any(piece))
            .filter(run_files::is_emptied.eq(false))
            .order(runs::id)
            .select((runs::id, runs::state))
            .load(db)?;
        for (id, state) in rows {
            found.push((parse("run", &id)?, state == RunState::Published.as_str()));
        }
    }
    Ok(found)
}

/// Puts a round file with fewer access needs in the place of a run's, if there is another; says whether all are gone.
///
/// # Errors
/// The database's.
pub fn reduce_run(
    tx: &mut Tx<'_>,
    id: RunId,
    round_file: Option<&str>,
    is_emptied: bool,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    let id = id.to_string();
    let row = run_files::table.find(&id);
    if let Some(file) = round_file {
        let sealed = keys::seal_file(Place { what: ROUND_FILE, id: &id }, file)?;
        diesel::update(row)
            .set((run_files::round_file.eq(sealed), run_files::reduced_at.eq(now)))
            .execute(&mut **tx)?;
    }
    diesel::update(row).set(run_files::is_emptied.eq(is_emptied)).execute(&mut **tx)?;
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

/// The repairs of rounds whose round files may hold access needs, with these.
///
/// # Errors
/// The database's.
pub fn list_whole_repairs(db: &mut Db, of: &[RoundId]) -> Result<Vec<(RepairId, String)>, StoreError> {
    let mut found = Vec::new();
    for piece in texts(of).chunks(PIECE) {
        let rows: Vec<(String, String)> = repairs::table
            .filter(repairs::round_id.eq_any(piece))
            .filter(repairs::is_emptied.eq(false))
            .order(repairs::id)
            .select((repairs::id, repairs::round_file))
            .load(db)?;
        for (id, sealed) in rows {
            found.push((parse("repair", &id)?, keys::open(Place { what: REPAIR_FILE, id: &id }, &sealed)?));
        }
    }
    Ok(found)
}

/// As [`reduce_run`], for a repair.
///
/// # Errors
/// The database's.
pub fn reduce_repair(
    tx: &mut Tx<'_>,
    id: RepairId,
    round_file: Option<&str>,
    is_emptied: bool,
) -> Result<(), StoreError> {
    let id = id.to_string();
    let row = repairs::table.find(&id);
    if let Some(file) = round_file {
        let sealed = keys::seal_file(Place { what: REPAIR_FILE, id: &id }, file)?;
        diesel::update(row).set(repairs::round_file.eq(sealed)).execute(&mut **tx)?;
    }
    diesel::update(row).set(repairs::is_emptied.eq(is_emptied)).execute(&mut **tx)?;
    Ok(())
}

/// How many links, links to sign in and sessions expired before an instant, grants and deputyships ended, and mails about
/// these settled.
///
/// # Errors
/// The database's.
pub fn count_links(db: &mut Db, before: NaiveDateTime) -> Result<i64, StoreError> {
    let links = links::table.filter(links::expires_at.lt(before)).count().get_result::<i64>(db)?;
    let to_sign_in =
        sign_in_links::table.filter(sign_in_links::expires_at.lt(before)).count().get_result::<i64>(db)?;
    let sessions = sessions::table.filter(sessions::expires_at.lt(before)).count().get_result::<i64>(db)?;
    let given = grants::table.filter(ended_grants(before)).count().get_result::<i64>(db)?;
    let for_others = deputyships::table.filter(ended_deputyships(before)).count().get_result::<i64>(db)?;
    let mails = outbox::table.filter(old_sign_in_mails(before)).count().get_result::<i64>(db)?;
    Ok(links + to_sign_in + sessions + given + for_others + mails)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn ended_grants(before: NaiveDateTime) -> _ {
    grants::ended_at.lt(before).or(grants::expires_at.lt(before))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn ended_deputyships(before: NaiveDateTime) -> _ {
    let day: NaiveDate = before.date();
    deputyships::ended_at.lt(before).or(deputyships::ends_on.lt(day).assume_not_null())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn old_sign_in_mails(before: NaiveDateTime) -> _ {
    let kinds: [&'static str; 6] = [
        NoticeKind::SignIn.as_str(),
        NoticeKind::Deputyship.as_str(),
        NoticeKind::WebhookDisabled.as_str(),
        NoticeKind::ScheduleFile.as_str(),
        NoticeKind::ScheduleNotDelivered.as_str(),
        NoticeKind::IdeaQuestion.as_str(),
    ];
    outbox::kind.eq_any(kinds).and(outbox::settled_at.lt(before))
}

/// Takes them away.
///
/// # Errors
/// The database's.
pub fn delete_links(tx: &mut Tx<'_>, before: NaiveDateTime) -> Result<(), StoreError> {
    let db = &mut **tx;
    diesel::delete(links::table.filter(links::expires_at.lt(before))).execute(db)?;
    diesel::delete(sign_in_links::table.filter(sign_in_links::expires_at.lt(before))).execute(db)?;
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(before))).execute(db)?;
    diesel::delete(grants::table.filter(ended_grants(before))).execute(db)?;
    diesel::delete(deputyships::table.filter(ended_deputyships(before))).execute(db)?;
    let mails = outbox::table.filter(old_sign_in_mails(before)).select(outbox::id);
    diesel::update(inbound_mails::table.filter(inbound_mails::notice_id.eq_any(mails.nullable())))
        .set(inbound_mails::notice_id.eq(None::<String>))
        .execute(db)?;
    let mails = outbox::table.filter(old_sign_in_mails(before)).select(outbox::id).load::<String>(db)?;
    for piece in mails.chunks(PIECE) {
        diesel::update(outbox::table.filter(outbox::again_of.eq_any(piece.iter().map(Some))))
            .set(outbox::again_of.eq(None::<String>))
            .execute(db)?;
        diesel::delete(outbox::table.filter(outbox::id.eq_any(piece))).execute(db)?;
    }
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

/// How many of people's words are kept of rounds: reasons of managers, of answers and of swaps, words about other times,
/// comments on days.
///
/// # Errors
/// The database's.
pub fn count_words(db: &mut Db, of: &[RoundId]) -> Result<usize, StoreError> {
    let mut count = 0;
    for piece in texts(of).chunks(PIECE) {
        let days = || placements::table.filter(placements::round_id.eq_any(piece)).select(placements::id);
        let of_round = swaps::table.filter(swaps::round_id.eq_any(piece)).select(swaps::id);
        let refused = applications::table
            .filter(applications::round_id.eq_any(piece))
            .filter(applications::refusal_words.is_not_null());
        let commented = feedback::table
            .filter(feedback::placement_id.eq_any(days()))
            .filter(feedback::comments.is_not_null());
        let reasoned = consents::table
            .filter(consents::placement_id.eq_any(days()))
            .filter(consents::reason.is_not_null());
        let swapped = swap_consents::table
            .filter(swap_consents::swap_id.eq_any(of_round))
            .filter(swap_consents::reason.is_not_null());
        let other_times = alternatives::table
            .filter(alternatives::placement_id.eq_any(days()))
            .filter(alternatives::words.is_not_null());
        for rows in [
            refused.count().get_result::<i64>(db)?,
            commented.count().get_result::<i64>(db)?,
            reasoned.count().get_result::<i64>(db)?,
            swapped.count().get_result::<i64>(db)?,
            other_times.count().get_result::<i64>(db)?,
        ] {
            count += usize::try_from(rows).unwrap_or_default();
        }
    }
    Ok(count)
}

/// Takes them away.
///
/// # Errors
/// The database's.
pub fn delete_words(tx: &mut Tx<'_>, of: &[RoundId]) -> Result<(), StoreError> {
    let db = &mut **tx;
    for piece in texts(of).chunks(PIECE) {
        let days = || placements::table.filter(placements::round_id.eq_any(piece)).select(placements::id);
        let of_round = swaps::table.filter(swaps::round_id.eq_any(piece)).select(swaps::id);
        diesel::update(applications::table.filter(applications::round_id.eq_any(piece)))
            .set(applications::refusal_words.eq(None::<String>))
            .execute(db)?;
        diesel::update(feedback::table.filter(feedback::placement_id.eq_any(days())))
            .set(feedback::comments.eq(None::<String>))
            .execute(db)?;
        diesel::update(consents::table.filter(consents::placement_id.eq_any(days())))
            .set(consents::reason.eq(None::<String>))
            .execute(db)?;
        diesel::update(swap_consents::table.filter(swap_consents::swap_id.eq_any(of_round)))
            .set(swap_consents::reason.eq(None::<String>))
            .execute(db)?;
        diesel::update(alternatives::table.filter(alternatives::placement_id.eq_any(days())))
            .set(alternatives::words.eq(None::<String>))
            .execute(db)?;
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

/// A person's applications, as round files name them.
///
/// # Errors
/// The database's.
pub fn list_applications_of(db: &mut Db, person: PersonId) -> Result<BTreeSet<String>, StoreError> {
    let own = applications::table.filter(applications::person_id.eq(person.to_string()));
    Ok(own.select(applications::id).load::<String>(db)?.into_iter().collect())
}

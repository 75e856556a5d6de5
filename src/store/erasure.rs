//! A person becomes a pseudonym: what tells who they are goes, what schedules, counts and history need stays.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::keys;
use super::schema::{
    access_need_readings, access_needs, applications, certificates, consents, deputyships, employments,
    feedback, feeds, grants, idea_questions, ideas, links, opt_outs, outbox, past_placements, persons,
    placements, reserve_offers, sessions, sign_in_links, swap_consents, swap_members,
};
use super::{StoreError, Tx, schedule_dispatches};
use crate::domain::application::Person;
use crate::domain::email::Email;
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::party::Party;
use crate::domain::privacy::ERASED_DOMAIN;

/// The addresses that stand for an address which was erased: one for each key, that of the present key first. By them
/// somebody who comes back is found again, and nobody can work out the address without the key.
fn pseudonyms_of(address: &Email) -> Vec<String> {
    let names = keys::keyed_hashes(address.as_str());
    names.into_iter().map(|name| format!("{name}@{ERASED_DOMAIN}")).collect()
}

/// The address that stands for somebody: by the key, or by their id where there is none.
pub fn pseudonym_of(person: &Person) -> String {
    let without_key = || format!("{}@{ERASED_DOMAIN}", person.id);
    pseudonyms_of(&person.email).into_iter().next().unwrap_or_else(without_key)
}

/// Makes somebody a pseudonym. `person` is who they were.
///
/// # Errors
/// The database's.
pub fn erase(
    tx: &mut Tx<'_>,
    person: &Person,
    (name, address): (&str, &str),
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    let (id, was) = (person.id.to_string(), person.email.to_string());
    tx.touched.person(person.id);
    schedule_dispatches::erase_files_with(tx, &id, now)?;
    let db = &mut **tx;
    diesel::update(persons::table.find(&id))
        .set((persons::name.eq(name), persons::email.eq(address), persons::erased_at.eq(now)))
        .execute(db)?;
    let own: Vec<String> =
        applications::table.filter(applications::person_id.eq(&id)).select(applications::id).load(db)?;
    let days: Vec<String> =
        placements::table.filter(placements::person_id.eq(&id)).select(placements::id).load(db)?;
    let nobody = format!("manager@{ERASED_DOMAIN}");
    diesel::update(applications::table.filter(applications::person_id.eq(&id)))
        .set((
            applications::name.eq(name),
            applications::hours.eq("{}"),
            applications::pattern.eq(None::<String>),
            applications::manager_email.eq(&nobody),
            applications::refusal_words.eq(None::<String>),
            applications::role_title.eq(None::<String>),
            applications::objectives.eq(None::<String>),
        ))
        .execute(db)?;
    diesel::delete(access_needs::table.filter(access_needs::application_id.eq_any(&own))).execute(db)?;
    diesel::delete(access_need_readings::table.filter(access_need_readings::application_id.eq_any(&own)))
        .execute(db)?;
    diesel::delete(links::table.filter(links::application_id.eq_any(&own))).execute(db)?;
    diesel::delete(feeds::table.filter(feeds::person_id.eq(&id))).execute(db)?;
    diesel::delete(employments::table.filter(employments::person_id.eq(&id))).execute(db)?;
    diesel::delete(opt_outs::table.filter(opt_outs::address.eq(&was))).execute(db)?;
    for (party, to) in [(Party::Participant, address), (Party::Manager, nobody.as_str())] {
        let mails = outbox::table
            .filter(outbox::application_id.eq_any(&own))
            .filter(outbox::party.eq(party.as_str()));
        diesel::update(mails)
            .set((outbox::recipient_name.eq(None::<String>), outbox::recipient_address.eq(to)))
            .execute(db)?;
    }
    // The keys of digests hold a hash of the address, which whoever guesses it can work out.
    let digests: Vec<String> = outbox::table
        .filter(outbox::recipient_address.eq(&was))
        .filter(outbox::kind.eq(NoticeKind::Digest.as_str()))
        .select(outbox::id)
        .load(db)?;
    for digest in digests {
        let key = format!("digest:{digest}");
        diesel::update(outbox::table.find(&digest))
            .set((outbox::dedupe_key.eq(&key), outbox::thread_key.eq(&key)))
            .execute(db)?;
    }
    diesel::update(outbox::table.filter(outbox::recipient_address.eq(&was)))
        .set((outbox::recipient_name.eq(None::<String>), outbox::recipient_address.eq(address)))
        .execute(db)?;
    diesel::delete(sign_in_links::table.filter(sign_in_links::address.eq(&was))).execute(db)?;
    diesel::delete(sessions::table.filter(sessions::holder.eq(&was))).execute(db)?;
    diesel::delete(grants::table.filter(grants::address.eq(&was))).execute(db)?;
    let is_one_side = deputyships::principal.eq(&was).or(deputyships::deputy.eq(&was));
    diesel::delete(deputyships::table.filter(is_one_side)).execute(db)?;
    // What has not left tells of somebody who is not there any more.
    let waiting = [NoticeState::Held, NoticeState::Collected, NoticeState::Queued].map(NoticeState::as_str);
    diesel::update(
        outbox::table.filter(outbox::application_id.eq_any(&own)).filter(outbox::state.eq_any(waiting)),
    )
    .set((
        outbox::state.eq(NoticeState::Discarded.as_str()),
        outbox::settled_at.eq(now),
        outbox::message.eq(None::<Vec<u8>>),
    ))
    .execute(db)?;
    diesel::update(
        feedback::table
            .filter(feedback::placement_id.eq_any(&days))
            .filter(feedback::party.eq(Party::Participant.as_str())),
    )
    .set(feedback::comments.eq(None::<String>))
    .execute(db)?;
    diesel::update(
        ideas::table.filter(ideas::placement_id.eq_any(&days)).filter(ideas::shown_as.eq("author")),
    )
    .set(ideas::shown_as.eq("nobody"))
    .execute(db)?;
    diesel::delete(idea_questions::table.filter(idea_questions::person_id.eq(&id))).execute(db)?;
    // For good, also when the person comes back: the certificates name somebody whom the service was to forget.
    diesel::update(
        certificates::table
            .filter(certificates::placement_id.eq_any(&days))
            .filter(certificates::revoked_at.is_null()),
    )
    .set(certificates::revoked_at.eq(now))
    .execute(db)?;
    diesel::update(consents::table.filter(consents::placement_id.eq_any(&days)))
        .set(consents::reason.eq(None::<String>))
        .execute(db)?;
    let in_swaps: Vec<(String, i64)> = swap_members::table
        .filter(swap_members::placement_id.eq_any(days.iter().map(Some)))
        .select((swap_members::swap_id, swap_members::place))
        .load(db)?;
    for (swap, place) in in_swaps {
        let said = swap_consents::table
            .filter(swap_consents::swap_id.eq(swap))
            .filter(swap_consents::place.eq(place));
        diesel::update(said).set(swap_consents::reason.eq(None::<String>)).execute(db)?;
    }
    diesel::update(swap_members::table.filter(swap_members::named.eq(&was)))
        .set(swap_members::named.eq(address))
        .execute(db)?;
    Ok(())
}

/// Somebody who was erased has come back and has proven their address: what they visited and waited for is theirs again.
///
/// # Errors
/// The database's.
pub fn reunite(tx: &mut Tx<'_>, person: &Person) -> Result<(), StoreError> {
    let (id, db) = (person.id.to_string(), &mut **tx);
    let were: Vec<String> = persons::table
        .filter(persons::email.eq_any(pseudonyms_of(&person.email)))
        .select(persons::id)
        .load(db)?;
    // A day that an import has told of both is known once.
    let known: Vec<NaiveDate> = past_placements::table
        .filter(past_placements::person_id.eq(&id))
        .select(past_placements::date)
        .load(db)?;
    let twice = past_placements::table
        .filter(past_placements::person_id.eq_any(&were))
        .filter(past_placements::date.eq_any(known));
    diesel::delete(twice).execute(db)?;
    macro_rules! give {
        ($($table:ident),+) => {$(
            diesel::update($table::table.filter($table::person_id.eq_any(&were)))
                .set($table::person_id.eq(&id))
                .execute(db)?;
        )+};
    }
    give!(applications, placements, past_placements, reserve_offers);
    diesel::delete(persons::table.filter(persons::id.eq_any(&were))).execute(db)?;
    Ok(())
}

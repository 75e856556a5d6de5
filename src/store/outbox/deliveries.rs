//! What became of the mails: lists and counts for people, and addresses that do not take mail.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::schema::{applications, outbox};
use super::super::{Db, StoreError, Tx, parse};
use super::Row;
use crate::domain::email::Email;
use crate::domain::ids::{ApplicationId, NoticeId, PlacementId, RoundId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::{Notice, NoticeState};

/// Which mails are asked for; what is absent does not narrow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Which {
    /// Of a round.
    pub round: Option<RoundId>,
    /// Of an application, which is a person in a round.
    pub application: Option<ApplicationId>,
    /// Of a placement.
    pub placement: Option<PlacementId>,
    /// In this state.
    pub state: Option<NoticeState>,
    /// Of this kind.
    pub kind: Option<NoticeKind>,
}

/// A query of the outbox, narrowed; the type of such a query has no short name.
macro_rules! narrowed {
    ($query:expr, $which:expr) => {{
        let which: &Which = $which;
        let mut query = $query;
        if let Some(round) = which.round {
            let own = applications::table
                .filter(applications::round_id.eq(round.to_string()))
                .select(applications::id.nullable());
            query = query.filter(outbox::application_id.eq_any(own));
        }
        if let Some(application) = which.application {
            query = query.filter(outbox::application_id.eq(application.to_string()));
        }
        if let Some(placement) = which.placement {
            query = query.filter(outbox::placement_id.eq(placement.to_string()));
        }
        if let Some(state) = which.state {
            query = query.filter(outbox::state.eq(state.as_str()));
        }
        if let Some(kind) = which.kind {
            query = query.filter(outbox::kind.eq(kind.as_str()));
        }
        query
    }};
}

/// The notices, newest last, after `after`.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    which: &Which,
    after: Option<NoticeId>,
    most: i64,
) -> Result<Vec<Notice>, StoreError> {
    let mut query = narrowed!(outbox::table.select(Row::as_select()).into_boxed(), which);
    if let Some(after) = after {
        query = query.filter(outbox::id.gt(after.to_string()));
    }
    let rows = query.order(outbox::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// How many of them are in each state.
///
/// # Errors
/// The database's.
pub fn counts(db: &mut Db, which: &Which) -> Result<BTreeMap<NoticeState, i64>, StoreError> {
    let mut counts = BTreeMap::new();
    for state in NoticeState::ALL.iter().filter(|state| which.state.is_none_or(|only| only == **state)) {
        let of_state = Which { state: Some(*state), ..*which };
        let count = narrowed!(outbox::table.select(diesel::dsl::count_star()).into_boxed(), &of_state);
        counts.insert(*state, count.first(db)?);
    }
    Ok(counts)
}

/// The notices that tell one again, newest last.
///
/// # Errors
/// The database's.
pub fn list_again(db: &mut Db, of: NoticeId) -> Result<Vec<Notice>, StoreError> {
    let rows = outbox::table
        .filter(outbox::again_of.eq(of.to_string()))
        .order((outbox::created_at, outbox::id))
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// How often in a row mails have to fail before an address is to be looked at.
const FAILURES: i64 = 2;

/// The addresses, of these or of all, whose last two mails came back or were refused for good. A mail that is taken and
/// does not come back clears an address.
///
/// # Errors
/// The database's.
pub fn list_failing(db: &mut Db, among: Option<&[Email]>) -> Result<BTreeSet<Email>, StoreError> {
    let refused = outbox::state
        .eq(NoticeState::GaveUp.as_str())
        .and(outbox::last_answer.assume_not_null().like("5%"))
        .and(outbox::last_answer.is_not_null());
    let failed = || outbox::state.eq(NoticeState::Bounced.as_str()).or(refused);
    let mut query = outbox::table.filter(failed()).select(outbox::recipient_address).into_boxed();
    if let Some(among) = among {
        query =
            query.filter(outbox::recipient_address.eq_any(among.iter().map(|one| one.as_str().to_owned())));
    }
    let found: Vec<String> = query.load(db)?;
    let mut times: BTreeMap<String, i64> = BTreeMap::new();
    for address in found {
        *times.entry(address).or_default() += 1;
    }
    let mut failing = BTreeSet::new();
    for (address, _) in times.into_iter().filter(|(_, times)| *times >= FAILURES) {
        let last: Vec<String> = outbox::table
            .filter(outbox::recipient_address.eq(&address))
            .filter(outbox::state.eq(NoticeState::Sent.as_str()).or(failed()))
            .order((outbox::settled_at.desc(), outbox::id.desc()))
            .limit(FAILURES)
            .select(outbox::state)
            .load(db)?;
        if last.iter().all(|state| state != NoticeState::Sent.as_str()) {
            failing.insert(parse("address", &address)?);
        }
    }
    Ok(failing)
}

/// The addresses for which notices wait whose daily digest is due.
///
/// # Errors
/// The database's.
pub fn list_digests_due(db: &mut Db, now: NaiveDateTime) -> Result<Vec<Email>, StoreError> {
    let addresses: Vec<String> = outbox::table
        .filter(outbox::state.eq(NoticeState::Collected.as_str()))
        .filter(outbox::next_attempt_at.le(now))
        .order(outbox::recipient_address)
        .select(outbox::recipient_address)
        .distinct()
        .load(db)?;
    addresses.iter().map(|address| parse("address", address)).collect()
}

/// The notices that wait for a digest to an address that is due, oldest first.
///
/// # Errors
/// The database's.
pub fn list_collected(db: &mut Db, to: &Email, now: NaiveDateTime) -> Result<Vec<Notice>, StoreError> {
    let rows = outbox::table
        .filter(outbox::state.eq(NoticeState::Collected.as_str()))
        .filter(outbox::recipient_address.eq(to.as_str()))
        .filter(outbox::next_attempt_at.le(now))
        .order((outbox::created_at, outbox::id))
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// Notes that a digest tells these notices.
///
/// # Errors
/// The database's.
pub fn mark_digested(
    tx: &mut Tx<'_>,
    ids: &[NoticeId],
    digest: NoticeId,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    for part in ids.chunks(1_000) {
        let part: Vec<String> = part.iter().map(ToString::to_string).collect();
        diesel::update(outbox::table.filter(outbox::id.eq_any(part)))
            .set((
                outbox::state.eq(NoticeState::Digested.as_str()),
                outbox::digest_id.eq(digest.to_string()),
                outbox::settled_at.eq(now),
            ))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// Puts notices off to a later digest.
///
/// # Errors
/// The database's.
pub fn put_off(tx: &mut Tx<'_>, ids: &[NoticeId], until: NaiveDateTime) -> Result<(), StoreError> {
    for part in ids.chunks(1_000) {
        let part: Vec<String> = part.iter().map(ToString::to_string).collect();
        diesel::update(outbox::table.filter(outbox::id.eq_any(part)))
            .set(outbox::next_attempt_at.eq(until))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// What a digest tells, oldest first.
///
/// # Errors
/// The database's.
pub fn list_digested(db: &mut Db, digest: NoticeId) -> Result<Vec<Notice>, StoreError> {
    let rows = outbox::table
        .filter(outbox::digest_id.eq(digest.to_string()))
        .order((outbox::created_at, outbox::id))
        .select(Row::as_select())
        .load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

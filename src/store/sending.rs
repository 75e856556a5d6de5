//! The outbox seen from the sender: claimed by a lease, stored as bytes, settled, given back; pauses and opt-outs.
//!
//! No lock is held while a message travels: a lease, by compare-and-set, is enough.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::outbox::Row;
use super::schema::{mail_pauses, opt_outs, outbox};
use super::{Db, StoreError, Tx};
use crate::domain::email::Email;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{MailPause, Notice, NoticeState};

/// A claimed notice.
#[derive(Debug, Clone)]
pub struct Leased {
    /// The notice.
    pub notice: Notice,
    /// Attempts before this claim.
    pub attempts_before: i64,
    /// Whether its last sender has gone without settling it, after the message was stored.
    pub may_have_arrived: bool,
}

/// Claims up to `most` notices that are due, or whose sender has gone; none to an address at one of these hosts.
///
/// The claim counts as an attempt, so that a message that kills its sender comes to an end; but not where the last
/// sender has gone before it had anything to send.
///
/// # Errors
/// The database's.
pub fn claim(
    tx: &mut Tx<'_>,
    by: &str,
    (now, lease_until): (NaiveDateTime, NaiveDateTime),
    most: i64,
    not_to: &[String],
) -> Result<Vec<Leased>, StoreError> {
    let due = outbox::state
        .eq(NoticeState::Queued.as_str())
        .and(outbox::next_attempt_at.le(now))
        .or(outbox::state.eq(NoticeState::Leased.as_str()).and(outbox::lease_until.lt(now)));
    // A host name has no sign that LIKE reads in another way.
    let mut query = outbox::table.filter(due).into_boxed();
    for host in not_to {
        query = query.filter(outbox::recipient_address.not_like(format!("%@{host}")));
    }
    let query = query.order((outbox::next_attempt_at, outbox::id)).limit(most).select(Row::as_select());
    let rows: Vec<Row> = query.load(&mut **tx)?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let was_leased = row.state == NoticeState::Leased.as_str();
        let tried = i64::from(!was_leased || row.message_id.is_some());
        let won = diesel::update(outbox::table.find(&row.id).filter(due))
            .set((
                outbox::state.eq(NoticeState::Leased.as_str()),
                outbox::lease_by.eq(by),
                outbox::lease_until.eq(lease_until),
                outbox::attempts.eq(outbox::attempts + tried),
            ))
            .execute(&mut **tx)?;
        if won == 1 {
            let may_have_arrived = was_leased && row.message_id.is_some();
            let notice = row.into_domain()?;
            let attempts_before = notice.attempts;
            let notice = Notice { state: NoticeState::Leased, attempts: attempts_before + tried, ..notice };
            claimed.push(Leased { notice, attempts_before, may_have_arrived });
        }
    }
    Ok(claimed)
}

/// Stores the rendered message before its first attempt; false when the lease was lost.
///
/// # Errors
/// The database's.
pub fn store_message(
    tx: &mut Tx<'_>,
    id: NoticeId,
    by: &str,
    message_id: &str,
    (message, opt_out_hash): (&[u8], Option<&str>),
) -> Result<bool, StoreError> {
    let stored = diesel::update(outbox::table.find(id.to_string()).filter(outbox::lease_by.eq(by)))
        .set((
            outbox::message_id.eq(message_id),
            outbox::message.eq(message),
            outbox::opt_out_hash.eq(opt_out_hash),
        ))
        .execute(&mut **tx)?;
    Ok(stored == 1)
}

/// The stored bytes of a message.
///
/// # Errors
/// The database's.
pub fn message(db: &mut Db, id: NoticeId) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<Option<Vec<u8>>> =
        outbox::table.find(id.to_string()).select(outbox::message).first(db).optional()?;
    Ok(found.flatten())
}

/// Settles a leased notice as sent, given up, thrown away, or superseded. The stored bytes go: the secret of the mail's
/// link stands in them, and nobody sends them again.
///
/// # Errors
/// The database's.
pub fn settle(
    tx: &mut Tx<'_>,
    id: NoticeId,
    by: &str,
    state: NoticeState,
    answer: &str,
    now: NaiveDateTime,
) -> Result<bool, StoreError> {
    let settled = diesel::update(outbox::table.find(id.to_string()).filter(outbox::lease_by.eq(by)))
        .set((
            outbox::state.eq(state.as_str()),
            outbox::last_answer.eq(answer),
            outbox::settled_at.eq(now),
            outbox::message.eq(None::<Vec<u8>>),
            outbox::lease_by.eq(None::<String>),
            outbox::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(&mut **tx)?;
    Ok(settled == 1)
}

/// Takes a leased notice out of the outbox as if it had never been asked for.
///
/// # Errors
/// The database's.
pub fn forget(tx: &mut Tx<'_>, id: NoticeId, by: &str) -> Result<(), StoreError> {
    diesel::delete(outbox::table.find(id.to_string()).filter(outbox::lease_by.eq(by))).execute(&mut **tx)?;
    Ok(())
}

/// Puts a leased notice back for a later attempt.
///
/// # Errors
/// The database's.
pub fn put_back(
    tx: &mut Tx<'_>,
    id: NoticeId,
    by: &str,
    answer: &str,
    next_attempt_at: NaiveDateTime,
) -> Result<bool, StoreError> {
    let put = diesel::update(outbox::table.find(id.to_string()).filter(outbox::lease_by.eq(by)))
        .set((
            outbox::state.eq(NoticeState::Queued.as_str()),
            outbox::last_answer.eq(answer),
            outbox::next_attempt_at.eq(next_attempt_at),
            outbox::lease_by.eq(None::<String>),
            outbox::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(&mut **tx)?;
    Ok(put == 1)
}

/// Gives a leased notice back untried: the claim does not count as an attempt.
///
/// # Errors
/// The database's.
pub fn give_back(tx: &mut Tx<'_>, leased: &Leased, by: &str) -> Result<bool, StoreError> {
    let id = leased.notice.id.to_string();
    let given = diesel::update(outbox::table.find(id).filter(outbox::lease_by.eq(by)))
        .set((
            outbox::state.eq(NoticeState::Queued.as_str()),
            outbox::attempts.eq(leased.attempts_before),
            outbox::lease_by.eq(None::<String>),
            outbox::lease_until.eq(None::<NaiveDateTime>),
        ))
        .execute(&mut **tx)?;
    Ok(given == 1)
}

/// The key of the one row of pauses.
const SMTP: &str = "smtp";

/// The pause, while the mail server takes nothing from this service.
///
/// # Errors
/// The database's.
pub fn find_pause(db: &mut Db) -> Result<Option<MailPause>, StoreError> {
    let row: Option<(NaiveDateTime, String, i64, NaiveDateTime)> = mail_pauses::table
        .find(SMTP)
        .select((mail_pauses::since, mail_pauses::answer, mail_pauses::tries, mail_pauses::next_try_at))
        .first(db)
        .optional()?;
    Ok(row.map(|(since, answer, tries, next_try_at)| MailPause { since, answer, tries, next_try_at }))
}

/// Begins a pause; false where there is one.
///
/// # Errors
/// The database's.
pub fn begin_pause(tx: &mut Tx<'_>, pause: &MailPause) -> Result<bool, StoreError> {
    if find_pause(tx)?.is_some() {
        return Ok(false);
    }
    diesel::insert_into(mail_pauses::table)
        .values((
            mail_pauses::id.eq(SMTP),
            mail_pauses::since.eq(pause.since),
            mail_pauses::answer.eq(&pause.answer),
            mail_pauses::tries.eq(pause.tries),
            mail_pauses::next_try_at.eq(pause.next_try_at),
        ))
        .execute(&mut **tx)?;
    Ok(true)
}

/// Writes a pause anew, unless somebody else has moved its next try meanwhile; then false.
///
/// # Errors
/// The database's.
pub fn move_pause(tx: &mut Tx<'_>, known_next: NaiveDateTime, pause: &MailPause) -> Result<bool, StoreError> {
    let moved = diesel::update(mail_pauses::table.find(SMTP).filter(mail_pauses::next_try_at.eq(known_next)))
        .set((
            mail_pauses::answer.eq(&pause.answer),
            mail_pauses::tries.eq(pause.tries),
            mail_pauses::next_try_at.eq(pause.next_try_at),
        ))
        .execute(&mut **tx)?;
    Ok(moved == 1)
}

/// Ends the pause; false where there is none.
///
/// # Errors
/// The database's.
pub fn end_pause(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(diesel::delete(mail_pauses::table.find(SMTP)).execute(&mut **tx)? == 1)
}

/// The notice whose mail holds the secret to stop mails of optional kinds.
///
/// # Errors
/// The database's.
pub fn find_by_opt_out(db: &mut Db, hash: &str) -> Result<Option<Notice>, StoreError> {
    let row =
        outbox::table.filter(outbox::opt_out_hash.eq(hash)).select(Row::as_select()).first(db).optional()?;
    row.map(Row::into_domain).transpose()
}

/// Since when an address wants no mails of optional kinds; none where it takes them.
///
/// # Errors
/// The database's.
pub fn opted_out_since(db: &mut Db, address: &Email) -> Result<Option<NaiveDateTime>, StoreError> {
    Ok(opt_outs::table.find(address.as_str()).select(opt_outs::since).first(db).optional()?)
}

/// An address wants no more mails of optional kinds.
///
/// # Errors
/// The database's.
pub fn opt_out(tx: &mut Tx<'_>, address: &Email, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::insert_into(opt_outs::table)
        .values((opt_outs::address.eq(address.as_str()), opt_outs::since.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// An address wants mails of optional kinds again.
///
/// # Errors
/// The database's.
pub fn opt_in(tx: &mut Tx<'_>, address: &Email) -> Result<(), StoreError> {
    diesel::delete(opt_outs::table.find(address.as_str())).execute(&mut **tx)?;
    Ok(())
}

//! What is told about applications.

use chrono::{DateTime, Duration, NaiveDateTime};

use super::{Facts, Recipient, Telling, enqueue, thread_of};
use crate::domain::ids::RunId;
use crate::domain::letter::NoticeKind;
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::party::Party;
use crate::domain::told::Told;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::applications::Applicant;
use crate::store::{Tx, outbox};

/// Tells about an application what is known without more facts.
fn tell_applicant(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
    recipient: &Recipient,
    kind: NoticeKind,
    version: i64,
) -> Result<(), AppError> {
    let telling = Telling { kind, version, facts: &Facts::default(), run: None };
    enqueue(tx, now, recipient, (applicant, None), &telling)?;
    Ok(())
}

/// Asks an applicant to prove the address: once for each version of the application.
///
/// # Errors
/// The database's.
pub fn verify_address(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    let version = count_verify_mails(tx, applicant, DateTime::UNIX_EPOCH.naive_utc())?;
    let recipient = Recipient::participant(applicant);
    tell_applicant(tx, now, applicant, &recipient, NoticeKind::VerifyAddress, version)
}

fn count_verify_mails(tx: &mut Tx<'_>, applicant: &Applicant, since: NaiveDateTime) -> Result<i64, AppError> {
    let thread = thread_of(applicant, None, Party::Participant);
    Ok(outbox::count_of_kind(tx, &thread, NoticeKind::VerifyAddress, since)?)
}

/// How often an applicant was asked to prove the address in the last 24 hours.
///
/// # Errors
/// The database's.
pub fn count_verify_mails_of_today(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
) -> Result<i64, AppError> {
    count_verify_mails(tx, applicant, now.utc() - Duration::hours(24))
}

/// Tells somebody who signs up again that they are signed up already, at most once an hour.
///
/// # Errors
/// The database's.
pub fn already_signed_up(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    let recipient = Recipient::participant(applicant);
    // The hour is the version: repeated sign-ups must not flood a mailbox.
    let hour = now.at.timestamp() / 3600;
    tell_applicant(tx, now, applicant, &recipient, NoticeKind::AlreadySignedUp, hour)
}

/// Asks the manager for release.
///
/// # Errors
/// The database's.
pub fn release_request(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    let recipient = Recipient::manager(applicant);
    tell_applicant(tx, now, applicant, &recipient, NoticeKind::ReleaseRequest, 0)
}

/// Follows a manager's decision: a request that nobody has begun to send is no longer sent, and an applicant hears of a
/// no in its polite form.
///
/// # Errors
/// The database's.
pub fn release_decided(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    outbox::supersede(tx, &thread_of(applicant, None, Party::Manager), now.utc())?;
    match &applicant.application.refusal {
        Some(refusal) => unplaced(tx, now, applicant, (refusal.reason.polite(), None), None),
        None => Ok(()),
    }
}

/// Drops what nobody has begun to send about an application that was taken back: nothing is to be proven, released or
/// told any more.
///
/// # Errors
/// The database's.
pub fn withdrawn(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    for party in [Party::Participant, Party::Manager] {
        outbox::supersede(tx, &thread_of(applicant, None, party), now.utc())?;
    }
    Ok(())
}

/// Tells an applicant that there is no place, why, and what would have changed that, where it was matched; once, unless that
/// came to nothing since. Where a publication says so, it is held with the mails of its run.
///
/// # Errors
/// The database's.
pub fn unplaced(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
    (reason, change): (Told, Option<Told>),
    run: Option<RunId>,
) -> Result<(), AppError> {
    let facts = Facts { reason: Some(reason), change, ..Facts::default() };
    let version = outbox::count_void_unplaced(tx, &thread_of(applicant, None, Party::Participant))?;
    let telling = Telling { kind: NoticeKind::Unplaced, version, facts: &facts, run };
    enqueue(tx, now, &Recipient::participant(applicant), (applicant, None), &telling)?;
    Ok(())
}

/// Tells an applicant who had heard that there is no place that the schedule was taken back. What was not sent of the
/// former is dropped, and then nothing is told.
///
/// # Errors
/// The database's.
pub fn matched_again(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
    told: &Notice,
) -> Result<(), AppError> {
    if told.state == NoticeState::Queued && told.message_id.is_none() {
        outbox::supersede(tx, &told.thread_key, now.utc())?;
        return Ok(());
    }
    let version = outbox::count_void_unplaced(tx, &told.thread_key)?;
    let recipient = Recipient::participant(applicant);
    tell_applicant(tx, now, applicant, &recipient, NoticeKind::MatchedAgain, version)
}

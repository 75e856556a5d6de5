//! What must hold whatever the bytes are: a reader answers, a refusal says why, and what was read is written and read
//! back as the same. Used by the fuzz targets and by tests/hostile.rs, which replays their corpus.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use library_swap::domain::inbound::{Content, InboundKind};
use library_swap::files::{AuditFile, Round, Schedule};
use library_swap::import::closures_ics::read_closures;
use library_swap::import::read_mail;

/// Bytes that one reading may take, for an input of so many bytes.
pub const fn most_memory(input: usize) -> usize {
    20 * input + 50_000_000
}

/// A round file: its canonical form is read back as itself.
pub fn round(bytes: &[u8]) {
    match Round::read(bytes) {
        Ok(round) => {
            let text = round.canonical();
            let again = Round::read(text.as_bytes()).expect("the canonical form is a round");
            assert_eq!(again.canonical(), text);
        }
        Err(faults) => assert!(!faults.is_empty(), "refused without a word"),
    }
}

/// A schedule file: written, it is read back as the same.
pub fn schedule(bytes: &[u8]) {
    match Schedule::read(bytes) {
        Ok(schedule) => assert_eq!(Schedule::read(schedule.to_json().as_bytes()).as_ref(), Ok(&schedule)),
        Err(faults) => assert!(!faults.is_empty(), "refused without a word"),
    }
}

/// An audit file: written, it is read back as the same.
pub fn audit(bytes: &[u8]) {
    match AuditFile::read(bytes) {
        Ok(audit) => assert_eq!(AuditFile::read(audit.to_json().as_bytes()).as_ref(), Ok(&audit)),
        Err(faults) => assert!(!faults.is_empty(), "refused without a word"),
    }
}

/// A mail: what is kept of it is short, whatever it holds, and a report is never answered.
pub fn mail(bytes: &[u8]) {
    let Ok(mail) = read_mail(bytes, Some("mx.example")) else { return };
    assert!(mail.message_id.is_none_or(|id| id.len() <= 250));
    assert!(mail.brought_to.len() <= 20 && mail.answers_to.len() <= 100);
    match &mail.content {
        Content::Reply(reply) => {
            assert!(
                reply
                    .proposed
                    .is_none_or(|time| reply.kind == InboundKind::Counter && time.starts < time.ends)
            );
        }
        Content::Report(report) => {
            assert!(mail.is_automatic);
            assert!(report.status.as_ref().is_none_or(|status| status.len() <= 9));
        }
        Content::Words => {}
    }
}

/// The dates that closures are asked for.
pub fn dates() -> RangeInclusive<NaiveDate> {
    let day = |text: &str| text.parse().expect("a date");
    day("2027-01-01")..=day("2027-12-31")
}

/// A calendar file: what is closed is closed within the dates, and a refusal says why.
pub fn closures(bytes: &[u8]) {
    match read_closures(bytes, chrono_tz::Europe::London, &dates()) {
        Ok(closed) => assert!(closed.iter().all(|one| dates().contains(&one.date))),
        Err(faults) => assert!(!faults.is_empty(), "refused without a word"),
    }
}

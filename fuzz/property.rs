//! What must hold whatever the bytes are: a reader answers, a refusal says why, and what was read is written and read
//! back as the same. Used by the fuzz targets and by tests/hostile.rs, which replays their corpus.

use library_swap::files::{AuditFile, Round, Schedule};

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

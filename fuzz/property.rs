//! What must hold whatever the bytes are: a reader answers, a refusal says why, and what was read is written and read
//! back as the same. Used by the fuzz targets and by tests/hostile.rs, which replays their corpus.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use library_swap::domain::inbound::{Content, InboundKind};
use library_swap::export::{Cell, CsvForm, Delimiter, Formulas, Look, Profile};
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

/// Whether a spreadsheet could take some line of a cell for a formula. Independent of the code that is asked.
fn could_run(cell: &str) -> bool {
    let lines = cell.split(['\r', '\n']);
    lines
        .map(|line| line.trim_start_matches([' ', '\u{A0}', '\t']))
        .any(|line| line.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']))
}

/// What people wrote, cell by cell, as CSV: none could run, whatever delimiter a program cuts at, and nothing but
/// apostrophes was added; for machines each is as it was.
pub fn cells(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Readers take a mark at the very beginning for the file's.
    let cells: Vec<&str> = text.trim_start_matches('\u{FEFF}').split('\0').take(50).collect();
    let read = |bytes: &[u8], delimiter: Delimiter| -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new();
        let records = reader
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter.character())
            .from_reader(bytes)
            .into_records();
        records.map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
    };
    for &delimiter in Delimiter::ALL {
        let written = |formulas| {
            let form = CsvForm { delimiter, formulas, look: Look::iso() };
            let mut out = Vec::new();
            form.write([cells.iter().map(|text| Cell::Text(text))], &mut out);
            out
        };
        let raw = read(&written(Formulas::Raw), delimiter);
        assert_eq!(raw, [&cells[..]], "as it is");
        let escaped = written(Formulas::Escape);
        for &program in Delimiter::ALL {
            for cell in read(&escaped, program).iter().flatten() {
                assert!(!could_run(cell), "{cell:?} with {}", program.as_str());
            }
        }
        for (cell, text) in read(&escaped, delimiter).iter().flatten().zip(&cells) {
            assert_eq!(cell.replace('\'', ""), text.replace('\'', ""));
        }
    }
}

/// A profile: a refusal says why; a good one has a name for each of its columns.
pub fn profile(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Profile::read(text) {
        Ok(profile) => {
            let mut header = Vec::new();
            profile.write_header(&mut header);
            assert_eq!(header.is_empty(), !profile.has_header);
            assert!(profile.columns.iter().all(|column| !column.name.is_empty()));
        }
        Err(faults) => assert!(!faults.is_empty(), "refused without a word"),
    }
}

//! Hostile files: the saved corpus (fuzz/README.md) is replayed, and large files that are made to hurt
//! are read within their memory: 20 × the input and a little, counted by the allocator. So are mails and calendars that
//! are made to hurt.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

mod hostile_mails;
#[path = "../fuzz/property.rs"]
mod property;

use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use library_swap::domain::fault::Fault;
use library_swap::export::Profile;
use library_swap::files::{AuditFile, Round, Schedule};
use library_swap::import::closures_ics::read_closures;
use library_swap::import::{MOST_MAIL_BYTES, read_mail};
use peak_alloc::PeakAlloc;

use hostile_mails::Fate;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One test at a time: the allocator counts for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// The faults of a file that is read, and the most memory in use meanwhile.
fn read(kind: &str, bytes: &[u8]) -> (Vec<Fault>, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let faults = match kind {
        "round" => Round::read(bytes).err(),
        "schedule" => Schedule::read(bytes).err(),
        "mail" => {
            drop(read_mail(bytes, Some("mx.example")));
            None
        }
        "closures" => read_closures(bytes, chrono_tz::Europe::London, &property::dates()).err(),
        "cells" => None,
        "profile" => std::str::from_utf8(bytes).ok().and_then(|text| Profile::read(text).err()),
        _ => AuditFile::read(bytes).err(),
    };
    (faults.unwrap_or_default(), MEMORY.peak_usage().saturating_sub(before))
}

#[test]
fn the_saved_corpus_of_the_fuzzer_is_read_without_harm() {
    let _alone = ALONE.lock().expect("alone");
    for kind in ["round", "schedule", "audit", "mail", "closures", "cells", "profile"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(kind);
        let mut replayed = 0;
        for entry in std::fs::read_dir(&folder).expect("the saved corpus") {
            let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
            let (_, memory) = read(kind, &bytes);
            assert!(memory <= property::most_memory(bytes.len()));
            match kind {
                "round" => property::round(&bytes),
                "schedule" => property::schedule(&bytes),
                "mail" => property::mail(&bytes),
                "closures" => property::closures(&bytes),
                "cells" => property::cells(&bytes),
                "profile" => property::profile(&bytes),
                _ => property::audit(&bytes),
            }
            replayed += 1;
        }
        assert!(replayed >= 100, "{kind}: only {replayed} files");
    }
}

/// Text of about half a megabyte: `between` is repeated with its number for `#`, between `before` and `after`.
fn long(before: &str, between: &str, after: &str) -> String {
    let mut text = before.to_owned();
    let mut number = 0_u64;
    while text.len() < 500_000 {
        if number > 0 {
            text.push(',');
        }
        // Short and all different.
        write!(text, "{}", between.replace('#', &format!("{number:x}"))).expect("text");
        number += 1;
    }
    text + after
}

const ROUND: &str =
    r#"{"format": "library-swap/round", "version": 1, "timezone": "UTC", "dates": ["2027-03-01"], "#;
const LIBRARY: &str = r#"{"id": "h", "sectors": ["a"], "employers": ["b"]"#;
const SCHEDULE: &str = r#"{"format": "library-swap/schedule", "version": 1, "#;
const AUDIT: &str =
    r#"{"format": "library-swap/audit", "version": 1, "dates": ["2027-03-01"], "weight": 1, "#;

/// Kind and text of each file that is made to hurt.
fn hostile_files() -> Vec<(&'static str, String)> {
    let long_key = "k".repeat(250_000);
    let round =
        |rest: &str, between: &str, after: &str| ("round", long(&format!("{ROUND}{rest}"), between, after));
    let mut files = vec![
        // What is wrong everywhere.
        round(r##""staff": ["##, "0", "]}"),
        round(r##""staff": ["##, "[]", "]}"),
        round(r##""libraries": ["##, "{}", "]}"),
        round(r##""employer_groups": ["##, r##"["a"]"##, "]}"),
        round(r##""partners": ["##, "[0,0]", "]}"),
        round("", r##""":0"##, "}"),
        round("", r##""x#":0"##, "}"),
        round(r##""partners": [["##, "0", "]]}"),
        round(r##""rules": {"weights": {"sector": ["##, "9", "]}}}"),
        round(r##""rules": {"sectors": {"##, r##""#":[]"##, "}}}"),
        round(&format!(r##""libraries": [{LIBRARY}, "hosting": {{"##), r##""2027-03-01":1"##, "}}]}"),
        round(&format!(r##""libraries": [{LIBRARY}, "hosting": {{"##), r##""#":1"##, "}}]}"),
        round(
            &format!(r##""libraries": [{LIBRARY}}}], "staff": ["##),
            r##"{"id":"#","home":"#","dates":[],"max_km":1}"##,
            "]}",
        ),
        // Much of what is right.
        round(&format!(r##""libraries": [{LIBRARY}, "topics": ["##), r##""#""##, "]}]}"),
        round(r##""employer_groups": [["##, r##""#""##, "]]}"),
        round(r##""libraries": ["##, r##"{"id":"#","sectors":["a"],"employers":["b"]}"##, "]}"),
        round(
            &format!(r##""libraries": [{LIBRARY}}}], "staff": ["##),
            r##"{"id":"#","home":"h","dates":[],"max_km":1}"##,
            "]}",
        ),
        ("round", {
            let person = r##"{"id":"s","home":"h","dates":[],"max_km":1}"##;
            long(
                &format!(r##"{ROUND}"libraries": [{LIBRARY}}}], "staff": [{person}], "forbidden": ["##),
                r##"{"staff":"s","host":"h"}"##,
                "]}",
            )
        }),
        // Where the way to a fault is long, and what is compared for a suggestion.
        ("round", long(&format!(r##"{ROUND}"rules": {{"sectors": {{"{long_key}": ["##), "0", "]}}}")),
        ("round", long(&format!(r##"{ROUND}"{long_key}": ["##), "0", "]}")),
        (
            "round",
            format!(
                r##"{ROUND}"libraries": [{{"id": "{long_key}", "sectors": ["a"], "employers": ["b"]}}], "staff": [{{"id": "s", "home": "{long_key}k", "dates": [], "max_km": 1}}]}}"##
            ),
        ),
        ("round", {
            let libraries =
                (0..2_000).map(|n| format!(r##"{{"id":"library-{n}","sectors":["a"],"employers":["b"]}}"##));
            let libraries = libraries.collect::<Vec<_>>().join(",");
            long(
                &format!(r##"{ROUND}"libraries": [{libraries}], "staff": ["##),
                r##"{"id":"#","home":"l#brary","dates":[],"max_km":1}"##,
                "]}",
            )
        }),
        // Long numbers and texts, and depth.
        (
            "round",
            format!(
                r##"{ROUND}"libraries": [{LIBRARY}, "latitude": 1.{}, "longitude": 1e{}}}]}}"##,
                "1".repeat(250_000),
                "9".repeat(250_000)
            ),
        ),
        ("round", format!(r##"{ROUND}"name": "{}"}}"##, "\\u0000".repeat(100_000))),
        ("round", format!(r##"{ROUND}"name": {}{}}}"##, "[".repeat(250_000), "]".repeat(250_000))),
        ("round", format!(r##"{ROUND}"name": {}"##, r##"{"a":"##.repeat(100_000))),
    ];
    for (list, between) in [
        (r##""placements": ["##, "0"),
        (r##""placements": ["##, r##"{"staff":"#","host":"h","date":"2027-03-01","score":1}"##),
        (r##""unplaced": ["##, r##"{"staff":"#","reason":"outweighed","hosts_considered":1}"##),
    ] {
        files.push(("schedule", long(&format!("{SCHEDULE}{list}"), between, "]}")));
    }
    for (table, between, after) in [
        (r##""prices": {"staff": {"##, r##""#":1"##, "}}}"),
        (r##""prices": {"hosting": ["##, r##"["a","2027-03-01",1]"##, "]}}"),
        (r##""prices": {"hosting": [["##, "0", "]]}}"),
        (r##""outcomes": {"sector_rank": ["##, "0", "]}}"),
    ] {
        files.push(("schedule", long(&format!("{SCHEDULE}{table}"), between, after)));
    }
    let libraries = r##""libraries": [{"id": "h"}, {"id": "m"}], "##;
    for (list, between, after) in [
        (r##""staff": ["##, r##"{"id":"#","home":"m","feasible":[]}"##, "]}"),
        (r##""staff": ["##, r##"{"id":"#","home":"m","feasible":[["h",["2027-03-01"],1]]}"##, "]}"),
        (r##""staff": [{"id": "a", "home": "m", "feasible": ["##, "[[],[],[]]", "]}]}"),
        (r##""staff": [{"id": "a", "home": "m", "feasible": [["h", ["##, "0", "], 1]]}]}"),
    ] {
        files.push(("audit", long(&format!("{AUDIT}{libraries}{list}"), between, after)));
    }
    files
}

#[test]
fn files_that_are_made_to_hurt_keep_within_their_memory_and_are_answered() {
    let _alone = ALONE.lock().expect("alone");
    for (kind, text) in hostile_files() {
        let (faults, memory) = read(kind, text.as_bytes());
        let begin: String = text.chars().skip(90).take(120).collect();
        // A few thousand pointers are no use to anybody.
        assert!(faults.len() <= 1_001, "{} faults: {begin}", faults.len());
        // The 50 MB are for small files: what grows with the file keeps within 20 × by itself.
        assert!(memory <= 20 * text.len() + 1_000_000, "{memory} bytes for {}: {begin}", text.len());
    }
}

/// Memory that reading a mail of so many bytes may take beside it: that of 64 MB for whatever is read at all, and nothing for
/// what is too long to be looked at.
const fn most_memory(length: usize) -> usize {
    if length > MOST_MAIL_BYTES { 10_000 } else { 64_000_000 }
}

#[test]
fn mails_that_are_made_to_hurt_are_read_or_refused_in_little_time_and_memory() {
    let _alone = ALONE.lock().expect("alone");
    let (mut most, mut longest, mut wrong) = (0, Duration::ZERO, Vec::new());
    for (name, bytes, fate) in hostile_mails::all() {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let start = Instant::now();
        let read = read_mail(&bytes, Some("mx.example"));
        let (took, memory) = (start.elapsed(), MEMORY.peak_usage().saturating_sub(before));
        let came = match &read {
            Ok(mail) => mail.kind().to_string(),
            Err(rule) => format!("refused: {rule}"),
        };
        eprintln!("{name}: {} bytes, {came}, {took:?}, {memory} bytes of memory", bytes.len());
        let is_right = match fate {
            Fate::Refused(words) => came.starts_with("refused") && came.contains(words),
            Fate::Read(kind) => came == kind,
        };
        // A second at most in a debug build; generous for a machine that does other things as well.
        if !is_right || memory > most_memory(bytes.len()) || took > Duration::from_secs(10) {
            wrong.push(format!("{name}: {came}, {took:?}, {memory}"));
        }
        (most, longest) = (most.max(memory), longest.max(took));
    }
    eprintln!("at most {most} bytes of memory and {longest:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

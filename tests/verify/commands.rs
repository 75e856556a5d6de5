//! The commands `verify` and `audit-file` as a person runs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{golden, named};

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(arguments: &[&Path]) -> Ran {
    let done = Command::new(env!("CARGO_BIN_EXE_library-swap")).args(arguments).output().expect("it runs");
    Ran {
        code: done.status.code().expect("a code"),
        out: String::from_utf8(done.stdout).expect("UTF-8"),
        err: String::from_utf8(done.stderr).expect("UTF-8"),
    }
}

/// The golden round with locks and its schedule in a folder of their own.
fn files(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let (_, round, schedule) = golden()?.into_iter().find(|(name, _, _)| name == "small-locks")?;
    let (round_file, schedule_file) = (folder.join("round.json"), folder.join("schedule.json"));
    std::fs::write(&round_file, round).expect("written");
    std::fs::write(&schedule_file, schedule).expect("written");
    Some((round_file, schedule_file))
}

#[test]
fn verify_says_clean_lists_breaches_or_names_every_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some((round, schedule)) = files(folder.path()) else { return };
    let clean = run(&["verify".as_ref(), &round, &schedule]);
    assert_eq!(clean.code, 0, "{}", clean.err);
    insta::assert_snapshot!(clean.out, @r"
    override: S00004 at gb-aca-d4781127bb on 2026-05-13 breaks sector, availability, not_released: agreed by telephone
    clean: 33 of 40 people placed
    value 41659, bound 41659, bound by prices 41659
    optimal, proved by prices
    ");

    let text = std::fs::read_to_string(&schedule).expect("read");
    std::fs::write(&schedule, text.replace("\"value\": 41659", "\"value\": 41660")).expect("written");
    let breaches = run(&["verify".as_ref(), &round, &schedule]);
    assert_eq!(breaches.code, 1);
    assert!(breaches.out.contains("\nvalue: value is 41660, must be 41659\n"), "{}", breaches.out);

    std::fs::write(&schedule, text.replace("\"score\": 43", "\"score\": null").replace("\"run\"", "\"ran\""))
        .expect("written");
    let unreadable = run(&["verify".as_ref(), &schedule, &schedule]);
    assert_eq!(unreadable.code, 2);
    let file = schedule.display();
    for fault in [
        format!(
            "{file}: /format: \"library-swap/schedule\": this is another kind of file: \"library-swap/round\" is asked for here\n"
        ),
        format!("{file}: /placements/0/score: is required\n"),
        format!("{file}: /run: is required\n"),
        format!("{file}: /ran: an object: unknown field (maybe `run`)\n"),
    ] {
        assert!(unreadable.err.contains(&fault), "{fault} is not in {}", unreadable.err);
    }
    assert_eq!(run(&["verify".as_ref(), &folder.path().join("none"), &schedule]).code, 2);
}

#[test]
fn audit_file_writes_two_clean_files_that_name_nobody() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some((round, schedule)) = files(folder.path()) else { return };
    let (people, _) = named("small-locks").expect("it is there");
    let mut texts = Vec::new();
    for name in ["first", "second"] {
        let public = folder.path().join(name);
        let written = run(&["audit-file".as_ref(), &round, &schedule, "-o".as_ref(), &public]);
        assert_eq!((written.code, written.err.as_str()), (0, ""));
        let (audit, renamed) = (public.join("audit.json"), public.join("schedule.json"));
        let clean = run(&["verify".as_ref(), &audit, &renamed]);
        assert_eq!(clean.code, 0, "{}{}", clean.out, clean.err);
        assert!(clean.out.ends_with("optimal, proved by prices\n"), "{}", clean.out);
        let text =
            std::fs::read_to_string(audit).expect("read") + &std::fs::read_to_string(renamed).expect("read");
        assert!(people.staff.iter().all(|person| !text.contains(&person.id)));
        assert!(!text.contains("telephone"));
        texts.push(text);
    }
    assert_ne!(texts[0], texts[1], "pseudonyms differ from call to call");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("read").collect();
    assert_eq!(left.len(), 4, "nothing but the two files and the two folders: {left:?}");
}

#[test]
fn audit_file_refuses_a_schedule_with_breaches_and_a_folder_that_holds_something() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some((round, schedule)) = files(folder.path()) else { return };
    let taken = run(&["audit-file".as_ref(), &round, &schedule, "-o".as_ref(), folder.path()]);
    assert_eq!(taken.code, 2);
    assert!(taken.err.contains("is not empty"), "{}", taken.err);

    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).expect("made");
    let text = std::fs::read_to_string(&schedule).expect("read");
    std::fs::write(&schedule, text.replace("\"score\": 43", "\"score\": 44")).expect("written");
    let unclean = run(&["audit-file".as_ref(), &round, &schedule, "-o".as_ref(), &empty]);
    assert_eq!(unclean.code, 1);
    assert!(unclean.out.contains("score: S00001 "), "{}", unclean.out);
    assert!(unclean.err.contains("nothing is written"), "{}", unclean.err);
    assert_eq!(std::fs::read_dir(&empty).expect("read").count(), 0);

    std::fs::write(&schedule, text).expect("written");
    assert_eq!(run(&["audit-file".as_ref(), &round, &schedule, "-o".as_ref(), &empty]).code, 0);
    assert_eq!(std::fs::read_dir(&empty).expect("read").count(), 2);
}

//! Rehearsals: a year of rounds in the binary, the same for the same seed, and never where it could do harm.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod rounds;
mod support;

use std::path::Path;
use std::process::{Command, Output};

use rounds::{Size, grid};
use serde_json::json;
use support::for_each_url;

/// Eight libraries of four sectors, a few kilometres apart, with and without known hours.
const LIBRARIES: &str = r#"id,name,sector,operator,address,postcode,country,latitude,longitude,status,opening_hours
town,Town Library,public,Shire Council,,,England,52.19,-2.22,open,Mo-Sa 09:00-17:00
village,Village Library,public,Shire Council,,,England,52.20,-2.25,open,"Tu,Th 14:00-18:00; We 09:00-17:00"
campus,Campus Library,academic,Shire University,,,England,52.20,-2.24,open,
college,College Library,academic,Shire College,,,England,52.17,-2.21,open,Mo-Fr 08:30-20:00
grammar,Grammar School Library,school,Grammar School,,,England,52.21,-2.20,open,Mo-Fr 08:00-16:00
academy,Academy Library,school,Shire Academy,,,England,52.18,-2.26,open,
hospital,Hospital Library,specialist,Shire Hospital,,,England,52.19,-2.18,open,Mo-Fr 09:00-17:00
archive,Archive,specialist,Shire Archive,,,England,52.16,-2.23,open,We-Fr 10:00-16:00
"#;

fn run(folder: &Path, url: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .current_dir(folder)
        .env("LIBRARY_SWAP__DATABASE__URL", url)
        .env("LIBRARY_SWAP__MAIL__FOLDER", folder.join("mail"))
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a command says that must succeed.
fn said(folder: &Path, url: &str, arguments: &[&str]) -> String {
    let output = run(folder, url, arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What a command says that must not be carried out.
fn refused(folder: &Path, url: &str, arguments: &[&str]) -> String {
    let output = run(folder, url, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

fn take_libraries(folder: &Path, url: &str) {
    std::fs::write(folder.join("libraries.csv"), LIBRARIES).expect("a list");
    said(folder, url, &["migrate"]);
    said(folder, url, &["import", "libraries", "libraries.csv", "--apply"]);
}

const YEAR: [&str; 9] =
    ["simulate", "--seed", "7", "--people", "30", "--rounds", "3", "--start", "2027-01-04"];

/// The number before some words on the line that begins with others.
fn number(said: &str, line: &str, before: &str) -> Vec<i64> {
    let lines = said.lines().filter(|other| other.trim_start().starts_with(line));
    lines.filter_map(|line| line.split(before).next()?.split_whitespace().last()?.parse().ok()).collect()
}

#[test]
fn a_year_is_rehearsed_and_everything_adds_up() {
    for_each_url(|_, url| {
        let folder = tempfile::tempdir().expect("a folder");
        take_libraries(folder.path(), url);
        let said = said(folder.path(), url, &YEAR);
        let stand = number(&said, "drop-outs", " days stand");
        assert_eq!(stand.len(), 3, "{said}");
        assert!(stand.iter().sum::<i64>() > 5, "hardly anybody went anywhere: {said}");
        assert!(said.contains("same host    0 people twice"), "{said}");
        let placed = number(&said, "placed", " of ");
        let confirmed = number(&said, "answers", " confirmed");
        assert!(placed.iter().zip(&confirmed).all(|(placed, confirmed)| placed >= confirmed), "{said}");
        assert_eq!(number(&said, "kept", " days outside"), [0, 0, 0], "{said}");
        assert!(!folder.path().join("mail").exists(), "a mail was sent somewhere");
        // Rehearsals are known again: another one may follow.
        run(folder.path(), url, &["simulate", "--people", "10", "--rounds", "1"])
            .status
            .success()
            .then_some(())
            .expect("a second rehearsal");
    });
}

#[test]
fn the_same_seed_on_the_same_database_gives_the_same_year() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    take_libraries(folder.path(), &url("first.db"));
    for copy in ["second.db", "third.db"] {
        std::fs::copy(folder.path().join("first.db"), folder.path().join(copy)).expect("a copy");
    }
    let first = said(folder.path(), &url("first.db"), &YEAR);
    assert_eq!(said(folder.path(), &url("second.db"), &YEAR), first);
    let mut other = YEAR;
    other[2] = "8";
    assert_ne!(said(folder.path(), &url("third.db"), &other).replace("seed 8", "seed 7"), first);
}

#[test]
fn nothing_is_rehearsed_beside_real_rounds_or_where_mail_could_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("real.db").display());
    let round = grid(Size { staff: 4, libraries: 4, dates: 2 }, &json!(1));
    std::fs::write(folder.path().join("round.json"), round.to_string()).expect("a file");
    let few = ["simulate", "--people", "4", "--rounds", "1"];
    let none = refused(folder.path(), &url, &few);
    assert!(none.contains("at least two open libraries"), "{none}");
    let made = said(folder.path(), &url, &["round", "import", "round.json"]);
    let id = made.split_whitespace().nth(1).expect("an id").to_owned();
    let words = refused(folder.path(), &url, &few);
    assert!(words.contains("“Imported round”") && words.contains("--beside-real-rounds"), "{words}");
    let mut smtp = Command::new(env!("CARGO_BIN_EXE_library-swap"));
    smtp.current_dir(folder.path())
        .env("LIBRARY_SWAP__DATABASE__URL", &url)
        .env("LIBRARY_SWAP__MAIL__TRANSPORT", "smtp")
        .env("LIBRARY_SWAP__MAIL__SMTP__HOST", "mail.example")
        .args(few);
    let output = smtp.output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("mail.transport"), "{}", text(&output.stderr));
    // The real round is as it was, and the file that comes out of it goes in again.
    let file = said(folder.path(), &url, &["round", "export", &id]);
    std::fs::write(folder.path().join("again.json"), &file).expect("a file");
    said(folder.path(), &url, &["round", "import", "again.json"]);
    said(folder.path(), &url, &[&few[..], &["--beside-real-rounds"]].concat());
    let missing = run(folder.path(), &url, &["round", "export", "00000000-0000-7000-8000-000000000000"]);
    assert_eq!(missing.status.code(), Some(1));
}

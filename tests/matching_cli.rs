//! The command `match`: exit codes, what is written and what is not.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use std::path::Path;
use std::process::{Command, Output};

use library_swap::files::Schedule;

fn run(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .arg("match")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program")
}

const ROUND: &str = r#"{
  "format": "library-swap/round", "version": 1, "timezone": "Europe/London", "dates": ["2027-03-01"],
  "rules": {"balance": 0},
  "libraries": [
    {"id": "a", "sectors": ["public"], "employers": ["A"], "latitude": 52.0, "longitude": -2.0,
     "hosting": {"2027-03-01": 1}, "release": {"2027-03-01": 1}},
    {"id": "b", "sectors": ["school"], "employers": ["B"], "latitude": 52.0, "longitude": -2.0,
     "hosting": {"2027-03-01": 1}, "release": {"2027-03-01": 1}}],
  "staff": [
    {"id": "s1", "home": "a", "dates": ["2027-03-01"], "max_km": 10},
    {"id": "s2", "home": "b", "dates": ["DATE"], "max_km": 10}],
  "locks": [{"staff": "s1", "host": "b", "date": "2027-03-01"}]
}"#;

fn folder_with(round: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("round.json"), round).expect("written");
    folder
}

#[test]
fn a_round_is_solved_into_a_file_and_summarised() {
    let folder = folder_with(&ROUND.replace("DATE", "2027-03-01"));
    let arguments = ["round.json", "-o", "schedule.json", "--model", "model.mps", "--time-limit", "30s"];
    let output = run(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stdout.is_empty());
    let words = String::from_utf8(output.stderr).expect("text");
    assert!(words.contains("2 placed, 0 without a place"), "{words}");
    assert!(words.contains("optimal, proved by prices"), "{words}");
    let schedule = std::fs::read(folder.path().join("schedule.json")).expect("written");
    assert_eq!(Schedule::read(&schedule).expect("a schedule").objective.value, 2120);
    assert!(folder.path().join("model.mps").exists());
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 3, "nothing is left over");
    let output = run(&["round.json"], folder.path());
    assert!(Schedule::read(&output.stdout).is_ok());
}

#[test]
fn locks_that_nothing_completes_exit_1_and_write_nothing() {
    // On its only date s2 goes nowhere: the lock stays a chain, which strict balance forbids.
    let round = ROUND.replace(r#""dates": ["DATE"]"#, r#""dates": []"#);
    let folder = folder_with(&round);
    let output = run(&["round.json", "-o", "schedule.json"], folder.path());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("locks_infeasible"));
    assert!(!folder.path().join("schedule.json").exists());
}

#[test]
fn an_unreadable_round_exits_2_and_names_every_fault() {
    let folder =
        folder_with(&ROUND.replace("DATE", "2027-02-30").replace("\"home\": \"a\"", "\"home\": \"z\""));
    let output = run(&["round.json"], folder.path());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let words = String::from_utf8(output.stderr).expect("text");
    assert!(words.contains("/staff/1/dates/0") && words.contains("/staff/0/home"), "{words}");
    assert!(output.stdout.is_empty());
    assert_eq!(run(&["missing.json"], folder.path()).status.code(), Some(2));
}

//! The command `match`: exit codes, what is written and what is not; time limits and interrupts.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

mod rounds;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use library_swap::files::{Round, Schedule};
use library_swap::verify::{Subject, verify};
use rounds::Size;
use serde_json::json;

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
    assert!(words.contains("1 ring of 2 libraries"), "{words}");
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

/// A round that is not proven within seconds: strict balance, and everybody has hundreds of choices.
fn long_round() -> String {
    rounds::grid(Size { staff: 400, libraries: 120, dates: 12 }, &json!(0)).to_string()
}

/// The schedule of the folder, which must be right.
fn proven(folder: &Path) -> Schedule {
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a file");
    let round = Round::read(&read("round.json")).expect("a round");
    let schedule = Schedule::read(&read("schedule.json")).expect("a schedule");
    let report = verify(&Subject::Round(&round), &schedule);
    assert!(report.is_clean(), "{:?}", report.breaches);
    schedule
}

/// Waits for the end; a command that hangs is a failure, not a test that never ends.
fn wait(mut child: Child) -> Output {
    let begin = Instant::now();
    while child.try_wait().expect("its state").is_none() {
        if begin.elapsed() > Duration::from_secs(120) {
            child.kill().expect("ended");
            panic!("the command hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().expect("its output")
}

/// Waits for a file that the command writes before it searches.
fn wait_for(file: &Path) {
    let begin = Instant::now();
    while !file.exists() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{} is not written", file.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .args(["match", "round.json", "-o", "schedule.json"])
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program")
}

#[test]
fn an_interrupt_ends_the_search_and_what_was_found_is_written_with_its_gap() {
    for signal in ["-INT", "-TERM"] {
        let folder = folder_with(&long_round());
        let mut child = start(folder.path(), &["--model", "model.mps"]);
        wait_for(&folder.path().join("model.mps"));
        std::thread::sleep(Duration::from_secs(1));
        assert!(child.try_wait().expect("its state").is_none(), "the round is too easy for this test");
        let kill = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill");
        assert!(kill.success());
        let output = wait(child);
        assert_eq!(output.status.code(), Some(0), "{signal}: {output:?}");
        let schedule = proven(folder.path());
        assert_eq!(schedule.run.stopped, "cancelled");
        let words = String::from_utf8(output.stderr).expect("text");
        assert!(words.contains("gap") && words.contains("stopped: cancelled"), "{words}");
    }
}

#[test]
fn a_time_limit_ends_the_search_and_what_was_found_is_written_with_its_gap() {
    // On a busy machine nothing is found in so short a time.
    for limit in ["1500ms", "6s", "24s"] {
        let folder = folder_with(&long_round());
        let output = wait(start(folder.path(), &["--time-limit", limit]));
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let schedule = proven(folder.path());
        assert_eq!(schedule.run.stopped, "time", "the round is too easy for this test");
        assert!(schedule.objective.value <= schedule.objective.bound);
        assert!(String::from_utf8_lossy(&output.stderr).contains("gap"));
        if schedule.objective.value > 0 {
            return;
        }
    }
    panic!("nothing was found in 24 s");
}

/// By the clock, so for an optimised build on a machine with nothing else to do:
/// `cargo test --release --locked --test matching_cli -- --ignored`.
#[test]
#[ignore = "measures time"]
fn time_limits_are_kept_within_a_tenth_and_interrupts_within_half_a_second() {
    for (staff, libraries, dates) in [(400, 120, 12), (2_000, 500, 20)] {
        let round = rounds::grid(Size { staff, libraries, dates }, &json!(0)).to_string();
        let folder = folder_with(&round);
        for (text, limit) in [("500ms", 0.5), ("2s", 2.0), ("8s", 8.0_f64)] {
            let begin = Instant::now();
            let output = wait(start(folder.path(), &["--time-limit", text]));
            let seconds = begin.elapsed().as_secs_f64();
            eprintln!("{staff} staff, limit {text}: {seconds:.2} s, exit code {:?}", output.status.code());
            assert!(seconds <= limit + (0.1 * limit).max(0.1) + 0.02, "{staff} staff: {seconds} s of {text}");
        }
        for after in [1, 3, 6] {
            let child = start(folder.path(), &[]);
            std::thread::sleep(Duration::from_secs(after));
            let begin = Instant::now();
            Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
            wait(child);
            let seconds = begin.elapsed().as_secs_f64();
            eprintln!("{staff} staff, interrupted after {after} s: {seconds:.2} s");
            assert!(seconds <= 0.5 + 0.02, "{staff} staff: {seconds} s after the interrupt");
        }
    }
}

//! Rounds with a limit of rings against other solvers: kidney-exchange rounds (one date, one leaver and one visitor for
//! each library) against kep_solver and HiGHS, and a preset of real libraries against HiGHS with a column for each ring.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;
mod make_round;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;

use library_swap::files::Round;
use library_swap::matching::{Options, solve};
use library_swap::verify::{Subject, verify, without_people};
use make_round::make_round;
use serde_json::Value;

/// Seconds that a peer may take for a round.
const SECONDS: &str = "60";

fn script() -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/limited_rings.py"));
    command
}

/// Whether there is a Python with both solvers; no, loudly, where there is none.
fn has_peers() -> bool {
    let required = std::env::var("LIBRARY_SWAP_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
    let importable = Command::new("python3").args(["-c", "import highspy, kep_solver"]).output();
    let has_them = importable.is_ok_and(|output| output.status.success());
    if !has_them {
        let missing = "Python's highspy and kep_solver are not there (tests/python/requirements.txt)";
        assert!(!required, "{missing}");
        skip!("{missing}");
    }
    has_them
}

fn lines_of(command: &mut Command) -> Vec<String> {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    // HiGHS greets first.
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect()
}

/// Solves a round, lets the checker prove it, and writes its audit file. Its value.
fn solve_ours(round: &Round, audit: &Path) -> i64 {
    let schedule = solve(round, &Options::default(), &mut |_| ControlFlow::Continue(())).expect("a schedule");
    let report = verify(&Subject::Round(round), &schedule);
    assert!(report.is_clean(), "{:?}", report.breaches);
    assert!(schedule.objective.optimal);
    let names: Vec<String> = round.staff.iter().map(|person| person.id.clone()).collect();
    std::fs::write(audit, without_people(round, &schedule, &names).0.to_json()).expect("a file");
    schedule.objective.value
}

/// Lets the peers solve rounds of which our values are known. How many of their answers were optimal.
fn judge(rounds: &[(PathBuf, i64)]) -> usize {
    let mut command = script();
    command.args(["solve", SECONDS]).args(rounds.iter().map(|(audit, _)| audit));
    let mut optimal = 0;
    for line in lines_of(&mut command) {
        let judged: Value = serde_json::from_str(&line).expect("JSON");
        let of_round = rounds.iter().find(|(audit, _)| judged["audit"] == audit.to_str().expect("text"));
        let (_, ours) = of_round.expect("one of the rounds");
        if judged["value"].is_i64() && judged["value"] == judged["bound"] {
            assert_eq!(judged["value"], *ours, "{line}");
            optimal += 1;
        }
    }
    optimal
}

fn compare_kidney_exchange(rounds: usize, most: usize) {
    if !has_peers() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let seeds = (1..=rounds).map(|seed| seed.to_string());
    let mut known = Vec::new();
    for (n, line) in lines_of(script().args(["make", &most.to_string()]).args(seeds)).iter().enumerate() {
        let audit = folder.path().join(format!("{n}.audit.json"));
        let round = Round::read(line.as_bytes()).expect("a round");
        let value = solve_ours(&round, &audit);
        known.push((audit, value));
    }
    assert!(known.iter().filter(|(_, value)| *value > 0).count() * 2 > rounds, "rings have become rare");
    assert_eq!(judge(&known), 2 * rounds, "each solver proves each round");
}

#[test]
fn kidney_exchange_rounds_have_the_optimum_of_two_other_solvers() {
    compare_kidney_exchange(50, 24);
}

/// Of up to 40 libraries: `cargo test --release --locked --test limited_differential -- --ignored`.
#[test]
#[ignore = "takes long"]
fn larger_kidney_exchange_rounds_have_the_optimum_of_two_other_solvers() {
    compare_kidney_exchange(50, 40);
}

#[test]
fn presets_have_the_optimum_of_a_model_with_a_column_for_each_ring() {
    if !has_peers() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut known = Vec::new();
    for (preset, most, value) in [
        ("small", "2", 21_559),
        ("small", "3", 21_559),
        ("small", "4", 21_559),
        ("rural", "2", 45_435),
        ("rural", "3", 45_489),
        ("rural", "4", 45_499),
    ] {
        let words = ["--preset", preset, "--balance", "0", "--max-ring", most];
        let Some(made) = make_round(&words) else { return };
        let audit = folder.path().join(format!("{preset}-{most}.audit.json"));
        assert_eq!(
            solve_ours(&Round::read(&made).expect("a round"), &audit),
            value,
            "{preset}, rings of {most}"
        );
        known.push((audit, value));
    }
    assert_eq!(judge(&known), known.len(), "HiGHS proves each round");
}

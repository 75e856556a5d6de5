//! The engine against an exhaustive search over random small rounds, known values of presets and golden files.
//!
//! Everything that is expected here is worked out in `matching_brute`, which shares no code with the engine.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::Command;

use library_swap::files::schedule::Proof;
use library_swap::files::{Round, Schedule};
use library_swap::matching::{MatchError, Options, Progress, StopReason, solve, write_mps};
use serde_json::{Value, json};

#[path = "matching_brute/mod.rs"]
mod brute;

fn run(round: &Round, options: &Options) -> Result<Schedule, MatchError> {
    solve(round, options, &mut |_| ControlFlow::Continue(()))
}

fn read(value: &Value) -> Round {
    Round::read(value.to_string().as_bytes()).unwrap_or_else(|faults| panic!("{faults:?}\n{value}"))
}

/// Everything but `run`.
fn without_run(mut schedule: Schedule) -> Schedule {
    schedule.run.threads = 0;
    schedule
}

#[test]
fn random_small_rounds_equal_an_exhaustive_search_and_their_bounds_hold() {
    let (mut optimal, mut infeasible, mut broken, mut searched) = (0, 0, 0, 0);
    for seed in 0..600 {
        let value = brute::random::round(seed);
        let round = read(&value);
        let expected = brute::optimum(&round);
        match (run(&round, &Options::default()), expected) {
            (Ok(schedule), brute::Optimum::Value(best)) => {
                brute::check(&round, &schedule)
                    .unwrap_or_else(|words| panic!("seed {seed}: {words}\n{value}"));
                assert_eq!(schedule.objective.value, best, "seed {seed}\n{value}");
                assert_eq!(schedule.objective.bound, best, "seed {seed}\n{value}");
                assert!(schedule.objective.optimal, "seed {seed}");
                optimal += 1;
                searched += i64::from(schedule.objective.proof == Proof::Search);
            }
            (Err(MatchError::LocksInfeasible), brute::Optimum::LocksInfeasible) => infeasible += 1,
            (Err(MatchError::LockBreaksRule { .. }), brute::Optimum::LockBreaksRule) => broken += 1,
            (found, expected) => panic!("seed {seed}: {found:?}, expected {expected:?}\n{value}"),
        }
    }
    eprintln!(
        "{optimal} optimal ({searched} by search), {infeasible} infeasible, {broken} with a broken lock"
    );
    assert!(optimal > 300 && infeasible > 2 && broken > 20, "the random rounds have become one-sided");
}

#[test]
fn the_order_of_the_input_and_the_number_of_threads_change_nothing() {
    for seed in 0..60 {
        let value = brute::random::round(seed);
        let Ok(schedule) = run(&read(&value), &Options::default()) else { continue };
        let shuffled = read(&brute::random::shuffled(&value, seed));
        let again = run(&shuffled, &Options { threads: 3, ..Options::default() }).expect("solved before");
        assert_eq!(without_run(again), without_run(schedule), "seed {seed}");
    }
}

#[test]
fn the_same_seed_gives_the_same_schedule_and_another_seed_the_same_value() {
    for round in 0..40 {
        let round = read(&brute::random::round(round));
        let Ok(schedule) = run(&round, &Options::default()) else { continue };
        assert_eq!(run(&round, &Options::default()).as_ref(), Ok(&schedule));
        let other = run(&round, &Options { seed: -7, ..Options::default() }).expect("solved before");
        assert_eq!(other.objective.value, schedule.objective.value);
    }
}

/// A round of two libraries that exchange one person each way, on one date.
fn pair(rules: &Value, locks: &Value) -> Round {
    let library = |id: &str, sector: &str| {
        json!({"id": id, "sectors": [sector], "employers": [id], "latitude": 52.0, "longitude": -2.0,
               "hosting": {"2027-03-01": 1}, "release": {"2027-03-01": 1}})
    };
    let person =
        |id: &str, home: &str| json!({"id": id, "home": home, "dates": ["2027-03-01"], "max_km": 10.0});
    read(&json!({
        "format": "library-swap/round", "version": 1, "timezone": "Europe/London", "dates": ["2027-03-01"],
        "rules": rules, "locks": locks,
        "libraries": [library("a", "public"), library("b", "school"), library("c", "academic")],
        "staff": [person("s1", "a"), person("s2", "b")],
    }))
}

#[test]
fn two_people_who_swap_form_a_ring_and_the_prices_prove_it() {
    let schedule = run(&pair(&json!({"balance": 0}), &json!([])), &Options::default()).expect("a schedule");
    // Twice a placement of 1,000, the first sector's 40 and full nearness 20.
    assert_eq!(schedule.objective.value, 2120);
    assert_eq!(schedule.objective.bound_prices, 2120);
    assert_eq!(schedule.placements.iter().map(|p| p.ring).collect::<Vec<_>>(), [Some(1), Some(1)]);
    assert_eq!(schedule.run.stopped, "proved");
}

#[test]
fn a_lock_that_nothing_completes_is_locks_infeasible() {
    // s1 goes to c, from where nobody comes: under strict balance nothing completes that.
    let lock = json!([{"staff": "s1", "host": "c", "date": "2027-03-01"}]);
    let error =
        run(&pair(&json!({"balance": 0}), &lock), &Options::default()).expect_err("nothing completes it");
    assert_eq!(error.code(), "locks_infeasible");
    let lock = json!([{"staff": "s1", "host": "c", "date": "2027-03-01", "override": "agreed"}]);
    let schedule =
        run(&pair(&json!({"balance": 0}), &lock), &Options::default()).expect("the override lifts it");
    // s2 cannot come along: nobody would come to b.
    assert_eq!(schedule.placements.len(), 1);
}

#[test]
fn a_limit_of_rings_is_not_solved_yet_and_says_so() {
    let error = run(&pair(&json!({"balance": 0, "max_ring": 2}), &json!([])), &Options::default());
    assert_eq!(error.expect_err("not yet").code(), "not_yet");
}

#[test]
fn a_caller_who_breaks_gets_a_certified_schedule() {
    let stop = |_: &Progress| ControlFlow::Break(StopReason::Cancelled);
    let round = read(&brute::random::round(3));
    let schedule = solve(&round, &Options::default(), &mut { stop }).expect("a schedule");
    brute::check(&round, &schedule).expect("certified");
    assert!(["cancelled", "proved"].contains(&schedule.run.stopped.as_str()));
}

#[test]
fn the_model_has_a_column_for_each_triple_and_fixes_the_locks() {
    let lock = json!([{"staff": "s1", "host": "b", "date": "2027-03-01"}]);
    let mut model = Vec::new();
    write_mps(&pair(&json!({"balance": 0}), &lock), &mut model).expect("a model");
    let model = String::from_utf8(model).expect("text");
    assert!(model.contains("OBJSENSE\n    MAX\n"));
    assert!(model.contains(" FX BOUND lock_0 1\n"));
    assert_eq!(model.matches(" BV BOUND ").count(), 2, "{model}");
}

/// A round of `make_round.py`; none, loudly, if that cannot be run here.
fn preset(arguments: &[&str]) -> Option<Round> {
    let folder = shared()?;
    let out = tempfile::NamedTempFile::new().expect("a file");
    let made = Command::new("python3")
        .arg("make_round.py")
        .args(arguments)
        .arg("--out")
        .arg(out.path())
        .current_dir(&folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output();
    if made.is_err() {
        skip!("python3 cannot be run here");
        return None;
    }
    Some(Round::read(&std::fs::read(out.path()).expect("a round")).expect("a round"))
}

#[test]
fn threads_change_nothing_where_dates_are_large_enough_to_be_shared_out() {
    let Some(round) = preset(&["--preset", "medium", "--balance", "1"]) else { return };
    let options = Options { work: Some(100_000), ..Options::default() };
    let one = run(&round, &options).expect("a schedule");
    let three = run(&round, &Options { threads: 3, ..options }).expect("a schedule");
    assert_eq!(without_run(one.clone()), without_run(three));
    assert_eq!(one.run.stopped, "work");
    brute::check(&round, &one).expect("certified");
}

fn shared() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/rounds");
    if folder.join("make_round.py").exists() {
        return Some(folder);
    }
    skip!("the rounds are not here ({})", folder.display());
    None
}

#[test]
fn presets_reach_their_known_values() {
    let known = [
        ("tiny", "0", Some(7_195)),
        ("tiny", "1", None),
        ("tiny", "off", None),
        ("small", "0", Some(21_559)),
        ("small", "1", Some(37_399)),
        ("small", "off", None),
        ("rural", "0", Some(45_499)),
    ];
    for (preset, balance, value) in known {
        for features in
            [&[][..], &["--features", "all"], &["--features", "all", "--placement-weight", "strict"]]
        {
            if preset == "rural" && !features.is_empty() {
                continue;
            }
            let arguments = [&["--preset", preset, "--balance", balance], features].concat();
            let Some(round) = self::preset(&arguments) else { return };
            let schedule = run(&round, &Options::default()).expect("a schedule");
            brute::check(&round, &schedule).unwrap_or_else(|words| panic!("{preset} {balance}: {words}"));
            assert!(schedule.objective.optimal, "{preset} {balance} {features:?}");
            if let (Some(value), true) = (value, features.is_empty()) {
                assert_eq!(schedule.objective.value, value, "{preset} {balance}");
            }
        }
    }
}

#[test]
fn golden_values_are_reached() {
    let Some(folder) = shared() else { return };
    for entry in std::fs::read_dir(folder.join("golden")).expect("golden files") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".round.json") else { continue };
        let golden = std::fs::read(path.with_file_name(format!("{stem}.schedule.json"))).expect("a schedule");
        let golden = Schedule::read(&golden).expect("a schedule");
        let round = Round::read(&std::fs::read(&path).expect("a round")).expect("a round");
        // Enough to reach the value; the proof of the largest takes longer.
        let work = (!golden.objective.optimal).then_some(20_000_000);
        let schedule = run(&round, &Options { work, ..Options::default() }).expect("a schedule");
        brute::check(&round, &schedule).unwrap_or_else(|words| panic!("{stem}: {words}"));
        assert!(schedule.objective.value >= golden.objective.value, "{stem}: {:?}", schedule.objective);
        if golden.objective.optimal {
            assert_eq!(schedule.objective.value, golden.objective.value, "{stem}");
        }
        brute::check(&round, &golden).unwrap_or_else(|words| panic!("the golden schedule {stem}: {words}"));
    }
}

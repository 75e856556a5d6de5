//! The engine against an exhaustive search over random small rounds, known values of presets and golden files.
//!
//! Everything that is expected here is worked out in `matching_brute`, which shares no code with the engine.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;
mod make_round;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use library_swap::files::schedule::Proof;
use library_swap::files::{Round, Schedule};
use library_swap::matching::{MatchError, Options, Progress, StopReason, solve, write_mps};
use library_swap::verify::{Rule, Subject, verify};
use make_round::make_round;
use serde_json::{Value, json};

#[path = "matching_brute/mod.rs"]
mod brute;
#[path = "matching_brute/order.rs"]
mod order;

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

/// What was found in how many random rounds.
#[derive(Default)]
struct Tally {
    optimal: usize,
    searched: usize,
    infeasible: usize,
    broken: usize,
    /// How often a rule took a host away from somebody.
    excluded: BTreeMap<String, i64>,
}

/// A right schedule is one that the checker does not refuse.
fn accept(round: &Round, schedule: &Schedule, seed: u64) {
    let report = verify(&Subject::Round(round), schedule);
    assert!(report.is_clean(), "seed {seed}: {:?}", report.breaches);
}

fn compare(seed: u64, tally: &mut Tally) {
    let value = brute::random::round(seed);
    let round = read(&value);
    let expected = brute::optimum(&round);
    match (run(&round, &Options::default()), &expected) {
        (Ok(schedule), brute::Optimum::Value(best)) => {
            brute::check(&round, &schedule).unwrap_or_else(|words| panic!("seed {seed}: {words}\n{value}"));
            accept(&round, &schedule, seed);
            assert_eq!(schedule.objective.value, *best, "seed {seed}\n{value}");
            assert_eq!(schedule.objective.bound, *best, "seed {seed}\n{value}");
            assert!(schedule.objective.optimal, "seed {seed}");
            tally.optimal += 1;
            tally.searched += usize::from(schedule.objective.proof == Proof::Search);
            for (code, count) in schedule.unplaced.iter().flat_map(|left| &left.excluded) {
                *tally.excluded.entry(code.clone()).or_default() += count;
            }
        }
        (Err(MatchError::LocksInfeasible), brute::Optimum::LocksInfeasible) => tally.infeasible += 1,
        (Err(MatchError::LockBreaksRule { .. }), brute::Optimum::LockBreaksRule) => tally.broken += 1,
        (found, expected) => panic!("seed {seed}: {found:?}, expected {expected:?}\n{value}"),
    }
    // Stopped at once: another right schedule, whose bounds hold all the same.
    let stop = |_: &Progress| ControlFlow::Break(StopReason::Cancelled);
    if let Ok(schedule) = solve(&round, &Options::default(), &mut { stop }) {
        accept(&round, &schedule, seed);
        let brute::Optimum::Value(best) = expected else { panic!("seed {seed}: {expected:?}\n{value}") };
        let objective = &schedule.objective;
        assert!((objective.value..=objective.bound).contains(&best), "seed {seed}: {best}, {objective:?}");
    }
}

#[test]
fn two_thousand_random_small_rounds_equal_an_exhaustive_search_and_no_right_schedule_is_refused() {
    const ROUNDS: u64 = 2_000;
    let part = |first: u64| {
        let mut tally = Tally::default();
        (first..ROUNDS).step_by(2).for_each(|seed| compare(seed, &mut tally));
        tally
    };
    let (even, odd) = std::thread::scope(|scope| {
        let even = scope.spawn(|| part(0));
        let odd = part(1);
        (even.join().unwrap_or_else(|words| std::panic::resume_unwind(words)), odd)
    });
    let sum = |count: fn(&Tally) -> usize| count(&even) + count(&odd);
    let (optimal, infeasible, broken) = (sum(|t| t.optimal), sum(|t| t.infeasible), sum(|t| t.broken));
    eprintln!(
        "{optimal} optimal ({} by search), {infeasible} infeasible, {broken} with a broken lock",
        sum(|t| t.searched)
    );
    assert!(optimal > 1_000 && infeasible > 6 && broken > 60, "the random rounds have become one-sided");
    for code in Rule::ALL.into_iter().filter(|rule| *rule != Rule::OwnLibrary).map(Rule::as_str) {
        let count = even.excluded.get(code).unwrap_or(&0) + odd.excluded.get(code).unwrap_or(&0);
        assert!(count >= 20, "{code} took only {count} hosts away: the random rounds have become one-sided");
    }
}

/// Removes a field of every element of a list.
fn without(list: &str, field: &str, value: &mut Value) {
    for row in value[list].as_array_mut().expect("a list") {
        row.as_object_mut().expect("an object").remove(field);
    }
}

/// A rule, and how to lift it from a round.
type Lift = (&'static str, fn(&mut Value));

#[rustfmt::skip]
const LIFTS: &[Lift] = &[
    ("same_employer", |v| v["rules"]["same_employer"] = json!(true)),
    ("employer_groups", |v| v["employer_groups"] = json!([])),
    ("sectors", |v| v["rules"]["sectors"] = json!("any")),
    ("partners_only", |v| v["rules"]["partners_only"] = json!(false)),
    ("partner", |v| v["rules"]["weights"]["partner"] = json!(0)),
    ("avoid", |v| without("staff", "avoid", v)),
    ("forbidden on a date", |v| v["forbidden"].as_array_mut().expect("pairs").retain(|pair| pair.get("date").is_none())),
    ("forbidden for ever", |v| v["forbidden"].as_array_mut().expect("pairs").retain(|pair| pair.get("date").is_some())),
    ("repeat_hosts", |v| v["rules"]["repeat_hosts"] = json!(true)),
    ("unknown_distance", |v| v["rules"]["unknown_distance"] = json!(true)),
    ("max_km", |v| v["staff"].as_array_mut().expect("staff").iter_mut().for_each(|p| p["max_km"] = json!(20_000))),
    ("origin", |v| without("staff", "origin", v)),
    ("needs", |v| without("staff", "needs", v)),
    ("vetting", |v| without("libraries", "vetting_required", v)),
    ("escorts", |v| without("libraries", "escorts_visitors", v)),
    ("assurance", |v| v["staff"].as_array_mut().expect("staff").iter_mut().for_each(|p| p["assured_until"] = json!("2099-01-01"))),
    ("hours", |v| v["rules"]["min_minutes"] = json!(0)),
    ("hosting_limit", |v| without("libraries", "hosting_limit", v)),
    ("hosting", |v| v["libraries"].as_array_mut().expect("libraries").iter_mut().for_each(|l| l["hosting"] = l["hosting"].as_object().expect("a table").keys().map(|d| (d.clone(), json!(9))).collect())),
    ("release", |v| v["libraries"].as_array_mut().expect("libraries").iter_mut().for_each(|l| l["release"] = l["release"].as_object().expect("a table").keys().map(|d| (d.clone(), json!(9))).collect())),
    ("dates", |v| { let all = v["dates"].clone(); v["staff"].as_array_mut().expect("staff").iter_mut().for_each(|p| p["dates"] = all.clone()); }),
    ("balance", |v| v["rules"]["balance"] = Value::Null),
    ("priority", |v| without("staff", "priority", v)),
    ("wishes", |v| without("staff", "sectors", v)),
    ("topics", |v| without("staff", "topics", v)),
    ("weight", |v| v["rules"]["placement_weight"] = json!(77)),
    ("locks", |v| v["locks"] = json!([])),
    ("override", |v| without("locks", "override", v)),
];

/// The random rounds are worth comparing: each part of the format decides in some of them what the optimum is.
#[test]
fn every_rule_decides_some_random_rounds() {
    let best =
        |value: &Value| run(&read(value), &Options::default()).map(|schedule| schedule.objective.value).ok();
    let mut decided = vec![0; LIFTS.len()];
    for seed in 0..700 {
        let value = brute::random::round(seed);
        let mut before = None;
        for (count, (_, lift)) in decided.iter_mut().zip(LIFTS) {
            let mut lifted = value.clone();
            lift(&mut lifted);
            if *count < 3 && lifted != value {
                let before = *before.get_or_insert_with(|| best(&value));
                *count += u32::from(best(&lifted) != before);
            }
        }
    }
    let count = |((name, _), count): (&Lift, u32)| (count < 3).then(|| format!("{name}: {count}"));
    let few: Vec<String> = LIFTS.iter().zip(decided).filter_map(count).collect();
    assert!(few.is_empty(), "these decide too few of the random rounds: {few:?}");
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
fn a_limit_of_rings_has_no_model_and_says_so() {
    let round = pair(&json!({"balance": 0, "max_ring": 2}), &json!([]));
    let error = write_mps(&round, &mut Vec::new()).expect_err("no model");
    assert_eq!(error.code(), "not_yet");
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

/// A round of real libraries; none, loudly, if it cannot be made here.
fn preset(arguments: &[&str]) -> Option<Round> {
    Some(Round::read(&make_round(arguments)?).expect("a round"))
}

#[test]
fn threads_change_nothing_where_dates_are_large_enough_to_be_shared_out() {
    let Some(round) = preset(&["--preset", "medium", "--balance", "1"]) else { return };
    let options = Options { work: Some(100_000), ..Options::default() };
    let one = run(&round, &options).expect("a schedule");
    for threads in [2, 8] {
        let more = run(&round, &Options { threads, ..options.clone() }).expect("a schedule");
        assert_eq!(without_run(one.clone()), without_run(more), "{threads} threads");
    }
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

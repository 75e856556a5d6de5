//! Rounds with a limit of rings against an exhaustive search over random small rounds: the same optimum, rings that the
//! checker accepts, and the same schedule whatever the threads and the order of the input.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

use std::ops::ControlFlow;

use library_swap::files::schedule::Proof;
use library_swap::files::{Round, Schedule};
use library_swap::matching::{MatchError, Options, Progress, StopReason, solve};
use library_swap::verify::{Subject, verify};
use serde_json::{Value, json};

#[path = "matching_brute/mod.rs"]
mod brute;

fn run(round: &Round, options: &Options) -> Result<Schedule, MatchError> {
    solve(round, options, &mut |_| ControlFlow::Continue(()))
}

fn read(value: &Value) -> Round {
    Round::read(value.to_string().as_bytes()).unwrap_or_else(|faults| panic!("{faults:?}\n{value}"))
}

/// A random round in which rings are easy to find, with a limit of 2 to 4.
fn random_round(seed: u64) -> Value {
    let mut value = brute::random::round(seed);
    let mut x = brute::random::Random::new(seed + 77);
    value["rules"]["balance"] = json!(0);
    value["rules"]["max_ring"] = json!(2 + x.below(3));
    if x.below(4) > 0 {
        for rule in ["same_employer", "repeat_hosts", "unknown_distance"] {
            value["rules"][rule] = json!(true);
        }
        value["rules"]["min_minutes"] = json!(0);
        value["rules"]["partners_only"] = json!(false);
        // From one library to the next, so that rings are longer than two.
        let libraries = value["libraries"].as_array().expect("libraries").len();
        let people = value["staff"].as_array_mut().expect("staff");
        for (n, person) in people.iter_mut().enumerate() {
            person["home"] = json!(format!("lib-{}", n % libraries));
        }
        for library in value["libraries"].as_array_mut().expect("libraries") {
            for list in ["hosting", "release"] {
                for count in library[list].as_object_mut().expect("counts").values_mut() {
                    *count = json!(1 + x.below(2));
                }
            }
        }
    }
    value
}

/// What was found in how many random rounds.
#[derive(Default, Debug)]
struct Tally {
    optimal: usize,
    searched: usize,
    infeasible: usize,
    broken: usize,
    /// Rounds in which longer rings would be worth more.
    limited: usize,
    /// Rings by how many people move in them, from two on.
    rings: [usize; 3],
    /// Locks in rings, and placements in open chains.
    locked: usize,
    open: usize,
}

fn accept(round: &Round, schedule: &Schedule, seed: u64) {
    let report = verify(&Subject::Round(round), schedule);
    assert!(report.is_clean(), "seed {seed}: {:?}", report.breaches);
}

fn count(round: &Round, schedule: &Schedule, tally: &mut Tally) {
    let mut number = 1;
    loop {
        let ring = schedule.placements.iter().filter(|placement| placement.ring == Some(number)).count();
        if ring == 0 {
            break;
        }
        tally.rings[ring - 2] += 1;
        number += 1;
    }
    let is_locked = |id: &String| round.locks.iter().any(|lock| lock.staff == *id);
    let in_rings = schedule.placements.iter().filter(|placement| placement.ring.is_some());
    tally.locked += in_rings.filter(|placement| is_locked(&placement.staff)).count();
    let open = schedule.placements.iter().filter(|placement| placement.ring.is_none());
    tally.open += open.filter(|placement| !is_locked(&placement.staff)).count();
}

fn compare(seed: u64, tally: &mut Tally) {
    let mut value = random_round(seed);
    let round = read(&value);
    let expected = brute::optimum(&round);
    match (run(&round, &Options::default()), &expected) {
        (Ok(schedule), brute::Optimum::Value(best)) => {
            brute::check(&round, &schedule).unwrap_or_else(|words| panic!("seed {seed}: {words}\n{value}"));
            accept(&round, &schedule, seed);
            assert_eq!(schedule.objective.value, *best, "seed {seed}\n{value}");
            assert!(schedule.objective.optimal, "seed {seed}: {:?}\n{value}", schedule.objective);
            tally.optimal += 1;
            tally.searched += usize::from(schedule.objective.proof == Proof::Search);
            count(&round, &schedule, tally);
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
    if let brute::Optimum::Value(best) = expected {
        value["rules"]["max_ring"] = Value::Null;
        let without = run(&read(&value), &Options::default()).expect("feasible with a limit");
        assert!(without.objective.value >= best, "seed {seed}");
        tally.limited += usize::from(without.objective.value > best);
    }
}

#[test]
fn random_small_rounds_with_a_limit_of_rings_equal_an_exhaustive_search() {
    const ROUNDS: u64 = 1_200;
    let mut tally = Tally::default();
    (0..ROUNDS).for_each(|seed| compare(seed, &mut tally));
    eprintln!("{tally:?}");
    let Tally { optimal, infeasible, broken, limited, rings, locked, open, .. } = tally;
    assert!(
        optimal > 700 && infeasible > 6 && broken > 30 && limited > 30,
        "the rounds have become one-sided"
    );
    assert!(rings[0] > 300 && rings[1] > 60 && rings[2] > 4, "the rounds have become one-sided");
    assert!(locked > 20 && open > 20, "the rounds have become one-sided");
}

#[test]
fn neither_the_order_of_the_input_nor_threads_nor_time_change_the_schedule() {
    for seed in 0..60 {
        let value = random_round(seed);
        let Ok(schedule) = run(&read(&value), &Options::default()) else { continue };
        let other =
            run(&read(&brute::random::shuffled(&value, seed)), &Options { threads: 2, ..Options::default() });
        let mut other = other.expect("solved before");
        other.run.threads = 1;
        assert_eq!(other, schedule, "seed {seed}");
        let reseeded =
            run(&read(&value), &Options { seed: -7, ..Options::default() }).expect("solved before");
        assert_eq!(reseeded.objective.value, schedule.objective.value, "seed {seed}");
    }
}

/// A round on one date in which each of so many libraries sends one person to the next.
fn circle(libraries: usize, max_ring: usize) -> Round {
    let ids: Vec<String> = (0..libraries).map(|n| format!("lib-{n}")).collect();
    let library = |id: &String| {
        json!({"id": id, "sectors": ["public"], "employers": [id],
               "hosting": {"2027-03-01": 1}, "release": {"2027-03-01": 1}})
    };
    let person = |n: usize| {
        let others = ids.iter().enumerate().filter(|(h, _)| *h != n && *h != (n + 1) % libraries);
        let avoid: Vec<&String> = others.map(|(_, id)| id).collect();
        json!({"id": format!("s{n}"), "home": ids[n], "dates": ["2027-03-01"], "max_km": 1.0, "avoid": avoid})
    };
    read(&json!({
        "format": "library-swap/round", "version": 1, "timezone": "Europe/London", "dates": ["2027-03-01"],
        "rules": {"balance": 0, "max_ring": max_ring, "sectors": "any", "unknown_distance": true},
        "libraries": ids.iter().map(library).collect::<Vec<_>>(),
        "staff": (0..libraries).map(person).collect::<Vec<_>>(),
    }))
}

#[test]
fn a_ring_is_as_long_as_the_limit_and_no_longer() {
    for libraries in [2, 3, 7, 20] {
        for (max_ring, placed) in [(libraries, libraries), (libraries + 1, libraries), (libraries - 1, 0)] {
            if max_ring < 2 {
                continue;
            }
            let schedule = run(&circle(libraries, max_ring), &Options::default()).expect("a schedule");
            assert!(schedule.objective.optimal);
            assert_eq!(schedule.placements.len(), placed, "{libraries} libraries, rings of {max_ring}");
        }
    }
}

//! Order and ties: what must not matter does not, and what breaks a tie is what the format says.

use library_swap::matching::Options;
use serde_json::{Value, json};

use super::{brute, read, run};

/// The schedule file's text without `run`.
fn text(value: &Value, options: &Options) -> Option<String> {
    let schedule = run(&read(value), options).ok()?.to_json();
    let mut value: Value = serde_json::from_str(&schedule).expect("JSON");
    value.as_object_mut().expect("an object").remove("run").expect("a run");
    Some(value.to_string())
}

#[test]
fn the_order_of_every_list_that_means_nothing_and_the_threads_leave_the_same_bytes() {
    let mut compared = 0;
    for seed in 0..150 {
        let value = brute::random::round(seed);
        let Some(expected) = text(&value, &Options::default()) else { continue };
        for (shuffle, threads) in [(1, 1), (2, 2), (3, 8)] {
            let shuffled = brute::random::shuffled(&value, 10 * seed + shuffle);
            assert_ne!(shuffled.to_string(), value.to_string());
            let found = text(&shuffled, &Options { threads, ..Options::default() });
            assert_eq!(found.as_ref(), Some(&expected), "seed {seed}, {threads} threads");
            compared += 1;
        }
    }
    assert!(compared > 300, "the random rounds have become one-sided");
}

/// One place at `host` on one date, and two people of `home` who are alike but for their ids and priorities.
fn rivals(first: (&str, i64), second: (&str, i64)) -> Value {
    let day = "2027-03-01";
    let library = |id: &str, places: i64, leavers: i64| {
        json!({"id": id, "sectors": [id], "employers": [id], "latitude": 52.0, "longitude": -2.0,
               "hosting": {day: places}, "release": {day: leavers}})
    };
    let person = |(id, priority): (&str, i64)| json!({"id": id, "home": "home", "dates": [day], "max_km": 10, "priority": priority});
    json!({
        "format": "library-swap/round", "version": 1, "timezone": "Europe/London", "dates": [day],
        "rules": {"balance": null},
        "libraries": [library("home", 0, 2), library("host", 1, 0)],
        "staff": [person(first), person(second)],
    })
}

fn winner(value: &Value, seed: i64) -> String {
    let schedule = run(&read(value), &Options { seed, ..Options::default() }).expect("a schedule");
    assert_eq!(schedule.placements.len(), 1);
    schedule.placements[0].staff.clone()
}

#[test]
fn of_two_who_are_alike_the_one_left_out_before_wins_and_outcomes_tell() {
    for seed in 0..20 {
        for (first, second, expected) in
            [(("a", 1), ("b", 0), "a"), (("a", 0), ("b", 1), "b"), (("b", 3), ("a", 2), "b")]
        {
            assert_eq!(winner(&rivals(first, second), seed), expected);
            assert_eq!(winner(&rivals(second, first), seed), expected);
        }
    }
    let outcomes = run(&read(&rivals(("a", 1), ("b", 0))), &Options::default()).expect("placed").outcomes;
    assert_eq!((outcomes.placed, outcomes.unplaced), (1, 1));
    assert_eq!((outcomes.placed_after_waiting, outcomes.unplaced_after_waiting), (1, 0));
    let outcomes = run(&read(&rivals(("a", 3), ("b", 2))), &Options::default()).expect("placed").outcomes;
    assert_eq!((outcomes.placed_after_waiting, outcomes.unplaced_after_waiting), (1, 1));
    // No wishes: everybody gets the first of them.
    assert_eq!(outcomes.sector_rank, [1, 0, 0, 0]);
}

#[test]
fn signing_up_first_gains_nothing() {
    let mut wins = 0;
    for seed in 0..60 {
        // Whoever stands first in the file, the same person wins.
        let first = winner(&rivals(("a", 0), ("b", 0)), seed);
        assert_eq!(winner(&rivals(("b", 0), ("a", 0)), seed), first, "seed {seed}");
        wins += u32::from(first == "a");
    }
    // And the seed decides, neither the smaller id nor the larger: 60 fair coins fall outside once in 10,000 times.
    assert!((15..=45).contains(&wins), "a wins {wins} of 60");
}

//! The command `frontier`: what each balance and each limit of rings leaves, as a table, bars and SVG.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};

use library_swap::files::Round;
use library_swap::matching::frontier::{Extent, Point, frontier};
use library_swap::matching::{Options, solve};
use serde_json::{Value, json};

fn run(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .arg("frontier")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program")
}

/// Three libraries in a circle, and one to which somebody could go on another date, but nobody comes from.
fn circle() -> Value {
    let (first, second) = ("2027-03-01", "2027-03-02");
    let library = |id: &str| {
        json!({"id": id, "sectors": ["public"], "employers": [id],
               "hosting": {first: 1, second: 1}, "release": {first: 1, second: 1}})
    };
    let person = |id: &str, home: &str, date: &str, avoid: &[&str]| json!({"id": id, "home": home, "dates": [date], "max_km": 1, "avoid": avoid});
    json!({
        "format": "library-swap/round", "version": 1, "name": "Circle & one", "timezone": "Europe/London",
        "dates": [first, second],
        "rules": {"sectors": "any", "unknown_distance": true},
        "libraries": [library("a"), library("b"), library("c"), library("d")],
        "staff": [person("s1", "a", first, &["c", "d"]), person("s2", "b", first, &["a", "d"]),
                  person("s3", "c", first, &["b", "d"]), person("s4", "a", second, &["b", "c"])],
    })
}

fn read(round: &Value) -> Round {
    Round::read(round.to_string().as_bytes()).expect("a round")
}

fn points_of(round: &Round) -> Vec<Point> {
    frontier(round, Extent { most: (4, 5) }, &mut |round, _| {
        solve(round, &Options::default(), &mut |_| ControlFlow::Continue(()))
    })
}

#[test]
fn the_frontier_goes_from_direct_swaps_to_no_balance_and_ends_where_nothing_is_left_to_win() {
    let points = points_of(&read(&circle()));
    let told: Vec<_> = points
        .iter()
        .map(|point| {
            (point.rule.balance, point.rule.max_ring, point.figures.as_ref().expect("solved").placed)
        })
        .collect();
    let expected = [
        (Some(0), Some(2), 0),
        (Some(0), Some(3), 3),
        (Some(0), None, 3),
        (Some(1), None, 4),
        (None, None, 4),
    ];
    assert_eq!(told, expected);
}

#[test]
fn the_command_shows_a_table_and_bars_and_draws_an_svg() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("round.json"), circle().to_string()).expect("written");
    let output = run(&["round.json", "--svg", "frontier.svg"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let words = String::from_utf8(output.stdout).expect("text");
    assert!(words.starts_with("Circle & one: 4 people, 4 libraries, 2 dates"), "{words}");
    assert!(words.contains("direct swaps       0") && words.contains("optimal"), "{words}");
    assert_eq!(words.matches('█').count(), 2 * 37 + 2 * 50, "{words}");
    let svg = std::fs::read_to_string(folder.path().join("frontier.svg")).expect("drawn");
    assert!(svg.contains("<title>Circle &amp; one: people placed, of 4</title>"), "{svg}");
    assert_eq!(svg.matches("<rect").count(), 1 + 5);
}

#[test]
fn locks_that_only_some_rules_allow_are_told_at_those_that_do_not() {
    let mut round = circle();
    round["locks"] = json!([{"staff": "s4", "host": "d", "date": "2027-03-02"}]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("round.json"), round.to_string()).expect("written");
    let output = run(&["round.json", "--most-ring", "2"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let words = String::from_utf8(output.stdout).expect("text");
    assert!(words.contains("direct swaps  locks_infeasible"), "{words}");
    assert!(words.contains("balance off "), "{words}");
}

#[test]
fn a_round_that_cannot_be_read_or_whose_lock_breaks_a_rule_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(run(&["none.json"], folder.path()).status.code(), Some(2));
    let mut round = circle();
    round["locks"] = json!([{"staff": "s1", "host": "c", "date": "2027-03-01"}]);
    std::fs::write(folder.path().join("round.json"), round.to_string()).expect("written");
    let output = run(&["round.json"], folder.path());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("lock_breaks_rule"), "{output:?}");
}

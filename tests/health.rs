//! The health of a round: supply and demand, people short of hosts, and where one more place or release helps.
#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::ops::ControlFlow;
use std::process::Command;

use library_swap::files::{Round, Schedule};
use library_swap::matching::health::{Health, Help, Scarce, Supply, health};
use library_swap::matching::{MatchError, Options, solve};
use serde_json::{Value, json};

const DAY: &str = "2027-03-01";

fn library(id: &str, sector: &str, hosting: i64, release: i64) -> Value {
    json!({"id": id, "sectors": [sector], "employers": [id], "hosting": {DAY: hosting}, "release": {DAY: release}})
}

fn person(id: &str, home: &str, avoid: &[&str]) -> Value {
    json!({"id": id, "home": home, "dates": [DAY], "max_km": 1, "avoid": avoid})
}

/// A school with one place that three people of two public libraries want; one of whom has nowhere else to go.
fn scarce_school() -> Value {
    json!({
        "format": "library-swap/round", "version": 1, "timezone": "Europe/London", "dates": [DAY],
        "rules": {"unknown_distance": true, "balance": null},
        "libraries": [library("north", "public", 0, 1), library("south", "public", 0, 2),
                      library("school", "school", 1, 0), library("college", "academic", 1, 0)],
        "staff": [person("ann", "north", &["school", "college"]), person("bob", "south", &["college"]),
                  person("cem", "south", &["college"]), person("dot", "north", &[])],
    })
}

fn solved(round: &Round) -> Result<Schedule, MatchError> {
    solve(round, &Options::default(), &mut |_| ControlFlow::Continue(()))
}

fn look(round: &Value) -> (Round, Health) {
    let round = Round::read(round.to_string().as_bytes()).expect("a round");
    let found = health(&round, &mut |round| solved(round)).expect("solvable");
    (round, found)
}

fn before(found: &Health) -> &Schedule {
    found.schedule.as_ref().expect("a schedule")
}

fn supply_of<'a>(found: &'a Health, sector: &str) -> &'a Supply {
    &found.supply[&(sector.to_owned(), DAY.parse().expect("a date"))]
}

#[test]
fn supply_and_demand_are_counted_by_sector_and_date() {
    let (_, found) = look(&scarce_school());
    assert_eq!(
        *supply_of(&found, "school"),
        Supply { places: 1, could_come: 3, releases: 0, could_leave: 0 }
    );
    assert_eq!(
        *supply_of(&found, "academic"),
        Supply { places: 1, could_come: 1, releases: 0, could_leave: 0 }
    );
    assert_eq!(
        *supply_of(&found, "public"),
        Supply { places: 0, could_come: 0, releases: 3, could_leave: 3 }
    );
}

#[test]
fn people_with_no_and_with_one_feasible_host_are_named() {
    let (_, found) = look(&scarce_school());
    assert_eq!(found.without_host, ["ann"]);
    let one: Vec<(&str, &str)> =
        found.one_host.iter().map(|(staff, host)| (staff.as_str(), host.as_str())).collect();
    assert_eq!(one, [("bob", "school"), ("cem", "school")]);
}

#[test]
fn what_one_more_place_is_said_to_win_it_wins() {
    let (round, found) = look(&scarce_school());
    assert_eq!(before(&found).outcomes.placed, 2);
    let first = &found.helps[0];
    assert_eq!((first.scarce, first.library.as_str(), first.placed), (Scarce::Place, "school", 1));
    for Help { scarce, library, date, placed, value, proven, .. } in &found.helps {
        let mut more = round.clone();
        let own = more.libraries.iter_mut().find(|own| own.id == *library).expect("known");
        let days = if *scarce == Scarce::Place { &mut own.hosting } else { &mut own.release };
        *days.entry(*date).or_insert(0) += 1;
        let after = solved(&more).expect("solvable");
        assert!(*proven && after.objective.optimal);
        assert_eq!(after.objective.value - before(&found).objective.value, *value);
        assert_eq!(after.outcomes.placed - before(&found).outcomes.placed, *placed);
    }
}

#[test]
fn where_everybody_who_can_has_a_place_nothing_helps() {
    let mut round = scarce_school();
    round["libraries"][2]["hosting"][DAY] = json!(3);
    round["libraries"][0]["release"][DAY] = json!(2);
    let (_, found) = look(&round);
    assert_eq!(before(&found).outcomes.placed, 3);
    assert_eq!(found.helps, []);
}

#[test]
fn the_command_prints_what_is_short() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("round.json");
    std::fs::write(&file, scarce_school().to_string()).expect("written");
    let told =
        Command::new(env!("CARGO_BIN_EXE_library-swap")).arg("health").arg(&file).output().expect("runs");
    let words = String::from_utf8(told.stdout).expect("text");
    assert!(told.status.success(), "{words}");
    for part in [
        "could come / places  academic  public  school",
        "2027-03-01              1 / 1   0 / 0   3 / 1",
        "1 person has no feasible host: ann",
        "2 people have one feasible host only: bob (school), cem (school)",
        "2 placed, 2 without a place",
        "place      school  2027-03-01      +1  +1040  proven",
    ] {
        assert!(words.contains(part), "{part:?} is not in:\n{words}");
    }
}

#[test]
fn a_round_that_cannot_be_read_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("round.json");
    std::fs::write(&file, "{}").expect("written");
    let told =
        Command::new(env!("CARGO_BIN_EXE_library-swap")).arg("health").arg(&file).output().expect("runs");
    assert_eq!(told.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&told.stderr).contains("/format"));
}

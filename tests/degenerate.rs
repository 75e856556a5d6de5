//! Rounds at the edge: nobody can go, nothing to choose, everything alike, far too much of one thing. Each has an
//! answer that the checker accepts, and everybody without a place is told why.
#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod rounds;

use std::ops::ControlFlow;

use library_swap::files::schedule::Reason;
use library_swap::files::{Round, Schedule};
use library_swap::matching::{MatchError, Options, solve};
use library_swap::verify::{Subject, verify};
use rounds::Size;
use serde_json::{Value, json};

fn read(value: &Value) -> Round {
    Round::read(value.to_string().as_bytes()).unwrap_or_else(|faults| panic!("{:?}", faults.first()))
}

fn run(value: &Value) -> Result<(Round, Schedule), MatchError> {
    let round = read(value);
    let schedule = solve(&round, &Options::default(), &mut |_| ControlFlow::Continue(()))?;
    let report = verify(&Subject::Round(&round), &schedule);
    assert!(report.is_clean(), "{:?}", report.breaches.first());
    Ok((round, schedule))
}

/// The optimal schedule of a round that has one.
fn solved(value: &Value) -> Schedule {
    let (round, schedule) = run(value).unwrap_or_else(|error| panic!("{error}"));
    assert!(schedule.objective.optimal, "{:?}", schedule.objective);
    for left in &schedule.unplaced {
        let excluded: i64 = left.excluded.values().sum();
        match left.reason {
            Reason::NotFeasible => assert_eq!(excluded, left.hosts_considered, "{left:?}"),
            Reason::Outweighed => assert!(excluded < left.hosts_considered, "{left:?}"),
            Reason::DroppedOut => panic!("nobody dropped out"),
        }
    }
    assert_eq!(schedule.placements.len() + schedule.unplaced.len(), round.staff.len());
    schedule
}

/// That nobody is placed, and which rule keeps everybody from every host.
fn nobody(value: &Value, rule: Option<&str>) {
    let schedule = solved(value);
    assert_eq!((schedule.placements.len(), schedule.objective.bound_prices), (0, 0));
    for left in &schedule.unplaced {
        assert_eq!(left.reason, Reason::NotFeasible);
        assert_eq!(
            left.excluded.keys().map(String::as_str).collect::<Vec<_>>(),
            rule.into_iter().collect::<Vec<_>>()
        );
    }
}

const SMALL: Size = Size { staff: 12, libraries: 6, dates: 3 };

/// Every balance.
fn balances() -> [Value; 4] {
    [json!(0), json!(1), json!(2), Value::Null]
}

/// Changes every element of a list.
fn each(value: &mut Value, list: &str, change: impl Fn(&mut Value)) {
    value[list].as_array_mut().expect("a list").iter_mut().for_each(change);
}

#[test]
fn where_nobody_can_go_everybody_is_told_why() {
    for balance in balances() {
        let round = rounds::grid(SMALL, &balance);
        let mut one_sector = round.clone();
        each(&mut one_sector, "libraries", |library| library["sectors"] = json!(["public"]));
        nobody(&one_sector, Some("sector"));

        let mut far = round.clone();
        each(&mut far, "libraries", |library| library["sectors"] = json!([library["id"].clone()]));
        each(&mut far, "staff", |person| person["max_km"] = json!(0));
        nobody(&far, Some("distance"));

        let mut no_hosts = round.clone();
        each(&mut no_hosts, "libraries", |library| library["hosting"] = json!({}));
        nobody(&no_hosts, None);

        let mut no_release = round.clone();
        each(&mut no_release, "libraries", |library| library["release"] = json!({}));
        each(&mut no_release, "staff", |person| {
            person["max_km"] = json!(20_000);
            person["dates"] = json!(rounds::dates(3));
        });
        each(&mut no_release, "libraries", |library| library["sectors"] = json!([library["id"].clone()]));
        nobody(&no_release, Some("not_released"));
    }
}

#[test]
fn a_round_without_dates_has_an_empty_schedule() {
    for balance in balances() {
        nobody(&rounds::grid(Size { dates: 0, ..SMALL }, &balance), None);
    }
}

#[test]
fn a_round_without_libraries_or_staff_has_an_empty_schedule() {
    for balance in balances() {
        assert!(solved(&rounds::grid(Size { staff: 0, ..SMALL }, &balance)).unplaced.is_empty());
        nobody(&rounds::grid(Size { libraries: 1, ..SMALL }, &balance), None);
        let mut nothing = rounds::grid(Size { staff: 0, ..SMALL }, &balance);
        nothing["libraries"] = json!([]);
        nothing["dates"] = json!([]);
        assert!(solved(&nothing).placements.is_empty());
    }
}

#[test]
fn one_date_is_enough() {
    for balance in balances() {
        let schedule = solved(&rounds::grid(Size { staff: 40, libraries: 12, dates: 1 }, &balance));
        assert!(!schedule.placements.is_empty());
    }
}

#[test]
fn where_every_weight_is_nothing_every_schedule_is_optimal() {
    for balance in balances() {
        let mut round = rounds::grid(SMALL, &balance);
        round["rules"]["weights"] = json!({"sector": [0], "topic": 0, "nearness": 0, "partner": 0});
        let placed = solved(&round);
        assert!(placed.placements.iter().all(|placement| placement.score == 0));
        assert!(!placed.placements.is_empty());
        round["rules"]["placement_weight"] = json!("strict");
        assert_eq!(solved(&round).placements.len(), placed.placements.len(), "placements come first in both");
        round["rules"]["placement_weight"] = json!(0);
        assert_eq!(solved(&round).objective.bound, 0);
    }
}

#[test]
fn where_everything_is_alike_as_many_go_as_can() {
    for balance in balances() {
        let mut round = rounds::grid(Size { staff: 30, libraries: 10, dates: 2 }, &balance);
        let dates = rounds::dates(2);
        each(&mut round, "libraries", |library| {
            library["latitude"] = json!(52);
            library["longitude"] = json!(-2);
            library["sectors"] = json!([library["id"].clone()]);
            library["topics"] = json!([]);
        });
        each(&mut round, "staff", |person| {
            for (field, same) in [("sectors", json!([])), ("topics", json!([])), ("priority", json!(0))] {
                person[field] = same;
            }
            person["dates"] = json!(dates);
        });
        // Ten libraries with three people each take and release one on each of two dates.
        assert_eq!(solved(&round).placements.len(), 20, "{balance}");
    }
}

#[test]
fn locks_that_cannot_be_kept_are_told_with_the_person_and_the_rule() {
    let mut round = rounds::grid(SMALL, &json!(0));
    let date = round["staff"][0]["dates"][0].clone();
    let home = round["staff"][0]["home"].clone();
    round["locks"] = json!([{"staff": "s00000", "host": home, "date": date, "override": "as a favour"}]);
    let error = run(&round).expect_err("no override lifts this");
    assert_eq!(error.code(), "lock_breaks_rule");
    assert!(error.to_string().contains("s00000") && error.to_string().contains("own_library"), "{error}");

    // Nobody else can travel: under strict balance the lock has no way back.
    let others = round["staff"].as_array_mut().expect("staff");
    others.iter_mut().skip(1).for_each(|person| person["dates"] = json!([]));
    others[0]["max_km"] = json!(20_000);
    let hosts = round["libraries"].as_array().expect("libraries").clone();
    let host =
        hosts.iter().find(|library| library["id"] != home && library["sectors"] != hosts[0]["sectors"]);
    round["locks"] = json!([{"staff": "s00000", "host": host.expect("a host")["id"], "date": date}]);
    assert_eq!(run(&round).expect_err("nothing completes it").code(), "locks_infeasible");
    round["rules"]["balance"] = json!(1);
    assert_eq!(solved(&round).placements.len(), 1);
}

#[test]
fn twenty_thousand_people_with_no_library_near_are_all_told_so() {
    let mut round = rounds::grid(Size { staff: 20_000, libraries: 6, dates: 2 }, &json!(0));
    // Everybody sets out from the other side of the earth.
    each(&mut round, "staff", |person| person["origin"] = json!({"latitude": -40, "longitude": 175}));
    let schedule = solved(&round);
    assert_eq!(schedule.unplaced.len(), 20_000);
    assert!(schedule.unplaced.iter().all(|left| left.excluded.contains_key("distance")));
}

#[test]
fn a_person_with_forty_dates_and_a_thousand_hosts_gets_the_best() {
    for balance in [json!(0), json!(1)] {
        let mut round = rounds::grid(Size { staff: 3, libraries: 1_001, dates: 40 }, &balance);
        let dates = rounds::dates(40);
        each(&mut round, "libraries", |library| library["sectors"] = json!([library["id"].clone()]));
        each(&mut round, "staff", |person| {
            person["dates"] = json!(dates);
            person["max_km"] = json!(20_000);
        });
        let placed = solved(&round).placements.len();
        // Under strict balance the three would have to swap among themselves, and can.
        assert_eq!(placed, 3, "{balance}");
    }
}

//! Round, schedule and audit files: golden files of another implementation, damaged files, stable hashes.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail, and says what it skips"
)]

#[macro_use]
mod loud;
mod make_round;

#[path = "files/damaged.rs"]
mod damaged;
#[path = "files/golden.rs"]
mod golden;
#[path = "files/presets.rs"]
mod presets;
#[path = "files/samples.rs"]
mod samples;

use golden::golden;
use library_swap::files::{AuditFile, Round, Schedule};
use proptest::prelude::*;
use samples::{AUDIT, ROUND, SCHEDULE};
use serde_json::{Value, json};

#[test]
fn golden_rounds_have_the_hash_that_another_implementation_gave_them() {
    for (name, round, schedule) in golden().unwrap_or_default() {
        let round = Round::read(&round).expect(&name);
        let schedule = Schedule::read(&schedule).expect(&name);
        assert_eq!(round.sha256(), schedule.round_sha256, "{name}");
        assert_eq!(round.checked().expect("reads back").sha256(), round.sha256(), "{name}");
        assert_eq!(Schedule::read(schedule.to_json().as_bytes()).expect("reads back"), schedule, "{name}");
    }
}

/// Reverses every array but the two times of hours, and the order of all keys.
fn reversed(value: &Value, key: &str) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.iter().rev().map(|(key, value)| (key.clone(), reversed(value, key))).collect(),
        ),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| reversed(item, key)).collect();
            // Under a date stand the two times of hours.
            if !key.starts_with("20") {
                items.reverse();
            }
            Value::Array(items)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// The round with every array reversed whose order means nothing.
fn shuffled(round: &Value) -> Value {
    let text = reversed(round, "").to_string();
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    let again = |list: &mut Value| list.as_array_mut().expect("a list").reverse();
    again(&mut value["rules"]["weights"]["sector"]);
    for person in value["staff"].as_array_mut().expect("staff") {
        if person.get("sectors").is_some() {
            again(&mut person["sectors"]);
        }
    }
    value
}

#[test]
fn the_order_of_lists_and_keys_spelling_and_defaults_do_not_change_the_hash() {
    let round = Round::read(ROUND.as_bytes()).expect("read");
    let value: Value = serde_json::from_str(ROUND).expect("JSON");
    let other = shuffled(&value);
    assert_ne!(other.to_string(), value.to_string());
    assert_eq!(Round::read(other.to_string().as_bytes()).expect("read").sha256(), round.sha256());

    let respelt = ROUND
        .replace("30.0", "3e1")
        .replace("\"County\", \"Trust\"", "\"\\u0043ounty\", \"Trust\"")
        .replace("\"priority\": 2", "\"priority\": 2.0, \"hours\": {}")
        .replace("\"topic\": 10", "\"topic\": 10, \"nearness\": 20, \"partner\": null");
    assert_eq!(Round::read(respelt.as_bytes()).expect("read").sha256(), round.sha256());
}

#[test]
fn orders_that_mean_something_change_the_hash() {
    let hash = |text: &str| Round::read(text.as_bytes()).expect("read").sha256();
    for (old, new) in [
        ("[\"school\", \"special\"]", "[\"special\", \"school\"]"),
        ("\"sector\": [40, 25]", "\"sector\": [25, 40]"),
        ("\"08:30\", \"22:00\"", "\"08:30\", \"22:01\""),
        ("\"name\": \"Spring\"", "\"name\": \"Autumn\""),
        ("\"max_km\": 5", "\"max_km\": 5.1"),
    ] {
        assert_ne!(hash(&ROUND.replace(old, new)), hash(ROUND), "{new}");
    }
    // Balance null is a value: off, where absent is 1.
    let free = ROUND.replace("\"balance\": 0, \"max_ring\": 3", "\"balance\": null");
    let one = ROUND.replace("\"balance\": 0, \"max_ring\": 3,", "");
    assert_ne!(hash(&free), hash(&one));
    assert_eq!(hash(&one), hash(&ROUND.replace("\"balance\": 0, \"max_ring\": 3", "\"balance\": 1")));
}

/// Any JSON value, with the names of the format often among its keys.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9:-]{0,10}".prop_map(Value::from),
        prop::sample::select(vec!["library-swap/round", "2027-03-01", "24:00", "strict", "cross", "hive"])
            .prop_map(Value::from),
    ];
    let names = vec![
        "format",
        "version",
        "dates",
        "rules",
        "libraries",
        "staff",
        "locks",
        "id",
        "home",
        "hours",
        "hosting",
        "weights",
        "sectors",
        "placements",
        "prices",
        "feasible",
        "2027-03-01",
        "balance",
        "max_ring",
    ];
    leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(names.clone()), inner), 0..6)
                .prop_map(|rows| rows.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// All places in a document, as JSON pointers.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                pointers(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{n}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_json_value_makes_a_reader_panic(value in any_json()) {
        let text = value.to_string();
        // The answer does not matter here, only that there is one, and that a refusal says why.
        for refused in [
            Round::read(text.as_bytes()).err(),
            Schedule::read(text.as_bytes()).err(),
            AuditFile::read(text.as_bytes()).err(),
        ] {
            prop_assert!(refused.is_none_or(|faults| !faults.is_empty()));
        }
    }

    #[test]
    fn a_sound_file_with_anything_anywhere_never_makes_a_reader_panic(
        which in 0..3_usize, place in any::<prop::sample::Index>(), anything in any_json(),
    ) {
        let mut value: Value = serde_json::from_str([ROUND, SCHEDULE, AUDIT][which]).expect("JSON");
        let mut places = Vec::new();
        pointers(&value, "", &mut places);
        *value.pointer_mut(&places[place.index(places.len())]).expect("a place") = anything;
        let text = value.to_string();
        let refused = match which {
            0 => Round::read(text.as_bytes()).err(),
            1 => Schedule::read(text.as_bytes()).err(),
            _ => AuditFile::read(text.as_bytes()).err(),
        };
        prop_assert!(refused.is_none_or(|faults| !faults.is_empty()));
    }

    #[test]
    fn the_canonical_form_is_read_back_as_itself(
        latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64, km in 0.0..1e6_f64,
        name in any::<String>(), topics in prop::collection::btree_set("\\PC{1,6}", 0..5),
        balance in prop::option::of(0..5_i64), priority in 0..=1000_i64,
    ) {
        let mut value: Value = serde_json::from_str(ROUND).expect("JSON");
        value["name"] = json!(name);
        value["rules"]["max_ring"] = Value::Null;
        value["rules"]["balance"] = json!(balance);
        value["libraries"][0]["latitude"] = json!(latitude);
        value["libraries"][0]["longitude"] = json!(longitude);
        value["staff"][0]["max_km"] = json!(km);
        value["staff"][0]["priority"] = json!(priority);
        value["staff"][0]["topics"] = json!(topics.iter().rev().collect::<Vec<_>>());
        let round = Round::read(value.to_string().as_bytes()).expect("read");
        prop_assert_eq!(round.libraries[0].point, Some((latitude, longitude)), "read to the last bit");
        prop_assert_eq!(round.staff[0].max_km, km, "read to the last bit");
        let canonical = round.canonical();
        let again = Round::read(canonical.as_bytes()).expect("read back");
        prop_assert_eq!(again.canonical(), canonical);
    }
}

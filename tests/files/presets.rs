//! Presets with each field damaged: whatever the damage, the error names the field.

use std::collections::BTreeMap;

use library_swap::files::Round;
use serde_json::{Map, Value, json};

use super::make_round::make_round;
use super::pointers;

/// A preset with every option of the format and a lock; none, loudly, where it cannot be made.
fn preset(name: &str) -> Option<Value> {
    let made = make_round(&["--preset", name, "--features", "all", "--balance", "0", "--max-ring", "4"])?;
    let mut round: Value = serde_json::from_slice(&made).expect("JSON");
    round["rules"]["sectors"] = json!({"public": ["school", "academic"], "school": ["public"]});
    round["locks"] = json!([{"staff": round["staff"][0]["id"], "host": round["libraries"][0]["id"], "date": round["dates"][0], "override": "agreed"}]);
    round["forbidden"] = json!([{"staff": round["staff"][1]["id"], "host": round["libraries"][1]["id"], "date": round["dates"][1]}]);
    assert!(Round::read(round.to_string().as_bytes()).is_ok());
    Some(round)
}

/// A kind of field: numbers and dates in its pointer are left out.
fn kind_of(pointer: &str) -> String {
    let any = |part: &str| {
        part.starts_with("20") || part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty()
    };
    pointer.split('/').map(|part| if any(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

/// What the value of a field is replaced by, in text, and where the fault must be named.
type Damage = (String, String);

const REQUIRED: [&str; 18] = [
    "/format",
    "/version",
    "/timezone",
    "/dates",
    "/libraries/*/id",
    "/libraries/*/sectors",
    "/libraries/*/employers",
    "/staff/*/id",
    "/staff/*/home",
    "/staff/*/dates",
    "/staff/*/max_km",
    "/staff/*/origin/latitude",
    "/staff/*/origin/longitude",
    "/locks/*/staff",
    "/locks/*/host",
    "/locks/*/date",
    "/forbidden/*/staff",
    "/forbidden/*/host",
];
/// Fields that name something of the round.
const REFERENCES: [&str; 8] = [
    "/staff/*/home",
    "/locks/*/staff",
    "/locks/*/host",
    "/forbidden/*/staff",
    "/forbidden/*/host",
    "/partners/*/*",
    "/staff/*/dates/*",
    "/locks/*/date",
];
/// Tables whose keys may be anything.
const TABLES: [&str; 1] = ["/rules/sectors"];
/// Lists in which a value may stand twice.
const SEQUENCES: [&str; 1] = ["/rules/weights/sector"];

/// Every damage of one field.
fn damages(pointer: &str, kind: &str, value: &Value) -> Vec<Damage> {
    let here = |new: Value| (new.to_string(), pointer.to_owned());
    let mut found = Vec::new();
    for (other, is_same) in [
        (json!(true), value.is_boolean()),
        (json!(7.25), value.is_number()),
        (json!("damaged"), value.is_string() || kind == "/name"),
        (json!([]), value.is_array()),
        (json!({}), value.is_object() || kind == "/rules/sectors"),
        (Value::Null, !REQUIRED.contains(&kind)),
    ] {
        if !is_same {
            // Of a pair of coordinates the one that is left is named.
            let at = if other.is_null() && kind.contains("/origin/") {
                pointer.rsplit_once('/').expect("a parent").0
            } else {
                pointer
            };
            found.push((other.to_string(), at.to_owned()));
        }
    }
    match value {
        Value::Number(number) => {
            found.extend(
                ["-1000", "-1e300", "1e300", "1e999"].map(|text| (text.to_owned(), pointer.to_owned())),
            );
            if number.is_i64() && kind != "/staff/*/max_km" && !kind.ends_with("itude") {
                found.push(here(json!(1.5)));
            }
            // Not JSON at all: told for the whole file, with line and column.
            found.push(("NaN".to_owned(), String::new()));
        }
        Value::String(_) => {
            if kind != "/name" && kind != "/libraries/*/name" {
                found.push(here(json!("")));
            }
            found.push(("\"\\ud800\"".to_owned(), pointer.to_owned()));
            if REFERENCES.contains(&kind) {
                found.push(here(json!("nowhere")));
                found.push(here(json!("1999-01-01")));
            }
            if kind.contains("dates/*") || kind.ends_with("/date") || kind.ends_with("assured_until") {
                found.push(here(json!("2027-02-30")));
            }
            if kind.contains("/hours/*") {
                found.push(here(json!("24:01")));
            }
        }
        Value::Array(items) if !items.is_empty() && !SEQUENCES.contains(&kind) => {
            let mut items = items.clone();
            items.push(items[0].clone());
            let at = match kind {
                // A pair and a span stay named as a whole.
                "/partners/*" => pointer.to_owned(),
                _ if kind.contains("/hours/*") => pointer.to_owned(),
                _ => format!("{pointer}/{}", items.len() - 1),
            };
            found.push((json!(items).to_string(), at));
        }
        Value::Object(members) => {
            if !TABLES.contains(&kind) {
                let mut more: Map<String, Value> = members.clone();
                more.insert("colour".to_owned(), json!(1));
                found.push((json!(more).to_string(), format!("{pointer}/colour")));
            }
            if let Some((key, value)) = members.iter().next() {
                let twice =
                    value.to_string().replacen("", &format!("{{\"{key}\":{value},\"{key}\":"), 1) + "}";
                found.push((twice, format!("{pointer}/{key}")));
            }
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => {}
    }
    found
}

#[test]
fn every_preset_with_each_field_damaged_is_refused_with_the_pointer() {
    const HOLE: &str = "@hole@";
    for name in ["tiny", "small"] {
        let Some(round) = preset(name) else { return };
        let mut places = Vec::new();
        pointers(&round, "", &mut places);
        // The last of each kind of field, so that not all are of the first record.
        let kinds: BTreeMap<String, &String> = places.iter().map(|place| (kind_of(place), place)).collect();
        assert!(kinds.len() > 60, "{kinds:?}");
        let mut tried = 0;
        for (kind, pointer) in &kinds {
            let value = round.pointer(pointer).expect("a place");
            let mut holed = round.clone();
            *holed.pointer_mut(pointer).expect("a place") = json!(HOLE);
            let holed = holed.to_string();
            for (text, expected) in damages(pointer, kind, value) {
                let damaged = holed.replace(&format!("\"{HOLE}\""), &text);
                let about = || format!("{name}: {pointer}: {value:.80} → {text:.80}");
                let faults =
                    Round::read(damaged.as_bytes()).err().unwrap_or_else(|| panic!("accepted: {}", about()));
                let names = |fault: &&library_swap::domain::fault::Fault| {
                    fault.pointer == expected
                        || fault.pointer.starts_with(&format!("{expected}/")) && !expected.is_empty()
                };
                assert!(
                    faults.iter().any(|fault| names(&fault)),
                    "{}: expected {expected:?}, found {faults:?}",
                    about()
                );
                tried += 1;
            }
        }
        assert!(tried > 400, "{name}: only {tried} damages");
    }
}

//! Random small rounds that use every part of the format, small enough to try everything.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

use serde_json::{Value, json};

/// SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(12_345))
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn index(&mut self, n: usize) -> usize {
        usize::try_from(self.below(u64::try_from(n).expect("small"))).expect("small")
    }

    fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.index(items.len())]
    }

    fn some<T: Clone>(&mut self, items: &[T], share: u64) -> Vec<T> {
        items.iter().filter(|_| self.percent(share)).cloned().collect()
    }
}

const SECTORS: [&str; 4] = ["public", "academic", "school", "specialist"];
const TOPICS: [&str; 4] = ["archives", "coding", "reading", "rare-books"];

/// A round of two to five libraries, two to seven people and one to three dates.
pub fn round(seed: u64) -> Value {
    let mut x = Random::new(seed);
    let dates: Vec<String> = (1..=1 + x.below(3)).map(|d| format!("2027-03-0{d}")).collect();
    let libraries: Vec<String> = (0..2 + x.below(4)).map(|n| format!("lib-{n}")).collect();
    let people: Vec<String> = (0..2 + x.below(6)).map(|n| format!("s{n}")).collect();
    let easy = x.percent(70);
    let balance = x.of(&[json!(0), json!(0), json!(1), json!(2), Value::Null]).clone();
    let sectors = if easy { json!("any") } else { sector_rule(&mut x) };
    let weight = x.of(&[json!(1000), json!(1000), json!(0), json!(40), json!("strict")]).clone();
    let rules = json!({
        "sectors": sectors, "same_employer": x.percent(30), "repeat_hosts": x.percent(30),
        "partners_only": x.percent(8), "unknown_distance": x.percent(50),
        "min_minutes": x.of(&[0, 0, 90, 120]),
        "balance": balance, "placement_weight": weight,
        "weights": {"sector": [40, 25, 10], "topic": 10, "topics_max": 2, "nearness": 20,
                    "partner": x.below(2) * 30},
    });
    let rows: Vec<Value> = libraries.iter().map(|id| library(&mut x, id, &dates)).collect();
    let homes: Vec<String> = people.iter().map(|_| x.of(&libraries).clone()).collect();
    let staff: Vec<Value> = people
        .iter()
        .zip(&homes)
        .map(|(id, home)| person(&mut x, id, home, &dates, &libraries, easy))
        .collect();
    let mut locks = Vec::new();
    for person in &staff {
        if x.percent(20) && locks.len() < 1 + usize::from(x.percent(25)) {
            let mut lock = json!({"staff": person["id"], "host": x.of(&libraries), "date": x.of(&dates)});
            if x.percent(60) {
                lock["override"] = json!("agreed");
            } else {
                // Mostly one that keeps the rules.
                let others: Vec<&String> = libraries.iter().filter(|id| person["home"] != **id).collect();
                lock["host"] = json!(x.of(&others));
                if let Some(own @ [_, ..]) = person["dates"].as_array().map(Vec::as_slice) {
                    lock["date"] = x.of(own).clone();
                }
            }
            locks.push(lock);
        }
    }
    let mut forbidden = Vec::new();
    if x.percent(30) {
        forbidden.push(json!({"staff": x.of(&people), "host": x.of(&libraries)}));
    } else if x.percent(40) {
        forbidden.push(json!({"staff": x.of(&people), "host": x.of(&libraries), "date": x.of(&dates)}));
    }
    json!({
        "format": "library-swap/round", "version": 1, "timezone": "Europe/London", "dates": dates, "rules": rules,
        "employer_groups": if x.percent(35) { json!([["emp-0", "emp-1", "emp-2"]]) } else { json!([]) },
        "partners": [["lib-0", "lib-1"]], "libraries": rows, "staff": staff, "locks": locks,
        "forbidden": forbidden,
    })
}

fn sector_rule(x: &mut Random) -> Value {
    if x.percent(70) {
        return json!("cross");
    }
    json!({"public": x.some(&SECTORS, 60), "academic": x.some(&SECTORS, 60), "school": x.some(&SECTORS, 60)})
}

fn library(x: &mut Random, id: &str, dates: &[String]) -> Value {
    let mut sectors = vec![*x.of(&SECTORS)];
    if x.percent(20) {
        sectors.extend(SECTORS.iter().filter(|s| **s != sectors[0]).take(1).copied().collect::<Vec<_>>());
    }
    let mut employers = vec![format!("emp-{}", x.below(6))];
    if x.percent(15) {
        employers.push("emp-joint".to_owned());
    }
    let counts = |x: &mut Random, most: u64| {
        dates.iter().map(|date| (date.clone(), json!(x.below(most + 1)))).collect::<serde_json::Map<_, _>>()
    };
    let mut row = json!({
        "id": id, "sectors": sectors, "employers": employers, "topics": x.some(&TOPICS, 50),
        "access": if x.percent(60) { json!(["step-free"]) } else { json!([]) },
        "vetting_required": x.percent(20), "escorts_visitors": x.percent(40),
        "hosting": counts(x, 2), "release": counts(x, 2),
    });
    if x.percent(92) {
        row["latitude"] = json!(52.0 + 0.01 * f64::from(u32::try_from(x.below(20)).expect("small")));
        row["longitude"] = json!(-2.0 - 0.01 * f64::from(u32::try_from(x.below(20)).expect("small")));
    }
    if x.percent(35) {
        row["hosting_limit"] = json!(x.below(3));
    }
    if x.percent(35) {
        row["hours"] = hours(x, dates, ["09:00", "13:00"]);
    }
    row
}

/// The same hours on some dates.
fn hours(x: &mut Random, dates: &[String], times: [&str; 2]) -> Value {
    Value::Object(x.some(dates, 70).into_iter().map(|date| (date, json!(times))).collect())
}

fn person(x: &mut Random, id: &str, home: &str, dates: &[String], libraries: &[String], easy: bool) -> Value {
    let mut own = x.some(dates, 75);
    if own.is_empty() && x.percent(80) {
        own.push(dates[0].clone());
    }
    let mut row = json!({
        "id": id, "home": home, "dates": own, "max_km": if easy { 60.0 } else { 12.5 },
        "sectors": x.some(&SECTORS, 60), "topics": x.some(&TOPICS, 50),
        "needs": if x.percent(12) { json!(["step-free"]) } else { json!([]) },
        "visited": x.some(libraries, 8), "avoid": x.some(libraries, 6), "priority": x.of(&[0, 0, 0, 0, 0, 1, 1, 3]),
    });
    if x.percent(70) {
        row["assured_until"] = json!(x.of(&["2027-03-01", "2027-03-02", "2028-01-01"]));
    }
    if x.percent(35) {
        row["hours"] = hours(x, dates, ["11:30", "18:00"]);
    }
    if x.percent(10) {
        row["origin"] = json!({"latitude": 52.05, "longitude": -2.05});
    }
    row
}

/// Lists whose order means nothing, in a round and in its parts.
const UNORDERED: [&str; 13] = [
    "dates",
    "libraries",
    "staff",
    "locks",
    "forbidden",
    "partners",
    "employer_groups",
    "employers",
    "topics",
    "access",
    "needs",
    "visited",
    "avoid",
];

/// The same round with every list in another order whose order means nothing.
pub fn shuffled(value: &Value, seed: u64) -> Value {
    let mut value = value.clone();
    let mut x = Random::new(seed + 1_000_003);
    shuffle(&mut value, &mut x);
    for library in value["libraries"].as_array_mut().expect("libraries") {
        permute(library["sectors"].as_array_mut().expect("sectors"), &mut x);
    }
    for pair in ["partners", "employer_groups"] {
        for pair in value[pair].as_array_mut().expect("pairs") {
            permute(pair.as_array_mut().expect("a pair"), &mut x);
        }
    }
    if let Some(table) = value["rules"]["sectors"].as_object_mut() {
        table.values_mut().for_each(|to| permute(to.as_array_mut().expect("sectors"), &mut x));
    }
    value
}

fn permute(items: &mut [Value], x: &mut Random) {
    for n in (1..items.len()).rev() {
        items.swap(n, x.index(n + 1));
    }
}

/// Permutes the members of objects too.
fn shuffle(value: &mut Value, x: &mut Random) {
    match value {
        Value::Object(members) => {
            let mut rows: Vec<(String, Value)> = std::mem::take(members).into_iter().collect();
            for n in (1..rows.len()).rev() {
                rows.swap(n, x.index(n + 1));
            }
            for (key, value) in &mut rows {
                if let (true, Value::Array(items)) = (UNORDERED.contains(&key.as_str()), &mut *value) {
                    permute(items, x);
                }
                shuffle(value, x);
            }
            members.extend(rows);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shuffle(item, x)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

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
        "partners_only": x.percent(5), "unknown_distance": x.percent(50),
        "min_minutes": if x.percent(30) { 120 } else { 0 },
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
                lock["date"] = x.of(person["dates"].as_array().expect("dates")).clone();
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
        "employer_groups": if x.percent(20) { json!([["emp-0", "emp-1"]]) } else { json!([]) },
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
    if x.percent(25) {
        row["hours"] = json!({x.of(dates).clone(): ["09:00", "13:00"]});
    }
    row
}

fn person(x: &mut Random, id: &str, home: &str, dates: &[String], libraries: &[String], easy: bool) -> Value {
    let mut own = x.some(dates, 75);
    if own.is_empty() {
        own.push(dates[0].clone());
    }
    let mut row = json!({
        "id": id, "home": home, "dates": own, "max_km": if easy { 60.0 } else { 12.5 },
        "sectors": x.some(&SECTORS, 60), "topics": x.some(&TOPICS, 50),
        "needs": if x.percent(12) { json!(["step-free"]) } else { json!([]) },
        "visited": x.some(libraries, 8), "avoid": x.some(libraries, 6), "priority": x.below(8) / 6,
    });
    if x.percent(70) {
        row["assured_until"] = json!(x.of(&["2027-03-01", "2027-03-02", "2028-01-01"]));
    }
    if x.percent(20) {
        row["hours"] = json!({x.of(dates).clone(): ["11:30", "18:00"]});
    }
    if x.percent(10) {
        row["origin"] = json!({"latitude": 52.05, "longitude": -2.05});
    }
    row
}

/// The same round with its lists in another order.
pub fn shuffled(value: &Value, seed: u64) -> Value {
    let mut x = Random::new(seed + 1_000_003);
    let mut value = value.clone();
    for list in ["dates", "libraries", "staff", "locks", "forbidden", "partners"] {
        if let Some(Value::Array(items)) = value.get_mut(list) {
            for n in (1..items.len()).rev() {
                items.swap(n, x.index(n + 1));
            }
        }
    }
    for person in value["staff"].as_array_mut().expect("staff") {
        for list in ["dates", "topics", "visited", "avoid"] {
            person[list].as_array_mut().expect("a list").reverse();
        }
    }
    value
}

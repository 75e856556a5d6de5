//! Rounds made in code, of any size: libraries on a grid, people who may go nearly anywhere. No data of others.
#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use serde_json::{Map, Value, json};

/// How large a round is to be.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub staff: usize,
    pub libraries: usize,
    pub dates: usize,
}

/// Dates from 1 January 2027 on.
pub fn dates(count: usize) -> Vec<String> {
    let first = chrono::NaiveDate::from_ymd_opt(2027, 1, 1).expect("a day");
    first.iter_days().take(count).map(|date| date.to_string()).collect()
}

/// The same count on every date.
pub fn every_day(dates: &[String], count: i64) -> Value {
    Value::Object(dates.iter().map(|date| (date.clone(), json!(count))).collect::<Map<_, _>>())
}

/// A round in which everybody has many choices, none like another's.
pub fn grid(size: Size, balance: &Value) -> Value {
    const SECTORS: [&str; 4] = ["public", "academic", "school", "specialist"];
    let dates = dates(size.dates);
    let part = |n: usize, step: usize, of: usize| i32::try_from(n * step % of).expect("small");
    let library = |n: usize| {
        json!({
            "id": format!("l{n:05}"), "sectors": [SECTORS[n % 4]], "employers": [format!("e{n}")],
            "latitude": 51.0 + 0.05 * f64::from(part(n, 7, 23)), "longitude": -2.0 + 0.05 * f64::from(part(n, 11, 29)),
            "topics": [format!("t{}", n % 5), format!("u{}", n % 7)],
            "hosting": every_day(&dates, 1), "release": every_day(&dates, 1),
        })
    };
    let person = |n: usize| {
        let own: Vec<&String> = dates
            .iter()
            .enumerate()
            .filter(|(d, _)| !(n + d).is_multiple_of(3))
            .map(|(_, date)| date)
            .collect();
        json!({
            "id": format!("s{n:05}"), "home": format!("l{:05}", n * 13 % size.libraries), "dates": own,
            "max_km": 15 + n % 40, "sectors": [SECTORS[n * 5 % 4], SECTORS[(n * 5 + 1) % 4]],
            "topics": [format!("t{}", n % 5), format!("u{}", n % 7)], "priority": usize::from(n.is_multiple_of(9)),
        })
    };
    json!({
        "format": "library-swap/round", "version": 1, "timezone": "Europe/London", "dates": dates,
        "rules": {"balance": balance},
        "libraries": (0..size.libraries).map(library).collect::<Vec<_>>(),
        "staff": (0..size.staff).map(person).collect::<Vec<_>>(),
    })
}

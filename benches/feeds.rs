//! How long a subscribed calendar of 5,000 events takes to be written: `cargo bench --bench feeds`.
#![allow(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use criterion::{Criterion, criterion_group, criterion_main};
use library_swap::calendar::write_timetable;
use library_swap::domain::feed::{Entry, Timetable};
use library_swap::domain::letter::{EventStatus, ZoneForm};

const EVENTS: i64 = 5_000;

/// Days of two years in two zones, each changed at another time.
fn timetable() -> Timetable {
    let first = NaiveDate::from_ymd_opt(2027, 1, 4).expect("a date");
    let entry = |n: i64| Entry {
        uid: format!("01937f5c-0000-7000-8000-{n:012}"),
        sequence: n % 4,
        changed_at: DateTime::from_timestamp(1_800_000_000 + n * 60, 0).expect("an instant"),
        status: if n % 20 == 0 { EventStatus::Cancelled } else { EventStatus::Confirmed },
        is_busy: false,
        summary: format!("Library exchange: Siân Ŵyn {n} at The Hive, Worcester"),
        description: format!("A day of Siân Ŵyn {n} at The Hive, Worcester with the Library Exchange."),
        location: "The Hive, Worcester, Sawmill Walk, The Butts, WR1 3PD".to_owned(),
        point: Some((52.194_58, -2.225_75)),
        date: first + Days::new(n.unsigned_abs() % 700),
        starts: NaiveTime::from_hms_opt(9, 30, 0).expect("a time"),
        ends: NaiveTime::from_hms_opt(16, 0, 0).expect("a time"),
        time_zone: if n % 2 == 0 { Tz::Europe__London } else { Tz::Europe__Dublin },
    };
    Timetable {
        name: "Library Exchange: staff of Worcestershire County Council".to_owned(),
        url: "https://exchange.example".to_owned(),
        zone: ZoneForm::Local,
        entries: (0..EVENTS).map(entry).collect(),
    }
}

fn feeds(criterion: &mut Criterion) {
    let timetable = timetable();
    criterion.bench_function("write a feed of 5,000 events", |bencher| {
        bencher.iter(|| write_timetable(black_box(&timetable)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = feeds
}
criterion_main!(benches);

//! How fast lists are taken over, and how much memory that takes: libraries and staff, dry, written, and a second time.
//!
//! On a fresh SQLite file, with the real British libraries repeated under other ids where `../shared/data` is there, and
//! made-up ones elsewhere. Exit code 1 where a step takes more than 20 s.
//!
//! ```sh
//! cargo bench --bench imports -- 100000
//! ```
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command that says what it measures, and ends where it cannot"
)]

#[path = "fresh/mod.rs"]
mod fresh;

use std::process::ExitCode;
use std::time::Instant;

use library_swap::domain::permissions::{Actor, Role};
use library_swap::import::{Kind, Table};
use library_swap::services::imports::{ImportMode, Order, import};
use peak_alloc::PeakAlloc;

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

const MOST_SECONDS: f64 = 20.0;

fn main() -> ExitCode {
    // Cargo adds `--bench`; without a number there is nothing to measure (`cargo test --benches`).
    let Some(rows) = std::env::args().skip(1).find_map(|word| word.parse::<usize>().ok()) else {
        eprintln!("usage: cargo bench --bench imports -- ROWS");
        return ExitCode::SUCCESS;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let app = fresh::app_on(&format!("sqlite:{}", folder.path().join("bench.db").display()));
    println!("{:<12} {:<8} {:>8} {:>8} {:>8} {:>10}", "list", "mode", "MB", "seconds", "rows/s", "peak MB");
    let mut slowest = 0.0_f64;
    for (kind, list) in [(Kind::Libraries, libraries(rows)), (Kind::Staff, staff(rows))] {
        for (mode, name) in
            [(ImportMode::DryRun, "dry run"), (ImportMode::Partial, "apply"), (ImportMode::Partial, "again")]
        {
            let megabytes = list.len() / 1_000_000;
            let bytes = list.clone();
            PEAK.reset_peak_usage();
            let began = Instant::now();
            let table = Table::read(bytes).expect("a table");
            let actor = Actor::named("bench", Role::Organiser);
            let outcome = import(&app, &actor, &Order::new(kind, &table, mode)).expect("an outcome");
            let seconds = began.elapsed().as_secs_f64();
            let rate = f64::from(u32::try_from(outcome.read).expect("few")) / seconds;
            let peak = PEAK.peak_usage_as_mb();
            println!("{kind:<12} {name:<8} {megabytes:>8} {seconds:>8.1} {rate:>8.0} {peak:>10.0}");
            slowest = slowest.max(seconds);
        }
    }
    if slowest > MOST_SECONDS { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The real libraries again and again, with other ids.
fn libraries(rows: usize) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/libraries_gb.csv");
    let real = std::fs::read(path).unwrap_or_else(|_| {
        eprintln!("SKIPPED: the real libraries ({path}); made-up ones instead");
        let row =
            |n| format!("{n},Library {n},public,Council {},\"Street {n}, Town\",WR1 3PB,England\n", n % 300);
        let header = "id,name,sector,operator,address,postcode,country\n".to_owned();
        (0..7_000).map(row).fold(header, |list, row| list + &row).into_bytes()
    });
    let mut reader = csv::Reader::from_reader(real.as_slice());
    let header = reader.headers().expect("a header").clone();
    let records: Vec<csv::StringRecord> = reader.records().map(|record| record.expect("a row")).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("a header");
    for (n, record) in records.iter().cycle().take(rows).enumerate() {
        let id = format!("b{n}");
        writer.write_record(std::iter::once(id.as_str()).chain(record.iter().skip(1))).expect("a row");
    }
    writer.into_inner().expect("bytes")
}

/// Made-up staff of those libraries.
fn staff(rows: usize) -> Vec<u8> {
    let mut list = "id,name,email,library,manager_email,active\n".to_owned();
    for n in 0..rows {
        let (library, boss) = (n / 7, n / 40);
        list += &format!("E{n},Person {n},p{n}@council.example,b{library},boss{boss}@council.example,yes\n");
    }
    list.into_bytes()
}

//! How fast schedules are written, and how much memory grows meanwhile: CSV, a workbook, NDJSON's rows.
//!
//! On a fresh SQLite file. Exit code 1 where CSV has less than 100,000 rows a second, or anything grows by more than 50 MB.
//!
//! ```sh
//! cargo bench --bench exports -- 100000
//! ```
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command that says what it measures, and ends where it cannot"
)]

#[path = "fresh/mod.rs"]
mod fresh;
#[path = "../tests/many/mod.rs"]
mod many;

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Instant;

use library_swap::domain::permissions::{Actor, Role};
use library_swap::services::schedule::{self, Order, Profile, Reading};
use peak_alloc::PeakAlloc;

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

const LEAST_ROWS: f64 = 100_000.0;
const MOST_MEGABYTES: f32 = 50.0;

fn main() -> ExitCode {
    // Cargo adds `--bench`; without a number there is nothing to measure (`cargo test --benches`).
    let Some(count) = std::env::args().skip(1).find_map(|word| word.parse::<u32>().ok()) else {
        eprintln!("usage: cargo bench --bench exports -- ROWS");
        return ExitCode::SUCCESS;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("bench.db").display());
    let app = fresh::app_on(&url);
    many::fill(&url, count + 1);
    let actor =
        Actor { employers: vec![many::EMPLOYER.parse().expect("an id")], ..Actor::named("bench", Role::Hr) };
    let profile = Profile::generic();
    println!(
        "{:<8} {:>8} {:>10} {:>8} {:>10} {:>12}",
        "format", "rows", "bytes", "seconds", "rows/s", "growth MB"
    );
    let mut is_good = true;
    let mut measure = |name: &str, least: f64, write: &dyn Fn(&mut std::fs::File) -> u32| {
        let mut out = tempfile::tempfile().expect("a file");
        let before = PEAK.current_usage_as_mb();
        PEAK.reset_peak_usage();
        let began = Instant::now();
        let rows = write(&mut out);
        let seconds = began.elapsed().as_secs_f64();
        let growth = PEAK.peak_usage_as_mb() - before;
        let rate = f64::from(rows) / seconds;
        let bytes = out.metadata().expect("a size").len();
        println!("{name:<8} {rows:>8} {bytes:>10} {seconds:>8.2} {rate:>10.0} {growth:>12.1}");
        is_good &= rows == count && rate >= least && growth <= MOST_MEGABYTES;
    };
    let csv = |out: &mut std::fs::File| {
        let mut reading = Some(Reading::new(&app, Order::default()));
        let (mut bytes, mut rows) = (Vec::new(), 0);
        profile.write_header(&mut bytes);
        while let Some(rest) = reading {
            let (piece, rest) = schedule::next(&app, &actor, rest).expect("rows");
            rows += u32::try_from(piece.len()).expect("few");
            profile.write_rows(&piece, &mut bytes);
            out.write_all(&bytes).expect("written");
            bytes.clear();
            reading = rest;
        }
        rows
    };
    for _ in 0..3 {
        measure("csv", LEAST_ROWS, &csv);
    }
    measure("xlsx", 0.0, &|out| {
        let mut file = schedule::workbook(&app, &actor, Order::default(), &profile).expect("a workbook");
        let mut piece = [0; 65_536];
        loop {
            let read = file.read(&mut piece).expect("read");
            if read == 0 {
                return count;
            }
            out.write_all(&piece[..read]).expect("written");
        }
    });
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

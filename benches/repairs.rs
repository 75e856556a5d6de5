//! How long a repair takes: `cargo bench --bench repairs -- ROUND SCHEDULE [N]`.
//!
//! So many placed people, evenly spread (101 unless told), drop out one after the other; each time the three ways are
//! worked out. Median and longest, and how often each way found what.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark speaks on the terminal and fails by panicking"
)]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use library_swap::files::{Round, Schedule};
use library_swap::matching::repair::{Kind, Request, repair};

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let (round, schedule, times) = match args.as_slice() {
        [round, schedule] => (round, schedule, 101),
        [round, schedule, n] => (round, schedule, n.parse().expect("a number")),
        _ => {
            eprintln!("usage: cargo bench --bench repairs -- ROUND SCHEDULE [N]");
            return ExitCode::SUCCESS;
        }
    };
    let round = Round::read(&std::fs::read(round).expect("a round file")).expect("a right round");
    let schedule =
        Schedule::read(&std::fs::read(schedule).expect("a schedule file")).expect("a right schedule");
    let placed = schedule.placements.len();
    let mut taken: Vec<Duration> = Vec::new();
    let (mut refilled, mut kept, mut proven) = (0, 0, 0);
    for n in 0..times {
        let staff = schedule.placements[n * placed / times].staff.clone();
        let request = Request { drop: BTreeSet::from([staff]), ..Request::default() };
        let begin = Instant::now();
        let found =
            repair(&round, &schedule, &request, &mut |_| ControlFlow::Continue(())).expect("a repair");
        taken.push(begin.elapsed());
        for choice in &found.choices {
            match choice.kind {
                Kind::LeaveTheGap => {}
                Kind::FewestTouched => {
                    refilled += usize::from(choice.placements.len() == placed);
                    proven += usize::from(choice.proven);
                }
                Kind::KeepMostPlaced => kept += usize::from(choice.placements.len() == placed),
            }
        }
    }
    taken.sort();
    println!("{times} drop-outs: median {:?}, longest {:?}", taken[times / 2], taken[times - 1]);
    println!("fewest touched: {proven} proven, {refilled} refill the place; keep most placed: {kept} do");
    ExitCode::SUCCESS
}

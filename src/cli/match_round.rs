//! Solves a round file.
//!
//! A time limit and an interrupt (Ctrl-C, SIGTERM) end the search, not the command: the best schedule so far is written with its
//! certified gap, and the exit code is that of a success. A second interrupt ends the program at once.

use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::files::schedule::{Proof, Rings, Unplaced};
use crate::files::{Round, Schedule};
use crate::matching::{MatchError, Options, Progress, StopReason, solve, write_mps};
use crate::services::clock::seconds_running;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The round file.
    round: PathBuf,
    /// Where to write the schedule; standard output otherwise.
    #[arg(short, long, value_name = "SCHEDULE")]
    output: Option<PathBuf>,
    /// Stop after this time with the best schedule and its certified gap, e.g. 30s, 500ms, 5m.
    #[arg(long, value_name = "TIME", value_parser = read_duration)]
    time_limit: Option<Duration>,
    /// Stop after so many units of work: the same schedule on every machine.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    work: Option<i64>,
    /// Stop at this gap, e.g. 0.001.
    #[arg(long, value_name = "GAP", default_value = "0.0", value_parser = read_gap)]
    gap: f64,
    /// Decides among equally good schedules.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    seed: i64,
    /// Threads to use; the schedule does not depend on them.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = read_threads)]
    threads: usize,
    /// Write the model here too, in free MPS.
    #[arg(long, value_name = "FILE.mps")]
    model: Option<PathBuf>,
}

pub(super) fn read_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err("must be a number and ms, s, m or h, e.g. 30s".to_owned()),
    };
    let number: f64 = digits.parse().map_err(|_| "must be a number and a unit, e.g. 30s".to_owned())?;
    Duration::try_from_secs_f64(number * unit).map_err(|error| error.to_string())
}

pub(super) fn read_gap(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(gap) if (0.0..=1.0).contains(&gap) => Ok(gap),
        Ok(_) | Err(_) => Err("must be a number from 0 to 1".to_owned()),
    }
}

pub(super) fn read_threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 1..=1024) => Ok(threads),
        Ok(_) | Err(_) => Err("must be a number from 1 to 1024".to_owned()),
    }
}

/// Solves and writes; what went wrong is told on standard error, the exit code is the error.
pub fn run(args: &Args) -> Result<(), u8> {
    // Reading counts too: whoever allows a minute waits a minute.
    let begin = seconds_running();
    let interrupted = watch_interrupts()?;
    let round = read_round(&args.round)?;
    if let Some(file) = &args.model {
        let mut model = Vec::new();
        write_mps(&round, &mut model).map_err(|error| refuse(&error))?;
        write_file(file, &model)?;
    }
    let schedule = solve_in_time(args, &round, begin, &interrupted).map_err(|error| refuse(&error))?;
    let text = schedule.to_json();
    match &args.output {
        Some(file) => write_file(file, text.as_bytes())?,
        None => std::io::stdout().write_all(text.as_bytes()).map_err(|error| {
            eprintln!("standard output: {error}");
            super::UNABLE
        })?,
    }
    summarise(&schedule);
    Ok(())
}

pub(super) fn read_round(file: &Path) -> Result<Round, u8> {
    let bytes = std::fs::read(file).map_err(|error| {
        eprintln!("{}: {error}", file.display());
        super::UNABLE
    })?;
    Round::read(&bytes).map_err(|faults| {
        for fault in faults {
            eprintln!("{}: {fault}", file.display());
        }
        super::UNABLE
    })
}

/// Tells an error and chooses its exit code.
pub(super) fn refuse(error: &MatchError) -> u8 {
    eprintln!("{}: {error}", error.code());
    match error {
        MatchError::LocksInfeasible | MatchError::LockBreaksRule { .. } | MatchError::StoppedEarly => {
            super::NO
        }
        MatchError::RingLimitNotYet | MatchError::CannotWrite { .. } => super::UNABLE,
    }
}

/// A flag that is set when the user interrupts, from now on. A second interrupt ends the program.
pub(super) fn watch_interrupts() -> Result<Arc<AtomicBool>, u8> {
    listen().map_err(|error| {
        eprintln!("interrupts cannot be watched: {error}");
        super::UNABLE
    })
}

fn listen() -> std::io::Result<Arc<AtomicBool>> {
    /// What a shell says of a program that an interrupt has ended.
    const INTERRUPTED: i32 = 130;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    drop(entered);
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
                if flag.swap(true, Ordering::Relaxed) {
                    std::process::exit(INTERRUPTED);
                }
            }
        });
    });
    Ok(interrupted)
}

/// Solves with the progress shown on a terminal.
fn solve_in_time(
    args: &Args,
    round: &Round,
    begin: f64,
    interrupted: &AtomicBool,
) -> Result<Schedule, MatchError> {
    let options =
        Options { seed: args.seed, work: args.work, gap: args.gap, threads: args.threads, changes: true };
    let line = std::io::stderr().is_terminal().then(indicatif::ProgressBar::new_spinner);
    let mut told = begin;
    let mut tell = |progress: &Progress, now: f64| {
        if let Some(line) = &line
            && now - told > 0.1
        {
            told = now;
            let Progress { value, bound, work } = progress;
            line.set_message(format!("value {value}, bound {bound}, gap {}, work {work}", bound - value));
            line.tick();
        }
    };
    let solved = solve_within(round, &options, begin, args.time_limit, interrupted, &mut tell);
    if let Some(line) = &line {
        line.finish_and_clear();
    }
    solved
}

/// Solves until a time after `begin` or an interrupt; `tell` hears how far it is and the time now.
pub(super) fn solve_within(
    round: &Round,
    options: &Options,
    begin: f64,
    limit: Option<Duration>,
    interrupted: &AtomicBool,
    tell: &mut dyn FnMut(&Progress, f64),
) -> Result<Schedule, MatchError> {
    let mut progress = |progress: &Progress| {
        let now = seconds_running();
        tell(progress, now);
        if interrupted.load(Ordering::Relaxed) {
            return ControlFlow::Break(StopReason::Cancelled);
        }
        match limit {
            Some(limit) if now - begin >= limit.as_secs_f64() => ControlFlow::Break(StopReason::Time),
            Some(_) | None => ControlFlow::Continue(()),
        }
    };
    let mut schedule = solve(round, options, &mut progress)?;
    schedule.run.seconds = seconds_running() - begin;
    Ok(schedule)
}

/// Of how many people without a place it is known what one change would do: the others' turn did not come, or it was
/// not settled.
fn words_of_changes(unplaced: &[Unplaced]) -> String {
    let named = unplaced.iter().filter(|left| left.change.is_some()).count();
    let none = unplaced.iter().filter(|left| left.change_reason.as_deref() == Some("none_single")).count();
    let open = unplaced.len() - named - none;
    format!(
        "one change would have placed {named} of them; for {none} none would; for {open} that is not known"
    )
}

/// How many rings there are and how long.
fn words_of_rings(rings: &Rings) -> String {
    let open = match rings.open {
        0 => String::new(),
        1 => "; 1 person in no ring".to_owned(),
        people => format!("; {people} people in no ring"),
    };
    match rings.count {
        0 => format!("no rings{open}"),
        1 => format!("1 ring of {} libraries{open}", rings.longest),
        count => {
            let Rings { longest, mean, .. } = rings;
            format!("{count} rings, the longest of {longest} libraries, {mean:.1} on average{open}")
        }
    }
}

fn summarise(schedule: &Schedule) {
    let (outcomes, objective, run) = (&schedule.outcomes, &schedule.objective, &schedule.run);
    eprintln!("{} placed, {} without a place", outcomes.placed, outcomes.unplaced);
    if !schedule.unplaced.is_empty() {
        eprintln!("{}", words_of_changes(&schedule.unplaced));
    }
    eprintln!("{}", words_of_rings(&schedule.rings()));
    let proof = match (objective.optimal, objective.proof) {
        (true, Proof::Prices) => "optimal, proved by prices".to_owned(),
        (true, Proof::Search) => {
            format!("optimal by search; prices prove a gap of {}", objective.bound_prices - objective.value)
        }
        (false, Proof::Prices | Proof::Search) => format!("gap {:.4} %", 100.0 * objective.gap),
    };
    eprintln!("value {}, bound {} ({proof})", objective.value, objective.bound);
    eprintln!("{:.2} s, stopped: {}", run.seconds, run.stopped);
}

/// Writes a file as a whole or not at all: beside it first, then renamed. A device or a pipe is written to as it is.
pub(super) fn write_file(file: &Path, bytes: &[u8]) -> Result<(), u8> {
    if file.metadata().is_ok_and(|of| !of.is_file()) {
        return std::fs::write(file, bytes).map_err(|error| {
            eprintln!("{}: {error}", file.display());
            super::UNABLE
        });
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|error| {
        eprintln!("{}: {error}", file.display());
        if beside.exists() && std::fs::remove_file(&beside).is_err() {
            eprintln!("{}: is left over", beside.display());
        }
        super::UNABLE
    })
}

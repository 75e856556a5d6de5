//! `library-swap frontier ROUND`: how many people each balance and each limit of rings leaves at home.
//!
//! Every point is solved for a short time; where that proves no optimum, the certified gap is told.

mod picture;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::match_round::{
    read_duration, read_round, read_threads, refuse, solve_within, watch_interrupts, write_file,
};
use crate::matching::frontier::{Extent, Point, frontier};
use crate::matching::{MatchError, Options};
use crate::services::clock::seconds_running;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The round file.
    round: PathBuf,
    /// The largest balance that is looked at, beside none at all.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(i64).range(0..=100))]
    most_balance: i64,
    /// The longest rings that are looked at, beside those without limit; 1 for none.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(i64).range(1..=100))]
    most_ring: i64,
    /// Time for each point, e.g. 1s, 500ms; what is not proven then is told with its certified gap.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = read_duration)]
    time_limit: Duration,
    /// Work for each point: the same figures on every machine.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    work: Option<i64>,
    /// Decides among equally good schedules.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    seed: i64,
    /// Threads to use.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = read_threads)]
    threads: usize,
    /// Draw the chart into this file too, as SVG.
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
}

/// Runs the command; the exit code is the error.
pub fn run(args: &Args) -> Result<(), u8> {
    let interrupted = watch_interrupts()?;
    let round = read_round(&args.round)?;
    let options =
        Options { seed: args.seed, work: args.work, threads: args.threads, gap: 0.0, changes: false };
    let extent = Extent { most: (args.most_balance, args.most_ring) };
    let points = frontier(&round, extent, &mut |round, _| {
        let begin = seconds_running();
        solve_within(round, &options, begin, Some(args.time_limit), &interrupted, &mut |_, _| {})
    });
    // A lock that breaks a rule breaks it at every point.
    if let Some(Err(error @ MatchError::LockBreaksRule { .. })) = points.first().map(|point| &point.figures) {
        return Err(refuse(error));
    }
    if interrupted.load(Ordering::Relaxed) {
        eprintln!("interrupted: points after that are hardly searched");
    }
    let title = if round.name.is_empty() { "Frontier".to_owned() } else { round.name.clone() };
    say!(
        "{title}: {} people, {} libraries, {} dates\n",
        round.staff.len(),
        round.libraries.len(),
        round.dates.len()
    );
    say!("{}", picture::table(&points));
    say!("{}", picture::bars(&points, round.staff.len()));
    if let Some(file) = &args.svg {
        write_file(file, picture::svg(&title, &points, round.staff.len()).as_bytes())?;
    }
    Ok(())
}

/// A rule in words.
fn words(point: &Point) -> String {
    match (point.rule.balance, point.rule.max_ring) {
        (_, Some(2)) => "direct swaps".to_owned(),
        (_, Some(most)) => format!("rings of {most}"),
        (Some(0), None) => "balance 0".to_owned(),
        (Some(balance), None) => format!("balance {balance}"),
        (None, None) => "balance off".to_owned(),
    }
}

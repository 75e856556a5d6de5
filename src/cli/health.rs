//! `library-swap health ROUND`: where a round is short, and where one more place or release would help most.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::match_round::{read_duration, read_round, read_threads, refuse, solve_within, watch_interrupts};
use super::table::aligned;
use crate::files::{Round, Schedule};
use crate::matching::Options;
use crate::matching::health::{Health, Scarce, Supply, health};
use crate::services::clock::seconds_running;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The round file.
    round: PathBuf,
    /// Time for each of up to 21 solutions, e.g. 1s, 500ms.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = read_duration)]
    time_limit: Duration,
    /// Work for each of them: the same figures on every machine.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    work: Option<i64>,
    /// Threads to use.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = read_threads)]
    threads: usize,
}

/// People who are named; of more, the number is told.
const NAMED: usize = 20;

/// Runs the command; the exit code is the error.
pub fn run(args: &Args) -> Result<(), u8> {
    let interrupted = watch_interrupts()?;
    let round = read_round(&args.round)?;
    let options = Options { work: args.work, threads: args.threads, changes: false, ..Options::default() };
    let found = health(&round, &mut |round| {
        let begin = seconds_running();
        solve_within(round, &options, begin, Some(args.time_limit), &interrupted, &mut |_, _| {})
    })
    .map_err(|error| refuse(&error))?;
    let schedule = found.schedule.as_ref().map_err(refuse)?;
    if interrupted.load(Ordering::Relaxed) {
        eprintln!("interrupted: what comes after that is hardly searched");
    }
    say!("{}", sectors(&round, &found, "could come / places", |of| (of.could_come, of.places)));
    say!("{}", sectors(&round, &found, "could leave / releases", |of| (of.could_leave, of.releases)));
    say!("{}", people(&found));
    say!("{}", helps(&found, schedule));
    Ok(())
}

/// Dates down, sectors across.
fn sectors(round: &Round, found: &Health, title: &str, shown: impl Fn(&Supply) -> (i64, i64)) -> String {
    let mut names: Vec<&str> = found.supply.keys().map(|(sector, _)| sector.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut rows =
        vec![std::iter::once(title.to_owned()).chain(names.iter().map(ToString::to_string)).collect()];
    let mut dates = round.dates.clone();
    dates.sort_unstable();
    for date in dates {
        let cell = |name: &&str| match found.supply.get(&((*name).to_owned(), date)) {
            Some(of) => {
                let (asked, offered) = shown(of);
                format!("{asked} / {offered}")
            }
            None => "–".to_owned(),
        };
        rows.push(std::iter::once(date.to_string()).chain(names.iter().map(cell)).collect());
    }
    aligned(&rows)
}

/// Who is short of hosts.
fn people(found: &Health) -> String {
    let list = |names: Vec<String>| {
        let more = names.len().saturating_sub(NAMED);
        let named = names.into_iter().take(NAMED).collect::<Vec<_>>().join(", ");
        if more > 0 { format!("{named} and {more} more") } else { named }
    };
    let told = |what: &str, names: Vec<String>| match names.len() {
        0 => format!("nobody has {what}\n"),
        count => format!(
            "{count} {} {what}: {}\n",
            if count == 1 { "person has" } else { "people have" },
            list(names)
        ),
    };
    let one = found.one_host.iter().map(|(staff, host)| format!("{staff} ({host})")).collect();
    told("no feasible host", found.without_host.clone()) + &told("one feasible host only", one)
}

/// What one more place or release changes.
fn helps(found: &Health, schedule: &Schedule) -> String {
    let (outcomes, objective) = (&schedule.outcomes, &schedule.objective);
    let proven = |proven: bool| if proven { "proven" } else { "best found" };
    let mut told = format!(
        "{} placed, {} without a place, value {} ({})\n",
        outcomes.placed,
        outcomes.unplaced,
        objective.value,
        proven(objective.optimal)
    );
    if found.helps.is_empty() {
        return told + "one more place or release helps nowhere\n";
    }
    let mut rows = vec![["one more", "library", "date", "placed", "value", ""].map(str::to_owned).to_vec()];
    for help in &found.helps {
        rows.push(vec![
            match help.scarce {
                Scarce::Place => "place".to_owned(),
                Scarce::Release => "release".to_owned(),
            },
            help.library.clone(),
            help.date.to_string(),
            format!("{:+}", help.placed),
            format!("{:+}", help.value),
            proven(help.proven).to_owned(),
        ]);
    }
    told += &aligned(&rows);
    told
}

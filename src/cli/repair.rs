//! `library-swap repair ROUND SCHEDULE`: the ways to mend a schedule, shown and written as schedules.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;

use chrono::NaiveDate;

use super::match_round::write_file;
use super::verify::{print_breaches, read_file};
use crate::files::{Round, Schedule};
use crate::matching::repair::{Choice, Kind, Move, Place, Repair, Request, repair};
use crate::services::mending::{schedules, standing};
use crate::verify::{Report, Subject, verify};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The round file. It may have changed since, as long as the schedule keeps its rules.
    round: PathBuf,
    /// The schedule file.
    schedule: PathBuf,
    /// Placed people who do not go.
    #[arg(long, value_name = "STAFF", num_args = 1..)]
    drop: Vec<String>,
    /// Libraries that take nobody on a date.
    #[arg(long, value_name = "LIBRARY:DATE", num_args = 1.., value_parser = read_day)]
    close: Vec<Place>,
    /// People without a place who come in: also those who dropped out before, or who are new in the round.
    #[arg(long, value_name = "STAFF", num_args = 1..)]
    add: Vec<String>,
    /// Placed people whose placement stays as it is.
    #[arg(long, value_name = "STAFF", num_args = 1..)]
    freeze: Vec<String>,
    /// Placements before this date stay as they are, and nobody gets one there.
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// How much visitors and leavers of a library may differ on a day; by default the round's balance and one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    balance: Option<i64>,
    /// A folder for the schedules, one file for each way.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

fn read_day(text: &str) -> Result<Place, String> {
    let (library, date) =
        text.rsplit_once(':').ok_or("must be a library and a date, e.g. hive:2027-03-01")?;
    let date = date.parse().map_err(|_| format!("{date:?} is no date, e.g. 2027-03-01"))?;
    Ok((library.to_owned(), date))
}

/// Runs the command; the exit code is the error.
pub fn run(args: &Args) -> Result<(), u8> {
    let round = read_file(&args.round, Round::read);
    let schedule = read_file(&args.schedule, Schedule::read);
    let (Some(round), Some(schedule)) = (round, schedule) else { return Err(super::UNABLE) };
    refuse_broken(&verify(&Subject::Round(&round), &standing(&round, &schedule)))?;
    let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    let request = Request {
        drop: set(&args.drop),
        close: args.close.iter().cloned().collect(),
        add: set(&args.add),
        freeze: set(&args.freeze),
        from: args.from,
        balance: args.balance,
        ..Request::default()
    };
    let mut go_on = |_: &_| ControlFlow::Continue(());
    let found = repair(&round, &schedule, &request, &mut go_on).map_err(|faults| {
        faults.iter().for_each(|fault| eprintln!("{fault}"));
        super::UNABLE
    })?;
    let mended = schedules(&round, &schedule, &found);
    for schedule in &mended {
        refuse_broken(&verify(&Subject::Round(&round), schedule))?;
    }
    say!("{} of {} people placed before", schedule.placements.len(), round.staff.len());
    for choice in &found.choices {
        show(choice);
    }
    tell_missing(&round, &found);
    match &args.output {
        Some(folder) => write(folder, &found, &mended),
        None => Ok(()),
    }
}

/// A schedule that is not clean is not mended, and none is written.
fn refuse_broken(report: &Report) -> Result<(), u8> {
    if report.is_clean() {
        return Ok(());
    }
    print_breaches(report);
    Err(super::NO)
}

fn write(folder: &PathBuf, found: &Repair, mended: &[Schedule]) -> Result<(), u8> {
    std::fs::create_dir_all(folder).map_err(|error| {
        eprintln!("{}: {error}", folder.display());
        super::UNABLE
    })?;
    for (choice, schedule) in found.choices.iter().zip(mended) {
        let file = folder.join(format!("{}.json", choice.kind.as_str()));
        write_file(&file, schedule.to_json().as_bytes())?;
        say!("written: {}", file.display());
    }
    Ok(())
}

fn tell_missing(round: &Round, found: &Repair) {
    if found.choices.iter().any(|choice| choice.kind != Kind::LeaveTheGap) {
        return;
    }
    if round.rules.max_ring.is_some() {
        say!(
            "\nNothing but the gap: the round limits its rings, and what would close one is not looked for."
        );
    } else {
        say!(
            "\nNothing but the gap: no other schedule keeps the balance; maybe allow more, or freeze fewer."
        );
    }
}

fn words(place: &Option<Place>) -> String {
    place.as_ref().map_or("no place".to_owned(), |(host, date)| format!("{host} on {date}"))
}

fn show(choice: &Choice) {
    let proof = if choice.proven { "proven" } else { "the best found" };
    let (placed, touched) = (choice.placements.len(), choice.touched.len());
    say!("\n{}: {placed} placed, {touched} touched, value {} ({proof})", choice.kind.as_str(), choice.value);
    let list = |name: &str, moves: &[Move]| {
        for moved in moves {
            say!("  {name} {}: {} -> {}", moved.staff, words(&moved.from), words(&moved.to));
        }
    };
    list("touched", &choice.touched);
    list("lost the host", &choice.displaced);
    list("comes in", &choice.placed);
    for day in &choice.days {
        let ((came, come), (left, leave)) = (day.visitors, day.leavers);
        let balance = if day.out_of_balance { ", out of balance" } else { "" };
        say!(
            "  {} on {}: visitors {came} -> {come}, away {left} -> {leave} of {}{balance}",
            day.library,
            day.date,
            day.release
        );
    }
    for waiver in &choice.waived {
        let date = waiver.date.map_or(String::new(), |date| format!(" on {date}"));
        say!("  waived: {} of {}{date}: {}", waiver.code, waiver.library, waiver.reason);
    }
}

//! `library-swap verify ROUND|AUDIT SCHEDULE`: re-proves a schedule, without any solver.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::domain::fault::{Fault, Faults};
use crate::domain::json::{self, At};
use crate::files::{AuditFile, Round, Schedule};
use crate::verify::{Report, Subject, verify};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The round file, or the audit file in its place.
    #[arg(value_name = "ROUND|AUDIT")]
    subject: PathBuf,
    /// The schedule file.
    schedule: PathBuf,
}

/// A round or an audit file; the file's `format` tells which.
enum Problem {
    Round(Round),
    Audit(AuditFile),
}

impl Problem {
    fn read(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        let faults = Faults::none();
        // Whatever else it is, the reader of rounds says what is wrong with it.
        let format = json::parse(bytes).ok().and_then(|json| At::root(json, &faults).peek("format"));
        let is_audit = format.and_then(|at| at.text()).is_some_and(|text| text == "library-swap/audit");
        if is_audit { AuditFile::read(bytes).map(Self::Audit) } else { Round::read(bytes).map(Self::Round) }
    }
}

/// Reads a file and prints everything that is wrong with it.
pub(super) fn read_file<T>(path: &Path, read: impl Fn(&[u8]) -> Result<T, Vec<Fault>>) -> Option<T> {
    let file = path.display();
    match std::fs::read(path) {
        Ok(bytes) => match read(&bytes) {
            Ok(value) => return Some(value),
            Err(faults) => faults.iter().for_each(|fault| eprintln!("{file}: {fault}")),
        },
        Err(error) => eprintln!("{file}: cannot be read: {error}"),
    }
    None
}

/// Prints the breaches, one a line.
pub(super) fn print_breaches(report: &Report) {
    for breach in &report.breaches {
        say!("{breach}");
    }
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    let problem = read_file(&args.subject, Problem::read);
    let schedule = read_file(&args.schedule, Schedule::read);
    let (Some(problem), Some(schedule)) = (problem, schedule) else {
        return ExitCode::from(super::UNABLE);
    };
    let subject = match &problem {
        Problem::Round(round) => Subject::Round(round),
        Problem::Audit(audit) => Subject::Audit(audit),
    };
    let report = verify(&subject, &schedule);
    for note in &report.notes {
        say!("{note}");
    }
    if !report.is_clean() {
        print_breaches(&report);
        return ExitCode::from(super::NO);
    }
    say!("clean: {} of {} people placed", report.placed, report.people);
    say!("value {}, bound {}, bound by prices {}", report.value, report.bound, report.bound_prices);
    say!("{}", report.verdict);
    ExitCode::SUCCESS
}

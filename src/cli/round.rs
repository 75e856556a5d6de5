//! Rounds as files: out of this service, byte for byte as a run would freeze them, and into it.
//!
//! Whoever may run the program on its machine acts as an organiser here; the audit says so.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;

use super::configuration::Configuration;
use super::{Failure, NO, service};
use crate::domain::ids::{RoundId, RunId};
use crate::domain::permissions::{Actor, Role};
use crate::files::Round;
use crate::services::round_transfer::{self, Deadlines};
use crate::services::runs;

/// What is done with a round file.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write the round file that a run would freeze now, or that a run has frozen.
    Export(ExportArgs),
    /// Make an open round of a round file (docs/rehearsals.md tells what does not travel).
    Import(ImportArgs),
}

/// Arguments of `round export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The round.
    #[arg(value_name = "ROUND_ID", required_unless_present = "run", conflicts_with = "run")]
    round: Option<RoundId>,
    /// Instead: the round as this run has frozen it.
    #[arg(long, value_name = "RUN_ID")]
    run: Option<RunId>,
    /// Where to write it; standard output otherwise.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Arguments of `round import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The round file.
    file: PathBuf,
    /// Last day of sign-up; today unless given, or the day before the first placement day if that is earlier.
    #[arg(long, value_name = "DATE")]
    sign_up_until: Option<NaiveDate>,
    /// Last day for answers; the day before the first placement day unless given.
    #[arg(long, value_name = "DATE")]
    answer_until: Option<NaiveDate>,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read or written, or does not fit; a database that cannot be used.
pub fn run(command: &Command, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let actor = Actor::named("command line", Role::Organiser);
    match command {
        Command::Export(args) => {
            let app = service::app(configuration, service::open_ready_store(configuration)?);
            let text = match (args.round, args.run) {
                (_, Some(run)) => runs::round_file(&app, &actor, run)?,
                (Some(round), None) => round_transfer::export(&app, &actor, round)?,
                (None, None) => return Err(Failure::unable("name a round, or a run with --run")),
            };
            write(args.output.as_deref(), &text)?;
        }
        Command::Import(args) => {
            let round = read(&args.file)?;
            let app = service::app(configuration, service::open_migrated_store(configuration)?);
            let deadlines = Deadlines { sign_up_until: args.sign_up_until, answer_until: args.answer_until };
            let made = round_transfer::import(&app, &actor, &round, deadlines)?;
            say!(
                "round {} is {}: {} people, {} libraries ({} new), {} new employers; answers until {}",
                made.round.id,
                made.round.state,
                made.people,
                made.libraries,
                made.libraries_added,
                made.employers_added,
                made.round.answer_until
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> Result<Round, Failure> {
    let bytes =
        std::fs::read(file).map_err(|error| Failure::unable(format!("{}: {error}", file.display())))?;
    Round::read(&bytes).map_err(|faults| {
        let words: Vec<String> = faults.iter().map(|fault| format!("{}: {fault}", file.display())).collect();
        Failure::new(NO, words.join("\n"))
    })
}

fn write(output: Option<&Path>, text: &str) -> Result<(), Failure> {
    match output {
        Some(file) => std::fs::write(file, text)
            .map_err(|error| Failure::unable(format!("{}: {error}", file.display()))),
        None => std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(|error| Failure::unable(format!("standard output: {error}"))),
    }
}

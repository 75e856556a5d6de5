//! `library-swap report ROUND_ID -o FILE`: writes what a round came to, as PDF (docs/reports.md).
//!
//! Makes the report where there is none yet, as an organiser; the audit says so.

use std::path::PathBuf;
use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, output, service};
use crate::domain::ids::RoundId;
use crate::domain::language::Language;
use crate::domain::permissions::{Actor, Role};
use crate::services::impact;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The round; it is completed, and each of its days is marked.
    #[arg(value_name = "ROUND_ID")]
    round: RoundId,
    /// `en` or `cy`.
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    language: Language,
    /// Where to write the PDF; standard output otherwise. A file that is there is not replaced.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A round that is not over; a database that cannot be used; a file that cannot be written.
pub fn run(args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    output::write_new(args.output.as_deref(), || {
        let actor = Actor::named("command line", Role::Organiser);
        let app = service::app(configuration, service::open_ready_store(configuration)?);
        impact::make(&app, &actor, args.round)?;
        Ok(impact::pdf(&impact::sheet(&app, &actor, args.round, args.language)?)?)
    })
}

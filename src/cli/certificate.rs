//! `library-swap certificate PLACEMENT_ID -o FILE`: writes the certificate of attendance of a day (docs/certificates.md).
//!
//! Whoever may run the program on its machine acts as an organiser here; the audit says so.

use std::path::PathBuf;
use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, output, service};
use crate::domain::ids::PlacementId;
use crate::domain::language::Language;
use crate::domain::permissions::{Actor, Role};
use crate::services::certificates::{self, Wanted};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The placement; its host has marked that the visitor came.
    #[arg(value_name = "PLACEMENT_ID")]
    placement: PlacementId,
    /// `en` or `cy`; the participant's language unless given.
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,
    /// Where to write the PDF; standard output otherwise. A file that is there is not replaced.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A day that cannot be certified; a database that cannot be used; a file that cannot be written.
pub fn run(args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    output::write_new(args.output.as_deref(), || {
        let actor = Actor::named("command line", Role::Organiser);
        let app = service::app(configuration, service::open_ready_store(configuration)?);
        let wanted = Wanted { language: args.language, reflection: false };
        Ok(certificates::issue(&app, &actor, args.placement, wanted)?.pdf)
    })
}

//! `library-swap certificate PLACEMENT_ID -o FILE`: writes the certificate of attendance of a day (docs/certificates.md).
//!
//! Whoever may run the program on its machine acts as an organiser here; the audit says so.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, service};
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
    // Before it is issued: what cannot be written leaves no entry in the audit.
    let mut file = match &args.output {
        Some(path) => {
            let made = std::fs::File::create_new(path);
            Some((path, made.map_err(|error| Failure::unable(format!("{}: {error}", path.display())))?))
        }
        None => None,
    };
    let issued = issue(args, configuration);
    match (issued, &mut file) {
        (Ok(pdf), Some((path, file))) => file
            .write_all(&pdf)
            .and_then(|()| file.sync_all())
            .map_err(|error| Failure::unable(format!("{}: {error}", path.display())))?,
        (Ok(pdf), None) => std::io::stdout()
            .write_all(&pdf)
            .map_err(|error| Failure::unable(format!("standard output: {error}")))?,
        (Err(failure), file) => {
            if let Some((path, _)) = file
                && let Err(error) = std::fs::remove_file(*path)
            {
                eprintln!("{}: is left behind, empty: {error}", path.display());
            }
            return Err(failure);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn issue(args: &Args, configuration: &Configuration) -> Result<Vec<u8>, Failure> {
    let actor = Actor::named("command line", Role::Organiser);
    let app = service::app(configuration, service::open_ready_store(configuration)?);
    let wanted = Wanted { language: args.language, reflection: false };
    Ok(certificates::issue(&app, &actor, args.placement, wanted)?.pdf)
}

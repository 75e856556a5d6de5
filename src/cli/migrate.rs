//! Applies the migrations that are missing.

use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, service};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When the database cannot be used or a migration cannot be applied.
pub fn run(_args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let store = service::open_store(configuration)?;
    let applied = service::migrate(configuration, &store)?;
    match applied.as_slice() {
        [] => say!("nothing to do: the database is up to date"),
        names => say!("applied: {}", names.join(", ")),
    }
    Ok(ExitCode::SUCCESS)
}

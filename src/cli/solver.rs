//! Solves runs and nothing else: a process of its own beside `serve`, or several.

use std::process::ExitCode;

use super::configuration::Configuration;
use super::serve::stop_signal;
use super::service::Solver;
use super::{Failure, service};
use crate::worker::Stop;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command until it is asked to stop; a run in hand is given back then, for another solver.
///
/// # Errors
/// When the database cannot be used, or lacks a migration.
pub fn run(_args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    super::log::start(&configuration.log);
    // Opening would make the file, and hide that this is the wrong folder.
    if let Some(path) = service::missing_file(configuration) {
        let words =
            format!("{} is not there: run `library-swap init` first, or mend database.url", path.display());
        return Err(Failure::unable(words));
    }
    let app = service::app(configuration, service::open_ready_store(configuration)?);
    actix_web::rt::System::new().block_on(async {
        let (name, stop) = (service::worker_name(&app)?, Stop::new());
        tracing::info!(name, database = %configuration.database.url.masked(), "solving");
        let solver = Solver::start(&app, name, &stop)?;
        stop_signal().await?;
        tracing::info!("stopping: the run in hand is given back");
        stop.ask();
        solver.ended().await;
        Ok(ExitCode::SUCCESS)
    })
}

//! Serves the API and does what happens later, until asked to stop.

use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::configuration::Configuration;
use super::{Failure, service};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When the service cannot start.
pub fn run(_args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    super::log::start(&configuration.log);
    allow_many_files();
    actix_web::rt::System::new().block_on(async {
        let listener = service::listen(configuration.server.listen)?;
        let running = service::start(configuration, listener)?;
        tracing::info!(address = %running.address, database = %configuration.database.url.masked(), "serving");
        stop_signal().await?;
        tracing::info!("stopping: requests and mail in hand are finished");
        running.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Each connection is an open file. Many systems let a process have few of them at first, and more if it asks (1,024 and half a
/// million, often): a crowd of half-open connections must not keep the database from opening.
fn allow_many_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::warn!(%error, ?current, ?maximum, "the limit of open files stays as it is");
    }
}

/// Waits for SIGTERM (an init system) or SIGINT (Ctrl-C).
pub(super) async fn stop_signal() -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::unable(format!("signals: {error}")));
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}

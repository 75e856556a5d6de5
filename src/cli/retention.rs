//! `library-swap retention`: what is over its time, and taking it away (docs/privacy.md, "How long"). The service does it
//! by itself every hour.

use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, service};
use crate::domain::permissions::Actor;
use crate::services::retention;

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only say what would be taken away.
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
///
/// # Errors
/// When the database cannot be used.
pub fn run(args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let app = service::app(configuration, service::open_ready_store(configuration)?);
    let actor = Actor::worker("retention");
    let report = if args.dry_run { retention::look(&app, &actor) } else { retention::apply(&app, &actor) }?;
    for (kind, count) in report {
        let kept = match app.settings.retention.days(kind) {
            Some(days) => format!("kept for {days} days"),
            None => "kept for good".to_owned(),
        };
        let done = if args.dry_run { "would go" } else { "gone" };
        say!("{kind}: {count} {done} ({kept})");
    }
    Ok(ExitCode::SUCCESS)
}

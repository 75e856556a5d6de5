//! Prepares an installation: database, migrations, and the first organiser's API token.

use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, service};
use crate::services::tokens::{self, FirstToken};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Make an organiser's token although there are tokens already (all who held one have lost it).
    #[arg(long)]
    again: bool,
}

/// Runs the command.
///
/// # Errors
/// When the database cannot be used, or there is a token already.
pub fn run(args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let app = service::app(configuration, service::open_migrated_store(configuration)?);
    let first = if args.again { FirstToken::EvenIfSome } else { FirstToken::OnlyIfNone };
    let fresh = tokens::first_token(&app, first)?;
    eprintln!("The database is ready: {}", configuration.database.url.masked());
    eprintln!("An organiser's API token, shown this once (keep it like a password):");
    println!("{}", fresh.secret.reveal());
    Ok(ExitCode::SUCCESS)
}

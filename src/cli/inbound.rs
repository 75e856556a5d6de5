//! Takes one mail from standard input, for the pipe of a mail server. Exit codes are those of `sysexits.h`.

use std::io::{Read, Write};
use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, service};
use crate::domain::permissions::Actor;
use crate::import::MOST_MAIL_BYTES;
use crate::services::{AppError, inbound};

/// Exit code for a mail that cannot be read, now or later (EX_DATAERR): the mail server sends it back.
const UNREADABLE: u8 = 65;
/// Exit code for everything that is not the mail's fault (EX_TEMPFAIL): the mail server keeps it and tries again.
const LATER: u8 = 75;

/// Arguments of `inbound`: none.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Whatever ends the command before the mail is looked at: the mail server tries again.
pub(super) fn later(failure: Failure) -> Failure {
    Failure::new(LATER, failure.words)
}

/// Runs the command.
///
/// # Errors
/// When the mail could not be looked at; it is not lost.
pub(super) fn run(_: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let unread = |error: std::io::Error| Failure::unable(format!("standard input: {error}"));
    let mut bytes = Vec::new();
    let most = u64::try_from(MOST_MAIL_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut input = std::io::stdin().lock();
    input.by_ref().take(most).read_to_end(&mut bytes).map_err(unread)?;
    // A mail server takes it for a failure of its pipe when nobody reads on.
    std::io::copy(&mut input, &mut std::io::sink()).map_err(unread)?;
    let app = service::app(configuration, service::open_ready_store(configuration)?);
    match inbound::take(&app, &Actor::worker("pipe"), &bytes, "pipe") {
        Ok(taken) => {
            let again = if taken.is_repeated { " (had come before)" } else { "" };
            say!("{}: {}{again}", taken.recorded.kind, taken.recorded.outcome);
            Ok(ExitCode::SUCCESS)
        }
        Err(AppError::Fields(faults)) => {
            for fault in faults {
                // Told like this, because a fault without a pointer is about the mail as a whole.
                let told = writeln!(std::io::stderr().lock(), "the mail {}", fault.rule);
                told.map_err(|error| Failure::unable(format!("standard error: {error}")))?;
            }
            Ok(ExitCode::from(UNREADABLE))
        }
        Err(other) => Err(other.into()),
    }
}

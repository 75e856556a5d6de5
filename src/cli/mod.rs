//! The command line and the composition root: the only place that knows every layer.
//!
//! Each command is one file with its arguments and a `run` that returns the exit code: 0 done, 1 the answer is no
//! (a breach, a failed check), 2 the command could not be carried out (unreadable input, wrong use).
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the command line speaks on the terminal")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod audit_file;
pub mod configuration;
mod match_round;
mod verify;

/// Exit code of a command whose answer is no.
pub const NO: u8 = 1;
/// Exit code of a command that could not be carried out.
pub const UNABLE: u8 = 2;

#[derive(Debug, Parser)]
#[command(name = "library-swap", version, about = "Everyone moves one library to the left for a day.")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Find the best schedule for a round file, with a certificate.
    Match(match_round::Args),
    /// Re-prove a schedule against its round or audit file.
    Verify(verify::Args),
    /// Write a round and its schedule without people, for publication.
    AuditFile(audit_file::Args),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    match CommandLine::parse().command {
        Command::Match(args) => match_round::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::AuditFile(args) => audit_file::run(&args),
    }
}

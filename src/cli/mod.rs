//! The command line and the composition root: the only place that knows every layer.
//!
//! Each command is one file with its arguments and a `run` that returns the exit code: 0 done, 1 the answer is no
//! (a breach, a failed check), 2 the command could not be carried out (unreadable input, wrong use).
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the command line speaks on the terminal")]

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::services::AppError;
use configuration::Configuration;

/// Prints a line on standard output, as `println!` does, but not with a panic when nobody reads on (`… | head`).
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::say_line(format_args!($($words)*)) };
}

mod audit;
mod audit_file;
mod certificate;
mod configuration;
mod demo;
mod doctor;
mod export;
mod frontier;
mod grant;
mod health;
mod import;
mod inbound;
mod init;
mod installation;
mod invented;
mod keys;
mod log;
mod mail;
mod match_round;
mod migrate;
mod output;
mod repair;
mod report;
mod retention;
mod round;
mod serve;
mod service;
mod simulate;
mod solver;
mod table;
mod verify;

/// Exit code of a command whose answer is no.
pub const NO: u8 = 1;
/// Exit code of a command that could not be carried out.
pub const UNABLE: u8 = 2;

/// Why a command ends without success: its exit code and words for whoever typed it.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    words: String,
}

impl Failure {
    fn new(code: u8, words: impl Into<String>) -> Self {
        Self { code, words: words.into() }
    }

    fn unable(words: impl Into<String>) -> Self {
        Self::new(UNABLE, words)
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let code = match &error {
            AppError::Refused(_)
            | AppError::BreaksRules(_)
            | AppError::StaleRun(_)
            | AppError::Fields(_)
            | AppError::NotFound { .. } => NO,
            AppError::Denied(_)
            | AppError::Unauthenticated
            | AppError::Store(_)
            | AppError::Chance(_)
            | AppError::Internal(_) => UNABLE,
        };
        let words = match &error {
            AppError::Fields(faults) => faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            other => other.to_string(),
        };
        Self::new(code, words)
    }
}

/// What [`say!`] does. The exit code still tells the outcome to whoever closed the pipe.
fn say_line(words: std::fmt::Arguments<'_>) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{words}")
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        eprintln!("standard output: {error}");
    }
}

#[derive(Debug, Parser)]
#[command(name = "library-swap", version, about = "Everyone moves one library to the left for a day.")]
struct CommandLine {
    /// A configuration file of one's own (docs/configuration.md); else LIBRARY_SWAP_CONFIG names one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch real libraries exchange invented staff, from sign-up to schedule.
    Demo(demo::Args),
    /// Serve the API and send what is due.
    Serve(serve::Args),
    /// Prove the audit.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Solve matching runs, in a process of its own (configuration: matching.solver = "apart").
    Solver(solver::Args),
    /// Prepare the database and make the first API token.
    Init(init::Args),
    /// Let somebody sign in by mail, as operator, organiser, HR …
    Grant(grant::Args),
    /// Apply the database migrations that are missing.
    Migrate(migrate::Args),
    /// Take one mail from standard input: what the mail server pipes here (docs/mail.md, "Replies").
    Inbound(inbound::Args),
    /// The keys by which access needs are encrypted.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Take away what is over its time; the service does it by itself.
    Retention(retention::Args),
    /// Look at mails and their templates.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Write what HR takes away to files, and check profiles of columns.
    #[command(subcommand)]
    Export(export::Command),
    /// Take over lists.
    #[command(subcommand)]
    Import(import::Command),
    /// Copy an SQLite database while it is served (docs/moving.md, "Backups").
    Backup(installation::BackupArgs),
    /// Write the certificate of attendance of a day, as PDF.
    Certificate(certificate::Args),
    /// Write what a round came to, as PDF.
    Report(report::Args),
    /// Write a round to a file, or make one of a file.
    #[command(subcommand)]
    Round(round::Command),
    /// Rehearse a year of rounds: the libraries of this database, invented people, the real service, no mail.
    Simulate(simulate::Args),
    /// Check the configuration and everything the service needs.
    Doctor(doctor::Args),
    /// Find the best schedule for a round file, with a certificate.
    Match(match_round::Args),
    /// What each rule costs: people placed for each balance and each limit of rings.
    Frontier(frontier::Args),
    /// Where a round is short, and where one more place or release would help most.
    Health(health::Args),
    /// Re-prove a schedule against its round or audit file.
    Verify(verify::Args),
    /// Mend a schedule after drop-outs, closed days and additions: three ways, each a schedule.
    Repair(repair::Args),
    /// Write a round and its schedule without people, for publication.
    AuditFile(audit_file::Args),
}

/// The exit code of a command that has told on standard error what went wrong.
fn exit_code(ended: Result<(), u8>) -> ExitCode {
    ended.map_or_else(ExitCode::from, |()| ExitCode::SUCCESS)
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let CommandLine { config, command } = CommandLine::parse();
    let configured = |run: &dyn Fn(&Configuration) -> Result<ExitCode, Failure>| {
        let configuration = configuration::load(config.as_deref(), configuration::environment())
            .map_err(|faults| Failure::unable(faults.join("\n")))?;
        run(&configuration)
    };
    let ended = match command {
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => configured(&|configuration| serve::run(&args, configuration)),
        Command::Solver(args) => configured(&|configuration| solver::run(&args, configuration)),
        Command::Init(args) => configured(&|configuration| init::run(&args, configuration)),
        Command::Grant(args) => configured(&|configuration| grant::run(&args, configuration)),
        Command::Migrate(args) => configured(&|configuration| migrate::run(&args, configuration)),
        Command::Inbound(args) => {
            configured(&|configuration| inbound::run(&args, configuration)).map_err(inbound::later)
        }
        Command::Keys(command) => configured(&|configuration| keys::run(&command, configuration)),
        Command::Retention(args) => configured(&|configuration| retention::run(&args, configuration)),
        Command::Mail(command) => configured(&|configuration| mail::run(&command, configuration)),
        Command::Export(export::Command::Check { profile }) => export::check(&profile),
        Command::Export(export::Command::Schedule(args)) => {
            configured(&|configuration| export::schedule(&args, configuration))
        }
        Command::Export(export::Command::Installation(args)) => {
            configured(&|configuration| installation::export(&args, configuration))
        }
        Command::Import(command) => configured(&|configuration| import::run(&command, configuration)),
        Command::Backup(args) => configured(&|configuration| installation::back_up(&args, configuration)),
        Command::Certificate(args) => configured(&|configuration| certificate::run(&args, configuration)),
        Command::Report(args) => configured(&|configuration| report::run(&args, configuration)),
        Command::Round(command) => configured(&|configuration| round::run(&command, configuration)),
        Command::Simulate(args) => configured(&|configuration| simulate::run(&args, configuration)),
        Command::Doctor(args) => configured(&|configuration| doctor::run(&args, configuration)),
        Command::Audit(audit::Command::Verify(args)) => match &args.file {
            Some(file) => Ok(audit::verify_file(file, &args)),
            None => configured(&|configuration| audit::verify_database(&args, configuration)),
        },
        Command::Match(args) => Ok(exit_code(match_round::run(&args))),
        Command::Frontier(args) => Ok(exit_code(frontier::run(&args))),
        Command::Health(args) => Ok(exit_code(health::run(&args))),
        Command::Verify(args) => Ok(verify::run(&args)),
        Command::Repair(args) => Ok(exit_code(repair::run(&args))),
        Command::AuditFile(args) => Ok(audit_file::run(&args)),
    };
    ended.unwrap_or_else(|failure| {
        eprintln!("{}", failure.words);
        ExitCode::from(failure.code)
    })
}

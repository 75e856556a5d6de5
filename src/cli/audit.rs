//! `library-swap audit verify [FILE]`: proves the audit's chain of hashes, in the database or in an export of it, and names
//! the first entry that does not hold. Changes nothing.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, NO, UNABLE, service};
use crate::domain::permissions::{Actor, Role};
use crate::domain::trail::Link;
use crate::files::trail::{Broken, Check, Whole, read_line};
use crate::services::audit;

/// What is done with the audit.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Prove its chain of hashes, and name the first entry that does not hold (docs/audit.md).
    Verify(Args),
}

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An export (`GET /v1/audit.ndjson`) in the place of the database that is configured.
    pub(super) file: Option<PathBuf>,
    /// A head that was noted before: proves that nothing up to it was cut off or written anew.
    #[arg(long, value_name = "POSITION:HASH", value_parser = read_head)]
    head: Option<Link>,
}

fn read_head(text: &str) -> Result<Link, String> {
    text.parse::<Link>().map_err(|rule| rule.to_string())
}

/// Proves the chain in the database.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn verify_database(args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    // Opening would make the file, and prove an empty audit.
    if let Some(path) = service::missing_file(configuration) {
        return Err(Failure::unable(format!("{} is not there", path.display())));
    }
    let app = service::app(configuration, service::open_ready_store(configuration)?);
    let actor = Actor::named("command line", Role::Operator);
    let proof = audit::verify(&app, &actor, args.head.as_ref())?;
    let mut holds = tell(&proof.chain);
    if proof.waiting > 0 {
        say!("waiting: {} are not chained yet", entries(proof.waiting));
    }
    for id in &proof.lost {
        holds = false;
        say!("broken: entry {id} is not chained and does not wait for it: somebody took it out");
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}

/// Proves the chain in a file.
pub(super) fn verify_file(path: &Path, args: &Args) -> ExitCode {
    match walk(path, args.head.clone()) {
        Ok(chain) => {
            if tell(&chain) {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(NO)
            }
        }
        Err(words) => {
            eprintln!("{}: {words}", path.display());
            ExitCode::from(UNABLE)
        }
    }
}

/// Goes along the lines; a line that is none breaks the chain where it stands.
fn walk(path: &Path, noted: Option<Link>) -> Result<Result<Whole, Broken>, String> {
    let file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    let mut check = Check::new(noted);
    for (n, line) in (1_i64..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|error| format!("line {n}: cannot be read: {error}"))?;
        let (entry, link) = match read_line(&line) {
            Ok(read) => read,
            Err(words) => {
                return Ok(Err(Broken { position: n, entry: None, words: format!("line {n} {words}") }));
            }
        };
        let id = entry.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
        if let Err(broken) = check.add(&id, Some(&entry), link) {
            return Ok(Err(broken));
        }
    }
    Ok(check.end())
}

/// Tells what came of it, and whether it holds.
fn tell(chain: &Result<Whole, Broken>) -> bool {
    let whole = match chain {
        Ok(whole) => whole,
        Err(broken) => {
            say!("broken: {broken}");
            return false;
        }
    };
    for words in &whole.late {
        say!("late: {words}");
    }
    say!("proved: {}", entries(whole.head.position));
    if whole.head.position > 0 {
        say!("head: {}", whole.head);
        say!(
            "Note the head somewhere else: with --head it proves later that nothing up to it was cut off or written anew."
        );
    }
    true
}

fn entries(count: i64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

//! Takes over lists: a dry run unless `--apply` is given.

use std::path::PathBuf;
use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, NO, service};
use crate::domain::permissions::{Actor, Role};
use crate::import::{Import, read_libraries};
use crate::services::library_import::{ImportMode, ImportOutcome, import_libraries};

/// What is taken over.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// A list of libraries as CSV (docs/imports.md has the columns).
    Libraries(LibrariesArgs),
}

/// Arguments of `import libraries`.
#[derive(Debug, clap::Args)]
pub struct LibrariesArgs {
    /// The CSV file.
    file: PathBuf,
    /// Write; without it only what would happen is told.
    #[arg(long)]
    apply: bool,
    /// Write the good rows although others cannot be taken.
    #[arg(long, requires = "apply")]
    leave_out_faulty: bool,
}

/// Runs the command.
///
/// # Errors
/// An unreadable file, or a database that cannot be used.
pub fn run(command: &Command, configuration: &Configuration) -> Result<ExitCode, Failure> {
    match command {
        Command::Libraries(args) => libraries(args, configuration),
    }
}

fn libraries(args: &LibrariesArgs, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let bytes = std::fs::read(&args.file)
        .map_err(|error| Failure::unable(format!("{}: {error}", args.file.display())))?;
    let import = read_libraries(&bytes);
    for fault in &import.faults {
        say!("{fault}");
    }
    tell_rows(&import);
    // A value that was lost is told; a library that would be missing afterwards is somebody's decision.
    let refused = import.left_out() > 0 && !args.leave_out_faulty;
    let mode = if args.apply && !refused { ImportMode::Apply } else { ImportMode::DryRun };
    let actor = Actor::named("import", Role::Operator);
    let outcome = match mode {
        ImportMode::Apply => {
            let app = service::app(configuration, service::open_migrated_store(configuration)?);
            import_libraries(&app, &actor, &import.rows, mode)?
        }
        // A dry run makes no database on the way.
        ImportMode::DryRun if service::missing_file(configuration).is_some() => {
            ImportOutcome::of_new(&import.rows)
        }
        ImportMode::DryRun => {
            let app = service::app(configuration, service::open_ready_store(configuration)?);
            import_libraries(&app, &actor, &import.rows, mode)?
        }
    };
    let verb = match mode {
        ImportMode::Apply => "written",
        ImportMode::DryRun => "would be written",
    };
    say!(
        "{verb}: {} new and {} changed libraries, {} new employers; {} unchanged",
        outcome.added,
        outcome.changed,
        outcome.employers_added,
        outcome.unchanged
    );
    match mode {
        ImportMode::Apply => Ok(ExitCode::SUCCESS),
        ImportMode::DryRun if refused => {
            say!(
                "nothing is written while {} rows cannot be taken: mend the list, or add --apply --leave-out-faulty",
                import.left_out()
            );
            Ok(ExitCode::from(NO))
        }
        ImportMode::DryRun => {
            say!("this was a dry run: add --apply to write");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn tell_rows(import: &Import) {
    say!(
        "{} rows read: {} libraries ({} closed, {} unverified, {} without a point); {} rows left out, {} faults",
        import.read,
        import.rows.len(),
        import.closed,
        import.unverified,
        import.without_point,
        import.left_out(),
        import.faults.len()
    );
}

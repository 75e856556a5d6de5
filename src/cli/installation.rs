//! `library-swap export installation` and `import installation`: everything in the database to a file, and such a file into
//! an empty database of either kind; `library-swap backup`: a copy of an SQLite database (docs/moving.md).

use std::fs::File;
use std::io::{BufWriter, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::ProgressBar;
use tempfile::NamedTempFile;

use super::configuration::Configuration;
use super::{Failure, NO, keys, service};
use crate::domain::permissions::Actor;
use crate::services::installation::{self, MoveError, Told};
use crate::services::keys::list_used;
use crate::services::{App, AppError};
use crate::store::StoreUrl;

/// Arguments of `export installation`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The file to write. It holds everything there is of everybody: only its owner can read it.
    file: PathBuf,
}

/// Arguments of `backup`.
#[derive(Debug, clap::Args)]
pub struct BackupArgs {
    /// The file to write. Only its owner can read it.
    file: PathBuf,
}

/// Arguments of `import installation`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The file of an export.
    file: PathBuf,
}

/// Writes the file. It gets its name once it is whole.
///
/// # Errors
/// When the database cannot be read or the file cannot be written; when there is a file of that name.
pub(super) fn export(args: &ExportArgs, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let path = &args.file;
    let app = open(path, configuration)?;
    let file = begin(path)?;
    let actor = Actor::worker("export installation");
    let written = with_progress("written", |told| {
        installation::export(&app, &actor, BufWriter::new(file.as_file()), told)
    });
    let (header, end) = written.map_err(|error| told(path, error))?;
    finish(file, path)?;
    say!("{}: {} rows, as they were at {}", path.display(), end.total(), header.made_at.format("%F %T UTC"));
    if !header.keys.is_empty() {
        let place = keys::path(configuration).unwrap_or_default();
        let (place, keys) = (place.display(), header.keys.join(", "));
        say!("Take the key file {place} along: parts are encrypted with the key {keys}.");
    }
    if let StoreUrl::Sqlite(database) = &configuration.database.url
        && service::is_free(database).is_err()
    {
        say!("A process serves this database: what it changes from now on is not in the file.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Copies the SQLite database.
///
/// # Errors
/// When the database is another one or cannot be read, or the file cannot be written; when there is a file of that name.
pub(super) fn back_up(args: &BackupArgs, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let path = &args.file;
    let app = open(path, configuration)?;
    let file = begin(path)?;
    installation::back_up(&app, &Actor::worker("backup"), file.path())?;
    finish(file, path)?;
    say!("{}: a copy that can be served as it is", path.display());
    let used = list_used(&app)?;
    if !used.is_empty() {
        let keys = keys::path(configuration).unwrap_or_default();
        say!(
            "Keep a copy of the key file {} apart from it: it opens what is encrypted there.",
            keys.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The database, where it is there and no file is in the way.
fn open(path: &Path, configuration: &Configuration) -> Result<App, Failure> {
    if path.exists() {
        return Err(Failure::unable(format!("{}: is there already", path.display())));
    }
    if let Some(missing) = service::missing_file(configuration) {
        return Err(Failure::unable(format!("{} is not there", missing.display())));
    }
    Ok(service::app(configuration, service::open_ready_store(configuration)?))
}

/// A file without a name of its own, for its owner only; taken away when what follows fails.
fn begin(path: &Path) -> Result<NamedTempFile, Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    NamedTempFile::new_in(folder).map_err(|error| unwritable(path, &error))
}

/// Gives the file its name, once it is on the disk.
fn finish(file: NamedTempFile, path: &Path) -> Result<(), Failure> {
    file.as_file().sync_all().map_err(|error| unwritable(path, &error))?;
    file.persist_noclobber(path).map(drop).map_err(|error| unwritable(path, &error.error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::unable(format!("{}: {error}", path.display()))
}

/// Reads a file into the configured database, after the migrations that are missing there.
///
/// # Errors
/// When the file is not taken, or the database cannot be used.
pub(super) fn import(args: &ImportArgs, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let path = &args.file;
    let file = File::open(path).map_err(|error| Failure::unable(format!("{}: {error}", path.display())))?;
    let store = service::open_store(configuration)?;
    service::migrate(configuration, &store)?;
    let app = service::app(configuration, store);
    let actor = Actor::worker("import installation");
    let read = with_progress("read", |told| installation::import(&app, &actor, &file, told));
    let (header, end) = read.map_err(|error| match &error {
        MoveError::KeysMissing(_) => {
            let place = match keys::path(configuration) {
                Some(path) => format!("put it into {}", path.display()),
                None => "set privacy.key_file to where it is".to_owned(),
            };
            Failure::new(
                NO,
                format!(
                    "{}: {error}: take the key file along, and {place}. Nothing is written",
                    path.display()
                ),
            )
        }
        MoveError::File(_) | MoveError::NotEmpty(_) | MoveError::Row { .. } | MoveError::App(_) => {
            told(path, error)
        }
    })?;
    let place = configuration.database.url.masked();
    say!("{place}: {} rows, as they were at {}", end.total(), header.made_at.format("%F %T UTC"));
    Ok(ExitCode::SUCCESS)
}

fn told(path: &Path, error: MoveError) -> Failure {
    match error {
        MoveError::App(AppError::Store(error)) => Failure::unable(error.to_string()),
        MoveError::App(error) => error.into(),
        MoveError::File(_) | MoveError::NotEmpty(_) | MoveError::KeysMissing(_) | MoveError::Row { .. } => {
            Failure::new(NO, format!("{}: {error}. Nothing is written", path.display()))
        }
    }
}

/// Shows on a terminal how many rows are done.
fn with_progress<T>(done: &'static str, work: impl FnOnce(Told<'_>) -> T) -> T {
    let line = std::io::stderr().is_terminal().then(ProgressBar::new_spinner);
    if let Some(line) = &line {
        line.enable_steady_tick(Duration::from_millis(200));
    }
    let result = work(&|rows| {
        if let Some(line) = line.as_ref().filter(|_| rows.is_multiple_of(1000)) {
            line.set_message(format!("{rows} rows {done}"));
        }
    });
    if let Some(line) = line {
        line.finish_and_clear();
    }
    result
}

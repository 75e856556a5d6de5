//! `library-swap keys`: the key file, by which access needs are encrypted at rest. It is made at the first start, and
//! changed for a new key by these commands (docs/privacy.md, "Keys"). Never shows a key.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, service};
use crate::services::clock::Chance;
use crate::services::keys::{self, Keyring};
use crate::store::{Store, StoreUrl};

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a key, which encrypts from the next start of the service on; the old ones go on reading.
    New,
    /// Encrypt everything with the newest key now, and take the others out of the key file.
    Reseal,
}

/// Runs the command.
///
/// # Errors
/// When the key file or the database cannot be used.
pub fn run(command: &Command, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let path = path(configuration).ok_or_else(|| {
        Failure::unable("set privacy.key_file first: a PostgreSQL database has no folder to keep the keys in")
    })?;
    match command {
        Command::New => {
            let old = read(&path)?;
            let new = keys::with_new(&old, &Chance::Real)?;
            replace(&path, &new)?;
            say!("a key was added to {}: start `serve` and `solver` again", path.display());
        }
        Command::Reseal => {
            // A key that a running service still seals with is not taken out of the file.
            let _held = service::hold(configuration)?;
            let app = service::app(configuration, service::open_ready_store(configuration)?);
            let count = keys::reseal(&app, "keys")?;
            let kept = app.store.keys().only(&keys::list_used(&app)?);
            replace(&path, &kept)?;
            say!("{count} texts encrypted anew; {} holds {} keys", path.display(), kept.ids().len());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the keys are: as configured, else beside an SQLite file.
pub(super) fn path(configuration: &Configuration) -> Option<PathBuf> {
    configuration.privacy.key_file.clone().or_else(|| match &configuration.database.url {
        StoreUrl::Sqlite(database) => {
            let mut path = database.clone().into_os_string();
            path.push(".keys");
            Some(PathBuf::from(path))
        }
        StoreUrl::Postgres(_) => None,
    })
}

/// The keys; none where there is no file.
///
/// # Errors
/// When the file cannot be read, or holds something else.
pub(super) fn read(path: &Path) -> Result<Keyring, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            text.parse().map_err(|rule| Failure::unable(format!("the key file {}: {rule}", path.display())))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Keyring::default()),
        Err(error) => {
            Err(Failure::unable(format!("the key file {} cannot be read: {error}", path.display())))
        }
    }
}

/// The database with its keys; the first one is made where nothing is encrypted yet.
///
/// # Errors
/// When the key file cannot be used; when something is encrypted with a key that is not in it.
pub(super) fn unlock(configuration: &Configuration, store: Store) -> Result<Store, Failure> {
    let path = path(configuration);
    let app = service::app(configuration, store);
    let missing = keys::list_missing(&app)?;
    if !missing.is_empty() {
        let (words, cure) = told_missing(path.as_deref(), &missing);
        return Err(Failure::unable(format!("{words}: {cure}")));
    }
    let Some(path) = path else { return Ok(app.store) };
    if !app.store.keys().is_empty() {
        return Ok(app.store);
    }
    let keys = keys::with_new(&Keyring::default(), &Chance::Real)?;
    // Another process may make it at the same time: the first one wins, and both use what is there.
    match write_new(&path, &keys) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(unwritable(&path, &error)),
        Ok(()) | Err(_) => Ok(app.store.with_keys(read(&path)?)),
    }
}

/// That keys are not there which encrypted something, and what to do.
pub(super) fn told_missing(path: Option<&Path>, missing: &[String]) -> (String, &'static str) {
    let missing = missing.join(", ");
    match path {
        Some(path) => (
            format!(
                "the database holds what is encrypted with the key {missing}, which is not in {}",
                path.display()
            ),
            "put the file back from its backup",
        ),
        None => (
            format!(
                "the database holds what is encrypted with the key {missing}, and no key file is configured"
            ),
            "set privacy.key_file to where it is",
        ),
    }
}

/// Makes the file in one step: whoever reads it at the same time finds no file or a whole one.
fn write_new(path: &Path, keys: &Keyring) -> std::io::Result<()> {
    let beside = beside(path, &format!(".{}", std::process::id()));
    let made = private()
        .create(true)
        .truncate(true)
        .open(&beside)
        .and_then(|mut file| write(&mut file, keys))
        .and_then(|()| std::fs::hard_link(&beside, path));
    // Whatever came of it: what stands beside is not needed any more.
    let cleared = std::fs::remove_file(&beside);
    made.and(cleared)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(ending);
    PathBuf::from(beside)
}

/// Puts other keys into the file: whoever reads it meanwhile finds the old ones or the new ones.
fn replace(path: &Path, keys: &Keyring) -> Result<(), Failure> {
    let beside = beside(path, ".new");
    let written = private()
        .create(true)
        .truncate(true)
        .open(&beside)
        .and_then(|mut file| write(&mut file, keys))
        .and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| unwritable(path, &error))
}

/// Readable for its owner only.
fn private() -> OpenOptions {
    let mut options = File::options();
    options.write(true).mode(0o600);
    options
}

fn write(file: &mut File, keys: &Keyring) -> std::io::Result<()> {
    let told = "# library-swap: the keys of access needs, the first one encrypts. Keep a copy apart from the database's.\n";
    file.write_all(told.as_bytes())?;
    file.write_all(keys.reveal().as_bytes())?;
    file.sync_all()
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::unable(format!("the key file {} cannot be written: {error}", path.display()))
}

/// Whether others on this machine may read the file.
pub(super) fn is_readable_for_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

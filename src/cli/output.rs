//! Where a command writes the one file that it makes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use super::Failure;

/// Writes what is made into a new file, or on standard output. The file is made first: what cannot be written is not made,
/// and leaves no entry in the audit.
///
/// # Errors
/// A file that is there or cannot be written; whatever making ends with, which leaves no file.
pub(super) fn write_new(
    path: Option<&Path>,
    make: impl FnOnce() -> Result<Vec<u8>, Failure>,
) -> Result<ExitCode, Failure> {
    let Some(path) = path else {
        let told = io::stdout().write_all(&make()?);
        told.map_err(|error| Failure::unable(format!("standard output: {error}")))?;
        return Ok(ExitCode::SUCCESS);
    };
    let failed = |error: io::Error| Failure::unable(format!("{}: {error}", path.display()));
    let mut file = File::create_new(path).map_err(failed)?;
    match make() {
        Ok(bytes) => file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed)?,
        Err(failure) => {
            if let Err(error) = fs::remove_file(path) {
                eprintln!("{}: is left behind, empty: {error}", path.display());
            }
            return Err(failure);
        }
    }
    Ok(ExitCode::SUCCESS)
}

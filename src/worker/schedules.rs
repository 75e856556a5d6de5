//! One step of delivering schedules: make the files that are due, and bring those into the folder that wait for it.
//!
//! A file gets its name when it is whole and on the disk, and never takes the place of another one. Where it goes is made of
//! ids alone.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use super::Stop;
use crate::services::schedule_deliveries::{
    Parcel, Put, dispatch_due, list_due, list_waiting, parcel, settle,
};
use crate::services::{App, AppError};

/// Delivers what is due and tries folders again whose time it is, until asked to stop; gives how much was done.
///
/// # Errors
/// The database's. What cannot be delivered for another reason is logged and does not hold up the rest.
pub fn deliver_due(app: &App, by: &str, stop: &Stop) -> Result<usize, AppError> {
    let mut done = 0;
    for delivery in list_due(app, by)? {
        if stop.is_asked() {
            return Ok(done);
        }
        match dispatch_due(app, by, &delivery) {
            Ok(Some(made)) => {
                tracing::info!(delivery = %delivery.id, number = made.number, state = %made.state, "schedule");
                done += 1;
            }
            Ok(None) => {}
            Err(AppError::Store(error)) => return Err(error.into()),
            Err(error) => tracing::error!(delivery = %delivery.id, %error, "schedule"),
        }
    }
    for dispatch in list_waiting(app, by)? {
        if stop.is_asked() {
            break;
        }
        let put = match (parcel(app, &dispatch)?, &app.settings.export_folder) {
            (None, _) => Put::Gone,
            (Some(_), None) => Put::NotTaken("the operators have named no folder".to_owned()),
            (Some(parcel), Some(folder)) => match put_into(folder, &parcel) {
                Ok(()) => Put::Done,
                Err(error) => {
                    tracing::warn!(dispatch = %dispatch.id, %error, "schedule not put into its folder");
                    Put::NotTaken(error.to_string())
                }
            },
        };
        settle(app, by, &dispatch, &put)?;
        done += 1;
    }
    Ok(done)
}

/// Puts a file into the folder of its employer. One of its name is there already where another worker, or this one before it
/// died, was faster: the same bytes then.
fn put_into(folder: &Path, parcel: &Parcel) -> io::Result<()> {
    let own = folder.join(parcel.employer.to_string());
    // Not the folder itself: where the operators' disk is missing, nothing may take its place.
    match DirBuilder::new().mode(0o750).create(&own) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let (target, bytes) = (own.join(&parcel.file.name), &parcel.file.bytes);
    let mut unfinished = tempfile::Builder::new()
        .prefix(".")
        .suffix(".part")
        .permissions(Permissions::from_mode(0o640))
        .tempfile_in(&own)?;
    unfinished.write_all(bytes)?;
    unfinished.as_file().sync_all()?;
    match unfinished.persist_noclobber(&target) {
        Ok(_) => {}
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists && fs::read(&target)? == *bytes => {}
        Err(failed) => return Err(failed.error),
    }
    File::open(&own)?.sync_all()
}

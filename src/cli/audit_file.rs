//! `library-swap audit-file ROUND SCHEDULE -o DIR`: writes a round and its schedule without people, for publication.
//!
//! Pseudonyms are random for each call and kept nowhere, so that two publications cannot be joined.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::verify::{print_breaches, read_file};
use crate::files::{Round, Schedule};
use crate::services::clock::Chance;
use crate::verify::{Subject, verify, without_people};

/// Arguments of the command.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The round file.
    round: PathBuf,
    /// Its schedule; it must be clean.
    schedule: PathBuf,
    /// The folder to write `audit.json` and `schedule.json` into: new or empty.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// 64 random bits in hexadecimal behind a letter.
fn draw_name() -> io::Result<String> {
    let bytes = Chance::Real.bytes().map_err(io::Error::other)?;
    Ok(bytes[..8].iter().fold("p".to_owned(), |name, byte| format!("{name}{byte:02x}")))
}

/// As many different names as there are people.
fn draw_names(people: usize) -> io::Result<Vec<String>> {
    let mut drawn = BTreeSet::new();
    let mut names = Vec::with_capacity(people);
    while names.len() < people {
        let name = draw_name()?;
        if drawn.insert(name.clone()) {
            names.push(name);
        }
    }
    Ok(names)
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Writes both files beside the folder first and renames it then: nobody finds one file without the other.
fn write_folder(folder: &Path, audit: &str, schedule: &str) -> io::Result<()> {
    let in_the_way = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    if in_the_way {
        let words = "is not empty; an audit file and its schedule belong together, so name a new folder";
        return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, words));
    }
    let name = folder.file_name().ok_or_else(|| io::Error::other("is no name for a folder"))?;
    let mut part = name.to_os_string();
    part.push(format!(".{}.part", draw_name()?));
    let part = folder.with_file_name(part);
    fs::create_dir(&part)?;
    let written = write_file(&part.join("audit.json"), audit)
        .and_then(|()| write_file(&part.join("schedule.json"), schedule))
        .and_then(|()| match fs::remove_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => fs::rename(&part, folder),
        });
    written.inspect_err(|_| {
        if let Err(error) = fs::remove_dir_all(&part) {
            eprintln!("{}: is left behind: {error}", part.display());
        }
    })
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    let round = read_file(&args.round, Round::read);
    let schedule = read_file(&args.schedule, Schedule::read);
    let (Some(round), Some(schedule)) = (round, schedule) else {
        return ExitCode::from(super::UNABLE);
    };
    let report = verify(&Subject::Round(&round), &schedule);
    if !report.is_clean() {
        print_breaches(&report);
        eprintln!("nothing is written: the schedule is not clean");
        return ExitCode::from(super::NO);
    }
    let written = draw_names(round.staff.len()).and_then(|names| {
        let (audit, schedule) = without_people(&round, &schedule, &names);
        write_folder(&args.output, &audit.to_json(), &schedule.to_json())
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", args.output.display());
            ExitCode::from(super::UNABLE)
        }
    }
}

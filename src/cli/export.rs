//! `library-swap export`: an employer's schedule as a file, and the check of a profile of columns. Changes nothing but the file.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;

use super::configuration::Configuration;
use super::{Failure, NO, installation, service};
use crate::domain::ids::{EmployerId, LibraryId, RoundId};
use crate::domain::permissions::{Actor, Role};
use crate::domain::schedule::{AbsenceCode, ScheduleRow};
use crate::domain::sector::Sector;
use crate::domain::states::PlacementState;
use crate::http::schedule::write_json;
use crate::services::schedule::{self, Bom, Delimiter, MARK, Order, Profile, Reader, Reading, Source, Which};
use crate::services::{App, AppError};

/// What is exported.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Write the schedule of an employer's staff to a file.
    Schedule(Box<Args>),
    /// Write everything that the database holds to a file, for another database (docs/moving.md).
    Installation(installation::ExportArgs),
    /// Check a profile, and show its columns.
    Check {
        /// A profile of this program (generic, bamboohr …), or the file of one's own (docs/exports.md).
        profile: String,
    },
}

/// Arguments of the schedule.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file to write: .csv, .ndjson, .xlsx or .ics.
    file: PathBuf,
    /// The id of the employer.
    #[arg(long, value_name = "ID")]
    employer: EmployerId,
    /// Only days of this round.
    #[arg(long, value_name = "ID")]
    round: Option<RoundId>,
    /// Only this day and later ones.
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// Only this day and earlier ones.
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// Only staff who work at this library.
    #[arg(long, value_name = "ID")]
    unit: Option<LibraryId>,
    /// Only staff whose library has this sector.
    #[arg(long)]
    sector: Option<Sector>,
    /// Only placements in this state; again for each. confirmed and completed unless said otherwise.
    #[arg(long = "status", value_name = "STATE")]
    statuses: Vec<PlacementState>,
    /// A profile of this program, or the file of one's own.
    #[arg(long, default_value = "generic")]
    profile: String,
    /// What stands between two cells of CSV: comma, semicolon or tab.
    #[arg(long)]
    delimiter: Option<Delimiter>,
    /// Whether CSV begins with a byte order mark: auto (where people read it), with or without.
    #[arg(long)]
    bom: Option<Bom>,
    /// Under what the days are booked.
    #[arg(long, value_name = "CODE")]
    absence_code: Option<AbsenceCode>,
}

/// A profile by its name, or from a file.
fn find_profile(name: &str) -> Result<Profile, Failure> {
    let path = Path::new(name);
    if name.contains(['/', '.']) || path.exists() {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::unable(format!("{name}: cannot be read: {error}")))?;
        return Profile::read(&text).map_err(|faults| {
            let lines: Vec<String> = faults.iter().map(|fault| format!("{name}: {fault}")).collect();
            Failure::new(NO, lines.join("\n"))
        });
    }
    Profile::named(name).map_err(|rule| {
        Failure::unable(format!("{name}: {rule}; or a file: a name with a full stop or a slash"))
    })
}

/// Checks a profile and shows its columns.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn check(name: &str) -> Result<ExitCode, Failure> {
    let profile = find_profile(name)?;
    say!("{}: {}", profile.name, profile.about);
    if let Some(place) = &profile.documented_at {
        say!("documented at: {place}");
    }
    for column in &profile.columns {
        match &column.source {
            Source::Field(field) => say!("{}: {field}", column.name),
            Source::Value(text) => say!("{}: always {text:?}", column.name),
        }
    }
    say!(
        "good: {} columns. Whether a vendor's program takes the file, only that program can tell.",
        profile.columns.len()
    );
    Ok(ExitCode::SUCCESS)
}

/// Writes a schedule to a file.
///
/// # Errors
/// When the database or the file cannot be used, or something is asked for that there is not.
pub(super) fn schedule(args: &Args, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let mut profile = find_profile(&args.profile)?;
    profile.form.delimiter = args.delimiter.unwrap_or(profile.form.delimiter);
    profile.bom = args.bom.unwrap_or(profile.bom);
    if let Some(path) = service::missing_file(configuration) {
        return Err(Failure::unable(format!("{} is not there", path.display())));
    }
    let app = service::app(configuration, service::open_ready_store(configuration)?);
    // As HR of that employer, so that no other's rows can come in.
    let actor = Actor { employers: vec![args.employer], ..Actor::named("command line", Role::Hr) };
    let mut statuses = args.statuses.clone();
    if statuses.is_empty() {
        statuses = PlacementState::IN_SCHEDULES.to_vec();
    }
    let which = Which {
        round: args.round,
        employer: Some(args.employer),
        from: args.from,
        to: args.to,
        unit: args.unit,
        sector: args.sector,
        statuses,
    };
    let absence_code = args.absence_code.clone().or_else(|| profile.absence_code.clone());
    let order = Order { which, absence_code };
    let failed = |error: io::Error| Failure::unable(format!("{}: {error}", args.file.display()));
    match args.file.extension().and_then(|end| end.to_str()) {
        Some("csv") => {
            let has_mark = match profile.bom {
                Bom::With => true,
                Bom::Without => false,
                Bom::Auto => profile.reader == Reader::People,
            };
            let mut begin = if has_mark { MARK.to_vec() } else { Vec::new() };
            profile.write_header(&mut begin);
            let write = |rows: Vec<ScheduleRow>, out: &mut Vec<u8>| {
                profile.write_rows(&rows, out);
                Ok(())
            };
            write_pieces((&app, &actor), order, &args.file, begin, write)?;
        }
        Some("ndjson") => {
            let write = |rows: Vec<ScheduleRow>, out: &mut Vec<u8>| {
                rows.into_iter().try_for_each(|row| {
                    write_json(row, out)?;
                    out.push(b'\n');
                    Ok(())
                })
            };
            write_pieces((&app, &actor), order, &args.file, Vec::new(), write)?;
        }
        Some("xlsx") => {
            let mut written = schedule::workbook(&app, &actor, order, &profile)?;
            let mut file = File::create(&args.file).map_err(failed)?;
            io::copy(&mut written, &mut file).map_err(failed)?;
        }
        Some("ics") => {
            let text = schedule::calendar(&app, &actor, order)?;
            fs::write(&args.file, text).map_err(failed)?;
        }
        Some(_) | None => {
            let words = format!("{}: must end with .csv, .ndjson, .xlsx or .ics", args.file.display());
            return Err(Failure::unable(words));
        }
    }
    say!("{} written", args.file.display());
    Ok(ExitCode::SUCCESS)
}

/// Writes rows as they come from the database: `begin` first, then what `write` makes of each piece.
fn write_pieces(
    (app, actor): (&App, &Actor),
    order: Order,
    path: &Path,
    begin: Vec<u8>,
    write: impl Fn(Vec<ScheduleRow>, &mut Vec<u8>) -> Result<(), AppError>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::unable(format!("{}: {error}", path.display()));
    let mut bytes = begin;
    let mut reading = Some(Reading::new(app, order));
    let mut file = None;
    while let Some(rest) = reading {
        let (rows, rest) = schedule::next(app, actor, rest)?;
        write(rows, &mut bytes)?;
        // Only now: what is refused leaves the file that was there.
        let out = match &mut file {
            Some(out) => out,
            None => file.insert(BufWriter::new(File::create(path).map_err(failed)?)),
        };
        out.write_all(&bytes).map_err(failed)?;
        bytes.clear();
        reading = rest;
    }
    match &mut file {
        Some(out) => out.flush().map_err(failed),
        None => Ok(()),
    }
}

//! Takes over lists: a dry run unless `--apply` is given.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::configuration::Configuration;
use super::{Failure, NO, installation, service};
use crate::domain::ids::RoundId;
use crate::domain::permissions::{Actor, Role};
use crate::domain::text::Name;
use crate::import::{Kind, Mapping, Points, Renaming, RowFaults, Table};
use crate::services::imports::{Absent, ImportMode, Order, Outcome, import, mappings};

/// What is taken over.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print a list with the columns of a kind and one row as an example, to be filled in.
    Template {
        /// What the list is of.
        kind: Kind,
    },
    /// A whole installation, out of the file of an export into an empty database (docs/moving.md).
    Installation(installation::ImportArgs),
    /// Employers, their mail domains and directories.
    Employers(ListArgs),
    /// Libraries.
    Libraries {
        #[command(flatten)]
        list: ListArgs,
        /// A table of postcode sectors or districts with their points, for libraries without points.
        #[arg(long, value_name = "FILE")]
        points: Option<PathBuf>,
    },
    /// Opening hours of libraries, and the calendars they follow.
    Hours(ListArgs),
    /// School terms and holidays, inset days, exams: calendars that libraries follow.
    Terms(ListArgs),
    /// What libraries offer for a round: places for visitors.
    Hosting {
        #[command(flatten)]
        list: ListArgs,
        /// The id of the round.
        #[arg(long, value_name = "ID")]
        round: RoundId,
    },
    /// Who works in libraries during a round, and who must remain.
    Cover {
        #[command(flatten)]
        list: ListArgs,
        /// The id of the round.
        #[arg(long, value_name = "ID")]
        round: RoundId,
    },
    /// Days of the time before this service, so that nobody is sent to the same host again.
    PastPlacements(ListArgs),
    /// Closures of single libraries, or of calendars.
    Closures(ListArgs),
    /// Bank holidays of England and Wales, Scotland, Northern Ireland.
    Holidays(ListArgs),
    /// Who works for an employer.
    Staff {
        #[command(flatten)]
        list: ListArgs,
        /// Whoever is missing in the list, and whose employer is in it, has left.
        #[arg(long)]
        leavers_by_absence: bool,
    },
}

/// Arguments of every list (docs/imports.md has the columns).
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// The list: CSV or XLSX.
    file: PathBuf,
    /// Only tell what would happen; so it is without `--apply`, too.
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// Write.
    #[arg(long)]
    apply: bool,
    /// Write the good rows although others cannot be taken.
    #[arg(long, requires = "apply")]
    partial: bool,
    /// What a column of the list is called here: `Branch name=name`. May be repeated.
    #[arg(long, value_name = "OWN=COLUMN")]
    map: Vec<Renaming>,
    /// Use the names of columns that were kept under this name.
    #[arg(long, value_name = "NAME")]
    with_map: Option<Name>,
    /// Keep the names of columns under this name, when the list is written.
    #[arg(long, value_name = "NAME", requires = "apply")]
    save_map: Option<Name>,
}

/// What a command asks for.
struct Wanted<'a> {
    kind: Kind,
    list: &'a ListArgs,
    points: Option<&'a Path>,
    round: Option<RoundId>,
    absent: Absent,
}

impl<'a> Wanted<'a> {
    fn of(kind: Kind, list: &'a ListArgs) -> Self {
        Self { kind, list, points: None, round: None, absent: Absent::Stay }
    }
}

/// Runs the command.
///
/// # Errors
/// An unreadable file, or a database that cannot be used.
pub fn run(command: &Command, configuration: &Configuration) -> Result<ExitCode, Failure> {
    let Wanted { kind, list, points, round, absent } = match command {
        Command::Template { kind } => {
            let template = kind.template().map_err(|error| Failure::unable(error.to_string()))?;
            say!("{}", template.trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        Command::Installation(args) => return installation::import(args, configuration),
        Command::Employers(list) => Wanted::of(Kind::Employers, list),
        Command::Libraries { list, points } => {
            Wanted { points: points.as_deref(), ..Wanted::of(Kind::Libraries, list) }
        }
        Command::Staff { list, leavers_by_absence } => {
            let absent = if *leavers_by_absence { Absent::HaveLeft } else { Absent::Stay };
            Wanted { absent, ..Wanted::of(Kind::Staff, list) }
        }
        Command::Hours(list) => Wanted::of(Kind::Hours, list),
        Command::Hosting { list, round } => Wanted { round: Some(*round), ..Wanted::of(Kind::Hosting, list) },
        Command::Cover { list, round } => Wanted { round: Some(*round), ..Wanted::of(Kind::Cover, list) },
        Command::PastPlacements(list) => Wanted::of(Kind::PastPlacements, list),
        Command::Terms(list) => Wanted::of(Kind::Terms, list),
        Command::Closures(list) => Wanted::of(Kind::Closures, list),
        Command::Holidays(list) => Wanted::of(Kind::Holidays, list),
    };
    let points = points.map(read_points).transpose()?;
    let Some(table) = read_table(&list.file)? else { return Ok(ExitCode::from(NO)) };
    if let Some(path) = service::missing_file(configuration) {
        let words = format!("there is no database {} yet: run `library-swap init` first", path.display());
        return Err(Failure::unable(words));
    }
    let app = service::app(configuration, service::open_ready_store(configuration)?);
    // Whoever can open the database acts for the organisers.
    let actor = Actor::named("import", Role::Organiser);
    let kept = match &list.with_map {
        Some(name) => mappings::get(&app, &actor, kind, name)?,
        None => Mapping::default(),
    };
    let mapping = kept.with(&Mapping::of(list.map.iter().cloned()));
    let mode = match (list.apply, list.partial) {
        (false, _) => ImportMode::DryRun,
        (true, false) => ImportMode::Apply,
        (true, true) => ImportMode::Partial,
    };
    let order = Order {
        mapping: mapping.clone(),
        points: points.as_ref(),
        round,
        absent,
        ..Order::new(kind, &table, mode)
    };
    let outcome = import(&app, &actor, &order)?;
    say!("{}: {}", list.file.display(), table.form());
    let ended = tell(&outcome, mode);
    if let Some(name) = list.save_map.as_ref().filter(|_| !outcome.refused) {
        mappings::keep(&app, &actor, kind, name, &mapping)?;
        say!("kept as “{name}”: {mapping}");
    }
    Ok(ended)
}

/// A table; none, with the reason said, where the file is none.
fn read_table(path: &Path) -> Result<Option<Table>, Failure> {
    let bytes =
        std::fs::read(path).map_err(|error| Failure::unable(format!("{}: {error}", path.display())))?;
    match Table::read(bytes) {
        Ok(table) => Ok(Some(table)),
        Err(fault) => {
            say!("{fault}");
            Ok(None)
        }
    }
}

fn read_points(path: &Path) -> Result<Points, Failure> {
    let unusable = |words: String| Failure::unable(format!("{}: {words}", path.display()));
    let Some(table) = read_table(path)? else { return Err(unusable("no points".to_owned())) };
    let mut faults = RowFaults::default();
    let points = Points::read(&table, &mut faults);
    let (faults, more) = faults.into_kept();
    match faults.first() {
        None => Ok(points),
        Some(first) => Err(unusable(format!("{first} (and {} more faults)", faults.len() - 1 + more))),
    }
}

fn tell(outcome: &Outcome, mode: ImportMode) -> ExitCode {
    for fault in &outcome.faults {
        say!("{fault}");
    }
    if outcome.more_faults > 0 {
        say!("and {} more faults", outcome.more_faults);
    }
    let faults = outcome.faults.len() + outcome.more_faults;
    say!("{} rows read, {} left out, {faults} faults", outcome.read, outcome.left_out);
    for (what, count) in &outcome.counts {
        say!("  {count} {what}");
    }
    let verb = match (mode, outcome.refused) {
        (ImportMode::DryRun, _) | (_, true) => "would be written",
        (ImportMode::Apply | ImportMode::Partial, false) => "written",
    };
    say!("{verb}: {} new, {} changed; {} unchanged", outcome.added, outcome.changed, outcome.unchanged);
    if outcome.refused {
        if outcome.left_out == 0 {
            say!("nothing is written: the list cannot be taken");
        } else {
            say!("nothing is written while rows cannot be taken: mend the list, or add --apply --partial");
        }
        return ExitCode::from(NO);
    }
    if mode == ImportMode::DryRun {
        say!("this was a dry run: add --apply to write");
    }
    ExitCode::SUCCESS
}

//! Taking over lists: what is new is added, what a list says otherwise is changed, the rest is left.
//!
//! Things are known by the ids that the lists give them, so that the same list twice changes nothing the second time,
//! and writes no audit entry. A column that a list lacks leaves what is known already; an empty cell empties it. Nothing
//! is ever removed: what a list no longer names may have a history.
//!
//! A dry run is the import itself on a reading connection: it compares and finds faults in the same way, and writes
//! nothing.

mod days;
mod employers;
mod hours;
mod libraries;
pub mod mappings;
mod offers;
mod past;
mod periods;
mod references;
mod staff;

use std::collections::BTreeMap;

use employers::Employers;
use hours::Hours;
use libraries::Libraries;
use offers::{CoverRules, HostingRules, Offers};
use past::Past;
use periods::Periods;
use serde_json::json;
use staff::Staff;

use super::app::{Now, permit_everywhere, record};
use super::rehearsal::Stop;
use super::{App, AppError};
use crate::domain::fault::{Rule, shortened};
use crate::domain::ids::RoundId;
use crate::domain::permissions::{Action, Actor};
use crate::import::{
    Cells, Kind, Line, List, Loss, Mapping, Points, RowFault, RowFaults, Table, read_closure, read_cover,
    read_employer, read_holiday, read_hosting, read_hours, read_library, read_list, read_member, read_past,
    read_term,
};
use crate::store::{Db, Tx};

/// Whether anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Only say what would happen.
    DryRun,
    /// Write everything, or nothing where a row cannot be taken.
    Apply,
    /// Write the rows that can be taken.
    Partial,
}

/// What becomes of staff whom a list no longer names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Absent {
    /// They stay as they are.
    #[default]
    Stay,
    /// They have left, if the list names anybody else of their employer.
    HaveLeft,
}

/// What is to be taken over, and how.
#[derive(Debug)]
pub struct Order<'a> {
    /// What the list is of.
    pub kind: Kind,
    /// The list.
    pub table: &'a Table,
    /// What its columns are called here.
    pub mapping: Mapping,
    /// Whether anything is written.
    pub mode: ImportMode,
    /// Of libraries: where postcodes lie.
    pub points: Option<&'a Points>,
    /// Of hosting and cover: for which round.
    pub round: Option<RoundId>,
    /// Of staff: what becomes of those who are missing.
    pub absent: Absent,
}

impl<'a> Order<'a> {
    /// A list whose columns have our names.
    pub fn new(kind: Kind, table: &'a Table, mode: ImportMode) -> Self {
        Self {
            kind,
            table,
            mapping: Mapping::default(),
            mode,
            points: None,
            round: None,
            absent: Absent::Stay,
        }
    }
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows of the list, whether taken or left out; the header and empty rows do not count.
    pub read: usize,
    /// Rows that were left out.
    pub left_out: usize,
    /// Things that were not there.
    pub added: usize,
    /// Things of which the list says something else.
    pub changed: usize,
    /// Things that are as the list says.
    pub unchanged: usize,
    /// What else there is to tell, by what it is, as people say it: `closed libraries`.
    pub counts: BTreeMap<&'static str, usize>,
    /// Everything that is wrong, in the order of the list.
    pub faults: Vec<RowFault>,
    /// Faults beyond those that are kept.
    pub more_faults: usize,
    /// Nothing was written, or would be: the list cannot be taken, or not all of its rows.
    pub refused: bool,
}

impl Outcome {
    /// How many of something there are.
    pub fn count(&self, what: &str) -> usize {
        self.counts.get(what).copied().unwrap_or_default()
    }
}

/// The connection an import works on.
enum Target<'a, 'b> {
    Look(&'a mut Db),
    Write(&'a mut Tx<'b>),
}

impl<'b> Target<'_, 'b> {
    fn db(&mut self) -> &mut Db {
        match self {
            Target::Look(db) => db,
            Target::Write(tx) => tx,
        }
    }

    /// The transaction, where anything is written.
    fn tx(&mut self) -> Option<&mut Tx<'b>> {
        match self {
            Target::Look(_) => None,
            Target::Write(tx) => Some(tx),
        }
    }
}

/// What an importer tells while it works.
struct Telling<'a> {
    list: &'a List<'a>,
    faults: &'a mut RowFaults,
    outcome: &'a mut Outcome,
}

impl Telling<'_> {
    /// A row that cannot be taken, which showed only when it was compared with what is there.
    fn leave_out(&mut self, line: u64, column: &str, value: &str, rule: Rule) {
        let (column, value, rule) = (self.list.name_of(column), shortened(value), rule.0.into_owned());
        self.faults.add(RowFault { line, column, value, rule, loss: Loss::Row });
    }

    fn count(&mut self, what: &'static str, more: usize) {
        if more > 0 {
            *self.outcome.counts.entry(what).or_default() += more;
        }
    }
}

/// How one kind of list is taken over.
trait Importer {
    /// What a row says.
    type Row;

    /// Compares rows with what is there, and writes what differs.
    fn take(
        &mut self,
        target: &mut Target<'_, '_>,
        rows: Vec<Line<Self::Row>>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError>;

    /// What can be done only after the last row.
    fn finish(&mut self, target: &mut Target<'_, '_>, telling: &mut Telling<'_>) -> Result<(), AppError> {
        let _ = (target, telling);
        Ok(())
    }
}

/// What somebody must be allowed to do who takes over a list.
const fn action_of(kind: Kind) -> Action {
    match kind {
        Kind::Employers => Action::EditEmployer,
        Kind::Libraries | Kind::Points | Kind::Hours => Action::EditLibrary,
        Kind::Terms | Kind::Closures | Kind::Holidays => Action::EditCalendar,
        Kind::Staff => Action::EditStaff,
        Kind::Hosting | Kind::Cover => Action::OfferHosting,
        Kind::PastPlacements => Action::EditHistory,
    }
}

/// Takes over a list in one transaction, or says what that would do.
///
/// # Errors
/// `forbidden`; the database's. Faults of the list are in the outcome.
pub fn import(app: &App, actor: &Actor, order: &Order<'_>) -> Result<Outcome, AppError> {
    permit_everywhere(actor, action_of(order.kind))?;
    let now = app.now()?;
    match order.mode {
        ImportMode::DryRun => app.store.read(|db| take_over(&mut Target::Look(db), actor, order, &now)),
        ImportMode::Apply | ImportMode::Partial => {
            let written = app.store.write(|tx| {
                let outcome = take_over(&mut Target::Write(tx), actor, order, &now)?;
                if outcome.refused {
                    return Err(Stop::Seen(outcome));
                }
                if outcome.added + outcome.changed > 0 {
                    let details = json!({
                        "kind": order.kind.as_str(),
                        "added": outcome.added,
                        "changed": outcome.changed,
                        "unchanged": outcome.unchanged,
                        "left_out": outcome.left_out,
                        "counts": outcome.counts,
                    });
                    let action = action_of(order.kind);
                    record(tx, &now, actor, action, ("import", &now.id("import")), &details)?;
                }
                Ok(outcome)
            });
            match written {
                Ok(outcome) | Err(Stop::Seen(outcome)) => Ok(outcome),
                Err(Stop::Error(error)) => Err(error),
            }
        }
    }
}

fn take_over(
    target: &mut Target<'_, '_>,
    actor: &Actor,
    order: &Order<'_>,
    now: &Now,
) -> Result<Outcome, AppError> {
    let mut faults = RowFaults::default();
    let mut outcome = Outcome::default();
    if let Some(list) = List::open(order.table, order.kind, &order.mapping, &mut faults) {
        let mut job = Job { order, list: &list, target, faults: &mut faults, outcome: &mut outcome };
        job.take_over(actor, now)?;
    }
    outcome.left_out = faults.left_out();
    outcome.refused = faults.is_refused() || (outcome.left_out > 0 && order.mode != ImportMode::Partial);
    (outcome.faults, outcome.more_faults) = faults.into_kept();
    Ok(outcome)
}

/// One list being taken over.
struct Job<'j, 'a, 'b> {
    order: &'j Order<'j>,
    list: &'j List<'j>,
    target: &'j mut Target<'a, 'b>,
    faults: &'j mut RowFaults,
    outcome: &'j mut Outcome,
}

impl Job<'_, '_, '_> {
    /// Which reader and which importer a kind has.
    fn take_over(&mut self, actor: &Actor, now: &Now) -> Result<(), AppError> {
        let order = self.order;
        match order.kind {
            Kind::Employers => self.run(read_employer, Employers::new(now)),
            Kind::Libraries => {
                let importer = Libraries::new(self.target.db(), now, order.points)?;
                self.run(read_library, importer)
            }
            Kind::Staff => {
                let importer = Staff::new(self.target.db(), now, order.absent)?;
                self.run(read_member, importer)
            }
            Kind::Hours => {
                let importer = Hours::new(self.target.db(), now)?;
                self.run(read_hours, importer)
            }
            Kind::Hosting => {
                let importer = Offers::new(self.target.db(), now, actor, order.round)?;
                self.run(read_hosting, HostingRules(importer))
            }
            Kind::Cover => {
                let importer = Offers::new(self.target.db(), now, actor, order.round)?;
                self.run(read_cover, CoverRules(importer))
            }
            Kind::PastPlacements => {
                let importer = Past::new(self.target.db(), now)?;
                self.run(read_past, importer)
            }
            Kind::Terms => {
                let importer = Periods::new(self.target.db(), now, actor)?;
                self.run(read_term, importer)
            }
            Kind::Closures => {
                let importer = Periods::new(self.target.db(), now, actor)?;
                self.run(read_closure, importer)
            }
            Kind::Holidays => {
                let importer = Periods::new(self.target.db(), now, actor)?;
                self.run(read_holiday, importer)
            }
            Kind::Points => {
                let rule = "is no list that is kept: give it with --points to an import of libraries";
                Err(AppError::field("/kind", order.kind, rule))
            }
        }
    }

    fn run<I: Importer>(
        &mut self,
        read: impl Fn(&mut Cells<'_>) -> Option<I::Row>,
        mut importer: I,
    ) -> Result<(), AppError> {
        let Self { order, list, target, faults, outcome } = self;
        outcome.read = read_list(list, order.kind, read, faults, |rows, faults| {
            importer.take(target, rows, &mut Telling { list, faults, outcome })
        })?;
        importer.finish(target, &mut Telling { list, faults, outcome })
    }
}

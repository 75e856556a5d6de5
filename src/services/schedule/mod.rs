//! The HR schedule: what an employer's own staff do, and nothing of anybody else's.
//!
//! It is read in pieces, so that a long one is never in memory as a whole. Each piece is a transaction of its own; whatever
//! changes between two of them has a number higher than the counter had at the beginning, and comes with the changes.

pub mod changes;
pub mod cover;
mod files;

use std::sync::Arc;

use super::app::own_employers;
use super::rounds::load as load_round;
use super::{App, AppError};
use crate::domain::permissions::{Action, Actor};
use crate::domain::schedule::{AbsenceCode, ScheduleRow};
use crate::store::schedule::{Names, Reached};
use crate::store::{organisations, schedule};

pub use crate::domain::schedule::{Op, Which};
pub use crate::export::{
    Bom, Cell, CsvForm, Delimiter, Field, Formulas, Look, MARK, Profile, Reader, Source, columns,
};
pub use files::{calendar, workbook, workbook_of};

/// Rows of a piece.
const PIECE: i64 = 2_000;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// Which rows.
    pub which: Which,
    /// Under what days are booked, where that is not what the configuration says.
    pub absence_code: Option<AbsenceCode>,
}

/// A schedule that is being read, and how far.
#[derive(Debug)]
pub struct Reading {
    order: Order,
    absence_code: Arc<AbsenceCode>,
    names: Names,
    after: Option<Reached>,
}

impl Reading {
    /// From the beginning.
    pub fn new(app: &App, order: Order) -> Self {
        let code = order.absence_code.clone().unwrap_or_else(|| app.settings.absence_code.clone());
        Self { order, absence_code: Arc::new(code), names: Names::default(), after: None }
    }
}

/// The next rows, by date, then by placement, and the reading that goes on; none after the last piece.
///
/// # Errors
/// `not-found` for a round or an employer that is foreign; `invalid-fields` for a library that there is not; `forbidden`,
/// `unauthenticated`.
pub fn next(
    app: &App,
    actor: &Actor,
    mut reading: Reading,
) -> Result<(Vec<ScheduleRow>, Option<Reading>), AppError> {
    let own = own_employers(actor, Action::ExportSchedule)?;
    let which = &reading.order.which;
    let rows = app.store.read(|db| {
        if reading.after.is_none() {
            if let Some(round) = which.round {
                load_round(db, actor, round)?;
            }
            if let Some(employer) = which.employer {
                let is_foreign = own.as_ref().is_some_and(|own| !own.contains(&employer));
                if is_foreign || organisations::find_employer(db, employer)?.is_none() {
                    return Err(AppError::not_found("employer", employer));
                }
            }
            if let Some(unit) = which.unit
                && organisations::find_library(db, unit)?.is_none()
            {
                return Err(AppError::field("?unit", unit, "there is no such library"));
            }
        }
        let (names, code) = (&mut reading.names, &reading.absence_code);
        Ok(schedule::list(db, (own.as_deref(), which), code, names, reading.after, PIECE)?)
    })?;
    let is_last = i64::try_from(rows.len()).unwrap_or(PIECE) < PIECE;
    reading.after = rows.last().map(|row| (row.date, row.placement));
    Ok((rows, (!is_last).then_some(reading)))
}

/// All rows at once.
///
/// # Errors
/// As for [`next`].
pub fn list(app: &App, actor: &Actor, order: Order) -> Result<Vec<ScheduleRow>, AppError> {
    let mut all = Vec::new();
    let mut reading = Some(Reading::new(app, order));
    while let Some(rest) = reading {
        let (rows, rest) = next(app, actor, rest)?;
        all.extend(rows);
        reading = rest;
    }
    Ok(all)
}

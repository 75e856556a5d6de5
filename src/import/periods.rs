//! Reads lists of dated periods: school terms, closures, bank holidays.

use super::cells::Cells;
use super::columns::Column;
use super::faults::Loss;
use super::hours::day_of_our_time;
use crate::domain::fault::{Rule, maybe};
use crate::domain::opening::{Division, Period, PeriodKind, day_substituted};
use crate::domain::text::Name;

pub(super) const TERMS: &[Column] = &[
    Column::needed("calendar", "Worcestershire schools"),
    Column::optional("kind", "school_holiday"),
    Column::needed("starts_on", "2027-02-15"),
    Column::optional("ends_on", "2027-02-19"),
    Column::needed("label", "February half-term"),
];

pub(super) const CLOSURES: &[Column] = &[
    Column::optional("library", "lib-1"),
    Column::optional("calendar", ""),
    Column::needed("starts_on", "2027-03-08"),
    Column::optional("ends_on", "2027-03-12"),
    Column::needed("label", "New heating"),
];

pub(super) const HOLIDAYS: &[Column] = &[
    Column::needed("date", "2027-01-04"),
    Column::needed("division", "scotland"),
    Column::needed("title", "2nd January"),
    Column::optional("notes", "Substitute day"),
];

/// Of what a period is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// One library, by its reference.
    Library(String),
    /// A calendar, by its name.
    Calendar(Name),
    /// The calendar of the bank holidays of a division.
    Division(Division),
}

/// What a list says of one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodRow {
    /// Of what it is.
    pub owner: Owner,
    /// The period; two for a substitute day, the day itself being a holiday, too.
    pub periods: Vec<Period>,
}

/// Reads a row of a list of terms; none where it is left out.
pub fn read_term(cells: &mut Cells<'_>) -> Option<PeriodRow> {
    let calendar = cells.needed("calendar");
    let kind = match cells.cell("kind") {
        "" => Some(PeriodKind::SchoolHoliday),
        _ => cells.needed("kind"),
    };
    let kind = match kind {
        Some(PeriodKind::BankHoliday | PeriodKind::Closure) => {
            let others =
                [PeriodKind::Term, PeriodKind::SchoolHoliday, PeriodKind::InsetDay, PeriodKind::Exams];
            let rule = format!("must be one of {}", others.map(PeriodKind::as_str).join(", "));
            cells.report("kind", Rule::new(rule), Loss::Row);
            None
        }
        other => other,
    };
    let period = period(cells, kind);
    Some(PeriodRow { owner: Owner::Calendar(calendar?), periods: vec![period?] })
}

/// Reads a row of a list of closures; none where it is left out.
pub fn read_closure(cells: &mut Cells<'_>) -> Option<PeriodRow> {
    let library: Option<Name> = cells.given("library", Loss::Row);
    let calendar: Option<Name> = cells.given("calendar", Loss::Row);
    let period = period(cells, Some(PeriodKind::Closure));
    let owner = match (cells.cell("library").is_empty(), cells.cell("calendar").is_empty()) {
        (false, true) => library.map(|library| Owner::Library(library.to_string())),
        (true, false) => calendar.map(Owner::Calendar),
        (true, true) | (false, false) => {
            cells.report("library", Rule::of("must be named, or a calendar instead: one of both"), Loss::Row);
            None
        }
    };
    Some(PeriodRow { owner: owner?, periods: vec![period?] })
}

/// The period of a row; without a last day it is one day long.
fn period(cells: &mut Cells<'_>, kind: Option<PeriodKind>) -> Option<Period> {
    let starts_on = day_of_our_time(cells, "starts_on");
    let ends_on =
        if cells.cell("ends_on").is_empty() { starts_on } else { day_of_our_time(cells, "ends_on") };
    let label = cells.needed("label");
    let period = Period { starts_on: starts_on?, ends_on: ends_on?, kind: kind?, label: label? };
    match period.check() {
        Ok(()) => Some(period),
        Err((column, _, rule)) => {
            cells.report(column, rule, Loss::Row);
            None
        }
    }
}

/// Reads a row of a list of bank holidays; none where it is left out.
pub fn read_holiday(cells: &mut Cells<'_>) -> Option<PeriodRow> {
    let date = day_of_our_time(cells, "date");
    let division = division(cells);
    let title: Option<Name> = cells.needed("title");
    let day = Period::day(PeriodKind::BankHoliday, date?, title?);
    let substitute = cells.cell("notes").to_lowercase().contains("substitute");
    let itself = if substitute { day_substituted(day.starts_on, &day.label) } else { None };
    let periods = [Some(day), itself].into_iter().flatten().collect();
    Some(PeriodRow { owner: Owner::Division(division?), periods })
}

fn division(cells: &mut Cells<'_>) -> Option<Division> {
    let known = [Division::EnglandAndWales, Division::Scotland, Division::NorthernIreland];
    let text = cells.cell("division").to_lowercase();
    let found = known.into_iter().find(|division| division.as_str() == text);
    if found.is_none() {
        let names = known.map(Division::as_str);
        let rule = if text == Division::Ireland.as_str() {
            "has its bank holidays by rule: leave them out".to_owned()
        } else {
            format!("must be one of {}{}", names.join(", "), maybe(&text, names))
        };
        cells.report("division", Rule::new(rule), Loss::Row);
    }
    found
}

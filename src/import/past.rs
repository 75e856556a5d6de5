//! Reads a list of days that took place before this service: so that nobody is sent to the same host again.

use chrono::NaiveDate;

use super::cells::Cells;
use super::columns::Column;
use super::faults::Loss;
use crate::domain::email::Email;
use crate::domain::fault::Rule;
use crate::domain::text::Name;

pub(super) const COLUMNS: &[Column] = &[
    Column::needed("date", "2026-03-12"),
    Column::needed("host", "lib-1"),
    Column::optional("email", "alex@library.example"),
    Column::optional("employer", ""),
    Column::optional("staff_id", ""),
];

/// What a list says of one past day.
#[derive(Debug, Clone, PartialEq)]
pub struct PastRow {
    /// When.
    pub date: NaiveDate,
    /// The reference of the library that was visited.
    pub host: String,
    /// Who went.
    pub visitor: Visitor,
}

/// How a list names a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Visitor {
    /// By the work address.
    Address(Email),
    /// By the employer and the id that it gives.
    Staff(Name, String),
}

/// Reads a row; none where it is left out.
pub fn read_past(cells: &mut Cells<'_>) -> Option<PastRow> {
    let date = cells.date("date");
    let host: Option<Name> = cells.needed("host");
    let email: Option<Email> = cells.given("email", Loss::Row);
    let employer: Option<Name> = cells.given("employer", Loss::Row);
    let staff_id: Option<Name> = cells.given("staff_id", Loss::Row);
    let empty = |column| cells.cell(column).is_empty();
    if empty("email") && (empty("employer") || empty("staff_id")) {
        let rule = "must not be empty, or employer and staff_id tell who went";
        cells.report("email", Rule::of(rule), Loss::Row);
    }
    let visitor = match (email, employer, staff_id) {
        (Some(email), _, _) => Some(Visitor::Address(email)),
        (None, Some(employer), Some(id)) => Some(Visitor::Staff(employer, id.to_string())),
        (None, _, _) => None,
    };
    Some(PastRow { date: date?, host: host?.to_string(), visitor: visitor? })
}

//! Reads a list of an employer's staff: who works where, for whose release a manager is asked, who has left.

use chrono::NaiveDate;

use super::cells::Cells;
use super::columns::Column;
use super::faults::Loss;
use crate::domain::email::Email;
use crate::domain::fault::Rule;
use crate::domain::pattern::Pattern;
use crate::domain::text::Name;

pub(super) const COLUMNS: &[Column] = &[
    Column::needed("id", "E-1007"),
    Column::needed("name", "Alex Example"),
    Column::needed("email", "alex@library.example"),
    Column::optional("employer", "Worcestershire County Council"),
    Column::optional("library", "lib-1"),
    Column::optional("manager_email", "head@library.example"),
    Column::optional("pattern", "Mo-We 09:00-17:00; Fr 09:00-13:00"),
    Column::optional("active", "yes"),
    Column::optional("left_on", ""),
];

/// What a list says of one member of staff.
#[derive(Debug, Clone, PartialEq)]
pub struct StaffRow {
    /// The number or name by which the employer knows the person, for good.
    pub external_id: String,
    /// The person's name.
    pub name: Name,
    /// Their work address.
    pub email: Email,
    /// The employer's name; absent where the library tells.
    pub employer: Option<Name>,
    /// The reference of their home library.
    pub library: Option<String>,
    /// Their line manager's address.
    pub manager_email: Option<Email>,
    /// When they work.
    pub pattern: Option<Pattern>,
    /// Whether they still work there.
    pub stay: Stay,
}

/// Whether somebody still works for an employer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// They do.
    Stays,
    /// They have left, or will on this date; without a date they have left today.
    Left(Option<NaiveDate>),
}

/// Reads a row; none where it is left out.
pub fn read_member(cells: &mut Cells<'_>) -> Option<StaffRow> {
    let external_id: Option<Name> = cells.needed("id");
    let name = cells.needed("name");
    let email: Option<Email> = cells.needed("email");
    // A wrong one would make somebody another employer's, or nobody's.
    let employer: Option<Name> = cells.given("employer", Loss::Row);
    let library: Option<Name> = cells.given("library", Loss::Row);
    if cells.cell("employer").is_empty() && cells.cell("library").is_empty() {
        cells.report(
            "employer",
            Rule::of("must not be empty where no library tells the employer"),
            Loss::Row,
        );
    }
    let manager_email: Option<Email> = cells.wanted("manager_email");
    let manager_email = match (manager_email, &email) {
        (Some(manager), Some(own)) if manager.mailbox() == own.mailbox() => {
            cells.report(
                "manager_email",
                Rule::of("must be another person's than the row's own"),
                Loss::Value,
            );
            None
        }
        (manager, _) => manager,
    };
    let pattern = cells.wanted("pattern");
    let date = if cells.cell("left_on").is_empty() { None } else { cells.date("left_on") };
    let without_word = if date.is_some() { Stay::Left(date) } else { Stay::Stays };
    let stay = cells.yes_or_no("active", Stay::Stays, Stay::Left(date), without_word);
    if stay == Some(Stay::Stays) && date.is_some() {
        cells.report("left_on", Rule::of("is a date although `active` says yes"), Loss::Row);
    }
    Some(StaffRow {
        external_id: external_id?.to_string(),
        name: name?,
        email: email?,
        employer,
        library: library.map(|library| library.to_string()),
        manager_email,
        pattern,
        stay: stay?,
    })
}

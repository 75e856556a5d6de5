//! Reads a list of employers: who they are, under which domains their managers write, who the managers are.

use super::cells::Cells;
use super::columns::Column;
use super::faults::Loss;
use crate::domain::email::Email;
use crate::domain::text::Name;
use crate::domain::vouching::VouchingDomain;

pub(super) const COLUMNS: &[Column] = &[
    Column::needed("name", "Worcestershire County Council"),
    Column::optional("group", ""),
    Column::optional("domains", "worcestershire.example"),
    Column::optional("managers", "head.of.libraries@council.example"),
];

/// What a list says of one employer.
#[derive(Debug, Clone, PartialEq)]
pub struct EmployerRow {
    /// Its name, by which it is known.
    pub name: Name,
    /// Employers with the same group name count as one.
    pub group: Option<Name>,
    /// Mail domains of its own.
    pub domains: Vec<VouchingDomain>,
    /// Managers' addresses.
    pub managers: Vec<Email>,
}

/// Reads a row; none where it is left out.
pub fn read_employer(cells: &mut Cells<'_>) -> Option<EmployerRow> {
    let name = cells.needed("name");
    let group = cells.wanted("group");
    let domains: Vec<VouchingDomain> = cells.several("domains", Loss::Value);
    let managers = cells.several("managers", Loss::Value);
    Some(EmployerRow { name: name?, group, domains, managers })
}

//! The columns of a kind of list, and where they stand in a table: found by name, in any order.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::table::{Rows, Table};
use super::{Kind, Loss, RowFault, RowFaults};
use crate::domain::fault::{Rule, maybe, shortened};

/// Whether a list can do without a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A list without it is not taken.
    Always,
    /// A list without it leaves what is known already.
    Optional,
}

/// One column of a kind of list.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in the header.
    pub name: &'static str,
    /// Whether a list can do without it.
    pub need: Need,
    /// What stands in the template.
    pub example: &'static str,
}

impl Column {
    pub(super) const fn needed(name: &'static str, example: &'static str) -> Self {
        Self { name, need: Need::Always, example }
    }

    pub(super) const fn optional(name: &'static str, example: &'static str) -> Self {
        Self { name, need: Need::Optional, example }
    }
}

/// What the columns of somebody's own lists are called here: own name → column, both as headers are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping(BTreeMap<String, String>);

/// One pair of a mapping, as it is given by hand: `Branch name=name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renaming {
    own: String,
    column: String,
}

impl FromStr for Renaming {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        match text.rsplit_once('=') {
            Some((own, column)) if !own.trim().is_empty() && !column.trim().is_empty() => {
                Ok(Self { own: own.trim().to_owned(), column: folded(column) })
            }
            Some(_) | None => Err(Rule::of("must be your column's name, `=` and ours: `Branch name=name`")),
        }
    }
}

impl Mapping {
    /// A mapping of these pairs; a later one of the same own name wins.
    pub fn of(pairs: impl IntoIterator<Item = Renaming>) -> Self {
        Self(pairs.into_iter().map(|pair| (pair.own, pair.column)).collect())
    }

    /// This mapping, with what the other says in addition or instead.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().map(|(own, column)| (own.clone(), column.clone())));
        self
    }

    /// Whether nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The pairs, sorted by own names.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(own, column)| (own.as_str(), column.as_str()))
    }
}

impl FromIterator<(String, String)> for Mapping {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl fmt::Display for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (own, column)) in self.pairs().enumerate() {
            write!(f, "{}{own}={column}", if n == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Names of columns are compared without regard to capitals, and with `_` for spaces and hyphens between words.
fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Where a column stands and what the list calls it.
#[derive(Debug, Clone)]
struct Place {
    column: &'static str,
    at: usize,
    own: String,
}

/// A table in which the columns of a kind were found.
pub struct List<'t> {
    table: &'t Table,
    places: Vec<Place>,
    pub(super) width: usize,
}

impl<'t> List<'t> {
    /// Looks for the columns of a kind.
    ///
    /// # Errors
    /// A needed column that is missing, one that stands twice, a mapping to or from a column that is none.
    pub fn open(table: &'t Table, kind: Kind, mapping: &Mapping, faults: &mut RowFaults) -> Option<List<'t>> {
        let mut rows = table.rows();
        let (line, header) = match rows.next_row() {
            Some(row) => (row.first_line, row.record.iter().map(|name| name.trim().to_owned()).collect()),
            None => (1, Vec::new()),
        };
        let mut search = Search { line, kind, header: &header, faults, places: Vec::new(), refused: false };
        let renamed = search.renamed(mapping);
        for column in kind.columns() {
            search.find(column, &renamed);
        }
        let Search { places, refused, .. } = search;
        (!refused).then_some(List { table, places, width: header.len() })
    }

    /// Whether the list has a column.
    pub fn has(&self, column: &str) -> bool {
        self.place(column).is_some()
    }

    fn place(&self, column: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.column == column)
    }

    /// The columns that the list has.
    pub(super) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.places.iter().map(|place| place.column)
    }

    pub(super) fn position(&self, column: &str) -> Option<usize> {
        self.place(column).map(|place| place.at)
    }

    /// What messages call a column: as the list does, and as we do where that differs.
    pub fn name_of(&self, column: &str) -> String {
        match self.place(column) {
            Some(place) if folded(&place.own) != column => format!("{} ({column})", shortened(&place.own)),
            Some(_) | None => column.to_owned(),
        }
    }

    /// The rows after the header.
    pub(super) fn rows(&self) -> Rows<'t> {
        let mut rows = self.table.rows();
        rows.next_row();
        rows
    }
}

struct Search<'a> {
    line: u64,
    kind: Kind,
    header: &'a [String],
    faults: &'a mut RowFaults,
    places: Vec<Place>,
    refused: bool,
}

impl Search<'_> {
    fn report(&mut self, column: &str, value: &str, rule: String, loss: Loss) {
        self.refused |= loss == Loss::List;
        let column = column.to_owned();
        self.faults.add(RowFault { line: self.line, column, value: shortened(value), rule, loss });
    }

    /// What each cell of the header is called here.
    fn renamed(&mut self, mapping: &Mapping) -> Vec<String> {
        let known: Vec<&str> = self.kind.columns().iter().map(|column| column.name).collect();
        let header = self.header;
        let mut names: Vec<String> = header.iter().map(|name| folded(name)).collect();
        for (own, column) in mapping.pairs() {
            if !known.contains(&column) {
                let rule = format!(
                    "is mapped to `{}`, which is no column of {}{}",
                    shortened(column),
                    self.kind,
                    maybe(column, known.iter().copied())
                );
                self.report("header", own, rule, Loss::List);
            }
            match header.iter().position(|name| folded(name) == folded(own)) {
                Some(place) => column.clone_into(&mut names[place]),
                None => {
                    let rule = format!(
                        "is mapped, but the list has no such column{}",
                        maybe(own, header.iter().map(String::as_str))
                    );
                    self.report("header", own, rule, Loss::List);
                }
            }
        }
        names
    }

    fn find(&mut self, column: &Column, names: &[String]) {
        let mut found = names.iter().enumerate().filter(|(_, name)| *name == column.name).map(|(n, _)| n);
        let (place, again) = (found.next(), found.next());
        if let Some(at) = place {
            if again.is_some() {
                self.report(column.name, "", "stands in the header twice".to_owned(), Loss::List);
            }
            self.places.push(Place { column: column.name, at, own: self.header[at].clone() });
            return;
        }
        let columns = self.kind.columns();
        let unknown =
            names.iter().map(String::as_str).filter(|name| !columns.iter().any(|known| known.name == *name));
        let hint = maybe(column.name, unknown);
        match column.need {
            Need::Always => {
                let hint = if hint.is_empty() && self.header.len() < 2 {
                    " (columns must be separated by commas, semicolons or tabs)".to_owned()
                } else {
                    hint
                };
                self.report(column.name, "", format!("this column is missing{hint}"), Loss::List);
            }
            Need::Optional if hint.is_empty() => {}
            Need::Optional => {
                let rule = format!("this column is missing{hint}: every row is taken without it");
                self.report(column.name, "", rule, Loss::Nothing);
            }
        }
    }
}

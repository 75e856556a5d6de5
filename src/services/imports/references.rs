//! The libraries that the rows of a list name by their references, each looked up once.

use std::collections::HashMap;

use super::Telling;
use crate::domain::fault::{Rule, maybe};
use crate::domain::ids::{EmployerId, LibraryId};
use crate::services::AppError;
use crate::store::{Db, organisations};

/// What importers need to know of a library.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: LibraryId,
    pub(super) employers: Vec<EmployerId>,
}

/// How often it is told which reference was perhaps meant: comparing with all of them takes a while.
const MOST_HINTS: usize = 100;

/// Libraries by reference; none where a reference is nobody's.
#[derive(Debug, Default)]
pub(super) struct References {
    found: HashMap<String, Option<Known>>,
    all: Vec<String>,
    unknown: usize,
}

impl References {
    /// Looks up the references of a piece of a list.
    pub(super) fn load<'r>(
        &mut self,
        db: &mut Db,
        references: impl Iterator<Item = &'r str>,
    ) -> Result<(), AppError> {
        let mut missing: Vec<&str> = references.filter(|text| !self.found.contains_key(*text)).collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        for library in organisations::list_libraries_by_references(db, &missing)? {
            let known = Known { id: library.id, employers: library.employers };
            self.found.insert(library.reference, Some(known));
        }
        for reference in missing {
            if !self.found.contains_key(reference) {
                self.found.insert(reference.to_owned(), None);
                self.unknown += 1;
            }
        }
        if self.unknown > 0 && self.all.is_empty() {
            self.all = organisations::list_library_references(db)?;
        }
        Ok(())
    }

    /// The library of a row; where there is none, the row is left out.
    pub(super) fn find(&self, line: u64, reference: &str, telling: &mut Telling<'_>) -> Option<&Known> {
        self.find_in(line, "library", reference, telling)
    }

    /// As [`References::find`], where the list has it in another column.
    pub(super) fn find_in(
        &self,
        line: u64,
        column: &str,
        reference: &str,
        telling: &mut Telling<'_>,
    ) -> Option<&Known> {
        let found = self.found.get(reference).and_then(Option::as_ref);
        if found.is_none() {
            let hint = if telling.faults.left_out() < MOST_HINTS {
                maybe(reference, self.all.iter().map(String::as_str))
            } else {
                String::new()
            };
            let rule = format!("is the id of no library{hint}: import libraries first");
            telling.leave_out(line, column, reference, Rule::new(rule));
        }
        found
    }
}

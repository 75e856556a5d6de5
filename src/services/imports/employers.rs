//! Lists of employers. An employer is known by its name, as lists of libraries name it.

use std::collections::HashMap;

use super::{Importer, Target, Telling};
use crate::domain::ids::EmployerId;
use crate::domain::organisation::Employer;
use crate::domain::vouching::VouchingDomain;
use crate::import::{EmployerRow, Line};
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::{organisations, rounds};

pub(super) struct Employers<'a> {
    now: &'a Now,
}

impl<'a> Employers<'a> {
    pub(super) fn new(now: &'a Now) -> Self {
        Self { now }
    }

    fn added(&self, row: EmployerRow) -> Employer {
        let id = EmployerId::new(self.now.id(&format!("employer {}", row.name)));
        Employer {
            id,
            name: row.name,
            group: row.group,
            language: None,
            successor: None,
            domains: sorted(row.domains.into_iter().map(VouchingDomain::into_text).collect()),
            managers: sorted(row.managers),
        }
    }
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

impl Importer for Employers<'_> {
    type Row = EmployerRow;

    fn take(
        &mut self,
        target: &mut Target<'_, '_>,
        rows: Vec<Line<EmployerRow>>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        let names: Vec<&str> = rows.iter().map(|line| line.row.name.as_str()).collect();
        let known = organisations::list_employers_by_names(target.db(), &names)?;
        let mut known: HashMap<String, Employer> =
            known.into_iter().map(|employer| (employer.name.to_string(), employer)).collect();
        for Line { row, .. } in rows {
            let Some(before) = known.remove(row.name.as_str()) else {
                let employer = self.added(row);
                telling.outcome.added += 1;
                if let Some(tx) = target.tx() {
                    organisations::insert_employer(tx, &employer, self.now.utc())?;
                }
                continue;
            };
            let listed = self.added(row);
            let mut after = before.clone();
            if telling.list.has("group") {
                after.group = listed.group;
            }
            if telling.list.has("domains") {
                after.domains = listed.domains;
            }
            if telling.list.has("managers") {
                after.managers = listed.managers;
            }
            if after == before {
                telling.outcome.unchanged += 1;
                continue;
            }
            telling.outcome.changed += 1;
            if let Some(tx) = target.tx() {
                organisations::save_employer(tx, &after)?;
                if after.group != before.group {
                    // Who counts as the same employer decides who may go where.
                    let libraries = organisations::list_library_ids_of_employer(tx, after.id)?;
                    rounds::bump_revisions_of_libraries(tx, &libraries)?;
                }
            }
        }
        Ok(())
    }
}

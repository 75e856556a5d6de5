//! Lists of libraries. A list speaks for the columns it has; topics, access and vetting stay as the library's
//! administrator said, and joint libraries keep their further employers and sectors.

use std::collections::HashMap;

use super::{Importer, Target, Telling};
use crate::domain::ids::{EmployerId, LibraryId};
use crate::domain::organisation::{Contact, Employer, Library};
use crate::domain::states::LibraryStatus;
use crate::import::{Grain, LibraryRow, Line, ListedStatus, Points};
use crate::services::AppError;
use crate::services::app::Now;
use crate::services::host_changes;
use crate::store::{Db, organisations, rounds};

pub(super) struct Libraries<'a> {
    now: &'a Now,
    points: Option<&'a Points>,
    employers: HashMap<String, EmployerId>,
}

impl<'a> Libraries<'a> {
    pub(super) fn new(db: &mut Db, now: &'a Now, points: Option<&'a Points>) -> Result<Self, AppError> {
        let employers = organisations::list_employer_names(db)?.into_iter().collect();
        Ok(Self { now, points, employers })
    }

    /// The employer with a name; made where it is new.
    fn employer(
        &mut self,
        target: &mut Target<'_, '_>,
        row: &LibraryRow,
        telling: &mut Telling<'_>,
    ) -> Result<EmployerId, AppError> {
        if let Some(id) = self.employers.get(row.employer.as_str()) {
            return Ok(*id);
        }
        let id = EmployerId::new(self.now.id(&format!("employer {}", row.employer)));
        self.employers.insert(row.employer.to_string(), id);
        telling.count("new employers", 1);
        if let Some(tx) = target.tx() {
            let name = row.employer.clone();
            let employer = Employer {
                id,
                name,
                group: None,
                language: None,
                successor: None,
                domains: vec![],
                managers: vec![],
            };
            organisations::insert_employer(tx, &employer, self.now.utc())?;
        }
        Ok(id)
    }

    /// Where a row says nothing of a point, the middle of the postcode's area serves.
    fn place(&self, row: &mut LibraryRow, telling: &mut Telling<'_>) {
        if row.point.is_none()
            && let (Some(points), Some(postcode)) = (self.points, &row.postcode)
            && let Some((point, grain)) = points.find(postcode)
        {
            row.point = Some(point);
            let what = match grain {
                // Measured with the British libraries whose points are known.
                Grain::Sector => {
                    "placed at the middle of their postcode sector: half within 0.6 km, 19 of 20 within 3 km"
                }
                Grain::District => {
                    "placed at the middle of their postcode district: half within 1.3 km, 19 of 20 within 6.4 km"
                }
            };
            telling.count(what, 1);
        }
    }
}

impl Importer for Libraries<'_> {
    type Row = LibraryRow;

    fn take(
        &mut self,
        target: &mut Target<'_, '_>,
        rows: Vec<Line<LibraryRow>>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        let references: Vec<&str> = rows.iter().map(|line| line.row.reference.as_str()).collect();
        let known = organisations::list_libraries_by_references(target.db(), &references)?;
        let mut known: HashMap<String, Library> =
            known.into_iter().map(|library| (library.reference.clone(), library)).collect();
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for Line { mut row, .. } in rows {
            self.place(&mut row, telling);
            telling.count("unverified", usize::from(row.status == ListedStatus::Unverified));
            let employer = self.employer(target, &row, telling)?;
            let library = match known.remove(&row.reference) {
                None => {
                    let id = LibraryId::new(self.now.id(&format!("library {}", row.reference)));
                    added.push(new_library(row, id, employer));
                    added.last()
                }
                Some(before) => {
                    let after = changed_library(&before, row, employer, telling);
                    if after == before {
                        telling.outcome.unchanged += 1;
                        telling.count("closed", usize::from(before.status == LibraryStatus::Closed));
                        telling.count("without a point", usize::from(before.point.is_none()));
                        continue;
                    }
                    changed.push((before, after));
                    changed.last().map(|(_, after)| after)
                }
            };
            if let Some(library) = library {
                telling.count("closed", usize::from(library.status == LibraryStatus::Closed));
                telling.count("without a point", usize::from(library.point.is_none()));
            }
        }
        telling.outcome.added += added.len();
        telling.outcome.changed += changed.len();
        let Some(tx) = target.tx() else { return Ok(()) };
        organisations::insert_libraries(tx, &added, self.now.utc())?;
        for (before, after) in &changed {
            organisations::save_library(tx, after, self.now.utc())?;
            host_changes::follow(tx, self.now, before, after)?;
        }
        let changed: Vec<LibraryId> = changed.iter().map(|(_, library)| library.id).collect();
        Ok(rounds::bump_revisions_of_libraries(tx, &changed)?)
    }
}

fn contact_of(row: &LibraryRow) -> Option<Contact> {
    row.contact_email.clone().map(|email| Contact {
        name: row.contact_name.clone(),
        email,
        telephone: None,
        language: None,
    })
}

fn new_library(row: LibraryRow, id: LibraryId, employer: EmployerId) -> Library {
    let contact = contact_of(&row);
    Library {
        id,
        name: row.name,
        sectors: vec![row.sector],
        employers: vec![employer],
        address: row.address,
        postcode: row.postcode,
        point: row.point,
        time_zone: row.time_zone,
        country: row.country,
        status: row.status.status(),
        opening_hours: row.opening_hours,
        contact,
        deputy: None,
        topics: vec![],
        access: vec![],
        vetting_required: false,
        escorts_visitors: false,
        successor: None,
        reference: row.reference,
    }
}

/// The library as it was, with what the list says.
fn changed_library(
    before: &Library,
    row: LibraryRow,
    employer: EmployerId,
    telling: &Telling<'_>,
) -> Library {
    let has = |column: &str| telling.list.has(column);
    let contact = contact_of(&row);
    let mut after = before.clone();
    after.name = row.name;
    // A list names one of a joint library's; where it is among them, the others stay.
    if !before.sectors.contains(&row.sector) {
        after.sectors = vec![row.sector];
    }
    if !before.employers.contains(&employer) {
        after.employers = vec![employer];
    }
    if has("address") {
        after.address = row.address;
    }
    if has("postcode") {
        after.postcode = row.postcode;
    }
    if has("latitude") || row.point.is_some() {
        after.point = row.point;
    }
    let moved = has("country") && row.country != before.country;
    if moved {
        after.country = row.country;
    }
    if moved || has("time_zone") {
        after.time_zone = row.time_zone;
    }
    if has("status") {
        after.status = row.status.status();
    }
    if has("opening_hours") {
        after.opening_hours = row.opening_hours;
    }
    // An empty cell does not take the contact away: a library without one cannot host.
    if let Some(contact) = contact {
        let known = before.contact.as_ref().filter(|known| known.email == contact.email);
        let telephone = known.and_then(|known| known.telephone.clone());
        let language = known.and_then(|known| known.language);
        after.contact = Some(Contact { telephone, language, ..contact });
    }
    after
}

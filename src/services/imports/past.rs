//! Lists of days of the time before this service. They count as visits: nobody is sent to the same host again.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use super::references::References;
use super::{Importer, Target, Telling};
use crate::domain::fault::{Rule, maybe};
use crate::domain::history::Visit;
use crate::domain::ids::{EmployerId, LibraryId, PastPlacementId, PersonId};
use crate::import::{Line, PastRow, Visitor};
use crate::services::AppError;
use crate::services::app::Now;
use crate::services::placements::note_visits;
use crate::store::{Db, employments, organisations, past_placements};

pub(super) struct Past<'a> {
    now: &'a Now,
    employers: HashMap<String, EmployerId>,
    libraries: References,
    /// Where somebody was on a day, as far as this list tells: one may be named in two ways.
    told: HashMap<(PersonId, NaiveDate), LibraryId>,
}

impl<'a> Past<'a> {
    pub(super) fn new(db: &mut Db, now: &'a Now) -> Result<Self, AppError> {
        let employers = organisations::list_employer_names(db)?.into_iter().collect();
        Ok(Self { now, employers, libraries: References::default(), told: HashMap::new() })
    }
}

/// The persons that a piece of a list names.
struct People {
    by_address: HashMap<String, PersonId>,
    by_staff: HashMap<(EmployerId, String), PersonId>,
}

impl People {
    fn load(db: &mut Db, rows: &[Line<PastRow>]) -> Result<Self, AppError> {
        let (mut addresses, mut ids) = (Vec::new(), Vec::new());
        for line in rows {
            match &line.row.visitor {
                Visitor::Address(email) => addresses.push(email.as_str()),
                Visitor::Staff(_, id) => ids.push(id.as_str()),
            }
        }
        let persons = employments::list_persons_by_emails(db, &addresses)?;
        let by_address = persons.into_iter().map(|person| (person.email.to_string(), person.id)).collect();
        let found = employments::list_by_external_ids(db, &ids)?;
        let by_staff =
            found.into_iter().map(|found| ((found.employer, found.external_id), found.person)).collect();
        Ok(Self { by_address, by_staff })
    }
}

impl Past<'_> {
    /// Who went; none where the row is left out.
    fn person(
        &self,
        line: u64,
        visitor: &Visitor,
        people: &People,
        telling: &mut Telling<'_>,
    ) -> Option<PersonId> {
        match visitor {
            Visitor::Address(email) => {
                let found = people.by_address.get(email.as_str()).copied();
                if found.is_none() {
                    let rule = Rule::of("is nobody's address: import staff first");
                    telling.leave_out(line, "email", email.as_str(), rule);
                }
                found
            }
            Visitor::Staff(employer, id) => {
                let Some(known) = self.employers.get(employer.as_str()) else {
                    let hint = maybe(employer.as_str(), self.employers.keys().map(String::as_str));
                    let rule = Rule::new(format!("is no known employer{hint}"));
                    telling.leave_out(line, "employer", employer.as_str(), rule);
                    return None;
                };
                let found = people.by_staff.get(&(*known, id.clone())).copied();
                if found.is_none() {
                    let rule = Rule::of("is nobody's id: import staff first");
                    telling.leave_out(line, "staff_id", id, rule);
                }
                found
            }
        }
    }
}

impl Importer for Past<'_> {
    type Row = PastRow;

    fn take(
        &mut self,
        target: &mut Target<'_, '_>,
        rows: Vec<Line<PastRow>>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        self.libraries.load(target.db(), rows.iter().map(|line| line.row.host.as_str()))?;
        let people = People::load(target.db(), &rows)?;
        let mut visits = Vec::new();
        for Line { line, row } in rows {
            let person = self.person(line, &row.visitor, &people, telling);
            let host = self.libraries.find_in(line, "host", &row.host, telling).map(|library| library.id);
            let (Some(person), Some(host)) = (person, host) else { continue };
            if row.date > self.now.at.date_naive() {
                let rule = Rule::of("must lie in the past");
                telling.leave_out(line, "date", &row.date.to_string(), rule);
                continue;
            }
            match self.told.insert((person, row.date), host) {
                Some(other) if other != host => {
                    let rule =
                        Rule::of("is another host of the same person on the same day than a row above says");
                    telling.leave_out(line, "host", &row.host, rule);
                }
                Some(_) => {}
                None => visits.push(Visit { person, home: None, host, date: row.date }),
            }
        }
        let persons: BTreeSet<PersonId> = visits.iter().map(|visit| visit.person).collect();
        let persons: Vec<PersonId> = persons.into_iter().collect();
        let before: HashMap<(PersonId, NaiveDate), LibraryId> =
            past_placements::list_of_persons(target.db(), &persons)?
                .into_iter()
                .map(|visit| ((visit.person, visit.date), visit.host))
                .collect();
        let mut changed = Vec::new();
        for visit in visits {
            match before.get(&(visit.person, visit.date)) {
                Some(host) if *host == visit.host => {
                    telling.outcome.unchanged += 1;
                    continue;
                }
                Some(host) => {
                    telling.outcome.changed += 1;
                    changed.push(Visit { host: *host, ..visit });
                }
                None => telling.outcome.added += 1,
            }
            changed.push(visit);
            if let Some(tx) = target.tx() {
                let id = self.now.id(&format!("past {} {}", visit.person, visit.date));
                past_placements::replace(tx, PastPlacementId::new(id), &visit, self.now.utc())?;
            }
        }
        if let Some(tx) = target.tx() {
            note_visits(tx, &changed)?;
        }
        Ok(())
    }
}

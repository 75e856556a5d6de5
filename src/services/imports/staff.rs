//! Lists of staff. An employment is known by the employer and the id that the employer gives; who the person is, is told
//! by the employment, and where that is new by the work address. So a person stays the same under another address.

use std::collections::{HashMap, HashSet};

use super::references::References;
use super::{Absent, Importer, Target, Telling};
use crate::domain::application::Person;
use crate::domain::employment::Employment;
use crate::domain::fault::{Rule, maybe};
use crate::domain::ids::{EmployerId, EmploymentId, LibraryId, PersonId};
use crate::domain::text::Name;
use crate::import::{Line, StaffRow, Stay};
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::{Db, employments, organisations};

pub(super) struct Staff<'a> {
    now: &'a Now,
    absent: Absent,
    employers: HashMap<String, EmployerId>,
    libraries: References,
    /// Whom the list names, by employer: for those it does not.
    named: HashMap<EmployerId, HashSet<String>>,
    /// Persons that this list made or renamed, by address.
    met: HashMap<String, PersonId>,
}

/// The employment and the person of a row, before they are compared with what is there.
struct Member {
    line: u64,
    row: StaffRow,
    employer: EmployerId,
    home_library: Option<LibraryId>,
}

/// What is there of a piece of the list.
struct Present {
    employments: HashMap<(EmployerId, String), Employment>,
    by_id: HashMap<PersonId, Person>,
    by_email: HashMap<String, PersonId>,
    signed_up: HashSet<PersonId>,
}

/// What a piece of the list changes.
#[derive(Default)]
struct Changes {
    new_persons: Vec<Person>,
    changed_persons: Vec<Person>,
    added: Vec<Employment>,
    changed: Vec<Employment>,
}

impl<'a> Staff<'a> {
    pub(super) fn new(db: &mut Db, now: &'a Now, absent: Absent) -> Result<Self, AppError> {
        Ok(Self {
            now,
            absent,
            employers: organisations::list_employer_names(db)?.into_iter().collect(),
            libraries: References::default(),
            named: HashMap::new(),
            met: HashMap::new(),
        })
    }

    /// Finds the employer and the home library; none where the row is left out.
    fn member(&self, line: Line<StaffRow>, telling: &mut Telling<'_>) -> Option<Member> {
        let Line { line, row } = line;
        let library = match &row.library {
            Some(reference) => Some(self.libraries.find(line, reference, telling)?),
            None => None,
        };
        let employer = match (&row.employer, library) {
            (Some(name), _) => self.employer(line, name, telling)?,
            (None, Some(library)) => match library.employers.as_slice() {
                [employer] => *employer,
                _ => {
                    let rule = "must not be empty: the library belongs to several employers";
                    telling.leave_out(line, "employer", "", Rule::of(rule));
                    return None;
                }
            },
            // The reader has left out rows that tell neither.
            (None, None) => return None,
        };
        if let (Some(library), Some(reference)) = (library, &row.library)
            && !library.employers.contains(&employer)
        {
            let rule = Rule::of("is no library of the row's employer");
            telling.leave_out(line, "library", reference, rule);
            return None;
        }
        Some(Member { line, employer, home_library: library.map(|library| library.id), row })
    }

    fn employer(&self, line: u64, name: &Name, telling: &mut Telling<'_>) -> Option<EmployerId> {
        let found = self.employers.get(name.as_str());
        if found.is_none() {
            let hint = maybe(name.as_str(), self.employers.keys().map(String::as_str));
            let rule = format!("is no known employer{hint}: import employers or libraries first");
            telling.leave_out(line, "employer", name.as_str(), Rule::new(rule));
        }
        found.copied()
    }

    fn compare(
        &mut self,
        member: Member,
        present: &mut Present,
        changes: &mut Changes,
        telling: &mut Telling<'_>,
    ) {
        let Member { line, row, employer, home_library } = member;
        self.named.entry(employer).or_default().insert(row.external_id.clone());
        let before = present.employments.remove(&(employer, row.external_id.clone()));
        let email = row.email.to_string();
        let known_by_email = self.met.get(&email).or_else(|| present.by_email.get(&email)).copied();
        let (before, id) = match (before, row.stay) {
            (Some(before), _) => {
                if known_by_email.is_some_and(|other| other != before.person) {
                    let rule = Rule::of("is another person's address already");
                    telling.leave_out(line, "email", row.email.as_str(), rule);
                    return;
                }
                let id = before.id;
                (Some(before), id)
            }
            (None, Stay::Left(_)) => {
                telling.count("unknown here and left already", 1);
                return;
            }
            (None, Stay::Stays) => {
                (None, EmploymentId::new(self.now.id(&format!("employment {employer} {}", row.external_id))))
            }
        };
        let person = before.as_ref().map(|before| before.person).or(known_by_email);
        let person = match person {
            Some(id) => {
                self.rename(id, &row, present, changes);
                id
            }
            None => {
                let id = PersonId::new(self.now.id(&format!("person {email}")));
                changes.new_persons.push(Person { id, name: row.name.clone(), email: row.email.clone() });
                self.met.insert(email, id);
                id
            }
        };
        let left_on = match (row.stay, before.as_ref().and_then(|before| before.left_on)) {
            (Stay::Stays, _) => None,
            (Stay::Left(Some(date)), _) | (Stay::Left(None), Some(date)) => Some(date),
            (Stay::Left(None), None) => Some(self.now.at.date_naive()),
        };
        let mut after = before.clone().unwrap_or(Employment {
            id,
            person,
            employer,
            external_id: row.external_id.clone(),
            home_library,
            manager_email: row.manager_email.clone(),
            pattern: row.pattern.clone(),
            left_on,
        });
        after.left_on = left_on;
        if telling.list.has("library") {
            after.home_library = home_library;
        }
        if telling.list.has("manager_email") {
            after.manager_email = row.manager_email;
        }
        if telling.list.has("pattern") {
            after.pattern = row.pattern;
        }
        let left =
            usize::from(after.left_on.is_some() && before.as_ref().is_some_and(|b| b.left_on.is_none()));
        telling.count("leavers", left);
        match before {
            None => changes.added.push(after),
            Some(before) if before == after => {
                let renamed = changes.changed_persons.iter().any(|changed| changed.id == person);
                telling.outcome.changed += usize::from(renamed);
                telling.outcome.unchanged += usize::from(!renamed);
            }
            Some(_) => changes.changed.push(after),
        }
    }

    /// Takes over a known person's address, and the name as long as they have not signed up under one themselves.
    fn rename(&mut self, id: PersonId, row: &StaffRow, present: &mut Present, changes: &mut Changes) {
        // Somebody whom this list made a moment ago is not there yet, and needs no other name.
        let Some(person) = present.by_id.get_mut(&id) else { return };
        let name = if present.signed_up.contains(&id) { person.name.clone() } else { row.name.clone() };
        let after = Person { id, name, email: row.email.clone() };
        if *person != after {
            self.met.insert(after.email.to_string(), id);
            changes.changed_persons.push(after.clone());
            *person = after;
        }
    }
}

impl Present {
    fn load(db: &mut Db, members: &[Member]) -> Result<Self, AppError> {
        let externals: Vec<&str> = members.iter().map(|member| member.row.external_id.as_str()).collect();
        let emails: Vec<&str> = members.iter().map(|member| member.row.email.as_str()).collect();
        let wanted: HashSet<(EmployerId, &str)> =
            members.iter().map(|member| (member.employer, member.row.external_id.as_str())).collect();
        let employments: HashMap<(EmployerId, String), Employment> =
            employments::list_by_external_ids(db, &externals)?
                .into_iter()
                .filter(|found| wanted.contains(&(found.employer, found.external_id.as_str())))
                .map(|found| ((found.employer, found.external_id.clone()), found))
                .collect();
        let mut persons = employments::list_persons_by_emails(db, &emails)?;
        let by_email = persons.iter().map(|person| (person.email.to_string(), person.id)).collect();
        let ids: Vec<PersonId> = employments.values().map(|employment| employment.person).collect();
        persons.extend(employments::list_persons_by_ids(db, &ids)?);
        let by_id: HashMap<PersonId, Person> =
            persons.into_iter().map(|person| (person.id, person)).collect();
        let mut signed_up = HashSet::new();
        let ids: Vec<PersonId> = by_id.keys().copied().collect();
        for piece in ids.chunks(1_000) {
            signed_up.extend(employments::list_persons_who_signed_up(db, piece)?);
        }
        Ok(Self { employments, by_id, by_email, signed_up })
    }
}

impl Importer for Staff<'_> {
    type Row = StaffRow;

    fn take(
        &mut self,
        target: &mut Target<'_, '_>,
        rows: Vec<Line<StaffRow>>,
        telling: &mut Telling<'_>,
    ) -> Result<(), AppError> {
        let references = rows.iter().filter_map(|line| line.row.library.as_deref());
        self.libraries.load(target.db(), references)?;
        let members: Vec<Member> = rows.into_iter().filter_map(|line| self.member(line, telling)).collect();
        let mut present = Present::load(target.db(), &members)?;
        let mut changes = Changes::default();
        for member in members {
            self.compare(member, &mut present, &mut changes, telling);
        }
        telling.outcome.added += changes.added.len();
        telling.outcome.changed += changes.changed.len();
        telling.count("new persons", changes.new_persons.len());
        let Some(tx) = target.tx() else { return Ok(()) };
        for person in &changes.changed_persons {
            employments::save_person(tx, person)?;
        }
        employments::insert_persons(tx, &changes.new_persons, self.now.utc())?;
        employments::insert_all(tx, &changes.added, self.now.utc())?;
        for employment in &changes.changed {
            employments::save(tx, employment, self.now.utc())?;
        }
        Ok(())
    }

    fn finish(&mut self, target: &mut Target<'_, '_>, telling: &mut Telling<'_>) -> Result<(), AppError> {
        match self.absent {
            Absent::Stay => return Ok(()),
            Absent::HaveLeft => {}
        }
        if telling.faults.left_out() > 0 {
            // Whoever stands in a row that cannot be read has not left.
            telling.count("rows left out, so that nobody counts as absent", telling.faults.left_out());
            return Ok(());
        }
        let mut employers: Vec<_> = self.named.iter().collect();
        employers.sort_unstable_by_key(|(employer, _)| **employer);
        for (employer, named) in employers {
            let present = employments::list_present(target.db(), *employer)?;
            let absent: Vec<EmploymentId> = present
                .into_iter()
                .filter(|(_, external)| !named.contains(external))
                .map(|(employment, _)| employment)
                .collect();
            telling.count("leavers", absent.len());
            telling.outcome.changed += absent.len();
            if let Some(tx) = target.tx() {
                employments::save_left_on(tx, &absent, self.now.at.date_naive(), self.now.utc())?;
            }
        }
        Ok(())
    }
}

//! Employers: their names, groups, mail domains and the managers they vouch for.

use serde_json::json;

use super::app::{own_employers, permit, permit_everywhere, record};
use super::page::{Page, Paged};
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::email::Email;
use crate::domain::fault::{Faults, Rule};
use crate::domain::ids::EmployerId;
use crate::domain::language::Language;
use crate::domain::organisation::Employer;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::text::Name;
use crate::domain::vouching::VouchingDomain;
use crate::store::{Db, organisations, rounds};

/// What an employer says about itself, beside its name.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Employers with the same group name count as one.
    pub group: Option<Name>,
    /// In which its line managers and HR read; none: the installation's.
    pub language: Option<Language>,
    /// Mail domains under which a manager's address is believed.
    pub domains: Vec<String>,
    /// Managers' addresses.
    pub managers: Vec<Email>,
}

impl Directory {
    /// Folded, sorted, each once.
    fn checked(&self) -> Result<Self, AppError> {
        let faults = Faults::none();
        let mut domains = Vec::new();
        for (n, text) in self.domains.iter().enumerate() {
            match text.parse::<VouchingDomain>() {
                Ok(domain) => domains.push(domain.into_text()),
                Err(rule) => faults.add(format!("/domains/{n}"), text, rule),
            }
        }
        domains.sort_unstable();
        domains.dedup();
        let mut managers = self.managers.clone();
        managers.sort_unstable();
        managers.dedup();
        let checked = Self { group: self.group.clone(), language: self.language, domains, managers };
        faults.into_result(Some(checked)).map_err(AppError::Fields)
    }
}

/// Makes an employer.
///
/// # Errors
/// `already-exists` where the name is taken; `invalid-fields`; `forbidden`.
pub fn create(app: &App, actor: &Actor, name: &Name, directory: &Directory) -> Result<Employer, AppError> {
    permit_everywhere(actor, Action::EditEmployer)?;
    let Directory { group, language, domains, managers } = directory.checked()?;
    let now = app.now()?;
    let id = EmployerId::new(now.id("employer"));
    let employer = Employer { id, name: name.clone(), group, language, successor: None, domains, managers };
    app.store.write(|tx| {
        if let Some(other) = organisations::find_employer_by_name(tx, name.as_str())? {
            return Err(AppError::Refused(Refusal::new(
                RefusalCode::AlreadyExists,
                format!("there is an employer named “{name}” already: {}", other.id),
            )));
        }
        organisations::insert_employer(tx, &employer, now.utc())?;
        let details =
            json!({ "made": true, "domains": employer.domains, "managers": employer.managers.len() });
        record(tx, &now, actor, Action::EditEmployer, ("employer", &id), &details)?;
        Ok(employer.clone())
    })
}

/// A page of employers: all for organisers, one's own for others.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    page: &Page<EmployerId>,
) -> Result<Paged<Employer, EmployerId>, AppError> {
    let own = own_employers(actor, Action::ReadEmployers)?;
    app.store.read(|db| {
        let found = organisations::list_employers(db, own.as_deref(), page.after, page.fetch())?;
        Ok(page.cut(found, |employer| employer.id))
    })
}

/// An employer.
///
/// # Errors
/// `not-found`, also for somebody else's; `forbidden`.
pub fn get(app: &App, actor: &Actor, id: EmployerId) -> Result<Employer, AppError> {
    permit(actor, Action::ReadEmployers, &Subject::of_employers(&[id]), ("employer", &id))?;
    app.store.read(|db| load(db, id))
}

/// Replaces the group, the language, the domains and the managers of an employer.
///
/// # Errors
/// `changed-since`, `if-match-required`; `invalid-fields`; `not-found`, also for somebody else's; `forbidden`.
pub fn replace_directory(
    app: &App,
    actor: &Actor,
    id: EmployerId,
    directory: &Directory,
    seen: &Seen<Employer>,
) -> Result<Employer, AppError> {
    permit(actor, Action::EditEmployer, &Subject::of_employers(&[id]), ("employer", &id))?;
    let Directory { group, language, domains, managers } = directory.checked()?;
    let now = app.now()?;
    app.store.write(|tx| {
        let before = load(tx, id)?;
        seen.admit(&before)?;
        let after = Employer {
            id,
            name: before.name.clone(),
            group: group.clone(),
            language,
            successor: before.successor,
            domains: domains.clone(),
            managers: managers.clone(),
        };
        if after == before {
            return Ok(before);
        }
        organisations::save_employer(tx, &after)?;
        if after.group != before.group {
            // Who counts as the same employer decides who may go where.
            let libraries = organisations::list_library_ids_of_employer(tx, id)?;
            rounds::bump_revisions_of_libraries(tx, &libraries)?;
        }
        let details = json!({
            "group_changed": after.group != before.group,
            "domains": after.domains,
            "managers": after.managers.len(),
        });
        record(tx, &now, actor, Action::EditEmployer, ("employer", &id), &details)?;
        Ok(after)
    })
}

fn load(db: &mut Db, id: EmployerId) -> Result<Employer, AppError> {
    organisations::find_employer(db, id)?.ok_or_else(|| AppError::not_found("employer", id))
}

/// Where the daily digest of an employer's staff goes, if anywhere.
///
/// # Errors
/// `not-found`, also for somebody else's; `forbidden`.
pub fn get_hr_address(app: &App, actor: &Actor, id: EmployerId) -> Result<Option<Email>, AppError> {
    permit(actor, Action::ReadHrDigest, &Subject::of_employers(&[id]), ("employer", &id))?;
    app.store.read(|db| {
        load(db, id)?;
        Ok(organisations::find_hr_address(db, id)?)
    })
}

/// Says where the daily digest of an employer's staff goes: an address that the employer vouches for. None: nowhere.
///
/// # Errors
/// `changed-since`, `if-match-required`; `invalid-fields`; `not-found`, also for somebody else's; `forbidden`.
pub fn set_hr_address(
    app: &App,
    actor: &Actor,
    id: EmployerId,
    address: Option<&Email>,
    seen: &Seen<Option<Email>>,
) -> Result<Option<Email>, AppError> {
    permit(actor, Action::EditEmployer, &Subject::of_employers(&[id]), ("employer", &id))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let employer = load(tx, id)?;
        let before = organisations::find_hr_address(tx, id)?;
        seen.admit(&before)?;
        if let Some(address) = address.filter(|address| !employer.vouches_for(address)) {
            let rule = "must be named in the employer's directory or be under one of its domains: names of staff go there";
            return Err(AppError::field("/email", address.as_str(), Rule::of(rule)));
        }
        if before.as_ref() != address {
            organisations::save_hr_address(tx, id, address)?;
            let details = json!({ "hr_address": address.is_some() });
            record(tx, &now, actor, Action::EditEmployer, ("employer", &id), &details)?;
        }
        Ok(address.cloned())
    })
}

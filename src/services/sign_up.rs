//! Sign-up: at the open door, where the answer never tells who is known, and by programs of employers.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;
use serde_json::json;

use super::app::{Now, own_employers, record};
use super::load::find_library;
use super::notices;
use super::privacy_notices::admit_agreement;
use super::rounds::load as load_round;
use super::{App, AppError};
use crate::domain::access_needs::AccessNeeds;
use crate::domain::application::{Application, Hours, Person};
use crate::domain::email::Email;
use crate::domain::fault::Faults;
use crate::domain::ids::{ApplicationId, PersonId, RoundId};
use crate::domain::language::Language;
use crate::domain::link::Purpose;
use crate::domain::organisation::Employer;
use crate::domain::pattern::Pattern;
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::sector::Sector;
use crate::domain::states::{ApplicationState, LibraryStatus, ManagerTrust};
use crate::domain::tag::Tag;
use crate::domain::text::Name;
use crate::store::applications::Applicant;
use crate::store::{Db, Tx, access_needs, applications, links, organisations, privacy_notices};

/// What somebody asks for at sign-up. Libraries are named by id or by reference.
/// `Debug` shows whose it is, masked.
#[derive(Clone)]
pub struct SignUp {
    /// The person's name.
    pub name: Name,
    /// The work address.
    pub email: Email,
    /// The home library.
    pub home_library: String,
    /// Which of a joint library's employers; needed only where nothing else tells.
    pub employer: Option<Name>,
    /// The days the person could go.
    pub dates: Vec<NaiveDate>,
    /// How far the person travels, in kilometres.
    pub max_km: f64,
    /// The line manager's address.
    pub manager_email: Email,
    /// Wanted sectors, best first.
    pub sectors: Vec<Sector>,
    /// Wanted topics.
    pub topics: Vec<Tag>,
    /// Access needs: confidential.
    pub needs: AccessNeeds,
    /// Libraries never to be sent to.
    pub avoid: Vec<String>,
    /// Hours on days that are not worked whole; they win over the pattern.
    pub hours: Hours,
    /// When the person works, if that is to be known.
    pub pattern: Option<Pattern>,
    /// Until when the employer assures that vetting exists.
    pub assured_until: Option<NaiveDate>,
    /// Role in words.
    pub role_title: Option<Name>,
    /// What the person hopes to learn.
    pub objectives: Option<String>,
    /// In which the person reads; none: the installation's.
    pub language: Option<Language>,
    /// Which privacy notice of the round is agreed to, where it has one.
    pub privacy_version: Option<i64>,
}

impl fmt::Debug for SignUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignUp({:?})", self.email)
    }
}

/// What a sign-up led to.
#[derive(Debug, Clone, PartialEq)]
pub enum SignedUp {
    /// The open door: nothing is told; the mail says the rest.
    Answered,
    /// A program of the employer is told what it made.
    Made(Box<Applicant>),
}

/// Verify mails that one application may cause in a day, whatever is signed up in its name. The day after it can be
/// replaced again: a stranger must not keep somebody out for good.
const MOST_VERIFY_MAILS_A_DAY: i64 = 5;

/// Signs somebody up, or tells them by mail that they are signed up.
///
/// At the open door the answer never tells who is known. An application whose address is not proven is
/// replaced by a newer one: what its link proves is what the newest mail said. A program with an employer's token signs
/// up that employer's staff and is told what came of it.
///
/// # Errors
/// `not-found`, `round-state`, `too-late` of the round; `invalid-fields` with every fault; for a program also
/// `already-exists`, and `not-found` for a home library that is not its employer's; `no-encryption-key` for access
/// needs where nothing could encrypt them.
pub fn sign_up(app: &App, actor: &Actor, round: RoundId, form: &SignUp) -> Result<SignedUp, AppError> {
    let own = own_employers(actor, Action::SignUp)?;
    admit_needs(app, !form.needs.is_empty())?;
    let now = app.now()?;
    app.store.write(|tx| {
        let round = load_round(tx, actor, round)?;
        round.admit_sign_up(now.today(round.time_zone))?;
        admit_agreement(tx, round.id, form.privacy_version)?;
        let mut application = check(tx, &round, form, (&now, app.settings.language))?;
        if own.as_ref().is_some_and(|own| !own.contains(&application.employer)) {
            return Err(AppError::not_found("home library of your employer:", &form.home_library));
        }
        let person = match applications::find_person_by_email(tx, &form.email)? {
            Some(known) => known,
            None => {
                let id = PersonId::new(now.id("person"));
                let person = Person { id, name: form.name.clone(), email: form.email.clone() };
                applications::insert_person(tx, &person, now.utc())?;
                person
            }
        };
        application.person = person.id;
        match applications::find_live(tx, round.id, person.id)? {
            None => {
                applications::insert(tx, &application, now.utc())?;
                let applicant = Applicant { application, person };
                settle_sign_up(tx, &now, actor, form, &applicant)?;
                Ok(match &own {
                    Some(_) => SignedUp::Made(Box::new(applicant)),
                    None => SignedUp::Answered,
                })
            }
            Some(live) if own.is_some() => {
                let mut words = format!("this person is signed up for the round “{}” already", round.name);
                // The id of what another employer made is none of this one's business.
                if own.as_ref().is_some_and(|own| own.contains(&live.employer)) {
                    words = format!("{words}: {}", live.id);
                }
                Err(Refusal::new(RefusalCode::AlreadyExists, words).into())
            }
            Some(live) if live.state == ApplicationState::Submitted => {
                application.id = live.id;
                let applicant = Applicant { application, person };
                if notices::count_verify_mails_of_today(tx, &now, &applicant)? >= MOST_VERIFY_MAILS_A_DAY {
                    return Ok(SignedUp::Answered);
                }
                links::expire(tx, live.id, None, Purpose::Verify, now.utc())?;
                applications::save(tx, &applicant.application, now.utc())?;
                settle_sign_up(tx, &now, actor, form, &applicant)?;
                Ok(SignedUp::Answered)
            }
            Some(live) => {
                notices::already_signed_up(tx, &now, &Applicant { application: live, person })?;
                Ok(SignedUp::Answered)
            }
        }
    })
}

/// Refuses access needs where nothing could encrypt them.
pub(super) fn admit_needs(app: &App, are_given: bool) -> Result<(), AppError> {
    if are_given && app.store.keys().is_empty() {
        let words = "this service has no key to encrypt access needs with, so it takes none: sign up without them and \
                     tell them to the organisers another way; the operators make a key with `library-swap keys new`";
        return Err(Refusal::new(RefusalCode::NoEncryptionKey, words).into());
    }
    Ok(())
}

/// What follows when an application was written: name, needs, audit, mail.
fn settle_sign_up(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    form: &SignUp,
    applicant: &Applicant,
) -> Result<(), AppError> {
    let application = &applicant.application;
    access_needs::replace(tx, application.id, &form.needs)?;
    privacy_notices::agree(tx, application.id, form.privacy_version)?;
    let details =
        json!({ "round": application.round.to_string(), "manager": application.manager_trust.as_str() });
    record(tx, now, actor, Action::SignUp, ("application", &application.id), &details)?;
    notices::verify_address(tx, now, applicant)
}

/// Checks a form against the round and the libraries; all faults at once.
fn check(
    db: &mut Db,
    round: &Round,
    form: &SignUp,
    (now, default): (&Now, Language),
) -> Result<Application, AppError> {
    let faults = Faults::none();
    let dates = check_dates(&faults, round, form);
    let home = match find_library(db, &form.home_library)? {
        Some(home) if home.status == LibraryStatus::Open => Some(home),
        Some(_) => {
            faults.add("/home_library", &form.home_library, "this library is closed");
            None
        }
        None => {
            faults.add(
                "/home_library",
                &form.home_library,
                "there is no such library (an id or a reference)",
            );
            None
        }
    };
    let mut avoid = Vec::new();
    for (n, key) in form.avoid.iter().enumerate() {
        match find_library(db, key)? {
            Some(library) => avoid.push(library.id),
            None => faults.add(format!("/avoid/{n}"), key, "there is no such library (an id or a reference)"),
        }
    }
    // The first mail greets an address that nobody has proven by this name: it must not carry a stranger's link there.
    if form.name.as_str().contains("://") || form.name.as_str().to_lowercase().contains("www.") {
        faults.add("/name", &form.name, "must be a person's name, not a web address");
    }
    if form.manager_email.mailbox() == form.email.mailbox() {
        faults.add("/manager_email", "", "must be your line manager's address, not your own");
    }
    let employer = match &home {
        Some(home) => {
            let employers = organisations::list_employers_by_ids(db, &home.employers)?;
            choose_employer(&faults, form, &employers)
        }
        None => None,
    };
    let application = home.zip(employer).map(|(home, employer)| Application {
        id: ApplicationId::new(now.id("application")),
        round: round.id,
        person: PersonId::new(now.id("person")),
        employer: employer.id,
        home: home.id,
        name: form.name.clone(),
        state: ApplicationState::Submitted,
        dates,
        released_dates: Vec::new(),
        hours: form.hours.clone(),
        pattern: form.pattern.clone(),
        max_km: form.max_km,
        sectors: form.sectors.clone(),
        topics: form.topics.clone(),
        avoid,
        manager: form.manager_email.clone(),
        manager_trust: if employer.vouches_for(&form.manager_email) {
            ManagerTrust::Believed
        } else {
            ManagerTrust::ToConfirm
        },
        refusal: None,
        assured_until: form.assured_until,
        role_title: form.role_title.clone(),
        objectives: form.objectives.clone(),
        language: form.language.unwrap_or(default),
        revision: 0,
    });
    faults.into_result(application).map_err(AppError::Fields)
}

fn check_dates(faults: &Faults, round: &Round, form: &SignUp) -> Vec<NaiveDate> {
    let known: BTreeSet<NaiveDate> = round.dates.iter().copied().collect();
    if form.dates.is_empty() {
        faults.add("/dates", "", "must name at least one day");
    }
    for (n, day) in form.dates.iter().enumerate() {
        if !known.contains(day) {
            faults.add(format!("/dates/{n}"), day, "is no placement day of this round");
        }
        if form.dates[..n].contains(day) {
            faults.add(format!("/dates/{n}"), day, "stands here twice");
        }
        if let Some(pattern) = form.pattern.as_ref().filter(|pattern| pattern.on(*day).is_none()) {
            faults.add(format!("/dates/{n}"), day, pattern.day_off(*day));
        }
    }
    if let Some(pattern) = &form.pattern {
        pattern.check("/pattern", faults);
    }
    for day in form.hours.keys().filter(|day| !form.dates.contains(day)) {
        faults.add(format!("/hours/{day}"), day, "is not among the dates");
    }
    let mut dates = form.dates.clone();
    dates.sort_unstable();
    dates
}

/// Which of a joint library's employers: the one named, the one that knows the address, the manager's, the only one.
fn choose_employer(faults: &Faults, form: &SignUp, employers: &[Employer]) -> Option<Employer> {
    if let Some(name) = &form.employer {
        let named = employers.iter().find(|employer| employer.name == *name).cloned();
        if named.is_none() {
            let names: Vec<&str> = employers.iter().map(|employer| employer.name.as_str()).collect();
            faults.add("/employer", name, format!("must be one of the library's: {}", names.join(", ")));
        }
        return named;
    }
    let knows = |address: &Email| {
        let mut known = employers.iter().filter(|employer| employer.vouches_for(address));
        known.next().filter(|_| known.next().is_none()).cloned()
    };
    let chosen = knows(&form.email).or_else(|| knows(&form.manager_email)).or_else(|| match employers {
        [only] => Some(only.clone()),
        [] | [_, _, ..] => None,
    });
    if chosen.is_none() {
        let names: Vec<&str> = employers.iter().map(|employer| employer.name.as_str()).collect();
        faults.add("/employer", "", format!("is required at this library: one of {}", names.join(", ")));
    }
    chosen
}

//! Applications: the open sign-up, one's own application, the manager's release, and who the manager is.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::json;

use super::app::{Now, own_employer, permit, record};
use super::load::{find_library, get_applicant, get_library, get_round};
use super::notices::{self, Case};
use super::page::{Page, Paged};
use super::rounds::load as load_round;
use super::{App, AppError};
use crate::domain::application::{Application, Hours, Person};
use crate::domain::email::Email;
use crate::domain::fault::Faults;
use crate::domain::ids::{ApplicationId, PersonId, RoundId};
use crate::domain::link::Purpose;
use crate::domain::organisation::Employer;
use crate::domain::permissions::{Action, Actor, Role, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::sector::Sector;
use crate::domain::states::{ApplicationState, LibraryStatus, ManagerTrust};
use crate::domain::tag::Tag;
use crate::domain::text::Name;
use crate::store::{Db, Tx, applications, links, organisations, placements, rounds};

pub use crate::store::applications::Applicant;

/// What somebody asks for at sign-up. Libraries are named by id or by reference.
#[derive(Debug, Clone)]
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
    pub needs: Vec<Tag>,
    /// Libraries never to be sent to.
    pub avoid: Vec<String>,
    /// Hours on days that are not worked whole.
    pub hours: Hours,
    /// Until when the employer assures that vetting exists.
    pub assured_until: Option<NaiveDate>,
    /// Role in words.
    pub role_title: Option<Name>,
    /// What the person hopes to learn.
    pub objectives: Option<String>,
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
/// `already-exists`, and `not-found` for a home library that is not its employer's.
pub fn sign_up(app: &App, actor: &Actor, round: RoundId, form: &SignUp) -> Result<SignedUp, AppError> {
    let own = own_employer(actor, Action::SignUp)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let round = load_round(tx, actor, round)?;
        round.admit_sign_up(now.today(round.time_zone))?;
        let mut application = check(tx, &round, form, &now)?;
        if own.is_some_and(|own| own != application.employer) {
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
        application.priority = applications::rounds_unplaced(tx, person.id)?;
        match applications::find_live(tx, round.id, person.id)? {
            None => {
                applications::insert(tx, &application, now.utc())?;
                settle_sign_up(tx, &now, actor, form, Applicant { application, person })
            }
            Some(live) if actor.role != Role::Anyone => {
                let mut words = format!("this person is signed up for the round “{}” already", round.name);
                // The id of what another employer made is none of this one's business.
                if own.is_none_or(|own| own == live.employer) {
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
                settle_sign_up(tx, &now, actor, form, applicant)
            }
            Some(live) => {
                notices::already_signed_up(tx, &now, &Applicant { application: live, person })?;
                Ok(SignedUp::Answered)
            }
        }
    })
}

/// What follows when an application was written: name, needs, audit, mail.
fn settle_sign_up(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    form: &SignUp,
    applicant: Applicant,
) -> Result<SignedUp, AppError> {
    let application = &applicant.application;
    applications::replace_needs(tx, application.id, &form.needs)?;
    let details =
        json!({ "round": application.round.to_string(), "manager": application.manager_trust.as_str() });
    record(tx, now, actor, Action::SignUp, ("application", &application.id), &details)?;
    notices::verify_address(tx, now, &applicant)?;
    Ok(match actor.role {
        Role::Anyone => SignedUp::Answered,
        Role::Operator
        | Role::Organiser
        | Role::LibraryAdministrator
        | Role::Hr
        | Role::Manager
        | Role::HostContact
        | Role::Participant
        | Role::System => SignedUp::Made(Box::new(applicant)),
    })
}

/// Checks a form against the round and the libraries; all faults at once.
fn check(db: &mut Db, round: &Round, form: &SignUp, now: &Now) -> Result<Application, AppError> {
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
        refusal_reason: None,
        assured_until: form.assured_until,
        role_title: form.role_title.clone(),
        objectives: form.objectives.clone(),
        language: "en".to_owned(),
        priority: 0,
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

/// An application with its person and its home library's employers.
///
/// # Errors
/// `not-found` also for a foreign one, `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: ApplicationId) -> Result<Applicant, AppError> {
    app.store.read(|db| {
        let applicant = get_applicant(db, id)?;
        permit_on(db, actor, Action::ReadApplication, &applicant)?;
        Ok(applicant)
    })
}

/// Asks the table about an application: it belongs to its holder and to its home library's employers.
pub(super) fn permit_on(
    db: &mut Db,
    actor: &Actor,
    action: Action,
    applicant: &Applicant,
) -> Result<(), AppError> {
    let application = &applicant.application;
    let home = get_library(db, application.home)?;
    let subject = Subject { employers: home.employers, application: Some(application.id), placement: None };
    permit(actor, action, &subject, ("application", &application.id))
}

/// A page of a round's applications: all for organisers, one's own libraries' for administrators.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    round: RoundId,
    page: &Page<ApplicationId>,
) -> Result<Paged<Applicant, ApplicationId>, AppError> {
    let own = own_employer(actor, Action::ReadApplication)?;
    app.store.read(|db| {
        load_round(db, actor, round)?;
        let found = applications::list_page(db, round, own, page.after, page.fetch())?;
        Ok(page.cut(found, |applicant| applicant.application.id))
    })
}

/// Proves the address of an application and, where the manager is known, asks for release.
///
/// # Errors
/// `application-state`.
pub(super) fn verify(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut applicant: Applicant,
) -> Result<Applicant, AppError> {
    permit_on(tx, actor, Action::VerifyAddress, &applicant)?;
    let round = get_round(tx, applicant.application.round)?;
    round.admit_sign_up(now.today(round.time_zone))?;
    applicant.application.verify()?;
    applications::save(tx, &applicant.application, now.utc())?;
    applicant.person.name = applicant.application.name.clone();
    applications::save_person_name(tx, &applicant.person)?;
    let id = applicant.application.id;
    record(tx, now, actor, Action::VerifyAddress, ("application", &id), &json!({}))?;
    rounds::bump_revision(tx, applicant.application.round)?;
    ask_manager(tx, now, &applicant)?;
    Ok(applicant)
}

/// Writes to the manager where release is required and somebody vouches for the address.
fn ask_manager(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    let round = get_round(tx, applicant.application.round)?;
    if round.release_required && applicant.application.may_ask_manager() {
        notices::release_request(tx, now, applicant)?;
    }
    Ok(())
}

/// The library's administrator says whether the manager's address is the manager's.
///
/// # Errors
/// `not-found`, `forbidden`, `application-state`.
pub fn judge_manager(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    trust: ManagerTrust,
) -> Result<Applicant, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let mut applicant = get_applicant(tx, id)?;
        // At a joint library the other employer cannot say who manages this one's staff.
        let subject = Subject::of_employers(&[applicant.application.employer]);
        permit(actor, Action::ConfirmManager, &subject, ("application", &id))?;
        applicant.application.judge_manager(trust)?;
        applications::save(tx, &applicant.application, now.utc())?;
        let details = json!({ "manager": trust.as_str() });
        record(tx, &now, actor, Action::ConfirmManager, ("application", &id), &details)?;
        if !get_round(tx, applicant.application.round)?.release_required {
            // Whoever is not released yet is matched only if the manager can be asked.
            rounds::bump_revision(tx, applicant.application.round)?;
        }
        ask_manager(tx, &now, &applicant)?;
        Ok(applicant)
    })
}

/// The manager's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes, for these days; none named means all asked for.
    Release(Vec<NaiveDate>),
    /// No, with a reason for the organisers.
    Refuse(String),
}

/// Takes the manager's decision.
pub(super) fn decide_release(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut applicant: Applicant,
    decision: &Decision,
) -> Result<Applicant, AppError> {
    permit_on(tx, actor, Action::DecideRelease, &applicant)?;
    let round = get_round(tx, applicant.application.round)?;
    if !round.takes_releases() {
        return Err(Refusal::new(
            RefusalCode::TooLate,
            format!("the round “{}” is {}: its places are given", round.name, round.state),
        )
        .into());
    }
    let application = &mut applicant.application;
    match decision {
        Decision::Release(days) if days.is_empty() => {
            let all = application.dates.clone();
            application.release(&all)?;
        }
        Decision::Release(days) => {
            if let Some(day) = days.iter().find(|day| !application.dates.contains(day)) {
                return Err(AppError::field("/dates", day, "is not among the days asked for"));
            }
            application.release(days)?;
        }
        Decision::Refuse(reason) => application.refuse_release(reason.clone())?,
    }
    applications::save(tx, application, now.utc())?;
    let id = application.id;
    let details = json!({ "state": application.state.as_str(), "days": application.released_dates.len() });
    record(tx, now, actor, Action::DecideRelease, ("application", &id), &details)?;
    rounds::bump_revision(tx, applicant.application.round)?;
    if applicant.application.state == ApplicationState::Refused {
        notices::unplaced(tx, now, &applicant, notices::NOT_RELEASED)?;
    }
    Ok(applicant)
}

/// Takes an application back. A placement that stands is called off, and those involved are told.
///
/// # Errors
/// `not-found`, `forbidden`, `application-state`.
pub fn withdraw(app: &App, actor: &Actor, id: ApplicationId) -> Result<Applicant, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let applicant = get_applicant(tx, id)?;
        withdraw_in(tx, &now, actor, applicant)
    })
}

/// As [`withdraw`], within a transaction.
pub(super) fn withdraw_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    mut applicant: Applicant,
) -> Result<Applicant, AppError> {
    permit_on(tx, actor, Action::WithdrawApplication, &applicant)?;
    applicant.application.withdraw()?;
    applications::save(tx, &applicant.application, now.utc())?;
    let id = applicant.application.id;
    record(tx, now, actor, Action::WithdrawApplication, ("application", &id), &json!({}))?;
    rounds::bump_revision(tx, applicant.application.round)?;
    if let Some(mut placement) = placements::find_live_of_application(tx, id)? {
        let before = placement.state;
        placement.cancel()?;
        placements::save(tx, &mut placement, now.utc())?;
        let details = json!({ "because": "application withdrawn" });
        record(tx, now, actor, Action::CancelPlacement, ("placement", &placement.id), &details)?;
        let host = get_library(tx, placement.host)?;
        let case = Case { applicant: applicant.clone(), host, placement };
        notices::cancelled(tx, now, &case, before, "The participant can no longer take part.")?;
    }
    Ok(applicant)
}

//! Applications: one's own application, and who its manager is. How they are made: [`super::sign_up`]; how they are
//! released: [`super::releases`].

use serde_json::json;

use super::app::{Now, own_employers_in, permit, record};
use super::load::{get_applicant, get_library, get_round};
use super::notices::{self, Case};
use super::page::{Page, Paged};
use super::placements::note_elsewhere;
use super::refills;
use super::rounds::load as load_round;
use super::swaps::overtake;
use super::{App, AppError};
use crate::domain::application::Application;
use crate::domain::deadlines::local;
use crate::domain::ids::{ApplicationId, RoundId};
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::states::{AlternativeState, ManagerTrust};
use crate::domain::told::Told;
use crate::store::{Db, Tx, alternatives, applications, employments, erasure, outbox, placements, rounds};

pub use crate::store::applications::Applicant;

/// An application with its person and its home library's employers.
///
/// # Errors
/// `not-found` also for a foreign one, `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: ApplicationId) -> Result<Applicant, AppError> {
    app.store.read(|db| {
        let mut applicant = get_applicant(db, id)?;
        permit_on(db, actor, Action::ReadApplication, &applicant)?;
        veil(db, actor, std::slice::from_mut(&mut applicant))?;
        Ok(applicant)
    })
}

/// Whether a publication brought something to an application that this actor may not know of yet: its mails are held.
pub(super) fn is_untold(
    db: &mut Db,
    actor: &Actor,
    (round, id): (RoundId, ApplicationId),
) -> Result<bool, AppError> {
    Ok(!knows_untold(actor, round) && !outbox::list_untold(db, &[id])?.is_empty())
}

/// Whether an actor knows of what is published before its mails go: whoever reads these mails.
fn knows_untold(actor: &Actor, round: RoundId) -> bool {
    actor.may(Action::ReadHeldMails, &Subject::of_round(round)).is_ok()
}

/// Shows applications whose mails are held as they were before the publication, to everybody but organisers.
pub(super) fn veil(db: &mut Db, actor: &Actor, applicants: &mut [Applicant]) -> Result<(), AppError> {
    let mut applicants: Vec<&mut Applicant> =
        applicants.iter_mut().filter(|applicant| !knows_untold(actor, applicant.application.round)).collect();
    let ids: Vec<ApplicationId> = applicants.iter().map(|applicant| applicant.application.id).collect();
    let untold = outbox::list_untold(db, &ids)?;
    for applicant in applicants.iter_mut().filter(|applicant| untold.contains(&applicant.application.id)) {
        applicant.application.undo_publication();
    }
    Ok(())
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
    let subject = Subject {
        employers: home.employers,
        round: Some(application.round),
        application: Some(application.id),
        placement: None,
    };
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
    let own = own_employers_in(actor, Action::ReadApplication, round)?;
    app.store.read(|db| {
        load_round(db, actor, round)?;
        let mut found = applications::list_page(db, round, own.as_deref(), page.after, page.fetch())?;
        veil(db, actor, &mut found)?;
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
    // Not before the address is proven: a stranger's sign-up does not bring back who was erased.
    erasure::reunite(tx, &applicant.person)?;
    let Application { person, employer, .. } = applicant.application;
    for employment in employments::list_of_person(tx, person, employer, now.today(round.time_zone))? {
        applicant.application.complete(&employment);
    }
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

/// Takes an application back. A placement that stands is called off, and those involved are told.
///
/// # Errors
/// `not-found`, `forbidden`, `application-state`; `placement-state` and `too-late` where its day has been.
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
    notices::withdrawn(tx, now, &applicant)?;
    refills::forget_reserve(tx, now, actor, &applicant)?;
    if let Some(mut placement) = placements::find_live_of_application(tx, id)? {
        let before = placement.state;
        placement.cancel(local(now.at, placement.time_zone))?;
        placements::save(tx, &mut placement, now.utc())?;
        let details = json!({ "because": "application withdrawn" });
        record(tx, now, actor, Action::CancelPlacement, ("placement", &placement.id), &details)?;
        note_elsewhere(tx, &[&placement])?;
        alternatives::settle(tx, placement.id, AlternativeState::Lapsed, now.utc())?;
        overtake(tx, now, actor, &placement)?;
        let host = get_library(tx, placement.host)?;
        let case = Case { applicant: applicant.clone(), host, placement };
        notices::cancelled(tx, now, &case, before, Told::ParticipantLeaves)?;
    }
    Ok(applicant)
}

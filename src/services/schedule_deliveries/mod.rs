//! Standing deliveries of an employer's schedule: HR says what is delivered, when and whereto, and sees what came of each
//! dispatch. Told in docs/deliveries.md.
//!
//! A file is made and recorded in one step (`making`), in whose transaction its mail or its webhooks' messages are enqueued;
//! only a folder is written afterwards (`folder`), from the bytes that are recorded.

mod folder;
mod making;
mod told;

use chrono::Duration;
use serde_json::json;

use super::app::{own_employers, permit, record};
use super::page::{Page, Paged};
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::fault::{Faults, Rule};
use crate::domain::ids::{EmployerId, ScheduleDeliveryId, ScheduleDispatchId};
use crate::domain::organisation::Employer;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::schedule_delivery::{
    Destination, Dispatch, DispatchFailure, DispatchFile, DispatchState, ScheduleDelivery, Terms,
};
use crate::store::{Db, organisations, schedule_deliveries, schedule_dispatches, webhooks};

pub use folder::{Parcel, Put, list_waiting, parcel, settle};
pub use making::{dispatch_due, list_due};
pub(super) use told::{file_letter, not_delivered_letter};

/// Deliveries of one employer.
const MOST: usize = 10;
/// For how long a file can be fetched, after it was made.
const FILES_KEPT: Duration = Duration::days(14);
/// For how long it is told what came of a dispatch.
const DISPATCHES_KEPT: Duration = Duration::days(365);

/// Refuses what cannot be delivered as it is wanted; every fault at once.
fn check(app: &App, db: &mut Db, employer: &Employer, terms: &Terms) -> Result<(), AppError> {
    let faults = Faults::none();
    if let Some(unit) = terms.what.unit
        && organisations::find_library(db, unit)?.is_none()
    {
        faults.add("/unit", unit, "there is no such library");
    }
    match &terms.to {
        Destination::Mail(address) if !employer.vouches_for(address) => {
            let rule = "must be named in the employer's directory or be under one of its domains: names of staff go there";
            faults.add("/address", address.as_str(), rule);
        }
        Destination::Folder if app.settings.export_folder.is_none() => {
            let rule =
                "the operators of this service have named no folder (`exports.folder`): take another way";
            faults.add("/way", terms.to.way(), rule);
        }
        Destination::Webhook if webhooks::list(db, employer.id, None, 1)?.is_empty() => {
            let rule = "the employer has no webhook: register one first";
            faults.add("/way", terms.to.way(), rule);
        }
        Destination::Mail(_) | Destination::Folder | Destination::Webhook => {}
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

fn get_employer(db: &mut Db, id: EmployerId) -> Result<Employer, AppError> {
    organisations::find_employer(db, id)?.ok_or_else(|| AppError::not_found("employer", id))
}

/// A delivery within the actor's reach.
fn load(
    db: &mut Db,
    actor: &Actor,
    action: Action,
    id: ScheduleDeliveryId,
) -> Result<ScheduleDelivery, AppError> {
    let own = own_employers(actor, action)?;
    schedule_deliveries::find(db, id, own.as_deref())?
        .ok_or_else(|| AppError::not_found("schedule delivery", id))
}

/// What the audit says of a delivery. Not the address: it may be somebody's.
fn details(terms: &Terms) -> serde_json::Value {
    json!({
        "contents": terms.what.contents.kind().as_str(), "format": terms.what.format.as_str(),
        "profile": terms.what.profile, "way": terms.to.way().as_str(),
    })
}

/// Has an employer's schedule delivered from now on.
///
/// # Errors
/// `invalid-fields` for a library that there is not, an address for which the employer does not vouch, a way that is not open,
/// and for too many deliveries; `not-found`, also for somebody else's employer; `forbidden`.
pub fn create(
    app: &App,
    actor: &Actor,
    employer: EmployerId,
    terms: &Terms,
) -> Result<ScheduleDelivery, AppError> {
    let subject = Subject::of_employers(&[employer]);
    permit(actor, Action::ManageScheduleDeliveries, &subject, ("employer", &employer))?;
    let now = app.now()?;
    let delivery = ScheduleDelivery {
        id: ScheduleDeliveryId::new(now.id("schedule delivery")),
        employer,
        terms: terms.clone(),
        created_at: now.utc(),
        next_due_at: terms.times.next_after(now.at).naive_utc(),
        last_number: 0,
        read: None,
    };
    app.store.write(|tx| {
        let known = get_employer(tx, employer)?;
        check(app, tx, &known, terms)?;
        let most = i64::try_from(MOST).unwrap_or(i64::MAX);
        if schedule_deliveries::list(tx, employer, None, most)?.len() >= MOST {
            let rule = Rule::new(format!(
                "is one too many: an employer has at most {MOST} deliveries; take another away first"
            ));
            return Err(AppError::field("", "", rule));
        }
        schedule_deliveries::insert(tx, &delivery)?;
        let mut details = details(terms);
        details["made"] = json!(true);
        details["employer"] = json!(employer.to_string());
        let action = Action::ManageScheduleDeliveries;
        record(tx, &now, actor, action, ("schedule_delivery", &delivery.id), &details)
    })?;
    Ok(delivery)
}

/// A page of an employer's deliveries.
///
/// # Errors
/// `not-found`, also for somebody else's employer; `forbidden`.
pub fn list(
    app: &App,
    actor: &Actor,
    employer: EmployerId,
    page: &Page<ScheduleDeliveryId>,
) -> Result<Paged<ScheduleDelivery, ScheduleDeliveryId>, AppError> {
    let subject = Subject::of_employers(&[employer]);
    permit(actor, Action::ReadScheduleDeliveries, &subject, ("employer", &employer))?;
    app.store.read(|db| {
        get_employer(db, employer)?;
        let found = schedule_deliveries::list(db, employer, page.after, page.fetch())?;
        Ok(page.cut(found, |delivery| delivery.id))
    })
}

/// A delivery.
///
/// # Errors
/// `not-found`, also for somebody else's; `forbidden`.
pub fn get(app: &App, actor: &Actor, id: ScheduleDeliveryId) -> Result<ScheduleDelivery, AppError> {
    app.store.read(|db| load(db, actor, Action::ReadScheduleDeliveries, id))
}

/// Replaces what is delivered, when and whereto. Where more than the times is another, it begins anew with everything: its
/// receiver has the rows of another order, or is another one. A file that still waits for the folder does not go then.
///
/// # Errors
/// As for [`create`]; `changed-since`, `if-match-required`.
pub fn replace(
    app: &App,
    actor: &Actor,
    id: ScheduleDeliveryId,
    terms: &Terms,
    seen: &Seen<ScheduleDelivery>,
) -> Result<ScheduleDelivery, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let before = load(tx, actor, Action::ManageScheduleDeliveries, id)?;
        seen.admit(&before)?;
        let employer = get_employer(tx, before.employer)?;
        check(app, tx, &employer, terms)?;
        if before.terms == *terms {
            return Ok(before);
        }
        let begins_anew = before.terms.what != terms.what || before.terms.to != terms.to;
        if begins_anew && let Some(waiting) = schedule_dispatches::find_waiting(tx, id)? {
            let overtaken = Dispatch {
                state: DispatchState::Failed,
                failure: Some(DispatchFailure::Overtaken),
                settled_at: Some(now.utc()),
                ..waiting
            };
            schedule_dispatches::save(tx, &overtaken)?;
        }
        let after = ScheduleDelivery {
            terms: terms.clone(),
            next_due_at: terms.times.next_after(now.at).naive_utc(),
            read: before.read.filter(|_| !begins_anew),
            ..before
        };
        schedule_deliveries::save(tx, &after)?;
        let mut details = details(terms);
        details["begins_anew"] = json!(begins_anew);
        record(tx, &now, actor, Action::ManageScheduleDeliveries, ("schedule_delivery", &id), &details)?;
        Ok(after)
    })
}

/// Takes a delivery away with all that is told of its dispatches, but what the audit says of them.
///
/// # Errors
/// As for [`get`].
pub fn delete(app: &App, actor: &Actor, id: ScheduleDeliveryId) -> Result<(), AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        load(tx, actor, Action::ManageScheduleDeliveries, id)?;
        schedule_deliveries::delete(tx, id)?;
        let details = json!({ "deleted": true });
        record(tx, &now, actor, Action::ManageScheduleDeliveries, ("schedule_delivery", &id), &details)
    })
}

/// Delivers now, without waiting for the next time.
///
/// # Errors
/// `schedule-delivery-state` while a file still waits for its folder, and where somebody else was faster; as for [`get`].
pub fn dispatch(
    app: &App,
    actor: &Actor,
    id: ScheduleDeliveryId,
) -> Result<(ScheduleDelivery, Dispatch), AppError> {
    let refused = |words: &str| AppError::from(Refusal::new(RefusalCode::ScheduleDeliveryState, words));
    let (delivery, waiting) = app.store.read(|db| {
        let delivery = load(db, actor, Action::ManageScheduleDeliveries, id)?;
        let waiting = schedule_dispatches::find_waiting(db, id)?;
        Ok::<_, AppError>((delivery, waiting))
    })?;
    if let Some(waiting) = waiting {
        return Err(refused(&format!(
            "the file number {} still waits for its folder: the next one begins where it ends",
            waiting.number
        )));
    }
    let made = making::dispatch(app, (actor, Action::ManageScheduleDeliveries), &delivery)?;
    let made = made
        .ok_or_else(|| refused("it was delivered or changed by somebody else just now: look at it again"))?;
    Ok((delivery, made))
}

/// A page of a delivery's dispatches, oldest first.
///
/// # Errors
/// As for [`get`].
pub fn list_dispatches(
    app: &App,
    actor: &Actor,
    id: ScheduleDeliveryId,
    page: &Page<ScheduleDispatchId>,
) -> Result<(ScheduleDelivery, Paged<Dispatch, ScheduleDispatchId>), AppError> {
    app.store.read(|db| {
        let delivery = load(db, actor, Action::ReadScheduleDeliveries, id)?;
        let found = schedule_dispatches::list(db, id, page.after, page.fetch())?;
        Ok((delivery, page.cut(found, |dispatch| dispatch.id)))
    })
}

/// The file of a dispatch, for whoever may take the schedule.
///
/// # Errors
/// `not-found`, also after it was taken away, and for somebody else's; `forbidden`.
pub fn file(
    app: &App,
    actor: &Actor,
    (id, dispatch): (ScheduleDeliveryId, ScheduleDispatchId),
) -> Result<DispatchFile, AppError> {
    app.store.read(|db| {
        load(db, actor, Action::ExportSchedule, id)?;
        let found = schedule_dispatches::find(db, dispatch)?.filter(|found| found.delivery == id);
        found.ok_or_else(|| AppError::not_found("dispatch", dispatch))?;
        schedule_dispatches::find_file(db, dispatch)?
            .ok_or_else(|| AppError::not_found("file of the dispatch", dispatch))
    })
}

/// Forgets files, and later what came of dispatches.
///
/// # Errors
/// The database's.
pub fn forget_old(app: &App) -> Result<(), AppError> {
    let now = app.clock.now_utc();
    let before = (now - FILES_KEPT, now - DISPATCHES_KEPT);
    app.store.write_queue(|tx| Ok(schedule_dispatches::forget_old(tx, before)?))
}

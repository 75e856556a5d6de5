//! Who reads access needs, and the ledger of it. Matching uses the tags without anybody reading them.

use serde_json::json;

use super::app::{Now, record};
use super::applications::permit_on as permit_on_application;
use super::load::get_applicant;
use super::notices::Case;
use super::placements::{get_case, permit_on};
use super::{App, AppError};
use crate::domain::access_needs::admit_reading;
use crate::domain::ids::{ApplicationId, PlacementId, ReadingId};
use crate::domain::link::{Link, Purpose};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::files;
use crate::store::{Db, Tx, access_needs};

pub use crate::domain::access_needs::{AccessNeeds, Reading, WhatWasRead};

/// The access needs of a visitor, for those who act on them, once everybody has said yes. The ledger says who read.
///
/// # Errors
/// `placement-state` before and after; `not-found`, `forbidden`, `unauthenticated`.
pub fn read(app: &App, actor: &Actor, id: PlacementId) -> Result<AccessNeeds, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        read_in(tx, &now, actor, &case)
    })
}

/// As [`read`], within a transaction.
pub(super) fn read_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &Case,
) -> Result<AccessNeeds, AppError> {
    permit_on(actor, Action::ReadAccessNeeds, case)?;
    admit_reading(&case.placement)?;
    let Some(needs) = access_needs::find(tx, case.placement.application)? else {
        return Ok(AccessNeeds::default());
    };
    note(tx, now, actor, &[case.placement.application], WhatWasRead::Needs)?;
    record(tx, now, actor, Action::ReadAccessNeeds, ("placement", &case.placement.id), &json!({}))?;
    Ok(needs)
}

/// Writes into the ledger that somebody has read the needs of these applications.
pub(super) fn note(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    applications: &[ApplicationId],
    what: WhatWasRead,
) -> Result<(), AppError> {
    let reading = |application: &ApplicationId| Reading {
        id: ReadingId::new(now.id(&format!("reading {application}"))),
        application: *application,
        at: now.utc(),
        reader: actor.name.clone(),
        role: actor.role,
        on_behalf_of: actor.on_behalf_of.map(|whom| whom.to_string()),
        what,
    };
    let readings: Vec<Reading> = applications.iter().map(reading).collect();
    Ok(access_needs::insert_readings(tx, &readings)?)
}

/// Writes into the ledger that somebody has taken a round file, which has the tags of these people.
pub(super) fn note_file(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    file: &files::Round,
) -> Result<(), AppError> {
    let with_needs = file.staff.iter().filter(|person| !person.needs.is_empty());
    let ids: Vec<ApplicationId> = with_needs.filter_map(|person| person.id.parse().ok()).collect();
    note(tx, now, actor, &ids, WhatWasRead::RoundFile)
}

/// One's own needs, and who has read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNeeds {
    /// What was said.
    pub needs: AccessNeeds,
    /// Every reading, oldest first.
    pub readings: Vec<Reading>,
}

/// What a participant has said of their needs, and who has read it.
///
/// # Errors
/// `not-found` also for a foreign one, `forbidden`, `unauthenticated`.
pub fn of_own(app: &App, actor: &Actor, id: ApplicationId) -> Result<OwnNeeds, AppError> {
    app.store.read(|db| {
        let applicant = get_applicant(db, id)?;
        permit_on_application(db, actor, Action::ReadOwnNeeds, &applicant)?;
        let needs = access_needs::find(db, id)?.unwrap_or_default();
        Ok(OwnNeeds { needs, readings: access_needs::list_readings(db, id)? })
    })
}

/// What a link's page tells of access needs.
#[derive(Debug, Clone, Default)]
pub struct NeedsOnPage {
    /// Whether there are any, for those whom they concern.
    pub are_there: bool,
    /// For the host, once it has asked for them by a button.
    pub shown: Option<AccessNeeds>,
    /// For the participant: who has read them.
    pub readings: Vec<Reading>,
}

/// What the page of a link tells of access needs before anybody asks: never what they are.
pub(super) fn on_page(db: &mut Db, link: &Link) -> Result<NeedsOnPage, AppError> {
    let nothing = NeedsOnPage::default();
    match (link.purpose, link.party) {
        (Purpose::Verify | Purpose::Release | Purpose::Offer, _) | (_, Party::Manager) => Ok(nothing),
        (Purpose::Answer | Purpose::Application, party) => {
            let are_there = access_needs::are_there(db, link.application)?;
            let readings = match party {
                Party::Participant => access_needs::list_readings(db, link.application)?,
                Party::Host | Party::Manager => Vec::new(),
            };
            Ok(NeedsOnPage { are_there, readings, ..nothing })
        }
    }
}

//! What is told before a visit, on its day and after it.

use chrono::{Datelike, NaiveDate};

use super::hr::for_hr;
use super::packs::drop_pack;
use super::placements::{is_invited, next_identity};
use super::{Case, DEPUTY_THREAD, Event, Facts, Recipient, key_of, tell_in, tell_of, thread_of_placement};
use crate::domain::ids::PlacementId;
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::{Tx, outbox};

/// The two who spend the day. Managers have their calendar and are not reminded of somebody else's day.
pub const VISITING: [Party; 2] = [Party::Participant, Party::Host];

/// The version of a reminder: the day on whose morning it is due.
fn version_of(due: NaiveDate) -> i64 {
    i64::from(due.num_days_from_ce())
}

/// The key under which a reminder that is due on a day was enqueued, if it was.
pub fn key_of_reminder(placement: PlacementId, party: Party, due: NaiveDate) -> String {
    key_of(&thread_of_placement(placement, party), NoticeKind::Reminder, version_of(due))
}

/// The key under which a party was asked how the day was.
pub fn key_of_feedback_request(placement: PlacementId, party: Party) -> String {
    key_of(&thread_of_placement(placement, party), NoticeKind::FeedbackRequest, 0)
}

/// Reminds a party of a visit: once for each day on which that is due. False when it was done, or nobody can be told.
///
/// # Errors
/// The database's.
pub fn reminder(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    party: Party,
    due: NaiveDate,
) -> Result<bool, AppError> {
    tell(tx, now, case, party, NoticeKind::Reminder, version_of(due))
}

/// Asks a party how the day was; the host also who came. Once; false as for [`reminder`].
///
/// # Errors
/// The database's.
pub fn feedback_request(tx: &mut Tx<'_>, now: &Now, case: &Case, party: Party) -> Result<bool, AppError> {
    tell(tx, now, case, party, NoticeKind::FeedbackRequest, 0)
}

fn tell(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    party: Party,
    kind: NoticeKind,
    version: i64,
) -> Result<bool, AppError> {
    let facts = Facts { acquainted: true, ..Facts::default() };
    match case.recipients().iter().find(|recipient| recipient.party == party) {
        Some(recipient) => tell_of(tx, now, case, recipient, (kind, version), &facts),
        None => Ok(false),
    }
}

/// Tells at once that the participant is ill: all three and the host's deputy, with where to ring, and takes the day out
/// of calendars.
///
/// # Errors
/// The database's.
pub fn ill(tx: &mut Tx<'_>, now: &Now, case: &Case) -> Result<(), AppError> {
    drop_pack(tx, now, case)?;
    let what = (NoticeKind::Ill, case.placement.revision);
    for recipient in case.recipients() {
        let mut facts = Facts { acquainted: true, event: Some(Event::Cancelled), ..Facts::default() };
        if is_invited(recipient.party) {
            facts.sequence = Some(next_identity(tx, now, case, recipient.party)?.sequence);
        }
        tell_of(tx, now, case, &recipient, what, &facts)?;
    }
    if let Some(deputy) = &case.host.deputy {
        // A thread of its own: in the contact's, the two mails would take each other's place. Nobody invited the deputy.
        let thread = thread_of_placement(case.placement.id, Party::Host) + DEPUTY_THREAD;
        let facts = Facts { acquainted: true, ..Facts::default() };
        tell_in(tx, now, case, thread, &Recipient::host(deputy), what, &facts)?;
    }
    for_hr(tx, now, case, NoticeKind::Cancelled, &Facts::default())
}

/// Drops the reminders of a visit that have not left, now that somebody has marked what came of it.
///
/// # Errors
/// The database's.
pub fn stop_reminding_of_day(tx: &mut Tx<'_>, now: &Now, id: PlacementId) -> Result<(), AppError> {
    for party in VISITING {
        outbox::supersede_reminders(tx, &thread_of_placement(id, party), now.utc())?;
    }
    Ok(())
}

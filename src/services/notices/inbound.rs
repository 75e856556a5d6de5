//! What is told when a mail came in that cannot count.

use chrono::{DateTime, Duration};

use super::{Case, Facts, tell_of, thread_of_placement};
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::domain::states::PlacementState;
use crate::domain::told::Told;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::{Tx, outbox};

/// Most such mails to a party about a placement. With one a day it ends every loop of programs that answer each other.
const MOST: i64 = 5;

/// Sends the page on which an answer counts to whoever was invited, while there is something to answer; at most one a
/// day, and five in all.
///
/// # Errors
/// The database's.
pub fn confirm_reply(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    party: Party,
    why: Told,
) -> Result<(), AppError> {
    if !matches!(case.placement.state, PlacementState::Proposed | PlacementState::Confirmed) {
        // Whoever was invited has been told that it is over.
        return Ok(());
    }
    let thread = thread_of_placement(case.placement.id, party);
    let kind = NoticeKind::ConfirmReply;
    let ever = outbox::count_of_kind(tx, &thread, kind, DateTime::UNIX_EPOCH.naive_utc())?;
    let lately = outbox::count_of_kind(tx, &thread, kind, now.utc() - Duration::days(1))?;
    if lately > 0 || ever >= MOST {
        return Ok(());
    }
    let acquainted = case.placement.state == PlacementState::Confirmed;
    let facts = Facts { reason: Some(why), acquainted, ..Facts::default() };
    if let Some(recipient) = case.recipient(party) {
        tell_of(tx, now, case, &recipient, (kind, ever), &facts)?;
    }
    Ok(())
}

//! What is told when a round's deadlines move.

use chrono::DateTime;

use super::{Case, Facts, Recipient, tell_of, thread_of};
use crate::domain::letter::NoticeKind;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::deadlines::Asked;
use crate::store::{Tx, outbox};

/// Tells a party that was asked and has not answered until when it can now; the host's deputy too, who was asked in its
/// place. Reminders of it that have not left are overtaken: the mail says what they would.
///
/// # Errors
/// The database's.
pub fn deadline_moved(tx: &mut Tx<'_>, now: &Now, case: &Case, asked: &Asked) -> Result<(), AppError> {
    let thread = thread_of(&case.applicant, Some(&case.placement), asked.party);
    outbox::supersede_reminders(tx, &thread, now.utc())?;
    let mut recipients = case.recipients();
    recipients.retain(|recipient| recipient.party == asked.party);
    let deputy = case.host.deputy.as_ref().filter(|_| asked.is_deputy_asked);
    recipients.extend(deputy.map(Recipient::host));
    for recipient in &recipients {
        // A deadline may move again, and the deputy is told in the same thread.
        let ever = DateTime::UNIX_EPOCH.naive_utc();
        let version = outbox::count_of_kind(tx, &thread, NoticeKind::DeadlineMoved, ever)?;
        tell_of(tx, now, case, recipient, (NoticeKind::DeadlineMoved, version), &Facts::default())?;
    }
    Ok(())
}

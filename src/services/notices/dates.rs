//! What is told when a round's deadlines move.

use chrono::DateTime;

use super::{Case, Facts, Recipient, Telling, enqueue, thread_of};
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
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
    let about = (&case.applicant, Some(&case.placement));
    let thread = thread_of(&case.applicant, Some(&case.placement), asked.party);
    outbox::supersede_reminders(tx, &thread, now.utc())?;
    let mut recipients = case.recipients();
    recipients.retain(|recipient| recipient.party == asked.party);
    let deputy = case.host.deputy.as_ref().filter(|_| asked.is_deputy_asked);
    recipients.extend(deputy.map(|deputy| Recipient {
        party: Party::Host,
        name: deputy.name.clone(),
        address: deputy.email.clone(),
    }));
    for recipient in &recipients {
        // A deadline may move again, and the deputy is told in the same thread.
        let ever = DateTime::UNIX_EPOCH.naive_utc();
        let version = outbox::count_of_kind(tx, &thread, NoticeKind::DeadlineMoved, ever)?;
        let telling =
            Telling { kind: NoticeKind::DeadlineMoved, version, facts: &Facts::default(), run: None };
        enqueue(tx, now, recipient, about, &telling)?;
    }
    Ok(())
}

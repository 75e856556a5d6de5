//! The mails of deliveries: the file itself, and that one came to nothing. Looked up when they are written, as for every mail.

use serde_json::json;

use crate::domain::ids::{EmployerId, NoticeId, ScheduleDispatchId};
use crate::domain::letter::{Letter, NoticeKind};
use crate::domain::notice::Notice;
use crate::domain::organisation::Employer;
use crate::domain::party::Party;
use crate::domain::schedule_delivery::{Contents, Dispatch, DispatchOff, FileNews, ScheduleDelivery};
use crate::services::app::Now;
use crate::services::outbox::{about_no_case, facts_with};
use crate::services::{App, AppError};
use crate::store::{Db, Tx, organisations, outbox, schedule_deliveries, schedule_dispatches};

/// Tells an employer's HR that a dispatch came to nothing, where it did and it is known who that is.
pub(super) fn tell_failure(
    tx: &mut Tx<'_>,
    now: &Now,
    employer: EmployerId,
    dispatch: &Dispatch,
) -> Result<(), AppError> {
    let Some(address) = organisations::find_hr_address(tx, employer)?.filter(|_| dispatch.failure.is_some())
    else {
        return Ok(());
    };
    let id = NoticeId::new(now.id(&format!("schedule not delivered {}", dispatch.id)));
    let what = (NoticeKind::ScheduleNotDelivered, format!("schedule_not_delivered:{}", dispatch.id));
    let notice = Notice::queued(id, what, (Party::Manager, address), now.utc());
    let facts = json!({ "dispatch": dispatch.id.to_string() }).to_string();
    outbox::enqueue(tx, &Notice { facts, ..notice })?;
    Ok(())
}

/// A dispatch with its delivery and its employer; none where it was taken away.
fn found(
    db: &mut Db,
    id: ScheduleDispatchId,
) -> Result<Option<(Dispatch, ScheduleDelivery, Employer)>, AppError> {
    let Some(dispatch) = schedule_dispatches::find(db, id)? else { return Ok(None) };
    let Some(delivery) = schedule_deliveries::find(db, dispatch.delivery, None)? else { return Ok(None) };
    let employer = organisations::find_employer(db, delivery.employer)?;
    Ok(employer.map(|employer| (dispatch, delivery, employer)))
}

/// The letter that brings a file; none where the file was taken away.
///
/// # Errors
/// The database's.
pub(in crate::services) fn file_letter(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    notice: &Notice,
) -> Result<Option<Letter>, AppError> {
    let (_, id) = facts_with::<ScheduleDispatchId>(notice, "dispatch")?;
    let Some((dispatch, delivery, employer)) = found(tx, id)? else { return Ok(None) };
    let Some(file) = schedule_dispatches::find_file(tx, id)? else { return Ok(None) };
    let is_changes = delivery.terms.what.contents == Contents::Changes && dispatch.read_from.is_some();
    let language = employer.language.unwrap_or(app.settings.language);
    Ok(Some(Letter {
        schedule_file: Some(FileNews {
            delivery: delivery.id.to_string(),
            employer: employer.name.to_string(),
            is_changes,
            begins_anew: dispatch.begins_anew,
            rows: dispatch.rows,
            file,
        }),
        ..about_no_case(app, now, notice, language)
    }))
}

/// The letter that tells HR that a dispatch came to nothing; none where it was taken away.
///
/// # Errors
/// The database's.
pub(in crate::services) fn not_delivered_letter(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    notice: &Notice,
) -> Result<Option<Letter>, AppError> {
    let (_, id) = facts_with::<ScheduleDispatchId>(notice, "dispatch")?;
    let Some((dispatch, delivery, employer)) = found(tx, id)? else { return Ok(None) };
    let Some(failure) = dispatch.failure else { return Ok(None) };
    let language = employer.language.unwrap_or(app.settings.language);
    Ok(Some(Letter {
        not_delivered: Some(DispatchOff {
            delivery: delivery.id.to_string(),
            number: dispatch.number,
            failure,
        }),
        ..about_no_case(app, now, notice, language)
    }))
}

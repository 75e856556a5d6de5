//! Making a dispatch: the file, its record, and the mail or the messages that bring it, once for each time that is due.
//!
//! The file is read before the transaction, as every export is; the transaction then looks whether the delivery still is what
//! the file was made of. So of several workers one is first, and the others have read in vain.

use serde_json::json;

use super::told::tell_failure;
use crate::domain::ids::{NoticeId, ScheduleDispatchId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::Notice;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::RefusalCode;
use crate::domain::schedule::{Cursor, ScheduleRow};
use crate::domain::schedule_delivery::{
    Contents, Destination, Dispatch, DispatchFailure, DispatchState, FileFormat, FileMark, ScheduleDelivery,
};
use crate::files::canonical::sha256_hex;
use crate::services::app::{Now, permit_everywhere, record};
use crate::services::schedule::{self, Bom, MARK, Order, Profile, Reading, Which, changes};
use crate::services::{App, AppError};
use crate::store::{
    Tx, organisations, outbox, schedule_deliveries, schedule_dispatches, schedule_entries, webhook_messages,
};

/// Rows of a file: as a mail it has some 8 MB then, which most servers take.
const MOST_ROWS: usize = 20_000;
/// Deliveries of one step.
const MOST_DUE: i64 = 100;

/// What a file is made of.
struct Read {
    rows: Vec<ScheduleRow>,
    from: Option<i64>,
    to: i64,
    begins_anew: bool,
}

/// The deliveries that are due now.
///
/// # Errors
/// The database's.
pub fn list_due(app: &App, by: &str) -> Result<Vec<ScheduleDelivery>, AppError> {
    permit_everywhere(&Actor::worker(by), Action::DispatchSchedule)?;
    app.store.read(|db| Ok(schedule_deliveries::list_due(db, app.clock.now_utc(), MOST_DUE)?))
}

/// Delivers what is due; none where another worker was faster. Times that went by while no worker was there count once.
///
/// # Errors
/// The database's.
pub fn dispatch_due(app: &App, by: &str, delivery: &ScheduleDelivery) -> Result<Option<Dispatch>, AppError> {
    dispatch(app, (&Actor::worker(by), Action::DispatchSchedule), delivery)
}

/// Makes a dispatch; none where the delivery is not what it was any more.
pub(super) fn dispatch(
    app: &App,
    (actor, action): (&Actor, Action),
    delivery: &ScheduleDelivery,
) -> Result<Option<Dispatch>, AppError> {
    let now = app.now()?;
    let is_due = delivery.next_due_at <= now.utc();
    let due_at = if is_due { delivery.next_due_at } else { now.utc() };
    let number = delivery.last_number + 1;
    let read = read(app, &now, delivery)?;
    let is_news = read.as_ref().is_some_and(|read| {
        !read.rows.is_empty() || read.begins_anew || delivery.terms.what.contents != Contents::Changes
    });
    let file = match read.as_ref().filter(|_| is_news) {
        Some(read) => Some(write(app, delivery, &read.rows)?),
        None => None,
    };
    let id = ScheduleDispatchId::new(now.id("schedule dispatch"));
    let dispatch = Dispatch {
        id,
        delivery: delivery.id,
        number,
        due_at,
        made_at: now.utc(),
        settled_at: None,
        state: DispatchState::NothingChanged,
        failure: None,
        last_error: None,
        attempts: 0,
        next_attempt_at: now.utc(),
        rows: read.as_ref().map_or(0, |read| i64::try_from(read.rows.len()).unwrap_or(i64::MAX)),
        file: file.as_ref().map(|bytes| FileMark {
            name: name_of(delivery, number, due_at),
            bytes: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            sha256: sha256_hex(bytes),
        }),
        read_from: read.as_ref().and_then(|read| read.from),
        read_to: read.as_ref().map_or(delivery.read.unwrap_or(0), |read| read.to),
        begins_anew: read.as_ref().is_some_and(|read| read.begins_anew),
        notice: None,
    };
    app.store.write(|tx| {
        if schedule_deliveries::find(tx, delivery.id, None)?.as_ref() != Some(delivery) {
            return Ok(None);
        }
        let dispatch = if read.is_none() {
            failed(&dispatch, DispatchFailure::TooManyRows)
        } else if is_news {
            hand_over(tx, app, &now, delivery, &dispatch)?
        } else {
            dispatch.clone()
        };
        let is_waiting = dispatch.state == DispatchState::Waiting;
        let dispatch = Dispatch { settled_at: (!is_waiting).then(|| now.utc()), ..dispatch };
        let is_read = matches!(dispatch.state, DispatchState::Delivered | DispatchState::NothingChanged);
        let next = || delivery.terms.times.next_after(now.at).naive_utc();
        let after = ScheduleDelivery {
            last_number: number,
            next_due_at: if is_due { next() } else { delivery.next_due_at },
            read: if is_read { Some(dispatch.read_to) } else { delivery.read },
            ..delivery.clone()
        };
        // First of what two workers would both write: the slower one is made to begin again here, and finds it done.
        schedule_deliveries::save(tx, &after)?;
        schedule_dispatches::insert(tx, &dispatch, file.as_deref())?;
        tell_failure(tx, &now, delivery.employer, &dispatch)?;
        record(tx, &now, actor, action, ("schedule_dispatch", &id), &details(&dispatch))?;
        Ok(Some(dispatch))
    })
}

/// What the audit says of a dispatch.
pub(super) fn details(dispatch: &Dispatch) -> serde_json::Value {
    json!({
        "delivery": dispatch.delivery.to_string(), "number": dispatch.number, "state": dispatch.state.as_str(),
        "failure": dispatch.failure.map(DispatchFailure::as_str), "rows": dispatch.rows,
        "sha256": dispatch.file.as_ref().map(|file| &file.sha256),
    })
}

pub(super) fn failed(dispatch: &Dispatch, failure: DispatchFailure) -> Dispatch {
    Dispatch { state: DispatchState::Failed, failure: Some(failure), ..dispatch.clone() }
}

/// Whoever reads a folder sees by the name what it is, and none is like another.
fn name_of(delivery: &ScheduleDelivery, number: i64, due_at: chrono::NaiveDateTime) -> String {
    let day = due_at.and_utc().with_timezone(&delivery.terms.times.time_zone).date_naive();
    format!("schedule-{}-{day}-{number:05}.{}", delivery.id, delivery.terms.what.format)
}

/// Lets a file go, where it goes by the outbox or the webhooks; into a folder it goes afterwards.
fn hand_over(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    delivery: &ScheduleDelivery,
    dispatch: &Dispatch,
) -> Result<Dispatch, AppError> {
    let delivered = Dispatch { state: DispatchState::Delivered, ..dispatch.clone() };
    match &delivery.terms.to {
        Destination::Folder => Ok(Dispatch { state: DispatchState::Waiting, ..dispatch.clone() }),
        Destination::Mail(address) => {
            // Its domains may be others than when HR named the address.
            let employer = organisations::find_employer(tx, delivery.employer)?;
            if !employer.is_some_and(|employer| employer.vouches_for(address)) {
                return Ok(failed(dispatch, DispatchFailure::AddressNotVouched));
            }
            let id = NoticeId::new(now.id("schedule file"));
            let what = (NoticeKind::ScheduleFile, format!("schedule_file:{}", dispatch.id));
            let notice = Notice::queued(id, what, (Party::Manager, address.clone()), now.utc());
            let facts = json!({ "dispatch": dispatch.id.to_string() }).to_string();
            outbox::enqueue(tx, &Notice { facts, ..notice })?;
            Ok(Dispatch { notice: Some(id), ..delivered })
        }
        Destination::Webhook => {
            let (url, employer, read) = (&app.settings.public_url, delivery.employer, dispatch.read_to);
            let data = json!({
                "employer": employer.to_string(), "delivery": delivery.id.to_string(),
                "dispatch": dispatch.id.to_string(), "cursor": Cursor { employer, read }.to_string(),
                "url": format!("{url}/v1/schedule-deliveries/{}/dispatches/{}/file", delivery.id, dispatch.id),
            });
            let told = webhook_messages::enqueue_ready(tx, employer, read, &data, now.utc())?;
            Ok(if told > 0 { delivered } else { failed(dispatch, DispatchFailure::NoWebhook) })
        }
    }
}

/// The rows of a file; none where there are too many.
fn read(app: &App, now: &Now, delivery: &ScheduleDelivery) -> Result<Option<Read>, AppError> {
    let reader = Actor::worker("schedule-deliveries");
    let (employer, what) = (delivery.employer, &delivery.terms.what);
    let profile = profile_of(delivery)?;
    let absence_code = what.absence_code.clone().or(profile.absence_code);
    let (weeks, sector) = match what.contents {
        Contents::FromToday { weeks, sector } => (weeks, sector),
        Contents::Changes => {
            let most = u32::try_from(MOST_ROWS).unwrap_or(u32::MAX);
            let since = |cursor| changes::since(app, &reader, employer, cursor, (most, absence_code.clone()));
            let (found, from, begins_anew) = match since(delivery.read.map(|read| Cursor { employer, read }))
            {
                Err(AppError::Refused(refusal)) if refusal.code == RefusalCode::CursorGone => {
                    (since(None)?, None, true)
                }
                other => (other?, delivery.read, false),
            };
            let mut rows = found.rows;
            rows.retain(|row| what.unit.is_none_or(|unit| row.home.id == unit));
            let read = Read { rows, from, to: found.cursor.read, begins_anew };
            return Ok((!found.has_more).then_some(read));
        }
    };
    // Before the rows: what changes while they are read has a higher number.
    let (to, _) = app.store.read(|db| Ok::<_, AppError>(schedule_entries::find_counter(db, employer)?))?;
    let today = now.today(delivery.terms.times.time_zone);
    let which = Which {
        employer: Some(employer),
        from: Some(today),
        to: weeks.and_then(|weeks| today.checked_add_days(chrono::Days::new(u64::from(weeks) * 7 - 1))),
        unit: what.unit,
        sector,
        ..Which::default()
    };
    let mut rows = Vec::new();
    let mut reading = Some(Reading::new(app, Order { which, absence_code }));
    while let Some(rest) = reading {
        let (more, rest) = schedule::next(app, &reader, rest)?;
        rows.extend(more);
        if rows.len() > MOST_ROWS {
            return Ok(None);
        }
        reading = rest;
    }
    Ok(Some(Read { rows, from: None, to, begins_anew: false }))
}

fn profile_of(delivery: &ScheduleDelivery) -> Result<Profile, AppError> {
    let what = &delivery.terms.what;
    let mut profile = Profile::named(&what.profile)
        .map_err(|rule| AppError::Internal(format!("profile of {}: {rule}", delivery.id)))?;
    profile.form.delimiter = what.delimiter.unwrap_or(profile.form.delimiter);
    profile.bom = what.bom.unwrap_or(profile.bom);
    Ok(profile)
}

fn write(app: &App, delivery: &ScheduleDelivery, rows: &[ScheduleRow]) -> Result<Vec<u8>, AppError> {
    let profile = profile_of(delivery)?;
    match delivery.terms.what.format {
        FileFormat::Csv => {
            // People open what is mailed to them; the other ways end at programs.
            let is_marked = match (profile.bom, &delivery.terms.to) {
                (Bom::With, _) | (Bom::Auto, Destination::Mail(_)) => true,
                (Bom::Without, _) | (Bom::Auto, Destination::Folder | Destination::Webhook) => false,
            };
            let mut bytes = if is_marked { MARK.to_vec() } else { Vec::new() };
            profile.write_header(&mut bytes);
            profile.write_rows(rows, &mut bytes);
            Ok(bytes)
        }
        FileFormat::Xlsx => schedule::workbook_of(app, &profile, rows),
    }
}

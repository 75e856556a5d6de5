//! What waits in a thread and what is new become one mail, which says what its recipient does not know yet and nothing of
//! what came to nothing in between.

use chrono::{NaiveDate, NaiveTime};

use super::{Case, Event, Facts};
use crate::domain::letter::NoticeKind;
use crate::services::AppError;
use crate::store::{Tx, outbox};

/// What a thread has told last of a placement, and the SEQUENCE of that.
pub(super) struct Told {
    pub event: Option<Event>,
    pub sequence: Option<i64>,
}

/// What was told last in a thread; none where nothing was. Days become certain and are called off, and sequences grow, so
/// that the order of instants, which clocks can turn round, does not matter.
pub(super) fn last_told(tx: &mut Tx<'_>, thread: &str) -> Result<Option<Told>, AppError> {
    let mut last = None;
    for notice in outbox::list_told(tx, thread)? {
        let facts = Facts::of(&notice)?;
        let known = last.take().unwrap_or(Told { event: None, sequence: None });
        last =
            Some(Told { event: facts.event.max(known.event), sequence: facts.sequence.max(known.sequence) });
    }
    Ok(last)
}

/// What is to be told of a placement that stands, by what waits in the thread and what was told before; none where its
/// recipient knows it all: then what waits is to be dropped.
///
/// `kind` is `confirmed` or `changed`, `facts` tell the difference to what was before.
///
/// # Errors
/// The database's.
pub(super) fn coalesced(
    tx: &mut Tx<'_>,
    case: &Case,
    thread: &str,
    (kind, mut facts): (NoticeKind, Facts),
) -> Result<Option<(NoticeKind, Facts)>, AppError> {
    let standing = [NoticeKind::Proposal, NoticeKind::Confirmed, NoticeKind::Changed];
    let Some(waiting) = outbox::find_waiting(tx, thread)?.filter(|one| standing.contains(&one.kind)) else {
        return Ok(Some((kind, facts)));
    };
    let is_asked = waiting.kind == NoticeKind::Proposal;
    let waiting = Facts::of(&waiting)?;
    let is_certain = facts.event == Some(Event::Confirmed);
    let Some(told) = last_told(tx, thread)?.filter(|_| !is_asked) else {
        // Nobody has heard of what was before, nor read the question.
        (facts.former_date, facts.former_times, facts.taken) = (None, None, None);
        facts.instead_of = facts.instead_of.or(waiting.instead_of);
        facts.reason = facts.reason.or(waiting.reason);
        let kind = if is_certain { NoticeKind::Confirmed } else { NoticeKind::Proposal };
        return Ok(Some((kind, facts)));
    };
    facts.taken = facts.taken.or(waiting.taken);
    let former = (waiting.former_date.or(facts.former_date), waiting.former_times.or(facts.former_times));
    (facts.former_date, facts.former_times) = difference(case, former);
    let is_new = is_certain && told.event != Some(Event::Confirmed);
    Ok(match (facts.former_times.is_some() || facts.taken.is_some(), is_new) {
        (_, true) if facts.taken.is_none() => Some((NoticeKind::Confirmed, facts)),
        (true, _) => Some((NoticeKind::Changed, facts)),
        (false, _) => None,
    })
}

/// What differs of a former day and its times from those of a placement now.
fn difference(
    case: &Case,
    (date, times): (Option<NaiveDate>, Option<(NaiveTime, NaiveTime)>),
) -> (Option<NaiveDate>, Option<(NaiveTime, NaiveTime)>) {
    let now = &case.placement;
    let date = date.filter(|date| *date != now.date);
    (date, times.filter(|times| date.is_some() || *times != (now.starts, now.ends)))
}

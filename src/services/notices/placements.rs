//! What is told about placements.

use chrono::NaiveTime;

use super::coalescing::{coalesced, last_told};
use super::hr::for_hr;
use super::packs::drop_pack;
use super::{Case, Event, Facts, Recipient, Telling, enqueue, tell_of, thread_of};
use crate::domain::ids::RunId;
use crate::domain::letter::NoticeKind;
use crate::domain::organisation::Contact;
use crate::domain::party::Party;
use crate::domain::placement::Placement;
use crate::domain::states::{AlternativeState, Answer, PlacementState};
use crate::domain::told::{DayAt, Told};
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::invitations::{self, CalendarIdentity};
use crate::store::{Tx, alternatives, outbox};

/// Invitations go to those who spend the day: the manager reads of it, but has no such day.
pub(super) const fn is_invited(party: Party) -> bool {
    match party {
        Party::Participant | Party::Host => true,
        Party::Manager => false,
    }
}

/// Raises the calendar identity of a recipient, or makes it. The UID is a plain UUID (RFC 7986, section 5.3).
pub(super) fn next_identity(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    party: Party,
) -> Result<CalendarIdentity, AppError> {
    let identity = match invitations::find(tx, case.placement.id, party)? {
        Some(known) => CalendarIdentity { sequence: known.sequence + 1, ..known },
        None => {
            let uid = now.id(&format!("calendar {} {party}", case.placement.id)).to_string();
            CalendarIdentity { uid, sequence: 0, is_in_calendar: None }
        }
    };
    invitations::save(tx, case.placement.id, party, &identity)?;
    invitations::note_told(tx, case.placement.id, party, &told_of(&case.placement))?;
    Ok(identity)
}

/// What an invitation invites to, in a text: an answer to an earlier SEQUENCE counts while it is the same.
pub fn told_of(placement: &Placement) -> String {
    let Placement { host, date, starts, ends, time_zone, terms, .. } = placement;
    format!("{host} {date} {starts} {ends} {time_zone} {}", terms.version)
}

/// The day that a party has heard of last: that of the placement, or the one whose place it takes by a repair or a swap.
///
/// # Errors
/// The database's.
pub fn last_heard(tx: &mut Tx<'_>, case: &Case, party: Party) -> Result<Option<DayAt>, AppError> {
    let thread = thread_of(&case.applicant, Some(&case.placement), party);
    if outbox::has_begun(tx, &thread)? {
        return Ok(Some(case.day()));
    }
    former_day(tx, &thread)
}

/// The day whose place a placement takes, where nothing of its own thread needs to have gone out.
fn former_day(tx: &mut Tx<'_>, thread: &str) -> Result<Option<DayAt>, AppError> {
    for kind in [NoticeKind::Proposal, NoticeKind::Confirmed] {
        for facts in outbox::list_facts(tx, thread, kind)? {
            let facts: Facts = serde_json::from_str(&facts)
                .map_err(|error| AppError::Internal(format!("facts of {thread}: {error}")))?;
            if facts.instead_of.is_some() {
                return Ok(facts.instead_of);
            }
        }
    }
    Ok(None)
}

/// Tells what became of a placement. A party who never heard of it is not told that it is off.
fn tell(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    kind: NoticeKind,
    event: Event,
    more: &Facts,
) -> Result<(), AppError> {
    let held = (kind == NoticeKind::Proposal).then_some(case.placement.run);
    tell_but(tx, now, case, (kind, event), more, &Reach { held, but: &[] })
}

/// Whom a telling reaches, and when.
struct Reach<'a> {
    /// The run whose publication it waits with.
    held: Option<RunId>,
    /// Parties who hear of it by another mail.
    but: &'a [Party],
}

/// As [`tell`]; what parties who hear of it otherwise were still to be told is dropped.
fn tell_but(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    (kind, event): (NoticeKind, Event),
    more: &Facts,
    reach: &Reach<'_>,
) -> Result<(), AppError> {
    let is_news = matches!(kind, NoticeKind::Confirmed | NoticeKind::Changed);
    if is_news && !outbox::list_untold(tx, &[case.placement.application])?.is_empty() {
        // The held proposals tell the placement as it is when they go.
        return Ok(());
    }
    let host_offered = event == Event::Cancelled && offer_came_to_nothing(tx, case)?;
    for recipient in case.recipients() {
        let party = recipient.party;
        let asked = case.placement.answer_of(party).is_some();
        if event == Event::Tentative && !asked {
            // Who released before hears of it once it is certain.
            continue;
        }
        let thread = thread_of(&case.applicant, Some(&case.placement), party);
        if reach.but.contains(&party) {
            if event == Event::Cancelled {
                outbox::supersede(tx, &thread, now.utc())?;
            }
            continue;
        }
        let mut former = None;
        if event == Event::Cancelled && !outbox::has_begun(tx, &thread)? {
            former = former_day(tx, &thread)?;
            if former.is_none() {
                outbox::supersede(tx, &thread, now.utc())?;
                continue;
            }
        }
        let mut facts = Facts { event: Some(event), ..more.clone() };
        facts.acquainted |= event == Event::Confirmed;
        let has_offered = host_offered && party == Party::Host;
        if event == Event::Cancelled && !has_offered && case.placement.answer_of(party) == Some(Answer::No) {
            facts.reason = Some(Told::YouSaidNo);
        }
        if case.placement.state == PlacementState::Expired
            && !has_offered
            && case.placement.answer_of(party) == Some(Answer::Pending)
        {
            facts.reason = Some(Told::YouWereSilent);
        }
        if event == Event::Cancelled {
            // The day that they know of, where the mail about another one has not left.
            let waiting = outbox::find_waiting(tx, &thread)?;
            facts.former_date =
                waiting.map(|waiting| Facts::of(&waiting)).transpose()?.and_then(|facts| facts.former_date);
        }
        if let Some(former) = former {
            // Nobody has told them of this day: what they know is the one before.
            let why = facts.reason.map(Box::new);
            facts.reason = Some(Told::WasToTakePlaceOf { day: former, why });
        }
        let mut kind = kind;
        if is_news {
            let Some(told) = coalesced(tx, case, &thread, (kind, facts))? else {
                known_already(tx, now, case, party, &thread)?;
                continue;
            };
            (kind, facts) = told;
        }
        if is_invited(party) {
            facts.sequence = Some(next_identity(tx, now, case, party)?.sequence);
        }
        let telling = Telling { kind, version: case.placement.revision, facts: &facts, run: reach.held };
        enqueue(tx, now, &recipient, (&case.applicant, Some(case)), &telling)?;
    }
    match event {
        Event::Tentative => Ok(()),
        Event::Confirmed | Event::Cancelled => for_hr(tx, now, case, kind, more),
    }
}

/// Drops what waits for a party that knows how things are: what was changed is as they have read it. An answer from the
/// calendar to what they have read counts again.
pub(super) fn known_already(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    party: Party,
    thread: &str,
) -> Result<(), AppError> {
    outbox::supersede(tx, thread, now.utc())?;
    if let Some(sequence) = last_told(tx, thread)?.and_then(|told| told.sequence) {
        invitations::note_told_since(tx, case.placement.id, party, &told_of(&case.placement), sequence)?;
    }
    Ok(())
}

/// Whether the host had offered something else, and that was not taken: it has neither said no nor been silent.
fn offer_came_to_nothing(tx: &mut Tx<'_>, case: &Case) -> Result<bool, AppError> {
    let latest = alternatives::find_latest(tx, case.placement.id)?;
    Ok(latest.is_some_and(|latest| match latest.state {
        AlternativeState::Refused => true,
        AlternativeState::Lapsed => case.placement.answer_of(Party::Host) == Some(Answer::Pending),
        AlternativeState::Offered | AlternativeState::Taken => false,
    }))
}

/// Proposes a placement to everybody whose consent is asked; held with the mails of its run's publication.
///
/// # Errors
/// The database's.
pub fn proposal(tx: &mut Tx<'_>, now: &Now, case: &Case) -> Result<(), AppError> {
    tell(tx, now, case, NoticeKind::Proposal, Event::Tentative, &Facts::default())
}

/// Proposes a placement that a repair makes: at once, with more facts for the parties that have heard of another day.
///
/// # Errors
/// The database's.
pub fn proposal_of_repair(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    told: &[(Party, Facts)],
) -> Result<(), AppError> {
    for party in Party::ALL {
        let facts = told.iter().find(|(told, _)| told == party).map(|(_, facts)| facts.clone());
        let others: Vec<Party> = Party::ALL.iter().copied().filter(|other| other != party).collect();
        let what = (NoticeKind::Proposal, Event::Tentative);
        let reach = Reach { held: None, but: &others };
        tell_but(tx, now, case, what, &facts.unwrap_or_default(), &reach)?;
    }
    Ok(())
}

/// Reminds a party of a proposal that it has not answered; once of each version, because a manager may be asked anew.
///
/// # Errors
/// The database's.
pub fn answer_reminder(tx: &mut Tx<'_>, now: &Now, case: &Case, party: Party) -> Result<(), AppError> {
    for recipient in case.recipients().iter().filter(|recipient| recipient.party == party) {
        let what = (NoticeKind::AnswerReminder, case.placement.terms.version);
        tell_of(tx, now, case, recipient, what, &Facts::default())?;
    }
    Ok(())
}

/// Asks the host's deputy to answer in the place of a silent contact; once.
///
/// # Errors
/// The database's.
pub fn deputy_request(tx: &mut Tx<'_>, now: &Now, case: &Case, deputy: &Contact) -> Result<(), AppError> {
    let what = (NoticeKind::DeputyRequest, 0);
    tell_of(tx, now, case, &Recipient::host(deputy), what, &Facts::default())?;
    Ok(())
}

/// Drops the unsent reminders of a party that has answered.
///
/// # Errors
/// The database's.
pub fn stop_reminding(tx: &mut Tx<'_>, now: &Now, case: &Case, party: Party) -> Result<(), AppError> {
    let thread = thread_of(&case.applicant, Some(&case.placement), party);
    Ok(outbox::supersede_reminders(tx, &thread, now.utc())?)
}

/// Tells that everybody has said yes.
///
/// # Errors
/// The database's.
pub fn confirmed(tx: &mut Tx<'_>, now: &Now, case: &Case) -> Result<(), AppError> {
    tell(tx, now, case, NoticeKind::Confirmed, Event::Confirmed, &Facts::default())
}

/// Tells that the times have changed.
///
/// # Errors
/// The database's.
pub fn changed(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    former_times: (NaiveTime, NaiveTime),
) -> Result<(), AppError> {
    let event =
        if case.placement.state == PlacementState::Confirmed { Event::Confirmed } else { Event::Tentative };
    let facts = Facts { former_times: Some(former_times), ..Facts::default() };
    tell(tx, now, case, NoticeKind::Changed, event, &facts)
}

/// Tells that the placement is off, to those who heard of it. `before` is its state until now.
///
/// # Errors
/// The database's.
pub fn cancelled(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    before: PlacementState,
    reason: Told,
) -> Result<(), AppError> {
    cancelled_but(tx, now, case, before, reason, &[])
}

/// As [`cancelled`], but for parties who hear of it by the proposal that takes its place.
///
/// # Errors
/// The database's.
pub fn cancelled_but(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    before: PlacementState,
    reason: Told,
    but: &[Party],
) -> Result<(), AppError> {
    drop_pack(tx, now, case)?;
    let acquainted = before == PlacementState::Confirmed;
    let facts = Facts { reason: Some(reason), acquainted, ..Facts::default() };
    let what = (NoticeKind::Cancelled, Event::Cancelled);
    tell_but(tx, now, case, what, &facts, &Reach { held: None, but })
}

//! What is told to whom when something happens: every function here enqueues notices in the transaction of the fact.
//!
//! A notice holds ids and what cannot be looked up later; words are found when it is rendered (`services::outbox`).

use chrono::{DateTime, Duration, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use super::AppError;
use super::app::Now;
use crate::domain::email::Email;
use crate::domain::ids::{NoticeId, RunId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::organisation::{Contact, Library};
use crate::domain::party::Party;
use crate::domain::placement::Placement;
use crate::domain::states::{Answer, PlacementState};
use crate::domain::text::Name;
use crate::store::applications::Applicant;
use crate::store::placements::{self, CalendarIdentity};
use crate::store::{Tx, outbox};

/// What a notice knows beside its ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// SEQUENCE of the invitation that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// What the invitation's event is from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// The times before a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_times: Option<(NaiveTime, NaiveTime)>,
    /// Whether the placement was confirmed before, so that both sides know each other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acquainted: bool,
    /// Why, in words for the recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The state of the calendar event that an invitation tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Proposed.
    Tentative,
    /// Confirmed.
    Confirmed,
    /// Called off.
    Cancelled,
}

/// Who gets a notice.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// In what capacity.
    pub party: Party,
    /// The name, where known.
    pub name: Option<Name>,
    /// The address.
    pub address: Email,
}

impl Recipient {
    /// The applicant.
    pub fn participant(applicant: &Applicant) -> Self {
        Self {
            party: Party::Participant,
            name: Some(applicant.application.name.clone()),
            address: applicant.person.email.clone(),
        }
    }

    /// The applicant's line manager.
    pub fn manager(applicant: &Applicant) -> Self {
        Self { party: Party::Manager, name: None, address: applicant.application.manager.clone() }
    }

    /// The host library's contact, where it has one.
    pub fn host(library: &Library) -> Option<Self> {
        library.contact.as_ref().map(|contact| Self {
            party: Party::Host,
            name: contact.name.clone(),
            address: contact.email.clone(),
        })
    }
}

/// The thread of mails to one party about one placement, or about an application.
fn thread_of(applicant: &Applicant, placement: Option<&Placement>, party: Party) -> String {
    match placement {
        Some(placement) => format!("placement:{}:{party}", placement.id),
        None => format!("application:{}:{party}", applicant.application.id),
    }
}

/// What is to be told.
struct Telling<'a> {
    kind: NoticeKind,
    /// The same kind is told again in the same thread under another one.
    version: i64,
    facts: &'a Facts,
    /// The run whose publication it is: held until the organisers let it go.
    run: Option<RunId>,
}

fn enqueue(
    tx: &mut Tx<'_>,
    now: &Now,
    recipient: &Recipient,
    case: (&Applicant, Option<&Placement>),
    telling: &Telling<'_>,
) -> Result<bool, AppError> {
    let (applicant, placement) = case;
    let Telling { kind, version, facts, run } = *telling;
    let thread = thread_of(applicant, placement, recipient.party);
    let dedupe_key = format!("{thread}:{kind}:{version}");
    let facts = serde_json::to_string(facts).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(outbox::enqueue(
        tx,
        &Notice {
            id: NoticeId::new(now.id(&dedupe_key)),
            kind,
            dedupe_key,
            thread_key: thread,
            party: recipient.party,
            recipient_name: recipient.name.clone(),
            recipient: recipient.address.clone(),
            application: applicant.application.id,
            placement: placement.map(|placement| placement.id),
            run,
            facts,
            state: if run.is_some() { NoticeState::Held } else { NoticeState::Queued },
            message_id: None,
            attempts: 0,
            next_attempt_at: now.utc(),
            last_answer: None,
            created_at: now.utc(),
        },
    )?)
}

/// Tells about an application what is known without more facts.
fn tell_applicant(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
    recipient: &Recipient,
    kind: NoticeKind,
    version: i64,
) -> Result<(), AppError> {
    let telling = Telling { kind, version, facts: &Facts::default(), run: None };
    enqueue(tx, now, recipient, (applicant, None), &telling)?;
    Ok(())
}

/// Asks an applicant to prove the address: once for each version of the application.
///
/// # Errors
/// The database's.
pub fn verify_address(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    let version = count_verify_mails(tx, applicant, DateTime::UNIX_EPOCH.naive_utc())?;
    let recipient = Recipient::participant(applicant);
    tell_applicant(tx, now, applicant, &recipient, NoticeKind::VerifyAddress, version)
}

fn count_verify_mails(tx: &mut Tx<'_>, applicant: &Applicant, since: NaiveDateTime) -> Result<i64, AppError> {
    let thread = thread_of(applicant, None, Party::Participant);
    Ok(outbox::count_of_kind(tx, &thread, NoticeKind::VerifyAddress, since)?)
}

/// How often an applicant was asked to prove the address in the last 24 hours.
///
/// # Errors
/// The database's.
pub fn count_verify_mails_of_today(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
) -> Result<i64, AppError> {
    count_verify_mails(tx, applicant, now.utc() - Duration::hours(24))
}

/// Tells somebody who signs up again that they are signed up already, at most once an hour.
///
/// # Errors
/// The database's.
pub fn already_signed_up(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    let recipient = Recipient::participant(applicant);
    // The hour is the version: repeated sign-ups must not flood a mailbox.
    let hour = now.at.timestamp() / 3600;
    tell_applicant(tx, now, applicant, &recipient, NoticeKind::AlreadySignedUp, hour)
}

/// Asks the manager for release.
///
/// # Errors
/// The database's.
pub fn release_request(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    let recipient = Recipient::manager(applicant);
    tell_applicant(tx, now, applicant, &recipient, NoticeKind::ReleaseRequest, 0)
}

/// Follows a manager's decision: a request that nobody has begun to send is no longer sent, and an applicant hears of a
/// no in its polite form.
///
/// # Errors
/// The database's.
pub fn release_decided(tx: &mut Tx<'_>, now: &Now, applicant: &Applicant) -> Result<(), AppError> {
    outbox::supersede(tx, &thread_of(applicant, None, Party::Manager), now.utc())?;
    match &applicant.application.refusal {
        Some(refusal) => unplaced(tx, now, applicant, refusal.reason.polite(), None),
        None => Ok(()),
    }
}

/// What an applicant hears whose manager has not answered.
pub const NOT_RELEASED: &str = "A release for these days could not be arranged.";
/// To somebody who was released, but for no day on which they could go.
pub const NO_FREE_DAY: &str = "The released days are days off by your working pattern, or days on which you have a place \
                               in another round.";

/// Tells an applicant that there is no place, and why; once, unless that came to nothing since. Where a publication says
/// so, it is held with the mails of its run.
///
/// # Errors
/// The database's.
pub fn unplaced(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
    reason: &str,
    run: Option<RunId>,
) -> Result<(), AppError> {
    let facts = Facts { reason: Some(reason.to_owned()), ..Facts::default() };
    let version = outbox::count_void_unplaced(tx, &thread_of(applicant, None, Party::Participant))?;
    let telling = Telling { kind: NoticeKind::Unplaced, version, facts: &facts, run };
    enqueue(tx, now, &Recipient::participant(applicant), (applicant, None), &telling)?;
    Ok(())
}

/// Tells an applicant who had heard that there is no place that the schedule was taken back. What was not sent of the
/// former is dropped, and then nothing is told.
///
/// # Errors
/// The database's.
pub fn matched_again(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
    told: &Notice,
) -> Result<(), AppError> {
    if told.state == NoticeState::Queued && told.message_id.is_none() {
        outbox::supersede(tx, &told.thread_key, now.utc())?;
        return Ok(());
    }
    let version = outbox::count_void_unplaced(tx, &told.thread_key)?;
    let recipient = Recipient::participant(applicant);
    tell_applicant(tx, now, applicant, &recipient, NoticeKind::MatchedAgain, version)
}

/// A placement with everybody who hears of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The applicant.
    pub applicant: Applicant,
    /// The host library.
    pub host: Library,
    /// The placement.
    pub placement: Placement,
}

impl Case {
    /// The parties that are asked or that released the participant, in a fixed order.
    fn recipients(&self) -> Vec<Recipient> {
        let mut recipients = vec![Recipient::participant(&self.applicant)];
        recipients.extend(Recipient::host(&self.host));
        recipients.push(Recipient::manager(&self.applicant));
        recipients
    }
}

/// Invitations go to those who spend the day: the manager reads of it, but has no such day.
const fn is_invited(party: Party) -> bool {
    match party {
        Party::Participant | Party::Host => true,
        Party::Manager => false,
    }
}

/// Raises the calendar identity of a recipient, or makes it. The UID is a plain UUID (RFC 7986, section 5.3).
fn next_identity(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    party: Party,
) -> Result<CalendarIdentity, AppError> {
    let identity = match placements::find_identity(tx, case.placement.id, party)? {
        Some(known) => CalendarIdentity { sequence: known.sequence + 1, ..known },
        None => {
            let uid = now.id(&format!("calendar {} {party}", case.placement.id)).to_string();
            CalendarIdentity { uid, sequence: 0 }
        }
    };
    placements::save_identity(tx, case.placement.id, party, &identity)?;
    Ok(identity)
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
    let is_news = matches!(kind, NoticeKind::Confirmed | NoticeKind::Changed);
    if is_news && !outbox::list_untold(tx, &[case.placement.application])?.is_empty() {
        // The held proposals tell the placement as it is when they go.
        return Ok(());
    }
    for recipient in case.recipients() {
        let party = recipient.party;
        let asked = case.placement.answer_of(party).is_some();
        if kind == NoticeKind::Proposal && !asked {
            continue;
        }
        let thread = thread_of(&case.applicant, Some(&case.placement), party);
        if event == Event::Cancelled {
            let nothing_went_out = !outbox::has_begun(tx, &thread)?;
            if nothing_went_out {
                outbox::supersede(tx, &thread, now.utc())?;
                continue;
            }
        }
        let mut facts = Facts { event: Some(event), ..more.clone() };
        facts.acquainted |= event == Event::Confirmed;
        if event == Event::Cancelled && case.placement.answer_of(party) == Some(Answer::No) {
            facts.reason = Some("You have said that it cannot be.".to_owned());
        }
        if case.placement.state == PlacementState::Expired
            && case.placement.answer_of(party) == Some(Answer::Pending)
        {
            facts.reason = Some("You had not answered by the deadline.".to_owned());
        }
        if is_invited(party) {
            facts.sequence = Some(next_identity(tx, now, case, party)?.sequence);
        }
        let run = (kind == NoticeKind::Proposal).then_some(case.placement.run);
        let telling = Telling { kind, version: case.placement.revision, facts: &facts, run };
        enqueue(tx, now, &recipient, (&case.applicant, Some(&case.placement)), &telling)?;
    }
    Ok(())
}

/// Proposes a placement to everybody whose consent is asked; held with the mails of its run's publication.
///
/// # Errors
/// The database's.
pub fn proposal(tx: &mut Tx<'_>, now: &Now, case: &Case) -> Result<(), AppError> {
    tell(tx, now, case, NoticeKind::Proposal, Event::Tentative, &Facts::default())
}

/// Reminds a party of a proposal that it has not answered; once.
///
/// # Errors
/// The database's.
pub fn answer_reminder(tx: &mut Tx<'_>, now: &Now, case: &Case, party: Party) -> Result<(), AppError> {
    let about = (&case.applicant, Some(&case.placement));
    for recipient in case.recipients().iter().filter(|recipient| recipient.party == party) {
        enqueue(
            tx,
            now,
            recipient,
            about,
            &Telling { kind: NoticeKind::AnswerReminder, version: 0, facts: &Facts::default(), run: None },
        )?;
    }
    Ok(())
}

/// Asks the host's deputy to answer in the place of a silent contact; once.
///
/// # Errors
/// The database's.
pub fn deputy_request(tx: &mut Tx<'_>, now: &Now, case: &Case, deputy: &Contact) -> Result<(), AppError> {
    let about = (&case.applicant, Some(&case.placement));
    let recipient =
        Recipient { party: Party::Host, name: deputy.name.clone(), address: deputy.email.clone() };
    enqueue(
        tx,
        now,
        &recipient,
        about,
        &Telling { kind: NoticeKind::DeputyRequest, version: 0, facts: &Facts::default(), run: None },
    )?;
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
    reason: &str,
) -> Result<(), AppError> {
    let acquainted = before == PlacementState::Confirmed;
    let facts = Facts { reason: Some(reason.to_owned()), acquainted, ..Facts::default() };
    tell(tx, now, case, NoticeKind::Cancelled, Event::Cancelled, &facts)
}

//! What is told to whom when something happens: every function here enqueues notices in the transaction of the fact.
//!
//! A notice holds ids and what cannot be looked up later; words are found when it is rendered (`services::letters`).

mod again;
mod alternatives;
mod applications;
mod calendars;
mod coalescing;
mod dates;
mod day;
mod digests;
mod hr;
mod inbound;
mod pace;
mod packs;
mod placements;
mod refills;
mod swaps;

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

pub use self::again::*;
pub use self::alternatives::*;
pub use self::applications::*;
pub use self::calendars::*;
pub use self::dates::*;
pub use self::day::*;
pub use self::digests::*;
pub use self::inbound::*;
pub use self::pace::Pace;
pub(super) use self::pace::next_morning;
use self::pace::{Departure, departure};
pub use self::packs::*;
pub use self::placements::*;
pub use self::refills::*;
pub use self::swaps::*;
use super::AppError;
use super::app::Now;
use crate::domain::email::Email;
use crate::domain::ids::{NoticeId, PlacementId, RunId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::organisation::{Contact, Library};
use crate::domain::party::Party;
use crate::domain::placement::Placement;
use crate::domain::text::Name;
use crate::domain::told::{DayAt, Told};
use crate::store::applications::Applicant;
use crate::store::{Tx, outbox};

/// What a notice knows beside its ids.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
    /// The day before a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_date: Option<NaiveDate>,
    /// What the participant took instead of what was proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// The calendar identity of somebody who hands the visitor over to a colleague.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_uid: Option<String>,
    /// The day that this one takes the place of, for who has heard of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<DayAt>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Told>,
    /// What would have given a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Told>,
    /// The swap that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<String>,
    /// Which version of the joining pack it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackFacts>,
    /// The offer of a place to a reserve that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
}

impl Facts {
    /// What a notice knows.
    ///
    /// # Errors
    /// `internal` for facts that cannot be read.
    pub(in crate::services) fn of(notice: &Notice) -> Result<Self, AppError> {
        serde_json::from_str(&notice.facts)
            .map_err(|error| AppError::Internal(format!("notice {}: {error}", notice.id)))
    }
}

/// Which version of a joining pack a mail tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackFacts {
    /// This one.
    pub version: i64,
    /// As a difference to this one; none: as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
}

/// The state of the calendar event that an invitation tells, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

    /// Somebody of the host library.
    pub fn host(contact: &Contact) -> Self {
        Self { party: Party::Host, name: contact.name.clone(), address: contact.email.clone() }
    }
}

/// The thread of mails to one party about one placement, or about an application.
fn thread_of(applicant: &Applicant, placement: Option<&Placement>, party: Party) -> String {
    match placement {
        Some(placement) => thread_of_placement(placement.id, party),
        None => format!("application:{}:{party}", applicant.application.id),
    }
}

/// The thread of mails to one party about a placement. Those who overtake nothing in it have threads of their own, which
/// begin like this one.
pub(super) fn thread_of_placement(placement: PlacementId, party: Party) -> String {
    format!("placement:{placement}:{party}")
}

/// The key of a fact.
fn key_of(thread: &str, kind: NoticeKind, version: i64) -> String {
    format!("{thread}:{kind}:{version}")
}

/// The thread of mails to one party about a joining pack.
fn pack_thread_of(placement: &Placement, party: Party) -> String {
    format!("{}{PACK_THREAD}", thread_of_placement(placement.id, party))
}

/// How the threads end that are about joining packs; what comes before is the thread of the placement.
pub(super) const PACK_THREAD: &str = ":pack";
/// How the threads end of what somebody chose about their calendar.
pub(super) const CALENDAR_THREAD: &str = ":calendar";
/// How the threads end by which entries follow their library.
pub(super) const LIBRARY_THREAD: &str = ":library";
/// How the thread ends of a deputy who hears beside the contact.
pub(super) const DEPUTY_THREAD: &str = ":deputy";
/// How the threads end of what an employer's HR team reads in digests.
pub(super) const HR_THREAD: &str = ":hr";
/// How the thread ends of a contact who has handed the visitor over: the party's own is the colleague's from now on.
const FORMER_THREAD: &str = ":former";

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
    (applicant, case): (&Applicant, Option<&Case>),
    telling: &Telling<'_>,
) -> Result<bool, AppError> {
    let thread = thread_of(applicant, case.map(|case| &case.placement), recipient.party);
    enqueue_in(tx, now, thread, recipient, (applicant, case), telling)
}

/// As [`enqueue`], in a thread of one's own.
fn enqueue_in(
    tx: &mut Tx<'_>,
    now: &Now,
    thread: String,
    recipient: &Recipient,
    (applicant, case): (&Applicant, Option<&Case>),
    telling: &Telling<'_>,
) -> Result<bool, AppError> {
    let Telling { kind, version, facts, run } = *telling;
    let dedupe_key = key_of(&thread, kind, version);
    let departure = match (run, case) {
        (Some(_), _) => Departure { state: NoticeState::Held, at: now.utc() },
        (None, None) => Departure { state: NoticeState::Queued, at: now.utc() },
        (None, Some(case)) => departure(tx, now, case, recipient, (kind, facts), &thread)?,
    };
    let facts = serde_json::to_string(facts).map_err(|error| AppError::Internal(error.to_string()))?;
    let id = NoticeId::new(now.id(&dedupe_key));
    Ok(outbox::enqueue(
        tx,
        &Notice {
            thread_key: thread,
            recipient_name: recipient.name.clone(),
            application: Some(applicant.application.id),
            placement: case.map(|case| case.placement.id),
            run,
            facts,
            state: departure.state,
            next_attempt_at: departure.at,
            ..Notice::queued(id, (kind, dedupe_key), (recipient.party, recipient.address.clone()), now.utc())
        },
    )?)
}

/// Tells somebody about a placement, in the thread of its mails to that party. False when it was told before.
fn tell_of(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    recipient: &Recipient,
    what: (NoticeKind, i64),
    facts: &Facts,
) -> Result<bool, AppError> {
    let thread = thread_of_placement(case.placement.id, recipient.party);
    tell_in(tx, now, case, thread, recipient, what, facts)
}

/// As [`tell_of`], in a thread of one's own.
fn tell_in(
    tx: &mut Tx<'_>,
    now: &Now,
    case: &Case,
    thread: String,
    recipient: &Recipient,
    (kind, version): (NoticeKind, i64),
    facts: &Facts,
) -> Result<bool, AppError> {
    let telling = Telling { kind, version, facts, run: None };
    enqueue_in(tx, now, thread, recipient, (&case.applicant, Some(case)), &telling)
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
    /// The day at the host library.
    pub(super) fn day(&self) -> DayAt {
        DayAt { host: self.host.name.to_string(), date: self.placement.date }
    }

    /// Who receives the visitor: a colleague where the host has named one, else the library's contact.
    pub fn host_contact(&self) -> Option<&Contact> {
        self.placement.receives(&self.host)
    }

    /// Whom a party's mails go to now.
    pub(super) fn recipient(&self, party: Party) -> Option<Recipient> {
        self.recipients().into_iter().find(|recipient| recipient.party == party)
    }

    /// The parties that are asked or that released the participant, in a fixed order.
    fn recipients(&self) -> Vec<Recipient> {
        let mut recipients = vec![Recipient::participant(&self.applicant)];
        recipients.extend(self.host_contact().map(Recipient::host));
        recipients.push(Recipient::manager(&self.applicant));
        recipients
    }
}

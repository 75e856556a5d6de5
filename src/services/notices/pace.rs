//! When a mail may leave: at once, after a short while in which it is still overtaken, or with a daily digest.

use chrono::{Duration, NaiveDateTime};
use chrono_tz::Tz;

use super::{Case, Event, Facts, HR_THREAD, Recipient};
use crate::domain::deadlines::{has_come, local, morning_of};
use crate::domain::feed::Shown;
use crate::domain::letter::NoticeKind;
use crate::domain::notice::NoticeState;
use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::feeds;
use crate::store::{Tx, outbox};

/// How long mails are gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// News of a placement waits so long for what overtakes it.
    pub coalesce: Duration,
    /// Whether what is routine goes to managers and hosts once a day.
    pub digests: bool,
}

impl Pace {
    /// Nothing is gathered.
    pub const AT_ONCE: Self = Self { coalesce: Duration::zero(), digests: false };
}

/// What is so near does not wait.
const NEAR: Duration = Duration::hours(48);

/// The state in which a notice about a placement begins, and when it may leave.
pub(super) struct Departure {
    pub state: NoticeState,
    pub at: NaiveDateTime,
}

/// When news of a placement leaves. The while begins with the first mail of the thread that still waits, so that many
/// changes do not hold it for ever.
pub(super) fn departure(
    tx: &mut Tx<'_>,
    now: &Now,
    Case { placement, host, .. }: &Case,
    recipient: &Recipient,
    (kind, facts): (NoticeKind, &Facts),
    thread: &str,
) -> Result<Departure, AppError> {
    let at_once = Departure { state: NoticeState::Queued, at: now.utc() };
    let is_near = placement.date.and_time(placement.starts) - local(now.at, placement.time_zone) < NEAR;
    if thread.ends_with(HR_THREAD) {
        let at = next_morning(now, placement.time_zone);
        return Ok(Departure { state: NoticeState::Collected, at });
    }
    if is_near || !waits(kind) {
        return Ok(at_once);
    }
    if now.pace.digests && is_routine(tx, host, recipient, (kind, facts))? {
        let at = next_morning(now, placement.time_zone);
        return Ok(Departure { state: NoticeState::Collected, at });
    }
    let waiting = outbox::find_waiting(tx, thread)?.filter(|one| one.state == NoticeState::Queued);
    let since = waiting.map(|one| one.next_attempt_at);
    let at = (now.utc() + now.pace.coalesce).min(since.unwrap_or(NaiveDateTime::MAX)).max(now.utc());
    Ok(Departure { at, ..at_once })
}

/// Whether later news may overtake a kind before it leaves. Whatever asks somebody to do something now does not wait, but
/// for a proposal.
const fn waits(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::Proposal
        | NoticeKind::Confirmed
        | NoticeKind::Changed
        | NoticeKind::Cancelled
        | NoticeKind::JoiningPack
        | NoticeKind::PackChanged => true,
        NoticeKind::VerifyAddress
        | NoticeKind::AlreadySignedUp
        | NoticeKind::ReleaseRequest
        | NoticeKind::AnswerReminder
        | NoticeKind::DeputyRequest
        | NoticeKind::Alternative
        | NoticeKind::Offer
        | NoticeKind::OfferEnded
        | NoticeKind::HandedOver
        | NoticeKind::SwapRequest
        | NoticeKind::SwapEnded
        | NoticeKind::Reminder
        | NoticeKind::Ill
        | NoticeKind::FeedbackRequest
        | NoticeKind::Unplaced
        | NoticeKind::MatchedAgain
        | NoticeKind::DeadlineMoved
        | NoticeKind::ConfirmReply
        | NoticeKind::Calendar
        | NoticeKind::PackMissing
        | NoticeKind::Digest
        | NoticeKind::SignIn
        | NoticeKind::Deputyship
        | NoticeKind::WebhookDisabled
        | NoticeKind::ScheduleFile
        | NoticeKind::ScheduleNotDelivered
        | NoticeKind::IdeaQuestion => false,
    }
}

/// Whether a mail asks nothing of its recipient and puts nothing into a calendar: managers' news of what is certain or
/// off, and hosts' where a subscribed calendar shows the day.
fn is_routine(
    tx: &mut Tx<'_>,
    host: &Library,
    recipient: &Recipient,
    (kind, facts): (NoticeKind, &Facts),
) -> Result<bool, AppError> {
    let is_news = matches!(kind, NoticeKind::Confirmed | NoticeKind::Changed | NoticeKind::Cancelled);
    // Of a proposal somebody is asked; whoever is new to the visitor reads a mail of their own.
    if !is_news || facts.event == Some(Event::Tentative) || facts.taken.is_some() {
        return Ok(false);
    }
    match recipient.party {
        Party::Participant => Ok(false),
        Party::Manager => Ok(true),
        Party::Host => {
            Ok(feeds::find_live(tx, &Shown::Contact(host.id, recipient.address.clone()))?.is_some())
        }
    }
}

/// The next morning in a zone, when digests go.
pub(in crate::services) fn next_morning(now: &Now, zone: Tz) -> NaiveDateTime {
    let today = now.today(zone);
    let day = if has_come(today, local(now.at, zone)) { today.succ_opt().unwrap_or(today) } else { today };
    morning_of(day, zone)
}

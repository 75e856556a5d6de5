//! What became of every mail, for those who look after a round: what went when, what did not, and sending again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, NaiveDate};
use serde_json::json;

use super::app::{permit_everywhere, permit_in_round, record};
use super::load::{get_applicant, get_placement, get_round};
use super::notices::{self, Facts};
use super::page::{Page, Paged};
use super::{App, AppError, rounds};
use crate::domain::email::Email;
use crate::domain::ids::NoticeId;
use crate::domain::letter::NoticeKind;
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::permissions::{Action, Actor, Reach};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::states::{
    AlternativeState, ApplicationState, PlacementState, ReserveOfferState, RoundState, SwapState,
};
use crate::store::{Db, alternatives, outbox, refills, swaps};

pub use crate::store::outbox::Which;

/// Within so long a mail is sent again once, however often somebody presses.
const ONCE_WITHIN: Duration = Duration::minutes(5);

/// A mail as somebody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The mail.
    pub notice: Notice,
    /// The address, masked for whoever sees no applications.
    pub recipient: String,
    /// Whether the last two mails to this address did not arrive.
    pub needs_checking: bool,
}

pub(super) fn show(db: &mut Db, actor: &Actor, notices: Vec<Notice>) -> Result<Vec<Delivery>, AppError> {
    let addresses: BTreeSet<Email> = notices.iter().map(|notice| notice.recipient.clone()).collect();
    let failing = outbox::list_failing(db, Some(&addresses.into_iter().collect::<Vec<_>>()))?;
    let sees_addresses =
        matches!(actor.reach(Action::ReadApplication), Ok(Reach::Everywhere | Reach::OwnRound));
    let show = |notice: Notice| {
        let recipient = if sees_addresses { notice.recipient.to_string() } else { notice.recipient.masked() };
        Delivery { recipient, needs_checking: failing.contains(&notice.recipient), notice }
    };
    Ok(notices.into_iter().map(show).collect())
}

/// A page of mails, oldest first.
///
/// # Errors
/// `not-found` for a round that is not there; `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    which: &Which,
    page: &Page<NoticeId>,
) -> Result<Paged<Delivery, NoticeId>, AppError> {
    let which = &within_reach(actor, which)?;
    app.store.read(|db| {
        which.round.map(|round| rounds::load(db, actor, round)).transpose()?;
        let rows = outbox::list(db, which, page.after, page.fetch())?;
        let page = page.cut(rows, |notice| notice.id);
        Ok(Paged { items: show(db, actor, page.items)?, next: page.next })
    })
}

/// Of the mails that are asked for those that this actor may see: whoever runs one round sees that round's.
fn within_reach(actor: &Actor, which: &Which) -> Result<Which, AppError> {
    let own = actor.round.filter(|_| actor.reach(Action::ReadOutbox) == Ok(Reach::OwnRound));
    let which = Which { round: which.round.or(own), ..*which };
    match which.round {
        Some(round) => permit_in_round(actor, Action::ReadOutbox, round, ("round", &round))?,
        None => permit_everywhere(actor, Action::ReadOutbox)?,
    }
    Ok(which)
}

/// How many of the mails are in each state.
///
/// # Errors
/// As for [`list`].
pub fn counts(app: &App, actor: &Actor, which: &Which) -> Result<BTreeMap<NoticeState, i64>, AppError> {
    let which = &within_reach(actor, which)?;
    app.store.read(|db| {
        which.round.map(|round| rounds::load(db, actor, round)).transpose()?;
        Ok(outbox::counts(db, which)?)
    })
}

/// Sends a mail again that was sent, came back or was given up: a mail of its own, by what is true now, to the address that
/// its recipient has now. Pressed again within five minutes, or before it has left, it is the same one.
///
/// # Errors
/// `mail-state` for a mail that has not left or never will; `mail-outdated` where what it said is no longer so;
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn resend(app: &App, actor: &Actor, id: NoticeId) -> Result<Delivery, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let notice = outbox::find(tx, id)?.ok_or_else(|| AppError::not_found("mail", id))?;
        match notice.application {
            Some(application) => {
                let round = get_applicant(tx, application)?.application.round;
                permit_in_round(actor, Action::ResendMail, round, ("mail", &id))?;
            }
            // A link to sign in is about no round.
            None => permit_everywhere(actor, Action::ResendMail)?,
        }
        let first = match notice.again_of {
            Some(first) => outbox::find(tx, first)?.ok_or_else(|| AppError::not_found("mail", first))?,
            None => notice.clone(),
        };
        let again = outbox::list_again(tx, first.id)?;
        let has_just = |one: &&Notice| {
            one.created_at > now.utc() - ONCE_WITHIN
                || matches!(one.state, NoticeState::Queued | NoticeState::Leased)
        };
        if let Some(just) = again.last().filter(has_just) {
            return only(show(tx, actor, vec![just.clone()])?);
        }
        if !matches!(notice.state, NoticeState::Sent | NoticeState::Bounced | NoticeState::GaveUp) {
            let words = match notice.state {
                NoticeState::Held => "is held: let the mails of the publication go",
                NoticeState::Collected | NoticeState::Queued | NoticeState::Leased => "goes by itself",
                NoticeState::Digested => "was told by a digest: send that again",
                NoticeState::Superseded => "was overtaken by a later one before it left",
                NoticeState::Discarded => "was thrown away",
                NoticeState::Sent | NoticeState::Bounced | NoticeState::GaveUp => "was sent",
            };
            let words = format!("this mail is {}: it {words}", notice.state);
            return Err(Refusal::new(RefusalCode::MailState, words).into());
        }
        if let Some(words) = outdated(tx, now.at, &first)? {
            return Err(Refusal::new(RefusalCode::MailOutdated, words).into());
        }
        let Some(recipient) = notices::recipient_now(tx, &first)? else {
            let words = "nobody is there to get it now: name the library's contact or deputy first";
            return Err(Refusal::new(RefusalCode::MailOutdated, words).into());
        };
        let made = notices::send_again(tx, &now, &first, recipient, again.len() + 1)?;
        let is_corrected = made.recipient != notice.recipient;
        let details = json!({
            "again_of": first.id.to_string(), "kind": made.kind.as_str(), "party": made.party.as_str(),
            "to_another_address": is_corrected,
        });
        record(tx, &now, actor, Action::ResendMail, ("notice", &made.id), &details)?;
        only(show(tx, actor, vec![made])?)
    })
}

fn only(mut deliveries: Vec<Delivery>) -> Result<Delivery, AppError> {
    deliveries.pop().ok_or_else(|| AppError::Internal("no mail to show".to_owned()))
}

/// Why a mail would not be true any more, in words; none where it would.
fn outdated(
    db: &mut Db,
    at: chrono::DateTime<chrono::Utc>,
    notice: &Notice,
) -> Result<Option<String>, AppError> {
    let Some(application) = notice.application else {
        return Ok(Some("whoever wants to sign in asks for a new link".to_owned()));
    };
    if !notice.kind.is_reminder() {
        let which = Which { application: Some(application), ..Which::default() };
        let dropped = [NoticeState::Superseded, NoticeState::Discarded];
        let later = outbox::list(db, &which, None, i64::MAX)?.into_iter().rfind(|one| {
            one.thread_key == notice.thread_key
                && one.created_at > notice.created_at
                && one.again_of.is_none()
                && !one.kind.is_reminder()
                && !dropped.contains(&one.state)
        });
        if let Some(later) = later {
            return Ok(Some(format!(
                "a later mail tells more: `{}` ({}, {})",
                later.kind, later.id, later.state
            )));
        }
    }
    let applicant = get_applicant(db, application)?;
    let round = get_round(db, applicant.application.round)?;
    let today = at.with_timezone(&round.time_zone).date_naive();
    let placement = notice.placement.map(|id| get_placement(db, id)).transpose()?;
    let situation = Situation {
        kind: notice.kind,
        application: applicant.application.state,
        placement: placement.as_ref().map(|placement| (placement.state, placement.date)),
        round: round.state,
    };
    if !holds(&situation, today) || !is_open(db, notice)? {
        let now = match &placement {
            Some(placement) => format!("the placement is {}, its day {}", placement.state, placement.date),
            None => {
                format!("the application is {}, the round {}", applicant.application.state, round.state)
            }
        };
        return Ok(Some(format!("what this mail (`{}`) said is no longer so: {now}", notice.kind)));
    }
    Ok(None)
}

/// Whether what a mail asks for can still be answered, where that is a thing of its own.
fn is_open(db: &mut Db, notice: &Notice) -> Result<bool, AppError> {
    let facts = Facts::of(notice)?;
    let unreadable = |id: &str| AppError::Internal(format!("notice {}: `{id}` is no id", notice.id));
    Ok(match (notice.kind, &facts.swap, &facts.offer, notice.placement) {
        (NoticeKind::SwapRequest, Some(id), _, _) => {
            let swap = swaps::find(db, id.parse().map_err(|_| unreadable(id))?)?;
            swap.is_some_and(|swap| matches!(swap.state, SwapState::Asked | SwapState::Agreed))
        }
        (NoticeKind::Offer, _, Some(id), _) => {
            let offer = refills::find_offer(db, id.parse().map_err(|_| unreadable(id))?)?;
            offer.is_some_and(|offer| offer.state == ReserveOfferState::Open)
        }
        (NoticeKind::Alternative, _, _, Some(placement)) => {
            let latest = alternatives::find_latest(db, placement)?;
            latest.is_some_and(|latest| latest.state == AlternativeState::Offered)
        }
        (_, _, _, _) => true,
    })
}

/// What a mail is about, as far as it decides whether it is still true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Situation {
    /// What it says.
    pub kind: NoticeKind,
    /// Where the application is in its life.
    pub application: ApplicationState,
    /// The placement's state and day, where it is about one.
    pub placement: Option<(PlacementState, NaiveDate)>,
    /// The round's state.
    pub round: RoundState,
}

/// Whether somebody still has to hear what a mail said.
pub(super) fn holds(about: &Situation, today: NaiveDate) -> bool {
    let is_over = matches!(about.round, RoundState::Cancelled);
    let placed = |states: &[PlacementState]| {
        about.placement.is_some_and(|(state, date)| states.contains(&state) && date >= today)
    };
    let takes_part = !matches!(about.application, ApplicationState::Withdrawn);
    match about.kind {
        NoticeKind::VerifyAddress => {
            about.application == ApplicationState::Submitted && about.round == RoundState::Open
        }
        NoticeKind::AlreadySignedUp => takes_part && about.round == RoundState::Open,
        NoticeKind::ReleaseRequest => {
            about.application == ApplicationState::Verified
                && matches!(about.round, RoundState::Open | RoundState::Closed | RoundState::Matched)
        }
        NoticeKind::Proposal
        | NoticeKind::AnswerReminder
        | NoticeKind::DeputyRequest
        | NoticeKind::Alternative
        | NoticeKind::DeadlineMoved => placed(&[PlacementState::Proposed]),
        NoticeKind::SwapRequest | NoticeKind::ConfirmReply | NoticeKind::Changed => {
            placed(&[PlacementState::Proposed, PlacementState::Confirmed])
        }
        NoticeKind::Confirmed
        | NoticeKind::Reminder
        | NoticeKind::JoiningPack
        | NoticeKind::PackChanged
        | NoticeKind::PackMissing => placed(&[PlacementState::Confirmed]),
        NoticeKind::Cancelled | NoticeKind::Ill => placed(&[
            PlacementState::Declined,
            PlacementState::Cancelled,
            PlacementState::Expired,
            PlacementState::DidNotTakePlace,
        ]),
        NoticeKind::HandedOver | NoticeKind::Calendar | NoticeKind::SwapEnded => placed(PlacementState::ALL),
        NoticeKind::FeedbackRequest => about
            .placement
            .is_some_and(|(state, _)| matches!(state, PlacementState::Confirmed | PlacementState::Completed)),
        NoticeKind::Offer | NoticeKind::OfferEnded => !is_over && takes_part,
        NoticeKind::Unplaced | NoticeKind::MatchedAgain => {
            !is_over && takes_part && about.application != ApplicationState::Placed
        }
        NoticeKind::Digest => !is_over,
        NoticeKind::SignIn
        | NoticeKind::Deputyship
        | NoticeKind::WebhookDisabled
        | NoticeKind::ScheduleFile
        | NoticeKind::ScheduleNotDelivered
        | NoticeKind::IdeaQuestion => false,
    }
}

//! Mails that come in: what a calendar program answers counts like a button on a link's page, if it is proven who sent
//! it; a mail that did not arrive is marked (docs/mail.md, "Replies").
//!
//! Each mail is kept once as what it was and what came of it, without its text. What a person meant and cannot count is
//! answered by a mail with a link, to the address that was invited and never to a sender; an automatic reply by nothing.

use chrono::NaiveDateTime;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::app::{Now, permit_everywhere, record};
use super::notices::{self, Case, told_of};
use super::page::{Page, Paged};
use super::placements::{Reply, answer_in, get_case};
use super::{App, AppError};
use crate::domain::email::Email;
use crate::domain::ids::{InboundId, NoticeId, PlacementId};
use crate::domain::inbound::{
    CalendarReply, Content, DeliveryReport, InboundKind, InboundOutcome, ProposedTime, Received, Recorded,
};
use crate::domain::notice::Notice;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Role};
use crate::domain::return_path::notice_of;
use crate::domain::states::Answer;
use crate::domain::told::Told;
use crate::import::read_mail;
use crate::store::{Tx, inbound, invitations, outbox};

/// Through what an answer of a calendar program came, as consents name it.
const CHANNEL: &str = "mail";

/// What was done with a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What is kept of it.
    pub recorded: Recorded,
    /// Whether it had come before: nothing was done again.
    pub is_repeated: bool,
}

/// Takes a mail in; `channel` is the door, `pipe` or `api`. The same mail again does nothing.
///
/// # Errors
/// `invalid-fields` for what is no mail or too large; `forbidden`, `unauthenticated`.
pub fn take(app: &App, actor: &Actor, bytes: &[u8], channel: &'static str) -> Result<Taken, AppError> {
    permit_everywhere(actor, Action::TakeMail)?;
    let mail = read_mail(bytes, app.settings.authserv_id.as_deref())
        .map_err(|rule| AppError::field("", "", rule))?;
    let now = app.now()?;
    let sha256 = hex(Sha256::digest(bytes).as_slice());
    let organiser = app.settings.organiser_address.as_str();
    // The notice that it came back for, where it came to a return path of ours (VERP).
    let returned = mail.brought_to.iter().find_map(|address| notice_of(address, organiser));
    let fingerprint = fingerprint(&mail, &sha256);
    let came = Came { mail: &mail, returned, actor, channel, fingerprint, sha256 };
    match app.store.write(|tx| take_in(tx, &now, &came, None)) {
        // Nothing of the refused answer stays; that it came does.
        Err(error @ (AppError::Refused(_) | AppError::NotFound { .. })) => {
            app.store.write(|tx| take_in(tx, &now, &came, Some(error.code())))
        }
        taken => taken,
    }
}

/// A page of the mails that came in, oldest first.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    page: &Page<InboundId>,
) -> Result<Paged<Recorded, InboundId>, AppError> {
    permit_everywhere(actor, Action::ReadOutbox)?;
    app.store.read(|db| {
        let rows = inbound::list(db, page.after, page.fetch())?;
        Ok(page.cut(rows, |mail| mail.id))
    })
}

/// A mail on its way in.
struct Came<'a> {
    mail: &'a Received,
    returned: Option<NoticeId>,
    actor: &'a Actor,
    channel: &'static str,
    sha256: String,
    fingerprint: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What makes a mail the same when it comes again: its Message-ID and what it says, because on another way it has other
/// header lines; its bytes where it has no Message-ID. A forged mail is never the same as a proven one.
fn fingerprint(mail: &Received, sha256: &str) -> String {
    match &mail.message_id {
        None => sha256.to_owned(),
        Some(id) => {
            let Received { from, proven, is_automatic, content, .. } = mail;
            let said = format!(
                "{id} {content:?} {is_automatic} {proven:?} {}",
                from.as_ref().map_or("", Email::as_str)
            );
            hex(Sha256::digest(said.as_bytes()).as_slice())
        }
    }
}

/// What came of a mail, and what it is about.
#[derive(Default)]
struct Found {
    outcome: Option<InboundOutcome>,
    placement: Option<PlacementId>,
    party: Option<Party>,
    notice: Option<NoticeId>,
    stamped_at: Option<NaiveDateTime>,
    proposed: Option<ProposedTime>,
    terms_version: Option<i64>,
    detail: Option<String>,
}

impl Found {
    fn only(outcome: InboundOutcome) -> Self {
        Self { outcome: Some(outcome), ..Self::default() }
    }
}

/// Takes a mail in. `refused` is the code for which its answer was refused before.
fn take_in(
    tx: &mut Tx<'_>,
    now: &Now,
    came: &Came<'_>,
    refused: Option<&'static str>,
) -> Result<Taken, AppError> {
    if let Some(recorded) = inbound::find_by_fingerprint(tx, &came.fingerprint)? {
        return Ok(Taken { recorded, is_repeated: true });
    }
    let id = InboundId::new(now.id("inbound mail"));
    let found = match &came.mail.content {
        Content::Reply(reply) => answered(tx, now, id, came.mail, reply, refused)?,
        Content::Report(report) => reported(tx, report, came.returned)?,
        // A return path is no address that a person writes to.
        Content::Words if came.returned.is_some() => Found::only(InboundOutcome::Ignored),
        Content::Words => written(tx, now, came.mail)?,
    };
    let recorded = Recorded {
        id,
        received_at: now.utc(),
        channel: came.channel.to_owned(),
        sha256: came.sha256.clone(),
        fingerprint: came.fingerprint.clone(),
        message_id: came.mail.message_id.clone(),
        kind: came.mail.kind(),
        outcome: found.outcome.unwrap_or(InboundOutcome::Unknown),
        placement: found.placement,
        party: found.party,
        notice: found.notice,
        stamped_at: found.stamped_at,
        proposed: found.proposed,
        terms_version: found.terms_version,
        detail: found.detail,
    };
    inbound::insert(tx, &recorded)?;
    let details = json!({ "kind": recorded.kind.as_str(), "outcome": recorded.outcome.as_str() });
    record(tx, now, came.actor, Action::TakeMail, ("mail", &id), &details)?;
    Ok(Taken { recorded, is_repeated: false })
}

/// Takes the answer of a calendar program.
fn answered(
    tx: &mut Tx<'_>,
    now: &Now,
    id: InboundId,
    mail: &Received,
    reply: &CalendarReply,
    refused: Option<&'static str>,
) -> Result<Found, AppError> {
    let Some((placement, party)) = invitations::find_by_uid(tx, &reply.uid)? else {
        return Ok(Found::only(InboundOutcome::Unknown));
    };
    let case = get_case(tx, placement)?;
    // Nobody can say something later than now; else a wrong clock would lock out what is said next.
    let stamped_at = reply.stamped_at.map_or(now.utc(), |at| at.min(now.utc()));
    let answer = match reply.kind {
        InboundKind::Accepted => Some(Answer::Yes),
        InboundKind::Declined => Some(Answer::No),
        InboundKind::Tentative
        | InboundKind::Counter
        | InboundKind::OtherReply
        | InboundKind::Bounce
        | InboundKind::Delay
        | InboundKind::AutoReply
        | InboundKind::Words => None,
    };
    let objection = match refused {
        Some(_) => Some(InboundOutcome::Refused),
        None => objection(tx, mail, reply, (&case, party), stamped_at)?,
    };
    let before = case.placement.answer_of(party);
    let outcome = match (objection, answer) {
        (Some(outcome), _) => outcome,
        (None, None) if reply.kind == InboundKind::Counter => InboundOutcome::PassedOn,
        (None, None) => InboundOutcome::Undecided,
        (None, Some(answer)) => {
            let version = Some(case.placement.terms.version);
            let said = Reply { party, answer, reason: None, channel: CHANNEL, version };
            answer_in(tx, now, &actor_of(id, &case, party), case.clone(), &said)?;
            if before == Some(answer) { InboundOutcome::Repeated } else { InboundOutcome::Answered }
        }
    };
    let counts = matches!(outcome, InboundOutcome::Answered | InboundOutcome::Repeated);
    // What is so already needs no link.
    if !counts && !mail.is_automatic && (answer.is_none() || answer != before) {
        notices::confirm_reply(tx, now, &case, party, why(outcome, reply.kind))?;
    }
    let is_passed_on = outcome == InboundOutcome::PassedOn;
    Ok(Found {
        outcome: Some(outcome),
        placement: Some(placement),
        party: Some(party),
        stamped_at: Some(stamped_at),
        proposed: reply.proposed.filter(|_| is_passed_on),
        terms_version: is_passed_on.then_some(case.placement.terms.version),
        detail: refused.map(str::to_owned),
        notice: None,
    })
}

/// Why an answer does not count, whatever it is.
fn objection(
    tx: &mut Tx<'_>,
    mail: &Received,
    reply: &CalendarReply,
    (case, party): (&Case, Party),
    stamped_at: NaiveDateTime,
) -> Result<Option<InboundOutcome>, AppError> {
    let Some(invited) = case.recipient(party) else { return Ok(Some(InboundOutcome::WrongAddress)) };
    if reply.attendee.as_ref() != Some(&invited.address) || mail.from.as_ref() != Some(&invited.address) {
        return Ok(Some(InboundOutcome::WrongAddress));
    }
    if !mail.proves(&invited.address) {
        return Ok(Some(InboundOutcome::Unproven));
    }
    let sequences = invitations::find_told(tx, case.placement.id, party, &told_of(&case.placement))?;
    if sequences.is_none_or(|sequences| !sequences.contains(&reply.sequence)) {
        return Ok(Some(InboundOutcome::OutOfDate));
    }
    let consent = case.placement.consents.iter().find(|consent| consent.party == party);
    // What a calendar said counts from when it was said, everything else from when it came.
    let given = consent.and_then(|consent| consent.given.as_ref()).filter(|given| given.channel != CHANNEL);
    let last = inbound::last_said(tx, case.placement.id, party)?.max(given.map(|given| given.at));
    Ok(last.filter(|last| stamped_at < *last).map(|_| InboundOutcome::Late))
}

/// Who answers by a calendar program: the party, like the holder of its link.
fn actor_of(id: InboundId, case: &Case, party: Party) -> Actor {
    let role = match party {
        Party::Participant => Role::Participant,
        Party::Host => Role::HostContact,
        Party::Manager => Role::Manager,
    };
    Actor { placement: Some(case.placement.id), ..Actor::named(format!("mail:{id}"), role) }
}

/// Why no answer was taken, for whoever was invited.
const fn why(outcome: InboundOutcome, kind: InboundKind) -> Told {
    match (outcome, kind) {
        (InboundOutcome::PassedOn, _) => Told::CalendarProposesTime,
        (InboundOutcome::Undecided, _) => Told::CalendarUndecided,
        (InboundOutcome::Unproven, _) => Told::AnswerUnproven,
        (InboundOutcome::WrongAddress, _) => Told::AnswerFromElsewhere,
        (InboundOutcome::OutOfDate, _) => Told::AnswerOutOfDate,
        (InboundOutcome::Late, _) => Told::AnswerLate,
        (InboundOutcome::NotUnderstood, _) => Told::AnswerInWords,
        (
            InboundOutcome::Answered
            | InboundOutcome::Repeated
            | InboundOutcome::Refused
            | InboundOutcome::Bounced
            | InboundOutcome::Noted
            | InboundOutcome::Unknown
            | InboundOutcome::Ignored,
            _,
        ) => Told::AnswerNotPossible,
    }
}

/// The mail of ours that a report is about: whose return path it came to, which is the envelope's word; else the one
/// whose header it returns.
fn notice_behind(
    tx: &mut Tx<'_>,
    report: &DeliveryReport,
    returned: Option<NoticeId>,
) -> Result<Option<Notice>, AppError> {
    if let Some(id) = returned
        && let Some(notice) = outbox::find(tx, id)?
    {
        return Ok(Some(notice));
    }
    Ok(match &report.message_id {
        Some(id) => inbound::find_notice(tx, std::slice::from_ref(id))?,
        None => None,
    })
}

/// Marks the mail that a report is about.
fn reported(tx: &mut Tx<'_>, report: &DeliveryReport, returned: Option<NoticeId>) -> Result<Found, AppError> {
    let Some(notice) = notice_behind(tx, report, returned)? else {
        return Ok(Found::only(InboundOutcome::Unknown));
    };
    let status = report.status.as_deref().unwrap_or("no status");
    let is_marked = report.is_final && inbound::mark_bounced(tx, notice.id, &format!("came back: {status}"))?;
    Ok(Found {
        outcome: Some(if is_marked { InboundOutcome::Bounced } else { InboundOutcome::Noted }),
        placement: notice.placement,
        party: Some(notice.party),
        notice: Some(notice.id),
        detail: report.status.clone(),
        ..Found::default()
    })
}

/// Sends whoever answered a mail of ours in words to the page where an answer counts.
fn written(tx: &mut Tx<'_>, now: &Now, mail: &Received) -> Result<Found, AppError> {
    if mail.is_automatic {
        return Ok(Found::only(InboundOutcome::Ignored));
    }
    let known = inbound::find_notice(tx, &mail.answers_to)?;
    let Some(notice) = known.filter(|notice| mail.from.as_ref() == Some(&notice.recipient)) else {
        return Ok(Found::only(InboundOutcome::Unknown));
    };
    if let Some(placement) = notice.placement {
        let case = get_case(tx, placement)?;
        let is_asked = case.placement.answer_of(notice.party).is_some();
        let is_same = case.recipient(notice.party).is_some_and(|invited| invited.address == notice.recipient);
        if is_asked && is_same {
            notices::confirm_reply(tx, now, &case, notice.party, Told::AnswerInWords)?;
        }
    }
    Ok(Found {
        outcome: Some(InboundOutcome::NotUnderstood),
        placement: notice.placement,
        party: Some(notice.party),
        notice: Some(notice.id),
        ..Found::default()
    })
}

//! From facts to letters: what the worker needs to render and settle notices.
//!
//! Words are looked up when a notice is claimed, not when it was enqueued; whatever changed since has superseded it.

use std::str::FromStr;

use chrono::{Duration, NaiveDateTime};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::app::{Now, permit_everywhere, permit_role, sha256_hex};
use super::letters::letter;
use super::links::mint;
use super::{App, AppError, deputyships, idea_questions, schedule_deliveries, sign_in, webhooks};
use crate::domain::language::Language;
use crate::domain::letter::{Letter, Method, NoticeKind};
use crate::domain::notice::{MailPause, Notice, NoticeState};
use crate::domain::permissions::{Action, Actor};
use crate::store::sending::Leased;
use crate::store::{StoreError, Tx, invitations, sending};

/// How long a sender may take before its notices are taken over.
pub const LEASE: Duration = Duration::minutes(5);

/// Waiting times between attempts, in minutes; after the last one the notice is given up.
const RETRY_MINUTES: [i64; 6] = [1, 5, 30, 120, 480, 1440];

/// Waiting times of a pause, in minutes; the last one again and again.
const PAUSE_MINUTES: [i64; 5] = [1, 2, 5, 15, 30];

/// How long a notice, or a webhook's message, waits after its `tried`th attempt: a minute, 5, 30, 2 hours, 8, 24, each up
/// to a fifth less or more, so that what waits together does not come together. The same for the same one and attempt; none
/// after the last one.
pub fn wait_after(id: Uuid, tried: i64) -> Option<Duration> {
    let nth = usize::try_from(tried.saturating_sub(1)).ok()?;
    let minutes = RETRY_MINUTES.get(nth)?;
    let hash = Sha256::new().chain_update(id.as_bytes()).chain_update(tried.to_be_bytes()).finalize();
    let spread = i64::from(u16::from_be_bytes([hash[0], hash[1]]) % 401) - 200;
    Some(Duration::milliseconds(minutes * 60 * (1_000 + spread)))
}

/// A claimed notice.
#[derive(Debug, Clone)]
pub struct Claimed {
    leased: Leased,
    /// Whether it is the one mail that finds out whether a pause is over.
    is_probe: bool,
}

impl Claimed {
    /// The notice.
    pub const fn notice(&self) -> &Notice {
        &self.leased.notice
    }
}

/// Claims up to `most` notices that are due; none to addresses at the hosts of `not_to`. While mail is paused, none, or
/// one when it is time to try again.
///
/// # Errors
/// The database's.
pub fn claim(app: &App, by: &str, most: i64, not_to: &[String]) -> Result<Vec<Claimed>, AppError> {
    permit_everywhere(&Actor::worker(by), Action::SendMail)?;
    let now = app.clock.now_utc();
    let claimed = app.store.write_queue(|tx| -> Result<_, AppError> {
        let pause = sending::find_pause(tx)?;
        if pause.as_ref().is_some_and(|pause| now < pause.next_try_at) {
            return Ok(Vec::new());
        }
        let most = if pause.is_some() { 1 } else { most };
        let leased = sending::claim(tx, by, (now, now + LEASE), most, not_to)?;
        if let (Some(pause), [probe]) = (&pause, leased.as_slice()) {
            // The turn is this sender's until its lease ends.
            let turn = MailPause { next_try_at: now + LEASE, ..pause.clone() };
            if !sending::move_pause(tx, pause.next_try_at, &turn)? {
                sending::give_back(tx, probe, by)?;
                return Ok(Vec::new());
            }
        }
        Ok(leased.into_iter().map(|leased| Claimed { leased, is_probe: pause.is_some() }).collect())
    })?;
    for Claimed { leased, .. } in claimed.iter().filter(|one| one.leased.may_have_arrived) {
        tracing::warn!(
            notice = %leased.notice.id,
            message_id = leased.notice.message_id,
            "its sender has gone: a second copy is possible"
        );
    }
    Ok(claimed)
}

/// A claimed notice whose message is stored.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The notice.
    pub claimed: Claimed,
    /// Its Message-ID.
    pub message_id: String,
    /// The message.
    pub message: Vec<u8>,
    /// What was written; none where the message of an earlier attempt goes again as it is.
    pub letter: Option<Box<Letter>>,
}

/// The Message-ID of a notice: the same for every attempt.
pub(super) fn message_id(app: &App, notice: &Notice) -> String {
    format!("<{}@{}>", notice.id, app.settings.mail_domain)
}

/// A letter that is about nobody's day, and says nothing yet.
pub(super) fn about_no_case(app: &App, now: &Now, notice: &Notice, language: Language) -> Letter {
    Letter::about_no_case(
        (notice.kind, notice.party),
        notice.recipient.as_str(),
        language,
        (&app.settings.service_name, &app.settings.public_url),
        (message_id(app, notice), now.at),
    )
}

/// The facts of a notice, and an id among them.
pub(super) fn facts_with<T: FromStr>(notice: &Notice, key: &str) -> Result<(Value, T), AppError> {
    let broken = || AppError::Internal(format!("facts of notice {}", notice.id));
    let facts: Value = serde_json::from_str(&notice.facts).map_err(|_| broken())?;
    let id = facts[key].as_str().and_then(|id| id.parse().ok()).ok_or_else(broken)?;
    Ok((facts, id))
}

/// What may be sent, and what is settled without.
pub type Prepared = (Vec<Ready>, Vec<(Claimed, Attempt)>);

/// Looks up what claimed notices say, makes their links, has them written and stores their bytes, all in one transaction:
/// what may be sent from then on, and what is settled without. Left out is what another sender holds by now.
///
/// # Errors
/// The database's.
pub fn prepare(
    app: &App,
    claimed: &[Claimed],
    by: &str,
    write: impl Fn(&Letter) -> Result<Vec<u8>, String>,
) -> Result<Prepared, AppError> {
    let now = app.now()?;
    app.store.write_queue(|tx| {
        let (mut ready, mut settled) = (Vec::new(), Vec::new());
        for one in claimed {
            match message_of(tx, app, &now, one, by, &write) {
                Ok(Written::Stored(message, letter)) => {
                    let message_id = message_id(app, one.notice());
                    ready.push(Ready { claimed: one.clone(), message_id, message, letter });
                }
                Ok(Written::Lost) => {}
                Ok(Written::Unwanted) => settled.push((one.clone(), Attempt::Unwanted)),
                Err(AppError::Store(error)) => return Err(AppError::Store(error)),
                // A notice that cannot be prepared must not stop the others; the words are for operators.
                Err(error) => settled.push((one.clone(), Attempt::Unwritten(error.to_string()))),
            }
        }
        Ok((ready, settled))
    })
}

/// What became of a notice before its first attempt, or before another one.
enum Written {
    /// Its bytes are stored, of this letter where they are new.
    Stored(Vec<u8>, Option<Box<Letter>>),
    /// Another sender holds it, or nobody is there to get it.
    Lost,
    /// Its recipient wants no mails of its kind.
    Unwanted,
}

fn message_of(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    claimed: &Claimed,
    by: &str,
    write: &impl Fn(&Letter) -> Result<Vec<u8>, String>,
) -> Result<Written, AppError> {
    let notice = claimed.notice();
    if notice.message_id.is_some() {
        let stored = sending::message(tx, notice.id)?;
        return stored
            .map(|message| Written::Stored(message, None))
            .ok_or_else(|| AppError::Internal(format!("notice {}: no stored bytes", notice.id)));
    }
    if notice.kind.is_optional() && sending::opted_out_since(tx, &notice.recipient)?.is_some() {
        return Ok(Written::Unwanted);
    }
    let letter = match notice.kind {
        NoticeKind::SignIn => sign_in::letter(tx, app, now, notice)?,
        NoticeKind::Deputyship => deputyships::letter(tx, app, now, notice)?,
        NoticeKind::WebhookDisabled => webhooks::letter(tx, app, now, notice)?,
        NoticeKind::ScheduleFile => schedule_deliveries::file_letter(tx, app, now, notice)?,
        NoticeKind::ScheduleNotDelivered => schedule_deliveries::not_delivered_letter(tx, app, now, notice)?,
        NoticeKind::IdeaQuestion => idea_questions::letter(tx, app, now, notice)?,
        _ => Some(letter_with_link(tx, app, now, notice)?),
    };
    let Some(mut letter) = letter else {
        sending::forget(tx, notice.id, by)?;
        return Ok(Written::Lost);
    };
    let opt_out = notice.kind.is_optional().then(|| now.secret(&format!("opt out {}", notice.id)));
    letter.opt_out = opt_out.as_ref().map(|secret| format!("{}/mails/{secret}", app.settings.public_url));
    let message =
        write(&letter).map_err(|error| AppError::Internal(format!("cannot be rendered: {error}")))?;
    let hash = opt_out.as_deref().map(sha256_hex);
    let bytes = (message.as_slice(), hash.as_deref());
    let own = sending::store_message(tx, notice.id, by, &message_id(app, notice), bytes)?;
    if !own {
        return Ok(Written::Lost);
    }
    if let Some(invitation) = &letter.invitation {
        let is_in_calendar = invitation.status.method() == Method::Request;
        invitations::mark_in_calendar(tx, &invitation.uid, is_in_calendar)?;
    }
    Ok(Written::Stored(message, Some(Box::new(letter))))
}

fn letter_with_link(tx: &mut Tx<'_>, app: &App, now: &Now, notice: &Notice) -> Result<Letter, AppError> {
    let (mut letter, link) = letter(tx, app, now, notice)?;
    if let Some(link) = link {
        let secret = mint(tx, now, &format!("link {}", notice.id), link)?;
        letter.link = Some(format!("{}/links/{secret}", app.settings.public_url));
    }
    Ok(letter)
}

/// What came of an attempt. Words of a server begin with its reply code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The server took it.
    Sent(String),
    /// The server said: not now.
    Later(String),
    /// The server said nothing, or was not there.
    Unheard(String),
    /// The server will never take it.
    Never(String),
    /// It could not be written; no server was asked.
    Unwritten(String),
    /// The server takes nothing from this service, whatever it is.
    Blocked(String),
    /// Its recipient wants no mails of its kind.
    Unwanted,
}

/// What a settlement did to the pause.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Turn {
    Began(String),
    Ended,
}

/// Settles attempts in one transaction: sent, put back with a growing wait, given back, given up, or thrown away; begins
/// a pause where the server takes nothing, and ends it where it does.
///
/// # Errors
/// The database's.
pub fn settle(app: &App, by: &str, attempts: &[(Claimed, Attempt)]) -> Result<(), AppError> {
    let now = app.clock.now_utc();
    let (lost, turns) = app.store.write_queue(|tx| -> Result<_, AppError> {
        let (mut lost, mut turns) = (Vec::new(), Vec::new());
        for (claimed, attempt) in attempts {
            if !settle_one(tx, by, now, claimed, attempt)? {
                lost.push(claimed.notice().id);
            }
            turns.extend(turn_of(tx, now, claimed, attempt)?);
        }
        Ok((lost, turns))
    })?;
    for notice in lost {
        // Another sender took over after this one's lease ran out: the same Message-ID may arrive twice.
        tracing::warn!(%notice, "settled by another sender: a second copy is possible");
    }
    for turn in turns {
        match turn {
            Turn::Began(answer) => tracing::error!(
                answer,
                "mail is paused: the mail server takes nothing from this service. Nothing is lost; one mail is tried from \
                 time to time"
            ),
            Turn::Ended => tracing::info!("mail goes again: the pause is over"),
        }
    }
    Ok(())
}

fn settle_one(
    tx: &mut Tx<'_>,
    by: &str,
    now: NaiveDateTime,
    claimed: &Claimed,
    attempt: &Attempt,
) -> Result<bool, StoreError> {
    let notice = claimed.notice();
    match attempt {
        Attempt::Sent(words) => sending::settle(tx, notice.id, by, NoticeState::Sent, words, now),
        Attempt::Never(words) | Attempt::Unwritten(words) => {
            sending::settle(tx, notice.id, by, NoticeState::GaveUp, words, now)
        }
        Attempt::Unwanted => sending::settle(tx, notice.id, by, NoticeState::Discarded, UNWANTED, now),
        Attempt::Blocked(_) => sending::give_back(tx, &claimed.leased, by),
        // Whether it is this message's matter shows when the pause is over.
        Attempt::Unheard(_) if claimed.is_probe => sending::give_back(tx, &claimed.leased, by),
        Attempt::Later(words) | Attempt::Unheard(words) => {
            match wait_after(notice.id.uuid(), notice.attempts) {
                Some(wait) => sending::put_back(tx, notice.id, by, words, now + wait),
                None => sending::settle(tx, notice.id, by, NoticeState::GaveUp, words, now),
            }
        }
    }
}

/// The answer in the list of mails where no server was asked.
const UNWANTED: &str = "its recipient wants no mails of this kind";

fn turn_of(
    tx: &mut Tx<'_>,
    now: NaiveDateTime,
    claimed: &Claimed,
    attempt: &Attempt,
) -> Result<Option<Turn>, StoreError> {
    let goes_on = |words: &str, known: &MailPause| {
        let nth = usize::try_from(known.tries + 1).unwrap_or(usize::MAX).min(PAUSE_MINUTES.len() - 1);
        MailPause {
            answer: words.to_owned(),
            tries: known.tries + 1,
            next_try_at: now + Duration::minutes(PAUSE_MINUTES[nth]),
            ..known.clone()
        }
    };
    match attempt {
        Attempt::Unwanted | Attempt::Unwritten(_) => Ok(None),
        Attempt::Blocked(words) | Attempt::Unheard(words) if claimed.is_probe => {
            if let Some(known) = sending::find_pause(tx)? {
                sending::move_pause(tx, known.next_try_at, &goes_on(words, &known))?;
            }
            Ok(None)
        }
        Attempt::Unheard(_) => Ok(None),
        Attempt::Blocked(words) => {
            let next_try_at = now + Duration::minutes(PAUSE_MINUTES[0]);
            let pause = MailPause { since: now, answer: words.clone(), tries: 0, next_try_at };
            Ok(sending::begin_pause(tx, &pause)?.then(|| Turn::Began(words.clone())))
        }
        // An answer to a message: whatever it says, the server talks to this service.
        Attempt::Sent(_) | Attempt::Later(_) | Attempt::Never(_) if claimed.is_probe => {
            Ok(sending::end_pause(tx)?.then_some(Turn::Ended))
        }
        Attempt::Sent(_) | Attempt::Later(_) | Attempt::Never(_) => Ok(None),
    }
}

/// Gives claimed notices back untried: when the worker stops, or where their host has to wait.
///
/// # Errors
/// The database's.
pub fn give_back(app: &App, claimed: &[Claimed], by: &str) -> Result<(), AppError> {
    app.store.write_queue(|tx| {
        for one in claimed {
            sending::give_back(tx, &one.leased, by)?;
        }
        Ok(())
    })
}

/// Since when, and why, no mail goes; none while it does.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn pause(app: &App, actor: &Actor) -> Result<Option<MailPause>, AppError> {
    permit_role(actor, Action::ReadOutbox)?;
    app.store.read(|db| Ok(sending::find_pause(db)?))
}

//! From facts to letters: what the worker needs to render and settle notices.
//!
//! Words are looked up when a notice is claimed, not when it was enqueued; whatever changed since has superseded it.

use chrono::Duration;

use super::app::permit_everywhere;
use super::letters::letter;
use super::links::mint;
use super::{App, AppError};
use crate::domain::ids::NoticeId;
use crate::domain::letter::{Letter, Method};
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::permissions::{Action, Actor};
use crate::store::{invitations, outbox};

/// How long a sender may take before its notices are taken over.
const LEASE: Duration = Duration::minutes(5);

/// Waiting times between attempts, in minutes; after the last one the notice is given up.
const RETRY_MINUTES: [i64; 6] = [1, 5, 30, 120, 480, 1440];

/// Claims up to `most` notices that are due.
///
/// # Errors
/// The database's.
pub fn claim(app: &App, by: &str, most: i64) -> Result<Vec<Notice>, AppError> {
    permit_everywhere(&Actor::worker(by), Action::SendMail)?;
    let now = app.clock.now_utc();
    app.store.write_queue(|tx| Ok(outbox::claim(tx, by, now, now + LEASE, most)?))
}

/// A claimed notice, ready to be rendered or, after an earlier attempt, rendered already.
#[derive(Debug)]
pub enum Prepared {
    /// To be rendered.
    Letter(Box<Letter>),
    /// The stored bytes of an earlier attempt, to be sent again as they are.
    Stored(Vec<u8>),
}

/// The Message-ID of a notice: the same for every attempt.
pub fn message_id(app: &App, notice: &Notice) -> String {
    format!("<{}@{}>", notice.id, app.settings.mail_domain)
}

/// Looks up what a claimed notice says, and makes its link.
///
/// # Errors
/// The database's; `internal` for facts that cannot be read.
pub fn prepare(app: &App, notice: &Notice) -> Result<Prepared, AppError> {
    let now = app.now()?;
    app.store.write_queue(|tx| {
        if notice.message_id.is_some() {
            let stored = outbox::message(tx, notice.id)?
                .ok_or_else(|| AppError::Internal(format!("notice {}: no stored bytes", notice.id)))?;
            return Ok(Prepared::Stored(stored));
        }
        let (mut letter, link) = letter(tx, app, &now, notice)?;
        if let Some(link) = link {
            let secret = mint(tx, &now, &format!("link {}", notice.id), link)?;
            letter.link = Some(format!("{}/links/{secret}", app.settings.public_url));
        }
        if let Some(invitation) = &letter.invitation {
            let is_in_calendar = invitation.status.method() == Method::Request;
            invitations::mark_in_calendar(tx, &invitation.uid, is_in_calendar)?;
        }
        Ok(Prepared::Letter(Box::new(letter)))
    })
}

/// Stores the rendered message before its first attempt; false when another sender has taken the notice over.
///
/// # Errors
/// The database's.
pub fn store_message(
    app: &App,
    id: NoticeId,
    by: &str,
    message_id: &str,
    message: &[u8],
) -> Result<bool, AppError> {
    app.store.write_queue(|tx| Ok(outbox::store_message(tx, id, by, message_id, message)?))
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The server took it.
    Sent(String),
    /// It may go through later.
    Later(String),
    /// It never will.
    Never(String),
}

/// Settles an attempt: sent, put back with a growing wait, or given up.
///
/// # Errors
/// The database's.
pub fn settle(app: &App, notice: &Notice, by: &str, attempt: &Attempt) -> Result<(), AppError> {
    let now = app.clock.now_utc();
    let settled = app.store.write_queue(|tx| -> Result<bool, AppError> {
        Ok(match attempt {
            Attempt::Sent(words) => outbox::settle(tx, notice.id, by, NoticeState::Sent, words, now)?,
            Attempt::Never(words) => outbox::settle(tx, notice.id, by, NoticeState::GaveUp, words, now)?,
            Attempt::Later(words) => {
                let tried = usize::try_from(notice.attempts).unwrap_or(usize::MAX);
                match RETRY_MINUTES.get(tried.saturating_sub(1)) {
                    Some(minutes) => {
                        outbox::put_back(tx, notice.id, by, words, now + Duration::minutes(*minutes))?
                    }
                    None => outbox::settle(tx, notice.id, by, NoticeState::GaveUp, words, now)?,
                }
            }
        })
    })?;
    if !settled {
        // Another sender took over after this one's lease ran out: the same Message-ID may arrive twice.
        tracing::warn!(notice = %notice.id, "settled by another sender: a second copy is possible");
    }
    Ok(())
}

/// Gives claimed notices back untried, when the worker stops.
///
/// # Errors
/// The database's.
pub fn give_back(app: &App, notices: &[Notice], by: &str) -> Result<(), AppError> {
    app.store.write_queue(|tx| {
        for notice in notices {
            outbox::give_back(tx, notice.id, by)?;
        }
        Ok(())
    })
}

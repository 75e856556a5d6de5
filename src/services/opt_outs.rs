//! Whether an address takes mails of optional kinds: chosen by a secret that stands in the headers of each of them.
//!
//! Looking changes nothing. Mails that everybody needs are not concerned: see `NoticeKind::is_optional`.

use chrono::NaiveDateTime;
use serde_json::json;

use super::app::{permit, record, sha256_hex};
use super::{App, AppError};
use crate::domain::notice::Notice;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Role, Subject};
use crate::store::{Db, sending};

/// What an address has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailChoice {
    /// First letter and domain of the address.
    pub address: String,
    /// Since when it takes no optional mails; none where it takes them.
    pub stopped_since: Option<NaiveDateTime>,
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// No mails of optional kinds.
    Stop,
    /// All mails again.
    Resume,
}

fn get_notice(db: &mut Db, secret: &str) -> Result<Notice, AppError> {
    sending::find_by_opt_out(db, &sha256_hex(secret))?.ok_or_else(|| {
        AppError::not_found("page", "with this address: it may have been cut by a mail program")
    })
}

/// Who chooses: the recipient, by one of their mails.
fn recipient(notice: &Notice) -> Actor {
    let role = match notice.party {
        Party::Participant => Role::Participant,
        Party::Host => Role::HostContact,
        Party::Manager => Role::Manager,
    };
    Actor {
        application: notice.application,
        placement: notice.placement,
        ..Actor::named(format!("mail:{}", notice.id), role)
    }
}

fn admit(notice: &Notice) -> Result<Actor, AppError> {
    let actor = recipient(notice);
    let subject =
        Subject { application: notice.application, placement: notice.placement, ..Subject::default() };
    permit(&actor, Action::ChooseMails, &subject, ("mail", &notice.id))?;
    Ok(actor)
}

/// What the recipient of the mail with this secret has chosen.
///
/// # Errors
/// `not-found`.
pub fn view(app: &App, secret: &str) -> Result<MailChoice, AppError> {
    app.store.read(|db| {
        let notice = get_notice(db, secret)?;
        admit(&notice)?;
        let stopped_since = sending::opted_out_since(db, &notice.recipient)?;
        Ok(MailChoice { address: notice.recipient.masked(), stopped_since })
    })
}

/// Stops mails of optional kinds to the recipient of the mail with this secret, or resumes them. The same again changes
/// nothing.
///
/// # Errors
/// `not-found`.
pub fn choose(app: &App, secret: &str, wanted: Wanted) -> Result<MailChoice, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let notice = get_notice(tx, secret)?;
        let actor = admit(&notice)?;
        let known = sending::opted_out_since(tx, &notice.recipient)?;
        let stopped_since = match wanted {
            Wanted::Stop => Some(known.unwrap_or_else(|| now.utc())),
            Wanted::Resume => None,
        };
        if known.is_some() != stopped_since.is_some() {
            match wanted {
                Wanted::Stop => sending::opt_out(tx, &notice.recipient, now.utc())?,
                Wanted::Resume => sending::opt_in(tx, &notice.recipient)?,
            }
            let details = json!({ "optional_mails": stopped_since.is_none() });
            record(tx, &now, &actor, Action::ChooseMails, ("mail", &notice.id), &details)?;
        }
        Ok(MailChoice { address: notice.recipient.masked(), stopped_since })
    })
}

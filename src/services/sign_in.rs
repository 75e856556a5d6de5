//! Signing in by a link in a mail: asked for by an address, used once, within a quarter of an hour.
//!
//! Whoever asks learns nothing of whether the address is known: what is written when it is asked is the same for all, and
//! only the sender of mails looks the address up. Nothing is kept of an address that is not known.

use chrono::Duration;

use super::app::{Now, sha256_hex};
use super::capacities::capacities_of;
use super::load::{get_applicant, get_library, get_placement};
use super::outbox::about_no_case;
use super::sessions::{self, FreshSession, permit_to_sign_in};
use super::{App, AppError};
use crate::domain::email::Email;
use crate::domain::ids::{NoticeId, SessionId};
use crate::domain::language::Language;
use crate::domain::letter::{Letter, NoticeKind};
use crate::domain::mandate::Mandate;
use crate::domain::notice::Notice;
use crate::domain::party::Party;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::session::{Capacity, Ground, LINK_LIFE, SignInLink, Way};
use crate::store::sessions as stored;
use crate::store::{Db, Tx, organisations, outbox};

/// For how long a mail that could not be written is worth writing: nobody waits longer for a link.
const WORTH_WRITING: Duration = Duration::hours(1);

/// Asks for a link by mail. The same for every address.
///
/// # Errors
/// The database's.
pub fn ask(app: &App, address: &Email) -> Result<(), AppError> {
    permit_to_sign_in()?;
    let now = app.now()?;
    let id = NoticeId::new(now.id("sign in"));
    app.store.write(|tx| {
        // Keys are shown where addresses are not: nothing of the address goes into one. The mail says the same to all,
        // whatever they are.
        let what = (NoticeKind::SignIn, format!("sign_in:{id}"));
        outbox::enqueue(tx, &Notice::queued(id, what, (Party::Participant, address.clone()), now.utc()))?;
        Ok(())
    })
}

/// The letter that answers somebody who asked, with its link; none where the address is not known, or it is too late.
///
/// # Errors
/// The database's.
pub(super) fn letter(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    notice: &Notice,
) -> Result<Option<Letter>, AppError> {
    let capacities = capacities_of(tx, now, notice.recipient.as_str())?;
    if capacities.is_empty() || now.utc() - notice.created_at > WORTH_WRITING {
        return Ok(None);
    }
    let language = language_of(tx, app, &capacities)?;
    let (name, secret) = (format!("sign in {}", notice.id), now.secret(&format!("sign in {}", notice.id)));
    let link = SignInLink {
        id: SessionId::new(now.id(&name)),
        address: notice.recipient.clone(),
        expires_at: now.utc() + LINK_LIFE,
        used_at: None,
    };
    stored::insert_link(tx, &link, &sha256_hex(&secret), now.utc())?;
    Ok(Some(Letter {
        link: Some(format!("{}/sign-in/{secret}", app.settings.public_url)),
        ..about_no_case(app, now, notice, language)
    }))
}

/// In which language somebody reads who is known by these capacities: as the first of them says, else the installation.
pub(super) fn language_of(db: &mut Db, app: &App, capacities: &[Capacity]) -> Result<Language, AppError> {
    let known = match capacities.first() {
        Some(first) => language_by(db, &first.ground)?,
        None => None,
    };
    Ok(known.unwrap_or(app.settings.language))
}

fn language_by(db: &mut Db, ground: &Ground) -> Result<Option<Language>, AppError> {
    Ok(match ground {
        Ground::Participant(id) => Some(get_applicant(db, *id)?.application.language),
        Ground::Manager(id) => {
            let employer = get_applicant(db, *id)?.application.employer;
            organisations::find_employer(db, employer)?.and_then(|found| found.language)
        }
        Ground::Host(id) | Ground::Deputy(id) => {
            let host = get_placement(db, *id)?.host;
            get_library(db, host)?.contact.and_then(|contact| contact.language)
        }
        Ground::Grant(_, Mandate { employers, .. }) | Ground::Claims(_, Mandate { employers, .. }) => {
            match employers.first() {
                Some(id) => organisations::find_employer(db, *id)?.and_then(|found| found.language),
                None => None,
            }
        }
        Ground::For(_, own) => language_by(db, own)?,
    })
}

fn get_link(db: &mut Db, secret: &str) -> Result<SignInLink, AppError> {
    stored::find_link(db, &sha256_hex(secret))?.ok_or_else(|| {
        AppError::not_found("link", "with this address: it may have been cut by a mail program")
    })
}

fn spent() -> AppError {
    let words = "this link was used, or is older than a quarter of an hour: ask for another one";
    Refusal::new(RefusalCode::LinkSpent, words).into()
}

/// Whose link it is: first letter and domain of the address. Changes nothing, however often it is looked at.
///
/// # Errors
/// `not-found`; `link-spent` for one by which nobody can sign in any more.
pub fn look(app: &App, secret: &str) -> Result<String, AppError> {
    permit_to_sign_in()?;
    let now = app.now()?;
    let link = app.store.read(|db| get_link(db, secret))?;
    if link.is_live_at(now.utc()) { Ok(link.address.masked()) } else { Err(spent()) }
}

/// Signs somebody in by a link, once; other links of the same address are worth nothing from then on.
///
/// # Errors
/// `not-found`; `link-spent` for one that was used or is too old; `nobody-here` where nothing is left that its holder could
/// do here.
pub fn sign_in(app: &App, secret: &str) -> Result<FreshSession, AppError> {
    permit_to_sign_in()?;
    let now = app.now()?;
    app.store.write(|tx| {
        let link = get_link(tx, secret)?;
        if !link.is_live_at(now.utc()) || !stored::use_link(tx, link.id, now.utc())? {
            return Err(spent());
        }
        stored::expire_links(tx, link.address.as_str(), now.utc())?;
        sessions::begin(tx, app, &now, (Way::Link, link.address.as_str()), None)
    })
}

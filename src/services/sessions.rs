//! People who have signed in: as what they can act, as what they act now, and their going.
//!
//! A session holds whose it is and which capacity was chosen. Whether that is still one of theirs is looked up at each
//! request: a grant that is taken back, or another line manager, counts at once. Only the hash of the cookie's secret is
//! stored.

use std::fmt;

use chrono::Duration;
use serde_json::json;

use super::app::{Now, permit, record, sha256_hex};
use super::capacities::{about, capacities_of};
use super::{App, AppError};
use crate::domain::email::Email;
use crate::domain::ids::SessionId;
use crate::domain::mandate::Mandate;
use crate::domain::permissions::{Action, Actor, Denied, Role, Subject, Why};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::session::{Capacity, Ground, Session, Way};
use crate::store::{Db, Tx, sessions};

/// How long people stay signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// Without doing anything.
    pub idle: Duration,
    /// In all.
    pub most: Duration,
}

/// What the cookie holds. `Debug` is masked, so that no log shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionSecret(String);

impl SessionSecret {
    /// The text for the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

/// A session as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The session.
    pub session: Session,
    /// As what its holder can act.
    pub capacities: Vec<Capacity>,
}

impl Seen {
    /// As what its holder acts now; none where that has ended.
    pub fn chosen(&self) -> Option<&Capacity> {
        let key = self.session.capacity.as_ref()?;
        self.capacities.iter().find(|capacity| capacity.key() == *key)
    }

    /// Who acts, for the audit too where nothing is chosen.
    fn actor(&self) -> Actor {
        let id = self.session.id;
        self.chosen()
            .map_or_else(|| Actor::named(format!("session:{id}"), Role::Anyone), |chosen| chosen.actor(id))
    }
}

/// A session that has just begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreshSession {
    /// The session and what can be chosen.
    pub seen: Seen,
    /// What the cookie holds.
    pub secret: SessionSecret,
}

fn capacities_in(db: &mut Db, now: &Now, session: &Session) -> Result<Vec<Capacity>, AppError> {
    let Some(mandates) = &session.mandates else { return capacities_of(db, now, &session.holder) };
    let mut found = Vec::new();
    for (n, mandate) in mandates.iter().enumerate() {
        let about = about(db, mandate)?;
        found.push(Capacity { ground: Ground::Claims(n, mandate.clone()), about });
    }
    Ok(found)
}

/// Begins a session in the first capacity that there is.
///
/// # Errors
/// `nobody-here` where there is none.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    (way, holder): (Way, &str),
    mandates: Option<&[Mandate]>,
) -> Result<FreshSession, AppError> {
    let mut session = Session {
        id: SessionId::new(now.id("session")),
        way,
        holder: holder.to_owned(),
        mandates: mandates.map(<[Mandate]>::to_vec),
        capacity: None,
        created_at: now.utc(),
        seen_at: now.utc(),
        expires_at: now.utc() + app.settings.stay.most,
        ended_at: None,
    };
    let capacities = capacities_in(tx, now, &session)?;
    let first = capacities.first().ok_or_else(nobody_here)?;
    session.capacity = Some(first.key());
    let secret = SessionSecret(now.secret("session"));
    sessions::insert(tx, &session, &sha256_hex(secret.reveal()))?;
    let seen = Seen { session, capacities };
    let details = json!({ "signed_in": way.as_str(), "capacity": seen.session.capacity });
    record(tx, now, &seen.actor(), Action::SignIn, ("session", &seen.session.id), &details)?;
    Ok(FreshSession { seen, secret })
}

/// Why somebody is not signed in who is known here by nothing.
pub(super) fn nobody_here() -> AppError {
    let words = "whoever signs in here takes part in a round, receives visitors, releases staff, or was given a role: \
                 none of that is known of you. Ask the organisers";
    Refusal::new(RefusalCode::NobodyHere, words).into()
}

/// The secret proves whose session it is; the table says that anybody may come and go.
pub(super) fn permit_to_sign_in() -> Result<(), AppError> {
    permit(&Actor::anyone(), Action::SignIn, &Subject::installation(), ("session", &"own"))
}

fn find_live(db: &mut Db, app: &App, now: &Now, secret: &str) -> Result<Option<Session>, AppError> {
    let found = sessions::find_by_secret(db, &sha256_hex(secret))?;
    Ok(found.filter(|session| session.is_live_at(now.utc(), app.settings.stay.idle)))
}

fn get_seen(db: &mut Db, app: &App, now: &Now, secret: &str) -> Result<Seen, AppError> {
    let session = find_live(db, app, now, secret)?.ok_or(AppError::Unauthenticated)?;
    let capacities = capacities_in(db, now, &session)?;
    Ok(Seen { session, capacities })
}

/// The address of whoever has signed in by a mailed link.
///
/// # Errors
/// `unauthenticated` where the session has ended; `forbidden` for whoever came through an identity provider: their address
/// is not what they are known by.
pub(super) fn get_address(
    db: &mut Db,
    app: &App,
    now: &Now,
    secret: &str,
    (actor, action): (&Actor, Action),
) -> Result<Email, AppError> {
    let session = find_live(db, app, now, secret)?.ok_or(AppError::Unauthenticated)?;
    match (session.way, session.holder.parse()) {
        (Way::Link, Ok(address)) => Ok(address),
        (Way::Link | Way::Oidc, _) => {
            Err(AppError::Denied(Denied { role: actor.role, action, why: Why::Foreign }))
        }
    }
}

/// Whom the holder of a cookie acts as; nobody known where the session has ended, or what was chosen has.
///
/// # Errors
/// The database's.
pub fn authenticate(app: &App, secret: &str) -> Result<Actor, AppError> {
    let now = app.now()?;
    let seen = match app.store.read(|db| get_seen(db, app, &now, secret)) {
        Ok(seen) => seen,
        Err(AppError::Unauthenticated) => return Ok(Actor::anyone()),
        Err(error) => return Err(error),
    };
    if seen.session.is_use_news(now.utc(), app.settings.stay.idle) {
        let noted = app
            .store
            .write_queue(|tx| Ok::<_, AppError>(sessions::mark_seen(tx, seen.session.id, now.utc())?));
        if let Err(error) = noted {
            tracing::warn!(session = %seen.session.id, %error, "its use is not noted");
        }
    }
    Ok(seen.chosen().map_or_else(Actor::anyone, |chosen| chosen.actor(seen.session.id)))
}

/// A session as its holder sees it.
///
/// # Errors
/// `unauthenticated` where it has ended.
pub fn view(app: &App, secret: &str) -> Result<Seen, AppError> {
    permit_to_sign_in()?;
    let now = app.now()?;
    app.store.read(|db| get_seen(db, app, &now, secret))
}

/// Chooses as what its holder acts from now on. The same again changes nothing.
///
/// # Errors
/// `invalid-fields` for what is none of their capacities; `unauthenticated` where the session has ended.
pub fn choose(app: &App, secret: &str, key: &str) -> Result<Seen, AppError> {
    permit_to_sign_in()?;
    let now = app.now()?;
    app.store.write(|tx| {
        let mut seen = get_seen(tx, app, &now, secret)?;
        if !seen.capacities.iter().any(|capacity| capacity.key() == key) {
            return Err(AppError::field("/capacity", key, "must be one of the `capacities` of this session"));
        }
        if seen.session.capacity.as_deref() != Some(key) {
            sessions::choose(tx, seen.session.id, key)?;
            seen.session.capacity = Some(key.to_owned());
            let details = json!({ "capacity": key });
            record(tx, &now, &seen.actor(), Action::SignIn, ("session", &seen.session.id), &details)?;
        }
        Ok(seen)
    })
}

/// Which sessions are to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// This one.
    Here,
    /// All of the same person who signed in in the same way.
    Everywhere,
}

/// Signs somebody out; says how many sessions have ended by it. Whoever is not signed in any more stays so.
///
/// # Errors
/// The database's.
pub fn sign_out(app: &App, secret: &str, leaving: Leaving) -> Result<usize, AppError> {
    permit_to_sign_in()?;
    let now = app.now()?;
    app.store.write(|tx| {
        let Some(session) = find_live(tx, app, &now, secret)? else { return Ok(0) };
        let capacities = capacities_in(tx, &now, &session)?;
        let seen = Seen { session, capacities };
        let ended = match leaving {
            Leaving::Here => {
                sessions::end(tx, seen.session.id, now.utc())?;
                1
            }
            Leaving::Everywhere => {
                if seen.session.way == Way::Link {
                    sessions::expire_links(tx, &seen.session.holder, now.utc())?;
                }
                sessions::end_all(tx, &seen.session.holder, now.utc())?
            }
        };
        let details = json!({ "signed_out": ended, "everywhere": leaving == Leaving::Everywhere });
        record(tx, &now, &seen.actor(), Action::SignIn, ("session", &seen.session.id), &details)?;
        Ok(ended)
    })
}

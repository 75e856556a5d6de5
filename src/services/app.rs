//! What every use case needs: the database, time, chance and settings.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::AppError;
use super::clock::{Chance, Clock};
use super::names::Names;
use super::notices::Pace;
use super::refills::Patience;
use super::sessions::Stay;
use crate::domain::claims::ClaimRule;
use crate::domain::ids::{AuditId, EmployerId, RoundId};
use crate::domain::language::Language;
use crate::domain::letter::CalendarForm;
use crate::domain::permissions::{Action, Actor, Denied, Reach, Role, Scopes, Subject, Why};
use crate::domain::privacy::Retention;
use crate::domain::schedule::AbsenceCode;
use crate::domain::target::Allowed;
use crate::domain::templates::OwnTemplates;
use crate::store::audit::{self, Entry};
use crate::store::{Store, StoreError, Tx};

/// Settings that use cases need.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the service is reached, without a slash at the end (`https://exchange.example`).
    pub public_url: String,
    /// What the service calls itself in mails.
    pub service_name: String,
    /// The mailbox that organises invitations and sends mail.
    pub organiser_address: String,
    /// In which somebody reads of whom nothing else is known.
    pub language: Language,
    /// Templates of mails that take the place of the built-in ones.
    pub templates: OwnTemplates,
    /// The domain of Message-IDs.
    pub mail_domain: String,
    /// The name by which the mail server that brings mails in signs what it has found out about senders (RFC 8601);
    /// without it nobody's answer from a calendar is proven.
    pub authserv_id: Option<String>,
    /// How calendars are written.
    pub calendar: CalendarForm,
    /// How long a matching run may take by default.
    pub run_seconds: u32,
    /// Threads that a matching run may use at most.
    pub solver_threads: usize,
    /// How many days before the first placement day a publication can be taken back at the latest.
    pub withdrawal_days: u16,
    /// How long reserves have for an answer, and when nobody is asked any more.
    pub reserves: Patience,
    /// How long mails are gathered before they leave.
    pub pace: Pace,
    /// How long people stay signed in.
    pub stay: Stay,
    /// What the claims of the identity provider let people do.
    pub claim_rules: Vec<ClaimRule>,
    /// Which addresses beside those of the public internet webhooks may call.
    pub webhook_targets: Allowed,
    /// By what the names of their hosts are looked up.
    pub names: Names,
    /// For how long things are kept.
    pub retention: Retention,
    /// Under what employers book the days of their staff, where nobody says otherwise.
    pub absence_code: AbsenceCode,
    /// The folder into which schedules are delivered; none: that way is not open.
    pub export_folder: Option<PathBuf>,
}

/// The application: cheap to clone, shared by every request and worker.
#[derive(Debug, Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// Time.
    pub clock: Clock,
    /// Ids and secrets.
    pub chance: Chance,
    /// Settings.
    pub settings: Settings,
}

/// The time and a stock of ids of one use case, drawn before its transaction begins.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The instant.
    pub at: DateTime<Utc>,
    /// How long mails are gathered before they leave.
    pub pace: Pace,
    seed: [u8; 32],
}

impl Now {
    /// The instant as the tables hold it.
    pub fn utc(&self) -> NaiveDateTime {
        self.at.naive_utc()
    }

    /// Today in a zone.
    pub fn today(&self, zone: Tz) -> NaiveDate {
        self.at.with_timezone(&zone).date_naive()
    }

    /// The id of the thing called `name` in this use case: a repeated transaction makes the same ones.
    ///
    /// Uuid v7 whose random part is a hash of 32 random bytes and the name; equal names give equal ids.
    pub fn id(&self, name: &str) -> Uuid {
        let hash = Sha256::new().chain_update(self.seed).chain_update(name).finalize();
        let mut tail = [0; 10];
        tail.copy_from_slice(&hash[..10]);
        let millis = u64::try_from(self.at.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }

    /// A secret of 32 bytes for the thing called `name`, in URL-safe letters.
    pub fn secret(&self, name: &str) -> String {
        let hash =
            Sha256::new().chain_update(b"secret").chain_update(self.seed).chain_update(name).finalize();
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl App {
    /// Reads the clock and draws the ids of one use case.
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn now(&self) -> Result<Now, AppError> {
        Ok(Now { at: self.clock.now(), pace: self.settings.pace, seed: self.chance.bytes()? })
    }

    /// Whether the service can serve: the database answers and has every migration.
    ///
    /// # Errors
    /// `unavailable`.
    pub fn check_ready(&self) -> Result<(), AppError> {
        let pending = self.store.pending_migrations()?;
        if pending.is_empty() {
            return Ok(());
        }
        let words = format!("migrations are missing: {}", pending.join(", "));
        Err(AppError::Store(StoreError::Unavailable(words)))
    }
}

/// Writes the audit entry of a change in its transaction.
///
/// `details` holds no personal data: ids, states, counts, codes.
///
/// # Errors
/// The database's.
pub fn record(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    action: Action,
    subject: (&'static str, &dyn std::fmt::Display),
    details: &serde_json::Value,
) -> Result<(), AppError> {
    let (subject_kind, subject_id) = (subject.0, subject.1.to_string());
    // One use case may do the same with a thing twice, as with two days of a library.
    let id = AuditId::new(now.id(&format!("audit {action} {subject_kind} {subject_id} {details}")));
    audit::insert(
        tx,
        &Entry {
            id,
            at: now.utc(),
            actor: actor.name.clone(),
            role: actor.role,
            on_behalf_of: actor.on_behalf_of.map(|whom| whom.to_string()),
            action,
            subject_kind: subject_kind.to_owned(),
            subject_id,
            details: details.to_string(),
        },
    )?;
    Ok(())
}

/// Asks the permission table; what belongs to others is not there for this actor.
///
/// # Errors
/// `not-found` where the subject is foreign, `forbidden` where the role may never do this, `unauthenticated` for
/// nobody known.
pub fn permit(
    actor: &Actor,
    action: Action,
    on: &Subject,
    thing: (&'static str, &dyn std::fmt::Display),
) -> Result<(), AppError> {
    actor.may(action, on).map_err(|denied| match denied.why {
        Why::Foreign => AppError::not_found(thing.0, thing.1.to_string()),
        Why::Role | Why::Scope | Why::Deputy | Why::Wider => refused(denied),
    })
}

/// Asks whether somebody may do this to anything at all, before a thing is looked for.
///
/// # Errors
/// `forbidden`, and `unauthenticated` for nobody known.
pub fn permit_role(actor: &Actor, action: Action) -> Result<(), AppError> {
    actor.reach(action).map(drop).map_err(refused)
}

/// Asks whether somebody may give a credential with these scopes away: a narrowed one never makes a wider one.
///
/// # Errors
/// As for [`permit`].
pub fn permit_giving(actor: &Actor, action: Action, scopes: &Scopes) -> Result<(), AppError> {
    if actor.scopes.include(scopes) {
        return Ok(());
    }
    Err(AppError::Denied(Denied { role: actor.role, action, why: Why::Wider }))
}

/// Asks the permission table about a round, or something that belongs to it and to nobody else.
///
/// # Errors
/// As for [`permit`].
pub fn permit_in_round(
    actor: &Actor,
    action: Action,
    round: RoundId,
    thing: (&'static str, &dyn std::fmt::Display),
) -> Result<(), AppError> {
    permit(actor, action, &Subject::of_round(round), thing)
}

/// The employers whose things an actor may list; none means all. The query carries them as its filter.
///
/// # Errors
/// `forbidden` and `unauthenticated`; also for a link, which never lists, and for whoever has one round only.
pub fn own_employers(actor: &Actor, action: Action) -> Result<Option<Vec<EmployerId>>, AppError> {
    match actor.reach(action).map_err(refused)? {
        Reach::Everywhere => Ok(None),
        Reach::OwnEmployer if !actor.employers.is_empty() => Ok(Some(actor.employers.clone())),
        Reach::OwnEmployer | Reach::OwnRound | Reach::OwnCase => Err(not_here(actor, action)),
    }
}

/// As [`own_employers`], for what belongs to a round: whoever runs that round lists all of it.
///
/// # Errors
/// As for [`own_employers`]; `not-found` for another round than the actor's.
pub fn own_employers_in(
    actor: &Actor,
    action: Action,
    round: RoundId,
) -> Result<Option<Vec<EmployerId>>, AppError> {
    if actor.reach(action).is_ok_and(|reach| reach == Reach::OwnRound) {
        return permit_in_round(actor, action, round, ("round", &round)).map(|()| None);
    }
    own_employers(actor, action)
}

/// Asks the permission table for what concerns the programme as a whole, or makes something that is nobody's yet.
///
/// # Errors
/// As for [`own_employers`]; `forbidden` also for a role that reaches its own employers only.
pub fn permit_everywhere(actor: &Actor, action: Action) -> Result<(), AppError> {
    match own_employers(actor, action)? {
        None => Ok(()),
        Some(_) => Err(not_here(actor, action)),
    }
}

fn not_here(actor: &Actor, action: Action) -> AppError {
    AppError::Denied(Denied { role: actor.role, action, why: Why::Foreign })
}

/// What the table's no is to whoever asked.
fn refused(denied: Denied) -> AppError {
    if denied.role == Role::Anyone { AppError::Unauthenticated } else { AppError::Denied(denied) }
}

/// SHA-256 of a secret, in hexadecimal: what is stored in its place.
pub fn sha256_hex(secret: &str) -> String {
    crate::files::canonical::sha256_hex(secret.as_bytes())
}

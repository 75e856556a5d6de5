//! The audit, for those who may read it; and its chain of hashes, which the worker lengthens and anybody may check
//! (docs/audit.md). What is chained, and in which order, is decided here when it is chained: writers do not queue behind one
//! chain, and an entry that commits late comes later in it.

use serde_json::{Value, json};

use super::app::permit_everywhere;
use super::page::{Page, Paged};
use super::{App, AppError};
use crate::domain::ids::AuditId;
use crate::domain::permissions::{Action, Actor};
use crate::domain::trail::Link;
use crate::files::trail::{self, Broken, Check, Whole};
use crate::store::audit::{self, Stored};
use crate::store::{Db, StoreError};

pub use crate::store::audit::{Entry, Which};

/// An entry and its place in the chain; none for the moment until it is chained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chained {
    /// The entry.
    pub entry: Entry,
    /// Its place.
    pub link: Option<Link>,
}

/// A page of entries, oldest first.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    which: &Which,
    page: &Page<AuditId>,
) -> Result<Paged<Chained, AuditId>, AppError> {
    permit_everywhere(actor, Action::ReadAudit)?;
    let rows = app.store.read(|db| Ok::<_, AppError>(audit::list(db, which, page.after, page.fetch())?))?;
    let rows = rows.into_iter().map(|(entry, link)| Chained { entry, link }).collect();
    Ok(page.cut(rows, |chained| chained.entry.id))
}

/// Entries in one piece of an export, and links that are looked at or chained at once.
const PIECE: i64 = 500;

/// The next lines of an export, in the order of the chain, behind a position; and the position that they end at, none
/// where nothing comes any more. What is not chained yet comes with the next export.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn export(
    app: &App,
    actor: &Actor,
    which: &Which,
    after: i64,
) -> Result<(String, Option<i64>), AppError> {
    permit_everywhere(actor, Action::ReadAudit)?;
    let rows = app.store.read(|db| Ok::<_, AppError>(audit::list_chained(db, which, after, PIECE)?))?;
    let mut lines = String::new();
    for (stored, link) in &rows {
        lines.push_str(&trail::to_line(&to_value(stored)?, link));
    }
    Ok((lines, rows.last().map(|(_, link)| link.position)))
}

/// The head of the chain, and how many entries wait to be chained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The last link; none while nothing is chained.
    pub link: Option<Link>,
    /// How many entries wait for the worker.
    pub waiting: i64,
}

/// Where the chain stands.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn head(app: &App, actor: &Actor) -> Result<Head, AppError> {
    permit_everywhere(actor, Action::ReadAudit)?;
    app.store.read(|db| Ok(Head { link: audit::head(db)?, waiting: audit::count_waiting(db)? }))
}

/// Chains what waits, oldest first; gives how much that was. Where two workers do it at once, the positions of one of them
/// are taken, and it does nothing.
///
/// # Errors
/// The database's.
pub fn chain(app: &App, by: &str) -> Result<usize, AppError> {
    permit_everywhere(&Actor::worker(by), Action::ChainAudit)?;
    let is_idle = app.store.read(|db| Ok::<_, AppError>(audit::list_waiting(db, 1)?.is_empty()))?;
    if is_idle {
        return Ok(0);
    }
    let chained = app.store.write_queue(|tx| {
        let mut head = audit::head(tx)?.unwrap_or_else(Link::start);
        let mut links = Vec::new();
        for stored in audit::list_waiting(tx, PIECE)? {
            head = trail::next(&head, &to_value(&stored)?);
            links.push((stored.id, head.clone()));
        }
        if !links.is_empty() {
            audit::append(tx, &links)?;
        }
        Ok::<_, AppError>(links.len())
    });
    match chained {
        Err(AppError::Store(StoreError::Duplicate { .. })) => Ok(0),
        other => other,
    }
}

/// What a check of the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The chain, where everything holds.
    pub chain: Result<Whole, Broken>,
    /// How many entries wait for the worker.
    pub waiting: i64,
    /// Entries outside the chain that nobody will chain.
    pub lost: Vec<String>,
}

/// Proves the chain from its first entry on, up to the first that does not hold; with a head that was noted before, also
/// that nothing before that was cut off or written anew.
///
/// # Errors
/// `forbidden`, `unauthenticated`; the database's.
pub fn verify(app: &App, actor: &Actor, noted: Option<&Link>) -> Result<Proof, AppError> {
    permit_everywhere(actor, Action::ReadAudit)?;
    app.store.read(|db| {
        let chain = walk(db, noted)?;
        let unchained = audit::unchained(db)?;
        Ok(Proof { chain, waiting: unchained.waiting, lost: unchained.lost })
    })
}

/// Two texts of one value hash alike (a name that stands there twice, a number written otherwise): details that are not as
/// they were written are broken too.
fn walk(db: &mut Db, noted: Option<&Link>) -> Result<Result<Whole, Broken>, AppError> {
    let (mut check, mut after) = (Check::new(noted.cloned()), 0);
    loop {
        let links = audit::list_links(db, after, PIECE)?;
        let Some((last, _, _)) = links.last() else {
            return Ok(check.end());
        };
        after = last.position;
        for (link, id, stored) in links {
            // What cannot even be read is not what was chained.
            let as_written = |stored| {
                let entry = to_value(stored).ok()?;
                let details = entry["details"].to_string();
                (details == stored.details).then_some(entry)
            };
            let entry = stored.as_ref().map(|stored| as_written(stored).unwrap_or(Value::Null));
            if let Err(broken) = check.add(&id, entry.as_ref(), link) {
                return Ok(Err(broken));
            }
        }
    }
}

/// An entry as JSON: what is hashed, and what the API shows.
fn to_value(stored: &Stored) -> Result<Value, AppError> {
    let details: Value = serde_json::from_str(&stored.details)
        .map_err(|error| AppError::Internal(format!("details of audit entry {}: {error}", stored.id)))?;
    Ok(json!({
        "id": stored.id,
        "at": stored.at.and_utc(),
        "actor": stored.actor,
        "role": stored.role,
        "on_behalf_of": stored.on_behalf_of,
        "action": stored.action,
        "subject_kind": stored.subject_kind,
        "subject_id": stored.subject_id,
        "details": details,
    }))
}

//! The audit: who, as what, on behalf of whom, did what to what; and the chain of hashes over it. Entries and links are
//! only ever added.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{
    applications, audit_chain, audit_entries, audit_waiting, placements, refills, repairs, reserve_offers,
    runs, swaps,
};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{AuditId, RoundId};
use crate::domain::permissions::{Action, Role};
use crate::domain::trail::Link;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its identity, in the order of time.
    pub id: AuditId,
    /// When, in UTC.
    pub at: NaiveDateTime,
    /// Who: `token:<id>`, `session:<id>`, `link:<id>`, `worker:<name>`, `anyone`.
    pub actor: String,
    /// In what capacity.
    pub role: Role,
    /// For whom.
    pub on_behalf_of: Option<String>,
    /// What was done.
    pub action: Action,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which.
    pub subject_id: String,
    /// Ids, states, counts and codes as a JSON object; no personal data.
    pub details: String,
}

/// An entry as it is stored: for hashes, which must not depend on what this version of the program understands.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries)]
pub struct Stored {
    /// Its identity.
    pub id: String,
    /// When, in UTC.
    pub at: NaiveDateTime,
    /// Who.
    pub actor: String,
    /// In what capacity.
    pub role: String,
    /// For whom.
    pub on_behalf_of: Option<String>,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which.
    pub subject_id: String,
    /// A JSON object.
    pub details: String,
}

impl Stored {
    fn into_entry(self) -> Result<Entry, StoreError> {
        Ok(Entry {
            id: parse("audit entry", &self.id)?,
            at: self.at,
            actor: self.actor,
            role: parse("role", &self.role)?,
            on_behalf_of: self.on_behalf_of,
            action: parse("action", &self.action)?,
            subject_kind: self.subject_kind,
            subject_id: self.subject_id,
            details: self.details,
        })
    }
}

/// Which entries are asked for; what is absent does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Which {
    /// By whom.
    pub actor: Option<String>,
    /// In this capacity.
    pub role: Option<Role>,
    /// Of this action.
    pub action: Option<Action>,
    /// About things of this kind.
    pub subject_kind: Option<String>,
    /// About the thing with this id.
    pub subject: Option<String>,
    /// About a round and what belongs to it, and those that name it.
    pub round: Option<RoundId>,
    /// From this instant on, in UTC.
    pub from: Option<NaiveDateTime>,
    /// Before this instant, in UTC.
    pub to: Option<NaiveDateTime>,
}

/// The ids in a table that belong to a round.
macro_rules! of_round {
    ($table:ident, $round:expr) => {
        $table::table.filter($table::round_id.eq($round.clone())).select($table::id)
    };
}

/// A query of entries, narrowed; the type of such a query has no short name.
macro_rules! narrowed {
    ($query:expr, $which:expr) => {{
        let which: &Which = $which;
        let mut query = $query;
        if let Some(actor) = &which.actor {
            query = query.filter(audit_entries::actor.eq(actor.clone()));
        }
        if let Some(role) = which.role {
            query = query.filter(audit_entries::role.eq(role.as_str()));
        }
        if let Some(action) = which.action {
            query = query.filter(audit_entries::action.eq(action.as_str()));
        }
        if let Some(kind) = &which.subject_kind {
            query = query.filter(audit_entries::subject_kind.eq(kind.clone()));
        }
        if let Some(id) = &which.subject {
            query = query.filter(audit_entries::subject_id.eq(id.clone()));
        }
        if let Some(from) = which.from {
            query = query.filter(audit_entries::at.ge(from));
        }
        if let Some(to) = which.to {
            query = query.filter(audit_entries::at.lt(to));
        }
        if let Some(round) = which.round.map(|round| round.to_string()) {
            let refilled = reserve_offers::table
                .filter(reserve_offers::refill_id.eq_any(of_round!(refills, round)))
                .select(reserve_offers::id);
            let subject = audit_entries::subject_id;
            query = query.filter(
                subject
                    .eq(round.clone())
                    .or(subject.eq_any(of_round!(applications, round)))
                    .or(subject.eq_any(of_round!(placements, round)))
                    .or(subject.eq_any(of_round!(runs, round)))
                    .or(subject.eq_any(of_round!(repairs, round)))
                    .or(subject.eq_any(of_round!(swaps, round)))
                    .or(subject.eq_any(of_round!(refills, round)))
                    .or(subject.eq_any(refilled))
                    // A round's id is nothing else's, so that it is enough to look whether the details have it.
                    .or(audit_entries::details.like(format!("%{round}%"))),
            );
        }
        query
    }};
}

/// Adds an entry, which then waits to be chained.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
    let row = Stored {
        id: entry.id.to_string(),
        at: entry.at,
        actor: entry.actor.clone(),
        role: entry.role.to_string(),
        on_behalf_of: entry.on_behalf_of.clone(),
        action: entry.action.to_string(),
        subject_kind: entry.subject_kind.clone(),
        subject_id: entry.subject_id.clone(),
        details: entry.details.clone(),
    };
    diesel::insert_into(audit_entries::table).values(&row).execute(&mut **tx)?;
    diesel::insert_into(audit_waiting::table)
        .values(audit_waiting::entry_id.eq(&row.id))
        .execute(&mut **tx)?;
    Ok(())
}

/// Entries after `after`, oldest first, at most `most`, with their places in the chain where they have one.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    which: &Which,
    after: Option<AuditId>,
    most: i64,
) -> Result<Vec<(Entry, Option<Link>)>, StoreError> {
    let joined =
        audit_entries::table.left_join(audit_chain::table.on(audit_chain::entry_id.eq(audit_entries::id)));
    let mut query = narrowed!(joined.into_boxed(), which);
    if let Some(after) = after {
        query = query.filter(audit_entries::id.gt(after.to_string()));
    }
    let rows: Vec<(Stored, Option<(i64, String)>)> = query
        .order(audit_entries::id)
        .limit(most)
        .select((Stored::as_select(), (audit_chain::position, audit_chain::hash).nullable()))
        .load(db)?;
    let link = |(position, hash)| Link { position, hash };
    rows.into_iter().map(|(row, place)| Ok((row.into_entry()?, place.map(link)))).collect()
}

/// Chained entries behind a position, in the order of the chain, at most `most`.
///
/// # Errors
/// The database's.
pub fn list_chained(
    db: &mut Db,
    which: &Which,
    after: i64,
    most: i64,
) -> Result<Vec<(Stored, Link)>, StoreError> {
    let joined =
        audit_entries::table.inner_join(audit_chain::table.on(audit_chain::entry_id.eq(audit_entries::id)));
    let rows: Vec<(Stored, i64, String)> = narrowed!(joined.into_boxed(), which)
        .filter(audit_chain::position.gt(after))
        .order(audit_chain::position)
        .limit(most)
        .select((Stored::as_select(), audit_chain::position, audit_chain::hash))
        .load(db)?;
    Ok(rows.into_iter().map(|(row, position, hash)| (row, Link { position, hash })).collect())
}

/// The links behind a position, in their order, at most `most`, each with the id of its entry and the entry, where that is
/// there.
///
/// # Errors
/// The database's.
pub fn list_links(
    db: &mut Db,
    after: i64,
    most: i64,
) -> Result<Vec<(Link, String, Option<Stored>)>, StoreError> {
    let rows: Vec<(i64, String, String, Option<Stored>)> = audit_chain::table
        .left_join(audit_entries::table.on(audit_entries::id.eq(audit_chain::entry_id)))
        .filter(audit_chain::position.gt(after))
        .order(audit_chain::position)
        .limit(most)
        .select((
            audit_chain::position,
            audit_chain::hash,
            audit_chain::entry_id,
            Option::<Stored>::as_select(),
        ))
        .load(db)?;
    Ok(rows.into_iter().map(|(position, hash, id, entry)| (Link { position, hash }, id, entry)).collect())
}

/// The entries about these things of one kind, oldest first; at most a thousand things.
///
/// # Errors
/// The database's.
pub fn list_about(
    db: &mut Db,
    subject_kind: &str,
    subjects: &[impl ToString],
) -> Result<Vec<Entry>, StoreError> {
    let ids: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    let rows = audit_entries::table
        .filter(audit_entries::subject_kind.eq(subject_kind))
        .filter(audit_entries::subject_id.eq_any(ids))
        .order(audit_entries::id)
        .select(Stored::as_select())
        .load(db)?;
    rows.into_iter().map(Stored::into_entry).collect()
}

/// The last link of the chain; none while nothing is chained.
///
/// # Errors
/// The database's.
pub fn head(db: &mut Db) -> Result<Option<Link>, StoreError> {
    let last: Option<(i64, String)> = audit_chain::table
        .order(audit_chain::position.desc())
        .select((audit_chain::position, audit_chain::hash))
        .first(db)
        .optional()?;
    Ok(last.map(|(position, hash)| Link { position, hash }))
}

/// The entries that wait to be chained, oldest first, at most `most`.
///
/// # Errors
/// The database's.
pub fn list_waiting(db: &mut Db, most: i64) -> Result<Vec<Stored>, StoreError> {
    Ok(audit_waiting::table
        .inner_join(audit_entries::table.on(audit_entries::id.eq(audit_waiting::entry_id)))
        .order(audit_waiting::entry_id)
        .limit(most)
        .select(Stored::as_select())
        .load(db)?)
}

/// How many entries wait to be chained.
///
/// # Errors
/// The database's.
pub fn count_waiting(db: &mut Db) -> Result<i64, StoreError> {
    Ok(audit_waiting::table.count().get_result(db)?)
}

/// Entries outside the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchained {
    /// How many wait for the worker.
    pub waiting: i64,
    /// Those that nobody will chain, because they do not wait either; a hundred at most.
    pub lost: Vec<String>,
}

/// What is not chained.
///
/// # Errors
/// The database's.
pub fn unchained(db: &mut Db) -> Result<Unchained, StoreError> {
    let waiting = count_waiting(db)?;
    let lost = audit_entries::table
        .left_join(audit_chain::table.on(audit_chain::entry_id.eq(audit_entries::id)))
        .left_join(audit_waiting::table.on(audit_waiting::entry_id.eq(audit_entries::id)))
        .filter(audit_chain::position.is_null())
        .filter(audit_waiting::entry_id.is_null())
        .order(audit_entries::id)
        .limit(100)
        .select(audit_entries::id)
        .load(db)?;
    Ok(Unchained { waiting, lost })
}

#[derive(Insertable)]
#[diesel(table_name = audit_chain)]
struct LinkRow {
    position: i64,
    entry_id: String,
    hash: String,
}

/// Chains entries that waited.
///
/// # Errors
/// The database's; `Duplicate` where somebody else has chained at these positions meanwhile.
pub fn append(tx: &mut Tx<'_>, links: &[(String, Link)]) -> Result<(), StoreError> {
    let row = |(id, link): &(String, Link)| LinkRow {
        position: link.position,
        entry_id: id.clone(),
        hash: link.hash.clone(),
    };
    let rows: Vec<LinkRow> = links.iter().map(row).collect();
    insert_many!(tx, audit_chain::table, rows);
    let ids = links.iter().map(|(id, _)| id);
    diesel::delete(audit_waiting::table.filter(audit_waiting::entry_id.eq_any(ids))).execute(&mut **tx)?;
    Ok(())
}

//! People who have signed in, and the links by which they do. Only hashes of secrets come here.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::schema::{outbox, sessions, sign_in_links};
use super::{Db, StoreError, Tx, from_json, parse, to_json};
use crate::domain::ids::SessionId;
use crate::domain::letter::NoticeKind;
use crate::domain::mandate::Mandate;
use crate::domain::notice::NoticeState;
use crate::domain::session::{Session, SignInLink};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
struct Row {
    id: String,
    secret_sha256: String,
    way: String,
    holder: String,
    mandates: Option<String>,
    capacity: Option<String>,
    created_at: NaiveDateTime,
    seen_at: NaiveDateTime,
    expires_at: NaiveDateTime,
    ended_at: Option<NaiveDateTime>,
}

/// A mandate as it is stored.
#[derive(Serialize, Deserialize)]
struct MandateJson {
    role: String,
    employers: Vec<String>,
    round: Option<String>,
}

impl MandateJson {
    fn from_domain(mandate: &Mandate) -> Self {
        Self {
            role: mandate.role.to_string(),
            employers: mandate.employers.iter().map(ToString::to_string).collect(),
            round: mandate.round.map(|id| id.to_string()),
        }
    }

    fn into_domain(self) -> Result<Mandate, StoreError> {
        Ok(Mandate {
            role: parse("role", &self.role)?,
            employers: self
                .employers
                .iter()
                .map(|id| parse("employer", id))
                .collect::<Result<Vec<_>, StoreError>>()?,
            round: self.round.map(|id| parse("round", &id)).transpose()?,
        })
    }
}

impl Row {
    fn into_domain(self) -> Result<Session, StoreError> {
        let mandates = match self.mandates {
            None => None,
            Some(text) => {
                let stored: Vec<MandateJson> = from_json("mandates", &text)?;
                Some(stored.into_iter().map(MandateJson::into_domain).collect::<Result<Vec<_>, _>>()?)
            }
        };
        Ok(Session {
            id: parse("session", &self.id)?,
            way: parse("way", &self.way)?,
            holder: self.holder,
            mandates,
            capacity: self.capacity,
            created_at: self.created_at,
            seen_at: self.seen_at,
            expires_at: self.expires_at,
            ended_at: self.ended_at,
        })
    }
}

/// Adds a session under the hash of its secret.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, session: &Session, secret_sha256: &str) -> Result<(), StoreError> {
    let mandates = session.mandates.as_ref();
    let mandates = mandates.map(|all| all.iter().map(MandateJson::from_domain).collect::<Vec<_>>());
    let row = Row {
        id: session.id.to_string(),
        secret_sha256: secret_sha256.to_owned(),
        way: session.way.to_string(),
        holder: session.holder.clone(),
        mandates: mandates.map(|all| to_json("mandates", &all)).transpose()?,
        capacity: session.capacity.clone(),
        created_at: session.created_at,
        seen_at: session.seen_at,
        expires_at: session.expires_at,
        ended_at: session.ended_at,
    };
    diesel::insert_into(sessions::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// The session with a secret. The hash is looked up, so that no comparison tells by its time how far a guess was right.
///
/// # Errors
/// The database's.
pub fn find_by_secret(db: &mut Db, secret_sha256: &str) -> Result<Option<Session>, StoreError> {
    let row = sessions::table
        .filter(sessions::secret_sha256.eq(secret_sha256))
        .select(Row::as_select())
        .first(db)
        .optional()?;
    row.map(Row::into_domain).transpose()
}

/// Notes which capacity was chosen.
///
/// # Errors
/// The database's.
pub fn choose(tx: &mut Tx<'_>, id: SessionId, capacity: &str) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(id.to_string()))
        .set(sessions::capacity.eq(capacity))
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes that a session was used, unless somebody has noted a later use.
///
/// # Errors
/// The database's.
pub fn mark_seen(tx: &mut Tx<'_>, id: SessionId, at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(id.to_string()).filter(sessions::seen_at.lt(at)))
        .set(sessions::seen_at.eq(at))
        .execute(&mut **tx)?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// The database's.
pub fn end(tx: &mut Tx<'_>, id: SessionId, at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(id.to_string()).filter(sessions::ended_at.is_null()))
        .set(sessions::ended_at.eq(at))
        .execute(&mut **tx)?;
    Ok(())
}

/// Ends all sessions of somebody that have not ended; says how many that were.
///
/// # Errors
/// The database's.
pub fn end_all(tx: &mut Tx<'_>, holder: &str, at: NaiveDateTime) -> Result<usize, StoreError> {
    let live = sessions::table
        .filter(sessions::holder.eq(holder))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(at));
    Ok(diesel::update(live).set(sessions::ended_at.eq(at)).execute(&mut **tx)?)
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sign_in_links)]
struct LinkRow {
    id: String,
    secret_sha256: String,
    address: String,
    created_at: NaiveDateTime,
    expires_at: NaiveDateTime,
    used_at: Option<NaiveDateTime>,
}

/// Adds a link to sign in under the hash of its secret.
///
/// # Errors
/// The database's.
pub fn insert_link(
    tx: &mut Tx<'_>,
    link: &SignInLink,
    secret_sha256: &str,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    let row = LinkRow {
        id: link.id.to_string(),
        secret_sha256: secret_sha256.to_owned(),
        address: link.address.to_string(),
        created_at: now,
        expires_at: link.expires_at,
        used_at: link.used_at,
    };
    diesel::insert_into(sign_in_links::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// The link to sign in with a secret, looked up by its hash.
///
/// # Errors
/// The database's.
pub fn find_link(db: &mut Db, secret_sha256: &str) -> Result<Option<SignInLink>, StoreError> {
    let row = sign_in_links::table
        .filter(sign_in_links::secret_sha256.eq(secret_sha256))
        .select(LinkRow::as_select())
        .first(db)
        .optional()?;
    row.map(|row: LinkRow| {
        Ok(SignInLink {
            id: parse("link", &row.id)?,
            address: parse("address", &row.address)?,
            expires_at: row.expires_at,
            used_at: row.used_at,
        })
    })
    .transpose()
}

/// Marks a link to sign in as used; false when it was before.
///
/// # Errors
/// The database's.
pub fn use_link(tx: &mut Tx<'_>, id: SessionId, at: NaiveDateTime) -> Result<bool, StoreError> {
    let unused = sign_in_links::table.find(id.to_string()).filter(sign_in_links::used_at.is_null());
    Ok(diesel::update(unused).set(sign_in_links::used_at.eq(at)).execute(&mut **tx)? == 1)
}

/// Ends every link to an address by which nobody has signed in yet, and those that are asked for and not written yet.
///
/// # Errors
/// The database's.
pub fn expire_links(tx: &mut Tx<'_>, address: &str, at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(sign_in_links::table)
        .filter(sign_in_links::address.eq(address))
        .filter(sign_in_links::used_at.is_null())
        .filter(sign_in_links::expires_at.gt(at))
        .set(sign_in_links::expires_at.eq(at))
        .execute(&mut **tx)?;
    diesel::update(outbox::table)
        .filter(outbox::kind.eq(NoticeKind::SignIn.as_str()))
        .filter(outbox::recipient_address.eq(address))
        .filter(outbox::state.eq(NoticeState::Queued.as_str()))
        .set((outbox::state.eq(NoticeState::Discarded.as_str()), outbox::settled_at.eq(at)))
        .execute(&mut **tx)?;
    Ok(())
}

//! Links in mails: who holds one may see one case, and act on it once. Only the hash of the secret is stored.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::{applications, links};
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::{ApplicationId, LinkId, PlacementId, RoundId};
use crate::domain::link::{Link, Purpose};
use crate::domain::party::Party;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = links)]
struct Row {
    id: String,
    secret_sha256: String,
    purpose: String,
    application_id: String,
    placement_id: Option<String>,
    reserve_offer_id: Option<String>,
    party: String,
    recipient: String,
    is_deputy: bool,
    created_at: NaiveDateTime,
    expires_at: NaiveDateTime,
    used_at: Option<NaiveDateTime>,
}

impl Row {
    fn into_domain(self) -> Result<Link, StoreError> {
        Ok(Link {
            id: parse("link", &self.id)?,
            purpose: parse("purpose", &self.purpose)?,
            application: parse("application", &self.application_id)?,
            placement: self.placement_id.as_deref().map(|id| parse("placement", id)).transpose()?,
            reserve_offer: self.reserve_offer_id.as_deref().map(|id| parse("offer", id)).transpose()?,
            party: parse("party", &self.party)?,
            recipient: parse("address", &self.recipient)?,
            is_deputy: self.is_deputy,
            expires_at: self.expires_at,
            used_at: self.used_at,
        })
    }
}

/// Adds a link under the hash of its secret.
///
/// # Errors
/// The database's.
pub fn insert(
    tx: &mut Tx<'_>,
    link: &Link,
    secret_sha256: &str,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    let row = Row {
        id: link.id.to_string(),
        secret_sha256: secret_sha256.to_owned(),
        purpose: link.purpose.to_string(),
        application_id: link.application.to_string(),
        placement_id: link.placement.map(|id| id.to_string()),
        reserve_offer_id: link.reserve_offer.map(|id| id.to_string()),
        party: link.party.to_string(),
        recipient: link.recipient.to_string(),
        is_deputy: link.is_deputy,
        created_at: now,
        expires_at: link.expires_at,
        used_at: link.used_at,
    };
    diesel::insert_into(links::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// The link with a secret. The hash is looked up, so that no comparison tells by its time how far a guess was right.
///
/// # Errors
/// The database's.
pub fn find_by_secret(db: &mut Db, secret_sha256: &str) -> Result<Option<Link>, StoreError> {
    links::table
        .filter(links::secret_sha256.eq(secret_sha256))
        .select(Row::as_select())
        .first(db)
        .optional()?
        .map(Row::into_domain)
        .transpose()
}

/// The newest link of each kind by which a party could act in a case now: an application, or a placement.
///
/// # Errors
/// The database's.
pub fn list_newest(
    db: &mut Db,
    party: Party,
    (application, placement): (Option<ApplicationId>, Option<PlacementId>),
    now: NaiveDateTime,
) -> Result<Vec<Link>, StoreError> {
    let mut query = links::table
        .filter(links::party.eq(party.as_str()))
        .filter(links::used_at.is_null())
        .filter(links::expires_at.gt(now))
        .select(Row::as_select())
        .into_boxed();
    match (application, placement) {
        (None, None) => return Ok(Vec::new()),
        (_, Some(placement)) => query = query.filter(links::placement_id.eq(placement.to_string())),
        (Some(application), None) => query = query.filter(links::application_id.eq(application.to_string())),
    }
    let rows: Vec<Row> = query.order(links::id.desc()).load(db)?;
    let mut newest: Vec<Link> = Vec::new();
    for row in rows {
        let link = row.into_domain()?;
        let kind = |one: &Link| (one.purpose, one.placement, one.reserve_offer);
        if !newest.iter().any(|one| kind(one) == kind(&link)) {
            newest.push(link);
        }
    }
    Ok(newest)
}

/// Marks a link as used.
///
/// # Errors
/// The database's.
pub fn mark_used(tx: &mut Tx<'_>, id: LinkId, now: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(links::table.find(id.to_string())).set(links::used_at.eq(now)).execute(&mut **tx)?;
    Ok(())
}

/// Ends the links of a case for a purpose, so that none of them can act any more.
///
/// # Errors
/// The database's.
pub fn expire(
    tx: &mut Tx<'_>,
    application: ApplicationId,
    placement: Option<PlacementId>,
    purpose: Purpose,
    now: NaiveDateTime,
) -> Result<(), StoreError> {
    let mut query = diesel::update(links::table)
        .filter(links::application_id.eq(application.to_string()))
        .filter(links::purpose.eq(purpose.to_string()))
        .filter(links::expires_at.gt(now))
        .into_boxed();
    if let Some(placement) = placement {
        query = query.filter(links::placement_id.eq(placement.to_string()));
    }
    query.set(links::expires_at.eq(now)).execute(&mut **tx)?;
    Ok(())
}

/// Lengthens the links of a round for a purpose that live to `from` or longer, but not to `to`.
///
/// # Errors
/// The database's.
pub fn lengthen(
    tx: &mut Tx<'_>,
    round: RoundId,
    purpose: Purpose,
    from: NaiveDateTime,
    to: NaiveDateTime,
) -> Result<(), StoreError> {
    let own =
        applications::table.filter(applications::round_id.eq(round.to_string())).select(applications::id);
    diesel::update(links::table)
        .filter(links::purpose.eq(purpose.as_str()))
        .filter(links::application_id.eq_any(own))
        .filter(links::expires_at.ge(from))
        .filter(links::expires_at.lt(to))
        .set(links::expires_at.eq(to))
        .execute(&mut **tx)?;
    Ok(())
}

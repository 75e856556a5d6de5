//! API tokens. The secret never comes here: only its hash does.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::api_tokens;
use super::{Db, StoreError, Tx, list_from_json, list_to_json, parse};
use crate::domain::ids::TokenId;
use crate::domain::mandate::Mandate;
use crate::domain::permissions::Scopes;
use crate::domain::token::Token;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_tokens)]
struct Row {
    id: String,
    name: String,
    secret_sha256: String,
    role: String,
    employers: String,
    round_id: Option<String>,
    scopes: Option<String>,
    created_at: NaiveDateTime,
    expires_at: Option<NaiveDateTime>,
    revoked_at: Option<NaiveDateTime>,
    last_used_at: Option<NaiveDateTime>,
    replaced_by: Option<String>,
}

impl Row {
    fn into_domain(self) -> Result<Token, StoreError> {
        Ok(Token {
            id: parse("token", &self.id)?,
            name: parse("token name", &self.name)?,
            mandate: read_mandate(&self.role, &self.employers, self.round_id.as_deref())?,
            scopes: match self.scopes {
                None => Scopes::Whole,
                Some(only) => Scopes::Only(list_from_json("scopes", &only)?),
            },
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            last_used_at: self.last_used_at,
            replaced_by: self.replaced_by.map(|id| parse("token", &id)).transpose()?,
        })
    }
}

/// A mandate from its columns.
pub(super) fn read_mandate(role: &str, employers: &str, round: Option<&str>) -> Result<Mandate, StoreError> {
    Ok(Mandate {
        role: parse("role", role)?,
        employers: list_from_json("employers", employers)?,
        round: round.map(|id| parse("round", id)).transpose()?,
    })
}

/// Adds a token with the hash of its secret.
///
/// # Errors
/// The database's.
pub fn insert(tx: &mut Tx<'_>, token: &Token, secret_sha256: &str) -> Result<(), StoreError> {
    let row = Row {
        id: token.id.to_string(),
        name: token.name.to_string(),
        secret_sha256: secret_sha256.to_owned(),
        role: token.mandate.role.to_string(),
        employers: list_to_json("employers", &token.mandate.employers)?,
        round_id: token.mandate.round.map(|id| id.to_string()),
        scopes: match &token.scopes {
            Scopes::Whole => None,
            Scopes::Only(only) => Some(list_to_json("scopes", only)?),
        },
        created_at: token.created_at,
        expires_at: token.expires_at,
        revoked_at: token.revoked_at,
        last_used_at: token.last_used_at,
        replaced_by: token.replaced_by.map(|id| id.to_string()),
    };
    diesel::insert_into(api_tokens::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// A token.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: TokenId) -> Result<Option<Token>, StoreError> {
    let row = api_tokens::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    row.map(Row::into_domain).transpose()
}

/// The token whose secret has this hash, and the hash as stored.
///
/// # Errors
/// The database's.
pub fn find_by_secret(db: &mut Db, secret_sha256: &str) -> Result<Option<(Token, String)>, StoreError> {
    let row = api_tokens::table
        .filter(api_tokens::secret_sha256.eq(secret_sha256))
        .select(Row::as_select())
        .first(db)
        .optional()?;
    row.map(|row| {
        let stored = row.secret_sha256.clone();
        Ok((row.into_domain()?, stored))
    })
    .transpose()
}

/// A page of all tokens, spent ones too.
///
/// # Errors
/// The database's.
pub fn list(db: &mut Db, after: Option<TokenId>, most: i64) -> Result<Vec<Token>, StoreError> {
    let mut query = api_tokens::table.select(Row::as_select()).into_boxed();
    if let Some(after) = after {
        query = query.filter(api_tokens::id.gt(after.to_string()));
    }
    let rows = query.order(api_tokens::id).limit(most).load(db)?;
    rows.into_iter().map(Row::into_domain).collect()
}

/// How many tokens were ever made.
///
/// # Errors
/// The database's.
pub fn count(db: &mut Db) -> Result<i64, StoreError> {
    Ok(api_tokens::table.count().get_result(db)?)
}

/// Takes a token back; one that was taken back before keeps its first date.
///
/// # Errors
/// The database's.
pub fn mark_revoked(tx: &mut Tx<'_>, id: TokenId, at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(api_tokens::table.find(id.to_string()).filter(api_tokens::revoked_at.is_null()))
        .set(api_tokens::revoked_at.eq(at))
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes that another token takes the place of one, which ends then.
///
/// # Errors
/// The database's.
pub fn mark_replaced(
    tx: &mut Tx<'_>,
    id: TokenId,
    by: TokenId,
    expires_at: NaiveDateTime,
) -> Result<(), StoreError> {
    diesel::update(api_tokens::table.find(id.to_string()))
        .set((api_tokens::replaced_by.eq(by.to_string()), api_tokens::expires_at.eq(expires_at)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Notes that a token was used, unless somebody has noted a use after `unless_after`.
///
/// # Errors
/// The database's.
pub fn mark_used(
    tx: &mut Tx<'_>,
    id: TokenId,
    at: NaiveDateTime,
    unless_after: NaiveDateTime,
) -> Result<(), StoreError> {
    let is_old = api_tokens::last_used_at.is_null().or(api_tokens::last_used_at.le(unless_after));
    diesel::update(api_tokens::table.find(id.to_string()).filter(is_old))
        .set(api_tokens::last_used_at.eq(at))
        .execute(&mut **tx)?;
    Ok(())
}

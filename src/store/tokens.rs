//! API tokens. The secret never comes here: only its hash does.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::schema::api_tokens;
use super::{Db, StoreError, Tx, parse};
use crate::domain::ids::TokenId;
use crate::domain::token::Token;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_tokens)]
struct Row {
    id: String,
    name: String,
    secret_sha256: String,
    role: String,
    employer_id: Option<String>,
    created_at: NaiveDateTime,
    expires_at: Option<NaiveDateTime>,
    revoked_at: Option<NaiveDateTime>,
}

impl Row {
    fn into_domain(self) -> Result<Token, StoreError> {
        Ok(Token {
            id: parse("token", &self.id)?,
            name: parse("token name", &self.name)?,
            role: parse("role", &self.role)?,
            employer: self.employer_id.map(|id| parse("employer", &id)).transpose()?,
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
        })
    }
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
        role: token.role.to_string(),
        employer_id: token.employer.map(|id| id.to_string()),
        created_at: token.created_at,
        expires_at: token.expires_at,
        revoked_at: token.revoked_at,
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

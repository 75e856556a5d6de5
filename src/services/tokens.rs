//! API tokens: made once, shown once, believed until they expire or are taken back.
//!
//! A token reads `lsw_<64 hexadecimal digits>_<8 digits of checksum>`: the prefix lets scanners of published code find
//! a leaked one, the checksum refuses a mistyped one before the database is asked. Only its SHA-256 is stored; 256
//! random bits need no slow hash.

use std::fmt;

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::app::{Now, permit, record, sha256_hex};
use super::page::{Page, Paged};
use super::{App, AppError};
use crate::domain::fault::Faults;
use crate::domain::ids::{EmployerId, TokenId};
use crate::domain::permissions::{Action, Actor, Role, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::text::Name;
use crate::domain::token::{Binding, Token};
use crate::store::{Tx, organisations, tokens};

const PREFIX: &str = "lsw_";
const SECRET_LENGTH: usize = 64;
const CHECKSUM_LENGTH: usize = 8;

/// What is presented at the door. `Debug` is masked, so that no log shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(String);

impl TokenSecret {
    fn new(random: &str) -> Self {
        let body = format!("{PREFIX}{random}");
        let checksum = checksum(&body);
        Self(format!("{body}_{checksum}"))
    }

    /// The text to show, once, to whoever asked for the token.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}•••")
    }
}

/// The first digits of the body's SHA-256.
fn checksum(body: &str) -> String {
    sha256_hex(body).chars().take(CHECKSUM_LENGTH).collect()
}

/// Whether a text can be a token at all, which needs no database.
fn is_well_formed(presented: &str) -> bool {
    let Some((body, sum)) = presented.rsplit_once('_') else { return false };
    let Some(secret) = body.strip_prefix(PREFIX) else { return false };
    secret.len() == SECRET_LENGTH && bool::from(checksum(body).as_bytes().ct_eq(sum.as_bytes()))
}

/// A token with its secret, which is told this once.
#[derive(Debug, Clone)]
pub struct FreshToken {
    /// The token.
    pub token: Token,
    /// What its holder presents.
    pub secret: TokenSecret,
}

/// What somebody wants a token for.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What people call it.
    pub name: Name,
    /// Operator, organiser, library administrator, HR or mail server.
    pub role: Role,
    /// Whose administrator or HR; for these two only.
    pub employer: Option<EmployerId>,
    /// From when on it is worth nothing.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a token and tells its secret.
///
/// # Errors
/// `invalid-fields` for a role that tokens do not have, an employer missing, superfluous or unknown, an end in the
/// past; `forbidden`.
pub fn create(app: &App, actor: &Actor, wanted: &NewToken) -> Result<FreshToken, AppError> {
    permit(actor, Action::ManageTokens, &Subject::installation(), ("token", &wanted.name))?;
    let now = app.now()?;
    app.store.write(|tx| {
        check(tx, wanted, &now)?;
        insert(tx, &now, actor, wanted)
    })
}

fn check(tx: &mut Tx<'_>, wanted: &NewToken, now: &Now) -> Result<(), AppError> {
    let faults = Faults::none();
    match (Token::binding(wanted.role), wanted.employer) {
        (None | Some(Binding::Round), _) => {
            faults.add(
                "/role",
                wanted.role,
                "must be operator, organiser, library_administrator, hr, auditor or mail_server",
            );
        }
        (Some(Binding::Employers), None) => {
            let rule = format!("is required: a token with the role {} acts for one employer", wanted.role);
            faults.add("/employer", "", rule);
        }
        (Some(Binding::Programme), Some(employer)) => {
            let rule = format!("must be absent: the role {} is not bound to an employer", wanted.role);
            faults.add("/employer", employer, rule);
        }
        (Some(Binding::Employers), Some(employer)) => {
            if organisations::find_employer(tx, employer)?.is_none() {
                faults.add("/employer", employer, "there is no such employer");
            }
        }
        (Some(Binding::Programme), None) => {}
    }
    if let Some(end) = wanted.expires_at.filter(|end| *end <= now.at) {
        faults.add("/expires_at", end, format!("must lie in the future (it is {} now)", now.at));
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

fn insert(tx: &mut Tx<'_>, now: &Now, actor: &Actor, wanted: &NewToken) -> Result<FreshToken, AppError> {
    let secret = TokenSecret::new(&now.secret("token"));
    let token = Token {
        id: TokenId::new(now.id("token")),
        name: wanted.name.clone(),
        role: wanted.role,
        employer: wanted.employer,
        created_at: now.utc(),
        // PostgreSQL would round what SQLite keeps.
        expires_at: wanted.expires_at.map(|end| end.trunc_subsecs(6).naive_utc()),
        revoked_at: None,
    };
    tokens::insert(tx, &token, &sha256_hex(secret.reveal()))?;
    let details = json!({
        "made": token.role.as_str(),
        "employer": token.employer.map(|id| id.to_string()),
        "expires_at": token.expires_at.map(|end| end.and_utc().to_rfc3339()),
    });
    record(tx, now, actor, Action::ManageTokens, ("token", &token.id), &details)?;
    Ok(FreshToken { token, secret })
}

/// Whether `init` may make a token although there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstToken {
    /// Only on an empty installation.
    OnlyIfNone,
    /// Also when all who hold one have lost it.
    EvenIfSome,
}

/// Makes an organiser's token for whoever runs the program on its machine (`library-swap init`).
///
/// # Errors
/// `already-exists` when there is a token and [`FirstToken::OnlyIfNone`] was asked for.
pub fn first_token(app: &App, first: FirstToken) -> Result<FreshToken, AppError> {
    let actor = Actor::named("init", Role::Operator);
    permit(&actor, Action::ManageTokens, &Subject::installation(), ("token", &"first"))?;
    let now = app.now()?;
    let name: Name =
        "First organiser".parse().map_err(|rule| AppError::Internal(format!("token name: {rule}")))?;
    let wanted = NewToken { name, role: Role::Organiser, employer: None, expires_at: None };
    app.store.write(|tx| {
        let there = tokens::count(tx)?;
        match first {
            FirstToken::OnlyIfNone if there > 0 => Err(AppError::Refused(Refusal::new(
                RefusalCode::AlreadyExists,
                format!(
                    "tokens were made here already ({there}): an organiser can make more, and `library-swap init \
                     --again` makes one where all are lost"
                ),
            ))),
            FirstToken::OnlyIfNone | FirstToken::EvenIfSome => insert(tx, &now, &actor, &wanted),
        }
    })
}

/// A page of tokens, spent ones too; never their secrets.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, page: &Page<TokenId>) -> Result<Paged<Token, TokenId>, AppError> {
    permit(actor, Action::ReadTokens, &Subject::installation(), ("token", &"list"))?;
    app.store.read(|db| Ok(page.cut(tokens::list(db, page.after, page.fetch())?, |token| token.id)))
}

/// Takes a token back at once; a second time changes nothing.
///
/// # Errors
/// `not-found`, `forbidden`.
pub fn revoke(app: &App, actor: &Actor, id: TokenId) -> Result<Token, AppError> {
    permit(actor, Action::ManageTokens, &Subject::installation(), ("token", &id))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let token = tokens::find(tx, id)?.ok_or_else(|| AppError::not_found("token", id))?;
        if token.revoked_at.is_some() {
            return Ok(token);
        }
        tokens::mark_revoked(tx, id, now.utc())?;
        record(tx, &now, actor, Action::ManageTokens, ("token", &id), &json!({ "revoked": true }))?;
        Ok(Token { revoked_at: Some(now.utc()), ..token })
    })
}

/// Whom the holder of a presented text acts as.
///
/// # Errors
/// `unauthenticated`, without saying why: mistyped, unknown, expired and revoked tokens look alike from outside.
pub fn authenticate(app: &App, presented: &str) -> Result<Actor, AppError> {
    if !is_well_formed(presented) {
        return Err(AppError::Unauthenticated);
    }
    let hash = sha256_hex(presented);
    let found = app.store.read(|db| Ok::<_, AppError>(tokens::find_by_secret(db, &hash)?))?;
    let (token, stored) = found.ok_or(AppError::Unauthenticated)?;
    if !bool::from(stored.as_bytes().ct_eq(hash.as_bytes())) || !token.is_valid_at(app.clock.now_utc()) {
        return Err(AppError::Unauthenticated);
    }
    Ok(token.actor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_token_is_refused_by_its_checksum() {
        let secret = TokenSecret::new(&"0a".repeat(32));
        assert!(is_well_formed(secret.reveal()));
        assert_eq!(secret.reveal().len(), 4 + 64 + 1 + 8);
        for wrong in
            ["", "lsw_", "_", "lsw_x_y", &secret.reveal().replace("0a0a", "0a0b"), &secret.reveal()[1..]]
        {
            assert!(!is_well_formed(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_never_shown_by_debug() {
        let secret = TokenSecret::new(&"0a".repeat(32));
        assert_eq!(format!("{secret:?}"), "lsw_•••");
    }
}

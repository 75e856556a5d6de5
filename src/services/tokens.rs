//! API tokens: made once, shown once, believed until they expire, are taken back, or another has taken their place.
//!
//! A token reads `lsw_<64 hexadecimal digits>_<8 digits of checksum>` (docs/sign-in.md): the prefix lets scanners of
//! published code find a leaked one, the checksum refuses a mistyped one before the database is asked. Only its SHA-256
//! is stored; 256 random bits need no slow hash.

use std::fmt;

use chrono::{DateTime, Duration, SubsecRound, Utc};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::app::{Now, permit, permit_giving, record, sha256_hex};
use super::page::{Page, Paged};
use super::{App, AppError, mandates};
use crate::domain::fault::Faults;
use crate::domain::ids::TokenId;
use crate::domain::mandate::{Holder, Mandate};
use crate::domain::permissions::{Action, Actor, Role, Scopes, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::text::Name;
use crate::domain::token::{Token, USE_NOTED_EVERY};
use crate::store::{Tx, tokens};

/// How long both tokens open the door after a rotation, where nothing else is said, in hours.
pub const USUAL_OVERLAP_HOURS: u32 = 24;
/// How long they do at most, in hours: a week.
pub const MOST_OVERLAP_HOURS: u32 = 7 * 24;

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
    /// As what its holder acts.
    pub mandate: Mandate,
    /// To what of its role it is narrowed.
    pub scopes: Scopes,
    /// From when on it is worth nothing.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a token and tells its secret.
///
/// # Errors
/// `invalid-fields` for a role that tokens do not have, employers or a round missing, superfluous or unknown, a scope that
/// the role does not have, an end in the past; `forbidden`, also for more than the scopes of who asks.
pub fn create(app: &App, actor: &Actor, wanted: &NewToken) -> Result<FreshToken, AppError> {
    permit(actor, Action::ManageTokens, &Subject::installation(), ("token", &wanted.name))?;
    permit_giving(actor, Action::ManageTokens, &wanted.scopes)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let faults = Faults::none();
        mandates::check(tx, &wanted.mandate, Holder::Program, &faults)?;
        check_scopes(wanted, &faults);
        mandates::check_end(wanted.expires_at, &now, &faults);
        faults.into_result(Some(())).map_err(AppError::Fields)?;
        let fresh = insert(tx, &now, wanted)?;
        record(tx, &now, actor, Action::ManageTokens, ("token", &fresh.token.id), &told(&fresh.token))?;
        Ok(fresh)
    })
}

/// A scope that leaves nothing of the role is a slip of whoever wants the token.
fn check_scopes(wanted: &NewToken, faults: &Faults) {
    let Scopes::Only(only) = &wanted.scopes else { return };
    if only.is_empty() {
        faults.add("/scopes", "", "must name at least one; absent means all that the role may do");
    }
    for (n, scope) in only.iter().enumerate() {
        let holder =
            Actor { scopes: Scopes::Only(vec![*scope]), ..Actor::named("nobody", wanted.mandate.role) };
        if !Action::ALL.iter().any(|action| holder.reach(*action).is_ok()) {
            let rule = format!("leaves nothing to do: the role {} has no such action", wanted.mandate.role);
            faults.add(format!("/scopes/{n}"), scope, rule);
        }
    }
}

/// What the audit tells of a token that was made.
fn told(token: &Token) -> serde_json::Value {
    json!({
        "made": token.mandate.role.as_str(),
        "employers": token.mandate.employers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "round": token.mandate.round.map(|id| id.to_string()),
        "scopes": match &token.scopes {
            Scopes::Whole => None,
            Scopes::Only(only) => Some(only.iter().map(ToString::to_string).collect::<Vec<_>>()),
        },
        "expires_at": token.expires_at.map(|end| end.and_utc().to_rfc3339()),
    })
}

fn insert(tx: &mut Tx<'_>, now: &Now, wanted: &NewToken) -> Result<FreshToken, AppError> {
    let secret = TokenSecret::new(&now.secret("token"));
    let token = Token {
        id: TokenId::new(now.id("token")),
        name: wanted.name.clone(),
        mandate: wanted.mandate.clone(),
        scopes: wanted.scopes.clone(),
        created_at: now.utc(),
        // PostgreSQL would round what SQLite keeps.
        expires_at: wanted.expires_at.map(|end| end.trunc_subsecs(6).naive_utc()),
        revoked_at: None,
        last_used_at: None,
        replaced_by: None,
    };
    tokens::insert(tx, &token, &sha256_hex(secret.reveal()))?;
    Ok(FreshToken { token, secret })
}

/// How a token is to be replaced.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// How long the old one still opens the door, in hours.
    pub overlap_hours: u32,
    /// From when on the new one is worth nothing; none: as the old one.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a token that takes another's place: name, role and scopes are the same. Both open the door for a while, so that
/// nobody is shut out between the two.
///
/// # Errors
/// `not-found`; `token-spent` for one that was taken back, has expired or was replaced before; `invalid-fields` for an
/// overlap of more than a week or an end in the past; `forbidden`, also for more than the scopes of who asks.
pub fn rotate(app: &App, actor: &Actor, id: TokenId, how: &Rotation) -> Result<FreshToken, AppError> {
    permit(actor, Action::ManageTokens, &Subject::installation(), ("token", &id))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let old = tokens::find(tx, id)?.ok_or_else(|| AppError::not_found("token", id))?;
        permit_giving(actor, Action::ManageTokens, &old.scopes)?;
        if let Some(words) = spent(&old, &now) {
            return Err(Refusal::new(RefusalCode::TokenSpent, words).into());
        }
        let faults = Faults::none();
        if how.overlap_hours > MOST_OVERLAP_HOURS {
            let rule = format!("must be a whole number from 0 to {MOST_OVERLAP_HOURS}");
            faults.add("/overlap_hours", how.overlap_hours, rule);
        }
        mandates::check_end(how.expires_at, &now, &faults);
        faults.into_result(Some(())).map_err(AppError::Fields)?;
        let fresh = insert(
            tx,
            &now,
            &NewToken {
                name: old.name.clone(),
                mandate: old.mandate.clone(),
                scopes: old.scopes.clone(),
                expires_at: how.expires_at.or(old.expires_at.map(|end| end.and_utc())),
            },
        )?;
        let overlap = now.utc() + Duration::hours(how.overlap_hours.into());
        let ends = old.expires_at.map_or(overlap, |end| end.min(overlap));
        tokens::mark_replaced(tx, id, fresh.token.id, ends)?;
        let details = json!({ "replaced": id.to_string(), "which_ends": ends.and_utc().to_rfc3339() });
        record(tx, &now, actor, Action::ManageTokens, ("token", &fresh.token.id), &details)?;
        Ok(fresh)
    })
}

/// Why a token cannot be replaced; none where it can.
fn spent(token: &Token, now: &Now) -> Option<String> {
    if let Some(by) = token.replaced_by {
        return Some(format!("the token {by} takes its place already: rotate that one"));
    }
    if token.revoked_at.is_some() {
        return Some("this token was taken back: make a new one".to_owned());
    }
    (!token.is_valid_at(now.utc())).then(|| "this token has expired: make a new one".to_owned())
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
    let mandate = Mandate { role: Role::Organiser, employers: Vec::new(), round: None };
    let wanted = NewToken { name, mandate, scopes: Scopes::Whole, expires_at: None };
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
            FirstToken::OnlyIfNone | FirstToken::EvenIfSome => {
                let fresh = insert(tx, &now, &wanted)?;
                record(tx, &now, &actor, Action::ManageTokens, ("token", &fresh.token.id), &told(&fresh.token))?;
                Ok(fresh)
            }
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
    let now = app.clock.now_utc();
    if !bool::from(stored.as_bytes().ct_eq(hash.as_bytes())) || !token.is_valid_at(now) {
        return Err(AppError::Unauthenticated);
    }
    if token.is_use_news(now) {
        let noted = app.store.write_queue(|tx| {
            Ok::<_, AppError>(tokens::mark_used(tx, token.id, now, now - USE_NOTED_EVERY)?)
        });
        if let Err(error) = noted {
            // Whoever holds a right token is not turned away because a note of it could not be made.
            tracing::warn!(token = %token.id, %error, "its use is not noted");
        }
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

//! `/v1/tokens`: API tokens. A secret is told once, when it is made.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made};
use super::call::Call;
use super::grants::{MANDATE, read_mandate};
use super::{read, schemas};
use crate::domain::ids::{EmployerId, RoundId, TokenId};
use crate::domain::json::At;
use crate::domain::permissions::Scopes;
use crate::domain::token;
use crate::services::tokens::{self, MOST_OVERLAP_HOURS, NewToken, Rotation, USUAL_OVERLAP_HOURS};

/// A token without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Token {
    id: Uuid,
    name: String,
    #[schema(schema_with = schemas::token_role)]
    role: &'static str,
    /// Whose administrator or HR; none for other roles.
    employers: Vec<Uuid>,
    /// The round of a round organiser.
    round: Option<Uuid>,
    /// To what of its role it is narrowed; null: to nothing.
    scopes: Option<Vec<String>>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// To the hour; null where it was never used.
    last_used_at: Option<DateTime<Utc>>,
    /// The token that takes its place.
    replaced_by: Option<Uuid>,
}

impl From<token::Token> for Token {
    fn from(token: token::Token) -> Self {
        Self {
            id: token.id.uuid(),
            name: token.name.to_string(),
            role: token.mandate.role.as_str(),
            employers: token.mandate.employers.into_iter().map(EmployerId::uuid).collect(),
            round: token.mandate.round.map(RoundId::uuid),
            scopes: match token.scopes {
                Scopes::Whole => None,
                Scopes::Only(only) => Some(only.iter().map(ToString::to_string).collect()),
            },
            created_at: token.created_at.and_utc(),
            expires_at: token.expires_at.map(|at| at.and_utc()),
            revoked_at: token.revoked_at.map(|at| at.and_utc()),
            last_used_at: token.last_used_at.map(|at| at.and_utc()),
            replaced_by: token.replaced_by.map(TokenId::uuid),
        }
    }
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct FreshToken {
    #[serde(flatten)]
    token: Token,
    /// What its holder presents. It is not stored and never shown again.
    secret: String,
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct NewTokenBody {
    #[schema(schema_with = schemas::name)]
    name: String,
    #[schema(schema_with = schemas::token_role)]
    role: String,
    /// Whose administrator or HR; for these two roles only.
    #[schema(schema_with = schemas::optional_ids)]
    employers: Vec<Uuid>,
    /// For a round organiser only.
    #[schema(schema_with = schemas::optional_id)]
    round: Option<Uuid>,
    /// Narrows the role: `read`, `write`, or actions of docs/permissions.md. Absent: all that the role may do.
    #[schema(schema_with = schemas::scopes)]
    scopes: Option<Vec<String>>,
    /// In the future; absent means never.
    #[schema(schema_with = schemas::optional_instant)]
    expires_at: Option<DateTime<Utc>>,
}

/// Make a token
#[utoipa::path(post, path = "/v1/tokens", tag = "tokens", request_body = NewTokenBody,
    responses((status = 201, description = "The token and its secret.", body = FreshToken,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let known = ["name", MANDATE[0], MANDATE[1], MANDATE[2], "scopes", "expires_at"];
    let wanted = call.body(&known, |object| {
        let name = object.required("name").and_then(|at| at.parse());
        let mandate = read_mandate(object);
        let scopes = read::maybe_absent(object, "scopes", |at| read::items(at, At::parse));
        let expires_at = read::maybe_absent(object, "expires_at", read::instant);
        let scopes = scopes?.map_or(Scopes::Whole, Scopes::Only);
        Some(NewToken { name: name?, mandate: mandate?, scopes, expires_at: expires_at? })
    })?;
    let fresh = call.run(move |app, actor| tokens::create(app, actor, &wanted)).await?;
    told(fresh)
}

fn told(fresh: tokens::FreshToken) -> Answer {
    let location = format!("/v1/tokens/{}", fresh.token.id);
    let secret = fresh.secret.reveal().to_owned();
    made(&location, &FreshToken { token: fresh.token.into(), secret })
}

/// How a token is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rotation)]
#[expect(dead_code, reason = "the schema of what `rotate` reads")]
pub(super) struct RotationBody {
    /// How long the old one still opens the door, in hours; 24 where absent.
    #[schema(minimum = 0, maximum = 168)]
    overlap_hours: Option<u32>,
    /// From when on the new one is worth nothing; absent: as the old one.
    #[schema(schema_with = schemas::optional_instant)]
    expires_at: Option<DateTime<Utc>>,
}

/// Replace a token by a new one
///
/// Name, role and scopes are the same, the secret is not. For a while both open the door, so that nobody is shut out
/// before the new secret is where it is used.
#[utoipa::path(post, path = "/v1/tokens/{id}/rotate", tag = "tokens", params(("id" = Uuid, Path)),
    request_body(content = Option<RotationBody>),
    responses((status = 201, description = "The new token and its secret.", body = FreshToken,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn rotate(call: Call) -> Answer {
    let id: TokenId = call.id("token")?;
    let how = call.optional_body(&["overlap_hours", "expires_at"], |object| {
        let hours = read::maybe_absent(object, "overlap_hours", |at| read::count(at, MOST_OVERLAP_HOURS));
        let expires_at = read::maybe_absent(object, "expires_at", read::instant);
        Some(Rotation { overlap_hours: hours?.unwrap_or(USUAL_OVERLAP_HOURS), expires_at: expires_at? })
    })?;
    let fresh = call.run(move |app, actor| tokens::rotate(app, actor, id, &how)).await?;
    told(fresh)
}

/// List tokens, spent ones too
#[utoipa::path(get, path = "/v1/tokens", tag = "tokens", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of tokens.", body = Listed<Token>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let found = call.run(move |app, actor| tokens::list(app, actor, &page)).await?;
    listed(&call, found, Token::from)
}

/// Take a token back at once
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "tokens", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It opens nothing any more.")))]
pub(super) async fn revoke(call: Call) -> Answer {
    let id: TokenId = call.id("token")?;
    call.no_body()?;
    call.run(move |app, actor| tokens::revoke(app, actor, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

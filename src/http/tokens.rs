//! `/v1/tokens`: API tokens. A secret is told once, when it is made.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made};
use super::call::Call;
use super::{read, schemas};
use crate::domain::ids::TokenId;
use crate::domain::json::At;
use crate::domain::token;
use crate::services::tokens::{self, NewToken};

/// A token without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Token {
    id: Uuid,
    name: String,
    #[schema(schema_with = schemas::token_role)]
    role: &'static str,
    employer: Option<Uuid>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<token::Token> for Token {
    fn from(token: token::Token) -> Self {
        Self {
            id: token.id.uuid(),
            name: token.name.to_string(),
            role: token.role.as_str(),
            employer: token.employer.map(crate::domain::ids::EmployerId::uuid),
            created_at: token.created_at.and_utc(),
            expires_at: token.expires_at.map(|at| at.and_utc()),
            revoked_at: token.revoked_at.map(|at| at.and_utc()),
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
    #[schema(schema_with = schemas::optional_id)]
    employer: Option<Uuid>,
    /// In the future; absent means never.
    #[schema(schema_with = schemas::optional_instant)]
    expires_at: Option<DateTime<Utc>>,
}

/// Make a token
#[utoipa::path(post, path = "/v1/tokens", tag = "tokens", request_body = NewTokenBody,
    responses((status = 201, description = "The token and its secret.", body = FreshToken,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let wanted = call.body(&["name", "role", "employer", "expires_at"], |object| {
        let name = object.required("name").and_then(|at| at.parse());
        let role = object.required("role").and_then(|at| at.parse());
        let employer = read::maybe_absent(object, "employer", At::parse);
        let expires_at = read::maybe_absent(object, "expires_at", read::instant);
        Some(NewToken { name: name?, role: role?, employer: employer?, expires_at: expires_at? })
    })?;
    let fresh = call.run(move |app, actor| tokens::create(app, actor, &wanted)).await?;
    let location = format!("/v1/tokens/{}", fresh.token.id);
    let secret = fresh.secret.reveal().to_owned();
    made(&location, &FreshToken { token: fresh.token.into(), secret })
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

//! `/v1/grants`: as what addresses may sign in, beside what follows from applications and libraries.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made};
use super::call::Call;
use super::{read, schemas};
use crate::domain::grant;
use crate::domain::ids::{EmployerId, GrantId, RoundId};
use crate::domain::json::{At, Object};
use crate::domain::mandate::Mandate;
use crate::services::grants::{self, NewGrant};

/// The members of a mandate.
pub(super) const MANDATE: [&str; 3] = ["role", "employers", "round"];

/// Reads a mandate from its members.
pub(super) fn read_mandate(object: &Object<'_>) -> Option<Mandate> {
    let role = object.required("role").and_then(|at| at.parse());
    let employers = read::set(object, "employers", At::parse);
    let round = read::maybe_absent(object, "round", At::parse);
    Some(Mandate { role: role?, employers: employers?, round: round? })
}

/// As what an address may sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Grant {
    id: Uuid,
    address: String,
    #[schema(schema_with = schemas::grant_role)]
    role: &'static str,
    /// Whose administrator or HR; none for other roles.
    employers: Vec<Uuid>,
    /// The round of a round organiser.
    round: Option<Uuid>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    ended_at: Option<DateTime<Utc>>,
}

impl From<grant::Grant> for Grant {
    fn from(grant: grant::Grant) -> Self {
        Self {
            id: grant.id.uuid(),
            address: grant.address.to_string(),
            role: grant.mandate.role.as_str(),
            employers: grant.mandate.employers.into_iter().map(EmployerId::uuid).collect(),
            round: grant.mandate.round.map(RoundId::uuid),
            created_at: grant.created_at.and_utc(),
            expires_at: grant.expires_at.map(|at| at.and_utc()),
            ended_at: grant.ended_at.map(|at| at.and_utc()),
        }
    }
}

/// A grant to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGrant)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct NewGrantBody {
    /// Whose it is.
    #[schema(schema_with = schemas::email)]
    address: String,
    #[schema(schema_with = schemas::grant_role)]
    role: String,
    /// Whose administrator or HR; for these two roles only.
    #[schema(schema_with = schemas::optional_ids)]
    employers: Vec<Uuid>,
    /// For a round organiser only.
    #[schema(schema_with = schemas::optional_id)]
    round: Option<Uuid>,
    /// In the future; absent means never.
    #[schema(schema_with = schemas::optional_instant)]
    expires_at: Option<DateTime<Utc>>,
}

/// Let an address sign in
///
/// Nobody is written to: whoever it is asks for a link at `/sign-in`.
#[utoipa::path(post, path = "/v1/grants", tag = "sign-in", request_body = NewGrantBody,
    responses((status = 201, description = "The grant.", body = Grant,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let known = ["address", MANDATE[0], MANDATE[1], MANDATE[2], "expires_at"];
    let wanted = call.body(&known, |object| {
        let address = object.required("address").and_then(|at| at.parse());
        let mandate = read_mandate(object);
        let expires_at = read::maybe_absent(object, "expires_at", read::instant);
        Some(NewGrant { address: address?, mandate: mandate?, expires_at: expires_at? })
    })?;
    let grant = call.run(move |app, actor| grants::create(app, actor, &wanted)).await?;
    made(&format!("/v1/grants/{}", grant.id), &Grant::from(grant))
}

/// List grants, ended ones too
#[utoipa::path(get, path = "/v1/grants", tag = "sign-in", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of grants.", body = Listed<Grant>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let found = call.run(move |app, actor| grants::list(app, actor, &page)).await?;
    listed(&call, found, Grant::from)
}

/// Take a grant back at once
///
/// Sessions that act by it can do so no more.
#[utoipa::path(delete, path = "/v1/grants/{id}", tag = "sign-in", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Nobody can act by it any more.")))]
pub(super) async fn end(call: Call) -> Answer {
    let id: GrantId = call.id("grant")?;
    call.no_body()?;
    call.run(move |app, actor| grants::end(app, actor, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

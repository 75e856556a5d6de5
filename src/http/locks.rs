//! `/v1/rounds/{id}/locks` and `/v1/rounds/{id}/forbidden`: what organisers fix before a round is matched.

use actix_web::HttpResponse;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::{Call, id_in};
use super::problem::Problem;
use super::{read, schemas};
use crate::domain::ids::{ApplicationId, ForbiddenId, LibraryId, RoundId};
use crate::domain::json::At;
use crate::domain::lock;
use crate::services::locks::{self, NewForbidden};
use crate::services::page::Paged;
use crate::services::seen::Seen;

/// A placement that stands: it is in every schedule of the round.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Lock {
    application: Uuid,
    host: Uuid,
    date: NaiveDate,
    /// Why it may break rules.
    r#override: Option<String>,
}

fn lock_of(lock: lock::Lock) -> Lock {
    Lock {
        application: lock.application.uuid(),
        host: lock.host.uuid(),
        date: lock.date,
        r#override: lock.override_reason,
    }
}

/// Where and when somebody's placement stands.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLock)]
#[expect(dead_code, reason = "the schema of what `lock` reads")]
pub(super) struct LockBody {
    host: Uuid,
    date: NaiveDate,
    /// Why it may break rules; any but `own_library`. It is stored, and shown to HR with the placement.
    #[schema(schema_with = schemas::optional_reason)]
    r#override: Option<String>,
}

/// List the locks of a round
///
/// All of them, by application.
#[utoipa::path(get, path = "/v1/rounds/{id}/locks", tag = "locks", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The locks.", body = Listed<Lock>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let items = call.run(move |app, actor| locks::list(app, actor, round)).await?;
    listed(&call, Paged { items, next: None::<ApplicationId> }, lock_of)
}

/// Show somebody's lock
#[utoipa::path(get, path = "/v1/rounds/{id}/locks/{application}", tag = "locks",
    params(("id" = Uuid, Path), ("application" = Uuid, Path)),
    responses((status = 200, description = "The lock.", body = Lock)))]
pub(super) async fn get(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let application: ApplicationId = id_in(&call.path.application, "application")?;
    shown(&lock_of(call.run(move |app, actor| locks::get(app, actor, round, application)).await?))
}

fn seen(call: &Call) -> Result<Seen<lock::Lock>, Problem> {
    call.seen(|lock: &lock::Lock| lock_of(lock.clone()))
}

/// Lock somebody's placement
///
/// In place of any lock before. Runs that were frozen before are stale. A lock that breaks a rule is refused with its
/// code, unless there is an `override`.
#[utoipa::path(put, path = "/v1/rounds/{id}/locks/{application}", tag = "locks",
    params(("id" = Uuid, Path), ("application" = Uuid, Path)), request_body = LockBody,
    responses((status = 200, description = "The lock.", body = Lock)))]
pub(super) async fn lock(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let application: ApplicationId = id_in(&call.path.application, "application")?;
    let wanted = call.body(&["host", "date", "override"], |object| {
        let host = object.required("host").and_then(|at| at.parse::<LibraryId>());
        let date = object.required("date").and_then(|at| at.date());
        let reason = read::maybe_absent(object, "override", |at| read::words(at, read::MOST_REASON));
        Some(lock::Lock { application, host: host?, date: date?, override_reason: reason? })
    })?;
    let seen = seen(&call)?;
    let lock = call.run(move |app, actor| locks::lock(app, actor, round, &wanted, &seen)).await?;
    shown(&lock_of(lock))
}

/// Take a lock away
#[utoipa::path(delete, path = "/v1/rounds/{id}/locks/{application}", tag = "locks",
    params(("id" = Uuid, Path), ("application" = Uuid, Path)),
    responses((status = 204, description = "The person is matched like everybody.")))]
pub(super) async fn unlock(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let application: ApplicationId = id_in(&call.path.application, "application")?;
    call.no_body()?;
    let seen = seen(&call)?;
    call.run(move |app, actor| locks::unlock(app, actor, round, application, &seen)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A pair that must not be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Forbidden {
    id: Uuid,
    application: Uuid,
    host: Uuid,
    /// None means never.
    date: Option<NaiveDate>,
}

fn forbidden_of(pair: lock::Forbidden) -> Forbidden {
    Forbidden {
        id: pair.id.uuid(),
        application: pair.application.uuid(),
        host: pair.host.uuid(),
        date: pair.date,
    }
}

/// A pair to be forbidden.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewForbidden)]
#[expect(dead_code, reason = "the schema of what `forbid` reads")]
pub(super) struct ForbiddenBody {
    application: Uuid,
    host: Uuid,
    /// Absent means never.
    #[schema(schema_with = schemas::optional_date)]
    date: Option<NaiveDate>,
}

/// List the forbidden pairs of a round
///
/// All of them, oldest first.
#[utoipa::path(get, path = "/v1/rounds/{id}/forbidden", tag = "locks", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The pairs.", body = Listed<Forbidden>)))]
pub(super) async fn list_forbidden(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let items = call.run(move |app, actor| locks::list_forbidden(app, actor, round)).await?;
    listed(&call, Paged { items, next: None::<ForbiddenId> }, forbidden_of)
}

/// Forbid a pair
///
/// Runs that were frozen before are stale.
#[utoipa::path(post, path = "/v1/rounds/{id}/forbidden", tag = "locks", params(("id" = Uuid, Path)),
    request_body = ForbiddenBody,
    responses((status = 201, description = "The pair.", body = Forbidden,
        headers(("Location" = String, description = "Its URL, for DELETE.")))))]
pub(super) async fn forbid(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let wanted = call.body(&["application", "host", "date"], |object| {
        let application = object.required("application").and_then(|at| at.parse::<ApplicationId>());
        let host = object.required("host").and_then(|at| at.parse::<LibraryId>());
        let date = read::maybe_absent(object, "date", At::date);
        Some(NewForbidden { application: application?, host: host?, date: date? })
    })?;
    let pair = call.run(move |app, actor| locks::forbid(app, actor, round, wanted)).await?;
    made(&format!("/v1/rounds/{round}/forbidden/{}", pair.id), &forbidden_of(pair))
}

/// Allow a pair again
#[utoipa::path(delete, path = "/v1/rounds/{id}/forbidden/{pair}", tag = "locks",
    params(("id" = Uuid, Path), ("pair" = Uuid, Path)),
    responses((status = 204, description = "The pair may be matched.")))]
pub(super) async fn allow(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let pair: ForbiddenId = id_in(&call.path.pair, "forbidden pair")?;
    call.no_body()?;
    call.run(move |app, actor| locks::allow(app, actor, round, pair)).await?;
    Ok(HttpResponse::NoContent().finish())
}

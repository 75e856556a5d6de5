//! `/v1/libraries/{id}/successor` and `/v1/employers/{id}/successor`: what became of them.

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, shown};
use super::call::Call;
use super::employers::Employer;
use super::libraries::Library;
use super::{read, schemas};
use crate::domain::fault::Rule;
use crate::domain::ids::{EmployerId, LibraryId};
use crate::domain::json::{At, Object};
use crate::domain::organisation;
use crate::services::successors;

/// What something was merged into or renamed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Successor)]
#[expect(dead_code, reason = "the schema of what `read_successor` reads")]
pub(super) struct SuccessorBody {
    /// Null: it stands for itself.
    #[schema(schema_with = schemas::optional_id)]
    successor: Option<Uuid>,
}

fn read_successor<T: std::str::FromStr<Err = Rule>>(object: &Object<'_>) -> Option<Option<T>> {
    read::maybe_absent(object, "successor", At::parse)
}

/// Say what a library has become part of
///
/// Nobody is sent to a library with a successor. Who was there before is not sent to the successor, and who works there
/// works at the successor.
#[utoipa::path(put, path = "/v1/libraries/{id}/successor", tag = "libraries", params(("id" = Uuid, Path)),
    request_body = SuccessorBody,
    responses((status = 200, description = "The library as it is now.", body = Library)))]
pub(super) async fn of_library(call: Call) -> Answer {
    let id: LibraryId = call.id("library")?;
    let next = call.body(&["successor"], read_successor)?;
    let seen = call.seen(|library: &organisation::Library| Library::from(library.clone()))?;
    let library = call.run(move |app, actor| successors::set_of_library(app, actor, id, next, &seen)).await?;
    shown(&Library::from(library))
}

/// Say what an employer has become part of
///
/// Its libraries count as the successor's.
#[utoipa::path(put, path = "/v1/employers/{id}/successor", tag = "employers", params(("id" = Uuid, Path)),
    request_body = SuccessorBody,
    responses((status = 200, description = "The employer as it is now.", body = Employer)))]
pub(super) async fn of_employer(call: Call) -> Answer {
    let id: EmployerId = call.id("employer")?;
    let next = call.body(&["successor"], read_successor)?;
    let seen = call.seen(|employer: &organisation::Employer| Employer::from(employer.clone()))?;
    let employer =
        call.run(move |app, actor| successors::set_of_employer(app, actor, id, next, &seen)).await?;
    shown(&Employer::from(employer))
}

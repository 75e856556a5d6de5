//! `/v1/employers`: employers, their mail domains and the managers they vouch for.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::Call;
use super::{read, schemas};
use crate::domain::email::Email;
use crate::domain::ids::EmployerId;
use crate::domain::json::{At, Object};
use crate::domain::language::Language;
use crate::domain::organisation;
use crate::domain::permissions::Actor;
use crate::domain::text::Name;
use crate::services::App;
use crate::services::employers::{self, Directory};

/// An employer.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Employer {
    id: Uuid,
    name: String,
    /// Employers with the same group name count as one.
    group: Option<String>,
    /// In which line managers and HR read mails and calendars; null means the installation's.
    #[schema(schema_with = schemas::optional_language)]
    language: Option<&'static str>,
    /// What it was merged into or renamed; the two count as one.
    successor: Option<Uuid>,
    /// Mail domains under which a manager's address is believed.
    domains: Vec<String>,
    /// Managers' addresses that the employer has named.
    managers: Vec<String>,
}

impl From<organisation::Employer> for Employer {
    fn from(employer: organisation::Employer) -> Self {
        Self {
            id: employer.id.uuid(),
            name: employer.name.to_string(),
            group: employer.group.map(|group| group.to_string()),
            language: employer.language.map(Language::as_str),
            successor: employer.successor.map(EmployerId::uuid),
            domains: employer.domains,
            managers: employer.managers.iter().map(ToString::to_string).collect(),
        }
    }
}

/// An employer to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct NewEmployer {
    /// Unique.
    #[schema(schema_with = schemas::name)]
    name: String,
    #[schema(schema_with = schemas::optional_name)]
    group: Option<String>,
    /// In which line managers and HR read mails and calendars; absent means the installation's.
    #[schema(schema_with = schemas::optional_language)]
    language: Option<String>,
    #[schema(schema_with = schemas::domains)]
    domains: Option<Vec<String>>,
    #[schema(schema_with = schemas::emails)]
    managers: Option<Vec<String>>,
}

/// What an employer says about itself; what is absent is removed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Directory)]
#[expect(dead_code, reason = "the schema of what `replace_directory` reads")]
pub(super) struct DirectoryBody {
    #[schema(schema_with = schemas::optional_name)]
    group: Option<String>,
    /// In which line managers and HR read mails and calendars; absent means the installation's.
    #[schema(schema_with = schemas::optional_language)]
    language: Option<String>,
    #[schema(schema_with = schemas::domains)]
    domains: Option<Vec<String>>,
    #[schema(schema_with = schemas::emails)]
    managers: Option<Vec<String>>,
}

fn read_directory(object: &Object<'_>) -> Option<Directory> {
    let group = read::maybe_absent(object, "group", At::parse::<Name>);
    let language = read::maybe_absent(object, "language", At::parse);
    let domains = read::list(object, "domains", |at| at.text().map(Cow::into_owned));
    let managers = read::list(object, "managers", At::parse);
    Some(Directory { group: group?, language: language?, domains: domains?, managers: managers? })
}

/// Make an employer
#[utoipa::path(post, path = "/v1/employers", tag = "employers", request_body = NewEmployer,
    responses((status = 201, description = "The employer.", body = Employer,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let (name, directory) = call.body(&["name", "group", "language", "domains", "managers"], |object| {
        let name = object.required("name").and_then(|at| at.parse::<Name>());
        let directory = read_directory(object);
        name.zip(directory)
    })?;
    let employer = call.run(move |app, actor| employers::create(app, actor, &name, &directory)).await?;
    made(&format!("/v1/employers/{}", employer.id), &Employer::from(employer))
}

/// List employers
///
/// All for organisers and operators; one's own for others.
#[utoipa::path(get, path = "/v1/employers", tag = "employers", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of employers.", body = Listed<Employer>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let found = call.run(move |app, actor| employers::list(app, actor, &page)).await?;
    listed(&call, found, Employer::from)
}

/// Show an employer
#[utoipa::path(get, path = "/v1/employers/{id}", tag = "employers", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The employer.", body = Employer)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: EmployerId = call.id("employer")?;
    let employer = call.run(move |app, actor| employers::get(app, actor, id)).await?;
    shown(&Employer::from(employer))
}

/// Replace an employer's group, language, domains and managers
#[utoipa::path(put, path = "/v1/employers/{id}/directory", tag = "employers", params(("id" = Uuid, Path)),
    request_body = DirectoryBody,
    responses((status = 200, description = "The employer as it is now.", body = Employer)))]
pub(super) async fn replace_directory(call: Call) -> Answer {
    let id: EmployerId = call.id("employer")?;
    let directory = call.body(&["group", "language", "domains", "managers"], read_directory)?;
    let seen = call.seen(|employer: &organisation::Employer| Employer::from(employer.clone()))?;
    let employer =
        call.run(move |app, actor| employers::replace_directory(app, actor, id, &directory, &seen)).await?;
    shown(&Employer::from(employer))
}

/// Where the daily digest of an employer's staff goes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HrDigest {
    /// Named in the employer's directory or under one of its domains; null: nowhere.
    #[schema(schema_with = schemas::optional_email)]
    email: Option<String>,
}

fn digest(address: Option<&Email>) -> HrDigest {
    HrDigest { email: address.map(ToString::to_string) }
}

/// Show where the daily digest of an employer's staff goes
#[utoipa::path(get, path = "/v1/employers/{id}/hr-digest", tag = "employers", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The address.", body = HrDigest)))]
pub(super) async fn get_hr_digest(call: Call) -> Answer {
    let id: EmployerId = call.id("employer")?;
    shown(&digest(call.run(move |app, actor| employers::get_hr_address(app, actor, id)).await?.as_ref()))
}

/// Say where the daily digest of an employer's staff goes
///
/// Which days of its staff are certain, have changed or are off: at most one mail a day.
#[utoipa::path(put, path = "/v1/employers/{id}/hr-digest", tag = "employers", params(("id" = Uuid, Path)),
    request_body = HrDigest,
    responses((status = 200, description = "The address as it is now.", body = HrDigest)))]
pub(super) async fn set_hr_digest(call: Call) -> Answer {
    let id: EmployerId = call.id("employer")?;
    let address = call.body(&["email"], |object| read::maybe_absent(object, "email", At::parse::<Email>))?;
    let seen = call.seen(|address: &Option<Email>| digest(address.as_ref()))?;
    let work =
        move |app: &App, actor: &Actor| employers::set_hr_address(app, actor, id, address.as_ref(), &seen);
    let set = call.run(work).await?;
    shown(&digest(set.as_ref()))
}

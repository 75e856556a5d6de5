//! `/v1/audit`: who did what. Never holds personal data.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed};
use super::call::Call;
use super::problem::Problem;
use super::schemas;
use crate::services::page::Paged;
use crate::services::{AppError, audit};

/// An entry of the audit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct Entry {
    id: Uuid,
    at: DateTime<Utc>,
    /// `token:<id>`, `link:<id>`, `worker:<name>`, `anyone`.
    actor: String,
    #[schema(schema_with = schemas::role)]
    role: &'static str,
    on_behalf_of: Option<String>,
    #[schema(schema_with = schemas::action)]
    action: &'static str,
    subject_kind: String,
    subject_id: String,
    /// Ids, states, counts and codes.
    #[schema(value_type = Object)]
    details: Box<RawValue>,
}

pub(super) fn shape(entry: audit::Entry) -> Result<Entry, Problem> {
    let details = RawValue::from_string(entry.details)
        .map_err(|error| AppError::Internal(format!("details of audit entry {}: {error}", entry.id)))?;
    Ok(Entry {
        id: entry.id.uuid(),
        at: entry.at.and_utc(),
        actor: entry.actor,
        role: entry.role.as_str(),
        on_behalf_of: entry.on_behalf_of,
        action: entry.action.as_str(),
        subject_kind: entry.subject_kind,
        subject_id: entry.subject_id,
        details,
    })
}

/// List entries of the audit, oldest first
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of entries.", body = Listed<Entry>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let found = call.run(move |app, actor| audit::list(app, actor, &page)).await?;
    let items = found.items.into_iter().map(shape).collect::<Result<_, _>>()?;
    listed(&call, Paged { items, next: found.next }, |entry: Entry| entry)
}

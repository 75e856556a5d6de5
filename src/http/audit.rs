//! `/v1/audit`: who did what, and the chain of hashes over it. Never holds personal data.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown, streamed};
use super::call::{Call, blocking};
use super::problem::Problem;
use super::{read, schemas};
use crate::domain::fault::Faults;
use crate::domain::trail::Link;
use crate::services::AppError;
use crate::services::audit::{self, Chained, Which};
use crate::services::page::Paged;

/// An entry of the audit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(super) struct Entry {
    id: Uuid,
    at: DateTime<Utc>,
    /// `token:<id>`, `session:<id>`, `link:<id>`, `worker:<name>`, `anyone`.
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

/// The place of an entry in the chain of hashes (docs/audit.md).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditLink)]
struct Place {
    /// From 1 on, without gaps.
    #[schema(minimum = 1)]
    position: i64,
    /// SHA-256 over the hash before it and the entry, in lower-case hexadecimal.
    hash: String,
}

impl From<Link> for Place {
    fn from(link: Link) -> Self {
        Self { position: link.position, hash: link.hash }
    }
}

/// An entry of the audit with its place in the chain of hashes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChainedAuditEntry)]
pub(super) struct ChainedEntry {
    #[serde(flatten)]
    entry: Entry,
    /// Null for the moment until the worker has chained it.
    chain: Option<Place>,
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

fn chained(found: Chained) -> Result<ChainedEntry, Problem> {
    Ok(ChainedEntry { entry: shape(found.entry)?, chain: found.link.map(Place::from) })
}

/// Which entries.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `which` reads")]
pub(super) struct AuditFilter {
    /// Only what this one did, as `actor` of the entries names them.
    actor: Option<String>,
    /// Only what was done in this role.
    #[param(schema_with = schemas::role)]
    role: Option<String>,
    /// Only this action.
    #[param(schema_with = schemas::action)]
    action: Option<String>,
    /// Only about things of this kind: `round`, `placement`, …
    subject_kind: Option<String>,
    /// Only about the thing with this id.
    subject: Option<String>,
    /// Only about this round and what belongs to it (applications, runs, placements, repairs, swaps, refills), or naming it.
    #[param(format = Uuid)]
    round: Option<String>,
    /// Only from this instant on.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only before this instant.
    #[param(format = DateTime)]
    to: Option<String>,
}

/// What the table of routes takes as [`AuditFilter`].
pub(super) const FILTER: &[&str] =
    &["actor", "role", "action", "subject_kind", "subject", "round", "from", "to"];
/// As [`FILTER`], with a page.
pub(super) const FILTER_AND_PAGE: &[&str] =
    &["actor", "role", "action", "subject_kind", "subject", "round", "from", "to", "limit", "cursor"];

fn which(call: &Call, faults: &Faults) -> Which {
    let text = |name| call.parameter(name).map(str::to_owned);
    Which {
        actor: text("actor"),
        role: call.parsed("role", faults),
        action: call.parsed("action", faults),
        subject_kind: text("subject_kind"),
        subject: text("subject"),
        round: call.parsed("round", faults),
        from: instant(call, "from", faults),
        to: instant(call, "to", faults),
    }
}

fn instant(call: &Call, name: &str, faults: &Faults) -> Option<NaiveDateTime> {
    let text = call.parameter(name)?;
    let read = read::parse_instant(text).map_err(|rule| faults.add(format!("?{name}"), text, rule));
    read.ok().map(|at| at.naive_utc())
}

/// List entries of the audit, oldest first
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(super::openapi::PageParameters, AuditFilter),
    responses((status = 200, description = "A page of entries.", body = Listed<ChainedEntry>)))]
pub(super) async fn list(call: Call) -> Answer {
    let faults = Faults::none();
    let (page, which) = (call.page(&faults), which(&call, &faults));
    let page = read::finish(faults, page)?;
    let found = call.run(move |app, actor| audit::list(app, actor, &which, &page)).await?;
    let items = found.items.into_iter().map(chained).collect::<Result<_, _>>()?;
    listed(&call, Paged { items, next: found.next }, |entry: ChainedEntry| entry)
}

/// The head of the chain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditHead)]
pub(super) struct Head {
    /// The last entry's place; null while nothing is chained.
    head: Option<Place>,
    /// `position:hash`, as `library-swap audit verify --head` takes it.
    noted_as: Option<String>,
    /// Entries that the worker has not chained yet.
    waiting: i64,
}

/// Show the head of the audit's chain of hashes
///
/// Whoever notes it outside can prove later that no entry up to it was changed, taken away or put in (docs/audit.md).
#[utoipa::path(get, path = "/v1/audit/head", tag = "audit",
    responses((status = 200, description = "The head.", body = Head)))]
pub(super) async fn head(call: Call) -> Answer {
    let found = call.run(audit::head).await?;
    let noted_as = found.link.as_ref().map(Link::to_string);
    shown(&Head { head: found.link.map(Place::from), noted_as, waiting: found.waiting })
}

/// Take the audit with its chain of hashes
///
/// One entry a line, in the order of the chain (NDJSON). Without a filter, `library-swap audit verify FILE` proves it; what the
/// worker has not chained yet is not in it (docs/audit.md).
#[utoipa::path(get, path = "/v1/audit.ndjson", tag = "audit", params(AuditFilter),
    responses((status = 200, description = "The entries.", body = String, content_type = "application/x-ndjson")))]
pub(super) async fn export(call: Call) -> Answer {
    let faults = Faults::none();
    let which = which(&call, &faults);
    let which = read::finish(faults, Some(which))?;
    let (app, actor) = (call.app().clone(), call.actor.clone());
    let next = move |after: i64| {
        let (app, actor, which) = (app.clone(), actor.clone(), which.clone());
        blocking(move || {
            let (lines, after) = audit::export(&app, &actor, &which, after)?;
            Ok((lines.into_bytes(), after))
        })
    };
    let first = next(0).await?;
    streamed("application/x-ndjson", "audit.ndjson", first, next)
}

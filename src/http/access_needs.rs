//! `/v1/placements/{id}/access-needs` and `/v1/applications/{id}/access-needs`: what a visitor needs, for those who act on
//! it, and for the person themselves with the ledger of who has read it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, shown};
use super::call::Call;
use super::schemas;
use crate::domain::ids::{ApplicationId, PlacementId};
use crate::services::access_needs;

/// What somebody needs.
#[derive(Serialize, ToSchema)]
pub(super) struct AccessNeeds {
    /// Features of the place that were matched.
    #[schema(schema_with = schemas::tags)]
    tags: Vec<String>,
    /// In the person's words.
    words: Option<String>,
}

impl From<&access_needs::AccessNeeds> for AccessNeeds {
    fn from(needs: &access_needs::AccessNeeds) -> Self {
        Self { tags: needs.tags.iter().map(ToString::to_string).collect(), words: needs.words.clone() }
    }
}

/// Somebody has read them.
#[derive(Serialize, ToSchema)]
#[schema(as = NeedsReading)]
pub(super) struct Reading {
    at: DateTime<Utc>,
    /// In what capacity.
    #[schema(schema_with = schemas::role)]
    role: &'static str,
    /// For whom a deputy read.
    on_behalf_of: Option<String>,
    /// As the audit names the reader: the organisers can tell who that is.
    reader: String,
    /// `needs`: all; `round_file`: the tags, in a file of a run; `subject_export`: all, in an export about the person.
    #[schema(schema_with = schemas::what_was_read)]
    what: &'static str,
}

impl From<&access_needs::Reading> for Reading {
    fn from(reading: &access_needs::Reading) -> Self {
        Self {
            at: reading.at.and_utc(),
            role: reading.role.as_str(),
            on_behalf_of: reading.on_behalf_of.clone(),
            reader: reading.reader.clone(),
            what: reading.what.as_str(),
        }
    }
}

/// One's own needs, and who has read them.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnAccessNeeds {
    needs: AccessNeeds,
    /// Oldest first.
    readings: Vec<Reading>,
}

/// Read the access needs of a visitor
///
/// For the host's contact and organisers, from the last yes until the day has been. Every reading stands in a ledger that
/// the visitor sees.
#[utoipa::path(get, path = "/v1/placements/{id}/access-needs", tag = "placements",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, description = "What the visitor needs; nothing where nothing was said.",
        body = AccessNeeds)))]
pub(super) async fn of_visitor(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let needs = call.run(move |app, actor| access_needs::read(app, actor, id)).await?;
    shown(&AccessNeeds::from(&needs))
}

/// Show one's own access needs, and who has read them
#[utoipa::path(get, path = "/v1/applications/{id}/access-needs", tag = "applications",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, description = "What was said, and every reading.", body = OwnAccessNeeds)))]
pub(super) async fn of_own(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    let own = call.run(move |app, actor| access_needs::of_own(app, actor, id)).await?;
    shown(&OwnAccessNeeds {
        needs: AccessNeeds::from(&own.needs),
        readings: own.readings.iter().map(Reading::from).collect(),
    })
}

//! `/v1/placements/{id}/idea` and `/v1/ideas`: *one thing we will try*, for everybody in the programme.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::day::{Fields, IDEA};
use super::{read, schemas};
use crate::domain::fault::Faults;
use crate::domain::idea::IdeaFilter;
use crate::domain::ids::{IdeaId, PlacementId};
use crate::services::ideas::{self, Shown};

/// An idea.
#[derive(Debug, Serialize, ToSchema)]
struct Idea {
    id: Uuid,
    text: String,
    topics: Vec<String>,
    /// Sectors of the library where it was found.
    #[schema(schema_with = schemas::sectors)]
    from: Vec<String>,
    /// Sectors of the library that it was brought to.
    #[schema(schema_with = schemas::sectors)]
    to: Vec<String>,
    /// Its author's or the author's library's name, as the author chose; null where neither.
    by: Option<String>,
    /// How many say that they tried it.
    tried: i64,
    given_at: DateTime<Utc>,
    /// Why it is hidden; for organisers, nobody else sees hidden ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden_reason: Option<String>,
}

impl From<Shown> for Idea {
    fn from(shown: Shown) -> Self {
        let Shown { idea, by, tried } = shown;
        Self {
            id: idea.id.uuid(),
            text: idea.given.words.to_string(),
            topics: idea.given.topics.iter().map(ToString::to_string).collect(),
            from: idea.from.iter().map(ToString::to_string).collect(),
            to: idea.to.iter().map(ToString::to_string).collect(),
            by,
            tried,
            given_at: idea.created_at.and_utc(),
            hidden_reason: idea.hidden_reason,
        }
    }
}

/// One thing that somebody will try.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewIdea)]
#[expect(dead_code, reason = "the schema of what `give` reads")]
pub(super) struct NewIdeaBody {
    /// Plain text.
    #[schema(schema_with = schemas::idea)]
    text: String,
    /// What it is about.
    #[schema(schema_with = schemas::some_topics)]
    topics: Vec<String>,
    #[schema(schema_with = schemas::shown_as)]
    shown_as: String,
}

/// Bring an idea home
///
/// By the participant, from the end of the visit until 30 days after; one of a placement, another one takes its place. Which
/// sectors it travelled between follows from the placement.
#[utoipa::path(post, path = "/v1/placements/{id}/idea", tag = "ideas", params(("id" = Uuid, Path)),
    request_body = NewIdeaBody, responses((status = 200, description = "The idea.", body = Idea)))]
pub(super) async fn give(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let new = call.body(&IDEA, |object| Fields::read(object).idea(object.at().faults()))?;
    let idea = call.run(move |app, actor| ideas::give(app, actor, id, &new)).await?;
    shown(&Idea::from(idea))
}

/// Which ideas a list holds.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `list` reads")]
pub(super) struct FilterParameters {
    /// Only those about this.
    #[param(schema_with = schemas::topic)]
    topic: Option<String>,
    /// Only those found in this sector.
    #[param(schema_with = schemas::sector)]
    from: Option<String>,
    /// Only those brought to this sector.
    #[param(schema_with = schemas::sector)]
    to: Option<String>,
    /// Only those that hold this.
    #[param(schema_with = schemas::search)]
    q: Option<String>,
}

/// List ideas
///
/// For everybody with a credential, a link from a mail included.
#[utoipa::path(get, path = "/v1/ideas", tag = "ideas", params(super::openapi::PageParameters, FilterParameters),
    responses((status = 200, description = "A page of ideas.", body = Listed<Idea>)))]
pub(super) async fn list(call: Call) -> Answer {
    let faults = Faults::none();
    let page = call.page::<IdeaId>(&faults);
    let filter = IdeaFilter {
        topic: call.parsed("topic", &faults),
        from: call.parsed("from", &faults),
        to: call.parsed("to", &faults),
        text: call.parameter("q").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned),
    };
    let page = read::finish(faults, page)?;
    let found = call.run(move |app, actor| ideas::list(app, actor, &filter, &page)).await?;
    listed(&call, found, Idea::from)
}

/// Say that one tried an idea
///
/// Counts once for a person (by a participant's link), a library (a host's or manager's), an employer (a token).
#[utoipa::path(post, path = "/v1/ideas/{id}/tried", tag = "ideas", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The idea.", body = Idea)))]
pub(super) async fn mark_tried(call: Call) -> Answer {
    let id: IdeaId = call.id("idea")?;
    call.no_body()?;
    let idea = call.run(move |app, actor| ideas::mark_tried(app, actor, id)).await?;
    shown(&Idea::from(idea))
}

/// Why an idea is hidden.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HiddenIdea)]
#[expect(dead_code, reason = "the schema of what `hide` reads")]
pub(super) struct HiddenBody {
    /// Null shows it again.
    #[schema(schema_with = schemas::optional_reason)]
    reason: Option<String>,
}

/// Hide an idea, or show it again
#[utoipa::path(put, path = "/v1/ideas/{id}/hidden", tag = "ideas", params(("id" = Uuid, Path)),
    request_body = HiddenBody, responses((status = 200, description = "The idea.", body = Idea)))]
pub(super) async fn hide(call: Call) -> Answer {
    let id: IdeaId = call.id("idea")?;
    let reason = call.body(&["reason"], |object| {
        read::maybe_absent(object, "reason", |at| read::words(at, read::MOST_REASON))
    })?;
    let idea = call.run(move |app, actor| ideas::hide(app, actor, id, reason.as_deref())).await?;
    shown(&Idea::from(idea))
}

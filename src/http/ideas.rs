//! `/v1/placements/{id}/idea` and `/v1/ideas`: *one thing we will try*, for everybody in the programme.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown, streamed};
use super::call::{Call, blocking};
use super::day::{Fields, IDEA};
use super::schedule::{BomAndDelimiter, csv_form};
use super::{read, schemas};
use crate::domain::fault::Faults;
use crate::domain::idea::{IdeaFilter, Words};
use crate::domain::ids::{IdeaId, PlacementId};
use crate::services::ideas::{self, COLUMNS, Shown};
use crate::services::page::{MOST, Page};
use crate::services::schedule::{Cell, MARK, Profile};
use crate::services::{AppError, idea_questions};

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
    /// Only those in whose text or topics each of these words begins one; without regard to case and accents. Empty: all.
    #[param(schema_with = schemas::search)]
    q: Option<String>,
}

/// What the table of routes takes as [`FilterParameters`] and a page.
pub(super) const FILTER_AND_PAGE: &[&str] = &["topic", "from", "to", "q", "limit", "cursor"];
/// What it takes as [`FilterParameters`] and [`BomAndDelimiter`].
pub(super) const FILTER_AND_CSV: &[&str] = &["topic", "from", "to", "q", "bom", "delimiter"];

fn filter(call: &Call, faults: &Faults) -> IdeaFilter {
    let asks = call.parameter("q").is_some_and(|text| !text.trim().is_empty());
    IdeaFilter {
        topic: call.parsed("topic", faults),
        from: call.parsed("from", faults),
        to: call.parsed("to", faults),
        search: if asks { call.parsed("q", faults) } else { None },
    }
}

/// List ideas
///
/// For everybody with a credential, a link from a mail included.
#[utoipa::path(get, path = "/v1/ideas", tag = "ideas", params(super::openapi::PageParameters, FilterParameters),
    responses((status = 200, description = "A page of ideas.", body = Listed<Idea>)))]
pub(super) async fn list(call: Call) -> Answer {
    let faults = Faults::none();
    let (page, filter) = (call.page::<IdeaId>(&faults), filter(&call, &faults));
    let page = read::finish(faults, page)?;
    let found = call.run(move |app, actor| ideas::list(app, actor, &filter, &page)).await?;
    listed(&call, found, Idea::from)
}

/// Take ideas as CSV
///
/// All that the filter lets through, in the order in which they came.
#[utoipa::path(get, path = "/v1/ideas.csv", tag = "ideas", params(FilterParameters, BomAndDelimiter),
    responses((status = 200, description = "The file (docs/ideas.md).", body = String, content_type = "text/csv")))]
pub(super) async fn csv(call: Call) -> Answer {
    let faults = Faults::none();
    let (filter, (profile, has_mark)) =
        (filter(&call, &faults), csv_form(&call, &faults, Profile::generic()));
    let first = read::finish(faults, Page::new(None, MOST).ok())?;
    let mut begin = if has_mark { MARK.to_vec() } else { Vec::new() };
    profile.form.write([COLUMNS.map(Cell::Text)], &mut begin);
    let (app, actor) = (call.app().clone(), call.actor.clone());
    let piece = move |begin: Vec<u8>, page: Page<IdeaId>| {
        let (app, actor, filter, form) = (app.clone(), actor.clone(), filter.clone(), profile.form.clone());
        blocking(move || {
            let found = ideas::list(&app, &actor, &filter, &page)?;
            let mut bytes = begin;
            form.write(found.items.iter().map(Shown::cells), &mut bytes);
            Ok::<_, AppError>((bytes, found.next.map(|last| page.next(last))))
        })
    };
    let first = piece(begin, first).await?;
    streamed("text/csv; charset=utf-8", "ideas.csv", first, move |page| piece(Vec::new(), page))
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

/// What somebody asks about an idea.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IdeaQuestion)]
#[expect(dead_code, reason = "the schema of what `ask` reads")]
pub(super) struct QuestionBody {
    /// Plain text.
    #[schema(schema_with = schemas::idea)]
    text: String,
}

/// Ask the host of an idea for more
///
/// A mail to the contact of the library where it was found, once for each person and idea. It tells the name, library and work
/// address of whoever asks, because the answer goes straight there: who asks agrees to that. Whose idea it is, it does not tell.
#[utoipa::path(post, path = "/v1/ideas/{id}/question", tag = "ideas", params(("id" = Uuid, Path)),
    request_body = QuestionBody, responses((status = 204, description = "The mail is on its way.")))]
pub(super) async fn ask(call: Call) -> Answer {
    let id: IdeaId = call.id("idea")?;
    let words: Words = call.body(&["text"], |object| object.required("text").and_then(|at| at.parse()))?;
    if let Some(application) = call.actor.application {
        call.limits().take_question(application)?;
    }
    call.run(move |app, actor| idea_questions::ask(app, actor, id, &words)).await?;
    Ok(HttpResponse::NoContent().finish())
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

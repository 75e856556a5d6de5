//! `/v1/runs/{id}/held-mails`, `/v1/held-mails` and `/v1/rounds/{id}/introductions`: the mails of a publication before
//! they go, for organisers.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Answer, Listed, listed, shown};
use super::call::{Call, id_in};
use super::deliveries::Delivery;
use super::publication::Text;
use super::{read, schemas};
use crate::domain::ids::{NoticeId, RoundId, RunId};
use crate::domain::letter::NoticeKind;
use crate::domain::permissions::Actor;
use crate::services::{App, held_mails};

/// A held mail.
#[derive(Debug, Serialize, ToSchema)]
struct HeldMail {
    notice: Delivery,
    /// As it would go now.
    mail: Text,
}

/// How many mails go.
#[derive(Debug, Serialize, ToSchema)]
struct Released {
    released: usize,
}

/// What the mails of a kind begin with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Introduction)]
#[expect(dead_code, reason = "the schema of what `introduce` reads")]
pub(super) struct IntroductionBody {
    /// Plain text; an empty line begins a new paragraph. Null takes it away.
    #[schema(schema_with = schemas::optional_words)]
    words: Option<String>,
}

/// List the held mails of a publication, oldest first
#[utoipa::path(get, path = "/v1/runs/{id}/held-mails", tag = "publication",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of notices.", body = Listed<Delivery>)))]
pub(super) async fn list(call: Call) -> Answer {
    let run: RunId = call.id("run")?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| held_mails::list(app, actor, run, &page)).await?;
    listed(&call, found, Delivery::from)
}

/// Read a held mail
///
/// Rendered anew each time, from what is known now and with the round's introduction.
#[utoipa::path(get, path = "/v1/held-mails/{id}", tag = "publication", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The mail.", body = HeldMail)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: NoticeId = call.id("held mail")?;
    let (notice, letter) = call.run(move |app, actor| held_mails::get(app, actor, id)).await?;
    shown(&HeldMail { notice: notice.into(), mail: Text::of(&letter, call.app())? })
}

/// Throw a held mail away
///
/// It is never sent; the placement stays.
#[utoipa::path(delete, path = "/v1/held-mails/{id}", tag = "publication", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is discarded.")))]
pub(super) async fn discard(call: Call) -> Answer {
    let id: NoticeId = call.id("held mail")?;
    call.no_body()?;
    call.run(move |app, actor| held_mails::discard(app, actor, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Let the held mails of a publication go
///
/// All of them; again, none.
#[utoipa::path(post, path = "/v1/runs/{id}/release-mails", tag = "publication", params(("id" = Uuid, Path)),
    responses((status = 200, description = "How many go.", body = Released)))]
pub(super) async fn release(call: Call) -> Answer {
    let run: RunId = call.id("run")?;
    call.no_body()?;
    let released = call.run(move |app, actor| held_mails::release(app, actor, run)).await?;
    shown(&Released { released })
}

fn shape(introductions: BTreeMap<NoticeKind, String>) -> BTreeMap<&'static str, String> {
    introductions.into_iter().map(|(kind, words)| (kind.as_str(), words)).collect()
}

/// List what the mails of a round begin with
#[utoipa::path(get, path = "/v1/rounds/{id}/introductions", tag = "publication", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The organisers' words by kind of notice.", body = BTreeMap<String, String>)))]
pub(super) async fn list_introductions(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    shown(&shape(call.run(move |app, actor| held_mails::list_introductions(app, actor, round)).await?))
}

/// Say what the mails of a kind begin with in a round
///
/// The organisers' own words, after the greeting; held mails have them when they are read or sent the next time.
#[utoipa::path(put, path = "/v1/rounds/{id}/introductions/{kind}", tag = "publication",
    params(("id" = Uuid, Path), ("kind" = String, Path, description = "A kind of notice, as `proposal`.")),
    request_body = IntroductionBody,
    responses((status = 200, description = "All introductions of the round.", body = BTreeMap<String, String>)))]
pub(super) async fn introduce(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let kind: NoticeKind = id_in(&call.path.kind, "kind of notice")?;
    let words = call.body(&["words"], |object| {
        read::maybe_absent(object, "words", |at| read::words(at, read::MOST_WORDS))
    })?;
    let seen = call.seen(|introductions: &BTreeMap<NoticeKind, String>| shape(introductions.clone()))?;
    let work = move |app: &App, actor: &Actor| {
        held_mails::introduce(app, actor, round, kind, words.as_deref(), &seen)
    };
    shown(&shape(call.run(work).await?))
}

//! `/v1/runs/{id}/preview`, `publish`, `withdraw`: a run becomes proposals, and ceases to.

use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Answer, shown};
use super::call::Call;
use super::problem::Problem;
use super::{rounds, schemas};
use crate::domain::ids::RunId;
use crate::domain::letter::Letter;
use crate::mail;
use crate::services::publication::People;
use crate::services::{App, AppError, preview, publication, withdrawal};

/// What a publication would bring.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Preview {
    /// How many people would have a placement.
    placed: usize,
    /// How many were matched and would have none.
    unplaced: usize,
    /// How many were not matched, because nobody released them.
    not_released: usize,
    /// The mails, by kind and by whom they go to.
    mails: Vec<Mails>,
}

/// Mails of one kind to one party.
#[derive(Debug, Serialize, ToSchema)]
struct Mails {
    #[schema(schema_with = schemas::notice_kind)]
    kind: &'static str,
    #[schema(schema_with = schemas::party)]
    party: &'static str,
    count: usize,
    /// One of them as it would look now.
    sample: Text,
}

/// A mail as its recipient would read it now. Its link leads nowhere: the real one is made when it is sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailText)]
pub(super) struct Text {
    /// The recipient's address.
    to: String,
    subject: String,
    text: String,
    html: String,
    /// Whether a calendar invitation goes with it.
    invitation: bool,
}

impl Text {
    pub(super) fn of(letter: &Letter, app: &App) -> Result<Self, Problem> {
        let texts = mail::texts(letter, &app.settings.templates)
            .map_err(|error| AppError::Internal(format!("a {} cannot be rendered: {error}", letter.kind)))?;
        Ok(Self {
            to: letter.to_address.clone(),
            subject: texts.subject,
            text: texts.plain,
            html: texts.html,
            invitation: letter.invitation.is_some(),
        })
    }
}

/// Preview the publication of a run
///
/// Exactly what publishing would do, with one mail of each kind; nothing is written. It is refused where publishing is.
#[utoipa::path(get, path = "/v1/runs/{id}/preview", tag = "publication", params(("id" = Uuid, Path)),
    responses((status = 200, description = "What would be published.", body = Preview)))]
pub(super) async fn preview(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    let found = call.run(move |app, actor| preview::preview(app, actor, id)).await?;
    let People { placed, unplaced, not_released } = found.people;
    let mails = found.mails.iter().map(|mails| {
        Ok(Mails {
            kind: mails.kind.as_str(),
            party: mails.party.as_str(),
            count: mails.count,
            sample: Text::of(&mails.sample, call.app())?,
        })
    });
    let mails = mails.collect::<Result<_, Problem>>()?;
    shown(&Preview { placed, unplaced, not_released, mails })
}

/// Publish a run
///
/// In one step: placements are proposed, and every mail about them, and to those without a place, is held until
/// `release-mails`. Until then only organisers see the placements.
#[utoipa::path(post, path = "/v1/runs/{id}/publish", tag = "publication", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The published round.", body = rounds::Round)))]
pub(super) async fn publish(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    call.no_body()?;
    let round = call.run(move |app, actor| publication::publish(app, actor, id)).await?;
    shown(&rounds::shape(round)?)
}

/// Take a publication back
///
/// While the first placement day is not near (`rounds.withdrawal_days`). In one step: its placements are cancelled,
/// whoever had been told is told, held mails are thrown away, and the round can be matched again.
#[utoipa::path(post, path = "/v1/runs/{id}/withdraw", tag = "publication", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The round, which is matched again.", body = rounds::Round)))]
pub(super) async fn withdraw(call: Call) -> Answer {
    let id: RunId = call.id("run")?;
    call.no_body()?;
    let round = call.run(move |app, actor| withdrawal::withdraw(app, actor, id)).await?;
    shown(&rounds::shape(round)?)
}

//! `/v1/rounds/{id}/privacy-notice`: who is responsible for the data of a round, what for, and what people agree to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Answer, shown};
use super::call::Call;
use super::{read, schemas};
use crate::domain::ids::RoundId;
use crate::services::privacy_notices::{self, NewNotice};

/// What whoever signs up is told, and agrees to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PrivacyNotice {
    /// To be given with a sign-up.
    version: i64,
    /// Who decides about the data, and how to reach them.
    controller: String,
    /// What the data are for, and on what ground.
    purpose: String,
    /// What somebody agrees to who signs up.
    consent: String,
    created_at: DateTime<Utc>,
}

/// What organisers say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPrivacyNotice)]
#[expect(dead_code, reason = "the schema of what `replace` reads")]
pub(super) struct NoticeBody {
    #[schema(schema_with = schemas::some_words)]
    controller: String,
    #[schema(schema_with = schemas::some_words)]
    purpose: String,
    #[schema(schema_with = schemas::some_words)]
    consent: String,
}

fn shape(notice: privacy_notices::PrivacyNotice) -> PrivacyNotice {
    PrivacyNotice {
        version: notice.version,
        controller: notice.controller,
        purpose: notice.purpose,
        consent: notice.consent,
        created_at: notice.created_at.and_utc(),
    }
}

/// Show the privacy notice of a round
#[utoipa::path(get, path = "/v1/rounds/{id}/privacy-notice", tag = "rounds", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The present notice.", body = PrivacyNotice)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    shown(&shape(call.run(move |app, actor| privacy_notices::get(app, actor, id)).await?))
}

/// Say who is responsible for the data of a round, what for, and what people agree to
///
/// Each change is a new version; sign-ups agree to the present one by `privacy_version`, and keep it.
#[utoipa::path(put, path = "/v1/rounds/{id}/privacy-notice", tag = "rounds", params(("id" = Uuid, Path)),
    request_body = NoticeBody,
    responses((status = 200, description = "The notice as it is now.", body = PrivacyNotice)))]
pub(super) async fn replace(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    let wanted = call.body(&["controller", "purpose", "consent"], |object| {
        let text = |key| object.required(key).and_then(|at| read::words(&at, read::MOST_WORDS));
        let (controller, purpose, consent) = (text("controller"), text("purpose"), text("consent"));
        Some(NewNotice { controller: controller?, purpose: purpose?, consent: consent? })
    })?;
    let seen = call.seen(|notice: &privacy_notices::PrivacyNotice| shape(notice.clone()))?;
    shown(&shape(call.run(move |app, actor| privacy_notices::replace(app, actor, id, &wanted, &seen)).await?))
}

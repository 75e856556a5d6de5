//! `/v1/inbound`: mails that came in. A mail server brings them; what was done with each can be read, never its text.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::schemas;
use crate::domain::ids::{NoticeId, PlacementId};
use crate::domain::inbound::Recorded;
use crate::domain::party::Party;
use crate::services::inbound;

/// A mail that came in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InboundMail {
    id: Uuid,
    received_at: DateTime<Utc>,
    /// `pipe` or `api`.
    channel: String,
    /// SHA-256 of its bytes.
    sha256: String,
    message_id: Option<String>,
    #[schema(schema_with = schemas::inbound_kind)]
    kind: &'static str,
    #[schema(schema_with = schemas::inbound_outcome)]
    outcome: &'static str,
    /// The placement it is about.
    placement: Option<Uuid>,
    /// From which party it came, or to which party the mail went that did not arrive.
    #[schema(schema_with = schemas::optional_party)]
    party: Option<&'static str>,
    /// The mail of ours that it is about.
    notice: Option<Uuid>,
    /// When it would suit instead, where a calendar proposed another time that was passed on.
    proposed_starts_at: Option<DateTime<Utc>>,
    proposed_ends_at: Option<DateTime<Utc>>,
    /// The code of a refusal, or the status of a mail that did not arrive (RFC 3463).
    detail: Option<String>,
}

impl From<Recorded> for InboundMail {
    fn from(mail: Recorded) -> Self {
        Self {
            id: mail.id.uuid(),
            received_at: mail.received_at.and_utc(),
            channel: mail.channel,
            sha256: mail.sha256,
            message_id: mail.message_id,
            kind: mail.kind.as_str(),
            outcome: mail.outcome.as_str(),
            placement: mail.placement.map(PlacementId::uuid),
            party: mail.party.map(Party::as_str),
            notice: mail.notice.map(NoticeId::uuid),
            proposed_starts_at: mail.proposed.map(|time| time.starts.and_utc()),
            proposed_ends_at: mail.proposed.map(|time| time.ends.and_utc()),
            detail: mail.detail,
        }
    }
}

/// What was done with a mail.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TakenMail {
    #[serde(flatten)]
    mail: InboundMail,
    /// Whether it had come before: nothing was done again.
    is_repeated: bool,
}

/// Take a mail that came in
///
/// Raw, as it came over SMTP, with the `Authentication-Results` of your mail server. The same mail again does nothing.
#[utoipa::path(post, path = "/v1/inbound", tag = "inbound",
    request_body(content = String, content_type = "message/rfc822", description = "A mail (RFC 5322)."),
    responses((status = 200, description = "What it was, and what was done with it.", body = TakenMail)))]
pub(super) async fn take(call: Call) -> Answer {
    call.require_type("message/rfc822")?;
    let bytes = call.bytes().to_vec();
    let taken = call.run(move |app, actor| inbound::take(app, actor, &bytes, "api")).await?;
    shown(&TakenMail { mail: taken.recorded.into(), is_repeated: taken.is_repeated })
}

/// List the mails that came in, oldest first
#[utoipa::path(get, path = "/v1/inbound", tag = "inbound", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of mails.", body = Listed<InboundMail>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let found = call.run(move |app, actor| inbound::list(app, actor, &page)).await?;
    listed(&call, found, InboundMail::from)
}

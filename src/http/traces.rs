//! `/v1/placements/{id}/trace`: what a placement rests on, for organisers. No names and no addresses.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, shown};
use super::call::Call;
use super::problem::Problem;
use super::{audit, runs, schemas};
use crate::domain::ids::PlacementId;
use crate::domain::trace;
use crate::services::traces;

/// What a placement rests on, from the rules to what people were told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Trace {
    placement: Uuid,
    #[schema(schema_with = schemas::placement_state)]
    state: &'static str,
    date: NaiveDate,
    /// The host library.
    host_library: Uuid,
    application: Uuid,
    round: Uuid,
    rules: Rules,
    /// SHA-256 of the round file that the run froze.
    snapshot_sha256: String,
    run: runs::Run,
    /// Who published it, and when.
    publication: Option<audit::Entry>,
    consents: Vec<TracedConsent>,
    /// Oldest first; those that were never sent too.
    mails: Vec<TracedMail>,
    calendar: Vec<TracedEvent>,
    /// Oldest first.
    audit: Vec<audit::Entry>,
    /// The links that do not hold; empty when all is well.
    broken: Vec<Broken>,
}

/// The rules of the match.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TracedRules)]
struct Rules {
    /// The version of the file format that they are written in (docs/files.md).
    version: u32,
    /// SHA-256 of their canonical JSON, since the round was closed.
    sha256: Option<String>,
}

/// What one party said.
#[derive(Debug, Serialize, ToSchema)]
struct TracedConsent {
    #[schema(schema_with = schemas::party)]
    party: &'static str,
    #[schema(schema_with = schemas::answer)]
    answer: &'static str,
    answered_at: Option<DateTime<Utc>>,
    /// `link:<id>` or `token:<id>`.
    answered_by: Option<String>,
    /// `link` or `api`.
    channel: Option<String>,
    reminded_at: Option<DateTime<Utc>>,
    /// When the host's deputy was asked.
    deputy_asked_at: Option<DateTime<Utc>>,
}

/// A mail; to whom is told by the party.
#[derive(Debug, Serialize, ToSchema)]
struct TracedMail {
    id: Uuid,
    #[schema(schema_with = schemas::notice_kind)]
    kind: &'static str,
    #[schema(schema_with = schemas::party)]
    party: &'static str,
    #[schema(schema_with = schemas::notice_state)]
    state: &'static str,
    created_at: DateTime<Utc>,
    /// When it was sent, given up or dropped.
    settled_at: Option<DateTime<Utc>>,
}

/// The event in one party's calendar.
#[derive(Debug, Serialize, ToSchema)]
struct TracedEvent {
    #[schema(schema_with = schemas::party)]
    party: &'static str,
    /// RFC 5545 UID.
    uid: String,
    /// RFC 5545 SEQUENCE of the last invitation.
    sequence: i64,
}

/// A link that does not hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BrokenLink)]
struct Broken {
    #[schema(schema_with = schemas::trace_link)]
    link: &'static str,
    detail: String,
}

impl From<trace::Broken> for Broken {
    fn from(broken: trace::Broken) -> Self {
        Self { link: broken.link.as_str(), detail: broken.words }
    }
}

fn utc(at: Option<NaiveDateTime>) -> Option<DateTime<Utc>> {
    at.map(|at| at.and_utc())
}

fn shape(trace: traces::Trace) -> Result<Trace, Problem> {
    let placement = &trace.placement;
    let consents = trace.consents.into_iter().map(|consent| TracedConsent {
        party: consent.party.as_str(),
        answer: consent.answer.as_str(),
        answered_at: utc(consent.answered_at),
        answered_by: consent.answered_by,
        channel: consent.channel,
        reminded_at: utc(consent.reminded_at),
        deputy_asked_at: utc(consent.deputy_asked_at),
    });
    let mails = trace.mails.into_iter().map(|mail| TracedMail {
        id: mail.id.uuid(),
        kind: mail.kind.as_str(),
        party: mail.party.as_str(),
        state: mail.state.as_str(),
        created_at: mail.created_at.and_utc(),
        settled_at: utc(mail.settled_at),
    });
    let calendar = trace.events.into_iter().map(|event| TracedEvent {
        party: event.party.as_str(),
        uid: event.uid,
        sequence: event.sequence,
    });
    Ok(Trace {
        placement: placement.id.uuid(),
        state: placement.state.as_str(),
        date: placement.date,
        host_library: placement.host.uuid(),
        application: placement.application.uuid(),
        round: placement.round.uuid(),
        rules: Rules { version: 1, sha256: trace.round.rules_sha256 },
        snapshot_sha256: trace.run.round_sha256.clone(),
        run: runs::shape(trace.run),
        publication: trace.publication.map(audit::shape).transpose()?,
        consents: consents.collect(),
        mails: mails.collect(),
        calendar: calendar.collect(),
        audit: trace.audit.into_iter().map(audit::shape).collect::<Result<_, _>>()?,
        broken: trace.broken.into_iter().map(Into::into).collect(),
    })
}

/// Trace a placement
///
/// From the rules to the round file, the run and its schedule, the publication, the consents, the mails, the calendar
/// and the audit. Each link is checked; `broken` names those that do not hold. `library-swap doctor` does it for all.
#[utoipa::path(get, path = "/v1/placements/{id}/trace", tag = "placements", params(("id" = Uuid, Path)),
    responses((status = 200, description = "What the placement rests on.", body = Trace)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let trace = call.run(move |app, actor| traces::get(app, actor, id)).await?;
    shown(&shape(trace)?)
}

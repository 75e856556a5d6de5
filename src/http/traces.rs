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
    /// What the host offered instead, oldest first.
    offers: Vec<TracedOffer>,
    /// The complete versions of the joining pack, oldest first.
    joining_pack: Vec<TracedPack>,
    /// What came of the day; null as long as nobody has said.
    day: Option<TracedDay>,
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
    /// The role whose place a deputy, an organiser or an administrator took.
    on_behalf_of: Option<String>,
    /// `link` or `api`.
    channel: Option<String>,
    reminded_at: Option<DateTime<Utc>>,
    /// When the host's deputy was asked.
    deputy_asked_at: Option<DateTime<Utc>>,
}

/// What the host offered instead of a no, without its words and names.
#[derive(Debug, Serialize, ToSchema)]
struct TracedOffer {
    id: Uuid,
    #[schema(schema_with = schemas::alternative_kind)]
    kind: &'static str,
    #[schema(schema_with = schemas::alternative_state)]
    state: &'static str,
    date: NaiveDate,
    /// Local to the host.
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
    offered_at: DateTime<Utc>,
    /// `link:<id>` or `token:<id>`.
    offered_by: String,
    /// The role whose place a deputy, an organiser or an administrator took.
    on_behalf_of: Option<String>,
    /// When it was taken or refused, or came to nothing.
    settled_at: Option<DateTime<Utc>>,
}

/// A complete version of the joining pack, without what it says.
#[derive(Debug, Serialize, ToSchema)]
struct TracedPack {
    version: i64,
    made_at: DateTime<Utc>,
}

/// What came of the day.
#[derive(Debug, Serialize, ToSchema)]
struct TracedDay {
    #[schema(schema_with = schemas::attendance_kind)]
    attendance: &'static str,
    /// With `left_early`; local to the host.
    left_at: Option<String>,
    /// When something was first marked: it can be corrected for a week from then on.
    first_at: DateTime<Utc>,
    /// Everything that was said of it, oldest first; the last one holds.
    marks: Vec<TracedMark>,
}

/// What somebody said of the day.
#[derive(Debug, Serialize, ToSchema)]
struct TracedMark {
    #[schema(schema_with = schemas::attendance_kind)]
    attendance: String,
    left_at: Option<String>,
    marked_at: DateTime<Utc>,
    /// `link:<id>`, `token:<id>`, or the worker's name.
    marked_by: String,
    #[schema(schema_with = schemas::role)]
    role: &'static str,
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

fn day(day: traces::TracedDay, marks: Vec<traces::Mark>) -> TracedDay {
    let mark = |mark: traces::Mark| TracedMark {
        attendance: mark.attendance,
        left_at: mark.left_at,
        marked_at: mark.at.and_utc(),
        marked_by: mark.by,
        role: mark.role.as_str(),
    };
    TracedDay {
        attendance: day.kind.as_str(),
        left_at: day.left_at,
        first_at: day.first_at.and_utc(),
        marks: marks.into_iter().map(mark).collect(),
    }
}

fn shape(trace: traces::Trace) -> Result<Trace, Problem> {
    let placement = &trace.placement;
    let consents = trace.consents.into_iter().map(|consent| TracedConsent {
        party: consent.party.as_str(),
        answer: consent.answer.as_str(),
        answered_at: utc(consent.answered_at),
        answered_by: consent.answered_by,
        on_behalf_of: consent.on_behalf_of,
        channel: consent.channel,
        reminded_at: utc(consent.reminded_at),
        deputy_asked_at: utc(consent.deputy_asked_at),
    });
    let offers = trace.offers.into_iter().map(|offer| TracedOffer {
        id: offer.id.uuid(),
        kind: offer.kind.as_str(),
        state: offer.state.as_str(),
        date: offer.date,
        starts: offer.times.0,
        ends: offer.times.1,
        offered_at: offer.at.and_utc(),
        offered_by: offer.by,
        on_behalf_of: offer.on_behalf_of,
        settled_at: utc(offer.settled_at),
    });
    let packs =
        trace.packs.iter().map(|pack| TracedPack { version: pack.version, made_at: pack.at.and_utc() });
    let marks = trace.marks;
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
        offers: offers.collect(),
        joining_pack: packs.collect(),
        day: trace.day.map(|known| day(known, marks)),
        mails: mails.collect(),
        calendar: calendar.collect(),
        audit: trace.audit.into_iter().map(audit::shape).collect::<Result<_, _>>()?,
        broken: trace.broken.into_iter().map(Into::into).collect(),
    })
}

/// Trace a placement
///
/// From the rules to the round file, the run and its schedule, the publication, the consents, what the host offered
/// instead, the joining pack, the day, the mails, the calendar and the audit. Each link is checked; `broken` names those that do not hold. `library-swap doctor` does it for all.
#[utoipa::path(get, path = "/v1/placements/{id}/trace", tag = "placements", params(("id" = Uuid, Path)),
    responses((status = 200, description = "What the placement rests on.", body = Trace)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let trace = call.run(move |app, actor| traces::get(app, actor, id)).await?;
    shown(&shape(trace)?)
}

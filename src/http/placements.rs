//! `/v1/rounds/{id}/placements` and `/v1/placements`: who goes where, as far as the reader may know told by sides.
//!
//! A host sees role, sectors and objectives of its visitor, the name and work address once it is certain, and never
//! where the visitor comes from. Nobody sees access needs; reasons for a no are for organisers.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::day::Came;
use super::problem::Problem;
use super::{read, schemas};
use crate::domain::fault::Faults;
use crate::domain::ids::{PlacementId, RoundId};
use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::domain::permissions::{Actor, Role};
use crate::domain::placement;
use crate::domain::states::PlacementState;
use crate::services::applications::Applicant;
use crate::services::placements::{self, Reply, Seen};

/// On which side of a placement its reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Whoever runs the round: everything but access needs.
    Organiser,
    /// The participant.
    Participant,
    /// The participant's manager and employer.
    Employer,
    /// The host library.
    Host,
    /// Whoever re-proves what was decided: which libraries, never who.
    Auditor,
}

impl Side {
    /// Where an actor stands. A joint employer's administrator, who is on both sides, sees the own member of staff.
    pub(super) fn of(actor: &Actor, placement: &placement::Placement) -> Self {
        match actor.role {
            Role::Organiser | Role::RoundOrganiser => Side::Organiser,
            Role::Auditor => Side::Auditor,
            Role::Participant => Side::Participant,
            Role::Manager => Side::Employer,
            Role::LibraryAdministrator | Role::Hr if actor.employers.contains(&placement.employer) => {
                Side::Employer
            }
            Role::LibraryAdministrator
            | Role::Hr
            | Role::HostContact
            | Role::Operator
            | Role::Anyone
            | Role::MailServer
            | Role::System => Side::Host,
        }
    }

    /// Whether this side may know where the participant comes from.
    pub(super) const fn sees_home(self) -> bool {
        match self {
            Side::Organiser | Side::Participant | Side::Employer | Side::Auditor => true,
            Side::Host => false,
        }
    }

    /// Whether this side may know who the participant is.
    pub(super) const fn sees_name(self, state: PlacementState) -> bool {
        match self {
            Side::Organiser | Side::Participant | Side::Employer => true,
            Side::Host => is_certain(state),
            Side::Auditor => false,
        }
    }

    /// Whether this side may know what the participant does and hopes to learn.
    pub(super) const fn sees_role(self) -> bool {
        match self {
            Side::Organiser | Side::Participant | Side::Employer | Side::Host => true,
            Side::Auditor => false,
        }
    }

    /// Whether this side may know from which run and ring it is.
    const fn sees_run(self) -> bool {
        match self {
            Side::Organiser | Side::Auditor => true,
            Side::Participant | Side::Employer | Side::Host => false,
        }
    }

    /// Whether this side may know who answered, when and through what.
    const fn sees_who_answered(self) -> bool {
        match self {
            Side::Organiser | Side::Employer | Side::Auditor => true,
            Side::Participant | Side::Host => false,
        }
    }

    /// Whether this side may know whom to ask at the host library.
    pub(super) const fn sees_contact(self, state: PlacementState) -> bool {
        match self {
            Side::Organiser => true,
            Side::Participant => is_certain(state),
            Side::Employer | Side::Host | Side::Auditor => false,
        }
    }
}

/// Whether everybody has said yes.
const fn is_certain(state: PlacementState) -> bool {
    match state {
        PlacementState::Confirmed | PlacementState::Completed | PlacementState::DidNotTakePlace => true,
        PlacementState::Proposed
        | PlacementState::Declined
        | PlacementState::Cancelled
        | PlacementState::Expired => false,
    }
}

/// What is the same for everybody who may see a placement.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlacementInList {
    id: Uuid,
    round: Uuid,
    #[schema(schema_with = schemas::placement_state)]
    state: &'static str,
    /// Raised by every change.
    revision: i64,
    /// Raised by every change of what is agreed to; to be given back with an answer, so that it is about what was shown.
    version: i64,
    /// Whether nobody travels.
    r#virtual: bool,
    date: NaiveDate,
    /// Local to `time_zone`.
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
    /// The host's.
    time_zone: String,
    /// The last day for answers to it, local to the round; null where it is the round's.
    answer_until: Option<NaiveDate>,
    /// The host library.
    host_library: Uuid,
    /// The home library; never for the host's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    home_library: Option<Uuid>,
    /// The participant's application; never for the host's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<Uuid>,
    /// The run it was published from; for organisers and auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Uuid>,
    /// Its ring in the schedule, absent for a part of an open chain; for organisers and auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    ring: Option<i64>,
    /// Who is asked, and what they said.
    consents: Vec<Consent>,
}

/// One party's consent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Consent {
    #[schema(schema_with = schemas::party)]
    party: &'static str,
    #[schema(schema_with = schemas::answer)]
    answer: &'static str,
    /// Why not; for organisers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// When it was said; this and the rest for organisers and the participant's employer.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_at: Option<DateTime<Utc>>,
    /// In what capacity: `participant`, `host_contact`, `deputy`, `manager`, `library_administrator`, `organiser`.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_as: Option<&'static str>,
    /// Where somebody else answered: the role whose place was taken, or `deputyship:<id>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<String>,
    /// `link` or `api`.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
}

/// In what capacity somebody acted: a deputy holds a link of the host library.
pub(super) fn answered_as(given: &placement::Given) -> &'static str {
    match (given.role, &given.on_behalf_of) {
        (Role::HostContact, Some(_)) => "deputy",
        (role, _) => role.as_str(),
    }
}

/// What the parties have said, as far as a side may know.
pub(super) fn consents(said: &[placement::Consent], side: Side) -> Vec<Consent> {
    let shape = |consent: &placement::Consent| {
        let given = consent.given.as_ref().filter(|_| side.sees_who_answered());
        Consent {
            party: consent.party.as_str(),
            answer: consent.answer.as_str(),
            reason: consent.reason.clone().filter(|_| side == Side::Organiser),
            answered_at: given.map(|given| given.at.and_utc()),
            answered_as: given.map(answered_as),
            on_behalf_of: given.and_then(|given| given.on_behalf_of.clone()),
            channel: given.map(|given| given.channel.clone()),
        }
    };
    said.iter().map(shape).collect()
}

/// A placement with its people, as far as the reader may know them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Placement {
    #[serde(flatten)]
    placement: PlacementInList,
    host: Place,
    /// Never for the host's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    home: Option<Place>,
    participant: Visitor,
    /// What came of the day, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    came: Option<Came>,
}

/// A library of a placement.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Place {
    name: String,
    #[schema(schema_with = schemas::sectors)]
    sectors: Vec<String>,
    address: Option<String>,
    postcode: Option<String>,
    /// Whom to ask there: for the participant once everybody has said yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<super::libraries::Contact>,
}

/// The participant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Visitor {
    /// For the host's side once everybody has said yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// As `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    role_title: Option<String>,
    /// Sectors of the home library.
    #[schema(schema_with = schemas::sectors)]
    sectors: Vec<String>,
    objectives: Option<String>,
}

/// A time of day as text.
pub(super) fn clock(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

fn in_list(actor: &Actor, placement: &placement::Placement) -> PlacementInList {
    let side = Side::of(actor, placement);
    PlacementInList {
        id: placement.id.uuid(),
        round: placement.round.uuid(),
        state: placement.state.as_str(),
        revision: placement.revision,
        version: placement.terms.version,
        r#virtual: placement.terms.is_virtual,
        date: placement.date,
        starts: clock(placement.starts),
        ends: clock(placement.ends),
        time_zone: placement.time_zone.to_string(),
        answer_until: placement.answer_until,
        host_library: placement.host.uuid(),
        home_library: side.sees_home().then(|| placement.home.uuid()),
        application: side.sees_home().then(|| placement.application.uuid()),
        run: side.sees_run().then(|| placement.run.uuid()),
        ring: placement.ring.filter(|_| side.sees_run()),
        consents: consents(&placement.consents, side),
    }
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// The host of a placement; whom to ask there where this side may know it.
pub(super) fn host(placement: &placement::Placement, library: &Library, side: Side) -> Place {
    Place {
        contact: placement
            .receives(library)
            .filter(|_| side.sees_contact(placement.state))
            .cloned()
            .map(Into::into),
        ..place(library)
    }
}

/// A library of a placement.
pub(super) fn place(library: &Library) -> Place {
    Place {
        name: library.name.to_string(),
        sectors: texts(&library.sectors),
        address: library.address.clone(),
        postcode: library.postcode.as_ref().map(ToString::to_string),
        contact: None,
    }
}

/// The participant, as far as this side may know.
pub(super) fn visitor(applicant: &Applicant, home: &Library, side: Side, state: PlacementState) -> Visitor {
    let named = side.sees_name(state);
    Visitor {
        name: named.then(|| applicant.application.name.to_string()),
        email: named.then(|| applicant.person.email.to_string()),
        role_title: applicant
            .application
            .role_title
            .as_ref()
            .filter(|_| side.sees_role())
            .map(ToString::to_string),
        sectors: texts(&home.sectors),
        objectives: applicant.application.objectives.clone().filter(|_| side.sees_role()),
    }
}

/// A placement as this actor may see it.
fn shape(actor: &Actor, seen: &Seen) -> Placement {
    let Seen { case, home, attendance } = seen;
    let side = Side::of(actor, &case.placement);
    let state = case.placement.state;
    Placement {
        placement: in_list(actor, &case.placement),
        host: host(&case.placement, &case.host, side),
        // Only the host library has a contact to be told here.
        home: side.sees_home().then(|| place(home)),
        participant: visitor(&case.applicant, home, side, state),
        came: attendance.map(Came::from),
    }
}

/// A placement as it is now for whoever asks.
pub(super) async fn shown_to(call: &Call, id: PlacementId) -> Answer {
    let seen = call.run(move |app, actor| placements::get(app, actor, id)).await?;
    shown(&shape(&call.actor, &seen))
}

/// Which placements a list holds.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `list` reads")]
pub(super) struct FilterParameters {
    /// Only those in this state: `expired` is what an organiser has to look at after the answer deadline.
    #[param(schema_with = schemas::placement_state)]
    state: Option<String>,
}

/// List the placements of a round
///
/// All for organisers, one's own staff's for HR, those and one's own visitors' for administrators. Nothing is here
/// before the round is published.
#[utoipa::path(get, path = "/v1/rounds/{id}/placements", tag = "placements",
    params(("id" = Uuid, Path), super::openapi::PageParameters, FilterParameters),
    responses((status = 200, description = "A page of placements.", body = Listed<PlacementInList>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let faults = Faults::none();
    let page = call.page(&faults);
    let state = call.parsed("state", &faults);
    let page = read::finish(faults, page)?;
    let found = call.run(move |app, actor| placements::list(app, actor, round, state, &page)).await?;
    listed(&call, found, |placement| in_list(&call.actor, &placement))
}

/// Show a placement
#[utoipa::path(get, path = "/v1/placements/{id}", tag = "placements", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The placement, as far as the reader may know it.", body = Placement)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    shown_to(&call, id).await
}

/// One party's answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Answer)]
#[expect(dead_code, reason = "the schema of what `answer` reads")]
pub(super) struct AnswerBody {
    #[schema(schema_with = schemas::party)]
    party: String,
    #[schema(schema_with = schemas::yes_or_no)]
    answer: String,
    /// Why not.
    #[schema(schema_with = schemas::optional_reason)]
    reason: Option<String>,
    /// The `version` of the placement that was looked at: refused with `stale-page` where that has changed since.
    #[schema(minimum = 0)]
    version: Option<i64>,
}

/// Answer a proposal
///
/// Everybody's yes confirms; one no ends it, also after a yes. The same answer again changes nothing.
#[utoipa::path(post, path = "/v1/placements/{id}/answers", tag = "placements", params(("id" = Uuid, Path)),
    request_body = AnswerBody,
    responses((status = 200, description = "The placement as it is now.", body = Placement)))]
pub(super) async fn answer(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let reply = call.body(&["party", "answer", "reason", "version"], |object| {
        let party = object.required("party").and_then(|at| at.parse::<Party>());
        let answer = object.required("answer").and_then(|at| read::yes_or_no(&at));
        let reason = read::maybe_absent(object, "reason", |at| read::words(at, read::MOST_REASON));
        let version = read::maybe_absent(object, "version", |at| at.integer(0..=read::MOST_EXACT));
        let (party, answer) = (party?, answer?);
        Some(Reply { party, answer, reason: reason?, channel: "api", version: version? })
    })?;
    let seen = call
        .run(move |app, actor| {
            placements::answer(app, actor, id, &reply)?;
            placements::get(app, actor, id)
        })
        .await?;
    shown(&shape(&call.actor, &seen))
}

/// New times of a placement, local to the host, within its day.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `reschedule` reads")]
pub(super) struct Times {
    #[schema(schema_with = schemas::time)]
    starts: String,
    /// After `starts`.
    #[schema(schema_with = schemas::time)]
    ends: String,
}

/// Change the times of a placement within its day
///
/// Who has agreed stays agreed; everybody is told.
#[utoipa::path(put, path = "/v1/placements/{id}/times", tag = "placements", params(("id" = Uuid, Path)),
    request_body = Times,
    responses((status = 200, description = "The placement as it is now.", body = Placement)))]
pub(super) async fn reschedule(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let (starts, ends) = call.body(&["starts", "ends"], |object| {
        let starts = object.required("starts").and_then(|at| read::time(&at));
        let ends = object.required("ends").and_then(|at| read::time(&at));
        starts.zip(ends)
    })?;
    let reader = call.actor.clone();
    let seen = call.seen(move |placement: &Seen| shape(&reader, placement))?;
    let now = call
        .run(move |app, actor| {
            placements::reschedule(app, actor, id, (starts, ends), &seen)?;
            placements::get(app, actor, id)
        })
        .await?;
    shown(&shape(&call.actor, &now))
}

/// Why something is called off.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `read_cancellation` reads")]
pub(super) struct Cancellation {
    /// Told to those involved.
    #[schema(schema_with = schemas::reason)]
    reason: String,
}

pub(super) fn read_cancellation(call: &Call) -> Result<String, Problem> {
    call.body(&["reason"], |object| {
        object.required("reason").and_then(|at| read::words(&at, read::MOST_REASON))
    })
}

/// Call a placement off
#[utoipa::path(post, path = "/v1/placements/{id}/cancel", tag = "placements", params(("id" = Uuid, Path)),
    request_body = Cancellation,
    responses((status = 200, description = "The placement as it is now.", body = Placement)))]
pub(super) async fn cancel(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let reason = read_cancellation(&call)?;
    let seen = call
        .run(move |app, actor| {
            placements::cancel(app, actor, id, &reason)?;
            placements::get(app, actor, id)
        })
        .await?;
    shown(&shape(&call.actor, &seen))
}

//! `/v1/rounds/{id}/applications` and `/v1/applications`: sign-up and what becomes of it. Access needs go in and
//! never come out (`access_needs.rs` tells who reads them); the manager's reason for a no is for organisers.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::Call;
use super::patterns::{self, Pattern};
use super::{offers, read, schemas};
use crate::domain::access_needs::{AccessNeeds, MOST_NEED_WORDS};
use crate::domain::ids::{ApplicationId, RoundId};
use crate::domain::json::{At, Object};
use crate::domain::permissions::{Action, Actor, Reach, Role};
use crate::domain::states::ManagerTrust;
use crate::services::applications::{self, Applicant};
use crate::services::sign_up::{self, SignUp, SignedUp};

/// An application.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Application {
    id: Uuid,
    round: Uuid,
    #[schema(schema_with = schemas::application_state)]
    state: &'static str,
    name: String,
    email: String,
    /// The home library.
    home_library: Uuid,
    employer: Uuid,
    dates: Vec<NaiveDate>,
    /// The days that the manager said yes to.
    released_dates: Vec<NaiveDate>,
    /// From and to on days that are not worked whole.
    #[schema(schema_with = schemas::hours)]
    hours: BTreeMap<NaiveDate, [String; 2]>,
    /// When the person works, where that is known.
    pattern: Option<Pattern>,
    max_km: f64,
    /// Wanted sectors, best first.
    #[schema(schema_with = schemas::sectors)]
    sectors: Vec<String>,
    topics: Vec<String>,
    /// Libraries never to be sent to.
    avoid: Vec<Uuid>,
    manager_email: String,
    /// Why the manager's address may be written to, or not.
    #[schema(schema_with = schemas::manager_trust)]
    manager_trust: &'static str,
    assured_until: Option<NaiveDate>,
    role_title: Option<String>,
    objectives: Option<String>,
    #[schema(schema_with = schemas::language)]
    language: &'static str,
    /// The manager's reason for a no; for organisers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::optional_refusal_reason)]
    refusal_reason: Option<&'static str>,
    /// More about it in the manager's words; for organisers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_words: Option<String>,
}

/// An application as this actor may see it.
fn shape(actor: &Actor, applicant: Applicant) -> Application {
    let Applicant { application, person } = applicant;
    let refusal = match actor.role {
        Role::Organiser | Role::RoundOrganiser => application.refusal,
        Role::Operator
        | Role::LibraryAdministrator
        | Role::Hr
        | Role::Auditor
        | Role::Manager
        | Role::HostContact
        | Role::Participant
        | Role::Anyone
        | Role::MailServer
        | Role::System => None,
    };
    Application {
        id: application.id.uuid(),
        round: application.round.uuid(),
        state: application.state.as_str(),
        name: application.name.to_string(),
        email: person.email.to_string(),
        home_library: application.home.uuid(),
        employer: application.employer.uuid(),
        dates: application.dates,
        released_dates: application.released_dates,
        hours: offers::hours_of(&application.hours),
        pattern: application.pattern.map(Pattern::from),
        max_km: application.max_km,
        sectors: application.sectors.iter().map(ToString::to_string).collect(),
        topics: application.topics.iter().map(ToString::to_string).collect(),
        avoid: application.avoid.iter().map(|id| id.uuid()).collect(),
        manager_email: application.manager.to_string(),
        manager_trust: application.manager_trust.as_str(),
        assured_until: application.assured_until,
        role_title: application.role_title.map(|title| title.to_string()),
        objectives: application.objectives,
        language: application.language.as_str(),
        refusal_reason: refusal.as_ref().map(|refusal| refusal.reason.as_str()),
        refusal_words: refusal.and_then(|refusal| refusal.words),
    }
}

/// A sign-up. Libraries are named by id or by reference.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignUp)]
#[expect(dead_code, reason = "the schema of what `sign_up` reads")]
pub(super) struct SignUpBody {
    #[schema(schema_with = schemas::name)]
    name: String,
    /// The work address.
    #[schema(schema_with = schemas::email)]
    email: String,
    #[schema(min_length = 1, max_length = 100)]
    home_library: String,
    /// Which of a joint library's employers, by name; needed only where nothing else tells.
    #[schema(schema_with = schemas::optional_name)]
    employer: Option<String>,
    /// The days of the round that the person could go.
    #[schema(schema_with = schemas::dates)]
    dates: Vec<NaiveDate>,
    #[schema(minimum = 0, maximum = 20000)]
    max_km: f64,
    /// The line manager's address, not one's own.
    #[schema(schema_with = schemas::email)]
    manager_email: String,
    /// Wanted sectors, best first.
    #[schema(schema_with = schemas::optional_sectors)]
    sectors: Option<Vec<String>>,
    #[schema(schema_with = schemas::tags)]
    topics: Option<Vec<String>>,
    /// Access needs: confidential, encrypted, matched; read as `needs_words` is.
    #[schema(schema_with = schemas::tags)]
    needs: Option<Vec<String>>,
    /// More about access needs, in words: confidential. Only the host's contact and organisers can read it, once
    /// everybody has said yes, and the person sees who did.
    #[schema(schema_with = schemas::optional_line)]
    needs_words: Option<String>,
    /// Libraries never to be sent to.
    #[schema(schema_with = schemas::library_keys)]
    avoid: Option<Vec<String>>,
    /// From and to on days that are not worked whole; they win over the pattern.
    #[schema(schema_with = schemas::hours)]
    hours: Option<BTreeMap<NaiveDate, [String; 2]>>,
    /// When the person works. A date that it makes a day off is refused.
    pattern: Option<Pattern>,
    /// Until when the employer assures that vetting exists. Never a certificate or its number.
    #[schema(schema_with = schemas::optional_date)]
    assured_until: Option<NaiveDate>,
    /// Shown to hosts.
    #[schema(schema_with = schemas::optional_name)]
    role_title: Option<String>,
    /// Shown to hosts.
    #[schema(schema_with = schemas::optional_words)]
    objectives: Option<String>,
    /// Of mails and calendars; absent means the installation's.
    #[schema(schema_with = schemas::optional_language)]
    language: Option<String>,
    /// The `version` of the round's privacy notice that was read and agreed to; required where it has one.
    privacy_version: Option<i64>,
}

/// The same words for every open sign-up, whoever is known.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Received {
    status: &'static str,
    detail: &'static str,
}

/// Whether a manager's address is the manager's.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `judge_manager` reads")]
pub(super) struct ManagerJudgement {
    #[schema(schema_with = schemas::judged_trust)]
    trust: String,
}

const FIELDS: &[&str] = &[
    "name",
    "email",
    "home_library",
    "employer",
    "dates",
    "max_km",
    "manager_email",
    "sectors",
    "topics",
    "needs",
    "needs_words",
    "avoid",
    "hours",
    "pattern",
    "assured_until",
    "role_title",
    "objectives",
    "language",
    "privacy_version",
];

fn library_key(at: &At<'_>) -> Option<String> {
    let text = at.text()?;
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 || text.contains(char::is_control) {
        at.fault("must be the id or the reference of a library");
        return None;
    }
    Some(text.to_owned())
}

pub(super) fn read_sign_up(object: &Object<'_>) -> Option<SignUp> {
    let name = object.required("name").and_then(|at| at.parse());
    let email = object.required("email").and_then(|at| at.parse());
    let home_library = object.required("home_library").and_then(|at| library_key(&at));
    let employer = read::maybe_absent(object, "employer", At::parse);
    let dates = object.required("dates").and_then(|at| read::items(&at, At::date));
    let max_km = object.required("max_km").and_then(|at| at.number(0.0..=read::MOST_KM));
    let manager_email = object.required("manager_email").and_then(|at| at.parse());
    let sectors = read::set(object, "sectors", At::parse);
    let topics = read::set(object, "topics", At::parse);
    let needs = read::set(object, "needs", At::parse);
    let needs_words = read::maybe_absent(object, "needs_words", |at| read::words(at, MOST_NEED_WORDS));
    let avoid = read::set(object, "avoid", library_key);
    let hours = read::hours(object, "hours");
    let pattern = patterns::read_pattern(object);
    let assured_until = read::maybe_absent(object, "assured_until", At::date);
    let role_title = read::maybe_absent(object, "role_title", At::parse);
    let objectives = read::maybe_absent(object, "objectives", |at| read::words(at, read::MOST_WORDS));
    let language = read::maybe_absent(object, "language", At::parse);
    let privacy_version =
        read::maybe_absent(object, "privacy_version", |at| at.integer(1..=read::MOST_EXACT));
    Some(SignUp {
        name: name?,
        email: email?,
        home_library: home_library?,
        employer: employer?,
        dates: dates?,
        max_km: max_km?,
        manager_email: manager_email?,
        sectors: sectors?,
        topics: topics?,
        needs: AccessNeeds { tags: needs?, words: needs_words? },
        avoid: avoid?,
        hours: hours?,
        pattern: pattern?,
        assured_until: assured_until?,
        role_title: role_title?,
        objectives: objectives?,
        language: language?,
        privacy_version: privacy_version?,
    })
}

/// Sign up for a round
///
/// At the open door every valid request gets the same 202, and a mail says the rest. A program with an employer's
/// token signs up that employer's staff and gets the application, or 409 when the person is signed up already.
#[utoipa::path(post, path = "/v1/rounds/{id}/applications", tag = "applications", params(("id" = Uuid, Path)),
    request_body = SignUpBody,
    responses(
        (status = 201, description = "With an employer's token: the application.", body = Application,
            headers(("Location" = String, description = "Its URL."))),
        (status = 202, description = "Without a token: the mail says the rest.", body = Received)))]
pub(super) async fn sign_up(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let form = call.body(FIELDS, read_sign_up)?;
    // Whoever signs up the staff of an employer is no stranger at the open door.
    if call.actor.reach(Action::SignUp) == Ok(Reach::Everywhere) {
        call.limits().take_sign_up(call.client, &form.email)?;
    }
    match call.run(move |app, actor| sign_up::sign_up(app, actor, round, &form)).await? {
        SignedUp::Answered => Ok(HttpResponse::Accepted().json(Received {
            status: "received",
            detail: "A mail is on its way to the address that was given: it says what happens next.",
        })),
        SignedUp::Made(applicant) => {
            let location = format!("/v1/applications/{}", applicant.application.id);
            made(&location, &shape(&call.actor, *applicant))
        }
    }
}

/// List the applications for a round
///
/// All for organisers; those of one's own libraries for administrators.
#[utoipa::path(get, path = "/v1/rounds/{id}/applications", tag = "applications",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of applications.", body = Listed<Application>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| applications::list(app, actor, round, &page)).await?;
    listed(&call, found, |applicant| shape(&call.actor, applicant))
}

/// Show an application
#[utoipa::path(get, path = "/v1/applications/{id}", tag = "applications", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The application.", body = Application)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    let applicant = call.run(move |app, actor| applications::get(app, actor, id)).await?;
    shown(&shape(&call.actor, applicant))
}

/// Take an application back
///
/// A placement that stands is called off, and those involved are told.
#[utoipa::path(post, path = "/v1/applications/{id}/withdraw", tag = "applications", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The application as it is now.", body = Application)))]
pub(super) async fn withdraw(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    call.no_body()?;
    let applicant = call.run(move |app, actor| applications::withdraw(app, actor, id)).await?;
    shown(&shape(&call.actor, applicant))
}

/// Say whether a manager's address is the manager's
#[utoipa::path(post, path = "/v1/applications/{id}/manager", tag = "applications", params(("id" = Uuid, Path)),
    request_body = ManagerJudgement,
    responses((status = 200, description = "The application as it is now.", body = Application)))]
pub(super) async fn judge_manager(call: Call) -> Answer {
    let id: ApplicationId = call.id("application")?;
    let trust = call.body(&["trust"], |object| {
        let at = object.required("trust")?;
        match at.text()?.as_ref() {
            "confirmed" => Some(ManagerTrust::Confirmed),
            "rejected" => Some(ManagerTrust::Rejected),
            _ => {
                at.fault("must be confirmed or rejected");
                None
            }
        }
    })?;
    let applicant = call.run(move |app, actor| applications::judge_manager(app, actor, id, trust)).await?;
    shown(&shape(&call.actor, applicant))
}

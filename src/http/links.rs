//! `/links/{secret}` and its JSON twin `/v1/links/{secret}`: what the holder of a link from a mail sees, and the one
//! thing they came to do.
//!
//! GET and HEAD never change anything: mail scanners follow links. What a holder may not know is not on the page.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::access_needs::{AccessNeeds, Reading};
use super::alternatives::{self, Alternative};
use super::answer::{Answer, shown};
use super::auth;
use super::call::Call;
use super::day::{self, Day};
use super::deeds::{self, DeedBody};
use super::explanations::{self, Explanation};
use super::feeds::CalendarChoice;
use super::packs::{self, JoiningPack};
use super::pages::{self, Told};
use super::placements::{self, Consent, Place, Side, Visitor, clock, consents, visitor};
use super::problem::Problem;
use super::refills::{self, LinkedOffer};
use super::releases::{self, Request};
use super::schemas;
use super::swaps::{self, LinkedSwap};
use crate::domain::fault::Fault;
use crate::domain::link::Purpose;
use crate::domain::party::Party;
use crate::domain::states::{ApplicationState, ManagerTrust, PlacementState};
use crate::services::AppError;
use crate::services::links::{self, Act, Deed, LinkView};
use crate::words::in_english;

/// What the holder of a link sees.
#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub(super) struct Case {
    #[schema(schema_with = schemas::purpose)]
    pub(super) purpose: &'static str,
    /// In what capacity the holder acts.
    #[schema(schema_with = schemas::party)]
    pub(super) party: &'static str,
    expires_at: DateTime<Utc>,
    /// What a POST can do now; none when there is nothing to do any more.
    #[schema(schema_with = schemas::deeds)]
    deeds: Vec<&'static str>,
    /// What is true and what happens next, in words.
    next: String,
    round: LinkedRound,
    /// For the participant and the manager.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<LinkedApplication>,
    /// For the manager: the requests of the same library that wait for an answer, the mail's own first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requests: Vec<Request>,
    /// Once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    placement: Option<LinkedPlacement>,
    /// What the host has offered last instead of the placement.
    #[serde(skip_serializing_if = "Option::is_none")]
    alternative: Option<Alternative>,
    /// For the host: the days that can be offered instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_days: Vec<NaiveDate>,
    /// For the host: whom it would receive.
    #[serde(skip_serializing_if = "Option::is_none")]
    visitor: Option<Visitor>,
    /// The open swap of the placement, where the holder is asked about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    swap: Option<LinkedSwap>,
    /// About the day itself, once everybody has said yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<Day>,
    /// The place that is offered to a reserve.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<LinkedOffer>,
    /// The joining pack: for the host, and for the participant once it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    joining_pack: Option<JoiningPack>,
    /// For the participant, once it was told: why there is this place or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
    /// How the holder's days come into their calendar, where they can choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar: Option<CalendarChoice>,
    /// For the host, as the answer to `read_needs`: what the visitor needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_needs: Option<AccessNeeds>,
    /// For the participant: who has read their access needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs_readings: Vec<Reading>,
    /// For the participant: whether there is a certificate of attendance, at `certificate` of the placement.
    has_certificate: bool,
}

/// The round of a link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkedRound {
    name: String,
    time_zone: String,
    sign_up_until: NaiveDate,
    answer_until: NaiveDate,
}

/// The application of a link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkedApplication {
    #[schema(schema_with = schemas::application_state)]
    state: &'static str,
    name: String,
    home_library: String,
    role_title: Option<String>,
    dates: Vec<NaiveDate>,
    released_dates: Vec<NaiveDate>,
    /// For the participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<OwnApplication>,
}

/// What only the participant sees of it.
#[derive(Debug, Serialize, ToSchema)]
struct OwnApplication {
    email: String,
    max_km: f64,
    sectors: Vec<String>,
    manager_email: String,
}

/// The placement of a link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkedPlacement {
    id: Uuid,
    #[schema(schema_with = schemas::placement_state)]
    state: &'static str,
    date: NaiveDate,
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
    time_zone: String,
    /// The last day for answers to it, local to the round.
    answer_until: NaiveDate,
    /// Whether nobody travels.
    r#virtual: bool,
    /// To be given back with an answer, so that it is about what is shown here.
    version: i64,
    host: Place,
    /// For the manager: what the parties have said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    consents: Vec<Consent>,
    /// What the holder has said; null where the holder is not asked.
    answer: Option<&'static str>,
}

impl Case {
    /// Whether there is something to do.
    pub(super) fn is_open(&self) -> bool {
        !self.deeds.is_empty()
    }
}

impl From<&LinkView> for Case {
    fn from(view: &LinkView) -> Self {
        let party = view.link.party;
        let side = match party {
            Party::Participant => Side::Participant,
            Party::Manager => Side::Employer,
            Party::Host => Side::Host,
        };
        let application = &view.applicant.application;
        let own = (party == Party::Participant).then(|| OwnApplication {
            email: view.applicant.person.email.to_string(),
            max_km: application.max_km,
            sectors: application.sectors.iter().map(ToString::to_string).collect(),
            manager_email: application.manager.to_string(),
        });
        let shown_application = side.sees_home().then(|| LinkedApplication {
            state: application.state.as_str(),
            name: application.name.to_string(),
            home_library: view.home.name.to_string(),
            role_title: application.role_title.as_ref().map(ToString::to_string),
            dates: application.dates.clone(),
            released_dates: application.released_dates.clone(),
            own,
        });
        let placement = view.placement.as_ref().map(|(placement, host)| LinkedPlacement {
            id: placement.id.uuid(),
            state: placement.state.as_str(),
            date: placement.date,
            starts: clock(placement.starts),
            ends: clock(placement.ends),
            time_zone: placement.time_zone.to_string(),
            answer_until: view.last_answers(),
            r#virtual: placement.terms.is_virtual,
            version: placement.terms.version,
            host: placements::host(placement, host, side),
            consents: if side == Side::Employer { consents(&placement.consents, side) } else { Vec::new() },
            answer: placement.answer_of(party).map(crate::domain::states::Answer::as_str),
        });
        let host_sees = view.placement.as_ref().filter(|_| side == Side::Host);
        Self {
            purpose: view.link.purpose.as_str(),
            party: party.as_str(),
            expires_at: view.link.expires_at.and_utc(),
            deeds: view.deeds.iter().map(|deed| deed.as_str()).collect(),
            next: next(view),
            round: LinkedRound {
                name: view.round.name.to_string(),
                time_zone: view.round.time_zone.to_string(),
                sign_up_until: view.round.sign_up_until,
                answer_until: view.round.answer_until,
            },
            application: shown_application,
            requests: if view.deeds.contains(&Deed::Decide) { releases::requests(view) } else { Vec::new() },
            placement,
            alternative: view
                .placement
                .as_ref()
                .zip(view.other.as_ref())
                .map(|((placement, _), other)| alternatives::shape(other, side, placement.state)),
            other_days: if view.deeds.contains(&Deed::Offer) { other_days(view) } else { Vec::new() },
            visitor: host_sees
                .map(|(placement, _)| visitor(&view.applicant, &view.home, side, placement.state)),
            swap: swaps::of_link(view),
            day: (view.link.purpose == Purpose::Answer).then(|| day::of_link(view)).flatten(),
            offer: view.reserve_offer.as_ref().map(LinkedOffer::new),
            joining_pack: packs::of_link(view),
            explanation: view.explanation.clone().map(|found| explanations::shape(&view.link.actor(), found)),
            calendar: view.calendar.as_ref().map(CalendarChoice::from),
            access_needs: view.needs.shown.as_ref().map(AccessNeeds::from),
            needs_readings: view.needs.readings.iter().map(Reading::from).collect(),
            has_certificate: view.has_certificate,
        }
    }
}

/// The days that the participant asked for, but for the proposed one.
fn other_days(view: &LinkView) -> Vec<NaiveDate> {
    let proposed = view.placement.as_ref().map(|(placement, _)| placement.date);
    let until = view.last_answers();
    let is_other =
        |day: &&NaiveDate| Some(**day) != proposed && **day > until && view.round.dates.contains(day);
    view.applicant.application.dates.iter().filter(is_other).copied().collect()
}

/// What is true now and what happens next, in one or two sentences.
fn next(view: &LinkView) -> String {
    if let Some(offered) = &view.reserve_offer {
        return refills::next(&offered.offer);
    }
    match (view.link.purpose, &view.placement) {
        (Purpose::Answer, Some((placement, _))) => {
            day::next(view).map_or_else(|| placement_next(view, placement.state), str::to_owned)
        }
        (Purpose::Verify | Purpose::Release | Purpose::Application | Purpose::Answer | Purpose::Offer, _) => {
            application_next(view)
        }
    }
}

fn placement_next(view: &LinkView, state: PlacementState) -> String {
    let until = view.last_answers().format("%-d %B %Y");
    match state {
        PlacementState::Proposed if view.is_spent => format!(
            "This link has expired. Answers were asked for by {until}. The newest mail about the day has a working link; \
             the organisers can tell what is possible now."
        ),
        PlacementState::Proposed if view.open_offer().is_some() => match view.link.party {
            Party::Participant => format!(
                "The library cannot receive you as it was proposed, and offers you something else. Please take it or say no \
                 by {until}. Without your yes the day is off."
            ),
            Party::Host => format!(
                "Your offer is recorded, and the visitor is asked. If they do not take it by {until}, the day is off; \
                 either way you get a mail. If it has become impossible too, say no here."
            ),
            Party::Manager => format!(
                "The library has offered your colleague something else, and your colleague is asked until {until}. What \
                 you say here is about the day that is shown here; for another day you are asked anew where that is needed."
            ),
        },
        PlacementState::Proposed if view.deeds.contains(&Deed::Accept) => format!(
            "The day is proposed. Please answer by {until}. When everybody who is asked has said yes, it is certain and \
             everybody gets a mail with the details."
        ),
        PlacementState::Proposed => {
            "Your yes is recorded. When the others have said yes too, the day is certain and you get a mail.".to_owned()
        }
        PlacementState::Confirmed => {
            "Everybody has said yes: the day is certain. If it has become impossible, say so here as early as you can."
                .to_owned()
        }
        PlacementState::Completed => "The day has been. Thank you.".to_owned(),
        PlacementState::Declined => {
            "Somebody said no: the day is off. Everybody who knew of it has been told.".to_owned()
        }
        PlacementState::Cancelled => "The day has been called off. Everybody who knew of it has been told.".to_owned(),
        PlacementState::Expired => "Not everybody answered in time: the day is off.".to_owned(),
        PlacementState::DidNotTakePlace => "The day did not take place.".to_owned(),
    }
}

fn application_next(view: &LinkView) -> String {
    let application = &view.applicant.application;
    let until = view.round.sign_up_until.format("%-d %B %Y");
    let manager_side = view.link.party == Party::Manager;
    match application.state {
        ApplicationState::Submitted if !view.deeds.contains(&Deed::Verify) => {
            "This link has expired, or a newer mail has taken its place: use the link of the newest mail, or sign up \
             again while sign-up is open."
                .to_owned()
        }
        ApplicationState::Submitted => {
            "Please check what was signed up in your name. Press the button if it is yours. If it is not, do nothing: \
             without the button nothing happens."
                .to_owned()
        }
        ApplicationState::Verified if manager_side && !view.round.takes_releases() => {
            "The places of this round are given: an answer is no longer needed.".to_owned()
        }
        ApplicationState::Verified if manager_side && view.deeds.is_empty() => format!(
            "This link has expired. The answers were asked for by {}; the organisers can tell what is possible now.",
            view.round.answer_until.format("%-d %B %Y")
        ),
        ApplicationState::Verified if manager_side => format!(
            "Your answer is asked for: may this person be away on these days? A yes to some of them is enough. Sign-up \
             ends on {until}."
        ),
        ApplicationState::Verified if !view.round.release_required => {
            format!("The address is confirmed. Places are matched after sign-up ends on {until}.")
        }
        ApplicationState::Verified => match application.manager_trust {
            ManagerTrust::Believed | ManagerTrust::Confirmed => {
                "The address is confirmed. Your line manager is asked now to release you for these days.".to_owned()
            }
            ManagerTrust::ToConfirm => {
                "The address is confirmed. Your library's administrator is to confirm who your line manager is; then \
                 your manager is asked."
                    .to_owned()
            }
            ManagerTrust::Rejected => {
                "The address of your line manager was not accepted. Please ask your library's administrator.".to_owned()
            }
        },
        ApplicationState::Released | ApplicationState::Refused if manager_side && !view.deeds.is_empty() => {
            "Your answer to this request is recorded. Others of your library wait for yours:".to_owned()
        }
        ApplicationState::Released => {
            format!("The release is recorded. Places are matched after sign-up ends on {until}; a mail tells the result.")
        }
        ApplicationState::Refused if manager_side => "Your no is recorded.".to_owned(),
        ApplicationState::Refused => application.refusal.as_ref().map_or_else(
            || "A release for these days was not given.".to_owned(),
            |refusal| in_english(&refusal.reason.polite()),
        ),
        ApplicationState::Placed => "There is a place. The mail about it has the details.".to_owned(),
        ApplicationState::Unplaced => "There is no place in this round.".to_owned(),
        ApplicationState::Withdrawn => "The application has been taken back.".to_owned(),
    }
}

/// An unknown secret counts as a wrong credential.
pub(super) fn counted<T>(call: &Call, result: Result<T, Problem>) -> Result<T, Problem> {
    if let Err(Problem::App(AppError::NotFound { .. })) = &result {
        call.limits().take_failure(call.client)?;
    }
    result
}

async fn look(call: &Call) -> Result<LinkView, Problem> {
    let secret = call.path.secret.clone();
    counted(call, call.run(move |app, _| links::view(app, &secret)).await)
}

async fn perform(call: &Call, act: Act) -> Result<LinkView, Problem> {
    let secret = call.path.secret.clone();
    counted(call, call.run(move |app, _| links::act(app, &secret, &act)).await)
}

/// Show what a link is for
///
/// Changes nothing.
#[utoipa::path(get, path = "/v1/links/{secret}", tag = "links", params(("secret" = String, Path)),
    responses((status = 200, description = "What its holder may know.", body = Case)))]
pub(super) async fn get(call: Call) -> Answer {
    let view = look(&call).await?;
    shown(&Case::from(&view))
}

/// Do what a link is for
///
/// The same deed again changes nothing and answers the same.
#[utoipa::path(post, path = "/v1/links/{secret}", tag = "links", params(("secret" = String, Path)),
    request_body = DeedBody, responses((status = 200, description = "What is true now.", body = Case)))]
pub(super) async fn act(call: Call) -> Answer {
    let act = call.body(&deeds::FIELDS, deeds::read_body)?;
    let view = perform(&call, act).await?;
    shown(&Case::from(&view))
}

/// The page of a link
///
/// Changes nothing, however often it is looked at.
#[utoipa::path(get, path = "/links/{secret}", tag = "links", params(("secret" = String, Path)),
    responses((status = 200, description = "The page with its button.", body = String, content_type = "text/html")))]
pub(super) async fn get_page(call: Call) -> Answer {
    let view = look(&call).await?;
    page(&call, StatusCode::OK, &view, Told::Nothing, &Refused::default())
}

/// The page's form
///
/// Takes `deed`, `version`, `dates` (repeated), `reason` and `words`, as the JSON twin does, and of an offer `kind`,
/// `date`, `starts`, `ends`, `contact_name` and `contact_email`; with `decide`, for each request the
/// fields `version.`, `answer.` (`yes` or the reason for a no), `dates.` and `words.`, each ending in the application's id;
/// with `write_pack` the fields of the joining pack, `revision` and `for_later_visitors`.
#[utoipa::path(post, path = "/links/{secret}", tag = "links", params(("secret" = String, Path)),
    request_body(content = DeedBody, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page of what is true now.", body = String,
        content_type = "text/html")))]
pub(super) async fn act_by_form(call: Call) -> Answer {
    auth::refuse_other_sites(call.app(), &call.request)?;
    call.require_type("application/x-www-form-urlencoded")?;
    let done = match deeds::read_form(&call) {
        Ok(act) => perform(&call, act).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(view) => page(&call, StatusCode::OK, &view, Told::Done, &Refused::default()),
        Err(problem) => {
            let words: Vec<String> = if let Problem::App(AppError::Fields(faults)) = &problem {
                let told = |fault: &Fault| {
                    packs::told(fault).unwrap_or_else(|| {
                        format!("{}: {}", fault.pointer.trim_matches('/').replace('/', ", "), fault.rule)
                    })
                };
                faults.iter().map(told).collect()
            } else if let Problem::App(AppError::Refused(refusal)) = &problem {
                vec![refusal.words.clone()]
            } else if let Problem::App(AppError::BreaksRules(broken)) = &problem {
                broken.iter().map(|rule| rule.words.clone()).collect()
            } else {
                return Err(problem);
            };
            let view = look(&call).await?;
            let refused = Refused { words, typed: packs::typed(&call, &problem) };
            page(&call, problem.code().status(), &view, Told::Nothing, &refused)
        }
    }
}

/// Why a form was refused, and what was typed into it.
#[derive(Default)]
struct Refused {
    words: Vec<String>,
    typed: Option<packs::Typed>,
}

fn page(call: &Call, status: StatusCode, view: &LinkView, told: Told, refused: &Refused) -> Answer {
    let service = &call.app().settings.service_name;
    let pack = packs::section(view, refused.typed.as_ref());
    let html =
        pages::link((service, &call.path.secret), &Case::from(view), told, &refused.words, pack.as_ref())?;
    Ok(pages::respond(HttpResponse::build(status), html))
}

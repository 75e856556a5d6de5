//! What everybody sees: the programme with its rounds, a round, and the form to sign up for it.

use actix_web::http::StatusCode;
use chrono::NaiveDate;
use minijinja::{Value, context};

use super::forms::{Field, Form, Kind};
use super::{language_of, show};
use crate::domain::ids::RoundId;
use crate::domain::language::Language;
use crate::domain::organisation::LibraryFilter;
use crate::domain::permissions::Actor;
use crate::domain::round::Round;
use crate::domain::sector::Sector;
use crate::domain::states::RoundState;
use crate::http::answer::Answer;
use crate::http::applications::{SignUpBody, read_sign_up};
use crate::http::auth;
use crate::http::call::Call;
use crate::http::impact::LanguageParameter;
use crate::http::problem::Problem;
use crate::services::page::Page;
use crate::services::sign_up::sign_up as sign_up_for;
use crate::services::{AppError, impact, libraries, privacy_notices, rounds};

/// Libraries that a search shows at most.
const MOST_FOUND: u32 = 30;
/// Rounds that the programme's page shows at most.
const MOST_ROUNDS: u32 = 100;

/// As what visitors of the public pages know a round's state.
fn phase(state: RoundState) -> &'static str {
    match state {
        RoundState::Draft | RoundState::Open => "open",
        RoundState::Closed | RoundState::Matched => "matching",
        RoundState::Published | RoundState::Running => "published",
        RoundState::Completed | RoundState::Archived => "over",
        RoundState::Cancelled => "cancelled",
    }
}

fn told(round: &Round) -> Value {
    let day = |date: Option<&NaiveDate>| date.map(ToString::to_string).unwrap_or_default();
    context! {
        id => round.id.to_string(),
        name => round.name.to_string(),
        phase => phase(round.state),
        sign_up_until => round.sign_up_until.to_string(),
        answer_until => round.answer_until.to_string(),
        zone => round.time_zone.name(),
        dates => round.dates.iter().map(ToString::to_string).collect::<Vec<_>>(),
        first => day(round.dates.first()),
        last => day(round.dates.last()),
        needs_release => round.release_required,
    }
}

/// The programme
///
/// Its rounds: which are open for sign-up, under way, and over.
#[utoipa::path(get, path = "/", tag = "pages", params(LanguageParameter),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(in crate::http) async fn home(call: Call) -> Answer {
    let page = Page::new(None, MOST_ROUNDS).map_err(|rule| AppError::field("?limit", MOST_ROUNDS, rule))?;
    let found = call.run(move |app, actor| rounds::list(app, actor, &page)).await?;
    let of = |phases: &[&str]| -> Vec<Value> {
        // The newest first.
        let rounds = found.items.iter().rev().filter(|round| round.state != RoundState::Draft);
        rounds.filter(|round| phases.contains(&phase(round.state))).map(told).collect()
    };
    let facts = context! { open => of(&["open"]), under_way => of(&["matching", "published"]), past => of(&["over"]) };
    show(&call, StatusCode::OK, "home.html", facts)
}

/// A round, for whoever thinks of joining
#[utoipa::path(get, path = "/rounds/{id}", tag = "pages", params(("id" = Uuid, Path), LanguageParameter),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(in crate::http) async fn round(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    let (round, notice, has_report) = call
        .run(move |app, actor| {
            let round = rounds::get(app, actor, id)?;
            let notice = there(privacy_notices::get(app, actor, id))?;
            Ok((round, notice, there(impact::get(app, actor, id))?.is_some()))
        })
        .await?;
    let notice = notice.map(|notice| {
        context! { controller => notice.controller, purpose => notice.purpose, consent => notice.consent }
    });
    show(&call, StatusCode::OK, "round.html", context! { round => told(&round), notice, has_report })
}

/// What there is of something that need not be there.
fn there<T>(found: Result<T, AppError>) -> Result<Option<T>, AppError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(AppError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

const FIELDS: &[Field] = &[
    ("name", Kind::Text),
    ("email", Kind::Text),
    ("home_library", Kind::Text),
    ("dates", Kind::Ticked),
    ("max_km", Kind::Number),
    ("manager_email", Kind::Text),
    ("sectors", Kind::Ticked),
    ("topics", Kind::Tags),
    ("role_title", Kind::Text),
    ("objectives", Kind::Text),
    ("needs", Kind::Tags),
    ("needs_words", Kind::Text),
    ("language", Kind::Text),
    ("privacy_version", Kind::Number),
];

/// The form to sign up for a round
///
/// First the library is looked for (`q`), then chosen (`library`).
#[utoipa::path(get, path = "/rounds/{id}/sign-up", tag = "pages", params(("id" = Uuid, Path),
    LanguageParameter,
    ("q" = Option<String>, Query, description = "Words of the library's name, address or postcode."),
    ("library" = Option<String>, Query, description = "The id of the library where somebody works.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(in crate::http) async fn sign_up_form(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    if let Some(library) = call.parameter("library") {
        let (language, _) = language_of(&call)?;
        let start = [("home_library", library), ("max_km", "50"), ("language", language.as_str())];
        return form(&call, id, &Form::starting(&start), StatusCode::OK).await;
    }
    let words = call.parameter("q").map(str::trim).filter(|words| !words.is_empty()).map(str::to_owned);
    let asked = words.clone();
    let page = Page::new(None, MOST_FOUND).map_err(|rule| AppError::field("?limit", MOST_FOUND, rule))?;
    let (round, found) = call
        .run(move |app, actor| {
            let round = rounds::get(app, actor, id)?;
            let Some(text) = asked else { return Ok((round, None)) };
            let filter = LibraryFilter { text: Some(text), ..LibraryFilter::default() };
            Ok((round, Some(libraries::list(app, actor, &filter, &page)?)))
        })
        .await?;
    let found = found.map(|found| {
        let libraries: Vec<Value> = found
            .items
            .iter()
            .map(|library| {
                let place = [library.address.clone(), library.postcode.as_ref().map(ToString::to_string)];
                let place: Vec<String> = place.into_iter().flatten().collect();
                context! { id => library.id.to_string(), name => library.name.to_string(), place => place.join(", ") }
            })
            .collect();
        context! { libraries, has_more => found.next.is_some() }
    });
    show(&call, StatusCode::OK, "library_search.html", context! { round => told(&round), words, found })
}

/// Sign up by the page
///
/// Whatever is known of the address, the answer is the same, and a mail says the rest.
#[utoipa::path(post, path = "/rounds/{id}/sign-up", tag = "pages", params(("id" = Uuid, Path), LanguageParameter),
    request_body(content = SignUpBody, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page that says what happens now.", body = String,
        content_type = "text/html")))]
pub(in crate::http) async fn sign_up(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    auth::refuse_other_sites(call.app(), &call.request)?;
    let (mut typed, read) = Form::read(&call, FIELDS, read_sign_up)?;
    if let Some(wanted) = read {
        call.limits().take_sign_up(call.client, &wanted.email)?;
        // As whoever comes to the open door, also where an administrator has signed in: the person must prove the address.
        let signed_up = call.run(move |app, _| sign_up_for(app, &Actor::anyone(), id, &wanted)).await;
        match signed_up {
            Ok(_) => return show(&call, StatusCode::OK, "sign_up.html", context! { is_done => true }),
            Err(Problem::App(AppError::Fields(faults))) => typed.refuse(faults),
            Err(problem) => return Err(problem),
        }
    }
    form(&call, id, &typed, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// The form with what is typed in it.
async fn form(call: &Call, id: RoundId, typed: &Form, status: StatusCode) -> Answer {
    let chosen = typed.first("home_library").unwrap_or_default().to_owned();
    let (round, library, notice) = call
        .run(move |app, actor| {
            let round = rounds::get(app, actor, id)?;
            let library = libraries::get(app, actor, &chosen)?;
            Ok((round, library, there(privacy_notices::get(app, actor, id))?))
        })
        .await?;
    let notice = notice.map(|notice| {
        context! {
            version => notice.version, controller => notice.controller, purpose => notice.purpose,
            consent => notice.consent,
        }
    });
    let facts = context! {
        is_done => false,
        round => told(&round),
        library => library.name.to_string(),
        notice,
        sectors => Sector::ALL.iter().map(|sector| sector.as_str()).collect::<Vec<_>>(),
        languages => Language::ALL.iter().map(|language| language.as_str()).collect::<Vec<_>>(),
        form => typed.shown(FIELDS),
    };
    show(call, status, "sign_up.html", facts)
}

//! `/v1/rounds`: rounds and the steps of their life.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::Call;
use super::problem::Problem;
use super::{read, schemas};
use crate::domain::application::ReleaseRule;
use crate::domain::ids::RoundId;
use crate::domain::json::{At, Object};
use crate::domain::round;
use crate::services::AppError;
use crate::services::round_dates::{self, NewDeadlines};
use crate::services::rounds::{self, NewRound};

/// A round. Every date is in its time zone.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Round {
    id: Uuid,
    name: String,
    #[schema(schema_with = schemas::round_state)]
    state: &'static str,
    time_zone: String,
    /// The last day of sign-up.
    sign_up_until: NaiveDate,
    /// The last day for answers to proposals.
    answer_until: NaiveDate,
    /// The placement days.
    dates: Vec<NaiveDate>,
    /// The rules of the match, complete.
    #[schema(value_type = Object)]
    rules: Box<RawValue>,
    /// Whether only people whose manager said yes are matched.
    release_required: bool,
    /// SHA-256 of the rules' canonical JSON, from the close of sign-up on.
    rules_sha256: Option<String>,
    /// Raised by every change of what would be matched.
    revision: i64,
}

/// The shape of a round.
pub(super) fn shape(round: round::Round) -> Result<Round, Problem> {
    let rules = RawValue::from_string(round.rules)
        .map_err(|error| AppError::Internal(format!("rules of round {}: {error}", round.id)))?;
    Ok(Round {
        id: round.id.uuid(),
        name: round.name.to_string(),
        state: round.state.as_str(),
        time_zone: round.time_zone.to_string(),
        sign_up_until: round.sign_up_until,
        answer_until: round.answer_until,
        dates: round.dates,
        rules,
        release_required: round.release_required,
        rules_sha256: round.rules_sha256,
        revision: round.revision,
    })
}

/// A round to be made: sign-up ends before answers, answers before the first placement day.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRound)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct NewRoundBody {
    #[schema(schema_with = schemas::name)]
    name: String,
    #[schema(schema_with = schemas::zone)]
    time_zone: String,
    /// Not in the past.
    sign_up_until: NaiveDate,
    answer_until: NaiveDate,
    #[schema(schema_with = schemas::dates)]
    dates: Vec<NaiveDate>,
    /// The `rules` object of a round file; what is absent has its default.
    #[schema(value_type = Option<Object>)]
    rules: Option<Box<RawValue>>,
    /// True unless said otherwise.
    release_required: Option<bool>,
}

/// Why sign-up ends early.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `close` reads")]
pub(super) struct Close {
    /// Needed before the sign-up deadline has passed.
    #[schema(schema_with = schemas::optional_reason)]
    early_reason: Option<String>,
}

fn read_round(object: &Object<'_>) -> Option<NewRound> {
    let name = object.required("name").and_then(|at| at.parse());
    let time_zone = object.required("time_zone").and_then(|at| read::zone(&at));
    let day = |key| object.required(key).and_then(|at| at.date());
    let (sign_up_until, answer_until) = (day("sign_up_until"), day("answer_until"));
    let dates = object.required("dates").and_then(|at| read::items(&at, At::date));
    let release = object.optional("release_required").map_or(Some(true), |at| at.boolean());
    let rules = object.optional("rules").map(|at| at.json().as_str().to_owned());
    Some(NewRound {
        name: name?,
        time_zone: time_zone?,
        sign_up_until: sign_up_until?,
        answer_until: answer_until?,
        dates: dates?,
        rules,
        release: if release? { ReleaseRule::Required } else { ReleaseRule::Waived },
    })
}

/// Make a round
///
/// It is a draft, which only organisers see, until it is opened.
#[utoipa::path(post, path = "/v1/rounds", tag = "rounds", request_body = NewRoundBody,
    responses((status = 201, description = "The draft.", body = Round,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let fields = ["name", "time_zone", "sign_up_until", "answer_until", "dates", "rules", "release_required"];
    let wanted = call.body(&fields, read_round)?;
    let round = call.run(move |app, actor| rounds::create(app, actor, &wanted)).await?;
    made(&format!("/v1/rounds/{}", round.id), &shape(round)?)
}

/// List rounds
///
/// Drafts are listed for organisers only.
#[utoipa::path(get, path = "/v1/rounds", tag = "rounds", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of rounds.", body = Listed<Round>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let found = call.run(move |app, actor| rounds::list(app, actor, &page)).await?;
    let items = found.items.into_iter().map(shape).collect::<Result<_, _>>()?;
    let found = crate::services::page::Paged { items, next: found.next };
    listed(&call, found, |round: Round| round)
}

/// Show a round
#[utoipa::path(get, path = "/v1/rounds/{id}", tag = "rounds", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The round.", body = Round)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    let round = call.run(move |app, actor| rounds::get(app, actor, id)).await?;
    shown(&shape(round)?)
}

/// Open sign-up
#[utoipa::path(post, path = "/v1/rounds/{id}/open", tag = "rounds", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The open round.", body = Round)))]
pub(super) async fn open(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    call.no_body()?;
    let round = call.run(move |app, actor| rounds::open(app, actor, id)).await?;
    shown(&shape(round)?)
}

/// End sign-up and freeze the rules
#[utoipa::path(post, path = "/v1/rounds/{id}/close", tag = "rounds", params(("id" = Uuid, Path)),
    request_body = Option<Close>,
    responses((status = 200, description = "The closed round.", body = Round)))]
pub(super) async fn close(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    let reason = call.optional_body(&["early_reason"], |object| {
        read::maybe_absent(object, "early_reason", |at| read::words(at, read::MOST_REASON))
    })?;
    let round = call.run(move |app, actor| rounds::close(app, actor, id, reason.as_deref())).await?;
    shown(&shape(round)?)
}

/// Deadlines to be moved; at least one. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the schema of what `move_deadlines` reads")]
pub(super) struct Deadlines {
    /// The last day of sign-up: today or later, not after the answer deadline.
    #[schema(schema_with = schemas::optional_date)]
    sign_up_until: Option<NaiveDate>,
    /// The last day for answers: today or later, before the first placement day.
    #[schema(schema_with = schemas::optional_date)]
    answer_until: Option<NaiveDate>,
}

/// The deadlines of a round.
#[derive(Serialize, ToSchema)]
pub(super) struct RoundDates {
    /// The last day of sign-up.
    sign_up_until: NaiveDate,
    /// The last day for answers to proposals.
    answer_until: NaiveDate,
}

fn dates_of(round: &round::Round) -> RoundDates {
    RoundDates { sign_up_until: round.sign_up_until, answer_until: round.answer_until }
}

/// Show the deadlines of a round
#[utoipa::path(get, path = "/v1/rounds/{id}/dates", tag = "rounds", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The deadlines.", body = RoundDates)))]
pub(super) async fn get_deadlines(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    shown(&dates_of(&call.run(move |app, actor| rounds::get(app, actor, id)).await?))
}

/// Move the deadlines of a round
///
/// Of sign-up until it has ended, of answers until the placement days begin. Whoever was asked for an answer and has
/// given none is told the new last day. What has expired stays expired.
#[utoipa::path(put, path = "/v1/rounds/{id}/dates", tag = "rounds", params(("id" = Uuid, Path)),
    request_body = Deadlines,
    responses((status = 200, description = "The round as it is now.", body = Round)))]
pub(super) async fn move_deadlines(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    let wanted = call.body(&["sign_up_until", "answer_until"], |object| {
        let sign_up_until = read::maybe_absent(object, "sign_up_until", At::date);
        let answer_until = read::maybe_absent(object, "answer_until", At::date);
        let (sign_up_until, answer_until) = (sign_up_until?, answer_until?);
        if sign_up_until.is_none() && answer_until.is_none() {
            object.at().fault("must name `sign_up_until` or `answer_until`");
            return None;
        }
        Some(NewDeadlines { sign_up_until, answer_until })
    })?;
    let seen = call.seen(dates_of)?;
    let round =
        call.run(move |app, actor| round_dates::move_deadlines(app, actor, id, wanted, &seen)).await?;
    shown(&shape(round)?)
}

/// Call a round off
///
/// Whoever has a placement in it is told.
#[utoipa::path(post, path = "/v1/rounds/{id}/cancel", tag = "rounds", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The cancelled round.", body = Round)))]
pub(super) async fn cancel(call: Call) -> Answer {
    let id: RoundId = call.id("round")?;
    call.no_body()?;
    let round = call.run(move |app, actor| rounds::cancel(app, actor, id)).await?;
    shown(&shape(round)?)
}

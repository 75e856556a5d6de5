//! `/v1/rounds/{id}/libraries`: what libraries offer for a round.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::problem::Problem;
use super::{read, schemas};
use crate::domain::ids::RoundId;
use crate::domain::json::{At, Kind, Object};
use crate::domain::offer::{self, CoverDay, CoverRule, HostingRule, LibraryOffer, Rostered};
use crate::services::offers::{self, LibraryCover};
use crate::services::seen::Seen;

/// What a library offers for a round. Every date is one of the round; a date that is absent counts as 0.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Offer)]
pub(super) struct OfferBody {
    /// Visitors taken on a date.
    #[schema(schema_with = schemas::counts, required = false)]
    hosting: BTreeMap<NaiveDate, u32>,
    /// Visitors taken on every date without a number of its own.
    hosting_rule: Option<HostingRuleBody>,
    /// Visitors taken in the whole round; absent means no limit.
    #[schema(minimum = 0, maximum = 100000)]
    hosting_limit: Option<u32>,
    /// Visitors taken in a calendar year, those of other rounds counted; absent means no limit.
    #[schema(minimum = 0, maximum = 100000)]
    year_limit: Option<u32>,
    /// Least number of days from one day with visitors to the next, whatever the round; 7 is once a week.
    #[schema(minimum = 0, maximum = 366)]
    rest_days: Option<u32>,
    /// Staff who may be away on a date, so that minimum cover holds.
    #[schema(schema_with = schemas::counts, required = false)]
    release: BTreeMap<NaiveDate, u32>,
    /// From which the staff who may be away follow on every date without a number of its own.
    cover_rule: Option<CoverRuleBody>,
    /// When visitors can come, local to the library, from and to; absent means whenever it is open.
    #[schema(schema_with = schemas::hours, required = false)]
    hours: BTreeMap<NaiveDate, [String; 2]>,
}

/// Visitors on the weekdays and the dates named, or on every date of the round where none is named.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HostingRule)]
pub(super) struct HostingRuleBody {
    #[schema(schema_with = schemas::weekdays, required = false)]
    weekdays: Vec<String>,
    #[schema(schema_with = schemas::optional_dates, required = false)]
    dates: BTreeSet<NaiveDate>,
    #[schema(minimum = 0, maximum = 1000)]
    visitors: u32,
}

/// Who may be away is who works, less who must remain. A visitor is not cover.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CoverRule)]
pub(super) struct CoverRuleBody {
    /// Who works: a number for every day, or numbers by weekday; nobody on a weekday that is absent.
    #[schema(schema_with = schemas::rostered)]
    rostered: RosteredBody,
    /// Who must remain.
    #[schema(minimum = 0, maximum = 1000)]
    minimum: u32,
    /// Dates on which it is otherwise.
    #[schema(schema_with = schemas::cover_days, required = false)]
    dates: BTreeMap<NaiveDate, CoverDayBody>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum RosteredBody {
    Daily(u32),
    Weekly(BTreeMap<String, u32>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoverDayBody {
    rostered: Option<u32>,
    minimum: Option<u32>,
}

impl From<offer::HostingRule> for HostingRuleBody {
    fn from(rule: offer::HostingRule) -> Self {
        let weekdays = rule.weekdays.iter().map(ToString::to_string).collect();
        Self { weekdays, dates: rule.dates, visitors: rule.visitors }
    }
}

impl From<offer::CoverRule> for CoverRuleBody {
    fn from(rule: offer::CoverRule) -> Self {
        let rostered = match rule.rostered {
            Rostered::Daily(staff) => RosteredBody::Daily(staff),
            Rostered::Weekly(week) => {
                RosteredBody::Weekly(week.into_iter().map(|(day, staff)| (day.to_string(), staff)).collect())
            }
        };
        let day = |(date, day): (NaiveDate, CoverDay)| {
            (date, CoverDayBody { rostered: day.rostered, minimum: day.minimum })
        };
        Self { rostered, minimum: rule.minimum, dates: rule.dates.into_iter().map(day).collect() }
    }
}

/// The offer of one library.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LibraryOffer)]
pub(super) struct Offered {
    library: Uuid,
    offer: OfferBody,
}

/// Hours as two texts each.
pub(super) fn hours_of(hours: &crate::domain::application::Hours) -> BTreeMap<NaiveDate, [String; 2]> {
    let text = |time: &chrono::NaiveTime| time.format("%H:%M").to_string();
    hours.iter().map(|(date, (from, to))| (*date, [text(from), text(to)])).collect()
}

impl From<LibraryOffer> for Offered {
    fn from(found: LibraryOffer) -> Self {
        let hours = hours_of(&found.offer.hours);
        let offer = found.offer;
        let body = OfferBody {
            hosting: offer.hosting,
            hosting_rule: offer.hosting_rule.map(HostingRuleBody::from),
            hosting_limit: offer.hosting_limit,
            year_limit: offer.year_limit,
            rest_days: offer.rest_days,
            release: offer.release,
            cover_rule: offer.cover_rule.map(CoverRuleBody::from),
            hours,
        };
        Self { library: found.library.uuid(), offer: body }
    }
}

const FIELDS: &[&str] = &[
    "hosting",
    "hosting_rule",
    "hosting_limit",
    "year_limit",
    "rest_days",
    "release",
    "cover_rule",
    "hours",
];

fn read_offer(object: &Object<'_>) -> Option<offer::Offer> {
    let limit = |key, most| read::maybe_absent(object, key, |at| read::count(at, most));
    let hosting = read::counts(object, "hosting", 1_000);
    let hosting_rule = read::maybe_absent(object, "hosting_rule", read_hosting_rule);
    let hosting_limit = limit("hosting_limit", 100_000);
    let year_limit = limit("year_limit", 100_000);
    let rest_days = limit("rest_days", 366);
    let release = read::counts(object, "release", 1_000);
    let cover_rule = read::maybe_absent(object, "cover_rule", read_cover_rule);
    let hours = read::hours(object, "hours");
    Some(offer::Offer {
        hosting: hosting?,
        hosting_rule: hosting_rule?,
        hosting_limit: hosting_limit?,
        year_limit: year_limit?,
        rest_days: rest_days?,
        release: release?,
        cover_rule: cover_rule?,
        hours: hours?,
    })
}

fn read_hosting_rule(at: &At<'_>) -> Option<HostingRule> {
    let object = at.object(&["weekdays", "dates", "visitors"])?;
    let weekdays = read::set(&object, "weekdays", At::parse);
    let dates = read::set(&object, "dates", At::date);
    let visitors = object.required("visitors").and_then(|at| read::count(&at, 1_000));
    Some(HostingRule {
        weekdays: weekdays?.into_iter().collect(),
        dates: dates?.into_iter().collect(),
        visitors: visitors?,
    })
}

fn read_cover_rule(at: &At<'_>) -> Option<CoverRule> {
    let staff = |at: &At<'_>| read::count(at, 1_000);
    let object = at.object(&["rostered", "minimum", "dates"])?;
    let rostered = object.required("rostered").and_then(|at| {
        if at.json().kind() == Kind::Object {
            read::by_weekday(&at, staff).map(Rostered::Weekly)
        } else {
            staff(&at).map(Rostered::Daily)
        }
    });
    let minimum = object.required("minimum").and_then(|at| staff(&at));
    let dates = object.optional("dates").map_or(Some(BTreeMap::new()), |at| {
        read::by_date(&at, |at| {
            let object = at.object(&["rostered", "minimum"])?;
            let rostered = read::maybe_absent(&object, "rostered", staff);
            let minimum = read::maybe_absent(&object, "minimum", staff);
            Some(CoverDay { rostered: rostered?, minimum: minimum? })
        })
    });
    Some(CoverRule { rostered: rostered?, minimum: minimum?, dates: dates? })
}

/// List what libraries offer for a round
///
/// All for organisers; one's own employer's for administrators.
#[utoipa::path(get, path = "/v1/rounds/{id}/libraries", tag = "offers",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of offers.", body = Listed<Offered>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| offers::list(app, actor, round, &page)).await?;
    listed(&call, found, Offered::from)
}

/// Show what a library offers for a round
#[utoipa::path(get, path = "/v1/rounds/{id}/libraries/{library}", tag = "offers",
    params(("id" = Uuid, Path), ("library" = Uuid, Path)),
    responses((status = 200, description = "What the library offers.", body = Offered)))]
pub(super) async fn get(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let library = call.library()?;
    shown(&Offered::from(call.run(move |app, actor| offers::get(app, actor, round, library)).await?))
}

fn seen(call: &Call) -> Result<Seen<LibraryOffer>, Problem> {
    call.seen(|offer: &LibraryOffer| Offered::from(offer.clone()))
}

/// Opt a library in, or replace its offer
///
/// An offer of nothing takes the library out of the round.
#[utoipa::path(put, path = "/v1/rounds/{id}/libraries/{library}", tag = "offers",
    params(("id" = Uuid, Path), ("library" = Uuid, Path)), request_body = OfferBody,
    responses((status = 200, description = "What the library offers now.", body = Offered)))]
pub(super) async fn replace(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let library = call.library()?;
    let offer = call.body(FIELDS, read_offer)?;
    let seen = seen(&call)?;
    let found = call.run(move |app, actor| offers::offer(app, actor, round, library, &offer, &seen)).await?;
    shown(&Offered::from(found))
}

/// Take a library out of a round
#[utoipa::path(delete, path = "/v1/rounds/{id}/libraries/{library}", tag = "offers",
    params(("id" = Uuid, Path), ("library" = Uuid, Path)),
    responses((status = 204, description = "The library takes no part.")))]
pub(super) async fn withdraw(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let library = call.library()?;
    call.no_body()?;
    let seen = seen(&call)?;
    call.run(move |app, actor| offers::withdraw(app, actor, round, library, &seen)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A library on a date of a round.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CoverDay)]
pub(super) struct Covered {
    date: NaiveDate,
    /// Who works, as the cover rule has it.
    rostered: Option<u32>,
    /// Who must remain, as the cover rule has it.
    minimum: Option<u32>,
    /// Own staff that the round may send away.
    may_leave: u32,
    /// Why nobody may leave.
    nobody_leaves: Option<String>,
    /// Visitors that the round may send.
    hosting: u32,
    /// Why no visitors come.
    no_visitors: Option<String>,
    /// When visitors can be there; absent where the hours are not known.
    #[schema(schema_with = schemas::optional_span)]
    hours: Option<[String; 2]>,
}

/// What the offer of one library comes to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LibraryCover)]
pub(super) struct LibraryCovered {
    library: Uuid,
    name: String,
    /// Visitors in the whole round; absent means no limit.
    hosting_limit: Option<u32>,
    days: Vec<Covered>,
}

impl From<LibraryCover> for LibraryCovered {
    fn from(found: LibraryCover) -> Self {
        let days = found.days.days.into_iter().map(|day| Covered {
            date: day.date,
            rostered: day.rostered_and_minimum.map(|(rostered, _)| rostered),
            minimum: day.rostered_and_minimum.map(|(_, minimum)| minimum),
            may_leave: day.release,
            nobody_leaves: day.nobody_leaves.map(|why| why.to_string()),
            hosting: day.hosting,
            no_visitors: day.no_visitors.map(|why| why.to_string()),
            hours: day.hours.map(|span| [read::clock(span.from()), read::clock(span.until())]),
        });
        Self {
            library: found.library.id.uuid(),
            name: found.library.name.to_string(),
            hosting_limit: found.days.hosting_limit,
            days: days.collect(),
        }
    }
}

/// Show what the offers for a round come to
///
/// For each library that takes part and each date: who works, who must remain, who may leave, how many visitors may
/// come, and why none where it is 0. All for organisers; one's own employer's for administrators and HR.
#[utoipa::path(get, path = "/v1/rounds/{id}/cover", tag = "offers",
    params(("id" = Uuid, Path), super::openapi::PageParameters),
    responses((status = 200, description = "A page of libraries.", body = Listed<LibraryCovered>)))]
pub(super) async fn cover(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let page = call.only_page()?;
    let found = call.run(move |app, actor| offers::cover(app, actor, round, &page)).await?;
    listed(&call, found, LibraryCovered::from)
}

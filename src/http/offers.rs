//! `/v1/rounds/{id}/libraries`: what libraries offer for a round.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::{read, schemas};
use crate::domain::ids::RoundId;
use crate::domain::json::Object;
use crate::domain::offer::{self, LibraryOffer};
use crate::services::offers;

/// What a library offers for a round. Every date is one of the round; a date that is absent counts as 0.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Offer)]
pub(super) struct OfferBody {
    /// Visitors taken on a date.
    #[schema(schema_with = schemas::counts, required = false)]
    hosting: BTreeMap<NaiveDate, u32>,
    /// Visitors taken in the whole round; absent means no limit.
    #[schema(minimum = 0, maximum = 100000)]
    hosting_limit: Option<u32>,
    /// Staff who may be away on a date, so that minimum cover holds.
    #[schema(schema_with = schemas::counts, required = false)]
    release: BTreeMap<NaiveDate, u32>,
    /// When visitors can come, local to the library, from and to; absent means the whole day.
    #[schema(schema_with = schemas::hours, required = false)]
    hours: BTreeMap<NaiveDate, [String; 2]>,
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
        let offer::Offer { hosting, hosting_limit, release, .. } = found.offer;
        Self { library: found.library.uuid(), offer: OfferBody { hosting, hosting_limit, release, hours } }
    }
}

fn read_offer(object: &Object<'_>) -> Option<offer::Offer> {
    let hosting = read::counts(object, "hosting", 1_000);
    let hosting_limit = read::maybe_absent(object, "hosting_limit", |at| read::count(at, 100_000));
    let release = read::counts(object, "release", 1_000);
    let hours = read::hours(object, "hours");
    Some(offer::Offer { hosting: hosting?, hosting_limit: hosting_limit?, release: release?, hours: hours? })
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

/// Opt a library in, or replace its offer
///
/// An offer of nothing takes the library out of the round.
#[utoipa::path(put, path = "/v1/rounds/{id}/libraries/{library}", tag = "offers",
    params(("id" = Uuid, Path), ("library" = Uuid, Path)), request_body = OfferBody,
    responses((status = 200, description = "What the library offers now.", body = Offered)))]
pub(super) async fn replace(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let library = call.library()?;
    let offer = call.body(&["hosting", "hosting_limit", "release", "hours"], read_offer)?;
    let found = call.run(move |app, actor| offers::offer(app, actor, round, library, &offer)).await?;
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
    call.run(move |app, actor| offers::withdraw(app, actor, round, library)).await?;
    Ok(HttpResponse::NoContent().finish())
}

//! What programs subscribe to: `/calendars/{secret}.ics` and `/ideas/{secret}.atom`, which they read, and `/v1/feeds`, which
//! makes those of libraries, employers and ideas. Those of people's own days are chosen on the pages of their links.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, Header, HeaderValue, IfNoneMatch,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::Call;
use super::links::counted;
use super::{pages, read, schemas};
use crate::domain::feed::{self, FeedKind, Shown};
use crate::domain::ids::{EmployerId, FeedId, LibraryId};
use crate::domain::json::At;
use crate::services::feeds::{self, NewFeed};
use crate::services::ideas;
use crate::services::links::Deed;

/// A feed without its address.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Feed {
    id: Uuid,
    #[schema(schema_with = schemas::managed_feed_kind)]
    kind: &'static str,
    /// Whose visitors it shows.
    library: Option<Uuid>,
    /// Whose staff it shows; of another feed, whose administrator or HR made it.
    employer: Option<Uuid>,
    created_at: DateTime<Utc>,
    /// The last day on which a program read it, in UTC.
    last_used_on: Option<NaiveDate>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<feed::Feed> for Feed {
    fn from(feed: feed::Feed) -> Self {
        let library = match &feed.shown {
            Shown::Library(library) | Shown::Contact(library, _) | Shown::Deputy(library, _) => {
                Some(library.uuid())
            }
            Shown::Person(_) | Shown::Manager(_) | Shown::Employer(_) | Shown::Ideas => None,
        };
        Self {
            id: feed.id.uuid(),
            kind: feed.shown.kind().as_str(),
            library,
            employer: feed.employer.map(EmployerId::uuid),
            created_at: feed.created_at.and_utc(),
            last_used_on: feed.last_used_on,
            revoked_at: feed.revoked_at.map(|at| at.and_utc()),
        }
    }
}

/// A feed whose address was just made.
#[derive(Serialize, ToSchema)]
pub(super) struct FreshFeed {
    #[serde(flatten)]
    feed: Feed,
    /// Where programs read it. Whoever knows it can read the feed. It is not stored and never shown again.
    url: String,
}

impl From<feeds::FreshFeed> for FreshFeed {
    fn from(fresh: feeds::FreshFeed) -> Self {
        Self { url: fresh.url.reveal().to_owned(), feed: fresh.feed.into() }
    }
}

/// A feed to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewFeed)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct NewFeedBody {
    #[schema(schema_with = schemas::managed_feed_kind)]
    kind: String,
    /// With `library`: whose visitors.
    #[schema(schema_with = schemas::optional_id)]
    library: Option<Uuid>,
    /// With `employer`: whose staff.
    #[schema(schema_with = schemas::optional_id)]
    employer: Option<Uuid>,
}

/// Make the calendar of a library's visitors or of an employer's staff, or a feed of the newest ideas
#[utoipa::path(post, path = "/v1/feeds", tag = "feeds", request_body = NewFeedBody,
    responses((status = 201, description = "The feed and its address.", body = FreshFeed,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let wanted = call.body(&["kind", "library", "employer"], |object| {
        let kind = object.required("kind").and_then(|at| at.parse::<FeedKind>());
        let library = read::maybe_absent(object, "library", At::parse::<LibraryId>);
        let employer = read::maybe_absent(object, "employer", At::parse::<EmployerId>);
        let (kind, library, employer) = (kind?, library?, employer?);
        let faults = object.at().faults();
        match (kind, library, employer) {
            (FeedKind::Library, Some(library), None) => Some(NewFeed::Library(library)),
            (FeedKind::Employer, None, Some(employer)) => Some(NewFeed::Employer(employer)),
            (FeedKind::Ideas, None, None) => Some(NewFeed::Ideas),
            (FeedKind::Ideas, library, _) => {
                let named = if library.is_some() { "library" } else { "employer" };
                faults.add(format!("/{named}"), "", "goes with feeds of days only");
                None
            }
            (FeedKind::Library | FeedKind::Employer, _, _) => {
                faults.add(format!("/{kind}"), "", format!("is required with the kind {kind}, and no other"));
                None
            }
            (FeedKind::Person | FeedKind::Contact | FeedKind::Deputy | FeedKind::Manager, _, _) => {
                let rule =
                    "must be library, employer or ideas: people choose theirs on the page of their mail's link";
                faults.add("/kind", kind, rule);
                None
            }
        }
    })?;
    let fresh = call.run(move |app, actor| feeds::create(app, actor, wanted)).await?;
    let location = format!("/v1/feeds/{}", fresh.feed.id);
    made(&location, &FreshFeed::from(fresh))
}

/// List the feeds of libraries, employers and ideas, those that were taken back too
#[utoipa::path(get, path = "/v1/feeds", tag = "feeds", params(super::openapi::PageParameters),
    responses((status = 200, description = "A page of feeds.", body = Listed<Feed>)))]
pub(super) async fn list(call: Call) -> Answer {
    let page = call.only_page()?;
    let found = call.run(move |app, actor| feeds::list(app, actor, &page)).await?;
    listed(&call, found, Feed::from)
}

/// Give a feed another address
///
/// The one before opens nothing any more.
#[utoipa::path(post, path = "/v1/feeds/{id}/rotate", tag = "feeds", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The feed and its new address.", body = FreshFeed)))]
pub(super) async fn rotate(call: Call) -> Answer {
    let id: FeedId = call.id("feed")?;
    call.no_body()?;
    let fresh = call.run(move |app, actor| feeds::rotate(app, actor, id)).await?;
    shown(&FreshFeed::from(fresh))
}

/// Take a feed back at once
#[utoipa::path(delete, path = "/v1/feeds/{id}", tag = "feeds", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Its address opens nothing any more.")))]
pub(super) async fn revoke(call: Call) -> Answer {
    let id: FeedId = call.id("feed")?;
    call.no_body()?;
    call.run(move |app, actor| feeds::revoke(app, actor, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Read a subscribed calendar
///
/// For calendar programs. What has not changed is not sent again.
#[utoipa::path(get, path = "/calendars/{secret}.ics", tag = "feeds", params(("secret" = String, Path)),
    responses(
        (status = 200, description = "The calendar.", body = String, content_type = "text/calendar",
            headers(("ETag" = String, description = "Of what it shows."))),
        (status = 304, description = "Nothing has changed.")))]
pub(super) async fn serve(call: Call) -> Answer {
    let secret = call.path.secret.clone();
    let known = IfNoneMatch::parse(&call.request).ok();
    let has = move |etag: &str| match &known {
        Some(IfNoneMatch::Any) => true,
        Some(IfNoneMatch::Items(tags)) => {
            tags.iter().any(|tag| tag.weak_eq(&EntityTag::new_strong(etag.to_owned())))
        }
        None => false,
    };
    let served = counted(&call, call.run(move |app, _| feeds::serve(app, &secret, has)).await)?;
    let mut response = match served.text {
        Some(text) => HttpResponse::Ok().body(text),
        None => HttpResponse::NotModified().finish(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=900"));
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", served.etag)) {
        headers.insert(ETAG, etag);
    }
    if response.status().is_success() {
        let media_type = HeaderValue::from_static("text/calendar; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, media_type);
    }
    Ok(response)
}

/// Read a feed of the newest ideas
///
/// For feed readers: Atom (RFC 4287), the newest hundred that are not hidden.
#[utoipa::path(get, path = "/ideas/{secret}.atom", tag = "feeds", params(("secret" = String, Path)),
    responses((status = 200, description = "The feed.", body = String, content_type = "application/atom+xml")))]
pub(super) async fn serve_ideas(call: Call) -> Answer {
    let secret = call.path.secret.clone();
    let newest = counted(&call, call.run(move |app, _| ideas::newest(app, &secret)).await)?;
    let settings = &call.app().settings;
    let service = (settings.service_name.as_str(), settings.public_url.as_str());
    let atom = pages::ideas_feed(service, settings.language, &newest)?;
    Ok(HttpResponse::Ok().content_type("application/atom+xml; charset=utf-8").body(atom))
}

/// How the holder of a link has their days in a calendar.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CalendarChoice {
    /// Whose days they are.
    #[schema(schema_with = schemas::chosen_feed_kind)]
    kind: &'static str,
    /// Whether mails have invitations (not to managers and deputies) or a program reads the subscribed calendar.
    #[schema(schema_with = schemas::calendar_choice)]
    choice: &'static str,
    /// What can be chosen: deeds that a POST takes beside those of the link.
    #[schema(schema_with = schemas::deeds)]
    deeds: Vec<&'static str>,
    /// Since when there is a subscribed calendar.
    since: Option<DateTime<Utc>>,
    /// The last day on which a program read it, in UTC.
    last_used_on: Option<NaiveDate>,
    /// Its address, in the answer that made it and never again. Whoever knows it can read the calendar.
    url: Option<String>,
    /// The same for programs that subscribe by a click.
    webcal: Option<String>,
}

impl From<&feeds::CalendarChoice> for CalendarChoice {
    fn from(chosen: &feeds::CalendarChoice) -> Self {
        let feed = chosen.feed.as_ref();
        let deeds: &[Deed] =
            if feed.is_some() { &[Deed::NewAddress, Deed::Unsubscribe] } else { &[Deed::Subscribe] };
        let url = chosen.url.as_ref().map(|url| url.reveal().to_owned());
        let without_scheme = url.as_deref().and_then(|url| url.split_once("://")).map(|(_, rest)| rest);
        Self {
            kind: chosen.shown.kind().as_str(),
            choice: if feed.is_some() { "feed" } else { "invitation" },
            deeds: deeds.iter().map(|deed| deed.as_str()).collect(),
            since: feed.map(|feed| feed.created_at.and_utc()),
            last_used_on: feed.and_then(|feed| feed.last_used_on),
            webcal: without_scheme.map(|rest| format!("webcal://{rest}")),
            url,
        }
    }
}

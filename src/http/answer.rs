//! The shapes of answers: one thing, something made, a page of a list, a file.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CacheControl, CacheDirective, LINK, LOCATION};
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::problem::Problem;
use crate::services::page::Paged;

/// What every endpoint gives.
pub(super) type Answer = Result<HttpResponse, Problem>;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listed<T> {
    /// The items, in a stable order.
    pub(super) data: Vec<T>,
    /// What `cursor` has to be for the next page; null on the last one.
    pub(super) next_cursor: Option<String>,
}

/// 200 with a thing.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every endpoint")]
pub(super) fn shown(thing: &impl Serialize) -> Answer {
    Ok(HttpResponse::Ok().json(thing))
}

/// 201 with a thing and where it is.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every endpoint")]
pub(super) fn made(location: &str, thing: &impl Serialize) -> Answer {
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(thing))
}

/// 200 with a page of a list, and where the next one is (RFC 8288).
#[expect(clippy::unnecessary_wraps, reason = "the shape of every endpoint")]
pub(super) fn listed<T, I: ToString, D: Serialize>(
    call: &Call,
    page: Paged<T, I>,
    shape: impl FnMut(T) -> D,
) -> Answer {
    let next = page.next.map(|id| id.to_string());
    let data = page.items.into_iter().map(shape).collect();
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = &next {
        let kept = call.request.query_string().split('&').filter(|part| !part.is_empty());
        let kept = kept.filter(|part| !part.starts_with("cursor="));
        let query: Vec<String> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
        let link = format!("<{}?{}>; rel=\"next\"", call.request.path(), query.join("&"));
        response.insert_header((LINK, link));
    }
    Ok(response.json(Listed { data, next_cursor: next }))
}

/// 200 with a file to keep.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every endpoint")]
pub(super) fn file(media_type: &'static str, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header(CacheControl(vec![CacheDirective::NoStore]))
        .body(bytes.into()))
}

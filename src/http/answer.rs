//! The shapes of answers: one thing, something made, a page of a list, a file.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{CONTENT_DISPOSITION, CacheControl, CacheDirective, LINK, LOCATION};
use actix_web::web::Bytes;
use serde::Serialize;
use tokio::sync::mpsc::{self, Receiver};
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

/// Pieces of an export that wait until the client has taken those before.
const PIECES_AHEAD: usize = 2;

/// Pieces as they come from the database: an export is never in memory as a whole.
struct Pieces(Receiver<Result<Bytes, Problem>>);

impl MessageBody for Pieces {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        // The status is out already: an error breaks the connection off, so that nobody takes half an export for a whole.
        self.0
            .poll_recv(context)
            .map(|piece| piece.map(|read| read.map_err(|problem| problem.detail().into())))
    }
}

/// 200 with a file that comes in pieces: the first is there, `next` makes each further one of what the one before left.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every endpoint")]
pub(super) fn streamed<S: 'static, F>(
    media_type: &'static str,
    name: &str,
    first: (Vec<u8>, Option<S>),
    next: impl Fn(S) -> F + 'static,
) -> Answer
where
    F: Future<Output = Result<(Vec<u8>, Option<S>), Problem>> + 'static,
{
    let (tell, told) = mpsc::channel(PIECES_AHEAD);
    actix_web::rt::spawn(async move {
        let mut piece: Result<_, Problem> = Ok(first);
        loop {
            let rest = match piece {
                Ok((bytes, rest)) => {
                    if !bytes.is_empty() && tell.send(Ok(Bytes::from(bytes))).await.is_err() {
                        return;
                    }
                    rest
                }
                Err(problem) => {
                    problem.log();
                    drop(tell.send(Err(problem)).await);
                    return;
                }
            };
            let Some(rest) = rest else { return };
            piece = next(rest).await;
        }
    });
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header(CacheControl(vec![CacheDirective::NoStore]))
        .body(Pieces(told)))
}

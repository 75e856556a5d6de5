//! `Idempotency-Key` on POST, PUT and PATCH (draft-ietf-httpapi-idempotency-key-header-07): what was answered before is answered again, and
//! nothing is done twice.
//!
//! The request goes on where its client has gone away, which is when a client sends it again.

use actix_web::body::MessageBody;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::NaiveDateTime;

use super::auth::{self, Credential};
use super::call::{Call, blocking};
use super::problem::Problem;
use crate::services::idempotency::{self, Begun, Request};
use crate::services::{App, AppError};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is that of before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// As short as nobody else's by chance, as long as a header may be.
const LENGTHS: std::ops::RangeInclusive<usize> = 16..=255;

/// What is to be done with a request.
pub(super) enum Turn {
    /// It has no key.
    Plain,
    /// It is carried out, and its answer kept.
    First(Box<First>),
    /// It was carried out before.
    Again(HttpResponse),
}

/// The first request under a key.
pub(super) struct First {
    app: App,
    request: Request,
    begun_at: NaiveDateTime,
}

/// Looks whether a request was there before.
///
/// # Errors
/// `malformed` for a key that is none; `request-in-progress`, `idempotency-key-reused`.
pub(super) async fn turn(call: &Call) -> Result<Turn, Problem> {
    let method = call.request.method();
    if !matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
        return Ok(Turn::Plain);
    }
    let mut values = call.request.headers().get_all(KEY);
    let Some(value) = values.next() else { return Ok(Turn::Plain) };
    let key =
        value.to_str().ok().filter(|_| values.next().is_none()).and_then(read_key).ok_or_else(|| {
            let words = "Idempotency-Key must be one text of 16 to 255 characters, a UUID for example";
            Problem::Malformed(words.to_owned())
        })?;
    let uri = call.request.uri();
    // Without a credential it is the path that is secret, where anything is: that of a link.
    let credential = match auth::credential(call.app(), &call.request)? {
        Some(Credential::Bearer(secret) | Credential::Cookie(secret)) => secret,
        None => uri.path().to_owned(),
    };
    let query = uri.query().unwrap_or_default();
    let asked = [method.as_str().as_bytes(), uri.path().as_bytes(), query.as_bytes(), call.bytes()];
    let request = Request::new(key, &credential, &asked);
    let app = call.app().clone();
    let (begun, request) = {
        let app = app.clone();
        blocking(move || Ok((idempotency::begin(&app, &request)?, request))).await?
    };
    match begun {
        Begun::Now(begun_at) => Ok(Turn::First(Box::new(First { app, request, begun_at }))),
        Begun::Before(answer) => Ok(Turn::Again(unpacked(&answer)?)),
        Begun::InProgress => Err(Problem::InProgress),
        Begun::OtherRequest => Err(Problem::KeyReused),
    }
}

/// A structured field holds a text in quotation marks (RFC 9651, section 3.3.3); many clients leave them out.
fn read_key(text: &str) -> Option<&str> {
    let text = text.trim();
    let key = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    (LENGTHS.contains(&key.len()) && is_plain).then_some(key)
}

impl First {
    /// Keeps the answer, and gives it. What may be otherwise a moment later, or with another header, is not kept.
    pub(super) async fn keep(self, response: HttpResponse) -> HttpResponse {
        let is_final = !is_of_the_moment(response.status());
        let (head, body) = response.into_parts();
        let Self { app, request, begun_at } = self;
        let (response, packed) = match body.try_into_bytes() {
            Ok(bytes) => {
                let packed = is_final.then(|| packed(&head, &bytes));
                (head.set_body(bytes).map_into_boxed_body(), packed)
            }
            Err(body) => (head.set_body(body).map_into_boxed_body(), None),
        };
        let kept = blocking(move || match packed {
            Some(answer) => idempotency::keep(&app, &request, begun_at, &answer),
            None => idempotency::forget(&app, &request, begun_at),
        });
        if let Err(problem) = kept.await {
            problem.log();
        }
        response
    }
}

/// Whether the same request may be answered otherwise a moment later, or with other headers, which are not a part of it.
fn is_of_the_moment(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::CONFLICT
                | StatusCode::PRECONDITION_FAILED
                | StatusCode::UNSUPPORTED_MEDIA_TYPE
                | StatusCode::PRECONDITION_REQUIRED
                | StatusCode::TOO_MANY_REQUESTS
        )
}

/// Status, headers and body as bytes: lines as HTTP has them.
fn packed(head: &HttpResponse<()>, body: &[u8]) -> Vec<u8> {
    let mut all = format!("{}\n", head.status().as_u16()).into_bytes();
    for (name, value) in head.headers() {
        all.extend_from_slice(name.as_str().as_bytes());
        all.push(b':');
        all.extend_from_slice(value.as_bytes());
        all.push(b'\n');
    }
    all.push(b'\n');
    all.extend_from_slice(body);
    all
}

fn unpacked(bytes: &[u8]) -> Result<HttpResponse, Problem> {
    let broken = || Problem::App(AppError::Internal("a kept answer cannot be read".to_owned()));
    let cut = |bytes: &'_ [u8], at: u8| bytes.iter().position(|byte| *byte == at);
    let line = cut(bytes, b'\n').ok_or_else(broken)?;
    let status = StatusCode::from_bytes(&bytes[..line]).map_err(|_| broken())?;
    let mut response = HttpResponseBuilder::new(status);
    let mut rest = &bytes[line + 1..];
    loop {
        let line = cut(rest, b'\n').ok_or_else(broken)?;
        let (header, after) = (&rest[..line], &rest[line + 1..]);
        rest = after;
        if header.is_empty() {
            break;
        }
        let colon = cut(header, b':').ok_or_else(broken)?;
        let name = HeaderName::from_bytes(&header[..colon]).map_err(|_| broken())?;
        let value = HeaderValue::from_bytes(&header[colon + 1..]).map_err(|_| broken())?;
        response.append_header((name, value));
    }
    response.insert_header((REPLAYED, "true"));
    Ok(response.body(rest.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_text_with_or_without_quotation_marks() {
        let uuid = "8e03978e-40d5-43e8-bc93-6894a57f9324";
        assert_eq!(read_key(uuid), Some(uuid));
        assert_eq!(read_key(&format!(" \"{uuid}\" ")), Some(uuid));
        for wrong in
            ["", "short", "\"\"", "with spaces in the middle", "\"only-the-beginning", &"x".repeat(256)]
        {
            assert_eq!(read_key(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_answer_is_unpacked_as_it_was_packed() {
        let response = HttpResponse::Created()
            .insert_header(("location", "/v1/x"))
            .append_header(("link", "a"))
            .append_header(("link", "b"))
            .body("{\n\n}");
        let (head, body) = response.into_parts();
        let again = unpacked(&packed(&head, &body.try_into_bytes().expect("bytes"))).expect("read");
        assert_eq!(again.status(), 201);
        assert_eq!(again.headers().get("location").expect("there"), "/v1/x");
        assert_eq!(again.headers().get_all("link").count(), 2);
        assert_eq!(again.headers().get("idempotency-replayed").expect("there"), "true");
        assert_eq!(again.into_body().try_into_bytes().expect("bytes"), "{\n\n}");
        assert!(unpacked(b"").is_err() && unpacked(b"200\nx").is_err());
    }
}

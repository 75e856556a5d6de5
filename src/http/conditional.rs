//! What a request makes itself depend on (RFC 9110): reads that are asked for again by `If-None-Match` (section 13.1.2),
//! changes of what was looked at by `If-Match` (section 13.1.1), and whether a client takes what it would get (section 12.5.1).
//!
//! A tag is a hash of the bytes that a read gives, so that it cannot disagree with them. The answer is worked out all the same:
//! a 304 spares the way, not the work. Programs keep tags themselves: answers stay `no-store` for caches on the way.

use actix_web::body::MessageBody;
use actix_web::http::header::{
    ACCEPT, CONTENT_TYPE, ETAG, EntityTag, Header, HeaderMap, HeaderValue, IF_MATCH, IfMatch, IfNoneMatch,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::answer::Answer;
use super::problem::Problem;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::services::seen::Seen;

/// What the API speaks unless an URL says otherwise.
const JSON: &str = "application/json";

/// Refuses a change before it is made where its client takes no JSON for an answer.
pub(super) fn accept_change(request: &HttpRequest) -> Result<(), Problem> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read || takes(request.headers(), JSON) {
        Ok(())
    } else {
        Err(Problem::NotAcceptable(JSON.to_owned()))
    }
}

/// Gives a read its tag, or 304 where the client has it already.
///
/// # Errors
/// `not-acceptable` where the client does not take what it would get.
pub(super) fn settle(request: &HttpRequest, response: HttpResponse) -> Answer {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || response.status() != StatusCode::OK {
        return Ok(response);
    }
    let given = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or(JSON);
    if !takes(request.headers(), given) {
        return Err(Problem::NotAcceptable(given.to_owned()));
    }
    let (head, body) = response.into_parts();
    let bytes = match body.try_into_bytes() {
        Ok(bytes) => bytes,
        // What comes in pieces has no tag.
        Err(body) => return Ok(head.set_body(body).map_into_boxed_body()),
    };
    let own = head.headers().get(ETAG).and_then(|value| value.to_str().ok()?.parse::<EntityTag>().ok());
    let tag = own.unwrap_or_else(|| tag_of(&bytes));
    let has = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => request.headers().contains_key("if-none-match"),
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        Err(_) => false,
    };
    let mut response =
        if has { HttpResponse::NotModified().finish() } else { head.set_body(bytes).map_into_boxed_body() };
    if let Ok(value) = HeaderValue::from_str(&tag.to_string()) {
        response.headers_mut().insert(ETAG, value);
    }
    Ok(response)
}

/// The tag of what a read gives.
fn tag_of(bytes: &[u8]) -> EntityTag {
    EntityTag::new_strong(Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// Gives what was just made the tag that a read would give it, so that it can be changed without another look.
pub(super) fn tagged(mut response: HttpResponse, thing: &impl Serialize) -> HttpResponse {
    if let Ok(value) = HeaderValue::from_str(&tag_of(&bytes_of(thing)).to_string()) {
        response.headers_mut().insert(ETAG, value);
    }
    response
}

/// As a read writes it.
fn bytes_of(thing: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(thing).unwrap_or_default()
}

/// What `If-Match` says of a thing of which a read gives a `shape`: with the tag of what is there, or `*` for whatever is there,
/// it is replaced; without the header only where nothing is there yet.
///
/// # Errors
/// `malformed`.
pub(super) fn seen<T, D: Serialize>(
    request: &HttpRequest,
    shape: impl Fn(&T) -> D + Send + Sync + 'static,
) -> Result<Seen<T>, Problem> {
    let known = if request.headers().contains_key(IF_MATCH) {
        let words = "If-Match must be the ETag of a read, with its quotation marks, or *";
        Some(IfMatch::parse(request).map_err(|_| Problem::Malformed(words.to_owned()))?)
    } else {
        None
    };
    let judge = move |there: Option<&T>| match (&known, there) {
        (None, None) | (Some(IfMatch::Any), Some(_)) => Ok(()),
        (Some(IfMatch::Items(tags)), Some(thing))
            if tags.iter().any(|known| known.strong_eq(&tag_of(&bytes_of(&shape(thing))))) =>
        {
            Ok(())
        }
        (None, Some(_)) => {
            let words = "somebody else may have changed this: look at it, and send the `ETag` of what you saw with `If-Match`";
            Err(Refusal::new(RefusalCode::IfMatchRequired, words))
        }
        (Some(_), None) => {
            let words = "there is nothing that `If-Match` could mean: look again, and leave the header out to make it anew";
            Err(Refusal::new(RefusalCode::ChangedSince, words))
        }
        (Some(_), Some(_)) => {
            let words =
                "`If-Match` is not the `ETag` of what is there now: look at it again, and decide anew";
            Err(Refusal::new(RefusalCode::ChangedSince, words))
        }
    };
    Ok(Seen::judged_by(judge))
}

/// Whether `Accept` lets a media type through; without the header everything.
fn takes(headers: &HeaderMap, media_type: &str) -> bool {
    let mut values = headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok()).peekable();
    if values.peek().is_none() {
        return true;
    }
    let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let family = kind.split('/').next().unwrap_or_default().to_owned();
    let ranges: Vec<(String, bool)> = values.flat_map(|value| value.split(',')).map(read_range).collect();
    // The closest range decides: the type itself, its family, everything.
    let closest = [kind, format!("{family}/*"), "*/*".to_owned()]
        .into_iter()
        .find_map(|wanted| ranges.iter().find(|(range, _)| *range == wanted));
    closest.is_some_and(|(_, is_taken)| *is_taken)
}

/// A media range, and whether it is taken: `q=0` says that it is not.
fn read_range(text: &str) -> (String, bool) {
    let mut parts = text.split(';').map(|part| part.trim().to_ascii_lowercase());
    let range = parts.next().unwrap_or_default();
    let quality =
        parts.find_map(|part| part.strip_prefix("q=").and_then(|number| number.trim().parse::<f32>().ok()));
    (range, quality.is_none_or(|quality| quality > 0.0))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn accepts(value: &str, media_type: &str) -> bool {
        takes(TestRequest::get().insert_header((ACCEPT, value)).to_http_request().headers(), media_type)
    }

    #[test]
    fn the_closest_range_says_whether_a_type_is_taken() {
        for value in
            ["*/*", "application/*", "application/json", "text/html, */*;q=0.1", "Application/JSON; q=0.5"]
        {
            assert!(accepts(value, "application/json"), "{value}");
        }
        for value in ["text/html", "text/*", "application/json;q=0, */*", "application/xml", "nonsense", ""] {
            assert!(!accepts(value, "application/json"), "{value}");
        }
        assert!(accepts("text/csv", "text/csv; charset=utf-8"));
        assert!(
            takes(TestRequest::get().to_http_request().headers(), "application/json"),
            "no header, no limit"
        );
    }

    #[test]
    fn a_read_has_a_tag_of_its_bytes_and_is_not_sent_twice() {
        let read = |known: Option<&str>| {
            let mut request = TestRequest::get();
            if let Some(known) = known {
                request = request.insert_header(("if-none-match", known));
            }
            settle(&request.to_http_request(), HttpResponse::Ok().json("x")).expect("an answer")
        };
        let first = read(None);
        let tag = first.headers().get(ETAG).expect("a tag").to_str().expect("text").to_owned();
        assert_eq!(first.status(), 200);
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = read(Some(&known));
            assert_eq!((again.status().as_u16(), again.headers().contains_key(ETAG)), (304, true), "{known}");
        }
        assert_eq!(read(Some("\"other\"")).status(), 200);
        let other =
            settle(&TestRequest::get().to_http_request(), HttpResponse::Ok().json("y")).expect("an answer");
        assert_ne!(other.headers().get(ETAG).expect("a tag").to_str().expect("text"), tag);
        let made = settle(&TestRequest::post().to_http_request(), HttpResponse::Created().json("x"))
            .expect("an answer");
        assert!(!made.headers().contains_key(ETAG));
    }

    #[test]
    fn what_was_looked_at_is_replaced_and_nothing_else() {
        let read =
            settle(&TestRequest::get().to_http_request(), HttpResponse::Ok().json(7)).expect("an answer");
        let tag = read.headers().get(ETAG).expect("a tag").to_str().expect("text").to_owned();
        let code = |if_match: Option<&str>, there: Option<i64>| {
            let mut request = TestRequest::put();
            if let Some(tags) = if_match {
                request = request.insert_header((IF_MATCH, tags));
            }
            let seen = seen(&request.to_http_request(), |number: &i64| *number).expect("read");
            seen.admit_any(there.as_ref()).err().map(|refusal| refusal.code.code())
        };
        for tags in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
            assert_eq!(code(Some(&tags), Some(7)), None, "{tags}");
            assert_eq!(code(Some(&tags), None), Some("changed-since"), "{tags}");
        }
        assert_eq!(code(Some(&tag), Some(8)), Some("changed-since"));
        for tags in ["\"other\"", &format!("W/{tag}"), "without-marks"] {
            assert_eq!(code(Some(tags), Some(7)), Some("changed-since"), "{tags}");
        }
        assert_eq!(code(None, Some(7)), Some("if-match-required"));
        assert_eq!(code(None, None), None);
    }
}

//! What a log line tells of a request, and the headers that every answer has.
//!
//! Never logs a path, a query or a header: the secret of a link is part of its path. The span names the route pattern.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest};
use tracing::{Span, field};
use tracing_actix_web::{RequestId, RootSpanBuilder};

use super::retirement::{self, RETIRING};

/// Builds the span of a request from its method and route pattern.
pub(super) struct RouteSpan;

impl RootSpanBuilder for RouteSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern().unwrap_or_else(|| "unknown".to_owned());
        tracing::info_span!(
            "request",
            method = %request.method(),
            route,
            request_id = %id_of(request.request()),
            actor = field::Empty,
            status = field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        span.in_scope(|| tracing::info!("answered"));
    }
}

/// The id of a request, which its answer and its log lines carry.
pub(super) fn id_of(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default()
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Adds the request id, what is told of an URL that is to go, and the security headers that the answer does not set itself.
pub(super) async fn add_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = id_of(request.request());
    let pattern = request.match_pattern().unwrap_or_default();
    let retiring = retirement::find(RETIRING, request.method(), &pattern);
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(retiring) = retiring {
        retiring.add_headers(headers);
    }
    add_absent(headers, CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    add_absent(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    add_absent(headers, X_FRAME_OPTIONS, "DENY");
    add_absent(headers, REFERRER_POLICY, "no-referrer");
    add_absent(headers, CACHE_CONTROL, "no-store");
    add_absent(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    add_absent(headers, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    add_absent(
        headers,
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    );
    Ok(response)
}

fn add_absent(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

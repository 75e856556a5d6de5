//! What the service says about itself: whether it lives and is ready, and its documentation. Nothing is loaded from
//! elsewhere.

use std::sync::{Arc, LazyLock};

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, LOCATION};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_swagger_ui::Config;

use super::answer::{Answer, shown};
use super::call::Call;
use super::openapi;
use super::problem::Problem;
use crate::services::AppError;

/// Whether the service lives, or is ready.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    status: &'static str,
    version: &'static str,
}

const HEALTHY: Health = Health { status: "ok", version: env!("CARGO_PKG_VERSION") };

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", tag = "service",
    responses((status = 200, description = "It does.", body = Health)))]
pub(super) async fn lives(_: Call) -> Answer {
    shown(&HEALTHY)
}

/// Whether the service can serve
///
/// The database answers and has every migration; otherwise 503.
#[utoipa::path(get, path = "/readyz", tag = "service",
    responses((status = 200, description = "It can.", body = Health)))]
pub(super) async fn is_ready(call: Call) -> Answer {
    call.run(|app, _| app.check_ready()).await?;
    shown(&HEALTHY)
}

static DOCUMENT: LazyLock<serde_json::Result<String>> =
    LazyLock::new(|| openapi::document().to_pretty_json());

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "service",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json")))]
pub(super) async fn document(_: Call) -> Answer {
    match &*DOCUMENT {
        Ok(text) => Ok(HttpResponse::Ok().content_type("application/json").body(text.as_str())),
        Err(error) => Err(AppError::Internal(format!("openapi.json: {error}")).into()),
    }
}

/// `/docs` is a folder: its files are named relative to it.
pub(super) async fn viewer_folder(_: Call) -> Answer {
    Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish())
}

/// A file of the documentation viewer.
pub(super) async fn viewer(call: Call) -> Answer {
    let config = Arc::new(Config::from("/openapi.json"));
    let found = utoipa_swagger_ui::serve(&call.path.file, config)
        .map_err(|error| AppError::Internal(format!("documentation viewer: {error}")))?;
    let file = found.ok_or(Problem::NoSuchUrl)?;
    let mut response = HttpResponse::Ok();
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(response
        .content_type(file.content_type)
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
        ))
        .body(file.bytes.into_owned()))
}

/// The problem codes, which the `type` of a problem points to.
pub(super) async fn problems(_: Call) -> Answer {
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(include_str!("../../docs/problems.md")))
}

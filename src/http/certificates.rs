//! `/v1/placements/{id}/certificate` and the form on the participant's page, which issue certificates of attendance;
//! `/certificates/{secret}` and its JSON twin, where anybody who has the code of one sees whether it is valid.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;

use super::answer::{Answer, file, shown};
use super::auth;
use super::call::Call;
use super::links::counted;
use super::problem::Problem;
use super::{pages, read, schemas};
use crate::domain::certificate::Standing;
use crate::domain::fault::Faults;
use crate::domain::ids::PlacementId;
use crate::domain::json::At;
use crate::domain::language::Language;
use crate::services::certificates::{self, Certificate, Wanted};

/// How a certificate is wanted; all of it may be absent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCertificate)]
#[expect(dead_code, reason = "the schema of what `issue` reads")]
pub(super) struct WantedBody {
    /// Absent: the participant's.
    #[schema(schema_with = schemas::optional_language)]
    language: Option<String>,
    /// Whether the participant's idea of the day stands on it; the participant asks for that, nobody else.
    #[serde(default)]
    #[schema(required = false)]
    reflection: bool,
}

fn given(certificate: Certificate) -> Answer {
    file("application/pdf", &certificate.file_name, certificate.pdf)
}

/// Issue the certificate of attendance
///
/// After the visit, once the host has marked that the visitor came. Each has a code of its own; those before stay valid.
#[utoipa::path(post, path = "/v1/placements/{id}/certificate", tag = "placements", params(("id" = Uuid, Path)),
    request_body = Option<WantedBody>,
    responses((status = 200, description = "The certificate, as PDF/A-2a and PDF/UA-1.", body = String,
        content_type = "application/pdf")))]
pub(super) async fn issue(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let wanted = call.optional_body(&["language", "reflection"], |object| {
        let language = read::maybe_absent(object, "language", At::parse::<Language>);
        let reflection = read::maybe_absent(object, "reflection", At::boolean);
        Some(Wanted { language: language?, reflection: reflection?.unwrap_or_default() })
    })?;
    given(call.run(move |app, actor| certificates::issue(app, actor, id, wanted)).await?)
}

/// The certificate of the participant's page
///
/// Takes `language` and `reflection` (`yes`); both may be absent.
#[utoipa::path(post, path = "/links/{secret}/certificate", tag = "links", params(("secret" = String, Path)),
    request_body(content = WantedBody, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The certificate.", body = String, content_type = "application/pdf")))]
pub(super) async fn issue_by_form(call: Call) -> Answer {
    auth::refuse_other_sites(call.app(), &call.request)?;
    let wanted = read_form(&call)?;
    let secret = call.path.secret.clone();
    let issued = call.run(move |app, _| certificates::issue_by_link(app, &secret, wanted)).await;
    given(counted(&call, issued)?)
}

fn read_form(call: &Call) -> Result<Wanted, Problem> {
    let faults = Faults::none();
    let mut wanted = Wanted::default();
    for (name, value) in read::form(call)? {
        match (name.as_str(), value.as_str()) {
            ("language", "") => {}
            ("language", tag) => match tag.parse::<Language>() {
                Ok(language) => wanted.language = Some(language),
                Err(rule) => faults.add("/language", tag, rule),
            },
            ("reflection", "yes") => wanted.reflection = true,
            ("reflection", other) => faults.add("/reflection", other, "must be yes, or absent"),
            (other, value) => faults.add(format!("/{other}"), value, "is no field of this form"),
        }
    }
    read::finish(faults, Some(wanted))
}

/// Whether a certificate is valid.
#[derive(Serialize, ToSchema)]
#[schema(as = CertificateStanding)]
pub(super) struct Checked {
    #[schema(schema_with = standings)]
    standing: &'static str,
}

fn standings() -> ObjectBuilder {
    schemas::one_of(Standing::ALL.iter().map(|standing| standing.as_str()))
}

async fn look(call: &Call) -> Result<Standing, Problem> {
    let code = call.path.secret.clone();
    let standing = call.run(move |app, actor| certificates::check(app, actor, &code)).await?;
    if standing == Standing::Unknown {
        // Whoever guesses is held up like whoever guesses a link.
        call.limits().take_failure(call.client)?;
    }
    Ok(standing)
}

/// See whether a certificate is valid
///
/// By the code that stands on it; hyphens, spaces and capitals do not matter. Nothing else is told. What is no code is
/// `unknown` as well.
#[utoipa::path(get, path = "/v1/certificates/{secret}", tag = "placements", params(("secret" = String, Path)),
    responses((status = 200, description = "Whether it is valid.", body = Checked)))]
pub(super) async fn check(call: Call) -> Answer {
    shown(&Checked { standing: look(&call).await?.as_str() })
}

/// The page that a certificate's address leads to
#[utoipa::path(get, path = "/certificates/{secret}", tag = "placements", params(("secret" = String, Path)),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")))]
pub(super) async fn check_page(call: Call) -> Answer {
    let standing = look(&call).await?;
    let html = pages::certificate(&call.app().settings.service_name, standing)?;
    Ok(pages::respond(HttpResponse::Ok(), html))
}

//! Certificates of attendance: issued for days that a host has marked as attended, and checked by whoever has the code.

use serde_json::json;

use super::app::{Now, permit_everywhere, record, sha256_hex};
use super::attendance::host_clock;
use super::links::{self, LinkView};
use super::load::get_placement;
use super::notices::Case;
use super::placements::{get_case, hide_untold, permit_on};
use super::{App, AppError};
use crate::domain::attendance::Recorded;
use crate::domain::certificate::{Code, Issued, Standing};
use crate::domain::fault::Rule;
use crate::domain::ids::{CertificateId, PlacementId};
use crate::domain::language::Language;
use crate::domain::link::Purpose;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Role};
use crate::domain::privacy::ERASED_DOMAIN;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::export::certificate_pdf;
use crate::store::{Tx, attendance, certificates, ideas};
use crate::words::{CertificateFacts, certificate};

/// How a certificate is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// In which language; otherwise in the participant's.
    pub language: Option<Language>,
    /// Whether the participant's idea, *one thing we will try*, stands on it.
    pub reflection: bool,
}

/// A certificate as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// `certificate-2027-03-01.pdf`: no name in it.
    pub file_name: String,
}

/// Issues a certificate of a placement's day; each has a code of its own.
///
/// # Errors
/// `not-found`, `forbidden`, `too-early` before the end of the visit, `placement-state` without the host's mark that the
/// visitor came, `application-state` when the person was erased; `invalid-fields` for a reflection that there is not, or
/// that somebody else asks for.
pub fn issue(app: &App, actor: &Actor, id: PlacementId, wanted: Wanted) -> Result<Certificate, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        issue_in(tx, app, &now, actor, (&case, wanted))
    })
}

/// As [`issue`], by the participant's link.
///
/// # Errors
/// As for [`issue`]; `not-found` for an unknown link, one that has expired, and one that is not for the participant of a
/// placement.
pub fn issue_by_link(app: &App, secret: &str, wanted: Wanted) -> Result<Certificate, AppError> {
    let actor = links::holder(app, secret)?;
    let id = actor.placement.filter(|_| actor.role == Role::Participant);
    let id = id.ok_or_else(|| AppError::not_found("certificate", "by this link"))?;
    issue(app, &actor, id, wanted)
}

fn issue_in(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    actor: &Actor,
    (case, wanted): (&Case, Wanted),
) -> Result<Certificate, AppError> {
    let (id, person) = (case.placement.id, &case.applicant.person);
    permit_on(actor, Action::IssueCertificate, case)?;
    hide_untold(tx, actor, case)?;
    if person.email.domain() == ERASED_DOMAIN {
        let words =
            "this person was erased: nothing can be certified of somebody whom the service has forgotten";
        return Err(Refusal::new(RefusalCode::ApplicationState, words).into());
    }
    let known = attendance::find(tx, id)?.map(|recorded| recorded.attendance);
    let attested = case.placement.certify(known, host_clock(now, &case.placement))?;
    let application = &case.applicant.application;
    let language = wanted.language.unwrap_or(application.language);
    let refuse = |words: &str| AppError::field("/reflection", "true", Rule::new(words.to_owned()));
    let reflection = match wanted.reflection {
        false => None,
        // An idea may be shown as nobody's: only its author puts their name to it.
        true if actor.role != Role::Participant => {
            return Err(refuse("can be asked for by the participant only"));
        }
        true => {
            let found = ideas::find_of_placement(tx, id)?;
            let found = found.ok_or_else(|| refuse("needs an idea of this day (one thing we will try)"))?;
            Some(found.idea.given.words.to_string())
        }
    };
    let secret = now.secret(&format!("certificate {id}"));
    let code: Code = secret
        .get(..32)
        .unwrap_or_default()
        .parse()
        .map_err(|rule| AppError::Internal(format!("the code of a certificate: {rule}")))?;
    let issued = Issued {
        id: CertificateId::new(now.id(&format!("certificate {id}"))),
        placement: id,
        language,
        until: attested.until,
        issued_at: now.utc(),
        revoked_at: None,
    };
    let sheet = certificate(
        language,
        CertificateFacts {
            service: app.settings.service_name.clone(),
            name: person.name.to_string(),
            host: case.host.name.to_string(),
            attested,
            // Personal: HR keeps what others hold of somebody's day, not what they hoped of it.
            objectives: application.objectives.clone().filter(|_| actor.role != Role::Hr),
            reflection,
            issued: (now.utc(), now.today(case.placement.time_zone)),
            url: format!("{}/certificates/{code}", app.settings.public_url),
        },
    );
    let pdf = certificate_pdf(&sheet).map_err(|error| AppError::Internal(error.to_string()))?;
    certificates::insert(tx, &issued, &sha256_hex(code.digits()))?;
    let details = json!({ "language": language.as_str(), "reflection": wanted.reflection });
    record(tx, now, actor, Action::IssueCertificate, ("placement", &id), &details)?;
    Ok(Certificate { pdf, file_name: format!("certificate-{}.pdf", attested.date) })
}

/// Whether a certificate with this code was issued, and stands. What is no code is unknown.
///
/// # Errors
/// The database's.
pub fn check(app: &App, actor: &Actor, code: &str) -> Result<Standing, AppError> {
    permit_everywhere(actor, Action::CheckCertificate)?;
    let Ok(code) = code.parse::<Code>() else { return Ok(Standing::Unknown) };
    app.store.read(|db| {
        let Some(issued) = certificates::find_by_code(db, &sha256_hex(code.digits()))? else {
            return Ok(Standing::Unknown);
        };
        let placement = get_placement(db, issued.placement)?;
        let known = attendance::find(db, placement.id)?.map(|recorded| recorded.attendance);
        Ok(issued.standing(&placement, known))
    })
}

/// Whether the holder of a link can have a certificate now.
pub fn is_there(view: &LinkView, now: &Now) -> bool {
    let known = view.day.attendance.map(|recorded: Recorded| recorded.attendance);
    view.link.party == Party::Participant
        && view.link.purpose == Purpose::Answer
        && !view.is_spent
        && view
            .placement
            .as_ref()
            .is_some_and(|(placement, _)| placement.certify(known, host_clock(now, placement)).is_ok())
}

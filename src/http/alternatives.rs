//! `/v1/placements/{id}/alternatives` and the host's part of a link: what a host offers instead of a no, read from JSON
//! and from the page's form, and shown as far as each side may know it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, shown};
use super::call::Call;
use super::libraries::Contact;
use super::placements::{Side, answered_as, clock};
use super::{read, schemas};
use crate::domain::alternative::{self, AlternativeKind, Instead, Times, Wanted};
use crate::domain::fault::Faults;
use crate::domain::ids::PlacementId;
use crate::domain::json::{At, Object, parse_date, parse_time};
use crate::domain::organisation;
use crate::domain::permissions::Actor;
use crate::domain::placement::Placement;
use crate::domain::states::PlacementState;
use crate::services::alternatives;

/// What a host offered instead of a no.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Alternative {
    id: Uuid,
    #[schema(schema_with = schemas::alternative_kind)]
    kind: &'static str,
    #[schema(schema_with = schemas::alternative_state)]
    state: &'static str,
    date: NaiveDate,
    /// Local to the host.
    #[schema(schema_with = schemas::time)]
    starts: String,
    #[schema(schema_with = schemas::time)]
    ends: String,
    /// Who would receive the visitor; for the participant once everybody has said yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<Contact>,
    /// The host's words to the participant; not for the employer.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    offered_at: DateTime<Utc>,
    /// In what capacity it was offered: `host_contact`, `deputy`, `library_administrator`, `organiser`; not for the
    /// participant.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered_as: Option<&'static str>,
    /// When it was taken or refused, or came to nothing.
    settled_at: Option<DateTime<Utc>>,
    /// What it sets aside, by the checker's codes (`balance`); for organisers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    set_aside: Option<Vec<String>>,
}

/// What an offer is for one side.
pub(super) fn shape(other: &alternative::Alternative, side: Side, state: PlacementState) -> Alternative {
    let sees_contact = side == Side::Host || side.sees_contact(state);
    Alternative {
        id: other.id.uuid(),
        kind: other.kind.as_str(),
        state: other.state.as_str(),
        date: other.date,
        starts: clock(other.starts),
        ends: clock(other.ends),
        contact: other.contact.clone().filter(|_| sees_contact).map(Contact::from),
        words: other.words.clone().filter(|_| !matches!(side, Side::Employer | Side::Auditor)),
        offered_at: other.given.at.and_utc(),
        offered_as: (side != Side::Participant).then(|| answered_as(&other.given)),
        settled_at: other.settled_at.map(|at| at.and_utc()),
        set_aside: (side == Side::Organiser).then(|| other.set_aside.clone()),
    }
}

/// What a host has offered instead of a placement.
#[derive(Serialize, ToSchema)]
pub(super) struct Alternatives {
    /// The version of the placement that an offer is instead of.
    version: i64,
    /// Oldest first; the last one may wait for the participant.
    data: Vec<Alternative>,
}

/// The offers instead of a placement, as far as an actor may know them.
fn all(actor: &Actor, placement: &Placement, offers: &[alternative::Alternative]) -> Alternatives {
    let side = Side::of(actor, placement);
    let data = offers.iter().map(|other| shape(other, side, placement.state)).collect();
    Alternatives { version: placement.terms.version, data }
}

/// An offer instead of a no.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAlternative)]
#[expect(dead_code, reason = "the schema of what `offer` reads")]
pub(super) struct NewAlternative {
    /// The `version` of the placement that was looked at.
    #[schema(minimum = 0)]
    version: i64,
    #[schema(schema_with = schemas::alternative_kind)]
    kind: String,
    /// With `date`: a day of the round that the participant asked for.
    #[schema(schema_with = schemas::optional_date)]
    date: Option<NaiveDate>,
    /// With `date` and `virtual`, together with `ends`; absent means the hours that both have in common, or for a
    /// virtual visit those that stand.
    #[schema(schema_with = schemas::optional_time)]
    starts: Option<String>,
    #[schema(schema_with = schemas::optional_time)]
    ends: Option<String>,
    /// With `colleague`: who of the library receives the visitor, by name and address.
    contact: Option<Contact>,
    /// Why, and what else is to be said; the participant reads it.
    #[schema(schema_with = schemas::optional_reason)]
    words: Option<String>,
}

/// The members of an offer.
pub(super) const FIELDS: [&str; 6] = ["kind", "date", "starts", "ends", "contact", "words"];

/// What stands beside a kind.
#[derive(Default)]
struct Beside {
    date: Option<NaiveDate>,
    starts: Option<chrono::NaiveTime>,
    ends: Option<chrono::NaiveTime>,
    contact: Option<organisation::Contact>,
}

fn instead(kind: AlternativeKind, beside: Beside, faults: &Faults) -> Option<Instead> {
    let fields: &[&str] = match kind {
        AlternativeKind::Date => &["date", "starts", "ends"],
        AlternativeKind::Colleague => &["contact"],
        AlternativeKind::Virtual => &["starts", "ends"],
    };
    let Beside { date, starts, ends, contact } = beside;
    for (field, is_given) in [
        ("date", date.is_some()),
        ("starts", starts.is_some()),
        ("ends", ends.is_some()),
        ("contact", contact.is_some()),
    ] {
        if is_given && !fields.contains(&field) {
            faults.add(format!("/{field}"), "", format!("does not go with {kind}"));
        }
    }
    let times: Option<Times> = match (starts, ends) {
        (Some(starts), Some(ends)) => Some((starts, ends)),
        (None, None) => None,
        (Some(_), None) => {
            faults.add("/ends", "", "is required with `starts`");
            None
        }
        (None, Some(_)) => {
            faults.add("/starts", "", "is required with `ends`");
            None
        }
    };
    let required = |field: &str| faults.add(format!("/{field}"), "", "is required");
    match kind {
        AlternativeKind::Date => {
            if date.is_none() {
                required("date");
            }
            Some(Instead::Date(date?, times))
        }
        AlternativeKind::Colleague => {
            match &contact {
                None => required("contact"),
                Some(contact) if contact.name.is_none() => required("contact/name"),
                Some(_) => {}
            }
            Some(Instead::Colleague(contact?))
        }
        AlternativeKind::Virtual => Some(Instead::Virtual(times)),
    }
}

/// Refuses what goes with an offer only.
pub(super) fn refuse_fields(object: &Object<'_>) {
    for field in FIELDS.iter().filter(|field| **field != "words") {
        if let Some(at) = object.optional(field) {
            at.fault("goes with an offer only");
        }
    }
}

/// Reads an offer.
pub(super) fn read_wanted(object: &Object<'_>) -> Option<Wanted> {
    let kind = object.required("kind").and_then(|at| at.parse::<AlternativeKind>());
    let date = read::maybe_absent(object, "date", At::date);
    let starts = read::maybe_absent(object, "starts", read::time);
    let ends = read::maybe_absent(object, "ends", read::time);
    let contact = read::maybe_absent(object, "contact", super::libraries::read_contact);
    let words = read::maybe_absent(object, "words", |at| read::words(at, read::MOST_REASON));
    let beside = Beside { date: date?, starts: starts?, ends: ends?, contact: contact? };
    let instead = instead(kind?, beside, object.at().faults())?;
    Some(Wanted { instead, words: words? })
}

/// The page's form, read field by field.
#[derive(Default)]
pub(super) struct Form {
    kind: Option<AlternativeKind>,
    beside: Beside,
    name: Option<crate::domain::text::Name>,
    email: Option<crate::domain::email::Email>,
}

impl Form {
    /// Whether a field is one of this form's; if so, it is read. What is left empty is not given.
    pub(super) fn take(&mut self, name: &str, value: &str, faults: &Faults) -> bool {
        let value = value.trim();
        let fault = |rule| faults.add(format!("/{name}"), value, rule);
        match name {
            "date" | "starts" | "ends" | "contact_name" | "contact_email" if value.is_empty() => {}
            "kind" => self.kind = value.parse().map_err(fault).ok(),
            "date" => self.beside.date = parse_date(value).map_err(fault).ok(),
            "starts" => self.beside.starts = parse_time(value).map_err(fault).ok(),
            "ends" => self.beside.ends = parse_time(value).map_err(fault).ok(),
            "contact_name" => self.name = value.parse().map_err(fault).ok(),
            "contact_email" => self.email = value.parse().map_err(fault).ok(),
            _ => return false,
        }
        true
    }

    /// What is offered, with the words that stand in the form.
    pub(super) fn finish(self, words: Option<String>, faults: &Faults) -> Option<Wanted> {
        let Self { kind, mut beside, name, email } = self;
        if faults.is_empty() && kind.is_none() {
            faults.add("/kind", "", "is required");
        }
        beside.contact =
            email.map(|email| organisation::Contact { name, email, telephone: None, language: None });
        Some(Wanted { instead: instead(kind?, beside, faults)?, words })
    }
}

/// List what the host has offered instead of a placement
#[utoipa::path(get, path = "/v1/placements/{id}/alternatives", tag = "placements", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Every offer, as far as the reader may know it.", body = Alternatives)))]
pub(super) async fn list(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let (case, offers) = call.run(move |app, actor| alternatives::list(app, actor, id)).await?;
    shown(&all(&call.actor, &case.placement, &offers))
}

/// Offer something else instead of a no, for the host
///
/// Another day, a colleague who receives the visitor, or a virtual visit. The participant takes it by the page of their
/// mail, or the placement ends. The same offer again changes nothing.
#[utoipa::path(post, path = "/v1/placements/{id}/alternatives", tag = "placements", params(("id" = Uuid, Path)),
    request_body = NewAlternative,
    responses((status = 200, description = "Every offer, this one last.", body = Alternatives)))]
pub(super) async fn offer(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let fields: Vec<&str> = FIELDS.iter().copied().chain(["version"]).collect();
    let (version, wanted) = call.body(&fields, |object| {
        let version = object.required("version").and_then(|at| at.integer(0..=read::MOST_EXACT));
        version.zip(read_wanted(object))
    })?;
    let (case, offers) = call
        .run(move |app, actor| {
            alternatives::offer(app, actor, id, version, &wanted)?;
            alternatives::list(app, actor, id)
        })
        .await?;
    shown(&all(&call.actor, &case.placement, &offers))
}

//! Joining packs: `/v1/placements/{id}/joining-pack`, `/v1/libraries/{id}/joining-pack`, the list of a round, and the
//! part of a link's page on which a host writes one and a participant reads it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, shown};
use super::call::Call;
use super::problem::Problem;
use super::{read, schemas};
use crate::domain::fault::{Fault, Faults};
use crate::domain::ids::{LibraryId, PlacementId, RoundId};
use crate::domain::json::{At, Object};
use crate::domain::packs::{Pack, PackField, PackKind, YES};
use crate::domain::refusal::RefusalCode;
use crate::services::AppError;
use crate::services::links::{Deed, LinkView};
use crate::services::packs::{self, PackEdit, PackLine, SeenPack};

/// The values of a pack as JSON: texts, and `true` for a yes.
fn values(pack: &Pack) -> BTreeMap<&'static str, Value> {
    let value = |field: PackField, text: &str| match field.kind() {
        PackKind::Yes => json!(text == YES),
        PackKind::Time | PackKind::Line | PackKind::Telephone | PackKind::Words => json!(text),
    };
    pack.0.iter().map(|(field, text)| (field.as_str(), value(*field, text))).collect()
}

fn names(fields: &[PackField]) -> Vec<&'static str> {
    fields.iter().map(|field| field.as_str()).collect()
}

/// A joining pack.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct JoiningPack {
    /// The number that both sides have; 0 as long as something is missing.
    version: i64,
    /// Raised by every save; to be given back with the next one.
    revision: i64,
    /// What is missing. Before version 1, what is not written is as the library and the application propose.
    #[schema(schema_with = schemas::pack_fields)]
    missing: Vec<&'static str>,
    /// When it was written.
    updated_at: Option<DateTime<Utc>>,
    #[schema(schema_with = schemas::pack)]
    fields: BTreeMap<&'static str, Value>,
}

impl From<&SeenPack> for JoiningPack {
    fn from(seen: &SeenPack) -> Self {
        Self {
            version: seen.version,
            revision: seen.revision,
            missing: names(&seen.missing),
            updated_at: seen.updated_at.map(|at| at.and_utc()),
            fields: values(&seen.pack),
        }
    }
}

/// A version of a joining pack.
#[derive(Debug, Serialize, ToSchema)]
struct JoiningPackVersion {
    version: i64,
    made_at: DateTime<Utc>,
    #[schema(schema_with = schemas::pack)]
    fields: BTreeMap<&'static str, Value>,
}

/// The versions of a joining pack, oldest first.
#[derive(Debug, Serialize, ToSchema)]
struct JoiningPackVersions {
    data: Vec<JoiningPackVersion>,
}

/// What a library says to every visitor.
#[derive(Debug, Serialize, ToSchema)]
struct StandingPack {
    #[schema(schema_with = schemas::standing_pack)]
    fields: BTreeMap<&'static str, Value>,
}

/// How far the pack of a placement is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoiningPackInList)]
struct InList {
    placement: Uuid,
    date: NaiveDate,
    host_library: Uuid,
    host_name: String,
    #[schema(schema_with = schemas::pack_state)]
    state: &'static str,
    version: i64,
    #[schema(schema_with = schemas::pack_fields)]
    missing: Vec<&'static str>,
}

impl From<PackLine> for InList {
    fn from(line: PackLine) -> Self {
        Self {
            placement: line.outline.placement.uuid(),
            date: line.outline.date,
            host_library: line.host.id.uuid(),
            host_name: line.host.name.to_string(),
            state: line.state.as_str(),
            version: line.outline.version,
            missing: names(&line.missing),
        }
    }
}

/// What is written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewJoiningPack)]
#[expect(dead_code, reason = "the schema of what `read_edit` reads")]
pub(super) struct EditBody {
    /// The `revision` that was looked at.
    #[schema(minimum = 0)]
    revision: i64,
    /// The whole pack; what is absent is as the library and the application propose.
    #[schema(schema_with = schemas::pack)]
    fields: BTreeMap<String, Value>,
    /// Whether what is the same for every visitor becomes the library's standing text.
    #[schema(required = false)]
    for_later_visitors: bool,
}

/// What a library says to every visitor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStandingPack)]
#[expect(dead_code, reason = "the schema of what `replace_standing` reads")]
pub(super) struct StandingBody {
    #[schema(schema_with = schemas::standing_pack)]
    fields: BTreeMap<String, Value>,
}

/// The members of a body that writes a pack.
pub(super) const EDIT: [&str; 3] = ["revision", "fields", "for_later_visitors"];

/// Reads the values of a pack.
pub(super) fn read_pack(at: &At<'_>, is_known: impl Fn(PackField) -> bool) -> Option<Pack> {
    let known: Vec<PackField> = PackField::ALL.iter().copied().filter(|field| is_known(*field)).collect();
    let object = at.object(&names(&known))?;
    let (mut pack, mut is_whole) = (Pack::default(), true);
    for field in known {
        let Some(at) = object.optional(field.as_str()) else { continue };
        let value = match field.kind() {
            PackKind::Yes => at.boolean().map(|yes| yes.then(|| YES.to_owned())),
            PackKind::Time | PackKind::Line | PackKind::Telephone | PackKind::Words => {
                at.text().and_then(|text| match field.read(&text) {
                    Ok(value) => Some(Some(value)),
                    Err(rule) => {
                        at.fault(rule);
                        None
                    }
                })
            }
        };
        is_whole &= value.is_some();
        pack.0.extend(value.flatten().map(|value| (field, value)));
    }
    is_whole.then_some(pack)
}

/// Reads `revision`.
pub(super) fn read_revision(at: &At<'_>) -> Option<i64> {
    at.integer(0..=read::MOST_EXACT)
}

fn read_edit(object: &Object<'_>) -> Option<PackEdit> {
    let revision = object.required("revision").and_then(|at| read_revision(&at));
    let pack = object.required("fields").and_then(|at| read_pack(&at, |_| true));
    let for_later = object.optional("for_later_visitors").map_or(Some(false), |at| at.boolean());
    Some(PackEdit { revision: revision?, pack: pack?, for_later_visitors: for_later? })
}

/// Show the joining pack of a placement
///
/// For the host's side and organisers from the beginning, with what is proposed; for the participant once it was sent.
#[utoipa::path(get, path = "/v1/placements/{id}/joining-pack", tag = "joining packs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The pack.", body = JoiningPack)))]
pub(super) async fn get(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    shown(&JoiningPack::from(&call.run(move |app, actor| packs::get(app, actor, id)).await?))
}

/// Write the joining pack of a placement
///
/// Kept as it is while something is missing. Complete, it is a new version, which goes to both sides as soon as the
/// placement is confirmed: the first as a whole, later ones as a difference.
#[utoipa::path(put, path = "/v1/placements/{id}/joining-pack", tag = "joining packs", params(("id" = Uuid, Path)),
    request_body = EditBody, responses((status = 200, description = "The pack as it is now.", body = JoiningPack)))]
pub(super) async fn write(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let edit = call.body(&EDIT, read_edit)?;
    shown(&JoiningPack::from(&call.run(move |app, actor| packs::write(app, actor, id, &edit)).await?))
}

/// List the versions of a joining pack, oldest first
#[utoipa::path(get, path = "/v1/placements/{id}/joining-pack/versions", tag = "joining packs",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "All versions.", body = JoiningPackVersions)))]
pub(super) async fn list_versions(call: Call) -> Answer {
    let id: PlacementId = call.id("placement")?;
    let found = call.run(move |app, actor| packs::list_versions(app, actor, id)).await?;
    let version = |stored: &packs::StoredPack| JoiningPackVersion {
        version: stored.version,
        made_at: stored.updated_at.and_utc(),
        fields: values(&stored.pack),
    };
    shown(&JoiningPackVersions { data: found.iter().map(version).collect() })
}

/// Show what a library says to every visitor
#[utoipa::path(get, path = "/v1/libraries/{id}/joining-pack", tag = "joining packs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "Its standing text.", body = StandingPack)))]
pub(super) async fn get_standing(call: Call) -> Answer {
    let id: LibraryId = call.id("library")?;
    shown(&standing_of(&call.run(move |app, actor| packs::get_standing(app, actor, id)).await?))
}

fn standing_of(pack: &Pack) -> StandingPack {
    StandingPack { fields: values(pack) }
}

/// Replace what a library says to every visitor
///
/// Packs that are complete stay as they are.
#[utoipa::path(put, path = "/v1/libraries/{id}/joining-pack", tag = "joining packs", params(("id" = Uuid, Path)),
    request_body = StandingBody,
    responses((status = 200, description = "Its standing text.", body = StandingPack)))]
pub(super) async fn replace_standing(call: Call) -> Answer {
    let id: LibraryId = call.id("library")?;
    let pack = call.body(&["fields"], |object| {
        object.required("fields").and_then(|at| read_pack(&at, PackField::is_standing))
    })?;
    let seen = call.seen(standing_of)?;
    let pack = call.run(move |app, actor| packs::replace_standing(app, actor, id, &pack, &seen)).await?;
    shown(&standing_of(&pack))
}

/// Which packs a list holds.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `list` reads")]
pub(super) struct FilterParameters {
    /// Only those in this state: `late` is what an organiser has to look after.
    #[param(schema_with = schemas::pack_state)]
    state: Option<String>,
}

/// List how far the joining packs of a round are
///
/// Of confirmed placements whose day has not passed; an administrator sees those of the own libraries' visitors.
#[utoipa::path(get, path = "/v1/rounds/{id}/joining-packs", tag = "joining packs",
    params(("id" = Uuid, Path), super::openapi::PageParameters, FilterParameters),
    responses((status = 200, description = "A page of packs.", body = Listed<InList>)))]
pub(super) async fn list(call: Call) -> Answer {
    let round: RoundId = call.id("round")?;
    let faults = Faults::none();
    let page = call.page(&faults);
    let state = call.parsed("state", &faults);
    let page = read::finish(faults, page)?;
    let found = call.run(move |app, actor| packs::list(app, actor, round, state, &page)).await?;
    listed(&call, found, InList::from)
}

/// What a field is called on pages, and what to write into it.
const fn label(field: PackField) -> (&'static str, &'static str) {
    match field {
        PackField::ArrivalTime => ("Arrive at", "A time like 09:30."),
        PackField::ArrivalPlace => ("Where to come in", "Which door, and what to do if it is locked."),
        PackField::AskFor => ("Ask for", "A name or a desk."),
        PackField::ContactName => ("Who looks after the visitor", ""),
        PackField::ContactTelephone => ("Their telephone", "A number that is answered on the day."),
        PackField::DeputyName => ("Who does if they are away", "A colleague, or the office."),
        PackField::DeputyTelephone => ("Telephone of the deputy", ""),
        PackField::Bring => ("Bring", "Proof of identity, and what else is needed."),
        PackField::Safety => {
            ("Fire and first aid", "What to do when the alarm rings, and who gives first aid.")
        }
        PackField::Lunch => ("Lunch", "What there is, when, and what to bring."),
        PackField::Travel => ("How to get there", "Bus, train, parking, and the way without steps."),
        PackField::Objectives => ("What the day is for", ""),
        PackField::AccessConfirmed => (
            "The access arrangements that were agreed are in place",
            "Tick this when they are, or when none were needed. Please do not write about anybody’s needs here.",
        ),
    }
}

/// What a field is called where it is missing.
const fn missing_label(field: PackField) -> &'static str {
    match field.kind() {
        PackKind::Yes => "your word that the access arrangements are in place",
        PackKind::Time | PackKind::Line | PackKind::Telephone | PackKind::Words => label(field).0,
    }
}

/// The pack that a link shows.
pub(super) fn of_link(view: &LinkView) -> Option<JoiningPack> {
    view.pack.as_ref().map(JoiningPack::from)
}

/// The pack on a page: what it says, or the form to write it.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    version: i64,
    revision: i64,
    /// What is missing, as the page calls it.
    missing: Vec<&'static str>,
    is_form: bool,
    fields: Vec<FormField>,
}

#[derive(Debug, Serialize)]
struct FormField {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: &'static str,
    value: String,
    /// What is wrong with it, or what somebody else has written meanwhile.
    error: Option<String>,
}

/// What somebody typed and could not be taken.
#[derive(Debug)]
pub(super) struct Typed {
    values: BTreeMap<String, String>,
    errors: BTreeMap<String, String>,
    is_stale: bool,
}

/// What was typed into the form of a pack that was refused; none where another form was.
pub(super) fn typed(call: &Call, problem: &Problem) -> Option<Typed> {
    let text = std::str::from_utf8(call.bytes()).ok()?;
    let values: BTreeMap<String, String> = read::pairs(text).ok()?.into_iter().collect();
    if values.get("deed").map(String::as_str) != Some(Deed::WritePack.as_str()) {
        return None;
    }
    let (mut errors, mut is_stale) = (BTreeMap::new(), false);
    if let Problem::App(AppError::Fields(faults)) = problem {
        let named = |fault: &Fault| Some((field_of(fault)?.as_str().to_owned(), fault.rule.clone()));
        errors = faults.iter().filter_map(named).collect();
    } else if let Problem::App(AppError::Refused(refusal)) = problem {
        is_stale = refusal.code == RefusalCode::StalePage;
    }
    Some(Typed { values, errors, is_stale })
}

/// The field of a pack that a fault is about.
fn field_of(fault: &Fault) -> Option<PackField> {
    fault.pointer.strip_prefix("/fields/")?.parse().ok()
}

/// A fault of a pack in the words of the page.
pub(super) fn told(fault: &Fault) -> Option<String> {
    field_of(fault).map(|field| format!("{}: {}", label(field).0, fault.rule))
}

/// The pack of a link's page.
pub(super) fn section(view: &LinkView, typed: Option<&Typed>) -> Option<Section> {
    let seen = view.pack.as_ref()?;
    let field = |field: &PackField| {
        let name = field.as_str();
        let present = seen.pack.get(*field).unwrap_or_default();
        let value = typed.map_or(present, |typed| typed.values.get(name).map_or("", String::as_str));
        let mut error = typed.and_then(|typed| typed.errors.get(name).cloned());
        // A browser sends lines with CRLF.
        if typed.is_some_and(|typed| typed.is_stale) && value.replace("\r\n", "\n").trim() != present {
            error = Some(format!("somebody else has written meanwhile: {present}"));
        }
        let (label, hint) = label(*field);
        let kind = match field.kind() {
            PackKind::Time | PackKind::Line => "line",
            PackKind::Telephone => "telephone",
            PackKind::Words => "words",
            PackKind::Yes => "yes",
        };
        FormField { name, label, hint, kind, value: value.to_owned(), error }
    };
    Some(Section {
        version: seen.version,
        revision: seen.revision,
        missing: seen.missing.iter().map(|field| missing_label(*field)).collect(),
        is_form: view.deeds.contains(&Deed::WritePack),
        fields: PackField::ALL.iter().map(field).collect(),
    })
}

/// The page's form of a pack, read field by field.
#[derive(Default)]
pub(super) struct Form {
    pack: Pack,
    revision: Option<i64>,
    for_later_visitors: bool,
}

impl Form {
    /// Whether a field is one of this form's; if so, it is read. An empty one is left to what is proposed.
    pub(super) fn take(&mut self, name: &str, value: &str, faults: &Faults) -> bool {
        match name.parse::<PackField>() {
            Ok(_) if value.trim().is_empty() => {}
            Ok(field) => match field.read(value) {
                Ok(value) => {
                    self.pack.0.insert(field, value);
                }
                Err(rule) => faults.add(format!("/fields/{field}"), value, rule),
            },
            Err(_) if name == "revision" => match value.parse() {
                Ok(revision) if revision >= 0 => self.revision = Some(revision),
                Ok(_) | Err(_) => faults.add("/revision", value, "must be a whole number"),
            },
            Err(_) if name == "for_later_visitors" => self.for_later_visitors = value == YES,
            Err(_) => return false,
        }
        true
    }

    /// What was written.
    pub(super) fn finish(self, faults: &Faults) -> Option<PackEdit> {
        let Self { pack, revision, for_later_visitors } = self;
        if revision.is_none() {
            faults.add("/revision", "", "is required");
        }
        Some(PackEdit { revision: revision?, pack, for_later_visitors })
    }
}

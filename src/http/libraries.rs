//! `/v1/libraries`: libraries and how each receives visitors.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::answer::{Answer, Listed, listed, made, shown};
use super::call::Call;
use super::{read, schemas};
use crate::domain::fault::Faults;
use crate::domain::ids::LibraryId;
use crate::domain::json::{At, Object};
use crate::domain::organisation::{self, LibraryFilter};
use crate::domain::place;
use crate::services::libraries::{self, NewLibrary, Welcome};

/// A point in degrees (WGS 84); 0, 0 is refused, because many lists write it for "unknown".
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
}

/// Whom visitors' mails go to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Contact {
    #[schema(schema_with = schemas::optional_name)]
    name: Option<String>,
    #[schema(schema_with = schemas::email)]
    email: String,
    /// Where to ring on the day.
    #[schema(schema_with = schemas::optional_telephone)]
    telephone: Option<String>,
    /// Of mails and calendars; absent means the contact's for a deputy, else the installation's.
    #[schema(schema_with = schemas::optional_language)]
    language: Option<String>,
}

impl From<organisation::Contact> for Contact {
    fn from(contact: organisation::Contact) -> Self {
        Self {
            name: contact.name.map(|name| name.to_string()),
            email: contact.email.to_string(),
            telephone: contact.telephone.map(|number| number.to_string()),
            language: contact.language.map(|language| language.to_string()),
        }
    }
}

/// How a library receives visitors. Everything may be absent: nobody, nothing, no.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Welcome)]
pub(super) struct WelcomeBody {
    /// Who hears of visitors; shown only to those who may change the library. Without one it cannot host.
    contact: Option<Contact>,
    /// Who is asked to answer where the contact is silent (docs/deadlines.md); shown as the contact is.
    deputy: Option<Contact>,
    /// What a visitor can learn.
    #[schema(schema_with = schemas::tags, required = false)]
    topics: Vec<String>,
    /// Access features, like `step-free`.
    #[schema(schema_with = schemas::tags, required = false)]
    access: Vec<String>,
    /// Whether a visitor needs an assurance of vetting.
    #[schema(required = false)]
    vetting_required: bool,
    /// Whether visitors are never alone with children, so that they need none.
    #[schema(required = false)]
    escorts_visitors: bool,
}

/// A library.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Library {
    id: Uuid,
    /// Its id in the list it came from; unique.
    reference: String,
    name: String,
    #[schema(schema_with = schemas::sectors)]
    sectors: Vec<String>,
    employers: Vec<Uuid>,
    address: Option<String>,
    postcode: Option<String>,
    country: Option<String>,
    /// Null means unknown.
    point: Option<Point>,
    time_zone: String,
    #[schema(schema_with = schemas::library_status)]
    status: &'static str,
    /// In OpenStreetMap's syntax.
    opening_hours: Option<String>,
    /// What it was merged into or renamed; nobody is sent here any more.
    successor: Option<Uuid>,
    welcome: WelcomeBody,
}

impl From<organisation::Library> for Library {
    fn from(library: organisation::Library) -> Self {
        let texts = |tags: &[crate::domain::tag::Tag]| tags.iter().map(ToString::to_string).collect();
        Self {
            id: library.id.uuid(),
            reference: library.reference,
            name: library.name.to_string(),
            sectors: library.sectors.iter().map(ToString::to_string).collect(),
            employers: library.employers.iter().map(|id| id.uuid()).collect(),
            address: library.address,
            postcode: library.postcode.map(|postcode| postcode.to_string()),
            country: library.country,
            point: library
                .point
                .map(|point| Point { latitude: point.latitude(), longitude: point.longitude() }),
            time_zone: library.time_zone.to_string(),
            status: library.status.as_str(),
            opening_hours: library.opening_hours.map(|hours| hours.to_string()),
            successor: library.successor.map(LibraryId::uuid),
            welcome: WelcomeBody {
                contact: library.contact.map(Contact::from),
                deputy: library.deputy.map(Contact::from),
                topics: texts(&library.topics),
                access: texts(&library.access),
                vetting_required: library.vetting_required,
                escorts_visitors: library.escorts_visitors,
            },
        }
    }
}

/// A library to be entered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLibrary)]
#[expect(dead_code, reason = "the schema of what `create` reads")]
pub(super) struct NewLibraryBody {
    /// Unique; not a UUID.
    #[schema(schema_with = schemas::reference)]
    reference: String,
    #[schema(schema_with = schemas::name)]
    name: String,
    #[schema(schema_with = schemas::some_sectors)]
    sectors: Vec<String>,
    #[schema(schema_with = schemas::some_ids)]
    employers: Vec<Uuid>,
    #[schema(schema_with = schemas::optional_line)]
    address: Option<String>,
    /// A British postcode; leave it out elsewhere.
    postcode: Option<String>,
    #[schema(schema_with = schemas::optional_line)]
    country: Option<String>,
    point: Option<Point>,
    #[schema(schema_with = schemas::zone)]
    time_zone: String,
    /// In the simple part of OpenStreetMap's syntax (docs/opening.md); absent means unknown.
    #[schema(schema_with = schemas::optional_line, example = "Mo-Fr 09:00-17:00; Sa 10:00-13:00; PH off")]
    opening_hours: Option<String>,
    welcome: Option<WelcomeBody>,
}

const WELCOME: &[&str] = &["contact", "deputy", "topics", "access", "vetting_required", "escorts_visitors"];

fn read_welcome(object: &Object<'_>) -> Option<Welcome> {
    let contact = read::maybe_absent(object, "contact", read_contact);
    let deputy = read::maybe_absent(object, "deputy", read_contact);
    let topics = read::set(object, "topics", At::parse);
    let access = read::set(object, "access", At::parse);
    let flag = |key| object.optional(key).map_or(Some(false), |at| at.boolean());
    let (vetting, escorts) = (flag("vetting_required"), flag("escorts_visitors"));
    Some(Welcome {
        contact: contact?,
        deputy: deputy?,
        topics: topics?,
        access: access?,
        vetting_required: vetting?,
        escorts_visitors: escorts?,
    })
}

/// Reads a contact.
pub(super) fn read_contact(at: &At<'_>) -> Option<organisation::Contact> {
    let object = at.object(&["name", "email", "telephone", "language"])?;
    let name = read::maybe_absent(&object, "name", At::parse);
    let email = object.required("email").and_then(|at| at.parse());
    let telephone = read::maybe_absent(&object, "telephone", At::parse);
    let language = read::maybe_absent(&object, "language", At::parse);
    Some(organisation::Contact { name: name?, email: email?, telephone: telephone?, language: language? })
}

fn read_point(at: &At<'_>) -> Option<place::Point> {
    let object = at.object(&["latitude", "longitude"])?;
    let latitude = object.required("latitude").and_then(|at| at.number(-90.0..=90.0));
    let longitude = object.required("longitude").and_then(|at| at.number(-180.0..=180.0));
    match place::Point::new(latitude?, longitude?) {
        Ok(point) => Some(point),
        Err(rule) => {
            at.fault(rule);
            None
        }
    }
}

fn read_library(object: &Object<'_>) -> Option<NewLibrary> {
    let line = |key| read::maybe_absent(object, key, |at| read::words(at, 1_000));
    let reference = object.required("reference").and_then(|at| at.text().map(Cow::into_owned));
    let name = object.required("name").and_then(|at| at.parse());
    let sectors = object.required("sectors").and_then(|_| read::set(object, "sectors", At::parse));
    let employers = object.required("employers").and_then(|_| read::set(object, "employers", At::parse));
    let (address, country) = (line("address"), line("country"));
    let opening_hours = read::maybe_absent(object, "opening_hours", At::parse);
    let postcode = read::maybe_absent(object, "postcode", At::parse);
    let point = read::maybe_absent(object, "point", read_point);
    let time_zone = object.required("time_zone").and_then(|at| read::zone(&at));
    let welcome = object.optional("welcome").map_or_else(
        || Some(Welcome::default()),
        |at| at.object(WELCOME).and_then(|object| read_welcome(&object)),
    );
    Some(NewLibrary {
        reference: reference?,
        name: name?,
        sectors: sectors?,
        employers: employers?,
        address: address?,
        postcode: postcode?,
        country: country?,
        point: point?,
        time_zone: time_zone?,
        opening_hours: opening_hours?,
        welcome: welcome?,
    })
}

const FIELDS: &[&str] = &[
    "reference",
    "name",
    "sectors",
    "employers",
    "address",
    "postcode",
    "country",
    "point",
    "time_zone",
    "opening_hours",
    "welcome",
];

/// Enter a library
///
/// Administrators enter libraries of their own employer; joint ones are entered by organisers.
#[utoipa::path(post, path = "/v1/libraries", tag = "libraries", request_body = NewLibraryBody,
    responses((status = 201, description = "The library.", body = Library,
        headers(("Location" = String, description = "Its URL.")))))]
pub(super) async fn create(call: Call) -> Answer {
    let wanted = call.body(FIELDS, read_library)?;
    let library = call.run(move |app, actor| libraries::create(app, actor, &wanted)).await?;
    made(&format!("/v1/libraries/{}", library.id), &Library::from(library))
}

/// Which libraries a list holds.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of what `list` reads")]
pub(super) struct FilterParameters {
    /// Only those of this employer.
    #[param(nullable = false)]
    employer: Option<Uuid>,
    /// Only those that have this sector.
    #[param(schema_with = schemas::sector)]
    sector: Option<String>,
    /// Only those whose name, reference, address or postcode holds this.
    #[param(schema_with = schemas::search)]
    q: Option<String>,
}

/// List libraries
#[utoipa::path(get, path = "/v1/libraries", tag = "libraries",
    params(super::openapi::PageParameters, FilterParameters),
    responses((status = 200, description = "A page of libraries.", body = Listed<Library>)))]
pub(super) async fn list(call: Call) -> Answer {
    let faults = Faults::none();
    let page = call.page::<LibraryId>(&faults);
    let filter = LibraryFilter {
        employer: call.parsed("employer", &faults),
        sector: call.parsed("sector", &faults),
        text: call.parameter("q").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned),
    };
    let page = read::finish(faults, page)?;
    let found = call.run(move |app, actor| libraries::list(app, actor, &filter, &page)).await?;
    listed(&call, found, Library::from)
}

/// Show a library
#[utoipa::path(get, path = "/v1/libraries/{id}", tag = "libraries",
    params(("id" = String, Path, description = "The id, or the reference in the list it came from.")),
    responses((status = 200, description = "The library.", body = Library)))]
pub(super) async fn get(call: Call) -> Answer {
    let key = call.path.id.clone();
    let library = call.run(move |app, actor| libraries::get(app, actor, &key)).await?;
    shown(&Library::from(library))
}

/// Replace how a library receives visitors
#[utoipa::path(put, path = "/v1/libraries/{id}/welcome", tag = "libraries", params(("id" = Uuid, Path)),
    request_body = WelcomeBody,
    responses((status = 200, description = "The library as it is now.", body = Library)))]
pub(super) async fn replace_welcome(call: Call) -> Answer {
    let id: LibraryId = call.id("library")?;
    let welcome = call.body(WELCOME, read_welcome)?;
    let seen = call.seen(|library: &organisation::Library| Library::from(library.clone()))?;
    let library =
        call.run(move |app, actor| libraries::replace_welcome(app, actor, id, &welcome, &seen)).await?;
    shown(&Library::from(library))
}

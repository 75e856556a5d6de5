//! Libraries: entered by hand, read by everybody, and how each receives visitors.
//!
//! The contact of a library and the deputy are told only to those who may change the library: they are people's work
//! addresses.

use chrono_tz::Tz;
use serde_json::json;

use super::app::{own_employers, permit, record};
use super::host_changes;
use super::page::{Page, Paged};
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::fault::{Faults, Rule};
use crate::domain::ids::{EmployerId, LibraryId};
use crate::domain::opening::WeeklyHours;
use crate::domain::organisation::{Contact, Library, LibraryFilter};
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::place::{Point, Postcode};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::sector::Sector;
use crate::domain::states::LibraryStatus;
use crate::domain::tag::Tag;
use crate::domain::text::Name;
use crate::store::{Db, organisations, rounds};

/// How a library receives visitors: what its administrator says, not the list it came from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Welcome {
    /// Who hears of visitors; without one the library cannot host.
    pub contact: Option<Contact>,
    /// Who is asked to answer where the contact is silent.
    pub deputy: Option<Contact>,
    /// What a visitor can learn.
    pub topics: Vec<Tag>,
    /// Access features.
    pub access: Vec<Tag>,
    /// Whether a visitor needs an assurance of vetting.
    pub vetting_required: bool,
    /// Whether visitors are never alone with children.
    pub escorts_visitors: bool,
}

/// A library to be entered.
#[derive(Debug, Clone)]
pub struct NewLibrary {
    /// Its id in the list it comes from, or one given by hand; unique.
    pub reference: String,
    /// What people call it.
    pub name: Name,
    /// At least one.
    pub sectors: Vec<Sector>,
    /// At least one; two for a joint library.
    pub employers: Vec<EmployerId>,
    /// Street and town.
    pub address: Option<String>,
    /// The postcode.
    pub postcode: Option<Postcode>,
    /// The country.
    pub country: Option<String>,
    /// Absent means unknown.
    pub point: Option<Point>,
    /// The zone of its hours.
    pub time_zone: Tz,
    /// Weekly staffed hours.
    pub opening_hours: Option<WeeklyHours>,
    /// How it receives visitors.
    pub welcome: Welcome,
}

/// Longest reference that is taken, in characters.
const LONGEST_REFERENCE: usize = 100;
/// Longest address or country, in characters.
const LONGEST_TEXT: usize = 1_000;

/// Enters a library. An administrator enters libraries of its employers; joint ones with others are entered by organisers.
///
/// # Errors
/// `invalid-fields` with every fault; `already-exists` where the reference is taken; `forbidden`.
pub fn create(app: &App, actor: &Actor, wanted: &NewLibrary) -> Result<Library, AppError> {
    let own = own_employers(actor, Action::EditLibrary)?;
    let now = app.now()?;
    let id = LibraryId::new(now.id("library"));
    app.store.write(|tx| {
        check(tx, wanted, own.as_deref())?;
        if let Some(other) = organisations::find_library_by_reference(tx, &wanted.reference)? {
            return Err(AppError::Refused(Refusal::new(
                RefusalCode::AlreadyExists,
                format!(
                    "there is a library with the reference `{}` already: {}",
                    other.reference, other.name
                ),
            )));
        }
        let library = Library {
            id,
            reference: wanted.reference.clone(),
            name: wanted.name.clone(),
            sectors: sorted(&wanted.sectors),
            employers: sorted(&wanted.employers),
            address: wanted.address.clone(),
            postcode: wanted.postcode.clone(),
            country: wanted.country.clone(),
            point: wanted.point,
            time_zone: wanted.time_zone,
            status: LibraryStatus::Open,
            opening_hours: wanted.opening_hours.clone(),
            contact: wanted.welcome.contact.clone(),
            deputy: wanted.welcome.deputy.clone(),
            topics: sorted(&wanted.welcome.topics),
            access: sorted(&wanted.welcome.access),
            vetting_required: wanted.welcome.vetting_required,
            escorts_visitors: wanted.welcome.escorts_visitors,
            successor: None,
        };
        organisations::insert_library(tx, &library, now.utc())?;
        let details = json!({ "made": true, "reference": library.reference });
        record(tx, &now, actor, Action::EditLibrary, ("library", &id), &details)?;
        Ok(library)
    })
}

/// Lists that mean sets: sorted, each once, so that equal libraries are equal.
fn sorted<T: Clone + Ord>(items: &[T]) -> Vec<T> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

/// Whether a text can be the reference of a library.
///
/// # Errors
/// The rule that it breaks.
pub(super) fn check_reference(reference: &str) -> Result<(), Rule> {
    let fits = |c: char| !c.is_whitespace() && !c.is_control();
    if reference.is_empty() || reference.chars().count() > LONGEST_REFERENCE || !reference.chars().all(fits) {
        return Err(Rule::new(format!("must be 1 to {LONGEST_REFERENCE} characters without spaces")));
    }
    if reference.parse::<LibraryId>().is_ok() {
        return Err(Rule::of("must not look like an id of this service (a UUID)"));
    }
    Ok(())
}

fn check(db: &mut Db, wanted: &NewLibrary, own: Option<&[EmployerId]>) -> Result<(), AppError> {
    let faults = Faults::none();
    if let Err(rule) = check_reference(&wanted.reference) {
        faults.add("/reference", &wanted.reference, rule);
    }
    if wanted.sectors.is_empty() {
        faults.add("/sectors", "", "must name at least one sector");
    }
    if wanted.employers.is_empty() {
        faults.add("/employers", "", "must name at least one employer");
    }
    for (n, employer) in wanted.employers.iter().enumerate() {
        let pointer = format!("/employers/{n}");
        if own.is_some_and(|own| !own.contains(employer)) {
            faults.add(pointer, employer, "must be your own employer: an organiser enters joint libraries");
        } else if organisations::find_employer(db, *employer)?.is_none() {
            faults.add(pointer, employer, "there is no such employer");
        }
    }
    for (pointer, text) in [("/address", &wanted.address), ("/country", &wanted.country)] {
        if let Some(text) = text.as_ref().filter(|text| text.chars().count() > LONGEST_TEXT) {
            faults.add(pointer, text, format!("must have at most {LONGEST_TEXT} characters"));
        }
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

/// A library as this actor may see it.
fn shown_to(actor: &Actor, mut library: Library) -> Library {
    if actor.may(Action::EditLibrary, &Subject::of_employers(&library.employers)).is_err() {
        (library.contact, library.deputy) = (None, None);
    }
    library
}

/// A page of the libraries that a filter lets through.
///
/// # Errors
/// `forbidden`.
pub fn list(
    app: &App,
    actor: &Actor,
    filter: &LibraryFilter,
    page: &Page<LibraryId>,
) -> Result<Paged<Library, LibraryId>, AppError> {
    permit(actor, Action::ReadLibraries, &Subject::installation(), ("library", &"list"))?;
    app.store.read(|db| {
        let found = organisations::list_libraries(db, filter, page.after, page.fetch())?;
        let found = found.into_iter().map(|library| shown_to(actor, library)).collect();
        Ok(page.cut(found, |library| library.id))
    })
}

/// A library by its id, or by its reference in the list it came from.
///
/// # Errors
/// `not-found`, `forbidden`.
pub fn get(app: &App, actor: &Actor, id_or_reference: &str) -> Result<Library, AppError> {
    permit(actor, Action::ReadLibraries, &Subject::installation(), ("library", &id_or_reference))?;
    app.store.read(|db| {
        let found = match id_or_reference.parse() {
            Ok(id) => organisations::find_library(db, id)?,
            Err(_) => organisations::find_library_by_reference(db, id_or_reference)?,
        };
        let library = found.ok_or_else(|| AppError::not_found("library", id_or_reference))?;
        Ok(shown_to(actor, library))
    })
}

/// Says anew how a library receives visitors; what was said before is replaced.
///
/// # Errors
/// `changed-since`, `if-match-required`; `invalid-fields` where the contact is taken away while the library offers places;
/// `not-found`, also for somebody else's library; `forbidden`.
pub fn replace_welcome(
    app: &App,
    actor: &Actor,
    id: LibraryId,
    welcome: &Welcome,
    seen: &Seen<Library>,
) -> Result<Library, AppError> {
    own_employers(actor, Action::EditLibrary)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let before =
            organisations::find_library(tx, id)?.ok_or_else(|| AppError::not_found("library", id))?;
        permit(actor, Action::EditLibrary, &Subject::of_employers(&before.employers), ("library", &id))?;
        seen.admit(&before)?;
        let after = Library {
            contact: welcome.contact.clone(),
            deputy: welcome.deputy.clone(),
            topics: sorted(&welcome.topics),
            access: sorted(&welcome.access),
            vetting_required: welcome.vetting_required,
            escorts_visitors: welcome.escorts_visitors,
            ..before.clone()
        };
        if after == before {
            return Ok(before);
        }
        if after.contact.is_none() {
            for (round, offer) in rounds::list_with_offer_of(tx, id)? {
                if offer.hosts() {
                    let rule = format!("is needed: the library offers places in the round “{}”", round.name);
                    return Err(AppError::field("/contact", "", rule));
                }
            }
        }
        organisations::save_library(tx, &after, now.utc())?;
        host_changes::follow(tx, &now, &before, &after)?;
        let unlike = |library: &Library| Library { contact: None, deputy: None, ..library.clone() };
        if unlike(&after) != unlike(&before) {
            rounds::bump_revisions_of_libraries(tx, &[id])?;
        }
        let contact_changed = after.contact != before.contact || after.deputy != before.deputy;
        let details = json!({ "contact_changed": contact_changed, "welcome": true });
        record(tx, &now, actor, Action::EditLibrary, ("library", &id), &details)?;
        Ok(after)
    })
}

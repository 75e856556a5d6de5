//! What programs subscribe to: who gets a calendar, what stands in it, and what it does to invitations; and the addresses
//! of feeds of ideas, in which `ideas` tells what stands.
//!
//! Programs do not merge an invitation with a subscribed event, so somebody has one or the other for their own days: a
//! live feed is the choice, and mails have no invitation while there is one.

use chrono::{Days, Duration, NaiveDate, NaiveTime};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::app::{Now, own_employers, permit, permit_everywhere, record, sha256_hex};
use super::event_place::address;
use super::links::LinkView;
use super::load::{get_applicant, get_library, get_placement};
use super::notices::{self, Case, Recipient};
use super::page::{Page, Paged};
use super::{App, AppError};
use crate::calendar;
use crate::domain::feed::{Entry, Feed, FeedKind, Shown, Timetable};
use crate::domain::ids::{EmployerId, FeedId, LibraryId, PlacementId};
use crate::domain::language::Language;
use crate::domain::letter::EventStatus;
use crate::domain::link::{Link, Purpose};
use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::placement::Placement;
use crate::domain::states::PlacementState;
use crate::store::applications::Applicant;
use crate::store::feeds::FeedDay;
use crate::store::{Db, Tx, feeds, organisations};
use crate::words::{self, EventWords};

/// How long a day that was called off stands in a feed as such, so that programs take it out.
const DAYS_OFF: Duration = Duration::days(30);

/// How far back a feed goes.
const DAYS_BACK: Days = Days::new(400);

/// Raised when the same days are written in another way.
const FORMAT: u8 = 2;

/// A feed with its address, which is told this once.
#[derive(Debug, Clone)]
pub struct FreshFeed {
    /// The feed.
    pub feed: Feed,
    /// Where programs read it.
    pub url: FeedUrl,
}

/// The address of a feed. `Debug` is masked, so that no log shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct FeedUrl(String);

impl FeedUrl {
    pub(super) fn new(app: &App, shown: &Shown, secret: &str) -> Self {
        let path = match shown.kind() {
            FeedKind::Ideas => format!("ideas/{secret}.atom"),
            FeedKind::Person
            | FeedKind::Contact
            | FeedKind::Deputy
            | FeedKind::Manager
            | FeedKind::Library
            | FeedKind::Employer => format!("calendars/{secret}.ics"),
        };
        Self(format!("{}/{path}", app.settings.public_url))
    }

    /// The address to show, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for FeedUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…/•••")
    }
}

/// What a program wants a feed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewFeed {
    /// The visits at a library.
    Library(LibraryId),
    /// The days of an employer's staff.
    Employer(EmployerId),
    /// The newest ideas.
    Ideas,
}

/// Makes the feed of a library, of an employer or of ideas and tells its address.
///
/// # Errors
/// `not-found` for what is foreign; `forbidden`, also to HR for a library's.
pub fn create(app: &App, actor: &Actor, wanted: NewFeed) -> Result<FreshFeed, AppError> {
    let own = own_employers(actor, Action::ManageFeeds)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let (shown, employer) = match wanted {
            NewFeed::Employer(id) => {
                let subject = Subject::of_employers(&[id]);
                permit(actor, Action::ManageFeeds, &subject, ("employer", &id))?;
                organisations::find_employer(tx, id)?.ok_or_else(|| AppError::not_found("employer", id))?;
                (Shown::Employer(id), Some(id))
            }
            NewFeed::Library(id) => {
                let library = get_library(tx, id)?;
                let subject = Subject::of_employers(&library.employers);
                permit(actor, Action::ManageFeeds, &subject, ("library", &id))?;
                // Who comes to a library is its administrator's to know, as for placements.
                permit(actor, Action::ReadHosting, &subject, ("library", &id))?;
                // Of a joint library's feed, whoever of its employers asked for it.
                let made_for = own.iter().flatten().copied().find(|own| library.employers.contains(own));
                (Shown::Library(id), made_for)
            }
            NewFeed::Ideas => {
                permit_everywhere(actor, Action::ReadIdeas)?;
                // Ideas are everybody's; an administrator's feed of them is looked after by their employer.
                (Shown::Ideas, own.iter().flatten().next().copied())
            }
        };
        let (feed, secret) = make(tx, &now, actor, Action::ManageFeeds, shown, employer)?;
        Ok(FreshFeed { url: FeedUrl::new(app, &feed.shown, &secret), feed })
    })
}

fn make(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    action: Action,
    shown: Shown,
    employer: Option<EmployerId>,
) -> Result<(Feed, String), AppError> {
    let secret = now.secret("feed");
    let id = FeedId::new(now.id("feed"));
    let details = json!({ "made": shown.kind().as_str() });
    let feed = Feed { id, shown, employer, created_at: now.utc(), last_used_on: None, revoked_at: None };
    feeds::insert(tx, &feed, &sha256_hex(&secret))?;
    record(tx, now, actor, action, ("feed", &feed.id), &details)?;
    Ok((feed, secret))
}

fn renew(tx: &mut Tx<'_>, now: &Now, actor: &Actor, action: Action, feed: &Feed) -> Result<String, AppError> {
    let secret = now.secret("feed");
    feeds::renew(tx, feed.id, &sha256_hex(&secret))?;
    record(tx, now, actor, action, ("feed", &feed.id), &json!({ "renewed": true }))?;
    Ok(secret)
}

fn take_back(tx: &mut Tx<'_>, now: &Now, actor: &Actor, action: Action, feed: &Feed) -> Result<(), AppError> {
    feeds::mark_revoked(tx, feed.id, now.utc())?;
    record(tx, now, actor, action, ("feed", &feed.id), &json!({ "revoked": true }))
}

/// A page of the feeds that programs make, those that were taken back too; never their addresses.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, page: &Page<FeedId>) -> Result<Paged<Feed, FeedId>, AppError> {
    let own = own_employers(actor, Action::ReadFeeds)?;
    app.store
        .read(|db| Ok(page.cut(feeds::list(db, own.as_deref(), page.after, page.fetch())?, |feed| feed.id)))
}

/// A feed that programs may manage; one of somebody's own days is theirs alone.
fn get_managed(db: &mut Db, actor: &Actor, id: FeedId) -> Result<Feed, AppError> {
    let found = feeds::find(db, id)?.filter(|feed| FeedKind::MANAGED.contains(&feed.shown.kind()));
    let feed = found.ok_or_else(|| AppError::not_found("feed", id))?;
    let subject = Subject { employers: feed.employer.into_iter().collect(), ..Subject::default() };
    permit(actor, Action::ManageFeeds, &subject, ("feed", &id))?;
    Ok(feed)
}

/// Gives a feed another address; the one before opens nothing any more.
///
/// # Errors
/// `not-found`, also for one that was taken back; `forbidden`.
pub fn rotate(app: &App, actor: &Actor, id: FeedId) -> Result<FreshFeed, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let feed = get_managed(tx, actor, id)?;
        if feed.revoked_at.is_some() {
            return Err(AppError::not_found("feed", id));
        }
        let secret = renew(tx, &now, actor, Action::ManageFeeds, &feed)?;
        Ok(FreshFeed { url: FeedUrl::new(app, &feed.shown, &secret), feed })
    })
}

/// Takes a feed back at once; a second time changes nothing.
///
/// # Errors
/// `not-found`, `forbidden`.
pub fn revoke(app: &App, actor: &Actor, id: FeedId) -> Result<(), AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let feed = get_managed(tx, actor, id)?;
        if feed.revoked_at.is_none() {
            take_back(tx, &now, actor, Action::ManageFeeds, &feed)?;
        }
        Ok(())
    })
}

/// Whose days the holder of a link can subscribe to: of a host whoever receives the visitor now, or the deputy; nobody who
/// received a mail as that before.
pub(super) fn shown_to(
    link: &Link,
    applicant: &Applicant,
    placement: Option<&(Placement, Library)>,
) -> Option<Shown> {
    match (link.purpose, link.party) {
        (Purpose::Verify, _) => None,
        (_, Party::Participant) => Some(Shown::Person(applicant.person.id)),
        (_, Party::Manager) => Some(Shown::Manager(applicant.application.manager.clone())),
        (_, Party::Host) => placement.and_then(|(placement, host)| {
            let address = link.recipient.clone();
            if link.is_deputy {
                let deputy = host.deputy.as_ref().filter(|deputy| deputy.email == address);
                deputy.map(|_| Shown::Deputy(host.id, address))
            } else {
                let contact = placement.receives(host).filter(|contact| contact.email == address);
                contact.map(|_| Shown::Contact(host.id, address))
            }
        }),
    }
}

/// What somebody has chosen for their own days.
#[derive(Debug, Clone)]
pub struct CalendarChoice {
    /// Whose days they are.
    pub shown: Shown,
    /// The feed; none: invitations.
    pub feed: Option<Feed>,
    /// Its address, where it was just made.
    pub url: Option<FeedUrl>,
}

/// What can be chosen by a link, and what is. After the day only a feed that is there can be changed.
pub(super) fn choice(
    db: &mut Db,
    shown: Option<Shown>,
    is_over: bool,
) -> Result<Option<CalendarChoice>, AppError> {
    let Some(shown) = shown else { return Ok(None) };
    let feed = feeds::find_live(db, &shown)?;
    let is_offered = feed.is_some() || !is_over;
    Ok(is_offered.then_some(CalendarChoice { shown, feed, url: None }))
}

/// What is asked for by a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choose {
    /// A feed in the place of invitations.
    Feed,
    /// Another address for it.
    NewAddress,
    /// Invitations again.
    Invitations,
}

/// Does what the holder of a link chooses; gives the secret of a new address.
pub(super) fn choose_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    view: &LinkView,
    wanted: Choose,
) -> Result<Option<String>, AppError> {
    let subject = Subject {
        application: Some(view.link.application),
        placement: view.link.placement,
        ..Subject::default()
    };
    permit(actor, Action::ChooseCalendar, &subject, ("link", &view.link.id))?;
    let refuse = |rule: &str| Err(AppError::field("/deed", "", rule.to_owned()));
    let Some(choice) = &view.calendar else {
        return refuse("this link has no calendar of its own");
    };
    match (wanted, &choice.feed) {
        (Choose::Feed, None) => {
            let (_, secret) = make(tx, now, actor, Action::ChooseCalendar, choice.shown.clone(), None)?;
            tell_of_choice(tx, now, &choice.shown, is_in_calendar)?;
            Ok(Some(secret))
        }
        (Choose::NewAddress, Some(feed)) => renew(tx, now, actor, Action::ChooseCalendar, feed).map(Some),
        (Choose::Invitations, Some(feed)) => {
            take_back(tx, now, actor, Action::ChooseCalendar, feed)?;
            tell_of_choice(tx, now, &choice.shown, |day| !is_in_calendar(day) && day.state.is_live())?;
            Ok(None)
        }
        (Choose::Feed, Some(_)) => refuse("there is a subscribed calendar already"),
        (Choose::NewAddress | Choose::Invitations, None) => refuse("there is no subscribed calendar"),
    }
}

fn is_in_calendar(day: &FeedDay) -> bool {
    day.identity.as_ref().is_some_and(|known| known.is_in_calendar == Some(true))
}

/// Sends the entries of coming days to a calendar, or takes them out: those that the choice concerns.
fn tell_of_choice(
    tx: &mut Tx<'_>,
    now: &Now,
    shown: &Shown,
    concerns: impl Fn(&FeedDay) -> bool,
) -> Result<(), AppError> {
    match shown {
        Shown::Person(_) | Shown::Contact(..) => {}
        // Nobody invites them, so there is nothing to take out.
        Shown::Deputy(..) | Shown::Manager(_) | Shown::Library(_) | Shown::Employer(_) | Shown::Ideas => {
            return Ok(());
        }
    }
    // Yesterday covers every zone.
    let from = now.utc().date() - Days::new(1);
    let days = feeds::list_days(tx, shown, from, now.utc() - DAYS_OFF)?;
    for day in days.iter().filter(|day| day.identity.is_some() && concerns(day)) {
        let placement = get_placement(tx, day.placement)?;
        let host = get_library(tx, placement.host)?;
        let applicant = get_applicant(tx, day.application)?;
        let case = Case { applicant, host, placement };
        let recipient = match shown.party() {
            Party::Host => case.host_contact().map(Recipient::host),
            Party::Participant | Party::Manager => Some(Recipient::participant(&case.applicant)),
        };
        if let Some(recipient) = recipient {
            notices::calendar_chosen(tx, now, &case, &recipient)?;
        }
    }
    Ok(())
}

/// A feed as a program reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Of what it shows.
    pub etag: String,
    /// The calendar; none where the reader has it.
    pub text: Option<String>,
}

/// The feed at an address, if it shows what is meant; that it was read today is kept.
///
/// # Errors
/// `not-found` for an unknown secret and for a feed that was taken back.
pub(super) fn open(app: &App, secret: &str, is_meant: impl Fn(&Shown) -> bool) -> Result<Feed, AppError> {
    let today = app.clock.now_utc().date();
    let feed = app.store.read(|db| feeds::find_by_secret(db, &sha256_hex(secret)))?;
    let feed = feed.filter(|feed| is_meant(&feed.shown));
    let feed = feed.ok_or_else(|| AppError::not_found("feed", "with this address"))?;
    if feed.last_used_on != Some(today) {
        app.store.write_queue(|tx| Ok::<_, AppError>(feeds::mark_used(tx, feed.id, today)?))?;
    }
    Ok(feed)
}

/// What a calendar shows now. A text is written only where `has` says that the reader does not have it.
///
/// # Errors
/// `not-found` for an unknown secret and for a feed that was taken back.
pub fn serve(app: &App, secret: &str, has: impl Fn(&str) -> bool) -> Result<Served, AppError> {
    let now = app.clock.now_utc();
    let today = now.date();
    let feed = open(app, secret, |shown| *shown != Shown::Ideas)?;
    let (language, name, days) = app.store.read(|db| {
        let language = feeds::find_language(db, &feed.shown)?.unwrap_or(app.settings.language);
        let name = name_of(db, app, language, &feed.shown)?;
        let days = feeds::list_days(db, &feed.shown, today - DAYS_BACK, ended_since(today))?;
        Ok::<_, AppError>((language, name, days))
    })?;
    let days: Vec<FeedDay> = days.into_iter().filter(|day| is_shown(&feed.shown, day)).collect();
    let etag = etag(app, language, &feed, &name, &days);
    if has(&etag) {
        return Ok(Served { etag, text: None });
    }
    let entries = days.iter().map(|day| entry(app, language, &feed.shown, day)).collect();
    let (url, zone) = (app.settings.public_url.clone(), app.settings.calendar.zone);
    let timetable = Timetable { name, url, zone, entries };
    Ok(Served { etag, text: Some(calendar::write_timetable(&timetable)) })
}

/// From the beginning of a day on, so that a feed changes by the passing of time once a day at most.
fn ended_since(today: NaiveDate) -> chrono::NaiveDateTime {
    today.and_time(NaiveTime::MIN) - DAYS_OFF
}

fn name_of(db: &mut Db, app: &App, language: Language, shown: &Shown) -> Result<String, AppError> {
    let name = match shown {
        Shown::Person(_) | Shown::Manager(_) | Shown::Ideas => String::new(),
        Shown::Contact(library, _) | Shown::Deputy(library, _) | Shown::Library(library) => {
            get_library(db, *library)?.name.to_string()
        }
        Shown::Employer(id) => {
            let found = organisations::find_employer(db, *id)?;
            found.ok_or_else(|| AppError::not_found("employer", id))?.name.to_string()
        }
    };
    let whose = words::feed_name(language, shown.kind(), &name);
    Ok(format!("{}: {whose}", app.settings.service_name))
}

/// Where a repair hands an event on to another placement, the former one has none: the event stands there already.
fn is_shown(shown: &Shown, day: &FeedDay) -> bool {
    shown.party() == Party::Manager || day.identity.is_some() || !day.state.has_ended()
}

/// A hash of everything that a feed says, without writing it.
fn etag(app: &App, language: Language, feed: &Feed, name: &str, days: &[FeedDay]) -> String {
    let mut hash = Sha256::new();
    let head = (FORMAT, env!("CARGO_PKG_VERSION"), chrono_tz::IANA_TZDB_VERSION, feed.id, language);
    hash.update(format!(
        "{head:?}\n{name}\n{:?}\n",
        (&app.settings.service_name, &app.settings.public_url, app.settings.calendar.zone)
    ));
    for day in days {
        let identity = day.identity.as_ref().map(|known| (&known.uid, known.sequence));
        let versions = (day.revision, day.application_revision, day.changed_at, identity);
        hash.update(format!("{} {versions:?}\n", day.placement));
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn entry(app: &App, language: Language, shown: &Shown, day: &FeedDay) -> Entry {
    let status = match day.state {
        PlacementState::Proposed => EventStatus::Tentative,
        PlacementState::Confirmed | PlacementState::Completed => EventStatus::Confirmed,
        PlacementState::Declined
        | PlacementState::Cancelled
        | PlacementState::Expired
        | PlacementState::DidNotTakePlace => EventStatus::Cancelled,
    };
    let party = shown.party();
    // A host knows the name once everybody has said yes.
    let may_know = party != Party::Host || status == EventStatus::Confirmed;
    let (street, postcode) = (day.address.0.as_deref(), day.address.1.as_deref());
    let EventWords { summary, description, location } = words::event(
        language,
        &words::Event {
            party,
            host: &day.host,
            address: address(street, postcode).as_deref(),
            is_virtual: day.is_virtual,
            visitor: may_know.then_some(day.visitor.as_str()),
            service: &app.settings.service_name,
        },
    );
    let (uid, sequence) = match &day.identity {
        Some(identity) => (identity.uid.clone(), identity.sequence),
        None => (uid_in_feed(shown.party(), day.placement), day.revision),
    };
    let (changed_at, host_changed_at) = day.changed_at;
    Entry {
        uid,
        sequence,
        changed_at: changed_at.max(host_changed_at).and_utc(),
        status,
        is_busy: shown.is_own(),
        summary,
        description,
        location,
        point: day.point.filter(|_| !day.is_virtual),
        date: day.date,
        starts: day.times.0,
        ends: day.times.1,
        time_zone: day.time_zone,
    }
}

/// The UID of an event that nobody has an invitation to: always the same for a placement, and nothing to be read from it.
pub(super) fn uid_in_feed(party: Party, placement: PlacementId) -> String {
    let hash = Sha256::digest(format!("feed {party} {placement}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

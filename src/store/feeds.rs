//! What programs subscribe to, and the days that calendars show. The secret never comes here: only its hash does.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use diesel::prelude::*;

use super::invitations::CalendarIdentity;
use super::placements::time;
use super::schema::{applications, employers, feeds, invitations, libraries, outbox, placements};
use super::{Db, StoreError, Tx, parse};
use crate::domain::feed::{Feed, FeedKind, Shown};
use crate::domain::ids::{ApplicationId, EmployerId, FeedId, PlacementId};
use crate::domain::language::Language;
use crate::domain::notice::NoticeState;
use crate::domain::states::{ManagerTrust, PlacementState};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = feeds)]
struct Row {
    id: String,
    kind: String,
    person_id: Option<String>,
    library_id: Option<String>,
    employer_id: Option<String>,
    email: Option<String>,
    secret_sha256: String,
    created_at: NaiveDateTime,
    last_used_on: Option<NaiveDate>,
    revoked_at: Option<NaiveDateTime>,
}

impl Row {
    fn into_domain(self) -> Result<Feed, StoreError> {
        let employer: Option<EmployerId> =
            self.employer_id.as_deref().map(|id| parse("employer", id)).transpose()?;
        let library = self.library_id.as_deref().map(|id| parse("library", id)).transpose()?;
        let person = self.person_id.as_deref().map(|id| parse("person", id)).transpose()?;
        let email = self.email.as_deref().map(|email| parse("address", email)).transpose()?;
        let kind: FeedKind = parse("kind of feed", &self.kind)?;
        let shown = match kind {
            FeedKind::Person => person.map(Shown::Person),
            FeedKind::Contact => library.zip(email).map(|(library, email)| Shown::Contact(library, email)),
            FeedKind::Deputy => library.zip(email).map(|(library, email)| Shown::Deputy(library, email)),
            FeedKind::Manager => email.map(Shown::Manager),
            FeedKind::Library => library.map(Shown::Library),
            FeedKind::Employer => employer.map(Shown::Employer),
            FeedKind::Ideas => Some(Shown::Ideas),
        };
        let shown = shown.ok_or_else(|| StoreError::Corrupt(format!("feed {}: whose is it?", self.id)))?;
        Ok(Feed {
            id: parse("feed", &self.id)?,
            shown,
            employer,
            created_at: self.created_at,
            last_used_on: self.last_used_on,
            revoked_at: self.revoked_at,
        })
    }
}

/// Adds a feed with the hash of its secret.
///
/// # Errors
/// `Duplicate` where somebody has one of their own already.
pub fn insert(tx: &mut Tx<'_>, feed: &Feed, secret_sha256: &str) -> Result<(), StoreError> {
    let (person, library, email) = match &feed.shown {
        Shown::Person(person) => (Some(person.to_string()), None, None),
        Shown::Contact(library, email) | Shown::Deputy(library, email) => {
            (None, Some(library.to_string()), Some(email.to_string()))
        }
        Shown::Manager(email) => (None, None, Some(email.to_string())),
        Shown::Library(library) => (None, Some(library.to_string()), None),
        Shown::Employer(_) | Shown::Ideas => (None, None, None),
    };
    let row = Row {
        id: feed.id.to_string(),
        kind: feed.shown.kind().to_string(),
        person_id: person,
        library_id: library,
        employer_id: feed.employer.map(|id| id.to_string()),
        email,
        secret_sha256: secret_sha256.to_owned(),
        created_at: feed.created_at,
        last_used_on: feed.last_used_on,
        revoked_at: feed.revoked_at,
    };
    diesel::insert_into(feeds::table).values(&row).execute(&mut **tx)?;
    Ok(())
}

/// A feed.
///
/// # Errors
/// The database's.
pub fn find(db: &mut Db, id: FeedId) -> Result<Option<Feed>, StoreError> {
    let row = feeds::table.find(id.to_string()).select(Row::as_select()).first(db).optional()?;
    row.map(Row::into_domain).transpose()
}

/// The feed with a secret, unless it was taken back. The hash is looked up, so that no comparison tells by its time how
/// far a guess was right.
///
/// # Errors
/// The database's.
pub fn find_by_secret(db: &mut Db, secret_sha256: &str) -> Result<Option<Feed>, StoreError> {
    let row = feeds::table
        .filter(feeds::secret_sha256.eq(secret_sha256))
        .filter(feeds::revoked_at.is_null())
        .select(Row::as_select())
        .first(db)
        .optional()?;
    row.map(Row::into_domain).transpose()
}

/// The feed that somebody has chosen for their own days, if there is one.
///
/// # Errors
/// The database's.
pub fn find_live(db: &mut Db, shown: &Shown) -> Result<Option<Feed>, StoreError> {
    let mut query = feeds::table
        .filter(feeds::kind.eq(shown.kind().as_str()))
        .filter(feeds::revoked_at.is_null())
        .select(Row::as_select())
        .into_boxed();
    query = match shown {
        Shown::Person(person) => query.filter(feeds::person_id.eq(person.to_string())),
        Shown::Contact(library, email) | Shown::Deputy(library, email) => {
            let of_library = query.filter(feeds::library_id.eq(library.to_string()));
            of_library.filter(feeds::email.eq(email.to_string()))
        }
        Shown::Manager(email) => query.filter(feeds::email.eq(email.to_string())),
        Shown::Library(library) => query.filter(feeds::library_id.eq(library.to_string())),
        Shown::Employer(employer) => query.filter(feeds::employer_id.eq(employer.to_string())),
        // Nobody's own.
        Shown::Ideas => return Ok(None),
    };
    query.first(db).optional()?.map(Row::into_domain).transpose()
}

/// A page of the feeds of libraries, employers and ideas, those that were taken back too; of some employers, where they are named.
///
/// # Errors
/// The database's.
pub fn list(
    db: &mut Db,
    own: Option<&[EmployerId]>,
    after: Option<FeedId>,
    most: i64,
) -> Result<Vec<Feed>, StoreError> {
    let mut query = feeds::table
        .filter(feeds::kind.eq_any(FeedKind::MANAGED.map(FeedKind::as_str)))
        .select(Row::as_select())
        .into_boxed();
    if let Some(own) = own {
        query = query.filter(feeds::employer_id.eq_any(own.iter().map(ToString::to_string)));
    }
    if let Some(after) = after {
        query = query.filter(feeds::id.gt(after.to_string()));
    }
    query.order(feeds::id).limit(most).load(db)?.into_iter().map(Row::into_domain).collect()
}

/// Gives a feed another secret; the one before opens nothing any more.
///
/// # Errors
/// The database's.
pub fn renew(tx: &mut Tx<'_>, id: FeedId, secret_sha256: &str) -> Result<(), StoreError> {
    diesel::update(feeds::table.find(id.to_string()))
        .set(feeds::secret_sha256.eq(secret_sha256))
        .execute(&mut **tx)?;
    Ok(())
}

/// Takes a feed back; one that was taken back before keeps its first date.
///
/// # Errors
/// The database's.
pub fn mark_revoked(tx: &mut Tx<'_>, id: FeedId, at: NaiveDateTime) -> Result<(), StoreError> {
    diesel::update(feeds::table.find(id.to_string()).filter(feeds::revoked_at.is_null()))
        .set(feeds::revoked_at.eq(at))
        .execute(&mut **tx)?;
    Ok(())
}

/// Remembers that a feed was read on a day.
///
/// # Errors
/// The database's.
pub fn mark_used(tx: &mut Tx<'_>, id: FeedId, on: NaiveDate) -> Result<(), StoreError> {
    diesel::update(feeds::table.find(id.to_string())).set(feeds::last_used_on.eq(on)).execute(&mut **tx)?;
    Ok(())
}

/// A day that a feed shows.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedDay {
    /// Which.
    pub placement: PlacementId,
    /// Whose.
    pub application: ApplicationId,
    /// When.
    pub date: NaiveDate,
    /// Local times.
    pub times: (NaiveTime, NaiveTime),
    /// Their zone.
    pub time_zone: Tz,
    /// What became of it.
    pub state: PlacementState,
    /// Of the placement.
    pub revision: i64,
    /// Of the application.
    pub application_revision: i64,
    /// When placement and host library were last changed, in UTC.
    pub changed_at: (NaiveDateTime, NaiveDateTime),
    /// Whether nobody travels.
    pub is_virtual: bool,
    /// The participant's name.
    pub visitor: String,
    /// The host library's name.
    pub host: String,
    /// Its street and postcode.
    pub address: (Option<String>, Option<String>),
    /// Its latitude and longitude.
    pub point: Option<(f64, f64)>,
    /// The calendar identity of the feed's party.
    pub identity: Option<CalendarIdentity>,
}

type PlacementColumns = (String, String, NaiveDate, String, String, String, String, i64, NaiveDateTime, bool);
type HostColumns = (String, Option<String>, Option<String>, Option<f64>, Option<f64>, NaiveDateTime);
type IdentityColumns = Option<(String, i64, Option<bool>)>;
type DayRow = (PlacementColumns, (String, i64), HostColumns, IdentityColumns);

fn day((placement, applicant, host, identity): DayRow) -> Result<FeedDay, StoreError> {
    let (id, application, date, starts, ends, zone, state, revision, changed_at, is_virtual) = placement;
    let (name, street, postcode, latitude, longitude, host_changed_at) = host;
    Ok(FeedDay {
        placement: parse("placement", &id)?,
        application: parse("application", &application)?,
        date,
        times: (time(&starts)?, time(&ends)?),
        time_zone: parse("time zone", &zone)?,
        state: parse("state", &state)?,
        revision,
        application_revision: applicant.1,
        changed_at: (changed_at, host_changed_at),
        is_virtual,
        visitor: applicant.0,
        host: name,
        address: (street, postcode),
        point: latitude.zip(longitude),
        identity: identity.map(|(uid, sequence, is_in_calendar)| CalendarIdentity {
            uid,
            sequence,
            is_in_calendar,
        }),
    })
}

/// The days that a feed shows, from a date on: those that stand, and those that have ended since an instant and were
/// told. Nothing of a publication whose mails are held.
///
/// # Errors
/// The database's.
pub fn list_days(
    db: &mut Db,
    shown: &Shown,
    from: NaiveDate,
    ended_since: NaiveDateTime,
) -> Result<Vec<FeedDay>, StoreError> {
    let untold = outbox::table.filter(outbox::state.eq(NoticeState::Held.as_str()));
    let untold = untold.select(outbox::application_id.assume_not_null());
    let told = outbox::table
        .filter(outbox::message_id.is_not_null())
        .filter(outbox::placement_id.is_not_null())
        .select(outbox::placement_id.assume_not_null());
    let ended = PlacementState::ALL.iter().filter(|state| state.has_ended()).map(|state| state.as_str());
    let ended: Vec<&str> = ended.collect();
    let identity =
        invitations::placement_id.eq(placements::id).and(invitations::party.eq(shown.party().as_str()));
    let mut query = placements::table
        .inner_join(applications::table.on(applications::id.eq(placements::application_id)))
        .inner_join(libraries::table.on(libraries::id.eq(placements::host_library_id)))
        .left_join(invitations::table.on(identity))
        .filter(placements::date.ge(from))
        .filter(placements::application_id.ne_all(untold))
        .filter(
            placements::state
                .ne_all(ended)
                .or(placements::updated_at.ge(ended_since).and(placements::id.eq_any(told))),
        )
        .into_boxed();
    query = match shown {
        Shown::Person(person) => query.filter(placements::person_id.eq(person.to_string())),
        Shown::Contact(library, email) => {
            let of_library = query.filter(placements::host_library_id.eq(library.to_string()));
            let by_default =
                placements::contact_email.is_null().and(libraries::contact_email.eq(email.to_string()));
            of_library
                .filter(placements::contact_email.eq(email.to_string()).or(by_default).assume_not_null())
        }
        Shown::Deputy(library, email) => query
            .filter(placements::host_library_id.eq(library.to_string()))
            .filter(placements::contact_email.is_null())
            .filter(libraries::deputy_email.eq(email.to_string())),
        Shown::Manager(email) => {
            let trusted = [ManagerTrust::Believed.as_str(), ManagerTrust::Confirmed.as_str()];
            query
                .filter(applications::manager_email.eq(email.to_string()))
                .filter(applications::manager_trust.eq_any(trusted))
        }
        Shown::Library(library) => query.filter(placements::host_library_id.eq(library.to_string())),
        Shown::Employer(employer) => query.filter(placements::employer_id.eq(employer.to_string())),
        Shown::Ideas => return Ok(Vec::new()),
    };
    let rows: Vec<DayRow> = query
        .order((placements::date, placements::id))
        .select((
            (
                placements::id,
                placements::application_id,
                placements::date,
                placements::starts,
                placements::ends,
                placements::time_zone,
                placements::state,
                placements::revision,
                placements::updated_at,
                placements::is_virtual,
            ),
            (applications::name, applications::revision),
            (
                libraries::name,
                libraries::address,
                libraries::postcode,
                libraries::latitude,
                libraries::longitude,
                libraries::updated_at,
            ),
            (invitations::uid, invitations::sequence, invitations::is_in_calendar).nullable(),
        ))
        .load(db)?;
    rows.into_iter().map(day).collect()
}

/// The language in which the readers of a feed read, where one is known: the participant's newest choice, what the library
/// says of its contact, what the employer says of its line managers and HR.
///
/// # Errors
/// The database's.
pub fn find_language(db: &mut Db, shown: &Shown) -> Result<Option<Language>, StoreError> {
    let found: Option<Option<String>> = match shown {
        Shown::Person(person) => applications::table
            .filter(applications::person_id.eq(person.to_string()))
            .order(applications::id.desc())
            .select(applications::language.nullable())
            .first(db)
            .optional()?,
        Shown::Contact(library, _) | Shown::Library(library) => libraries::table
            .find(library.to_string())
            .select(libraries::contact_language)
            .first(db)
            .optional()?,
        Shown::Deputy(library, _) => {
            let found: Option<(Option<String>, Option<String>)> = libraries::table
                .find(library.to_string())
                .select((libraries::deputy_language, libraries::contact_language))
                .first(db)
                .optional()?;
            found.map(|(own, of_contact)| own.or(of_contact))
        }
        Shown::Manager(address) => applications::table
            .inner_join(employers::table.on(employers::id.eq(applications::employer_id)))
            .filter(applications::manager_email.eq(address.to_string()))
            .order(applications::id.desc())
            .select(employers::language)
            .first(db)
            .optional()?,
        Shown::Employer(employer) => {
            employers::table.find(employer.to_string()).select(employers::language).first(db).optional()?
        }
        Shown::Ideas => None,
    };
    Ok(found.flatten().as_deref().map(Language::for_tag))
}

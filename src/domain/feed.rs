//! What programs subscribe to: calendars, whose days they show and what stands in them; and the newest ideas.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::email::Email;
use super::ids::{EmployerId, FeedId, LibraryId, PersonId};
use super::letter::{EventStatus, ZoneForm};
use super::party::Party;
use super::states::named;

named! {
    /// Whose days a feed shows, or ideas.
    FeedKind {
        /// A participant's own.
        Person = "person",
        /// The visits that a host's contact receives.
        Contact = "contact",
        /// Those for which a host's deputy stands in.
        Deputy = "deputy",
        /// Those of a line manager's staff.
        Manager = "manager",
        /// The visits at a library.
        Library = "library",
        /// Those of an employer's staff.
        Employer = "employer",
        /// Ideas brought home, and no days.
        Ideas = "ideas",
    }
}

impl FeedKind {
    /// Those that programs make; the others are people's own choice.
    pub const MANAGED: [Self; 3] = [Self::Library, Self::Employer, Self::Ideas];
}

/// Whose days a feed shows, or ideas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// This person's.
    Person(PersonId),
    /// Those at a library that are received under this address.
    Contact(LibraryId, Email),
    /// Those at a library that its contact receives, for the deputy with this address.
    Deputy(LibraryId, Email),
    /// Those of the people whose line manager has this address.
    Manager(Email),
    /// Those at this library.
    Library(LibraryId),
    /// Those of this employer's staff.
    Employer(EmployerId),
    /// The newest ideas, and no days.
    Ideas,
}

impl Shown {
    /// Its kind.
    pub const fn kind(&self) -> FeedKind {
        match self {
            Shown::Person(_) => FeedKind::Person,
            Shown::Contact(..) => FeedKind::Contact,
            Shown::Deputy(..) => FeedKind::Deputy,
            Shown::Manager(_) => FeedKind::Manager,
            Shown::Library(_) => FeedKind::Library,
            Shown::Employer(_) => FeedKind::Employer,
            Shown::Ideas => FeedKind::Ideas,
        }
    }

    /// The party that sees as much, and whose calendar identities its events have.
    pub const fn party(&self) -> Party {
        match self {
            // Of ideas everybody sees as much; they have no events.
            Shown::Person(_) | Shown::Ideas => Party::Participant,
            Shown::Contact(..) | Shown::Deputy(..) | Shown::Library(_) => Party::Host,
            Shown::Manager(_) | Shown::Employer(_) => Party::Manager,
        }
    }

    /// Whether the days are the reader's own, so that they keep their hours free for them.
    pub const fn is_own(&self) -> bool {
        match self {
            Shown::Person(_) | Shown::Contact(..) => true,
            Shown::Deputy(..) | Shown::Manager(_) | Shown::Library(_) | Shown::Employer(_) | Shown::Ideas => {
                false
            }
        }
    }
}

/// A feed without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its identity.
    pub id: FeedId,
    /// What it shows.
    pub shown: Shown,
    /// Whose HR and administrators look after it, for those of a library, an employer or ideas.
    pub employer: Option<EmployerId>,
    /// When it was made, in UTC.
    pub created_at: NaiveDateTime,
    /// The last day on which a program read it, in UTC.
    pub last_used_on: Option<NaiveDate>,
    /// When it was taken back, in UTC.
    pub revoked_at: Option<NaiveDateTime>,
}

/// One event of a feed, as its reader may know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The same as the invitation's, where there is one.
    pub uid: String,
    /// Raised by every change.
    pub sequence: i64,
    /// When what it says was last changed.
    pub changed_at: DateTime<Utc>,
    /// The event's state.
    pub status: EventStatus,
    /// Whether the reader is busy then.
    pub is_busy: bool,
    /// One line.
    pub summary: String,
    /// More; no secret links, no access needs.
    pub description: String,
    /// Where.
    pub location: String,
    /// Latitude and longitude of the host.
    pub point: Option<(f64, f64)>,
    /// The local day.
    pub date: NaiveDate,
    /// Local start.
    pub starts: NaiveTime,
    /// Local end.
    pub ends: NaiveTime,
    /// Its zone.
    pub time_zone: Tz,
}

/// A feed as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Timetable {
    /// What programs call it.
    pub name: String,
    /// Where the service is.
    pub url: String,
    /// How its times are written.
    pub zone: ZoneForm,
    /// Its events.
    pub entries: Vec<Entry>,
}

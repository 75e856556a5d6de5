//! Employers and their libraries.

use chrono_tz::Tz;

use super::email::Email;
use super::ids::{EmployerId, LibraryId};
use super::language::Language;
use super::opening::WeeklyHours;
use super::place::{Point, Postcode};
use super::sector::Sector;
use super::states::LibraryStatus;
use super::tag::Tag;
use super::telephone::Telephone;
use super::text::Name;

/// An organisation that employs library staff.
#[derive(Debug, Clone, PartialEq)]
pub struct Employer {
    /// Its identity.
    pub id: EmployerId,
    /// Its name, unique.
    pub name: Name,
    /// Employers with the same group name count as one (an academy trust, an NHS trust).
    pub group: Option<Name>,
    /// In which its line managers and HR read; none: the installation's.
    pub language: Option<Language>,
    /// What it was merged into or renamed: the two count as one.
    pub successor: Option<EmployerId>,
    /// Mail domains under which a manager's address is believed, lower case.
    pub domains: Vec<String>,
    /// Managers' addresses that the employer has named.
    pub managers: Vec<Email>,
}

impl Employer {
    /// Whether the employer vouches for an address: named in its directory, or under one of its domains.
    pub fn vouches_for(&self, address: &Email) -> bool {
        self.managers.contains(address) || self.domains.iter().any(|domain| domain == address.domain())
    }
}

/// Whom a host library's mails go to.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// The contact's name or function.
    pub name: Option<Name>,
    /// The work address.
    pub email: Email,
    /// Where to ring when the day is near.
    pub telephone: Option<Telephone>,
    /// In which the contact reads; none: as the library's contact, or the installation.
    pub language: Option<Language>,
}

/// One place with one or more sectors and employers (a joint library has two of each).
#[derive(Debug, Clone, PartialEq)]
pub struct Library {
    /// Its identity.
    pub id: LibraryId,
    /// Its id in the list it came from, unique.
    pub reference: String,
    /// What people call it.
    pub name: Name,
    /// At least one.
    pub sectors: Vec<Sector>,
    /// At least one.
    pub employers: Vec<EmployerId>,
    /// Street and town.
    pub address: Option<String>,
    /// Where the country has them.
    pub postcode: Option<Postcode>,
    /// As the list names it.
    pub country: Option<String>,
    /// Unknown where absent, never 0, 0.
    pub point: Option<Point>,
    /// In which its hours are.
    pub time_zone: Tz,
    /// Whether it is in use.
    pub status: LibraryStatus,
    /// Weekly staffed hours, where known.
    pub opening_hours: Option<WeeklyHours>,
    /// Who hears of visitors. A library without a contact cannot host.
    pub contact: Option<Contact>,
    /// Who is asked to answer for the library where the contact is silent.
    pub deputy: Option<Contact>,
    /// What a visitor can learn there.
    pub topics: Vec<Tag>,
    /// Access features (`step-free`, `hearing-loop` …).
    pub access: Vec<Tag>,
    /// Whether a visitor needs an assurance of vetting.
    pub vetting_required: bool,
    /// Whether visitors are never alone with children, so that they need none.
    pub escorts_visitors: bool,
    /// What it was merged into or renamed. Nobody is sent to a library that has become part of another; what happened
    /// here is remembered there.
    pub successor: Option<LibraryId>,
}

impl Library {
    /// In which language whoever receives its mails under an address reads, where it is known: a colleague, or somebody who
    /// was the contact before, as its contact does.
    pub fn language_of(&self, address: &Email) -> Option<Language> {
        let contacts = || [&self.contact, &self.deputy].into_iter().flatten();
        let own = contacts().find(|contact| contact.email == *address);
        own.and_then(|own| own.language).or_else(|| self.contact.as_ref()?.language)
    }
}

/// Which libraries a list holds; nothing given means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LibraryFilter {
    /// Only those of this employer.
    pub employer: Option<EmployerId>,
    /// Only those that have this sector.
    pub sector: Option<Sector>,
    /// Only those whose name, reference, address or postcode holds these words, whatever their case.
    pub text: Option<String>,
}

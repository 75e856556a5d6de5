//! The round file: what the matching core knows of a round.
//!
//! Read by [`Round::read`]; a round that was built in code is checked by writing and reading it back
//! ([`Round::checked`]), so that there is one set of rules.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::rules::Rules;
use crate::domain::fault::Fault;
use crate::domain::json::read_document;

/// Minutes since midnight, 0 to 1440.
pub type Minutes = u16;

/// Hours on dates: start before end. A date that is absent means the whole day.
pub type Hours = BTreeMap<NaiveDate, (Minutes, Minutes)>;

/// A round.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// What people call it; may be empty.
    pub name: String,
    /// IANA zone of its dates and hours.
    pub time_zone: Tz,
    /// Its placement days.
    pub dates: Vec<NaiveDate>,
    /// What is allowed and what counts.
    pub rules: Rules,
    /// Employers in one list count as one; no employer is in two.
    pub employer_groups: Vec<Vec<String>>,
    /// Unordered pairs of libraries that agreed to exchange.
    pub partners: Vec<[String; 2]>,
    /// The libraries.
    pub libraries: Vec<Library>,
    /// The people who want to go.
    pub staff: Vec<Staff>,
    /// Placements that stand already.
    pub locks: Vec<Lock>,
    /// Pairs that must not be.
    pub forbidden: Vec<Forbidden>,
}

/// A library of a round.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Library {
    /// Unique.
    pub id: String,
    /// May be empty.
    pub name: String,
    /// At least one.
    pub sectors: Vec<String>,
    /// At least one.
    pub employers: Vec<String>,
    /// Latitude and longitude in degrees; absent means unknown.
    pub point: Option<(f64, f64)>,
    /// What a visitor can learn.
    pub topics: Vec<String>,
    /// Access features.
    pub access: Vec<String>,
    /// Whether a visitor needs an assurance.
    pub vetting_required: bool,
    /// Whether visitors are escorted, so that they need none.
    pub escorts_visitors: bool,
    /// Visitors taken on a date; absent means 0.
    pub hosting: BTreeMap<NaiveDate, i64>,
    /// Visitors in the whole round at most.
    pub hosting_limit: Option<i64>,
    /// Staff who may be away on a date; absent means 0.
    pub release: BTreeMap<NaiveDate, i64>,
    /// When visitors can be there.
    pub hours: Hours,
}

/// A person who wants to go.
/// `Debug` shows the id only: the rest is about a person.
#[derive(Clone, Default, PartialEq)]
pub struct Staff {
    /// Unique.
    pub id: String,
    /// The library where the person works.
    pub home: String,
    /// The days on which the person could go.
    pub dates: Vec<NaiveDate>,
    /// When the person works.
    pub hours: Hours,
    /// How far the person travels, in kilometres.
    pub max_km: f64,
    /// Where the person sets out, in place of the home library's point.
    pub origin: Option<(f64, f64)>,
    /// Wanted sectors, best first; none means no preference.
    pub sectors: Vec<String>,
    /// Wanted topics.
    pub topics: Vec<String>,
    /// Access features needed.
    pub needs: Vec<String>,
    /// Until when the employer assures vetting.
    pub assured_until: Option<NaiveDate>,
    /// Libraries visited before; may lie outside the round.
    pub visited: Vec<String>,
    /// Libraries never to be sent to; may lie outside the round.
    pub avoid: Vec<String>,
    /// Rounds in a row without a place.
    pub priority: i64,
}

impl fmt::Debug for Staff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staff({})", self.id)
    }
}

/// A placement that stands already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Who.
    pub staff: String,
    /// Where.
    pub host: String,
    /// When.
    pub date: NaiveDate,
    /// Why it may break rules.
    pub override_reason: Option<String>,
}

/// A pair that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// Who.
    pub staff: String,
    /// Where.
    pub host: String,
    /// When; none means every date.
    pub date: Option<NaiveDate>,
}

impl Round {
    /// Reads a round file.
    ///
    /// # Errors
    /// Every fault of the file, each with its JSON pointer; a file that is no JSON has one fault.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<Fault>> {
        read_document(bytes, super::read::round::read)
    }

    /// The round as it would be read from its file: one set of rules for files and for rounds built in code.
    ///
    /// # Errors
    /// As for [`Round::read`].
    pub fn checked(&self) -> Result<Self, Vec<Fault>> {
        Self::read(self.canonical().as_bytes())
    }

    /// W: what one placement counts.
    pub fn placement_weight(&self) -> i64 {
        self.rules.placement_weight(self.staff.len())
    }
}

//! Somebody's own record of their days, for professional registration: what they did and what they said of it. Nothing of
//! others stands in it, and nobody else reads it.

use std::borrow::Cow;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::applications::permit_on;
use super::load::{get_applicant, get_library, get_placement, get_round};
use super::{App, AppError, links};
use crate::domain::certificate::Standing;
use crate::domain::ids::{ApplicationId, PlacementId};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::sector::Sector;
use crate::domain::states::PlacementState;
use crate::export::Cell;
use crate::store::{Db, attendance, certificates, feedback, ideas, personal_data};

/// The days that somebody spent in other libraries, by date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Who they are now.
    pub name: String,
    /// Their days in all rounds.
    pub days: Vec<Day>,
}

impl Record {
    /// The length of all days together, in minutes.
    pub fn minutes(&self) -> i64 {
        self.days.iter().map(Day::minutes).sum()
    }
}

/// A day that is completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Of which round.
    pub round: String,
    /// When.
    pub date: NaiveDate,
    /// From, local to the host.
    pub starts: NaiveTime,
    /// Until, local to the host: when they left, where that was early.
    pub ends: NaiveTime,
    /// Whether nobody travelled.
    pub is_virtual: bool,
    /// Whether the host has marked that they came; otherwise the day counts because nobody has said anything.
    pub is_marked: bool,
    /// The library that was visited.
    pub host: String,
    /// Its sectors.
    pub host_sectors: Vec<Sector>,
    /// Where they worked then.
    pub home: String,
    /// Its sectors.
    pub home_sectors: Vec<Sector>,
    /// What they hoped to learn.
    pub objectives: Option<String>,
    /// What they said of the day.
    pub reflection: Option<String>,
    /// What they brought home.
    pub idea: Option<String>,
    /// When certificates were issued that stand, in UTC. Their codes are known to nobody but who has them.
    pub certificates: Vec<NaiveDateTime>,
}

/// The columns of a record, in their order.
pub const COLUMNS: [&str; 15] = [
    "round",
    "date",
    "starts",
    "ends",
    "hours",
    "virtual",
    "marked_by_host",
    "host_library",
    "host_sectors",
    "home_library",
    "home_sectors",
    "objectives",
    "reflection",
    "idea",
    "certificate_issued_on",
];

impl Day {
    /// Its length.
    pub fn minutes(&self) -> i64 {
        (self.ends - self.starts).num_minutes()
    }

    /// Its cells in the order of [`COLUMNS`]; sectors with a vertical bar between them.
    pub fn cells(&self) -> [Cell<'_>; 15] {
        let sectors = |of: &[Sector]| {
            Cell::Code(Cow::Owned(of.iter().map(|sector| sector.as_str()).collect::<Vec<_>>().join("|")))
        };
        let yes = |is_so: bool| Cell::Code(Cow::Borrowed(if is_so { "yes" } else { "no" }));
        [
            Cell::Text(&self.round),
            Cell::Date(self.date),
            Cell::Time(self.starts),
            Cell::Time(self.ends),
            Cell::Hundredths(hundredths(self.minutes())),
            yes(self.is_virtual),
            yes(self.is_marked),
            Cell::Text(&self.host),
            sectors(&self.host_sectors),
            Cell::Text(&self.home),
            sectors(&self.home_sectors),
            said(self.objectives.as_ref()),
            said(self.reflection.as_ref()),
            said(self.idea.as_ref()),
            self.certificates.last().map_or(Cell::Empty, |at| Cell::Date(at.date())),
        ]
    }
}

fn said(words: Option<&String>) -> Cell<'_> {
    words.map_or(Cell::Empty, |words| Cell::Text(words))
}

/// Minutes in hundredths of an hour, rounded.
pub const fn hundredths(minutes: i64) -> i64 {
    (minutes * 100 + 30) / 60
}

/// The record of the person of an application, all their rounds included.
///
/// # Errors
/// `not-found` also for a foreign one, `forbidden`, `unauthenticated`.
pub fn of(app: &App, actor: &Actor, id: ApplicationId) -> Result<Record, AppError> {
    app.store.read(|db| {
        let applicant = get_applicant(db, id)?;
        permit_on(db, actor, Action::ReadRecord, &applicant)?;
        let mut days = Vec::new();
        for placement in personal_data::list_placements(db, applicant.person.id)? {
            days.extend(day(db, placement)?);
        }
        days.sort_by_key(|day: &Day| (day.date, day.starts));
        Ok(Record { name: applicant.person.name.to_string(), days })
    })
}

/// As [`of`], by the participant's link.
///
/// # Errors
/// As for [`of`]; `not-found` for an unknown link, one that has expired, and one that is not for a participant.
pub fn of_link(app: &App, secret: &str) -> Result<Record, AppError> {
    let actor = links::holder(app, secret)?;
    let id = actor.application.filter(|_| actor.reach(Action::ReadRecord).is_ok());
    of(app, &actor, id.ok_or_else(|| AppError::not_found("record", "by this link"))?)
}

/// A day, where it is completed.
fn day(db: &mut Db, id: PlacementId) -> Result<Option<Day>, AppError> {
    let placement = get_placement(db, id)?;
    if placement.state != PlacementState::Completed {
        return Ok(None);
    }
    let (host, home) = (get_library(db, placement.host)?, get_library(db, placement.home)?);
    let known = attendance::find(db, id)?.map(|recorded| recorded.attendance);
    let until = placement.attended_until(known);
    let issued = certificates::list_of_placement(db, id)?.into_iter();
    let standing = issued.filter(|issued| issued.standing(&placement, known) == Standing::Valid);
    Ok(Some(Day {
        round: get_round(db, placement.round)?.name.to_string(),
        date: placement.date,
        starts: placement.starts,
        ends: until.unwrap_or(placement.ends),
        is_virtual: placement.terms.is_virtual,
        is_marked: until.is_some(),
        host: host.name.to_string(),
        host_sectors: host.sectors,
        home: home.name.to_string(),
        home_sectors: home.sectors,
        objectives: get_applicant(db, placement.application)?.application.objectives,
        reflection: feedback::find(db, id, Party::Participant)?.and_then(|given| given.feedback.comments),
        idea: ideas::find_of_placement(db, id)?.map(|found| found.idea.given.words.to_string()),
        certificates: standing.map(|issued| issued.issued_at).collect(),
    }))
}

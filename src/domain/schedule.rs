//! The HR schedule: one row per placement of an employer's staff, with stable columns.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::fault::Rule;
use super::ids::{EmployerId, LibraryId, PlacementId, RoundId};
use super::place::Point;
use super::sector::Sector;
use super::states::{PlacementState, named};

named! {
    /// What a row asks of whoever keeps a copy of the schedule, or books absences by it.
    Op {
        /// The day is new.
        Add = "add",
        /// Something of it is another than before.
        Change = "change",
        /// It is called off.
        Cancel = "cancel",
    }
}

named! {
    /// Whether a file begins with a byte order mark.
    Bom {
        /// For a person's browser, not for a program.
        Auto = "auto",
        /// For spreadsheets on Windows, which garble accents without it.
        With = "with",
        /// For programs, of which many take it for a part of the first name.
        Without = "without",
    }
}

named! {
    /// What stands between two cells.
    Delimiter {
        /// `,`
        Comma = "comma",
        /// `;`, which spreadsheets want where the comma is the decimal sign.
        Semicolon = "semicolon",
        /// A tab.
        Tab = "tab",
    }
}

impl Delimiter {
    /// The character.
    pub const fn character(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
        }
    }
}

/// A library as rows of a schedule tell it; shared by all of its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Its identity.
    pub id: LibraryId,
    /// Its name.
    pub name: String,
    /// Its sectors.
    pub sectors: Vec<Sector>,
    /// Street and town.
    pub address: Option<String>,
    /// Where the country has them.
    pub postcode: Option<String>,
    /// Unknown where absent.
    pub point: Option<Point>,
}

/// One placement as HR needs it. Times are local to the host's zone. No access needs, no objectives.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleRow {
    /// Stable over changes: what an absence system keys on.
    pub placement: PlacementId,
    /// Of its last change, by the employer's count; 0 where it was never in a schedule.
    pub revision: i64,
    /// The round.
    pub round: Arc<str>,
    /// The participant's employer.
    pub employer: Arc<str>,
    /// The participant's name.
    pub person_name: String,
    /// The participant's work address.
    pub person_email: String,
    /// What the employer's own list calls the participant; none where no list has them.
    pub employee_number: Option<String>,
    /// Where the participant works.
    pub home: Arc<Place>,
    /// Where the participant goes.
    pub host: Arc<Place>,
    /// The day.
    pub date: NaiveDate,
    /// Local start.
    pub starts: NaiveTime,
    /// Local end, after the start.
    pub ends: NaiveTime,
    /// The zone of date and times.
    pub time_zone: Tz,
    /// Where the placement is in its life.
    pub status: PlacementState,
    /// Why the organisers set rules aside for it, where they did.
    pub override_reason: Option<String>,
    /// Whether nobody travels: the visit is by video.
    pub is_virtual: bool,
    /// What to do with it; none where it is proposed only.
    pub op: Option<Op>,
    /// Under what the employer books the day.
    pub absence_code: Arc<AbsenceCode>,
}

impl ScheduleRow {
    /// Length of the day in hundredths of an hour, rounded.
    pub fn hundredths(&self) -> i64 {
        ((self.ends - self.starts).num_minutes() * 100 + 30) / 60
    }

    /// What a row of a whole schedule asks for: all of it is new to whoever reads it.
    pub const fn op_at_first(status: PlacementState) -> Option<Op> {
        match status {
            PlacementState::Confirmed | PlacementState::Completed => Some(Op::Add),
            PlacementState::Proposed => None,
            PlacementState::Declined
            | PlacementState::Cancelled
            | PlacementState::Expired
            | PlacementState::DidNotTakePlace => Some(Op::Cancel),
        }
    }
}

/// Under what an employer books such a day: up to 40 letters, digits and `.`, `_`, `-`, `/`, spaces within.
///
/// It begins with a letter or a digit, so that it is no formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbsenceCode(String);

impl AbsenceCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for AbsenceCode {
    /// Libraries book such a day as training, not as leave.
    fn default() -> Self {
        Self("CPD".to_owned())
    }
}

impl std::fmt::Display for AbsenceCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for AbsenceCode {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || " ._-/".contains(c);
        let right = (1..=40).contains(&text.len())
            && text.chars().all(is_plain)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && !text.ends_with(' ');
        if right {
            Ok(Self(text.to_owned()))
        } else {
            Err(Rule::of(
                "must have 1 to 40 letters from A to Z, digits, spaces, `.`, `_`, `-` or `/`, and begin with a letter or a digit",
            ))
        }
    }
}

/// Which rows; what is absent does not narrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    /// Of this round.
    pub round: Option<RoundId>,
    /// Of this employer's staff.
    pub employer: Option<EmployerId>,
    /// On this day or later.
    pub from: Option<NaiveDate>,
    /// On this day or earlier.
    pub to: Option<NaiveDate>,
    /// Of staff who work at this library.
    pub unit: Option<LibraryId>,
    /// Of staff whose library has this sector.
    pub sector: Option<Sector>,
    /// In one of these states.
    pub statuses: Vec<PlacementState>,
}

impl Default for Which {
    fn default() -> Self {
        Self {
            round: None,
            employer: None,
            from: None,
            to: None,
            unit: None,
            sector: None,
            statuses: PlacementState::IN_SCHEDULES.to_vec(),
        }
    }
}

/// A placement that is or was in a schedule, and when that changed, by the employer's count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Which.
    pub placement: PlacementId,
    /// Of its last change.
    pub revision: i64,
    /// When it was there first.
    pub first: i64,
    /// Since when it has been there without a break; none: it is called off.
    pub since: Option<i64>,
}

impl Counted {
    /// What it asks of whoever has read up to a number; nothing where they never had it, and it is off again.
    pub fn op_since(&self, read: i64) -> Option<Op> {
        match self.since {
            Some(since) if since > read => Some(Op::Add),
            Some(_) => Some(Op::Change),
            None => (self.first <= read).then_some(Op::Cancel),
        }
    }
}

/// How far somebody has read the changes of an employer's schedule. Written as `<employer>.<number>`; readers keep it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Whose schedule.
    pub employer: EmployerId,
    /// The last number.
    pub read: i64,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.employer, self.read)
    }
}

impl std::str::FromStr for Cursor {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let read = |number: &str| number.parse().ok().filter(|read: &i64| *read >= 0);
        text.split_once('.')
            .and_then(|(employer, number)| {
                Some(Self { employer: employer.parse().ok()?, read: read(number)? })
            })
            .ok_or(Rule::of("must be the `cursor` of an answer before"))
    }
}

//! What a host offers instead of a no: another day, a colleague who receives the visitor, or a virtual visit.
//!
//! Such an offer takes the proposed day off the table: the participant takes what is offered, or the placement ends.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::ids::{AlternativeId, PlacementId};
use super::organisation::Contact;
use super::placement::Given;
use super::states::AlternativeState;
use super::states::named;

named! {
    /// What is offered.
    AlternativeKind {
        /// Another day.
        Date = "date",
        /// Another contact of the same library, on the same day.
        Colleague = "colleague",
        /// The same day by video: nobody travels.
        Virtual = "virtual",
    }
}

/// From and to, local to the host.
pub type Times = (NaiveTime, NaiveTime);

/// What a host would rather have.
#[derive(Debug, Clone, PartialEq)]
pub enum Instead {
    /// Another day; where no times are named, those that both have in common.
    Date(NaiveDate, Option<Times>),
    /// Somebody else of the library receives the visitor.
    Colleague(Contact),
    /// A virtual visit on the same day; where no times are named, at the same time.
    Virtual(Option<Times>),
}

impl Instead {
    /// Its kind.
    pub const fn kind(&self) -> AlternativeKind {
        match self {
            Instead::Date(..) => AlternativeKind::Date,
            Instead::Colleague(_) => AlternativeKind::Colleague,
            Instead::Virtual(_) => AlternativeKind::Virtual,
        }
    }
}

/// An offer as a host makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// What is offered.
    pub instead: Instead,
    /// Why, and what else is to be said; the participant reads it.
    pub words: Option<String>,
}

/// An offer that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// Its identity.
    pub id: AlternativeId,
    /// Instead of which placement.
    pub placement: PlacementId,
    /// The version of what is agreed to that it made; later offers of the placement have higher ones.
    pub version: i64,
    /// What is offered.
    pub kind: AlternativeKind,
    /// The day.
    pub date: NaiveDate,
    /// Local start.
    pub starts: NaiveTime,
    /// Local end, after the start.
    pub ends: NaiveTime,
    /// Who would receive the visitor, where it is a colleague.
    pub contact: Option<Contact>,
    /// The host's words.
    pub words: Option<String>,
    /// What became of it.
    pub state: AlternativeState,
    /// What it sets aside, by the checker's codes: `balance` is told, and forbids nothing (docs/placements.md).
    pub set_aside: Vec<String>,
    /// Who offered it.
    pub given: Given,
    /// When it was taken or refused, or came to nothing.
    pub settled_at: Option<NaiveDateTime>,
}

impl Alternative {
    /// Whether this is the very offer that is made again.
    pub fn is(&self, wanted: &Wanted) -> bool {
        let at = |times: &Option<Times>| times.is_none_or(|times| times == (self.starts, self.ends));
        let same = match &wanted.instead {
            Instead::Date(date, times) => self.date == *date && at(times),
            Instead::Colleague(contact) => self.contact.as_ref() == Some(contact),
            Instead::Virtual(times) => at(times),
        };
        same && self.kind == wanted.instead.kind() && self.words == wanted.words
    }

    /// Whether it waits for the participant.
    pub fn is_open(&self) -> bool {
        self.state == AlternativeState::Offered
    }
}

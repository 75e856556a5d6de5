//! A place that fell empty, and its offers to reserves: one after another, each with a last day for the answer.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::ids::{ApplicationId, LibraryId, PersonId, PlacementId, RefillId, ReserveOfferId, RoundId};
use super::refusal::{Refusal, RefusalCode};
use super::states::{RefillState, ReserveOfferState};
use super::steps::{self, Deed};

/// A place that is offered to reserves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refill {
    /// Its identity.
    pub id: RefillId,
    /// The placement that ended and left it.
    pub placement: PlacementId,
    /// The round.
    pub round: RoundId,
    /// Where.
    pub host: LibraryId,
    /// When.
    pub date: NaiveDate,
    /// Whom to ask, in this order, where the organiser named some.
    pub named: Option<Vec<ApplicationId>>,
    /// How far it is.
    pub state: RefillState,
    /// The open offer of another place whose end it waits for: everybody who is left is asked elsewhere.
    pub waits_for: Option<ReserveOfferId>,
    /// Why it ended without a yes, in words.
    pub reason: Option<String>,
    /// When it began, in UTC.
    pub started_at: NaiveDateTime,
    /// The stable name of whoever began it.
    pub started_by: String,
    /// When it ended, in UTC.
    pub ended_at: Option<NaiveDateTime>,
}

impl Refill {
    /// Whether somebody is asked, or will be.
    pub fn is_running(&self) -> bool {
        self.state == RefillState::Running
    }

    /// Ends it; `reason` tells the organisers why, where nobody took the place.
    ///
    /// # Errors
    /// `refill-ended` unless it is running.
    pub fn end(&mut self, deed: Deed, reason: Option<&str>, now: NaiveDateTime) -> Result<(), Refusal> {
        let Some(state) = steps::next(steps::REFILL, self.state, deed) else {
            let words = format!("this refill is {}: nobody is asked any more", self.state);
            return Err(Refusal::new(RefusalCode::RefillEnded, words));
        };
        (self.state, self.reason) = (state, reason.map(str::to_owned));
        (self.waits_for, self.ended_at) = (None, Some(now));
        Ok(())
    }
}

/// The offer of a place to one reserve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReserveOffer {
    /// Its identity.
    pub id: ReserveOfferId,
    /// Of which place.
    pub refill: RefillId,
    /// To whom.
    pub application: ApplicationId,
    /// Who that is.
    pub person: PersonId,
    /// Local start.
    pub starts: NaiveTime,
    /// Local end, after the start.
    pub ends: NaiveTime,
    /// The last day for the answer, local to the round.
    pub answer_until: NaiveDate,
    /// What became of it.
    pub state: ReserveOfferState,
    /// When it was made, in UTC.
    pub offered_at: NaiveDateTime,
    /// When it was answered or ended, in UTC.
    pub settled_at: Option<NaiveDateTime>,
    /// The stable name of whoever answered.
    pub answered_by: Option<String>,
    /// The placement that came of it.
    pub placement: Option<PlacementId>,
}

impl ReserveOffer {
    /// Whether it waits for an answer, so that the place is held.
    pub fn is_open(&self) -> bool {
        self.state == ReserveOfferState::Open
    }

    /// Settles it.
    ///
    /// # Errors
    /// `no-offer` once it is settled.
    pub fn settle(&mut self, deed: Deed, now: NaiveDateTime) -> Result<(), Refusal> {
        let Some(state) = steps::next(steps::RESERVE_OFFER, self.state, deed) else {
            let words = format!("this offer is {}: the place is not offered here any more", self.state);
            return Err(Refusal::new(RefusalCode::NoOffer, words));
        };
        (self.state, self.settled_at) = (state, Some(now));
        Ok(())
    }
}

//! The day of a placement and what comes after it: ill, arrived, left early, did not come; and until when it is told.
//!
//! Times here are the wall clock of the host's zone (`deadlines::local`).

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};

use super::fault::Rule;
use super::placement::Placement;
use super::refusal::{Refusal, RefusalCode};
use super::states::{PlacementState, named};
use super::steps::Deed;

/// How many days after its first mark an attendance can be marked otherwise.
pub const DAYS_TO_CORRECT: u64 = 7;
/// Until how many days after a visit feedback and ideas are taken.
pub const DAYS_TO_REVIEW: u64 = 30;

/// The last day on which anything can be said of a day.
pub fn last_review(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(DAYS_TO_REVIEW)).unwrap_or(day)
}

named! {
    /// What came of a day.
    AttendanceKind {
        /// The visitor came.
        Arrived = "arrived",
        /// The visitor came, and left before the end.
        LeftEarly = "left_early",
        /// The visitor did not come.
        DidNotCome = "did_not_come",
        /// The visitor said to be ill. Nothing else about it is asked or kept.
        Ill = "ill",
        /// Nobody has said anything.
        NotRecorded = "not_recorded",
    }
}

/// What came of a day, with the time where somebody left early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attendance {
    /// What.
    pub kind: AttendanceKind,
    /// When somebody left early, local to the host.
    pub left_at: Option<NaiveTime>,
}

impl Attendance {
    /// Without a time.
    pub const fn of(kind: AttendanceKind) -> Self {
        Self { kind, left_at: None }
    }

    /// What a host may mark.
    ///
    /// # Errors
    /// The rule that is broken, with the field it is about.
    pub fn marked(
        kind: AttendanceKind,
        left_at: Option<NaiveTime>,
    ) -> Result<Self, (&'static str, &'static str)> {
        match (kind, left_at) {
            (AttendanceKind::LeftEarly, None) => Err(("left_at", "is required with left_early")),
            (AttendanceKind::Arrived | AttendanceKind::DidNotCome, Some(_)) => {
                Err(("left_at", "goes with left_early only"))
            }
            (AttendanceKind::Ill | AttendanceKind::NotRecorded, _) => {
                Err(("attendance", "must be one of arrived, left_early, did_not_come"))
            }
            (AttendanceKind::Arrived | AttendanceKind::LeftEarly | AttendanceKind::DidNotCome, left_at) => {
                Ok(Self { kind, left_at })
            }
        }
    }
}

/// An attendance as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// What.
    pub attendance: Attendance,
    /// When something was first marked, in UTC.
    pub first_at: NaiveDateTime,
}

impl Placement {
    /// When the visit begins, by the host's clock.
    pub fn begins(&self) -> NaiveDateTime {
        self.date.and_time(self.starts)
    }

    /// When it ends.
    pub fn finishes(&self) -> NaiveDateTime {
        self.date.and_time(self.ends)
    }

    /// Whether the participant can say now that they are ill; `now` by the host's clock.
    ///
    /// # Errors
    /// `placement-state` unless it is confirmed; `too-early` before noon of the day before; `too-late` after the visit.
    pub fn admit_illness(&self, now: NaiveDateTime) -> Result<(), Refusal> {
        self.next(Deed::CallInIll, "called off for illness")?;
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let from = (self.date - Days::new(1)).and_time(noon);
        if now < from {
            let words = format!(
                "that you are ill can be said from noon of {}; before, say on the same page that the day is not possible",
                from.date()
            );
            return Err(Refusal::new(RefusalCode::TooEarly, words));
        }
        if now > self.finishes() {
            let words = format!("the visit ended at {} on {}", self.ends.format("%H:%M"), self.date);
            return Err(Refusal::new(RefusalCode::TooLate, words));
        }
        Ok(())
    }

    /// The participant is ill: the day does not take place.
    ///
    /// # Errors
    /// As for [`Placement::admit_illness`].
    pub fn call_in_ill(&mut self, now: NaiveDateTime) -> Result<(), Refusal> {
        self.admit_illness(now)?;
        self.state = self.next(Deed::CallInIll, "called off for illness")?;
        Ok(())
    }

    /// Whether the host can mark now who came; `now` by the host's clock, `before` with its first mark by the same clock.
    ///
    /// # Errors
    /// `placement-state` unless the day stood, also after *I am ill today*; `too-early` before the visit; `too-late` when
    /// the days to correct a mark are over.
    pub fn admit_marks(
        &self,
        before: Option<(AttendanceKind, NaiveDateTime)>,
        now: NaiveDateTime,
    ) -> Result<(), Refusal> {
        self.next(Deed::Attend, "marked")?;
        if matches!(before, Some((AttendanceKind::Ill, _))) {
            let words = "the visitor has said to be ill: there is nothing to mark";
            return Err(Refusal::new(RefusalCode::PlacementState, words));
        }
        if now < self.begins() {
            let words = format!("the visit begins at {} on {}", self.starts.format("%H:%M"), self.date);
            return Err(Refusal::new(RefusalCode::TooEarly, words));
        }
        match before {
            Some((
                AttendanceKind::Arrived | AttendanceKind::LeftEarly | AttendanceKind::DidNotCome,
                first,
            )) => {
                let last = first.date() + Days::new(DAYS_TO_CORRECT);
                if now.date() > last {
                    let words = format!("a mark can be corrected until {last}: ask the organisers");
                    return Err(Refusal::new(RefusalCode::TooLate, words));
                }
                Ok(())
            }
            Some((AttendanceKind::Ill | AttendanceKind::NotRecorded, _)) | None => Ok(()),
        }
    }

    /// Whether an attendance can be: the time of leaving lies within the visit.
    ///
    /// # Errors
    /// The rule for `left_at`.
    pub fn check_left_at(&self, attendance: Attendance) -> Result<(), Rule> {
        let inside = |at: NaiveTime| self.starts < at && at < self.ends;
        if attendance.left_at.is_none_or(inside) {
            return Ok(());
        }
        let (starts, ends) = (self.starts.format("%H:%M"), self.ends.format("%H:%M"));
        Err(Rule::new(format!("must lie in the visit, after {starts} and before {ends}")))
    }

    /// Follows a mark that is admitted.
    ///
    /// # Errors
    /// `placement-state`.
    pub fn follow_mark(&mut self, kind: AttendanceKind) -> Result<(), Refusal> {
        self.state = match kind {
            AttendanceKind::Arrived | AttendanceKind::LeftEarly => self.next(Deed::Attend, "attended")?,
            AttendanceKind::DidNotCome => self.next(Deed::StayAway, "marked as missed")?,
            AttendanceKind::Ill => self.next(Deed::CallInIll, "called off for illness")?,
            AttendanceKind::NotRecorded => self.next(Deed::Assume, "taken as attended")?,
        };
        Ok(())
    }

    /// Whether feedback and ideas are taken now, by the host's clock.
    ///
    /// # Errors
    /// `placement-state` unless the day stands; `too-early` before the end of the visit; `too-late` 30 days after.
    pub fn admit_review(&self, now: NaiveDateTime) -> Result<(), Refusal> {
        self.next(Deed::Review, "told about")?;
        if now < self.finishes() {
            let words = format!("the visit ends at {} on {}", self.ends.format("%H:%M"), self.date);
            return Err(Refusal::new(RefusalCode::TooEarly, words));
        }
        let last = last_review(self.date);
        if now.date() > last {
            return Err(Refusal::new(RefusalCode::TooLate, format!("this could be told until {last}")));
        }
        Ok(())
    }

    /// Whether the visit is over and stands, so that nobody can say any more that it is not possible.
    pub fn has_been(&self, now: NaiveDateTime) -> bool {
        self.state == PlacementState::Confirmed && now.date() > self.date
    }
}

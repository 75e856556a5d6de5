//! How a round would be matched as it is now: where it is short, and what each rule costs. For organisers, also while
//! people still sign up.
//!
//! Reads only. The round file is made in one read; then it is solved a few times, outside any transaction, within the
//! time of one request. What is not proven by then is told as the best found.

use std::ops::ControlFlow;

use super::app::permit_in_round;
use super::clock::seconds_running;
use super::locks::check_locks;
use super::rounds::load as load_round;
use super::snapshot::freeze;
use super::{App, AppError, repairs};
use crate::domain::ids::RoundId;
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::BrokenRule;
use crate::domain::states::RoundState;
use crate::files::{self, Schedule};
use crate::matching::frontier::Extent;
use crate::matching::{self, MatchError, Options, StopReason};

pub use crate::matching::frontier::Point;
pub use crate::matching::health::{Health, Help, Scarce};

/// Seconds after which a look ends with what it has found.
pub const MOST_SECONDS: u64 = 10;
/// Seconds for a round's health as it is: whatever is tried is compared with it.
const SECONDS_AS_IT_IS: f64 = 5.0;
/// Seconds for each of up to twenty rounds with one more place or release.
const SECONDS_WITH_MORE: f64 = 0.5;
/// So much of the time that is left is for the next point of a frontier: the first two are the strictest and none.
const SHARE_OF_POINT: f64 = 1.0 / 3.0;
/// The largest balance and the longest rings of a frontier, as in the command.
const EXTENT: Extent = Extent { most: (4, 5) };

/// What each rule costs.
#[derive(Debug, Clone)]
pub struct Frontier {
    /// Who would be matched.
    pub people: usize,
    /// The round's own balance; none: off.
    pub balance: Option<i64>,
    /// The round's own limit of rings.
    pub max_ring: Option<i64>,
    /// From the strictest rule to none.
    pub points: Vec<Point>,
}

/// Where a round is short, with the number of those who would be matched.
///
/// # Errors
/// `breaks-rules` where a lock does by now; `invalid-fields` where the file's own limits are exceeded; `not-found`,
/// `forbidden`, `unauthenticated`.
pub fn health(app: &App, actor: &Actor, id: RoundId) -> Result<(usize, Health), AppError> {
    let round = as_it_is(app, actor, id)?;
    let (time, mut seconds) = (Time::from_now(), SECONDS_AS_IT_IS);
    let mut solve = |round: &_| time.solve(round, std::mem::replace(&mut seconds, SECONDS_WITH_MORE));
    let found = matching::health::health(&round, &mut solve).map_err(broken)?;
    Ok((round.staff.len(), found))
}

/// How many people each balance and each limit of rings would place.
///
/// # Errors
/// As for [`health`].
pub fn frontier(app: &App, actor: &Actor, id: RoundId) -> Result<Frontier, AppError> {
    let round = as_it_is(app, actor, id)?;
    let time = Time::from_now();
    let mut solve = |round: &_, _| time.solve(round, time.left() * SHARE_OF_POINT);
    let points = matching::frontier::frontier(&round, EXTENT, &mut solve);
    let (balance, max_ring) = (round.rules.balance, round.rules.max_ring);
    Ok(Frontier { people: round.staff.len(), balance, max_ring, points })
}

/// What a run would freeze now; once a round is published, everybody who was matched, as if nothing had been decided.
fn as_it_is(app: &App, actor: &Actor, id: RoundId) -> Result<files::Round, AppError> {
    permit_in_round(actor, Action::ReadOutlook, id, ("round", &id))?;
    app.store.read(|db| {
        let round = load_round(db, actor, id)?;
        match round.state {
            RoundState::Published | RoundState::Running | RoundState::Completed | RoundState::Archived => {
                repairs::as_published(db, &round)
            }
            RoundState::Draft
            | RoundState::Open
            | RoundState::Closed
            | RoundState::Matched
            | RoundState::Cancelled => {
                let frozen = freeze(db, &round)?;
                check_locks(&frozen)?;
                Ok(frozen)
            }
        }
    })
}

/// The checker lets no such lock pass; should the solver know better, it is told as what it is.
fn broken(error: MatchError) -> AppError {
    let words = error.to_string();
    match error {
        MatchError::LockBreaksRule { staff, code } => AppError::BreaksRules(vec![BrokenRule {
            code,
            application: Some(staff),
            library: None,
            date: None,
            words,
        }]),
        MatchError::LocksInfeasible
        | MatchError::RingLimitNotYet
        | MatchError::StoppedEarly
        | MatchError::CannotWrite { .. } => AppError::Internal(words),
    }
}

/// Why there are no figures, in words for the organiser.
pub fn words(error: &MatchError) -> String {
    match error {
        MatchError::StoppedEarly => {
            "no schedule was found in the time of one request: a run takes the time that it needs".to_owned()
        }
        other => other.to_string(),
    }
}

/// The time of one request.
struct Time {
    ends: f64,
}

impl Time {
    fn from_now() -> Self {
        Self { ends: seconds_running() + std::time::Duration::from_secs(MOST_SECONDS).as_secs_f64() }
    }

    /// Seconds, 0 once it is up.
    fn left(&self) -> f64 {
        (self.ends - seconds_running()).max(0.0)
    }

    /// Solves a round for so many seconds at most; not at all once the time is up. To have placed nobody for want of time
    /// is to have found nothing.
    fn solve(&self, round: &files::Round, seconds: f64) -> Result<Schedule, MatchError> {
        let seconds = seconds.min(self.left());
        if seconds <= 0.0 {
            return Err(MatchError::StoppedEarly);
        }
        let until = seconds_running() + seconds;
        let options = Options { changes: false, ..Options::default() };
        let schedule = matching::solve(round, &options, &mut |_| {
            if seconds_running() < until {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(StopReason::Time)
            }
        })?;
        let is_nothing = schedule.outcomes.placed == 0 && !schedule.objective.optimal;
        if is_nothing { Err(MatchError::StoppedEarly) } else { Ok(schedule) }
    }
}

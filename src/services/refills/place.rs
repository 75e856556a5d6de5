//! A place that fell empty as it is now: who could take it, and what becomes of the schedule when somebody does.
//!
//! The round is looked at as a repair looks at it, and judged by the same code: no third rule book.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, NaiveTime};

use crate::domain::deadlines::reserve_answers;
use crate::domain::history::Successors;
use crate::domain::ids::{ApplicationId, LibraryId, PlacementId, ReserveOfferId};
use crate::domain::opening::Opening;
use crate::domain::party::Party;
use crate::domain::permissions::Action;
use crate::domain::placement::Placement;
use crate::domain::round::Round;
use crate::domain::states::{Answer, ApplicationState, PlacementState};
use crate::domain::told::Told;
use crate::files::schedule;
use crate::matching::repair::{self, RepairFault, Request, Reserve};
use crate::services::app::Now;
use crate::services::load::get_library;
use crate::services::placements::TAKEN_BACK;
use crate::services::publication::times_on;
use crate::services::repairs::{Asked, Base, Plan, plan_of};
use crate::services::{AppError, answer_time, mending};
use crate::store::applications::Applicant;
use crate::store::placements::{Publicity, Visible};
use crate::store::{Db, applications, audit, opening, organisations, placements};
use crate::verify::{self, Subject};

/// How long reserves have, and how long before the day nobody is asked any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Working days for an answer.
    pub working_days: u16,
    /// Days before the day.
    pub days_before: u16,
}

/// A place, with everything that its judgement rests on.
pub(super) struct Place {
    base: Base,
    /// What the host library is now.
    pub(super) host: LibraryId,
    pub(super) date: NaiveDate,
    request: Request,
    applicants: Vec<Applicant>,
}

/// Somebody takes the place: what that changes, and the files of it.
pub(super) struct Seat {
    pub(super) plan: Plan,
    pub(super) round_file: String,
    pub(super) schedule_file: String,
}

fn unexpected(faults: &[RepairFault]) -> AppError {
    let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
    AppError::Internal(format!("a place cannot be looked at: {}", words.join("; ")))
}

impl Patience {
    /// Whether a day is too near to ask anybody.
    pub(super) fn is_over(self, today: NaiveDate, date: NaiveDate) -> bool {
        today.checked_add_days(Days::new(self.days_before.into())).is_none_or(|day| day > date)
    }
}

impl Place {
    /// Loads a place as it is; `own` is the offer whose acceptance is judged, which holds nothing then.
    ///
    /// # Errors
    /// The database's; `invalid-fields` where the file's own limits are exceeded.
    pub(super) fn load(
        db: &mut Db,
        now: &Now,
        round: &Round,
        (host, date): (LibraryId, NaiveDate),
        own: Option<ReserveOfferId>,
    ) -> Result<Self, AppError> {
        let base = Base::load(db, round, &Asked::default(), own)?;
        let host = Successors::new(organisations::list_library_successors(db)?).current(host);
        let known: BTreeSet<&str> = base.file.staff.iter().map(|person| person.id.as_str()).collect();
        let gone = gone_by_choice(db, round)?;
        let mut applicants = applications::list_of_round(db, round.id)?;
        applicants.retain(|applicant| {
            let application = &applicant.application;
            application.state == ApplicationState::Unplaced
                && known.contains(application.id.to_string().as_str())
                && !gone.contains(&application.id)
        });
        let request = Request {
            add: applicants.iter().map(|applicant| applicant.application.id.to_string()).collect(),
            from: Some(now.today(round.time_zone)),
            ..Request::default()
        };
        Ok(Self { base, host, date, request, applicants })
    }

    /// Whether the host takes one more on the day.
    pub(super) fn is_open(&self) -> bool {
        let id = self.host.to_string();
        let library = self.base.file.libraries.iter().find(|library| library.id == id);
        let places = library.and_then(|library| library.hosting.get(&self.date)).copied().unwrap_or(0);
        let taken = self.base.schedule.placements.iter();
        let taken = taken.filter(|placed| (&placed.host, placed.date) == (&id, self.date)).count();
        i64::try_from(taken).is_ok_and(|taken| taken < places)
    }

    fn place(&self) -> repair::Place {
        (self.host.to_string(), self.date)
    }

    /// Who could take it as things are now, best first by the round's own objective.
    pub(super) fn reserves(&self) -> Result<Vec<(&Applicant, Reserve)>, AppError> {
        if self.applicants.is_empty() {
            return Ok(Vec::new());
        }
        let found = repair::reserves(&self.base.file, &self.base.schedule, &self.request, &self.place())
            .map_err(|faults| unexpected(&faults))?;
        let of = |reserve: Reserve| {
            let mut all = self.applicants.iter();
            let applicant = all.find(|one| one.application.id.to_string() == reserve.staff)?;
            Some((applicant, reserve))
        };
        Ok(found.into_iter().filter_map(of).collect())
    }

    /// When somebody would be there.
    pub(super) fn times(&self, application: ApplicationId) -> Result<(NaiveTime, NaiveTime), AppError> {
        let placed = schedule::Placement {
            staff: application.to_string(),
            host: self.host.to_string(),
            date: self.date,
            score: 0,
            ring: None,
        };
        times_on(&self.base.file, &self.base.file.rules, &placed)
    }

    /// What becomes of the round when somebody takes the place; or why they cannot.
    pub(super) fn seat(
        &self,
        db: &mut Db,
        now: &Now,
        round: &Round,
        applicant: &Applicant,
    ) -> Result<Result<Seat, Told>, AppError> {
        let id = applicant.application.id;
        if !self.reserves()?.iter().any(|(one, _)| one.application.id == id) {
            return Ok(Err(Told::PlaceGoneByRules));
        }
        let libraries = [get_library(db, applicant.application.home)?, get_library(db, self.host)?];
        match answer_time::last_day(db, now, round, self.date, &libraries) {
            Ok(_) => {}
            Err(AppError::Refused(_)) => return Ok(Err(Told::PlaceGoneTooNear)),
            Err(error) => return Err(error),
        }
        let (file, before) = (&self.base.file, &self.base.schedule);
        let found = repair::seat(file, before, &self.request, (&id.to_string(), &self.place()))
            .map_err(|faults| unexpected(&faults))?;
        let schedules = mending::schedules(file, before, &found);
        let (Some(choice), Some(schedule)) = (found.choices.first(), schedules.first()) else {
            return Err(AppError::Internal("a seat without a schedule".to_owned()));
        };
        // Proof before use: what does not verify is not published, whoever says yes.
        if !verify::verify(&Subject::Round(file), schedule).breaches.is_empty() {
            return Ok(Err(Told::PlaceGoneByRules));
        }
        Ok(Ok(Seat {
            plan: plan_of(&self.base, choice, schedule)?,
            round_file: file.canonical(),
            schedule_file: schedule.to_json(),
        }))
    }
}

/// The last day for the answer of a reserve who is asked now; none where the day is too near.
pub(super) fn last_day(
    db: &mut Db,
    today: NaiveDate,
    date: NaiveDate,
    patience: Patience,
    (home, host): (LibraryId, LibraryId),
) -> Result<Option<NaiveDate>, AppError> {
    let libraries = [get_library(db, home)?, get_library(db, host)?];
    let openings = opening::load(db, &libraries, &answer_time::days(today, date))?;
    let none = Opening::default();
    let of = |library: &LibraryId| openings.get(library).unwrap_or(&none);
    let terms = (patience.working_days, patience.days_before);
    Ok(reserve_answers(today, date, terms, (of(&home), of(&host))))
}

/// Who had a place in the round and is without one because they, or their manager, said so, did not answer, or are ill:
/// they are not asked again. Whose host said no, whom a repair left without a place, or whose publication was taken back,
/// is; and what somebody has exchanged is no place that they gave up.
fn gone_by_choice(db: &mut Db, round: &Round) -> Result<BTreeSet<ApplicationId>, AppError> {
    let all = placements::list(db, round.id, (&Visible::All, Publicity::AlsoUntold), None, None, i64::MAX)?;
    let cancelled: Vec<PlacementId> = all
        .iter()
        .filter(|placement| placement.state == PlacementState::Cancelled)
        .map(|placement| placement.id)
        .collect();
    let entries = audit::list_about(db, "placement", &cancelled)?;
    let was_taken_away = |placement: &Placement| {
        entries.iter().filter(|entry| entry.subject_id == placement.id.to_string()).any(|entry| {
            let details: serde_json::Value = serde_json::from_str(&entry.details).unwrap_or_default();
            let ends = |action| entry.action == action && details["deed"] == "end";
            (ends(Action::Repair) && matches!(details["why"].as_str(), Some("host_closes" | "touched")))
                || ends(Action::Exchange)
                || (entry.action == Action::CancelPlacement && details["because"] == TAKEN_BACK)
        })
    };
    let said = |placement: &Placement, party, answer| placement.answer_of(party) == Some(answer);
    let by_choice = |placement: &&Placement| match placement.state {
        PlacementState::Declined => {
            said(placement, Party::Participant, Answer::No) || said(placement, Party::Manager, Answer::No)
        }
        PlacementState::Expired => !said(placement, Party::Participant, Answer::Yes),
        PlacementState::Cancelled => !was_taken_away(placement),
        PlacementState::DidNotTakePlace => true,
        PlacementState::Proposed | PlacementState::Confirmed | PlacementState::Completed => false,
    };
    Ok(all.iter().filter(by_choice).map(|placement| placement.application).collect())
}

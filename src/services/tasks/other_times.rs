//! Other times that calendars have proposed (iTIP COUNTER): owed to those who may change the times of a placement.

use super::super::AppError;
use super::super::app::Now;
use super::super::load::get_round;
use super::super::placements::get_case;
use crate::domain::deadlines::local;
use crate::domain::ids::EmployerId;
use crate::domain::task::{Door, SubjectKind, Task, TaskKind};
use crate::services::notices::Case;
use crate::store::Db;
use crate::store::inbound::{OtherTime, list_other_times};

/// Of every placement, for organisers.
pub(super) fn of_all(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    owed(db, now, |_| true)
}

/// Of placements of employers' staff and at their libraries, for their administrators.
pub(super) fn of_own(db: &mut Db, now: &Now, own: &[EmployerId]) -> Result<Vec<Task>, AppError> {
    owed(db, now, |case| {
        own.contains(&case.placement.employer) || case.host.employers.iter().any(|host| own.contains(host))
    })
}

fn owed(db: &mut Db, now: &Now, is_theirs: impl Fn(&Case) -> bool) -> Result<Vec<Task>, AppError> {
    let mut owed = Vec::new();
    for other in list_other_times(db)? {
        let case = get_case(db, other.placement)?;
        let has_been = case.placement.has_been(local(now.at, case.placement.time_zone));
        if has_been || !is_theirs(&case) {
            continue;
        }
        let round = get_round(db, case.placement.round)?;
        let placement = &case.placement;
        owed.push(Task {
            kind: TaskKind::ConsiderTimes,
            deadline: Some(placement.last_answers(round.answer_until).min(placement.date)),
            subject_kind: SubjectKind::Placement,
            subject: placement.id.uuid(),
            about: format!("{} at {} on {}", case.applicant.person.name, case.host.name, placement.date),
            round: Some(placement.round),
            what: words(&case, &other),
            door: Door::Api(format!("/v1/placements/{}/times", placement.id)),
        });
    }
    Ok(owed)
}

fn words(case: &Case, other: &OtherTime) -> String {
    let placement = &case.placement;
    let when = other.proposed.map_or("another time, without saying which".to_owned(), |time| {
        let [starts, ends] = [time.starts, time.ends].map(|at| local(at.and_utc(), placement.time_zone));
        let starts_on = starts.format("%Y-%m-%d %H:%M");
        let until = if starts.date() == ends.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        format!("{starts_on} to {} ({})", ends.format(until), placement.time_zone)
    });
    format!(
        "The {}'s calendar proposes {when} instead of {} to {}. Change the times of the day, or leave them: then tell \
         whoever asked. Another day takes a repair. The task ends when they answer.",
        other.party,
        placement.starts.format("%H:%M"),
        placement.ends.format("%H:%M"),
    )
}

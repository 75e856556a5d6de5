//! What library administrators owe for the libraries and the staff of their employers.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::AppError;
use super::super::app::Now;
use crate::domain::deadlines::local;
use crate::domain::ids::{EmployerId, LibraryId};
use crate::domain::packs::PackState;
use crate::domain::states::{Answer, PlacementState, RoundState};
use crate::domain::task::{Door, SubjectKind, Task, TaskKind};
use crate::store::{Db, rounds, swaps, tasks};

/// Gathers tasks for the administrators of some employers.
pub(super) type Gather = fn(&mut Db, &Now, &[EmployerId]) -> Result<Vec<Task>, AppError>;

/// Managers to be confirmed.
pub(super) fn managers(db: &mut Db, _: &Now, own: &[EmployerId]) -> Result<Vec<Task>, AppError> {
    let task = |found: tasks::Unvouched| {
        Task {
        kind: TaskKind::ConfirmManager,
        deadline: Some(found.round.sign_up_until),
        subject_kind: SubjectKind::Application,
        subject: found.application.uuid(),
        about: format!("the manager of {} in {}", found.name, found.round.name),
        round: Some(found.round.id),
        what: "Say whether the address given for the line manager is the manager's: nothing else vouches for it."
            .to_owned(),
        door: Door::Api(format!("/v1/applications/{}/manager", found.application)),
    }
    };
    Ok(tasks::list_unvouched(db, own)?.into_iter().map(task).collect())
}

/// Libraries without a contact, and those without an offer in a round for which people can sign up. A library that wants
/// to take no part makes no offer, so that its task ends with sign-up.
pub(super) fn libraries(db: &mut Db, now: &Now, own: &[EmployerId]) -> Result<Vec<Task>, AppError> {
    let libraries = tasks::list_own_libraries(db, own)?;
    let offers = tasks::list_own_offers(db, own)?;
    let mut open = rounds::list_in_states(db, &[RoundState::Open])?;
    open.retain(|round| round.admit_sign_up(now.today(round.time_zone)).is_ok());
    // Proposals go to the contact, so one is needed before they do.
    let mut needed_by: BTreeMap<LibraryId, NaiveDate> = BTreeMap::new();
    for (library, round) in &offers {
        let day = needed_by.entry(*library).or_insert(round.sign_up_until);
        *day = round.sign_up_until.min(*day);
    }
    let mut owed = Vec::new();
    for library in &libraries {
        if !library.has_contact {
            owed.push(Task {
                kind: TaskKind::NameContact,
                deadline: needed_by.get(&library.id).copied(),
                subject_kind: SubjectKind::Library,
                subject: library.id.uuid(),
                about: library.name.clone(),
                round: None,
                what: "Name the contact who is asked about visitors: nobody is written to as long as there is none."
                    .to_owned(),
                door: Door::Api(format!("/v1/libraries/{}/welcome", library.id)),
            });
        }
        let takes_part =
            |round| offers.iter().any(|(offering, of)| *offering == library.id && of.id == round);
        for round in open.iter().filter(|round| !takes_part(round.id)) {
            owed.push(Task {
                kind: TaskKind::OfferHosting,
                deadline: Some(round.sign_up_until),
                subject_kind: SubjectKind::Library,
                subject: library.id.uuid(),
                about: format!("{} in {}", library.name, round.name),
                round: Some(round.id),
                what: "Say how many visitors the library takes and how many of its staff may leave: without an offer it takes no part."
                    .to_owned(),
                door: Door::Api(format!("/v1/rounds/{}/libraries/{}", round.id, library.id)),
            });
        }
    }
    Ok(owed)
}

/// Joining packs of which something is missing ten days before the day.
pub(super) fn packs(db: &mut Db, now: &Now, own: &[EmployerId]) -> Result<Vec<Task>, AppError> {
    super::organiser::incomplete_packs(db, now, Some(own), &[PackState::Missing, PackState::Late])
}

/// Visits that have begun and of which nobody has marked whether the visitor came.
pub(super) fn attendance(db: &mut Db, now: &Now, own: &[EmployerId]) -> Result<Vec<Task>, AppError> {
    let task = |found: tasks::Visit| Task {
        kind: TaskKind::MarkAttendance,
        deadline: Some(found.date),
        subject_kind: SubjectKind::Placement,
        subject: found.placement.uuid(),
        about: format!("a visitor at {} on {}", found.host, found.date),
        round: Some(found.round.id),
        what: "Mark whether the visitor came, or ask the library's contact to.".to_owned(),
        door: Door::Api(format!("/v1/placements/{}/attendance", found.placement)),
    };
    let confirmed = tasks::list_visits(db, own, PlacementState::Confirmed, Answer::Yes)?;
    let begun = |visit: &tasks::Visit| {
        let clock = local(now.at, visit.time_zone);
        visit.date.and_time(visit.starts) <= clock
    };
    Ok(confirmed.into_iter().filter(begun).map(task).collect())
}

/// Swaps that wait for their hosts.
pub(super) fn swaps(db: &mut Db, _: &Now, own: &[EmployerId]) -> Result<Vec<Task>, AppError> {
    let task = |found: swaps::SwapRequest| {
        Task {
        kind: TaskKind::AnswerSwap,
        deadline: Some(found.answer_until),
        subject_kind: SubjectKind::Placement,
        subject: found.placement.uuid(),
        about: format!("another visitor at {} on {}", found.host, found.date),
        round: Some(found.round),
        what: "Say whether the library takes another visitor on this day, or ask its contact to answer the mail."
            .to_owned(),
        door: Door::Api(format!("/v1/swaps/{}/answers", found.swap)),
    }
    };
    Ok(swaps::list_swap_requests(db, own)?.into_iter().map(task).collect())
}

/// Proposals that wait for their hosts.
pub(super) fn proposals(db: &mut Db, _: &Now, own: &[EmployerId]) -> Result<Vec<Task>, AppError> {
    let task = |found: tasks::Visit| Task {
        kind: TaskKind::AnswerProposal,
        deadline: Some(found.answer_until),
        subject_kind: SubjectKind::Placement,
        subject: found.placement.uuid(),
        about: format!("a visitor at {} on {}", found.host, found.date),
        round: Some(found.round.id),
        what: "Say whether the library can receive this visitor, or ask its contact to answer the mail."
            .to_owned(),
        door: Door::Api(format!("/v1/placements/{}/answers", found.placement)),
    };
    Ok(tasks::list_visits(db, own, PlacementState::Proposed, Answer::Pending)?
        .into_iter()
        .map(task)
        .collect())
}

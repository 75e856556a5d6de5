//! Tasks: what each role owes, derived anew whenever somebody asks, so that a list is empty when all is done.
//!
//! A new kind of task is a variant of [`TaskKind`](crate::domain::task::TaskKind) and, for whoever holds a token, a
//! function of the role's file that asks one small query of `store::tasks`, added to the role's list below; for whoever
//! holds a link, a line of `link` for the deed that is owed. The lists are as long as what is open, so they
//! are gathered whole, sorted, and cut to pages.

mod administrator;
mod link;
mod organiser;
mod other_times;

use super::app::{Now, own_employers, permit};
use super::links;
use super::page::{Page, Paged};
use super::{App, AppError};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Reach, Role, Subject};
use crate::domain::task::{Task, TaskKey};
use crate::store::{Db, links as stored_links};

/// Gathers the tasks of one kind, or of a few that are looked up together.
type Gather = fn(&mut Db, &Now) -> Result<Vec<Task>, AppError>;

/// What organisers owe.
const OF_ORGANISERS: &[Gather] = &[
    organiser::rounds,
    organiser::held_mails,
    organiser::lost_places,
    organiser::closed_days,
    organiser::empty_places,
    organiser::late_packs,
    organiser::given_up_mails,
    other_times::of_all,
    organiser::failing_addresses,
];

/// What operators owe. That migrations are missing is for `library-swap doctor` to tell.
const OF_OPERATORS: &[Gather] = &[organiser::given_up_mails, organiser::failing_addresses];

/// What library administrators owe.
const OF_ADMINISTRATORS: &[administrator::Gather] = &[
    administrator::managers,
    administrator::libraries,
    administrator::proposals,
    administrator::swaps,
    administrator::packs,
    administrator::attendance,
    other_times::of_own,
];

/// A page of what the holder of a token owes, by deadline.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, page: &Page<TaskKey>) -> Result<Paged<Task, TaskKey>, AppError> {
    let own_round = actor.round.filter(|_| actor.reach(Action::ReadTasks) == Ok(Reach::OwnRound));
    let own = match own_round {
        Some(_) => None,
        None => own_employers(actor, Action::ReadTasks)?,
    };
    let now = app.now()?;
    let tasks = app.store.read(|db| {
        let mut tasks = Vec::new();
        let everywhere = match actor.role {
            Role::Organiser | Role::RoundOrganiser => OF_ORGANISERS,
            Role::Operator => OF_OPERATORS,
            // HR takes the schedule when it likes.
            Role::LibraryAdministrator
            | Role::Hr
            | Role::Auditor
            | Role::Manager
            | Role::HostContact
            | Role::Participant
            | Role::Anyone
            | Role::MailServer
            | Role::System => &[],
        };
        for gather in everywhere {
            tasks.extend(gather(db, &now)?);
        }
        tasks.retain(|task: &Task| own_round.is_none() || task.round == own_round);
        if let Some(own) = own.filter(|_| actor.role == Role::LibraryAdministrator) {
            for gather in OF_ADMINISTRATORS {
                tasks.extend(gather(db, &now, &own)?);
            }
        }
        Ok::<_, AppError>(tasks)
    })?;
    Ok(cut(tasks, page))
}

/// A page of what the holder of a link owes in the link's case, by deadline.
///
/// # Errors
/// `not-found` for an unknown link; `forbidden`.
pub fn list_of_link(app: &App, secret: &str, page: &Page<TaskKey>) -> Result<Paged<Task, TaskKey>, AppError> {
    let now = app.now()?;
    let view = links::view(app, secret)?;
    Ok(cut(link::owed(&view, &now)?, page))
}

/// A page of what somebody who has signed in owes in the case in which they act, by deadline: what the newest mails of that
/// case asked of them.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list_of_case(
    app: &App,
    actor: &Actor,
    page: &Page<TaskKey>,
) -> Result<Paged<Task, TaskKey>, AppError> {
    let case = (actor.application, actor.placement);
    let on = Subject { application: case.0, placement: case.1, ..Subject::default() };
    permit(actor, Action::ReadTasks, &on, ("tasks", &"own"))?;
    let party = match actor.role {
        Role::Participant => Party::Participant,
        Role::Manager => Party::Manager,
        Role::HostContact => Party::Host,
        Role::Operator
        | Role::Organiser
        | Role::RoundOrganiser
        | Role::LibraryAdministrator
        | Role::Hr
        | Role::Auditor
        | Role::Anyone
        | Role::MailServer
        | Role::System => return Err(AppError::Internal(format!("{} has no case", actor.role))),
    };
    let now = app.now()?;
    let tasks = app.store.read(|db| {
        let mut tasks: Vec<Task> = Vec::new();
        for newest in stored_links::list_newest(db, party, case, now.utc())? {
            let view = links::load(db, newest, &now)?;
            let owed = link::owed(&view, &now)?;
            tasks.extend(owed.into_iter().filter(|task| !tasks.contains(task)).collect::<Vec<_>>());
        }
        Ok::<_, AppError>(tasks)
    })?;
    Ok(cut(tasks, page))
}

fn cut(mut tasks: Vec<Task>, page: &Page<TaskKey>) -> Paged<Task, TaskKey> {
    tasks.retain(|task| page.after.is_none_or(|after| task.key() > after));
    tasks.sort_by_key(Task::key);
    page.cut(tasks, Task::key)
}

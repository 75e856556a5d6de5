//! What an answer has to be, by the table of permissions, the states of things, and what is hidden.

use library_swap::domain::ids::EmployerId;
use library_swap::domain::permissions::{Action, Actor, Reach, Role, Subject};
use library_swap::domain::states::RoundState;

use crate::callers::Caller;
use crate::programme::World;
use crate::rows::{On, Row, Sent};
use crate::scenes::{HOME, Scene};

/// What an answer is, as far as permissions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It is done, or shown.
    Allowed,
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// 404.
    NotThere,
    /// 409: not in this state.
    NotNow,
}

/// What the table says to a caller who asks for a row in a scene.
pub fn expected(world: &World<'_>, scene: &Scene, caller: &Caller, row: &Row) -> Class {
    let actor = &caller.actor;
    if row.actions.is_empty() {
        return match row.on {
            On::Session if caller.has_session() => Class::Allowed,
            On::OthersSession if caller.has_session() => Class::NotThere,
            On::Session | On::OthersSession => Class::Unauthenticated,
            On::Nobody => Class::NotThere,
            // A page acts as whoever comes to the open door, who knows of no draft.
            _ if matches!(row.sent, Sent::Form(_)) && scene.round == RoundState::Draft => Class::NotThere,
            _ if !(row.when)(scene, caller) => Class::NotNow,
            _ => Class::Allowed,
        };
    }
    let action = row.action_of(actor);
    let own_session = if caller.has_session() { Class::Allowed } else { Class::Unauthenticated };
    let no = if actor.role == Role::Anyone { Class::Unauthenticated } else { Class::Forbidden };
    let Ok(reach) = actor.reach(action) else { return no };
    let may =
        |subject: &Subject| if actor.may(action, subject).is_ok() { Class::Allowed } else { Class::NotThere };
    let of_round = subject(world, scene, &[], Part::Round);
    let reached = match (row.on, reach) {
        (On::Programme | On::Mine | On::Round | On::Own | On::InRound, Reach::Everywhere) => Class::Allowed,
        (On::Mine | On::InRound | On::Own, Reach::OwnEmployer) | (On::Own, _) => Class::Allowed,
        (On::Programme | On::Mine, _) | (On::InRound, Reach::OwnCase) => Class::Forbidden,
        (On::Round | On::InRound, _) => may(&of_round),
        (On::Employer, _) => may(&subject(world, scene, &[HOME], Part::Nothing)),
        (On::Offer, _) => may(&subject(world, scene, &[HOME], Part::Round)),
        (On::Application, _) => may(&subject(world, scene, &[HOME], Part::Application)),
        (On::Placement, _) if actor.role == Role::LibraryAdministrator => {
            may(&subject(world, scene, &[HOME, scene.host], Part::Placement))
        }
        (On::Placement | On::Visitor, _) => may(&subject(world, scene, &[HOME], Part::Placement)),
        (On::Session, _) => own_session,
        (On::OthersSession | On::Nobody, _) => panic!("{} has an action", row.path),
        (On::Visit, _) => may(&subject(world, scene, &[scene.host], Part::Placement)),
    };
    match reached {
        Class::Allowed if is_hidden(scene, actor, row, &of_round) => Class::NotThere,
        Class::Allowed if !(row.when)(scene, caller) => Class::NotNow,
        other => other,
    }
}

/// Whether a thing is not there yet for whoever does not organise the round.
fn is_hidden(scene: &Scene, actor: &Actor, row: &Row, of_round: &Subject) -> bool {
    let is_in_round = row.path.trim_start_matches("/v1").starts_with("/rounds/{id}");
    let is_draft = scene.round == RoundState::Draft && is_in_round;
    let is_untold = !scene.is_told && row.path.starts_with("/v1/placements/{id}");
    let may = |action| actor.may(action, of_round).is_ok();
    // Participants are told why of what was published and told.
    let is_explained = scene.is_told
        && matches!(
            scene.round,
            RoundState::Published | RoundState::Running | RoundState::Completed | RoundState::Cancelled
        );
    // A participant's pack is there once it was sent, which it is in no scene.
    if row.path.ends_with("/joining-pack") && actor.role == Role::Participant {
        return true;
    }
    if row.path.contains("/explanations/") && actor.role == Role::Participant {
        return !is_explained;
    }
    is_draft && !may(Action::ReadDraft) || is_untold && !may(Action::ReadHeldMails)
}

/// What of a scene a subject names besides employers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Nothing,
    Round,
    Application,
    Placement,
}

fn subject(world: &World<'_>, scene: &Scene, libraries: &[&str], part: Part) -> Subject {
    let id = |name: &str| scene.things.get(name).cloned();
    let employers: Vec<EmployerId> =
        libraries.iter().map(|name| world.employers[name].parse().expect("an id")).collect();
    Subject {
        employers,
        round: id("rounds").filter(|_| part >= Part::Round).map(|id| id.parse().expect("an id")),
        application: id("applications")
            .filter(|_| part >= Part::Application)
            .map(|id| id.parse().expect("an id")),
        placement: id("placements").filter(|_| part == Part::Placement).map(|id| id.parse().expect("an id")),
    }
}

//! What the holder of a link owes: the deeds of the link's page that somebody waits for.

use chrono::NaiveDate;

use super::super::AppError;
use super::super::app::{Now, permit};
use super::super::links::{Deed, LinkView};
use crate::domain::link::Purpose;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Subject};
use crate::domain::states::{Answer, PlacementState};
use crate::domain::task::{Door, SubjectKind, Task, TaskKind};
use crate::store::applications::Applicant;

/// The tasks of a case, for whoever holds this link to it.
///
/// # Errors
/// `forbidden`.
pub(super) fn owed(view: &LinkView, now: &Now) -> Result<Vec<Task>, AppError> {
    let link = &view.link;
    let case =
        Subject { application: Some(link.application), placement: link.placement, ..Subject::default() };
    permit(&link.actor(), Action::ReadTasks, &case, ("link", &link.id))?;
    let mut tasks = Vec::new();
    for deed in &view.deeds {
        match deed {
            Deed::Verify => tasks.extend(prove_address(view, now)),
            Deed::Decide => tasks.extend(view.requests().map(|request| decide_release(view, request))),
            Deed::Accept => tasks.extend(answer_proposal(view, Door::Page)),
            // Possible, but nobody waits for it; or a part of one of the others.
            Deed::Release | Deed::RefuseRelease | Deed::Decline | Deed::Withdraw => {}
        }
    }
    if link.purpose != Purpose::Answer {
        // Another mail has the page for it; the credential opens the API all the same.
        tasks.extend(answer_by_api(view));
    }
    Ok(tasks)
}

fn listed(days: &[NaiveDate]) -> String {
    days.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A task on an application of the link's round.
fn on_application(view: &LinkView, kind: TaskKind, of: &Applicant, about: String, what: &str) -> Task {
    Task {
        kind,
        deadline: Some(view.round.sign_up_until),
        subject_kind: SubjectKind::Application,
        subject: of.application.id.uuid(),
        about,
        round: Some(view.round.id),
        what: what.to_owned(),
        door: Door::Page,
    }
}

fn prove_address(view: &LinkView, now: &Now) -> Option<Task> {
    view.round.admit_sign_up(now.today(view.round.time_zone)).ok()?;
    let about = format!("your sign-up for {}", view.round.name);
    let what = "Prove that this e-mail address is yours, so that your sign-up counts.";
    Some(on_application(view, TaskKind::ProveAddress, &view.applicant, about, what))
}

fn decide_release(view: &LinkView, request: &Applicant) -> Task {
    let application = &request.application;
    let about = format!("{} on {}", application.name, listed(&application.dates));
    let what = "Say whether this member of your staff may be away on these days.";
    on_application(view, TaskKind::DecideRelease, request, about, what)
}

fn answer_by_api(view: &LinkView) -> Option<Task> {
    let (placement, _) = view.placement.as_ref()?;
    let owes = placement.state == PlacementState::Proposed
        && placement.answer_of(view.link.party) == Some(Answer::Pending);
    if !owes {
        return None;
    }
    answer_proposal(view, Door::Api(format!("/v1/placements/{}/answers", placement.id)))
}

fn answer_proposal(view: &LinkView, door: Door) -> Option<Task> {
    let (placement, host) = view.placement.as_ref()?;
    let (host, date) = (&host.name, placement.date);
    // A host does not know who comes before it has agreed.
    let (about, what) = match view.link.party {
        Party::Participant => {
            (format!("{host} on {date}"), "Say whether you take the day that is proposed to you.")
        }
        Party::Host => {
            (format!("a visitor at {host} on {date}"), "Say whether you can receive this visitor.")
        }
        Party::Manager => (
            format!("{} at {host} on {date}", view.applicant.application.name),
            "Say whether this member of your staff may be away on this day.",
        ),
    };
    Some(Task {
        kind: TaskKind::AnswerProposal,
        deadline: Some(view.round.answer_until),
        subject_kind: SubjectKind::Placement,
        subject: placement.id.uuid(),
        about,
        round: Some(view.round.id),
        what: what.to_owned(),
        door,
    })
}

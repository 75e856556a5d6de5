//! What the holder of a link owes: the deeds of the link's page that somebody waits for.

use chrono::NaiveDate;

use super::super::AppError;
use super::super::app::{Now, permit};
use super::super::links::{Deed, LinkView};
use super::super::refills::OfferedPlace;
use crate::domain::attendance::last_review;
use crate::domain::link::Purpose;
use crate::domain::packs::{ask_on, late_on};
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
            Deed::Accept if view.reserve_offer.is_some() => tasks.extend(answer_offer(view)),
            Deed::Accept => tasks.extend(answer_proposal(view, Door::Page)),
            Deed::Take
            | Deed::AgreeSwap
            | Deed::WritePack
            | Deed::Attendance
            | Deed::Feedback
            | Deed::Idea => {
                tasks.extend(of_placement(view, *deed, now));
            }
            // Possible, but nobody waits for it; or a part of one of the others.
            Deed::Release
            | Deed::RefuseRelease
            | Deed::Decline
            | Deed::Offer
            | Deed::AskSwap
            | Deed::RefuseSwap
            | Deed::Ill
            | Deed::ReadNeeds
            | Deed::Withdraw
            | Deed::Subscribe
            | Deed::NewAddress
            | Deed::Unsubscribe => {}
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

/// What a placement waits for, beside an answer.
fn of_placement(view: &LinkView, deed: Deed, now: &Now) -> Option<Task> {
    let (placement, host) = view.placement.as_ref()?;
    let date = placement.date;
    let (kind, deadline, what) = match deed {
        Deed::Take => (
            TaskKind::AnswerOffer,
            view.last_answers(),
            "Say whether you take what the library offers instead.",
        ),
        Deed::AgreeSwap => (
            TaskKind::AnswerSwap,
            view.swap.as_ref()?.swap.answer_until,
            "Say whether the exchange that participants ask for suits you.",
        ),
        Deed::WritePack if is_pack_owed(view, date, now.today(placement.time_zone)) => {
            (TaskKind::WritePack, late_on(date), "Write what the visitor has to know before the day.")
        }
        Deed::Attendance if view.day.attendance.is_none() => {
            (TaskKind::MarkAttendance, date, "Mark whether the visitor came.")
        }
        Deed::Feedback if view.day.feedback.is_none() => {
            (TaskKind::GiveFeedback, last_review(date), "Say how the day was.")
        }
        Deed::Idea if view.day.idea.is_none() => {
            (TaskKind::BringIdea, last_review(date), "Say one thing that you will try in your own library.")
        }
        _ => return None,
    };
    let about = match view.link.party {
        Party::Participant => format!("{} on {date}", host.name),
        Party::Host | Party::Manager => format!("a visitor at {} on {date}", host.name),
    };
    Some(Task {
        kind,
        deadline: Some(deadline),
        subject_kind: SubjectKind::Placement,
        subject: placement.id.uuid(),
        about,
        round: Some(view.round.id),
        what: what.to_owned(),
        door: Door::Page,
    })
}

/// Whether a day is so near that what is missing from its joining pack is a task.
fn is_pack_owed(view: &LinkView, day: NaiveDate, today: NaiveDate) -> bool {
    let is_certain = view.placement.as_ref().is_some_and(|(of, _)| of.state == PlacementState::Confirmed);
    let is_missing = view.pack.as_ref().is_some_and(|pack| pack.version == 0);
    is_certain && is_missing && today >= ask_on(day)
}

fn answer_offer(view: &LinkView) -> Option<Task> {
    let OfferedPlace { offer, host, date } = view.reserve_offer.as_ref()?;
    Some(Task {
        kind: TaskKind::AnswerReserveOffer,
        deadline: Some(offer.answer_until),
        subject_kind: SubjectKind::Application,
        subject: offer.application.uuid(),
        about: format!("{} on {date}", host.name),
        round: Some(view.round.id),
        what: "Say whether you take the place that has become free.".to_owned(),
        door: Door::Page,
    })
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
        deadline: Some(view.last_answers()),
        subject_kind: SubjectKind::Placement,
        subject: placement.id.uuid(),
        about,
        round: Some(view.round.id),
        what: what.to_owned(),
        door,
    })
}

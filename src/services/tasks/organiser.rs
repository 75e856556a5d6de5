//! What organisers owe their rounds, from the end of sign-up on, and what operators share of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::AppError;
use super::super::app::Now;
use super::super::packs;
use crate::domain::ids::{ApplicationId, EmployerId};
use crate::domain::letter::NoticeKind;
use crate::domain::packs::{PackState, late_on};
use crate::domain::round::Round;
use crate::domain::states::{ApplicationState, PlacementState, RoundState};
use crate::domain::task::{Door, SubjectKind, Task, TaskKind};
use crate::store::tasks::{GivenUp, Lost, UsableRun};
use crate::store::{Db, rounds as round_store, tasks};

/// Rounds whose next step is the organisers': to be closed, matched, published, or called off.
pub(super) fn rounds(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    let before_publication = [RoundState::Open, RoundState::Closed, RoundState::Matched];
    let found = round_store::list_in_states(db, &before_publication)?;
    let runs = tasks::list_usable_runs(db)?;
    let step = |round: &Round| {
        let of_round = || runs.iter().filter(|run| run.round == round.id);
        let newest = of_round().rfind(|run| run.is_finished);
        let is_waiting = of_round().any(|run| !run.is_finished);
        next_step(round, newest, is_waiting, now.today(round.time_zone))
    };
    Ok(found.iter().filter_map(step).collect())
}

/// What a round that is not published waits for.
fn next_step(round: &Round, newest: Option<&UsableRun>, is_waiting: bool, today: NaiveDate) -> Option<Task> {
    let about_round = |kind, what: String, path: &str| Task {
        kind,
        deadline: Some(round.answer_until),
        subject_kind: SubjectKind::Round,
        subject: round.id.uuid(),
        about: round.name.to_string(),
        round: Some(round.id),
        what,
        door: Door::Api(format!("/v1/rounds/{}/{path}", round.id)),
    };
    if round.dates.first().is_some_and(|first| *first <= today) {
        let words = "Its days have come, and it can be published no more: call the round off.".to_owned();
        return Some(about_round(TaskKind::CancelRound, words, "cancel"));
    }
    if round.state == RoundState::Open {
        let words = format!("Sign-up ended on {}: close the round.", round.sign_up_until);
        let is_over = today > round.sign_up_until;
        return is_over.then(|| about_round(TaskKind::CloseRound, words, "close"));
    }
    if is_waiting {
        return None;
    }
    let Some(run) = newest else {
        return Some(about_round(TaskKind::StartRun, "Start a run.".to_owned(), "runs"));
    };
    if round.is_answering_over(today) {
        let words = format!(
            "Nobody could answer: answers were possible until {}. Move the answer deadline, then publish a run.",
            round.answer_until
        );
        return Some(about_round(TaskKind::PublishRun, words, "dates"));
    }
    let (kind, what) = if run.round_revision == round.revision {
        (TaskKind::PublishRun, "Look at the preview of this run, then publish it.")
    } else {
        (
            TaskKind::RenewRun,
            "The round has changed since this run: its preview tells in what; start a new run.",
        )
    };
    Some(Task {
        subject_kind: SubjectKind::Run,
        subject: run.id.uuid(),
        door: Door::Api(format!("/v1/runs/{}/preview", run.id)),
        ..about_round(kind, what.to_owned(), "")
    })
}

/// Publications whose mails wait to be let go.
pub(super) fn held_mails(db: &mut Db, _: &Now) -> Result<Vec<Task>, AppError> {
    let held = tasks::list_held(db)?.into_iter().map(|(run, round, count)| Task {
        kind: TaskKind::ReleaseMails,
        deadline: Some(round.answer_until),
        subject_kind: SubjectKind::Run,
        subject: run.uuid(),
        about: format!("{count} mails of {}", round.name),
        round: Some(round.id),
        what: "Read the mails of the publication, then let them go: until then nobody knows of it."
            .to_owned(),
        door: Door::Api(format!("/v1/runs/{run}/release-mails")),
    });
    Ok(held.collect())
}

/// People whose placement was declined or has expired, and who have no other; until the day has passed.
pub(super) fn lost_places(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    // Whoever lost several has the last one on the list.
    let newest: BTreeMap<ApplicationId, Lost> =
        tasks::list_lost(db)?.into_iter().map(|lost| (lost.application, lost)).collect();
    let to_come = newest.into_values().filter(|lost| lost.date >= now.today(lost.round.time_zone));
    let lost = to_come.map(|lost| Task {
        kind: TaskKind::ReplacePlacement,
        deadline: Some(lost.date),
        subject_kind: SubjectKind::Placement,
        subject: lost.placement.uuid(),
        about: format!("{} at {} on {}", lost.name, lost.host, lost.date),
        round: Some(lost.round.id),
        what: format!("The placement is {}, and there is no other: find one, or leave the gap.", lost.state),
        door: Door::Api(format!("/v1/placements/{}", lost.placement)),
    });
    Ok(lost.collect())
}

/// Joining packs of which something is missing a week before the day.
pub(super) fn late_packs(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    incomplete_packs(db, now, None, &[PackState::Late])
}

/// Joining packs of some states in the rounds whose days are to come, of one employer's libraries or of all.
pub(super) fn incomplete_packs(
    db: &mut Db,
    now: &Now,
    own: Option<EmployerId>,
    states: &[PackState],
) -> Result<Vec<Task>, AppError> {
    let mut owed = Vec::new();
    for round in round_store::list_in_states(db, &[RoundState::Published, RoundState::Running])? {
        for state in states {
            let lines = packs::list_in(db, now, &round, (own, Some(*state)), (None, i64::MAX))?;
            owed.extend(lines.into_iter().map(|line| {
                Task {
                    kind: TaskKind::WritePack,
                    deadline: Some(late_on(line.outline.date)),
                    subject_kind: SubjectKind::Placement,
                    subject: line.outline.placement.uuid(),
                    about: format!("a visitor at {} on {}", line.host.name, line.outline.date),
                    round: Some(round.id),
                    what:
                        "Write what the visitor has to know before the day, or ask the library's contact to."
                            .to_owned(),
                    door: Door::Api(format!("/v1/placements/{}/joining-pack", line.outline.placement)),
                }
            }));
        }
    }
    Ok(owed)
}

/// Mails that were given up and whose news still matters.
pub(super) fn given_up_mails(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    let given_up = tasks::list_given_up(db)?;
    let matters = given_up.into_iter().filter(|mail| matters(mail, now.today(mail.round.time_zone)));
    let look = matters.map(|mail| Task {
        kind: TaskKind::LookAtMail,
        deadline: None,
        subject_kind: SubjectKind::Notice,
        subject: mail.notice.uuid(),
        about: format!("{} to the {} ({})", mail.kind, mail.party, mail.recipient),
        round: Some(mail.round.id),
        what: "This mail does not reach its recipient: mend the address for later ones, and tell them otherwise."
            .to_owned(),
        door: Door::Api("/v1/outbox".to_owned()),
    });
    Ok(look.collect())
}

/// Whether somebody still has to hear what a mail said.
fn matters(mail: &GivenUp, today: NaiveDate) -> bool {
    let is_over = matches!(mail.round_state, RoundState::Cancelled);
    let placed = |states: &[PlacementState]| {
        mail.placement.is_some_and(|(state, date)| states.contains(&state) && date >= today)
    };
    match mail.kind {
        NoticeKind::VerifyAddress => {
            mail.application == ApplicationState::Submitted && mail.round_state == RoundState::Open
        }
        NoticeKind::AlreadySignedUp => mail.round_state == RoundState::Open,
        NoticeKind::ReleaseRequest => {
            mail.application == ApplicationState::Verified
                && matches!(mail.round_state, RoundState::Open | RoundState::Closed | RoundState::Matched)
        }
        NoticeKind::Proposal
        | NoticeKind::AnswerReminder
        | NoticeKind::DeputyRequest
        | NoticeKind::Alternative
        | NoticeKind::DeadlineMoved => placed(&[PlacementState::Proposed]),
        NoticeKind::Confirmed | NoticeKind::Changed => {
            placed(&[PlacementState::Proposed, PlacementState::Confirmed])
        }
        NoticeKind::Reminder
        | NoticeKind::JoiningPack
        | NoticeKind::PackChanged
        | NoticeKind::PackMissing => placed(&[PlacementState::Confirmed]),
        NoticeKind::Cancelled | NoticeKind::Ill | NoticeKind::HandedOver | NoticeKind::Calendar => {
            placed(PlacementState::ALL)
        }
        // Its place is on a list of tasks as well.
        NoticeKind::FeedbackRequest => false,
        NoticeKind::Unplaced | NoticeKind::MatchedAgain => !is_over,
    }
}

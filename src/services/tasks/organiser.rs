//! What organisers owe their rounds, from the end of sign-up on, and what operators share of it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::super::AppError;
use super::super::app::Now;
use super::super::deliveries::{Situation, holds};
use super::super::load::{get_library, get_round};
use super::super::notices::recipient_now;
use super::super::packs;
use super::super::repairs::{self, Look};
use crate::domain::email::Email;
use crate::domain::ids::{ApplicationId, EmployerId, LibraryId, RoundId};
use crate::domain::letter::NoticeKind;
use crate::domain::opening::DayHours;
use crate::domain::packs::{PackState, late_on};
use crate::domain::round::Round;
use crate::domain::states::RoundState;
use crate::domain::task::{Door, SubjectKind, Task, TaskKind};
use crate::store::tasks::{GivenUp, Lost, Standing, UsableRun};
use crate::store::{Db, opening, organisations, outbox, refills, rounds as round_store, tasks};

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

/// Gaps that nobody has looked at yet: placements that ended before their day, of people who have no other since, and
/// about which no repair was asked for; until the day has passed.
pub(super) fn lost_places(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    // Whoever lost several has the last one on the list.
    let newest: BTreeMap<ApplicationId, Lost> =
        tasks::list_lost(db)?.into_iter().map(|lost| (lost.application, lost)).collect();
    let mut looks: BTreeMap<RoundId, Vec<Look>> = BTreeMap::new();
    for lost in newest.values() {
        if let Entry::Vacant(unknown) = looks.entry(lost.round.id) {
            unknown.insert(repairs::looks(db, lost.round.id)?);
        }
    }
    let is_seen =
        |lost: &Lost| looks.get(&lost.round.id).into_iter().flatten().any(|look| look.is_about(lost));
    let to_come = newest.into_values().filter(|lost| lost.date >= now.today(lost.round.time_zone));
    let lost = to_come.filter(|lost| !is_seen(lost)).map(|lost| Task {
        kind: TaskKind::ReplacePlacement,
        deadline: Some(lost.date),
        subject_kind: SubjectKind::Placement,
        subject: lost.placement.uuid(),
        about: format!("{} at {} on {}", lost.name, lost.host, lost.date),
        round: Some(lost.round.id),
        what: format!(
            "The placement is {}, and there is no other: mend it, or leave the gap. POST {{\"drop\": [\"{}\"]}} shows the \
             ways.",
            lost.state, lost.application
        ),
        door: Door::Api(format!("/v1/rounds/{}/repairs", lost.round.id)),
    });
    Ok(lost.collect())
}

/// Placements on days on which their host is closed by now: one task for each library and day, and one repair for all.
pub(super) fn closed_days(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    // In every zone it is at least yesterday's date of UTC.
    let from = now.today(chrono_tz::UTC).pred_opt().unwrap_or_default();
    let standing = tasks::list_standing(db, from)?;
    let (Some(first), Some(last)) =
        (standing.iter().map(|one| one.date).min(), standing.iter().map(|one| one.date).max())
    else {
        return Ok(Vec::new());
    };
    let hosts: BTreeSet<LibraryId> = standing.iter().map(|one| one.host).collect();
    let hosts = organisations::list_libraries_by_ids(db, &hosts.into_iter().collect::<Vec<_>>())?;
    let openings = opening::load(db, &hosts, &(first..=last))?;
    let is_closed = |one: &Standing| {
        one.date >= now.today(one.round.time_zone)
            && openings.get(&one.host).is_some_and(|opening| opening.on(one.date).hours == DayHours::Closed)
    };
    let mut closed: BTreeMap<(RoundId, LibraryId, NaiveDate), Vec<Standing>> = BTreeMap::new();
    for one in standing.into_iter().filter(is_closed) {
        closed.entry((one.round.id, one.host, one.date)).or_default().push(one);
    }
    let task = |((round, host, date), affected): ((RoundId, LibraryId, NaiveDate), Vec<Standing>)| {
        let name = hosts.iter().find(|library| library.id == host).map(|library| library.name.to_string());
        let name = name.unwrap_or_default();
        let people: Vec<&str> = affected.iter().map(|one| one.name.as_str()).collect();
        Task {
            kind: TaskKind::MendClosedDay,
            deadline: Some(date),
            subject_kind: SubjectKind::Library,
            subject: host.uuid(),
            about: format!("{} at {name} on {date}", people.join(", ")),
            round: Some(round),
            what: format!(
                "The library is closed on this day: mend it for all of them in one repair. POST {{\"close\": \
                 [{{\"library\": \"{host}\", \"date\": \"{date}\"}}]}} shows the ways."
            ),
            door: Door::Api(format!("/v1/rounds/{round}/repairs")),
        }
    };
    Ok(closed.into_iter().map(task).collect())
}

/// Places that were offered to reserves, and that nobody took; until the day has passed.
pub(super) fn empty_places(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    let mut owed = Vec::new();
    for refill in refills::list_in_vain(db, now.utc().date())? {
        let (round, host) = (get_round(db, refill.round)?, get_library(db, refill.host)?);
        if round.admit_repair().is_err() {
            continue;
        }
        let why = refill.reason.as_deref().unwrap_or_default();
        owed.push(Task {
            kind: TaskKind::FillPlace,
            deadline: Some(refill.date),
            subject_kind: SubjectKind::Placement,
            subject: refill.placement.uuid(),
            about: format!("the place at {} on {}", host.name, refill.date),
            round: Some(refill.round),
            what: format!("No reserve took it: {why}. Ask for a repair, or leave the gap."),
            door: Door::Api(format!("/v1/rounds/{}/refills/{}", refill.round, refill.id)),
        });
    }
    Ok(owed)
}

/// Joining packs of which something is missing a week before the day.
pub(super) fn late_packs(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    incomplete_packs(db, now, None, &[PackState::Late])
}

/// Joining packs of some states in the rounds whose days are to come, of some employers' libraries or of all.
pub(super) fn incomplete_packs(
    db: &mut Db,
    now: &Now,
    own: Option<&[EmployerId]>,
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

/// Mails that were given up or came back, and whose news still matters; not those that were sent again.
pub(super) fn given_up_mails(db: &mut Db, now: &Now) -> Result<Vec<Task>, AppError> {
    let given_up = tasks::list_given_up(db)?;
    let matters = given_up.into_iter().filter(|mail| matters(mail, now.today(mail.round.time_zone)));
    let look = matters.map(|mail| Task {
        kind: TaskKind::LookAtMail,
        deadline: None,
        subject_kind: SubjectKind::Notice,
        subject: mail.notice.uuid(),
        about: format!("{} to the {} ({})", mail.kind, mail.party, mail.recipient.masked()),
        round: Some(mail.round.id),
        what: "This mail does not reach its recipient: mend the address and send it again, or tell them otherwise."
            .to_owned(),
        door: Door::Api(format!("/v1/deliveries/{}/resend", mail.notice)),
    });
    Ok(look.collect())
}

/// Whether somebody still has to hear what a mail said, and is on no other list for it.
fn matters(mail: &GivenUp, today: NaiveDate) -> bool {
    match mail.kind {
        // Its place is on a list of tasks as well.
        NoticeKind::FeedbackRequest | NoticeKind::SwapEnded => false,
        // Silence ends the offer, and the place is offered to somebody else.
        NoticeKind::Offer | NoticeKind::OfferEnded => false,
        kind => {
            let about = Situation {
                kind,
                application: mail.application,
                placement: mail.placement,
                round: mail.round_state,
            };
            holds(&about, today)
        }
    }
}

/// Addresses in use whose last two mails did not arrive: one task each, with the newest of these mails.
pub(super) fn failing_addresses(db: &mut Db, _: &Now) -> Result<Vec<Task>, AppError> {
    let failing = outbox::list_failing(db, None)?;
    let mut newest: BTreeMap<Email, GivenUp> = BTreeMap::new();
    for mail in tasks::list_given_up(db)? {
        let is_newest = newest.get(&mail.recipient).is_none_or(|known| known.notice < mail.notice);
        if is_newest && failing.contains(&mail.recipient) {
            newest.insert(mail.recipient.clone(), mail);
        }
    }
    let mut owed = Vec::new();
    for (address, mail) in newest {
        let Some(notice) = outbox::find(db, mail.notice)? else { continue };
        // Whoever has another address by now is reached there.
        if recipient_now(db, &notice)?.is_none_or(|now| now.address != address) {
            continue;
        }
        owed.push(Task {
            kind: TaskKind::CheckAddress,
            deadline: None,
            subject_kind: SubjectKind::Notice,
            subject: mail.notice.uuid(),
            about: format!("the address of the {} ({})", mail.party, address.masked()),
            round: Some(mail.round.id),
            what: "Two mails in a row did not reach this address: ask for the right one and correct it, or tell them \
                   otherwise. What did not arrive is in the list."
                .to_owned(),
            door: Door::Api(format!("/v1/rounds/{}/deliveries", mail.round.id)),
        });
    }
    Ok(owed)
}

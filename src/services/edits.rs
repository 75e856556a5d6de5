//! Hand edits: an organiser moves, places or removes people in the schedule of a run. That makes a new run; the old one
//! stays as it was.
//!
//! The checker alone judges what an edit breaks. With an override, a rule that a person's own placement breaks is set
//! aside by a lock with the reason in the new run's round file; what people together break (full hosts, cover, balance)
//! by a waiver with the reason in its schedule. So whoever has the two files can re-prove the edit, and everything that
//! was set aside stands in them. An edit that breaks nothing keeps the round file, its hash and its bound: what it costs
//! is the difference of the values.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::json;

use super::app::record;
use super::load::{get_applicant, get_library, get_opening_day, get_own_run, get_round};
use super::locks::{broken, by_hand};
use super::round_file::closed_or_off;
use super::runs::{admit_fresh, read_result};
use super::solving::result_of;
use super::{App, AppError};
use crate::domain::fault::Faults;
use crate::domain::ids::{ApplicationId, LibraryId, RunId};
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::BrokenRule;
use crate::domain::run::Run;
use crate::domain::states::{RunKind, RunState};
use crate::files::round::Lock;
use crate::files::schedule::{Placement, Reason, Waiver};
use crate::files::{Round, Schedule};
use crate::store::runs;
use crate::verify::{self, Breach, Code, Draft, Rule, Subject};

/// Where somebody is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Who.
    pub application: ApplicationId,
    /// Where.
    pub host: LibraryId,
    /// When.
    pub date: NaiveDate,
}

/// What is to be changed, all at once: a swap keeps a balance that none of its moves would keep alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Who gets a place, or another one.
    pub place: Vec<Move>,
    /// Who loses theirs.
    pub remove: Vec<ApplicationId>,
    /// Why rules may be broken.
    pub override_reason: Option<String>,
}

/// Makes a new run from a finished one by hand.
///
/// # Errors
/// `breaks-rules` with every rule that is broken, where there is no override or none can set it aside;
/// `invalid-fields`; `run-state` where there is no schedule; `round-state` once the round is published; `stale-run`;
/// `not-found`; `forbidden`.
pub fn edit(app: &App, actor: &Actor, id: RunId, edit: &Edit) -> Result<Run, AppError> {
    let now = app.now()?;
    // A run's files never change: they are read and thought over outside the transaction that writes the new run.
    let (old, round, schedule) = app.store.read(|db| {
        let run = get_own_run(db, actor, Action::EditSchedule, id)?;
        let (round, schedule) = read_result(db, &run)?;
        Ok::<_, AppError>((run, round, schedule))
    })?;
    let edited = apply(&round, &schedule, edit)?;
    refuse_closed_days(app, edit)?;
    let (round_file, schedule_file) = (edited.round.canonical(), edited.schedule.to_json());
    let run = Run {
        id: RunId::new(now.id("run")),
        kind: RunKind::Edited,
        state: RunState::Finished,
        edited_from: Some(old.id),
        override_reason: if edited.set_aside.is_empty() { None } else { edit.override_reason.clone() },
        round_sha256: edited.schedule.round_sha256.clone(),
        progress: None,
        cancel_asked: false,
        result: Some(result_of(&edited.schedule)),
        error: None,
        created_at: now.utc(),
        finished_at: Some(now.utc()),
        ..old.clone()
    };
    let placed = |placed: &Move| {
        json!({
            "application": placed.application.to_string(), "host": placed.host.to_string(), "date": placed.date,
        })
    };
    let details = json!({
        "edited_from": old.id.to_string(),
        "place": edit.place.iter().map(placed).collect::<Vec<_>>(),
        "remove": edit.remove.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "set_aside": edited.set_aside,
        "override": run.override_reason,
    });
    app.store.write(|tx| {
        let round = get_round(tx, old.round)?;
        round.admit_run()?;
        admit_fresh(tx, &old, &round)?;
        runs::insert(tx, &run, &round_file, Some(&schedule_file))?;
        record(tx, &now, actor, Action::EditSchedule, ("run", &run.id), &details)?;
        Ok(run.clone())
    })
}

/// Refuses what no override sets aside: to send somebody to a closed library, or away on a day off. The frozen round
/// does not tell a closed library from one that offers no place.
fn refuse_closed_days(app: &App, edit: &Edit) -> Result<(), AppError> {
    let broken = app.store.read(|db| {
        let mut broken = Vec::new();
        for wanted in &edit.place {
            let application = get_applicant(db, wanted.application)?.application;
            let host = get_library(db, wanted.host)?;
            let day = get_opening_day(db, &host, wanted.date)?;
            broken.extend(closed_or_off(&application, &host, &day, wanted.date));
        }
        Ok::<_, AppError>(broken)
    })?;
    if broken.is_empty() { Ok(()) } else { Err(AppError::BreaksRules(broken)) }
}

/// What came of an edit.
struct Edited {
    round: Round,
    schedule: Schedule,
    /// The codes of the rules that the override set aside.
    set_aside: BTreeSet<&'static str>,
}

/// A schedule, and what the checker says of it.
struct Judged {
    schedule: Schedule,
    breaches: Vec<Breach>,
}

impl Judged {
    /// The rules that it breaks; `internal` where the checker finds something that no edit can do.
    fn broken(&self) -> Result<Vec<&Breach>, AppError> {
        let by_hand: Vec<&Breach> = self.breaches.iter().filter(|breach| is_rule(breach.code)).collect();
        match self.breaches.first() {
            Some(first) if by_hand.is_empty() => {
                Err(AppError::Internal(format!("an edited schedule does not verify: {first}")))
            }
            Some(_) | None => Ok(by_hand),
        }
    }
}

/// Whether a code is about who goes where; all others are about sums, which follow.
const fn is_rule(code: Code) -> bool {
    matches!(
        code,
        Code::Rule(_)
            | Code::Lock
            | Code::HostFull
            | Code::HostLimit
            | Code::Cover
            | Code::Balance
            | Code::Ring
    )
}

fn refused(breaches: &[&Breach]) -> AppError {
    AppError::BreaksRules(breaches.iter().map(|breach| broken(breach)).collect::<Vec<BrokenRule>>())
}

fn apply(round: &Round, old: &Schedule, edit: &Edit) -> Result<Edited, AppError> {
    check(round, old, edit)?;
    let placements = changed_placements(old, edit);
    let dropped_out: BTreeSet<String> = old
        .unplaced
        .iter()
        .filter(|left| left.reason == Reason::DroppedOut)
        .map(|left| left.staff.clone())
        .collect();
    // What was waived before stays waived where nothing changes; where something does, it has to be said again.
    let touched = Touched::of(round, old, edit);
    let kept: Vec<Waiver> = old.waived.iter().filter(|waiver| !touched.has(waiver)).cloned().collect();
    let judge = |round: &Round, waived: Vec<Waiver>, bound: Option<i64>| {
        let draft = Draft {
            placements: placements.clone(),
            dropped_out: dropped_out.clone(),
            waived,
            prices: old.prices.clone(),
            bound,
            run: by_hand(old.run.seed),
        };
        let schedule = verify::complete(round, draft);
        let breaches = verify::verify(&Subject::Round(round), &schedule).breaches;
        Judged { schedule, breaches }
    };
    // The same round with nothing waived: whatever was proven of it still holds.
    let bound = if old.waived.is_empty() { Some(old.objective.bound) } else { None };
    let plain = judge(round, kept.clone(), bound);
    let broken = plain.broken()?;
    if broken.is_empty() {
        return Ok(Edited { round: round.clone(), schedule: plain.schedule, set_aside: BTreeSet::new() });
    }
    let Some(reason) = &edit.override_reason else { return Err(refused(&broken)) };
    let next = with_locks(round, &placements, &broken, reason);
    let locked = judge(&next, kept.clone(), None);
    let waivers = locked.breaches.iter().filter_map(|breach| waiver(breach, reason));
    let waived = judge(&next, kept.into_iter().chain(waivers).collect(), None);
    let left = waived.broken()?;
    if !left.is_empty() {
        return Err(refused(&left));
    }
    let set_aside = broken.iter().map(|breach| breach.code.as_str()).collect();
    Ok(Edited { round: next, schedule: waived.schedule, set_aside })
}

/// Checks that everything named is there, and that everybody is named once.
fn check(round: &Round, old: &Schedule, edit: &Edit) -> Result<(), AppError> {
    let faults = Faults::none();
    if edit.place.is_empty() && edit.remove.is_empty() {
        faults.add("/place", "", "must name somebody, or `remove` must");
    }
    let known = |application: ApplicationId| {
        let id = application.to_string();
        round.staff.iter().any(|person| person.id == id)
    };
    let mut named = BTreeSet::new();
    let mut check_person = |pointer: String, application: ApplicationId| {
        if !known(application) {
            faults.add(pointer, application, "is not among the people of this run");
        } else if !named.insert(application) {
            faults.add(pointer, application, "stands here twice");
        }
    };
    for (n, wanted) in edit.place.iter().enumerate() {
        check_person(format!("/place/{n}/application"), wanted.application);
    }
    for (n, application) in edit.remove.iter().enumerate() {
        check_person(format!("/remove/{n}"), *application);
    }
    for (n, wanted) in edit.place.iter().enumerate() {
        if !round.libraries.iter().any(|library| library.id == wanted.host.to_string()) {
            let rule = "takes no part in the round as this run froze it: maybe lock the placement, and start a new run";
            faults.add(format!("/place/{n}/host"), wanted.host, rule);
        }
        if !round.dates.contains(&wanted.date) {
            faults.add(format!("/place/{n}/date"), wanted.date, "is no day of the round");
        }
        let now = place_of(old, wanted.application);
        if now.is_some_and(|now| (&now.host, now.date) == (&wanted.host.to_string(), wanted.date)) {
            faults.add(format!("/place/{n}"), wanted.application, "has this place already");
        }
    }
    for (n, application) in edit.remove.iter().enumerate() {
        if known(*application) && place_of(old, *application).is_none() {
            faults.add(format!("/remove/{n}"), application, "has no place in this schedule");
        }
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

fn place_of(schedule: &Schedule, application: ApplicationId) -> Option<&Placement> {
    let id = application.to_string();
    schedule.placements.iter().find(|placed| placed.staff == id)
}

fn changed_placements(old: &Schedule, edit: &Edit) -> Vec<Placement> {
    let changed: BTreeSet<String> = edit
        .place
        .iter()
        .map(|wanted| wanted.application)
        .chain(edit.remove.iter().copied())
        .map(|application| application.to_string())
        .collect();
    let stay = old.placements.iter().filter(|placed| !changed.contains(&placed.staff)).cloned();
    // Score and ring follow from the rest.
    let moved = edit.place.iter().map(|wanted| Placement {
        staff: wanted.application.to_string(),
        host: wanted.host.to_string(),
        date: wanted.date,
        score: 0,
        ring: None,
    });
    stay.chain(moved).collect()
}

/// The library-days where somebody comes or goes by an edit.
struct Touched(BTreeSet<(String, NaiveDate)>);

impl Touched {
    fn of(round: &Round, old: &Schedule, edit: &Edit) -> Self {
        let mut days = BTreeSet::new();
        let mut touch = |application: ApplicationId, host: &str, date: NaiveDate| {
            let id = application.to_string();
            let home = round.staff.iter().find(|person| person.id == id).map(|person| person.home.clone());
            days.extend(home.into_iter().chain([host.to_owned()]).map(|library| (library, date)));
        };
        for wanted in &edit.place {
            touch(wanted.application, &wanted.host.to_string(), wanted.date);
        }
        for application in
            edit.place.iter().map(|wanted| wanted.application).chain(edit.remove.iter().copied())
        {
            if let Some(placed) = place_of(old, application) {
                touch(application, &placed.host, placed.date);
            }
        }
        Self(days)
    }

    fn has(&self, waiver: &Waiver) -> bool {
        let at = |(library, date): &(String, NaiveDate)| {
            *library == waiver.library && waiver.date.is_none_or(|waived| waived == *date)
        };
        self.0.iter().any(at)
    }
}

/// The round in which placements that break rules of the table are locked with the reason, and locks that the edit
/// goes against are gone.
fn with_locks(round: &Round, placements: &[Placement], broken: &[&Breach], reason: &str) -> Round {
    let of = |wanted: &dyn Fn(Code) -> bool| -> BTreeSet<&str> {
        broken
            .iter()
            .filter(|breach| wanted(breach.code))
            .filter_map(|breach| breach.about.staff.as_deref())
            .collect()
    };
    let unlocked = of(&|code| code == Code::Lock);
    let locked = of(&|code| matches!(code, Code::Rule(rule) if rule != Rule::OwnLibrary));
    let mut next = round.clone();
    next.locks
        .retain(|lock| !unlocked.contains(lock.staff.as_str()) && !locked.contains(lock.staff.as_str()));
    let stand = placements.iter().filter(|placed| locked.contains(placed.staff.as_str()));
    next.locks.extend(stand.map(|placed| Lock {
        staff: placed.staff.clone(),
        host: placed.host.clone(),
        date: placed.date,
        override_reason: Some(reason.to_owned()),
    }));
    next
}

/// What sets aside something that people together break; rings cannot be.
fn waiver(breach: &Breach, reason: &str) -> Option<Waiver> {
    let waivable = matches!(breach.code, Code::HostFull | Code::HostLimit | Code::Cover | Code::Balance);
    let library = breach.about.library.clone().filter(|_| waivable)?;
    let date = breach.about.date;
    Some(Waiver { code: breach.code.as_str().to_owned(), library, date, reason: reason.to_owned() })
}

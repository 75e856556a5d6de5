//! Repairs of published rounds: an organiser says what has happened, sees the ways to mend it with everything they bring,
//! and applies one, or none.
//!
//! What a repair may do: docs/repairs.md; the ways come from [`crate::matching::repair`]. `base` says how things stand,
//! `plan` what a way changes, `carry` makes it so. Applied is what was shown: a repair holds the fingerprint of
//! everything that it was worked out from, and is refused once that is another.

mod base;
mod carry;
mod exchange;
mod plan;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chrono::{Days, NaiveDate, NaiveDateTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(super) use base::{Base, as_published, hold, refuse_untold};
pub(super) use carry::{By, apply as carry_out};
pub(super) use exchange::{Judged, carry as exchange, is_frozen, judge as judge_exchange};
pub(super) use plan::of as plan_of;
pub use plan::{Call, Changed, LibraryDay, Mails, NewPlace, Plan, Waived, Why};

use super::app::{Now, permit_in_round, record};
use super::clock::seconds_running;
use super::load::get_round;
use super::mending;
use super::page::{Page, Paged};
use super::rehearsal::Stop;
use super::rounds::load as load_round;
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::fault::Faults;
use crate::domain::ids::{ApplicationId, LibraryId, RepairId, RepairOptionId, RoundId};
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::repair::{Repair, RepairOption};
use crate::domain::round::Round;
use crate::domain::states::PlacementState;
use crate::matching::StopReason;
use crate::matching::repair::{Kind, RepairFault, Request, repair};
use crate::store::repairs::Outline;
use crate::store::tasks::Lost;
use crate::store::{Db, Tx, refills, repairs};
use crate::verify::{self, Subject};

/// What has happened, and what must not change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Applications whose participants do not go; also those whose placement has ended already and left a gap.
    pub drop: Vec<String>,
    /// Libraries that take nobody on a day.
    pub close: Vec<(String, NaiveDate)>,
    /// Applications without a place that are to get one.
    pub add: Vec<String>,
    /// Applications whose placement stays as it is.
    pub freeze: Vec<String>,
    /// Whether every certain placement stays as it is.
    pub freeze_confirmed: bool,
    /// Placements before this day stay; by default today.
    pub from: Option<NaiveDate>,
    /// The balance that the repair may use.
    pub balance: Option<i64>,
}

/// A repair as its organiser sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The repair.
    pub repair: Repair,
    /// What each option changes, in their order.
    pub plans: Vec<(RepairOptionId, Plan)>,
    /// Whom to ring, where a day is near.
    pub calls: Vec<Call>,
}

/// So many days before a day it is better to leave the gap, and to ring.
const NEAR_DAYS: u64 = 2;
/// Seconds after which the search for ways ends with what it has.
const MOST_SECONDS: f64 = 20.0;

/// Works out the ways to mend a round. Nobody hears of it.
///
/// # Errors
/// `invalid-fields` with every fault, each with its code; `round-state` unless the round is published, its mails gone,
/// and not over; `not-found`; `forbidden`.
pub fn create(app: &App, actor: &Actor, round: RoundId, asked: &Asked) -> Result<Shown, AppError> {
    permit_in_round(actor, Action::Repair, round, ("round", &round))?;
    let now = app.now()?;
    let (round, base, asked) = app.store.read(|db| {
        let round = load_round(db, actor, round)?;
        round.admit_repair()?;
        refuse_untold(db, &round)?;
        refuse_asked(db, &asked.add)?;
        let today = now.today(round.time_zone);
        let from = asked.from.map_or(today, |from| from.max(today));
        let asked = Asked { from: Some(from), ..asked.clone() };
        let base = Base::load(db, &round, &asked, None)?;
        Ok::<_, AppError>((round, base, asked))
    })?;
    let request = request_of(&asked, &base);
    let begin = seconds_running();
    let mut go_on = |_: &_| match seconds_running() - begin {
        passed if passed > MOST_SECONDS => ControlFlow::Break(StopReason::Time),
        _ => ControlFlow::Continue(()),
    };
    let mut found = repair(&base.file, &base.schedule, &request, &mut go_on)
        .map_err(|faults| AppError::Fields(faults_of(&asked, faults)))?;
    if base.file.rules.max_ring.is_some() {
        found.choices.retain(|choice| choice.kind == Kind::LeaveTheGap);
    }
    let schedules = mending::schedules(&base.file, &base.schedule, &found);
    let mut options = Vec::new();
    for (choice, schedule) in found.choices.iter().zip(schedules) {
        let report = verify::verify(&Subject::Round(&base.file), &schedule);
        if let Some(first) = report.breaches.first().filter(|_| base.file.rules.max_ring.is_none()) {
            return Err(AppError::Internal(format!("a repair does not verify: {first}")));
        }
        let mut plan = plan::of(&base, choice, &schedule)?;
        plan.mails = rehearse(app, actor, &now, &round, (&base, &plan))?;
        let id = RepairOptionId::new(now.id(&format!("option {}", choice.kind.as_str())));
        options.push((id, plan, schedule.to_json()));
    }
    let until = near(now.today(round.time_zone));
    let is_near = options.iter().any(|(_, plan, _)| plan.happened().any(|placement| placement.date <= until));
    let default = default_of(&options, is_near)?;
    let stored = options.iter().map(|(id, plan, schedule_file)| {
        Ok(RepairOption { id: *id, plan: text(plan)?, schedule_file: schedule_file.clone() })
    });
    let repair = Repair {
        id: RepairId::new(now.id("repair")),
        round: round.id,
        asked: text(&asked)?,
        fingerprint: base.fingerprint.clone(),
        round_file: base.file.canonical(),
        default_option: default,
        options: stored.collect::<Result<_, AppError>>()?,
        created_at: now.utc(),
        applied: None,
    };
    app.store.write(|tx| {
        repairs::insert(tx, &repair)?;
        let details = json!({ "round": round.id.to_string(), "options": repair.options.len() });
        record(tx, &now, actor, Action::Repair, ("repair", &repair.id), &details)
    })?;
    app.store.read(|db| find(db, round.id, repair.id))
}

/// Nobody gets a place to whom another one is offered.
fn refuse_asked(db: &mut Db, add: &[String]) -> Result<(), AppError> {
    let faults = Faults::none();
    for (n, id) in add.iter().enumerate() {
        let Some(id) = id.parse().ok() else { continue };
        if let Some(known) = crate::store::applications::find(db, id)?
            && let Some(offer) = refills::find_open_offer(db, known.person.id)?
        {
            let rule =
                format!("asked: a place is offered to {id} until {}: stop that first", offer.answer_until);
            faults.add(format!("/add/{n}"), id, rule);
        }
    }
    faults.into_result(Some(())).map_err(AppError::Fields)
}

/// The last day that is near on a day.
fn near(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(NEAR_DAYS)).unwrap_or(day)
}

/// Leaving the gap where a day is near, else touching the fewest, where that is a way.
fn default_of(options: &[(RepairOptionId, Plan, String)], is_near: bool) -> Result<RepairOptionId, AppError> {
    let wanted = if is_near { Kind::LeaveTheGap } else { Kind::FewestTouched };
    let of = |kind: Kind| options.iter().find(|(_, plan, _)| plan.kind == kind.as_str());
    let found = of(wanted).or_else(|| of(Kind::LeaveTheGap));
    found.map(|(id, _, _)| *id).ok_or_else(|| AppError::Internal("a repair without a way".to_owned()))
}

fn request_of(asked: &Asked, base: &Base) -> Request {
    let set = |list: &[String]| list.iter().cloned().collect::<BTreeSet<_>>();
    let mut freeze = set(&asked.freeze);
    if asked.freeze_confirmed {
        let drop = set(&asked.drop);
        let is_free = |staff: &String| !drop.contains(staff) && !base.is_closed(staff, &asked.close);
        freeze.extend(base.in_state(PlacementState::Confirmed).filter(is_free));
    }
    // Who has come has been there, also when the day is not over.
    freeze.extend(base.in_state(PlacementState::Completed));
    Request {
        drop: set(&asked.drop),
        close: asked.close.iter().cloned().collect(),
        full: base.refused.clone(),
        add: set(&asked.add),
        freeze,
        from: asked.from,
        balance: asked.balance,
    }
}

fn faults_of(asked: &Asked, found: Vec<RepairFault>) -> Vec<crate::domain::fault::Fault> {
    let faults = Faults::none();
    for fault in found {
        let place = |list: &[String]| list.iter().position(|value| *value == fault.value);
        let at = match fault.field {
            "drop" => place(&asked.drop),
            "add" => place(&asked.add),
            "freeze" => place(&asked.freeze),
            "close" => asked.close.iter().position(|(id, date)| format!("{id}:{date}") == fault.value),
            _ => None,
        };
        let pointer = match (fault.field, at) {
            ("", _) => String::new(),
            (field, Some(n)) => format!("/{field}/{n}"),
            (field, None) => format!("/{field}"),
        };
        faults.add(pointer, &fault.value, &fault);
    }
    // There is one at least, so there is no value.
    faults.into_result(None::<()>).err().unwrap_or_default()
}

/// The mails that a way would send: it is done, looked at, and not committed.
fn rehearse(
    app: &App,
    actor: &Actor,
    now: &Now,
    round: &Round,
    (base, plan): (&Base, &Plan),
) -> Result<Vec<Mails>, AppError> {
    let stopped: Result<(), Stop<Vec<Mails>>> = app.store.write(|tx| {
        carry::rehearse(tx, now, actor, round, base, plan)?;
        Err(Stop::Seen(mails_made(tx, now, plan)?))
    });
    match stopped {
        Err(Stop::Seen(mails)) => Ok(mails),
        Err(Stop::Error(error)) => Err(error),
        Ok(()) => Err(AppError::Internal("a rehearsal was committed".to_owned())),
    }
}

/// The mails that a way has made, carried out just now.
fn mails_made(tx: &mut Tx<'_>, now: &Now, plan: &Plan) -> Result<Vec<Mails>, AppError> {
    let people: Vec<ApplicationId> = plan.changes.iter().map(Changed::id).collect::<Result<_, _>>()?;
    let counted = repairs::count_mails_made_at(tx, &people, now.utc())?;
    let mails = counted.into_iter().map(|(kind, party, count)| Mails {
        kind: kind.as_str().to_owned(),
        party: party.as_str().to_owned(),
        count,
    });
    Ok(mails.collect())
}

/// A repair as it was shown.
///
/// # Errors
/// `not-found`, also for another round's; `forbidden`.
pub fn get(app: &App, actor: &Actor, round: RoundId, id: RepairId) -> Result<Shown, AppError> {
    permit_in_round(actor, Action::ReadRepairs, round, ("repair", &id))?;
    app.store.read(|db| find(db, round, id))
}

fn find(db: &mut Db, round: RoundId, id: RepairId) -> Result<Shown, AppError> {
    let found = repairs::find(db, id)?.filter(|found| found.round == round);
    shown(db, found.ok_or_else(|| AppError::not_found("repair", id))?)
}

/// A repair as a list shows it.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The repair, without its files.
    pub outline: Outline,
    /// What was asked.
    pub asked: Asked,
    /// What each option changes, in their order.
    pub plans: Vec<(RepairOptionId, Plan)>,
}

/// A page of the repairs of a round, oldest first.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    round: RoundId,
    page: &Page<RepairId>,
) -> Result<Paged<Summary, RepairId>, AppError> {
    permit_in_round(actor, Action::ReadRepairs, round, ("round", &round))?;
    app.store.read(|db| {
        load_round(db, actor, round)?;
        let found = repairs::list(db, round, page.after, page.fetch())?;
        let summary = |outline: Outline| {
            let plans = outline.options.iter().map(|(id, plan)| Ok((*id, stored(plan)?)));
            let plans = plans.collect::<Result<_, AppError>>()?;
            Ok(Summary { asked: stored(&outline.asked)?, plans, outline })
        };
        let found: Vec<Summary> = found.into_iter().map(summary).collect::<Result<_, AppError>>()?;
        Ok(page.cut(found, |summary| summary.outline.id))
    })
}

/// A repair that somebody has looked at.
pub(super) struct Look {
    asked: Asked,
    created_at: NaiveDateTime,
    applied_at: Option<NaiveDateTime>,
}

impl Look {
    /// Whether it was about a gap: asked for since it is there, or what made it.
    pub(super) fn is_about(&self, lost: &Lost) -> bool {
        let is_named = self.asked.drop.contains(&lost.application.to_string())
            || self.asked.close.contains(&(lost.host_id.to_string(), lost.date));
        is_named && (self.created_at >= lost.ended_at || self.applied_at == Some(lost.ended_at))
    }
}

/// The repairs that were ever looked at in a round.
///
/// # Errors
/// The database's.
pub(super) fn looks(db: &mut Db, round: RoundId) -> Result<Vec<Look>, AppError> {
    let all = repairs::list_asked(db, round)?.into_iter();
    let look = |(asked, created_at, applied_at): (String, NaiveDateTime, Option<NaiveDateTime>)| {
        Ok(Look { asked: stored(&asked)?, created_at, applied_at })
    };
    all.map(look).collect()
}

/// What a repair has stored as JSON.
fn stored<T: DeserializeOwned>(text: &str) -> Result<T, AppError> {
    serde_json::from_str(text).map_err(|error| AppError::Internal(format!("a stored repair: {error}")))
}

fn shown(db: &mut Db, repair: Repair) -> Result<Shown, AppError> {
    let plans = repair.options.iter().map(|option| Ok((option.id, stored(&option.plan)?)));
    let plans: Vec<(RepairOptionId, Plan)> = plans.collect::<Result<_, AppError>>()?;
    let zone = get_round(db, repair.round)?.time_zone;
    let until = near(repair.created_at.and_utc().with_timezone(&zone).date_naive());
    // Leaving the gap is always a way, and what has happened is the same in each.
    let calls = match plans.first() {
        Some((_, plan)) => plan::calls(db, plan, until)?,
        None => Vec::new(),
    };
    Ok(Shown { repair, plans, calls })
}

/// Applies an option: placements end and are proposed, and whoever is concerned hears of it, in one transaction.
///
/// # Errors
/// `repair-applied`; `if-match-required`; `changed-since` where another repair was looked at; `stale-repair` where anything
/// that it rests on has changed; `invalid-fields` for an option of another repair; `too-late` where somebody would have to answer
/// after the last day for that; `round-state`, `not-found`, `forbidden`.
pub fn apply(
    app: &App,
    actor: &Actor,
    (round, id): (RoundId, RepairId),
    option: RepairOptionId,
    seen: &Seen<Shown>,
) -> Result<Shown, AppError> {
    permit_in_round(actor, Action::Repair, round, ("repair", &id))?;
    let now = app.now()?;
    let found = app.store.read(|db| find(db, round, id))?;
    if found.repair.applied.is_some() {
        return Err(applied());
    }
    seen.admit(&found)?;
    let chosen = found.repair.options.iter().find(|known| known.id == option);
    let chosen = chosen.ok_or_else(|| AppError::field("/option", option, "is no option of this repair"))?;
    let plan = found.plans.iter().find(|(known, _)| *known == option).map(|(_, plan)| plan.clone());
    let plan = plan.ok_or_else(|| AppError::Internal(format!("option {option} has no plan")))?;
    let asked: Asked = stored(&found.repair.asked)?;
    app.store.write(|tx| {
        let round = get_round(tx, round)?;
        round.admit_repair()?;
        if base::fingerprint(tx, &round, &asked)? != found.repair.fingerprint {
            return Err(stale("something that this repair rests on has changed since: ask for a new one"));
        }
        if !repairs::mark_applied(tx, id, option, now.utc())? {
            return Err(applied());
        }
        let files = (found.repair.round_file.as_str(), chosen.schedule_file.as_str());
        let by = By { actor, action: Action::Repair, agreed: None };
        let run = carry::apply(tx, &now, &by, &round, &plan, files)?;
        if mails_made(tx, &now, &plan)? != plan.mails {
            return Err(stale("other people have heard by now of what would change: ask for a new repair"));
        }
        carry::close(tx, &now, actor, &asked.close)?;
        note(tx, &now, actor, &round, (id, &plan), run)
    })?;
    app.store.read(|db| find(db, round, id))
}

fn note(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    round: &Round,
    (id, plan): (RepairId, &Plan),
    run: Option<crate::domain::ids::RunId>,
) -> Result<(), AppError> {
    let details = json!({
        "repair": id.to_string(), "option": plan.kind, "run": run.map(|run| run.to_string()),
        "ended": plan.changes.iter().filter(|change| change.placement.as_ref().is_some_and(|placement| !placement.ended)).count(),
        "proposed": plan.changes.iter().filter(|change| change.to.is_some()).count(),
    });
    record(tx, now, actor, Action::Repair, ("round", &round.id), &details)
}

fn stale(words: &str) -> AppError {
    Refusal::new(RefusalCode::StaleRepair, words).into()
}

fn applied() -> AppError {
    Refusal::new(RefusalCode::RepairApplied, "an option of this repair was applied before").into()
}

fn text(value: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(value).map_err(|error| AppError::Internal(error.to_string()))
}

fn library_id(text: &str) -> Result<LibraryId, AppError> {
    text.parse().map_err(|_| AppError::Internal(format!("`{text}` is no library of this service")))
}

//! A way is carried out: placements end, others are proposed, everybody concerned gets one mail.
//!
//! Whoever moves hears of both by one proposal: their calendar's event goes on with it, so that no day stands there
//! twice. So does the manager where they are asked anew, and the host where only the day or the visitor changes. A host
//! that somebody leaves, and nobody comes to instead, is told that the day is off.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::json;

use super::base::Base;
use super::library_id;
use super::plan::{Changed, NewPlace, PlacementRef, Plan, Why};
use crate::domain::application::Application;
use crate::domain::deadlines::local;
use crate::domain::ids::{PlacementId, RunId};
use crate::domain::opening::Exception;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::placement::{Consent, Given, Placement, Terms};
use crate::domain::round::Round;
use crate::domain::run::{Run, RunOptions};
use crate::domain::states::{AlternativeState, Answer, RunKind, RunState};
use crate::domain::told::{DayAt, Told};
use crate::services::AppError;
use crate::services::answer_time;
use crate::services::app::{Now, record};
use crate::services::load::{get_applicant, get_library, get_placement};
use crate::services::notices::{self, Case, Facts};
use crate::services::placements::{get_case, note_elsewhere, release_place};
use crate::services::runs::{read_round, read_schedule};
use crate::services::solving::result_of;
use crate::services::swaps::overtake;
use crate::store::invitations::CalendarIdentity;
use crate::store::{Db, Tx, alternatives, applications, invitations, opening, placements, rounds, runs};

/// Who carries something out, and as what.
pub(in crate::services) struct By<'a> {
    pub(in crate::services) actor: &'a Actor,
    pub(in crate::services) action: Action,
    /// The yes of the participant who comes, where they have said it, and what the host hears of the place.
    pub(in crate::services) agreed: Option<(&'a Given, Option<Told>)>,
}

/// Carries a way out as it would be, with no files yet.
pub(super) fn rehearse(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    round: &Round,
    base: &Base,
    plan: &Plan,
) -> Result<(), AppError> {
    let (file, schedule) = (base.file.canonical(), base.schedule.to_json());
    let by = By { actor, action: Action::Repair, agreed: None };
    carry(tx, now, &by, (round, &BTreeMap::new()), plan, (&file, &schedule)).map(drop)
}

/// Carries a way out; gives the run that its proposals are of, where there are any.
///
/// # Errors
/// `too-late` where nobody could answer a proposal before its day; `placement-state`.
pub(in crate::services) fn apply(
    tx: &mut Tx<'_>,
    now: &Now,
    by: &By<'_>,
    round: &Round,
    plan: &Plan,
    files: (&str, &str),
) -> Result<Option<RunId>, AppError> {
    let mut until = BTreeMap::new();
    for change in &plan.changes {
        if let Some(to) = &change.to {
            let home = get_applicant(tx, change.id()?)?.application.home;
            let libraries = [get_library(tx, home)?, get_library(tx, library_id(&to.host)?)?];
            let day = answer_time::last_day(tx, now, round, to.date, &libraries)?;
            until.insert(change.application.clone(), day);
        }
    }
    carry(tx, now, by, (round, &until), plan, files)
}

/// The last days for answers of those who come, where they are not the round's.
type LastDays = BTreeMap<String, Option<NaiveDate>>;

fn carry(
    tx: &mut Tx<'_>,
    now: &Now,
    by: &By<'_>,
    (round, until): (&Round, &LastDays),
    plan: &Plan,
    files: (&str, &str),
) -> Result<Option<RunId>, AppError> {
    let successors = successors(tx, plan)?;
    // First everybody leaves, so that places and days are free for those who come.
    let mut left: BTreeMap<(&str, Party), Left> = BTreeMap::new();
    for change in &plan.changes {
        if let Some(placement) = change.placement.as_ref().filter(|placement| !placement.ended) {
            let successor = successors.get(change.application.as_str()).copied();
            left.extend(end(tx, now, by.actor, change, (placement.id()?, successor))?);
        }
    }
    if plan.changes.iter().all(|change| change.to.is_none()) {
        return Ok(None);
    }
    let run = insert_run(tx, now, round, files)?;
    for change in &plan.changes {
        if let Some(to) = &change.to {
            let until = until.get(&change.application).copied().flatten();
            let of_change =
                |party: &Party| Some((*party, left.remove(&(change.application.as_str(), *party))?));
            let left: Vec<(Party, Left)> = Party::ALL.iter().filter_map(of_change).collect();
            propose(tx, now, by, (round, run, until), change, to, &left)?;
        }
    }
    Ok(Some(run))
}

/// A placement that ended, for a party who hears of that by the proposal of another one.
struct Left {
    placement: Placement,
    why: Why,
    /// Of which day the party had heard.
    heard: Option<DayAt>,
    event: Option<CalendarIdentity>,
}

/// Whose proposal tells a host that somebody does not come: of those who come to it, first who comes on the same day.
/// Leaver to comer; where a colleague was to receive the leaver, it is another reader.
fn successors<'a>(db: &mut Db, plan: &'a Plan) -> Result<BTreeMap<&'a str, &'a str>, AppError> {
    let mut leavers: Vec<(&str, &PlacementRef)> = Vec::new();
    let mut comers: Vec<(&str, &NewPlace)> = Vec::new();
    for change in &plan.changes {
        let mut left = None;
        if let Some(from) = change.placement.as_ref().filter(|placement| !placement.ended) {
            left = get_placement(db, from.id()?)?.terms.contact.is_none().then_some(from);
        }
        match (left, change.to.as_ref()) {
            (Some(from), Some(to)) if from.host == to.host => {}
            (from, to) => {
                leavers.extend(from.map(|from| (change.application.as_str(), from)));
                comers.extend(to.map(|to| (change.application.as_str(), to)));
            }
        }
    }
    let mut successors = BTreeMap::new();
    for same_day in [true, false] {
        comers.retain(|(comer, to)| {
            let fits = |(_, from): &(&str, &PlacementRef)| {
                from.host == to.host && (!same_day || from.date == to.date)
            };
            let Some(at) = leavers.iter().position(fits) else { return true };
            successors.insert(leavers.remove(at).0, *comer);
            false
        });
    }
    Ok(successors)
}

const fn told_of(why: Why) -> Told {
    match why {
        Why::DroppedOut => Told::ParticipantLeaves,
        Why::HostCloses => Told::HostCloses,
        Why::Touched | Why::ComesIn => Told::Rearranged,
    }
}

/// Whether a manager is asked about a day.
fn asks_manager(application: &Application, to: &NewPlace) -> bool {
    !application.released_dates.contains(&to.date)
}

/// What is left of a placement, by whose proposal tells it to whom.
type LeftBy<'a> = Vec<((&'a str, Party), Left)>;

/// Ends a placement.
fn end<'a>(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    change: &'a Changed,
    (id, successor): (PlacementId, Option<&'a str>),
) -> Result<LeftBy<'a>, AppError> {
    let mut case = get_case(tx, id)?;
    let before = case.placement.state;
    case.placement.cancel(local(now.at, case.placement.time_zone))?;
    placements::save(tx, &mut case.placement, now.utc())?;
    let mut told: Vec<(Party, &str)> = Vec::new();
    match &change.to {
        None => release_place(tx, now, actor, &mut case)?,
        Some(to) => {
            note_elsewhere(tx, &[&case.placement])?;
            alternatives::settle(tx, id, AlternativeState::Lapsed, now.utc())?;
            overtake(tx, now, actor, &case.placement)?;
            let own = change.application.as_str();
            told.push((Party::Participant, own));
            if to.host == case.placement.host.to_string() && case.placement.terms.contact.is_none() {
                told.push((Party::Host, own));
            }
            if asks_manager(&case.applicant.application, to) {
                told.push((Party::Manager, own));
            }
        }
    }
    told.extend(successor.map(|comer| (Party::Host, comer)));
    let (mut left, mut events) = (Vec::new(), Vec::new());
    for (party, by) in &told {
        let heard = notices::last_heard(tx, &case, *party)?;
        let event = invitations::find(tx, id, *party)?;
        if let Some(identity) = &event {
            invitations::forget(tx, id, *party)?;
            events.push((*party, identity.clone()));
        }
        left.push(((*by, *party), Left { placement: case.placement.clone(), why: change.why, heard, event }));
    }
    let told: Vec<Party> = told.into_iter().map(|(party, _)| party).collect();
    let details = json!({
        "deed": "end", "why": change.why, "state": case.placement.state.as_str(),
        "told_by_proposal": told.iter().map(|party| party.as_str()).collect::<Vec<_>>(),
        "handed_on_events": numbers(&events),
    });
    record(tx, now, actor, Action::Repair, ("placement", &id), &details)?;
    notices::cancelled_but(tx, now, &case, before, told_of(change.why), &told)?;
    Ok(left)
}

pub(super) fn numbers(events: &[(Party, CalendarIdentity)]) -> serde_json::Value {
    let number =
        |(party, identity): &(Party, CalendarIdentity)| (party.to_string(), json!(identity.sequence));
    serde_json::Value::Object(events.iter().map(number).collect())
}

fn propose(
    tx: &mut Tx<'_>,
    now: &Now,
    by: &By<'_>,
    (round, run, until): (&Round, RunId, Option<NaiveDate>),
    change: &Changed,
    to: &NewPlace,
    left: &[(Party, Left)],
) -> Result<(), AppError> {
    let of = |party| left.iter().find(|(told, _)| *told == party).map(|(_, left)| left);
    let own = of(Party::Participant).map(|left| &left.placement);
    let mut applicant = get_applicant(tx, change.id()?)?;
    let host = get_library(tx, library_id(&to.host)?)?;
    let mut parties = vec![Party::Participant, Party::Host];
    if asks_manager(&applicant.application, to) {
        parties.push(Party::Manager);
    }
    let consent = |party| match by.agreed.as_ref().filter(|_| party == Party::Participant) {
        Some((given, _)) => {
            Consent { party, answer: Answer::Yes, reason: None, given: Some((*given).clone()) }
        }
        None => Consent { party, answer: Answer::Pending, reason: None, given: None },
    };
    let placement = Placement {
        id: PlacementId::new(now.id(&format!("placement {}", change.application))),
        round: round.id,
        run,
        application: applicant.application.id,
        person: applicant.person.id,
        employer: applicant.application.employer,
        home: own.map_or(applicant.application.home, |own| own.home),
        host: host.id,
        date: to.date,
        starts: to.starts,
        ends: to.ends,
        time_zone: host.time_zone,
        score: to.score,
        ring: to.ring,
        terms: Terms::default(),
        override_reason: to.override_reason.clone(),
        answer_until: until,
        state: crate::domain::states::PlacementState::Proposed,
        revision: 0,
        consents: parties.into_iter().map(consent).collect(),
    };
    placements::insert(tx, &placement, now.utc())?;
    if own.is_none() {
        applicant.application.regain_place()?;
        applications::save(tx, &applicant.application, now.utc())?;
    }
    let event = |(party, left): &(Party, Left)| Some((*party, left.event.clone()?));
    let events: Vec<(Party, CalendarIdentity)> = left.iter().filter_map(event).collect();
    for (party, identity) in &events {
        invitations::save(tx, placement.id, *party, identity)?;
    }
    note_elsewhere(tx, &[&placement])?;
    let details = json!({
        "deed": "propose", "why": change.why, "run": run.to_string(), "took_over_events": numbers(&events),
        "instead_of": own.map(|own| own.id.to_string()),
        "host_instead_of": of(Party::Host).map(|left| left.placement.id.to_string()),
    });
    record(tx, now, by.actor, by.action, ("placement", &placement.id), &details)?;
    let case = Case { applicant, host, placement };
    let mut told: Vec<(Party, Facts)> = left.iter().map(|(party, left)| (*party, facts_of(left))).collect();
    if let Some((_, Some(reason))) = &by.agreed {
        told.push((Party::Host, Facts { reason: Some(reason.clone()), ..Facts::default() }));
    }
    notices::proposal_of_repair(tx, now, &case, &told)
}

/// What somebody hears who has heard of another day.
fn facts_of(left: &Left) -> Facts {
    let takes = |day: &DayAt| Told::TakesPlaceOf { day: day.clone(), why: Box::new(told_of(left.why)) };
    Facts { reason: left.heard.as_ref().map(takes), instead_of: left.heard.clone(), ..Facts::default() }
}

/// The run that the proposals are of: the schedule as it is mended.
pub(super) fn insert_run(
    tx: &mut Tx<'_>,
    now: &Now,
    round: &Round,
    (round_file, schedule_file): (&str, &str),
) -> Result<RunId, AppError> {
    let id = RunId::new(now.id("run"));
    let schedule = read_schedule(id, schedule_file)?;
    let published = runs::list(tx, round.id)?.into_iter().rev().find(|run| run.state == RunState::Published);
    let run = Run {
        id,
        round: round.id,
        kind: RunKind::Repaired,
        state: RunState::Published,
        edited_from: published.map(|run| run.id),
        override_reason: None,
        options: RunOptions {
            seed: schedule.run.seed,
            time_limit_seconds: 0,
            work: None,
            gap: 0.0,
            threads: 1,
        },
        round_revision: round.revision,
        round_sha256: read_round(id, round_file)?.sha256(),
        progress: None,
        cancel_asked: false,
        result: Some(result_of(&schedule)),
        error: None,
        created_at: now.utc(),
        finished_at: Some(now.utc()),
    };
    runs::insert(tx, &run, round_file, Some(schedule_file))?;
    Ok(id)
}

/// The days that a repair closed are closed from now on, for every round.
pub(super) fn close(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    days: &[(String, NaiveDate)],
) -> Result<(), AppError> {
    for (library, date) in days {
        let library = library_id(library)?;
        let label = "Closed".parse().map_err(|_| AppError::Internal("a label that is none".to_owned()))?;
        let closed = Exception { date: *date, opens: Vec::new(), label };
        if opening::find_exception(tx, library, *date)?.is_some_and(|known| known.opens.is_empty()) {
            continue;
        }
        opening::replace_exception(tx, library, &closed, now.utc())?;
        rounds::bump_revisions_of_library_days(tx, &[library], |day| day == *date)?;
        let details = json!({ "exception": date, "open": false, "because": "repair" });
        record(tx, now, actor, Action::EditLibrary, ("library", &library), &details)?;
    }
    Ok(())
}

//! Publishing: one transaction turns a verified run into proposals and enqueues every mail. Before it, nobody but the
//! organisers can tell that anything was matched; until they let the mails go ([`super::held_mails`]), nobody else can
//! tell what.

use std::collections::HashMap;

use chrono::NaiveTime;
use serde_json::json;

use super::app::{Now, record};
use super::explanations::words;
use super::load::{get_own_run, get_round, get_run};
use super::notices::{self, Case};
use super::placements::note_elsewhere;
use super::round_file::minutes_needed;
use super::runs::{admit_fresh, read_result};
use super::{App, AppError};
use crate::domain::ids::{ApplicationId, LibraryId, PersonId, PlacementId, RunId};
use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::placement::{Consent, Placement, Terms, visit_times};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{Answer, ApplicationState, PlacementState, RunKind, RunState};
use crate::domain::told::Told;
use crate::files;
use crate::files::Schedule;
use crate::files::round::Hours;
use crate::files::schedule::Waiver;
use crate::store::applications::Applicant;
use crate::store::{Tx, applications, organisations, placements, rounds, runs};

/// Publishes a run: placements are proposed, and mails to everybody concerned, and to those without a place, are held.
///
/// # Errors
/// `run-state` unless it is finished; `stale-run` when anything that is matched has changed since it was frozen;
/// `round-state`, `too-late`; `not-found`; `forbidden`.
pub fn publish(app: &App, actor: &Actor, run: RunId) -> Result<Round, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        get_own_run(tx, actor, Action::Publish, run)?;
        Ok(publish_in(tx, &now, actor, run)?.0)
    })
}

/// What a publication brings to how many people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct People {
    /// Have a placement.
    pub placed: usize,
    /// Were matched and have none.
    pub unplaced: usize,
    /// Were not matched, because nobody released them.
    pub not_released: usize,
}

/// As [`publish`], within a transaction.
pub(super) fn publish_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    run: RunId,
) -> Result<(Round, People), AppError> {
    let run = get_run(tx, run)?;
    let mut round = get_round(tx, run.round)?;
    if run.state != RunState::Finished {
        let words = format!("this run is {}: only a finished one can be published", run.state);
        return Err(Refusal::new(RefusalCode::RunState, words).into());
    }
    if run.kind == RunKind::WhatIf {
        let words = "this run was made under other rules than the round's, to compare: it cannot be published; maybe start a run \
                     without \"rules\"";
        return Err(Refusal::new(RefusalCode::RunState, words).into());
    }
    round.publish(now.today(round.time_zone))?;
    admit_fresh(tx, &run, &round)?;
    let (frozen, schedule) = read_result(tx, &run)?;
    rounds::save(tx, &round, now.utc())?;
    let people = propose(tx, now, &round, run.id, &frozen, &schedule)?;
    runs::mark_published(tx, run.id)?;
    let details = json!({ "run": run.id.to_string(), "placements": people.placed });
    record(tx, now, actor, Action::Publish, ("round", &round.id), &details)?;
    Ok((round, people))
}

fn id<T: std::str::FromStr>(text: &str) -> Result<T, AppError> {
    text.parse()
        .map_err(|_| AppError::Internal(format!("`{text}` in a frozen file is no id of this service")))
}

/// Writes placements and notices.
fn propose(
    tx: &mut Tx<'_>,
    now: &Now,
    round: &Round,
    run: RunId,
    frozen: &files::Round,
    schedule: &Schedule,
) -> Result<People, AppError> {
    let mut applicants: HashMap<ApplicationId, Applicant> = applications::list_of_round(tx, round.id)?
        .into_iter()
        .map(|applicant| (applicant.application.id, applicant))
        .collect();
    let hosts: Vec<LibraryId> =
        schedule.placements.iter().map(|placed| id(&placed.host)).collect::<Result<_, _>>()?;
    let hosts: HashMap<LibraryId, Library> = organisations::list_libraries_by_ids(tx, &hosts)?
        .into_iter()
        .map(|library| (library.id, library))
        .collect();
    // Where a library has become part of another since sign-up, people work there now.
    let homes: HashMap<&str, &str> =
        frozen.staff.iter().map(|person| (person.id.as_str(), person.home.as_str())).collect();
    let visitor_hours = frozen.staff.iter().map(|person| (person.id.as_str(), &person.hours)).collect();
    let host_hours = frozen.libraries.iter().map(|library| (library.id.as_str(), &library.hours)).collect();
    let overrides = Overrides::of(frozen, schedule);
    let mut published = Vec::with_capacity(schedule.placements.len());
    let everybody: Vec<PersonId> = applicants.values().map(|applicant| applicant.person.id).collect();
    for placed in &schedule.placements {
        let mut applicant = take(&mut applicants, &placed.staff)?;
        let host_id: LibraryId = id(&placed.host)?;
        let host = hosts.get(&host_id).ok_or_else(|| AppError::not_found("library", host_id))?.clone();
        let home = *homes
            .get(placed.staff.as_str())
            .ok_or_else(|| AppError::Internal(format!("{} is not in the frozen round", placed.staff)))?;
        let home: LibraryId = id(home)?;
        let override_reason = overrides.of_placement(home, placed);
        let (starts, ends) = times(&visitor_hours, &host_hours, minutes_needed(&frozen.rules), placed)?;
        let mut parties = vec![Party::Participant, Party::Host];
        if applicant.application.state != ApplicationState::Released {
            parties.push(Party::Manager);
        }
        let placement = Placement {
            id: PlacementId::new(now.id(&format!("placement {}", placed.staff))),
            round: round.id,
            run,
            application: applicant.application.id,
            person: applicant.person.id,
            employer: applicant.application.employer,
            home,
            host: host.id,
            date: placed.date,
            starts,
            ends,
            time_zone: host.time_zone,
            score: placed.score,
            ring: placed.ring,
            terms: Terms::default(),
            override_reason,
            answer_until: None,
            state: PlacementState::Proposed,
            revision: 0,
            consents: parties
                .into_iter()
                .map(|party| Consent { party, answer: Answer::Pending, reason: None, given: None })
                .collect(),
        };
        placements::insert(tx, &placement, now.utc())?;
        applicant.application.place()?;
        applications::save(tx, &applicant.application, now.utc())?;
        notices::proposal(tx, now, &Case { applicant, host, placement: placement.clone() })?;
        published.push(placement);
    }
    note_elsewhere(tx, &published.iter().collect::<Vec<_>>())?;
    // Who has no place comes earlier in the next round.
    rounds::bump_revisions_of_persons(tx, &everybody)?;
    for left_out in &schedule.unplaced {
        let mut applicant = take(&mut applicants, &left_out.staff)?;
        applicant.application.leave_out()?;
        applications::save(tx, &applicant.application, now.utc())?;
        let (reason, change) = (words::reason(left_out.reason), words::change(frozen, left_out));
        notices::unplaced(tx, now, &applicant, (reason, change), Some(run))?;
    }
    // Whoever never came so far is told too: nobody is left waiting.
    let mut rest: Vec<Applicant> = applicants.into_values().collect();
    rest.sort_by_key(|applicant| applicant.application.id);
    let (placed, unplaced) = (schedule.placements.len(), schedule.unplaced.len());
    let mut people = People { placed, unplaced, not_released: 0 };
    for applicant in rest {
        match applicant.application.state {
            ApplicationState::Verified | ApplicationState::Refused => {
                people.not_released += 1;
                notices::unplaced(tx, now, &applicant, (Told::NotReleased, None), Some(run))?;
            }
            ApplicationState::Released => {
                notices::unplaced(tx, now, &applicant, (Told::NoFreeDay, None), Some(run))?;
            }
            ApplicationState::Submitted
            | ApplicationState::Placed
            | ApplicationState::Unplaced
            | ApplicationState::Withdrawn => {}
        }
    }
    Ok(people)
}

fn take(applicants: &mut HashMap<ApplicationId, Applicant>, staff: &str) -> Result<Applicant, AppError> {
    let application: ApplicationId = id(staff)?;
    applicants.remove(&application).ok_or_else(|| AppError::not_found("application", application))
}

/// When the visitor is there: what the frozen hours of both have in common; nothing in common, as only an override
/// allows: when the host is open.
fn times(
    visitors: &HashMap<&str, &Hours>,
    hosts: &HashMap<&str, &Hours>,
    needed: u16,
    placed: &files::schedule::Placement,
) -> Result<(NaiveTime, NaiveTime), AppError> {
    let on = |hours: Option<&&Hours>| {
        hours.and_then(|hours| hours.get(&placed.date)).map(|(from, to)| (clock_time(*from), clock_time(*to)))
    };
    let (visitor, host) = (on(visitors.get(placed.staff.as_str())), on(hosts.get(placed.host.as_str())));
    visit_times(visitor, host, needed)
        .or(host)
        .ok_or_else(|| AppError::Internal(format!("placement of {}: no hours in common", placed.staff)))
}

/// As [`times`], for one placement in a frozen round.
pub(super) fn times_on(
    frozen: &files::Round,
    rules: &files::Rules,
    placed: &files::schedule::Placement,
) -> Result<(NaiveTime, NaiveTime), AppError> {
    let visitors = frozen.staff.iter().map(|person| (person.id.as_str(), &person.hours)).collect();
    let hosts = frozen.libraries.iter().map(|library| (library.id.as_str(), &library.hours)).collect();
    times(&visitors, &hosts, minutes_needed(rules), placed)
}

/// Why rules are set aside, for whom or where.
pub(super) struct Overrides<'a> {
    of_staff: HashMap<&'a str, &'a str>,
    waived: &'a [Waiver],
}

impl<'a> Overrides<'a> {
    pub(super) fn of(frozen: &'a files::Round, schedule: &'a Schedule) -> Self {
        let reasons = frozen
            .locks
            .iter()
            .filter_map(|lock| Some((lock.staff.as_str(), lock.override_reason.as_deref()?)));
        Self { of_staff: reasons.collect(), waived: &schedule.waived }
    }

    /// The reasons that concern a placement: its own, and those of its library-days. A host that takes more than it
    /// offered concerns its visitors, a home that lacks cover those who leave, balance both.
    pub(super) fn of_placement(
        &self,
        home: LibraryId,
        placed: &files::schedule::Placement,
    ) -> Option<String> {
        let home = home.to_string();
        let concerns = |waiver: &&Waiver| {
            let (at_host, at_home) = (waiver.library == placed.host, waiver.library == home);
            waiver.date.is_none_or(|date| date == placed.date)
                && match waiver.code.as_str() {
                    "cover" => at_home,
                    "balance" => at_host || at_home,
                    _ => at_host,
                }
        };
        let own = self.of_staff.get(placed.staff.as_str()).copied();
        let others = self.waived.iter().filter(concerns).map(|waiver| waiver.reason.as_str());
        let mut reasons: Vec<&str> = Vec::new();
        for reason in own.into_iter().chain(others) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        if reasons.is_empty() { None } else { Some(reasons.join("; ")) }
    }
}

/// A time of day; 24:00 is the day's last minute, because a time of day has no 24:00.
fn clock_time(minutes: u16) -> NaiveTime {
    let minutes = u32::from(minutes);
    NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0)
        .or_else(|| NaiveTime::from_hms_opt(23, 59, 0))
        .unwrap_or_default()
}

//! Placed people take each other's places: judged by the checker on the round as it is, carried out in one step.
//!
//! Everybody gets a new placement, as by a repair; the calendar's events go on with them: a participant's from the day
//! that they give to the one that they take, a host's with its day. Balance is told and forbids nothing, as where a host
//! offers another day.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Duration, NaiveDate};
use serde_json::json;

use super::base::{Base, fingerprint};
use super::carry::{insert_run, numbers};
use super::{Asked, library_id, stored};
use crate::domain::alternative::Times;
use crate::domain::ids::PlacementId;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor};
use crate::domain::placement::{Consent, Placement, Terms};
use crate::domain::refusal::BrokenRule;
use crate::domain::round::Round;
use crate::domain::states::PlacementState;
use crate::files;
use crate::files::schedule::{Schedule, Waiver};
use crate::services::AppError;
use crate::services::app::{Now, record};
use crate::services::load::get_library;
use crate::services::locks::broken;
use crate::services::mending::exchanged;
use crate::services::notices::{self, Case};
use crate::services::placements::{get_case, note_elsewhere};
use crate::services::publication::{Overrides, times_on};
use crate::store::invitations::CalendarIdentity;
use crate::store::{Db, Tx, invitations, placements, repairs};
use crate::verify::{self, Breach, Code, Subject};

/// Why a library-day is out of balance by an exchange.
const BY_EXCHANGE: &str = "participants have exchanged their days";
/// So long somebody who looked at a repair may want what it keeps as it is.
const HOURS_OF_A_LOOK: i64 = 24;

/// What the exchange comes to.
pub(in crate::services) struct Judged {
    file: files::Round,
    schedule: Schedule,
    /// For each, when they would be at the place that they take.
    pub(in crate::services) times: Vec<Times>,
    /// The codes of what is set aside by it: `balance`.
    pub(in crate::services) set_aside: Vec<String>,
}

/// Judges that each takes the placement of the next, and the last one that of the first.
///
/// # Errors
/// `breaks-rules` with every rule that forbids it; the database's.
pub(in crate::services) fn judge(db: &mut Db, round: &Round, cases: &[Case]) -> Result<Judged, AppError> {
    let applications: Vec<String> = cases.iter().map(|case| case.placement.application.to_string()).collect();
    let next = |n: usize| &cases[(n + 1) % cases.len()];
    let anew: BTreeSet<String> = cases
        .iter()
        .enumerate()
        .filter(|(n, case)| next(*n).placement.date != case.placement.date)
        .map(|(_, case)| case.placement.application.to_string())
        .collect();
    let asked = Asked { drop: applications.clone(), ..Asked::default() };
    let Base { file, schedule: before, .. } = Base::load_anew(db, round, &asked, &anew)?;
    let place = |application: &String| {
        let placed = before.placements.iter().find(|placed| placed.staff == *application);
        placed.map(|placed| (placed.host.clone(), placed.date))
    };
    let places: Option<Vec<_>> = (0..cases.len())
        .map(|n| Some((applications[n].clone(), place(&applications[(n + 1) % cases.len()])?)))
        .collect();
    let places =
        places.ok_or_else(|| AppError::Internal("who exchanges places stands in none".to_owned()))?;
    let moved: HashMap<String, (String, NaiveDate)> = places.iter().cloned().collect();
    let trial = exchanged(&file, &before, &moved, Vec::new());
    let breaches = verify::verify(&Subject::Round(&file), &trial).breaches;
    let standing = verify::verify(&Subject::Round(&file), &before).breaches;
    let view = View { file: &file, before: &before, after: &trial, standing: &standing, moved: &moved };
    let forbidden: Vec<BrokenRule> =
        breaches.iter().filter(|breach| view.forbids(breach)).map(broken).collect();
    if !forbidden.is_empty() {
        return Err(AppError::BreaksRules(forbidden));
    }
    let waived: Vec<Waiver> = breaches.iter().filter_map(|breach| view.waiver(breach)).collect();
    let set_aside: BTreeSet<String> = waived
        .iter()
        .filter(|waiver| waiver.reason == BY_EXCHANGE)
        .map(|waiver| waiver.code.clone())
        .collect();
    let schedule = exchanged(&file, &before, &moved, waived);
    let report = verify::verify(&Subject::Round(&file), &schedule);
    if let Some(first) = report.breaches.iter().find(|breach| !standing.contains(breach)) {
        return Err(AppError::Internal(format!("an exchange does not verify: {first}")));
    }
    let mut times = Vec::new();
    for (application, _) in &places {
        times.push(times_on(&file, &file.rules, placed_in(&schedule, application)?)?);
    }
    Ok(Judged { file, schedule, times, set_aside: set_aside.into_iter().collect() })
}

fn placed_in<'a>(
    schedule: &'a Schedule,
    application: &str,
) -> Result<&'a files::schedule::Placement, AppError> {
    let found = schedule.placements.iter().find(|placed| placed.staff == application);
    found.ok_or_else(|| AppError::Internal(format!("{application} has no place by an exchange")))
}

/// Which breaches matter.
struct View<'a> {
    file: &'a files::Round,
    before: &'a Schedule,
    after: &'a Schedule,
    /// What was so before.
    standing: &'a [Breach],
    moved: &'a HashMap<String, (String, NaiveDate)>,
}

impl View<'_> {
    fn was_waived(&self, breach: &Breach) -> Option<&Waiver> {
        let same = |waiver: &&Waiver| {
            waiver.code == breach.code.as_str()
                && Some(&waiver.library) == breach.about.library.as_ref()
                && waiver.date == breach.about.date
        };
        self.before.waived.iter().find(same)
    }

    /// How many of a library's staff are away on a day.
    fn leavers(&self, schedule: &Schedule, breach: &Breach) -> usize {
        let is_of = |staff: &str| {
            let home = self.file.staff.iter().find(|person| person.id == staff).map(|person| &person.home);
            home == breach.about.library.as_ref()
        };
        let away = schedule.placements.iter().filter(|placed| Some(placed.date) == breach.about.date);
        away.filter(|placed| is_of(&placed.staff)).count()
    }

    fn forbids(&self, breach: &&Breach) -> bool {
        match breach.code {
            Code::Rule(_) => breach.about.staff.as_ref().is_some_and(|staff| self.moved.contains_key(staff)),
            // As many come as before, everywhere and on every day.
            Code::HostFull | Code::HostLimit => self.was_waived(breach).is_none(),
            Code::Cover => {
                self.was_waived(breach).is_none()
                    || self.leavers(self.after, breach) > self.leavers(self.before, breach)
            }
            Code::Ring => self.standing.iter().all(|standing| standing.code != Code::Ring),
            _ => false,
        }
    }

    /// What sets a breach aside that is there after the exchange.
    fn waiver(&self, breach: &Breach) -> Option<Waiver> {
        if !matches!(breach.code, Code::HostFull | Code::HostLimit | Code::Cover | Code::Balance) {
            return None;
        }
        let new = || {
            let (code, reason) = (breach.code.as_str().to_owned(), BY_EXCHANGE.to_owned());
            Some(Waiver { code, library: breach.about.library.clone()?, date: breach.about.date, reason })
        };
        self.was_waived(breach).cloned().or_else(new)
    }
}

/// Whether somebody has asked today for a repair that keeps one of these people where they are, and can still apply it.
///
/// # Errors
/// The database's.
pub(in crate::services) fn is_frozen(
    db: &mut Db,
    now: &Now,
    round: &Round,
    cases: &[&Placement],
) -> Result<bool, AppError> {
    let since = now.utc() - Duration::hours(HOURS_OF_A_LOOK);
    for (asked, known) in repairs::list_unapplied(db, round.id, since)? {
        let asked: Asked = stored(&asked)?;
        let keeps = |placement: &&Placement| {
            asked.freeze.contains(&placement.application.to_string())
                || (asked.freeze_confirmed && placement.state == PlacementState::Confirmed)
        };
        if cases.iter().any(keeps) && fingerprint(db, round, &asked)? == known {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Carries an exchange out: the placements end, new ones stand that everybody has agreed to (`agreed`, of each new one),
/// and each of those concerned gets one mail.
///
/// # Errors
/// `placement-state`; the database's.
pub(in crate::services) fn carry(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    round: &Round,
    cases: &[Case],
    (judged, agreed): (&Judged, Vec<Vec<Consent>>),
) -> Result<Vec<PlacementId>, AppError> {
    // First everybody leaves, so that places and days are free for those who come.
    let mut left = Vec::new();
    for case in cases {
        left.push(leave(tx, now, actor, case)?);
    }
    let run = insert_run(tx, now, round, (&judged.file.canonical(), &judged.schedule.to_json()))?;
    let overrides = Overrides::of(&judged.file, &judged.schedule);
    let mut became = Vec::new();
    for (n, (case, consents)) in cases.iter().zip(agreed).enumerate() {
        let taken = (n + 1) % cases.len();
        let old = &case.placement;
        let placed = placed_in(&judged.schedule, &old.application.to_string())?;
        let host = get_library(tx, library_id(&placed.host)?)?;
        let (starts, ends) = judged.times[n];
        let placement = Placement {
            id: PlacementId::new(now.id(&format!("placement {}", old.application))),
            run,
            host: host.id,
            date: placed.date,
            starts,
            ends,
            time_zone: host.time_zone,
            score: placed.score,
            ring: placed.ring,
            terms: Terms::default(),
            override_reason: overrides.of_placement(old.home, placed),
            answer_until: None,
            state: PlacementState::Confirmed,
            revision: 0,
            consents,
            ..old.clone()
        };
        placements::insert(tx, &placement, now.utc())?;
        let events = [(Party::Participant, n), (Party::Host, taken)]
            .into_iter()
            .filter_map(|(party, of)| Some((party, left[of].get(&party)?.clone())));
        let events: Vec<(Party, CalendarIdentity)> = events.collect();
        for (party, identity) in &events {
            invitations::save(tx, placement.id, *party, identity)?;
        }
        note_elsewhere(tx, &[&placement])?;
        let details = json!({
            "deed": "exchange", "state": placement.state.as_str(), "run": run.to_string(),
            "instead_of": old.id.to_string(), "took_over_events": numbers(&events),
            "agreed": said(&placement.consents),
        });
        record(tx, now, actor, Action::Exchange, ("placement", &placement.id), &details)?;
        became.push(placement.id);
        let new = Case { applicant: case.applicant.clone(), host, placement };
        notices::exchanged(tx, now, &new, (case, &cases[taken]))?;
    }
    let details = json!({ "run": run.to_string(), "exchanged": cases.len() });
    record(tx, now, actor, Action::Exchange, ("round", &round.id), &details)?;
    Ok(became)
}

/// Who said yes to a placement before it was made, for the audit.
fn said(consents: &[Consent]) -> serde_json::Value {
    let one = |consent: &Consent| {
        let given = consent.given.as_ref();
        let told = json!({
            "at": given.map(|given| given.at), "by": given.map(|given| given.by.clone()),
            "on_behalf_of": given.and_then(|given| given.on_behalf_of.clone()),
        });
        (consent.party.to_string(), told)
    };
    serde_json::Value::Object(consents.iter().map(one).collect())
}

/// Ends a placement; gives its calendar events, for those who go on with them.
fn leave(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &Case,
) -> Result<BTreeMap<Party, CalendarIdentity>, AppError> {
    let mut ending = get_case(tx, case.placement.id)?;
    ending.placement.exchange()?;
    placements::save(tx, &mut ending.placement, now.utc())?;
    note_elsewhere(tx, &[&ending.placement])?;
    let id = ending.placement.id;
    let mut events = Vec::new();
    for party in [Party::Participant, Party::Host] {
        if let Some(identity) = invitations::find(tx, id, party)? {
            invitations::forget(tx, id, party)?;
            events.push((party, identity));
        }
    }
    let details = json!({
        "deed": "end", "why": "exchanged", "state": ending.placement.state.as_str(),
        "told_by_proposal": Party::ALL.iter().map(|party| party.as_str()).collect::<Vec<_>>(),
        "handed_on_events": numbers(&events),
    });
    record(tx, now, actor, Action::Exchange, ("placement", &id), &details)?;
    notices::exchanged_away(tx, now, &ending)?;
    Ok(events.into_iter().collect())
}

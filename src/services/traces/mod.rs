//! The trace of a placement: what it rests on, from the rules to what people were told, and whether each link holds.
//!
//! `checks`, `mails` and `later` hold the rules, as pure functions of what is loaded here. Placements are traced run by
//! run, because the two files of a run are large and the same for all of them.

mod checks;
mod files;
mod later;
mod mails;

use std::collections::HashMap;

use chrono::NaiveDateTime;

use self::checks::Known;
use self::files::RunFiles;
use super::app::{permit_everywhere, permit_in_round};
use super::applications::is_untold;
use super::load::{get_placement, get_round, get_run};
use super::{App, AppError};
use crate::domain::application::Application;
use crate::domain::attendance::AttendanceKind;
use crate::domain::ids::{ApplicationId, LibraryId, PlacementId, RunId};
use crate::domain::permissions::{Action, Actor, Role};
use crate::domain::placement::Placement;
use crate::domain::round::Round;
use crate::domain::run::Run;
use crate::domain::states::RunKind;
use crate::domain::trace::Broken;
use crate::store::audit::Entry;
pub use crate::store::traces::TracedDay;
use crate::store::traces::{
    ContactSince, GivenConsent, MOST, PackVersion, PartyEvent, PlacementMail, TracedOffer,
};
use crate::store::{Db, applications, audit, placements, traces};

/// What a placement rests on.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The placement.
    pub placement: Placement,
    /// When it was made, in UTC.
    pub made_at: NaiveDateTime,
    /// Its round.
    pub round: Round,
    /// The run whose schedule it stands in.
    pub run: Run,
    /// The audit entry of the publication that made it.
    pub publication: Option<Entry>,
    /// What each party said.
    pub consents: Vec<GivenConsent>,
    /// What the host offered instead, oldest first.
    pub offers: Vec<TracedOffer>,
    /// The complete versions of the joining pack, oldest first.
    pub packs: Vec<PackVersion>,
    /// What came of the day, where that is known.
    pub day: Option<TracedDay>,
    /// What was said of the day, oldest first: each mark, the illness, and what the worker took for granted.
    pub marks: Vec<Mark>,
    /// What each party was told, oldest first.
    pub mails: Vec<PlacementMail>,
    /// The event in each party's calendar.
    pub events: Vec<PartyEvent>,
    /// Who did what to it, oldest first.
    pub audit: Vec<Entry>,
    /// The links that do not hold.
    pub broken: Vec<Broken>,
}

/// What somebody said of the day of a placement, by the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The stable name of `arrived`, `ill` and so on.
    pub attendance: String,
    /// When the visitor left early, `HH:MM`.
    pub left_at: Option<String>,
    /// When it was said, in UTC.
    pub at: NaiveDateTime,
    /// The stable name of whoever said it.
    pub by: String,
    /// In what capacity.
    pub role: Role,
}

/// The marks of a day, as the audit has them.
fn marks(audit: &[Entry]) -> Vec<Mark> {
    let mark = |entry: &Entry| {
        let is_assumed =
            entry.action == Action::KeepDeadlines && detail(entry, "deed").as_deref() == Some("assume");
        let (attendance, left_at) = match entry.action {
            Action::RecordAttendance => {
                let after = value(entry, "after");
                let text = |name: &str| after[name].as_str().map(str::to_owned);
                (text("attendance")?, text("left_at"))
            }
            Action::CallInIll => (AttendanceKind::Ill.to_string(), None),
            _ if is_assumed => (AttendanceKind::NotRecorded.to_string(), None),
            _ => return None,
        };
        Some(Mark { attendance, left_at, at: entry.at, by: entry.actor.clone(), role: entry.role })
    };
    audit.iter().filter_map(mark).collect()
}

/// Traces a placement.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: PlacementId) -> Result<Trace, AppError> {
    app.store.read(|db| {
        let placement = get_placement(db, id)?;
        permit_in_round(actor, Action::ReadTrace, placement.round, ("placement", &id))?;
        if is_untold(db, actor, (placement.round, placement.application))? {
            return Err(AppError::not_found("placement", id));
        }
        let files = RunFiles::load(db, placement.run)?;
        let traces = trace(db, &files, vec![placement])?;
        traces.into_iter().next().ok_or_else(|| AppError::not_found("placement", id))
    })
}

/// What tracing everything found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// How many placements were traced.
    pub traced: usize,
    /// How many of them have a link that does not hold.
    pub broken: usize,
    /// The first of those, with what is wrong.
    pub first: Vec<(PlacementId, Vec<Broken>)>,
}

/// Traces every placement, a few hundred in memory at a time; names the first `most` that have a broken link.
///
/// # Errors
/// `forbidden`, `unauthenticated`; the database's.
pub fn check_all(app: &App, actor: &Actor, most: usize) -> Result<Found, AppError> {
    permit_everywhere(actor, Action::ReadTrace)?;
    let mut found = Found::default();
    for run in app.store.read(|db| Ok::<_, AppError>(traces::list_runs(db)?))? {
        let files = app.store.read(|db| RunFiles::load(db, run))?;
        let mut after = None;
        loop {
            let page = i64::try_from(MOST).unwrap_or(i64::MAX);
            let traces = app.store.read(|db| {
                let part = placements::list_of_run(db, run, after, page)?;
                trace(db, &files, part)
            })?;
            let Some(last) = traces.last() else { break };
            after = Some(last.placement.id);
            found.traced += traces.len();
            for trace in traces.into_iter().filter(|trace| !trace.broken.is_empty()) {
                found.broken += 1;
                if found.first.len() < most {
                    found.first.push((trace.placement.id, trace.broken));
                }
            }
        }
    }
    Ok(found)
}

/// Traces placements of one run, at most [`MOST`], in their order.
fn trace(db: &mut Db, files: &RunFiles, of: Vec<Placement>) -> Result<Vec<Trace>, AppError> {
    let Some(first) = of.first() else { return Ok(Vec::new()) };
    let run = get_run(db, files.run)?;
    let round = get_round(db, first.round)?;
    let ids: Vec<PlacementId> = of.iter().map(|placement| placement.id).collect();
    let hosts: Vec<LibraryId> = of.iter().map(|placement| placement.host).collect();
    let asked: Vec<ApplicationId> = of.iter().map(|placement| placement.application).collect();
    let of_round = audit::list_about(db, "round", &[round.id])?;
    let let_go = let_go(&audit::list_about(db, "run", &[run.id])?);
    let made: HashMap<PlacementId, NaiveDateTime> = traces::list_made(db, &ids)?.into_iter().collect();
    let mut consents = grouped(traces::list_consents(db, &ids)?, |one| one.placement);
    let mut mails = grouped(traces::list_mails(db, &asked)?, |one| one.placement);
    let mut events = grouped(traces::list_events(db, &ids)?, |one| one.placement);
    let mut entries = grouped(audit::list_about(db, "placement", &ids)?, |one| one.subject_id.clone());
    let mut offers = grouped(traces::list_offers(db, &ids)?, |one| one.placement);
    let mut packs = grouped(traces::list_packs(db, &ids)?, |one| one.placement);
    let mut days = grouped(traces::list_days(db, &ids)?, |one| one.placement);
    let contacts: HashMap<LibraryId, ContactSince> =
        traces::list_contacts_since(db, &hosts)?.into_iter().map(|known| (known.library, known)).collect();
    let deadline_moves: Vec<NaiveDateTime> =
        of_round.iter().filter(|entry| moves_answers(entry)).map(|entry| entry.at).collect();
    let cancelled_at = of_round
        .iter()
        .find(|entry| detail(entry, "to").as_deref() == Some("cancelled"))
        .map(|entry| entry.at);
    let applications: HashMap<ApplicationId, Application> = applications::list_by_ids(db, &asked)?
        .into_iter()
        .map(|applicant| (applicant.application.id, applicant.application))
        .collect();
    let mut traced = Vec::with_capacity(of.len());
    for placement in of {
        let id = placement.id;
        let made_at = made.get(&id).copied().unwrap_or_default();
        let known = Known {
            files,
            application: applications.get(&placement.application),
            contact: contacts.get(&placement.host).copied(),
            // The mails of a repair go at once.
            let_go_at: match run.kind {
                RunKind::Repaired => Some(made_at),
                RunKind::Solved | RunKind::WhatIf | RunKind::Edited => {
                    let_go.iter().copied().find(|at| *at >= made_at)
                }
            },
            deadline_moves: &deadline_moves,
            cancelled_at,
        };
        let audit = entries.remove(&id.to_string()).unwrap_or_default();
        let mut trace = Trace {
            publication: of_round.iter().find(|entry| is_publication(entry, run.id, made_at)).cloned(),
            placement,
            made_at,
            round: round.clone(),
            run: run.clone(),
            consents: consents.remove(&id).unwrap_or_default(),
            offers: offers.remove(&id).unwrap_or_default(),
            packs: packs.remove(&id).unwrap_or_default(),
            day: days.remove(&id).and_then(|mut days| days.pop()),
            mails: mails.remove(&id).unwrap_or_default(),
            events: events.remove(&id).unwrap_or_default(),
            marks: marks(&audit),
            audit,
            broken: Vec::new(),
        };
        trace.broken = checks::check(&trace, &known);
        traced.push(trace);
    }
    Ok(traced)
}

fn grouped<T, K: std::hash::Hash + Eq>(all: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for one in all {
        groups.entry(key(&one)).or_default().push(one);
    }
    groups
}

/// What an audit entry says about one thing.
fn value(entry: &Entry, name: &str) -> serde_json::Value {
    let details: serde_json::Value = serde_json::from_str(&entry.details).unwrap_or_default();
    details[name].clone()
}

/// As [`value`], where that is a text.
fn detail(entry: &Entry, name: &str) -> Option<String> {
    value(entry, name).as_str().map(str::to_owned)
}

/// Whether an entry of a round tells that the last day for answers moved.
fn moves_answers(entry: &Entry) -> bool {
    entry.action == Action::SteerRound && !value(entry, "answer_until").is_null()
}

fn is_publication(entry: &Entry, run: RunId, at: NaiveDateTime) -> bool {
    matches!(entry.action, Action::Publish | Action::Repair | Action::Exchange | Action::AnswerOffer)
        && entry.at == at
        && detail(entry, "run") == Some(run.to_string())
}

/// When the mails of publications of a run were let go, oldest first.
fn let_go(of_run: &[Entry]) -> Vec<NaiveDateTime> {
    of_run
        .iter()
        .filter(|entry| entry.action == Action::EditMails && !value(entry, "released").is_null())
        .map(|entry| entry.at)
        .collect()
}

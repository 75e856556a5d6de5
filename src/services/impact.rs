//! What a round came to, made once it is over, for everybody to read: tables that reveal nobody.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use super::app::{permit_in_round, record};
use super::load::get_round;
use super::rounds::load as load_round;
use super::{App, AppError};
use crate::domain::disclosure::{FEWEST, Table};
use crate::domain::history::{Outcome, rounds_left_out};
use crate::domain::ids::{LibraryId, PersonId, RoundId};
use crate::domain::impact::{Came, Impact, Published, Sheet, kind_of, kinds};
use crate::domain::language::Language;
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{ApplicationState, PlacementState, RoundState};
use crate::export::report_pdf;
use crate::store::placements::{Publicity, Visible};
use crate::store::{Db, applications, histories, impact, organisations, placements};
use crate::words::{self, ImpactFacts};

/// The report of a round.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The round.
    pub round: Round,
    /// What it came to.
    pub impact: Impact,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// How long people had waited, as rows of a table.
const WAITED: [&str; 3] = ["not_before", "one_round", "more_rounds"];

/// Makes the report of a round that is over. Asked again, it is the same one: it never changes.
///
/// # Errors
/// `round-state` while the round is not completed, `too-early` while a host has not marked a day; `not-found`, `forbidden`, `unauthenticated`.
pub fn make(app: &App, actor: &Actor, id: RoundId) -> Result<Report, AppError> {
    permit_in_round(actor, Action::ReportImpact, id, ("round", &id))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let round = get_round(tx, id)?;
        if let Some((impact, made_at)) = impact::find(tx, id)? {
            return Ok(Report { round, impact, made_at: made_at.and_utc() });
        }
        if round.state != RoundState::Completed {
            let words = format!(
                "the round “{}” is {}: what it came to is known when it is completed",
                round.name, round.state
            );
            return Err(Refusal::new(RefusalCode::RoundState, words).into());
        }
        let found = work_out(tx, &round)?;
        impact::insert(tx, id, &found, now.utc())?;
        record(tx, &now, actor, Action::ReportImpact, ("round", &id), &json!({}))?;
        Ok(Report { round, impact: found, made_at: now.at })
    })
}

/// The report of a round, for everybody.
///
/// # Errors
/// `not-found` also while it is not made.
pub fn get(app: &App, actor: &Actor, id: RoundId) -> Result<Report, AppError> {
    app.store.read(|db| {
        let round = load_round(db, actor, id)?;
        let found = impact::find(db, id)?;
        let (impact, made_at) = found.ok_or_else(|| AppError::not_found("report of the round", id))?;
        Ok(Report { round, impact, made_at: made_at.and_utc() })
    })
}

/// The report of a round in words, for everybody.
///
/// # Errors
/// As for [`get`].
pub fn sheet(app: &App, actor: &Actor, id: RoundId, language: Language) -> Result<Sheet, AppError> {
    let report = get(app, actor, id)?;
    let dates = report.round.dates.first().copied().zip(report.round.dates.last().copied());
    let facts = ImpactFacts {
        service: &app.settings.service_name,
        round: &report.round.name.to_string(),
        dates,
        impact: &report.impact,
        made_at: report.made_at.naive_utc(),
    };
    Ok(words::impact(language, &facts))
}

/// A report as PDF.
///
/// # Errors
/// Only when something here is wrong.
pub fn pdf(sheet: &Sheet) -> Result<Vec<u8>, AppError> {
    report_pdf(sheet).map_err(|error| AppError::Internal(error.to_string()))
}

fn work_out(db: &mut Db, round: &Round) -> Result<Impact, AppError> {
    let mut days =
        placements::list(db, round.id, (&Visible::All, Publicity::AlsoUntold), None, None, i64::MAX)?;
    let open = days.iter().filter(|day| day.state == PlacementState::Confirmed).count();
    if open > 0 {
        let words = format!(
            "{open} of the round's days are not marked by their hosts yet: a day that nobody marks counts as having been five \
             working days after it. Make the report then, because it never changes"
        );
        return Err(Refusal::new(RefusalCode::TooEarly, words).into());
    }
    days.retain(|day| day.state == PlacementState::Completed);
    let people = applications::list_of_round(db, round.id)?;
    let mut libraries: Vec<LibraryId> = days.iter().flat_map(|day| [day.home, day.host]).collect();
    libraries.extend(people.iter().map(|one| one.application.home));
    libraries.sort_unstable();
    libraries.dedup();
    let kinds_of: HashMap<LibraryId, usize> = organisations::list_libraries_by_ids(db, &libraries)?
        .into_iter()
        .map(|library| (library.id, kind_of(&library.sectors)))
        .collect();
    let kind = |id: LibraryId| kinds_of.get(&id).copied().unwrap_or(kinds().len() - 1);

    let size = kinds().len();
    let (mut counts, mut minutes) = (vec![vec![0_u64; size]; size], vec![vec![0_u64; size]; size]);
    for day in &days {
        let (from, to) = (kind(day.home), kind(day.host));
        counts[from][to] += 1;
        minutes[from][to] += u64::try_from((day.ends - day.starts).num_minutes()).unwrap_or_default();
    }
    let went: HashSet<_> = days.iter().map(|day| day.application).collect();

    let persons: Vec<PersonId> = people.iter().map(|one| one.person.id).collect();
    let mut past: HashMap<PersonId, Vec<(NaiveDate, Outcome)>> = HashMap::new();
    let first = round.dates.first().copied().unwrap_or_default();
    for (person, date, outcome) in applications::outcomes_elsewhere(db, round.id, &persons)? {
        // What later rounds brought is not what somebody had waited for then.
        if date < first {
            past.entry(person).or_default().push((date, outcome));
        }
    }
    let given: HashMap<_, _> = histories::list_of_round(db, round.id)?.into_iter().collect();
    let columns: Vec<String> = Came::ALL.iter().map(ToString::to_string).collect();
    let (mut demand, mut waiting) =
        (vec![vec![0_u64; columns.len()]; size], vec![vec![0; columns.len()]; WAITED.len()]);
    for one in &people {
        let application = &one.application;
        let came = match application.state {
            _ if went.contains(&application.id) => Came::Went,
            ApplicationState::Placed => Came::HadAPlace,
            ApplicationState::Unplaced => Came::LeftOut,
            ApplicationState::Submitted
            | ApplicationState::Verified
            | ApplicationState::Released
            | ApplicationState::Refused
            | ApplicationState::Withdrawn => continue,
        };
        let column = Came::ALL.iter().position(|one| *one == came).unwrap_or_default();
        let outcomes = past.get(&one.person.id).map_or(&[][..], Vec::as_slice);
        let waited = rounds_left_out(outcomes) + given.get(&application.id).map_or(0, |given| given.waited);
        demand[kind(application.home)][column] += 1;
        waiting[usize::try_from(waited.clamp(0, 2)).unwrap_or_default()][column] += 1;
    }
    let waited = WAITED.map(str::to_owned).to_vec();
    let (people, spent) = (Table::new(&counts), Table::plain(&minutes));
    let ideas = impact::count_ideas(db, round.id)?.map(|count| {
        let count = u64::try_from(count).unwrap_or_default();
        (count == 0 || count >= FEWEST).then_some(count)
    });
    Ok(Impact {
        days: Published::of(kinds(), kinds(), &people),
        hours: Published::hours(kinds(), kinds(), &people, &spent),
        demand: Published::of(kinds(), columns.clone(), &Table::new(&demand)),
        waiting: Published::of(waited, columns, &Table::new(&waiting)),
        ideas,
    })
}

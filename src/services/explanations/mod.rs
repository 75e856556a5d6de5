//! Why somebody has this place, or none: worked out from the files of a run whenever somebody asks, in facts and in the
//! words that the participant reads.
//!
//! A participant learns nothing of others: neither who needed a place instead, nor which library was full on which day.

pub(super) mod words;

use chrono::NaiveDate;

use super::app::permit;
use super::applications::is_untold;
use super::load::{get_applicant, get_run};
use super::runs::{find_result, read_result};
use super::{App, AppError};
use crate::domain::ids::{ApplicationId, RunId};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Reach, Subject};
use crate::domain::run::Run;
use crate::domain::states::{ApplicationState, RunState};
use crate::files;
use crate::files::Schedule;
use crate::services::links::LinkView;
use crate::store::{Db, runs};
use crate::verify;

pub use crate::files::schedule::{Change, ChangeTo, Reason};
pub use crate::verify::{Hosts, Points};
pub use words::{Part, RuleTold, excluded};

/// What became of somebody in a run, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The run.
    pub run: RunId,
    /// Whose.
    pub application: ApplicationId,
    /// A place or none.
    pub outcome: Outcome,
    /// The same in sentences, as the participant reads them.
    pub words: Vec<String>,
    /// How the hosts of the round were for this person.
    pub hosts: Hosts,
}

/// A place or none.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A place.
    Placed(Box<Place>),
    /// None.
    Unplaced {
        /// Why.
        reason: Reason,
        /// What would have helped, or why no such thing is named.
        change: Result<Change, String>,
    },
}

/// A place, and what speaks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The host's id and name.
    pub host: (String, String),
    /// When.
    pub date: NaiveDate,
    /// Whether the organisers had fixed it.
    pub is_locked: bool,
    /// All rules, in the order of docs/files.md.
    pub rules: Vec<RuleTold>,
    /// What it scores.
    pub score: i64,
    /// The parts of the score that this round counts.
    pub parts: Vec<Part>,
    /// What having a place counts beside the score: W × (1 + rounds without one).
    pub weight: i64,
    /// Rounds in a row without a place before.
    pub priority: i64,
    /// 1 where no feasible host scores more, and so on; none where an override made it possible.
    pub rank: Option<i64>,
    /// Other feasible hosts that score the same.
    pub equal: i64,
}

/// Why an application has this place, or none, in a run. Participants are told of the published ones, once their mail has
/// gone.
///
/// # Errors
/// `run-state` while the run has no schedule; `not-found` also for what may not be known yet, and where the application was
/// not matched; `forbidden`, `unauthenticated`.
pub fn explain(
    app: &App,
    actor: &Actor,
    run: RunId,
    application: ApplicationId,
) -> Result<Explanation, AppError> {
    let action = Action::ReadExplanation;
    app.store.read(|db| {
        let round = get_applicant(db, application)?.application.round;
        let subject = Subject { application: Some(application), ..Subject::of_round(round) };
        permit(actor, action, &subject, ("application", &application))?;
        let run = get_run(db, run)?;
        let runs_it = matches!(actor.reach(action), Ok(Reach::Everywhere | Reach::OwnRound));
        let may_see =
            runs_it || run.state == RunState::Published && !is_untold(db, actor, (round, application))?;
        if !may_see || round != run.round {
            return Err(AppError::not_found("run", run.id));
        }
        let (round, schedule) = read_result(db, &run)?;
        explanation(&run, &round, &schedule, application)
            .ok_or_else(|| AppError::not_found("explanation", application))
    })
}

/// What the participant reads on the page of a link: of the place that stands, or of the publication that gave none.
pub(super) fn of_link(db: &mut Db, view: &LinkView) -> Result<Option<Explanation>, AppError> {
    let application = view.applicant.application.id;
    if view.link.party != Party::Participant
        || is_untold(db, &view.link.actor(), (view.round.id, application))?
    {
        return Ok(None);
    }
    let of_placement = view.placement.as_ref().filter(|(placement, _)| placement.state.is_live());
    let run = match of_placement {
        Some((placement, _)) => runs::find(db, placement.run)?,
        None if view.applicant.application.state == ApplicationState::Unplaced => {
            // Repairs look for no changes: what the publication said goes on to be true of it.
            runs::list(db, view.round.id)?.into_iter().find(|run| run.state == RunState::Published)
        }
        None => None,
    };
    let Some(run) = run.filter(|run| run.state == RunState::Published) else { return Ok(None) };
    let Some((round, schedule)) = find_result(db, run.id)? else { return Ok(None) };
    let found = explanation(&run, &round, &schedule, application);
    // Whose place has come to nothing reads why in the mail about that.
    Ok(found.filter(|found| of_placement.is_some() == matches!(found.outcome, Outcome::Placed(_))))
}

/// None where the application is not in the schedule.
fn explanation(
    run: &Run,
    round: &files::Round,
    schedule: &Schedule,
    application: ApplicationId,
) -> Option<Explanation> {
    let id = application.to_string();
    let staff = round.staff.iter().find(|person| person.id == id)?;
    if let Some(left) = schedule.unplaced.iter().find(|left| left.staff == id) {
        let hosts = verify::hosts(round, &id)?;
        let unnamed = || left.change_reason.clone().unwrap_or_default();
        return Some(Explanation {
            run: run.id,
            application,
            outcome: Outcome::Unplaced {
                reason: left.reason,
                change: left.change.clone().ok_or_else(unnamed),
            },
            words: words::of_no_place(round, left, &hosts),
            hosts,
        });
    }
    let placed = schedule.placements.iter().find(|placed| placed.staff == id)?;
    let choice = verify::choice(round, placed)?;
    let context = words::Context::new(round, staff, placed, &choice)?;
    let Points { sector, topics, nearness, partner } = choice.points;
    let place = Place {
        host: (placed.host.clone(), context.host_name().to_owned()),
        date: placed.date,
        is_locked: choice.is_locked,
        rules: context.rules(),
        score: sector + topics + nearness + partner,
        parts: context.parts(),
        weight: round.placement_weight() * (1 + staff.priority),
        priority: staff.priority,
        rank: choice.rank,
        equal: choice.equal,
    };
    Some(Explanation {
        run: run.id,
        application,
        words: context.of_the_place(run.kind, &schedule.objective),
        outcome: Outcome::Placed(Box::new(place)),
        hosts: choice.hosts,
    })
}

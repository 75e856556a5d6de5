//! `/v1/runs/{id}/explanations/{application}`: why somebody has this place, or none.
//!
//! Which library would have needed one more place, when, and how many others would have lost theirs is for organisers:
//! participants could read from it who is where.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Answer, shown};
use super::call::{Call, id_in};
use crate::domain::ids::{ApplicationId, RunId};
use crate::domain::permissions::{Actor, Role};
use crate::services::explanations::{self, ChangeTo, Outcome, excluded};

/// Why somebody has this place, or none.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Explanation {
    run: Uuid,
    application: Uuid,
    /// As the participant reads it.
    words: Vec<String>,
    hosts: Hosts,
    /// The place.
    placed: Option<Place>,
    /// Why there is none.
    unplaced: Option<NoPlace>,
}

/// How the hosts of the round were for this person.
#[derive(Debug, Serialize, ToSchema)]
struct Hosts {
    /// Libraries that receive visitors, the own one aside.
    considered: i64,
    /// Those at which the person could have had a day.
    feasible: i64,
    /// Which rule took the last day of how many of the others. `personal`: what the person wants, needs or has visited.
    excluded: BTreeMap<&'static str, i64>,
}

/// A place and what speaks for it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedPlace)]
struct Place {
    host: String,
    host_name: String,
    date: NaiveDate,
    /// Whether the organisers had fixed it before.
    locked: bool,
    /// By the person's wishes it is so far down among the feasible hosts, from 1 on; null where an override made it possible.
    rank: Option<i64>,
    /// Other feasible hosts that score the same.
    equal: i64,
    score: i64,
    /// The parts of the score that the round counts.
    parts: Vec<Part>,
    /// What having a place counts beside the score.
    weight: i64,
    /// Rounds in a row without a place before.
    priority: i64,
    /// Every rule, in the order of docs/files.md.
    rules: Vec<Rule>,
}

/// A part of a score.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScorePart)]
struct Part {
    /// `sector`, `topics`, `nearness` or `partner`.
    part: &'static str,
    points: i64,
    /// As many there can be.
    most: i64,
    words: String,
}

/// A rule, as it is for a place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedRule)]
struct Rule {
    /// Its code (docs/files.md).
    rule: &'static str,
    /// Whether it is kept, and not set aside.
    kept: bool,
    words: String,
}

/// Why somebody has no place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedNoPlace)]
struct NoPlace {
    /// `not_feasible`, `outweighed` or `dropped_out`.
    reason: &'static str,
    /// The least single change with which one of the best schedules would have had a place, with no fewer people placed.
    change: Option<Change>,
    /// Why none is named: `none_single` (proven), `not_proven`, `not_looked_for`.
    change_reason: Option<String>,
}

/// A change of one thing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplainedChange)]
struct Change {
    /// Whose it would have been: the person's `own`, or a `library`’s, which has one more place or release.
    side: &'static str,
    /// What: `max_km`, `dates`, `assured_until`, `avoid`; for organisers `hosting` and `release` too.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// To what.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    to: Option<serde_json::Value>,
    /// Where the person then goes, or what has one more; for organisers.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    /// When; for organisers.
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<NaiveDate>,
    /// How many others have no place in the schedule that was found then; for organisers.
    #[serde(skip_serializing_if = "Option::is_none")]
    displaces: Option<i64>,
}

fn change_of(actor: &Actor, change: explanations::Change) -> Change {
    let is_own = !matches!(change.field.as_str(), "hosting" | "release");
    let sees_all = matches!(actor.role, Role::Organiser | Role::RoundOrganiser);
    let to = match change.to {
        ChangeTo::Number(number) => number.into(),
        ChangeTo::Text(text) => text.into(),
    };
    Change {
        side: if is_own { "own" } else { "library" },
        field: Some(change.field).filter(|_| is_own || sees_all),
        to: Some(to).filter(|_| is_own || sees_all),
        host: change.host.filter(|_| sees_all),
        date: change.date.filter(|_| sees_all),
        displaces: Some(change.displaces).filter(|_| sees_all),
    }
}

/// An explanation as this actor may see it.
pub(super) fn shape(actor: &Actor, found: explanations::Explanation) -> Explanation {
    let hosts = Hosts {
        considered: found.hosts.considered,
        feasible: found.hosts.feasible,
        excluded: excluded(&found.hosts).into_iter().collect(),
    };
    let (placed, unplaced) = match found.outcome {
        Outcome::Placed(place) => (Some(place_of(*place)), None),
        Outcome::Unplaced { reason, change } => {
            let (change, change_reason) = match change {
                Ok(change) => (Some(change_of(actor, change)), None),
                Err(reason) => (None, Some(reason)),
            };
            (None, Some(NoPlace { reason: reason.as_str(), change, change_reason }))
        }
    };
    let (run, application) = (found.run.uuid(), found.application.uuid());
    Explanation { run, application, words: found.words, hosts, placed, unplaced }
}

fn place_of(place: explanations::Place) -> Place {
    let part = |part: explanations::Part| Part {
        part: part.name,
        points: part.points,
        most: part.most,
        words: part.words,
    };
    let rule = |told: explanations::RuleTold| Rule {
        rule: told.rule.as_str(),
        kept: told.is_kept,
        words: told.words,
    };
    Place {
        host: place.host.0,
        host_name: place.host.1,
        date: place.date,
        locked: place.is_locked,
        rank: place.rank,
        equal: place.equal,
        score: place.score,
        parts: place.parts.into_iter().map(part).collect(),
        weight: place.weight,
        priority: place.priority,
        rules: place.rules.into_iter().map(rule).collect(),
    }
}

/// Explain a place, or why there is none
///
/// For organisers of every run that has a schedule; for the participant, with the secret of a link from a mail, of the
/// published ones, once that mail has gone.
#[utoipa::path(get, path = "/v1/runs/{id}/explanations/{application}", tag = "runs",
    params(("id" = Uuid, Path), ("application" = Uuid, Path)),
    responses((status = 200, description = "The explanation.", body = Explanation)))]
pub(super) async fn get(call: Call) -> Answer {
    let run: RunId = call.id("run")?;
    let application: ApplicationId = id_in(&call.path.application, "application")?;
    let found = call.run(move |app, actor| explanations::explain(app, actor, run, application)).await?;
    shown(&shape(&call.actor, found))
}

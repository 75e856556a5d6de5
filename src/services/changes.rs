//! What has changed of a round since a run froze it, by the names of people and libraries: why the run is stale.
//!
//! Two round files are compared, so that what bears on no schedule makes no run stale, and a change that was taken back
//! does not either. Never tells access needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::AppError;
use super::load::get_run;
use super::round_file::round_file;
use super::round_transfer::compare::members;
use super::runs::read_round;
use super::snapshot::load;
use crate::domain::round::Round;
use crate::domain::run::Run;
use crate::files;
use crate::store::{Db, applications, runs};

/// Something that would be frozen otherwise now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of thing: `person`, `library`, `lock`, `forbidden`, `rules`, `employer_groups`, `partners`.
    pub thing: &'static str,
    /// Its id in the round file; of a lock and a forbidden pair the person's; empty for what there is one of.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What has changed.
    pub words: String,
}

/// What has changed since the run, or the run that it was edited from, froze the round.
pub(super) fn since(db: &mut Db, run: &Run, round: &Round) -> Result<Vec<Change>, AppError> {
    let mut solved = run.clone();
    while let Some(from) = solved.edited_from {
        solved = get_run(db, from)?;
    }
    let (file, _) = runs::files(db, solved.id)?.ok_or_else(|| AppError::not_found("run", solved.id))?;
    let then = read_round(solved.id, &file)?;
    let now = round_file(&load(db, round)?).map_err(AppError::Fields)?;
    let mut names: HashMap<String, String> = applications::list_of_round(db, round.id)?
        .into_iter()
        .map(|applicant| (applicant.application.id.to_string(), applicant.application.name.to_string()))
        .collect();
    let libraries = then.libraries.iter().chain(&now.libraries);
    names.extend(libraries.map(|library| (library.id.clone(), library.name.clone())));
    Ok(differences(&then, &now, &names))
}

fn differences(then: &files::Round, now: &files::Round, names: &HashMap<String, String>) -> Vec<Change> {
    let (then, now) = (members(then), members(now));
    let keys: BTreeSet<&(&str, String)> = then.keys().chain(now.keys()).collect();
    let mut changes = Vec::new();
    for key in keys {
        let words = match (then.get(key), now.get(key)) {
            (Some(before), Some(after)) if before == after => continue,
            (Some(before), Some(after)) => fields(before, after),
            (None, _) => "is new".to_owned(),
            (Some(_), None) => "is in it no more".to_owned(),
        };
        let (kind, text) = key;
        let thing = match *kind {
            "staff" => "person",
            "libraries" => "library",
            "locks" => "lock",
            other => other,
        };
        // A forbidden pair has no id in the file: it is its own key.
        let pair: Option<Value> = serde_json::from_str(text).ok();
        let id = pair.as_ref().and_then(|pair| pair["staff"].as_str()).unwrap_or(text).to_owned();
        changes.push(Change { thing, name: names.get(&id).cloned(), id, words });
    }
    changes
}

/// Dates told of one field at most.
const MOST_DATES: usize = 5;

/// Which fields differ, and of those by date on which dates.
fn fields(before: &Value, after: &Value) -> String {
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().into_iter().flat_map(|all| all.keys().cloned()).collect()
    };
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for key in keys(before).union(&keys(after)) {
        let (before, after) = (&before[key], &after[key]);
        if before != after {
            let dates: BTreeSet<String> = keys(before).union(&keys(after)).cloned().collect();
            let differ = dates.into_iter().filter(|date| before[date] != after[date]);
            told.entry(label(key).to_owned()).or_default().extend(differ);
        }
    }
    let each = told.into_iter().map(|(label, dates)| {
        let more = dates.len().saturating_sub(MOST_DATES);
        let mut dates: Vec<String> = dates.into_iter().take(MOST_DATES).collect();
        if more > 0 {
            dates.push(format!("{more} more"));
        }
        if dates.is_empty() { label } else { format!("{label} ({})", dates.join(", ")) }
    });
    format!("changed: {}", each.collect::<Vec<_>>().join("; "))
}

/// A field of the round file for people.
fn label(key: &str) -> &str {
    match key {
        "hosting" => "visitors taken",
        "hosting_limit" => "limit of visitors",
        "release" => "staff who may leave",
        "max_km" => "distance",
        "assured_until" => "assurance",
        "visited" => "libraries visited before",
        "avoid" => "libraries to avoid",
        "priority" => "rounds waited",
        // Whether somebody has access needs is not told here.
        "needs" | "topics" => "wishes",
        "" => "members",
        other => other,
    }
}

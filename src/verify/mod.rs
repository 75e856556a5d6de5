//! The independent checker: re-proves a schedule against its round or audit file.
//!
//! It shares nothing with the solver but the file types and is written from the specification
//! (`docs/files.md`) alone: every hard rule, score, capacity, ring, list, explanation, sum, and the bound from its
//! prices. It never solves anything, and it never trusts a number that it can work out. `run` says how a schedule
//! was found and is not checked.
//!
//! Cost: one pass over people and hosts, pruned by pair before dates are looked at.

mod bound;
mod breach;
mod choice;
mod complete;
mod distance;
mod explanations;
mod model;
mod objective;
mod placements;
mod publish;
mod rings;
mod rules;

use std::collections::HashSet;

pub use breach::{About, Breach, Code};
pub use choice::{Choice, Hosts, choice, hosts};
pub use complete::{Draft, complete, complete_each};
pub use model::Subject;
pub use objective::Verdict;
pub use publish::without_people;
pub use rules::{Points, Rule};

use bound::Certificate;
use breach::Findings;
use model::{Model, count};
use placements::Waivers;

use crate::files::Schedule;
use crate::files::schedule::Unplaced;

/// What the checker found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What is wrong; none when the schedule is clean.
    pub breaches: Vec<Breach>,
    /// Waivers, overrides and drop-outs, for people to read.
    pub notes: Vec<String>,
    /// What is proven.
    pub verdict: Verdict,
    /// The value, worked out from the placements.
    pub value: i64,
    /// The bound that the schedule claims.
    pub bound: i64,
    /// The bound, worked out from the prices.
    pub bound_prices: i64,
    /// People with a place.
    pub placed: i64,
    /// People in the round.
    pub people: i64,
}

impl Report {
    /// Whether nothing is wrong. There may be notes.
    pub fn is_clean(&self) -> bool {
        self.breaches.is_empty()
    }
}

/// Checks a schedule against its round or audit file.
pub fn verify(subject: &Subject<'_>, schedule: &Schedule) -> Report {
    let dates = Model::dates_of(subject);
    let model = Model::of(subject, &dates);
    let mut found = Findings::default();
    if schedule.round_sha256 != model.round_sha256 {
        let words = format!("is {}, but this round's is {}", schedule.round_sha256, model.round_sha256);
        found.breach(Code::RoundSha256, words);
    }
    let placed = placements::check_each(&model, schedule, &mut found);
    placements::check_lists(&model, schedule, &mut found);
    let mut waivers = Waivers::read(&model, schedule, &mut found);
    placements::check_together(&model, &placed, &mut waivers, &mut found);
    let lifted = model.balance_is_lifted().into_iter().map(|(_, date)| date);
    let unbalanced_days: HashSet<usize> = lifted.chain(waivers.unbalanced_days()).collect();
    rings::check(&model, &placed, &unbalanced_days, &mut found);
    placements::check_outcomes(&model, schedule, &placed, &mut found);

    let mut certificate = Certificate::open(&model, &schedule.prices, &waivers, &mut found);
    let mut left: Vec<Vec<&Unplaced>> = vec![Vec::new(); model.people.len()];
    for entry in &schedule.unplaced {
        if let Some(person) = model.person(&entry.staff) {
            left[person].push(entry);
        }
    }
    model.for_each_options(|person, options| {
        certificate.add_options(&model, person, options);
        for entry in &left[person] {
            explanations::check(&model, entry, options, &mut found);
        }
    });
    let value_of =
        |placed: &placements::Placed<'_>| model.weight_of(placed.person) + i128::from(placed.score);
    let value: i128 = placed.iter().map(value_of).sum();
    let bound_prices = certificate.bound();
    objective::check(&schedule.objective, value, bound_prices, &mut found);
    let clean = found.breaches.is_empty();
    Report {
        verdict: if clean { objective::verdict(&schedule.objective) } else { Verdict::Refuted },
        breaches: found.breaches,
        notes: found.notes,
        // Sums that no 64-bit number holds are breaches already; the report then shows the largest one.
        value: i64::try_from(value).unwrap_or(i64::MAX),
        bound: schedule.objective.bound,
        bound_prices: i64::try_from(bound_prices).unwrap_or(i64::MAX),
        placed: count(placed.len()),
        people: count(model.people.len()),
    }
}

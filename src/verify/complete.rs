//! The schedule that follows from what somebody decided by hand: scores, rings, lists, explanations, sums, and the bound
//! that the given prices still prove.
//!
//! It works everything out with the checker's own rules, so that there is no second rule book; whether the decisions
//! are allowed is for [`super::verify`] to say.

use std::collections::{BTreeMap, BTreeSet};

use super::bound::Certificate;
use super::breach::{Code, Findings};
use super::model::{Model, Options, Subject, count};
use super::objective::gap;
use super::placements::{Placed, Waivers, resolve};
use super::rings;
use crate::files::schedule::{Objective, Outcomes, Placement, Prices, Proof, Reason, Run, Unplaced, Waiver};
use crate::files::{Round, Schedule};

/// What was decided.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Who goes where; scores are worked out, rings too (under a ring limit they stay where a date's all have one).
    pub placements: Vec<Placement>,
    /// Who of those without a place has none because they dropped out.
    pub dropped_out: BTreeSet<String>,
    /// Which demands are set aside, and why.
    pub waived: Vec<Waiver>,
    /// Prices to prove a bound with, in thousandths; those that must not be are left out, and people's are chosen anew.
    pub prices: Prices,
    /// A bound proven otherwise; it must hold for this very round with these waivers.
    pub bound: Option<i64>,
    /// How it came about.
    pub run: Run,
}

/// Works out the whole schedule of a draft.
///
/// Placements that name somebody or something unknown are left as they are, for the checker to refuse.
pub fn complete(round: &Round, draft: Draft) -> Schedule {
    let subject = Subject::Round(round);
    let dates = Model::dates_of(&subject);
    let model = Model::of(&subject, &dates);
    let mut completed = Completed::open(&model, draft);
    model.for_each_options(|person, options| completed.add(&model, person, options));
    completed.close(&model)
}

/// Works out the whole schedules of some drafts of one round, in one pass over what is feasible.
pub fn complete_each(round: &Round, drafts: Vec<Draft>) -> Vec<Schedule> {
    let subject = Subject::Round(round);
    let dates = Model::dates_of(&subject);
    let model = Model::of(&subject, &dates);
    let mut completed: Vec<Completed> =
        drafts.into_iter().map(|draft| Completed::open(&model, draft)).collect();
    model.for_each_options(|person, options| {
        completed.iter_mut().for_each(|completed| completed.add(&model, person, options));
    });
    completed.into_iter().map(|completed| completed.close(&model)).collect()
}

/// A schedule on its way.
struct Completed {
    schedule: Schedule,
    certificate: Certificate,
    value: i128,
    has_place: Vec<bool>,
    dropped_out: BTreeSet<String>,
    bound: Option<i64>,
}

impl Completed {
    fn open(model: &Model<'_>, draft: Draft) -> Self {
        let mut schedule = Schedule {
            round_sha256: model.round_sha256.clone(),
            placements: draft.placements,
            unplaced: Vec::new(),
            waived: draft.waived,
            outcomes: Outcomes {
                placed: 0,
                unplaced: 0,
                sector_rank: Vec::new(),
                placed_after_waiting: 0,
                unplaced_after_waiting: 0,
            },
            objective: Objective {
                value: 0,
                bound: 0,
                bound_prices: 0,
                gap: 0.0,
                optimal: false,
                proof: Proof::Prices,
            },
            prices: Prices::default(),
            run: draft.run,
        };
        schedule.placements.sort_by(|a, b| a.staff.cmp(&b.staff));
        schedule.waived.sort();
        let value = fill_placements(model, &mut schedule);
        let certificate = open_certificate(model, &mut schedule, draft.prices);
        let mut has_place = vec![false; model.people.len()];
        let placed = schedule.placements.iter().filter_map(|placed| model.person(&placed.staff));
        placed.for_each(|person| has_place[person] = true);
        let (dropped_out, bound) = (draft.dropped_out, draft.bound);
        Self { schedule, certificate, value, has_place, dropped_out, bound }
    }

    /// Takes a person's options, in the order of ids.
    fn add(&mut self, model: &Model<'_>, person: usize, options: &Options) {
        let id = model.people[person].id;
        // Prices are sums of values and prices of the file, far below 2^63.
        let price = i64::try_from(self.certificate.price_person(model, person, options)).unwrap_or(i64::MAX);
        if price != 0 {
            self.schedule.prices.staff.insert(id.to_owned(), price);
        }
        if !self.has_place[person] {
            let mut left = explained(id, options);
            if self.dropped_out.contains(id) {
                left.reason = Reason::DroppedOut;
            }
            self.schedule.unplaced.push(left);
        }
    }

    fn close(mut self, model: &Model<'_>) -> Schedule {
        let waited = |is_placed: bool| {
            let of = |(person, placed): &(usize, &bool)| {
                **placed == is_placed && model.people[*person].priority > 0
            };
            count(self.has_place.iter().enumerate().filter(of).count())
        };
        let (placed_after_waiting, unplaced_after_waiting) = (waited(true), waited(false));
        let outcomes = &mut self.schedule.outcomes;
        outcomes.placed = count(self.has_place.iter().filter(|placed| **placed).count());
        outcomes.unplaced = count(self.schedule.unplaced.len());
        (outcomes.placed_after_waiting, outcomes.unplaced_after_waiting) =
            (placed_after_waiting, unplaced_after_waiting);
        self.schedule.objective = objective(self.value, self.certificate.bound(), self.bound);
        self.schedule
    }
}

/// Scores, rings and the counts of ranks; gives the value.
fn fill_placements(model: &Model<'_>, schedule: &mut Schedule) -> i128 {
    let known: Vec<Option<Placed<'_>>> = resolve(model, &schedule.placements);
    let placed: Vec<Placed<'_>> = known.iter().flatten().cloned().collect();
    let ranks = model.count_sector_ranks(placed.iter().map(|placed| (placed.person, placed.host)));
    let value = placed.iter().map(|placed| model.weight_of(placed.person) + i128::from(placed.score)).sum();
    let numbers = rings::numbers_after_edit(model.max_ring, &placed);
    let mut facts = placed.iter().map(|placed| placed.score).zip(numbers);
    let facts: Vec<_> = known.iter().map(|known| known.as_ref().and_then(|_| facts.next())).collect();
    for (placement, facts) in schedule.placements.iter_mut().zip(facts) {
        if let Some((score, ring)) = facts {
            (placement.score, placement.ring) = (score, ring);
        }
    }
    schedule.outcomes.sector_rank = ranks.unwrap_or_default();
    value
}

/// Keeps the prices that may be, but for people's, and opens the sum that they prove.
fn open_certificate(model: &Model<'_>, schedule: &mut Schedule, prices: Prices) -> Certificate {
    // What the checker would say of waivers and prices it says later.
    let mut unheard = Findings::default();
    let waivers = Waivers::read(model, schedule, &mut unheard);
    let lifted = model.balance_is_lifted();
    let waived = |code: Code, library: &str, date: Option<chrono::NaiveDate>| {
        let date = date.and_then(|date| model.date(date));
        model.library(library).is_none_or(|library| waivers.waives(code, library, date))
    };
    let is_lifted = |library: &str, date: chrono::NaiveDate| {
        model.library(library).zip(model.date(date)).is_none_or(|day| lifted.contains(&day))
    };
    let mut kept = Prices { staff: BTreeMap::new(), ..prices };
    kept.hosting.retain(|(library, date, _)| !waived(Code::HostFull, library, Some(*date)));
    kept.release.retain(|(library, date, _)| !waived(Code::Cover, library, Some(*date)));
    kept.hosting_limit.retain(|(library, _)| !waived(Code::HostLimit, library, None));
    kept.balance.retain(|(library, date, _)| {
        model.balance.is_some() && !waived(Code::Balance, library, Some(*date)) && !is_lifted(library, *date)
    });
    let certificate = Certificate::open(model, &kept, &waivers, &mut unheard);
    schedule.prices = kept;
    certificate
}

fn explained(id: &str, options: &Options) -> Unplaced {
    let excluded = options.excluded.iter().flatten().map(|(code, hosts)| ((*code).to_owned(), *hosts));
    let feasible = options.feasible.iter().any(|(_, dates, _)| !dates.is_empty());
    Unplaced {
        staff: id.to_owned(),
        reason: if feasible { Reason::Outweighed } else { Reason::NotFeasible },
        hosts_considered: options.hosts_considered,
        excluded: excluded.collect(),
        change: None,
        change_reason: Some("not_looked_for".to_owned()),
    }
}

fn objective(value: i128, bound_prices: i128, proven_otherwise: Option<i64>) -> Objective {
    // Sums of a round that can be read lie below 2^53; the prices' may be larger, and then prove nothing more.
    let whole = |n: i128| i64::try_from(n).unwrap_or(i64::MAX);
    let (value, bound_prices) = (whole(value), whole(bound_prices));
    let bound = proven_otherwise.map_or(bound_prices, |bound| bound.min(bound_prices));
    Objective {
        value,
        bound,
        bound_prices,
        gap: gap(value, bound),
        optimal: value == bound,
        proof: if bound == bound_prices { Proof::Prices } else { Proof::Search },
    }
}

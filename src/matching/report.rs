//! From a plan and its certificate to the schedule file, locks included.

use chrono::NaiveDate;

use super::Options;
use super::certificate::Certificate;
use super::explain::{count_ranks, explain};
use super::limited::Rings;
use super::num::int;
use super::primal::Plan;
use super::problem::{Key, Problem};
use super::rings::{Move, gather, number, split};
use super::rules::Traveller;
use super::watch::{Watch, gap};
use crate::files::Schedule;
use crate::files::round::{Library, Staff};
use crate::files::schedule::{Objective, Outcomes, Placement, Proof, Run};

/// Somebody who has a place.
struct Placed<'a> {
    staff: &'a Staff,
    host: &'a Library,
    date: NaiveDate,
    score: i64,
    /// Which ring the search has put it in, where it decides on rings.
    ring: Option<usize>,
}

/// Writes the schedule of a plan.
pub(super) fn report(
    problem: &Problem,
    key: &Key<'_>,
    plan: &Plan,
    rings: Option<&Rings>,
    certificate: &Certificate,
    watch: &Watch<'_>,
    options: &Options,
) -> Schedule {
    let mut placed: Vec<Placed<'_>> = Vec::new();
    for (n, lock) in key.locks.iter().enumerate() {
        let ring = rings.and_then(|rings| rings.locks[n]);
        placed.push(Placed { staff: lock.staff, host: lock.host, date: lock.date, score: lock.score, ring });
    }
    for (n, &(pair, date)) in plan.placed.iter().enumerate() {
        let of = &problem.pairs[pair.at()];
        let (staff, host) = (key.people[of.person.at()], key.libraries[of.host.at()]);
        let home = key.libraries[problem.home_of(pair.at()).at()];
        let score = key.book.score(&Traveller::new(staff, home), host);
        let ring = rings.and_then(|rings| rings.placed[n]);
        placed.push(Placed { staff, host, date: key.dates[date.at()], score, ring });
    }
    placed.sort_by(|a, b| a.staff.id.cmp(&b.staff.id));

    let moves: Vec<Move<'_>> = placed
        .iter()
        .map(|p| Move { date: p.date, home: &p.staff.home, host: &p.host.id, staff: &p.staff.id })
        .collect();
    let numbers = match rings {
        None => split(&moves),
        Some(_) => number(&moves, gather(placed.iter().map(|p| p.ring))),
    };
    let placements = placed.iter().zip(numbers).map(|(p, ring)| Placement {
        staff: p.staff.id.clone(),
        host: p.host.id.clone(),
        date: p.date,
        score: p.score,
        ring,
    });
    let mut has_place = vec![false; key.people.len()];
    for (pair, _) in &plan.placed {
        has_place[problem.pairs[pair.at()].person.at()] = true;
    }
    let mut left: Vec<&Staff> =
        key.people.iter().zip(&has_place).filter(|(_, placed)| !**placed).map(|(staff, _)| *staff).collect();
    left.sort_by(|a, b| a.id.cmp(&b.id));

    let pairs: Vec<(&Staff, &Library)> = placed.iter().map(|p| (p.staff, p.host)).collect();
    let waited = |staff: &&&Staff| staff.priority > 0;
    let outcomes = Outcomes {
        placed: int(placed.len()),
        unplaced: int(left.len()),
        sector_rank: count_ranks(key, &pairs),
        placed_after_waiting: int(pairs.iter().map(|(staff, _)| staff).filter(waited).count()),
        unplaced_after_waiting: int(left.iter().filter(waited).count()),
    };
    let bound = watch.bound.min(certificate.bound).max(plan.value);
    let proof = if bound == certificate.bound { Proof::Prices } else { Proof::Search };
    Schedule {
        round_sha256: key.round.sha256(),
        placements: placements.collect(),
        unplaced: explain(key, &left, options.threads),
        waived: Vec::new(),
        outcomes,
        objective: Objective {
            value: plan.value,
            bound,
            bound_prices: certificate.bound,
            gap: gap(plan.value, bound),
            optimal: plan.value == bound,
            proof,
        },
        prices: certificate.prices(problem, key),
        run: Run {
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            seed: options.seed,
            work: watch.work,
            stopped: watch.stopped.map_or("proved", |stopped| stopped.as_str()).to_owned(),
            seconds: 0.0,
            threads: int(options.threads),
        },
    }
}

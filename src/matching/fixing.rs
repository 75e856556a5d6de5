//! What no better schedule can use, by exact losses.
//!
//! Problem: given prices whose bound is little above the best schedule known, say which triples cannot be part of any
//! better one.
//! Method: a triple that is forced into the best circulation of its date costs its reduced cost *and* the cheapest
//! way back through the date's residual graph; if that takes the bound to the best value known or below, the triple
//! is ruled out. A person whom a date cannot do without goes on no other date.
//! Complexity: one Dijkstra for each triple whose reduced cost alone does not rule it out, bounded by the gap.
//! Literature: Savelsbergh (1994) for fixing by reduced costs; Ahuja, Magnanti and Orlin (1993), section 9.11.

use super::day::Day;
use super::num::Ix;
use super::pricing::Pricing;
use super::problem::Scope;
use super::tree::bound_of;

/// Rules out of `scope` what no schedule worth more than `cutoff` uses, by the present circulations, whose prices
/// bound the value by `total`. Returns the work done.
pub(super) fn rule_out(pricing: &mut Pricing<'_>, scope: &mut Scope, cutoff: i64) -> i64 {
    let problem = pricing.problem;
    let total = lagrangian(pricing);
    let is_lost = |loss: i64| bound_of(problem, total.saturating_sub(loss)) <= cutoff;
    // The least loss that rules out.
    let gap = (total - (cutoff + 1 - problem.locked_value) * problem.scale + 1).max(0);
    let open = scope.narrow(problem);
    let mut work = 0;
    let mut tied: Vec<(Ix, usize)> = Vec::new();
    for day in &mut pricing.days {
        let date = day.date.at();
        for slot in 0..day.slots.len() {
            if problem.halt.is_set() {
                return work;
            }
            let goes = day.slots[slot].goes;
            if goes.is_some() {
                work += 1;
                if is_lost(day.loss_without(slot, gap)) {
                    tied.push((day.slots[slot].person, date));
                }
            }
            for n in day.arcs_of(slot) {
                let arc = day.arc(n);
                if Some(arc.pair) != goes && open.has(arc.pair.at(), date) {
                    work += 1;
                    if day.slots[slot].closed || is_lost(day.loss_with(slot, n, gap)) {
                        open.close(arc.pair.at(), date);
                    }
                }
            }
        }
    }
    for (person, date) in tied {
        for pair in problem.of(person.at()) {
            open.keep_only(pair, date);
        }
    }
    work * 8
}

/// The bound of the present circulations at the prices they were found at.
fn lagrangian(pricing: &Pricing<'_>) -> i64 {
    let limits = pricing.problem.limit.iter().zip(&pricing.at.limit);
    let of_prices = pricing.at.staff.iter().sum::<i64>()
        + limits.map(|(most, price)| most.unwrap_or(0) * price).sum::<i64>();
    of_prices - pricing.days.iter().map(Day::cost).sum::<i64>()
}

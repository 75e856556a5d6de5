//! What no better schedule can use, by exact losses.
//!
//! Problem: given prices whose bound is little above the best schedule known, say which triples cannot be part of any
//! better one.
//! Method: a triple that is forced into the best circulation of its date costs its reduced cost *and* the cheapest
//! way back through the date's residual graph; if that takes the bound to the best value known or below, the triple
//! is ruled out. A person whom a date cannot do without goes on no other date.
//! Complexity: one Dijkstra for each triple whose reduced cost alone does not rule it out, bounded by the gap.
//! Literature: Savelsbergh (1994) for fixing by reduced costs; Ahuja, Magnanti and Orlin (1993), section 9.11.

use super::day::{Day, Role};
use super::num::Ix;
use super::pricing::Pricing;
use super::problem::Scope;
use super::tree::bound_of;

/// Rules out of `scope` what no schedule worth more than `cutoff` uses, by the present circulations, whose prices
/// bound the value by `total`. Returns the work done.
pub(super) fn rule_out(pricing: &mut Pricing<'_>, scope: &mut Scope, cutoff: i64) -> i64 {
    let problem = pricing.problem;
    scope.ruled_out.resize(problem.triples.len(), false);
    let total = lagrangian(pricing);
    let is_lost = |loss: i64| bound_of(problem, total.saturating_sub(loss)) <= cutoff;
    // The least loss that rules out.
    let gap = (total - (cutoff + 1 - problem.locked_value) * problem.scale + 1).max(0);
    let mut work = 0;
    let mut tied: Vec<(Ix, usize)> = Vec::new();
    for day in &mut pricing.days {
        let date = day.date.at();
        for e in 0..day.roles.len() {
            match day.roles[e] {
                Role::Person(person) if day.network.edge(e).flow > 0 => {
                    work += 1;
                    if is_lost(day.network.loss_without(e, gap)) {
                        tied.push((person, date));
                    }
                }
                Role::Triple(t) if day.network.edge(e).flow == 0 && scope.allows(t.at()) => {
                    work += 1;
                    if is_lost(day.network.loss_with(e, gap)) {
                        scope.ruled_out[t.at()] = true;
                    }
                }
                Role::Triple(_) | Role::Person(_) | Role::Host(_) | Role::Home(_) | Role::Hub(_) => {}
            }
        }
    }
    for (person, date) in tied {
        for t in problem.of(person.at()).filter(|t| problem.triples[*t].date.at() != date) {
            scope.ruled_out[t] = true;
        }
    }
    work * 8
}

/// The bound of the present circulations at the prices they were found at.
fn lagrangian(pricing: &Pricing<'_>) -> i64 {
    let of_day = |day: &Day| day.network.edges().iter().map(|edge| edge.cost * edge.flow).sum::<i64>();
    let limits = pricing.problem.limit.iter().zip(&pricing.at.limit);
    let of_prices = pricing.at.staff.iter().sum::<i64>()
        + limits.map(|(most, price)| most.unwrap_or(0) * price).sum::<i64>();
    of_prices - pricing.days.iter().map(of_day).sum::<i64>()
}

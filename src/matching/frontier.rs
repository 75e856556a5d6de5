//! What balance and a limit of rings cost: the same round under each of them, from the strictest rule to none.
//!
//! Method: a schedule under a strict rule is one under every looser rule, and a bound under a loose rule bounds every
//! stricter one. So where a search was ended early, values are carried up and bounds down.

use super::MatchError;
use crate::files::{Round, Schedule};

/// A rule about who leaves and who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strictness {
    /// Visitors less leavers of a library on a date, at most; none: off.
    pub balance: Option<i64>,
    /// Libraries in a ring at most.
    pub max_ring: Option<i64>,
}

/// What a rule leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The rule.
    pub rule: Strictness,
    /// What is known about it.
    pub figures: Result<Figures, MatchError>,
}

/// What is known about the best schedule under a rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// People with a place in the best schedule found.
    pub placed: i64,
    /// Its value.
    pub value: i64,
    /// No schedule has more.
    pub bound: i64,
    /// Rings in it, and libraries in the longest.
    pub rings: (usize, usize),
}

/// The rules that are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The largest balance and the longest rings.
    pub most: (i64, i64),
}

/// Solves a round under each rule, the strictest first in what is told: rings of 2, 3, … libraries, no limit of rings,
/// balance 1, 2, … and off. Ends with a balance or ring that places as much as none would.
///
/// Locks whose rule cannot be kept under a point are that point's error.
pub fn frontier(
    round: &Round,
    extent: Extent,
    solve: &mut dyn FnMut(&Round, Strictness) -> Result<Schedule, MatchError>,
) -> Vec<Point> {
    let mut point = |balance, max_ring| {
        let rule = Strictness { balance, max_ring };
        let mut under = round.clone();
        (under.rules.balance, under.rules.max_ring) = (balance, max_ring);
        Point { rule, figures: solve(&under, rule).map(|schedule| figures(&schedule)) }
    };
    let (strict, off) = (point(Some(0), None), point(None, None));
    let mut points = Vec::new();
    for max_ring in 2..=extent.most.1 {
        points.push(point(Some(0), Some(max_ring)));
        if points.last().is_some_and(|point| places_as_much(point, &strict)) {
            break;
        }
    }
    points.push(strict);
    for balance in 1..=extent.most.0 {
        points.push(point(Some(balance), None));
        if points.last().is_some_and(|point| places_as_much(point, &off)) {
            break;
        }
    }
    points.push(off);
    carry(&mut points);
    points
}

fn figures(schedule: &Schedule) -> Figures {
    let (objective, rings) = (&schedule.objective, schedule.rings());
    Figures {
        placed: schedule.outcomes.placed,
        value: objective.value,
        bound: objective.bound,
        rings: (rings.count, rings.longest),
    }
}

fn places_as_much(point: &Point, looser: &Point) -> bool {
    match (&point.figures, &looser.figures) {
        (Ok(point), Ok(looser)) => point.value >= looser.value,
        (Ok(_) | Err(_), _) => false,
    }
}

/// Carries schedules to looser rules and bounds to stricter ones.
fn carry(points: &mut [Point]) {
    let mut best: Option<Figures> = None;
    for figures in points.iter_mut().filter_map(|point| point.figures.as_mut().ok()) {
        if let Some(best) = best.filter(|best| best.value > figures.value) {
            *figures = Figures { bound: figures.bound, ..best };
        }
        best = Some(*figures);
    }
    let mut least = i64::MAX;
    for figures in points.iter_mut().rev().filter_map(|point| point.figures.as_mut().ok()) {
        least = least.min(figures.bound);
        figures.bound = least;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(max_ring: i64, value: i64, bound: i64) -> Point {
        let rule = Strictness { balance: Some(0), max_ring: Some(max_ring) };
        Point { rule, figures: Ok(Figures { placed: value, value, bound, rings: (1, 2) }) }
    }

    #[test]
    fn what_is_known_of_one_rule_is_known_of_those_it_implies() {
        let mut points = [point(2, 5, 9), point(3, 4, 8), point(4, 6, 7)];
        points[1].rule.balance = None;
        carry(&mut points);
        let known: Vec<(i64, i64)> = points
            .iter()
            .filter_map(|point| point.figures.as_ref().ok())
            .map(|figures| (figures.value, figures.bound))
            .collect();
        assert_eq!(known, [(5, 7), (5, 7), (6, 7)]);
    }
}

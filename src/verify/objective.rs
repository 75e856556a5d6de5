//! What the schedule claims of itself: value, bound, gap, optimal, proof; and the verdict in words.

use std::fmt;

use super::breach::{Code, Findings};
use crate::files::schedule::{Objective, Proof};

/// What is proven of a schedule, with the gaps that remain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// The prices prove that nothing is better.
    OptimalByPrices,
    /// The solver's search says that nothing is better; the prices prove this gap.
    OptimalBySearch {
        /// (bound by prices − value) / bound by prices.
        gap_by_prices: f64,
    },
    /// Something better may exist.
    NotProven {
        /// What the file claims.
        gap: f64,
        /// What the prices prove.
        gap_by_prices: f64,
    },
    /// There are breaches: nothing is proven.
    Refuted,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |gap: f64| format!("{:.4} %", 100.0 * gap);
        match self {
            Verdict::OptimalByPrices => f.write_str("optimal, proved by prices"),
            Verdict::OptimalBySearch { gap_by_prices } => {
                write!(f, "optimal by search; prices prove a gap of {}", percent(*gap_by_prices))
            }
            Verdict::NotProven { gap, gap_by_prices } if gap == gap_by_prices => {
                write!(f, "not proven optimal: prices prove a gap of {}", percent(*gap))
            }
            Verdict::NotProven { gap, gap_by_prices } => {
                let (gap, by_prices) = (percent(*gap), percent(*gap_by_prices));
                write!(
                    f,
                    "not proven optimal: search claims a gap of {gap}; prices prove a gap of {by_prices}"
                )
            }
            Verdict::Refuted => f.write_str("refuted: the schedule has breaches"),
        }
    }
}

/// A double of a whole number: exact below 2^53, where every value of a round that can be read lies.
fn double(n: i64) -> f64 {
    // cannot fail: the digits of a whole number are a number.
    n.to_string().parse().unwrap_or(f64::NAN)
}

/// (bound − value) / max(1, bound).
pub(super) fn gap(value: i64, bound: i64) -> f64 {
    double(bound.saturating_sub(value)) / double(bound.max(1))
}

/// Checks the claims against what was worked out: the value of the placements and the bound of the prices.
pub(super) fn check(claimed: &Objective, value: i128, bound_prices: i128, found: &mut Findings) {
    let mut differs = |code: Code, name: &str, written: i64, right: i128| {
        if i128::from(written) != right {
            found.breach(code, format!("{name} is {written}, must be {right}"));
        }
    };
    differs(Code::Value, "value", claimed.value, value);
    differs(Code::BoundPrices, "bound_prices", claimed.bound_prices, bound_prices);
    let bound = claimed.bound;
    if i128::from(bound) < value {
        found.breach(Code::Bound, format!("bound {bound} is below the value {value}"));
    }
    if i128::from(bound) > bound_prices {
        found.breach(Code::Bound, format!("bound {bound} is above {bound_prices}, which the prices prove"));
    }
    let right = gap(claimed.value, bound);
    // Not for rounding, which the format leaves no room for, but for writers that print fewer digits.
    if (claimed.gap - right).abs() > 1e-12 {
        found.breach(Code::Gap, format!("gap is {}, must be {right}", claimed.gap));
    }
    if claimed.optimal != (claimed.value == bound) {
        let words =
            format!("optimal is {}, but value is {} and bound {bound}", claimed.optimal, claimed.value);
        found.breach(Code::Optimal, words);
    }
    let right = if bound == claimed.bound_prices { Proof::Prices } else { Proof::Search };
    if claimed.proof != right {
        let (written, right) = (claimed.proof.as_str(), right.as_str());
        let words = format!(
            "proof is {written}, must be {right}: bound is {bound} and bound_prices {}",
            claimed.bound_prices
        );
        found.breach(Code::Proof, words);
    }
}

/// The verdict on a schedule without breaches.
pub(super) fn verdict(claimed: &Objective) -> Verdict {
    let gap_by_prices = gap(claimed.value, claimed.bound_prices);
    if claimed.value == claimed.bound_prices {
        Verdict::OptimalByPrices
    } else if claimed.value == claimed.bound {
        Verdict::OptimalBySearch { gap_by_prices }
    } else {
        Verdict::NotProven { gap: gap(claimed.value, claimed.bound), gap_by_prices }
    }
}

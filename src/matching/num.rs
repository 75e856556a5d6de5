//! Small integers as indices, and the two conversions between integers and floats that the pricing needs.
//!
//! Floats only guide the search: nothing that is claimed rests on them.

/// An index that takes four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Ix(u32);

impl Ix {
    /// The index `n`; rounds have far fewer than 2³² things.
    pub(super) fn new(n: usize) -> Self {
        Self(u32::try_from(n).unwrap_or(u32::MAX))
    }

    /// For slices.
    pub(super) fn at(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// The nearest float.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "floats only guide the search")]
pub(super) fn float(n: i64) -> f64 {
    n as f64
}

/// The nearest integer, saturating.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is wanted"
)]
pub(super) fn nearest(x: f64) -> i64 {
    x.round() as i64
}

/// A count as an integer.
pub(super) fn int(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

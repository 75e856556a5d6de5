//! Chance that repeats: every throw has a name, so that one more throw elsewhere changes none of the others.

use crate::services::app::sha256_hex;

/// Dice of a seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// From 0 to `sides` − 1, evenly enough: a throw has 48 bits.
    pub(super) fn below(self, throw: &str, sides: usize) -> usize {
        let hash = sha256_hex(&format!("{} {throw}", self.0));
        // cannot fail: twelve hexadecimal digits are a number of 48 bits.
        let number = usize::from_str_radix(&hash[..12], 16).unwrap_or_default();
        number % sides.max(1)
    }

    /// Whether something happens that does in so many of a hundred cases.
    pub(super) fn happens(self, throw: &str, percent: u8) -> bool {
        self.below(throw, 100) < usize::from(percent)
    }

    /// One of several.
    pub(super) fn one_of<T: Copy>(self, throw: &str, of: &[T]) -> Option<T> {
        of.get(self.below(throw, of.len())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throw_repeats_and_happens_about_as_often_as_it_should() {
        let dice = Dice(7);
        assert_eq!(dice.below("a", 1_000), dice.below("a", 1_000));
        assert_ne!(dice.below("a", 1_000_000), Dice(8).below("a", 1_000_000));
        let hits = (0..1_000).filter(|n| dice.happens(&format!("throw {n}"), 20)).count();
        assert!((150..250).contains(&hits), "{hits}");
        assert!((0..100).all(|n| !dice.happens(&n.to_string(), 0) && dice.happens(&n.to_string(), 100)));
    }
}

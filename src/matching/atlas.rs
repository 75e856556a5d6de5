//! Which libraries may be near enough to a person at all, so that far ones are passed over without a look at the rules.
//!
//! Points on the unit sphere; a chord that is longer than that of the greatest allowed distance, with room for
//! rounding, is too long for certain. Everything else is for the rules to judge.

use super::rules::{EARTH_M, Traveller};
use crate::files::round::Library;
use crate::files::rules::Rules;

/// Where the libraries are.
pub(super) struct Atlas {
    points: Vec<Option<[f64; 3]>>,
}

fn on_sphere((latitude, longitude): (f64, f64)) -> [f64; 3] {
    let (lat, lon) = (latitude.to_radians(), longitude.to_radians());
    [libm::cos(lat) * libm::cos(lon), libm::cos(lat) * libm::sin(lon), libm::sin(lat)]
}

impl Atlas {
    pub(super) fn new(libraries: &[&Library]) -> Self {
        Self { points: libraries.iter().map(|library| library.point.map(on_sphere)).collect() }
    }

    /// The libraries that are not too far for certain, in their order.
    pub(super) fn near(&self, who: &Traveller<'_>, rules: &Rules) -> Vec<usize> {
        let from = who.staff.origin.or(who.home.point).map(on_sphere);
        let angle = super::num::float(who.max_m + 1) / EARTH_M;
        let chord = if angle < 3.0 { 2.0 * libm::sin(angle / 2.0) } else { 2.0 };
        let most = chord * chord * (1.0 + 1e-9) + 1e-12;
        let is_near = |to: &Option<[f64; 3]>| match (from, to) {
            (Some(from), Some(to)) => {
                let by = [from[0] - to[0], from[1] - to[1], from[2] - to[2]];
                by[0] * by[0] + by[1] * by[1] + by[2] * by[2] <= most || angle >= 3.0
            }
            (None, _) | (_, None) => rules.unknown_distance,
        };
        let near = self.points.iter().enumerate().filter(|(_, to)| is_near(to));
        near.map(|(library, _)| library).collect()
    }
}

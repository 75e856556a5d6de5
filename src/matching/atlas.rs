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
        let view = self.view(who);
        let is_near = |library: &usize| match view.is_far(*library) {
            Some(is_far) => !is_far,
            None => rules.unknown_distance,
        };
        (0..self.points.len()).filter(is_near).collect()
    }

    /// The libraries as seen by a person.
    pub(super) fn view(&self, who: &Traveller<'_>) -> View<'_> {
        let angle = super::num::float(who.max_m + 1) / EARTH_M;
        let chord = if angle < 3.0 { 2.0 * libm::sin(angle / 2.0) } else { f64::INFINITY };
        let from = who.staff.origin.or(who.home.point).map(on_sphere);
        View { atlas: self, from, most: chord * chord * (1.0 + 1e-9) + 1e-12 }
    }
}

/// The libraries as seen by a person.
pub(super) struct View<'a> {
    atlas: &'a Atlas,
    from: Option<[f64; 3]>,
    /// Square of the longest chord that may be near enough.
    most: f64,
}

impl View<'_> {
    /// Whether a library is too far for certain; none if a point is not known.
    pub(super) fn is_far(&self, library: usize) -> Option<bool> {
        let (from, to) = (self.from?, self.atlas.points[library]?);
        let by = [from[0] - to[0], from[1] - to[1], from[2] - to[2]];
        Some(by[0] * by[0] + by[1] * by[1] + by[2] * by[2] > self.most)
    }
}

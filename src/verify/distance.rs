//! Distances in whole metres, by the formula of the specification: haversine on a sphere, pure-Rust `libm`, so that
//! every machine gives the same metre.

/// Mean radius of the earth in metres.
const EARTH_RADIUS: f64 = 6_371_008.8;

/// floor(x + 0.5) of a number that is not negative and below 2^51.
fn rounded(x: f64) -> i64 {
    // From 2^52 on a double's last 52 bits count in ones: adding it to a whole number leaves that number there.
    const TWO_TO_52: f64 = 4_503_599_627_370_496.0;
    let bits = (libm::floor(x + 0.5) + TWO_TO_52).to_bits() & ((1 << 52) - 1);
    i64::try_from(bits).unwrap_or(i64::MAX)
}

/// Whole metres of a limit in kilometres.
pub(super) fn whole_metres_of_km(km: f64) -> i64 {
    rounded(1000.0 * km)
}

/// Whole metres of the great circle between two points in degrees.
pub(super) fn metres_between(from: (f64, f64), to: (f64, f64)) -> i64 {
    let (from_latitude, to_latitude) = (from.0.to_radians(), to.0.to_radians());
    let sine_of_half = |a: f64, b: f64| libm::sin((b - a) / 2.0);
    let north = sine_of_half(from_latitude, to_latitude);
    let east = sine_of_half(from.1.to_radians(), to.1.to_radians());
    let h = north * north + libm::cos(from_latitude) * libm::cos(to_latitude) * east * east;
    rounded(2.0 * EARTH_RADIUS * libm::asin(libm::sqrt(h.min(1.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_equator_has_its_known_length() {
        assert_eq!(metres_between((0.0, 0.0), (0.0, 90.0)), 10_007_557);
        assert_eq!(metres_between((0.0, 0.0), (90.0, 0.0)), 10_007_557);
        assert_eq!(metres_between((52.0, -2.0), (52.0, -2.0)), 0);
        assert_eq!(metres_between((0.0, 179.9), (0.0, -179.9)), metres_between((0.0, 0.0), (0.0, 0.2)));
    }

    #[test]
    fn half_a_metre_is_rounded_up() {
        assert_eq!(whole_metres_of_km(0.0005), 1);
        assert_eq!(whole_metres_of_km(0.000_499), 0);
        assert_eq!(whole_metres_of_km(1_000_000.0), 1_000_000_000);
        assert_eq!(whole_metres_of_km(31.5), 31_500);
    }
}

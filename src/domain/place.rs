//! Points on the earth and British postcodes.

use std::fmt;
use std::str::FromStr;

use super::fault::Rule;

/// A point in degrees (WGS 84). Unknown points are absent, never 0, 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    latitude: f64,
    longitude: f64,
}

impl Point {
    /// A point.
    ///
    /// # Errors
    /// Out of range, not a number, or 0, 0, which no library lies at but many lists write for "unknown".
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, Rule> {
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(Rule::of("latitude must lie between -90 and 90"));
        }
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(Rule::of("longitude must lie between -180 and 180"));
        }
        if latitude == 0.0 && longitude == 0.0 {
            return Err(Rule::of("0, 0 lies in the sea: leave both empty where the point is unknown"));
        }
        Ok(Self { latitude, longitude })
    }

    /// Degrees north.
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east.
    pub const fn longitude(self) -> f64 {
        self.longitude
    }
}

/// A British postcode in its usual form (`WR1 3PB`).
///
/// `Debug` shows the area only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Postcode(String);

impl fmt::Debug for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let area: String = self.0.chars().take_while(char::is_ascii_alphabetic).collect();
        write!(f, "{area}…")
    }
}

impl Postcode {
    /// The postcode with its one space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The shapes of an outward code: A9, A99, AA9, AA99, A9A, AA9A; and GIR.
fn is_outward(code: &str) -> bool {
    let shape: String = code
        .chars()
        .map(|c| {
            if c.is_ascii_uppercase() {
                'A'
            } else if c.is_ascii_digit() {
                '9'
            } else {
                '?'
            }
        })
        .collect();
    code == "GIR" || matches!(shape.as_str(), "A9" | "A99" | "AA9" | "AA99" | "A9A" | "AA9A")
}

/// 9AA, without the letters C, I, K, M, O, V.
fn is_inward(code: &str) -> bool {
    let mut characters = code.chars();
    let digit = characters.next().is_some_and(|c| c.is_ascii_digit());
    let letters: Vec<char> = characters.collect();
    digit && letters.len() == 2 && letters.iter().all(|c| c.is_ascii_uppercase() && !"CIKMOV".contains(*c))
}

fn split(text: &str) -> Option<(&str, &str)> {
    let cut = text.len().checked_sub(3)?;
    (text.is_ascii() && is_outward(&text[..cut]) && is_inward(&text[cut..])).then(|| text.split_at(cut))
}

/// The postcode somebody meant who typed the letter O for 0, or I for 1, or a mark too many.
fn meant(compact: &str) -> Option<String> {
    let kept: String = compact.chars().filter(char::is_ascii_alphanumeric).collect();
    let cut = kept.len().checked_sub(3)?;
    if !kept.is_ascii() {
        return None;
    }
    let digit = |c: char| match c {
        'O' => '0',
        'I' | 'L' => '1',
        'S' => '5',
        other => other,
    };
    let inward: String =
        kept[cut..].chars().enumerate().map(|(n, c)| if n == 0 { digit(c) } else { c }).collect();
    let outward = &kept[..cut];
    let tries = [
        outward.to_owned(),
        outward.chars().enumerate().map(|(n, c)| if n == 0 { c } else { digit(c) }).collect(),
    ];
    tries.into_iter().find_map(|outward: String| {
        let whole = format!("{outward}{inward}");
        split(&whole).map(|(a, b)| format!("{a} {b}"))
    })
}

impl FromStr for Postcode {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let spaced = text.trim().to_uppercase();
        let compact: String = spaced.chars().filter(|c| *c != ' ').collect();
        // One space in its place, or none: other spacing is a sign of a damaged code.
        if let Some((outward, inward)) = split(&compact) {
            let usual = format!("{outward} {inward}");
            if spaced == usual || spaced == compact {
                return Ok(Self(usual));
            }
            return Err(Rule::new(format!("is no postcode as it is written (maybe `{usual}`)")));
        }
        Err(match meant(&compact) {
            Some(meant) => Rule::new(format!("is no British postcode (maybe `{meant}`)")),
            None => Rule::of("is no British postcode (like `WR1 3PB`)"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postcodes_are_taken_in_their_usual_forms() {
        for (written, usual) in [
            ("WR1 3PB", "WR1 3PB"),
            ("wr13pb", "WR1 3PB"),
            ("EC1A 1BB", "EC1A 1BB"),
            ("GIR 0AA", "GIR 0AA"),
            ("M1 1AE", "M1 1AE"),
        ] {
            assert_eq!(written.parse::<Postcode>().expect(written).as_str(), usual);
        }
    }

    #[test]
    fn damaged_postcodes_are_refused_and_what_was_meant_is_told() {
        let rule = |text: &str| text.parse::<Postcode>().expect_err(text).to_string();
        assert!(rule("OX2 OES").contains("maybe `OX2 0ES`"));
        assert!(rule("E17  4PP").contains("maybe `E17 4PP`"));
        assert!(rule("BN1 9QL.").contains("maybe `BN1 9QL`"));
        for wrong in ["TD9", "Dublin 8", "NR4 7TJ UK", "SC674676", "", "[Unknown]", "CB22 BP"] {
            assert!(wrong.parse::<Postcode>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn points_are_on_the_earth_and_not_at_zero() {
        assert!(Point::new(52.19, -2.22).is_ok());
        for (latitude, longitude) in [(95.0, 0.0), (0.0, 181.0), (f64::NAN, 0.0), (0.0, 0.0)] {
            assert!(Point::new(latitude, longitude).is_err());
        }
    }
}

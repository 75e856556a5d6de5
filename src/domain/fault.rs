//! What is wrong with an input: one [`Fault`] names the place, the value and the rule.
//!
//! Readers collect every fault of an input before they refuse it, so that a person mends a file or a form once.
//! Never holds more of a value than a person needs to recognise it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

/// The rule that a text breaks when it is parsed into a domain value, in words: "must be …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(pub Cow<'static, str>);

impl Rule {
    /// A rule in fixed words.
    pub const fn of(words: &'static str) -> Self {
        Self(Cow::Borrowed(words))
    }

    /// A rule in words made for this value.
    pub fn new(words: impl Into<String>) -> Self {
        Self(Cow::Owned(words.into()))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Rule {}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer (RFC 6901) of the place, empty for the whole document.
    pub pointer: String,
    /// The value found there, shortened for people; empty when there is none.
    pub value: String,
    /// The rule it breaks.
    pub rule: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        if self.value.is_empty() {
            write!(f, "{place}: {}", self.rule)
        } else {
            write!(f, "{place}: {}: {}", self.value, self.rule)
        }
    }
}

/// Collects faults while an input is read; shared by every reader of its parts.
#[derive(Debug, Default)]
pub struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// Nothing found yet.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one fault.
    pub fn add(&self, pointer: impl Into<String>, value: impl fmt::Display, rule: impl fmt::Display) {
        self.0.borrow_mut().push(Fault {
            pointer: pointer.into(),
            value: shortened(&value.to_string()),
            rule: rule.to_string(),
        });
    }

    /// Whether nothing was found so far.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// How many were found so far.
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// The value if it was read without a fault.
    ///
    /// # Errors
    /// Every fault found, in the order found. A reader that returns no value has always reported why.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Vec<Fault>> {
        let faults = self.0.into_inner();
        match value {
            Some(value) if faults.is_empty() => Ok(value),
            Some(_) | None => Err(faults),
        }
    }
}

/// At most 80 characters of a value, control characters made visible, for messages to people.
pub fn shortened(value: &str) -> String {
    const MOST: usize = 80;
    let mut out = String::new();
    for (n, c) in value.chars().enumerate() {
        if n == MOST {
            out.push('…');
            break;
        }
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// " (maybe `x`)" when one of the known names is close to what was written, else nothing.
pub fn maybe<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let most = |name: &str| 1 + name.len() / 4;
    let length = written.chars().count();
    known
        .into_iter()
        // The distance is at least the difference of the lengths; comparing a megabyte would take seconds.
        .filter(|name| length.abs_diff(name.chars().count()) <= most(name))
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= most(name))
        .min()
        .map_or_else(String::new, |(_, name)| format!(" (maybe `{name}`)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_shortened_and_control_characters_are_shown() {
        assert_eq!(shortened("a\nb"), "a\\nb");
        assert_eq!(shortened(&"x".repeat(100)).chars().count(), 81);
    }

    #[test]
    fn a_misspelt_name_suggests_the_right_one() {
        assert_eq!(maybe("max_kn", ["max_km", "dates"]), " (maybe `max_km`)");
        assert_eq!(maybe("colour", ["max_km", "dates"]), "");
    }
}

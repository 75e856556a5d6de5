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
///
/// The first 1,000 are kept, and fewer where their pointers are very long; the rest is only counted, so that
/// a hostile input cannot make its list of faults many times as large as itself.
#[derive(Debug, Default)]
pub struct Faults(RefCell<Kept>);

#[derive(Debug, Default)]
struct Kept {
    faults: Vec<Fault>,
    /// Bytes of the pointers kept.
    pointers: usize,
    more: usize,
}

impl Kept {
    fn is_full(&self) -> bool {
        self.faults.len() >= MOST_FAULTS || self.pointers >= MOST_POINTERS
    }
}

/// More than anybody mends in one go.
const MOST_FAULTS: usize = 1_000;
/// Bytes of all pointers together.
const MOST_POINTERS: usize = 1_000_000;

impl Faults {
    /// Nothing found yet.
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds one fault.
    pub fn add(&self, pointer: impl Into<String>, value: impl fmt::Display, rule: impl fmt::Display) {
        let mut kept = self.0.borrow_mut();
        if kept.is_full() {
            kept.more += 1;
            return;
        }
        let pointer = pointer.into();
        kept.pointers += pointer.len();
        let fault = Fault { pointer, value: shortened(&value.to_string()), rule: rule.to_string() };
        kept.faults.push(fault);
    }

    /// Whether further faults are only counted.
    pub fn is_full(&self) -> bool {
        self.0.borrow().is_full()
    }

    /// Whether nothing was found so far.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().faults.is_empty()
    }

    /// How many were found so far.
    pub fn len(&self) -> usize {
        let kept = self.0.borrow();
        kept.faults.len() + kept.more
    }

    /// The value if it was read without a fault.
    ///
    /// # Errors
    /// Every fault found, in the order found; after the first 1,000 one fault of the whole input that says how
    /// many more there are. A reader that returns no value has always reported why.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Vec<Fault>> {
        let Kept { mut faults, more, .. } = self.0.into_inner();
        if more > 0 {
            let rule = format!("{more} more faults are not shown");
            faults.push(Fault { pointer: String::new(), value: String::new(), rule });
        }
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
    /// Bytes: the comparison takes their square in time and in memory.
    const LONGEST: usize = 200;
    let most = |name: &str| 1 + name.len() / 4;
    if written.len() > LONGEST {
        return String::new();
    }
    let length = written.chars().count();
    known
        .into_iter()
        // The distance is at least the difference of the lengths.
        .filter(|name| name.len() <= LONGEST && length.abs_diff(name.chars().count()) <= most(name))
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

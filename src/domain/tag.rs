//! Tags: short machine words for topics and access features.

use std::fmt;
use std::str::FromStr;

use super::fault::Rule;

/// 1 to 60 lower-case letters, digits, `-` and `_` (`step-free`, `reading-groups`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if text.is_empty() || text.len() > 60 || !text.chars().all(fits) {
            return Err(Rule::of("must be 1 to 60 lower-case letters, digits, - and _ (like step-free)"));
        }
        Ok(Self(text.to_owned()))
    }
}

//! *One thing we will try*: what a participant brought home, for everybody in the programme to find.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDateTime;

use super::email::Email;
use super::fault::Rule;
use super::ids::{IdeaId, PlacementId};
use super::search::{Search, words_of};
use super::sector::Sector;
use super::states::named;
use super::tag::Tag;
use super::text::{Name, parse_words};

/// Shortest and longest idea, in characters.
pub const LENGTH: std::ops::RangeInclusive<usize> = 10..=1_000;
/// Most topics of an idea.
pub const MOST_TOPICS: usize = 10;

named! {
    /// Under whose name an idea is shown.
    ShownAs {
        /// Its author's.
        Author = "author",
        /// The author's library's.
        Library = "library",
        /// Nobody's.
        Nobody = "nobody",
    }
}

/// The words of an idea: 10 to 1,000 characters of plain text, lines allowed, without other control characters and
/// without markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Words {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let words = parse_words(text, usize::MAX)?;
        let length = words.chars().count();
        if !LENGTH.contains(&length) {
            let (least, most) = LENGTH.into_inner();
            return Err(Rule::new(format!("must have {least} to {most} characters: it has {length}")));
        }
        if has_markup(&words) {
            return Err(Rule::of("must be plain text: it has what looks like markup (`<` before a letter)"));
        }
        Ok(Self(words))
    }
}

/// A sign that would begin a tag. `a < b`, `<3` and `->` are none.
fn has_markup(text: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?');
    text.split('<').skip(1).any(|after| after.starts_with(begins))
}

/// An idea as its author gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdea {
    /// What.
    pub words: Words,
    /// About what; at least one.
    pub topics: Vec<Tag>,
    /// Under whose name.
    pub shown_as: ShownAs,
}

impl NewIdea {
    /// The words by which it is found: those of its text and of its topics, with spaces between them.
    pub fn searched(&self) -> String {
        let topics = self.topics.iter().flat_map(|topic| words_of(topic.as_str()));
        words_of(self.words.as_str()).into_iter().chain(topics).collect::<Vec<_>>().join(" ")
    }
}

/// An idea as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idea {
    /// Its identity.
    pub id: IdeaId,
    /// The day it comes from.
    pub placement: PlacementId,
    /// What its author gave.
    pub given: NewIdea,
    /// The sectors of the library where it was found.
    pub from: Vec<Sector>,
    /// The sectors of the library it was brought to.
    pub to: Vec<Sector>,
    /// Why organisers hide it.
    pub hidden_reason: Option<String>,
    /// When it was given, in UTC.
    pub created_at: NaiveDateTime,
}

/// What somebody asks the host about an idea that was found there, as the host's mail tells it. Whose idea it is, it never
/// tells: its author may have chosen to be nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// The idea's words.
    pub idea: Words,
    /// What is asked.
    pub words: Words,
    /// Who asks.
    pub name: Name,
    /// Where they work.
    pub library: Name,
    /// Their work address, to which the answer goes.
    pub address: Email,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Question(…)")
    }
}

/// Which ideas a list holds; nothing given means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdeaFilter {
    /// Only those about this.
    pub topic: Option<Tag>,
    /// Only those found in this sector.
    pub from: Option<Sector>,
    /// Only those brought to this sector.
    pub to: Option<Sector>,
    /// Only those in whose text or topics each of these words begins one.
    pub search: Option<Search>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ideas_are_plain_text_of_some_length() {
        for good in
            ["A shelf at the door, < 1 m high", "We <3 evening hours -> try one", "Llyfrau\nwrth y drws"]
        {
            assert!(good.parse::<Words>().is_ok(), "{good}");
        }
        let long = "x".repeat(1_001);
        for wrong in [
            "",
            "too short",
            "<b>A shelf</b> at the door",
            "A shelf <!-- here -->",
            "A shelf\u{7} here",
            &long,
        ] {
            assert!(wrong.parse::<Words>().is_err(), "{wrong}");
        }
    }
}

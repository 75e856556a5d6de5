//! Words as they are searched for: without case and accents, the same in every database, because none of them is asked
//! what a word is. Says nothing of languages: no word has a stem, and none is left out.

use std::str::FromStr;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

use super::fault::Rule;

/// Longest word, in characters: of a longer one the beginning counts. PostgreSQL takes 2,046 bytes.
const MOST_CHARACTERS: usize = 100;
/// Most words of a search.
pub const MOST_WORDS: usize = 20;

/// The words of a text: runs of letters and digits in small letters, without accents and other marks, and with what looks
/// otherwise but means the same (`ﬁ`, `Ａ`, `ß`) as it is mostly written.
pub fn words_of(text: &str) -> Vec<String> {
    let marks = CanonicalCombiningClassMapBorrowed::new();
    let plain: String = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize(text)
        .chars()
        .filter(|c| marks.get_u8(*c) == 0)
        // By way of capitals, so that ß is ss and both small sigmas are one.
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect();
    let words = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(MOST_CHARACTERS).collect()).collect()
}

/// What is searched for: each of these begins a word of what is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(Vec<String>);

impl Search {
    /// At least one word, of letters and digits alone.
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

impl FromStr for Search {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let words = words_of(text);
        match words.len() {
            0 => Err(Rule::of("must have a letter or a digit: nothing else is searched for")),
            1..=MOST_WORDS => Ok(Self(words)),
            many => Err(Rule::new(format!("must have at most {MOST_WORDS} words: it has {many}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_the_same_however_they_are_written() {
        for (text, words) in [
            ("Evening-hours, EVENINGS!", vec!["evening", "hours", "evenings"]),
            (
                "Llyfrau wrth y drws: tŷ, TŶ, ty\u{302}",
                vec!["llyfrau", "wrth", "y", "drws", "ty", "ty", "ty"],
            ),
            ("Straße ΣΊΣΥΦΟΣ ﬁlm Ａ１", vec!["strasse", "σισυφοσ", "film", "a1"]),
            ("don’t 3D_printer 2,5", vec!["don", "t", "3d", "printer", "2", "5"]),
            ("\"*\" NEAR(a b) -c", vec!["near", "a", "b", "c"]),
            ("كِتاب 図書館", vec!["كتاب", "図書館"]),
            ("* & !", vec![]),
        ] {
            assert_eq!(words_of(text), words, "{text}");
        }
        assert_eq!(words_of(&"é".repeat(300)), ["e".repeat(MOST_CHARACTERS)]);
    }

    #[test]
    fn a_search_has_words_but_not_too_many() {
        let rule = |text: &str| text.parse::<Search>().expect_err("refused").to_string();
        assert!(rule("").contains("a letter or a digit"));
        assert!(rule("\" * : & ! ( ) -").contains("a letter or a digit"));
        assert!(rule(&"a ".repeat(21)).contains("it has 21"));
        assert_eq!("Tŷ, hours".parse::<Search>().expect("a search").words(), ["ty", "hours"]);
    }
}

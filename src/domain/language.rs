//! The languages in which mails, calendars and reasons are written.

use super::states::named;

named! {
    /// A language, by its BCP 47 tag.
    Language {
        /// English.
        English = "en",
        /// Welsh; not yet reviewed by a native reader.
        Welsh = "cy",
    }
}

impl Language {
    /// The language for whoever prefers `tag` (`en`, `en-GB`, `cy`); English where theirs is not there.
    pub fn for_tag(tag: &str) -> Self {
        let primary = tag.split('-').next().unwrap_or_default();
        let spoken =
            Self::ALL.iter().copied().find(|language| language.as_str().eq_ignore_ascii_case(primary));
        spoken.unwrap_or(Self::English)
    }

    /// What the language is called in English.
    pub const fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Welsh => "Welsh",
        }
    }

    /// In which direction it is written, as HTML calls it.
    pub const fn direction(self) -> &'static str {
        match self {
            Language::English | Language::Welsh => "ltr",
        }
    }

    /// Whether a native reader has read what the service says in it.
    pub const fn is_reviewed(self) -> bool {
        match self {
            Language::English => true,
            Language::Welsh => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_is_not_there_is_answered_in_english() {
        for tag in ["en", "en-GB", "EN", "de", "cymraeg", ""] {
            assert_eq!(Language::for_tag(tag), Language::English, "{tag}");
        }
        for tag in ["cy", "cy-GB", "CY"] {
            assert_eq!(Language::for_tag(tag), Language::Welsh, "{tag}");
        }
    }
}

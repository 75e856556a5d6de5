//! The sentences of `domain::told`, one file a language.

mod cy;
mod en;

use crate::domain::language::Language;
use crate::domain::told::Told;

/// Says a sentence; what a person has written stays as it is.
pub fn told(language: Language, told: &Told) -> String {
    match language {
        Language::English => en::told(told),
        Language::Welsh => cy::told(told),
    }
}

/// Says a sentence in English, as pages and the API do so far.
pub fn in_english(sentence: &Told) -> String {
    told(Language::English, sentence)
}

//! Which of a word's forms a number asks for, by the rules of CLDR.

use icu_locale_core::locale;
/// The form that a number asks for. English knows `one` and `other`, Welsh all six.
pub use icu_plurals::PluralCategory as Plural;
use icu_plurals::PluralRules;

use crate::domain::language::Language;

/// The form that so many of something ask for.
pub fn choose_plural(language: Language, n: u64) -> Plural {
    let locale = match language {
        Language::English => locale!("en"),
        Language::Welsh => locale!("cy"),
    };
    // The rules of both are compiled in; a language without any has one form.
    PluralRules::try_new_cardinal(locale.into()).map_or(Plural::Other, |rules| rules.category_for(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_has_two_forms_and_welsh_six() {
        use Plural::{Few, Many, One, Other, Two, Zero};
        let forms = |language, numbers: [u64; 8]| numbers.map(|n| choose_plural(language, n));
        let numbers = [0, 1, 2, 3, 4, 6, 11, 100];
        assert_eq!(forms(Language::English, numbers), [Other, One, Other, Other, Other, Other, Other, Other]);
        assert_eq!(forms(Language::Welsh, numbers), [Zero, One, Two, Few, Other, Many, Other, Other]);
    }
}

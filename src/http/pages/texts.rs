//! What pages say, by language: messages of Project Fluent (`texts/*.ftl`), compiled in.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::domain::language::Language;

type Bundle = FluentBundle<FluentResource>;

const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../texts/en.ftl"),
        Language::Welsh => include_str!("../texts/cy.ftl"),
    }
}

static BUNDLES: LazyLock<Result<Vec<(Language, Bundle)>, String>> = LazyLock::new(|| {
    Language::ALL.iter().map(|language| read(*language).map(|bundle| (*language, bundle))).collect()
});

fn read(language: Language) -> Result<Bundle, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("texts of {language}: {error}");
    let resource = FluentResource::try_new(source(language).to_owned());
    let resource = resource.map_err(|(_, errors)| wrong(&format!("{errors:?}")))?;
    let identifier = language.as_str().parse().map_err(|error| wrong(&error))?;
    let mut bundle = Bundle::new_concurrent(vec![identifier]);
    // The marks around what is put in are for texts of both directions, and stand as boxes in old programs.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).map_err(|errors| wrong(&format!("{errors:?}")))?;
    Ok(bundle)
}

/// A message in a language, with what it is about put in.
///
/// # Errors
/// A message that there is not, or one that wants something else.
pub(super) fn text(
    language: Language,
    key: &str,
    about: &[(&str, FluentValue<'_>)],
) -> Result<String, String> {
    let bundles = BUNDLES.as_ref().map_err(Clone::clone)?;
    let (_, bundle) = bundles
        .iter()
        .find(|(known, _)| *known == language)
        .ok_or_else(|| format!("no texts of {language}"))?;
    let message = bundle.get_message(key).and_then(|message| message.value());
    let pattern = message.ok_or_else(|| format!("no text {key:?} in {language}"))?;
    let arguments: FluentArgs<'_> = about.iter().map(|(name, value)| (*name, value.clone())).collect();
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
    if errors.is_empty() { Ok(text) } else { Err(format!("text {key:?} in {language}: {errors:?}")) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Names of messages with their variables, as `name` and `name $variable`.
    fn promises(language: Language) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut name = "";
        for line in source(language).lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with([' ', '}'])) {
                name = key;
                found.insert(name.to_owned());
            }
            for piece in line.split('$').skip(1) {
                let end = piece.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(piece.len());
                found.insert(format!("{name} ${}", &piece[..end]));
            }
        }
        found
    }

    #[test]
    fn every_language_says_the_same_things() {
        let english = promises(Language::English);
        assert!(english.len() > 50);
        for language in Language::ALL {
            assert!(read(*language).is_ok(), "{:?}", read(*language).err());
            assert_eq!(promises(*language), english, "{language}");
        }
    }

    #[test]
    fn every_text_is_used() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
        let mut sources = String::new();
        for place in ["pages", "templates"] {
            for entry in std::fs::read_dir(folder.join(place)).expect("a folder") {
                sources += &std::fs::read_to_string(entry.expect("an entry").path()).expect("a file");
            }
        }
        // Fields, sectors and languages are named by what they are of.
        let made = ["field-", "sector-", "language-", "round-"];
        for key in promises(Language::English).iter().filter(|key| !key.contains(' ')) {
            let is_made = made.iter().any(|start| key.starts_with(start));
            assert!(is_made || sources.contains(&format!("\"{key}\"")), "{key} is said nowhere");
        }
    }

    #[test]
    fn plural_forms_are_those_of_the_language() {
        let said = |language, count: i64| {
            text(language, "found", &[("count", FluentValue::from(count))]).expect("a text")
        };
        assert_eq!(said(Language::English, 1), "One library");
        assert_eq!(said(Language::English, 5), "5 libraries");
        assert_eq!(said(Language::Welsh, 2), "2 lyfrgell");
        assert!(text(Language::English, "no-such", &[]).is_err());
        assert!(text(Language::English, "found", &[]).is_err(), "without what it is about");
    }
}

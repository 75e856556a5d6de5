//! Names of people, libraries, employers and rounds: one line of real characters.

use std::fmt;
use std::str::FromStr;

use super::fault::Rule;
use super::vetting::refuse_certificate_numbers;

/// 1 to 200 characters on one line, trimmed, without control characters, invisible characters or traces of a wrong
/// encoding, and without what looks like the number of a vetting certificate.
///
/// `Display` is the whole name; `Debug` is masked, because it may be a person's and must be in no log.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters that nobody sees but that make two equal-looking names differ, or turn text around; also the spaces that
/// look like the usual one (a name with a no-break space is not found by somebody who types it).
const fn is_invisible(c: char) -> bool {
    is_odd_space(c)
        || matches!(c, '\u{00AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Spaces that the space bar does not give.
const fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{00A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}')
}

/// Where Windows-1252 has marks and Latin-1 has control characters.
const WINDOWS_1252: [(u8, char); 13] = [
    (0x80, '€'),
    (0x82, '‚'),
    (0x84, '„'),
    (0x85, '…'),
    (0x91, '‘'),
    (0x92, '’'),
    (0x93, '“'),
    (0x94, '”'),
    (0x95, '•'),
    (0x96, '–'),
    (0x97, '—'),
    (0x99, '™'),
    (0x9C, 'œ'),
];

/// The character that a control character of Latin-1 stands for when the text was Windows-1252.
fn meant_by(control: char) -> char {
    WINDOWS_1252
        .iter()
        .find(|(byte, _)| u32::from(*byte) == u32::from(control))
        .map_or(' ', |(_, meant)| *meant)
}

/// What text looks like that was UTF-8 but was read as Windows-1252: gives what it should have been.
fn unscrambled(text: &str) -> Option<String> {
    if !text.contains(['Ã', 'Â', 'Å', 'â']) {
        return None;
    }
    let byte = |c: char| match WINDOWS_1252.iter().find(|(_, written)| *written == c) {
        Some((byte, _)) => Some(*byte),
        None => u8::try_from(u32::from(c)).ok(),
    };
    let bytes = text.chars().map(byte).collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok().filter(|mended| mended.chars().count() < text.chars().count())
}

impl FromStr for Name {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let name = text.trim();
        let length = name.chars().count();
        if length == 0 {
            return Err(Rule::of("must not be empty"));
        }
        if name.chars().any(|c| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')) {
            return Err(Rule::of("must be one line: it has line breaks"));
        }
        if let Some(c) = name.chars().find(|c| c.is_control()) {
            let meant: String = name.chars().map(|c| if c.is_control() { meant_by(c) } else { c }).collect();
            return Err(Rule::new(format!(
                "must have no control characters: it has U+{:04X} (maybe `{}`)",
                u32::from(c),
                meant.trim()
            )));
        }
        if name.contains('\u{FFFD}') {
            return Err(Rule::of(
                "has replacement characters (U+FFFD): the text was read in a wrong encoding",
            ));
        }
        if let Some(c) = name.chars().find(|c| is_invisible(*c)) {
            let seen: String = name
                .chars()
                .filter(|c| is_odd_space(*c) || !is_invisible(*c))
                .map(|c| if is_odd_space(c) { ' ' } else { c })
                .collect();
            return Err(Rule::new(format!(
                "must have no invisible characters: it has U+{:04X} (maybe `{}`)",
                u32::from(c),
                seen.trim()
            )));
        }
        if let Some(mended) = unscrambled(name) {
            return Err(Rule::new(format!("was read in a wrong encoding (maybe `{mended}`)")));
        }
        if length > 200 {
            return Err(Rule::new(format!("must have at most 200 characters: it has {length}")));
        }
        refuse_certificate_numbers(name)?;
        Ok(Self(name.to_owned()))
    }
}

/// What may be shown of a text that may tell of a person: its first letter.
pub(super) fn masked(text: &str) -> String {
    text.chars().take(1).chain(['…']).collect()
}

/// Words that people write, at most so many characters: not empty, lines allowed, no other control characters, nothing that
/// looks like the number of a vetting certificate; trimmed.
///
/// # Errors
/// The rule that they break.
pub fn parse_words(text: &str, most: usize) -> Result<String, Rule> {
    let words = text.replace("\r\n", "\n").trim().to_owned();
    let length = words.chars().count();
    if length == 0 {
        return Err(Rule::of("must not be empty"));
    }
    if length > most {
        return Err(Rule::new(format!("must have at most {most} characters: it has {length}")));
    }
    if let Some(c) = words.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Rule::new(format!("must have no control characters: it has U+{:04X}", u32::from(c))));
    }
    refuse_certificate_numbers(&words)?;
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_names_nor_words_have_numbers_of_certificates() {
        assert!("Ann 001234567890".parse::<Name>().expect_err("refused").to_string().contains("certificate"));
        assert!(
            parse_words("my DBS: 0012 3456 7890", 100)
                .expect_err("refused")
                .to_string()
                .contains("assurance")
        );
    }

    #[test]
    fn a_name_is_masked_in_logs() {
        let name: Name = "Ann Reader".parse().expect("a name");
        assert_eq!(format!("{name:?} {name}"), "A… Ann Reader");
    }

    #[test]
    fn real_names_are_taken() {
        for name in ["The Hive", "Llyfrgell Tŷ Pawb", "Bücherei Münster", "St Mary’s", "نجيب محفوظ", "Ââ"]
        {
            assert!(name.parse::<Name>().is_ok(), "{name}");
        }
    }

    #[test]
    fn damaged_names_are_refused_with_the_reason() {
        let rule = |name: &str| name.parse::<Name>().expect_err("refused").to_string();
        assert!(rule("a\r\nb").contains("line breaks"));
        assert!(rule("Sz\u{FFFD}pm").contains("replacement"));
        assert!(rule("Belfast Central\u{200B}").contains("U+200B"));
        assert!(rule("Tredegar\u{A0}Library").contains("U+00A0 (maybe `Tredegar Library`)"));
        assert!(rule("Llyfrgell TÅ· Pawb").contains("maybe `Llyfrgell Tŷ Pawb`"));
        assert!(rule("\u{84}Lessing\u{93}").contains("U+0084 (maybe `„Lessing“`)"));
        assert!(rule("a\u{2028}b").contains("line breaks"));
        assert!(rule("Hungate Reading CafÃ©").contains("maybe `Hungate Reading Café`"));
        assert!(rule("  ").contains("empty"));
        assert!(rule(&"x".repeat(201)).contains("201"));
    }
}

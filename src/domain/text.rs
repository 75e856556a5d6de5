//! Names of people, libraries, employers and rounds: one line of real characters.

use std::fmt;
use std::str::FromStr;

use super::fault::Rule;

/// 1 to 200 characters on one line, trimmed, without control characters, invisible characters or traces of a wrong
/// encoding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters that nobody sees but that make two equal-looking names differ, or turn text around.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// What text looks like that was UTF-8 but was read as Windows-1252: gives what it should have been.
fn unscrambled(text: &str) -> Option<String> {
    if !text.contains(['Ã', 'Â', 'â']) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        let byte = match c {
            '€' => 0x80,
            '‚' => 0x82,
            '„' => 0x84,
            '…' => 0x85,
            '‘' => 0x91,
            '’' => 0x92,
            '“' => 0x93,
            '”' => 0x94,
            '•' => 0x95,
            '–' => 0x96,
            '—' => 0x97,
            '™' => 0x99,
            'œ' => 0x9C,
            other => u8::try_from(u32::from(other)).ok()?,
        };
        bytes.push(byte);
    }
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
        if name.chars().any(|c| matches!(c, '\n' | '\r')) {
            return Err(Rule::of("must be one line: it has line breaks"));
        }
        if let Some(c) = name.chars().find(|c| c.is_control()) {
            return Err(Rule::new(format!("must have no control characters: it has U+{:04X}", u32::from(c))));
        }
        if name.contains('\u{FFFD}') {
            return Err(Rule::of(
                "has replacement characters (U+FFFD): the text was read in a wrong encoding",
            ));
        }
        if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
            return Err(Rule::new(format!(
                "must have no invisible characters: it has U+{:04X}",
                u32::from(c)
            )));
        }
        if let Some(mended) = unscrambled(name) {
            return Err(Rule::new(format!("was read in a wrong encoding (maybe `{mended}`)")));
        }
        if length > 200 {
            return Err(Rule::new(format!("must have at most 200 characters: it has {length}")));
        }
        Ok(Self(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(rule("Hungate Reading CafÃ©").contains("maybe `Hungate Reading Café`"));
        assert!(rule("  ").contains("empty"));
        assert!(rule(&"x".repeat(201)).contains("201"));
    }
}

//! Content lines (RFC 5545, 3.1): escaping, quoting, folding. Knows no property.

use std::borrow::Cow;

/// The longest line in octets, without its CRLF.
const WIDTH: usize = 75;

/// A calendar being written.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// Writes one content line, folded. `value` must be escaped already where its type asks for it.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        let mut room = WIDTH;
        for part in [name, ":", value] {
            let mut rest = part;
            while rest.len() > room {
                let (fits, more) = rest.split_at(rest.floor_char_boundary(room));
                self.0.push_str(fits);
                self.0.push_str("\r\n ");
                // The space that marks a continuation counts.
                room = WIDTH - 1;
                rest = more;
            }
            self.0.push_str(rest);
            room -= rest.len();
        }
        self.0.push_str("\r\n");
    }

    /// Writes a line of type TEXT.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.push(name, &escaped(value));
    }

    /// The whole text.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// A TEXT value (RFC 5545, 3.3.11): backslash, semicolon, comma and line breaks escaped, other controls dropped.
fn escaped(text: &str) -> Cow<'_, str> {
    // 0xc2 begins the controls beyond ASCII, and some letters that the loop below lets pass.
    if !text.bytes().any(|byte| matches!(byte, b'\\' | b';' | b',' | 0..0x20 | 0x7f | 0xc2)) {
        return Cow::Borrowed(text);
    }
    let mut value = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => value.extend(['\\', c]),
            '\n' | '\r' => value.push_str("\\n"),
            '\t' => value.push(' '),
            control if control.is_control() => {}
            other => value.push(other),
        }
    }
    Cow::Owned(value)
}

/// A parameter value (RFC 5545, 3.2), always quoted. Controls part words. A quotation mark cannot be written there; an
/// apostrophe stands for it: programs that know RFC 6868 would read `^'`, the others show it. Its own mark is written
/// twice, so that those who know it read a `^`.
pub(super) fn quoted(text: &str) -> String {
    let words: Vec<&str> = text.split(char::is_control).filter(|word| !word.is_empty()).collect();
    let inner = words.join(" ").replace('"', "'").replace('^', "^^");
    format!("\"{inner}\"")
}

/// A URI as it is, but for characters that would end the line or hide in it.
pub(super) fn uri(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfolded(text: &str) -> String {
        text.replace("\r\n ", "")
    }

    #[test]
    fn lines_fold_at_75_octets_and_never_inside_a_character() {
        for filler in ["a", "é", "ŵ", "図", "🏛"] {
            for shift in 0..8 {
                let value = format!("{}{}", "x".repeat(shift), filler.repeat(120));
                let mut lines = Lines::default();
                lines.push("SUMMARY", &value);
                let text = lines.into_text();
                assert!(text.ends_with("\r\n"));
                let physical: Vec<&str> = text.trim_end_matches("\r\n").split("\r\n").collect();
                assert!(physical.len() > 1);
                for (n, line) in physical.iter().enumerate() {
                    assert!(line.len() <= 75, "{} octets: {line}", line.len());
                    // Nothing is folded that would have fitted.
                    assert!(n + 1 == physical.len() || line.len() + filler.len() > 75, "{line}");
                }
                assert_eq!(unfolded(&text), format!("SUMMARY:{value}\r\n"));
            }
        }
    }

    #[test]
    fn a_line_of_exactly_75_octets_is_not_folded() {
        let mut lines = Lines::default();
        lines.push("X", &"a".repeat(73));
        assert_eq!(lines.into_text().len(), 77);
        let mut lines = Lines::default();
        lines.push("X", &"a".repeat(74));
        assert_eq!(lines.into_text(), format!("X:{}\r\n a\r\n", "a".repeat(73)));
    }

    #[test]
    fn text_is_escaped_so_that_it_can_never_begin_a_line_of_its_own() {
        assert_eq!(escaped("a;b,c\\d\r\ne\nf\rg\u{7}\u{0}h"), "a\\;b\\,c\\\\d\\ne\\nf\\ngh");
    }

    #[test]
    fn parameters_are_quoted_and_hold_no_quotation_mark() {
        assert_eq!(quoted("Ann \"Lee\"; x:y,\r\nATTENDEE:z"), "\"Ann 'Lee'; x:y, ATTENDEE:z\"");
    }

    #[test]
    fn a_uri_keeps_its_commas_and_cannot_break_the_line() {
        assert_eq!(uri("https://x.example/?a=1,2;3\r\nX:1"), "https://x.example/?a=1,2;3X:1");
    }
}

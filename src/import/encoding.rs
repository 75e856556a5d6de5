//! Which encoding a text file is in: told by its first bytes, or by what only UTF-8 looks like.
//!
//! Never guesses among the world's encodings: what is no UTF-8 and no UTF-16 is what British and German spreadsheets
//! write by default, and the report names it, so that somebody who knows better can say so.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// A text and the name of the encoding it was read in, for people.
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) encoding: &'static str,
}

/// Reads bytes as text. Bytes that mean nothing become U+FFFD, which the rule of names refuses where it matters.
pub(super) fn decode(bytes: Vec<u8>) -> Decoded {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        let name = if encoding == UTF_8 { "UTF-8 with a byte order mark" } else { encoding.name() };
        return decoded(encoding, name, &bytes[mark..]);
    }
    if let Some(encoding) = utf_16_without_mark(&bytes) {
        return decoded(encoding, encoding.name(), &bytes);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Decoded { text, encoding: "UTF-8" },
        Err(error) => {
            let bytes = error.into_bytes();
            let (text, _) = UTF_8.decode_without_bom_handling(&bytes);
            let damaged = text.chars().filter(|c| *c == '\u{FFFD}').count();
            let right = text.chars().filter(|c| !c.is_ascii()).count() - damaged;
            // In text of one byte a letter, two that look like a letter of UTF-8 stand together only by chance.
            if right > damaged {
                Decoded { text: text.into_owned(), encoding: "UTF-8, damaged in places" }
            } else {
                decoded(WINDOWS_1252, "Windows-1252", &bytes)
            }
        }
    }
}

fn decoded(encoding: &'static Encoding, name: &'static str, bytes: &[u8]) -> Decoded {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded { text: text.into_owned(), encoding: name }
}

/// Latin letters in UTF-16 have a zero byte each, always on the same side. A single NUL in other text is none of this.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(64)];
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = start.len() / 4;
    if start.len() < 4 || even.max(odd) <= most {
        None
    } else if odd > even {
        Some(UTF_16LE)
    } else {
        Some(UTF_16BE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(bytes: &[u8]) -> (String, &'static str) {
        let Decoded { text, encoding } = decode(bytes.to_vec());
        (text, encoding)
    }

    #[test]
    fn each_encoding_is_recognised_and_named() {
        let text = "name,town\nCafé – Tŷ,Münster\n";
        let utf_16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        assert_eq!(named(text.as_bytes()), (text.to_owned(), "UTF-8"));
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        assert_eq!(named(&marked), (text.to_owned(), "UTF-8 with a byte order mark"));
        assert_eq!(named(&utf_16(u16::to_le_bytes)), (text.to_owned(), "UTF-16LE"));
        assert_eq!(named(&utf_16(u16::to_be_bytes)), (text.to_owned(), "UTF-16BE"));
        let marked = [vec![0xFF, 0xFE], utf_16(u16::to_le_bytes)].concat();
        assert_eq!(named(&marked), (text.to_owned(), "UTF-16LE"));
        assert_eq!(named(b"Caf\xE9 \x96 M\xFCnster"), ("Café – Münster".to_owned(), "Windows-1252"));
    }

    #[test]
    fn utf_8_with_a_broken_letter_is_not_taken_for_something_else() {
        let (text, encoding) = named(b"Caf\xC3\xA9 M\xC3\xBCnster Llyfrgell T\xC5");
        assert_eq!(
            (text.as_str(), encoding),
            ("Café Münster Llyfrgell T\u{FFFD}", "UTF-8, damaged in places")
        );
    }

    #[test]
    fn a_single_nul_makes_no_utf_16() {
        assert_eq!(named(b"id,name\n1,a\0b\n").1, "UTF-8");
    }
}

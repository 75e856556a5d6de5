//! Vetting: what is kept is the employer's assurance with its end date, never a certificate or its number.
//!
//! Numbers of certificates are long runs of digits (a DBS certificate has twelve, a PVG membership sixteen, an AccessNI
//! certificate ten), or stand behind the name of the scheme. Telephone numbers are let through.

use super::fault::Rule;

/// Why such a text is refused.
const RULE: Rule = Rule::of(
    "has what looks like the number of a vetting certificate: please take it out. Nobody here may keep one; the employer's \
     assurance with its end date (`assured_until`) is enough",
);

/// Words behind which a number is that of a certificate.
const SCHEMES: [&str; 9] =
    ["dbs", "pvg", "accessni", "access ni", "disclosure", "garda", "vetting", "nvb", "certificate"];
/// How far behind such a word the number may begin, in characters.
const NEAR: usize = 30;
/// Shortest number that counts behind such a word, in digits; a year or a day is shorter.
const FEWEST_DIGITS: usize = 6;

/// Whether a text can be kept: no part of it looks like the number of a vetting certificate.
///
/// # Errors
/// The rule, with what to do.
pub fn refuse_certificate_numbers(text: &str) -> Result<(), Rule> {
    let characters: Vec<char> = text.to_lowercase().chars().collect();
    let mut at = 0;
    while at < characters.len() {
        if !characters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let (end, digits) = number_from(&characters, at);
        let before: String = characters[at.saturating_sub(NEAR)..at].iter().collect();
        let is_foreign = characters[..at].iter().rev().find(|c| **c != '(') == Some(&'+');
        // A part of a longer code, as of an id, is no number by itself.
        let is_part = at > 0 && (characters[at - 1].is_alphanumeric() || characters[at - 1] == '-');
        let bare = matches!(digits.len(), 12 | 16) && !is_foreign && !is_part;
        let named = digits.len() >= FEWEST_DIGITS
            && !is_foreign
            && SCHEMES.iter().any(|scheme| before.contains(scheme))
            && !is_date(&characters[at..end]);
        if bare || named {
            return Err(RULE);
        }
        at = end;
    }
    Ok(())
}

/// Digits from a place on, single spaces and hyphens between them passed over, and where they end.
fn number_from(characters: &[char], from: usize) -> (usize, String) {
    let (mut at, mut digits, mut end) = (from, String::new(), from);
    while let Some(c) = characters.get(at) {
        match c {
            '0'..='9' => {
                digits.push(*c);
                end = at + 1;
            }
            ' ' | '-' if characters.get(at + 1).is_some_and(char::is_ascii_digit) => {}
            _ => break,
        }
        at += 1;
    }
    (end, digits)
}

/// Whether a number is a day written with hyphens: `2028-01-31`, `31-01-2028`.
fn is_date(number: &[char]) -> bool {
    let text: String = number.iter().collect();
    let parts: Vec<usize> = text.split('-').map(str::len).collect();
    parts == [4, 2, 2] || parts == [2, 2, 4] || parts == [1, 2, 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_certificates_are_refused_however_they_are_written() {
        for text in [
            "001234567890",
            "My DBS is 0012 3456 7890, on the update service",
            "0012-3456-7890",
            "PVG 1903190319031903",
            "PVG membership 190319031903",
            "Garda vetting ref. 20231115",
            "AccessNI certificate: 1234567890",
            "Disclosure no 9876543",
        ] {
            assert_eq!(refuse_certificate_numbers(text), Err(RULE), "{text}");
        }
    }

    #[test]
    fn what_people_write_otherwise_is_let_through() {
        for text in [
            "How students are welcomed",
            "Ring 020 7946 0958 or +44 20 7946 0958 ext. 12, from Ireland 00353 1 234 5678",
            "I am vetted until 2028-01-31 (DBS)",
            "DBS since 2019, renewed 31-01-2024",
            "Shelf 613.7046, ISBN 978-0-14-103613-7",
            "Bus 12, stop 340000123",
            "(+353) 1 234 567 890",
            "Staff 019b2345-1234-7123-a123-123456789012",
        ] {
            assert_eq!(refuse_certificate_numbers(text), Ok(()), "{text}");
        }
    }
}

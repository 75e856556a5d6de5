//! Telephone numbers, as people write them to be rung.

use std::fmt;
use std::str::FromStr;

use super::fault::Rule;

/// Longest number with everything between its digits, in characters.
pub const MOST_LETTERS: usize = 40;

/// 5 to 15 digits (ITU-T E.164 has no longer numbers), a + before the code of the country, spaces and `( ) - . /` between
/// them, and an extension like `ext. 12` or `x12`. `Debug` is masked.
#[derive(Clone, PartialEq, Eq)]
pub struct Telephone(String);

impl fmt::Debug for Telephone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Telephone(…)")
    }
}

impl fmt::Display for Telephone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Telephone {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        const RULE: Rule =
            Rule::of("must be a telephone number like 01905 822866 or +44 1905 822866 ext. 12");
        let text = text.trim();
        let at = text.find(|c: char| c.is_ascii_alphabetic());
        let (number, extension) = text.split_at(at.unwrap_or(text.len()));
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let is_shaped = number.chars().enumerate().all(|(n, c)| match c {
            '+' => n == 0,
            '0'..='9' | ' ' | '(' | ')' | '-' | '.' | '/' => true,
            _ => false,
        });
        let fits = is_shaped && (5..=15).contains(&digits) && text.len() <= MOST_LETTERS;
        if fits && (extension.is_empty() || is_extension(extension)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RULE)
        }
    }
}

fn is_extension(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let word = text.strip_suffix(digits).unwrap_or_default().trim_end().to_ascii_lowercase();
    matches!(word.as_str(), "x" | "ext" | "ext." | "extension")
        && (1..=6).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_people_write_them_and_nothing_else_is() {
        for good in [
            "+44 1905 822866",
            "(01905) 822-866 ext 12",
            " 01905 822866 ",
            "01905/822866 x3",
            "+44 (0)1905 822866",
            "999 12",
            "01905-822866 ext. 12",
            "0190582 x7",
        ] {
            assert!(good.parse::<Telephone>().is_ok(), "{good}");
        }
        for wrong in [
            "",
            "12",
            "1234",
            "ring me",
            "ask at the desk",
            "1+234567",
            "01905 822866 or 7",
            "01905 822866 ext",
            "01905 822866\n999",
            "0190\u{0}5822",
            "<b>99999</b>",
            "tel:+441905822866",
            "12345678901234567",
            "٠١٩٠٥٨٢٢",
            &"1".repeat(21),
        ] {
            assert!(wrong.parse::<Telephone>().is_err(), "{wrong}");
        }
    }
}

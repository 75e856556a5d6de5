//! Telephone numbers, as people write them to be rung.

use std::fmt;
use std::str::FromStr;

use super::fault::Rule;

/// 3 to 20 digits with spaces and `+ ( ) - . /` between them, and `ext` or `x` before an extension; 40 characters at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telephone(String);

impl fmt::Display for Telephone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Telephone {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let number = text.trim();
        let digits = number.chars().filter(char::is_ascii_digit).count();
        let plain = number.replacen("ext", "", 1).replacen('x', "", 1);
        let fits = plain.chars().all(|c| c.is_ascii_digit() || " +()-./".contains(c));
        if number.len() > 40 || !(3..=20).contains(&digits) || !fits {
            return Err(Rule::of("must be a telephone number like +44 1905 822866 or 01905 822866 ext 12"));
        }
        Ok(Self(number.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_people_write_them_and_nothing_else_is() {
        for good in ["+44 1905 822866", "(01905) 822-866 ext 12", " 999 ", "01905/822866 x3"] {
            assert!(good.parse::<Telephone>().is_ok(), "{good}");
        }
        for wrong in
            ["", "12", "ring me", "01905 822866\n999", "<b>999</b>", "tel:+441905822866", &"1".repeat(21)]
        {
            assert!(wrong.parse::<Telephone>().is_err(), "{wrong}");
        }
    }
}

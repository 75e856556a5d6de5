//! E-mail addresses: the part of RFC 5321 that work addresses use, no display names, no quoting.

use std::fmt;
use std::str::FromStr;

use super::fault::Rule;

/// A work address. `Display` is the whole address; `Debug` is masked, so that no log shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email {
    address: String,
    at: usize,
}

impl Email {
    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The part after the @, lower case.
    pub fn domain(&self) -> &str {
        &self.address[self.at + 1..]
    }

    /// The mailbox it is delivered to, as far as an address tells: without the tag after a `+` (RFC 5233).
    pub fn mailbox(&self) -> String {
        let local = &self.address[..self.at];
        let untagged = local.split('+').next().filter(|name| !name.is_empty()).unwrap_or(local);
        format!("{untagged}{}", &self.address[self.at..])
    }

    /// The address as it may stand in a log: first letter and domain.
    pub fn masked(&self) -> String {
        let first: String = self.address.chars().take(1).collect();
        format!("{first}…@{}", self.domain())
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

const RULE: Rule = Rule::of("must be an e-mail address like name@library.example");
const NOT_ASCII: Rule = Rule::of(
    "must be an e-mail address in ASCII: a domain in another script is written as `xn--…`; a name before the @ in another \
     script cannot be reached by every mail server, so please give another address",
);
const QUOTED: Rule = Rule::of("must be an e-mail address without quotes, like name@library.example");

/// Whether a text is a host name of at least two labels (RFC 1123), lower case.
pub fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

impl FromStr for Email {
    type Err = Rule;

    /// Lower-cases the whole address: no employer gives two people addresses that differ only in case, and the same
    /// person must be found again however they type it.
    fn from_str(text: &str) -> Result<Self, Rule> {
        let address = text.trim().to_lowercase();
        if !address.is_ascii() {
            return Err(NOT_ASCII);
        }
        if address.contains('"') {
            return Err(QUOTED);
        }
        let at = address.rfind('@').ok_or(RULE)?;
        let (local, domain) = (&address[..at], &address[at + 1..]);
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let local_fits = !local.is_empty()
            && local.len() <= 64
            && local.chars().all(atom)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        if !local_fits || !is_domain(domain) || address.len() > 254 {
            return Err(RULE);
        }
        Ok(Self { at, address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_addresses_are_taken_and_folded() {
        let email: Email = " Ann.O'Neill+swap@Library.Example ".parse().expect("an address");
        assert_eq!(email.to_string(), "ann.o'neill+swap@library.example");
        assert_eq!(email.domain(), "library.example");
    }

    #[test]
    fn anything_that_could_break_a_header_is_refused() {
        for wrong in [
            "",
            "a",
            "a@b",
            "@x.example",
            "a@x..example",
            "a b@x.example",
            "a@x.example\r\nBcc: c@d.example",
            "\"a\"@x.example",
            "a@-x.example",
            ".a@x.example",
            "a@x.example,b@y.example",
            "<a@x.example>",
        ] {
            assert!(wrong.parse::<Email>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn other_scripts_and_quotes_are_refused_with_what_to_do() {
        for (text, rule) in [
            ("jörg@library.example", NOT_ASCII),
            ("joerg@bücher.example", NOT_ASCII),
            ("ann@library。example", NOT_ASCII),
            ("\"ann b\"@library.example", QUOTED),
            ("\"ann@home\"@library.example", QUOTED),
        ] {
            assert_eq!(text.parse::<Email>(), Err(rule), "{text}");
        }
        let plain: Email = "joerg@xn--bcher-kva.example".parse().expect("an address");
        assert_eq!(plain.domain(), "xn--bcher-kva.example");
    }

    #[test]
    fn a_tag_leads_to_the_same_mailbox() {
        let mailbox = |text: &str| text.parse::<Email>().expect("an address").mailbox();
        assert_eq!(mailbox("Ann+boss@library.example"), "ann@library.example");
        assert_eq!(mailbox("ann+a+b@library.example"), "ann@library.example");
        assert_eq!(mailbox("+ann@library.example"), "+ann@library.example");
        assert_ne!(mailbox("anne@library.example"), mailbox("ann@library.example"));
    }

    #[test]
    fn debug_output_is_masked() {
        let email: Email = "ann@library.example".parse().expect("an address");
        assert_eq!(format!("{email:?}"), "a…@library.example");
    }
}

//! Mail domains by which an employer vouches for its managers' addresses.

use std::str::FromStr;

use super::email::is_domain;
use super::fault::Rule;

/// A mail domain that is an employer's own, lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VouchingDomain(String);

impl VouchingDomain {
    /// The domain.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl FromStr for VouchingDomain {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let domain = text.trim().to_lowercase();
        if !is_domain(&domain) {
            Err(Rule::of("must be a mail domain like library.example, without @"))
        } else if OPEN_TO_ANYBODY.contains(&domain.as_str()) {
            Err(Rule::of("anybody can have an address there: name the managers' addresses instead"))
        } else {
            Ok(Self(domain))
        }
    }
}

/// Domains under which anybody gets an address: they vouch for nobody.
const OPEN_TO_ANYBODY: &[&str] = &[
    "aol.com",
    "blueyonder.co.uk",
    "btinternet.com",
    "eircom.net",
    "email.com",
    "fastmail.com",
    "freenet.de",
    "gmail.com",
    "gmx.at",
    "gmx.ch",
    "gmx.co.uk",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.co.uk",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "hotmail.ie",
    "icloud.com",
    "live.co.uk",
    "live.com",
    "live.de",
    "live.fr",
    "live.ie",
    "mac.com",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "ntlworld.com",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "outlook.ie",
    "pm.me",
    "posteo.de",
    "proton.ch",
    "proton.me",
    "protonmail.com",
    "rocketmail.com",
    "sky.com",
    "t-online.de",
    "talktalk.net",
    "tiscali.co.uk",
    "tuta.com",
    "tuta.io",
    "tutanota.com",
    "tutanota.de",
    "virginmedia.com",
    "web.de",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yahoo.ie",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
    "zoho.eu",
    "zohomail.eu",
];

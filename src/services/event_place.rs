//! Where a calendar event is, and its words: the same in an invitation and in a feed.

use crate::domain::organisation::Library;
use crate::domain::party::Party;
use crate::domain::place::Postcode;

/// Of a library, in one line.
pub(super) fn address_of(library: &Library) -> Option<String> {
    address(library.address.as_deref(), library.postcode.as_ref().map(Postcode::as_str))
}

/// Street and postcode in one line.
pub(super) fn address(street: Option<&str>, postcode: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = street.into_iter().chain(postcode).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Where a calendar event is.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// The host library's name.
    pub(super) name: &'a str,
    /// Its address.
    pub(super) address: Option<String>,
    /// Whether nobody travels.
    pub(super) is_virtual: bool,
}

impl<'a> Place<'a> {
    pub(super) fn of(host: &'a Library, is_virtual: bool) -> Self {
        Self { name: host.name.as_str(), address: address_of(host), is_virtual }
    }

    /// One line.
    pub(super) fn location(&self) -> String {
        match &self.address {
            _ if self.is_virtual => format!("Online: virtual visit at {}", self.name),
            Some(address) => format!("{}, {address}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Title and text of the event for a party, with the visitor's name where that may be known.
    pub(super) fn words(&self, party: Party, visitor: Option<&str>, service: &str) -> (String, String) {
        let (day, how) = if self.is_virtual {
            ("virtual visit", " The visit is virtual: nobody travels.")
        } else {
            ("day", "")
        };
        let visitor = visitor.unwrap_or("a colleague of another sector");
        let host = self.name;
        match party {
            Party::Participant => {
                (format!("Library exchange: {host}"), format!("Your {day} at {host} with {service}.{how}"))
            }
            Party::Manager => (
                format!("Library exchange: {visitor} at {host}"),
                format!("A {day} of {visitor} at {host} with {service}.{how}"),
            ),
            Party::Host => (
                format!("Library exchange: visit of {visitor}"),
                format!("A {day} at {host} with {service}.{how}"),
            ),
        }
    }
}

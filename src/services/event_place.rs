//! Where a calendar event is.

use crate::domain::organisation::Library;
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

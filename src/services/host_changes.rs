//! What a change of a library means for the days that it hosts: their entries in calendars follow its name, address and zone,
//! and whoever receives visitors there.

use chrono::Days;

use super::AppError;
use super::app::Now;
use super::event_place::address_of;
use super::load::get_applicant;
use super::notices::{self, Case};
use crate::domain::organisation::{Contact, Library};
use crate::domain::party::Party;
use crate::store::{Tx, placements};

/// Brings the coming days at a library up to date with what it is now, and tells those who have them in a calendar.
///
/// A placement keeps its local times: where a list corrects the library's zone, they are meant in the new one.
///
/// # Errors
/// The database's.
pub(super) fn follow(tx: &mut Tx<'_>, now: &Now, before: &Library, after: &Library) -> Result<(), AppError> {
    let words = |library: &Library| (library.name.clone(), address_of(library), library.point);
    let address = |contact: &Option<Contact>| contact.as_ref().map(|contact| contact.email.clone());
    let has_contact = after.contact.is_some() && address(&before.contact) != address(&after.contact);
    let has_zone = before.time_zone != after.time_zone;
    let has_words = words(before) != words(after);
    if !has_words && !has_zone && !has_contact {
        return Ok(());
    }
    // Yesterday covers every zone.
    for placement in placements::list_coming_at(tx, after.id, now.utc().date() - Days::new(1))? {
        let applicant = get_applicant(tx, placement.application)?;
        let former =
            Case { applicant: applicant.clone(), host: before.clone(), placement: placement.clone() };
        let mut case = Case { applicant, host: after.clone(), placement };
        let has_moved = has_zone && case.placement.time_zone == before.time_zone;
        if has_moved {
            case.placement.time_zone = after.time_zone;
        }
        let is_handed_over = has_contact && case.placement.terms.contact.is_none();
        let is_told = has_words || has_moved;
        if !is_told && !is_handed_over {
            continue;
        }
        // Each time it is another version, so that what is told of it is news.
        placements::save(tx, &mut case.placement, now.utc())?;
        if is_told {
            let told = if is_handed_over { &[Party::Participant][..] } else { &notices::VISITING };
            notices::entry_follows(tx, now, &case, told, has_moved)?;
        }
        if is_handed_over {
            notices::contact_follows(tx, now, &former, &case)?;
        }
    }
    Ok(())
}

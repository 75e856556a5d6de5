//! As what an address can act: what was granted to it, what it is in applications and at libraries, and what others do whose
//! deputy it is. Looked up anew each time, so that what has ended ends at once.

use std::collections::BTreeMap;

use super::AppError;
use super::app::Now;
use crate::domain::deputyship::Deputyship;
use crate::domain::email::Email;
use crate::domain::ids::EmployerId;
use crate::domain::mandate::Mandate;
use crate::domain::session::{Capacity, Ground};
use crate::store::{Db, capacities, deputyships, grants, organisations, outbox, rounds};

/// As what an address can act: first for itself.
pub(super) fn capacities_of(db: &mut Db, now: &Now, address: &str) -> Result<Vec<Capacity>, AppError> {
    let Ok(address) = address.parse() else { return Ok(Vec::new()) };
    let mut found: Vec<Capacity> = list_own(db, now, &address)?.into_iter().map(|own| own.capacity).collect();
    for deputyship in deputyships::list_of_deputy(db, &address)? {
        if deputyship.is_in_force_on(now.at.date_naive()) {
            found.extend(list_for(db, now, &deputyship)?);
        }
    }
    Ok(found)
}

/// As what somebody's deputy can act for them: in the one role, where every employer whose work it is vouches for the
/// deputy's address, and never on the deputy's own application.
pub(super) fn list_for(db: &mut Db, now: &Now, deputyship: &Deputyship) -> Result<Vec<Capacity>, AppError> {
    let mut vouched: BTreeMap<EmployerId, bool> = BTreeMap::new();
    let mut found = Vec::new();
    for Own { capacity, employers, about_whom } in list_own(db, now, &deputyship.principal)? {
        if capacity.role() != deputyship.role || about_whom.as_deref() == Some(deputyship.deputy.as_str()) {
            continue;
        }
        let mut is_vouched = true;
        for employer in employers {
            is_vouched &= match vouched.get(&employer) {
                Some(known) => *known,
                None => {
                    let known = organisations::find_employer(db, employer)?;
                    let known = known.is_some_and(|known| known.vouches_for(&deputyship.deputy));
                    vouched.insert(employer, known);
                    known
                }
            };
        }
        if is_vouched {
            let about = [capacity.about.as_str(), "for", deputyship.principal.as_str()].join(" ");
            let ground = Ground::For(deputyship.id, Box::new(capacity.ground));
            found.push(Capacity { ground, about: about.trim_start().to_owned() });
        }
    }
    Ok(found)
}

/// What somebody is of their own.
struct Own {
    capacity: Capacity,
    /// Whose work it is.
    employers: Vec<EmployerId>,
    /// The address of the participant whom a manager decides about.
    about_whom: Option<String>,
}

/// What was granted to an address, then what it is in applications and at libraries.
fn list_own(db: &mut Db, now: &Now, address: &Email) -> Result<Vec<Own>, AppError> {
    let mut found = Vec::new();
    let plain =
        |ground, about| Own { capacity: Capacity { ground, about }, employers: Vec::new(), about_whom: None };
    for grant in grants::list_to(db, address)?.into_iter().filter(|grant| grant.is_valid_at(now.utc())) {
        let about = about(db, &grant.mandate)?;
        let employers = grant.mandate.employers.clone();
        found.push(Own { employers, ..plain(Ground::Grant(grant.id, grant.mandate), about) });
    }
    for (application, round) in capacities::list_own(db, address)? {
        found.push(plain(Ground::Participant(application), round));
    }
    let received = capacities::list_received(db, address)?;
    let of: Vec<_> = received.iter().map(|visit| visit.application).collect();
    // Before the mails of a publication have gone nobody but the organisers knows of its placements.
    let untold = outbox::list_untold(db, &of)?;
    for visit in received.into_iter().filter(|visit| !untold.contains(&visit.application)) {
        let ground =
            if visit.is_deputy { Ground::Deputy(visit.placement) } else { Ground::Host(visit.placement) };
        let about = format!("{}, {}", visit.library, visit.date.format("%-d %B %Y"));
        found.push(plain(ground, about));
    }
    for managed in capacities::list_managed(db, address)? {
        let about = format!("{}, {}", managed.name, managed.round);
        found.push(Own {
            employers: vec![managed.employer],
            about_whom: Some(managed.address),
            ..plain(Ground::Manager(managed.application), about)
        });
    }
    Ok(found)
}

/// What a mandate is bound to, in words.
pub(super) fn about(db: &mut Db, mandate: &Mandate) -> Result<String, AppError> {
    let mut words = Vec::new();
    for employer in &mandate.employers {
        words.extend(organisations::find_employer(db, *employer)?.map(|found| found.name.to_string()));
    }
    if let Some(round) = mandate.round {
        words.extend(rounds::find(db, round)?.map(|found| found.name.to_string()));
    }
    Ok(words.join(", "))
}

//! What libraries offer for a round. A library takes part only by an offer: hosts opt in, round by round.

use serde_json::json;

use super::app::{own_employers_in, permit, record};
use super::page::{Page, Paged};
use super::round_file::{library_days, minutes_needed};
use super::seen::Seen;
use super::snapshot::{openings_in, read_rules};
use super::{App, AppError, rounds};
use crate::domain::cover::{Elsewhere, LibraryDays};
use crate::domain::fault::Faults;
use crate::domain::history::Successors;
use crate::domain::ids::{LibraryId, RoundId};
use crate::domain::offer::{LibraryOffer, Offer};
use crate::domain::organisation::Library;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::round::Round;
use crate::store::{Db, organisations, placements, rounds as table};

/// Opts a library in, or replaces what it offered before. An offer of nothing takes the library out.
///
/// # Errors
/// `changed-since`, `if-match-required`; `invalid-fields` with every fault; `round-state` once the round is published;
/// `not-found`, also for somebody else's library; `forbidden`.
pub fn offer(
    app: &App,
    actor: &Actor,
    round: RoundId,
    library: LibraryId,
    offer: &Offer,
    seen: &Seen<LibraryOffer>,
) -> Result<LibraryOffer, AppError> {
    own_employers_in(actor, Action::OfferHosting, round)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let round = rounds::load(tx, actor, round)?;
        let library = organisations::find_library(tx, library)?
            .ok_or_else(|| AppError::not_found("library", library))?;
        let subject = Subject { round: Some(round.id), ..Subject::of_employers(&library.employers) };
        permit(actor, Action::OfferHosting, &subject, ("library", &library.id))?;
        round.admit_offer()?;
        let before = table::find_offer(tx, round.id, library.id)?;
        let shown = before.clone().map(|offer| LibraryOffer { library: library.id, offer });
        seen.admit_any(shown.as_ref())?;
        let faults = Faults::none();
        offer.check(&round, &library, &faults);
        let offer = faults.into_result(Some(offer.clone().without_zeros())).map_err(AppError::Fields)?;
        let same = before.as_ref() == Some(&offer) || (before.is_none() && offer.is_empty());
        if !same {
            if offer.is_empty() {
                table::delete_offer(tx, round.id, library.id)?;
            } else {
                table::replace_offer(tx, round.id, library.id, &offer, now.utc())?;
            }
            table::bump_revision(tx, round.id)?;
            let details = json!({
                "round": round.id.to_string(),
                "hosting": offer.hosting,
                "hosting_rule": offer.hosting_rule.as_ref().map(|rule| rule.visitors),
                "hosting_limit": offer.hosting_limit,
                "year_limit": offer.year_limit,
                "rest_days": offer.rest_days,
                "release": offer.release,
                "minimum_cover": offer.cover_rule.as_ref().map(|rule| rule.minimum),
            });
            record(tx, &now, actor, Action::OfferHosting, ("library", &library.id), &details)?;
        }
        Ok(LibraryOffer { library: library.id, offer })
    })
}

/// Takes a library out of a round; a library that is not in it stays out.
///
/// # Errors
/// As for [`offer`].
pub fn withdraw(
    app: &App,
    actor: &Actor,
    round: RoundId,
    library: LibraryId,
    seen: &Seen<LibraryOffer>,
) -> Result<(), AppError> {
    offer(app, actor, round, library, &Offer::default(), seen).map(|_| ())
}

/// What a library offers for a round.
///
/// # Errors
/// `not-found` where it offers nothing, also for somebody else's library; `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, round: RoundId, library: LibraryId) -> Result<LibraryOffer, AppError> {
    let own = own_employers_in(actor, Action::ReadHosting, round)?;
    app.store.read(|db| {
        rounds::load(db, actor, round)?;
        let nothing = || AppError::not_found("offer of library", library);
        let found = organisations::find_library(db, library)?.ok_or_else(nothing)?;
        if own.is_some_and(|own| !found.employers.iter().any(|employer| own.contains(employer))) {
            return Err(nothing());
        }
        let offer = table::find_offer(db, round, library)?.ok_or_else(nothing)?;
        Ok(LibraryOffer { library, offer })
    })
}

/// A page of the offers for a round: all for organisers, one's own employer's for administrators.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    round: RoundId,
    page: &Page<LibraryId>,
) -> Result<Paged<LibraryOffer, LibraryId>, AppError> {
    let own = own_employers_in(actor, Action::ReadHosting, round)?;
    app.store.read(|db| {
        rounds::load(db, actor, round)?;
        let found = table::list_offers(db, round, own.as_deref(), page.after, page.fetch())?;
        Ok(page.cut(found, |offer| offer.library))
    })
}

/// What the offer of a library comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct LibraryCover {
    /// Which library.
    pub library: Library,
    /// Day by day.
    pub days: LibraryDays,
    /// What other rounds do with it.
    pub elsewhere: Elsewhere,
}

/// A page of what the offers for a round come to, as a run would freeze it now: all for organisers, one's own employer's
/// for administrators and HR.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn cover(
    app: &App,
    actor: &Actor,
    round: RoundId,
    page: &Page<LibraryId>,
) -> Result<Paged<LibraryCover, LibraryId>, AppError> {
    let own = own_employers_in(actor, Action::ReadCover, round)?;
    app.store.read(|db| {
        let round = rounds::load(db, actor, round)?;
        let offers = page
            .cut(table::list_offers(db, round.id, own.as_deref(), page.after, page.fetch())?, |offer| {
                offer.library
            });
        Ok(Paged { items: covered(db, &round, offers.items)?, next: offers.next })
    })
}

/// What offers come to, which are in the order of their libraries' ids.
pub(super) fn covered(
    db: &mut Db,
    round: &Round,
    offers: Vec<LibraryOffer>,
) -> Result<Vec<LibraryCover>, AppError> {
    let needed = minutes_needed(&read_rules(round)?);
    let ids: Vec<LibraryId> = offers.iter().map(|offer| offer.library).collect();
    let libraries = organisations::list_libraries_by_ids(db, &ids)?;
    let openings = openings_in(db, round, &libraries)?;
    let became = Successors::new(organisations::list_library_successors(db)?);
    let mut elsewhere = Elsewhere::of_visits(&placements::list_visits_elsewhere(db, round.id)?, &became);
    // Both lists are in the order of the libraries' ids, and no offer is without its library.
    let covered = libraries.into_iter().zip(offers).map(|(library, found)| {
        let opening = openings.get(&library.id);
        let away = elsewhere.remove(&library.id);
        let days = library_days((round, needed), &library, &found.offer, opening, away.as_ref());
        LibraryCover { library, days, elsewhere: away.unwrap_or_default() }
    });
    Ok(covered.collect())
}

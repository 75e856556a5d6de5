//! What libraries offer for a round. A library takes part only by an offer: hosts opt in, round by round.

use serde_json::json;

use super::app::{own_employer, permit, record};
use super::page::{Page, Paged};
use super::{App, AppError, rounds};
use crate::domain::fault::Faults;
use crate::domain::ids::{LibraryId, RoundId};
use crate::domain::offer::{LibraryOffer, Offer};
use crate::domain::permissions::{Action, Actor, Subject};
use crate::store::{organisations, rounds as table};

/// Opts a library in, or replaces what it offered before. An offer of nothing takes the library out.
///
/// # Errors
/// `invalid-fields` with every fault; `round-state` once the round is published; `not-found`, also for somebody else's
/// library; `forbidden`.
pub fn offer(
    app: &App,
    actor: &Actor,
    round: RoundId,
    library: LibraryId,
    offer: &Offer,
) -> Result<LibraryOffer, AppError> {
    own_employer(actor, Action::OfferHosting)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let round = rounds::load(tx, actor, round)?;
        let library = organisations::find_library(tx, library)?
            .ok_or_else(|| AppError::not_found("library", library))?;
        let subject = Subject::of_employers(&library.employers);
        permit(actor, Action::OfferHosting, &subject, ("library", &library.id))?;
        round.admit_offer()?;
        let faults = Faults::none();
        offer.check(&round, &library, &faults);
        let offer = faults.into_result(Some(offer.clone().without_zeros())).map_err(AppError::Fields)?;
        let before = table::find_offer(tx, round.id, library.id)?;
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
                "hosting_limit": offer.hosting_limit,
                "release": offer.release,
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
pub fn withdraw(app: &App, actor: &Actor, round: RoundId, library: LibraryId) -> Result<(), AppError> {
    offer(app, actor, round, library, &Offer::default()).map(|_| ())
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
    let own = own_employer(actor, Action::ReadHosting)?;
    app.store.read(|db| {
        rounds::load(db, actor, round)?;
        let found = table::list_offers(db, round, own, page.after, page.fetch())?;
        Ok(page.cut(found, |offer| offer.library))
    })
}

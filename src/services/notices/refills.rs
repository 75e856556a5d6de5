//! What is told about places that are offered to reserves.

use super::{Facts, Recipient, Telling, enqueue_in, thread_of_placement};
use crate::domain::ids::{PlacementId, ReserveOfferId};
use crate::domain::letter::NoticeKind;
use crate::domain::party::Party;
use crate::domain::told::Told;
use crate::services::AppError;
use crate::services::app::Now;
use crate::store::applications::Applicant;
use crate::store::{Db, Tx, outbox};

fn thread_of(offer: ReserveOfferId) -> String {
    format!("offer:{offer}")
}

fn tell(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
    (kind, offer): (NoticeKind, ReserveOfferId),
    reason: Option<Told>,
) -> Result<(), AppError> {
    let facts = Facts { offer: Some(offer.to_string()), reason, ..Facts::default() };
    let telling = Telling { kind, version: 0, facts: &facts, run: None };
    let recipient = Recipient::participant(applicant);
    enqueue_in(tx, now, thread_of(offer), &recipient, (applicant, None), &telling)?;
    Ok(())
}

/// Offers a place that has become free to a reserve.
///
/// # Errors
/// The database's.
pub fn reserve_offer(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
    offer: ReserveOfferId,
) -> Result<(), AppError> {
    tell(tx, now, applicant, (NoticeKind::Offer, offer), None)
}

/// Tells a reserve who had heard of an offer that the place is not to be had any more.
///
/// # Errors
/// The database's.
pub fn reserve_offer_ended(
    tx: &mut Tx<'_>,
    now: &Now,
    applicant: &Applicant,
    offer: ReserveOfferId,
    why: &Told,
) -> Result<(), AppError> {
    if outbox::has_begun(tx, &thread_of(offer))? {
        return tell(tx, now, applicant, (NoticeKind::OfferEnded, offer), Some(why.clone()));
    }
    reserve_offer_answered(tx, now, offer)
}

/// An offer is settled: its mail is not sent any more.
///
/// # Errors
/// The database's.
pub fn reserve_offer_answered(tx: &mut Tx<'_>, now: &Now, offer: ReserveOfferId) -> Result<(), AppError> {
    outbox::supersede(tx, &thread_of(offer), now.utc())?;
    Ok(())
}

/// Whether a party has heard of a placement by mail.
///
/// # Errors
/// The database's.
pub fn has_heard(db: &mut Db, placement: PlacementId, party: Party) -> Result<bool, AppError> {
    Ok(outbox::has_begun(db, &thread_of_placement(placement, party))?)
}

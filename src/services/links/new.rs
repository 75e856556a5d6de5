//! A new link: its secret goes into the mail and nowhere else.

use chrono::NaiveDateTime;

use crate::domain::email::Email;
use crate::domain::ids::{ApplicationId, LinkId, PlacementId, ReserveOfferId};
use crate::domain::link::{Link, Purpose};
use crate::domain::party::Party;
use crate::services::AppError;
use crate::services::app::{Now, sha256_hex};
use crate::store::{Tx, links};

/// A link to be made for a mail.
#[derive(Debug, Clone)]
pub(in crate::services) struct NewLink {
    pub(in crate::services) purpose: Purpose,
    pub(in crate::services) application: ApplicationId,
    pub(in crate::services) placement: Option<PlacementId>,
    pub(in crate::services) reserve_offer: Option<ReserveOfferId>,
    pub(in crate::services) party: Party,
    pub(in crate::services) recipient: Email,
    pub(in crate::services) is_deputy: bool,
    pub(in crate::services) expires_at: NaiveDateTime,
}

/// Makes a link and gives its secret, which is stored nowhere but in the mail.
///
/// # Errors
/// The database's.
pub(in crate::services) fn mint(
    tx: &mut Tx<'_>,
    now: &Now,
    name: &str,
    new: NewLink,
) -> Result<String, AppError> {
    let secret = now.secret(name);
    let link = Link {
        id: LinkId::new(now.id(name)),
        purpose: new.purpose,
        application: new.application,
        placement: new.placement,
        reserve_offer: new.reserve_offer,
        party: new.party,
        recipient: new.recipient,
        is_deputy: new.is_deputy,
        expires_at: new.expires_at,
        used_at: None,
    };
    links::insert(tx, &link, &sha256_hex(&secret), now.utc())?;
    Ok(secret)
}

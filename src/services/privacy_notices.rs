//! Who is responsible for the data of a round, what for, and what people agree to: said by organisers, shown to everybody,
//! kept with each application in the version that was agreed to.

use serde_json::json;

use super::app::{permit_everywhere, permit_in_round, record};
use super::rounds::load as load_round;
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::fault::Faults;
use crate::domain::ids::RoundId;
use crate::domain::permissions::{Action, Actor};
use crate::store::{Db, privacy_notices};

pub use crate::domain::privacy::PrivacyNotice;

/// What organisers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Who decides about the data, and how to reach them.
    pub controller: String,
    /// What the data are for, and on what ground.
    pub purpose: String,
    /// What somebody agrees to who signs up.
    pub consent: String,
}

/// The present notice of a round.
///
/// # Errors
/// `not-found` for a round that is not there for this actor, and where nothing was said.
pub fn get(app: &App, actor: &Actor, round: RoundId) -> Result<PrivacyNotice, AppError> {
    permit_everywhere(actor, Action::ReadRound)?;
    app.store.read(|db| {
        load_round(db, actor, round)?;
        privacy_notices::find_latest(db, round)?
            .ok_or_else(|| AppError::not_found("privacy notice of round", round))
    })
}

/// Says it anew: whoever signs up from now on agrees to this; the same again changes nothing.
///
/// # Errors
/// `changed-since`, `if-match-required`; `not-found`, `forbidden`, `unauthenticated`.
pub fn replace(
    app: &App,
    actor: &Actor,
    round: RoundId,
    wanted: &NewNotice,
    seen: &Seen<PrivacyNotice>,
) -> Result<PrivacyNotice, AppError> {
    permit_in_round(actor, Action::SteerRound, round, ("round", &round))?;
    let now = app.now()?;
    app.store.write(|tx| {
        load_round(tx, actor, round)?;
        let last = privacy_notices::find_latest(tx, round)?;
        seen.admit_any(last.as_ref())?;
        let is_same = |known: &PrivacyNotice| {
            (&known.controller, &known.purpose, &known.consent)
                == (&wanted.controller, &wanted.purpose, &wanted.consent)
        };
        if let Some(known) = last.as_ref().filter(|known| is_same(known)) {
            return Ok(known.clone());
        }
        let notice = PrivacyNotice {
            version: last.map_or(1, |known| known.version + 1),
            controller: wanted.controller.clone(),
            purpose: wanted.purpose.clone(),
            consent: wanted.consent.clone(),
            created_at: now.utc(),
        };
        privacy_notices::insert(tx, round, &notice)?;
        let details = json!({ "privacy_version": notice.version });
        record(tx, &now, actor, Action::SteerRound, ("round", &round), &details)?;
        Ok(notice)
    })
}

/// Refuses a sign-up that agrees to nothing, or to another notice than the present one.
pub(super) fn admit_agreement(db: &mut Db, round: RoundId, agreed: Option<i64>) -> Result<(), AppError> {
    let present = privacy_notices::find_latest(db, round)?.map(|notice| notice.version);
    if agreed == present {
        return Ok(());
    }
    let rule = match present {
        Some(version) => format!(
            "must be {version}: the version of the round's privacy notice, which has to be read and agreed to \
             (GET /v1/rounds/{round}/privacy-notice)"
        ),
        None => "this round has no privacy notice to agree to".to_owned(),
    };
    let faults = Faults::none();
    faults.add("/privacy_version", agreed.map(|version| version.to_string()).unwrap_or_default(), rule);
    faults.into_result(Some(())).map_err(AppError::Fields)
}

//! How days were, as their participants and hosts say.

use serde_json::json;

use super::app::{Now, permit, permit_in_round, record};
use super::attendance::{host_clock, of_the_host};
use super::notices::Case;
use super::page::{Page, Paged};
use super::placements::{get_case, hide_untold};
use super::rounds::load as load_round;
use super::{App, AppError};
use crate::domain::feedback::{Feedback, Given};
use crate::domain::ids::{FeedbackId, PlacementId, RoundId};
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Role, Subject};
use crate::store::{Tx, feedback};

/// One party says how the day was; again, it says it anew.
///
/// # Errors
/// `not-found`, `forbidden`, `placement-state`, `too-early`, `too-late`.
pub fn give(app: &App, actor: &Actor, id: PlacementId, said: &Feedback) -> Result<Given, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let case = get_case(tx, id)?;
        give_in(tx, &now, actor, &case, said)
    })
}

/// As [`give`], within a transaction.
pub(super) fn give_in(
    tx: &mut Tx<'_>,
    now: &Now,
    actor: &Actor,
    case: &Case,
    said: &Feedback,
) -> Result<Given, AppError> {
    let id = case.placement.id;
    let (party, subject) = match actor.role {
        Role::Participant => {
            let own = Subject { application: Some(case.placement.application), ..Subject::default() };
            (Party::Participant, Subject { placement: Some(id), ..own })
        }
        // The table knows who else may: those of the host.
        _ => (Party::Host, of_the_host(case)),
    };
    permit(actor, Action::GiveFeedback, &subject, ("placement", &id))?;
    hide_untold(tx, actor, case)?;
    let known = feedback::find(tx, id, party)?;
    if let Some(known) = known.as_ref().filter(|known| known.feedback == *said) {
        return Ok(known.clone());
    }
    case.placement.admit_review(host_clock(now, &case.placement))?;
    let new = FeedbackId::new(now.id(&format!("feedback {id} {party}")));
    let given = Given { id: known.map_or(new, |known| known.id), party, feedback: said.clone() };
    feedback::save(tx, id, &given, now.utc())?;
    record(tx, now, actor, Action::GiveFeedback, ("placement", &id), &json!({ "party": party.as_str() }))?;
    Ok(given)
}

/// A page of what was said of the days of a round, without who said it.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    round: RoundId,
    page: &Page<FeedbackId>,
) -> Result<Paged<Given, FeedbackId>, AppError> {
    permit_in_round(actor, Action::ReadFeedback, round, ("round", &round))?;
    app.store.read(|db| {
        load_round(db, actor, round)?;
        let found = feedback::list(db, round, page.after, page.fetch())?;
        Ok(page.cut(found, |given| given.id))
    })
}

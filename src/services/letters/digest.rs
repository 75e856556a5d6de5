//! What a digest tells: facts are looked up when it is written, as for every mail.

use std::collections::BTreeSet;

use super::{Discretion, visit_of};
use crate::domain::letter::News;
use crate::domain::notice::Notice;
use crate::domain::states::PlacementState;
use crate::services::AppError;
use crate::services::load::{get_applicant, get_library, get_placement, get_round};
use crate::services::notices::Facts;
use crate::store::{Db, outbox};

/// What a digest tells: each day once, as it is now and with what its first mail since the digest before said that it was.
pub(super) fn news(db: &mut Db, digest: &Notice) -> Result<Vec<News>, AppError> {
    let (mut told, mut known) = (Vec::new(), BTreeSet::new());
    for notice in outbox::list_digested(db, digest.again_of.unwrap_or(digest.id))? {
        let Some(placement) = notice.placement else { continue };
        if !known.insert(placement) {
            // The line manager is the HR team as well.
            continue;
        }
        let facts = Facts::of(&notice)?;
        let placement = get_placement(db, placement)?;
        let (applicant, host) = (get_applicant(db, placement.application)?, get_library(db, placement.host)?);
        let may_see = Discretion { party: notice.party, acquainted: facts.acquainted };
        let stands = matches!(
            placement.state,
            PlacementState::Proposed | PlacementState::Confirmed | PlacementState::Completed
        );
        told.push(News {
            stands,
            participant_name: may_see.name().then(|| applicant.application.name.to_string()),
            round_name: get_round(db, placement.round)?.name.to_string(),
            visit: visit_of(&placement, &host, &facts, &notice, may_see),
            reason: facts.reason.filter(|_| !stands),
        });
    }
    told.sort_by_key(|news| (news.visit.date, news.visit.starts));
    Ok(told)
}

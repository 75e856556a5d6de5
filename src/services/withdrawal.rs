//! Taking a publication back as a whole, so that the round can be matched again.

use std::collections::HashMap;

use serde_json::json;

use super::app::record;
use super::load::{get_own_run, get_round};
use super::placements::{TAKEN_BACK, cancel_all_of_round};
use super::{App, AppError, notices, refills};
use crate::domain::ids::{ApplicationId, PersonId, RunId};
use crate::domain::letter::NoticeKind;
use crate::domain::notice::Notice;
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::round::Round;
use crate::domain::states::{ApplicationState, RunState};
use crate::domain::told::Told;
use crate::store::{applications, outbox, rounds, runs};

/// Takes the publication of a run back: its placements are cancelled, whoever had been told is told, mails that are
/// held are thrown away, everybody is matched again, and the run is a finished one among others.
///
/// # Errors
/// `run-state` unless it is the published one; `round-state`; `too-late` when the first placement day is near
/// (`withdrawal_days`); `not-found`; `forbidden`.
pub fn withdraw(app: &App, actor: &Actor, run: RunId) -> Result<Round, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let run = get_own_run(tx, actor, Action::WithdrawPublication, run)?;
        if run.state != RunState::Published {
            let words = format!("this run is {}: only a published one can be taken back", run.state);
            return Err(Refusal::new(RefusalCode::RunState, words).into());
        }
        let mut round = get_round(tx, run.round)?;
        round.withdraw_publication(now.today(round.time_zone), app.settings.withdrawal_days)?;
        rounds::save(tx, &round, now.utc())?;
        // What repairs have published since goes with it, whichever of the runs is named.
        let (mut discarded, mut told) = (0, HashMap::<ApplicationId, Notice>::new());
        for published in runs::list(tx, round.id)?.iter().filter(|run| run.state == RunState::Published) {
            runs::mark_withdrawn(tx, published.id)?;
            discarded += outbox::discard_held(tx, published.id, now.utc())?;
            let notices = outbox::list_let_go(tx, published.id, NoticeKind::Unplaced)?;
            told.extend(notices.into_iter().filter_map(|notice| Some((notice.application?, notice))));
        }
        refills::end_all_of_round(
            tx,
            &now,
            (actor, Action::WithdrawPublication),
            round.id,
            &Told::TakenBack,
        )?;
        cancel_all_of_round(tx, &now, actor, &round, (TAKEN_BACK, &Told::TakenBack))?;
        let mut persons: Vec<PersonId> = Vec::new();
        for mut applicant in applications::list_of_round(tx, round.id)? {
            persons.push(applicant.person.id);
            let application = &mut applicant.application;
            if application.undo_publication() {
                applications::save(tx, application, now.utc())?;
            }
            let takes_part = application.state != ApplicationState::Withdrawn;
            if let Some(notice) = told.get(&application.id).filter(|_| takes_part) {
                notices::matched_again(tx, &now, &applicant, notice)?;
            }
        }
        // Whoever had no place waits no longer for that in other rounds.
        rounds::bump_revisions_of_persons(tx, &persons)?;
        let details = json!({ "run": run.id.to_string(), "discarded": discarded });
        record(tx, &now, actor, Action::WithdrawPublication, ("round", &round.id), &details)?;
        get_round(tx, round.id)
    })
}

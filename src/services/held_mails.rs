//! The mails of a publication between publishing and letting them go: read as they would look, worded for the round,
//! thrown away one by one, let go all at once. The worker claims none of them before.

use std::collections::BTreeMap;

use serde_json::json;

use super::app::{permit_in_round, permit_role, record};
use super::deliveries::{Delivery, show};
use super::letters::sample;
use super::load::{case_of, get_applicant, get_own_run, get_round};
use super::page::{Page, Paged};
use super::seen::Seen;
use super::{App, AppError};
use crate::domain::ids::{NoticeId, RoundId, RunId};
use crate::domain::letter::{Letter, NoticeKind};
use crate::domain::notice::{Notice, NoticeState};
use crate::domain::permissions::{Action, Actor};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::states::RunState;
use crate::store::{Db, introductions, outbox};

/// A page of the held mails of a run's publication.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    run: RunId,
    page: &Page<NoticeId>,
) -> Result<Paged<Delivery, NoticeId>, AppError> {
    app.store.read(|db| {
        get_own_run(db, actor, Action::ReadHeldMails, run)?;
        let rows = outbox::list_held(db, run, page.after, page.fetch())?;
        let page = page.cut(rows, |notice| notice.id);
        Ok(Paged { items: show(db, actor, page.items)?, next: page.next })
    })
}

fn get_held(db: &mut Db, actor: &Actor, action: Action, id: NoticeId) -> Result<Notice, AppError> {
    permit_role(actor, action)?;
    let found = outbox::find(db, id)?.filter(|notice| notice.state == NoticeState::Held);
    let notice = found.ok_or_else(|| AppError::not_found("held mail", id))?;
    let round = get_applicant(db, case_of(&notice)?)?.application.round;
    permit_in_round(actor, action, round, ("held mail", &id))?;
    Ok(notice)
}

/// A held mail as it would go now, with the round's introduction; its link leads nowhere.
///
/// # Errors
/// `not-found` also once it has gone; `forbidden`, `unauthenticated`.
pub fn get(app: &App, actor: &Actor, id: NoticeId) -> Result<(Delivery, Letter), AppError> {
    let now = app.now()?;
    app.store.read(|db| {
        let notice = get_held(db, actor, Action::ReadHeldMails, id)?;
        let letter = sample(db, app, &now, &notice)?;
        let shown = show(db, actor, vec![notice])?.pop();
        Ok((shown.ok_or_else(|| AppError::not_found("held mail", id))?, letter))
    })
}

/// Throws a held mail away: whom it would have told is told by the organisers otherwise.
///
/// # Errors
/// As for [`get`].
pub fn discard(app: &App, actor: &Actor, id: NoticeId) -> Result<(), AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let notice = get_held(tx, actor, Action::EditMails, id)?;
        outbox::discard(tx, id, now.utc())?;
        let details = json!({ "discarded": notice.kind.as_str(), "party": notice.party.as_str() });
        record(tx, &now, actor, Action::EditMails, ("notice", &id), &details)
    })
}

/// Lets all held mails of a run's publication go; says how many. Again: none.
///
/// # Errors
/// `run-state` unless the run is published; `not-found`, `forbidden`, `unauthenticated`.
pub fn release(app: &App, actor: &Actor, run: RunId) -> Result<usize, AppError> {
    let now = app.now()?;
    app.store.write(|tx| {
        let run = get_own_run(tx, actor, Action::EditMails, run)?;
        if run.state != RunState::Published {
            let words = format!("this run is {}: only the mails of a published one can go", run.state);
            return Err(Refusal::new(RefusalCode::RunState, words).into());
        }
        let released = outbox::release_held(tx, run.id, now.utc())?;
        if released > 0 {
            let details = json!({ "released": released });
            record(tx, &now, actor, Action::EditMails, ("run", &run.id), &details)?;
        }
        Ok(released)
    })
}

/// What the mails of a round begin with, by kind.
///
/// # Errors
/// `not-found`, `forbidden`, `unauthenticated`.
pub fn list_introductions(
    app: &App,
    actor: &Actor,
    round: RoundId,
) -> Result<BTreeMap<NoticeKind, String>, AppError> {
    permit_in_round(actor, Action::ReadHeldMails, round, ("round", &round))?;
    app.store.read(|db| {
        get_round(db, round)?;
        Ok(introductions::list(db, round)?)
    })
}

/// Sets what the mails of a kind begin with in a round, after the greeting; none takes it away. Mails that were not
/// rendered yet have it, held ones too.
///
/// # Errors
/// `changed-since`, `if-match-required`; `not-found`, `forbidden`, `unauthenticated`.
pub fn introduce(
    app: &App,
    actor: &Actor,
    round: RoundId,
    kind: NoticeKind,
    words: Option<&str>,
    seen: &Seen<BTreeMap<NoticeKind, String>>,
) -> Result<BTreeMap<NoticeKind, String>, AppError> {
    permit_in_round(actor, Action::EditMails, round, ("round", &round))?;
    let now = app.now()?;
    app.store.write(|tx| {
        get_round(tx, round)?;
        seen.admit(&introductions::list(tx, round)?)?;
        match words {
            Some(words) => introductions::replace(tx, round, kind, words, now.utc())?,
            None => {
                introductions::delete(tx, round, kind)?;
            }
        }
        let details =
            json!({ "introduction": kind.as_str(), "characters": words.map(|words| words.chars().count()) });
        record(tx, &now, actor, Action::EditMails, ("round", &round), &details)?;
        Ok(introductions::list(tx, round)?)
    })
}

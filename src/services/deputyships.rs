//! Deputies: whoever has signed in by a link lets somebody else do their work in the role in which they act, for a while.
//!
//! Both see it, and either can end it. The deputy signs in as themselves, chooses it as a capacity of their own, and the audit
//! has both: `session:…`, on behalf of `deputyship:…`.

use chrono::NaiveDate;
use serde_json::json;

use super::app::{Now, permit, record};
use super::capacities::list_for;
use super::outbox::{about_no_case, facts_with};
use super::page::{Page, Paged};
use super::sessions::{get_address, permit_to_sign_in};
use super::sign_in::language_of;
use super::{App, AppError};
use crate::domain::deputyship::{Deputed, Deputyship, check_days};
use crate::domain::email::Email;
use crate::domain::fault::Faults;
use crate::domain::ids::{DeputyshipId, NoticeId};
use crate::domain::letter::{Letter, NoticeKind};
use crate::domain::notice::Notice;
use crate::domain::party::Party;
use crate::domain::permissions::{Action, Actor, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::store::{Tx, deputyships, outbox};

/// Who is to do somebody's work, and when.
#[derive(Debug, Clone)]
pub struct NewDeputyship {
    /// Who does it.
    pub deputy: Email,
    /// The first day, in UTC.
    pub starts_on: NaiveDate,
    /// The last day, in UTC.
    pub ends_on: NaiveDate,
}

/// Lets somebody else do the work of whoever has signed in, in the role in which they act now. The deputy is told by mail.
///
/// # Errors
/// `invalid-fields` for days that are over or too many, one's own address, or one that an employer does not vouch for whose
/// work it is; `already-exists` where the address does it on one of these days; `forbidden` for roles without deputies, for a
/// deputy, and for whoever came through an identity provider; `unauthenticated`.
pub fn create(
    app: &App,
    actor: &Actor,
    secret: &str,
    wanted: &NewDeputyship,
) -> Result<Deputyship, AppError> {
    permit(actor, Action::NameDeputy, &Subject::installation(), ("deputyship", &actor.role))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let principal = get_address(tx, app, &now, secret, (actor, Action::NameDeputy))?;
        let made = Deputyship {
            id: DeputyshipId::new(now.id("deputyship")),
            principal,
            deputy: wanted.deputy.clone(),
            role: actor.role,
            starts_on: wanted.starts_on,
            ends_on: wanted.ends_on,
            created_at: now.utc(),
            ended_at: None,
        };
        check(tx, &now, &made)?;
        deputyships::insert(tx, &made)?;
        let details = json!({
            "role": made.role.as_str(), "starts_on": made.starts_on, "ends_on": made.ends_on,
        });
        record(tx, &now, actor, Action::NameDeputy, ("deputyship", &made.id), &details)?;
        let what = (NoticeKind::Deputyship, format!("deputyship:{}", made.id));
        let to = (Party::Participant, made.deputy.clone());
        let notice = Notice::queued(NoticeId::new(now.id("deputyship notice")), what, to, now.utc());
        let facts = json!({ "deputyship": made.id.to_string() }).to_string();
        outbox::enqueue(tx, &Notice { facts, ..notice })?;
        Ok(made)
    })
}

fn check(tx: &mut Tx<'_>, now: &Now, wanted: &Deputyship) -> Result<(), AppError> {
    let faults = Faults::none();
    check_days(wanted.starts_on, wanted.ends_on, now.at.date_naive(), &faults);
    if wanted.deputy == wanted.principal {
        faults.add("/deputy", &wanted.deputy, "must be another address than your own");
    } else if list_for(tx, now, wanted)?.is_empty() {
        let rule = "must be an address that your employer vouches for: under one of its mail domains, or in its directory";
        faults.add("/deputy", &wanted.deputy, rule);
    }
    faults.into_result(Some(())).map_err(AppError::Fields)?;
    let same = deputyships::list_of_deputy(tx, &wanted.deputy)?.into_iter().find(|one| {
        one.principal == wanted.principal
            && one.role == wanted.role
            && one.starts_on <= wanted.ends_on
            && wanted.starts_on <= one.ends_on
    });
    match same {
        None => Ok(()),
        Some(same) => {
            let words = format!(
                "this address does it already, from {} to {}: {}. End that first to change the days",
                same.starts_on, same.ends_on, same.id
            );
            Err(Refusal::new(RefusalCode::AlreadyExists, words).into())
        }
    }
}

/// A page of the deputyships of whoever has signed in, of both sides, ended ones too.
///
/// # Errors
/// `forbidden` for whoever came through an identity provider; `unauthenticated`.
pub fn list(
    app: &App,
    actor: &Actor,
    secret: &str,
    page: &Page<DeputyshipId>,
) -> Result<Paged<Deputyship, DeputyshipId>, AppError> {
    permit_to_sign_in()?;
    let now = app.now()?;
    app.store.read(|db| {
        let address = get_address(db, app, &now, secret, (actor, Action::SignIn))?;
        let rows = deputyships::list_concerning(db, &address, page.after, page.fetch())?;
        Ok(page.cut(rows, |one| one.id))
    })
}

/// Ends a deputyship at once, by either side. A second time changes nothing.
///
/// # Errors
/// `not-found` also for one between others; `forbidden` for whoever came through an identity provider; `unauthenticated`.
pub fn end(app: &App, actor: &Actor, secret: &str, id: DeputyshipId) -> Result<(), AppError> {
    permit_to_sign_in()?;
    let now = app.now()?;
    app.store.write(|tx| {
        let address = get_address(tx, app, &now, secret, (actor, Action::SignIn))?;
        let found = deputyships::find(tx, id)?.filter(|found| found.concerns(&address));
        let found = found.ok_or_else(|| AppError::not_found("deputyship", id))?;
        if found.ended_at.is_some() {
            return Ok(());
        }
        deputyships::mark_ended(tx, id, now.utc())?;
        let by = if found.principal == address { "principal" } else { "deputy" };
        record(tx, &now, actor, Action::NameDeputy, ("deputyship", &id), &json!({ "ended_by": by }))
    })
}

/// The letter that tells a deputy; none where it has ended meanwhile.
///
/// # Errors
/// The database's.
pub(super) fn letter(
    tx: &mut Tx<'_>,
    app: &App,
    now: &Now,
    notice: &Notice,
) -> Result<Option<Letter>, AppError> {
    let (_, id) = facts_with::<DeputyshipId>(notice, "deputyship")?;
    let found = deputyships::find(tx, id)?;
    let is_to_come = |one: &Deputyship| one.ended_at.is_none() && now.at.date_naive() <= one.ends_on;
    let Some(found) = found.filter(is_to_come) else { return Ok(None) };
    let capacities = list_for(tx, now, &found)?;
    let language = language_of(tx, app, &capacities)?;
    Ok(Some(Letter {
        link: Some(format!("{}/sign-in", app.settings.public_url)),
        deputed: Some(Deputed {
            principal: found.principal.to_string(),
            role: found.role,
            starts_on: found.starts_on,
            ends_on: found.ends_on,
        }),
        ..about_no_case(app, now, notice, language)
    }))
}

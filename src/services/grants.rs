//! Grants: as what an address may sign in, given by whoever may give tokens.

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::json;

use super::app::{permit, permit_giving, record};
use super::page::{Page, Paged};
use super::{App, AppError, mandates};
use crate::domain::email::Email;
use crate::domain::fault::Faults;
use crate::domain::grant::Grant;
use crate::domain::ids::GrantId;
use crate::domain::mandate::{Holder, Mandate};
use crate::domain::permissions::{Action, Actor, Scopes, Subject};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::store::grants;

/// What somebody is to be granted.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// Whose it is.
    pub address: Email,
    /// As what they may act.
    pub mandate: Mandate,
    /// From when on it is worth nothing.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Lets somebody with an address sign in and act.
///
/// # Errors
/// `invalid-fields` for a role that people are not given, employers or a round missing, superfluous or unknown, an end in
/// the past; `already-exists` where the address has this very grant; `forbidden`.
pub fn create(app: &App, actor: &Actor, wanted: &NewGrant) -> Result<Grant, AppError> {
    permit(actor, Action::ManageGrants, &Subject::installation(), ("grant", &wanted.mandate.role))?;
    // Whoever signs in by a grant has all of its role.
    permit_giving(actor, Action::ManageGrants, &Scopes::Whole)?;
    let now = app.now()?;
    app.store.write(|tx| {
        let faults = Faults::none();
        mandates::check(tx, &wanted.mandate, Holder::Person, &faults)?;
        mandates::check_end(wanted.expires_at, &now, &faults);
        faults.into_result(Some(())).map_err(AppError::Fields)?;
        let there = grants::list_to(tx, &wanted.address)?;
        let is_same = |grant: &&Grant| grant.mandate == wanted.mandate && grant.is_valid_at(now.utc());
        if let Some(same) = there.iter().find(is_same) {
            let words = format!("this address has this grant already: {}", same.id);
            return Err(Refusal::new(RefusalCode::AlreadyExists, words).into());
        }
        let grant = Grant {
            id: GrantId::new(now.id("grant")),
            address: wanted.address.clone(),
            mandate: wanted.mandate.clone(),
            created_at: now.utc(),
            // PostgreSQL would round what SQLite keeps.
            expires_at: wanted.expires_at.map(|end| end.trunc_subsecs(6).naive_utc()),
            ended_at: None,
        };
        grants::insert(tx, &grant)?;
        let details = json!({
            "role": grant.mandate.role.as_str(),
            "employers": grant.mandate.employers.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "round": grant.mandate.round.map(|id| id.to_string()),
            "expires_at": grant.expires_at.map(|end| end.and_utc().to_rfc3339()),
        });
        record(tx, &now, actor, Action::ManageGrants, ("grant", &grant.id), &details)?;
        Ok(grant)
    })
}

/// A page of grants, ended ones too.
///
/// # Errors
/// `forbidden`, `unauthenticated`.
pub fn list(app: &App, actor: &Actor, page: &Page<GrantId>) -> Result<Paged<Grant, GrantId>, AppError> {
    permit(actor, Action::ReadGrants, &Subject::installation(), ("grant", &"list"))?;
    app.store.read(|db| Ok(page.cut(grants::list(db, page.after, page.fetch())?, |grant| grant.id)))
}

/// Takes a grant back: whoever acts by it can do so no more from now on. A second time changes nothing.
///
/// # Errors
/// `not-found`, `forbidden`.
pub fn end(app: &App, actor: &Actor, id: GrantId) -> Result<Grant, AppError> {
    permit(actor, Action::ManageGrants, &Subject::installation(), ("grant", &id))?;
    let now = app.now()?;
    app.store.write(|tx| {
        let grant = grants::find(tx, id)?.ok_or_else(|| AppError::not_found("grant", id))?;
        if grant.ended_at.is_some() {
            return Ok(grant);
        }
        grants::mark_ended(tx, id, now.utc())?;
        record(tx, &now, actor, Action::ManageGrants, ("grant", &id), &json!({ "ended": true }))?;
        Ok(Grant { ended_at: Some(now.utc()), ..grant })
    })
}

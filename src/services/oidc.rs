//! People whom an identity provider has made known (OpenID Connect): its claims say as what they can act, by the rules of
//! the configuration. Nobody is looked up by an address here.

use serde_json::{Value, json};

use super::app::record;
use super::sessions::{self, FreshSession, nobody_here, permit_to_sign_in};
use super::{App, AppError, mandates};
use crate::domain::claims::mandates_of;
use crate::domain::fault::Faults;
use crate::domain::ids::SessionId;
use crate::domain::mandate::Holder;
use crate::domain::permissions::{Action, Actor};
use crate::domain::session::Way;

/// Signs somebody in whom the provider knows by `holder`, its issuer and subject. What their claims let them do holds as
/// long as the session.
///
/// # Errors
/// `nobody-here` where no rule is met; that is in the audit.
pub fn sign_in(app: &App, holder: &str, claims: &Value) -> Result<FreshSession, AppError> {
    permit_to_sign_in()?;
    let now = app.now()?;
    let mandates = mandates_of(&app.settings.claim_rules, claims);
    let begun = app.store.write(|tx| {
        if mandates.is_empty() {
            let details = json!({ "refused": "nobody-here", "way": Way::Oidc.as_str() });
            let session = SessionId::new(now.id("session"));
            record(tx, &now, &Actor::anyone(), Action::SignIn, ("session", &session), &details)?;
            return Ok::<_, AppError>(None);
        }
        sessions::begin(tx, app, &now, (Way::Oidc, holder), Some(&mandates)).map(Some)
    })?;
    begun.ok_or_else(nobody_here)
}

/// Looks whether everything is there that the rules name.
///
/// # Errors
/// `invalid-fields` with every rule that names what is not there, counted from 0.
pub fn check_rules(app: &App) -> Result<(), AppError> {
    app.store.read(|db| {
        let mut all = Vec::new();
        for (n, rule) in app.settings.claim_rules.iter().enumerate() {
            let faults = Faults::none();
            mandates::check(db, &rule.mandate, Holder::Person, &faults)?;
            let found = faults.into_result(Some(())).err().unwrap_or_default();
            all.extend(found.into_iter().map(|mut fault| {
                fault.pointer.insert_str(0, &format!("/oidc/rules/{n}"));
                fault
            }));
        }
        if all.is_empty() { Ok(()) } else { Err(AppError::Fields(all)) }
    })
}

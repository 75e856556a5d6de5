//! The section about an identity provider: who it is, what it calls this service, and what its claims let people do.

use std::num::NonZeroU16;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{hidden, maybe_shown, read, shown, shown_all};
use crate::domain::claims::ClaimRule;
use crate::domain::fault::Faults;
use crate::domain::ids::{EmployerId, RoundId};
use crate::domain::mandate::{Holder, Mandate};
use crate::domain::password::Password;
use crate::domain::permissions::Role;
use crate::domain::web::is_confidential;

/// An identity provider (OpenID Connect) by which people can sign in; none where `issuer` is not set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its name for itself, where its discovery document is found.
    #[serde(deserialize_with = "read::optional_text")]
    pub issuer: Option<String>,
    /// What it calls this service.
    #[serde(deserialize_with = "read::optional_text")]
    pub client_id: Option<String>,
    /// By what this service proves itself to it; none for a public client.
    #[serde(deserialize_with = "read::optional_password", serialize_with = "hidden")]
    pub client_secret: Option<Password>,
    /// A file that holds it.
    #[serde(deserialize_with = "read::optional_path")]
    pub client_secret_file: Option<PathBuf>,
    /// What the button says after "Sign in with"; none: the issuer's host.
    #[serde(deserialize_with = "read::optional_text")]
    pub name: Option<String>,
    /// What is asked for beside `openid`, with spaces between.
    pub scopes: String,
    /// Certificates (PEM) of an authority of your own, beside those of the system.
    #[serde(deserialize_with = "read::optional_path")]
    pub ca_file: Option<PathBuf>,
    /// How long one answer of the provider may take.
    pub timeout_seconds: NonZeroU16,
    /// What its claims let people do.
    pub rules: Vec<OidcRule>,
}

/// What one value of a claim lets people do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OidcRule {
    /// Name of the claim, or a JSON pointer to it.
    pub claim: String,
    /// The value, or one of the list.
    pub value: String,
    /// The role.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub role: Role,
    /// The employers of a library administrator or of HR.
    #[serde(default, deserialize_with = "read::all_parsed", serialize_with = "shown_all")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub employers: Vec<EmployerId>,
    /// The round of an organiser of one.
    #[serde(default, deserialize_with = "read::optional", serialize_with = "maybe_shown")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundId>,
}

impl Oidc {
    /// The rules, as use cases ask them.
    pub fn claim_rules(&self) -> Vec<ClaimRule> {
        let rule = |rule: &OidcRule| ClaimRule {
            claim: rule.claim.clone(),
            value: rule.value.clone(),
            mandate: Mandate { role: rule.role, employers: rule.employers.clone(), round: rule.round },
        };
        self.rules.iter().map(rule).collect()
    }

    /// What each value allows by itself but not together with the others.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let Some(issuer) = &self.issuer else {
            if self.client_id.is_some() || !self.rules.is_empty() {
                faults.push("oidc.issuer: must be set where oidc.client_id or [[oidc.rules]] are".to_owned());
            }
            return faults;
        };
        if !is_confidential(issuer) || issuer.contains(['?', '#']) {
            faults.push(format!(
                "oidc.issuer: `{issuer}` must begin with https:// and have no ? and no #; http:// is for a provider on \
                 this machine (127.0.0.1, ::1, localhost)"
            ));
        }
        if self.client_id.is_none() {
            faults.push("oidc.client_id: must be set where oidc.issuer is".to_owned());
        }
        if self.client_secret.is_some() && self.client_secret_file.is_some() {
            faults.push(
                "oidc.client_secret and oidc.client_secret_file: set one of them, or neither".to_owned(),
            );
        }
        if self.rules.is_empty() {
            faults.push("oidc.rules: without any [[oidc.rules]] nobody could sign in".to_owned());
        }
        for (n, rule) in self.claim_rules().iter().enumerate() {
            let found = Faults::none();
            rule.mandate.check(Holder::Person, &found);
            for (name, text) in [("claim", &rule.claim), ("value", &rule.value)] {
                if text.is_empty() {
                    found.add(format!("/{name}"), "", "must not be empty");
                }
            }
            let found = found.into_result(Some(())).err().unwrap_or_default();
            faults.extend(found.into_iter().map(|fault| format!("oidc.rules[{n}]{fault}")));
        }
        faults
    }
}

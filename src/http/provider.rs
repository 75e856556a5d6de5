//! The identity provider (OpenID Connect Core 1.0, section 3.1; RFC 7636): where people are sent, and who somebody is who
//! comes back with a code.
//!
//! What the provider says of itself is asked for each time: people sign in seldom, and a kept copy is out of date when the
//! provider changes its keys. Blocks; never follows a redirect; no error holds a code, a token or a secret.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
    CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenFields, IssuerUrl,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse, UserInfoClaims, UserInfoError,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ureq::http::Request;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::domain::password::Password;
use crate::services::app::sha256_hex;

/// An identity provider, as an operator writes it down.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Its name for itself.
    pub issuer: String,
    /// What it calls this service.
    pub client_id: String,
    /// By what this service proves itself to it; none for a public client.
    pub client_secret: Option<Password>,
    /// What people call it; none: the issuer's host.
    pub name: Option<String>,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Certificates (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How long one of its answers may take.
    pub timeout: Duration,
}

/// Why the provider did not say who somebody is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It cannot be reached, or is not what it should be; the words are for operators.
    #[error("the identity provider cannot be used: {0}")]
    Unusable(String),
    /// It does not stand by whoever came back; the words are for them.
    #[error("{0}")]
    NotProven(String),
}

/// A sign-in on its way. Whatever nobody may guess comes from one secret, which is in the browser's cookie alone.
#[derive(Clone)]
pub(super) struct Attempt(String);

impl Attempt {
    /// With the secret of the cookie.
    pub(super) fn new(secret: String) -> Self {
        Self(secret)
    }

    fn part(&self, name: &str) -> String {
        sha256_hex(&format!("{name} {}", self.0))
    }

    /// What comes back with the code, to the browser that it was given to.
    pub(super) fn state(&self) -> String {
        self.part("state")
    }
}

/// Somebody whom the provider knows.
#[derive(Debug)]
pub(super) struct Known {
    /// Who: the issuer's name for them is unique in its own realm only.
    pub(super) holder: String,
    /// What else it says of them.
    pub(super) claims: Value,
}

/// The claims that the standard does not know.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct OtherClaims(Map<String, Value>);

impl AdditionalClaims for OtherClaims {}

type Fields = IdTokenFields<
    OtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Asked = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// An identity provider and how it is reached.
#[derive(Debug, Clone)]
pub struct Provider {
    settings: ProviderSettings,
    issuer: IssuerUrl,
    comes_back_to: RedirectUrl,
    agent: ureq::Agent,
}

impl Provider {
    /// Reads the settings. Connects to nothing.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn open(settings: ProviderSettings, public_url: &str) -> Result<Self, String> {
        let issuer = IssuerUrl::new(settings.issuer.clone());
        let issuer = issuer.map_err(|error| format!("oidc.issuer {}: {error}", settings.issuer))?;
        let comes_back_to = RedirectUrl::new(format!("{public_url}/sign-in/oidc/callback"));
        let comes_back_to = comes_back_to.map_err(|error| format!("server.public_url: {error}"))?;
        let mut trusted: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        if let Some(path) = &settings.ca_file {
            let own =
                certificates(path).map_err(|words| format!("oidc.ca_file {}: {words}", path.display()))?;
            trusted.extend(own);
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(settings.timeout))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&trusted)).build())
            .build()
            .new_agent();
        Ok(Self { settings, issuer, comes_back_to, agent })
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        let host = || self.issuer.url().host_str();
        self.settings.name.as_deref().or_else(host).unwrap_or(&self.settings.issuer)
    }

    /// Its name for itself.
    pub(super) fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Whether it is there and is what it should be.
    ///
    /// # Errors
    /// [`ProviderError::Unusable`].
    pub fn check(&self) -> Result<(), ProviderError> {
        self.discover().map(drop)
    }

    fn send(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let (parts, body) = request.into_parts();
        // An empty body would be announced as one.
        let response = if body.is_empty() {
            self.agent.run(Request::from_parts(parts, ()))
        } else {
            self.agent.run(Request::from_parts(parts, body))
        };
        let (parts, mut body) = response?.into_parts();
        Ok(HttpResponse::from_parts(parts, body.read_to_vec()?))
    }

    fn discover(&self) -> Result<Asked, ProviderError> {
        let http = |request| self.send(request);
        let found = CoreProviderMetadata::discover(&self.issuer, &http).map_err(|error| unusable(&error))?;
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.reveal().to_owned()));
        let client =
            Client::from_provider_metadata(found, ClientId::new(self.settings.client_id.clone()), secret);
        Ok(client.set_redirect_uri(self.comes_back_to.clone()))
    }

    /// Where a browser is sent for somebody to say there who they are.
    ///
    /// # Errors
    /// [`ProviderError::Unusable`].
    pub(super) fn ask(&self, attempt: &Attempt) -> Result<String, ProviderError> {
        let (state, nonce) = (CsrfToken::new(attempt.state()), Nonce::new(attempt.part("nonce")));
        let verifier = PkceCodeVerifier::new(attempt.part("verifier"));
        let client = self.discover()?;
        let (url, _, _) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(url.into())
    }

    /// Who has come back with a code, by the ID token that it is exchanged for and, where the provider has such an endpoint,
    /// by what it says of the user (sections 3.1.3 and 5.3).
    ///
    /// # Errors
    /// [`ProviderError::NotProven`] for a code that is spent, too old or somebody else's, and for a token that is not what was
    /// asked for; [`ProviderError::Unusable`].
    pub(super) fn identify(
        &self,
        attempt: &Attempt,
        code: String,
        now: DateTime<Utc>,
    ) -> Result<Known, ProviderError> {
        let http = |request| self.send(request);
        let client = self.discover()?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| unusable(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.part("verifier")))
            .request(&http)
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(said)
                    if *said.error() == CoreErrorResponseType::InvalidGrant =>
                {
                    not_proven("the code is spent, too old or another client's")
                }
                RequestTokenError::ServerResponse(said) => {
                    ProviderError::Unusable(format!("it gives no token: {}", said.error()))
                }
                RequestTokenError::Request(error) => unusable(&error),
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => unreadable("tokens"),
            })?;
        let verifier = client.id_token_verifier().set_time_fn(move || now);
        let claims = tokens
            .id_token()
            .ok_or_else(|| unreadable("ID token"))?
            .claims(&verifier, &Nonce::new(attempt.part("nonce")))
            .map_err(|error| not_proven(&error.to_string()))?;
        let mut said = to_map(claims)?;
        if let Ok(request) =
            client.user_info(tokens.access_token().to_owned(), Some(claims.subject().clone()))
        {
            let more: UserInfoClaims<OtherClaims, CoreGenderClaim> =
                request.request(&http).map_err(|error| match error {
                    UserInfoError::ClaimsVerification(_) => not_proven("UserInfo is about somebody else"),
                    UserInfoError::Request(error) => unusable(&error),
                    _ => unreadable("UserInfo"),
                })?;
            for (name, value) in to_map(&more)? {
                said.entry(name).or_insert(value);
            }
        }
        let holder = format!("{} {}", self.settings.issuer, claims.subject().as_str());
        Ok(Known { holder, claims: Value::Object(said) })
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| error.to_string())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err("there is no certificate in it".to_owned()) } else { Ok(found) }
}

fn to_map(claims: &impl Serialize) -> Result<Map<String, Value>, ProviderError> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) | Err(_) => Err(unreadable("claims")),
    }
}

/// With an error's causes. Only for what knows nothing of a person.
fn unusable(error: &dyn Error) -> ProviderError {
    let (mut words, mut cause) = (error.to_string(), error.source());
    while let Some(inner) = cause {
        words.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    ProviderError::Unusable(words)
}

/// What a parser says may repeat what it read: tokens, people.
fn unreadable(what: &str) -> ProviderError {
    ProviderError::Unusable(format!("its {what} cannot be read"))
}

fn not_proven(why: &str) -> ProviderError {
    tracing::warn!(why, "somebody whom the identity provider sent is not signed in");
    ProviderError::NotProven(
        "the identity provider does not stand by this sign-in, or it was finished too late: begin again"
            .to_owned(),
    )
}

//! One step of webhooks: claim a message, send it, settle what came of it.
//!
//! Connects to exactly the addresses that were checked, follows no redirect, uses no proxy, keeps no connection, reads no more
//! of an answer than its status: whoever registers a webhook chooses where the service calls.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::domain::target::Target;
use crate::services::webhooks::{self, Outcome, Outgoing, Signed};
use crate::services::{App, AppError};

/// How many messages travel at once.
pub const SENDERS: usize = 4;
/// How long a receiver has for its answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Addresses of a host that are tried at most; as many as ureq takes.
const MOST_ADDRESSES: usize = 16;

/// What sends: whom it believes.
#[derive(Debug, Clone)]
pub struct Sender(Arc<Vec<Certificate<'static>>>);

impl Sender {
    /// Believes the authorities that the system believes.
    pub fn open() -> Self {
        let found = rustls_native_certs::load_native_certs().certs;
        Self(Arc::new(found.iter().map(|der| Certificate::from_der(der).to_owned()).collect()))
    }

    fn post(&self, app: &App, outgoing: &Outgoing) -> Result<Outcome, AppError> {
        let failed = |words: String| Outcome { status: None, error: Some(words) };
        let Ok(target) = outgoing.webhook.url.parse::<Target>() else {
            return Ok(failed("the URL cannot be read".to_owned()));
        };
        let addresses = match webhooks::addresses(app, &target) {
            Ok(addresses) => addresses,
            Err(rule) => return Ok(failed(format!("not called: the URL {rule}"))),
        };
        let Signed { body, headers } = webhooks::sign(app, outgoing)?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .max_idle_connections(0)
            .timeout_global(Some(PATIENCE))
            .user_agent("library-swap")
            .tls_config(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&self.0)).build())
            .build();
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), Checked(addresses));
        let mut request = agent.post(target.to_string()).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        Ok(match request.send(body) {
            Ok(answer) => {
                let status = answer.status();
                let error = match status.as_u16() {
                    200..300 => None,
                    300..400 => Some("the receiver redirects, which is not followed".to_owned()),
                    410 => Some("the receiver is gone for good".to_owned()),
                    _ => Some("the receiver did not take it".to_owned()),
                };
                Outcome { status: Some(status.as_u16()), error }
            }
            Err(error) => failed(with_causes(&error)),
        })
    }
}

/// The addresses that were checked, and no others.
#[derive(Debug)]
struct Checked(Vec<SocketAddr>);

impl Resolver for Checked {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        self.0.iter().take(MOST_ADDRESSES).for_each(|address| found.push(*address));
        Ok(found)
    }
}

fn with_causes(error: &dyn Error) -> String {
    let (mut words, mut cause) = (error.to_string(), error.source());
    while let Some(inner) = cause {
        words.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    words.chars().take(300).collect()
}

/// Sends the message that has waited longest; false where nothing is due. Blocks while it travels.
///
/// # Errors
/// The database's. What the receiver says is settled, not returned.
pub fn send_next(app: &App, sender: &Sender, by: &str) -> Result<bool, AppError> {
    let Some(outgoing) = webhooks::claim(app, by)? else { return Ok(false) };
    let outcome = sender.post(app, &outgoing)?;
    let (message, webhook) = (outgoing.message.id, outgoing.webhook.id);
    match &outcome.error {
        None => tracing::info!(%message, %webhook, "webhook delivered"),
        // Not the words: they may hold the URL, and that a secret of the receiver's.
        Some(_) => tracing::warn!(%message, %webhook, status = outcome.status, "webhook not delivered"),
    }
    webhooks::settle(app, by, &outgoing, &outcome)?;
    Ok(true)
}

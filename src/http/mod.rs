//! JSON API and link pages on actix-web; thin: reads a request, calls one use case, writes the answer.
//!
//! Never touches the database, never sends mail, never installs signal handlers: whoever binds it stops it. Every URL
//! stands in [`routes`]; every problem in [`problem`].

mod access_needs;
mod alternatives;
mod answer;
mod applications;
mod audit;
mod auth;
mod calendars;
mod call;
mod certificates;
mod conditional;
mod cover;
mod day;
mod deeds;
mod deliveries;
mod deputyships;
mod documents;
mod edits;
mod employers;
mod examples;
mod explanations;
mod feeds;
mod grants;
mod held_mails;
mod ideas;
mod idempotency;
mod impact;
mod inbound;
mod libraries;
mod limits;
mod links;
mod locks;
mod mails;
mod offers;
mod oidc;
mod openapi;
mod opening;
mod outlook;
mod packs;
mod pages;
mod patterns;
mod personal_data;
mod placements;
pub mod privacy_notices;
pub mod problem;
mod problem_code;
mod proofs;
mod provider;
mod publication;
mod read;
mod records;
mod refills;
mod releases;
mod repairs;
pub mod retirement;
mod rounds;
pub mod routes;
mod runs;
pub mod schedule;
mod schedule_changes;
mod schedule_deliveries;
mod schedule_schemas;
mod schemas;
mod sessions;
mod sign_in;
mod successors;
mod swaps;
mod tasks;
mod tokens;
mod trace;
mod traces;
mod url;
mod webhooks;

use std::net::TcpListener;
use std::num::NonZeroU32;

use actix_web::dev::Server;
use actix_web::{HttpServer, middleware, web};
use tracing_actix_web::TracingLogger;

use crate::services::App;

pub use openapi::document as openapi_document;
pub use provider::{Provider, ProviderError, ProviderSettings};

/// How the API is served.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Threads that accept and answer; blocking work has its own.
    pub workers: usize,
    /// Longest body that is read, in bytes.
    pub body_bytes: usize,
    /// How long a body may take to arrive, in seconds.
    pub body_seconds: u64,
    /// How many proxies of our own stand before the service: so many last entries of `X-Forwarded-For` are believed.
    pub trusted_proxies: usize,
    /// Open sign-ups that one client address may send in an hour.
    pub sign_ups_per_hour: NonZeroU32,
    /// Open sign-ups in a day that may name one mailbox: each sends it a mail, from however many addresses they come.
    pub sign_ups_per_mailbox_and_day: NonZeroU32,
    /// Wrong credentials that one client address may present in a minute.
    pub failed_sign_ins_per_minute: NonZeroU32,
    /// Links to sign in that one client address may ask for in an hour.
    pub sign_in_links_per_hour: NonZeroU32,
    /// Links to sign in that may be asked for one mailbox in an hour, from however many addresses.
    pub sign_in_links_per_mailbox_and_hour: NonZeroU32,
    /// Questions to the hosts of ideas that may be asked as one application in a day.
    pub questions_per_day: NonZeroU32,
    /// Requests with one credential in a minute.
    pub requests_per_minute: NonZeroU32,
    /// Requests from one client address in a minute.
    pub requests_per_address_and_minute: NonZeroU32,
    /// How long requests in hand may take when the server stops, in seconds.
    pub shutdown_seconds: u64,
    /// The identity provider at which people can sign in.
    pub provider: Option<Provider>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            workers: 2,
            body_bytes: 1024 * 1024,
            body_seconds: 30,
            trusted_proxies: 0,
            // A council's whole staff may stand behind one address.
            sign_ups_per_hour: NonZeroU32::MIN.saturating_add(299),
            sign_ups_per_mailbox_and_day: NonZeroU32::MIN.saturating_add(9),
            failed_sign_ins_per_minute: NonZeroU32::MIN.saturating_add(29),
            sign_in_links_per_hour: NonZeroU32::MIN.saturating_add(99),
            sign_in_links_per_mailbox_and_hour: NonZeroU32::MIN.saturating_add(4),
            questions_per_day: NonZeroU32::MIN.saturating_add(4),
            requests_per_minute: NonZeroU32::MIN.saturating_add(5_999),
            requests_per_address_and_minute: NonZeroU32::MIN.saturating_add(29_999),
            shutdown_seconds: 30,
            provider: None,
        }
    }
}

/// Serves on a listener until the server's handle is told to stop; requests in hand are finished then.
///
/// # Errors
/// When the listener cannot be used.
pub fn bind(app: App, settings: &HttpSettings, listener: TcpListener) -> std::io::Result<Server> {
    let app = web::Data::new(app);
    let limits = web::Data::new(limits::Limits::new(settings));
    let provider = settings.provider.clone().map(web::Data::new);
    let server = HttpServer::new(move || {
        let provider = provider.clone();
        actix_web::App::new()
            .app_data(app.clone())
            .app_data(limits.clone())
            .wrap(middleware::from_fn(trace::add_headers))
            .wrap(TracingLogger::<trace::RouteSpan>::new())
            .configure(|config| {
                if let Some(provider) = provider {
                    config.app_data(provider);
                }
            })
            .configure(routes::configure)
    });
    let server = server
        .workers(settings.workers.max(1))
        .shutdown_timeout(settings.shutdown_seconds)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

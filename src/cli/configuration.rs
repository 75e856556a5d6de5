//! The configuration: built-in defaults, then a file, then the environment; later ones win.
//!
//! `config/default.toml` holds every key there is, so a key that it does not have is a misspelt one, and an error. All
//! faults are told at once, each with its place. Never shows a secret, neither in `Debug` nor in
//! [`Configuration::resolved`].

use std::fmt::Display;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::domain::email::Email;
use crate::domain::language::Language;
use crate::domain::letter::{InvitationForm, ZoneForm};
use crate::domain::password::Password;
use crate::domain::privacy::Retention;
use crate::domain::schedule::AbsenceCode;
use crate::domain::states::named;
use crate::domain::target::Allowed;
use crate::domain::text::Name;
use crate::mail::{DkimSettings, Tls, TransportKind};
use crate::store::StoreUrl;

mod layers;
mod oidc;
mod read;

pub use layers::{environment, load};
pub use oidc::Oidc;

/// Everything that can be set. What each key means is told in `docs/configuration.md`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// The HTTP server.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// Outgoing mail.
    pub mail: Mail,
    /// Calendars, in mails and subscribed.
    pub calendar: Calendar,
    /// Matching runs.
    pub matching: Matching,
    /// The life of rounds.
    pub rounds: Rounds,
    /// What HR takes away.
    pub exports: Exports,
    /// Webhooks.
    pub webhooks: Webhooks,
    /// Signing in.
    pub sign_in: SignIn,
    /// An identity provider.
    pub oidc: Oidc,
    /// What is confidential.
    pub privacy: Privacy,
    /// For how many days things are kept; 0: for good.
    pub retention: Kept,
    /// What a client may ask for.
    pub limits: Limits,
    /// Logs.
    pub log: Log,
}

/// The HTTP server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where it listens.
    #[serde(deserialize_with = "read::address")]
    pub listen: SocketAddr,
    /// How people reach it: the beginning of every link in a mail, without a slash at the end.
    #[serde(deserialize_with = "read::public_url")]
    pub public_url: String,
    /// Threads that answer; 0 for as many as there are processors.
    pub workers: u16,
    /// Hops in front of the server whose `X-Forwarded-For` is believed.
    pub trusted_proxies: u8,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Which and where.
    #[serde(deserialize_with = "read::parsed", serialize_with = "masked")]
    pub url: StoreUrl,
    /// The same PostgreSQL database as the role that owns the tables and applies migrations; none where `url` is that role.
    #[serde(deserialize_with = "read::optional", serialize_with = "maybe_masked")]
    pub migrate_url: Option<StoreUrl>,
    /// Connections kept open.
    pub connections: NonZeroU32,
}

/// Outgoing mail.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// How it leaves.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub transport: TransportKind,
    /// For transport `files`.
    pub folder: PathBuf,
    /// What the service calls itself in mails and invitations.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub service_name: Name,
    /// Where it sends from and who organises the invitations; answers to them go there.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub organiser_address: Email,
    /// The part after the @ in Message-IDs and calendar UIDs.
    #[serde(deserialize_with = "read::domain")]
    pub domain: String,
    /// In which whoever has chosen none reads, by its tag.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub language: Language,
    /// A folder of templates that take the place of the built-in ones.
    #[serde(deserialize_with = "read::optional_path")]
    pub templates: Option<PathBuf>,
    /// The name by which the mail server that brings mails in signs what it has found out about senders.
    #[serde(deserialize_with = "read::optional_text")]
    pub authserv_id: Option<String>,
    /// Whether each mail has a return path of its own, `mailbox+bounce-<id>@domain`.
    pub verp: bool,
    /// Mails a minute to one host, over SMTP; 0 for as many as there are.
    pub rate_per_minute: u32,
    /// How long news of a placement waits for what overtakes it.
    pub coalesce_seconds: u32,
    /// When what is routine goes to managers and hosts.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub digest: DigestPace,
    /// For transport `smtp`.
    pub smtp: Smtp,
    /// Signatures, over SMTP; all of it or nothing.
    pub dkim: Dkim,
}

named! {
    /// When what is routine goes to managers and hosts.
    DigestPace {
        /// In one mail a day.
        Daily = "daily",
        /// At once, in single mails.
        Off = "off",
    }
}

/// The mail server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Smtp {
    /// Its name; needed for transport `smtp`.
    #[serde(deserialize_with = "read::optional_text")]
    pub host: Option<String>,
    /// Its port.
    pub port: NonZeroU16,
    /// Encryption.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub tls: Tls,
    /// Who we are; none where it asks nobody.
    #[serde(deserialize_with = "read::optional_text")]
    pub user: Option<String>,
    /// The password of `user`.
    #[serde(deserialize_with = "read::optional_password", serialize_with = "hidden")]
    pub password: Option<Password>,
    /// Certificates (PEM) of an authority of your own, beside those of the system.
    #[serde(deserialize_with = "read::optional_path")]
    pub ca_file: Option<PathBuf>,
    /// How long one step of the conversation may take.
    pub timeout_seconds: NonZeroU32,
    /// Connections at once.
    pub connections: NonZeroU32,
}

/// The key that mails are signed with (DKIM).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dkim {
    /// Its name in the DNS.
    #[serde(deserialize_with = "read::optional_text")]
    pub selector: Option<String>,
    /// The domain that signs: that of `organiser_address`, or one above it.
    #[serde(deserialize_with = "read::optional_text")]
    pub domain: Option<String>,
    /// The private key.
    #[serde(deserialize_with = "read::optional_path")]
    pub key_file: Option<PathBuf>,
}

impl Dkim {
    /// The settings, where all of them are made.
    pub fn settings(&self) -> Option<DkimSettings> {
        match (&self.selector, &self.domain, &self.key_file) {
            (Some(selector), Some(domain), Some(key_file)) => Some(DkimSettings {
                selector: selector.clone(),
                domain: domain.clone(),
                key_file: key_file.clone(),
            }),
            (_, _, _) => None,
        }
    }
}

/// Calendars.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// In which form a day comes by mail.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub invitations: InvitationForm,
    /// How times are written.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub zone: ZoneForm,
}

named! {
    /// Which process solves runs.
    SolverPlace {
        /// The one that serves.
        Server = "server",
        /// `library-swap solver`, one or several.
        Apart = "apart",
    }
}

/// Matching runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// Where runs are solved.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub solver: SolverPlace,
    /// After how long a run stops and shows what it has.
    pub run_seconds: NonZeroU32,
    /// Threads that one run may use at most.
    pub threads: NonZeroUsize,
}

/// The life of rounds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rounds {
    /// How many days before the first placement day a publication can be taken back at the latest.
    pub withdrawal_days: u16,
    /// How many working days a reserve has to answer the offer of a place.
    pub reserve_answer_days: NonZeroU16,
    /// How many days before a day no reserve is asked any more.
    pub reserve_stop_days: u16,
}

/// What HR takes away.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exports {
    /// Under what employers book the days of their staff, where nobody says otherwise.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub absence_code: AbsenceCode,
    /// The folder into which schedules are delivered, one in it for each employer.
    #[serde(deserialize_with = "read::optional_path")]
    pub folder: Option<PathBuf>,
}

/// Signing in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// How long a session lives in which nothing is done.
    pub idle_minutes: NonZeroU16,
    /// How long a session lives at most.
    pub session_hours: NonZeroU16,
}

/// Webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Hosts and networks that are called although they are not of the public internet, with spaces between.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub allow: Allowed,
}

/// What is confidential.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// Where the keys are by which access needs are encrypted.
    #[serde(deserialize_with = "read::optional_path")]
    pub key_file: Option<PathBuf>,
}

/// For how many days things are kept; 0: for good.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Applications whose address was never proven, after the sign-up.
    pub unproven_days: u32,
    /// Access needs, after the last day of the round.
    pub access_needs_days: u32,
    /// Links in mails, after they expired.
    pub links_days: u32,
    /// What employers' lists say of people, after they left.
    pub lists_days: u32,
    /// What is noted of mails that came in.
    pub inbound_days: u32,
    /// Comments and reasons, after the last day of the round.
    pub words_days: u32,
    /// Who somebody was, after the last day of their last round, or of their last day before this service.
    pub persons_days: u32,
}

impl Kept {
    /// The settings.
    pub fn settings(&self) -> Retention {
        Retention {
            unproven_days: self.unproven_days,
            access_needs_days: self.access_needs_days,
            links_days: self.links_days,
            lists_days: self.lists_days,
            inbound_days: self.inbound_days,
            words_days: self.words_days,
            persons_days: self.persons_days,
        }
    }
}

/// What a client may ask for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Length of a request's body.
    pub body_bytes: NonZeroUsize,
    /// Sign-ups from one network address.
    pub sign_ups_per_hour: NonZeroU32,
    /// Wrong credentials from one network address.
    pub failed_sign_ins_per_minute: NonZeroU32,
    /// Links to sign in that one network address asks for.
    pub sign_in_links_per_hour: NonZeroU32,
    /// Requests with one credential.
    pub requests_per_minute: NonZeroU32,
    /// Requests from one network address.
    pub requests_per_address_and_minute: NonZeroU32,
}

named! {
    /// How a line of the log looks.
    LogFormat {
        /// For people.
        Text = "text",
        /// For programs: one JSON object a line.
        Json = "json",
    }
}

/// Logs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How a line looks.
    #[serde(deserialize_with = "read::parsed", serialize_with = "shown")]
    pub format: LogFormat,
    /// What is logged: `info`, or by part of the program `warn,library_swap::mail=debug`.
    #[serde(deserialize_with = "read::log_filter")]
    pub level: String,
}

fn shown<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn shown_all<T: Display, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(ToString::to_string))
}

fn maybe_shown<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&value.as_ref().map(ToString::to_string).unwrap_or_default())
}

/// Whether there is a password, and nothing of it.
fn hidden<S: Serializer>(password: &Option<Password>, serializer: S) -> Result<S::Ok, S::Error> {
    match password {
        Some(_) => serializer.serialize_str("•••"),
        None => serializer.serialize_none(),
    }
}

fn maybe_masked<S: Serializer>(url: &Option<StoreUrl>, serializer: S) -> Result<S::Ok, S::Error> {
    match url {
        Some(url) => masked(url, serializer),
        None => serializer.serialize_none(),
    }
}

fn masked<S: Serializer>(url: &StoreUrl, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&url.masked())
}

impl Configuration {
    /// The whole as TOML, as it holds after all layers, secrets hidden.
    pub fn resolved(&self) -> String {
        let mut out = String::new();
        // A struct of texts and numbers: it always has a JSON form, and JSON's texts and numbers are TOML's.
        let sections = serde_json::to_value(self).unwrap_or_default();
        write_section(&mut out, "", &sections);
        out
    }
}

/// Writes the values of a section, then the sections in it and the lists of sections.
fn write_section(out: &mut String, name: &str, section: &Value) {
    let is_section = |value: &Value| value.is_object() || value[0].is_object();
    let entries = || section.as_object().into_iter().flatten();
    if entries().any(|(_, value)| !is_section(value)) {
        out.push_str(&format!("{}[{name}]\n", if out.is_empty() { "" } else { "\n" }));
    }
    for (key, value) in entries().filter(|(_, value)| !is_section(value)) {
        let text = if value.is_null() { "\"\"".to_owned() } else { value.to_string() };
        out.push_str(&format!("{key} = {text}\n"));
    }
    for (key, value) in entries().filter(|(_, value)| is_section(value)) {
        let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        match value.as_array() {
            Some(list) => list.iter().for_each(|one| write_section(out, &format!("[{inner}]"), one)),
            None => write_section(out, &inner, value),
        }
    }
}

#[cfg(test)]
mod tests;

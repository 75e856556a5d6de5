//! Lays the file and the environment over the defaults, and tells every fault with its place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, File, FileFormat, Map, Source, Value, ValueKind};

use super::Configuration;
use crate::domain::email::is_domain;
use crate::domain::fault::{maybe, shortened};
use crate::domain::return_path::MOST_LOCAL;
use crate::mail::TransportKind;
use crate::store::StoreUrl;

const DEFAULTS: &str = include_str!("../../../config/default.toml");
/// Names the file where the command line does not.
const FILE_VARIABLE: &str = "LIBRARY_SWAP_CONFIG";
const PREFIX: &str = "LIBRARY_SWAP__";
/// Their values are not shown, not even when they are wrong.
const SECRETS: [&str; 4] =
    ["database.url", "database.migrate_url", "mail.smtp.password", "oidc.client_secret"];

/// This process's variables; those that are no text are none of ours.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The configuration from the defaults, a file (`file`, else the one that `LIBRARY_SWAP_CONFIG` names) and variables
/// like `LIBRARY_SWAP__MAIL__SMTP__HOST`.
///
/// # Errors
/// Every fault, one line each: a file that cannot be read, keys that do not exist, values of a wrong kind.
pub fn load(
    file: Option<&Path>,
    env: impl Iterator<Item = (String, String)>,
) -> Result<Configuration, Vec<String>> {
    let env: BTreeMap<String, String> = env.collect();
    let named = env.get(FILE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    let mut layers = Layers::of_defaults()?;
    if let Some(path) = file.map(Path::to_owned).or(named) {
        layers.add_file(&path);
    }
    layers.add_environment(&env);
    layers.into_configuration()
}

/// The variable that sets a key.
fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

struct Layers {
    /// Every key with its default.
    defaults: BTreeMap<String, Value>,
    /// Every key with the value that holds.
    values: BTreeMap<String, Value>,
    /// Where a value comes from that is not the default.
    places: BTreeMap<String, String>,
    faults: Vec<String>,
}

impl Layers {
    fn of_defaults() -> Result<Self, Vec<String>> {
        let defaults: BTreeMap<String, Value> =
            leaves_of(DEFAULTS).map_err(|error| vec![error.to_string()])?.into_iter().collect();
        Ok(Self { values: defaults.clone(), defaults, places: BTreeMap::new(), faults: Vec::new() })
    }

    fn add_file(&mut self, path: &Path) {
        let place = path.display();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return self.faults.push(format!("{place}: the file cannot be read: {error}")),
        };
        let leaves = match leaves_of(&text) {
            Ok(leaves) => leaves,
            Err(error) => return self.faults.push(format!("{place}: is no TOML: {error}")),
        };
        for (key, value) in leaves {
            let known = self.defaults.get(&key);
            match (known.map(|default| &default.kind), &value.kind) {
                (Some(ValueKind::I64(_)), ValueKind::I64(_))
                | (Some(ValueKind::Boolean(_)), ValueKind::Boolean(_))
                | (Some(ValueKind::String(_)), ValueKind::String(_))
                | (Some(ValueKind::Array(_)), ValueKind::Array(_)) => {
                    self.set(key, value, format!("{place}"));
                }
                (Some(ValueKind::I64(_)), _) => {
                    self.refuse(&key, &place.to_string(), &value, "must be a whole number");
                }
                (Some(ValueKind::Boolean(_)), _) => {
                    self.refuse(
                        &key,
                        &place.to_string(),
                        &value,
                        "must be true or false, without quotation marks",
                    );
                }
                (Some(ValueKind::Array(_)), _) => {
                    let rule = format!("is a list: write [[{key}]] for each");
                    self.refuse(&key, &place.to_string(), &value, &rule);
                }
                (Some(_), _) => {
                    self.refuse(&key, &place.to_string(), &value, "must be text in quotation marks");
                }
                (None, ValueKind::Table(_)) if self.is_section(&key) => {}
                (None, _) if self.is_section(&key) => {
                    self.faults.push(format!("{place}: {key}: is a section: write [{key}]"));
                }
                (None, _) => {
                    let hint = self.hint(&key, str::to_owned);
                    self.faults.push(format!("{place}: {key}: there is no such key{hint}"));
                }
            }
        }
    }

    fn add_environment(&mut self, env: &BTreeMap<String, String>) {
        for (variable, text) in env {
            let Some(name) = variable.strip_prefix(PREFIX) else {
                self.check_underscores(variable);
                continue;
            };
            let key = name.to_lowercase().replace("__", ".");
            match self.defaults.get(&key).map(|default| &default.kind) {
                Some(ValueKind::I64(_)) => match text.trim().parse::<i64>() {
                    Ok(number) => self.set(key, Value::from(number), variable.clone()),
                    Err(_) => {
                        let value = Value::from(text.as_str());
                        self.refuse(&key, variable, &value, "must be a whole number");
                    }
                },
                Some(ValueKind::Boolean(_)) => match text.trim().parse::<bool>() {
                    Ok(is_on) => self.set(key, Value::from(is_on), variable.clone()),
                    Err(_) => {
                        let value = Value::from(text.as_str());
                        self.refuse(&key, variable, &value, "must be true or false");
                    }
                },
                Some(ValueKind::Array(_)) => {
                    self.faults.push(format!("{variable}: {key} is a list: it is written in a file"));
                }
                Some(_) => self.set(key, Value::from(text.as_str()), variable.clone()),
                None => {
                    let hint = self.hint(&key, variable_of);
                    self.faults.push(format!("{variable}: there is no such key{hint}"));
                }
            }
        }
    }

    /// `LIBRARY_SWAP_MAIL_FOLDER` would be overlooked without a word. Other variables with that beginning may be
    /// anybody's (Kubernetes sets `LIBRARY_SWAP_PORT` for a service of that name).
    fn check_underscores(&mut self, variable: &str) {
        let folded = |name: &str| name.replace("__", "_");
        if let Some(key) = self.defaults.keys().find(|key| folded(&variable_of(key)) == folded(variable)) {
            self.faults.push(format!(
                "{variable}: there is no such variable (maybe `{}`, with two underscores)",
                variable_of(key)
            ));
        }
    }

    fn is_section(&self, key: &str) -> bool {
        self.defaults.keys().any(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
    }

    /// The key that was meant: one of the same name in another section, else one that looks alike.
    fn hint(&self, key: &str, written: impl Fn(&str) -> String) -> String {
        let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
        let known = || self.defaults.keys().map(String::as_str);
        match known().find(|known| last(known) == last(key)) {
            Some(elsewhere) => format!(" (maybe `{}`)", written(elsewhere)),
            None => {
                let names: Vec<String> = known().map(&written).collect();
                maybe(&written(key), names.iter().map(String::as_str))
            }
        }
    }

    fn set(&mut self, key: String, value: Value, place: String) {
        self.places.insert(key.clone(), place);
        self.values.insert(key, value);
    }

    fn refuse(&mut self, key: &str, place: &str, value: &Value, rule: &str) {
        let shown = if SECRETS.contains(&key) {
            String::new()
        } else {
            format!("`{}` ", shortened(&value.to_string()))
        };
        let place = if place.starts_with(PREFIX) { place.to_owned() } else { format!("{place}: {key}") };
        self.faults.push(format!("{place}: {shown}{rule}"));
    }

    /// Reads all values. Each one that is refused is reported and its default put in its place, so that the next
    /// refusal is found too.
    fn into_configuration(mut self) -> Result<Configuration, Vec<String>> {
        loop {
            let error = match self.deserialize() {
                Ok(configuration) => {
                    self.faults.extend(contradictions(&configuration));
                    return if self.faults.is_empty() { Ok(configuration) } else { Err(self.faults) };
                }
                Err(error) => error,
            };
            let (place, rule) = rule_of(error);
            // What is in a list goes with all of it.
            let key = place.split('[').next().unwrap_or_default().to_owned();
            // Only what came from a file or a variable can be taken back; a default that is refused would be ours.
            let (Some(source), Some(default)) = (self.places.remove(&key), self.defaults.get(&key).cloned())
            else {
                self.faults.push(format!("{place}: {rule}"));
                return Err(self.faults);
            };
            let value = self.values.insert(key.clone(), default);
            if place == key {
                self.refuse(&key, &source, &value.unwrap_or_default(), &rule);
            } else {
                self.faults.push(format!("{source}: {place}: {rule}"));
            }
        }
    }

    fn deserialize(&self) -> Result<Configuration, ConfigError> {
        let mut builder = Config::builder();
        for (key, value) in &self.values {
            builder = builder.set_override(key, value.clone())?;
        }
        builder.build()?.try_deserialize()
    }
}

/// What each value allows by itself but not together with the others.
fn contradictions(configuration: &Configuration) -> Vec<String> {
    let (database, mail) = (&configuration.database, &configuration.mail);
    let mut faults = Vec::new();
    match (&database.url, &database.migrate_url) {
        (StoreUrl::Sqlite(_), Some(_)) | (StoreUrl::Postgres(_), Some(StoreUrl::Sqlite(_))) => {
            faults.push(
                "database.migrate_url: is the PostgreSQL database of database.url as another role; SQLite has none"
                    .to_owned(),
            );
        }
        (StoreUrl::Postgres(_), Some(StoreUrl::Postgres(_))) | (_, None) => {}
    }
    match mail.transport {
        TransportKind::Smtp if mail.smtp.host.is_none() => {
            faults.push("mail.smtp.host: must be set where mail.transport is `smtp`".to_owned());
        }
        TransportKind::Files if mail.folder.as_os_str().is_empty() => {
            faults.push("mail.folder: must be set where mail.transport is `files`".to_owned());
        }
        TransportKind::Smtp | TransportKind::Files | TransportKind::Memory => {}
    }
    if mail.smtp.user.is_some() != mail.smtp.password.is_some() {
        faults.push("mail.smtp.user and mail.smtp.password: set both or neither".to_owned());
    }
    let (address, host) = (mail.organiser_address.as_str(), mail.organiser_address.domain());
    let local = address.len() - host.len() - 1;
    if mail.verp && local > MOST_LOCAL {
        faults.push(format!(
            "mail.organiser_address: with mail.verp it has room for {MOST_LOCAL} characters before the @, not {local}: \
             `+bounce-` and 32 digits come after them (RFC 5321 takes 64)"
        ));
    }
    let dkim = &mail.dkim;
    let set = [dkim.selector.is_some(), dkim.domain.is_some(), dkim.key_file.is_some()];
    if set.contains(&true) && set.contains(&false) {
        faults.push("mail.dkim: set selector, domain and key_file, or none of them".to_owned());
    }
    for (key, value) in [("selector", &dkim.selector), ("domain", &dkim.domain)] {
        if let Some(value) = value.as_ref().filter(|value| !is_domain(&format!("{value}.x"))) {
            faults.push(format!("mail.dkim.{key}: `{value}` must be a name in the DNS, in lower case"));
        }
    }
    if let Some(domain) = &dkim.domain
        && host != domain
        && !host.ends_with(&format!(".{domain}"))
    {
        faults.push(format!(
            "mail.dkim.domain: `{domain}` must be `{host}`, the domain of mail.organiser_address, or one above it: a \
             signature of another domain proves nothing of the sender (DMARC)"
        ));
    }
    faults.extend(configuration.oidc.contradictions());
    faults
}

/// Key and rule of the crate's error, in our words.
fn rule_of(error: ConfigError) -> (String, String) {
    let (key, words) = match error {
        ConfigError::Type { expected, key, .. } => (key, format!("must be {expected}")),
        ConfigError::At { error, key, .. } => (key, error.to_string()),
        other => (None, other.to_string()),
    };
    let at_most = |most: u32| format!("must be a whole number, not negative, at most {most}");
    let rule = match words.as_str() {
        words if words.contains("nonzero") => "must be a whole number, not 0".to_owned(),
        words if words.contains("unsigned 8 bit") => at_most(u8::MAX.into()),
        words if words.contains("unsigned 16 bit") => at_most(u16::MAX.into()),
        words if words.contains("unsigned 32 bit") => at_most(u32::MAX),
        words if words.contains("unsigned") => "must be a whole number, not negative".to_owned(),
        words => words.to_owned(),
    };
    (key.unwrap_or_default(), rule)
}

/// Every value of a TOML text under its dotted key; a section without values stands for itself.
fn leaves_of(text: &str) -> Result<Vec<(String, Value)>, ConfigError> {
    let mut leaves = Vec::new();
    add_leaves("", File::from_str(text, FileFormat::Toml).collect()?, &mut leaves);
    leaves.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(leaves)
}

fn add_leaves(section: &str, table: Map<String, Value>, leaves: &mut Vec<(String, Value)>) {
    for (name, value) in table {
        let key = if section.is_empty() { name } else { format!("{section}.{name}") };
        match value.kind {
            ValueKind::Table(inner) if !inner.is_empty() => add_leaves(&key, inner, leaves),
            kind => leaves.push((key, Value::new(None, kind))),
        }
    }
}

//! How single values are read from their text. An empty text means "not set" where that is allowed.
//!
//! Functions for serde's `deserialize_with`; their errors are rules in words.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};
use tracing_subscriber::EnvFilter;

use crate::domain::email::is_domain;
use crate::domain::fault::Rule;
use crate::domain::password::Password;

/// Reads text and applies a rule to it.
fn read<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    rule: impl Fn(&str) -> Result<T, Rule>,
) -> Result<T, D::Error> {
    rule(String::deserialize(deserializer)?.trim()).map_err(D::Error::custom)
}

fn read_optional<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    rule: impl Fn(&str) -> Result<T, Rule>,
) -> Result<Option<T>, D::Error> {
    read(deserializer, |text| if text.is_empty() { Ok(None) } else { rule(text).map(Some) })
}

pub fn parsed<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    read(deserializer, |text| text.parse().map_err(|error: T::Err| Rule::new(error.to_string())))
}

/// As [`parsed`], where it may be left out.
pub fn optional<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    read_optional(deserializer, |text| text.parse().map_err(|error: T::Err| Rule::new(error.to_string())))
}

/// A list of values.
pub fn all_parsed<'de, T: FromStr<Err: Display>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read =
        |text: &String| text.trim().parse().map_err(|error: T::Err| D::Error::custom(error.to_string()));
    texts.iter().map(read).collect()
}

fn to_address(text: &str) -> Result<SocketAddr, Rule> {
    text.parse().map_err(|_| {
        Rule::of("must be an IP address and a port like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080")
    })
}

pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    read(deserializer, to_address)
}

pub fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    read(deserializer, |text| {
        let url = text.trim_end_matches('/');
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains(['?', '#', ' ', '@']) => Ok(url.to_owned()),
            Some(_) | None => {
                Err(Rule::of("must be a URL like https://swap.library.example, without ? or #"))
            }
        }
    })
}

pub fn domain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    read(deserializer, |text| {
        let domain = text.to_lowercase();
        if is_domain(&domain) {
            Ok(domain)
        } else {
            Err(Rule::of("must be a domain name like swap.library.example"))
        }
    })
}

pub fn log_filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    read(deserializer, |text| match EnvFilter::try_new(text) {
        Ok(_) if !text.is_empty() => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err(Rule::of(
            "must be error, warn, info, debug or trace, or a list like `warn,library_swap=debug`",
        )),
    })
}

pub fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    read_optional(deserializer, |text| Ok(text.to_owned()))
}

pub fn optional_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    read_optional(deserializer, |text| Ok(PathBuf::from(text)))
}

/// Secrets are taken as they are, spaces and all.
pub fn optional_password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Password>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| Password::new(text)))
}

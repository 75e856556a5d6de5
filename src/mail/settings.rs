//! How mail leaves, as an operator writes it down.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

/// Which way mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportKind {
    /// To a mail server.
    Smtp,
    /// Into a folder, for trying the service out.
    Files,
    /// Into memory, for tests.
    Memory,
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// TLS from the first byte (port 465).
    Implicit,
    /// A plain connection that must be raised to TLS before anything is said (port 587).
    #[default]
    Starttls,
    /// None; only to a server on this machine.
    None,
}

/// A password that no log shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// Takes a password.
    pub fn new(password: String) -> Self {
        Self(password)
    }

    /// The password, for the mail server alone.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The section `[mail]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransportSettings {
    /// Which way mail leaves.
    pub transport: TransportKind,
    /// Of `files`: the folder.
    pub folder: Option<PathBuf>,
    /// Of `smtp`: the server's name.
    pub host: Option<String>,
    /// The server's port; by default 465, 587 or 25, as `tls` says.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub tls: Tls,
    /// The user, where the server asks for one.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Password>,
    /// Certificates (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How long one message may take, in seconds.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u64,
}

const fn default_timeout_seconds() -> u64 {
    60
}

impl TransportSettings {
    /// Settings of a kind with everything else left out.
    pub fn of(transport: TransportKind) -> Self {
        Self {
            transport,
            folder: None,
            host: None,
            port: None,
            tls: Tls::default(),
            user: None,
            password: None,
            ca_file: None,
            timeout_seconds: default_timeout_seconds(),
        }
    }
}

//! How mail leaves, as an operator writes it down.

use std::num::NonZeroU32;
use std::path::PathBuf;

use crate::domain::password::Password;
use crate::domain::states::named;

named! {
    /// Which way mail leaves.
    TransportKind {
        /// To a mail server.
        Smtp = "smtp",
        /// Into a folder, for trying the service out.
        Files = "files",
        /// Into memory, for tests; lost at the end.
        Memory = "memory",
    }
}

named! {
    /// How the connection to the mail server is protected.
    Tls {
        /// TLS from the first byte (port 465).
        Implicit = "implicit",
        /// A plain connection that must be raised to TLS before anything is said (port 587).
        Starttls = "starttls",
        /// None; only to a server on this machine.
        None = "none",
    }
}

/// What a transport needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub tls: Tls,
    /// The user, where the server asks for one.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Password>,
    /// Certificates (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How long one message may take, in seconds.
    pub timeout_seconds: u64,
    /// Connections at once.
    pub connections: NonZeroU32,
    /// Of `smtp`: mails a minute to one host; none: as many as there are.
    pub rate_per_minute: Option<NonZeroU32>,
    /// Of `smtp`: whether each mail has a return path of its own.
    pub verp: bool,
    /// Of `smtp`: who signs.
    pub dkim: Option<DkimSettings>,
}

/// The key that mails are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimSettings {
    /// Its name: the public key is the TXT record `<selector>._domainkey.<domain>`.
    pub selector: String,
    /// The domain that signs.
    pub domain: String,
    /// RSA: PKCS #1, PEM. Ed25519: the 32 bytes in base64.
    pub key_file: PathBuf,
}

impl TransportSettings {
    /// Settings of a kind with everything else left out.
    pub fn of(transport: TransportKind) -> Self {
        Self {
            transport,
            folder: None,
            host: None,
            port: None,
            tls: Tls::Starttls,
            user: None,
            password: None,
            ca_file: None,
            timeout_seconds: 30,
            connections: NonZeroU32::MIN,
            rate_per_minute: None,
            verp: false,
            dkim: None,
        }
    }
}

//! Mail to a server by SMTP (RFC 5321) with TLS (RFC 8314).

use std::io::ErrorKind;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as LettreTls, TlsParameters};
use lettre::transport::smtp::response::{Category, Code, Detail};
use lettre::transport::smtp::{AsyncSmtpTransport, Error, PoolConfig};
use lettre::{AsyncTransport, Tokio1Executor};

use super::dkim::Signer;
use super::pace::Pace;
use super::settings::{Tls, TransportSettings};
use super::transport::{SendClass, SendError, discreet};

/// The longest timeout: twice as long, an attempt and the question whether the server is well, are less than a lease.
const MOST_SECONDS: u64 = 120;

/// A mail server. Clones share its connections and the rate.
#[derive(Debug, Clone)]
pub struct Smtp {
    server: AsyncSmtpTransport<Tokio1Executor>,
    name: String,
    /// lettre's own timeout covers connecting, not a server that falls silent later.
    timeout: Duration,
    connections: u32,
    has_return_paths: bool,
    pace: Option<Arc<Pace>>,
    signer: Option<Signer>,
}

impl Smtp {
    /// Reads the settings. Connects to nothing.
    pub(super) fn open(settings: &TransportSettings) -> Result<Self, String> {
        let host =
            settings.host.as_deref().ok_or("mail.smtp.host is missing: transport \"smtp\" connects to it")?;
        if settings.timeout_seconds == 0 {
            return Err("mail.smtp.timeout_seconds is 0; it must be at least 1".to_owned());
        }
        if settings.timeout_seconds > MOST_SECONDS {
            return Err(format!(
                "mail.smtp.timeout_seconds is {}; it must be at most {MOST_SECONDS}, so that an attempt has ended before another \
                 sender takes the mail over",
                settings.timeout_seconds
            ));
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return Err("the mail server can be opened inside the asynchronous runtime only".to_owned());
        }
        let (tls, default_port) = protection(settings, host)?;
        let timeout = Duration::from_secs(settings.timeout_seconds);
        let port = settings.port.unwrap_or(default_port);
        let connections = settings.connections.get();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .tls(tls)
            .pool_config(PoolConfig::new().max_size(connections))
            .timeout(Some(timeout));
        match (&settings.user, &settings.password) {
            (Some(user), Some(password)) => {
                let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
                builder = builder.credentials(credentials);
            }
            (None, None) => {}
            (Some(_), None) => return Err("mail.smtp.password is missing: mail.smtp.user is set".to_owned()),
            (None, Some(_)) => return Err("mail.smtp.user is missing: mail.smtp.password is set".to_owned()),
        }
        Ok(Self {
            server: builder.build(),
            name: format!("{host}:{port}"),
            timeout,
            connections,
            has_return_paths: settings.verp,
            pace: settings.rate_per_minute.map(|rate| Arc::new(Pace::new(rate))),
            signer: settings.dkim.as_ref().map(Signer::open).transpose()?,
        })
    }

    pub(super) fn connections(&self) -> usize {
        usize::try_from(self.connections).unwrap_or(usize::MAX)
    }

    /// A refusal may be followed by a look whether the server is otherwise willing.
    pub(super) const fn patience(&self) -> Duration {
        self.timeout.saturating_mul(2)
    }

    pub(super) const fn has_return_paths(&self) -> bool {
        self.has_return_paths
    }

    pub(super) fn pace(&self) -> Option<&Pace> {
        self.pace.as_deref()
    }

    pub(super) const fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// Sends one message to one recipient.
    pub(super) async fn send(&self, from: &str, to: &str, message: &[u8]) -> Result<String, SendError> {
        let envelope = match (from.parse(), to.parse()) {
            (Ok(from), Ok(to)) => Envelope::new(Some(from), vec![to]),
            (Err(_), _) => {
                let words = "the sender's address is not an e-mail address";
                return Err(SendError::of(SendClass::Blocked, words));
            }
            (_, Err(_)) => {
                let words = "the recipient's address is not an e-mail address";
                return Err(SendError::of(SendClass::Permanent, words));
            }
        };
        let envelope = envelope.map_err(|error| SendError::of(SendClass::Permanent, &error.to_string()))?;
        // lettre ends the data with a line break of its own.
        let message = message.strip_suffix(b"\r\n").unwrap_or(message);
        match tokio::time::timeout(self.timeout, self.server.send_raw(&envelope, message)).await {
            Ok(Ok(response)) => {
                Ok(discreet(&format!("{} {}", response.code(), response.first_line().unwrap_or_default())))
            }
            Ok(Err(error)) => Err(SendError::of(self.class_of(&error).await, &told(&error))),
            Err(_) => {
                let words = format!("no answer within {} s", self.timeout.as_secs());
                Err(SendError::of(SendClass::Unheard, &words))
            }
        }
    }

    /// Whether the server greets, accepts the user and answers NOOP.
    pub(super) async fn check(&self) -> Result<String, SendError> {
        let fails =
            |words: &str| SendError::of(SendClass::Away, &format!("the mail server {} {words}", self.name));
        match tokio::time::timeout(self.timeout, self.server.test_connection()).await {
            Ok(Ok(true)) => Ok(format!("the mail server {} answers", self.name)),
            Ok(Ok(false)) => Err(fails("hangs up")),
            Ok(Err(error)) => Err(fails(&format!("refuses or is not there: {}", told(&error)))),
            Err(_) => Err(fails(&format!("gives no answer within {} s", self.timeout.as_secs()))),
        }
    }

    /// What an error means. A message is given up only for a 5xx to the message itself. lettre does not say at which
    /// step the server refused: a greeting refused with 5xx is the server's matter and says nothing about the message.
    /// So the refusal is believed only of a server that is otherwise willing.
    async fn class_of(&self, error: &Error) -> SendClass {
        match error.status() {
            Some(code) if asks_for_credentials(code) => SendClass::Blocked,
            Some(_) if error.is_permanent() => match self.check().await {
                Ok(_) => SendClass::Permanent,
                Err(_) => SendClass::Away,
            },
            Some(code) if is_closing(code) => SendClass::Away,
            Some(_) => SendClass::Retry,
            // No STARTTLS, no mechanism for passwords that both know.
            None if error.is_client() || error.is_tls() => SendClass::Blocked,
            None if error.is_response() || error.is_timeout() => SendClass::Unheard,
            None => match io_kind(error) {
                // What rustls refuses: an unknown authority, another name, no TLS at all.
                Some(ErrorKind::InvalidData) => SendClass::Blocked,
                Some(
                    ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::BrokenPipe
                    | ErrorKind::UnexpectedEof,
                ) => SendClass::Unheard,
                Some(_) | None => SendClass::Away,
            },
        }
    }
}

/// 530, 534, 535, 538 (RFC 4954): a user, another mechanism or TLS is wanted. The operator can mend that.
fn asks_for_credentials(code: Code) -> bool {
    code.category == Category::Unspecified3
}

/// 421: the server closes, whatever was asked.
fn is_closing(code: Code) -> bool {
    code.category == Category::Connections && code.detail == Detail::One
}

/// What the system said, somewhere among the causes.
fn io_kind(error: &Error) -> Option<ErrorKind> {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        cause = inner.source();
    }
    None
}

/// An error with its causes; what a server said as it said it, its reply code first.
fn told(error: &Error) -> String {
    let mut words = match error.status() {
        Some(code) => code.to_string(),
        None => error.to_string(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !words.contains(&more) {
            let colon = if error.status().is_some() { "" } else { ":" };
            words = format!("{words}{colon} {more}");
        }
        cause = inner.source();
    }
    words
}

fn protection(settings: &TransportSettings, host: &str) -> Result<(LettreTls, u16), String> {
    match settings.tls {
        Tls::Implicit => Ok((LettreTls::Wrapper(parameters(settings, host)?), 465)),
        Tls::Starttls => Ok((LettreTls::Required(parameters(settings, host)?), 587)),
        Tls::None if is_loopback(host) => Ok((LettreTls::None, 25)),
        Tls::None => Err(format!(
            "mail.smtp.tls is \"none\" and mail.smtp.host is {host:?}: mail and password would cross the network readably; it must \
             be \"implicit\" or \"starttls\" for every server but this machine's own (127.0.0.1, ::1, localhost)"
        )),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn parameters(settings: &TransportSettings, host: &str) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.ca_file {
        let told = |error: &dyn std::fmt::Display| format!("mail.smtp.ca_file {}: {error}", path.display());
        let pem = std::fs::read(path).map_err(|error| told(&error))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| told(&error))?);
    }
    builder.build().map_err(|error| format!("TLS to {host}: {error}"))
}

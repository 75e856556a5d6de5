//! Mail to a server by SMTP (RFC 5321) with TLS (RFC 8314).

use std::net::IpAddr;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as LettreTls, TlsParameters};
use lettre::transport::smtp::response::Category;
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport, Tokio1Executor};

use super::settings::{Tls, TransportSettings};
use super::transport::{SendError, discreet};

/// A mail server. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Smtp {
    server: AsyncSmtpTransport<Tokio1Executor>,
    name: String,
    /// lettre's own timeout covers connecting, not a server that falls silent later.
    timeout: Duration,
}

impl Smtp {
    /// Reads the settings. Connects to nothing.
    pub(super) fn open(settings: &TransportSettings) -> Result<Self, String> {
        let host =
            settings.host.as_deref().ok_or("mail.smtp.host is missing: transport \"smtp\" connects to it")?;
        if settings.timeout_seconds == 0 {
            return Err("mail.smtp.timeout_seconds is 0; it must be at least 1".to_owned());
        }
        if tokio::runtime::Handle::try_current().is_err() {
            return Err("the mail server can be opened inside the asynchronous runtime only".to_owned());
        }
        let (tls, default_port) = protection(settings, host)?;
        let timeout = Duration::from_secs(settings.timeout_seconds);
        let port = settings.port.unwrap_or(default_port);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .tls(tls)
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
        Ok(Self { server: builder.build(), name: format!("{host}:{port}"), timeout })
    }

    /// Sends one message to one recipient.
    pub(super) async fn send(&self, from: &str, to: &str, message: &[u8]) -> Result<String, SendError> {
        let envelope = match (from.parse(), to.parse()) {
            (Ok(from), Ok(to)) => Envelope::new(Some(from), vec![to]),
            (Err(_), _) => return Err(SendError::retry("the sender's address is not an e-mail address")),
            (_, Err(_)) => {
                return Err(SendError::permanent("the recipient's address is not an e-mail address"));
            }
        };
        let envelope = envelope.map_err(|error| SendError::retry(&error.to_string()))?;
        // lettre ends the data with a line break of its own.
        let message = message.strip_suffix(b"\r\n").unwrap_or(message);
        match tokio::time::timeout(self.timeout, self.server.send_raw(&envelope, message)).await {
            Ok(Ok(response)) => {
                Ok(discreet(&format!("{} {}", response.code(), response.first_line().unwrap_or_default())))
            }
            Ok(Err(error)) => Err(self.classify(&error).await),
            Err(_) => Err(SendError::retry(&format!("no answer within {} s", self.timeout.as_secs()))),
        }
    }

    /// Whether the server greets, accepts the user and answers NOOP.
    pub(super) async fn check(&self) -> Result<String, SendError> {
        let tried = tokio::time::timeout(self.timeout, self.server.test_connection()).await;
        match tried {
            Ok(Ok(true)) => Ok(format!("the mail server {} answers", self.name)),
            Ok(Ok(false)) => Err(SendError::retry(&format!("the mail server {} hangs up", self.name))),
            Ok(Err(error)) => {
                Err(SendError::retry(&format!("the mail server {}: {}", self.name, told(&error))))
            }
            Err(_) => Err(SendError::retry(&format!(
                "the mail server {} gives no answer within {} s",
                self.name,
                self.timeout.as_secs()
            ))),
        }
    }

    /// Gives a message up only for a 5xx to the message itself. lettre does not say at which step the server refused:
    /// a greeting, a TLS handshake or a user refused with 5xx is the server's or the operator's matter and says nothing
    /// about the message. So the refusal is believed only of a server that is otherwise willing.
    async fn classify(&self, error: &Error) -> SendError {
        if error.is_permanent() && !asks_for_credentials(error) && self.check().await.is_ok() {
            SendError::permanent(&told(error))
        } else {
            SendError::retry(&told(error))
        }
    }
}

/// 530, 534, 535, 538 (RFC 4954): a user, another mechanism or TLS is wanted. The operator can mend that.
fn asks_for_credentials(error: &Error) -> bool {
    error.status().is_some_and(|code| code.category == Category::Unspecified3)
}

/// An error with its causes.
fn told(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
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

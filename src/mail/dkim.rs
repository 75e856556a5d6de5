//! Signatures of mails (DKIM, RFC 6376), for services whose mail server does not sign: relaxed/relaxed, RSA or Ed25519
//! (RFC 8463). A message is signed when it is written, so that every attempt carries the same signature.

use std::fmt;
use std::sync::Arc;

use lettre::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
};
use lettre::message::header::HeaderName;

use super::settings::DkimSettings;

/// What is signed; a name that a mail lacks is signed as absent, so that nobody can add it (RFC 6376, section 5.4).
/// Content-Type is not: lettre writes it anew with the body's parts. What RFC 8058 wants covered is.
const HEADERS: [&str; 14] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Language",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Reply-To",
];

/// Signs messages. Clones share the key, which nothing shows.
#[derive(Clone)]
pub struct Signer(Arc<DkimConfig>);

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

impl Signer {
    /// Reads the key.
    pub(super) fn open(settings: &DkimSettings) -> Result<Self, String> {
        let path = &settings.key_file;
        let told = |words: &str| format!("mail.dkim.key_file {}: {words}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| told(&error.to_string()))?;
        let text = text.trim();
        let algorithm = if text.starts_with("-----BEGIN RSA PRIVATE KEY-----") {
            DkimSigningAlgorithm::Rsa
        } else if text.starts_with("-----BEGIN") {
            // Not what stands there: it may be the key itself, where its line breaks were lost.
            return Err(told(
                "it is PEM of another kind; an RSA key must be in PKCS #1 form (`openssl rsa -traditional -in … -out …` \
                 makes it), an Ed25519 key the 32 bytes in base64 (`openssl pkey -outform der -in … | tail -c 32 | base64`)",
            ));
        } else {
            DkimSigningAlgorithm::Ed25519
        };
        let key = DkimSigningKey::new(text, algorithm).map_err(|error| {
            told(&format!(
                "{error}: it is neither an RSA key (PKCS #1, PEM) nor the 32 bytes of an Ed25519 key in base64"
            ))
        })?;
        let relaxed = DkimCanonicalizationType::Relaxed;
        Ok(Self(Arc::new(DkimConfig::new(
            settings.selector.clone(),
            settings.domain.clone(),
            key,
            HEADERS.iter().map(|name| HeaderName::new_from_ascii_str(name)).collect(),
            DkimCanonicalization { header: relaxed, body: relaxed },
        ))))
    }

    /// Adds the signature.
    pub(super) fn sign(&self, message: &mut Message) {
        message.sign(&self.0);
    }
}

//! Signatures of mails (DKIM, RFC 6376), for services whose mail server does not sign: relaxed/relaxed, RSA or Ed25519
//! (RFC 8463). A message is signed when it is written, so that every attempt carries the same signature.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use lettre::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
};
use lettre::message::header::HeaderName;

use super::settings::DkimSettings;

/// What is signed, where it is there. Content-Type is not: lettre writes it anew with the body's parts. What RFC 8058
/// wants covered is.
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

/// Signs messages. Clones share the key.
#[derive(Clone)]
pub struct Signer(Arc<Key>);

struct Key {
    selector: String,
    domain: String,
    text: String,
    algorithm: DkimSigningAlgorithm,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}._domainkey.{})", self.0.selector, self.0.domain)
    }
}

impl Signer {
    /// Reads the key.
    pub(super) fn open(settings: &DkimSettings) -> Result<Self, String> {
        let path = &settings.key_file;
        let told = |words: &str| format!("mail.dkim.key_file {}: {words}", path.display());
        let text = read(path).map_err(|error| told(&error))?;
        let algorithm = if text.starts_with("-----BEGIN RSA PRIVATE KEY-----") {
            DkimSigningAlgorithm::Rsa
        } else if text.starts_with("-----BEGIN") {
            let first = text.lines().next().unwrap_or_default();
            return Err(told(&format!(
                "it begins with {first:?}; an RSA key must be in PKCS #1 form (`openssl rsa -traditional -in {} -out …` \
                 makes it), an Ed25519 key the 32 bytes in base64 (`openssl pkey -outform der -in … | tail -c 32 | base64`)",
                path.display()
            )));
        } else {
            DkimSigningAlgorithm::Ed25519
        };
        let (selector, domain) = (settings.selector.clone(), settings.domain.clone());
        let signer = Self(Arc::new(Key { selector, domain, text, algorithm }));
        match signer.config(&[]) {
            Ok(_) => Ok(signer),
            Err(error) => Err(told(&format!(
                "{error}: it is neither an RSA key (PKCS #1, PEM) nor the 32 bytes of an Ed25519 key in base64"
            ))),
        }
    }

    /// Adds the signature.
    pub(super) fn sign(&self, message: &mut Message) -> Result<(), String> {
        let there = |name: &&&str| message.headers().get_raw(name).is_some();
        let names: Vec<&str> = HEADERS.iter().filter(there).copied().collect();
        message.sign(&self.config(&names)?);
        Ok(())
    }

    /// Names that are absent would be left out of what is hashed but not of the list, so only those of the message.
    fn config(&self, names: &[&'static str]) -> Result<DkimConfig, String> {
        let key = DkimSigningKey::new(&self.0.text, self.0.algorithm).map_err(|error| error.to_string())?;
        let relaxed = DkimCanonicalizationType::Relaxed;
        Ok(DkimConfig::new(
            self.0.selector.clone(),
            self.0.domain.clone(),
            key,
            names.iter().map(|name| HeaderName::new_from_ascii_str(name)).collect(),
            DkimCanonicalization { header: relaxed, body: relaxed },
        ))
    }
}

fn read(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(text.trim().to_owned())
}

//! Encryption at rest of what tells of access needs: the needs themselves, and the files of runs and repairs.
//!
//! AES-SIV (RFC 5297) with keys of 512 bits. It needs no nonce, so a write closure that is repeated stays what it was
//! and draws nothing by chance; all that equal texts under one key show is that a row has not changed. Each text is bound
//! to its place (what it is, and the id of its row): moved to another row it does not open. Needs are padded, because
//! their length would tell them.
//!
//! The keys are those of the transaction: [`Store`](super::Store) holds them for as long as one runs, and nothing else can
//! reach them.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::StoreError;
use crate::domain::fault::Rule;

/// Length of a key in bytes (AES-256-SIV: one half signs, the other encrypts).
pub const KEY_BYTES: usize = 64;

/// A key and the name that sealed texts know it by.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    id: String,
    bytes: [u8; KEY_BYTES],
}

impl Key {
    fn new(bytes: [u8; KEY_BYTES]) -> Self {
        let hash = Sha256::new().chain_update(b"library-swap key").chain_update(bytes).finalize();
        let id = hash.iter().take(ID_LETTERS / 2).map(|byte| format!("{byte:02x}")).collect();
        Self { id, bytes }
    }
}

/// The keys of an installation: the first one seals, all of them open.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keyring(Vec<Key>);

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

const KEY_RULE: Rule = Rule::of("must be lines of 128 hexadecimal digits, a key each");

impl FromStr for Keyring {
    type Err = Rule;

    /// One key a line; empty lines and those that begin with `#` are passed over.
    fn from_str(text: &str) -> Result<Self, Rule> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(|line| key_of(line).map(Key::new).ok_or(KEY_RULE)).collect::<Result<_, _>>().map(Self)
    }
}

fn key_of(line: &str) -> Option<[u8; KEY_BYTES]> {
    if line.len() != 2 * KEY_BYTES || !line.is_ascii() {
        return None;
    }
    let mut bytes = [0; KEY_BYTES];
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(line.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(bytes)
}

impl Keyring {
    /// These keys with a new one that seals from now on.
    #[must_use]
    pub fn with_new(&self, bytes: [u8; KEY_BYTES]) -> Self {
        Self(std::iter::once(Key::new(bytes)).chain(self.0.iter().cloned()).collect())
    }

    /// Those of these keys that seal or are named.
    #[must_use]
    pub fn only(&self, used: &[String]) -> Self {
        let kept = self.0.iter().enumerate().filter(|(n, key)| *n == 0 || used.contains(&key.id));
        Self(kept.map(|(_, key)| key.clone()).collect())
    }

    /// Whether nothing can be sealed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the keys, that of the sealing one first. They tell nothing of the keys.
    pub fn ids(&self) -> Vec<String> {
        self.0.iter().map(|key| key.id.clone()).collect()
    }

    /// The keys as a file holds them: whoever has this reads everything.
    pub fn reveal(&self) -> String {
        let line = |key: &Key| key.bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n";
        self.0.iter().map(line).collect()
    }

    fn seal(&self, place: Place<'_>, text: &str) -> Result<Option<String>, StoreError> {
        let Some(key) = self.0.first() else { return Ok(None) };
        let bytes =
            cipher(key)?.encrypt(place.headers(), text.as_bytes()).map_err(|_| place.broken("sealed"))?;
        Ok(Some(format!("{SEALED}{}:{}", key.id, URL_SAFE_NO_PAD.encode(bytes))))
    }

    fn open(&self, place: Place<'_>, sealed: &str) -> Result<String, StoreError> {
        let Some(rest) = sealed.strip_prefix(SEALED) else { return Ok(sealed.to_owned()) };
        let broken = || place.broken("opened: it was changed, or belongs elsewhere");
        let (id, coded) = rest.split_once(':').ok_or_else(broken)?;
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(|| {
            StoreError::Unavailable(format!(
                "the {} is sealed with the key {id}, which is not in the key file (docs/privacy.md, \"Keys\")",
                place.what
            ))
        })?;
        let bytes = URL_SAFE_NO_PAD.decode(coded).map_err(|_| broken())?;
        let text = cipher(key)?.decrypt(place.headers(), &bytes).map_err(|_| broken())?;
        String::from_utf8(text).map_err(|_| broken())
    }
}

fn cipher(key: &Key) -> Result<Aes256Siv, StoreError> {
    Aes256Siv::new_from_slice(&key.bytes).map_err(|_| StoreError::Corrupt(format!("key {}", key.id)))
}

/// What a sealed text begins with; the name of its key follows, then a colon.
pub(super) const SEALED: &str = "sealed:";
/// Letters of a key's name.
pub(super) const ID_LETTERS: usize = 16;

/// Where a sealed text belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// What it is.
    pub(super) what: &'static str,
    /// The id of its row.
    pub(super) id: &'a str,
}

impl Place<'_> {
    fn headers(&self) -> [&[u8]; 2] {
        [self.what.as_bytes(), self.id.as_bytes()]
    }

    fn broken(&self, done: &str) -> StoreError {
        StoreError::Corrupt(format!("the {} of {} cannot be {done}", self.what, self.id))
    }
}

thread_local! {
    static HELD: RefCell<Option<Arc<Keyring>>> = const { RefCell::new(None) };
}

/// The keys are held until this is dropped.
pub(super) struct Held(Option<Arc<Keyring>>);

/// Holds the keys of a transaction that runs on this thread.
pub(super) fn hold(keys: &Arc<Keyring>) -> Held {
    Held(HELD.replace(Some(Arc::clone(keys))))
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.set(self.0.take());
    }
}

fn held() -> Arc<Keyring> {
    HELD.with_borrow(Clone::clone).unwrap_or_default()
}

/// Seals what must never lie open.
///
/// # Errors
/// [`StoreError::NoKey`].
pub(super) fn seal_needs(id: &str, text: &str) -> Result<String, StoreError> {
    let place = Place { what: NEEDS, id };
    let padded = format!("{text:width$}", width = text.chars().count().next_multiple_of(PADDING));
    held().seal(place, &padded)?.ok_or(StoreError::NoKey)
}

/// Seals what a webhook's messages are signed with.
///
/// # Errors
/// [`StoreError::NoKey`].
pub(super) fn seal_webhook_secret(id: &str, secret: &str) -> Result<String, StoreError> {
    held().seal(Place { what: WEBHOOK_SECRET, id }, secret)?.ok_or(StoreError::NoKey)
}

/// What sealed texts are.
pub(super) const NEEDS: &str = "access needs";
pub(super) const WEBHOOK_SECRET: &str = "secret of a webhook";
pub(super) const ROUND_FILE: &str = "round file of a run";
pub(super) const SCHEDULE_FILE: &str = "schedule file of a run";
pub(super) const REPAIR_FILE: &str = "round file of a repair";
pub(super) const OPTION_FILE: &str = "schedule file of a repair";
/// Needs are made as long as a multiple of this.
const PADDING: usize = 512;

/// Seals a file; without a key there are no needs, so it holds none and is kept as it is.
pub(super) fn seal_file(place: Place<'_>, text: &str) -> Result<String, StoreError> {
    Ok(held().seal(place, text)?.unwrap_or_else(|| text.to_owned()))
}

/// Opens what was sealed.
///
/// # Errors
/// `Unavailable` where its key is not there; `Corrupt` where it was changed or belongs elsewhere.
pub(super) fn open(place: Place<'_>, sealed: &str) -> Result<String, StoreError> {
    held().open(place, sealed)
}

/// What stands for a text that must not be kept: the same under the same key, and nobody tells the text from it without
/// the key. One for each key, that of the present key first.
pub(super) fn keyed_hashes(text: &str) -> Vec<String> {
    let hash = |key: &Key| {
        let hash =
            Sha256::new().chain_update(b"pseudonym").chain_update(key.bytes).chain_update(text).finalize();
        hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    };
    held().0.iter().map(hash).collect()
}

/// The name of the key that seals; none where there is none.
pub(super) fn sealing_key() -> Option<String> {
    held().0.first().map(|key| key.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(first: u8) -> Keyring {
        Keyring::default().with_new([first; KEY_BYTES])
    }

    fn place(id: &str) -> Place<'_> {
        Place { what: NEEDS, id }
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only_and_shows_nothing() {
        let keys = ring(1);
        let sealed = keys.seal(place("a"), "step-free").expect("sealed").expect("a key");
        assert!(!sealed.contains("step"));
        assert_eq!(keys.open(place("a"), &sealed).expect("opened"), "step-free");
        assert!(matches!(keys.open(place("b"), &sealed), Err(StoreError::Corrupt(_))));
        assert!(matches!(keys.open(place("a"), &format!("{sealed}A")), Err(StoreError::Corrupt(_))));
        assert!(matches!(ring(2).open(place("a"), &sealed), Err(StoreError::Unavailable(_))));
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_opens() {
        let old = ring(1);
        let sealed = old.seal(place("a"), "x").expect("sealed").expect("a key");
        let both = old.with_new([2; KEY_BYTES]);
        assert_eq!(both.open(place("a"), &sealed).expect("opened"), "x");
        assert_eq!(both.ids().first(), ring(2).ids().first());
        assert_eq!(both.only(&[]), ring(2));
        assert_eq!(both.only(&old.ids()), both);
    }

    #[test]
    fn a_key_file_is_read_back_and_a_damaged_one_refused() {
        let both = ring(1).with_new([0xab; KEY_BYTES]);
        assert_eq!(format!("# keys\n\n{}", both.reveal()).parse(), Ok(both.clone()));
        assert!(!format!("{both:?}").contains("abab"), "no key is shown");
        for wrong in ["ab", &"g".repeat(128), &"a".repeat(127), &"é".repeat(64)] {
            assert!(wrong.parse::<Keyring>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn needs_of_different_length_are_sealed_to_the_same_length() {
        let _keys = hold(&Arc::new(ring(1)));
        let length = |text: &str| seal_needs("a", text).expect("sealed").len();
        assert_eq!(length("[\"lift\"]"), length("[\"hearing-loop\",\"quiet-room\"]"));
    }

    #[test]
    fn without_a_key_needs_are_refused() {
        assert!(matches!(seal_needs("a", "x"), Err(StoreError::NoKey)));
    }
}

//! Requests that are sent again under the same Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): carried out
//! once, answered the same.
//!
//! No permission is asked and no audit entry written here: whoever comes this far has passed the door, and what the request
//! does asks and writes for itself. Answers may hold secrets that are stored nowhere, as that of a new token: they are sealed
//! with a key made of the Idempotency-Key and the credential, neither of which is stored, so that only the same client opens
//! them.

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use chrono::{Duration, NaiveDateTime};
use sha2::{Digest, Sha256, Sha512};

use super::{App, AppError};
use crate::store::idempotency::{self, Before};
use crate::store::{StoreError, Tx};

/// How long a key stands for its request.
pub const KEPT: Duration = Duration::hours(24);
/// After so long a request that is not answered yet is taken to have died with its process.
pub const LEASE: Duration = Duration::minutes(2);

/// A request with a key.
pub struct Request {
    key_sha256: String,
    fingerprint: String,
    seal: [u8; 64],
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Request(•••)")
    }
}

impl Request {
    /// By what makes it one: its key, whose it is (the credential, or what else is secret of the requester), and all that it
    /// asks.
    pub fn new(key: &str, credential: &str, asked: &[&[u8]]) -> Self {
        // Each part with its length: no two ways to cut a text give the same hash. The key is in all of them, so that none can
        // be guessed from what was asked.
        let parts = |of: &str, more: &[&[u8]]| {
            let mut all = Vec::new();
            for part in [of.as_bytes(), key.as_bytes(), credential.as_bytes()].iter().chain(more) {
                all.extend_from_slice(part.len().to_string().as_bytes());
                all.push(b':');
                all.extend_from_slice(part);
            }
            all
        };
        let hex = |bytes: Vec<u8>| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            key_sha256: hex(parts("key", &[])),
            fingerprint: hex(parts("asked", asked)),
            seal: Sha512::digest(parts("seal", &[])).into(),
        }
    }

    fn cipher(&self) -> Aes256Siv {
        Aes256Siv::new(&self.seal.into())
    }

    fn sealed(&self, answer: &[u8]) -> Result<Vec<u8>, AppError> {
        self.cipher()
            .encrypt([self.fingerprint.as_bytes()], answer)
            .map_err(|_| AppError::Internal("an answer cannot be sealed".to_owned()))
    }

    fn opened(&self, sealed: &[u8]) -> Result<Vec<u8>, AppError> {
        self.cipher()
            .decrypt([self.fingerprint.as_bytes()], sealed)
            .map_err(|_| AppError::Internal("a kept answer cannot be opened".to_owned()))
    }
}

/// What is to be done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is carried out; it began now.
    Now(NaiveDateTime),
    /// It was carried out before, and answered this.
    Before(Vec<u8>),
    /// It is being carried out.
    InProgress,
    /// Something else was asked under the key.
    OtherRequest,
}

/// Begins a request, unless it was there before.
///
/// # Errors
/// The database's.
pub fn begin(app: &App, request: &Request) -> Result<Begun, AppError> {
    let now = app.clock.now_utc();
    let begun = app.store.write_queue(|tx| decide(tx, request, now));
    match begun {
        // Somebody sent the same at the same instant, and was first.
        Err(AppError::Store(StoreError::Duplicate { .. })) => {
            app.store.write_queue(|tx| decide(tx, request, now))
        }
        other => other,
    }
}

fn decide(tx: &mut Tx<'_>, request: &Request, now: NaiveDateTime) -> Result<Begun, AppError> {
    if let Some(before) = idempotency::find(tx, &request.key_sha256)? {
        let Before { fingerprint, begun_at, answer } = before;
        let age = now - begun_at;
        let is_over = age >= KEPT || (answer.is_none() && age >= LEASE);
        if !is_over {
            return Ok(match answer {
                _ if fingerprint != request.fingerprint => Begun::OtherRequest,
                Some(sealed) => Begun::Before(request.opened(&sealed)?),
                None => Begun::InProgress,
            });
        }
        idempotency::forget(tx, &request.key_sha256, begun_at)?;
    }
    idempotency::insert(tx, &request.key_sha256, &request.fingerprint, now)?;
    Ok(Begun::Now(now))
}

/// Keeps the answer of a request that [`begin`] began.
///
/// # Errors
/// The database's.
pub fn keep(app: &App, request: &Request, begun_at: NaiveDateTime, answer: &[u8]) -> Result<(), AppError> {
    let sealed = request.sealed(answer)?;
    app.store.write_queue(|tx| Ok(idempotency::keep(tx, &request.key_sha256, begun_at, &sealed)?))
}

/// Forgets a request that [`begin`] began, so that the next one is carried out.
///
/// # Errors
/// The database's.
pub fn forget(app: &App, request: &Request, begun_at: NaiveDateTime) -> Result<(), AppError> {
    app.store.write_queue(|tx| Ok(idempotency::forget(tx, &request.key_sha256, begun_at)?))
}

/// Forgets what is older than a day; gives how much.
///
/// # Errors
/// The database's.
pub fn forget_old(app: &App) -> Result<usize, AppError> {
    let instant = app.clock.now_utc() - KEPT;
    if !app.store.read(|db| Ok::<_, AppError>(idempotency::is_any_before(db, instant)?))? {
        return Ok(0);
    }
    app.store.write_queue(|tx| Ok(idempotency::forget_before(tx, instant)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_credential_open_an_answer() {
        let request = Request::new("key", "secret", &[b"POST", b"/v1/tokens", b"{}"]);
        let sealed = request.sealed(b"lsw_").expect("sealed");
        assert!(!sealed.windows(4).any(|part| part == b"lsw_"));
        let same = Request::new("key", "secret", &[b"POST", b"/v1/tokens", b"{}"]);
        assert_eq!(same.opened(&sealed).expect("opened"), b"lsw_");
        for other in [
            Request::new("kex", "secret", &[b"POST", b"/v1/tokens", b"{}"]),
            Request::new("key", "secrex", &[b"POST", b"/v1/tokens", b"{}"]),
            Request::new("key", "secret", &[b"POST", b"/v1/tokens", b"{} "]),
        ] {
            assert!(other.opened(&sealed).is_err());
        }
    }

    #[test]
    fn no_two_requests_look_alike() {
        let ab = Request::new("k", "c", &[b"a", b"b"]);
        let all = [
            Request::new("k", "c", &[b"ab", b""]),
            Request::new("k", "c", &[b"", b"ab"]),
            Request::new("kc", "", &[b"a", b"b"]),
        ];
        assert!(all.iter().all(|other| other.fingerprint != ab.fingerprint));
        assert_eq!(
            ab.key_sha256,
            Request::new("k", "c", &[]).key_sha256,
            "the key is the same whatever is asked"
        );
        assert_ne!(ab.key_sha256, Request::new("kc", "", &[]).key_sha256);
        assert_eq!(format!("{ab:?}"), "Request(•••)");
    }
}

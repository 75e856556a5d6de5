//! Where time and chance come from: the only place that reads the real clock and draws real random numbers.
//!
//! Tests set the clock and the seed; everything else in them is real.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Tells the time in UTC, cut to microseconds: PostgreSQL would round what SQLite keeps.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    Real,
    /// A clock that tests set, in microseconds since 1970.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at an instant until it is set again.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Clock::Fixed(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    /// Sets a fixed clock; the real one goes its own way.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Clock::Fixed(micros) = self {
            micros.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Clock::Real => Utc::now().trunc_subsecs(6),
            Clock::Fixed(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }

    /// Now, as the tables hold it.
    pub fn now_utc(&self) -> NaiveDateTime {
        self.now().naive_utc()
    }
}

/// Draws ids and secrets.
#[derive(Debug, Clone, Default)]
pub enum Chance {
    /// The operating system's random numbers.
    #[default]
    Real,
    /// A repeatable row of numbers, for tests.
    Seeded(Arc<AtomicU64>),
}

/// The random source of the operating system failed, without which nothing can be named or kept secret.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random numbers: {0}")]
pub struct NoChance(String);

impl Chance {
    /// A repeatable row that begins at a seed.
    pub fn seeded(seed: u64) -> Self {
        Chance::Seeded(Arc::new(AtomicU64::new(seed)))
    }

    /// 32 bytes.
    ///
    /// # Errors
    /// When the operating system gives none.
    pub fn bytes(&self) -> Result<[u8; 32], NoChance> {
        let mut bytes = [0; 32];
        match self {
            Chance::Real => getrandom::fill(&mut bytes).map_err(|error| NoChance(error.to_string()))?,
            Chance::Seeded(next) => {
                let number = next.fetch_add(1, Ordering::SeqCst);
                bytes.copy_from_slice(&Sha256::digest(number.to_le_bytes()));
            }
        }
        Ok(bytes)
    }

    /// A uuid v7 (RFC 9562, section 5.7) of an instant.
    ///
    /// # Errors
    /// As for [`Chance::bytes`].
    pub fn id(&self, at: DateTime<Utc>) -> Result<Uuid, NoChance> {
        let random = self.bytes()?;
        let mut tail = [0; 10];
        tail.copy_from_slice(&random[..10]);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }
}

/// A monotonic stopwatch for progress and limits, in seconds since its first use.
pub fn seconds_running() -> f64 {
    static START: OnceLock<std::time::Instant> = OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_later_instants_sort_later() {
        let chance = Chance::seeded(1);
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let first = chance.id(at("2027-01-01T00:00:00Z")).expect("an id");
        let second = chance.id(at("2027-01-01T00:00:01Z")).expect("an id");
        assert!(first < second);
        assert_eq!(first.get_version_num(), 7);
    }

    #[test]
    fn a_seeded_row_repeats() {
        assert_eq!(Chance::seeded(4).bytes().expect("bytes"), Chance::seeded(4).bytes().expect("bytes"));
    }

    #[test]
    fn the_clock_has_no_more_than_microseconds() {
        assert_eq!(Clock::Real.now().timestamp_subsec_nanos() % 1000, 0);
    }
}

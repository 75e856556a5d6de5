//! How many mails a minute go to one host: a token bucket for each domain of recipients.
//!
//! A bucket belongs to this process: several senders together send as many times as much.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Buckets by host.
#[derive(Debug)]
pub(super) struct Pace {
    buckets: DefaultKeyedRateLimiter<String>,
    /// Hosts whose bucket was found empty, and when it has a token again.
    waiting: Mutex<HashMap<String, <DefaultClock as Clock>::Instant>>,
    clock: DefaultClock,
}

impl Pace {
    /// So many mails a minute to each host, as many at once after a minute's rest.
    pub(super) fn new(per_minute: NonZeroU32) -> Self {
        let buckets = RateLimiter::keyed(Quota::per_minute(per_minute));
        Self { buckets, waiting: Mutex::default(), clock: DefaultClock::default() }
    }

    /// Whether a mail may go to this host now; then it counts.
    pub(super) fn admits(&self, host: &str) -> bool {
        let Err(not_yet) = self.buckets.check_key(&host.to_owned()) else { return true };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert(host.to_owned(), not_yet.earliest_possible());
        false
    }

    /// The hosts that have to wait now.
    pub(super) fn waiting(&self) -> Vec<String> {
        let now = self.clock.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, until| now < *until);
        waiting.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_waits_alone() {
        let pace = Pace::new(NonZeroU32::new(3).expect("not zero"));
        assert!((0..3).all(|_| pace.admits("town.example")));
        assert!(!pace.admits("town.example"));
        assert_eq!(pace.waiting(), ["town.example"]);
        assert!(pace.admits("campus.example"));
    }

    #[test]
    fn a_host_that_has_waited_is_served_again() {
        let pace = Pace::new(NonZeroU32::new(6_000).expect("not zero"));
        while pace.admits("town.example") {}
        std::thread::sleep(std::time::Duration::from_millis(30));
        assert_eq!(pace.waiting(), Vec::<String>::new());
        assert!(pace.admits("town.example"));
    }
}

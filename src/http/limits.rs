//! How often one client address and one credential may knock: for everything, with buckets of their own for open
//! sign-ups, for links to sign in and for wrong credentials; and how often one mailbox may get a mail that a stranger has
//! asked for, and one host questions about ideas. And how many rounds are looked at at once.
//!
//! A right credential is never refused because somebody behind the same address had a wrong one. Never keeps an
//! address longer than its bucket needs to fill again.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::HttpRequest;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::HttpSettings;
use super::problem::Problem;
use crate::domain::email::Email;
use crate::domain::ids::ApplicationId;
use crate::services::outlook::MOST_SECONDS;

/// How many checks pass before full buckets are thrown away.
const CHECKS_PER_SWEEP: u32 = 1_000;

#[derive(Debug)]
struct Bucket<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    checks: AtomicU32,
}

impl<K: Clone + Eq + Hash> Bucket<K> {
    fn new(quota: Quota) -> Self {
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota), checks: AtomicU32::new(0) }
    }

    fn take(&self, key: &K) -> Result<(), Problem> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_PER_SWEEP == CHECKS_PER_SWEEP - 1 {
            self.limiter.retain_recent();
        }
        self.limiter
            .check_key(key)
            .map_err(|refused| Problem::TooMany(refused.wait_time_from(DefaultClock::default().now())))
    }
}

fn per_day(most: NonZeroU32) -> Quota {
    let one = Duration::from_secs(24 * 3600) / most.get();
    Quota::with_period(one).unwrap_or(Quota::per_hour(NonZeroU32::MIN)).allow_burst(most)
}

/// How many rounds are looked at at once: each look keeps a processor busy for seconds.
const LOOKS: usize = 2;

/// The buckets of this process.
#[derive(Debug)]
pub(super) struct Limits {
    sign_ups: Bucket<IpAddr>,
    mailboxes: Bucket<String>,
    failures: Bucket<IpAddr>,
    sign_ins: Bucket<IpAddr>,
    sign_in_mailboxes: Bucket<String>,
    questions: Bucket<ApplicationId>,
    addresses: Bucket<IpAddr>,
    credentials: Bucket<String>,
    looks: Arc<Semaphore>,
    /// Longest body that is read, in bytes.
    pub(super) body_bytes: usize,
    /// How long a body may take to arrive.
    pub(super) body_time: Duration,
    trusted_proxies: usize,
}

impl Limits {
    pub(super) fn new(settings: &HttpSettings) -> Self {
        Self {
            sign_ups: Bucket::new(Quota::per_hour(settings.sign_ups_per_hour)),
            mailboxes: Bucket::new(per_day(settings.sign_ups_per_mailbox_and_day)),
            failures: Bucket::new(Quota::per_minute(settings.failed_sign_ins_per_minute)),
            sign_ins: Bucket::new(Quota::per_hour(settings.sign_in_links_per_hour)),
            sign_in_mailboxes: Bucket::new(Quota::per_hour(settings.sign_in_links_per_mailbox_and_hour)),
            questions: Bucket::new(per_day(settings.questions_per_day)),
            addresses: Bucket::new(Quota::per_minute(settings.requests_per_address_and_minute)),
            credentials: Bucket::new(Quota::per_minute(settings.requests_per_minute)),
            looks: Arc::new(Semaphore::new(LOOKS)),
            body_bytes: settings.body_bytes,
            body_time: Duration::from_secs(settings.body_seconds),
            trusted_proxies: settings.trusted_proxies,
        }
    }

    /// Counts an open sign-up: by who sends it, and by whose mailbox gets a mail of it, whatever tag it is written with.
    pub(super) fn take_sign_up(&self, client: IpAddr, address: &Email) -> Result<(), Problem> {
        self.sign_ups.take(&client)?;
        self.mailboxes.take(&address.mailbox())
    }

    /// Counts a request by where it comes from.
    pub(super) fn take_request(&self, client: IpAddr) -> Result<(), Problem> {
        self.addresses.take(&client)
    }

    /// Counts a request by the credential that it carries: the name of whoever acts by it.
    pub(super) fn take_use(&self, name: &str) -> Result<(), Problem> {
        self.credentials.take(&name.to_owned())
    }

    /// Counts a step of signing in that makes the service ask or mail somebody.
    pub(super) fn take_sign_in(&self, client: IpAddr) -> Result<(), Problem> {
        self.sign_ins.take(&client)
    }

    /// Counts a link to sign in that is asked for a mailbox, whatever tag the address is written with.
    pub(super) fn take_sign_in_mail(&self, client: IpAddr, address: &Email) -> Result<(), Problem> {
        self.take_sign_in(client)?;
        self.sign_in_mailboxes.take(&address.mailbox())
    }

    /// Counts a question to the host of an idea, by the application as which it is asked.
    pub(super) fn take_question(&self, asker: ApplicationId) -> Result<(), Problem> {
        self.questions.take(&asker)
    }

    /// Counts a wrong credential.
    pub(super) fn take_failure(&self, client: IpAddr) -> Result<(), Problem> {
        self.failures.take(&client)
    }

    /// Begins a look at a round, which lasts as long as what this gives is kept.
    pub(super) fn take_look(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let wait = Duration::from_secs(MOST_SECONDS);
        Arc::clone(&self.looks).try_acquire_owned().map_err(|_| Problem::TooMany(wait))
    }

    /// Who is counted: the peer, or what the outermost trusted proxy saw.
    pub(super) fn client(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
        let values = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
        one_subscriber(address(peer, &hops, self.trusted_proxies))
    }
}

/// Each proxy adds whom it saw at the end: with n proxies of our own, the n-th last entry is the client.
fn address(peer: IpAddr, hops: &[&str], trusted_proxies: usize) -> IpAddr {
    if trusted_proxies == 0 {
        return peer;
    }
    let seen = hops.len().checked_sub(trusted_proxies).and_then(|n| hops.get(n));
    // Some proxies write the port too; without its client's address everybody behind one would share a bucket.
    let read = |text: &&str| text.parse().or_else(|_| text.parse().map(|seen: SocketAddr| seen.ip())).ok();
    seen.and_then(read).unwrap_or(peer)
}

/// One subscriber has a whole IPv6 network of 64 bits (RFC 6177): counted as one.
fn one_subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_entries_of_trusted_proxies_are_believed() {
        let hops = ["6.6.6.6", "203.0.113.7", "10.0.0.2"];
        assert_eq!(address(ip("10.0.0.1"), &hops, 0), ip("10.0.0.1"));
        assert_eq!(address(ip("10.0.0.1"), &hops, 1), ip("10.0.0.2"));
        assert_eq!(address(ip("10.0.0.1"), &hops, 2), ip("203.0.113.7"));
        assert_eq!(address(ip("10.0.0.1"), &hops, 4), ip("10.0.0.1"));
        assert_eq!(address(ip("10.0.0.1"), &["nonsense"], 1), ip("10.0.0.1"));
        assert_eq!(address(ip("10.0.0.1"), &["203.0.113.7:50123"], 1), ip("203.0.113.7"));
        assert_eq!(address(ip("10.0.0.1"), &["[2001:db8::7]:50123"], 1), ip("2001:db8::7"));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_client() {
        assert_eq!(one_subscriber(ip("2001:db8:1:2:3::4")), one_subscriber(ip("2001:db8:1:2:ffff::1")));
        assert_ne!(one_subscriber(ip("2001:db8:1:3::4")), one_subscriber(ip("2001:db8:1:2::4")));
        assert_eq!(one_subscriber(ip("::ffff:203.0.113.7")), ip("203.0.113.7"));
    }

    #[test]
    fn another_look_begins_when_one_has_ended() {
        let limits = Limits::new(&HttpSettings::default());
        let mut looks: Vec<_> = (0..LOOKS).map(|_| limits.take_look().expect("free")).collect();
        assert!(matches!(limits.take_look(), Err(Problem::TooMany(_))));
        looks.pop();
        assert!(limits.take_look().is_ok());
    }

    #[test]
    fn a_bucket_runs_dry_for_one_client_only() {
        let bucket = Bucket::new(Quota::per_hour(NonZeroU32::MIN.saturating_add(1)));
        assert!(bucket.take(&ip("10.0.0.1")).is_ok());
        assert!(bucket.take(&ip("10.0.0.1")).is_ok());
        assert!(matches!(bucket.take(&ip("10.0.0.1")), Err(Problem::TooMany(_))));
        assert!(bucket.take(&ip("10.0.0.2")).is_ok());
    }
}

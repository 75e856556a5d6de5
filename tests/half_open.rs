//! Connections whose requests never come to an end: a thousand of them, and whoever reads is answered all the same.
//!
//! With figures: `cargo test --release --locked --test half_open -- --ignored --nocapture` (docs/reliability.md).
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it measures"
)]

#[macro_use]
mod loud;

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::panic::AssertUnwindSafe;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use support::Client;
use support::served::{Served, binary};

const CROWD: usize = 1_000;
/// So many files are open to a process at first, as many systems have it; the service asks for what it may have.
const FILES: &str = "256";

/// The beginning of a request.
fn begin(address: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_nonblocking(true).expect("non-blocking");
    stream.write_all(b"GET /v1/rounds HTTP/1.1\r\nHost: half\r\n").ok()?;
    Some(stream)
}

/// Lets one more header trickle in; says whether the connection is still there.
fn go_on(stream: &mut TcpStream) -> bool {
    let is_open = match stream.read(&mut [0; 512]) {
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    };
    is_open && stream.write_all(b"X-More: and more\r\n").is_ok()
}

/// Keeps a part of the crowd half open until told to stop; whoever is turned away comes again.
fn crowd(address: &str, size: usize, stop: &AtomicBool, (here, again): (&AtomicUsize, &AtomicUsize)) {
    let mut streams: Vec<Option<TcpStream>> = (0..size).map(|_| begin(address)).collect();
    here.fetch_add(streams.iter().flatten().count(), Ordering::SeqCst);
    while !stop.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(500));
        for slot in &mut streams {
            if !slot.as_mut().is_some_and(go_on) {
                *slot = begin(address);
                again.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

/// Reads for a while; every read is answered. Gives how long the median took.
fn median_of_reads(client: &Client, time: Duration) -> Duration {
    let (begin, mut took) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let one = Instant::now();
        client.get("/v1/rounds").expect(200);
        took.push(one.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    took.sort_unstable();
    took[took.len() / 2]
}

/// The median of reads before the crowd comes, and while it is there.
fn measure(alone: Duration, crowded: Duration) -> (Duration, Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let own = binary(folder.path(), "sqlite:data/x.db");
    let mut limited = Command::new("sh");
    let program = own.get_program();
    limited.arg("-c").arg(format!("ulimit -S -n {FILES} && exec \"$0\" \"$@\"")).arg(program);
    limited.current_dir(folder.path()).envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let (served, url) = Served::start(&mut limited);
    let client = Client::new(&url, None);
    let address = url.strip_prefix("http://").expect("http");
    let before = median_of_reads(&client, alone);
    let (stop, here, again) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let during = std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| crowd(address, CROWD / 4, &stop, (&here, &again)));
        }
        for _ in 0..600 {
            if here.load(Ordering::SeqCst) == CROWD {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let reading = std::panic::catch_unwind(AssertUnwindSafe(|| median_of_reads(&client, crowded)));
        stop.store(true, Ordering::SeqCst);
        reading.expect("reads are answered")
    });
    let (here, again) = (here.into_inner(), again.into_inner());
    eprintln!(
        "  {here} half open, {again} turned away and come again; median before {before:?}, during {during:?}"
    );
    assert_eq!(here, CROWD, "all of them came in at once");
    // A request has some seconds to arrive: nobody stays for ever.
    assert!(again >= CROWD, "only {again} were turned away");
    assert_eq!(served.terminate(), 0);
    (before, during)
}

#[test]
fn reads_are_answered_beside_a_thousand_requests_that_never_end() {
    measure(Duration::from_millis(500), Duration::from_secs(8));
}

#[test]
#[ignore = "takes a minute and a quiet machine: docs/reliability.md"]
fn reads_take_at_most_twice_as_long_beside_a_thousand_requests_that_never_end() {
    let (before, during) = measure(Duration::from_secs(15), Duration::from_secs(60));
    assert!(during <= before * 2, "the median was {before:?} and is {during:?}");
}

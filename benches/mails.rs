//! Mails a second through the outbox, beside a bare loop of lettre with as many connections, to the same mail server on
//! this machine: aiosmtpd, and one that does nothing but answer.
//!
//! On a fresh SQLite file and, where there is PostgreSQL, on that. Every mail of the outbox is claimed, looked up, written,
//! stored, sent and settled; those of the loop are written before. Exit code 1 where the outbox is slower than seven
//! tenths of the loop to aiosmtpd.
//!
//! ```sh
//! cargo bench --bench mails -- 2000
//! ```
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command that says what it measures, and ends where it cannot"
)]

#[macro_use]
#[path = "../tests/loud/mod.rs"]
mod loud;

#[path = "../tests/smtp/mod.rs"]
mod smtp;
#[path = "../tests/support/mod.rs"]
mod support;
#[path = "../tests/waiting/mod.rs"]
mod waiting;

use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use lettre::address::Envelope;
use lettre::transport::smtp::{AsyncSmtpTransport, PoolConfig};
use lettre::{AsyncTransport, Tokio1Executor};
use library_swap::domain::notice::{Notice, NoticeState};
use library_swap::domain::templates::OwnTemplates;
use library_swap::mail::{Sender, Transport, TransportSettings};
use library_swap::services::App;
use library_swap::services::outbox::{claim, give_back, prepare};
use library_swap::worker::{Stop, outbox};
use smtp::{Server, plain};
use support::{Service, for_each_service};
use waiting::{fill, notices, sign_up};

const LEAST_RATIO: f64 = 0.7;
/// Each is measured so often, in turns; the middle one counts.
const TURNS: usize = 3;

fn main() -> ExitCode {
    // Cargo adds `--bench`; without a number there is nothing to measure (`cargo test --benches`).
    let Some(mails) = std::env::args().skip(1).find_map(|word| word.parse::<u32>().ok()) else {
        eprintln!("usage: cargo bench --bench mails -- MAILS");
        return ExitCode::SUCCESS;
    };
    let Some(mut server) = Server::start("plain", Path::new(".")) else { return ExitCode::FAILURE };
    let _arrived = server.listen();
    let fast = answering();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    // A transport ends inside the runtime only.
    let _entered = runtime.enter();
    println!(
        "{:<11} {:<9} {:>11} {:>14} {:>14} {:>6}",
        "database", "server", "connections", "loop, mails/s", "outbox, mails/s", "ratio"
    );
    let least = Cell::new(f64::INFINITY);
    for_each_service(|service| {
        let name = if service.database_url().starts_with("sqlite") { "SQLite" } else { "PostgreSQL" };
        let pattern = sign_up(&service.organiser(), &service.anyone(), &service.app);
        let bytes = written(service, &pattern);
        for (what, port) in [("aiosmtpd", server.port), ("answering", fast)] {
            for connections in [1, 2, 4] {
                let settings = TransportSettings {
                    connections: NonZeroU32::new(connections).expect("not zero"),
                    timeout_seconds: 30,
                    ..plain(port)
                };
                let transport = runtime.block_on(async { Transport::open(&settings) }).expect("a transport");
                let (mut bare, mut whole) = (Vec::new(), Vec::new());
                for _ in 0..TURNS {
                    bare.push(runtime.block_on(by_loop(port, connections, mails, &bytes)));
                    whole.push(runtime.block_on(by_outbox(&service.app, &transport, &pattern, mails)));
                }
                let (bare, whole) = (middle(bare), middle(whole));
                let ratio = whole / bare;
                println!("{name:<11} {what:<9} {connections:>11} {bare:>14.0} {whole:>14.0} {ratio:>6.2}");
                if what == "aiosmtpd" {
                    least.set(least.get().min(ratio));
                }
            }
        }
    });
    if least.get() < LEAST_RATIO { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// A mail as the outbox writes it.
fn written(service: &Service, pattern: &Notice) -> Vec<u8> {
    fill(&service.app, pattern, 1);
    let claimed = claim(&service.app, "bench", 1, &[]).expect("claimed");
    let sender = Sender {
        name: service.app.settings.service_name.clone(),
        address: service.app.settings.organiser_address.clone(),
    };
    let write = |letter: &_| {
        library_swap::mail::render(letter, &sender, &OwnTemplates::default())
            .map(|mail| mail.message)
            .map_err(|error| error.to_string())
    };
    let (ready, _) = prepare(&service.app, &claimed, "bench", write).expect("written");
    give_back(&service.app, &claimed, "bench").expect("given back");
    ready.into_iter().next().expect("a mail").message
}

/// So many mails by lettre alone; mails a second.
async fn by_loop(port: u16, connections: u32, mails: u32, bytes: &[u8]) -> f64 {
    let server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(port)
        .pool_config(PoolConfig::new().max_size(connections))
        .build();
    let (from, to) = ("exchange@exchange.example", "ann@town.example");
    let envelope = Envelope::new(Some(from.parse().expect("an address")), vec![to.parse().expect("one")]);
    let envelope = envelope.expect("an envelope");
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (server, envelope, bytes) = (server.clone(), envelope.clone(), bytes.to_vec());
        tasks.spawn(async move {
            for _ in 0..mails / connections {
                server.send_raw(&envelope, &bytes).await.expect("sent");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("done");
    }
    f64::from(mails / connections * connections) / began.elapsed().as_secs_f64()
}

/// So many mails out of the outbox; mails a second.
async fn by_outbox(app: &App, transport: &Transport, pattern: &Notice, mails: u32) -> f64 {
    fill(app, pattern, usize::try_from(mails).expect("few"));
    let began = Instant::now();
    while outbox::send_due(app, transport, "bench", &Stop::new()).await.expect("a step")
        != outbox::Sent::Nothing
    {}
    let seconds = began.elapsed().as_secs_f64();
    assert!(notices(app).iter().all(|one| one.state == NoticeState::Sent), "all are sent");
    f64::from(mails) / seconds
}

/// A mail server that does nothing but answer; its port.
fn answering() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer(stream).is_ok());
        }
    });
    port
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let (mut line, mut is_data) = (Vec::new(), false);
    stream.write_all(b"220 ready\r\n")?;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if is_data {
            if line != b".\r\n" {
                continue;
            }
            is_data = false;
        } else if line.starts_with(b"DATA") {
            is_data = true;
            stream.write_all(b"354 go on\r\n")?;
            continue;
        }
        stream.write_all(b"250 yes\r\n")?;
    }
}

//! The worker, killed without warning while it sends to a real mail server (aiosmtpd): no mail is lost, and one comes
//! twice only where the server had taken it and the database did not know yet; the log says so.
//!
//! A thousand kills with counts: `cargo test --locked --test kills_worker -- --ignored --nocapture`. Told in
//! docs/reliability.md.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it did"
)]

#[macro_use]
mod loud;

mod smtp;
mod support;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use library_swap::domain::notice::NoticeState;
use library_swap::services::App;
use library_swap::services::clock::{Chance, Clock};
use library_swap::services::tokens::{FirstToken, first_token};
use library_swap::store::{Db, StoreError};
use smtp::{Arrived, Server};
use support::{Client, Database};
use waiting::{fill, notices, sign_up};

/// On each database: in full, and as a part of every run of the tests.
const KILLS: u64 = 500;
const FEW_KILLS: u64 = 4;
/// Connections of the worker; what may come twice for each kill is three for each.
const CONNECTIONS: usize = 2;
const MOST_TWICE: usize = 3 * CONNECTIONS;
/// Mails that wait when a life begins, at least.
const WAITING: usize = 60;

/// The service, until it is killed. Its log goes on in one file.
struct Life(Child);

impl Life {
    fn start(database: &Database, smtp: u16, port: u16, folder: &Path) -> Self {
        let log = File::options().append(true).create(true).open(folder.join("log")).expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_library-swap"))
            .arg("serve")
            .current_dir(folder)
            .env("LIBRARY_SWAP__DATABASE__URL", database.url())
            .env("LIBRARY_SWAP__SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("LIBRARY_SWAP__MAIL__TRANSPORT", "smtp")
            .env("LIBRARY_SWAP__MAIL__RATE_PER_MINUTE", "0")
            .env("LIBRARY_SWAP__MAIL__SMTP__HOST", "127.0.0.1")
            .env("LIBRARY_SWAP__MAIL__SMTP__PORT", smtp.to_string())
            .env("LIBRARY_SWAP__MAIL__SMTP__TLS", "none")
            .env("LIBRARY_SWAP__MAIL__SMTP__CONNECTIONS", CONNECTIONS.to_string())
            .env("LIBRARY_SWAP__LOG__FORMAT", "json")
            .env("LIBRARY_SWAP__LOG__LEVEL", "warn")
            .stderr(log)
            .spawn()
            .expect("the binary runs");
        Self(child)
    }
}

impl Life {
    fn is_over(&mut self) -> bool {
        self.0.try_wait().expect("its state").is_some()
    }
}

/// The end of the log, for a test that fails.
fn last_words(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    log.lines().rev().take(8).collect::<Vec<_>>().join("\n")
}

impl Drop for Life {
    /// SIGKILL.
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().expect("it ends");
    }
}

/// Numbers that look random; the same from the same seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Lets the leases of a dead process run out, which would take minutes.
fn let_leases_run_out(app: &App) {
    let update = "UPDATE outbox SET lease_until = '2020-01-01 00:00:00' WHERE lease_until IS NOT NULL";
    let done = app.store.write(|tx| {
        use diesel::RunQueryDsl;
        match &mut **tx {
            Db::Pg(connection) => diesel::sql_query(update).execute(connection)?,
            Db::Sqlite(connection) => diesel::sql_query(update).execute(connection)?,
        };
        Ok::<_, StoreError>(())
    });
    done.expect("time passes");
}

/// Waits until a condition holds, at most so long; says whether it does.
fn wait_until(most: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + most;
    while !holds() {
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// What has arrived, once the mail server has come to the end of what a dead sender had sent.
fn settled_copies(arrived: &Arrived) -> BTreeMap<String, usize> {
    let mut known = arrived.count();
    loop {
        std::thread::sleep(Duration::from_millis(40));
        if arrived.count() == known {
            return arrived.copies();
        }
        known = arrived.count();
    }
}

fn kill_again_and_again(kills: u64) {
    support::for_each_url(|database, _| {
        let Some(mut server) = Server::start("plain", Path::new(".")) else { return };
        let arrived = server.listen();
        let app = App {
            clock: Clock::Real,
            chance: Chance::Real,
            ..support::app_on(database, "http://exchange.example")
        };
        let token = first_token(&app, FirstToken::EvenIfSome).expect("a token");
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let url = format!("http://127.0.0.1:{port}");
        let (client, anyone) = (Client::new(&url, Some(token.secret.reveal())), Client::new(&url, None));
        let life = Life::start(database, server.port, port, folder.path());
        let answers = || anyone.try_to_send("GET", "/healthz", &[], &[]).is_ok();
        assert!(wait_until(Duration::from_secs(60), answers), "the service starts");
        let pattern = sign_up(&client, &anyone, &app);
        drop(life);

        let (began, mut draw) = (Instant::now(), Draw(0x9e37_79b9_7f4a_7c15));
        // Copies of what counts as sent: from then on none may come.
        let mut closed: BTreeMap<String, usize> = BTreeMap::new();
        let (mut most_open, mut while_sending, mut while_starting) = (0, 0, 0);
        let_leases_run_out(&app);
        for kill in 0..kills {
            fill(&app, &pattern, WAITING);
            let before = arrived.count();
            // On whatever port is free: nobody asks this life.
            let mut life = Life::start(database, server.port, 0, folder.path());
            if draw.below(10) == 0 {
                std::thread::sleep(Duration::from_millis(draw.below(600)));
                while_starting += 1;
            } else {
                let wanted = before + 1 + usize::try_from(draw.below(40)).expect("few");
                let goes =
                    wait_until(Duration::from_secs(60), || arrived.count() >= wanted || life.is_over());
                assert!(goes && !life.is_over(), "mails go (kill {kill}): {}", last_words(folder.path()));
                std::thread::sleep(Duration::from_micros(draw.below(4_000)));
                while_sending += 1;
            }
            drop(life);
            let copies = settled_copies(&arrived);
            let all = notices(&app);
            let sent: BTreeSet<&str> = all
                .iter()
                .filter(|one| one.state == NoticeState::Sent)
                .filter_map(|one| one.message_id.as_deref())
                .collect();
            let known: BTreeSet<&str> = all.iter().filter_map(|one| one.message_id.as_deref()).collect();
            for id in &sent {
                assert!(copies.contains_key(*id), "{id} is sent and never arrived (kill {kill})");
            }
            for id in copies.keys() {
                assert!(known.contains(id.as_str()), "{id} arrived and nobody knows of it (kill {kill})");
            }
            for (id, count) in &closed {
                assert_eq!(copies.get(id), Some(count), "{id} came again after it was settled (kill {kill})");
            }
            // The window: taken by the server, not settled.
            let open = copies.keys().filter(|id| !sent.contains(id.as_str())).count();
            assert!(open <= MOST_TWICE, "{open} mails in the window (kill {kill})");
            most_open = most_open.max(open);
            closed = sent.iter().map(|id| ((*id).to_owned(), copies[*id])).collect();
            let_leases_run_out(&app);
        }

        let life = Life::start(database, server.port, 0, folder.path());
        let is_done = || notices(&app).iter().all(|one| one.state == NoticeState::Sent);
        // A busy machine may keep the server from answering: then a mail waits for a minute, and for five.
        assert!(wait_until(Duration::from_secs(600), is_done), "every mail goes in the end");
        drop(life);
        let (copies, all) = (settled_copies(&arrived), notices(&app));
        let lost = all.iter().filter(|one| one.message_id.as_ref().is_none_or(|id| !copies.contains_key(id)));
        assert_eq!(lost.count(), 0, "mails are lost");
        let log = std::fs::read_to_string(folder.path().join("log")).expect("a log");
        let flags: Vec<&str> =
            log.lines().filter(|line| line.contains("a second copy is possible")).collect();
        let twice: Vec<&String> = copies.iter().filter(|(_, count)| **count > 1).map(|(id, _)| id).collect();
        for id in &twice {
            assert!(
                flags.iter().any(|line| line.contains(id.as_str())),
                "{id} came twice, and no log says so"
            );
        }
        let extra: usize = copies.values().map(|count| count - 1).sum();
        eprintln!(
            "{}: {kills} kills ({while_sending} while it sent, {while_starting} while it started) in {:.0} s: {} mails, 0 lost, \
             {} came more than once ({extra} copies, all the same and told in the log, {} times in all); at most {most_open} \
             in the window at one kill",
            database.name(),
            began.elapsed().as_secs_f64(),
            copies.len(),
            twice.len(),
            flags.len(),
        );
    });
}

#[test]
fn killed_while_it_sends_the_worker_loses_no_mail() {
    kill_again_and_again(FEW_KILLS);
}

#[test]
#[ignore = "takes minutes: docs/reliability.md"]
fn a_thousand_kills() {
    kill_again_and_again(
        std::env::var("LIBRARY_SWAP_KILLS").map_or(KILLS, |text| text.parse().expect("a number of kills")),
    );
}

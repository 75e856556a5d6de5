//! The real service, killed without warning while people use it: afterwards nothing is half done, and no mail is lost.
//!
//! On SQLite the kill falls at a write, where `strace` may trace: before the n-th page of the log, or before its sync, so
//! that commits are hit in the middle; else at some time. On PostgreSQL it falls at a commit: before the server hears of
//! it, or after it is done and before the service knows.
//!
//! Two hundred kills with counts: `cargo test --locked --test kills -- --ignored --nocapture`. Told in docs/reliability.md.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it did"
)]

#[macro_use]
mod loud;

mod evidence;
#[path = "kills/load.rs"]
mod load;
#[path = "kills/proxy.rs"]
mod proxy;
#[path = "kills/sink.rs"]
mod sink;
mod support;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use evidence::{Dumper, breaches};
use library_swap::services::App;
use library_swap::services::clock::{Chance, Clock};
use library_swap::services::tokens::{FirstToken, first_token};
use library_swap::store::{Db, StoreError};
use load::Load;
use proxy::{Proxy, Side};
use sink::Sink;
use support::Database;

/// On each database: in full, and as a part of every run of the tests.
const KILLS: u64 = 100;
const FEW_KILLS: u64 = 5;
/// A life that has not come to its write by then is ended by time.
const LONGEST_LIFE: Duration = Duration::from_secs(8);

/// Where the service dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// At that write of one of its threads to SQLite's files.
    AtWrite(u64),
    /// At that commit to PostgreSQL.
    AtCommit(u64, Side),
    /// When it is told to.
    BySignal,
}

/// The service, perhaps traced, perhaps behind somebody who watches its commits.
struct Life {
    outer: Child,
    is_traced: bool,
    _proxy: Option<Proxy>,
}

impl Life {
    /// Serves, until it dies.
    fn start(database: &Database, sink: &Sink, port: u16, folder: &Path, death: Death) -> Self {
        let binary = env!("CARGO_BIN_EXE_library-swap");
        let proxy = match death {
            Death::AtCommit(number, side) => Some(Proxy::start(&database.url(), number, side)),
            Death::AtWrite(_) | Death::BySignal => None,
        };
        let mut command = match death {
            Death::AtWrite(number) => {
                let calls = "pwrite64,fdatasync";
                let mut command = Command::new("strace");
                command.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
                command.arg(format!("trace={calls}")).arg("-e");
                command.arg(format!("inject={calls}:signal=KILL:when={number}")).arg(binary);
                command
            }
            Death::AtCommit(..) | Death::BySignal => Command::new(binary),
        };
        let outer = command
            .arg("serve")
            .current_dir(folder)
            .env(
                "LIBRARY_SWAP__DATABASE__URL",
                proxy.as_ref().map_or(database.url(), |proxy| proxy.url.clone()),
            )
            .env("LIBRARY_SWAP__SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("LIBRARY_SWAP__MAIL__TRANSPORT", "smtp")
            .env("LIBRARY_SWAP__MAIL__RATE_PER_MINUTE", "0")
            .env("LIBRARY_SWAP__MAIL__COALESCE_SECONDS", "0")
            .env("LIBRARY_SWAP__MAIL__DIGEST", "off")
            .env("LIBRARY_SWAP__MAIL__SMTP__HOST", "127.0.0.1")
            .env("LIBRARY_SWAP__MAIL__SMTP__PORT", sink.port.to_string())
            .env("LIBRARY_SWAP__MAIL__SMTP__TLS", "none")
            .env("LIBRARY_SWAP__LIMITS__SIGN_UPS_PER_HOUR", "100000")
            .env("LIBRARY_SWAP__LOG__LEVEL", "error")
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        if let Some(proxy) = &proxy {
            proxy.aim(outer.id());
        }
        Self { outer, is_traced: matches!(death, Death::AtWrite(_)), _proxy: proxy }
    }

    fn is_over(&mut self) -> bool {
        self.outer.try_wait().expect("its state").is_some()
    }

    /// SIGKILL to the service itself, and then to who traces it.
    fn kill(&mut self) {
        if self.is_traced && !self.is_over() {
            let id = self.outer.id();
            let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
            let kill = format!("kill -KILL {}", children.unwrap_or_default());
            let sent = Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
            sent.expect("a shell");
        } else {
            self.outer.kill().ok();
        }
        self.outer.wait().expect("it ends");
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Also where a check failed: nothing stays behind.
        if !self.is_over() {
            self.kill();
        }
    }
}

/// Whether `strace` is here and may trace.
fn can_trace() -> bool {
    let tried = Command::new("strace").args(["-qq", "-f", "-o", "/dev/null", "true"]).output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// Lets the leases of a dead process run out, which would take minutes.
fn let_leases_run_out(app: &App) {
    for table in ["outbox", "runs"] {
        let update =
            format!("UPDATE {table} SET lease_until = '2020-01-01 00:00:00' WHERE lease_until IS NOT NULL");
        app.store
            .write(|tx| {
                use diesel::RunQueryDsl;
                match &mut **tx {
                    Db::Pg(connection) => diesel::sql_query(&update).execute(connection)?,
                    Db::Sqlite(connection) => diesel::sql_query(&update).execute(connection)?,
                };
                Ok::<_, StoreError>(())
            })
            .expect("time passes");
    }
}

/// What must be true of the mails that have arrived; gives how many arrived, and how many twice or more.
fn check_mails(dump: &evidence::Dump, sink: &Sink) -> (usize, usize) {
    let rows = dump.rows("outbox");
    let copies = sink.copies();
    for row in rows.iter().filter(|row| row.text("state") == "sent") {
        let id = row.text("message_id");
        assert!(copies.contains_key(id), "{} is sent and never arrived", row.text("dedupe_key"));
    }
    let known: BTreeSet<&str> = rows.iter().filter_map(|row| row.get("message_id")).collect();
    for id in copies.keys() {
        assert!(known.contains(id.as_str()), "{id} arrived and nobody knows of it");
    }
    (copies.len(), copies.values().filter(|count| **count > 1).count())
}

fn kill_again_and_again(kills: u64) {
    let traces = can_trace();
    if !traces {
        skip!(
            "kills at single writes to SQLite (strace is not there or may not trace): they fall at some time"
        );
    }
    support::for_each_url(|database, _| {
        let app = App {
            clock: Clock::Real,
            chance: Chance::Real,
            ..support::app_on(database, "http://exchange.example")
        };
        let token = first_token(&app, FirstToken::EvenIfSome).expect("a token");
        let (sink, folder) = (Sink::start(), tempfile::tempdir().expect("a folder"));
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let mut load = Load::new(&format!("http://127.0.0.1:{port}"), token.secret.reveal(), &sink);
        let dumper = Dumper::new(&app);
        let (began, mut at_writes, mut by_time) = (Instant::now(), 0_u64, 0_u64);

        let mut life = Life::start(database, &sink, port, folder.path(), Death::BySignal);
        assert!(comes_up(&mut life, &mut load), "the service starts");
        load.set_up().expect("a programme");
        life.kill();

        for kill in 0..kills {
            let side = if kill % 2 == 0 { Side::Before } else { Side::After };
            let death = match database {
                // Every thread counts its own; some fall into the start, most among what people do.
                Database::Sqlite(_) if traces => Death::AtWrite(3 + kill * 37 % 150),
                Database::Sqlite(_) => Death::BySignal,
                Database::Postgres { .. } => Death::AtCommit(1 + kill * 17 % 61, side),
            };
            let mut life = Life::start(database, &sink, port, folder.path(), death);
            let is_placed = death != Death::BySignal;
            let until = Instant::now()
                + if is_placed { LONGEST_LIFE } else { Duration::from_millis(600 + kill * 97 % 2_000) };
            if comes_up(&mut life, &mut load) {
                play(&mut load, until);
            }
            // A dying process closes its connections before it has ended.
            for _ in 0..20 {
                if life.is_over() || !is_placed {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            if life.is_over() {
                at_writes += 1;
            } else {
                by_time += 1;
            }
            life.kill();
            let dump = dumper.take(&app);
            let wrong = breaches(&dump);
            assert!(wrong.is_empty(), "after kill {kill}, {death:?}:\n{}", wrong.join("\n"));
            check_mails(&dump, &sink);
            let_leases_run_out(&app);
        }

        let mut life = Life::start(database, &sink, port, folder.path(), Death::BySignal);
        assert!(comes_up(&mut life, &mut load), "the service starts after all that");
        let is_open = |dump: &evidence::Dump| {
            let waits = |state: &str| ["queued", "sending"].contains(&state);
            dump.rows("outbox").iter().any(|row| waits(row.text("state")))
        };
        let until = Instant::now() + Duration::from_secs(60);
        while is_open(&dumper.take(&app)) {
            assert!(Instant::now() < until, "mails still wait after a minute");
            std::thread::sleep(Duration::from_millis(100));
        }
        life.kill();
        let dump = dumper.take(&app);
        assert_eq!(breaches(&dump), Vec::<String>::new());
        let (mails, twice) = check_mails(&dump, &sink);
        assert!(u64::try_from(twice).expect("few") <= at_writes + by_time, "{twice} mails came twice");
        eprintln!(
            "{}: {kills} kills ({at_writes} at a write or commit, {by_time} at some time) in {:.0} s: {} requests, {} rounds played to \
             the end, {mails} mails arrived, {twice} of them twice under the same Message-ID",
            database.name(),
            began.elapsed().as_secs_f64(),
            load.requests,
            load.rounds(),
        );
    });
}

/// Waits until the service answers; false where it died before.
fn comes_up(life: &mut Life, load: &mut Load) -> bool {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        if load.is_there() {
            return true;
        }
        if life.is_over() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the service neither answers nor ends");
}

/// Uses the service until it is gone, or so long.
fn play(load: &mut Load, until: Instant) {
    while Instant::now() < until {
        match load.step() {
            Ok(true) => {}
            Ok(false) => std::thread::sleep(Duration::from_millis(20)),
            Err(load::Gone) => return,
        }
    }
}

#[test]
fn killed_while_people_use_it_nothing_is_half_done_and_no_mail_is_lost() {
    kill_again_and_again(FEW_KILLS);
}

#[test]
#[ignore = "takes minutes: docs/reliability.md"]
fn two_hundred_kills() {
    kill_again_and_again(KILLS);
}

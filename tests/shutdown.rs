//! A service that is stopped again and again while it sends: every mail arrives exactly once.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

#[macro_use]
mod loud;

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{Days, Utc};
use library_swap::domain::access_needs::AccessNeeds;
use library_swap::domain::ids::RoundId;
use library_swap::domain::permissions::{Actor, Role};
use library_swap::domain::sector::Sector;
use library_swap::services::clock::Clock;
use library_swap::services::rounds::NewRound;
use library_swap::services::sign_up::{SignUp, sign_up};
use library_swap::services::{App, employers, libraries, rounds};
use support::Database;

const MAILS: usize = 500;
const STOPS: usize = 50;

/// Python's mail server; what arrived is counted by Message-ID.
struct MailServer {
    child: Child,
    port: u16,
    arrived: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl MailServer {
    fn start() -> Option<Self> {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/smtp_server.py");
        let started = Command::new("python3")
            .arg(script)
            .arg("plain")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let absent = || {
            let required = std::env::var("LIBRARY_SWAP_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
            assert!(!required, "Python's aiosmtpd is required, and it is not there");
            skip!("Python's aiosmtpd is not there");
        };
        let Ok(mut child) = started else {
            absent();
            return None;
        };
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let Some(Ok(port)) = lines.next() else {
            child.wait().expect("it ended");
            absent();
            return None;
        };
        let arrived = Arc::new(Mutex::new(BTreeMap::new()));
        let count = arrived.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mail: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
                let id = mail["to"].as_str().expect("a recipient").to_owned();
                *count.lock().expect("a count").entry(id).or_default() += 1;
            }
        });
        Some(Self { child, port: port.parse().expect("a port"), arrived })
    }

    fn count(&self) -> usize {
        self.arrived.lock().expect("a count").values().sum()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

/// Five hundred people sign up; nobody has heard of it yet.
fn sign_everybody_up(app: &App) {
    let organiser = Actor::named("test", Role::Organiser);
    let today = Utc::now().date_naive();
    let employer = employers::create(
        app,
        &organiser,
        &"Council".parse().expect("a name"),
        &employers::Directory { domains: vec!["council.example".to_owned()], ..Default::default() },
    )
    .expect("an employer");
    let library = libraries::NewLibrary {
        reference: "town".to_owned(),
        name: "Town Library".parse().expect("a name"),
        sectors: vec![Sector::Public],
        employers: vec![employer.id],
        address: None,
        postcode: None,
        country: None,
        point: None,
        time_zone: chrono_tz::Europe::London,
        opening_hours: None,
        welcome: libraries::Welcome::default(),
    };
    libraries::create(app, &organiser, &library).expect("a library");
    let round = NewRound {
        name: "Spring".parse().expect("a name"),
        time_zone: chrono_tz::Europe::London,
        sign_up_until: today + Days::new(10),
        answer_until: today + Days::new(20),
        dates: vec![today + Days::new(30)],
        rules: None,
        release: library_swap::domain::application::ReleaseRule::Required,
    };
    let round: RoundId = rounds::create(app, &organiser, &round).expect("a round").id;
    rounds::open(app, &organiser, round).expect("open");
    for n in 0..MAILS {
        let form = SignUp {
            name: format!("Person {n}").parse().expect("a name"),
            email: format!("person.{n}@council.example").parse().expect("an address"),
            home_library: "town".to_owned(),
            employer: None,
            dates: vec![today + Days::new(30)],
            max_km: 20.0,
            manager_email: "boss@council.example".parse().expect("an address"),
            sectors: vec![],
            topics: vec![],
            needs: AccessNeeds::default(),
            avoid: vec![],
            hours: BTreeMap::new(),
            pattern: None,
            assured_until: None,
            role_title: None,
            objectives: None,
            language: None,
            privacy_version: None,
        };
        sign_up(app, &Actor::anyone(), round, &form).expect("signed up");
    }
}

fn serve(database: &Database, server: &MailServer, folder: &std::path::Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_library-swap"))
        .arg("serve")
        .current_dir(folder)
        .env("LIBRARY_SWAP__DATABASE__URL", database.url())
        .env("LIBRARY_SWAP__SERVER__LISTEN", "127.0.0.1:0")
        .env("LIBRARY_SWAP__MAIL__TRANSPORT", "smtp")
        .env("LIBRARY_SWAP__MAIL__SMTP__HOST", "127.0.0.1")
        .env("LIBRARY_SWAP__MAIL__SMTP__PORT", server.port.to_string())
        .env("LIBRARY_SWAP__MAIL__SMTP__TLS", "none")
        .env("LIBRARY_SWAP__LOG__LEVEL", "error")
        .spawn()
        .expect("the binary runs")
}

/// Waits until so many mails have arrived; whether they did within a minute.
fn wait_for(server: &MailServer, mails: usize) -> bool {
    for _ in 0..6_000 {
        if server.count() >= mails {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[test]
fn stopped_fifty_times_while_five_hundred_mails_go_out_each_arrives_exactly_once() {
    let Some(_) = MailServer::start() else { return };
    support::for_each_url(|database, _| {
        let server = MailServer::start().expect("a mail server");
        let app = App { clock: Clock::Real, ..support::app_on(database, "http://exchange.example") };
        sign_everybody_up(&app);
        let folder = tempfile::tempdir().expect("a folder");
        for stop in 1..=STOPS {
            let mut child = serve(database, &server, folder.path());
            // Some nine mails a life: the last stops still fall among mails.
            assert!(wait_for(&server, stop * MAILS / (STOPS + 5)), "mails stand still at {}", server.count());
            support::terminate(&child);
            let status = child.wait().expect("it ends");
            assert_eq!(status.code(), Some(0), "SIGTERM number {stop} did not end it in order");
        }
        let left = MAILS - server.count();
        assert!(left > 0, "every stop fell among mails that went out");
        let mut child = serve(database, &server, folder.path());
        assert!(wait_for(&server, MAILS), "{} of {MAILS} mails arrived", server.count());
        // Whatever were sent twice would come now.
        std::thread::sleep(Duration::from_secs(1));
        child.kill().expect("killed");
        child.wait().expect("ended");
        let arrived = server.arrived.lock().expect("a count");
        assert_eq!((arrived.len(), arrived.values().max()), (MAILS, Some(&1)));
    });
}

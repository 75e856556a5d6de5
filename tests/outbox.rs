//! The outbox against a real mail server (aiosmtpd), on both databases: what it answers, how fast it may be asked, what
//! happens while it takes nothing, where reports go, and whether signatures hold (dkimpy).
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

#[macro_use]
mod loud;

#[allow(dead_code, reason = "each test file uses its part")]
mod letters;
mod programme;
mod smtp;
mod support;

use std::io::Write as _;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, Duration, Utc};
use letters::{letter, sender};
use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::notice::Notice;
use library_swap::domain::party::Party;
use library_swap::domain::return_path::notice_of;
use library_swap::domain::templates::OwnTemplates;
use library_swap::mail::{DkimSettings, Tls, Transport, TransportSettings, parties};
use library_swap::services::deliveries::Which;
use library_swap::services::outbox::wait_after;
use library_swap::store::outbox as stored;
use library_swap::worker::{Stop, outbox};
use programme::{DAY, World};
use smtp::{Server, plain, protected};
use support::{Log, Service, for_each_service};

const OURS: &str = "exchange@exchange.example";

/// The service's worker, step by step, with one mail server.
struct Sender<'a> {
    service: &'a Service,
    runtime: tokio::runtime::Runtime,
    /// Always there; taken when it ends, because its connections end inside the runtime only.
    transport: Option<Transport>,
    log: Log,
}

impl Drop for Sender<'_> {
    fn drop(&mut self) {
        let _entered = self.runtime.enter();
        drop(self.transport.take());
    }
}

impl<'a> Sender<'a> {
    fn new(service: &'a Service, settings: &TransportSettings) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let transport = runtime.block_on(async { Transport::open(settings) }).expect("a transport");
        Self { service, runtime, transport: Some(transport), log: Log::default() }
    }

    fn step(&self) -> outbox::Sent {
        let log = self.log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone()).finish();
        let app = self.service.app.clone();
        let transport = self.transport.as_ref().expect("a transport");
        // Settling logs on a thread of its own; what is logged there is seen in the states.
        tracing::subscriber::with_default(subscriber, || {
            self.runtime.block_on(outbox::send_due(&app, transport, "test", &Stop::new())).expect("a step")
        })
    }

    fn notices(&self) -> Vec<Notice> {
        self.service.app.store.read(|db| stored::list(db, &Which::default(), None, 1_000)).expect("a list")
    }

    fn one(&self) -> Notice {
        let notices = self.notices();
        assert_eq!(notices.len(), 1);
        notices.into_iter().next().expect("one")
    }

    fn counts(&self) -> serde_json::Value {
        self.service.organiser().get("/v1/deliveries/counts").expect(200)
    }

    fn set_clock(&self, instant: DateTime<Utc>) {
        self.service.app.clock.set(instant);
    }

    fn now(&self) -> DateTime<Utc> {
        self.service.app.clock.now()
    }
}

fn is_answer(notice: &Notice, words: &str) -> bool {
    notice.last_answer.as_deref().is_some_and(|answer| answer.starts_with(words) && !answer.contains("town"))
}

#[test]
fn a_greylisted_mail_goes_at_its_second_attempt_a_refused_one_is_given_up_and_both_keep_the_code() {
    for_each_service(|service| {
        let Some(mut server) = Server::start("plain", Path::new(".")) else { return };
        let sender = Sender::new(service, &plain(server.port));
        let world = World::new(service);
        world.sign_up_as("greylisted", "town", DAY);
        assert_eq!(sender.step(), outbox::Sent::All, "what the server says of one mail holds up no other");
        let first = sender.one();
        assert_eq!((first.state.as_str(), first.attempts), ("queued", 1));
        assert!(is_answer(&first, "451 4.7.1 <…> greylisted"), "{:?}", first.last_answer);
        let wait = wait_after(first.id.uuid(), 1).expect("a wait");
        assert!((wait - Duration::minutes(1)).abs() <= Duration::seconds(12), "{wait}");
        assert_eq!(first.next_attempt_at, (sender.now() + wait).naive_utc());
        sender.set_clock(sender.now() + wait - Duration::milliseconds(1));
        assert_eq!(sender.step(), outbox::Sent::Nothing, "not before its time");
        sender.set_clock(sender.now() + Duration::milliseconds(1));
        assert_eq!(sender.step(), outbox::Sent::All);
        let sent = sender.one();
        assert_eq!((sent.state.as_str(), sent.attempts), ("sent", 2));
        assert_eq!(sent.message_id, first.message_id);
        assert!(is_answer(&sent, "250 2.0.0 queued as 42"), "{:?}", sent.last_answer);
        assert_eq!(server.received()["to"], "greylisted@town.example");

        world.sign_up_as("unknown", "town", DAY);
        sender.step();
        let refused = sender.notices().pop().expect("one");
        assert_eq!((refused.state.as_str(), refused.attempts), ("gave_up", 1));
        assert!(is_answer(&refused, "550 5.1.1 <…> no such user"), "{:?}", refused.last_answer);
        assert_eq!(sender.counts()["gave_up"], 1);
        assert_eq!(sender.log.count("given up"), 1);
        assert_eq!(
            sender.log.count("@town.example"),
            sender.log.count("…@town.example"),
            "addresses are masked"
        );
    });
}

#[test]
fn a_mail_whose_answer_was_lost_goes_again_as_the_same_and_the_log_says_that_it_may_come_twice() {
    for_each_service(|service| {
        let Some(mut server) = Server::start("plain", Path::new(".")) else { return };
        let sender = Sender::new(service, &plain(server.port));
        let world = World::new(service);
        // In the middle of DATA: nothing has arrived, but nobody can know.
        world.sign_up_as("half", "town", DAY);
        assert_eq!(sender.step(), outbox::Sent::Some);
        let half = sender.one();
        assert_eq!((half.state.as_str(), half.attempts), ("queued", 1));
        assert_eq!(sender.log.count("a second copy is possible"), 1);
        // After the final dot: it has arrived.
        world.sign_up_as("late", "town", DAY);
        assert_eq!(sender.step(), outbox::Sent::Some);
        assert_eq!(sender.log.count("a second copy is possible"), 2);
        let first = server.received();
        sender.set_clock(sender.now() + Duration::minutes(2));
        while sender.step() != outbox::Sent::Nothing {}
        let late = sender.notices().pop().expect("one");
        assert_eq!((late.state.as_str(), late.attempts), ("sent", 2));
        let second = server.received();
        assert_eq!(first, second, "the same bytes under the same Message-ID");
        let id = late.message_id.expect("an id");
        assert!(sender.log.count(&id) >= 1, "the flag names the message");
    });
}

#[test]
fn while_the_account_is_refused_mail_is_paused_and_none_loses_an_attempt() {
    for_each_service(|service| {
        let folder = tempfile::tempdir().expect("a folder");
        let Some(mut server) = Server::start("starttls", folder.path()) else { return };
        let good = protected(server.port, Tls::Starttls, folder.path());
        let world = World::new(service);
        for who in ["ann", "bob", "cyd"] {
            world.sign_up_as(who, "town", DAY);
        }
        let locked = folder.path().join("locked");
        std::fs::write(&locked, "").expect("written");
        let sender = Sender::new(
            service,
            &TransportSettings { connections: NonZeroU32::new(3).expect("3"), ..good.clone() },
        );
        let untouched = |what: &str| {
            for notice in sender.notices() {
                assert_eq!((notice.state.as_str(), notice.attempts), ("queued", 0), "{what}");
            }
        };
        assert_eq!(sender.step(), outbox::Sent::Some);
        untouched("refused");
        let paused = sender.counts()["paused"].clone();
        assert!(paused["answer"].as_str().is_some_and(|answer| answer.starts_with("535 ")), "{paused}");
        assert_eq!(sender.step(), outbox::Sent::Nothing, "it is not asked again at once");
        // Tried again after 1, 2, 5, 15 and 30 minutes, from then on every 30, by one mail each.
        for minutes in [1, 2, 5, 15, 30, 30] {
            sender.set_clock(sender.now() + Duration::minutes(minutes) - Duration::seconds(1));
            assert_eq!(sender.step(), outbox::Sent::Nothing, "{minutes}");
            sender.set_clock(sender.now() + Duration::seconds(1));
            assert_eq!(sender.step(), outbox::Sent::Some, "{minutes}");
            untouched("tried again");
        }
        // An authority that nobody knows is the same: nothing is the mails' matter.
        let stranger = Sender::new(service, &TransportSettings { ca_file: None, ..good });
        sender.set_clock(sender.now() + Duration::minutes(30));
        assert_eq!(stranger.step(), outbox::Sent::Some);
        untouched("unknown authority");
        let answer = sender.counts()["paused"]["answer"].as_str().expect("words").to_owned();
        assert!(answer.contains("certificate"), "{answer}");
        assert_eq!(paused["since"], sender.counts()["paused"]["since"], "it is one pause");

        std::fs::remove_file(&locked).expect("removed");
        sender.set_clock(sender.now() + Duration::minutes(30));
        assert_eq!(sender.step(), outbox::Sent::All, "one mail finds out");
        assert!(sender.counts()["paused"].is_null());
        while sender.step() != outbox::Sent::Nothing {}
        for notice in sender.notices() {
            assert_eq!((notice.state.as_str(), notice.attempts), ("sent", 1));
        }
        for _ in 0..3 {
            server.received();
        }
    });
}

#[test]
fn a_host_that_has_had_its_mails_of_the_minute_waits_and_no_other_does() {
    for_each_service(|service| {
        let Some(server) = Server::start("plain", Path::new(".")) else { return };
        let settings = TransportSettings { rate_per_minute: NonZeroU32::new(2), ..plain(server.port) };
        let sender = Sender::new(service, &settings);
        let world = World::new(service);
        for who in ["ann", "bob", "cyd", "dai", "eva"] {
            world.sign_up_as(who, "town", DAY);
        }
        assert_eq!(sender.step(), outbox::Sent::Some);
        assert_eq!(sender.step(), outbox::Sent::Nothing, "the others are not even claimed");
        for who in ["ann", "bob"] {
            world.sign_up_as(who, "campus", DAY);
        }
        assert_eq!(sender.step(), outbox::Sent::All);
        let of = |host: &str, state: &str| {
            let is_it = |one: &&Notice| one.recipient.domain() == host && one.state.as_str() == state;
            sender.notices().iter().filter(is_it).count()
        };
        assert_eq!((of("town.example", "sent"), of("town.example", "queued")), (2, 3));
        assert_eq!(of("campus.example", "sent"), 2);
        for notice in sender.notices().iter().filter(|one| one.state.as_str() == "queued") {
            assert_eq!((notice.attempts, &notice.message_id), (0, &None), "it was not begun");
        }
    });
}

#[test]
fn a_return_path_names_its_notice_where_that_is_wanted() {
    for_each_service(|service| {
        let Some(mut server) = Server::start("plain", Path::new(".")) else { return };
        let world = World::new(service);
        world.sign_up_as("ann", "town", DAY);
        let sender = Sender::new(service, &TransportSettings { verp: true, ..plain(server.port) });
        sender.step();
        let received = server.received();
        let from = received["from"].as_str().expect("a sender");
        assert_eq!(notice_of(from, OURS), Some(sender.one().id), "{from}");
        world.sign_up_as("bob", "town", DAY);
        Sender::new(service, &plain(server.port)).step();
        assert_eq!(server.received()["from"], OURS);
    });
}

/// The judge of signatures; none where Python or a library is missing, which is a failure where Python is required.
fn judge(arguments: &[&str], input: &str) -> Option<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/dkim_judge.py");
    let mut child = Command::new("python3")
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python");
    let mut standard_input = child.stdin.take().expect("its input");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || standard_input.write_all(input.as_bytes()).is_ok());
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("written");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() == Some(3) {
        assert!(std::env::var_os("LIBRARY_SWAP_REQUIRE_PYTHON").is_none(), "no judge: {words}");
        skip!("no judge of signatures in Python: {words}");
        return None;
    }
    assert!(output.status.success(), "{words}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

/// Every notice, as it carries its invitation and without, also with what headers have to fold or encode.
fn samples() -> Vec<Letter> {
    let mut samples = Vec::new();
    for kind in NoticeKind::ALL {
        for party in parties(*kind) {
            let usual = letter(*kind, *party);
            if usual.invitation.is_some() {
                samples.push(Letter { invitation: None, ..usual.clone() });
            }
            samples.push(usual);
        }
    }
    let odd = letter(NoticeKind::Confirmed, Party::Participant);
    let long = "Siân 👩‍🏫 Ŵyn-Jones, ".repeat(15);
    samples.push(Letter { to_name: Some(long.clone()), round_name: long, ..odd });
    samples
}

#[test]
fn signed_mails_of_every_kind_verify_after_a_real_server_has_taken_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let shown = folder.path().display().to_string();
    if judge(&["make", &shown], "").is_none() {
        return;
    }
    let Some(mut server) = Server::start("plain", Path::new(".")) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _entered = runtime.enter();
    for key in ["rsa", "ed25519"] {
        let dkim = DkimSettings {
            selector: "swap".to_owned(),
            domain: "exchange.example".to_owned(),
            key_file: path(&format!("{key}.key")),
        };
        let settings = TransportSettings { dkim: Some(dkim), ..plain(server.port) };
        let transport = runtime.block_on(async { Transport::open(&settings) }).expect("a transport");
        let samples = samples();
        let mut lines = String::new();
        for letter in &samples {
            let message = transport.write(letter, &sender(), &OwnTemplates::default()).expect("written");
            let sent = transport.send(OURS, &letter.to_address, &letter.message_id, "x", &message);
            runtime.block_on(sent).expect("sent");
            lines.push_str(server.received()["message"].as_str().expect("base64"));
            lines.push('\n');
        }
        let record = path(&format!("{key}.txt")).display().to_string();
        let judged = judge(&["judge", &record, "exchange.example"], &lines).expect("a judge");
        assert_eq!(judged.lines().count(), samples.len());
        for (verdict, letter) in judged.lines().zip(&samples) {
            assert!(
                verdict.starts_with("pass "),
                "{key}, {} to the {}: {verdict}",
                letter.kind,
                letter.party
            );
            let signed = verdict.to_lowercase();
            assert!(!signed.contains("content-type"), "{signed}");
            for name in
                ["from", "to", "subject", "date", "message-id", "auto-submitted", "list-unsubscribe-post"]
            {
                assert!(signed.contains(name), "{name} is not signed: {signed}");
            }
        }
        // The judge can say no: by the other key's record.
        let other = path(if key == "rsa" { "ed25519.txt" } else { "rsa.txt" }).display().to_string();
        let first = lines.lines().next().expect("a line");
        let judged = judge(&["judge", &other, "exchange.example"], first).expect("a judge");
        assert!(judged.starts_with("fail"), "{judged}");
    }
}

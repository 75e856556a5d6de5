//! Ways for mail to leave: a real SMTP server in Python with its moods, servers that are no use, folder and memory.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

#[macro_use]
mod loud;

mod smtp;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use library_swap::domain::password::Password;
use library_swap::mail::{
    DkimSettings, SendClass, SendError, Tls, Transport, TransportKind, TransportSettings,
};
use smtp::{Server, plain, protected};

const MESSAGE: &[u8] =
    b"From: <exchange@exchange.example>\r\nTo: <ann@library.example>\r\nSubject: x\r\n\r\n.dot\r\n";

async fn send(transport: &Transport, to: &str) -> Result<String, SendError> {
    transport.send("exchange@exchange.example", to, "<1@exchange.example>", "proposal", MESSAGE).await
}

/// A server of one answer to everything, for as long as the test runs.
fn server_that_says(greeting: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            if stream.write_all(greeting.as_bytes()).is_ok() {
                let mut lines = BufReader::new(stream.try_clone().expect("a clone"));
                let mut line = String::new();
                // Empty line: the client is gone.
                while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
                    line.clear();
                }
            }
        }
    });
    port
}

#[tokio::test]
async fn a_willing_server_gets_the_bytes_as_they_are() {
    let Some(mut server) = Server::start("plain", Path::new(".")) else { return };
    let transport = Transport::open(&plain(server.port)).expect("opens");
    assert!(transport.check().await.expect("answers").contains("answers"));
    let answer = send(&transport, "ann@library.example").await.expect("sent");
    assert!(answer.starts_with("250"), "{answer}");
    let received = server.received();
    assert_eq!(
        (&received["from"], &received["to"]),
        (&"exchange@exchange.example".into(), &"ann@library.example".into())
    );
    // A line that begins with a dot arrives with its one dot.
    assert_eq!(received["message"], base64(MESSAGE));
}

/// Enough of base64 to compare with what Python gives.
fn base64(bytes: &[u8]) -> String {
    let output = Command::new("python3")
        .args(["-c", "import sys,base64;print(base64.b64encode(bytes.fromhex(sys.argv[1])).decode(),end='')"])
        .arg(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        .output();
    String::from_utf8(output.expect("Python").stdout).expect("ASCII")
}

#[tokio::test]
async fn only_a_refusal_of_this_very_message_is_permanent() {
    let Some(server) = Server::start("plain", Path::new(".")) else { return };
    let settings = TransportSettings { timeout_seconds: 2, ..plain(server.port) };
    let transport = Transport::open(&settings).expect("opens");
    for (to, class, word) in [
        ("unknown@library.example", SendClass::Permanent, "550"),
        ("toobig@library.example", SendClass::Permanent, "552"),
        ("busy@library.example", SendClass::Retry, "451"),
        ("half@library.example", SendClass::Unheard, ""),
        ("dropped@library.example", SendClass::Unheard, ""),
        ("silent@library.example", SendClass::Unheard, "within 2 s"),
    ] {
        let error = send(&transport, to).await.expect_err(to);
        assert_eq!(error.class, class, "{to}: {error}");
        assert!(error.words.contains(word), "{to}: {error}");
        assert!(!error.words.contains("library.example"), "an address in {error}");
        // What a server said stands there as it said it, with its code first.
        let said = matches!(error.class, SendClass::Permanent | SendClass::Retry);
        assert_eq!(error.words.starts_with(&format!("{word} ")), said, "{to}: {error}");
    }
    // After all that the next message goes through.
    send(&transport, "ann@library.example").await.expect("sent");
}

#[tokio::test]
async fn a_server_that_refuses_everybody_says_nothing_about_the_message() {
    for (greeting, class) in [
        ("554 5.7.1 go away\r\n", SendClass::Away),
        ("421 busy\r\n", SendClass::Away),
        ("what?\r\n", SendClass::Unheard),
        ("", SendClass::Unheard),
    ] {
        let settings = TransportSettings { timeout_seconds: 1, ..plain(server_that_says(greeting)) };
        let transport = Transport::open(&settings).expect("opens");
        let error = send(&transport, "ann@library.example").await.expect_err(greeting);
        assert_eq!(error.class, class, "{greeting:?}: {error}");
        assert_eq!(transport.check().await.expect_err(greeting).class, SendClass::Away);
    }
}

#[tokio::test]
async fn a_refused_connection_is_tried_again() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let transport = Transport::open(&plain(free)).expect("opens");
    let error = send(&transport, "ann@library.example").await.expect_err("nobody is there");
    assert_eq!(error.class, SendClass::Away, "{error}");
    assert!(error.words.to_lowercase().contains("refused"), "{error}");
    let checked = transport.check().await.expect_err("nobody is there");
    assert!(checked.words.contains(&format!("127.0.0.1:{free}")), "{checked}");
}

#[tokio::test]
async fn both_kinds_of_tls_with_an_own_authority_and_a_user_work_and_nothing_less_does() {
    for (mode, tls) in [("starttls", Tls::Starttls), ("implicit", Tls::Implicit)] {
        let folder = tempfile::tempdir().expect("a folder");
        let Some(mut server) = Server::start(mode, folder.path()) else { return };
        let good = protected(server.port, tls, folder.path());
        let transport = Transport::open(&good).expect("opens");
        send(&transport, "ann@library.example").await.expect("sent");
        assert_eq!(server.received()["tls"], true);
        let other = if tls == Tls::Starttls { Tls::Implicit } else { Tls::Starttls };
        for (what, settings, words) in [
            ("an unknown authority", TransportSettings { ca_file: None, ..good.clone() }, "certificate"),
            (
                "a wrong password",
                TransportSettings { password: Some(Password::new("wr0ng".to_owned())), ..good.clone() },
                "535 ",
            ),
            ("no user", TransportSettings { user: None, password: None, ..good.clone() }, "530 "),
            ("another name", TransportSettings { host: Some("127.0.0.1".to_owned()), ..good.clone() }, ""),
        ] {
            let transport = Transport::open(&settings).expect("opens");
            let error = send(&transport, "ann@library.example").await.expect_err(what);
            assert!(!error.words.contains("wr0ng") && !error.words.contains("library.example"), "{error}");
            assert!(error.words.to_lowercase().contains(words), "{mode}, {what}: {error}");
            assert_eq!(error.class, SendClass::Blocked, "{mode}, {what}: {error}");
        }
        for tls in [Tls::None, other] {
            let settings =
                TransportSettings { tls, user: None, password: None, timeout_seconds: 2, ..good.clone() };
            let transport = Transport::open(&settings).expect("opens");
            let error = send(&transport, "ann@library.example").await.expect_err("the wrong protection");
            assert_ne!(error.class, SendClass::Permanent, "{mode}, {tls}: {error}");
        }
    }
}

#[tokio::test]
async fn a_server_that_offers_no_starttls_gets_neither_mail_nor_password() {
    // Also what somebody in between makes of one that does: the offer is stripped.
    let Some(mut server) = Server::start("plain", Path::new(".")) else { return };
    let settings = TransportSettings {
        tls: Tls::Starttls,
        user: Some("swap".to_owned()),
        password: Some(Password::new("secret".to_owned())),
        ..plain(server.port)
    };
    let transport = Transport::open(&settings).expect("opens");
    let error = send(&transport, "ann@library.example").await.expect_err("refused");
    assert_eq!(error.class, SendClass::Blocked, "{error}");
    assert!(error.words.contains("STARTTLS"), "{error}");
    let open = Transport::open(&plain(server.port)).expect("opens");
    send(&open, "bob@library.example").await.expect("sent");
    assert_eq!(server.received()["to"], "bob@library.example", "nothing else has arrived");
}

#[tokio::test]
async fn a_key_that_is_none_is_told_by_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let pkcs8 = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n";
    let cut = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n";
    for (name, text, words) in [
        ("absent", None, "No such file"),
        ("empty", Some(""), "neither"),
        ("pkcs8", Some(pkcs8), "-traditional"),
        ("cut", Some(cut), "neither"),
        ("short", Some("c2hvcnQ="), "neither"),
    ] {
        let key_file = folder.path().join(name);
        if let Some(text) = text {
            std::fs::write(&key_file, text).expect("written");
        }
        let dkim = DkimSettings { selector: "s".to_owned(), domain: "x.example".to_owned(), key_file };
        let error = Transport::open(&TransportSettings { dkim: Some(dkim), ..plain(25) }).expect_err(name);
        assert!(error.contains("mail.dkim.key_file") && error.contains(name), "{error}");
        assert!(error.contains(words), "{name}: {error}");
        assert!(!error.contains("MIIE") && !error.contains("c2hvcnQ"), "a key in {error}");
    }
}

#[tokio::test]
async fn settings_that_would_leak_or_cannot_work_are_refused_by_name() {
    let base = plain(25);
    for (settings, named) in [
        (
            TransportSettings { host: Some("mail.library.example".to_owned()), ..base.clone() },
            "mail.smtp.tls",
        ),
        (
            TransportSettings { host: Some("127.0.0.1.library.example".to_owned()), ..base.clone() },
            "mail.smtp.tls",
        ),
        (TransportSettings { host: None, ..base.clone() }, "mail.smtp.host"),
        (TransportSettings { user: Some("u".to_owned()), ..base.clone() }, "mail.smtp.password"),
        (
            TransportSettings { password: Some(Password::new("p".to_owned())), ..base.clone() },
            "mail.smtp.user",
        ),
        (TransportSettings { timeout_seconds: 0, ..base.clone() }, "mail.smtp.timeout_seconds"),
        (
            TransportSettings { tls: Tls::Implicit, ca_file: Some("absent.pem".into()), ..base.clone() },
            "mail.smtp.ca_file absent.pem",
        ),
    ] {
        let error = Transport::open(&settings).expect_err(named);
        assert!(error.contains(named), "{error}");
    }
    for host in ["127.0.0.1", "::1", "localhost"] {
        let settings = TransportSettings { host: Some(host.to_owned()), ..base.clone() };
        assert!(Transport::open(&settings).is_ok(), "{host}");
    }
}

#[tokio::test]
async fn settings_and_transports_show_no_password() {
    let settings = TransportSettings {
        user: Some("swap".to_owned()),
        password: Some(Password::new("hunter2".to_owned())),
        ..plain(25)
    };
    let transport = Transport::open(&settings).expect("opens");
    assert!(!format!("{settings:?} {transport:?}").contains("hunter2"));
}

#[test]
fn outside_the_runtime_a_mail_server_is_refused_and_not_a_panic() {
    assert!(Transport::open(&plain(25)).expect_err("refused").contains("runtime"));
}

#[tokio::test]
async fn files_are_whole_messages_with_their_invitation_beside_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = TransportSettings {
        folder: Some(folder.path().join("mail")),
        ..TransportSettings::of(TransportKind::Files)
    };
    let transport = Transport::open(&settings).expect("opens");
    assert!(transport.check().await.is_ok());
    send(&transport, "ann@library.example").await.expect("written");
    let ics = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";
    let with_invitation = format!(
        "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: \
         application/ics\r\nContent-Disposition: attachment; filename=\"invite.ics\"\r\n\r\n{ics}\r\n--b--\r\n"
    );
    let sent = transport.send(
        "a@b.example",
        "c@d.example",
        "<2@e.example>",
        "confirmed",
        with_invitation.as_bytes(),
    );
    assert_eq!(sent.await.expect("written"), "written to 000002-confirmed-2_e.example.eml");
    let mut names: Vec<String> = std::fs::read_dir(folder.path().join("mail"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "000001-proposal-1_exchange.example.eml",
            "000002-confirmed-2_e.example.eml",
            "000002-confirmed-2_e.example.ics"
        ]
    );
    let read = |name: &String| std::fs::read(folder.path().join("mail").join(name)).expect("read");
    assert_eq!(read(&names[0]), MESSAGE);
    assert_eq!(read(&names[2]), ics.as_bytes());
    std::fs::remove_dir_all(folder.path().join("mail")).expect("removed");
    let error = send(&transport, "ann@library.example").await.expect_err("no folder");
    assert_eq!(error.class, SendClass::Away);
    assert!(transport.check().await.is_err());
}

#[tokio::test]
async fn memory_keeps_messages_in_order_for_every_clone() {
    let transport = Transport::open(&TransportSettings::of(TransportKind::Memory)).expect("opens");
    let Transport::Memory(memory) = transport.clone() else { panic!("not memory") };
    send(&transport, "ann@library.example").await.expect("kept");
    send(&transport, "bob@library.example").await.expect("kept");
    let sent = memory.sent();
    assert_eq!(
        sent.iter().map(|sent| sent.to.as_str()).collect::<Vec<_>>(),
        ["ann@library.example", "bob@library.example"]
    );
    assert_eq!((sent[0].kind.as_str(), sent[0].message.as_slice()), ("proposal", MESSAGE));
}

//! aiosmtpd as a real mail server with its moods: `tests/python/smtp_server.py`.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use library_swap::domain::password::Password;
use library_swap::mail::{Tls, TransportKind, TransportSettings};

/// The Python server; it ends with its standard input.
pub struct Server {
    child: Child,
    output: Option<BufReader<ChildStdout>>,
    pub port: u16,
}

impl Server {
    /// None when Python or a library is missing, which is a failure where Python is required.
    pub fn start(mode: &str, folder: &Path) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/smtp_server.py");
        let child = Command::new("python3")
            .arg(script)
            .arg(mode)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let missing = match child {
            Ok(mut child) => {
                let mut output = BufReader::new(child.stdout.take().expect("its output"));
                let mut line = String::new();
                output.read_line(&mut line).expect("a line");
                if let Ok(port) = line.trim().parse() {
                    return Some(Self { child, output: Some(output), port });
                }
                let mut words = String::new();
                child.stderr.take().expect("its errors").read_to_string(&mut words).expect("UTF-8");
                assert_eq!(child.wait().expect("ended").code(), Some(3), "{words}");
                words
            }
            Err(error) => error.to_string(),
        };
        assert!(std::env::var_os("LIBRARY_SWAP_REQUIRE_PYTHON").is_none(), "no mail server: {missing}");
        skip!("no mail server in Python: {missing}");
        None
    }

    /// What the server took last.
    pub fn received(&mut self) -> serde_json::Value {
        let mut line = String::new();
        let output = self.output.as_mut().expect("nobody else listens");
        output.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Server {
    /// Listens from now on, and keeps what the server takes.
    pub fn listen(&mut self) -> Arrived {
        let output = self.output.take().expect("nobody else listens");
        let arrived = Arrived::default();
        let keeper = arrived.clone();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let mail = serde_json::from_str(&line).expect("JSON");
                keeper.0.lock().expect("a list").push(mail);
            }
        });
        arrived
    }
}

/// What a server has taken, in order.
#[derive(Clone, Default)]
pub struct Arrived(Arc<Mutex<Vec<serde_json::Value>>>);

impl Arrived {
    /// How many messages.
    pub fn count(&self) -> usize {
        self.0.lock().expect("a list").len()
    }

    /// Copies by Message-ID. Copies are equal to the byte.
    pub fn copies(&self) -> BTreeMap<String, usize> {
        let mut copies: BTreeMap<String, (usize, serde_json::Value)> = BTreeMap::new();
        for mail in self.0.lock().expect("a list").iter() {
            let id = mail["id"].as_str().expect("a Message-ID").to_owned();
            let known = copies.entry(id).or_insert_with(|| (0, mail["message"].clone()));
            known.0 += 1;
            assert_eq!(known.1, mail["message"], "two different mails are {}", mail["id"]);
        }
        copies.into_iter().map(|(id, (count, _))| (id, count)).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

/// Settings for a server on this machine without protection.
pub fn plain(port: u16) -> TransportSettings {
    TransportSettings {
        host: Some("127.0.0.1".to_owned()),
        port: Some(port),
        tls: Tls::None,
        timeout_seconds: 5,
        ..TransportSettings::of(TransportKind::Smtp)
    }
}

/// Settings for the server of a mode with TLS, whose authority is in a folder.
pub fn protected(port: u16, tls: Tls, folder: &Path) -> TransportSettings {
    TransportSettings {
        host: Some("localhost".to_owned()),
        tls,
        user: Some("swap".to_owned()),
        password: Some(Password::new("secret".to_owned())),
        ca_file: Some(folder.join("ca.pem")),
        ..plain(port)
    }
}

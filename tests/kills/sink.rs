//! A mail server of a few lines: takes everything, outlives the service, and keeps what arrived.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use mail_parser::MessageParser;

/// A message as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    pub message_id: String,
    pub bytes: Vec<u8>,
    /// The secret of its link.
    pub secret: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Sink {
    pub port: u16,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let sink = Self {
            port: listener.local_addr().expect("an address").port(),
            arrived: Arc::new(Mutex::new(Vec::new())),
        };
        let keeper = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sink = keeper.clone();
                // A sender that is killed breaks its own connection only.
                std::thread::spawn(move || sink.serve(stream).is_ok());
            }
        });
        sink
    }

    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?);
        let mut line = Vec::new();
        stream.write_all(b"220 sink\r\n")?;
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            match line.get(..4).unwrap_or_default() {
                b"DATA" => {
                    stream.write_all(b"354 go on\r\n")?;
                    let mut bytes = Vec::new();
                    loop {
                        line.clear();
                        if lines.read_until(b'\n', &mut line)? == 0 {
                            return Ok(());
                        }
                        if line == b".\r\n" {
                            break;
                        }
                        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                    }
                    // Taken before the answer: a sender that dies in between sends it again.
                    self.keep(bytes);
                    stream.write_all(b"250 taken\r\n")?;
                }
                b"QUIT" => {
                    stream.write_all(b"221 bye\r\n")?;
                    return Ok(());
                }
                _ => stream.write_all(b"250 yes\r\n")?,
            }
        }
    }

    fn keep(&self, bytes: Vec<u8>) {
        let message = MessageParser::default().parse(&bytes).expect("a mail");
        let message_id = format!("<{}>", message.message_id().expect("a Message-ID"));
        let text = message.body_text(0).expect("a text").into_owned();
        let secret = text
            .split_once("/links/")
            .map(|(_, rest)| rest.chars().take_while(char::is_ascii_hexdigit).collect());
        drop(message);
        self.arrived.lock().expect("a list").push(Arrived { message_id, bytes, secret });
    }

    /// Everything that has arrived so far, in order.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().expect("a list").clone()
    }

    /// Copies by Message-ID. Copies are equal to the byte.
    pub fn copies(&self) -> BTreeMap<String, usize> {
        let mut copies: BTreeMap<String, (usize, Vec<u8>)> = BTreeMap::new();
        for Arrived { message_id, bytes, .. } in self.arrived() {
            let known = copies.entry(message_id.clone()).or_insert_with(|| (0, bytes.clone()));
            known.0 += 1;
            assert!(known.1 == bytes, "two different mails are {message_id}");
        }
        copies.into_iter().map(|(id, (count, _))| (id, count)).collect()
    }
}

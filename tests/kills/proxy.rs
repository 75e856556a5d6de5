//! Stands between the service and PostgreSQL and kills the service at a commit: before the server hears of it, or when the
//! server has done it and the service does not know yet. Counted are commits of transactions that have written something.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

/// On which side of its commit the service dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The server never hears of it.
    Before,
    /// The server has committed; its answer is lost.
    After,
}

/// What all connections of one life share.
struct Plan {
    /// The process to kill.
    target: AtomicU32,
    /// So many commits are let through.
    left: AtomicI64,
    side: Side,
}

pub struct Proxy {
    /// Where the service finds its database.
    pub url: String,
    plan: Arc<Plan>,
    _folder: tempfile::TempDir,
}

/// The server behind: a folder with its socket, or an address.
#[derive(Debug, Clone)]
enum Server {
    Socket(String),
    Address(String),
}

/// One way of a connection.
trait Way: Read + Write + Send {
    fn twin(&self) -> Box<dyn Way>;
    fn close(&self);
}

impl Way for UnixStream {
    fn twin(&self) -> Box<dyn Way> {
        Box::new(self.try_clone().expect("a socket"))
    }

    fn close(&self) {
        self.shutdown(Shutdown::Both).ok();
    }
}

impl Way for TcpStream {
    fn twin(&self) -> Box<dyn Way> {
        Box::new(self.try_clone().expect("a socket"))
    }

    fn close(&self) {
        self.shutdown(Shutdown::Both).ok();
    }
}

impl Server {
    fn of(address: &str, query: &str) -> Self {
        if let Some(folder) = query.split('&').find_map(|part| part.strip_prefix("host=/")) {
            return Server::Socket(format!("/{folder}/.s.PGSQL.5432"));
        }
        let host = address.rsplit_once('@').map_or(address, |(_, host)| host);
        let host = host.split('/').next().unwrap_or_default();
        Server::Address(if host.contains(':') { host.to_owned() } else { format!("{host}:5432") })
    }

    fn connect(&self) -> Option<Box<dyn Way>> {
        Some(match self {
            Server::Socket(path) => Box::new(UnixStream::connect(path).ok()?),
            Server::Address(address) => Box::new(TcpStream::connect(address).ok()?),
        })
    }
}

impl Proxy {
    /// Before the database of a URL; the service is killed at its `number`th commit.
    pub fn start(url: &str, number: u64, side: Side) -> Self {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        let server = Server::of(address, query);
        let (authority, database) = address.rsplit_once('/').expect("a database");
        let user = authority.rsplit_once('@').map_or("postgres", |(user, _)| user);
        let folder = tempfile::Builder::new().prefix("swap-px-").tempdir_in("/tmp").expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let left = AtomicI64::new(i64::try_from(number).expect("few"));
        let plan = Arc::new(Plan { target: AtomicU32::new(0), left, side });
        let shared = Arc::clone(&plan);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if let Some(server) = server.connect() {
                    carry(Box::new(client), server, &shared);
                }
            }
        });
        let url = format!("postgres://{user}@localhost/{database}?host={}", folder.path().display());
        Self { url, plan, _folder: folder }
    }

    /// Says whom to kill.
    pub fn aim(&self, target: u32) {
        self.plan.target.store(target, Ordering::SeqCst);
    }
}

impl Plan {
    fn kill(&self) {
        let kill = format!("kill -KILL {}", self.target.load(Ordering::SeqCst));
        Command::new("sh").args(["-c", &kill]).status().expect("a shell");
    }
}

fn carry(mut client: Box<dyn Way>, mut server: Box<dyn Way>, plan: &Arc<Plan>) {
    let is_committing = Arc::new(AtomicBool::new(false));
    let (mut to_client, mut from_server) = (client.twin(), server.twin());
    let (killer, waits) = (Arc::clone(plan), Arc::clone(&is_committing));
    std::thread::spawn(move || {
        let mut bytes = [0; 16_384];
        while let Ok(count @ 1..) = from_server.read(&mut bytes) {
            if waits.load(Ordering::SeqCst) {
                killer.kill();
                break;
            }
            if to_client.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        to_client.close();
        from_server.close();
    });
    let plan = Arc::clone(plan);
    std::thread::spawn(move || {
        let (mut bytes, mut waiting, mut watch) = ([0; 16_384], Vec::new(), Watch::default());
        'life: while let Ok(count @ 1..) = client.read(&mut bytes) {
            waiting.extend_from_slice(&bytes[..count]);
            while let Some(message) = watch.next(&mut waiting) {
                if watch.commits(&message) && plan.left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    if plan.side == Side::Before {
                        plan.kill();
                        break 'life;
                    }
                    is_committing.store(true, Ordering::SeqCst);
                }
                if server.write_all(&message).is_err() {
                    break 'life;
                }
            }
        }
        client.close();
        server.close();
    });
}

/// What one connection has said so far (PostgreSQL's protocol 3).
#[derive(Default)]
struct Watch {
    has_begun: bool,
    /// Prepared statements that write.
    writes: HashMap<Vec<u8>, bool>,
    has_written: bool,
}

impl Watch {
    /// The next whole message.
    fn next(&mut self, waiting: &mut Vec<u8>) -> Option<Vec<u8>> {
        // Until the connection is opened messages have no letter.
        let head = usize::from(self.has_begun);
        let length: [u8; 4] = waiting.get(head..head + 4)?.try_into().expect("four");
        let length = head + usize::try_from(u32::from_be_bytes(length)).expect("fits");
        if waiting.len() < length {
            return None;
        }
        let message: Vec<u8> = waiting.drain(..length).collect();
        // 1234 in its place asks for encryption first; 3 opens the connection.
        self.has_begun |= head == 0 && message.get(4..6) == Some(&[0, 3]);
        Some(message)
    }

    /// Whether a message ends a transaction that has written something.
    fn commits(&mut self, message: &[u8]) -> bool {
        let (Some(kind), Some(body)) = (message.first(), message.get(5..)) else { return false };
        let mut texts = body.split(|byte| *byte == 0);
        let (first, second) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
        match kind {
            b'P' => {
                self.writes.insert(first.to_vec(), is_write(second));
            }
            b'B' => self.has_written |= self.writes.get(second).copied().unwrap_or_default(),
            b'Q' if first.starts_with(b"COMMIT") => return std::mem::take(&mut self.has_written),
            b'Q' if first.starts_with(b"BEGIN") || first.starts_with(b"ROLLBACK") => self.has_written = false,
            b'Q' => self.has_written |= is_write(first),
            _ => {}
        }
        false
    }
}

fn is_write(sql: &[u8]) -> bool {
    [b"INSERT".as_slice(), b"UPDATE", b"DELETE"].iter().any(|word| sql.starts_with(word))
}

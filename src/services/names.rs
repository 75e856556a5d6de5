//! Which addresses the names of webhooks' hosts stand for: asked of the system, in tests a table.
//!
//! One look-up for each attempt: what was checked is what is connected to (`worker/webhooks.rs`). A second one could have
//! another answer.

use std::collections::BTreeMap;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// Looks names up.
#[derive(Debug, Clone, Default)]
pub enum Names {
    /// As the system does.
    #[default]
    System,
    /// As a test says, and may say otherwise later.
    Fixed(Arc<Mutex<BTreeMap<String, Vec<IpAddr>>>>),
}

/// How long the system may take.
const PATIENCE: Duration = Duration::from_secs(5);

impl Names {
    /// What a name stands for from now on; the system knows better.
    pub fn set(&self, name: &str, addresses: &[IpAddr]) {
        if let Names::Fixed(table) = self
            && let Ok(mut table) = table.lock()
        {
            table.insert(name.to_owned(), addresses.to_vec());
        }
    }

    /// The addresses of a host, by its name or itself an address; none where there are none, or the system is too slow.
    pub fn look_up(&self, host: &str) -> Vec<IpAddr> {
        if let Ok(address) = host.parse() {
            return vec![address];
        }
        match self {
            Names::System => {
                let (host, (tell, told)) = (host.to_owned(), mpsc::sync_channel(1));
                // A thread of its own: the system's look-up cannot be called off. Nobody listens where it comes too late.
                std::thread::spawn(move || tell.send((host.as_str(), 0).to_socket_addrs()).is_ok());
                let found = told.recv_timeout(PATIENCE).ok().and_then(Result::ok);
                found.into_iter().flatten().map(|address| address.ip()).collect()
            }
            Names::Fixed(table) => {
                table.lock().ok().and_then(|table| table.get(host).cloned()).unwrap_or_default()
            }
        }
    }
}

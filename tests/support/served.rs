//! The binary, served in a process of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The binary with an empty environment but for what is given.
pub fn binary(folder: &Path, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_library-swap"));
    command
        .current_dir(folder)
        .env("LIBRARY_SWAP__DATABASE__URL", url)
        .env("LIBRARY_SWAP__SERVER__LISTEN", "127.0.0.1:0")
        .env("LIBRARY_SWAP__MAIL__COALESCE_SECONDS", "0")
        .env("LIBRARY_SWAP__MAIL__DIGEST", "off")
        .env("LIBRARY_SWAP__MAIL__FOLDER", folder.join("mail"));
    command
}

/// A process that serves, killed when the test ends.
pub struct Served(pub Child);

impl Served {
    /// Starts `serve` and waits until it says where it listens.
    pub fn start(command: &mut Command) -> (Self, String) {
        let log = tempfile::NamedTempFile::new().expect("a file");
        let file = log.reopen().expect("a file");
        let child = command.arg("serve").stderr(Stdio::from(file)).spawn().expect("the binary runs");
        let mut served = Self(child);
        for _ in 0..200 {
            let said = std::fs::read_to_string(log.path()).expect("a log");
            if let Some((_, after)) = said.split_once("listening on: ") {
                let address = after.split_whitespace().next().unwrap_or_default();
                return (served, format!("http://{address}"));
            }
            if let Some(status) = served.0.try_wait().expect("a status") {
                panic!("serve ended with {status}: {said}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("serve does not listen");
    }

    /// Sends SIGTERM and waits for the exit code.
    pub fn terminate(mut self) -> i32 {
        super::terminate(&self.0);
        self.0.wait().expect("it ends").code().expect("an exit code, not a signal")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|status| status.is_none()) {
            self.0.kill().expect("killed");
            self.0.wait().expect("ended");
        }
    }
}

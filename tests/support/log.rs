//! What the program says, kept for looking whether it says what it should, and nothing else.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::Level;

/// A log that is kept.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Keeps all that this process says from now on, down to a level; once in a process.
    pub fn listen(level: Level) -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .try_init()
            .expect("nobody listens yet");
        log
    }

    /// All that was said.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("a log")).into_owned()
    }

    /// What was said since it was taken last.
    pub fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.0.lock().expect("a log"))).into_owned()
    }

    /// How often some words were said.
    pub fn count(&self, words: &str) -> usize {
        self.said().matches(words).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

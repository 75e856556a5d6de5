//! Mail that is kept in memory, for tests.

use std::sync::{Arc, Mutex, PoisonError};

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipient.
    pub to: String,
    /// Message-ID.
    pub message_id: String,
    /// The notice's kind.
    pub kind: String,
    /// The message.
    pub message: Vec<u8>,
}

/// What was sent, in order. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<Sent>>>);

impl Memory {
    /// What was sent so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn keep(&self, sent: Sent) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
    }
}

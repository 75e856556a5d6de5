//! What participant and host say of a day: a few marks from 1 to 5, and words.

use std::fmt;

use super::ids::FeedbackId;
use super::party::Party;

/// Longest words, in characters.
pub const MOST_COMMENTS: usize = 1_000;

/// The marks and words of one party. `Debug` shows nothing of the comments.
#[derive(Clone, PartialEq, Eq)]
pub struct Feedback {
    /// How well one was prepared, 1 (not at all) to 5 (very well).
    pub preparation: i64,
    /// How the welcome was, or how easy it was to receive somebody.
    pub welcome: i64,
    /// How much was learned.
    pub learning: i64,
    /// More, in words.
    pub comments: Option<String>,
}

impl fmt::Debug for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Feedback({} {} {})", self.preparation, self.welcome, self.learning)
    }
}

/// Feedback as organisers read it: of which side, but not of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its identity, which names neither placement nor person.
    pub id: FeedbackId,
    /// Of which side.
    pub party: Party,
    /// What was said.
    pub feedback: Feedback,
}

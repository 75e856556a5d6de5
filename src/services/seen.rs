//! What somebody looked at who replaces it, so that nobody's change is lost unseen.
//!
//! How a look is told apart from another is the asker's affair (over HTTP by `If-Match`); a use case asks it about what is
//! there, in the transaction of the change.

use crate::domain::refusal::Refusal;

/// Says whether what is there is what was looked at; none: nothing is there.
type Judge<T> = dyn Fn(Option<&T>) -> Result<(), Refusal> + Send + Sync;

/// A look at a thing.
pub struct Seen<T>(Box<Judge<T>>);

impl<T> std::fmt::Debug for Seen<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seen")
    }
}

impl<T> Seen<T> {
    /// A look that says itself whether something is still what it was.
    pub fn judged_by(judge: impl Fn(Option<&T>) -> Result<(), Refusal> + Send + Sync + 'static) -> Self {
        Self(Box::new(judge))
    }

    /// Of whoever replaces whatever is there, as a rehearsal does that is alone.
    pub fn regardless() -> Self {
        Self::judged_by(|_| Ok(()))
    }

    /// Lets a change through where this is what was looked at.
    ///
    /// # Errors
    /// `changed-since`; `if-match-required` where something is there and no look is told.
    pub fn admit(&self, now: &T) -> Result<(), Refusal> {
        self.admit_any(Some(now))
    }

    /// As [`Seen::admit`], where nothing may be there yet.
    ///
    /// # Errors
    /// As for [`Seen::admit`].
    pub fn admit_any(&self, now: Option<&T>) -> Result<(), Refusal> {
        (self.0)(now)
    }
}

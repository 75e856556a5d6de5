//! The three parties of a placement.

use super::states::named;

named! {
    /// Whose consent, whose mail.
    Party {
        /// The person who goes.
        Participant = "participant",
        /// The library that receives.
        Host = "host",
        /// The participant's line manager.
        Manager = "manager",
    }
}

//! What a placement rests on, link by link, and a link that does not hold.

use super::states::named;

named! {
    /// A link of the chain from the rules to what people were told.
    TraceLink {
        /// The round's rules, frozen under their hash.
        Rules = "rules",
        /// The round file that the run froze.
        Snapshot = "snapshot",
        /// The schedule that came of it, in which the placement stands.
        Schedule = "schedule",
        /// Who made the schedule's places proposals, and when.
        Publication = "publication",
        /// The placement's state, beside what parties said, the application and the round.
        State = "state",
        /// What each party said, when, by whom and through what.
        Consents = "consents",
        /// What the host offered instead, and what became of it.
        Offers = "offers",
        /// The joining pack, the same for both sides.
        JoiningPack = "joining_pack",
        /// What came of the day.
        Day = "day",
        /// What each party was told.
        Mails = "mails",
        /// The calendar event of each party.
        Calendar = "calendar",
        /// Who did what.
        Audit = "audit",
    }
}

/// A link that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub link: TraceLink,
    /// What is wrong; no personal data.
    pub words: String,
}

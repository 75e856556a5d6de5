//! Sentences that the service says to people: what they say, not in which words.
//!
//! What happened is known when it happens, in which language it is read only when the mail is written. So notices keep
//! these, and `words` says them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A day at a library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DayAt {
    /// The library's name.
    pub host: String,
    /// When.
    pub date: NaiveDate,
}

/// A sentence, or a few that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "snake_case", deny_unknown_fields)]
pub enum Told {
    /// What a person has written, as they wrote it.
    Own {
        /// Their words.
        words: String,
    },

    // Why a day is off.
    /// The reader has said no.
    YouSaidNo,
    /// The reader has not answered.
    YouWereSilent,
    /// Somebody has not answered.
    NotAllAnswered,
    /// Nobody took the host's other offer in time.
    OfferNotTaken,
    /// The participant has said no.
    ParticipantRefused,
    /// The participant has said no to the host's other offer.
    ParticipantRefusedOffer,
    /// The host has said no.
    HostRefused,
    /// The manager has said no.
    ManagerRefused,
    /// The participant takes part no more.
    ParticipantLeaves,
    /// The host is closed on the day.
    HostCloses,
    /// Something else has changed.
    Rearranged,
    /// The round is off.
    RoundOff,
    /// The schedule was taken back.
    TakenBack,

    // What a day takes the place of.
    /// A day takes the place of another one that is off.
    TakesPlaceOf {
        /// The other one.
        day: DayAt,
        /// Why that is off.
        why: Box<Told>,
    },
    /// A day that is off was to take the place of another one that is off.
    WasToTakePlaceOf {
        /// The other one.
        day: DayAt,
        /// Why this one is off.
        why: Option<Box<Told>>,
    },
    /// To the participant: an exchange took place.
    YouExchanged {
        /// The participant's day before.
        day: DayAt,
    },
    /// To the host: another visitor comes by an exchange.
    VisitorExchanged,
    /// To the manager: an exchange took place.
    ColleagueExchanged {
        /// The day before.
        day: DayAt,
    },
    /// To the host: a visit takes the place of one on the same day that is off.
    AnotherVisitIsOff,
    /// To whoever has the day in a calendar: the library has another name, address or zone.
    LibraryChanged,

    // Why a swap comes to nothing.
    /// A participant has said no.
    SwapRefusedByParticipant,
    /// A host has said no.
    SwapRefusedByHost,
    /// A manager has said no.
    SwapRefusedByManager,
    /// The rules forbid it by now.
    SwapAgainstRules,
    /// The days are not those any more that were agreed to.
    SwapHoursChanged,
    /// One of the days has changed or is off.
    SwapOvertaken,
    /// Not everybody has answered in time.
    SwapExpired,
    /// It was never possible.
    SwapImpossible {
        /// Who has asked for it.
        by: String,
    },

    // Why an offer to a reserve is over.
    /// The organisers have ended it.
    OfferStopped,
    /// The reserve has taken the application back, or the application of whoever was left out was.
    ApplicationTakenBack,
    /// The rules forbid it by now.
    PlaceGoneByRules,
    /// Nobody could answer before the day.
    PlaceGoneTooNear,
    /// The round takes no such change any more.
    PlaceGoneWithRound,

    // Why there is no place.
    /// The manager has not answered.
    NotReleased,
    /// The library needs its staff.
    NotReleasedForCover,
    /// It is a time of leave.
    NotReleasedForLeave,
    /// The person is needed at work.
    NotReleasedForWork,
    /// The manager can tell more.
    NotReleasedAskManager,
    /// No released day is one on which the person could go.
    NoFreeDay,
    /// No host fits.
    NothingFits,
    /// Others needed the fitting places.
    Outweighed,

    // What would have given a place.
    /// No single change would have.
    NoSingleChange,
    /// That could not be settled.
    ChangeNotSettled,
    /// That was not looked for.
    ChangeNotSought,
    /// Going farther.
    HadYouGone {
        /// So far, in kilometres.
        km: f64,
    },
    /// One more day.
    HadYouBeenFree {
        /// This one.
        date: NaiveDate,
    },
    /// A longer assurance.
    HadAssuranceLasted {
        /// Its last day.
        until: NaiveDate,
    },
    /// One library less to avoid.
    HadYouNotAvoided {
        /// Its name.
        library: String,
    },
    /// One more place or release at a library.
    HadALibraryHadRoom,

    // Why what came back from a calendar or a mailbox does not count.
    /// Another time was proposed.
    CalendarProposesTime,
    /// Neither yes nor no.
    CalendarUndecided,
    /// Nothing proves whose it is.
    AnswerUnproven,
    /// It is from another address.
    AnswerFromElsewhere,
    /// It is to an invitation that has changed.
    AnswerOutOfDate,
    /// There is a later answer.
    AnswerLate,
    /// It is words.
    AnswerInWords,
    /// As things are it cannot be taken.
    AnswerNotPossible,
}

impl Told {
    /// What somebody has written.
    pub fn own(words: &str) -> Self {
        Told::Own { words: words.to_owned() }
    }
}

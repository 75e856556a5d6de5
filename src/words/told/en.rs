//! The sentences in English.

use crate::domain::language::Language;
use crate::domain::told::{DayAt, Told};
use crate::words::{date, on_date};

const ENGLISH: Language = Language::English;

/// What a change would have done.
const THEN: &str =
    "one of the best schedules would have had a place for you, with no fewer people placed in all";

fn at(day: &DayAt) -> String {
    format!("{} {}", day.host, on_date(ENGLISH, day.date))
}

fn the(day: &DayAt) -> String {
    format!("the day at {}", at(day))
}

pub(super) fn told(sentence: &Told) -> String {
    let fixed = match sentence {
        Told::Own { words } => return words.clone(),
        Told::TakesPlaceOf { day, why } => {
            return format!("This takes the place of {}, which is off. {}", the(day), told(why));
        }
        Told::WasToTakePlaceOf { day, why } => {
            let why = why.as_deref().map(told).unwrap_or_default();
            return format!("It was to take the place of {}, which is off as well. {why}", the(day));
        }
        Told::YouExchanged { day } => {
            return format!(
                "You have exchanged days with other participants: this takes the place of your day at {}.",
                at(day)
            );
        }
        Told::ColleagueExchanged { day } => {
            return format!(
                "Your colleague has exchanged days with other participants: this takes the place of {}.",
                at(day)
            );
        }
        Told::SwapImpossible { by } => {
            return format!(
                "{by} has asked to exchange days with you. That is not possible: the rules of the round do not allow it, or \
             one of the days cannot be exchanged now."
            );
        }
        Told::HadYouGone { km } => return format!("Had you been ready to go {km} km, {THEN}."),
        Told::HadYouBeenFree { date } => {
            return format!("Had you been free, and released, {} as well, {THEN}.", on_date(ENGLISH, *date));
        }
        Told::HadAssuranceLasted { until } => {
            return format!(
                "Had your employer’s assurance been valid until {}, {THEN}.",
                date(ENGLISH, *until)
            );
        }
        Told::HadYouNotAvoided { library } => {
            return format!("Had you not asked to avoid {library}, {THEN}.");
        }
        Told::HadALibraryHadRoom => {
            return format!(
                "Going farther, one more day, a longer assurance or one library less to avoid, each by itself, would not have \
             given you a place: that is proven. But with one more place, or one more release, at one library on one day, \
             {THEN}."
            );
        }
        Told::YouSaidNo => "You have said that it cannot be.",
        Told::YouWereSilent => "You had not answered by the deadline.",
        Told::NotAllAnswered => "Not everybody had answered by the deadline.",
        Told::OfferNotTaken => "What the host library had offered instead was not taken by the deadline.",
        Told::ParticipantRefused => "The participant cannot take the place.",
        Told::ParticipantRefusedOffer => "The participant cannot take what the host library offered instead.",
        Told::HostRefused => "The host library cannot receive a visitor on this day.",
        Told::ManagerRefused => "The line manager cannot release the participant on this day.",
        Told::ParticipantLeaves => "The participant can no longer take part.",
        Told::HostCloses => "The host library is closed on this day.",
        Told::Rearranged => "The days had to be arranged anew, because something has changed.",
        Told::RoundOff => "The round has been called off.",
        Told::TakenBack => "The organisers have taken the schedule back; the days are being arranged anew.",
        Told::VisitorExchanged => {
            "The participants have exchanged their days, as you have agreed to: this visitor comes in the place of \
             the one who was to come."
        }
        Told::AnotherVisitIsOff => "This visit would take the place of the one on the same day that is off.",
        Told::LibraryChanged => {
            "The library has another name, address or time zone than the entry in your calendar says."
        }
        Told::SwapRefusedByParticipant => "One of the participants does not want to exchange.",
        Told::SwapRefusedByHost => "A host library prefers to receive its visitor as it was agreed.",
        Told::SwapRefusedByManager => "A line manager cannot release a participant for the other day.",
        Told::SwapAgainstRules => "By now the rules of the round do not allow it any more.",
        Told::SwapHoursChanged => {
            "The hours of a library or of a participant have changed, so that the days are not those to which \
             everybody has agreed."
        }
        Told::SwapOvertaken => "One of the days has changed or is off.",
        Told::SwapExpired => "Not everybody who was asked had answered in time.",
        Told::OfferStopped => "The organisers have ended the offer.",
        Told::ApplicationTakenBack => "The application was taken back.",
        Told::PlaceGoneByRules => {
            "The place is not to be had any more: as things are by now, the rules of the round do not allow it."
        }
        Told::PlaceGoneTooNear => {
            "The place is not to be had any more: the day is too near for everybody to answer."
        }
        Told::PlaceGoneWithRound => {
            "The place is not to be had any more: the days of this round are not changed any more."
        }
        Told::NotReleased => "A release for these days could not be arranged.",
        Told::NotReleasedForCover => {
            "A release for these days could not be arranged: your library needs its staff then. Other days may go \
             better."
        }
        Told::NotReleasedForLeave => {
            "A release for these days could not be arranged: they fall into a time of leave. Other days may go \
             better."
        }
        Told::NotReleasedForWork => {
            "A release for these days could not be arranged: you are needed at work then. Other days may go better."
        }
        Told::NotReleasedAskManager => {
            "A release for these days could not be arranged. Your line manager can tell you more."
        }
        Told::NoFreeDay => {
            "The released days are days off by your working pattern, or days on which you have a place in another \
             round."
        }
        Told::NothingFits => {
            "No library that takes visitors fits the days, the distance and the other wishes. Having waited counts: \
             you come earlier in the next round."
        }
        Told::Outweighed => {
            "There were fewer places than people, and every best schedule needs the fitting ones for others. Having \
             waited counts: you come earlier in the next round."
        }
        Told::NoSingleChange => {
            "No single change would have given you a place: neither going farther, nor one more day of the round, a \
             longer assurance or one library less to avoid; nor one more place or release at a library on a day. That \
             is proven."
        }
        Told::ChangeNotSettled => {
            "Whether one small change would have given you a place could not be settled in the time there was."
        }
        Told::ChangeNotSought => "Whether one small change would have given you a place was not looked for.",
        Told::CalendarProposesTime => {
            "Your calendar has proposed another time. Those who arrange the days have been told. Until they change it, the \
             day stays as it is: on the page you can say yes or no to it."
        }
        Told::CalendarUndecided => {
            "Your calendar has sent neither a yes nor a no. We keep to what you have said on the page so far."
        }
        Told::AnswerUnproven => {
            "An answer from your calendar has come, but nothing proves that it is yours, so it does not count."
        }
        Told::AnswerFromElsewhere => {
            "An answer to your invitation has come from another address than this one, so it does not count."
        }
        Told::AnswerOutOfDate => {
            "Your calendar has answered an invitation that has changed since, so the answer does not count."
        }
        Told::AnswerLate => {
            "An answer from your calendar has come late: you have answered since, and the later answer holds."
        }
        Told::AnswerInWords => {
            "You have written to us. Nobody reads this mailbox: please say yes or no on the page, or write to the \
             people whom your mails name."
        }
        Told::AnswerNotPossible => {
            "An answer from your calendar has come, but as things stand now it cannot be taken."
        }
    };
    fixed.to_owned()
}

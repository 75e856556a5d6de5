//! A task: something that somebody owes, until when, and where it is done. Tasks are derived from what is, never stored:
//! what is done is on no list any more.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use uuid::Uuid;

use super::fault::Rule;
use super::ids::RoundId;
use super::states::named;

named! {
    /// What is to be done.
    TaskKind {
        /// A participant proves the address.
        ProveAddress = "prove_address",
        /// A manager answers a request for release.
        DecideRelease = "decide_release",
        /// A party answers a proposal.
        AnswerProposal = "answer_proposal",
        /// A participant takes what the host offers instead, or not.
        AnswerOffer = "answer_offer",
        /// A party says whether a swap suits.
        AnswerSwap = "answer_swap",
        /// A host writes what the visitor has to know.
        WritePack = "write_pack",
        /// A host marks whether the visitor came.
        MarkAttendance = "mark_attendance",
        /// A participant or host says how the day was.
        GiveFeedback = "give_feedback",
        /// A participant says what they will try.
        BringIdea = "bring_idea",
        /// An administrator says whether somebody is the manager.
        ConfirmManager = "confirm_manager",
        /// An administrator names whom a library's mails go to.
        NameContact = "name_contact",
        /// An administrator says what a library offers for a round.
        OfferHosting = "offer_hosting",
        /// An organiser ends sign-up, whose last day has passed.
        CloseRound = "close_round",
        /// An organiser starts a run of a closed round that has none.
        StartRun = "start_run",
        /// An organiser looks at a run whose round has changed since.
        RenewRun = "renew_run",
        /// An organiser publishes a run of a matched round.
        PublishRun = "publish_run",
        /// An organiser calls off a round whose days have come before it was published.
        CancelRound = "cancel_round",
        /// An organiser lets the mails of a publication go.
        ReleaseMails = "release_mails",
        /// An organiser mends the gap that a placement has left, or leaves it.
        ReplacePlacement = "replace_placement",
        /// An organiser looks after those whose host is closed on their day.
        MendClosedDay = "mend_closed_day",
        /// An organiser looks after a place that no reserve took.
        FillPlace = "fill_place",
        /// A reserve takes a place that has become free, or not.
        AnswerReserveOffer = "answer_reserve_offer",
        /// Somebody's calendar has proposed another time: who may change the times looks at it.
        ConsiderTimes = "consider_times",
        /// Somebody was to be told something, and the mail does not reach them.
        LookAtMail = "look_at_mail",
        /// Somebody finds out where a person's mails should go, because they do not arrive.
        CheckAddress = "check_address",
    }
}

named! {
    /// What kind of thing a task is about.
    SubjectKind {
        /// A participant's request to join.
        Application = "application",
        /// A proposed or confirmed day.
        Placement = "placement",
        /// A library.
        Library = "library",
        /// A round.
        Round = "round",
        /// A matching run.
        Run = "run",
        /// A mail.
        Notice = "notice",
    }
}

/// Where a task is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// At this path of the API.
    Api(String),
    /// On the page of the link by which its holder asks.
    Page,
}

/// Something that somebody owes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What is to be done.
    pub kind: TaskKind,
    /// The last day for it in the round's zone; none where no day ends it.
    pub deadline: Option<NaiveDate>,
    /// What kind of thing it is about.
    pub subject_kind: SubjectKind,
    /// Which.
    pub subject: Uuid,
    /// The thing in a few words, only what its reader may know.
    pub about: String,
    /// The round it belongs to.
    pub round: Option<RoundId>,
    /// What to do, in one sentence.
    pub what: String,
    /// Where.
    pub door: Door,
}

impl Task {
    /// Its place in the list.
    pub fn key(&self) -> TaskKey {
        TaskKey {
            deadline: self.deadline.unwrap_or(NaiveDate::MAX),
            kind: self.kind,
            subject: self.subject,
            round: self.round,
        }
    }
}

/// The place of a task in a list: by deadline, those without one last. No two tasks of a list have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskKey {
    deadline: NaiveDate,
    kind: TaskKind,
    subject: Uuid,
    round: Option<RoundId>,
}

/// Stands for what is absent in a cursor.
const ABSENT: &str = "-";

impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deadline = (self.deadline != NaiveDate::MAX).then(|| self.deadline.to_string());
        let round = self.round.map(|round| round.to_string());
        let or_absent = |text: Option<String>| text.unwrap_or_else(|| ABSENT.to_owned());
        write!(f, "{}.{}.{}.{}", or_absent(deadline), self.kind, self.subject, or_absent(round))
    }
}

impl FromStr for TaskKey {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let wrong = || Rule::of("must be the `next_cursor` of the page before");
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or_else(wrong);
        let (deadline, kind, subject, round) = (next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Self {
            deadline: match deadline {
                ABSENT => NaiveDate::MAX,
                day => day.parse().map_err(|_| wrong())?,
            },
            kind: kind.parse()?,
            subject: subject.parse().map_err(|_| wrong())?,
            round: match round {
                ABSENT => None,
                id => Some(id.parse()?),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(deadline: Option<&str>, kind: TaskKind, round: Option<u128>) -> TaskKey {
        TaskKey {
            deadline: deadline.map_or(NaiveDate::MAX, |day| day.parse().expect("a date")),
            kind,
            subject: Uuid::from_u128(7),
            round: round.map(|id| RoundId::new(Uuid::from_u128(id))),
        }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for key in [
            key(Some("2027-02-14"), TaskKind::AnswerProposal, Some(9)),
            key(None, TaskKind::LookAtMail, None),
        ] {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for wrong in [
            "",
            "-",
            "-.look_at_mail",
            "-.look_at_mail.x.-",
            "-.nothing.00000000-0000-0000-0000-000000000007.-",
        ] {
            assert!(wrong.parse::<TaskKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_due_first_stands_first_and_what_no_day_ends_last() {
        let (soon, late, never) = (
            key(Some("2027-02-14"), TaskKind::LookAtMail, None),
            key(Some("2027-03-01"), TaskKind::ProveAddress, None),
            key(None, TaskKind::ProveAddress, None),
        );
        assert!(soon < late && late < never);
    }
}

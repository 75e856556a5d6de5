//! Letters about invented people, in every shape that the service sends: for `mail preview`, for checking templates, for
//! the documentation and for tests.

mod usual;

use self::usual::{day, time, usual};
use crate::domain::alternative::AlternativeKind;
use crate::domain::language::Language;
use crate::domain::letter::{EventStatus, Letter, NoticeKind, Visit};
use crate::domain::packs::{PackChange, PackField};
use crate::domain::party::Party;
use crate::domain::schedule_delivery::DispatchFailure;
use crate::domain::told::{DayAt, Told};

/// A letter, and what is special about it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// In a few words.
    pub what: &'static str,
    /// The letter.
    pub letter: Letter,
}

/// Who gets a notice.
pub const fn parties(kind: NoticeKind) -> &'static [Party] {
    use Party::{Host, Manager, Participant};
    match kind {
        NoticeKind::VerifyAddress
        | NoticeKind::AlreadySignedUp
        | NoticeKind::Alternative
        | NoticeKind::Offer
        | NoticeKind::OfferEnded
        | NoticeKind::Unplaced
        | NoticeKind::MatchedAgain
        | NoticeKind::SignIn
        | NoticeKind::Deputyship => &[Participant],
        NoticeKind::ReleaseRequest
        | NoticeKind::WebhookDisabled
        | NoticeKind::ScheduleFile
        | NoticeKind::ScheduleNotDelivered => &[Manager],
        NoticeKind::DeputyRequest
        | NoticeKind::HandedOver
        | NoticeKind::PackMissing
        | NoticeKind::IdeaQuestion => &[Host],
        NoticeKind::Digest => &[Host, Manager],
        NoticeKind::Reminder
        | NoticeKind::FeedbackRequest
        | NoticeKind::Calendar
        | NoticeKind::ConfirmReply
        | NoticeKind::JoiningPack
        | NoticeKind::PackChanged => &[Participant, Host],
        NoticeKind::Proposal
        | NoticeKind::AnswerReminder
        | NoticeKind::DeadlineMoved
        | NoticeKind::SwapRequest
        | NoticeKind::SwapEnded
        | NoticeKind::Confirmed
        | NoticeKind::Changed
        | NoticeKind::Cancelled
        | NoticeKind::Ill => &[Participant, Host, Manager],
    }
}

/// Every shape of a notice, to every party that gets it; the usual one of each party comes first.
pub fn samples(kind: NoticeKind, language: Language) -> Vec<Sample> {
    let mut found = Vec::new();
    for party in parties(kind) {
        let usual = usual(kind, *party, language);
        found.push(Sample { what: "as usual", letter: usual.clone() });
        found.extend(others(&usual));
        found.push(Sample { what: "with the least that can be known", letter: bare(usual) });
    }
    found
}

/// What else a notice may tell.
fn others(usual: &Letter) -> Vec<Sample> {
    let mut found = Vec::new();
    let mut add = |what: &'static str, letter: Letter| found.push(Sample { what, letter });
    let with = |change: &dyn Fn(&mut Letter)| {
        let mut letter = usual.clone();
        change(&mut letter);
        letter
    };
    let former = || DayAt { host: "The Lab".to_owned(), date: day(3, 8) };
    match usual.kind {
        NoticeKind::Proposal => {
            add(
                "in the place of another day",
                with(&|letter| {
                    let why = Box::new(Told::HostCloses);
                    letter.reason = Some(Told::TakesPlaceOf { day: former(), why });
                }),
            );
            if usual.party == Party::Participant {
                add("to a reserve who took the place", with(&|letter| letter.has_agreed = true));
            }
        }
        NoticeKind::Confirmed => {
            add(
                "on another day than was proposed",
                with(&|letter| {
                    if let Some(visit) = &mut letter.visit {
                        (visit.former_date, visit.former_times) =
                            (Some(day(3, 8)), Some((time(10, 0), time(15, 0))));
                    }
                }),
            );
            add(
                "after an exchange",
                with(&|letter| {
                    letter.reason = Some(match usual.party {
                        Party::Participant => Told::YouExchanged { day: former() },
                        Party::Host => Told::VisitorExchanged,
                        Party::Manager => Told::ColleagueExchanged { day: former() },
                    });
                }),
            );
        }
        NoticeKind::Changed => {
            for (what, kind) in [
                ("another day was taken", AlternativeKind::Date),
                ("a colleague receives the visitor", AlternativeKind::Colleague),
                ("a virtual visit was taken", AlternativeKind::Virtual),
            ] {
                for is_certain in [false, true] {
                    add(
                        what,
                        with(&|letter| {
                            letter.taken = Some(kind);
                            letter.is_certain = is_certain;
                            if let Some(visit) = &mut letter.visit {
                                visit.former_date = (kind == AlternativeKind::Date).then(|| day(3, 8));
                                visit.is_virtual = kind == AlternativeKind::Virtual;
                            }
                        }),
                    );
                }
            }
        }
        NoticeKind::Alternative => {
            for (what, kind) in [
                ("a colleague would receive the visitor", AlternativeKind::Colleague),
                ("a virtual visit is offered", AlternativeKind::Virtual),
            ] {
                add(
                    what,
                    with(&|letter| {
                        if let Some(offer) = &mut letter.offer {
                            (offer.kind, offer.words) = (kind, None);
                        }
                    }),
                );
            }
        }
        NoticeKind::Cancelled => {
            add(
                "on another day than its reader knew",
                with(&|letter| {
                    if let Some(visit) = &mut letter.visit {
                        visit.former_date = Some(day(3, 8));
                    }
                }),
            );
            add(
                "with the organisers' own words",
                with(&|letter| {
                    letter.reason = Some(Told::own("The reading room is under water."));
                }),
            );
            add(
                "a day that was to take the place of another",
                with(&|letter| {
                    let why = Some(Box::new(Told::NotAllAnswered));
                    letter.reason = Some(Told::WasToTakePlaceOf { day: former(), why });
                }),
            );
        }
        NoticeKind::Calendar => {
            add("the library has changed", with(&|letter| letter.reason = Some(Told::LibraryChanged)));
            add(
                "out of the calendar",
                with(&|letter| {
                    if let Some(invitation) = &mut letter.invitation {
                        invitation.status = EventStatus::Cancelled;
                    }
                }),
            );
        }
        NoticeKind::Digest => {
            for (what, days) in [("one day", 1), ("two days", 2)] {
                add(what, with(&|letter| letter.digest.truncate(days)));
            }
        }
        NoticeKind::ReleaseRequest => {
            for (what, n) in [("one date", 1), ("two dates", 2)] {
                add(what, with(&|letter| letter.dates.truncate(n)));
            }
        }
        NoticeKind::Unplaced => {
            add(
                "the manager said no",
                with(&|letter| {
                    (letter.reason, letter.change) = (Some(Told::NotReleasedForCover), None);
                }),
            );
        }
        NoticeKind::PackChanged => {
            add(
                "something was added and something taken away",
                with(&|letter| {
                    if let Some(pack) = &mut letter.pack {
                        let words = || Some("Bring your own".to_owned());
                        pack.changes = vec![
                            PackChange { field: PackField::Bring, from: None, to: words() },
                            PackChange { field: PackField::Lunch, from: words(), to: None },
                        ];
                    }
                }),
            );
        }
        NoticeKind::VerifyAddress
        | NoticeKind::AlreadySignedUp
        | NoticeKind::AnswerReminder
        | NoticeKind::DeputyRequest
        | NoticeKind::Offer
        | NoticeKind::OfferEnded
        | NoticeKind::HandedOver
        | NoticeKind::SwapRequest
        | NoticeKind::SwapEnded
        | NoticeKind::Reminder
        | NoticeKind::Ill
        | NoticeKind::FeedbackRequest
        | NoticeKind::MatchedAgain
        | NoticeKind::DeadlineMoved
        | NoticeKind::ConfirmReply
        | NoticeKind::JoiningPack
        | NoticeKind::PackMissing
        | NoticeKind::SignIn
        | NoticeKind::Deputyship
        | NoticeKind::WebhookDisabled
        | NoticeKind::IdeaQuestion => {}
        NoticeKind::ScheduleFile => {
            for (what, is_changes, begins_anew) in
                [("the whole schedule", false, false), ("what was read before is to go", false, true)]
            {
                add(
                    what,
                    with(&|letter| {
                        if let Some(news) = &mut letter.schedule_file {
                            (news.is_changes, news.begins_anew, news.rows) = (is_changes, begins_anew, 1);
                        }
                    }),
                );
            }
        }
        NoticeKind::ScheduleNotDelivered => {
            for failure in DispatchFailure::ALL {
                add(
                    failure.as_str(),
                    with(&|letter| {
                        if let Some(off) = &mut letter.not_delivered {
                            off.failure = *failure;
                        }
                    }),
                );
            }
        }
    }
    found
}

/// The same with nothing that may be absent.
fn bare(letter: Letter) -> Letter {
    Letter {
        to_name: None,
        participant_name: None,
        participant_address: None,
        role_title: None,
        objectives: None,
        home_sectors: Vec::new(),
        home_library: None,
        answer_until: None,
        invitation: None,
        introduction: Vec::new(),
        visit: letter.visit.map(|visit| Visit {
            host_address: None,
            host_contact_name: None,
            host_contact_address: None,
            host_telephone: None,
            deputy_telephone: None,
            ..visit
        }),
        ..letter
    }
}

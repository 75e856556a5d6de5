//! The usual letter of each notice, as the service fills it.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use crate::domain::alternative::AlternativeKind;
use crate::domain::deputyship::Deputed;
use crate::domain::idea::Question;
use crate::domain::language::Language;
use crate::domain::letter::{
    CalendarForm, EventStatus, Exchanged, Invitation, Letter, News, NoticeKind, Offered, PackNews, Visit,
};
use crate::domain::packs::{Pack, PackChange, PackField};
use crate::domain::party::Party;
use crate::domain::permissions::Role;
use crate::domain::schedule_delivery::{DispatchFailure, DispatchFile, DispatchOff, FileNews};
use crate::domain::told::Told;
use crate::domain::webhook::WebhookOff;
use crate::words::{Event, EventWords, event};

pub(super) fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, month, day).unwrap_or_default()
}

pub(super) fn time(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default()
}

const fn has_visit(kind: NoticeKind) -> bool {
    !matches!(
        kind,
        NoticeKind::VerifyAddress
            | NoticeKind::AlreadySignedUp
            | NoticeKind::ReleaseRequest
            | NoticeKind::Unplaced
            | NoticeKind::Digest
            | NoticeKind::MatchedAgain
    )
}

const fn has_invitation(kind: NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::Proposal
            | NoticeKind::HandedOver
            | NoticeKind::Calendar
            | NoticeKind::Confirmed
            | NoticeKind::Changed
            | NoticeKind::Cancelled
            | NoticeKind::Ill
    )
}

const fn asks_for_an_answer(kind: NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::Proposal
            | NoticeKind::AnswerReminder
            | NoticeKind::DeputyRequest
            | NoticeKind::DeadlineMoved
            | NoticeKind::ConfirmReply
            | NoticeKind::Alternative
            | NoticeKind::Offer
            | NoticeKind::SwapRequest
            | NoticeKind::ReleaseRequest
    )
}

fn reason(kind: NoticeKind) -> Option<Told> {
    match kind {
        NoticeKind::Cancelled | NoticeKind::OfferEnded => Some(Told::HostCloses),
        NoticeKind::Unplaced => Some(Told::Outweighed),
        NoticeKind::SwapEnded => Some(Told::SwapRefusedByParticipant),
        NoticeKind::ConfirmReply => Some(Told::CalendarUndecided),
        _ => None,
    }
}

/// A complete pack, one change of it, and two things that are missing.
fn pack_news(kind: NoticeKind) -> PackNews {
    let value = |field: &PackField| match field {
        PackField::ArrivalTime => "09:20",
        PackField::ArrivalPlace => "The staff door in the yard; ring twice",
        PackField::AskFor => "The enquiry desk",
        PackField::ContactName => "Harriet Host",
        PackField::ContactTelephone => "01905 822866",
        PackField::DeputyName => "Dai Deputy",
        PackField::DeputyTelephone => "+44 1905 822867 ext. 3",
        PackField::Bring => "A card with your photograph",
        PackField::Safety => "Meet at the bandstand and wait",
        PackField::Lunch => "A canteen, 12:00 to 14:00",
        PackField::Travel => "Bus 44; three places to park; step-free from Sawmill Walk",
        PackField::Objectives => "How you run reading groups",
        PackField::AccessConfirmed => "yes",
    };
    let pack = Pack(PackField::ALL.iter().map(|field| (*field, value(field).to_owned())).collect());
    let (from, to) = (Some("Bring your own".to_owned()), pack.get(PackField::Lunch).map(str::to_owned));
    match kind {
        NoticeKind::PackMissing => {
            PackNews { missing: vec![PackField::Lunch, PackField::AccessConfirmed], ..PackNews::default() }
        }
        NoticeKind::PackChanged => {
            let changes = vec![PackChange { field: PackField::Lunch, from, to }];
            PackNews { version: 2, pack, changes, missing: Vec::new() }
        }
        _ => PackNews { version: 1, pack, ..PackNews::default() },
    }
}

/// A day that is certain, one that has moved, and one that is off.
fn news(visit: &Visit) -> Vec<News> {
    let certain = News {
        stands: true,
        participant_name: Some("Siân Ŵyn".to_owned()),
        round_name: "Spring round 2027".to_owned(),
        visit: visit.clone(),
        reason: None,
    };
    let moved = Visit {
        date: day(3, 2),
        former_date: Some(day(3, 1)),
        former_times: Some((time(10, 0), time(15, 0))),
        ..visit.clone()
    };
    vec![
        certain.clone(),
        News { visit: moved, ..certain.clone() },
        News { stands: false, participant_name: None, reason: Some(Told::HostCloses), ..certain },
    ]
}

/// What a swap would bring to a party.
fn exchanged(visit: &Visit, party: Party) -> Exchanged {
    if party == Party::Host {
        return Exchanged {
            asked_by: None,
            place: visit.clone(),
            role_title: Some("Children's librarian".to_owned()),
            objectives: Some("How you run reading groups".to_owned()),
            sectors: vec!["specialist".to_owned()],
        };
    }
    Exchanged {
        asked_by: (party == Party::Participant).then(|| "Ann Asker".to_owned()),
        place: Visit { host_library: "The Lab".to_owned(), date: day(3, 2), ..visit.clone() },
        role_title: None,
        objectives: None,
        sectors: Vec::new(),
    }
}

/// A day at The Hive, as a party may know it by a notice.
fn visit(kind: NoticeKind, party: Party, is_certain: bool) -> Visit {
    let rings = kind == NoticeKind::Ill || (kind == NoticeKind::Reminder && party == Party::Participant);
    let knows_contact = is_certain && party == Party::Participant;
    Visit {
        host_library: "The Hive, Worcester".to_owned(),
        host_address: Some("Sawmill Walk, The Butts, Worcester, WR1 3PD".to_owned()),
        host_contact_name: knows_contact.then(|| "Harriet Host".to_owned()),
        host_contact_address: knows_contact.then(|| "desk@hive.example".to_owned()),
        host_telephone: rings.then(|| "+44 1905 822866".to_owned()),
        deputy_telephone: rings.then(|| "01905 822867 ext 12".to_owned()),
        date: day(3, 1),
        starts: time(9, 30),
        ends: time(16, 0),
        time_zone: Tz::Europe__London,
        former_date: None,
        is_virtual: false,
        former_times: (kind == NoticeKind::Changed).then(|| (time(10, 0), time(15, 0))),
    }
}

/// A letter as the service fills it: what the party may not know is absent.
pub(super) fn usual(kind: NoticeKind, party: Party, language: Language) -> Letter {
    if kind == NoticeKind::SignIn {
        return sign_in(party, language);
    }
    if kind == NoticeKind::Deputyship {
        return deputyship(party, language);
    }
    if kind == NoticeKind::WebhookDisabled {
        return webhook_disabled(party, language);
    }
    if kind == NoticeKind::ScheduleFile {
        return schedule_file(party, language);
    }
    if kind == NoticeKind::ScheduleNotDelivered {
        return schedule_not_delivered(party, language);
    }
    if kind == NoticeKind::IdeaQuestion {
        return idea_question(party, language);
    }
    let is_certain = kind.is_about_the_pack()
        || matches!(
            kind,
            NoticeKind::Confirmed | NoticeKind::Reminder | NoticeKind::Ill | NoticeKind::FeedbackRequest
        );
    let to_host = party == Party::Host;
    let cancelled = matches!(kind, NoticeKind::Cancelled | NoticeKind::Ill | NoticeKind::HandedOver);
    let (to_name, to_address) = match party {
        Party::Participant => (Some("Siân Ŵyn"), "sian.wyn@library.example"),
        Party::Host => (Some("Harriet Host"), "desk@hive.example"),
        Party::Manager => (None, "boss@library.example"),
    };
    let participant_name = (!to_host || is_certain).then(|| "Siân Ŵyn".to_owned());
    let (visit, written) =
        (visit(kind, party, is_certain), DateTime::from_timestamp(1_799_654_400, 0).unwrap_or_default());
    let invitation = (has_invitation(kind) && party != Party::Manager)
        .then(|| {
            invitation(language, party, &visit, (to_name, to_address), participant_name.as_deref(), written)
        })
        .map(|invitation| Invitation {
            status: match kind {
                _ if cancelled => EventStatus::Cancelled,
                NoticeKind::Confirmed => EventStatus::Confirmed,
                _ => EventStatus::Tentative,
            },
            ..invitation
        });
    let has_link = match kind {
        NoticeKind::HandedOver | NoticeKind::Digest => false,
        _ => !cancelled || party == Party::Participant,
    };
    Letter {
        kind,
        opt_out: kind.is_optional().then(|| "https://exchange.example/mails/5e6f7a8b".to_owned()),
        party,
        to_name: to_name.map(str::to_owned),
        to_address: to_address.to_owned(),
        language,
        round_name: "Spring round 2027".to_owned(),
        service_name: "Library Exchange".to_owned(),
        public_url: "https://exchange.example".to_owned(),
        introduction: Vec::new(),
        offer: (kind == NoticeKind::Alternative).then(|| Offered {
            kind: AlternativeKind::Date,
            date: day(3, 8),
            starts: time(10, 0),
            ends: time(15, 30),
            words: Some("An inspection on Monday.".to_owned()),
        }),
        swap: (kind == NoticeKind::SwapRequest).then(|| exchanged(&visit, party)),
        taken: None,
        is_certain,
        link: has_link.then(|| "https://exchange.example/links/0123456789abcdef".to_owned()),
        participant_name,
        participant_address: (to_host && is_certain).then(|| "sian.wyn@library.example".to_owned()),
        role_title: Some("Children's librarian".to_owned()),
        objectives: Some("How you run reading groups".to_owned()),
        home_sectors: vec!["public".to_owned(), "academic".to_owned()],
        home_library: (!to_host).then(|| "Cardiff Central".to_owned()),
        dates: vec![day(3, 1), day(3, 8), day(3, 15)],
        answer_until: asks_for_an_answer(kind).then(|| day(2, 12)),
        has_agreed: false,
        reason: reason(kind),
        change: (kind == NoticeKind::Unplaced).then_some(Told::HadYouGone { km: 31.5 }),
        pack: kind.is_about_the_pack().then(|| pack_news(kind)),
        deputed: None,
        webhook: None,
        schedule_file: None,
        not_delivered: None,
        question: None,
        digest: if kind == NoticeKind::Digest { news(&visit) } else { Vec::new() },
        invitation,
        visit: has_visit(kind).then_some(visit),
        message_id: "<01937f5c-0000-7000-8000-000000000002@exchange.example>".to_owned(),
        thread_root: None,
        sent_at: written,
    }
}

/// The link to sign in, which is about nobody's case.
fn sign_in(party: Party, language: Language) -> Letter {
    let link = Some("https://exchange.example/sign-in/0123456789abcdef".to_owned());
    Letter { link, ..about_no_case((NoticeKind::SignIn, party), language) }
}

/// Who does somebody's work.
fn deputyship(party: Party, language: Language) -> Letter {
    Letter {
        link: Some("https://exchange.example/sign-in".to_owned()),
        deputed: Some(Deputed {
            principal: "boss@library.example".to_owned(),
            role: Role::Manager,
            starts_on: day(3, 1),
            ends_on: day(3, 19),
        }),
        ..about_no_case((NoticeKind::Deputyship, party), language)
    }
}

fn webhook_disabled(party: Party, language: Language) -> Letter {
    Letter {
        webhook: Some(WebhookOff {
            id: "01937f5c-0000-7000-8000-000000000004".to_owned(),
            host: "hr.county.example".to_owned(),
            status: Some(503),
        }),
        ..about_no_case((NoticeKind::WebhookDisabled, party), language)
    }
}

fn schedule_file(party: Party, language: Language) -> Letter {
    Letter {
        schedule_file: Some(FileNews {
            delivery: "01937f5c-0000-7000-8000-000000000005".to_owned(),
            employer: "Worcestershire County Council".to_owned(),
            is_changes: true,
            begins_anew: false,
            rows: 3,
            file: DispatchFile {
                name: "schedule-01937f5c-0000-7000-8000-000000000005-2027-01-11-00002.csv".to_owned(),
                bytes: b"placement_id,date,op\r\n".to_vec(),
            },
        }),
        ..about_no_case((NoticeKind::ScheduleFile, party), language)
    }
}

fn schedule_not_delivered(party: Party, language: Language) -> Letter {
    Letter {
        not_delivered: Some(DispatchOff {
            delivery: "01937f5c-0000-7000-8000-000000000005".to_owned(),
            number: 2,
            failure: DispatchFailure::FolderNotWritable,
        }),
        ..about_no_case((NoticeKind::ScheduleNotDelivered, party), language)
    }
}

fn idea_question(party: Party, language: Language) -> Letter {
    let question = || {
        Some(Question {
            idea: "New books on a trolley at the door.".parse().ok()?,
            words: "How often do you fill the trolley, and who chooses the books?".parse().ok()?,
            name: "Siân Ŵyn".parse().ok()?,
            library: "Cardiff Central".parse().ok()?,
            address: "sian.wyn@library.example".parse().ok()?,
        })
    };
    Letter {
        to_name: Some("Harriet Host".to_owned()),
        to_address: "desk@hive.example".to_owned(),
        question: question(),
        ..about_no_case((NoticeKind::IdeaQuestion, party), language)
    }
}

fn about_no_case(what: (NoticeKind, Party), language: Language) -> Letter {
    let written = DateTime::from_timestamp(1_799_654_400, 0).unwrap_or_default();
    let message_id = "<01937f5c-0000-7000-8000-000000000002@exchange.example>".to_owned();
    Letter::about_no_case(
        what,
        "sian.wyn@library.example",
        language,
        ("Library Exchange", "https://exchange.example"),
        (message_id, written),
    )
}

fn invitation(
    language: Language,
    party: Party,
    visit: &Visit,
    (name, address): (Option<&str>, &str),
    visitor: Option<&str>,
    written: DateTime<Utc>,
) -> Invitation {
    let EventWords { summary, description, location } = event(
        language,
        &Event {
            party,
            host: &visit.host_library,
            address: visit.host_address.as_deref(),
            is_virtual: visit.is_virtual,
            visitor,
            service: "Library Exchange",
        },
    );
    Invitation {
        uid: "01937f5c-0000-7000-8000-000000000003".to_owned(),
        sequence: 1,
        dtstamp: written,
        status: EventStatus::Tentative,
        organiser_name: "Library Exchange".to_owned(),
        organiser_address: "exchange@exchange.example".to_owned(),
        attendee_name: name.map(str::to_owned),
        attendee_address: address.to_owned(),
        summary,
        description,
        location: Some(location),
        point: None,
        date: visit.date,
        starts: visit.starts,
        ends: visit.ends,
        time_zone: visit.time_zone,
        url: "https://exchange.example".to_owned(),
        form: CalendarForm::USUAL,
    }
}

//! Letters as the service fills them, and what a mail program sees of a message.

use chrono::{NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use library_swap::domain::alternative::AlternativeKind;
use library_swap::domain::letter::{
    EventStatus, Exchanged, Invitation, Letter, News, NoticeKind, Offered, PackNews, Visit,
};
use library_swap::domain::packs::{Pack, PackChange, PackField};
use library_swap::domain::party::Party;
use library_swap::mail::{Rendered, Sender, render};
use mail_parser::{Message, MessageParser};

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, month, day).expect("a date")
}

fn time(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).expect("a time")
}

pub fn sender() -> Sender {
    Sender { name: "Library Exchange".to_owned(), address: "exchange@exchange.example".to_owned() }
}

const fn has_visit(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::Proposal
        | NoticeKind::AnswerReminder
        | NoticeKind::DeputyRequest
        | NoticeKind::DeadlineMoved
        | NoticeKind::ConfirmReply
        | NoticeKind::Alternative
        | NoticeKind::Offer
        | NoticeKind::OfferEnded
        | NoticeKind::HandedOver
        | NoticeKind::SwapRequest
        | NoticeKind::SwapEnded
        | NoticeKind::Calendar
        | NoticeKind::Confirmed
        | NoticeKind::Changed
        | NoticeKind::Cancelled
        | NoticeKind::Reminder
        | NoticeKind::Ill
        | NoticeKind::FeedbackRequest
        | NoticeKind::JoiningPack
        | NoticeKind::PackChanged
        | NoticeKind::PackMissing => true,
        NoticeKind::VerifyAddress
        | NoticeKind::AlreadySignedUp
        | NoticeKind::ReleaseRequest
        | NoticeKind::Unplaced
        | NoticeKind::Digest
        | NoticeKind::MatchedAgain => false,
    }
}

/// A complete pack, one change of it, and two things that are missing.
fn pack_news(kind: NoticeKind) -> PackNews {
    let value = |field: &PackField| match field {
        PackField::ArrivalTime => "09:20",
        PackField::ArrivalPlace => "The staff door in the yard;\nring twice",
        PackField::AskFor => "The enquiry desk",
        PackField::ContactName => "Harriet Host",
        PackField::ContactTelephone => "01905 822866",
        PackField::DeputyName => "Dai Deputy",
        PackField::DeputyTelephone => "+44 1905 822867 ext. 3",
        PackField::Bring => "A card with your photograph",
        PackField::Safety => "Meet at the <bandstand> & wait",
        PackField::Lunch => "A canteen, 12:00 to 14:00",
        PackField::Travel => "Bus 44; three places to park; step-free from Sawmill Walk",
        PackField::Objectives => "How you run reading groups",
        PackField::AccessConfirmed => "yes",
    };
    let pack = Pack(PackField::ALL.iter().map(|field| (*field, value(field).to_owned())).collect());
    let (from, to) = (Some("Bring your own".to_owned()), pack.get(PackField::Lunch).map(str::to_owned));
    if kind == NoticeKind::PackMissing {
        let missing = vec![PackField::Lunch, PackField::AccessConfirmed];
        return PackNews { missing, ..PackNews::default() };
    }
    if kind == NoticeKind::PackChanged {
        let changes = vec![PackChange { field: PackField::Lunch, from, to }];
        return PackNews { version: 2, pack, changes, missing: Vec::new() };
    }
    PackNews { version: 1, pack, ..PackNews::default() }
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
    let off = Some("The building <is> closed.".to_owned());
    vec![
        certain.clone(),
        News { visit: moved, ..certain.clone() },
        News { stands: false, participant_name: None, reason: off, ..certain },
    ]
}

/// What a swap would bring to a party.
fn exchanged(visit: &Visit, party: Party) -> Exchanged {
    if party == Party::Host {
        return Exchanged {
            asked_by: None,
            place: visit.clone(),
            role_title: Some("Children's librarian".to_owned()),
            objectives: Some("How you run <reading> groups & clubs".to_owned()),
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

/// A letter as the service fills it: what the party may not know is absent.
pub fn letter(kind: NoticeKind, party: Party) -> Letter {
    let certain = kind.is_about_the_pack()
        || matches!(
            kind,
            NoticeKind::Confirmed | NoticeKind::Reminder | NoticeKind::Ill | NoticeKind::FeedbackRequest
        );
    let rings = kind == NoticeKind::Ill || (kind == NoticeKind::Reminder && party == Party::Participant);
    let to_host = party == Party::Host;
    let cancelled = matches!(kind, NoticeKind::Cancelled | NoticeKind::Ill);
    let handed_over = kind == NoticeKind::HandedOver;
    let (to_name, to_address) = match party {
        Party::Participant => (Some("Siân Ŵyn"), "sian.wyn@library.example"),
        Party::Host => (Some("Harriet Host"), "desk@hive.example"),
        Party::Manager => (None, "boss@library.example"),
    };
    let visit = Visit {
        host_library: "The Hive, Worcester".to_owned(),
        host_address: Some("Sawmill Walk, The Butts, Worcester, WR1 3PD".to_owned()),
        host_contact_name: (certain && party == Party::Participant).then(|| "Harriet Host".to_owned()),
        host_contact_address: (certain && party == Party::Participant)
            .then(|| "desk@hive.example".to_owned()),
        host_telephone: rings.then(|| "+44 1905 822866".to_owned()),
        deputy_telephone: rings.then(|| "01905 822867 ext 12".to_owned()),
        date: day(3, 1),
        starts: time(9, 30),
        ends: time(16, 0),
        time_zone: Tz::Europe__London,
        former_date: None,
        is_virtual: false,
        former_times: (kind == NoticeKind::Changed).then(|| (time(10, 0), time(15, 0))),
    };
    let invitation = Invitation {
        uid: format!("placement-01937f5c-{party}@exchange.example"),
        sequence: 1,
        dtstamp: Utc.with_ymd_and_hms(2027, 1, 11, 8, 0, 0).unwrap(),
        status: match kind {
            NoticeKind::Cancelled | NoticeKind::Ill | NoticeKind::HandedOver => EventStatus::Cancelled,
            NoticeKind::Confirmed => EventStatus::Confirmed,
            NoticeKind::VerifyAddress
            | NoticeKind::AlreadySignedUp
            | NoticeKind::ReleaseRequest
            | NoticeKind::Proposal
            | NoticeKind::AnswerReminder
            | NoticeKind::DeputyRequest
            | NoticeKind::DeadlineMoved
            | NoticeKind::ConfirmReply
            | NoticeKind::Alternative
            | NoticeKind::SwapRequest
            | NoticeKind::SwapEnded
            | NoticeKind::Offer
            | NoticeKind::OfferEnded
            | NoticeKind::Changed
            | NoticeKind::Calendar
            | NoticeKind::Reminder
            | NoticeKind::FeedbackRequest
            | NoticeKind::Unplaced
            | NoticeKind::MatchedAgain
            | NoticeKind::JoiningPack
            | NoticeKind::PackChanged
            | NoticeKind::PackMissing
            | NoticeKind::Digest => EventStatus::Tentative,
        },
        organiser_name: "Library Exchange".to_owned(),
        organiser_address: "exchange@exchange.example".to_owned(),
        attendee_name: to_name.map(str::to_owned),
        attendee_address: to_address.to_owned(),
        summary: "Library exchange: The Hive, Worcester".to_owned(),
        description: "A day at The Hive, Worcester – croeso, Siân!".to_owned(),
        location: Some("The Hive, Worcester".to_owned()),
        point: None,
        date: visit.date,
        starts: visit.starts,
        ends: visit.ends,
        time_zone: visit.time_zone,
        url: "https://exchange.example".to_owned(),
    };
    Letter {
        kind,
        party,
        to_name: to_name.map(str::to_owned),
        to_address: to_address.to_owned(),
        language: "en".to_owned(),
        round_name: "Spring round 2027".to_owned(),
        service_name: "Library Exchange".to_owned(),
        public_url: "https://exchange.example".to_owned(),
        introduction: Vec::new(),
        offer: (kind == NoticeKind::Alternative).then(|| Offered {
            kind: AlternativeKind::Date,
            date: day(3, 8),
            starts: time(10, 0),
            ends: time(15, 30),
            words: Some("An inspection <on Monday>.".to_owned()),
        }),
        swap: (kind == NoticeKind::SwapRequest).then(|| exchanged(&visit, party)),
        taken: None,
        digest: if kind == NoticeKind::Digest { news(&visit) } else { Vec::new() },
        is_certain: certain,
        link: (!(handed_over || kind == NoticeKind::Digest || cancelled && party != Party::Participant))
            .then(|| "https://exchange.example/links/0123456789abcdef".to_owned()),
        participant_name: (!to_host || certain).then(|| "Siân Ŵyn".to_owned()),
        participant_address: (to_host && certain).then(|| "sian.wyn@library.example".to_owned()),
        role_title: Some("Children's librarian".to_owned()),
        objectives: Some("How you run <reading> groups & clubs".to_owned()),
        home_sectors: vec!["public".to_owned(), "academic".to_owned()],
        home_library: (!to_host).then(|| "Cardiff Central".to_owned()),
        dates: vec![day(3, 1), day(3, 8), day(3, 15)],
        visit: has_visit(kind).then_some(visit),
        answer_until: matches!(
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
        .then(|| day(2, 12)),
        has_agreed: false,
        reason: matches!(
            kind,
            NoticeKind::Cancelled
                | NoticeKind::OfferEnded
                | NoticeKind::Unplaced
                | NoticeKind::SwapEnded
                | NoticeKind::ConfirmReply
        )
        .then(|| "Every host within 25 km of you is full on your dates.".to_owned()),
        change: (kind == NoticeKind::Unplaced)
            .then(|| "Had you been ready to go 31.5 km, there would be one.".to_owned()),
        pack: kind.is_about_the_pack().then(|| pack_news(kind)),
        invitation: (has_visit(kind)
            && (!kind.is_reminder() || handed_over)
            && kind != NoticeKind::FeedbackRequest
            && !matches!(kind, NoticeKind::SwapRequest | NoticeKind::SwapEnded)
            && !kind.is_about_the_pack()
            && !matches!(kind, NoticeKind::Offer | NoticeKind::OfferEnded)
            && party != Party::Manager)
            .then_some(invitation),
        message_id: "<01937f5c-0000-7000-8000-000000000002@exchange.example>".to_owned(),
        thread_root: None,
        sent_at: Utc.with_ymd_and_hms(2027, 1, 11, 8, 0, 0).unwrap(),
    }
}

pub fn rendered(letter: &Letter) -> Rendered {
    render(letter, &sender()).unwrap_or_else(|error| panic!("{} to {}: {error:?}", letter.kind, letter.party))
}

pub fn parsed(rendered: &Rendered) -> Message<'_> {
    MessageParser::new().parse(&rendered.message).expect("a message")
}

pub fn plain(message: &Message<'_>) -> String {
    message.body_text(0).expect("a plain part").replace("\r\n", "\n")
}

pub fn html(message: &Message<'_>) -> String {
    message.body_html(0).expect("an HTML part").replace("\r\n", "\n")
}

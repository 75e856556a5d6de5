//! Mails: one whole message, the tree of MIME parts, headers; and, below `letters`, words in each language, HTML, what
//! people type, templates of one's own, the documentation of all notices.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod letters;

use letters::{letter, parsed, plain, rendered, sender, words};
use library_swap::domain::letter::{CalendarForm, InvitationForm, Letter, NoticeKind, ZoneForm};
use library_swap::domain::party::Party;
use library_swap::domain::templates::OwnTemplates;
use library_swap::mail::{RenderError, render};
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};

#[test]
fn proposal_to_the_participant() {
    let mail = rendered(&letter(NoticeKind::Proposal, Party::Participant));
    assert_eq!(mail.subject, "Proposed: a day at The Hive, Worcester, Monday 1 March 2027");
    insta::assert_snapshot!(String::from_utf8(mail.message).expect("ASCII"));
}

#[test]
fn a_missing_fact_is_an_error_and_never_the_word_none() {
    for (kind, lacking) in [
        (NoticeKind::Proposal, Letter { visit: None, ..letter(NoticeKind::Proposal, Party::Host) }),
        (NoticeKind::Proposal, Letter { link: None, ..letter(NoticeKind::Proposal, Party::Host) }),
        (NoticeKind::Unplaced, Letter { reason: None, ..letter(NoticeKind::Unplaced, Party::Participant) }),
        (
            NoticeKind::VerifyAddress,
            Letter { link: None, ..letter(NoticeKind::VerifyAddress, Party::Participant) },
        ),
    ] {
        let error = render(&lacking, &sender(), &OwnTemplates::default()).expect_err("a fact is missing");
        assert!(matches!(error, RenderError::Template(_)), "{kind}: {error}");
    }
}

#[test]
fn what_a_recipient_may_not_know_is_nowhere_in_the_bytes() {
    let proposal = rendered(&letter(NoticeKind::Proposal, Party::Host));
    let message = parsed(&proposal);
    for part in &message.parts {
        if let PartType::Text(text) | PartType::Html(text) = &part.body {
            assert!(!text.contains("Wyn") && !text.contains("Cardiff"), "{text}");
        }
    }
    let confirmed = rendered(&letter(NoticeKind::Confirmed, Party::Host));
    assert!(plain(&parsed(&confirmed)).contains("Siân Ŵyn"));
    assert!(!plain(&parsed(&confirmed)).contains("Cardiff"));
}

fn kind_of(part: &MessagePart<'_>) -> String {
    let kind = part.content_type().expect("a content type");
    format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default())
}

fn raw_header<'a>(part: &'a MessagePart<'a>, message: &'a Message<'a>, name: &str) -> Option<String> {
    let header = part.headers.iter().find(|header| header.name.as_str().eq_ignore_ascii_case(name))?;
    let range = usize::try_from(header.offset_start).ok()?..usize::try_from(header.offset_end).ok()?;
    Some(words(&String::from_utf8_lossy(message.raw_message.get(range)?)))
}

#[test]
fn an_invitation_is_the_last_alternative_and_an_attachment_with_the_same_bytes() {
    for (kind, method) in [(NoticeKind::Proposal, "REQUEST"), (NoticeKind::Cancelled, "CANCEL")] {
        let letter = letter(kind, Party::Participant);
        let ics = library_swap::calendar::write(letter.invitation.as_ref().expect("an invitation"));
        let mail = rendered(&letter);
        let message = parsed(&mail);
        let kinds: Vec<String> = message.parts.iter().map(kind_of).collect();
        assert_eq!(
            kinds,
            [
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "text/html",
                "text/calendar",
                "application/ics"
            ]
        );
        let PartType::Multipart(top) = &message.parts[0].body else { panic!("not a multipart") };
        let PartType::Multipart(inner) = &message.parts[1].body else { panic!("not a multipart") };
        assert_eq!((top.as_slice(), inner.as_slice()), (&[1, 5][..], &[2, 3, 4][..]));

        let calendar = &message.parts[4];
        let kind = calendar.content_type().expect("a content type");
        assert_eq!(kind.attribute("method"), Some(method));
        assert_eq!(kind.attribute("component"), Some("VEVENT"));
        assert_eq!(kind.attribute("charset"), Some("utf-8"));
        assert!(calendar.content_disposition().is_none());
        for part in [2, 3, 4] {
            let encoding = raw_header(&message.parts[part], &message, "Content-Transfer-Encoding");
            assert_eq!(encoding.as_deref(), Some("quoted-printable"));
        }
        assert_eq!(calendar.text_contents().expect("text"), ics);
        assert!(ics.contains(&format!("\r\nMETHOD:{method}\r\n")));
        let attached = &message.parts[5];
        assert_eq!(attached.attachment_name(), Some("invite.ics"));
        assert_eq!(attached.contents(), ics.as_bytes());
        assert!(mail.message.iter().all(u8::is_ascii), "every server takes seven bits");
        assert!(mail.message.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
    }
}

#[test]
fn a_plain_event_in_utc_is_an_attachment_only_and_asks_nobody() {
    for kind in [NoticeKind::Proposal, NoticeKind::Confirmed, NoticeKind::Cancelled] {
        let mut letter = letter(kind, Party::Participant);
        let form = CalendarForm { invitations: InvitationForm::Publish, zone: ZoneForm::Utc };
        letter.invitation.as_mut().expect("an invitation").form = form;
        let rendered = rendered(&letter);
        let message = parsed(&rendered);
        let kinds: Vec<String> = message.parts.iter().map(kind_of).collect();
        let shape =
            ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/ics"];
        assert_eq!(kinds, shape);
        let event = std::str::from_utf8(message.parts[4].contents()).expect("UTF-8");
        for absent in ["METHOD", "ORGANIZER", "ATTENDEE", "TZID"] {
            assert!(!event.contains(absent), "{absent}: {event}");
        }
        assert!(event.contains("DTSTART:20270301T093000Z\r\n"), "{event}");
    }
}

#[test]
fn a_mail_without_an_invitation_has_two_alternatives_only() {
    let mail = rendered(&letter(NoticeKind::ReleaseRequest, Party::Manager));
    let kinds: Vec<String> = parsed(&mail).parts.iter().map(kind_of).collect();
    assert_eq!(kinds, ["multipart/alternative", "text/plain", "text/html"]);
}

#[test]
fn headers_name_the_thread_the_language_and_the_machine() {
    let first = rendered(&letter(NoticeKind::Proposal, Party::Participant));
    let root = "<01937f5c-0000-7000-8000-000000000001@exchange.example>";
    let later =
        Letter { thread_root: Some(root.to_owned()), ..letter(NoticeKind::Confirmed, Party::Participant) };
    let later = rendered(&later);
    let (first, later) = (parsed(&first), parsed(&later));
    let header = |message: &Message<'_>, name: &str| raw_header(&message.parts[0], message, name);
    for (name, value) in [
        ("Message-ID", "<01937f5c-0000-7000-8000-000000000002@exchange.example>"),
        ("Date", "Mon, 11 Jan 2027 08:00:00 +0000"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Content-Language", "en"),
        ("MIME-Version", "1.0"),
        ("From", "\"Library Exchange\" <exchange@exchange.example>"),
    ] {
        assert_eq!(header(&later, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(header(&later, "In-Reply-To").as_deref(), Some(root));
    assert_eq!(header(&later, "References").as_deref(), Some(root));
    assert_eq!(header(&first, "In-Reply-To"), None);
    assert_eq!(later.to().and_then(|to| to.first()).and_then(|to| to.name()), Some("Siân Ŵyn"));
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    let letter = letter(NoticeKind::Confirmed, Party::Host);
    assert_eq!(rendered(&letter), rendered(&letter));
}

#[test]
fn addresses_and_message_ids_that_would_break_a_header_are_refused_without_being_shown() {
    let good = letter(NoticeKind::Proposal, Party::Participant);
    for address in
        ["", "a", "a@b.example\r\nBcc: eve@evil.example", "a@b.example, eve@evil.example", "<a@b.example>"]
    {
        let error = render(
            &Letter { to_address: address.to_owned(), ..good.clone() },
            &sender(),
            &OwnTemplates::default(),
        )
        .expect_err(address);
        assert!(matches!(error, RenderError::Address("recipient")), "{error}");
        assert!(address.is_empty() || !error.to_string().contains("evil"), "{error}");
    }
    for url in
        ["https://x.example/\r\nBcc: eve@evil.example", "https://x.example/> <mailto:eve@evil.example", "ü"]
    {
        let error = render(
            &Letter { opt_out: Some(url.to_owned()), ..good.clone() },
            &sender(),
            &OwnTemplates::default(),
        )
        .expect_err(url);
        assert!(!error.to_string().contains("evil"), "{error}");
    }
    for id in ["", "<>", "<a>", "a@b", "<a@b>\r\nBcc: eve@evil.example", "<a b@c>", "<é@c>", "<a@b><c@d>"] {
        let error = render(
            &Letter { message_id: id.to_owned(), ..good.clone() },
            &sender(),
            &OwnTemplates::default(),
        )
        .expect_err(id);
        assert!(matches!(error, RenderError::MessageId(_)), "{error}");
        let root = Letter { thread_root: Some(id.to_owned()), ..good.clone() };
        assert!(
            matches!(render(&root, &sender(), &OwnTemplates::default()), Err(RenderError::MessageId(_))),
            "{id}"
        );
    }
}

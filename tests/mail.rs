//! Mails: snapshots, the tree of MIME parts, every notice to every party, attempts to break headers.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod letters;

use letters::{html, letter, parsed, plain, rendered, sender};
use library_swap::domain::letter::{Letter, NoticeKind, PackNews, Visit};
use library_swap::domain::packs::{Pack, PackField};
use library_swap::domain::party::Party;
use library_swap::mail::{RenderError, Sender, render};
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};

/// The words of an HTML text as a reader hears them.
fn heard(html: &str) -> String {
    let body = html.split_once("<body").expect("a body").1;
    let mut text = String::new();
    for piece in body.split('<').skip(1) {
        text.push_str(piece.split_once('>').expect("a closed tag").1);
        text.push(' ');
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'").replace("&quot;", "\"");
    words(&text.replace("&#x2f;", "/").replace("&amp;", "&"))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn proposal_to_the_participant() {
    let mail = rendered(&letter(NoticeKind::Proposal, Party::Participant));
    assert_eq!(mail.subject, "Proposed: a day at The Hive, Worcester, Monday 1 March 2027");
    insta::assert_snapshot!(String::from_utf8(mail.message).expect("ASCII"));
}

/// Subject and plain text of a notice to each party, which is what people read.
fn told(kind: NoticeKind) -> String {
    let mut all = String::new();
    for party in Party::ALL {
        let mail = rendered(&letter(kind, *party));
        all.push_str(&format!("=== to the {party}: {}\n\n{}\n", mail.subject, plain(&parsed(&mail))));
    }
    all
}

#[test]
fn words_of_verify_address_and_already_signed_up() {
    for kind in [NoticeKind::VerifyAddress, NoticeKind::AlreadySignedUp] {
        let mail = rendered(&letter(kind, Party::Participant));
        insta::assert_snapshot!(kind.as_str(), format!("{}\n\n{}", mail.subject, plain(&parsed(&mail))));
    }
}

#[test]
fn words_of_the_release_request() {
    let mail = rendered(&letter(NoticeKind::ReleaseRequest, Party::Manager));
    insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, plain(&parsed(&mail))));
}

#[test]
fn words_of_the_proposal() {
    insta::assert_snapshot!(told(NoticeKind::Proposal));
}

#[test]
fn words_of_the_offer_to_a_reserve_and_of_its_end() {
    let text = |kind| plain(&parsed(&rendered(&letter(kind, Party::Participant))));
    insta::assert_snapshot!("offer", text(NoticeKind::Offer));
    insta::assert_snapshot!("offer_ended", text(NoticeKind::OfferEnded));
}

#[test]
fn words_of_the_reminder_and_of_the_deputy_s_request() {
    insta::assert_snapshot!(told(NoticeKind::AnswerReminder));
    let mail = rendered(&letter(NoticeKind::DeputyRequest, Party::Host));
    insta::assert_snapshot!("deputy_request", format!("{}\n\n{}", mail.subject, plain(&parsed(&mail))));
}

#[test]
fn words_of_the_confirmation() {
    insta::assert_snapshot!(told(NoticeKind::Confirmed));
}

#[test]
fn words_before_on_and_after_the_day() {
    for kind in [NoticeKind::Reminder, NoticeKind::Ill, NoticeKind::FeedbackRequest] {
        insta::assert_snapshot!(kind.as_str(), told(kind));
    }
}

#[test]
fn words_of_a_swap() {
    for kind in [NoticeKind::SwapRequest, NoticeKind::SwapEnded] {
        insta::assert_snapshot!(kind.as_str(), told(kind));
    }
}

#[test]
fn words_of_the_change() {
    insta::assert_snapshot!(told(NoticeKind::Changed));
}

#[test]
fn words_of_the_cancellation() {
    insta::assert_snapshot!(told(NoticeKind::Cancelled));
}

#[test]
fn words_of_the_joining_pack() {
    let both = |kind| {
        let text = |party| {
            let mail = rendered(&letter(kind, party));
            format!("=== to the {party}: {}\n\n{}\n", mail.subject, plain(&parsed(&mail)))
        };
        text(Party::Participant) + &text(Party::Host)
    };
    insta::assert_snapshot!("joining_pack", both(NoticeKind::JoiningPack));
    insta::assert_snapshot!("pack_changed", both(NoticeKind::PackChanged));
    let mail = rendered(&letter(NoticeKind::PackMissing, Party::Host));
    insta::assert_snapshot!("pack_missing", format!("{}\n\n{}", mail.subject, plain(&parsed(&mail))));
    let mail = rendered(&letter(NoticeKind::Digest, Party::Manager));
    insta::assert_snapshot!("digest", format!("{}\n\n{}", mail.subject, plain(&parsed(&mail))));
}

#[test]
fn words_of_no_place() {
    let mail = rendered(&letter(NoticeKind::Unplaced, Party::Participant));
    insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, plain(&parsed(&mail))));
}

#[test]
fn every_notice_to_every_party_tells_the_same_in_plain_text_and_in_html() {
    for kind in NoticeKind::ALL {
        for party in Party::ALL {
            let letter = letter(*kind, *party);
            let mail = rendered(&letter);
            let message = parsed(&mail);
            let (plain, heard) = (plain(&message), heard(&html(&message)));
            for line in plain.lines().filter(|line| !line.is_empty() && *line != "-- ") {
                // A button's label has a colon only where the link follows in words.
                let line = line.strip_suffix(':').unwrap_or(line);
                assert!(heard.contains(&words(line)), "{kind} to {party}: {line:?} is not in {heard}");
            }
            let mut facts =
                vec![letter.round_name.clone(), letter.service_name.clone(), letter.public_url.clone()];
            facts.extend(letter.link.clone());
            facts.extend(letter.reason.clone());
            if let Some(visit) = &letter.visit {
                facts.extend([
                    "Monday 1 March 2027".to_owned(),
                    "09:30 to 16:00 (Europe/London time, GMT)".to_owned(),
                ]);
                facts.extend([visit.host_library.clone()]);
                facts.extend(visit.host_address.clone());
                facts.extend(visit.host_contact_name.clone());
                facts.extend(visit.host_contact_address.clone());
                facts.extend(visit.host_telephone.clone());
                facts.extend(visit.deputy_telephone.clone());
                if visit.former_times.is_some() {
                    facts.push("10:00 to 15:00 (Europe/London time, GMT)".to_owned());
                }
                if *party != Party::Participant {
                    facts.extend(letter.participant_name.clone());
                    facts.extend(letter.participant_address.clone());
                    facts.extend(letter.role_title.clone());
                    facts.extend(letter.objectives.clone());
                    facts.extend(letter.home_library.clone());
                }
            }
            if let Some(pack) = &letter.pack {
                let of_a_change =
                    pack.changes.iter().flat_map(|change| [change.from.clone(), change.to.clone()]);
                facts.extend(of_a_change.flatten());
                if *kind == NoticeKind::JoiningPack {
                    facts.extend(pack.pack.0.values().map(|value| words(value)));
                } else if *kind == NoticeKind::PackChanged {
                    facts.extend(pack.pack.get(PackField::ContactTelephone).map(str::to_owned));
                }
            }
            if letter.answer_until.is_some() {
                facts.push("Friday 12 February 2027".to_owned());
            }
            for fact in facts {
                assert!(plain.contains(&fact), "{kind} to {party}: {fact:?} is not in {plain}");
                assert!(heard.contains(&fact), "{kind} to {party}: {fact:?} is not in {heard}");
            }
            for wrong in ["none", "undefined", "{{", "{%", "<p", "&lt;", "&#", "&amp;"] {
                assert!(!plain.contains(wrong), "{kind} to {party}: {wrong:?} in {plain}");
                assert!(!heard.contains(wrong), "{kind} to {party}: {wrong:?} in {heard}");
            }
            if letter.link.is_some() {
                assert!(plain.contains("Opening the page does nothing by itself"), "{kind} to {party}");
            }
        }
    }
}

#[test]
fn a_notice_with_nothing_but_what_it_must_know_still_reads_well() {
    for kind in NoticeKind::ALL {
        for party in Party::ALL {
            let full = letter(*kind, *party);
            let bare = Letter {
                to_name: None,
                participant_name: None,
                participant_address: None,
                role_title: None,
                objectives: None,
                home_sectors: Vec::new(),
                home_library: None,
                answer_until: None,
                invitation: None,
                visit: full.visit.clone().map(|visit| Visit {
                    host_address: None,
                    host_contact_name: None,
                    host_contact_address: None,
                    host_telephone: None,
                    deputy_telephone: None,
                    ..visit
                }),
                ..full
            };
            let text = plain(&parsed(&rendered(&bare)));
            assert!(text.contains("Hello,") && !text.contains("none"), "{text}");
        }
    }
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
        let error = render(&lacking, &sender()).expect_err("a fact is missing");
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
fn no_fact_can_add_a_header_a_recipient_or_a_tag() {
    let evil = "x\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script>";
    for kind in NoticeKind::ALL {
        let letter = letter(*kind, Party::Host);
        let letter = Letter {
            to_name: Some(evil.to_owned()),
            round_name: evil.to_owned(),
            service_name: evil.to_owned(),
            participant_name: Some(evil.to_owned()),
            role_title: Some(evil.to_owned()),
            objectives: Some(evil.to_owned()),
            reason: Some(evil.to_owned()),
            pack: letter.pack.clone().map(|news| PackNews {
                pack: Pack(PackField::ALL.iter().map(|field| (*field, evil.to_owned())).collect()),
                ..news
            }),
            link: Some("https://x.example/\"><script>".to_owned()),
            visit: letter.visit.clone().map(|visit| Visit { host_library: evil.to_owned(), ..visit }),
            ..letter
        };
        let evil_sender = Sender { name: evil.to_owned(), ..sender() };
        let mail = render(&letter, &evil_sender).expect("rendered");
        let message = parsed(&mail);
        assert!(message.bcc().is_none(), "{kind}");
        assert_eq!(message.to().map(|to| to.iter().count()), Some(1), "{kind}");
        assert_eq!(message.from().map(|from| from.iter().count()), Some(1), "{kind}");
        assert!(!html(&message).contains("<script"), "{kind}");
        assert!(!mail.subject.contains(['\r', '\n']), "{kind}");
        let head = mail.message.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&mail.message[..head]).into_owned();
        assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
    }
}

#[test]
fn addresses_and_message_ids_that_would_break_a_header_are_refused_without_being_shown() {
    let good = letter(NoticeKind::Proposal, Party::Participant);
    for address in
        ["", "a", "a@b.example\r\nBcc: eve@evil.example", "a@b.example, eve@evil.example", "<a@b.example>"]
    {
        let error =
            render(&Letter { to_address: address.to_owned(), ..good.clone() }, &sender()).expect_err(address);
        assert!(matches!(error, RenderError::Address("recipient")), "{error}");
        assert!(address.is_empty() || !error.to_string().contains("evil"), "{error}");
    }
    for id in ["", "<>", "<a>", "a@b", "<a@b>\r\nBcc: eve@evil.example", "<a b@c>", "<é@c>", "<a@b><c@d>"] {
        let error = render(&Letter { message_id: id.to_owned(), ..good.clone() }, &sender()).expect_err(id);
        assert!(matches!(error, RenderError::MessageId(_)), "{error}");
        let root = Letter { thread_root: Some(id.to_owned()), ..good.clone() };
        assert!(matches!(render(&root, &sender()), Err(RenderError::MessageId(_))), "{id}");
    }
}

#[test]
fn html_can_be_read_by_everybody() {
    for kind in NoticeKind::ALL {
        let letter = letter(*kind, Party::Participant);
        let mail = rendered(&letter);
        let html = html(&parsed(&mail));
        assert!(
            html.contains("<html lang=\"en\" dir=\"ltr\">") && html.contains("<div lang=\"en\" dir=\"ltr\"")
        );
        assert_eq!(html.matches("<h1").count(), 1);
        for absent in ["<table", "<img", "<style", "<script", "role=\"presentation\""] {
            assert!(!html.contains(absent), "{kind}: {absent}");
        }
        // The button and its address in full.
        assert_eq!(
            html.matches("href=\"https://exchange.example/links/0123456789abcdef\"").count(),
            if letter.link.is_some() { 2 } else { 0 },
            "{html}"
        );
        for (text, ground) in [("1f1f1f", "ffffff"), ("ffffff", "1d4f7c"), ("1d4f7c", "ffffff")] {
            assert!(contrast(text, ground) >= 4.5, "#{text} on #{ground}");
        }
        let colours: std::collections::BTreeSet<&str> = html
            .match_indices('#')
            .filter_map(|(n, _)| html.get(n + 1..n + 7))
            .filter(|c| is_hex(c))
            .collect();
        let button: &[&str] = if letter.link.is_some() { &["1d4f7c"] } else { &[] };
        let used = [button, &["1f1f1f", "767676", "ffffff"]].concat();
        assert_eq!(colours.into_iter().collect::<Vec<_>>(), used);
    }
}

fn is_hex(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_hexdigit())
}

/// WCAG 2.2 contrast ratio.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| {
        let part = |n: usize| {
            let value = f64::from(u8::from_str_radix(&colour[n..n + 2], 16).expect("hex")) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    };
    let (a, b) = (luminance(one) + 0.05, luminance(other) + 0.05);
    (a / b).max(b / a)
}

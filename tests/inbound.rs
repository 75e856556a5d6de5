//! Reading mails that come in: real ones of Thunderbird, reports, automatic replies, and whatever else may come.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

#[macro_use]
mod loud;

use std::path::Path;

use library_swap::domain::inbound::{Content, InboundKind, Received};
use library_swap::import::read_mail;

fn read(text: &str) -> Received {
    read_mail(text.replace('\n', "\r\n").as_bytes(), Some("mx.example")).expect("a mail")
}

fn calendar(method: &str, event: &str) -> String {
    format!(
        "From: ann@council.example\nContent-Type: text/calendar; method={method}\n\nBEGIN:VCALENDAR\nVERSION:2.0\n\
         METHOD:{method}\nBEGIN:VEVENT\nUID:one\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
}

#[test]
fn answers_of_a_real_thunderbird_are_understood() {
    for name in ["thunderbird153-reply-accepted-1.eml", "thunderbird153-reply-accepted-2.eml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/mail").join(name);
        let Ok(bytes) = std::fs::read(&path) else {
            skip!("an answer of a real Thunderbird (there is no {})", path.display());
            continue;
        };
        let mail = read_mail(&bytes, None).expect(name);
        let Content::Reply(reply) = &mail.content else { panic!("{name}: {mail:?}") };
        assert_eq!(reply.kind, InboundKind::Accepted, "{name}");
        assert_eq!(reply.attendee, mail.from, "{name}");
        assert!(reply.uid.ends_with("@swap.example.org") && reply.stamped_at.is_some(), "{reply:?}");
        assert!(mail.message_id.is_some() && !mail.is_automatic && mail.proven.is_empty(), "{name}");
    }
}

#[test]
fn what_a_calendar_says_is_told_apart() {
    let attendee = |rest: &str| format!("ATTENDEE;PARTSTAT={rest}:MAILTO:Ann@Council.example");
    for (method, event, kind) in [
        ("REPLY", attendee("ACCEPTED"), InboundKind::Accepted),
        ("REPLY", attendee("declined;CN=\"Ann, A.\""), InboundKind::Declined),
        ("REPLY", attendee("TENTATIVE"), InboundKind::Tentative),
        ("REPLY", attendee("DELEGATED"), InboundKind::OtherReply),
        ("REPLY", attendee("ACCEPTED") + "\n" + &attendee("DECLINED"), InboundKind::OtherReply),
        ("REPLY", attendee("ACCEPTED") + "\nRECURRENCE-ID:20270301T090000Z", InboundKind::OtherReply),
        ("COUNTER", attendee("TENTATIVE"), InboundKind::Counter),
        ("REQUEST", attendee("ACCEPTED"), InboundKind::Words),
    ] {
        assert_eq!(read(&calendar(method, &event)).kind(), kind, "{method} {event}");
    }
    let event = attendee("ACCEPTED") + "\nSEQUENCE:3\nDTSTAMP:20270105T090807Z";
    let Content::Reply(reply) = read(&calendar("REPLY", &event)).content else { panic!("a reply") };
    assert_eq!((reply.sequence, reply.uid.as_str()), (3, "one"));
    assert_eq!(reply.stamped_at.expect("a time").to_string(), "2027-01-05 09:08:07");
    assert_eq!(reply.attendee.expect("somebody").as_str(), "ann@council.example");
}

#[test]
fn an_answer_within_a_mail_that_was_passed_on_is_none() {
    let inner = calendar("REPLY", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@council.example");
    let outer = format!(
        "From: b@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--\n"
    );
    assert_eq!(read(&outer).kind(), InboundKind::Words);
}

#[test]
fn two_authors_are_none() {
    let results = "Authentication-Results: mx.example; dkim=pass header.d=council.example\n";
    for from in
        ["From: a@council.example\nFrom: b@council.example\n", "From: a@council.example, b@council.example\n"]
    {
        let mail = read(&format!("{results}{from}\nhello\n"));
        assert_eq!((mail.from, mail.proven.len()), (None, 1), "{from}");
    }
}

#[test]
fn automatic_mails_are_known() {
    for header in [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (holiday)",
        "Precedence: bulk",
        "X-Autoreply: yes",
        "Return-Path: <>",
        "List-Id: <x.example>",
    ] {
        assert_eq!(
            read(&format!("{header}\nFrom: a@x.example\n\nI am away.\n")).kind(),
            InboundKind::AutoReply,
            "{header}"
        );
    }
    let mail = read("Auto-Submitted: no\nFrom: a@x.example\nIn-Reply-To: <1@x.example>\n\nYes, gladly.\n");
    assert_eq!(
        (mail.kind(), mail.answers_to.as_slice()),
        (InboundKind::Words, ["<1@x.example>".to_owned()].as_slice())
    );
    // What a person pressed at a service that marks everything as generated.
    let pressed = calendar("REPLY", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@council.example");
    assert!(!read(&format!("Auto-Submitted: auto-generated\n{pressed}")).is_automatic);
    assert!(read(&format!("Auto-Submitted: auto-replied\n{pressed}")).is_automatic);
}

/// Bytes of good mails, those of a real Thunderbird among them, changed, cut, doubled and spliced: read or refused, never more.
#[test]
fn whatever_comes_is_read_or_refused() {
    let reply = calendar(
        "REPLY",
        "ATTENDEE;PARTSTAT=ACCEPTED;CN=\"a\":mailto:ann@council.example\nDTSTAMP:20270105T090807Z",
    );
    let seeds = [
        format!("Authentication-Results: mx.example; dkim=pass (x) header.d=\"a\\\"b\"; spf=pass\n{reply}"),
        "From: =?utf-8?b?w4Q=?= <a@x.example>\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n\
         --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n\n\
         --b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nTWVzc2FnZS1JRDogPDFAeD4NCg0KeA==\n--b--\n"
            .to_owned(),
    ];
    let mut seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.replace('\n', "\r\n").into_bytes()).collect();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/mail");
    for entry in std::fs::read_dir(golden).into_iter().flatten() {
        seeds.push(std::fs::read(entry.expect("an entry").path()).expect("a mail"));
    }
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).expect("64 bits") % below.max(1)
    };
    let mut understood = 0;
    for turn in 0..20_000 {
        let mut bytes = seeds[turn % seeds.len()].clone();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            match next(5) {
                0 => bytes[at] = u8::try_from(next(256)).expect("a byte"),
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, b"\r\n:;=\"\\(-"[next(9)]),
                3 => drop(bytes.drain(at..(at + next(40)).min(bytes.len()))),
                _ => {
                    let piece = bytes[at..(at + next(80)).min(bytes.len())].to_vec();
                    let to = next(bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
            if bytes.is_empty() {
                bytes.push(b'x');
            }
        }
        let mail = read_mail(&bytes, Some("mx.example"));
        understood += usize::from(mail.is_ok_and(|mail| mail.content != Content::Words));
    }
    // Else it would try nothing behind the first look.
    assert!(understood > 5_000, "{understood}");
}

//! What people type, meant well or not, is shown as it is and does nothing else.

use library_swap::domain::letter::{Letter, NoticeKind, PackNews};
use library_swap::domain::packs::{Pack, PackField};
use library_swap::domain::templates::OwnTemplates;
use library_swap::domain::told::{DayAt, Told};
use library_swap::mail::{Sender, render};

use super::{every_sample, heard, html, parsed, plain, rendered, sender, words};

/// A letter in which everything that people type says this.
fn filled(letter: Letter, text: &str) -> Letter {
    let some = || Some(text.to_owned());
    Letter {
        to_name: some(),
        round_name: text.to_owned(),
        service_name: text.to_owned(),
        participant_name: some(),
        role_title: some(),
        objectives: some(),
        home_library: some(),
        introduction: vec![text.to_owned()],
        home_sectors: vec![text.to_owned(), text.to_owned()],
        reason: letter.reason.is_some().then(|| Told::own(text)),
        change: letter.change.is_some().then(|| Told::HadYouNotAvoided { library: text.to_owned() }),
        pack: letter.pack.map(|news| PackNews {
            pack: Pack(PackField::ALL.iter().map(|field| (*field, text.to_owned())).collect()),
            ..news
        }),
        visit: letter.visit.map(|mut visit| {
            visit.host_library = text.to_owned();
            visit.host_address = visit.host_address.map(|_| text.to_owned());
            visit
        }),
        offer: letter.offer.map(|mut offer| {
            offer.words = some();
            offer
        }),
        swap: letter.swap.map(|mut swap| {
            swap.asked_by = swap.asked_by.map(|_| text.to_owned());
            swap.place.host_library = text.to_owned();
            swap
        }),
        ..letter
    }
}

#[test]
fn what_people_type_is_shown_literally_in_both_languages() {
    let long = "Llanfair ".repeat(34).trim_end().to_owned();
    assert!(long.chars().count() > 300);
    let typed = [
        "Anne \"Nan\" O'Neill; Smith, Jr.",
        "Zoë 👩🏽‍🏫 Ŵyn",
        "{{ letter.link }} {% if true %}{# x #}",
        "<b>bold</b> & <script>alert(1)</script> &amp;",
        "https://x.example/?a=b&c=%20",
        "50 % \\ back ` tick # one",
        &long,
    ];
    for text in typed {
        for sample in every_sample().filter(|sample| sample.what == "as usual") {
            let letter = filled(sample.letter, text);
            let mail = rendered(&letter);
            let message = parsed(&mail);
            let (plain, html) = (words(&plain(&message)), html(&message));
            let which = format!("{} {}: {text}", letter.language, letter.kind);
            assert!(plain.contains(text), "{which}: {plain}");
            assert!(heard(&html).contains(text), "{which}: {html}");
            assert!(!html.contains("<script") && !html.contains("<b>"), "{which}: {html}");
            assert_eq!(message.subject().map(words).as_deref(), Some(mail.subject.as_str()), "{which}");
            assert!(mail.message.split(|byte| *byte == b'\n').all(|line| line.len() <= 998), "{which}");
        }
    }
}

#[test]
fn a_reason_with_names_in_it_is_escaped_too() {
    let day = DayAt { host: "<b>The Lab</b>".to_owned(), date: "2027-03-08".parse().expect("a date") };
    for sample in every_sample().filter(|sample| sample.letter.kind == NoticeKind::Confirmed) {
        let letter = Letter { reason: Some(Told::YouExchanged { day: day.clone() }), ..sample.letter };
        let mail = rendered(&letter);
        let html = html(&parsed(&mail));
        assert!(html.contains("&lt;b&gt;The Lab&lt;/b&gt;") && !html.contains("<b>"), "{html}");
    }
}

#[test]
fn control_characters_and_line_breaks_become_spaces_where_one_line_is_meant() {
    for sample in every_sample().filter(|sample| sample.what == "as usual") {
        let letter = filled(sample.letter, "a\r\nb\u{0}c\u{7}d\u{2028}e\tf");
        let mail = rendered(&letter);
        let message = parsed(&mail);
        let plain = plain(&message);
        assert!(plain.contains("a b c d e f"), "{plain}");
        assert!(!mail.subject.contains(|c: char| c.is_control()), "{:?}", mail.subject);
        let controls = |c: char| c.is_control() && c != '\n';
        assert!(!plain.contains(controls), "{plain:?}");
    }
}

#[test]
fn no_fact_can_add_a_header_a_recipient_or_a_tag() {
    let evil = "x\r\nBcc: eve@evil.example\r\n\r\n<script>alert(1)</script>";
    for sample in every_sample() {
        let kind = sample.letter.kind;
        let link = sample.letter.link.as_ref().map(|_| "https://x.example/\"><script>".to_owned());
        let letter = Letter { link, ..filled(sample.letter, evil) };
        let evil_sender = Sender { name: evil.to_owned(), ..sender() };
        let mail = render(&letter, &evil_sender, &OwnTemplates::default()).expect("rendered");
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

//! The HTML of mails can be read by everybody: on small and dark screens, aloud, from right to left.

use library_swap::domain::letter::{Letter, NoticeKind};
use library_swap::domain::party::Party;

use super::{every_sample, html, letter, parsed, rendered};

#[test]
fn html_names_its_language_has_one_heading_and_nothing_but_text() {
    for sample in every_sample() {
        let letter = &sample.letter;
        let (language, html) = (letter.language, html(&parsed(&rendered(letter))));
        assert!(html.starts_with("<!DOCTYPE html>\n"), "{html}");
        assert!(html.contains(&format!("<html lang=\"{language}\" dir=\"ltr\">")), "{html}");
        assert!(
            html.contains(&format!("lang=\"{language}\" dir=\"ltr\" style=")),
            "some programs keep the inside only"
        );
        assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\">"), "{html}");
        assert_eq!(html.matches("<h1").count(), 1, "{html}");
        for absent in ["<table", "<img", "<script", "role=\"presentation\"", "url(", "<font", "<h2", "<h3"] {
            assert!(!html.contains(absent), "{}: {absent}", letter.kind);
        }
        // Every link leads to the page, once as a button and once in full; none says "here".
        let links: Vec<&str> = html.split("<a ").skip(1).collect();
        assert_eq!(links.len(), if letter.link.is_some() { 2 } else { 0 }, "{html}");
        for link in links {
            let (tag, rest) = link.split_once('>').expect("a tag");
            let label = rest.split("</a>").next().expect("a label");
            let page = match letter.kind {
                NoticeKind::SignIn => "sign-in/0123456789abcdef",
                NoticeKind::Deputyship => "sign-in",
                _ => "links/0123456789abcdef",
            };
            let href = format!("href=\"https://exchange.example/{page}\"");
            assert!(tag.contains(&href), "{tag}");
            assert!(label.chars().count() >= 8, "{label:?} says too little");
            assert!(height(tag) >= 24.0, "{tag} is {} px high", height(tag));
        }
        let opened = |name: &str| {
            html.matches(&format!("<{name}>")).count() + html.matches(&format!("<{name} ")).count()
        };
        for name in
            ["html", "head", "body", "div", "p", "ul", "li", "strong", "a", "h1", "bdi", "title", "style"]
        {
            assert_eq!(opened(name), html.matches(&format!("</{name}>")).count(), "<{name}> in {html}");
        }
    }
}

/// A value of a style, in pixels.
fn pixels(style: &str, name: &str) -> Option<f64> {
    let value = style.split(&format!("{name}:")).nth(1)?.split([';', '"', ' ']).next()?;
    value.trim_end_matches("px").parse().ok()
}

/// How high a link is at least: one line of its letters, with what is around them.
fn height(tag: &str) -> f64 {
    // Sizes are those of the text around it: 16 px, or 14 px for the address in full; 1.5 to a line.
    let letters = if tag.contains("class=\"link\"") { 14.0 } else { 16.0 };
    letters * 1.5 + 2.0 * pixels(tag, "padding").expect("a padding")
}

/// The colours of a rule or a style: of letters and of the ground.
fn colours(style: &str) -> (Option<&str>, Option<&str>) {
    let find = |name: &str| {
        let mut found = style.split(';').filter_map(|one| one.split_once(':'));
        let value = found.find(|(key, _)| key.trim().trim_start_matches(['{', ' ']) == name)?.1;
        value.trim().split([' ', '!']).next()?.strip_prefix('#')
    };
    (find("color"), find("background"))
}

#[test]
fn letters_stand_out_from_their_ground_on_bright_and_on_dark_screens() {
    let html = html(&parsed(&rendered(&letter(NoticeKind::Reminder, Party::Participant))));
    let style = |mark: &str| {
        let tag =
            html.split('<').find(|tag| tag.starts_with(mark)).unwrap_or_else(|| panic!("{mark} in {html}"));
        tag.split("style=\"").nth(1).and_then(|style| style.split('"').next()).expect("a style")
    };
    let dark = html.split("prefers-color-scheme: dark) {").nth(1).expect("dark colours");
    let rule = |class: &str| {
        let rule = dark.lines().find(|line| line.starts_with(&format!(".{class} "))).expect("a rule");
        rule.split_once('{').and_then(|(_, rule)| rule.split('}').next()).expect("a rule")
    };
    let bright = [style("div class=\"page\""), style("a class=\"link\""), style("a class=\"button\"")];
    let dark = [rule("page"), rule("link"), rule("button")];
    let mut seen = 0;
    for [page, link, button] in [bright, dark] {
        let ((text, ground), (link, _), (label, plate)) = (colours(page), colours(link), colours(button));
        for (letters, ground) in [(text, ground), (link, ground), (label, plate)] {
            let (letters, ground) = (letters.expect("a colour"), ground.expect("a ground"));
            assert!(contrast(letters, ground) >= 4.5, "#{letters} on #{ground}");
            seen += 1;
        }
        // The button stands out as a thing (WCAG 1.4.11).
        assert!(contrast(plate.expect("a plate"), ground.expect("a ground")) >= 3.0);
    }
    assert_eq!(seen, 6);
    assert_eq!(colours(style("body")), colours(style("div class=\"page\"")));
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

#[test]
fn what_is_written_from_right_to_left_is_isolated() {
    let base = letter(NoticeKind::Confirmed, Party::Host);
    let name = "نورا עברית";
    let turned = Letter {
        participant_name: Some(name.to_owned()),
        to_name: Some("\u{202E}evil\u{202D}".to_owned()),
        ..base.clone()
    };
    let mail = rendered(&turned);
    let html = html(&parsed(&mail));
    assert!(html.contains(&format!("<strong>Visitor:</strong> <bdi>{name}</bdi></li>")), "{html}");
    assert!(html.contains(&format!("Everybody has said yes: <bdi>{name}</bdi> comes to you")), "{html}");
    assert!(html.contains("Hello <bdi>"), "{html}");
    // Where no tag can stand, none does; and nothing turns the rest of a subject.
    let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).expect("a title");
    assert_eq!(title, mail.subject);
    let steered = Letter {
        visit: base.visit.clone().map(|mut visit| {
            visit.host_library = "\u{202E}eviH ehT\u{202C}".to_owned();
            visit
        }),
        ..base
    };
    let mail = rendered(&steered);
    assert!(!mail.subject.contains(['\u{202E}', '\u{202C}']), "{:?}", mail.subject);
    assert!(!html.contains("<title><bdi>"));
}

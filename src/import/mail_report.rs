//! Reports of mail servers about mails that did not arrive: RFC 3464, and those in words only.

use crate::domain::inbound::DeliveryReport;

/// How much of a report in words is looked at, in bytes: what went wrong stands above the mail that it returns.
const MOST_WORDS: usize = 16 * 1024;

/// The groups of fields of a delivery report (RFC 3464, section 2.1); each after the first is about one recipient.
pub(super) fn read_status(text: &str) -> DeliveryReport {
    let mut report = DeliveryReport { is_final: false, status: None, message_id: None };
    let text = text.replace("\r\n", "\n");
    for group in text.split("\n\n") {
        let field = |wanted: &str| {
            group.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
            })
        };
        let Some(action) = field("Action") else { continue };
        let has_failed = action.to_ascii_lowercase().starts_with("failed");
        if has_failed || !report.is_final {
            report.is_final |= has_failed;
            report.status = field("Status").and_then(|words| {
                let status = words.split_whitespace().next().unwrap_or_default();
                is_status(status).then(|| status.to_owned())
            });
        }
    }
    report
}

/// Whether a mail is written by a mail server about another one, where it is no RFC 3464 report: Exim's header, or the
/// names under which mail servers write (RFC 2142; RFC 5321, section 6.1, gives reports no return path of their own).
pub(super) fn is_mail_server<'a, I: Iterator<Item = &'a str>>(named: &impl Fn(&'static str) -> I) -> bool {
    let is_nobodys = named("Return-Path").any(|value| value == "<>")
        || named("Auto-Submitted").any(|value| !value.eq_ignore_ascii_case("no"));
    let is_by_name = named("From").any(|value| {
        let local =
            value.rsplit('<').next().and_then(|address| address.split('@').next()).unwrap_or_default();
        let local = local.trim();
        local.eq_ignore_ascii_case("mailer-daemon") || local.eq_ignore_ascii_case("postmaster")
    });
    named("X-Failed-Recipients").next().is_some() || (is_nobodys && is_by_name)
}

/// A report in words: given up unless its subject speaks of a delay, with the first status that is in it (RFC 3463).
pub(super) fn read_words(subject: &str, words: Option<&str>) -> DeliveryReport {
    let subject = subject.to_ascii_lowercase();
    let is_late = ["delay", "warning", "retrying"].iter().any(|word| subject.contains(word));
    let text = words.unwrap_or_default();
    let text = text.get(..text.floor_char_boundary(MOST_WORDS)).unwrap_or_default();
    let status = text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
        .map(|word| word.trim_end_matches('.'))
        .find(|word| is_status(word) && word.matches('.').count() == 2);
    let is_delivered = status.is_some_and(|status| status.starts_with('2'));
    DeliveryReport {
        is_final: !is_late && !is_delivered,
        status: status.map(str::to_owned),
        message_id: None,
    }
}

/// Whether a word is an enhanced status (RFC 3463): class, subject and detail.
fn is_status(word: &str) -> bool {
    let mut parts = word.split('.');
    let class = parts.next().is_some_and(|class| matches!(class, "2" | "4" | "5"));
    let mut rest = 0;
    let are_numbers = parts.all(|part| {
        rest += 1;
        (1..=3).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit())
    });
    class && are_numbers && rest == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_in_words() {
        for (words, status) in [
            ("550 5.1.1 <a@x.example>: no such user", Some("5.1.1")),
            ("host mx.example [192.0.2.5] said: 550-5.7.26 This mail is", Some("5.7.26")),
            ("Remote host said: 550 5.7.26.", Some("5.7.26")),
            ("a mail server, version 4.96.1.2 of 5.1.1.7, says 550 no such user", None),
            ("", None),
        ] {
            assert_eq!(read_words("Mail delivery failed", Some(words)).status.as_deref(), status, "{words}");
        }
        assert!(read_words("Undelivered Mail", None).is_final);
        assert!(!read_words("Warning: message 1abc delayed 24 hours", None).is_final);
    }

    #[test]
    fn of_several_recipients_the_one_that_failed_counts() {
        let report = "Reporting-MTA: dns; x\n\nAction: delayed\nStatus: 4.4.1\n\nAction: failed\nStatus: 5.1.1 (x)\n\n\
                      Action: delayed\nStatus: 4.4.1\n";
        let report = read_status(report);
        assert_eq!((report.is_final, report.status.as_deref()), (true, Some("5.1.1")));
    }
}

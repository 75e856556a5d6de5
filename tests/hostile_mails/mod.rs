//! Mails that are made to hurt: what takes memory, time or stack of a reader that is not careful; each with what must come
//! of it. Used in process (tests/inbound.rs) and through both doors (tests/api/inbound.rs).

/// What must come of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Refused, with these words in it.
    Refused(&'static str),
    /// Read as this kind.
    Read(&'static str),
}

use Fate::{Read, Refused};

const HEAD: &str = "From: ann@council.example\r\n";

/// An event's lines within a REPLY.
fn calendar(lines: &str) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\n{lines}END:VCALENDAR\r\n")
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\r\nUID:one\r\n{lines}END:VEVENT\r\n")
}

const YES: &str = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@council.example\r\n";

/// A mail that is a calendar.
fn of_calendar(kind: &str, body: &[u8]) -> Vec<u8> {
    [format!("{HEAD}Content-Type: text/calendar; {kind}\r\n\r\n").as_bytes(), body].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// Bytes as base64, in lines.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for (n, three) in bytes.chunks(3).enumerate() {
        let bits = three
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0_usize, |bits, byte| (bits << 8) | usize::from(*byte));
        for place in 0..4 {
            let digit = char::from(DIGITS[(bits >> (18 - 6 * place)) & 63]);
            text.push(if place > three.len() { '=' } else { digit });
        }
        if n % 19 == 18 {
            text.push_str("\r\n");
        }
    }
    text
}

/// Mails in mails, each in base64, as deep as fits.
fn encoded_mails() -> Vec<u8> {
    let mut mail = format!("{HEAD}\r\nthe innermost\r\n").into_bytes();
    while mail.len() < 600_000 {
        let inner = base64(&mail);
        mail =
            format!("{HEAD}Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{inner}")
                .into_bytes();
    }
    mail
}

/// Parts within parts.
fn nested_parts(depth: usize) -> String {
    let level = |n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
    HEAD.to_owned() + &(0..depth).map(level).collect::<String>()
}

/// Name, bytes and fate of each.
pub fn all() -> Vec<(&'static str, Vec<u8>, Fate)> {
    let multipart =
        |parts: &str| format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n");
    let header = |lines: &str| format!("{HEAD}{lines}\r\nhello\r\n").into_bytes();
    let plain = |lines: &str| of_calendar("charset=utf-8", calendar(lines).as_bytes());
    vec![
        // Too long.
        ("30 MB", [HEAD.as_bytes(), b"\r\n", &vec![b'x'; 30_000_000]].concat(), Refused("bytes")),
        (
            "a million addresses",
            header(&format!("To: {}c@d\r\n", "a@b,".repeat(1_000_000))),
            Refused("bytes"),
        ),
        ("a million lines of calendar", plain(&event(&"X-A:b\r\n".repeat(1_000_000))), Refused("bytes")),
        // Too many, too deep.
        ("100,000 parts", multipart(&"--b\r\n\r\nx\r\n".repeat(100_000)).into_bytes(), Refused("parts")),
        ("10,000 parts in each other", nested_parts(10_000).into_bytes(), Refused("parts")),
        (
            "15,000 mails in each other",
            format!("{HEAD}Content-Type: message/rfc822\r\n\r\n").repeat(15_000).into_bytes(),
            Refused("deep"),
        ),
        ("mails in each other in base64", encoded_mails(), Read("words")),
        ("a calendar's lines without end", plain(&event(&"X-A:b\r\n".repeat(100_000))), Read("words")),
        ("2,500 events", plain(&event(YES).repeat(2_500)), Read("other_reply")),
        ("10,000 events, too long", plain(&event(YES).repeat(10_000)), Read("words")),
        ("15,000 components in each other", plain(&"BEGIN:VEVENT\r\n".repeat(15_000)), Read("words")),
        (
            "30,000 parameters",
            plain(&event(&format!("ATTENDEE{}:mailto:a@b.example\r\n", ";A=B".repeat(30_000)))),
            Read("other_reply"),
        ),
        ("15,000 attendees", plain(&event(&"ATTENDEE:a\r\n".repeat(15_000))), Read("other_reply")),
        (
            "nothing but folds",
            plain(&event(&format!("X-A:{}b\r\n{YES}", "\r\n ".repeat(60_000)))),
            Read("accepted"),
        ),
        (
            "a repetition of everything",
            plain(&event(&format!("RRULE:FREQ=SECONDLY;BYSECOND={}0\r\n{YES}", "0,".repeat(50_000)))),
            Read("accepted"),
        ),
        // Headers.
        (
            "a subject of a megabyte",
            header(&format!("Subject: {}\r\n", "x".repeat(1_000_000))),
            Read("words"),
        ),
        (
            "encoded words",
            header(&format!("Subject: {}\r\n", "=?utf-8?b?w4Q=?= ".repeat(60_000))),
            Read("words"),
        ),
        ("250,000 addresses", header(&format!("To: {}c@d\r\n", "a@b,".repeat(250_000))), Read("words")),
        (
            "250,000 authors",
            format!("From: {}c@d\r\n\r\nhello\r\n", "a@b,".repeat(250_000)).into_bytes(),
            Read("words"),
        ),
        ("groups in groups", header(&format!("To: {}\r\n", "a:".repeat(500_000))), Read("words")),
        ("comments in comments", header(&format!("To: {}\r\n", "(".repeat(1_000_000))), Read("words")),
        ("250,000 header lines", header(&"a:\r\n".repeat(250_000)), Read("words")),
        ("30,000 results", header(&"Authentication-Results: x; none\r\n".repeat(30_000)), Read("words")),
        (
            "results in comments",
            header(&format!("Authentication-Results: mx.example; {}\r\n", "(;".repeat(500_000))),
            Read("words"),
        ),
        (
            "150,000 references",
            header(&format!("References: {}\r\n", "<a@b> ".repeat(150_000))),
            Read("words"),
        ),
        (
            "a boundary of a megabyte",
            format!(
                "{HEAD}Content-Type: multipart/mixed; boundary={0}\r\n\r\n--{0}\r\n",
                "b".repeat(500_000)
            )
            .into_bytes(),
            Read("words"),
        ),
        (
            "no boundary",
            format!(
                "{HEAD}Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n{}",
                "--\r\n\r\n".repeat(150_000)
            )
            .into_bytes(),
            Read("words"),
        ),
        (
            "parameters in pieces",
            header(&format!(
                "Content-Type: text/plain{}\r\n",
                (0..50_000).map(|n| format!("; a*{n}*=b")).collect::<String>()
            )),
            Read("words"),
        ),
        // Encodings.
        (
            "soft line breaks",
            format!("{HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\n{}", "=\r\n".repeat(340_000))
                .into_bytes(),
            Read("words"),
        ),
        (
            "base64 of anything",
            format!(
                "{HEAD}Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                "A".repeat(1_000_000)
            )
            .into_bytes(),
            Read("words"),
        ),
        ("NULs", format!("{HEAD}Subject: a\0b\r\n\r\n{}", "\0".repeat(900_000)).into_bytes(), Read("words")),
        (
            "a UID with NULs",
            plain(&format!("BEGIN:VEVENT\r\nUID:o\0ne\r\n{YES}END:VEVENT\r\n")),
            Read("words"),
        ),
        (
            "a UID without end",
            plain(&format!("BEGIN:VEVENT\r\nUID:{}\r\n{YES}END:VEVENT\r\n", "u".repeat(200_000))),
            Read("words"),
        ),
        (
            "no line ends",
            format!("From: ann@council.example {}", "x".repeat(1_000_000)).into_bytes(),
            Read("words"),
        ),
        ("lone CRs", format!("{HEAD}\r\n{}", "x\r".repeat(500_000)).into_bytes(), Read("words")),
        ("a calendar in one line", plain(&event(YES).replace("\r\n", " ")), Read("words")),
        (
            "a calendar with bare line ends",
            of_calendar("charset=utf-8", calendar(&event(YES)).replace("\r\n", "\n").as_bytes()),
            Read("accepted"),
        ),
        (
            "a calendar in UTF-16",
            of_calendar("charset=utf-16", &utf16(&calendar(&event(YES)))),
            Read("accepted"),
        ),
        (
            "a calendar in UTF-16 and base64",
            {
                let body = base64(&utf16(&calendar(&event(YES))));
                format!("{HEAD}Content-Type: text/calendar; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n").into_bytes()
            },
            Read("accepted"),
        ),
        (
            "UTF-16 that says UTF-8",
            of_calendar("charset=utf-8", &utf16(&calendar(&event(YES)))),
            Read("words"),
        ),
        (
            "an unknown character set",
            of_calendar("charset=x-nobody-knows", calendar(&event(YES)).as_bytes()),
            Read("accepted"),
        ),
        (
            "Latin 1 that says UTF-8",
            of_calendar(
                "charset=utf-8",
                &calendar(&event(&format!("SUMMARY:\u{1}?\r\n{YES}")))
                    .bytes()
                    .map(|byte| if byte == 1 { 0xE9 } else { byte })
                    .collect::<Vec<u8>>(),
            ),
            Read("accepted"),
        ),
        (
            "numbers without end",
            plain(&event(&format!("SEQUENCE:{}\r\nDTSTAMP:99999999T999999Z\r\n{YES}", "9".repeat(10_000)))),
            Read("accepted"),
        ),
        // No mail.
        ("gzip", [&[0x1F, 0x8B, 8, 0][..], &[7; 1_000]].concat(), Refused("no mail")),
        ("nothing but line ends", b"\r\n".repeat(400_000), Refused("no mail")),
        (
            "bytes",
            (0..1_000_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect(),
            Refused("no mail"),
        ),
    ]
}

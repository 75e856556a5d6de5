//! Reads a mail that came in: answers of calendar programs (RFC 5546, 6047), delivery reports (RFC 3464, or in words),
//! automatic replies (RFC 3834), and who our own mail server says has sent it (RFC 8601).
//!
//! MIME is `mail-parser`'s, the calendar `calcard`'s. Whatever comes, it takes memory of a fixed size: a mail of more
//! than [`MOST_MAIL_BYTES`] is not looked at, and one of too many or too deep parts is refused.

use calcard::common::timezone::Tz;
use calcard::icalendar::utils::strip_mailto_scheme;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarMethod, ICalendarParameterName,
    ICalendarProperty, ICalendarValue,
};
use chrono::{DateTime, NaiveDateTime};
use mail_parser::{Address, ContentType, Message, MessageParser, MimeHeaders, PartType};

use super::mail_report::{is_mail_server, read_status, read_words};
use super::mail_results::proven_domains;
use crate::domain::email::Email;
use crate::domain::fault::Rule;
use crate::domain::inbound::{CalendarReply, Content, DeliveryReport, InboundKind, ProposedTime, Received};

/// Longest mail that is read, in bytes: an answer has some 5,000, a report with the whole of a mail of ours some 40,000.
pub const MOST_MAIL_BYTES: usize = 1024 * 1024;
/// Most parts of a mail, those of mails in it included.
const MOST_PARTS: usize = 200;
/// How deep mails may lie in mails.
const MOST_DEPTH: usize = 5;
/// Longest calendar, in bytes.
const MOST_CALENDAR_BYTES: usize = 256 * 1024;
/// Longest Message-ID that is kept.
const MOST_ID_BYTES: usize = 250;
/// Most Message-IDs of mails that are answered.
const MOST_ANSWERED: usize = 50;
/// Most addresses that a mail was brought to.
const MOST_BROUGHT_TO: usize = 20;

/// Reads a mail. `authserv_id` is the name by which our own mail server signs what it has found out about a sender.
///
/// # Errors
/// What is no mail, or too large.
pub fn read_mail(bytes: &[u8], authserv_id: Option<&str>) -> Result<Received, Rule> {
    if bytes.len() > MOST_MAIL_BYTES {
        return Err(Rule::new(format!("has more than {MOST_MAIL_BYTES} bytes: no answer is that long")));
    }
    let message = MessageParser::new().parse(bytes).ok_or(Rule::of(NO_MAIL))?;
    let head = Head::of(&message, authserv_id);
    let is_report = message.content_type().is_some_and(|kind| {
        is(kind, "multipart", "report")
            && kind
                .attribute("report-type")
                .is_some_and(|report| report.eq_ignore_ascii_case("delivery-status"))
    });
    let parts = Parts::of(message)?;
    let head = head?;
    let reply = parts.calendars.iter().find_map(|text| read_reply(text));
    let report = match parts.report {
        Some(report) if is_report => Some(report),
        // Some mail servers tell in words only; nobody but them does so in their name.
        Some(_) | None => head.is_of_a_mail_server.then(|| read_words(&head.subject, parts.words.as_deref())),
    };
    let content = match (reply, report) {
        (Some(reply), _) => Content::Reply(reply),
        (None, Some(report)) => Content::Report(DeliveryReport { message_id: parts.returned_id, ..report }),
        (None, None) => Content::Words,
    };
    let is_automatic = match &content {
        // Calendar services mark what a person pressed as generated; a holiday notice that quotes a calendar is a reply.
        Content::Reply(_) => head.automatic == Automatic::Replied,
        Content::Report(_) => true,
        Content::Words => head.automatic != Automatic::No,
    };
    Ok(Received {
        message_id: head.message_id,
        from: head.from,
        proven: head.proven,
        answers_to: head.answers_to,
        brought_to: head.brought_to,
        is_automatic,
        content,
    })
}

const NO_MAIL: &str = "is no mail: it must begin with header lines like `From: …` (RFC 5322)";

/// Whether a program wrote a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Automatic {
    No,
    /// As a program's own doing.
    Generated,
    /// In answer to a mail.
    Replied,
}

/// What is read of the header.
struct Head {
    message_id: Option<String>,
    from: Option<Email>,
    proven: Vec<String>,
    answers_to: Vec<String>,
    brought_to: Vec<String>,
    automatic: Automatic,
    subject: String,
    is_of_a_mail_server: bool,
}

impl Head {
    fn of(message: &Message<'_>, authserv_id: Option<&str>) -> Result<Self, Rule> {
        let named = |wanted: &'static str| {
            let is_it = move |(name, _): &(&str, &str)| name.eq_ignore_ascii_case(wanted);
            message.headers_raw().filter(is_it).map(|(_, value)| value.trim())
        };
        if named("From").next().is_none() {
            return Err(Rule::of(NO_MAIL));
        }
        // Two authors, or two headers of which different programs believe different ones, prove nothing.
        let from = match (named("From").count(), message.from()) {
            (1, Some(Address::List(list))) if list.len() == 1 => list.first().and_then(|one| one.address()),
            (_, _) => None,
        };
        let mut answers_to: Vec<String> = Vec::new();
        for name in ["In-Reply-To", "References"] {
            let ids = named(name).flat_map(str::split_whitespace).filter(|id| is_message_id(id));
            answers_to.extend(ids.take(MOST_ANSWERED).map(str::to_owned));
        }
        Ok(Self {
            message_id: message.message_id().map(bracketed).filter(|id| is_message_id(id)),
            from: from.and_then(|address| address.parse().ok()),
            proven: authserv_id
                .map(|id| proven_domains(named("Authentication-Results"), id))
                .unwrap_or_default(),
            answers_to,
            brought_to: brought_to(message),
            automatic: automatic(&named),
            subject: message.subject().unwrap_or_default().to_owned(),
            is_of_a_mail_server: is_mail_server(&named),
        })
    }
}

/// The addresses that a mail was brought to: those of the envelope, as mail servers note them on delivery, and those of
/// `To`, where reports name a return path.
fn brought_to(message: &Message<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in ["Envelope-To", "Delivered-To", "X-Original-To", "To"] {
        let values = message.headers_raw().filter(|(header, _)| header.eq_ignore_ascii_case(name));
        let addresses = values.flat_map(|(_, value)| value.split([',', '<', '>']));
        let addresses =
            addresses.map(str::trim).filter(|text| text.len() <= MOST_ID_BYTES && text.contains('@'));
        let room = MOST_BROUGHT_TO.saturating_sub(found.len());
        found.extend(addresses.take(room).map(str::to_owned));
    }
    found
}

fn automatic<'a, I: Iterator<Item = &'a str>>(named: &impl Fn(&'static str) -> I) -> Automatic {
    let begins = |name: &'static str, words: &[&str]| {
        named(name).any(|value| {
            let value = value.to_ascii_lowercase();
            words.iter().any(|word| value.starts_with(word))
        })
    };
    if begins("Auto-Submitted", &["auto-replied", "auto-notified"])
        || begins("Precedence", &["auto_reply"])
        || named("X-Autoreply").next().is_some()
        || named("X-Autorespond").next().is_some()
    {
        return Automatic::Replied;
    }
    let is_nobodys = named("Return-Path").any(|value| value == "<>");
    let is_listed = named("List-Id").next().is_some();
    if begins("Auto-Submitted", &["auto-"])
        || begins("Precedence", &["bulk", "junk", "list"])
        || is_nobodys
        || is_listed
    {
        return Automatic::Generated;
    }
    Automatic::No
}

fn bracketed(id: &str) -> String {
    format!("<{id}>")
}

fn is_message_id(id: &str) -> bool {
    id.len() <= MOST_ID_BYTES
        && id.starts_with('<')
        && id.ends_with('>')
        && id.contains('@')
        && id.chars().all(|c| c.is_ascii_graphic())
}

/// What is read of the parts.
#[derive(Default)]
struct Parts {
    calendars: Vec<String>,
    report: Option<DeliveryReport>,
    returned_id: Option<String>,
    /// The first text: what a mail server says that writes no report.
    words: Option<String>,
}

impl Parts {
    /// Takes a mail apart. In a loop, also where it is only thrown away: mails that lie a thousand deep in each other
    /// would end the stack.
    fn of(message: Message<'_>) -> Result<Self, Rule> {
        let mut read = Self::default();
        let (mut count, mut deepest) = (0_usize, 0);
        let mut open = vec![(message, 0_usize)];
        while let Some((message, depth)) = open.pop() {
            deepest = deepest.max(depth);
            for part in message.parts {
                count += 1;
                let kind = part.content_type().and_then(Counts::of);
                let body = match part.body {
                    PartType::Message(inner) => {
                        if depth == 0 && read.returned_id.is_none() {
                            read.returned_id = inner.message_id().map(bracketed);
                        }
                        open.push((inner, depth + 1));
                        continue;
                    }
                    PartType::Text(text) if depth == 0 && kind.is_none() && read.words.is_none() => {
                        read.words = Some(text.into_owned());
                        continue;
                    }
                    PartType::Text(text) | PartType::Html(text) => text.into_owned().into_bytes(),
                    PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.into_owned(),
                    PartType::Multipart(_) => continue,
                };
                // What lies in a mail that was passed on was not said to us.
                if depth == 0
                    && let Some(kind) = kind
                {
                    read.take(kind, body);
                }
            }
        }
        if deepest > MOST_DEPTH {
            return Err(Rule::new(format!(
                "holds mails in mails, {deepest} deep: no answer has more than {MOST_DEPTH}"
            )));
        }
        if count > MOST_PARTS {
            return Err(Rule::new(format!("has {count} parts: no answer has more than {MOST_PARTS}")));
        }
        Ok(read)
    }

    fn take(&mut self, kind: Counts, body: Vec<u8>) {
        match kind {
            Counts::Calendar if body.len() <= MOST_CALENDAR_BYTES => {
                self.calendars.extend(String::from_utf8(body));
            }
            Counts::Calendar => {}
            Counts::Status => self.report = Some(read_status(&String::from_utf8_lossy(&body))),
            Counts::Returned => {
                let returned = MessageParser::new().parse_headers(&body);
                let id = returned.and_then(|message| message.message_id().map(bracketed));
                self.returned_id = self.returned_id.take().or(id);
            }
        }
    }
}

/// A part that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// A calendar.
    Calendar,
    /// What a report says of a mail.
    Status,
    /// The header of a mail that came back.
    Returned,
}

impl Counts {
    fn of(kind: &ContentType<'_>) -> Option<Self> {
        let kinds = [
            ("text", "calendar", Self::Calendar),
            ("application", "ics", Self::Calendar),
            ("message", "delivery-status", Self::Status),
            ("message", "global-delivery-status", Self::Status),
            ("text", "rfc822-headers", Self::Returned),
        ];
        kinds.iter().find(|(main, sub, _)| is(kind, main, sub)).map(|(_, _, counts)| *counts)
    }
}

fn is(kind: &ContentType<'_>, main: &str, sub: &str) -> bool {
    kind.ctype().eq_ignore_ascii_case(main)
        && kind.subtype().is_some_and(|subtype| subtype.eq_ignore_ascii_case(sub))
}

/// The answer that a calendar holds; none where it is no answer to one event.
fn read_reply(text: &str) -> Option<CalendarReply> {
    let file = ICalendar::parse(text.trim_start_matches('\u{FEFF}')).ok()?;
    let of_type = |wanted: ICalendarComponentType| {
        file.components.iter().filter(move |component| component.component_type == wanted)
    };
    let method = of_type(ICalendarComponentType::VCalendar)
        .find_map(|calendar| calendar.property(&ICalendarProperty::Method)?.values.first());
    let is_counter = match method {
        Some(ICalendarValue::Method(ICalendarMethod::Reply)) => false,
        Some(ICalendarValue::Method(ICalendarMethod::Counter)) => true,
        Some(_) | None => return None,
    };
    let mut events = of_type(ICalendarComponentType::VEvent);
    let (event, other) = (events.next()?, events.next());
    let proposed = proposed_time(&file, event).filter(|_| is_counter);
    let attendees = event.properties(&ICalendarProperty::Attendee).count();
    let attendee = event.property(&ICalendarProperty::Attendee).filter(|_| attendees == 1);
    let answer = attendee
        .and_then(|entry| entry.parameter(&ICalendarParameterName::Partstat)?.as_text())
        .unwrap_or_default();
    // Our events are single days, and each answer is one person's.
    let is_whole = other.is_none() && !event.has_property(&ICalendarProperty::RecurrenceId);
    let kind = match (is_counter, answer.to_ascii_uppercase().as_str()) {
        (true, _) => InboundKind::Counter,
        (false, "ACCEPTED") if is_whole => InboundKind::Accepted,
        (false, "DECLINED") if is_whole => InboundKind::Declined,
        (false, "TENTATIVE") => InboundKind::Tentative,
        (false, _) => InboundKind::OtherReply,
    };
    Some(CalendarReply {
        kind,
        uid: event.uid().map(str::trim).filter(|uid| is_uid(uid))?.to_owned(),
        attendee: attendee
            .and_then(|entry| entry.values.first()?.as_text())
            .and_then(|text| strip_mailto_scheme(text.trim()).parse().ok()),
        sequence: integer(event, &ICalendarProperty::Sequence).unwrap_or(0),
        stamped_at: stamp(event),
        proposed,
    })
}

/// Whether a text may be a UID of ours: no NUL, which PostgreSQL takes in no text, and not without end.
fn is_uid(text: &str) -> bool {
    text.len() <= MOST_ID_BYTES && !text.contains(char::is_control)
}

/// When an event is, in UTC; none where it has no hours, or is in a zone that nobody knows.
fn proposed_time(file: &ICalendar, event: &ICalendarComponent) -> Option<ProposedTime> {
    let zones = file.build_tz_resolver();
    let at = |property: &ICalendarProperty| {
        let entry = event.property(property)?;
        let value = entry.values.first()?.as_partial_date_time().filter(|value| value.has_date_and_time())?;
        let zone = zones.resolve_or_default(entry.tz_id());
        let at = value.to_date_time_with_tz(zone)?;
        // A date and time in no zone may be any.
        (at.timezone() != Tz::Floating).then(|| at.naive_utc())
    };
    let (starts, ends) = (at(&ICalendarProperty::Dtstart)?, at(&ICalendarProperty::Dtend)?);
    (starts < ends).then_some(ProposedTime { starts, ends })
}

fn integer(event: &ICalendarComponent, property: &ICalendarProperty) -> Option<i64> {
    event.property(property)?.values.first()?.as_integer()
}

fn stamp(event: &ICalendarComponent) -> Option<NaiveDateTime> {
    let value = event.property(&ICalendarProperty::Dtstamp)?.values.first()?.as_partial_date_time()?;
    let seconds = value.has_date_and_time().then(|| value.to_timestamp())??;
    Some(DateTime::from_timestamp(seconds, 0)?.naive_utc())
}

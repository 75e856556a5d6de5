//! Calendar programs, as RFC 5546 describes them: an event is known by its UID; of two messages about it that with the higher
//! SEQUENCE holds, of equal ones that with the later DTSTAMP. What is older comes too late and changes nothing.

use std::collections::BTreeMap;

use calcard::common::IanaString;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarValue,
};
use mail_parser::{MessageParser, MimeHeaders};

/// How a day came into a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// By invitations.
    Mail,
    /// By a subscription.
    Feed,
}

/// An event as somebody sees it: local times with their zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    pub sight: Sight,
    pub starts: String,
    pub ends: String,
    pub status: String,
    pub location: String,
}

impl Day {
    pub fn of(sight: Sight, starts: &str, ends: &str, status: &str, location: &str) -> Self {
        let [starts, ends, status, location] = [starts, ends, status, location].map(str::to_owned);
        Self { sight, starts, ends, status, location }
    }
}

/// What a message asks a calendar for.
#[derive(Debug, Clone)]
pub struct Message {
    pub method: String,
    pub uid: String,
    /// SEQUENCE and DTSTAMP, by which messages about an event are ordered.
    pub version: (i64, String),
    pub day: Day,
    pub text: String,
}

fn text_of(component: &ICalendarComponent, name: &ICalendarProperty) -> String {
    let entry = component.entries.iter().find(|entry| entry.name == *name);
    let value = entry.and_then(|entry| entry.values.first());
    match value {
        Some(ICalendarValue::Text(text)) => text.clone(),
        Some(ICalendarValue::Integer(number)) => number.to_string(),
        Some(ICalendarValue::Status(status)) => status.as_str().to_owned(),
        Some(ICalendarValue::PartialDateTime(at)) => {
            let number = |part: Option<u8>| part.unwrap_or_default();
            let zone = entry.and_then(|entry| entry.tz_id()).unwrap_or("UTC");
            format!(
                "{}-{:02}-{:02} {:02}:{:02}:{:02} {zone}",
                at.year.unwrap_or_default(),
                number(at.month),
                number(at.day),
                number(at.hour),
                number(at.minute),
                number(at.second)
            )
        }
        other => panic!("{name:?} is {other:?}"),
    }
}

/// The events of a calendar.
pub fn events(text: &str, sight: Sight) -> Vec<Message> {
    let calendar = ICalendar::parse(text).unwrap_or_else(|error| panic!("{error:?}: {text}"));
    let method = text.lines().find_map(|line| line.strip_prefix("METHOD:")).unwrap_or_default().to_owned();
    let events =
        calendar.components.iter().filter(|one| one.component_type == ICalendarComponentType::VEvent);
    let message = |event: &ICalendarComponent| Message {
        method: method.clone(),
        uid: text_of(event, &ICalendarProperty::Uid),
        version: (
            text_of(event, &ICalendarProperty::Sequence).parse().expect("a number"),
            text_of(event, &ICalendarProperty::Dtstamp),
        ),
        day: Day::of(
            sight,
            &text_of(event, &ICalendarProperty::Dtstart),
            &text_of(event, &ICalendarProperty::Dtend),
            &text_of(event, &ICalendarProperty::Status),
            &text_of(event, &ICalendarProperty::Location),
        ),
        text: text.to_owned(),
    };
    events.map(message).collect()
}

/// The invitation in a mail, where it has one: in the alternative part and in the attachment alike.
pub fn invitation(mail: &[u8]) -> Option<Message> {
    let mail = MessageParser::new().parse(mail).expect("a mail");
    let parts: Vec<(String, String)> = mail
        .parts
        .iter()
        .filter_map(|part| {
            let kind = part.content_type()?;
            let kind = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default());
            let text = || String::from_utf8(part.contents().to_vec()).expect("UTF-8");
            matches!(kind.as_str(), "text/calendar" | "application/ics").then(|| (kind, text()))
        })
        .collect();
    match parts.as_slice() {
        [] => None,
        [(_, inline), (_, attached)] => {
            assert_eq!(inline, attached, "the same bytes twice");
            let mut found = events(inline, Sight::Mail);
            assert_eq!(found.len(), 1, "{inline}");
            found.pop()
        }
        other => panic!("{} calendars in a mail", other.len()),
    }
}

/// What a client does to its store.
#[derive(Debug)]
pub enum Change {
    Put(String),
    Delete,
}

/// The calendar of one mailbox.
#[derive(Debug, Default)]
pub struct Client {
    /// By UID: what holds, and the day, unless it is off.
    events: BTreeMap<String, ((i64, String), Option<Day>)>,
    pub invitations: usize,
    pub stale: usize,
    pub twice: usize,
}

impl Client {
    /// A message arrives.
    pub fn take(&mut self, message: &Message) -> Option<Change> {
        let known = self.events.get(&message.uid);
        if let Some((version, day)) = known {
            if *version == message.version {
                // A copy says what holds already.
                let same = (message.method == "REQUEST").then(|| message.day.clone());
                assert_eq!(*day, same, "two messages of one version differ: {}", message.text);
                self.twice += 1;
                return None;
            }
            if *version > message.version {
                self.stale += 1;
                return None;
            }
        }
        self.invitations += 1;
        let day = (message.method == "REQUEST").then(|| message.day.clone());
        let was_there = known.is_some_and(|(_, day)| day.is_some());
        let change = match &day {
            // As RFC 4791, 4.1 says, what is stored has no METHOD.
            Some(_) => Some(Change::Put(message.text.replace("METHOD:REQUEST\r\n", ""))),
            None => was_there.then_some(Change::Delete),
        };
        self.events.insert(message.uid.clone(), (message.version.clone(), day));
        change
    }

    pub fn days(&self) -> Vec<Day> {
        let mut days: Vec<Day> = self.events.values().filter_map(|(_, day)| day.clone()).collect();
        days.sort();
        days
    }
}

//! What a calendar event says, in an invitation and in a feed alike, and what a feed is called.

use crate::domain::feed::FeedKind;
use crate::domain::language::Language;
use crate::domain::party::Party;

/// What is known of an event.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Whose calendar it is in.
    pub party: Party,
    /// The host library's name.
    pub host: &'a str,
    /// Its address.
    pub address: Option<&'a str>,
    /// Whether nobody travels.
    pub is_virtual: bool,
    /// The visitor's name, where the party may know it.
    pub visitor: Option<&'a str>,
    /// What the service calls itself.
    pub service: &'a str,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventWords {
    /// One line.
    pub summary: String,
    /// More.
    pub description: String,
    /// Where, in one line.
    pub location: String,
}

/// Words an event.
pub fn event(language: Language, event: &Event<'_>) -> EventWords {
    let (summary, description) = match language {
        Language::English => english(event),
        Language::Welsh => welsh(event),
    };
    let location = match (event.is_virtual, language, event.address) {
        (true, Language::English, _) => format!("Online: virtual visit at {}", event.host),
        (true, Language::Welsh, _) => format!("Ar-lein: ymweliad rhithwir {}", to(event.host)),
        (false, _, Some(address)) => format!("{}, {address}", event.host),
        (false, _, None) => event.host.to_owned(),
    };
    EventWords { summary, description, location }
}

fn english(event: &Event<'_>) -> (String, String) {
    let Event { party, host, is_virtual, visitor, service, .. } = *event;
    let (day, how) =
        if is_virtual { ("virtual visit", " The visit is virtual: nobody travels.") } else { ("day", "") };
    let visitor = visitor.unwrap_or("a colleague of another sector");
    match party {
        Party::Participant => {
            (format!("Library exchange: {host}"), format!("Your {day} at {host} with {service}.{how}"))
        }
        Party::Manager => (
            format!("Library exchange: {visitor} at {host}"),
            format!("A {day} of {visitor} at {host} with {service}.{how}"),
        ),
        Party::Host => (
            format!("Library exchange: visit of {visitor}"),
            format!("A {day} at {host} with {service}.{how}"),
        ),
    }
}

fn welsh(event: &Event<'_>) -> (String, String) {
    let Event { party, host, is_virtual, visitor, service, .. } = *event;
    let gyda = if begins_with_vowel(service) { "gydag" } else { "gyda" };
    let (whose_visit, whose_day, at, how) = if is_virtual {
        let how = " Mae'r ymweliad yn rhithwir: nid oes neb yn teithio.";
        ("ymweliad rhithwir", "Ymweliad rhithwir", to(host), how)
    } else {
        ("diwrnod", "Diwrnod", format!("yn {host}"), "")
    };
    match party {
        Party::Participant => (
            format!("Cyfnewid llyfrgelloedd: {host}"),
            format!("Eich {whose_visit} {at} {gyda} {service}.{how}"),
        ),
        Party::Manager => {
            let visitor = visitor.unwrap_or("cydweithiwr o sector arall");
            (
                format!("Cyfnewid llyfrgelloedd: {visitor} yn {host}"),
                format!("{whose_day} {visitor} {at} {gyda} {service}.{how}"),
            )
        }
        Party::Host => {
            // Softened after `gan`.
            let visitor = visitor.unwrap_or("gydweithiwr o sector arall");
            (
                format!("Cyfnewid llyfrgelloedd: ymweliad gan {visitor}"),
                format!("{whose_day} {at} {gyda} {service}.{how}"),
            )
        }
    }
}

/// `â`, which is `ag` before a vowel.
fn to(name: &str) -> String {
    format!("{} {name}", if begins_with_vowel(name) { "ag" } else { "â" })
}

fn begins_with_vowel(name: &str) -> bool {
    let first = name.chars().next().and_then(|first| first.to_lowercase().next());
    first.is_some_and(|first| "aeiouwyâêîôûŵŷ".contains(first))
}

/// What programs call a feed; `name` is that of its library or employer.
pub fn feed_name(language: Language, kind: FeedKind, name: &str) -> String {
    match (language, kind) {
        (Language::English, FeedKind::Person) => "my days".to_owned(),
        (Language::English, FeedKind::Contact | FeedKind::Deputy | FeedKind::Library) => {
            format!("visitors at {name}")
        }
        (Language::English, FeedKind::Manager) => "days of my staff".to_owned(),
        (Language::English, FeedKind::Employer) => format!("staff of {name}"),
        (Language::English, FeedKind::Ideas) => "ideas brought home".to_owned(),
        (Language::Welsh, FeedKind::Person) => "fy niwrnodau".to_owned(),
        (Language::Welsh, FeedKind::Contact | FeedKind::Deputy | FeedKind::Library) => {
            format!("ymwelwyr yn {name}")
        }
        (Language::Welsh, FeedKind::Manager) => "diwrnodau fy staff".to_owned(),
        (Language::Welsh, FeedKind::Employer) => format!("staff {name}"),
        (Language::Welsh, FeedKind::Ideas) => "syniadau a gasglwyd".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Event<'static> = Event {
        party: Party::Participant,
        host: "The Hive",
        address: Some("Sawmill Walk, Worcester"),
        is_virtual: false,
        visitor: Some("Siân Ŵyn"),
        service: "Library Exchange",
    };

    #[test]
    fn each_language_has_its_own_words_for_a_day() {
        let told = |language, day: &Event<'_>| {
            let EventWords { summary, description, location } = event(language, day);
            [summary, description, location]
        };
        assert_eq!(
            told(Language::English, &DAY),
            [
                "Library exchange: The Hive",
                "Your day at The Hive with Library Exchange.",
                "The Hive, Sawmill Walk, Worcester"
            ]
        );
        assert_eq!(
            told(Language::Welsh, &DAY),
            [
                "Cyfnewid llyfrgelloedd: The Hive",
                "Eich diwrnod yn The Hive gyda Library Exchange.",
                "The Hive, Sawmill Walk, Worcester"
            ]
        );
        let online =
            Event { party: Party::Host, is_virtual: true, visitor: None, host: "Aberystwyth", ..DAY };
        assert_eq!(
            told(Language::Welsh, &online),
            [
                "Cyfnewid llyfrgelloedd: ymweliad gan gydweithiwr o sector arall",
                "Ymweliad rhithwir ag Aberystwyth gyda Library Exchange. Mae'r ymweliad yn rhithwir: nid oes neb yn teithio.",
                "Ar-lein: ymweliad rhithwir ag Aberystwyth"
            ]
        );
        assert_eq!(told(Language::English, &online)[2], "Online: virtual visit at Aberystwyth");
    }
}
